"""Lay a piece out for the network: given cells first, then the cells to write.

A cell is one lane in one bar. `write` says which cells are to be written and
`given` which are shown; what is neither is unknown. Composing writes every
cell, continuing those after a bar, infilling a range of bars, harmonising all
lanes but the first: one layout serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.engines import plan as planning
from generator.engines.tokens import BARLINE, DURATIONS, LANE_KINDS, LANES, NO_PITCH, Rows, bar_numbers, duration_index

Ints = NDArray[np.int64]
Cells = NDArray[np.bool_]  # (bars, LANES)
MAX_BARS_LEFT = 32


@dataclass
class Layout:
    """Columns of `network.Steps` for one sequence, without the batch axis, and the rows to predict.

    `target` (T, 4) holds the row that follows each step, and `weight` (T,) is 0 on given steps.
    """

    columns: dict[str, NDArray[np.generic]]
    target: Ints
    weight: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.weight)


def lay_out(
    rows: Rows, bars: Ints, write: Cells, given: Cells, bars_left_known: bool = True, plan: Ints | None = None
) -> Layout:
    """Inputs and targets of one piece. Shapes: rows (n, 4), bars (b + 1,), write and given (b, LANES).

    `plan` (b, len(planning.STORED)) may leave values open, or everything.
    """
    rows = rows.astype(np.int64)
    plan = planning.empty(len(bars) - 1) if plan is None else plan
    bar, line = bar_numbers(rows), rows[:, 0] == BARLINE
    shown = ~line & given[bar, rows[:, 1]] & ~write[bar, rows[:, 1]]
    written = np.where(line, write[bar].any(1), write[bar, rows[:, 1]])
    heard, target, target_bar = rows[shown], rows[written], bar[written]

    begins = np.concatenate([[True], target[:-1, 0] == BARLINE])[: len(target)]
    before = np.roll(target, 1, axis=0)
    before[begins] = (BARLINE, 0, NO_PITCH, 0)
    fields = np.concatenate([heard, before])
    step_bar = np.concatenate([bar[shown], target_bar])
    kind = np.concatenate([np.ones(len(heard), dtype=np.int64), (~begins).astype(np.int64)])
    is_given = np.concatenate([np.ones(len(heard), dtype=np.int64), np.zeros(len(target), dtype=np.int64)])
    tick = bars[step_bar] + np.where(kind == 1, fields[:, 0], 0)
    sounding, remaining = _states(fields, tick, kind, is_given)
    left = bars_left(step_bar, len(bars) - 1) if bars_left_known else np.zeros_like(step_bar)
    writes = (write[step_bar] & (is_given == 0)[:, None]).astype(np.float32)
    columns = {
        "kind": kind,
        "given": is_given,
        "onset": fields[:, 0],
        "lane": fields[:, 1],
        "pitch": fields[:, 2],
        "duration": fields[:, 3],
        "tick": tick,
        "bars_left": left,
        "writes": writes,
        "sounding": sounding,
        "remaining": remaining,
        "plan": planning.read_rows(plan)[step_bar] * (is_given == 0)[:, None],
        "echo": planning.echoes(rows, plan, step_bar, fields, kind, writes),
    }
    follows = np.concatenate([np.tile((BARLINE, 0, 0, 0), (len(heard), 1)), target])
    return Layout(columns, follows, (is_given == 0).astype(np.float32))


def bars_left(bar: Ints, count: int) -> Ints:
    """1 + full bars after this one, capped; 0 would say that nobody knows."""
    return 1 + np.minimum(count - 1 - bar, MAX_BARS_LEFT)


def lane_vector(kinds: tuple[str, ...]) -> Ints:
    """(LANES,) index of each lane's kind, -1 where there is none."""
    indices = [LANE_KINDS.index(kind) for kind in kinds]  # type: ignore[arg-type]
    return np.array(indices + [-1] * (LANES - len(indices)))


def remaining_index(end: Ints | int, tick: Ints | int) -> Ints:
    """1 when a note that ended at `end` is silent at `tick`, else 2 + duration index of what still sounds."""
    left = np.asarray(end) - np.asarray(tick)
    return np.where(left <= 0, 1, 2 + duration_index(np.maximum(left, 1)))


def _states(fields: Ints, tick: Ints, kind: Ints, is_given: Ints) -> tuple[Ints, Ints]:
    """What each lane last struck at each written step, and how long it still sounds: (T, LANES) twice.

    Given notes count once their onset has come, written ones once they are written.
    """
    length = len(fields)
    sounding = np.full((length, LANES), NO_PITCH)
    remaining = np.zeros((length, LANES), dtype=np.int64)
    places = np.arange(length)
    asks = np.flatnonzero(is_given == 0)
    if not len(asks):
        return sounding, remaining
    ends = tick + DURATIONS[fields[:, 3]]
    for lane in range(int(fields[:, 1].max()) + 1):
        own = (kind == 1) & (fields[:, 1] == lane)
        shown, written = places[own & (is_given == 1)], places[own & (is_given == 0)]
        latest = _later(
            _last(shown, np.searchsorted(tick[shown], tick[asks], side="right")),
            _last(written, np.searchsorted(written, asks, side="right")),
            tick,
        )
        known = latest >= 0
        note = latest[known]
        sounding[asks[known], lane] = fields[note, 2]
        remaining[asks[known], lane] = remaining_index(ends[note], tick[asks[known]])
    return sounding, remaining


def _last(places: Ints, count: Ints) -> Ints:
    """The place before each count, -1 where the count is 0."""
    return np.where(count > 0, np.append(places, -1)[count - 1], -1)


def _later(a: Ints, b: Ints, tick: Ints) -> Ints:
    """Of two places the one with the later tick; -1 gives way."""
    return np.where((b < 0) | ((a >= 0) & (tick[a] > tick[b])), a, b)
