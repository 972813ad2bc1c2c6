"""What an evaluation measures against, each part made when it is first needed."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from generator import engines
from generator.engines import tokens
from generator.engines.tokens import BARLINE, DURATIONS, LANES, ONSETS, PITCHES, Rows
from generator.music.ensembles import lane_places
from generator.music.piece import Note, Piece
from generator.training import EvaluationOptions, corpus, dataset
from generator.training.corpus_windows import windows as cut
from generator.training.evaluate_samples import (
    UNTRAINED,
    Sample,
    matchable,
    matched_brief,
    sample_all,
    uniform_brief,
)
from generator.training.examples import Example
from generator.training.measures.parallel import mapped
from generator.training.ngram import NGram, Row, Sizes

EVENLY = 5  # to so many briefs like real windows comes one that is drawn evenly from all that may be asked
UNLEARNT = 100  # pieces that untrained weights write: few are enough to be told apart
ENDING = 8  # bars
SIZES = Sizes(ONSETS + 1, LANES, PITCHES, len(DURATIONS))


class Material:
    """The corpus, and instead of its validation split the files in `options.data` where that is given."""

    def __init__(self, options: EvaluationOptions, engine: str) -> None:
        self.options, self.engine = options, engine
        self.said: dict[str, Any] = {}  # what is reported beside figures
        self.kept: dict[str, Any] = {}  # what one part made and another needs
        self.name = "validation split" if options.data is None else str(options.data)

    @cached_property
    def held(self) -> list[Piece]:
        """The held-out pieces, whole."""
        options = self.options
        if options.data is None:
            return list(corpus.load(options.corpus, "valid"))
        unseen = options.folder / "unseen" / hashlib.sha256(str(options.data.resolve()).encode()).hexdigest()[:12]
        corpus.build([str(options.data)], unseen, options.processes)
        return list(corpus.load(unseen))

    @cached_property
    def cuts(self) -> list[list[Piece]]:
        """The windows of every held-out piece that can be encoded."""
        return mapped(_encodable, self.held, self.options.processes, "held-out pieces")

    @cached_property
    def endings(self) -> list[Piece]:
        """How held-out pieces end."""
        return [piece.slice(max(piece.bar_count - ENDING, 0), piece.bar_count) for piece in self.held]

    @cached_property
    def built(self) -> dataset.Built:
        """The network's own windows of the corpus."""
        return dataset.build(self.options.corpus, self.options.windows, self.options.processes)

    @cached_property
    def train(self) -> list[Rows]:
        return [each.rows for each in self.built.train]

    @cached_property
    def examples(self) -> list[Example]:
        """Held-out windows as the network reads them."""
        if self.options.data is None:
            return self.built.valid
        table = self.built.table
        everyone = tqdm([window for own in self.cuts for window in own], desc="held-out windows", unit="window")
        return [each for window in everyone if (each := dataset.example(window, table))]

    @cached_property
    def windows(self) -> list[Piece]:
        """Held-out windows that a brief can ask for the like of: those that are asked for, then as many others."""
        found = [window for own in self.cuts for window in own if matchable(window)]
        count = min(self.options.pieces, len(found) // 2)
        return [found[place] for place in spread(len(found), 2 * count)]

    @property
    def asked(self) -> list[Piece]:
        return self.windows[: len(self.windows) // 2]

    @property
    def others(self) -> list[Piece]:
        return self.windows[len(self.windows) // 2 :]

    # -- What is set beside it -------------------------------------------------------

    @cached_property
    def folder(self) -> Path:
        """Where what was composed with these weights is kept."""
        return self.options.folder / str(engines.card(self.engine)["weights"])

    @cached_property
    def baseline(self) -> NGram:
        return NGram.fit(self.train, SIZES)

    @cached_property
    def samples(self) -> list[Sample]:
        """One for each window that is asked for, then some for briefs drawn evenly."""
        briefs = [matched_brief(window, seed) for seed, window in enumerate(self.asked)]
        briefs += [uniform_brief(seed) for seed in range(self.options.pieces // EVENLY)]
        return sample_all(self.engine, briefs, self.folder, self.options.resume, self.options.processes)

    @property
    def composed(self) -> list[Piece]:
        return [sample.piece for sample in self.samples[: len(self.asked)] if sample.piece]

    @cached_property
    def untrained(self) -> list[Sample]:
        """The same for some of the windows, from weights that never learnt."""
        briefs = [matched_brief(window, seed) for seed, window in enumerate(self.asked[:UNLEARNT])]
        folder = self.folder / UNTRAINED
        return sample_all(UNTRAINED, briefs, folder, self.options.resume, self.options.processes)

    @cached_property
    def drawn(self) -> list[Piece]:
        """What the 5-gram writes in the frame of each window that is asked for."""
        windows = tqdm(self.asked, desc="drawing from the 5-gram", unit="piece")
        return [draw_like(window, self.baseline, seed) for seed, window in enumerate(windows)]


def draw_like(window: Piece, baseline: NGram, seed: int) -> Piece:
    """A 5-gram sample in the frame of a real window: its bars and lanes, rows in score order."""
    places = lane_places(window)
    lengths = np.diff(window.bars)
    shift = tokens.encode(window).shift

    def admissible(row: Row, last: Row, bar: int) -> bool:
        later = last[0] == BARLINE or row[:3] > last[:3]
        return row[1] < len(places) and later and row[0] < lengths[bar]

    rows = baseline.sample(np.random.default_rng(seed), len(lengths), admissible)
    notes = []
    for (onset, lane, pitch, duration), bar in zip(
        rows.tolist(), tokens.bar_numbers(rows.astype(np.int16)), strict=True
    ):
        if onset != BARLINE:
            part, staff = places[lane]
            start = window.bars[bar] + onset
            length = min(int(DURATIONS[duration]), window.length - start)
            notes.append((part, Note(start, length, pitch + shift, staff=staff)))
    return window.with_notes(notes)


def spread(total: int, count: int) -> list[int]:
    """`count` places evenly spread over `total`, the even ones first: works stay together, halves do not."""
    places = np.linspace(0, total - 1, count).astype(int).tolist()
    return places[::2] + places[1::2]


def encoded(piece: Piece) -> Rows | None:
    """The rows of a piece, or None where there are none."""
    try:
        return tokens.encode(piece).rows
    except tokens.NotEncodable:
        return None


def _encodable(piece: Piece) -> list[Piece]:
    return [window for window in cut(piece) if encoded(window) is not None]
