"""Sampling: drawing from logits, the same draw for the same seed.

The random numbers of a take come from its own `torch.Generator`, so the same
seed, weights and brief give the same notes on the same kind of machine.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Dice:
    """Uniform numbers of one take, drawn in blocks from its own generator."""

    def __init__(self, seed: int, block: int = 512) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._block = block
        self._left: list[float] = []

    def roll(self) -> float:
        if not self._left:
            self._left = torch.rand(self._block, generator=self._generator, dtype=torch.float64).tolist()
        return self._left.pop()


def pick(logits: Floats, mask: NDArray[np.bool_], dice: Dice, temperature: float, top_p: float) -> int:
    """Draw an index of `logits` (n,) among those in `mask`: temperature, then the nucleus (Holtzman et al. 2020)."""
    allowed = np.flatnonzero(mask)
    if len(allowed) == 1:
        return int(allowed[0])
    scores = logits[allowed].astype(np.float64) / temperature
    chances = np.exp(scores - scores.max())
    order = np.argsort(-chances, kind="stable")
    sums = np.cumsum(chances[order])
    kept = int(np.searchsorted(sums, top_p * sums[-1])) + 1
    return int(allowed[order[min(np.searchsorted(sums[:kept], dice.roll() * sums[kept - 1], side="right"), kept - 1)]])
