"""Sections in one metre: movements cut, endings unfolded, split bars joined, old note values halved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from generator.music.piece import Mark, Metre, Part, Piece

# Old notation writes long values; these metres are read with shorter ones where the notes allow it.
_SCALED = {
    (2, 1): (Fraction(1, 2), 4, 4), (4, 2): (Fraction(1, 2), 4, 4), (3, 2): (Fraction(1, 2), 3, 4),
    (3, 1): (Fraction(1, 4), 3, 4), (6, 4): (Fraction(1, 2), 6, 8), (6, 2): (Fraction(1, 4), 6, 8),
    (4, 1): (Fraction(1, 4), 4, 4), (8, 4): (Fraction(1, 2), 4, 4), (1, 1): (Fraction(1), 4, 4),
    (2, 8): (Fraction(1), 2, 8),
}  # fmt: skip
_SMALLEST = 6  # ticks: a 16th note must be the shortest common value after scaling
FEWEST = 3  # bars


def sections(piece: Piece) -> Iterator[Piece]:
    """Stretches of `piece` in one metre and regular bars; `true_start` and `true_end` mark its own ends."""
    piece = unfold_endings(joined_bars(piece))
    edges = _edges(piece)
    for first, last in edges:
        if last - first < FEWEST:
            continue
        section = piece.slice(first, last)
        section = replace(section, metres=(section.metres[0],), source=dict(piece.source))
        section.source["true_start"] = "1" if first == 0 or _double_before(piece, first) else ""
        section.source["true_end"] = "1" if last == piece.bar_count or _double_before(piece, last) else ""
        yield scaled(section)


def _edges(piece: Piece) -> list[tuple[int, int]]:
    """(first, last) bars of stretches with one metre and whole bars, but for a pickup and an end."""
    found: list[tuple[int, int]] = []
    start = 0
    for bar in range(piece.bar_count):
        metre = piece.metre_at(piece.bars[bar])
        short = piece.bars[bar + 1] - piece.bars[bar] != metre.bar_ticks
        changed = bar > start and _sign(metre) != _sign(piece.metre_at(piece.bars[bar] - 1))
        if changed or (short and bar > start):
            found.append((start, bar + (1 if short and not changed and _too_short(piece, bar) else 0)))
            start = bar if changed or _too_short(piece, bar) else bar + 1
    found.append((start, piece.bar_count))
    return [(first, last) for first, last in found if last > first]


def _too_short(piece: Piece, bar: int) -> bool:
    return piece.bars[bar + 1] - piece.bars[bar] < piece.metre_at(piece.bars[bar]).bar_ticks


def _sign(metre: Metre) -> tuple[int, int]:
    return metre.numerator, metre.denominator


def _double_before(piece: Piece, bar: int) -> bool:
    tick = piece.bars[bar]
    return any(mark.kind == "barline" and mark.onset == tick for mark in piece.marks)


def joined_bars(piece: Piece) -> Piece:
    """Two short bars that make one (a repeat in mid-bar) become one."""
    bars = [0]
    for index in range(1, piece.bar_count):
        line = piece.bars[index]
        full = piece.metre_at(bars[-1]).bar_ticks
        whole = piece.bars[index + 1] - bars[-1] == full and len(bars) > 1
        if not (whole and line - bars[-1] < full and _sign(piece.metre_at(line)) == _sign(piece.metre_at(bars[-1]))):
            bars.append(line)
    return replace(piece, bars=(*bars, piece.length))


def unfold_endings(piece: Piece) -> Piece:
    """Without first endings that a second one follows, so that the music runs on."""
    endings = sorted((mark for mark in piece.marks if mark.kind == "ending"), key=lambda mark: mark.onset)
    for first, second in reversed(list(pairwise(endings))):
        if first.value.startswith("1") and second.onset == first.end and second.value.startswith("2"):
            piece = _without(piece, first.onset, second.onset)
    return piece


def _without(piece: Piece, start: int, stop: int) -> Piece:
    if start not in piece.bars or stop not in piece.bars or start == 0:
        return piece
    first, last = piece.bars.index(start), piece.bars.index(stop)
    before = _held_within(piece.slice(0, first))
    return before.join(piece.slice(last, piece.bar_count)) if last < piece.bar_count else before


def _held_within(piece: Piece) -> Piece:
    return replace(piece, source=dict(piece.source))


def scaled(piece: Piece) -> Piece:
    """In halved (or quartered) values where the metre is an old one and its notes are long enough."""
    metre = piece.metres[0]
    factor, numerator, denominator = _SCALED.get(_sign(metre), (Fraction(1), metre.numerator, metre.denominator))
    if factor != 1 and not _fits(piece, factor):
        return piece
    if factor == 1:
        return replace(piece, metres=(Metre(0, numerator, denominator),))
    return _multiplied(piece, factor, Metre(0, numerator, denominator))


def _fits(piece: Piece, factor: Fraction) -> bool:
    """Whether every tick stays whole and all but one note in twenty stay at a 16th or longer."""
    notes = [note for part in piece.parts for note in part.notes]
    if any(note.onset * factor % 1 or note.duration * factor % 1 for note in notes):
        return False
    if any(line * factor % 1 for line in piece.bars):
        return False
    short = sum(0 < note.duration * factor < _SMALLEST for note in notes)
    return short * 20 <= len(notes)


def _multiplied(piece: Piece, factor: Fraction, metre: Metre) -> Piece:
    def times(tick: int) -> int:
        return int(tick * factor)

    parts = tuple(_multiplied_part(part, factor) for part in piece.parts)
    return replace(
        piece,
        parts=parts,
        bars=tuple(times(line) for line in piece.bars),
        metres=(metre,),
        keys=tuple(replace(key, tick=times(key.tick)) for key in piece.keys),
        tempos=tuple(replace(tempo, tick=times(tempo.tick), bpm=float(tempo.bpm * factor)) for tempo in piece.tempos),
        marks=tuple(_multiplied_mark(mark, factor) for mark in piece.marks),
    )


def _multiplied_part(part: Part, factor: Fraction) -> Part:
    notes = tuple(
        replace(note, onset=int(note.onset * factor), duration=int(note.duration * factor)) for note in part.notes
    )
    return replace(part, notes=notes, marks=tuple(_multiplied_mark(mark, factor) for mark in part.marks))


def _multiplied_mark(mark: Mark, factor: Fraction) -> Mark:
    return replace(mark, onset=int(mark.onset * factor), end=None if mark.end is None else int(mark.end * factor))
