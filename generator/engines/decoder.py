"""The network of `network.py` read one step at a time, in numpy.

At one to three rows a matrix product is a walk through memory, and numpy's BLAS
walks three times faster than torch here, without its overhead per operation
(`benchmarks/decode.py`). Keys and values stand in arrays allocated once, so no
work is repeated, and a bar that is drawn again simply moves the end of the cache
back. A test holds every hidden state to torch's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.engines.conditions import offsets
from generator.engines.network import TICKS_PER_STEP, Network
from generator.engines.plan import ECHO_SIZES, READ
from generator.engines.tokens import LANE_KINDS, LANES

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Columns = Mapping[str, NDArray[Any]]
KINDS = len(LANE_KINDS) + 1


def silu(x: Floats) -> Floats:
    return x / (1 + np.exp(-x))  # type: ignore[no-any-return]


def normed(x: Floats) -> Floats:
    """Rows (N, D) of root mean square 1; the gains are part of the matrices that follow."""
    square = np.einsum("nd,nd->n", x, x) / x.shape[1]
    return x / np.sqrt(square + 1e-6)[:, None]  # type: ignore[no-any-return]


class Arrays:
    """A network's weights as float32 arrays; matrices stand ready to be multiplied from the right."""

    def __init__(self, network: Network) -> None:
        self.config = network.config
        self._weights = {name: weight.numpy().astype(np.float32) for name, weight in network.state_dict().items()}
        self._products: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        return self._weights[name]

    def product(self, name: str, gain: str = "") -> Floats:
        """A Linear's weight as (in, out), with the gains of the normalisation before it."""
        if name not in self._products:
            matrix = self._weights[f"{name}.weight"].T
            scaled = matrix * self._weights[f"{gain}.weight"][:, None] if gain else matrix
            self._products[name] = np.ascontiguousarray(scaled)
        return self._products[name]

    @cached_property
    def states(self) -> tuple[Floats, Floats]:
        """What each lane's state adds to a step: by pitch (LANES, 129, D) and by remaining time (LANES, n, D)."""
        split = self["embed.state.weight"].reshape(self.config.width, LANES, 24).transpose(1, 2, 0)
        return self["embed.state_pitch.weight"] @ split[:, :16], self["embed.state_remaining.weight"] @ split[:, 16:]

    @cached_property
    def layers(self) -> list[dict[str, Floats]]:
        blocks = [f"blocks.{layer}" for layer in range(self.config.layers)]
        return [
            {
                "qkv": self.product(f"{block}.qkv", f"{block}.before"),
                "out": self.product(f"{block}.out"),
                "up": self.product(f"{block}.up", f"{block}.between"),
                "down": self.product(f"{block}.down"),
            }
            for block in blocks
        ]


