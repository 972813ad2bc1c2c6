"""Ticks -> written note values: dots, ties and tuplets.

A voice of one bar comes in as spans that tile it; it goes out as symbols, each of
which one note head or rest can show. Whatever lies off the grid of 32nds (multiples
of 3 ticks) is put into triplets, which can write any number of ticks; five or seven
notes as even as the grid lets them are a quintuplet or septuplet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NamedTuple

from generator.music.piece import Metre

TYPES = {
    192: "breve", 96: "whole", 48: "half", 24: "quarter", 12: "eighth", 6: "16th", 3: "32nd",
}  # fmt: skip
PLAIN = {ticks: (name, 0) for ticks, name in TYPES.items()}
DOTTED = {ticks * 3 // 2: (name, 1) for ticks, name in TYPES.items() if ticks % 2 == 0}
DOUBLE_DOTTED = {ticks * 7 // 4: (name, 2) for ticks, name in TYPES.items() if ticks % 4 == 0}
# Ticks inside a 3:2 triplet, by written type.
TRIPLET = {
    64: ("whole", 0), 32: ("half", 0), 16: ("quarter", 0), 8: ("eighth", 0),
    4: ("16th", 0), 2: ("32nd", 0), 1: ("64th", 0),
    48: ("half", 1), 24: ("quarter", 1), 12: ("eighth", 1), 6: ("16th", 1), 3: ("32nd", 1),
}  # fmt: skip
TRIPLET_UNITS = (64, 32, 16, 8, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class Span:
    """Ticks from `start` to `end` in a bar, sounding `item` or, if None, silent."""

    start: int
    end: int
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """One written note or rest. `window` is the length in ticks of its tuplet, or 0 outside one."""

    start: int
    ticks: int
    type: str
    dots: int
    item: int | None = None
    window: int = 0
    count: int = 3  # notes that fill the window: 3 in the time of 2, 5 or 7 in the time of 4
    tuplet: Literal["", "start", "stop", "startStop"] = ""

    @property
    def end(self) -> int:
        return self.start + self.ticks


def write_spans(
    spans: Iterable[Span], length: int, metre: Metre, phase: int = 0, edges: Iterable[int] = ()
) -> list[Symbol]:
    """Symbols that fill `length` ticks of a bar.

    `phase` is where in its metre the bar begins (pickups). Rests are divided at `edges`,
    so that something can hang there; notes are not.
    """
    filled = _divide(_fill(sorted(spans, key=lambda span: span.start), length), sorted(set(edges)))
    shifted = [Span(span.start + phase, span.end + phase, span.item) for span in filled]
    grid = _Grid(metre, phase, phase + length)
    windows = grid.windows(shifted)
    symbols: list[Symbol] = []
    for span in shifted:
        symbols += _write_span(span, windows, grid)
    return [replace(symbol, start=symbol.start - phase) for symbol in _with_brackets(symbols, windows)]


def _fill(spans: Sequence[Span], length: int) -> list[Span]:
    """The spans with silence between them, so that they tile the bar."""
    filled, now = [], 0
    for span in spans:
        if span.start > now:
            filled.append(Span(now, span.start))
        filled.append(span)
        now = span.end
    if now < length:
        filled.append(Span(now, length))
    return filled


def _divide(spans: Sequence[Span], edges: Sequence[int]) -> list[Span]:
    """The spans with every silence cut at the edges inside it."""
    divided: list[Span] = []
    for span in spans:
        inside = [edge for edge in edges if span.start < edge < span.end] if span.item is None else []
        divided += [Span(start, end, span.item) for start, end in pairwise([span.start, *inside, span.end])]
    return divided


class _Window(NamedTuple):
    """A stretch written as a tuplet."""

    start: int
    size: int
    notes: int = 3


_NO_WINDOW = _Window(0, 0)


class _Grid:
    """Where in a bar beats, halves and triplets may begin."""

    def __init__(self, metre: Metre, start: int, end: int) -> None:
        self.start, self.end = start, end
        self.beat = metre.beat_ticks
        self.compound = self.beat % 36 == 0 or self.beat == 18
        halves = () if self.compound or metre.bar_ticks % 48 else (96, 48)
        self.levels = (*halves, *((72,) if metre.bar_ticks == 144 and self.compound else ()), self.beat)
        self.levels += tuple(level for level in (24, 12, 6, 3) if level < self.beat and self.beat % level == 0)

    def windows(self, spans: Sequence[Span]) -> list[_Window]:
        """Disjoint stretches that are written as tuplets, in order."""
        edges = sorted({tick for span in spans for tick in (span.start, span.end)})
        chosen: list[_Window] = []
        for edge in edges:
            if edge % 3 and not any(one.start < edge < one.start + one.size for one in chosen):
                found = self._even(edge, edges) or self._window(edge, edges)
                chosen = [one for one in chosen if not found.start <= one.start < found.start + found.size]
                chosen.append(found)
        return sorted(chosen)

    def _even(self, edge: int, edges: Sequence[int]) -> _Window | None:
        """The quintuplet or septuplet around a note edge, if just its notes stand there, rounded to the grid."""
        for size in () if self.compound else (48, 24, 12):
            start = edge - edge % size
            inside = [tick - start for tick in edges if start < tick < start + size]
            for count in (5, 7):
                even = [round(size * k / count) for k in range(1, count)]
                if inside == even and start + size <= self.end and self._closed(start, size, edges):
                    return _Window(start, size, count)
        return None

    def _window(self, edge: int, edges: Sequence[int]) -> _Window:
        """The triplet that writes a note edge: the smallest that no note sticks out of."""
        for size in () if self.compound else (96, 48):
            start = edge - edge % size
            inside = [tick - start for tick in edges if start < tick < start + size]
            thirds = start + size <= self.end and all(tick % (size // 3) == 0 for tick in inside)
            if thirds and self._closed(start, size, edges):
                return _Window(start, size)
        sizes = (6, 12) if self.compound else (6, 12, 24)
        for size in sizes:
            start = edge - edge % size
            if self._closed(start, size, edges):
                return _Window(start, size)
        return _Window(edge - edge % sizes[-1], sizes[-1])

    def _closed(self, start: int, size: int, edges: Sequence[int]) -> bool:
        """True if something begins or ends at both edges of the window (or the bar does)."""
        return all(tick in edges or not self.start < tick < self.end for tick in (start, start + size))


def _write_span(span: Span, windows: Sequence[_Window], grid: _Grid) -> list[Symbol]:
    """The symbols of one span, tied together if it sounds."""
    pieces: list[tuple[int, int, _Window]] = []  # start, end, window
    now = span.start
    for window in [*windows, _Window(grid.end, 0)]:
        if now < min(window.start, span.end):
            cuts = _binary(now, min(window.start, span.end), grid, span.item is None)
            pieces += [(start, end, _NO_WINDOW) for start, end in cuts]
            now = min(window.start, span.end)
        stop = min(window.start + window.size, span.end)
        if window.start <= now < stop:
            even = window.notes != 3
            cuts = [(now, stop)] if even else _ternary(now, stop, window.start, window.size, span.item is None)
            pieces += [(start, end, window) for start, end in cuts]
            now = stop
    return [_symbol(start, end, window, span.item) for start, end, window in pieces]


def _symbol(start: int, end: int, window: _Window, item: int | None) -> Symbol:
    ticks = end - start
    if window.notes != 3:
        name, dots = PLAIN[window.size // 4]
    elif window.size:
        name, dots = TRIPLET[ticks]
    else:
        name, dots = PLAIN.get(ticks) or DOTTED.get(ticks) or DOUBLE_DOTTED[ticks]
    return Symbol(start, ticks, name, dots, item, window.size, window.notes)


def _binary(start: int, end: int, grid: _Grid, rest: bool) -> list[tuple[int, int]]:
    """Cut a stretch outside triplets into plain, dotted and double-dotted values."""
    if rest:
        return _rests(start, end, grid)
    if _single(start, end, grid):
        return [(start, end)]
    cut = _cut(start, end, grid)
    return _binary(start, cut, grid, rest) + _binary(cut, end, grid, rest)


def _single(start: int, end: int, grid: _Grid) -> bool:
    """True if one note head may show the whole stretch."""
    ticks = end - start
    if grid.compound and start // grid.beat != (end - 1) // grid.beat:
        return start % grid.beat == 0 and ticks % grid.beat == 0 and (ticks in PLAIN or ticks in DOTTED)
    if ticks in DOUBLE_DOTTED:
        return start % (ticks * 4 // 7) == 0
    return ticks in PLAIN or ticks in DOTTED


def _cut(start: int, end: int, grid: _Grid) -> int:
    """The strongest place inside (start, end) to tie over."""
    for level in grid.levels:
        first = (start // level + 1) * level
        if first < end:
            last = (end - 1) // level * level
            # A note that begins on the level runs to its last beat; another is cut at the first.
            return last if start % level == 0 else first
    largest = max(ticks for ticks in (*PLAIN, *DOTTED) if ticks < end - start)
    return start + largest


def _rests(start: int, end: int, grid: _Grid) -> list[tuple[int, int]]:
    """Rests show the beat: each stands on a multiple of its own length."""
    cuts = []
    beat = grid.beat
    while start < end:
        room = end - start
        whole = start % beat == 0 and grid.compound and room >= beat
        fitting = [ticks for ticks in TYPES if ticks <= room and _stands(start, ticks, grid)]
        size = beat if whole else max(fitting, default=min(room, 3))
        cuts.append((start, start + size))
        start += size
    return cuts


def _stands(start: int, ticks: int, grid: _Grid) -> bool:
    if not grid.compound:
        return start % ticks == 0
    return start % grid.beat % ticks == 0 and start % grid.beat + ticks <= grid.beat


def _ternary(start: int, end: int, origin: int, size: int, rest: bool) -> list[tuple[int, int]]:
    """Cut a stretch inside the triplet that begins at `origin` into values of that triplet."""
    ticks = end - start
    if ticks in TRIPLET and ticks < size and (not rest or TRIPLET[ticks][1] == 0):
        return [(start, end)]
    for unit in TRIPLET_UNITS:
        if unit < size and (start - origin) % unit == 0 and start + unit <= end:
            following = _ternary(start + unit, end, origin, size, rest) if start + unit < end else []
            return [(start, start + unit), *following]
    raise AssertionError("A unit of one tick always fits.")


def _with_brackets(symbols: list[Symbol], windows: Sequence[_Window]) -> list[Symbol]:
    """Mark the first and the last symbol of every triplet."""
    marked = list(symbols)
    for start, size, _ in windows:
        inside = [i for i, symbol in enumerate(symbols) if start <= symbol.start < start + size and symbol.window]
        if not inside:
            continue
        first, last = inside[0], inside[-1]
        marked[first] = replace(symbols[first], tuplet="startStop" if first == last else "start")
        if last != first:
            marked[last] = replace(symbols[last], tuplet="stop")
    return marked


def bracketed(symbols: Sequence[Symbol]) -> set[Symbol]:
    """Symbols of triplets that no beam can show: with rests, or with values of a quarter or more."""
    groups: list[list[Symbol]] = []
    for symbol in symbols:
        if symbol.tuplet in ("start", "startStop"):
            groups.append([])
        if symbol.window and groups:
            groups[-1].append(symbol)
    short = ("eighth", "16th", "32nd", "64th")
    return {
        symbol
        for group in groups
        if any(one.item is None or one.type not in short for one in group)
        for symbol in group
    }
