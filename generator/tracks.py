"""What happens to tracks: made, copied, deleted, restored and at last removed with their files."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from generator import broker
from generator.access import Requester
from generator.models import Job, Track, Version

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """What a worker made of one take. `piece` is `generator.music.serial`'s record, `seconds` how long it lasts."""

    take: int
    title: str
    brief: dict[str, Any]
    provenance: dict[str, Any]
    piece: dict[str, Any] = field(default_factory=dict)
    bars: int = 0
    seconds: float = 0.0
    features: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)  # midi, musicxml, sound


SUFFIXES = {"midi": "score.mid", "musicxml": "score.musicxml", "sound": "sound.wav"}


def create(job: Job, made: Made) -> Track:
    """A private track of the job's owner with its first version, not kept until they say so."""
    track = Track.objects.create(
        title=made.title,
        owner=job.owner,
        guest_id=job.guest_id,
        engine=made.brief.get("engine", ""),
        brief=made.brief,
        provenance=made.provenance,
        job=job,
        take=made.take,
    )
    version = Version(
        track=track,
        number=1,
        cause="composed",
        job=job,
        piece=made.piece,
        bars=made.bars,
        seconds=made.seconds,
        features=made.features,
    )
    return _with_head(track, version, made.files)


def duplicate(source: Track, who: Requester, title: str) -> Track:
    """A kept copy of the head version, with a history of its own."""
    old = source.head
    assert old is not None
    with transaction.atomic():
        track = Track.objects.create(
            title=title,
            kept=True,
            engine=source.engine,
            brief=source.brief,
            provenance=source.provenance,
            **who.owner_fields,
        )
        version = Version(
            track=track,
            number=1,
            cause="duplicated",
            piece=old.piece,
            bars=old.bars,
            seconds=old.seconds,
            features=old.features,
        )
        files = {name: _bytes(getattr(old, name)) for name in SUFFIXES if getattr(old, name)}
        return _with_head(track, version, files)


def _bytes(stored: Any) -> bytes:
    with stored.open("rb") as file:
        return file.read()  # type: ignore[no-any-return]


def _with_head(track: Track, version: Version, files: dict[str, bytes]) -> Track:
    """Store the version and its files; should the transaction be undone, `sweep` finds no row and nothing refers."""
    for name, data in files.items():
        getattr(version, name).save(SUFFIXES[name], ContentFile(data), save=False)
    version.save()
    track.head = version
    track.save(update_fields=["head"])
    return track


def delete(track: Track) -> None:
    """Out of sight at once, and out of being for good after UNDO_DAYS."""
    Track.objects.filter(pk=track.pk).update(deleted_at=timezone.now())
    broker.nudge(f"track.{track.code}")


def restore(track: Track) -> None:
    """Undo a deletion."""
    Track.objects.filter(pk=track.pk).update(deleted_at=None)


def forget_jobs() -> int:
    """Remove jobs that ended long ago, with their events and stretches of sound. How many."""
    long_ago = timezone.now() - timedelta(days=settings.UNDO_DAYS)
    old = list(Job.objects.filter(finished_at__lt=long_ago).values_list("pk", flat=True)[:1000])
    for job_id in old:
        _remove(f"jobs/{job_id}")
    Job.objects.filter(pk__in=old).delete()
    return len(old)


def sweep() -> int:
    """Remove takes nobody kept and tracks deleted long ago. How many."""
    now = timezone.now()
    unkept = Q(kept=False, created_at__lt=now - timedelta(days=settings.TAKE_DAYS))
    deleted = Q(deleted_at__lt=now - timedelta(days=settings.UNDO_DAYS))
    return purge(Track.objects.filter(unkept | deleted)[:1000])


def purge(tracks: Iterable[Track]) -> int:
    """Remove tracks and everything stored for them."""
    count = 0
    for track in tracks:
        code = track.code
        track.delete()
        _remove(f"tracks/{code}")
        count += 1
    return count


def _remove(folder: str) -> None:
    """Delete a folder of the storage with all it holds; object stores have no folders to remove."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        default_storage.delete(f"{folder}/{name}")
    for name in folders:
        _remove(f"{folder}/{name}")
    default_storage.delete(folder)
