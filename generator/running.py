"""Runs jobs, in a worker and nowhere else: here engines, notation and rendering are imported.

`run(id)` claims the job, beats while it works and ends it: done with what was
made, failed with a reason, or silently when the job is no longer ours.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from functools import partial
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils.module_loading import import_string
from django.utils.translation import gettext_noop

from generator import access, broker, engines, exports, jobs, tracks
from generator.engines import Bar, Brief, Engine
from generator.models import Job, Track
from generator.music import features, midi, notation, serial
from generator.music.piece import TICKS_PER_QUARTER, Piece
from generator.provenance import card_of, provenance
from generator.scribe import ScoreScribe
from generator.titles import title_of

log = logging.getLogger(__name__)

NO_WEIGHTS = gettext_noop("This engine's weights are not installed. Choose another engine, or train this one.")
NO_MEMORY = gettext_noop("There was not enough memory. Ask for fewer bars or fewer takes.")
NO_SOURCE = gettext_noop("The piece to work on is gone, or you may not open it any more.")
ENGINE_FAILED = gettext_noop("The engine stopped with an error. Try another seed; what you kept is safe.")


class SourceGone(Exception):
    """The brief's source cannot be opened by the job's owner."""


def run(job_id: str) -> None:
    """Do one job from start to end, if it is waiting."""
    job = jobs.claim(job_id, broker.worker_name())
    if job is None:
        return
    try:
        with beating(job):
            import_string(RUNNERS[job.kind])(job)
    except jobs.Stale:
        log.info("Job %s was cancelled or taken over", job.pk)
    except Exception as error:  # whatever an engine raises, its job must end
        log.exception("Job %s failed", job.pk)
        jobs.fail(job, reason(job, error))


def reason(job: Job, error: Exception) -> str:
    """What a person can do about it."""
    if isinstance(error, SourceGone):
        return NO_SOURCE
    if isinstance(error, engines.ImpossibleBrief):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return NO_WEIGHTS
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return NO_MEMORY
    return exports.EXPORT_FAILED if job.kind == Job.Kind.EXPORT else ENGINE_FAILED


@contextmanager
def beating(job: Job) -> Iterator[None]:
    """While this lasts a thread says every few seconds that the job's worker lives."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(settings.JOB_SILENCE / 5):
            close_old_connections()
            try:
                jobs.beat(job)
            except Exception:
                log.exception("A heartbeat of job %s was missed", job.pk)
        connections.close_all()

    thread = threading.Thread(target=beat, name=f"heartbeat {job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


# -- Composing -----------------------------------------------------------------------


def compose(job: Job) -> None:
    """Let the engine write, log every bar as it comes, and save the takes."""
    brief = Brief.model_validate(job.request)
    engine = engines.load(brief.engine, settings.WORKER_DEVICE)
    given = given_piece(job, brief)
    brief = engine.resolve(with_source(brief, given))
    skeleton = engine.skeleton(brief, given)
    if skeleton is None:
        made = import_string("generator.sounding.compose")(job, engine, brief)
    else:
        made = compose_score(job, engine, brief, signed(skeleton, brief), given)
    jobs.finish(job, partial(save, job, made))


def compose_score(job: Job, engine: Engine, brief: Brief, skeleton: Piece, given: Piece | None) -> list[tracks.Made]:
    """Decode here, write notation in a thread beside."""
    scribe = ScoreScribe(job, brief, skeleton)
    with Beside() as beside:
        beside.do(scribe.begin)
        with closing(engine.compose(brief, given)) as bars:  # type: ignore[type-var]
            for bar in bars:
                assert isinstance(bar, Bar)
                jobs.check(job)
                beside.do(scribe.write, bar)
        pieces = beside.result(lambda: list(scribe.pieces()))
    return [score_made(take, brief, piece) for take, piece in enumerate(pieces)]


class Beside:
    """One thread that does things in order; the first error comes out at the next call."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="scribe")
        self.pending: deque[Future[Any]] = deque()

    def __enter__(self) -> Beside:
        return self

    def do(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Queue it, and raise what an earlier one raised."""
        self.pending.append(self.pool.submit(function, *arguments))
        while self.pending and self.pending[0].done():
            self.pending.popleft().result()

    def result(self, function: Callable[[], Any]) -> Any:
        """Do it after all that is queued, and wait for what it returns."""
        last = self.pool.submit(function)
        while self.pending:
            self.pending.popleft().result()
        return last.result()

    def __exit__(self, *error: object) -> None:
        for future in self.pending:  # none are left unless something was raised
            future.cancel()
        self.pool.submit(connections.close_all)
        self.pool.shutdown(wait=True)


def given_piece(job: Job, brief: Brief) -> Piece | None:
    """The piece to continue, fill or accompany: the head of a track that the job's owner may open."""
    if brief.source is None:
        return None
    who = access.Requester(user=job.owner, guest_id=job.guest_id)
    found = Track.objects.present().select_related("head").filter(code=brief.source).first()
    if found is None or not found.current.piece or not (found.visibility != "private" or who.owns(found)):
        raise SourceGone(brief.source)
    return serial.loads(found.current.piece)


def with_source(brief: Brief, given: Piece | None) -> Brief:
    """What the brief leaves open is as in the piece it works on."""
    if given is None:
        return brief
    fifths = given.keys[0].fifths
    key = given.keys[0] if given.keys[0].mode in ("major", "minor") and abs(fifths) <= 7 else None
    known = {
        "key": brief.key or (str(key) if key else None),
        "metre": brief.metre or str(given.metres[0]),
        "tempo": brief.tempo or round(given.tempos[0].bpm),
    }
    return Brief.model_validate({**brief.model_dump(), **known})


def signed(skeleton: Piece, brief: Brief) -> Piece:
    """Title, composer and rights, as they are printed."""
    card = card_of(brief.engine)
    return replace(
        skeleton,
        title=skeleton.title or title_of(brief),
        composer=f"Partita ({brief.engine})",
        rights=card.get("rights", ""),
    )


# -- Saving --------------------------------------------------------------------------


def score_made(take: int, brief: Brief, piece: Piece) -> tracks.Made:
    """A finished take, ready to be stored."""
    return tracks.Made(
        take=take,
        title=piece.title,
        brief=brief.model_dump(mode="json"),
        provenance=provenance(brief.engine),
        piece=serial.dumps(piece),
        bars=piece.bar_count,
        seconds=seconds(piece),
        features=asdict(features.describe(piece)),
        files={"midi": midi.write(piece), "musicxml": notation.write(piece)},
    )


def save(job: Job, made: list[tracks.Made]) -> dict[str, Any]:
    """Store every take; the data of the done event."""
    codes = [tracks.create(job, take).code for take in made]
    return {"track": codes[0] if codes else None, "tracks": codes}


def seconds(piece: Piece) -> float:
    """How long it lasts, from its tempo map."""
    ends = [*(tempo.tick for tempo in piece.tempos), piece.length]
    spans = zip(piece.tempos, pairwise(ends), strict=True)
    return sum((end - start) / TICKS_PER_QUARTER * 60 / tempo.bpm for tempo, (start, end) in spans)


# What a job's kind runs. Exports are reached by path: who composes needs no PDF maker.
RUNNERS: dict[str, str] = {Job.Kind.COMPOSE: "generator.running.compose", Job.Kind.EXPORT: "generator.rendering.run"}


# -- Warming up -------------------------------------------------------------------------


def warm(name: str) -> None:
    """Load an engine and let it and the exporter write one bar, so that nobody waits for first times."""
    engine = engines.load(name, settings.WORKER_DEVICE)
    brief = engine.resolve(Brief(engine=name, bars=1, seed=0))
    skeleton = engine.skeleton(brief, None)
    with closing(engine.compose(brief, None)) as bars:  # type: ignore[type-var]
        for bar in bars:
            if skeleton is not None and isinstance(bar, Bar):
                notation.MeasureWriter(skeleton).write(bar.index, list(bar.notes))
            break
