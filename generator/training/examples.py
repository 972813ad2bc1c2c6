"""One window of music as the note model learns it, and many of them in one file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAX_STEPS = 320


@dataclass(frozen=True)
class Example:
    """One window: rows (n, 4) int16, barlines (b + 1,), lane kinds (LANES,), conditions (C,), lanes, plan (b, 9)."""

    rows: NDArray[np.int16]
    bars: NDArray[np.int64]
    lanes: NDArray[np.int64]
    conditions: NDArray[np.int64]
    lane_count: int
    plan: NDArray[np.int8]

    @property
    def bar_count(self) -> int:
        return len(self.bars) - 1

    @property
    def note_count(self) -> int:
        return len(self.rows) - self.bar_count


def save(path: Path, examples: Iterable[Example]) -> int:
    """Pack examples into one .npz; returns how many."""
    every = list(examples)
    np.savez_compressed(
        path,
        rows=np.concatenate([each.rows for each in every]),
        row_counts=np.array([len(each.rows) for each in every]),
        bars=np.concatenate([each.bars for each in every]),
        bar_counts=np.array([len(each.bars) for each in every]),
        lanes=np.array([each.lanes for each in every]),
        conditions=np.array([each.conditions for each in every]),
        lane_counts=np.array([each.lane_count for each in every]),
        plans=np.concatenate([each.plan for each in every]),
    )
    return len(every)


def load(path: Path) -> list[Example]:
    """The examples of `save`, sharing its arrays."""
    with np.load(path) as packed:
        rows = np.split(packed["rows"], packed["row_counts"].cumsum()[:-1])
        bars = np.split(packed["bars"], packed["bar_counts"].cumsum()[:-1])
        plans = np.split(packed["plans"], (packed["bar_counts"] - 1).cumsum()[:-1])
        rest = zip(packed["lanes"], packed["conditions"], packed["lane_counts"].tolist(), plans, strict=True)
        return [Example(row, bar, *other) for row, bar, other in zip(rows, bars, rest, strict=True)]
