"""Every change of a job's state, and nothing else.

    queued -> running -> done | failed | cancelled,  and  running -> queued  once, when its worker died.

A change is one conditional UPDATE on status and attempt together with the event
that tells of it, in one transaction: whoever comes second changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generator import broker
from generator.access import Requester
from generator.models import Job, JobEvent

log = logging.getLogger(__name__)
Status = Job.Status

ATTEMPTS = 2
WORKER_LOST = gettext_noop("The worker that ran this stopped twice. Try again, with fewer bars or takes.")
QUEUE_DOWN = gettext_noop("The queue cannot be reached. Nothing is lost; try again in a minute.")


class Stale(Exception):
    """This job is no longer ours to write: it was cancelled, given up or handed to another worker."""


class LimitReached(Exception):
    """This person, or this address, has enough jobs for now; the message says what to do."""


# -- Beginning ------------------------------------------------------------------------


def start(kind: str, request: dict[str, Any], who: Requester) -> Job:
    """A new job in the queue. Raises LimitReached, and BrokerDown (the job is then failed)."""
    with transaction.atomic():
        _lock(who)
        if kind == Job.Kind.COMPOSE:
            _check_limits(who)
        job = Job.objects.create(kind=kind, request=request, address=who.address, **who.owner_fields)
        transaction.on_commit(partial(_send_or_fail, job))
    return job


def _lock(who: Requester) -> None:
    """One person's counts hold still until the transaction ends. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            name = f"jobs:{who.user.pk if who.user else who.guest_id}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])


def _check_limits(who: Requester) -> None:
    limits = settings.JOB_LIMITS[who.kind]
    active = Job.objects.filter(kind=Job.Kind.COMPOSE, status__in=Job.ACTIVE)
    if active.filter(who.mine).count() >= limits["running"] + limits["waiting"]:
        raise LimitReached(
            _("You have %(running)d pieces being composed and %(waiting)d waiting. Wait for one, or cancel one.")
            % limits
        )
    guests = active.filter(owner=None, address=who.address)
    if who.address and not who.user and guests.count() >= settings.JOB_ADDRESS_ACTIVE:
        raise LimitReached(_("Guests at your network address wait for many pieces already. Try later, or sign up."))


def _send_or_fail(job: Job) -> None:
    try:
        broker.send(job)
    except broker.BrokerDown:
        log.exception("Job %s could not be sent", job.pk)
        fail(job, QUEUE_DOWN)
        raise


# -- Running ---------------------------------------------------------------------------


def claim(job_id: Any, worker: str) -> Job | None:
    """The job, now running and this worker's; None when it is not waiting or its owner runs enough already."""
    job = Job.objects.select_related("owner").filter(pk=job_id, status=Status.QUEUED).first()
    if job is None:
        return None
    with transaction.atomic():
        _lock(who := Requester(user=job.owner, guest_id=job.guest_id))
        if _runs_enough(job, who):
            return None
        changes: dict[str, Any] = {"status": Status.RUNNING, "worker": worker, "heartbeat_at": timezone.now()}
        if not _change(job, Status.QUEUED, **changes):
            return None
    return job


def _runs_enough(job: Job, who: Requester) -> bool:
    if job.kind != Job.Kind.COMPOSE or not who.known:
        return False
    running = Job.objects.filter(who.mine, kind=job.kind, status=Status.RUNNING).count()
    return running >= settings.JOB_LIMITS[who.kind]["running"]  # type: ignore[no-any-return]


def _mine(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, attempt=job.attempt, status=Status.RUNNING)


def check(job: Job) -> None:
    """Raises Stale when the job was cancelled or taken from us."""
    if not _mine(job).exists():
        raise Stale(f"Job {job.pk}, attempt {job.attempt}")


def beat(job: Job) -> None:
    """Say that its worker lives."""
    _mine(job).update(heartbeat_at=timezone.now())


def advance(job: Job, kind: str, data: dict[str, Any], progress: float) -> None:
    """Append one event of a running job. Raises Stale."""
    if not _change(job, Status.RUNNING, event=(kind, data), progress=progress, heartbeat_at=timezone.now()):
        raise Stale(f"Job {job.pk}, attempt {job.attempt}")


