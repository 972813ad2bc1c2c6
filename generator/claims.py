"""A guest's things become a member's; a member's things are exported, or forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.text import slugify

from generator import jobs, tracks
from generator.models import Job, Track


def claim(user: Any, guest_id: str) -> int:
    """Give `user` every track and job of this guest. Idempotent; how many tracks changed hands.

    Takes are kept from then on, except beside one that the guest had chosen.
    """
    if not guest_id:
        return 0
    theirs = Track.objects.filter(owner=None, guest_id=guest_id)
    chosen = list(theirs.filter(kept=True, job__isnull=False).values_list("job", flat=True))
    theirs.exclude(job__in=chosen).update(kept=True)
    Job.objects.filter(owner=None, guest_id=guest_id).update(owner=user, guest_id="", address="")
    return theirs.update(owner=user, guest_id="")


def export(user: Any) -> dict[str, Any]:
    """Everything kept here about this person, as JSON-able data."""
    return {
        "tracks": [
            {
                "code": track.code,
                "title": track.title,
                "visibility": track.visibility,
                "kept": track.kept,
                "engine": track.engine,
                "brief": track.brief,
                "created_at": track.created_at.isoformat(),
                "versions": [
                    {"number": version.number, "cause": version.cause, "piece": version.piece}
                    for version in track.versions.all()
                ],
            }
            for track in Track.objects.present().filter(owner=user).prefetch_related("versions")
        ],
        "jobs": [
            {"id": str(job.pk), "status": job.status, "brief": job.request, "created_at": job.created_at.isoformat()}
            for job in Job.objects.filter(owner=user)
        ],
    }


def files(user: Any) -> Iterator[tuple[str, str]]:
    """(name for people, name in the storage) of every score and sound of theirs."""
    for track in Track.objects.present().filter(owner=user).select_related("head"):
        for stored in (track.head.midi, track.head.musicxml, track.head.sound):
            if stored:
                name = str(stored.name)
                suffix = name.rpartition(".")[2]
                yield f"{track.code}-{slugify(track.title, allow_unicode=True)[:60]}.{suffix}", name


def forget(user: Any) -> None:
    """Cancel this person's jobs and remove their tracks with every file."""
    for job in Job.objects.filter(owner=user, status__in=Job.ACTIVE):
        jobs.cancel(job)
    tracks.purge(Track.objects.filter(owner=user))
    Job.objects.filter(owner=user).delete()
