"""Pieces and notes as pages read them, in events and on track pages. Light: web processes import it too."""

from __future__ import annotations

from typing import Any

from generator.engines import Brief
from generator.music.piece import Key, Note, Piece, Spelling, note_id


def describe_start(brief: Brief, skeleton: Piece) -> dict[str, Any]:
    """The start event but for `part_list`."""
    return {"brief": brief.model_dump(mode="json"), "takes": brief.takes, **describe_frame(skeleton)}


def describe_frame(skeleton: Piece) -> dict[str, Any]:
    """Title, parts, barlines and maps: all but the notes."""
    return {
        "title": skeleton.title,
        "parts": [{"name": part.name, "program": part.program, "staves": part.staves} for part in skeleton.parts],
        "bars": list(skeleton.bars),
        "keys": [{"tick": key.tick, "name": str(key), "fifths": key.fifths} for key in skeleton.keys],
        "metres": [
            {"tick": metre.tick, "numerator": metre.numerator, "denominator": metre.denominator}
            for metre in skeleton.metres
        ],
        "tempos": [{"tick": tempo.tick, "bpm": tempo.bpm} for tempo in skeleton.tempos],
    }


def describe_note(part: int, note: Note) -> dict[str, Any]:
    """A note as bar events hold it; the id is the one in the MusicXML."""
    return {
        "id": note_id(part, note),
        "part": part,
        "voice": note.voice,
        "onset": note.onset,
        "duration": note.duration,
        "pitch": note.pitch,
        "spelling": spelled(note.spelling),
        "velocity": note.velocity,
    }


def spelled(spelling: Spelling | None) -> str | None:
    """`F#`, `Bb`, `C`; None where the exporter chooses."""
    return str(Key(0, spelling)).split()[0] if spelling else None
