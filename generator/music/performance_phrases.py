"""Phrases: planned from what is known before the first note, cut where a fermata is written."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from generator.music.performance_types import ScoreClock
from generator.music.piece import Piece

_BREATH = 9.0  # seconds that a phrase of singers and players lasts, about
_LENGTHS = (2, 4, 8)  # bars
_ENDS = frozenset({"phrase", "barline", "repeat-end"})


def plan(piece: Piece) -> tuple[int, ...]:
    """The ticks at which phrases end, the last one at the piece's end.

    Only bars, maps and marks are read, so that the plan of a piece that is still to be written is the same: known
    phrase ends and double bars, and between them groups of as many bars (2, 4 or 8) as last a breath. A pickup
    belongs to the phrase that follows it.
    """
    ends = sorted({mark.onset for mark in piece.marks if mark.kind in _ENDS and 0 < mark.onset < piece.length})
    count = _bars_a_phrase(piece)
    planned: list[int] = []
    for start, end in zip([0, *ends], [*ends, piece.length], strict=True):
        planned += [*_groups(piece, start, end, count), end]
    return tuple(dict.fromkeys(planned))


def _bars_a_phrase(piece: Piece) -> int:
    full = piece.bars[1] - piece.bars[0] if not piece.pickup else piece.bars[2] - piece.bars[1]
    clock = ScoreClock(piece.tempos)
    bar = clock(full)
    return min(_LENGTHS, key=lambda count: abs(count * bar - _BREATH))


def _groups(piece: Piece, start: int, end: int, count: int) -> list[int]:
    """Ends inside start..end after every `count` bars; what is left over joins the last group if it is short."""
    first, last = bisect_left(piece.bars, start), bisect_left(piece.bars, end)
    first += bool(piece.pickup and start == 0)
    lines = [piece.bars[bar] - piece.pickup for bar in range(first + count, last - count // 2, count)]
    return [tick for tick in lines if start < tick < end]


@dataclass
class Phrases:
    """Where phrases end as far as is known; the known ends before a moment never change."""

    ends: list[int]
    cuts: set[int] = field(default_factory=set)

    def cut(self, tick: int, reach: int) -> None:
        """A phrase ends here although none was planned; planned ends less than `reach` ticks later go."""
        last = self.ends[-1]
        if tick >= last or tick in self.ends:
            return
        kept = [end for end in self.ends if end < tick or end - tick >= reach or end == last]
        self.ends = sorted({*kept, tick})
        self.cuts.add(tick)

    def around(self, tick: float) -> tuple[int, int, int]:
        """(number, start, end) of the phrase that holds `tick`; what follows the last end belongs to the last."""
        place = min(bisect_right(self.ends, tick), len(self.ends) - 1)
        return place, self.ends[place - 1] if place else 0, self.ends[place]


def arch(start: int, end: int, tick: float) -> float:
    """Where `tick` stands in the arch of a phrase: -2/3 at its ends, +1/3 in the middle, 0 on average."""
    side = 2 * (min(max(tick, start), end) - start) / max(end - start, 1) - 1
    return (1 - 3 * side * side) / 3
