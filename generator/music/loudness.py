"""Dynamics as MIDI velocities: what is written in a part, between its marks, and by default."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from generator.music.piece import Mark, Note, Part

DEFAULT = 80
LEVELS = {
    "pppp": 20, "ppp": 30, "pp": 42, "p": 54, "mp": 66, "mf": 80, "f": 94, "ff": 108, "fff": 118, "ffff": 126,
}  # fmt: skip
ACCENTS = {"accent": 14, "strongaccent": 20}
_SUDDEN = {"sf": 18, "sfz": 18, "fz": 18, "rf": 14, "rfz": 14, "sffz": 26}  # louder for one note
_STEP = 14  # what a hairpin without a goal changes


def velocities(part: Part) -> list[int]:
    """A velocity 1-127 for every note of the part, in the order of its notes.

    A note's own velocity wins; else the dynamic in force counts for the whole part,
    hairpins lead from it to the next, and accents and sforzati add to single notes.
    """
    levels = sorted((mark.onset, LEVELS[mark.value]) for mark in part.marks if _is_level(mark))
    sudden = {
        mark.onset: _SUDDEN[mark.value] for mark in part.marks if mark.kind == "dynamic" and mark.value in _SUDDEN
    }
    hairpins = [mark for mark in part.marks if mark.kind in ("crescendo", "diminuendo") and mark.end]
    return [_velocity(note, levels, hairpins, sudden) for note in part.notes]


def _is_level(mark: Mark) -> bool:
    return mark.kind == "dynamic" and mark.value in LEVELS


def _velocity(note: Note, levels: Sequence[tuple[int, int]], hairpins: Sequence[Mark], sudden: dict[int, int]) -> int:
    if note.velocity is not None:
        return min(max(note.velocity, 1), 127)
    level = _level(note.onset, levels)
    for hairpin in hairpins:
        assert hairpin.end is not None
        if hairpin.onset <= note.onset < hairpin.end:
            share = (note.onset - hairpin.onset) / (hairpin.end - hairpin.onset)
            level += share * (_goal(hairpin, levels) - level)
    added = sum(ACCENTS.get(name, 0) for name in note.articulations) + sudden.get(note.onset, 0)
    return min(max(round(level + added), 1), 127)


def _level(tick: int, levels: Sequence[tuple[int, int]]) -> float:
    place = bisect_right(levels, tick, key=lambda one: one[0])
    return levels[place - 1][1] if place else DEFAULT


def _goal(hairpin: Mark, levels: Sequence[tuple[int, int]]) -> float:
    """The level a hairpin leads to: a dynamic within a quarter of its end, else one step on."""
    assert hairpin.end is not None
    start = _level(hairpin.onset, levels)
    up = hairpin.kind == "crescendo"
    for tick, level in levels:
        if hairpin.end - 24 <= tick <= hairpin.end + 24 and tick > hairpin.onset and (level > start) == up:
            return level
    return start + (_STEP if up else -_STEP)
