"""Exports that take a while: sound and pages, made by the io worker. Worker only."""

from __future__ import annotations

from typing import Any

from generator import exports
from generator.models import Version
from generator.music import audio, engraving, serial


def render(version: Version, export: exports.Export) -> bytes:
    """The bytes of one export of a version."""
    if export.format == "pdf":
        return _pdf(version, export)
    return _sound(version, export.format)


def _pdf(version: Version, export: exports.Export) -> bytes:
    track = version.track
    with version.musicxml.open("rb") as file:
        musicxml = file.read()
    piece = serial.loads(version.piece)
    return engraving.pdf(musicxml, paper=export.paper, title=track.title, composer=piece.composer, footer=piece.rights)


def _sound(version: Version, suffix: Any) -> bytes:
    return audio.encode(audio.render(serial.loads(version.piece)), 44100, suffix)
