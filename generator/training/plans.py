"""The plans of real music: which bar returns to which, where phrases end, and the harmony.

For every bar the most similar earlier bar is looked for, whatever the interval between them. Two bars are
compared by their notes: the share (Dice) that agree in onset, lane and length, and at one common
interval in pitch.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.engines import conditions, plan
from generator.engines.tokens import BARLINE, Events
from generator.music import chords
from generator.music.harmony import Chord
from generator.music.piece import Piece
from generator.training.corpus_phrases import boundaries
from generator.training.examples import Example

Ints = NDArray[np.int64]
VARIED, CLOSE, SAME, RHYTHM = 0.4, 0.7, 0.95, 0.7  # shares of notes that agree
Place = tuple[int, int, int]  # onset, lane, duration index
Bar = dict[Place, list[int]]


def plan_of(piece: Piece, events: Events) -> Ints:
    """The plan of a window and its encoding: (bars, len(plan.STORED))."""
    found = plan.empty(len(piece.bars) - 1)
    found[:, plan.FORM] = returns(events.rows, len(found))
    labels = chords.label(piece)
    tonic = events.key.tonic.pitch_class
    found[:, plan.HARMONY] = _harmony(piece, labels, tonic)
    found[:, plan.PHRASE] = _phrases(piece, labels, tonic)
    return found


BANK = 24  # plans of each ensemble and metre


def bank(examples: Iterable[Example]) -> list[dict[str, Any]]:
    """Plans of whole endings, a fixed sample of each ensemble and metre, as `engines.form.draw` takes them."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in examples:
        told = conditions.values(each.conditions)
        if told["ends"] and told["mode"] in ("major", "minor") and told["metre"] and told["ensemble"] != "other":
            named = {name: told[name] for name in ("ensemble", "style", "metre", "mode")}
            kind = (told["ensemble"], told["metre"])
            found.setdefault(kind, []).append({**named, "rows": each.plan.tolist()})
    rng = np.random.default_rng(0)
    return [own[place] for own in found.values() for place in sorted(rng.permutation(len(own))[:BANK])]


# -- Returns -------------------------------------------------------------------------


def returns(rows: NDArray[Any], count: int) -> Ints:
    """(bars, 3): back, transposed and likeness of every bar."""
    bars = _bars(rows, count)
    found = np.zeros((count, 3), dtype=np.int64)
    for now in range(count):
        found[now] = _best(bars, now)
    return found


def _bars(rows: NDArray[Any], count: int) -> list[Bar]:
    bars: list[Bar] = [{} for _ in range(count)]
    bar = 0
    for onset, lane, pitch, duration in rows.tolist():
        if onset == BARLINE:
            bar += 1
        else:
            bars[bar].setdefault((onset, lane, duration), []).append(pitch)
    return bars


def _best(bars: list[Bar], now: int) -> tuple[int, int, int]:
    """The earlier bar most like bar `now`; where none is alike in pitch, the one alike in rhythm."""
    new = (0, 0, plan.LIKENESS.index("new"))
    if not bars[now]:
        return new
    scored = [
        (*likeness(bars[now], bars[then]), -back)
        for back in range(1, min(now, plan.MOST_BACK) + 1)
        if bars[then := now - back]
    ]
    if not scored:
        return new
    pitched, _, interval, back = max(scored, key=lambda it: (it[0], it[3]))
    if pitched >= VARIED:
        name = "same" if pitched >= SAME else "close" if pitched >= CLOSE else "varied"
        return -back, 1 + plan.NEAR + interval, plan.LIKENESS.index(name)
    _, rhythm, _, back = max(scored, key=lambda it: (it[1], it[3]))
    return (-back, 0, plan.LIKENESS.index("rhythm")) if rhythm >= RHYTHM else new


def likeness(a: Bar, b: Bar) -> tuple[float, float, int]:
    """(share of notes alike at the best common interval, share alike in rhythm alone, that interval from b to a)."""
    total = sum(map(len, a.values())) + sum(map(len, b.values()))
    common = [(a[place], b[place]) for place in a.keys() & b.keys()]
    rhythm = 2 * sum(min(len(mine), len(yours)) for mine, yours in common) / total
    if rhythm < VARIED:
        return 0.0, rhythm, 0
    intervals = Counter(x - y for mine, yours in common for x in mine for y in yours if abs(x - y) <= plan.NEAR)
    if not intervals:
        return 0.0, rhythm, 0
    interval, count = max(intervals.items(), key=lambda it: (it[1], -abs(it[0])))
    return min(2 * count / total, 1.0), rhythm, interval


# -- Phrases and harmony ---------------------------------------------------------------


def _harmony(piece: Piece, labels: list[Chord], tonic: int) -> Ints:
    """(bars, 4): chord and bass at every bar's beginning and middle."""
    rows = []
    for start, stop in zip(piece.bars[:-1], piece.bars[1:], strict=True):
        middle = start + (stop - start) // 2
        rows.append([value for tick in (start, middle) for value in plan.chord_values(_at(labels, tick), tonic)])
    return np.array(rows, dtype=np.int64)


def _at(labels: list[Chord], tick: int) -> Chord | None:
    place = bisect_right(labels, tick, key=lambda chord: chord.tick)
    return labels[place - 1] if place else None


def _phrases(piece: Piece, labels: list[Chord], tonic: int) -> Ints:
    """(bars, 2): bars left in the phrase that the bar begins in, and that phrase's cadence."""
    ends = [end for end in boundaries(piece) if end > 0]
    found = np.zeros((piece.bar_count, 2), dtype=np.int64)
    for bar, start in enumerate(piece.bars[:-1]):
        end = ends[min(bisect_right(ends, start), len(ends) - 1)]
        left = piece.bar_at(max(end - 1, start)) - bar
        found[bar] = 1 + min(max(left, 0), plan.MOST_LEFT), cadence(labels, end, tonic)
    return found


def cadence(labels: list[Chord], end: int, tonic: int) -> int:
    """How a phrase that ends at tick `end` closes: index in plan.CADENCES."""
    before = [chord for chord in labels if chord.tick < end][-2:]
    if not before:
        return 0
    roots = [(chord.root - tonic) % 12 for chord in before]
    if roots[-1] == 7 and plan.GROUPS[before[-1].quality] in (0, 3):
        return plan.CADENCES.index("half")
    prepared = len(roots) == 2 and roots[0] in (7, 11)
    on_tonic = roots[-1] == 0 and (before[-1].bass - tonic) % 12 == 0
    return plan.CADENCES.index("authentic" if on_tonic and prepared else "other")
