"""How long a stretch of a piece stands in the training data, whatever its key.

A *run* is a number of notes of one lane (the highest of each chord) in a row whose intervals and
lengths, all of them, follow each other so somewhere in training; the last note may have any length.
Rests are not compared. Compare Yin et al. (2022), Measuring when a music generation algorithm copies too much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from generator.engines.tokens import BARLINE, Rows

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio in 64 bits: odd, so no digit is lost
BREAK = -1


def symbols(sequences: Sequence[Rows]) -> tuple[Ints, Ints]:
    """All lanes in a row: (n,) interval and length of each note, BREAK between lanes; and whose each is."""
    rows = np.concatenate([np.asarray(rows, dtype=np.int64) for rows in sequences])
    owner = np.repeat(np.arange(len(sequences)), [len(rows) for rows in sequences])
    closed = np.cumsum(rows[:, 0] == BARLINE)  # over all sequences: only its order matters
    notes = rows[:, 0] != BARLINE
    rows, owner, bar = rows[notes], owner[notes], closed[notes]
    order = np.lexsort((-rows[:, 2], rows[:, 0], bar, rows[:, 1], owner))
    rows, owner, bar = rows[order], owner[order], bar[order]
    place = np.stack([owner, rows[:, 1], bar, rows[:, 0]])
    top = np.append(True, (np.diff(place, axis=1) != 0).any(axis=0))
    rows, owner = rows[top], owner[top]
    same = (np.diff(owner) == 0) & (np.diff(rows[:, 1]) == 0)
    values = (np.diff(rows[:, 2]) + 200) * 1000 + rows[:-1, 3]
    return np.where(same, values, BREAK), owner[:-1]


def longest_runs(pieces: Sequence[Rows], training: Sequence[Rows]) -> Ints:
    """(pieces,) notes of the longest run of each that training has too."""
    asked, owner = symbols(pieces)
    known, _ = symbols(training)
    longest = np.zeros(len(pieces), dtype=np.int64)
    # Places whose run of `length` symbols is (still) found; only they can begin a longer one.
    mine, theirs = np.flatnonzero(asked != BREAK), np.flatnonzero(known != BREAK)
    my_hash, their_hash = _first(asked[mine]), _first(known[theirs])
    length = 1
    while len(mine) and len(theirs):
        shared = np.unique(my_hash[np.isin(my_hash, their_hash)])
        keep = np.isin(my_hash, shared)
        mine, my_hash = mine[keep], my_hash[keep]
        longest[owner[mine]] = length + 1
        keep = np.isin(their_hash, shared)
        theirs, their_hash = theirs[keep], their_hash[keep]
        mine, my_hash = _longer(asked, mine, my_hash, length)
        theirs, their_hash = _longer(known, theirs, their_hash, length)
        length += 1
    return longest


def _first(values: Ints) -> Hashes:
    return values.astype(np.uint64) * FACTOR


def _longer(values: Ints, places: Ints, hashes: Hashes, length: int) -> tuple[Ints, Hashes]:
    """The places that have a symbol `length` further on in their lane, and their hashes with it."""
    inside = places + length < len(values)
    places, hashes = places[inside], hashes[inside]
    following = values[places + length]
    alive = following != BREAK
    grown = (hashes[alive] ^ (hashes[alive] >> np.uint64(29))) * FACTOR + following[alive].astype(np.uint64)
    return places[alive], grown
