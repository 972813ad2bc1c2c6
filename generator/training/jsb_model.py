"""The frame model: a causal trunk over eighths, and a small head for each of a step's ten slots.

    columns of the past (B, J, F) -> sum of embeddings -> trunk (attention, SwiGLU) -> (B, J, D)
    slot k: trunk state, columns that the decided slots allow -> one gated layer -> logits (B, J, symbols)

A slot's logits for pitch p are a sum of tables read at p, at p minus the voice's last pitch, at p
minus each decided voice, at p minus the chord's root, and a bonus where the piece would repeat
itself: most of what is learnt then holds in every key at once (after Johnson, Keller and
Weintraut 2017, "Learning to create jazz melodies using a product of experts").
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from generator.training import jsb_features as features
from generator.training.jsb_features import BEFORE, LEAP, NO_CHORD, SLOTS, SYMBOLS, WIDE

LONGEST = 352  # steps whose distance attention tells apart


@dataclass(frozen=True)
class Config:
    """Sizes. `narrow` is the width of the heads of the second 16th, where hardly anything happens."""

    width: int = 192
    layers: int = 4
    heads: int = 4
    inner: int = 512
    head: int = 192
    narrow: int = 64
    dropout: float = 0.2

    def to_json(self) -> dict[str, float]:
        return asdict(self)


@dataclass
class Batch:
    """Pieces padded to J steps. Symbols and classes are int64, `weight` float32.

    trunk (B, J, F); slots ten of (B, J, F); metre (B, J, 28); target, own, repeat (B, J, 10) as
    symbols (own: BEFORE before the piece; repeat: BEFORE or NO_CHORD where there is none);
    weight (B, J, 10), 0 where padded; told (B, J) whether the chord is given to the voices.
    """

    trunk: Tensor
    slots: list[Tensor]
    metre: Tensor
    target: Tensor
    own: Tensor
    repeat: Tensor
    weight: Tensor
    told: Tensor


class Bag(nn.Module):
    """The sum of one embedding for every column."""

    offsets: Tensor

    def __init__(self, sizes: list[int], width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(sum(sizes), width)
        nn.init.normal_(self.table.weight, std=0.5 / len(sizes) ** 0.5)
        starts = torch.tensor([0, *sizes[:-1]]).cumsum(0)
        self.register_buffer("offsets", starts, persistent=False)

    def forward(self, columns: Tensor) -> Tensor:
        """(..., F) int64 -> (..., width)."""
        flat = (columns + self.offsets).flatten(0, -2)
        return F.embedding_bag(flat, self.table.weight, mode="sum").unflatten(0, columns.shape[:-1])


class Gated(nn.Module):
    """x + W(silu(Ax) * Bx), normalised first (SwiGLU; Shazeer 2020)."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(width)
        self.up = nn.Linear(width, 2 * inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)
        nn.init.zeros_(self.down.weight)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        a, b = self.up(self.norm(x)).chunk(2, -1)
        inner = F.silu(a) * b
        return x + self.down(inner if mask is None else inner * mask)


