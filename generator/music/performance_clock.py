"""Time at full expression: phrase arcs, breaths, fermatas and the final ritard.

Rules and amounts after Friberg, Bresin and Sundberg, "Overview of the KTH rule system for musical performance",
Advances in Cognitive Psychology 2 (2006); the ritard after Friberg and Sundberg, JASA 105 (1999).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from generator.music.performance_phrases import Phrases, arch
from generator.music.performance_types import AMOUNT, Clock
from generator.music.piece import Note, Piece

ARC = 0.05  # of the tempo, between the ends of a phrase and its middle
FERMATA = 1.7
RITARD = 0.55  # the tempo at the end, of the tempo before
_LONG = 8  # bars from which on two of them slow down, not one
_BREATH = 0.16  # of a beat
_LONGEST_BREATH = 0.14  # seconds

Span = tuple[int, int]


class Timekeeper:
    """Makes the clock bar by bar; reads only bars that are written, the plan, and how many bars there will be."""

    def __init__(self, piece: Piece, phrases: Phrases, clock: Clock) -> None:
        self.piece, self.phrases, self.clock = piece, phrases, clock
        self.held: list[Span] = []  # fermatas that may reach into later bars
        self.ritard = piece.bars[-3 if piece.bar_count >= _LONG else -2]

    def bar(self, index: int, notes: Sequence[tuple[int, Note]]) -> tuple[tuple[int, float], ...]:
        """The bar's points (tick, seconds), its end included; the clock goes on through them."""
        start, end = self.piece.bars[index], self.piece.bars[index + 1]
        self.held = [span for span in self.held if span[1] > start]
        self.held += [(note.onset, note.end) for _, note in notes if "fermata" in note.articulations and note.duration]
        for _, stop in sorted(self.held, key=lambda span: span[1]):
            if start < stop <= end:
                self.phrases.cut(stop, end - start)
        now = self.clock.seconds[-1]
        points = []
        for a, b in _pairs(self._breaks(start, end)):
            now = round(now + self._lasts(a, b), 6)
            points.append((b, now))
        self.clock.extend(points)
        return tuple(points)

    def _breaks(self, start: int, end: int) -> list[int]:
        """Where the pace may change: every half beat, tempos, phrase ends, fermatas."""
        step = max(self.piece.metre_at(start).beat_ticks // 2, 1)
        ticks = {*range(start, end, step), end}
        others = [tempo.tick for tempo in self.piece.tempos] + self.phrases.ends
        others += [tick for span in self.held for tick in span]
        return sorted(ticks | {tick for tick in others if start < tick < end})

    def _lasts(self, a: int, b: int) -> float:
        """Seconds from tick a to tick b at full expression."""
        score = self.clock.score(b) - self.clock.score(a)
        return score * (1 + (self._stretch((a + b) / 2) - 1) * AMOUNT) + self._breath(b) * AMOUNT

    def _stretch(self, tick: float) -> float:
        _, start, end = self.phrases.around(tick)
        held = FERMATA if any(a <= tick < b for a, b in self.held) else 1.0
        return max(held, 1 / self._slowing(tick)) / (1 + ARC * arch(start, end, tick))

    def _slowing(self, tick: float) -> float:
        """The final ritard's tempo: v(x) = [1 + (0.55^3 - 1) x]^(1/3), x from 0 to 1 over the last one or two bars."""
        share = (tick - self.ritard) / (self.piece.length - self.ritard)
        return float((1 + (RITARD**3 - 1) * min(max(share, 0), 1)) ** (1 / 3))

    def _breath(self, tick: int) -> float:
        """Seconds of breath before `tick`, if a phrase ends there and another follows."""
        if tick not in self.phrases.ends or tick >= self.piece.length:
            return 0.0
        beat = self.piece.metre_at(max(tick - 1, 0)).beat_ticks
        return min(_BREATH * (self.clock.score(tick) - self.clock.score(tick - beat)), _LONGEST_BREATH)


def _pairs(ticks: list[int]) -> list[Span]:
    return list(itertools.pairwise(ticks))
