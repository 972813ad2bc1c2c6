"""Pedals and swells: what a part does while its notes sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import pi, sin

from generator.music.midi_holds import pedal_marks
from generator.music.performance_types import Control, Played
from generator.music.piece import TICKS_PER_QUARTER, Part, Piece

PEDAL, SWELL = 64, 11  # MIDI controllers: sustain, expression
PIANOS = frozenset(range(6))
# Those who shape a tone while it lasts: bowed, blown and sung.
SUSTAINED = frozenset({40, 41, 42, 43, 48, 49, *range(52, 80), 109, 110, 111})
_CATCH = 2  # ticks after a new chord at which the pedal is down again: its notes have spoken, the old ones are damped
_STEP = TICKS_PER_QUARTER // 2  # ticks between two points of a swell
_NEUTRAL, _DEPTH = 112, 34  # of 127: notes too short to swell; how much a long one grows and fades at full expression
_SHORT = TICKS_PER_QUARTER


@dataclass
class Feet:
    """The pedal of one piano part: taken anew with each chord, and left alone where pedalling is written."""

    part: int
    down: bool = False
    chord: set[int] = field(default_factory=set)  # pitch classes that the pedal holds
    bass: int = 0

    def bar(self, piece: Piece, index: int, notes: Sequence[Played]) -> Iterator[Control]:
        start, end = piece.bars[index], piece.bars[index + 1]
        beat = max(piece.metre_at(start).beat_ticks, 1)
        for tick in range(start, end, beat):
            sounding = [note for note in notes if note.start < tick + beat and note.stop > tick]
            yield from self._beat(tick, min(tick + beat, end), sounding)
        if index == piece.bar_count - 1 and self.down:
            yield self._move(end, down=False)

    def _beat(self, tick: int, end: int, sounding: Sequence[Played]) -> Iterator[Control]:
        if not sounding or any(note.gate - note.start < (note.stop - note.start) / 2 for note in sounding):
            if self.down:  # a rest is a rest, staccato is staccato
                yield self._move(tick, down=False)
            return
        struck = {note.pitch % 12 for note in sounding}
        bass = min(note.pitch for note in sounding)
        if self.down and struck <= self.chord and bass % 12 == self.bass % 12:
            return
        if self.down:
            yield self._move(tick, down=False)
        self.chord, self.bass = struck, bass
        yield self._move(min(tick + _CATCH, end - 1), down=True)

    def _move(self, tick: int, *, down: bool) -> Control:
        self.down = down
        return Control(self.part, tick, PEDAL, 0, 127 * down)


def written_pedal(part: int, own: Part, start: int, end: int) -> Iterator[Control]:
    """The pedalling that the score asks for in a bar; expression does not change it."""
    for staff in range(1, own.staves + 1):
        for mark in pedal_marks(own, staff):
            if start <= mark.onset < end:
                yield Control(part, mark.onset, PEDAL, 127, 127, written=True)
            if mark.end is not None and start < mark.end <= end:
                yield Control(part, mark.end, PEDAL, 0, 0, written=True)


def swells(part: int, start: int, end: int, notes: Sequence[Played]) -> Iterator[Control]:
    """Long notes grow and fade; `notes` are those of the part that sound in the bar."""
    told = None
    for tick in sorted({*range(start, end, _STEP), *(note.start for note in notes if start <= note.start < end)}):
        sounding = [note for note in notes if note.start <= tick < note.stop]
        value = (
            _swell(max(sounding, key=lambda note: (note.start, note.pitch, note.stop)), tick) if sounding else _NEUTRAL
        )
        if value != told:
            yield Control(part, tick, SWELL, 127, value)
            told = value


def _swell(note: Played, tick: int) -> int:
    length = note.stop - note.start
    if length <= _SHORT:
        return _NEUTRAL
    return round(127 - _DEPTH * (1 - sin(pi * ((tick - note.start) / length) ** 0.8)))