class Attention(nn.Module):
    """Causal attention, written out (its backward is slow in the CPU's fused kernel), with RoPE and a distance bias."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm = nn.RMSNorm(config.width)
        self.qkv = nn.Linear(config.width, 3 * config.width, bias=False)
        self.out = nn.Linear(config.width, config.width, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor, turns: Tensor, distance: Tensor, mask: Tensor | None) -> Tensor:
        count = x.shape[1]
        q, k, v = self.qkv(self.norm(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        q, k = _turned(q, turns), _turned(k, turns)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        gap = torch.arange(count)[:, None] - torch.arange(count)
        bias = distance[:, gap.clamp(0, LONGEST - 1)].masked_fill(gap < 0, float("-inf"))
        mixed = ((scores + bias).softmax(-1) @ v).transpose(1, 2).flatten(2)
        return x + self.out(mixed if mask is None else mixed * mask)


def _turned(x: Tensor, turns: Tensor) -> Tensor:
    a, b = x.chunk(2, -1)
    cos, sin = turns.cos(), turns.sin()
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class Head(nn.Module):
    """One slot's logits."""

    def __init__(self, config: Config, place: int, sizes: list[int], width: int) -> None:
        super().__init__()
        self.place = place % (SLOTS // 2)  # 0 the chord, then S B A T
        self.bag = Bag(sizes, width)
        self.into = nn.Linear(config.width, width, bias=False)
        self.blocks = nn.ModuleList([Gated(width, 2 * width)])
        self.norm = nn.RMSNorm(width)
        symbols = NO_CHORD if self.place == 0 else SYMBOLS
        self.same = nn.Linear(width, symbols)
        self.moves = nn.Linear(width, 2 * LEAP + 2 + 12 + 1) if self.place else None
        self.stacked = nn.ModuleList(nn.Linear(width, 2 * WIDE + 2) for _ in range(self.place - 1))
        self.bonus = nn.Linear(width, 1)

    def forward(self, hidden: Tensor, columns: Tensor, batch: Batch, slot: int, drop: float) -> Tensor:
        """(B, J, D), (B, J, F) -> log-probabilities (B, J, symbols)."""
        x = self.bag(columns) + self.into(hidden)
        x = self.blocks[0](x, _mask(x, 2 * x.shape[-1], drop))
        x = self.norm(x)
        mask = _mask(x, x.shape[-1], drop)
        x = x if mask is None else x * mask
        logits = self.same(x)
        first = slot - self.place
        if self.moves is not None:
            moves = self.moves(x)
            own, root = moves[..., : 2 * LEAP + 2], moves[..., 2 * LEAP + 2 :]
            logits = logits + own.gather(-1, nearby(LEAP)[batch.own[..., slot]])
            chord = torch.where(batch.told, batch.target[..., first], NO_CHORD)
            logits = logits + root.gather(-1, above_root()[chord])
            for place, table in enumerate(self.stacked, 1):
                logits = logits + table(x).gather(-1, nearby(WIDE)[batch.target[..., first + place]])
        known = F.one_hot(batch.repeat[..., slot], logits.shape[-1] + 1)[..., :-1]
        return (logits + known * self.bonus(x)).log_softmax(-1)


@cache
def nearby(limit: int) -> Tensor:
    """(BEFORE + 1, SYMBOLS): column of each pitch's distance from a reference; the last column when far or silent."""
    pitch, reference = torch.arange(SYMBOLS), torch.arange(BEFORE + 1)[:, None]
    gap = pitch - reference
    far = (gap.abs() > limit) | (pitch == 0) | (reference == 0) | (reference == BEFORE)
    return torch.where(far, 2 * limit + 1, gap.clamp(-limit, limit) + limit)


@cache
def above_root() -> Tensor:
    """(NO_CHORD + 1, SYMBOLS): semitones of each pitch above each chord's root, 12 where there is no root."""
    pitch, chord = torch.arange(SYMBOLS), torch.arange(NO_CHORD + 1)[:, None]
    above = (pitch - 1 + features.LOW - chord) % 12
    return torch.where((pitch == 0) | (chord >= 48), 12, above)


def _mask(x: Tensor, width: int, drop: float) -> Tensor | None:
    """One dropout mask for all steps of a piece: (B, 1, width), or None."""
    if not drop:
        return None
    return (torch.rand(x.shape[0], 1, width) > drop).to(x.dtype) / (1 - drop)


class FrameModel(nn.Module):
    """Log-probabilities of all ten slots of every step."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        trunk, slots, _, _ = features.sizes()
        self.bag = Bag(trunk, config.width)
        self.metre = nn.Linear(28, config.width)
        self.distances = nn.Parameter(torch.zeros(config.layers, config.heads, LONGEST))
        self.attention_blocks = nn.ModuleList(Attention(config) for _ in range(config.layers))
        self.blocks = nn.ModuleList(Gated(config.width, config.inner) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width)
        widths = [config.head] * 5 + [config.narrow] * 5
        self.heads = nn.ModuleList(
            Head(config, place, slots[place], width) for place, width in zip(range(SLOTS), widths, strict=True)
        )

    def forward(self, batch: Batch) -> list[Tensor]:
        """Ten tensors (B, J, symbols) of log-probabilities: chord, S, B, A, T, twice."""
        hidden, drop = self.trunk(batch), self.config.dropout * self.training
        return [
            head(hidden, columns, batch, slot, drop)
            for slot, (head, columns) in enumerate(zip(self.heads, batch.slots, strict=True))
        ]

    def trunk(self, batch: Batch) -> Tensor:
        """(B, J, D), of what was known before each step."""
        drop = self.config.dropout * self.training
        x = self.bag(batch.trunk) + self.metre(batch.metre)
        mask = _mask(x, x.shape[-1], drop)
        x = x if mask is None else x * mask
        half = self.config.width // self.config.heads // 2
        rates = 2000.0 ** (-torch.arange(half) / half)
        turns = torch.arange(x.shape[1])[:, None] * rates
        for attention, distance, block in zip(self.attention_blocks, self.distances, self.blocks, strict=True):
            x = attention(x, turns, distance, _mask(x, x.shape[-1], drop))
            x = block(x, _mask(x, self.config.inner, drop))
        return self.norm(x)

    def nats(self, batch: Batch) -> Tensor:
        """(B, J, 10) nats of every slot."""
        chosen = [values.gather(-1, batch.target[..., slot : slot + 1]) for slot, values in enumerate(self(batch))]
        return -torch.cat(chosen, -1)
