"""Musical statistics of pieces, and how much two sets of pieces overlap in them.

The scalar statistics are MusPy's (Dong et al. 2020, `muspy.metrics`), on our own
grid of 24 ticks a quarter: drums and grace notes are left out, notes are counted
rather than weighed. `interval` and `duration` are histograms, pooled over a set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from generator.engines.tokens import BARLINE, Rows, bar_numbers
from generator.music.features import NoteArrays, entropy, note_arrays
from generator.music.piece import TICKS_PER_QUARTER, Piece

Floats = NDArray[np.float64]
BINS = 50
INTERVAL_LIMIT = 24  # wider melodic intervals share the outermost places
WINDOW_BARS = 2
WINDOW_NOTES = 4  # two bars of fewer notes are too common to be a copy of anything


def pitch_class_entropy(piece: Piece) -> float:
    """Bits: entropy of the histogram of pitch classes."""
    return entropy(np.bincount(note_arrays(piece).pitch_class, minlength=12))


def scale_consistency(piece: Piece) -> float:
    """The largest share of notes that lie in one major or (natural) minor scale."""
    counts = np.bincount(note_arrays(piece).pitch_class, minlength=12)
    return float((_scales() @ counts).max() / max(counts.sum(), 1))


def groove_consistency(piece: Piece) -> float:
    """1 - the mean Hamming distance between the onset patterns of neighbouring bars, over the ticks of a bar."""
    onsets = np.unique(note_arrays(piece).onset)
    bar = np.diff(piece.bars).max()
    places = np.searchsorted(piece.bars, onsets, "right") - 1
    patterns = np.zeros((piece.bar_count, bar), dtype=bool)
    patterns[places, onsets - np.array(piece.bars)[places]] = True
    if piece.bar_count < 2:
        return 1.0
    return float(1 - (patterns[1:] != patterns[:-1]).mean())


def polyphony(piece: Piece) -> float:
    """Mean number of pitches that sound, over the ticks at which any does."""
    notes, length = note_arrays(piece), piece.length
    ends = np.minimum(notes.end, length)
    sounding = np.cumsum(np.bincount(notes.onset, minlength=length + 1) - np.bincount(ends, minlength=length + 1))
    some = sounding[sounding > 0]
    return float(some.mean()) if len(some) else 0.0


def note_density(piece: Piece) -> float:
    """Notes a quarter note, all parts together."""
    return len(note_arrays(piece).pitch) * TICKS_PER_QUARTER / piece.length


SCALARS: dict[str, Callable[[Piece], float]] = {
    "pitch_class_entropy": pitch_class_entropy,
    "scale_consistency": scale_consistency,
    "groove_consistency": groove_consistency,
    "polyphony": polyphony,
    "note_density": note_density,
}


def interval_histogram(piece: Piece) -> Floats:
    """(49,) counts of melodic intervals, -24..24 semitones, in the top line of every lane."""
    counts = np.zeros(2 * INTERVAL_LIMIT + 1)
    for lane in lanes(piece):
        tops = lane.pitch[np.append(True, np.diff(lane.onset) > 0)] if len(lane.pitch) else lane.pitch
        steps = np.diff(tops).clip(-INTERVAL_LIMIT, INTERVAL_LIMIT) + INTERVAL_LIMIT
        counts += np.bincount(steps, minlength=len(counts))
    return counts


def duration_histogram(piece: Piece) -> Floats:
    """(49,) counts of note lengths in steps of two ticks (a 48th of a whole note), the last place for longer ones."""
    steps = np.minimum((note_arrays(piece).duration + 1) // 2, 48)
    return np.bincount(steps, minlength=49).astype(float)


HISTOGRAMS: dict[str, Callable[[Piece], Floats]] = {
    "interval": interval_histogram,
    "duration": duration_histogram,
}
NAMES = (*SCALARS, *HISTOGRAMS)


def lanes(piece: Piece) -> Iterator[NoteArrays]:
    """The notes of every hand or voice, by onset and from the top of a chord downwards."""
    for index, part in enumerate(piece.parts):
        for staff in range(1, part.staves + 1):
            rows = [
                (index, note.onset, note.duration, note.pitch)
                for note in part.notes
                if note.staff == staff and note.duration > 0 and not part.percussion
            ]
            table = np.array(sorted(rows, key=lambda row: (row[1], -row[3])), dtype=np.int64).reshape(-1, 4)
            yield NoteArrays(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


# -- Overlap -------------------------------------------------------------------------


def measure(pieces: Iterable[Piece]) -> dict[str, Floats]:
    """Every statistic of every piece: (n,) for scalars, (n, bins) for histograms."""
    rows = [{name: statistic(piece) for name, statistic in (SCALARS | HISTOGRAMS).items()} for piece in pieces]
    return {name: np.array([row[name] for row in rows]) for name in NAMES}


def overlap(a: Floats, b: Floats, bounds: tuple[float, float]) -> float:
    """0..1: the area two samples of a statistic share, in 50 equal bins over `bounds`; outside it nothing is shared."""
    if a.ndim > 1:
        return _shared(a.sum(axis=0), b.sum(axis=0))
    low, high = bounds
    edges = np.linspace(low, high if high > low else low + 1e-9, BINS + 1)
    return float(np.minimum(np.histogram(a, edges)[0] / len(a), np.histogram(b, edges)[0] / len(b)).sum())


def overlaps(a: Mapping[str, Floats], b: Mapping[str, Floats], real: Mapping[str, Floats]) -> dict[str, float]:
    """The overlap of two measured sets in every statistic, with the range of `real` as bounds."""
    return {name: overlap(a[name], b[name], (real[name].min(), real[name].max())) for name in NAMES}


def mean_overlaps(
    one: Mapping[str, Floats], real: Mapping[str, Floats], splits: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> dict[str, float]:
    """Overlaps of `one` with `real`, averaged over splits (places in `one`, places in `real`) of equal size."""
    each = [
        overlaps({name: one[name][mine] for name in NAMES}, {name: real[name][theirs] for name in NAMES}, real)
        for mine, theirs in splits
    ]
    return {name: float(np.mean([row[name] for row in each])) for name in NAMES}


def _shared(a: Floats, b: Floats) -> float:
    return float(np.minimum(a / max(a.sum(), 1), b / max(b.sum(), 1)).sum())


@cache
def _scales() -> NDArray[np.bool_]:
    """(24, 12): the pitch classes of every major and natural minor scale."""
    modes = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
    return np.array([[(place - root) % 12 in mode for place in range(12)] for mode in modes for root in range(12)])


# -- Copies --------------------------------------------------------------------------


def windows(rows: Rows) -> Iterator[int]:
    """A 64-bit fingerprint of every two bars of every lane: intervals, lengths and onsets, in no key.

    `rows` (n, 4) are those of `generator.engines.tokens`. Windows of fewer than four notes are left out.
    """
    bar, notes = bar_numbers(rows), rows[:, 0] != BARLINE
    for lane in np.unique(rows[notes, 1]):
        own = notes & (rows[:, 1] == lane)
        table, place = rows[own], bar[own]
        for first in range(int(bar.max(initial=0))):
            low, high = np.searchsorted(place, [first, first + WINDOW_BARS])
            if high - low >= WINDOW_NOTES:
                yield _fingerprint(table[low:high], place[low:high] - first)


def copies(rows: Iterable[Rows], known: NDArray[np.uint64]) -> tuple[int, int]:
    """How many two-bar windows of these pieces are among the sorted fingerprints `known`, and how many there are."""
    found = np.array([mark for one in rows for mark in windows(one)], dtype=np.uint64)
    if not len(known) or not len(found):
        return 0, len(found)
    place = np.searchsorted(known, found).clip(0, len(known) - 1)
    return int((known[place] == found).sum()), len(found)


def fingerprints(rows: Iterable[Rows]) -> NDArray[np.uint64]:
    """The sorted fingerprints of all two-bar windows of a corpus."""
    return np.unique(np.fromiter((mark for one in rows for mark in windows(one)), dtype=np.uint64))


def _fingerprint(table: Rows, bar: NDArray[np.int64]) -> int:
    pattern = np.stack([bar, table[:, 0], table[:, 2] - table[0, 2], table[:, 3]]).astype(np.int16)
    return int.from_bytes(blake2b(pattern.tobytes(), digest_size=8).digest(), "big")


# -- Intervals -----------------------------------------------------------------------


def bootstrap(values: Floats, rng: np.random.Generator, draws: int = 1000, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of the mean of (n,) `values`."""
    if not len(values):
        return float("nan"), float("nan")
    means = values[rng.integers(len(values), size=(draws, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
