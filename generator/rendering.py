"""Exports that take a while: sound and pages, made by the io worker. Worker only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from generator import exports, jobs
from generator.models import Job, Version
from generator.music import audio, engraving, midi_performing, serial
from generator.music.performance import Performance, perform
from generator.music.piece import Piece
from generator.wire import performance_seed

RATE = 44100  # Hz


def run(job: Job) -> None:
    """Make one file and put it where downloads look for it."""
    wanted = exports.of_job(job)
    version = Version.objects.select_related("track").get(pk=wanted.version)
    code = version.track.code
    publish(exports.path(code, version.number, wanted), render(version, wanted))
    jobs.finish(job, lambda: {"track": code, "tracks": [code]})


def publish(name: str, data: bytes) -> None:
    """Let the file appear whole: a download that comes meanwhile must not be given half of it."""
    try:
        place = default_storage.path(name)
    except NotImplementedError:  # object stores show nothing before all is there
        default_storage.save(name, ContentFile(data))
        return
    making = default_storage.save(f"{name}.making", ContentFile(data))
    Path(default_storage.path(making)).replace(place)


def render(version: Version, export: exports.Export) -> bytes:
    """The bytes of one export of a version."""
    if export.format == "pdf":
        return _pdf(version, export)
    return _played(version, export)


def _pdf(version: Version, export: exports.Export) -> bytes:
    with version.musicxml.open("rb") as file:
        musicxml = file.read()
    piece = serial.loads(version.piece)
    return engraving.pdf(
        musicxml,
        paper="Letter" if export.paper == "Letter" else "A4",
        title=export.title,
        composer=piece.composer,
        footer=piece.rights,
    )


def _played(version: Version, export: exports.Export) -> bytes:
    """Sound, or MIDI as it is played."""
    piece = serial.loads(version.piece)
    performance = performance_of(piece, version.track.brief, export.expression)
    if export.format == "performance.mid":
        return midi_performing.write(piece, performance)
    kind: Any = export.format
    return audio.encode(audio.render(piece, RATE, performance, kind), RATE, kind)


def performance_of(piece: Piece, brief: dict[str, Any], percent: int | None) -> Performance:
    """The performance that the page plays too."""
    expression = exports.EXPRESSION if percent is None else percent
    return perform(piece, seed=performance_seed(brief), expression=expression / 100)
