"""Small pieces with known faults, for the tests of the measures."""

from __future__ import annotations

from dataclasses import replace

from generator.music.ensembles import ENSEMBLES, parts_of
from generator.music.piece import Key, Metre, Note, Piece, regular_bars

QUARTER = 24


def piece(*voices: str | list, key: str = "C major", metre: str = "4/4", ensemble: str | None = None) -> Piece:
    """A piece of lines like `"60 62 64/2 -"`: MIDI pitches of a quarter each, `/2` for two quarters, `-` for a rest."""
    numerator, denominator = map(int, metre.split("/"))
    beat = Metre(0, numerator, denominator)
    name = ensemble or {1: "melody", 2: "duet", 4: "satb"}[len(voices)]
    notes = [(part, note) for part, line in enumerate(voices) for note in _notes(line)]
    length = max(note.end for _, note in notes)
    bars = regular_bars(-(-length // beat.bar_ticks), beat)
    empty = Piece(parts_of(ENSEMBLES[name]), bars, (beat,), (Key.parse(key),))
    return replace(empty.with_notes(notes), source={"ensemble": name, "style": "air", "work": "one"})


def _notes(line: str) -> list[Note]:
    notes, tick = [], 0
    for word in line.split():
        pitch, _, quarters = word.partition("/")
        length = int(float(quarters or 1) * QUARTER)
        if pitch != "-":
            notes.append(Note(tick, length, int(pitch)))
        tick += length
    return notes


def chorale(bars: int = 8) -> Piece:
    """Four voices on I IV V I, a chord a quarter, the last one long."""
    chords = {"I": (72, 67, 64, 48), "IV": (72, 69, 65, 53), "V": (71, 67, 62, 55)}
    walk = (["I", "IV", "V", "I"] * bars)[: 4 * bars - 4]
    lines = [" ".join(str(chords[chord][voice]) for chord in walk) for voice in range(4)]
    ends = (72, 67, 64, 48)
    return piece(*(f"{line} {end}/4" for line, end in zip(lines, ends, strict=True)))
