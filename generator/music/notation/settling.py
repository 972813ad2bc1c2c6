"""Pieces as they can be written: one rhythm a voice, four voices a staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from generator.music.notation.writing_marks import slurred
from generator.music.notation.writing_voices import Event, Sounding, separate
from generator.music.piece import Mark, Note, Part, Piece


def settle(piece: Piece) -> Piece:
    """The same music in the voices it is written in: no voice overlaps itself, chords share their signs.

    Writing and reading a settled piece gives it back unchanged.
    """
    repeats = {mark.onset for mark in piece.marks if mark.kind == "repeat-end"}
    marks = (mark for mark in piece.marks if mark.kind != "barline" or mark.onset not in repeats)
    return replace(
        piece,
        parts=tuple(_settled(piece, part) for part in piece.parts),
        marks=tuple(marks),
        metres=tuple(metre for metre in piece.metres if metre.tick < piece.length),
        keys=tuple(key for key in piece.keys if key.tick < piece.length),
        tempos=tuple(tempo for tempo in piece.tempos if tempo.tick < piece.length),
    )


def _settled(piece: Piece, part: Part) -> Part:
    voices: dict[Note, int] = {}
    notes: list[Note] = []
    held: list[Event] = []
    by_bar: dict[int, list[Note]] = defaultdict(list)
    for note in part.notes:
        by_bar[piece.bar_at(note.onset)].append(note)
    for bar, (start, end) in enumerate(pairwise(piece.bars)):
        own = [Sounding(note, "") for note in by_bar[bar]]
        lines, held = separate(own, held, start, end)
        for event in (event for line in lines.values() for event in line):
            new = [one.note for one in event.notes if one.note not in voices]
            voices |= dict.fromkeys(new, event.voice)
            notes += _shared(new, event.voice)
    moved = replace(part, notes=tuple(notes), marks=tuple(_moved(mark, voices) for mark in part.marks))
    return replace(moved, marks=_settled_marks(moved))


def _shared(chord: Sequence[Note], voice: int) -> list[Note]:
    """A chord's notes in `voice`, all with its articulations, the highest with its words."""
    if len(chord) < 2 or len({note.duration for note in chord}) > 1:
        return [replace(note, voice=voice, articulations=tuple(sorted(note.articulations))) for note in chord]
    signs = tuple(sorted({name for note in chord for name in note.articulations}))
    words = tuple(dict.fromkeys(lyric for note in chord for lyric in note.lyrics))
    return [
        replace(note, voice=voice, articulations=signs, lyrics=words if note is chord[-1] else ()) for note in chord
    ]


def _settled_marks(part: Part) -> tuple[Mark, ...]:
    """Slurs in the voice of their first note; without those that join nothing, and without repetitions."""
    marks = [mark for mark in part.marks if mark.kind != "slur"]
    marks += [replace(mark, staff=first.staff, voice=first.voice) for mark, (first, _) in slurred(part)]
    return tuple(dict.fromkeys(sorted(marks, key=_order)))


def _order(mark: Mark) -> tuple[int, str, int, str, int, int]:
    return (mark.onset, mark.kind, mark.end or 0, mark.value, mark.staff, mark.voice)


def _moved(mark: Mark, voices: Mapping[Note, int]) -> Mark:
    """A slur goes with its first note."""
    if mark.kind != "slur":
        return mark
    for note, voice in voices.items():
        if (note.onset, note.staff, note.voice) == (mark.onset, mark.staff, mark.voice):
            return replace(mark, voice=voice)
    return mark
