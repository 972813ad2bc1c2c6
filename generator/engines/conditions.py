"""Conditions: the Features of a piece as small integers the network can be asked for.

Each condition has its own vocabulary; value 0 leaves it open, which training does
at random, so that a brief may leave out whatever it likes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from generator.engines import Ensemble, MetreName, Style

LEVELS = 8  # a Features value stands in one of eight equal shares of the corpus
TEMPO_EDGES = (52, 60, 68, 76, 84, 92, 104, 116, 132, 152, 180)
LEVELLED = ("density", "polyphony", "tessitura", "syncopation", "chromaticism")

VOCABULARY: dict[str, tuple[Any, ...]] = {
    "mode": ("major", "minor", "other"),
    "shift": tuple(range(-5, 7)),
    "metre": get_args(MetreName),
    "tempo": tuple(range(len(TEMPO_EDGES) + 1)),
    "ensemble": (*get_args(Ensemble), "other"),
    "style": (*get_args(Style), "other"),
    **{name: tuple(range(LEVELS)) for name in LEVELLED},
    "begins": (False, True),
    "ends": (False, True),
    "pickup": (False, True),
}
SIZES = tuple(len(values) + 1 for values in VOCABULARY.values())
NAMES = tuple(VOCABULARY)
_INDEX = {name: {value: place + 1 for place, value in enumerate(values)} for name, values in VOCABULARY.items()}


def vector(values: Mapping[str, Any]) -> NDArray[np.int64]:
    """(conditions,) indices; a name that is missing, None or unknown is left open."""
    return np.array([_INDEX[name].get(values.get(name), 0) for name in NAMES])


def offsets(sizes: Iterable[int]) -> NDArray[np.int64]:
    """Where each vocabulary begins in a table that holds them all."""
    return np.array([0, *sizes][:-1]).cumsum()


def values(vector: NDArray[np.int64]) -> dict[str, Any]:
    """What `vector` was made of; None where it is open."""
    places = zip(VOCABULARY.items(), vector.tolist(), strict=True)
    return {name: words[place - 1] if place else None for (name, words), place in places}


def tempo_bin(bpm: float) -> int:
    return bisect_right(TEMPO_EDGES, bpm)


def level_bin(place: float) -> int:
    """0..1 -> 0..LEVELS-1."""
    return min(int(place * LEVELS), LEVELS - 1)
