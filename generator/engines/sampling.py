"""Decoding: the network with its cache, one event of every take at a time.

Keys and values of every step are kept in tensors allocated once; a bar that is
drawn again simply moves the end of the cache back. Logits are float32 and the
random numbers of a take come from its own `torch.Generator`, so the same seed,
weights and brief give the same notes.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from generator.engines.network import Network, Steps, rotation

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


class Cache:
    """Keys and values of B sequences: (layers, B, H, slots, D / H), `lengths` (B,) of them in use."""

    def __init__(self, network: Network, batch: int, slots: int) -> None:
        config = network.config
        shape = (config.layers, batch, config.heads, slots, config.width // config.heads)
        self.keys, self.values = torch.zeros(shape), torch.zeros(shape)
        self.lengths = torch.zeros(batch, dtype=torch.long)
        self.slots = torch.arange(slots)


class Decoder:
    """A network that reads one step of B takes and returns their hidden states."""

    def __init__(self, network: Network, batch: int, slots: int) -> None:
        self.network = network
        self.cache = Cache(network, batch, slots)
        self.context = torch.zeros(batch, 1, network.config.width)
        self._head = network.config.width // network.config.heads

    @torch.inference_mode()
    def prefill(self, steps: Steps, row: int) -> Tensor:
        """Read the beginning (1, T) of one take at once; the hidden state of its last step (1, D)."""
        self.context[row] = context = self.network.embed.context(steps)[0]
        x = self.network.embed(steps, context)
        length = x.shape[1]
        cos, sin = rotation(torch.arange(length)[None], steps.tick, self._head)
        for layer, block in enumerate(self.network.blocks):
            q, k, v = block.project(x, cos, sin)
            self.cache.keys[layer, row, :, :length], self.cache.values[layer, row, :, :length] = k[0], v[0]
            x = block.finish(x, F.scaled_dot_product_attention(q, k, v, is_causal=True))
        self.cache.lengths[row] = length
        return x[:, -1]

    @torch.inference_mode()
    def step(self, steps: Steps, rows: Tensor) -> Tensor:
        """Read one step (B', 1) of the takes `rows` (B',); hidden states (B', D)."""
        cache, lengths = self.cache, self.cache.lengths[rows]
        x = self.network.embed(steps, self.context[rows])
        cos, sin = rotation(lengths[:, None], steps.tick, self._head)
        used = int(lengths.max()) + 1
        mask = (cache.slots[:used] <= lengths[:, None])[:, None, None]
        whole = len(rows) == len(cache.lengths)
        for layer, block in enumerate(self.network.blocks):
            q, k, v = block.project(x, cos, sin)
            cache.keys[layer, rows, :, lengths], cache.values[layer, rows, :, lengths] = k[:, :, 0], v[:, :, 0]
            keys, values = cache.keys[layer, :, :, :used], cache.values[layer, :, :, :used]
            if not whole:
                keys, values = keys[rows], values[rows]
            x = block.finish(x, F.scaled_dot_product_attention(q, keys, values, attn_mask=mask))
        cache.lengths[rows] = lengths + 1
        return x[:, 0]
