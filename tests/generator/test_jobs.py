"""The job log: who may change what, when."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from generator import broker, jobs
from generator.access import Requester
from generator.models import Job, Track

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]
BRIEF = {"engine": "scales", "bars": 2, "seed": 1}


@pytest.fixture
def who(alice: Any) -> Requester:
    return Requester(user=alice)


@pytest.fixture
def job(who: Requester) -> Job:
    return jobs.start(Job.Kind.COMPOSE, BRIEF, who)


def kinds(job: Job) -> list[tuple[int, str]]:
    return list(job.events.values_list("seq", "kind"))


def age(job: Job, **moments: int) -> None:
    """Move a job's clocks back by so many seconds."""
    now = timezone.now()
    Job.objects.filter(pk=job.pk).update(**{name: now - timedelta(seconds=s) for name, s in moments.items()})


def nothing() -> dict[str, Any]:
    return {"track": None, "tracks": []}


def test_a_job_is_claimed_by_one_worker_only(job: Job) -> None:
    first = jobs.claim(job.pk, "one")
    assert first is not None
    assert first.status == "running"
    assert jobs.claim(job.pk, "two") is None


def test_events_are_numbered_from_one_without_gaps(job: Job) -> None:
    mine = jobs.claim(job.pk, "one")
    assert mine
    for bar in range(3):
        jobs.advance(mine, "bar", {"bar": bar}, bar / 3)
    jobs.finish(mine, nothing)
    assert kinds(job) == [(1, "bar"), (2, "bar"), (3, "bar"), (4, "done")]
    job.refresh_from_db()
    assert (job.status, job.progress, job.seq) == ("done", 1.0, 4)


def test_a_cancelled_job_takes_no_more_events(job: Job) -> None:
    mine = jobs.claim(job.pk, "one")
    assert mine
    assert jobs.cancel(job)
    with pytest.raises(jobs.Stale):
        jobs.advance(mine, "bar", {}, 0.5)
    with pytest.raises(jobs.Stale):
        jobs.check(mine)
    assert kinds(job) == [(1, "cancelled")]


def test_a_cancelled_job_is_not_saved(job: Job) -> None:
    mine = jobs.claim(job.pk, "one")
    assert mine
    jobs.cancel(job)

    def save() -> dict[str, Any]:
        Track.objects.create(title="must not be")
        return nothing()

    with pytest.raises(jobs.Stale):
        jobs.finish(mine, save)
    assert not Track.objects.exists()


def test_what_is_over_cannot_be_cancelled_or_failed(job: Job) -> None:
    mine = jobs.claim(job.pk, "one")
    assert mine
    jobs.finish(mine, nothing)
    assert not jobs.cancel(job)
    assert not jobs.fail(mine, "too late")
    assert kinds(job) == [(1, "done")]


def test_a_waiting_job_that_is_cancelled_never_runs(job: Job) -> None:
    assert jobs.cancel(job)
    assert jobs.claim(job.pk, "one") is None


def test_a_job_whose_worker_died_begins_again_once_and_then_fails(job: Job) -> None:
    first = jobs.claim(job.pk, "one")
    assert first
    jobs.advance(first, "bar", {"bar": 0}, 0.5)
    age(job, heartbeat_at=settings.JOB_SILENCE + 1)
    assert jobs.reap() == 1
    job.refresh_from_db()
    assert (job.status, job.attempt) == ("queued", 2)
    assert jobs.claim(job.pk, "two")
    age(job, heartbeat_at=settings.JOB_SILENCE + 1)
    jobs.reap()
    job.refresh_from_db()
    assert (job.status, job.error) == ("failed", jobs.WORKER_LOST)
    assert kinds(job) == [(1, "bar"), (2, "restart"), (3, "failed")]


def test_a_worker_given_up_for_dead_can_write_nothing_more(job: Job) -> None:
    stale = jobs.claim(job.pk, "one")
    assert stale
    age(job, heartbeat_at=settings.JOB_SILENCE + 1)
    jobs.reap()
    assert jobs.claim(job.pk, "two")
    with pytest.raises(jobs.Stale):
        jobs.advance(stale, "bar", {}, 0.5)
    with pytest.raises(jobs.Stale):
        jobs.finish(stale, nothing)
    assert not jobs.fail(stale, "not yours")
    job.refresh_from_db()
    assert job.status == "running"


def test_a_worker_that_beats_is_left_alone(job: Job) -> None:
    mine = jobs.claim(job.pk, "one")
    assert mine
    age(job, heartbeat_at=settings.JOB_SILENCE + 1)
    jobs.beat(mine)
    assert jobs.reap() == 0


def test_a_job_that_waits_long_is_sent_again(job: Job) -> None:
    queued = broker.client().llen("compose")
    age(job, sent_at=settings.JOB_RESEND + 1)
    assert jobs.reap() == 1
    assert broker.client().llen("compose") == queued + 1
    assert jobs.reap() == 0


def test_a_member_runs_three_jobs_at_once_and_the_fourth_waits(who: Requester) -> None:
    waiting = [jobs.start(Job.Kind.COMPOSE, BRIEF, who) for _ in range(4)]
    running = [jobs.claim(job.pk, "one") for job in waiting]
    assert [bool(job) for job in running] == [True, True, True, False]
    queued = broker.client().llen("compose")
    assert running[0]
    jobs.finish(running[0], nothing)
    assert broker.client().llen("compose") == queued + 1
    assert jobs.claim(waiting[3].pk, "one")


def test_a_guest_has_one_job_running_and_three_waiting() -> None:
    who = Requester(guest_id="a" * 32, address="here")
    for _ in range(4):
        jobs.start(Job.Kind.COMPOSE, BRIEF, who)
    with pytest.raises(jobs.LimitReached, match="1 pieces being composed and 3 waiting"):
        jobs.start(Job.Kind.COMPOSE, BRIEF, who)


def test_guests_of_one_address_cannot_fill_the_queue_with_new_sessions() -> None:
    for number in range(settings.JOB_ADDRESS_ACTIVE):
        jobs.start(Job.Kind.COMPOSE, BRIEF, Requester(guest_id=f"{number:032}", address="here"))
    with pytest.raises(jobs.LimitReached, match="network address"):
        jobs.start(Job.Kind.COMPOSE, BRIEF, Requester(guest_id="f" * 32, address="here"))
    assert jobs.start(Job.Kind.COMPOSE, BRIEF, Requester(guest_id="f" * 32, address="elsewhere"))


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor == "postgresql", reason="already on PostgreSQL")
def test_all_of_this_holds_on_postgresql(postgres: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(command, env={**os.environ, "DATABASE_URL": postgres}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
