"""Finding the same music again, in any key.

A piece is a set of shingles: six consecutive steps (interval, duration) of each part's top line.
Its sketch is the smallest hashes of that set (bottom-k, Broder 1997), enough to estimate the
Jaccard similarity of two pieces.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from generator.music.piece import Note, Part, Piece

SHINGLE = 6
SKETCH = 48
SAME = 0.9  # at or above: the same piece again
RELATED = 0.4  # at or above: a variant, kept on the same side of the split


def sketch(piece: Piece) -> list[int]:
    """At most SKETCH 32-bit hashes, ascending; equal for any transposition of the piece."""
    hashes: set[int] = set()
    for part in piece.parts:
        steps = _steps(_top_line(part))
        for start in range(max(len(steps) - SHINGLE + 1, 0)):
            hashes.add(zlib.crc32(repr(steps[start : start + SHINGLE]).encode()))
    return sorted(hashes)[:SKETCH]


def similarity(mine: Sequence[int], theirs: Sequence[int]) -> float:
    """Estimated Jaccard similarity (0..1) of what two sketches stand for."""
    both = sorted({*mine, *theirs})[:SKETCH]
    shared = set(mine) & set(theirs)
    return sum(value in shared for value in both) / len(both) if both else 0.0


class Known:
    """The sketches seen so far, by hash."""

    def __init__(self) -> None:
        self._owners: dict[int, list[int]] = defaultdict(list)
        self._sketches: list[list[int]] = []
        self._keys: list[str] = []

    def nearest(self, values: list[int]) -> tuple[str, float]:
        """Key and similarity of the most similar piece seen; ("", 0) when none shares a hash."""
        counts = Counter(owner for value in values for owner in self._owners[value] if value in self._owners)
        ranked = ((self._keys[owner], similarity(values, self._sketches[owner])) for owner, _ in counts.most_common(8))
        return max(ranked, key=lambda found: found[1], default=("", 0.0))

    def add(self, key: str, values: list[int]) -> None:
        owner = len(self._keys)
        self._keys.append(key)
        self._sketches.append(values)
        for value in values:
            self._owners[value].append(owner)


def _top_line(part: Part) -> list[Note]:
    """The highest note at each onset, grace notes left out."""
    line: dict[int, Note] = {}
    for note in part.notes:
        if note.duration and (note.onset not in line or note.pitch > line[note.onset].pitch):
            line[note.onset] = note
    return [line[onset] for onset in sorted(line)]


def _steps(line: list[Note]) -> list[tuple[int, int]]:
    return [(after.pitch - before.pitch, after.onset - before.onset) for before, after in pairwise(line)]
