"""The Transformer's network: one trunk step a note, a small head for the note's fields.

    step input  -> trunk (causal, RoPE over order and over time) -> hidden (B, T, D)
    hidden      -> onset | lane given onset | pitch given both | duration given all

The trunk is Llama-shaped (RMSNorm, SwiGLU; Touvron et al. 2023). Half of each
head's width turns with the step's place in the sequence, half with its musical
time (RoFormer, Su et al. 2021, on two axes), so that a given soprano and the
bass written under it meet at the same angle however far apart they stand in
the sequence. The head factorises a note's probability by the chain rule, which
makes a 16-bar quartet some 300 trunk steps rather than 1,200 tokens.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from generator.engines.conditions import offsets
from generator.engines.plan import ECHO_SIZES, READ
from generator.engines.tokens import BARLINE, DURATIONS, LANE_KINDS, LANES, NO_PITCH, ONSETS, PITCHES

TICKS_PER_STEP = 6  # time is turned in sixteenths
REMAINING = len(DURATIONS) + 2  # none yet, silent, or an index of DURATIONS
BARS_LEFT = 34  # unknown, 0..31, more


@dataclass(frozen=True)
class Config:
    """Sizes of the network, and how many values each condition takes (value 0: left open)."""

    conditions: tuple[int, ...]
    width: int = 256
    layers: int = 5
    heads: int = 4
    inner: int = 640
    head_width: int = 320
    dropout: float = 0.1
    planned: bool = False  # whether it reads a plan

    def to_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass
class Steps:
    """What the trunk reads, one entry a step. Shapes (B, T) of int64 unless said.

    kind       0 a bar begins, 1 a note
    given      1 for material that was given, 0 for what is written
    onset, lane, pitch, duration    fields of the note (of a bar's beginning: BARLINE, 0, NO_PITCH, 0)
    tick       musical time from the first bar
    bars_left  0 unknown, else 1 + full bars after this one, capped
    writes     (B, T, LANES) float: lanes that are to be written in this bar
    sounding   (B, T, LANES) last pitch struck in each lane, NO_PITCH if none
    remaining  (B, T, LANES) 0 none yet, 1 silent, else 2 + duration index of what still sounds
    plan       (B, T, len(plan.READ)) the bar's row of the plan, 0 where it is open
    echo       (B, T, 4) what came next in the bar that this one returns to
    lanes      (B, LANES) kind of each lane, -1 where there is none
    conditions (B, C)
    """

    kind: Tensor
    given: Tensor
    onset: Tensor
    lane: Tensor
    pitch: Tensor
    duration: Tensor
    tick: Tensor
    bars_left: Tensor
    writes: Tensor
    sounding: Tensor
    remaining: Tensor
    plan: Tensor
    echo: Tensor
    lanes: Tensor
    conditions: Tensor


@dataclass
class Targets:
    """The next event of every step, (B, T) int64; `weight` is 0 where nothing is to be predicted."""

    onset: Tensor
    lane: Tensor
    pitch: Tensor
    duration: Tensor
    weight: Tensor


class Embed(nn.Module):
    """Steps -> (B, T, D)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width = config.width
        self.kind = nn.Embedding(2, width)
        self.given = nn.Embedding(2, width)
        self.onset = nn.Embedding(ONSETS + 1, width)
        self.lane = nn.Embedding(LANES, width)
        self.lane_kind = nn.Embedding(LANES * (len(LANE_KINDS) + 1), width)
        self.pitch = nn.Embedding(PITCHES + 1, width)
        self.duration = nn.Embedding(len(DURATIONS), width)
        self.bars_left = nn.Embedding(BARS_LEFT, width)
        self.writes = nn.Linear(LANES, width, bias=False)
        self.state_pitch = nn.Embedding(PITCHES + 1, 16)
        self.state_remaining = nn.Embedding(REMAINING, 8)
        self.state = nn.Linear(LANES * 24, width, bias=False)
        self.planned = config.planned
        if config.planned:
            self.plan = nn.Embedding(sum(READ.values()), width)
            self.echo = nn.Embedding(sum(ECHO_SIZES), width)
            self.register_buffer("plan_offsets", torch.from_numpy(offsets(READ.values())), persistent=False)
            self.register_buffer("echo_offsets", torch.from_numpy(offsets(ECHO_SIZES)), persistent=False)
        self.conditions = nn.Embedding(sum(config.conditions), width)
        self.register_buffer("offsets", torch.from_numpy(offsets(config.conditions)), persistent=False)
        self.register_buffer("lane_offsets", torch.arange(LANES) * (len(LANE_KINDS) + 1) + 1, persistent=False)

    def context(self, steps: Steps) -> Tensor:
        """What holds for the whole sequence: conditions and lanes. (B, 1, D)"""
        wishes = self.conditions(steps.conditions + self.offsets).sum(1)
        players = self.lane_kind(steps.lanes + self.lane_offsets).sum(1)
        return (wishes + players)[:, None]  # type: ignore[no-any-return]

    def forward(self, steps: Steps, context: Tensor) -> Tensor:
        sounding = self.state_pitch(steps.sounding)  # (B, T, LANES, 16)
        remaining = self.state_remaining(steps.remaining)  # (B, T, LANES, 8)
        state = self.state(torch.cat([sounding, remaining], -1).flatten(2))
        note = self.lane(steps.lane) + self.pitch(steps.pitch) + self.duration(steps.duration)
        told = (
            self.kind(steps.kind)
            + self.given(steps.given)
            + self.onset(steps.onset)
            + note * steps.kind[..., None]
            + self.bars_left(steps.bars_left)
            + self.writes(steps.writes)
            + state * (1 - steps.given)[..., None]
            + context
        )
        return told + self._plan(steps) if self.planned else told  # type: ignore[no-any-return]

    def _plan(self, steps: Steps) -> Tensor:
        """What the plan says of a written step's bar, and what its echo is. (B, T, D)"""
        bar = self.plan(steps.plan + self.plan_offsets).sum(2)
        echo = self.echo(steps.echo + self.echo_offsets).sum(2)
        return (bar + echo) * (1 - steps.given)[..., None]  # type: ignore[no-any-return]


def rotation(order: Tensor, tick: Tensor, head: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine (B, 1, T, head / 2) of RoPE: a quarter of the width each by order and by time."""
    quarter = head // 4
    speeds = torch.exp(torch.arange(quarter, device=tick.device) * (-math.log(1000.0) / quarter))
    angles = torch.cat([order[..., None] * speeds, tick[..., None] / TICKS_PER_STEP * speeds], -1)[:, None]
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class Block(nn.Module):
    """Attention and a SwiGLU, both before a residual."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.dropout = config.dropout
        self.before = nn.RMSNorm(width, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.between = nn.RMSNorm(width, eps=1e-6)
        self.up = nn.Linear(width, 2 * config.inner, bias=False)
        self.down = nn.Linear(config.inner, width, bias=False)

    def project(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rotated queries and keys, and values: (B, H, T, D / H) each."""
        batch, length, width = x.shape
        qkv = self.qkv(self.before(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        return rotate(q, cos, sin), rotate(k, cos, sin), v

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        """Residuals around attention's result (B, H, T, D / H) and around the SwiGLU."""
        x = x + self._drop(self.out(attended.transpose(1, 2).flatten(2)))
        gate, value = self.up(self.between(x)).chunk(2, -1)
        return x + self._drop(self.down(F.silu(gate) * value))

    def _drop(self, x: Tensor) -> Tensor:
        """Dropout with one mask for all times: random numbers were 18% of a step."""
        if not self.training or not self.dropout:
            return x
        keep = 1 - self.dropout
        mask = torch.empty(x.shape[0], 1, x.shape[2], device=x.device, dtype=x.dtype).bernoulli_(keep)
        return x * (mask / keep)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        q, k, v = self.project(x, cos, sin)
        return self.finish(x, F.scaled_dot_product_attention(q, k, v, is_causal=True))


class Head(nn.Module):
    """Hidden -> the four fields of the next event, each given those before it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, inner = config.width, config.head_width
        self.norm = nn.RMSNorm(width, eps=1e-6)
        self.enter = nn.Linear(width, 4 * inner)
        self.onset_in = nn.Embedding(ONSETS + 1, 3 * inner)
        self.lane_in = nn.Embedding(LANES * (len(LANE_KINDS) + 1), 2 * inner)
        self.last_in = nn.Embedding(PITCHES + 1, inner)
        self.pitch_in = nn.Embedding(PITCHES, inner)
        self.onset = nn.Linear(inner, ONSETS + 1)
        self.lane = nn.Linear(inner, LANES)
        self.pitch = nn.Linear(inner, PITCHES)
        self.duration = nn.Linear(inner, len(DURATIONS))
        self.inner = inner

    def begin(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(..., inner) seeds of onset, lane, pitch and duration."""
        onset, lane, pitch, duration = self.enter(self.norm(hidden)).chunk(4, -1)
        return onset, lane, pitch, duration

    def lane_logits(self, seed: Tensor, onset: Tensor) -> Tensor:
        return self.lane(F.silu(seed + self.onset_in(onset)[..., : self.inner]))  # type: ignore[no-any-return]

    def pitch_logits(self, seed: Tensor, onset: Tensor, lane: Tensor, last: Tensor) -> Tensor:
        """`lane` is lane * (kinds + 1) + kind + 1, `last` the pitch last struck in it."""
        when = self.onset_in(onset)[..., self.inner : 2 * self.inner]
        return self.pitch(F.silu(seed + when + self.lane_in(lane)[..., : self.inner] + self.last_in(last)))  # type: ignore[no-any-return]

    def duration_logits(self, seed: Tensor, onset: Tensor, lane: Tensor, pitch: Tensor) -> Tensor:
        when = self.onset_in(onset)[..., 2 * self.inner :]
        return self.duration(F.silu(seed + when + self.lane_in(lane)[..., self.inner :] + self.pitch_in(pitch)))  # type: ignore[no-any-return]


class Network(nn.Module):
    """Trunk and head; `nll` for training, `generator.engines.sampling` for decoding."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embed = Embed(config)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.head = Head(config)
        self.apply(self._initialise)
        for block in self.blocks:
            for last in (block.out, block.down):
                nn.init.normal_(last.weight, std=0.02 / math.sqrt(2 * config.layers))

    @staticmethod
    def _initialise(module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(self, steps: Steps) -> Tensor:
        """Hidden states (B, T, D)."""
        x = self.embed(steps, self.embed.context(steps))
        order = torch.arange(x.shape[1], device=x.device)[None]
        cos, sin = rotation(order.expand(len(x), -1), steps.tick, self.config.width // self.config.heads)
        for block in self.blocks:
            x = block(x, cos, sin)
        return x

    def nll(self, steps: Steps, targets: Targets) -> Tensor:
        """Negative log-likelihood in nats of every target, by field: (N, 4) for the N steps of weight > 0.

        Fields that cannot be (an onset before the last, a lower chord note after a
        higher one) are masked, so no probability is spent on them.
        """
        live = targets.weight > 0
        hidden = self(steps)[live]  # (N, D)
        onset, lane, pitch, duration = (
            field[live] for field in (targets.onset, targets.lane, targets.pitch, targets.duration)
        )
        is_note = onset != BARLINE
        kinds = (steps.lanes + self.embed.lane_offsets)[:, None].expand(-1, live.shape[1], -1)[live]
        lane_kind = kinds.gather(1, lane[:, None])[:, 0]
        last = steps.sounding[live].gather(1, lane[:, None])[:, 0]
        mask = OrderMask.of(steps, live)
        seeds = self.head.begin(hidden)
        losses = [
            F.cross_entropy(mask.onset(self.head.onset(F.silu(seeds[0]))), onset, reduction="none"),
            F.cross_entropy(mask.lane(self.head.lane_logits(seeds[1], onset), onset), lane, reduction="none"),
            F.cross_entropy(
                mask.pitch(self.head.pitch_logits(seeds[2], onset, lane_kind, last), onset, lane),
                pitch,
                reduction="none",
            ),
            F.cross_entropy(self.head.duration_logits(seeds[3], onset, lane_kind, pitch), duration, reduction="none"),
        ]
        return torch.stack([losses[0], *(torch.where(is_note, loss, 0.0) for loss in losses[1:])], 1)


@dataclass
class OrderMask:
    """What may follow a note in the order of `tokens`: later, or a lower lane, or higher in the chord."""

    last_onset: Tensor  # (N,) -1 after a barline
    last_lane: Tensor
    last_pitch: Tensor

    @classmethod
    def of(cls, steps: Steps, live: Tensor) -> OrderMask:
        note = steps.kind[live] == 1
        return cls(torch.where(note, steps.onset[live], -1), steps.lane[live], steps.pitch[live])

    def onset(self, logits: Tensor) -> Tensor:
        places = torch.arange(logits.shape[1], device=logits.device)
        return logits.masked_fill(places < self.last_onset[:, None], -math.inf)

    def lane(self, logits: Tensor, onset: Tensor) -> Tensor:
        places = torch.arange(logits.shape[1], device=logits.device)
        floor = torch.where(onset == self.last_onset, self.last_lane, -1)
        return logits.masked_fill(places < floor[:, None], -math.inf)

    def pitch(self, logits: Tensor, onset: Tensor, lane: Tensor) -> Tensor:
        places = torch.arange(logits.shape[1], device=logits.device)
        chord = (onset == self.last_onset) & (lane == self.last_lane) & (self.last_pitch != NO_PITCH)
        floor = torch.where(chord, self.last_pitch, -1)
        return logits.masked_fill(places <= floor[:, None], -math.inf)
