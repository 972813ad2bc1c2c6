"""Which files a version can be had as, where they lie, and how the missing ones are asked for."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext_noop

from generator import jobs
from generator.access import Requester
from generator.models import Job, Track, Version

Format = Literal["mid", "performance.mid", "musicxml", "pdf", "wav", "ogg", "mp3"]
Paper = Literal["A4", "Letter"]

CONTENT_TYPES: dict[str, str] = {
    "mid": "audio/midi",
    "performance.mid": "audio/midi",
    "musicxml": "application/vnd.recordare.musicxml+xml",
    "pdf": "application/pdf",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
}
PAPERS = ("A4", "Letter")
PLAYED = ("performance.mid", "wav", "ogg", "mp3")  # what somebody's expression is heard in
EXPRESSION = 60  # percent
EXPRESSION_STEP = 5  # percent; between two steps nobody hears a difference, and every step is a file
EXPORT_FAILED = gettext_noop("This file could not be made. Try again, or download another format.")


class ExportFailed(Exception):
    """The worker could not make this file."""


@dataclass(frozen=True, slots=True)
class Export:
    """One file of one version. What a PDF prints (title, paper) and how a score is played are part of its name."""

    version: int
    format: str
    paper: str = ""
    title: str = ""
    expression: int | None = None  # percent, of a score that is played

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.paper}\n{self.title}\n{self.expression}".encode()).hexdigest()[:16]


def export_of(track: Track, version: Version, suffix: str, paper: str = "A4", expression: int = EXPRESSION) -> Export:
    """What a download of `suffix` is; `expression` in percent is rounded to a step."""
    if suffix == "pdf":
        return Export(version.pk, suffix, paper, track.title)
    if suffix in PLAYED and not track.is_audio:
        step = round(expression / EXPRESSION_STEP) * EXPRESSION_STEP
        return Export(version.pk, suffix, expression=step)
    return Export(version.pk, suffix)


def stored_name(track: Track, version: Version, export: Export) -> str | None:
    """Where the file lies in the storage, or None where it was not made yet."""
    given = {"mid": version.midi, "musicxml": version.musicxml, "wav": version.sound}.get(export.format)
    if given:
        return str(given.name)
    name = path(track.code, version.number, export)
    return name if default_storage.exists(name) else None


def path(code: str, number: int, export: Export) -> str:
    return f"tracks/{code}/{number}/export-{export.digest}.{export.format}"


def wait(track: Track, version: Version, export: Export) -> str | None:
    """The file's name in the storage, made first if need be; None when it is not ready within EXPORT_WAIT seconds.

    Raises ExportFailed, and BrokerDown.
    """
    deadline = time.monotonic() + settings.EXPORT_WAIT
    if name := stored_name(track, version, export):
        return name
    job = _asked(export) or jobs.start(Job.Kind.EXPORT, asdict(export), Requester())
    while time.monotonic() < deadline:
        if name := stored_name(track, version, export):
            return name
        job.refresh_from_db()
        if job.status == Job.Status.FAILED:
            raise ExportFailed(job.error)
        time.sleep(0.1)
    return None


def _asked(export: Export) -> Job | None:
    """A job that is making this very file, or that failed to within the last minute."""
    same = Job.objects.filter(kind=Job.Kind.EXPORT, request=asdict(export))
    lately = timezone.now() - timedelta(minutes=1)
    return (
        same.filter(status__in=Job.ACTIVE).first()
        or same.filter(status=Job.Status.FAILED, finished_at__gt=lately).first()
    )


def of_job(job: Job) -> Export:
    """The export that a job of kind EXPORT is to make."""
    fields: dict[str, Any] = job.request
    return Export(**fields)
