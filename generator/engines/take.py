"""A take: one piece being written, and what the network is shown of it.

The class keeps, step by step, what `layout.lay_out` computes for a whole
sequence at once; a test holds the two to each other.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from generator.engines import plan as planning
from generator.engines.decoder import KINDS, Floats, Head
from generator.engines.grammar import Frame, Grammar
from generator.engines.layout import bars_left, remaining_index
from generator.engines.plan import COLUMN, Ints
from generator.engines.sampling import Dice, pick
from generator.engines.tokens import BARLINE, DURATIONS, LANES, NO_PITCH, duration_index

Row = tuple[int, int, int, int]


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
    plan: Ints  # (bars, len(planning.STORED))
    grammar: Grammar = field(init=False)
    heard: list[Heard] = field(init=False)
    bars: dict[int, list[Row]] = field(default_factory=dict)
    reference: list[Row] | None = None  # the bar that this one returns to, transposed

    def __post_init__(self) -> None:
        self.grammar = Grammar(self.frame)
        self.heard = [Heard() for _ in range(LANES)]
        self._told = planning.read_rows(self.plan)

    # -- Writing --------------------------------------------------------------------

    def begin(self, bar: int, lanes: list[int]) -> None:
        self.grammar.begin(bar, lanes)
        self.bars[bar] = []
        back = int(self.plan[bar, COLUMN["back"]])
        self.reference = self._earlier(bar - back, lanes, bar) if 0 < back <= bar else None

    def _earlier(self, bar: int, lanes: list[int], now: int) -> list[Row]:
        """What stands in an earlier bar for these lanes, written or given, as bar `now` is to have it."""
        start, end = self.frame.bars[bar], self.frame.bars[bar + 1]
        rows = [row for row in self.bars.get(bar, []) if row[1] in lanes]
        for lane in lanes:
            for note in self.given[lane] if lane < len(self.given) else []:
                if start <= note.tick < end:
                    rows.append((note.tick - start, lane, note.pitch, int(duration_index(note.end - note.tick))))
        interval = planning.semitones(int(self.plan[now, COLUMN["transposed"]]))
        return planning.moved(sorted(rows), interval)

    def snapshot(self) -> tuple[Grammar, list[Heard]]:
        return self.grammar.copy(), list(self.heard)

    def restore(self, saved: tuple[Grammar, list[Heard]]) -> None:
        self.grammar, self.heard = saved[0].copy(), list(saved[1])

    def draw(self, head: Head, hidden: Floats, manner: Manner) -> Row | None:
        """The next event from a hidden state (D,), or None for the barline."""
        seeds = head.begin(hidden)
        onsets = self.grammar.onsets()
        scores = head.onset(seeds)
        while onsets.any():
            onset = pick(scores, onsets, self.dice, manner.temperature, manner.top_p)
            if onset == BARLINE:
                return None
            row = self._draw_note(head, seeds, onset, manner)
            if row is not None:
                return row
            onsets[onset] = False  # no lane could take a note there after all
        return None

    def _draw_note(self, head: Head, seeds: Floats, onset: int, manner: Manner) -> Row | None:
        lanes = self.grammar.lanes(onset)
        if not lanes.any():
            return None
        lane = self._pick(head.lane(seeds, onset), lanes, manner)
        pitches = self.grammar.pitches(onset, lane)
        if not pitches.any():
            return None
        player = lane * KINDS + int(self.kinds[lane]) + 1
        pitch = self._pick(head.pitch(seeds, onset, player, self.heard[lane].pitch), pitches, manner)
        lengths = self.grammar.durations(onset, lane, pitch)
        duration = self._pick(head.duration(seeds, onset, player, pitch), lengths, manner)
        row = (onset, lane, pitch, duration)
        self.write(row)
        return row

    def _pick(self, logits: Floats, mask: np.ndarray, manner: Manner) -> int:
        return pick(logits, mask, self.dice, manner.temperature, manner.top_p)

    def write(self, row: Row) -> None:
        """Take up a note of the bar that is being written."""
        onset, lane, pitch, duration = row
        bar = self.grammar.bar
        self.grammar.write(*row)
        tick = self.frame.bars[bar] + onset
        self.heard[lane] = Heard(tick, pitch, tick + int(DURATIONS[duration]))
        self.bars[bar].append(row)

    # -- What the network is shown ----------------------------------------------------

    def show(self, row: Row | None, writes: np.ndarray, origin: int) -> dict[str, Any]:
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
        echo = planning.NO_ECHO if self.reference is None else planning.follower(self.reference, row)
        told = {"plan": self._told[bar], "echo": np.array(echo)}
        return {**values, **told, "writes": writes, "sounding": sounding, "remaining": remaining}

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
