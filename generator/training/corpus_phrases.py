"""Where phrases end: fermatas, double bars, rests in all parts, long notes in most."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from generator.music.piece import Note, Piece

Scores = NDArray[np.float64]
STRONG = 2.0  # a boundary worth cutting at
_LINES = frozenset({"barline", "repeat-start", "repeat-end", "section", "phrase"})


def boundaries(piece: Piece) -> list[int]:
    """Ticks at which a phrase ends and another may begin, the piece's start and end included."""
    scores = boundary_scores(piece)
    ticks = _candidates(piece)
    strong = [tick for tick in ticks if scores[tick] >= STRONG]
    return _filled(sorted({0, *strong, piece.length}), ticks, scores, piece)


def boundary_scores(piece: Piece) -> Scores:
    """How well the music could be cut at each tick: float64 (length + 1,)."""
    length = piece.length + 1
    scores = np.zeros(length)
    lanes = _lanes(piece)
    scores += 2.5 * _share(lanes, length, _long_ends)
    scores -= 3.0 * _share(lanes, length, _held_over)
    silent = ~np.any([_sounding(lane, length) for lane in lanes], axis=0)
    for tick in _entries_after_silence(silent, piece.metres[0].beat_ticks):
        scores[tick] += 2.0
    for tick in _fermata_ends(piece):
        scores[min(tick, piece.length)] += 3.0
    for mark in piece.marks:
        if mark.kind in _LINES and mark.onset < length:
            scores[mark.onset] += 2.0
    scores[list(piece.bars)] += 0.25
    return scores


def _lanes(piece: Piece) -> list[list[Note]]:
    """The sounding notes of each staff that has any."""
    lanes = [
        [note for note in part.notes if note.duration and note.staff == staff]
        for part in piece.parts
        for staff in range(1, part.staves + 1)
    ]
    return [lane for lane in lanes if lane] or [[]]


def _share(lanes: list[list[Note]], length: int, find) -> Scores:  # type: ignore[no-untyped-def]
    """The share (0..1) of lanes for which `find` is true at each tick."""
    return np.mean([find(lane, length) for lane in lanes], axis=0)  # type: ignore[no-any-return]


def _long_ends(lane: list[Note], length: int) -> Scores:
    """1 where a note ends, rest included, that is twice the lane's usual and at least a quarter."""
    found = np.zeros(length)
    if not lane:
        return found
    usual = float(np.median([note.duration for note in lane]))
    onsets = sorted({note.onset for note in lane})
    following = dict(zip(onsets, [*onsets[1:], length - 1], strict=True))
    for note in lane:
        upto = max(following[note.onset], note.end)
        if upto - note.onset >= max(1.9 * usual, 24):
            found[min(note.end, length - 1) : min(upto, length - 1) + 1] = 1
    return found


def _held_over(lane: list[Note], length: int) -> Scores:
    found = np.zeros(length)
    for note in lane:
        found[note.onset + 1 : note.end] = 1
    return found


def _sounding(lane: list[Note], length: int) -> NDArray[np.bool_]:
    found = np.zeros(length, dtype=bool)
    for note in lane:
        found[note.onset : note.end] = True
    return found


def _entries_after_silence(silent: NDArray[np.bool_], beat: int) -> list[int]:
    """Ticks at which music begins again after at least half a beat of silence."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], silent.astype(np.int8), [0]))))
    spans = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [stop for start, stop in spans if stop - start >= beat // 2 and stop < len(silent)]


def _fermata_ends(piece: Piece) -> set[int]:
    """Where the sonority under a fermata is over: the last end among notes that begin with it."""
    held = {note.onset for _, note in piece.notes() if "fermata" in note.articulations}
    ends: dict[int, int] = {}
    for _, note in piece.notes():
        if note.onset in held and "fermata" in note.articulations:
            ends[note.onset] = max(ends.get(note.onset, 0), note.end)
    return set(ends.values())


def _candidates(piece: Piece) -> list[int]:
    """Every beat of every bar."""
    return [
        tick
        for start, stop in pairwise(piece.bars)
        for tick in range(start, stop, max(piece.metre_at(start).beat_ticks, 1))
    ]


def _filled(found: list[int], ticks: list[int], scores: Scores, piece: Piece) -> list[int]:
    """Stretches of more than eight bars are cut at the best barline four to eight bars on."""
    bar = piece.metres[0].bar_ticks
    lines = set(piece.bars)
    result = [found[0]]
    for stop in found[1:]:
        while stop - result[-1] > 8 * bar:
            start = result[-1]
            near = [tick for tick in ticks if tick in lines and start + 4 * bar <= tick <= start + 8 * bar]
            if not near:
                break
            result.append(max(near, key=lambda tick: (scores[tick], (tick - start) % (4 * bar) == 0)))
        result.append(stop)
    return result