def finish(job: Job, save: Callable[[], dict[str, Any]]) -> None:
    """`save` writes what was made and returns the done event's data, in the transaction that ends the job.

    Raises Stale, and then nothing was saved.
    """
    with transaction.atomic():
        check(job)
        changes: dict[str, Any] = {"status": Status.DONE, "progress": 1.0, "finished_at": timezone.now()}
        if not _change(job, Status.RUNNING, event=("done", save()), **changes):
            raise Stale(f"Job {job.pk}, attempt {job.attempt}")
    _send_next(job)


# -- Ending otherwise -----------------------------------------------------------------


def fail(job: Job, error: str) -> bool:
    """End it with a reason a person can act on."""
    changes: dict[str, Any] = {"status": Status.FAILED, "error": error, "finished_at": timezone.now()}
    failed = _change(job, *Job.ACTIVE, event=("failed", {"error": error}), **changes)
    _send_next(job)
    return failed


def cancel(job: Job) -> bool:
    """End it because its owner wants so, whichever attempt runs; a worker notices within one bar."""
    changes: dict[str, Any] = {"status": Status.CANCELLED, "finished_at": timezone.now()}
    cancelled = _change(job, *Job.ACTIVE, event=("cancelled", {}), any_attempt=True, **changes)
    _send_next(job)
    return cancelled


def _send_next(job: Job) -> None:
    """The owner's longest waiting job may have been refused while this one ran: send it again."""
    who = Requester(user=job.owner, guest_id=job.guest_id)
    if job.kind != Job.Kind.COMPOSE or not who.known:
        return
    waiting = Job.objects.filter(who.mine, kind=job.kind, status=Status.QUEUED).order_by("created_at").first()
    if waiting is not None:
        with suppress(broker.BrokerDown):  # reap sends it again
            broker.send(waiting)


# -- Tidying ----------------------------------------------------------------------------


def reap() -> int:
    """Return jobs of dead workers to the queue once, then fail them; send long waiting ones again. How many."""
    now = timezone.now()
    silent = Q(heartbeat_at__lt=now - timedelta(seconds=settings.JOB_SILENCE))
    lost = list(Job.objects.filter(silent, status=Status.RUNNING)[:500])
    for job in lost:
        _give_back(job, silent)
    unsent = Q(sent_at__lt=now - timedelta(seconds=settings.JOB_RESEND))
    waiting = list(Job.objects.filter(unsent, status=Status.QUEUED).order_by("created_at")[:100])
    for job in waiting:
        if _change(job, Status.QUEUED, condition=unsent, sent_at=now):
            broker.send(job)
    return len(lost) + len(waiting)


def _give_back(job: Job, silent: Q) -> None:
    if job.attempt >= ATTEMPTS:
        log.error("Job %s lost its worker %s again and is failed", job.pk, job.worker)
        fail(job, WORKER_LOST)
        return
    attempt = job.attempt + 1
    again: dict[str, Any] = {"status": Status.QUEUED, "attempt": attempt, "progress": 0.0, "sent_at": timezone.now()}
    if _change(job, Status.RUNNING, event=("restart", {"attempt": attempt}), condition=silent, **again):
        log.warning("Job %s lost its worker %s and begins again", job.pk, job.worker)
        broker.send(job)


# -- The one UPDATE -----------------------------------------------------------------------


def _change(
    job: Job,
    *statuses: str,
    event: tuple[str, dict[str, Any]] | None = None,
    condition: Q | None = None,
    any_attempt: bool = False,
    **changes: Any,
) -> bool:
    """Change the job's row if its status is among `statuses` and its attempt still ours, and log `event`."""
    rows = Job.objects.filter(condition or Q(), pk=job.pk, status__in=statuses)
    if not any_attempt:
        rows = rows.filter(attempt=job.attempt)
    with transaction.atomic():
        if not rows.update(seq=F("seq") + int(event is not None), **changes):
            return False
        if event is not None:
            seq = Job.objects.values_list("seq", flat=True).get(pk=job.pk)
            JobEvent.objects.create(job_id=job.pk, seq=seq, kind=event[0], data=event[1])
            transaction.on_commit(partial(broker.nudge, job.group))
    for name, value in changes.items():
        setattr(job, name, value)
    return True
