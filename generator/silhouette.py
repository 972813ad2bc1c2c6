"""The outline of a piece: each part's notes as one SVG path, small enough to lie beside its title."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

WIDTH, HEIGHT = 240, 40
NOTES = 600  # drawn at most: beyond that nobody sees a difference
ONSET, DURATION, PITCH = 0, 1, 2  # of a note in `generator.music.serial`'s record


class Line(NamedTuple):
    """One part: its number, which chooses its colour, and a path of horizontal strokes."""

    part: int
    path: str


def silhouette(record: Mapping[str, Any]) -> list[Line]:
    """The parts of `generator.music.serial`'s record in a box of WIDTH by HEIGHT; nothing for sound without a score."""
    parts = [part["notes"] for part in record.get("parts", [])]
    notes = [note for part in parts for note in part]
    if not notes:
        return []
    low, high = min(note[PITCH] for note in notes), max(note[PITCH] for note in notes)
    end = max(note[ONSET] + note[DURATION] for note in notes) or 1
    every = -(-len(notes) // NOTES)

    def stroke(note: list[Any]) -> str:
        x, width = WIDTH * note[ONSET] / end, WIDTH * note[DURATION] / end
        y = HEIGHT - 2 - (HEIGHT - 4) * (note[PITCH] - low) / max(high - low, 1)
        return f"M{x:.1f} {y:.1f}h{max(width - 0.7, 0.6):.1f}"

    return [Line(index, "".join(map(stroke, part[::every]))) for index, part in enumerate(parts) if part]
