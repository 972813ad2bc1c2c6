"""What comes back: how alike bars are, at which distance, and whether a plan of sections is held."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np

from generator.engines import PlannedBar
from generator.music.harmony import Chord
from generator.music.piece import Piece
from generator.training.measures import Tally
from generator.training.measures.view import Floats, Ints, View

LAGS = (1, 2, 4, 8)
RETURN, CONTRAST = 0.7, 0.4  # similarity from which music returns, and up to which it contrasts
REACH = 12  # semitones by which a return may be transposed


@dataclass(frozen=True, slots=True)
class Section:
    """Bars `first` to `last` (exclusive) of a plan; what returns has the letter it had before."""

    letter: str
    first: int
    last: int


def with_plan(piece: Piece, plan: Sequence[PlannedBar]) -> Piece:
    """The piece carrying the plan that it was composed to, in `source["plan"]`."""
    kept = json.dumps([bar.model_dump(exclude_defaults=True) for bar in plan])
    return replace(piece, source={**piece.source, "plan": kept})


def plan_of(piece: Piece) -> tuple[PlannedBar, ...]:
    """The plan a piece carries; () where it carries none."""
    return tuple(PlannedBar.model_validate(bar) for bar in json.loads(piece.source.get("plan", "[]")))


def sections(plan: Sequence[PlannedBar]) -> tuple[Section, ...]:
    """Stretches of one letter, parted where phrases end. A' is A come back; bars without a letter are in none."""
    found: list[Section] = []
    open_ = False
    for number, bar in enumerate(plan):
        letter = bar.section[:1]
        if letter and open_ and found[-1].letter == letter:
            found[-1] = replace(found[-1], last=number + 1)
        elif letter:
            found.append(Section(letter, number, number + 1))
        open_ = bool(letter) and bar.ends is None
    return tuple(found)


def asked_chords(plan: Sequence[PlannedBar], bars: Sequence[int]) -> list[Chord]:
    """The chords of a plan at their ticks: at the barline, and a second one in the middle of the bar."""
    return [
        replace(Chord.parse(symbol), tick=start + place * (stop - start) // 2)
        for bar, (start, stop) in zip(plan, pairwise(bars), strict=False)
        for place, symbol in enumerate(bar.chords)
    ]


def similarities(view: View, transposed: bool = True) -> Floats:
    """(bars, bars): the Dice coefficient 2 |a & b| / (|a| + |b|) of two bars' notes (lane, onset in the bar, pitch).

    `transposed` takes the best of all transpositions up to an octave. Two empty bars are alike.
    """
    count, cells = view.piece.bar_count, _cells(view)
    counts = cells.sum(axis=(1, 2))
    flat = cells.reshape(count, -1)
    shifts = range(-REACH, REACH + 1) if transposed else (0,)
    shared = np.max([flat @ np.roll(cells, shift, axis=2).reshape(count, -1).T for shift in shifts], axis=0)
    both = counts[:, None] + counts[None, :]
    return np.where(both > 0, 2 * shared / np.maximum(both, 1), 1.0)


def _cells(view: View) -> Floats:
    """(bars, places, pitches): 1 where a note is struck; a place is a lane and an onset in the bar."""
    onset, _, pitch = view.notes.T
    bar = view.bar_of(onset)
    places, place = np.unique(view.lane_of * 10_000 + onset - view.bars[bar], return_inverse=True)
    low, high = (int(pitch.min()), int(pitch.max())) if len(pitch) else (0, 0)
    cells = np.zeros((view.piece.bar_count, max(len(places), 1), high - low + 1 + 2 * REACH), dtype=np.float64)
    cells[bar, place, pitch - low + REACH] = 1
    return cells


def at_lag(likeness: Floats, lag: int) -> Tally:
    """Mean similarity of bars `lag` bars apart."""
    values = np.diagonal(likeness, lag)
    return Tally(float(values.sum()), len(values))


def returns(likeness: Floats) -> Tally:
    """Bars that come back, at least two bars later, at a similarity of 0.7; chances: bars from the third on."""
    found = sum(likeness[bar, : bar - 1].max() >= RETURN for bar in range(2, len(likeness)))
    return Tally(float(found), max(len(likeness) - 2, 0))


def near_misses(likeness: Floats) -> Tally:
    """Bars whose nearest earlier bar is much like them but not the same (similarity in [0.5, 1)).

    Variation does that in a bar or two; noise does it in all that should return. Chances: bars
    whose nearest earlier bar is at 0.5 or more.
    """
    best = np.array([likeness[bar, :bar].max() for bar in range(1, len(likeness))])
    return Tally(float(((best >= 0.5) & (best < 0.999)).sum()), float((best >= 0.5).sum()))


def form_held(likeness: Floats, plan: Sequence[Section]) -> Tally:
    """Pairs of planned sections that are as alike as they should be: returns >= 0.7, contrasts <= 0.4."""
    verdicts = [value >= RETURN if same else value <= CONTRAST for same, value in _compared(likeness, plan)]
    return Tally(float(sum(verdicts)), len(verdicts))


def _compared(likeness: Floats, plan: Sequence[Section]) -> Iterator[tuple[bool, float]]:
    """For every two sections: do they share a letter, and how alike are their bars, taken in turn?"""
    for one, other in combinations(plan, 2):
        bars = min(one.last - one.first, other.last - other.first)
        places: Ints = np.arange(bars)
        if bars > 0:
            yield one.letter == other.letter, float(likeness[one.first + places, other.first + places].mean())