class Decoder:
    """Reads steps of several sequences, and gives the logits of what follows."""

    def __init__(self, arrays: Arrays, batch: int, slots: int) -> None:
        config = arrays.config
        self.arrays, self.head = arrays, Head(arrays)
        self.width = config.width // config.heads
        shape = (config.layers, batch, config.heads, slots, self.width)
        self.keys, self.values = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.lengths = np.zeros(batch, dtype=np.int64)
        self.context = np.zeros((batch, config.width), dtype=np.float32)
        self._speeds = np.exp(np.arange(self.width // 4) * (-math.log(1000.0) / (self.width // 4))).astype(np.float32)

    def prefill(self, columns: Columns, lanes: Ints, conditions: Ints, row: int) -> Floats:
        """Read the beginning of one sequence, columns (T, ...); the hidden state after its last step (D,)."""
        self.context[row], self.lengths[row] = self._context(lanes, conditions), 0
        return self._read(columns, [row] * len(columns["kind"]))[-1]

    def step(self, columns: Columns, rows: Sequence[int]) -> Floats:
        """Read one step of each of the sequences `rows`, columns (B, ...); hidden states (B, D)."""
        return self._read(columns, rows)

    def _context(self, lanes: Ints, conditions: Ints) -> Floats:
        wishes = self.arrays["embed.conditions.weight"][conditions + offsets(self.arrays.config.conditions)].sum(0)
        players = self.arrays["embed.lane_kind.weight"][lanes + np.arange(LANES) * KINDS + 1].sum(0)
        return wishes + players  # type: ignore[no-any-return]

    def _read(self, columns: Columns, rows: Sequence[int]) -> Floats:
        """Steps in order, each of the sequence that `rows` names, through every layer: (N, D)."""
        x = self._embed(columns) + self.context[rows]
        places = self._places(rows)
        cos, sin = self._rotation(places, columns["tick"])
        for layer, weights in enumerate(self.arrays.layers):
            x = self._layer(layer, weights, x, (rows, places, cos, sin))
        for row, place in zip(rows, places, strict=True):
            self.lengths[row] = place + 1
        return x

    def _places(self, rows: Sequence[int]) -> list[int]:
        """The place of each step in its sequence."""
        ends = self.lengths.tolist()
        places = []
        for row in rows:
            places.append(ends[row])
            ends[row] += 1
        return places

    def _embed(self, columns: Columns) -> Floats:
        table = {name: self.arrays[f"embed.{name}.weight"] for name in _EMBEDDED}
        note = sum(table[name][columns[name]] for name in ("lane", "pitch", "duration"))
        by_pitch, by_time = self.arrays.states
        every = np.arange(LANES)
        state = (by_pitch[every, columns["sounding"]] + by_time[every, columns["remaining"]]).sum(-2)
        plain = sum(table[name][columns[name]] for name in ("kind", "given", "onset", "bars_left"))
        writes = columns["writes"] @ self.arrays.product("embed.writes")
        if self.arrays.config.planned:
            state = state + self._planned(columns)
        return (  # type: ignore[no-any-return]
            plain + note * columns["kind"][:, None] + state * (1 - columns["given"])[:, None] + writes
        ).astype(np.float32)

    def _planned(self, columns: Columns) -> Floats:
        bar = self.arrays["embed.plan.weight"][columns["plan"] + _PLAN_OFFSETS].sum(-2)
        echo = self.arrays["embed.echo.weight"][columns["echo"] + _ECHO_OFFSETS].sum(-2)
        return bar + echo  # type: ignore[no-any-return]

    def _rotation(self, places: Sequence[int], ticks: NDArray[np.generic]) -> tuple[Floats, Floats]:
        time = np.asarray(ticks, dtype=np.float32) / TICKS_PER_STEP
        order = np.asarray(places, dtype=np.float32)
        angles = np.concatenate([order[:, None] * self._speeds, time[:, None] * self._speeds], -1)[:, None]
        return np.cos(angles), np.sin(angles)

    def _layer(self, layer: int, weights: dict[str, Floats], x: Floats, where: tuple) -> Floats:  # type: ignore[type-arg]
        rows, places, cos, sin = where
        heads = self.arrays.config.heads
        qkv = (normed(x) @ weights["qkv"]).reshape(len(x), 3, heads, self.width)
        queries = _rotate(qkv[:, 0], cos, sin) / np.float32(math.sqrt(self.width))
        keys = _rotate(qkv[:, 1], cos, sin)
        attended = np.empty_like(queries)
        for step, (row, place) in enumerate(zip(rows, places, strict=True)):
            self.keys[layer, row, :, place], self.values[layer, row, :, place] = keys[step], qkv[step, 2]
            seen = self.keys[layer, row, :, : place + 1]  # (H, n, D / H)
            scores = np.matmul(seen, queries[step][..., None])[..., 0]
            chances = np.exp(scores - scores.max(-1, keepdims=True))
            chances /= chances.sum(-1, keepdims=True)
            attended[step] = np.matmul(chances[:, None], self.values[layer, row, :, : place + 1])[:, 0]
        x = x + (attended.reshape(len(x), -1) @ weights["out"]).astype(np.float32, copy=False)
        up = normed(x) @ weights["up"]
        half = up.shape[1] // 2
        added: Floats = (silu(up[:, :half]) * up[:, half:]) @ weights["down"]
        return x + added


def _rotate(x: Floats, cos: Floats, sin: Floats) -> Floats:
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    turned = np.empty_like(x)
    turned[..., :half], turned[..., half:] = a * cos - b * sin, a * sin + b * cos
    return turned


_PLAN_OFFSETS, _ECHO_OFFSETS = offsets(READ.values()), offsets(ECHO_SIZES)
_EMBEDDED = ("kind", "given", "onset", "lane", "pitch", "duration", "bars_left")


class Head:
    """The logits of an event's fields, one after the other, from one hidden state (D,)."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._inner = arrays.config.head_width

    def begin(self, hidden: Floats) -> Floats:
        """(4, inner) seeds of onset, lane, pitch and duration."""
        seeds = normed(hidden[None])[0] @ self._arrays.product("head.enter", "head.norm")
        return (seeds + self._arrays["head.enter.bias"]).reshape(4, self._inner)  # type: ignore[no-any-return]

    def onset(self, seeds: Floats) -> Floats:
        return self._logits("onset", seeds[0])

    def lane(self, seeds: Floats, onset: int) -> Floats:
        return self._logits("lane", seeds[1] + self._part("onset_in", onset, 0))

    def pitch(self, seeds: Floats, onset: int, lane: int, last: int) -> Floats:
        """`lane` with its kind, as in `network.Head.pitch_logits`; `last` the pitch last struck in it."""
        told = self._part("onset_in", onset, 1) + self._part("lane_in", lane, 0) + self._part("last_in", last, 0)
        return self._logits("pitch", seeds[2] + told)

    def duration(self, seeds: Floats, onset: int, lane: int, pitch: int) -> Floats:
        told = self._part("onset_in", onset, 2) + self._part("lane_in", lane, 1) + self._part("pitch_in", pitch, 0)
        return self._logits("duration", seeds[3] + told)

    def _part(self, table: str, index: int, place: int) -> Floats:
        return self._arrays[f"head.{table}.weight"][index, place * self._inner : (place + 1) * self._inner]

    def _logits(self, name: str, inner: Floats) -> Floats:
        return silu(inner) @ self._arrays.product(f"head.{name}") + self._arrays[f"head.{name}.bias"]  # type: ignore[no-any-return]
