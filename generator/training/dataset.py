"""Windows of the corpus as arrays for the note model, packed into one file.

    python manage.py train transformer   builds it once, next to the corpus index
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.engines import conditions, layout, tokens
from generator.music.features import Features, describe, level
from generator.music.piece import Piece

MAX_STEPS = 320
Table = Mapping[str, Any]


@dataclass(frozen=True)
class Example:
    """One window: rows (n, 4) int16, barlines (b + 1,), lane kinds (LANES,), conditions (C,), its style's index."""

    rows: NDArray[np.int16]
    bars: NDArray[np.int64]
    lanes: NDArray[np.int64]
    conditions: NDArray[np.int64]
    lane_count: int

    @property
    def bar_count(self) -> int:
        return len(self.bars) - 1

    @property
    def note_count(self) -> int:
        return len(self.rows) - self.bar_count


def condition_values(features: Features, events: tokens.Events, source: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """What a window would be asked for as: the values of `conditions.VOCABULARY`."""
    mode = events.key.mode if events.key.mode in ("major", "minor") else "other"
    metre_ticks = events.bars[-1] - events.bars[-2] if len(events.bars) > 2 else 0
    first = events.bars[1] - events.bars[0]
    return {
        "mode": mode,
        "shift": events.shift,
        "metre": events.metre,
        "tempo": conditions.tempo_bin(features.tempo),
        "ensemble": features.ensemble or "other",
        "style": features.style or "other",
        "begins": bool(source.get("true_start")),
        "ends": bool(source.get("true_end")),
        "pickup": first < metre_ticks,
        **{name: conditions.level_bin(level(name, getattr(features, name), table)) for name in conditions.LEVELLED},
    }


def example(piece: Piece, table: Table) -> Example | None:
    """A window as an Example, or None where it does not fit the network."""
    try:
        events = tokens.encode(piece)
    except tokens.NotEncodable:
        return None
    if len(events.rows) > MAX_STEPS:
        return None
    values = condition_values(describe(piece), events, piece.source, table)
    return Example(
        events.rows,
        np.array(events.bars),
        layout.lane_vector(events.lanes),
        conditions.vector(values),
        len(events.lanes),
    )


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
    )
    return len(every)


def load(path: Path) -> list[Example]:
    """The examples of `save`, sharing its arrays."""
    with np.load(path) as packed:
        rows = np.split(packed["rows"], packed["row_counts"].cumsum()[:-1])
        bars = np.split(packed["bars"], packed["bar_counts"].cumsum()[:-1])
        rest = zip(packed["lanes"], packed["conditions"], packed["lane_counts"].tolist(), strict=True)
        return [Example(row, bar, *other) for row, bar, other in zip(rows, bars, rest, strict=True)]


# -- Tasks: which cells of a window are given, and which are to be written ----------


def random_cells(each: Example, rng: np.random.Generator) -> tuple[layout.Cells, layout.Cells]:
    """(write, given) of a random task: compose, continue, infill, harmonise or accompany."""
    shape = (each.bar_count, tokens.LANES)
    everything = np.ones(shape, dtype=bool)
    task = rng.choice(["compose", "continue", "infill", "lanes"], p=[0.5, 0.15, 0.15, 0.2])
    if task == "lanes" and each.lane_count > 1:
        return _some_lanes(each, rng)
    if task in ("continue", "infill") and each.bar_count > 2:
        first = int(rng.integers(1, each.bar_count))
        last = each.bar_count if task == "continue" else min(first + int(rng.integers(1, 5)), each.bar_count)
        write = np.zeros(shape, dtype=bool)
        write[first:last] = True
        return write, ~write
    return everything, ~everything


def _some_lanes(each: Example, rng: np.random.Generator) -> tuple[layout.Cells, layout.Cells]:
    """Write some lanes and give the others; a third of the time the top one alone is given."""
    count = each.lane_count
    if rng.random() < 0.35:
        shown = np.array([0])
    else:
        shown = rng.permutation(count)[: int(rng.integers(1, count))]
    write = np.ones((each.bar_count, tokens.LANES), dtype=bool)
    write[:, shown] = False
    if each.bar_count > 4 and rng.random() < 0.3:  # a long piece is written in passages: its beginning is known
        write[: int(rng.integers(1, each.bar_count // 2 + 1))] = False
    return write, ~write


def within_length(each: Example, write: layout.Cells, given: layout.Cells) -> bool:
    """Given and written steps together must fit the network."""
    return len(each.rows) + each.bar_count * int(given.any()) <= MAX_STEPS


def batches(
    examples: list[Example], weights: NDArray[np.float64], size: int, rng: np.random.Generator
) -> Iterator[tuple[list[layout.Layout], list[Example]]]:
    """Random examples with random tasks, for ever."""
    share = weights / weights.sum()
    while True:
        chosen = [examples[place] for place in rng.choice(len(examples), size, p=share)]
        yield [lay_out_task(each, rng) for each in chosen], chosen


def lay_out_task(each: Example, rng: np.random.Generator) -> layout.Layout:
    write, given = random_cells(each, rng)
    return layout.lay_out(each.rows, each.bars, write, given, bars_left_known=rng.random() > 0.1)


def drop_conditions(vector: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Leave each condition open one time in five, and all of them one time in twenty."""
    if rng.random() < 0.05:
        return np.zeros_like(vector)
    return np.where(rng.random(len(vector)) < 0.2, 0, vector)
