"""The Transformer engine: compose, continue, infill, harmonise and accompany with one set of weights.

A score is written in passages. Before each, the network is shown the cells it
may know (given ones, and bars already written) as *given* steps, then writes
bar after bar of all takes side by side. Eight bars are one passage; a long
piece is several, each reading the last bars of the one before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from generator.engines import WEIGHTS, Bar, Brief, briefs, card, conditions, form
from generator.engines.briefs import Score
from generator.engines.decoder import Arrays, Decoder, Floats
from generator.engines.grammar import Frame
from generator.engines.layout import Ints, lane_vector, lay_out
from generator.engines.network import Config, Network
from generator.engines.sampling import Dice
from generator.engines.take import Heard, Manner, Row, Take
from generator.engines.tokens import DURATIONS, PITCHES, decode_row, key_shift, rows_of
from generator.engines.weights import load_weights
from generator.music.ensembles import lane_places
from generator.music.piece import Key, Piece

SLOTS = 1024  # steps a passage may take, what it is shown included
SHOWN = 160  # steps of context before a passage
PASSAGE_STEPS = 150  # a passage is closed after about so many written steps
PASSAGE_BARS = 8
AHEAD = 4  # given bars shown after the passage's own
REDRAWS = 4
TAKE_SEED = 1_000_003  # a prime apart, so that takes of neighbouring seeds differ


@dataclass
class Passage:
    """Where time is counted from, which bars may be shown, and how many steps were written."""

    first_bar: int
    origin_bar: int
    steps: int = 0

    def is_over(self, bar: int) -> bool:
        return self.steps > PASSAGE_STEPS or bar - self.first_bar >= PASSAGE_BARS


class TransformerEngine:
    """See `generator.engines.Engine`."""

    name = "transformer"

    def __init__(self, network: Network, card: dict[str, Any], plans: form.Plans = ()) -> None:
        self.arrays = Arrays(network)
        self.card, self.plans = card, plans

    @classmethod
    def load(cls, device: str = "cpu") -> TransformerEngine:
        """The shipped weights. Decoding runs on the CPU: a step is too small for anything larger to be faster."""
        own = card(cls.name)
        network = Network(Config(**{**own["config"], "conditions": tuple(own["config"]["conditions"])}))
        load_weights(network, WEIGHTS / f"{cls.name}.safetensors", "cpu")
        plans = json.loads((WEIGHTS / f"{cls.name}.plans.json").read_text("utf8")) if network.config.planned else ()
        return cls(network, own, plans)

    def resolve(self, brief: Brief) -> Brief:
        return briefs.resolve(brief, self.card["bank"], self.plans)

    def skeleton(self, brief: Brief, given: Piece | None = None) -> Piece:
        return briefs.lay_down(brief, given).piece

    def compose(self, brief: Brief, given: Piece | None = None) -> Iterator[Bar]:
        brief = self.resolve(brief)
        yield from Composition(self, brief, briefs.lay_down(brief, given)).bars()


class Composition:
    """One brief being composed: all its takes, passage by passage."""

    def __init__(self, engine: TransformerEngine, brief: Brief, score: Score) -> None:
        self.engine, self.brief, self.score = engine, brief, score
        piece = score.piece
        self.key = Key.parse(brief.key) if brief.task == "compose" and brief.key else piece.key_at(0)
        self.shift = key_shift(self.key)
        self.places = lane_places(piece)
        self.line = np.array(piece.bars)
        self.given = _given_rows(piece, self.shift)
        self.kinds = lane_vector(tuple(lane.kind for lane in score.lanes))
        self.decoder = Decoder(engine.arrays, brief.takes, SLOTS)
        self.takes = [self._take(number) for number in range(brief.takes)]

    def _take(self, number: int) -> Take:
        piece, score = self.score.piece, self.score
        given = [self.given[self.given[:, 1] == lane] for lane in range(len(score.lanes))]
        frame = Frame(
            piece.bars, score.lanes, self.shift, self.key.mode == "minor", briefs.beat_of(piece), score.ends,
            tuple(own[:, 0] for own in given),
        )  # fmt: skip
        heard = [[Heard(int(tick), int(pitch), int(end)) for tick, _, pitch, end in own] for own in given]
        dice = Dice((self.brief.seed or 0) + number * TAKE_SEED)
        take = Take(frame, self.kinds, dice, heard, score.plan)
        first = int(np.flatnonzero(score.write.any(1))[0])
        for tick, lane, pitch, end in self.given.tolist():
            if tick < self.line[first] < end:
                take.grammar.remember(lane, pitch, end)
        return take

    # -- Bars ------------------------------------------------------------------------

    def bars(self) -> Iterator[Bar]:
        """Every bar that is written, take after take before the next."""
        hidden: Floats | None = None
        passage: Passage | None = None
        for bar in np.flatnonzero(self.score.write.any(1)).tolist():
            lanes = [lane for lane in np.flatnonzero(self.score.write[bar]).tolist() if lane < len(self.score.lanes)]
            for take in self.takes:
                take.begin(bar, lanes)
            if passage is None or passage.is_over(bar) or not self.score.write[bar - 1].any():
                passage = self._passage(bar)
                hidden = np.stack([self._read(passage, take, row) for row, take in enumerate(self.takes)])
            else:
                hidden = self._step(range(len(self.takes)), [None] * len(self.takes), passage)
            self._write_bar(bar, hidden, passage)
            for number, take in enumerate(self.takes):
                yield self._bar(number, take, bar)

    def _bar(self, number: int, take: Take, bar: int) -> Bar:
        start, end = int(self.line[bar]), int(self.line[bar + 1])
        notes = []
        for row in take.bars[bar]:
            part, staff = self.places[row[1]]
            notes.append((part, decode_row(row, start, self.shift, staff)))
        return Bar(number, bar, start, end - start, tuple(notes))

    def _write_bar(self, bar: int, hidden: Floats, passage: Passage) -> None:
        """Write one bar of every take; a frozen one is drawn again, a little bolder each time."""
        lengths = self.decoder.lengths
        saved = [(take.snapshot(), length) for take, length in zip(self.takes, lengths.tolist(), strict=True)]
        rows, manner = list(range(len(self.takes))), Manner(self.brief.temperature, self.brief.top_p)
        for attempt in range(REDRAWS):
            self._fill(rows, hidden[rows], passage, manner)
            rows = [row for row in rows if self.takes[row].is_frozen(bar)]
            if not rows or attempt == REDRAWS - 1:
                return
            for row in rows:
                self.takes[row].restore(saved[row][0])
                self.takes[row].bars[bar] = []
                lengths[row] = saved[row][1]
            manner = Manner(manner.temperature * 1.15 + 0.05, min(manner.top_p + 0.02, 1.0))

    def _fill(self, rows: list[int], hidden: Floats, passage: Passage, manner: Manner) -> None:
        """Draw events of the takes `rows` until each has closed its bar."""
        head = self.decoder.head
        while rows:
            drawn = [self.takes[row].draw(head, state, manner) for row, state in zip(rows, hidden, strict=True)]
            going = [(row, event) for row, event in zip(rows, drawn, strict=True) if event is not None]
            passage.steps += len(going) // max(len(self.takes), 1) + 1
            if not going:
                return
            rows = [row for row, _ in going]
            hidden = self._step(rows, [event for _, event in going], passage)

    # -- What the network reads --------------------------------------------------------

    def _passage(self, bar: int) -> Passage:
        """A passage from `bar` on, with as many bars before it in sight as SHOWN steps hold."""
        known = [len(self._known(take, bar)) for take in self.takes]
        origin = bar
        while origin > 0 and max(known) and self._shown_steps(origin - 1, bar) <= SHOWN:
            origin -= 1
        return Passage(bar, origin)

    def _shown_steps(self, origin: int, bar: int) -> int:
        return max(len(self._context(take, Passage(bar, origin))) for take in self.takes)

    def _known(self, take: Take, before: int) -> Ints:
        """Every known note (tick, lane, pitch, end): given ones, and those written before bar `before`."""
        written = [
            (self.line[bar] + onset, lane, pitch, self.line[bar] + onset + int(DURATIONS[duration]))
            for bar, rows in take.bars.items()
            if bar < before
            for onset, lane, pitch, duration in rows
        ]
        return np.concatenate([self.given, np.array(written, dtype=np.int64).reshape(-1, 4)])

    def _context(self, take: Take, passage: Passage) -> Ints:
        """Known notes from the passage's origin to some bars after its beginning."""
        known = self._known(take, passage.first_bar)
        until = self.line[min(passage.first_bar + PASSAGE_BARS + AHEAD, len(self.line) - 1)]
        return known[(known[:, 0] >= self.line[passage.origin_bar]) & (known[:, 0] < until)]

    def _read(self, passage: Passage, take: Take, row: int) -> Floats:
        """Show the network a passage's context and its first bar's beginning; hidden state (D,)."""
        bar, origin = passage.first_bar, int(self.line[passage.origin_bar])
        bars = self.line[passage.origin_bar :] - origin
        write = self.score.write[passage.origin_bar :].copy()
        write[: bar - passage.origin_bar] = False
        notes = self._context(take, passage) - (origin, 0, 0, 0)
        notes[:, 3] -= notes[:, 0]
        layout = lay_out(rows_of(notes, bars), bars, write, ~write)
        shown = int((layout.weight == 0).sum()) + 1
        # The first step's echo may lie before the passage: the take knows.
        first = take.show(None, write[bar - passage.origin_bar].astype(np.float32), origin)
        columns = {
            name: np.concatenate([column[: shown - 1], [first[name]]]) for name, column in layout.columns.items()
        }
        return self.decoder.prefill(columns, self.kinds, self._conditions(passage), row)

    def _step(self, rows: Sequence[int], events: list[Row | None], passage: Passage) -> Floats:
        origin = int(self.line[passage.origin_bar])
        shown = []
        for row, event in zip(rows, events, strict=True):
            take = self.takes[row]
            writes = self.score.write[take.grammar.bar].astype(np.float32)
            shown.append(take.show(event, writes, origin))
        columns = {name: np.array([each[name] for each in shown]) for name in shown[0]}
        return self.decoder.step(columns, rows)

    def _conditions(self, passage: Passage) -> Ints:
        values = briefs.condition_values(self.brief, passage.origin_bar == 0, self.score.ends)
        return conditions.vector(values)


def _given_rows(piece: Piece, shift: int) -> Ints:
    """Given notes as (tick, lane, pitch as in rows, end), by tick, lane and pitch."""
    lane_of = {place: lane for lane, place in enumerate(lane_places(piece))}
    notes = [
        (note.onset, lane_of[part, note.staff], min(max(note.pitch - shift, 0), PITCHES - 1), note.end)
        for part, note in piece.notes()
        if note.duration and (part, note.staff) in lane_of
    ]
    return np.array(sorted(notes), dtype=np.int64).reshape(-1, 4)
