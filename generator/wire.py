"""Pieces and notes as pages read them, in events and on track pages. Light: web processes import it too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator.engines import Brief
from generator.music import voicing
from generator.music.performance import BarPlayed, notes_by_bar, played
from generator.music.performance_types import Played
from generator.music.piece import Key, Note, Part, Piece, Spelling, note_id


def describe_start(brief: Brief, skeleton: Piece) -> dict[str, Any]:
    """The start event but for `part_list`."""
    return {"brief": brief.model_dump(mode="json"), "takes": brief.takes, **describe_frame(skeleton)}


def describe_frame(skeleton: Piece) -> dict[str, Any]:
    """Title, parts, barlines and maps: all but the notes."""
    pans = voicing.pans(skeleton)
    return {
        "title": skeleton.title,
        "parts": [describe_part(part, pan) for part, pan in zip(skeleton.parts, pans, strict=True)],
        "bars": list(skeleton.bars),
        "keys": [{"tick": key.tick, "name": str(key), "fifths": key.fifths} for key in skeleton.keys],
        "metres": [
            {"tick": metre.tick, "numerator": metre.numerator, "denominator": metre.denominator}
            for metre in skeleton.metres
        ],
        "tempos": [{"tick": tempo.tick, "bpm": tempo.bpm} for tempo in skeleton.tempos],
    }


def describe_part(part: Part, pan: int) -> dict[str, Any]:
    """A part, and what sounds for it: General MIDI programs with decibels, and where it sits (0-127)."""
    return {
        "name": part.name,
        "program": part.program,
        "staves": part.staves,
        "percussion": part.percussion,
        "layers": [[layer.program, layer.decibels] for layer in voicing.layers(part)],
        "pan": pan,
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


# -- As it is played ---------------------------------------------------------------------------


def describe_played(bar: BarPlayed) -> dict[str, Any]:
    """A performed bar as events hold it; `notes` stand in the order of the event's notes.

    clock [tick, second]; notes [start, stop, gate, shift, plain, velocity] in ticks, seconds and velocities;
    controls [part, tick, number, plain, value]. The second of every two is at full expression.
    """
    return {
        "clock": [list(point) for point in bar.clock],
        "notes": [_played(note) for note in bar.notes],
        "controls": [[one.part, one.tick, one.number, one.plain, one.value] for one in bar.controls],
    }


def _played(note: Played) -> list[float]:
    return [note.start, note.stop, note.gate, note.shift, note.plain, note.velocity]


def describe_performance(piece: Piece, brief: dict[str, Any]) -> dict[str, Any]:
    """A whole piece's notes, bar by bar, and how they are played, as one long bar event holds them."""
    bars = list(played(piece, seed=performance_seed(brief)))
    parts = [describe_played(bar) for bar in bars]
    order = [note for notes in notes_by_bar(piece) for note in notes]
    return {
        "notes": [describe_note(part, note) for part, note in order],
        "performance": {name: _chained(part[name] for part in parts) for name in ("clock", "notes", "controls")},
    }


def _chained(lists: Iterable[list[Any]]) -> list[Any]:
    return [one for each in lists for one in each]


def performance_seed(brief: dict[str, Any]) -> int:
    """The seed of a piece's own unevenness: that of its brief, so that it is played the same wherever it is heard."""
    return int(brief.get("seed") or 0)
