"""A take: one piece being written, and what the network is shown of it.

The class keeps, step by step, what `layout.lay_out` computes for a whole
sequence at once; a test holds the two to each other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from generator.engines.grammar import Frame, Grammar
from generator.engines.layout import bars_left, remaining_index
from generator.engines.network import Head, Steps
from generator.engines.sampling import Dice, pick
from generator.engines.tokens import BARLINE, DURATIONS, LANE_KINDS, LANES, NO_PITCH

Row = tuple[int, int, int, int]
_KINDS = len(LANE_KINDS) + 1


@dataclass(frozen=True, slots=True)
class Heard:
    """A note of a lane: when it was struck, its pitch as in rows, when it ends."""

    tick: int = -1
    pitch: int = NO_PITCH
    end: int = 0


@dataclass(frozen=True)
class Manner:
    """How boldly to draw."""

    temperature: float
    top_p: float


@dataclass
class Take:
    """State of one take. `given` holds the given notes of every lane, in order."""

    frame: Frame
    kinds: np.ndarray  # (LANES,) lane kinds, -1 where there is none
    dice: Dice
    given: list[list[Heard]]
    grammar: Grammar = field(init=False)
    heard: list[Heard] = field(init=False)
    bars: dict[int, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.grammar = Grammar(self.frame)
        self.heard = [Heard() for _ in range(LANES)]

    # -- Writing --------------------------------------------------------------------

    def begin(self, bar: int, lanes: list[int]) -> None:
        self.grammar.begin(bar, lanes)
        self.bars[bar] = []

    def snapshot(self) -> tuple[Grammar, list[Heard]]:
        return self.grammar.copy(), list(self.heard)

    def restore(self, saved: tuple[Grammar, list[Heard]]) -> None:
        self.grammar, self.heard = saved[0].copy(), list(saved[1])

    def draw(self, head: Head, hidden: Tensor, manner: Manner) -> Row | None:
        """The next event from a hidden state (D,), or None for the barline."""
        seeds = head.begin(hidden)
        onsets = self.grammar.onsets()
        scores = head.onset(torch.nn.functional.silu(seeds[0])).numpy()
        while onsets.any():
            onset = pick(scores, onsets, self.dice, manner.temperature, manner.top_p)
            if onset == BARLINE:
                return None
            row = self._draw_note(head, seeds, onset, manner)
            if row is not None:
                return row
            onsets[onset] = False  # no lane could take a note there after all
        return None

    def _draw_note(self, head: Head, seeds: tuple[Tensor, ...], onset: int, manner: Manner) -> Row | None:
        at = torch.tensor(onset)
        lanes = self.grammar.lanes(onset)
        if not lanes.any():
            return None
        lane = self._pick(head.lane_logits(seeds[1], at), lanes, manner)
        pitches = self.grammar.pitches(onset, lane)
        if not pitches.any():
            return None
        player = torch.tensor(lane * _KINDS + int(self.kinds[lane]) + 1)
        last = torch.tensor(self.heard[lane].pitch)
        pitch = self._pick(head.pitch_logits(seeds[2], at, player, last), pitches, manner)
        lengths = self.grammar.durations(onset, lane, pitch)
        duration = self._pick(head.duration_logits(seeds[3], at, player, torch.tensor(pitch)), lengths, manner)
        row = (onset, lane, pitch, duration)
        self.write(row)
        return row

    def _pick(self, logits: Tensor, mask: np.ndarray, manner: Manner) -> int:
        return pick(logits.numpy(), mask, self.dice, manner.temperature, manner.top_p)

    def write(self, row: Row) -> None:
        """Take up a note of the bar that is being written."""
        onset, lane, pitch, duration = row
        bar = self.grammar.bar
        self.grammar.write(*row)
        tick = self.frame.bars[bar] + onset
        self.heard[lane] = Heard(tick, pitch, tick + int(DURATIONS[duration]))
        self.bars[bar].append(row)

    # -- What the network is shown ----------------------------------------------------

    def show(self, row: Row | None, writes: np.ndarray, origin: int) -> dict[str, np.ndarray]:
        """Columns of one step: a note just written, or (None) the beginning of the current bar.

        `writes` (LANES,) are the lanes written in this bar, `origin` the tick from which time is counted.
        """
        bar = self.grammar.bar
        start = self.frame.bars[bar]
        onset, lane, pitch, duration = row or (BARLINE, 0, NO_PITCH, 0)
        tick = start + (onset if row else 0)
        sounding, remaining = self._state(tick)
        values = {
            "kind": int(row is not None), "given": 0, "onset": onset, "lane": lane, "pitch": pitch,
            "duration": duration, "tick": tick - origin,
            "bars_left": int(bars_left(np.array(bar), len(self.frame.bars) - 1)),
        }  # fmt: skip
        columns = {name: np.array([value]) for name, value in values.items()}
        return {**columns, "writes": writes[None], "sounding": sounding[None], "remaining": remaining[None]}

    def _state(self, tick: int) -> tuple[np.ndarray, np.ndarray]:
        sounding, ends = np.full(LANES, NO_PITCH), np.full(LANES, -1)
        for lane, given in enumerate(self.given):
            latest = self.heard[lane]
            place = bisect_right(given, tick, key=lambda note: note.tick)
            if place and given[place - 1].tick > latest.tick:
                latest = given[place - 1]
            if latest.tick >= 0:
                sounding[lane], ends[lane] = latest.pitch, latest.end
        return sounding, np.where(ends < 0, 0, remaining_index(ends, tick))

    # -- Judging a bar -----------------------------------------------------------------

    def is_frozen(self, bar: int) -> bool:
        """A third equal bar in a row, or a second empty one."""
        now = self.bars[bar]
        before = [self.bars.get(bar - back) for back in (1, 2)]
        return before[0] == now and (before[1] == now or not now)

    def pitch_classes(self) -> Counter[int]:
        return Counter(row[2] % 12 for rows in self.bars.values() for row in rows)


def collate_steps(shown: list[dict[str, np.ndarray]], lanes: np.ndarray, conditions: np.ndarray) -> Steps:
    """Columns of B takes, T steps each, as one batch."""
    columns = {name: torch.from_numpy(np.stack([each[name] for each in shown])) for name in shown[0]}
    count = len(shown)
    players = torch.from_numpy(lanes).expand(count, -1)
    return Steps(**columns, lanes=players, conditions=torch.from_numpy(conditions).expand(count, -1))
