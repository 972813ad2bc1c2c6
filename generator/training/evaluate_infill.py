"""Does the network use what comes after? True bars are scored given both sides, and given the left side alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from generator.engines.layout import Layout, lay_out
from generator.engines.tokens import BARLINE, LANES
from generator.training.examples import Example
from generator.training.note_model import collate, players

SHORTEST = 6  # bars of a window with something on either side
GAP = 2  # bars that are taken out
BATCH = 16
RESAMPLES = 2000
Floats = NDArray[np.float64]


def infill(network: nn.Module, examples: Sequence[Example], limit: int) -> dict[str, float]:
    """Nats a note of `GAP` middle bars: `infill_nll` with both sides known, `left_only_nll` with the left one.

    `infill_gain` is the share by which the first is lower; `_low` and `_high` bound it in 95% of bootstrap
    resamples of the windows.
    """
    chosen = [each for each in examples if each.bar_count >= SHORTEST and _notes(each)][:limit]
    notes = np.array([_notes(each) for each in chosen], dtype=float)
    both, left = nats(network, chosen, both_sides=True), nats(network, chosen, both_sides=False)
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(chosen), (RESAMPLES, len(chosen)))
    gains = 1 - both[draws].sum(1) / left[draws].sum(1)
    low, high = np.quantile(gains, (0.025, 0.975))
    return {
        "infill_nll": float(both.sum() / notes.sum()),
        "left_only_nll": float(left.sum() / notes.sum()),
        "infill_gain": float(1 - both.sum() / left.sum()),
        "infill_gain_low": float(low),
        "infill_gain_high": float(high),
        "infill_windows": float(len(chosen)),
    }


def _gap(each: Example) -> tuple[int, int]:
    first = (each.bar_count - GAP) // 2
    return first, first + GAP


def _notes(each: Example) -> int:
    """Notes that start in the gap."""
    first, last = _gap(each)
    bar = np.cumsum(each.rows[:, 0] == BARLINE)
    return int(((bar >= first) & (bar < last) & (each.rows[:, 0] != BARLINE)).sum())


@torch.no_grad()
def nats(network: nn.Module, chosen: Sequence[Example], both_sides: bool) -> Floats:
    """(n,) nats of every window's gap."""
    found: list[Floats] = []
    for start in range(0, len(chosen), BATCH):
        some = chosen[start : start + BATCH]
        layouts = [_laid_out(each, both_sides) for each in some]
        wishes = np.array([each.conditions for each in some])
        steps, targets = collate(layouts, players(some, wishes), wishes, max(map(len, layouts)))
        fields = network.nll(steps, targets)  # type: ignore[operator]
        owner = torch.nonzero(targets.weight > 0)[:, 0]
        found.append(torch.zeros(len(some)).index_add_(0, owner, fields.sum(-1)).double().numpy())
    return np.concatenate(found)


def _laid_out(each: Example, both_sides: bool) -> Layout:
    first, last = _gap(each)
    write = np.zeros((each.bar_count, LANES), dtype=bool)
    write[first:last] = True
    given = ~write
    given[last:] = both_sides
    return lay_out(each.rows, each.bars, write, given)
