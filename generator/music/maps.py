"""What holds from a tick on: metre, key, tempo; and the maps a Piece makes of them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Literal

TICKS_PER_QUARTER = 24
STEPS = "CDEFGAB"
STEP_CLASSES = dict(zip(STEPS, (0, 2, 4, 5, 7, 9, 11), strict=True))

Mode = Literal["major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian"]
# Fifths of the signature relative to the major key on the same tonic.
MODE_FIFTHS: dict[str, int] = {
    "lydian": 1, "major": 0, "mixolydian": -1, "dorian": -2, "minor": -3, "phrygian": -4, "locrian": -5,
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Spelling:
    """A pitch's written name: `step` one of A-G, `alter` in semitones (-2..2)."""

    step: str
    alter: int = 0

    @property
    def pitch_class(self) -> int:
        return (STEP_CLASSES[self.step] + self.alter) % 12

    def octave(self, pitch: int) -> int:
        """The written octave of MIDI `pitch` under this spelling (B#3 sounds as C4)."""
        return (pitch - self.alter - STEP_CLASSES[self.step]) // 12 - 1


@dataclass(frozen=True, slots=True)
class Metre:
    tick: int
    numerator: int
    denominator: int

    @property
    def bar_ticks(self) -> int:
        return self.numerator * 4 * TICKS_PER_QUARTER // self.denominator

    @property
    def beat_ticks(self) -> int:
        """The felt beat: a dotted unit in compound metres (6/8, 9/8, 12/8)."""
        unit = 4 * TICKS_PER_QUARTER // self.denominator
        compound = self.denominator >= 8 and self.numerator > 3 and self.numerator % 3 == 0
        return unit * 3 if compound else unit

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True)
class Key:
    """A key from `tick` on: the tonic's spelling and a mode. Its signature follows from both."""

    tick: int
    tonic: Spelling
    mode: Mode = "major"

    @property
    def fifths(self) -> int:
        """Sharps (positive) or flats (negative) of the signature."""
        circle = "FCGDAEB"
        return circle.index(self.tonic.step) - 1 + 7 * self.tonic.alter + MODE_FIFTHS[self.mode]

    def __str__(self) -> str:
        sign = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}[self.tonic.alter]
        return f"{self.tonic.step}{sign} {self.mode}"

    @classmethod
    def parse(cls, text: str, tick: int = 0) -> Key:
        """`"D minor"`, `"Bb major"`, `"F# dorian"` -> Key. Raises ValueError with a remedy."""
        try:
            tonic, mode = text.split()
            if mode not in MODE_FIFTHS or tonic[0] not in STEPS:
                raise ValueError
            alter = {"": 0, "#": 1, "b": -1}[tonic[1:]]
        except (ValueError, KeyError):
            raise ValueError(f"{text!r} is not a key; write it like 'D minor' or 'Bb major'.") from None
        return cls(tick, Spelling(tonic[0], alter), mode)  # type: ignore[arg-type]

    @classmethod
    def from_fifths(cls, fifths: int, mode: Mode = "major", tick: int = 0) -> Key:
        """The key whose signature has `fifths` sharps (negative: flats)."""
        place = fifths - MODE_FIFTHS[mode] + 1
        return cls(tick, Spelling("FCGDAEB"[place % 7], place // 7), mode)


@dataclass(frozen=True, slots=True)
class Tempo:
    """Quarter notes a minute from `tick` on. `estimated` when no source said so."""

    tick: int
    bpm: float
    text: str = ""
    estimated: bool = False


def entry_at(entries: tuple, tick: int):  # type: ignore[type-arg, no-untyped-def]
    """The last entry of a map that begins at or before `tick`."""
    return entries[max(bisect_right(entries, tick, key=lambda entry: entry.tick) - 1, 0)]


def slice_map(entries: tuple, start: int, end: int) -> tuple:  # type: ignore[type-arg]
    first = replace(entry_at(entries, start), tick=0)
    return (first, *(replace(entry, tick=entry.tick - start) for entry in entries if start < entry.tick < end))


def shift_map(entries: tuple, ticks: int) -> tuple:  # type: ignore[type-arg]
    return (entries[0], *(replace(entry, tick=entry.tick + ticks) for entry in entries[1:]))


def join_map(mine: tuple, theirs: tuple, seam: int) -> tuple:  # type: ignore[type-arg]
    """Maps one after the other; the second's first entry moves to the seam unless it says nothing new."""
    first = replace(theirs[0], tick=seam)
    head = () if replace(mine[-1], tick=seam) == first else (first,)
    return (*mine, *head, *theirs[1:])


def transposed_key(key: Key, semitones: int) -> Key:
    """The key `semitones` away with the fewest accidentals in its signature."""
    candidates = (Key.from_fifths(fifths, key.mode, key.tick) for fifths in range(-6, 7))
    target = (key.tonic.pitch_class + semitones) % 12
    return min((c for c in candidates if c.tonic.pitch_class == target), key=lambda c: (abs(c.fifths), -c.fifths))
