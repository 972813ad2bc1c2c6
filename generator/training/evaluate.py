"""Everything that is claimed of the Transformer, measured: likelihood, grammar, locks, ears, statistics, copies.

    python manage.py evaluate transformer --json [--data DIR] [--quick] [--resume]

Every share stands beside that of held-out real music of the same lengths, and
beside the 5-gram where that could have done it too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from generator import engines
from generator.engines import tokens
from generator.engines.network import Config, Network
from generator.engines.tokens import BARLINE, DURATIONS, LANES, ONSETS, PITCHES, Rows
from generator.engines.weights import load_weights
from generator.music.ensembles import lane_places
from generator.music.piece import Note, Piece
from generator.training import EvaluationOptions, corpus, dataset, note_model, statistics
from generator.training.corpus_windows import windows as cut
from generator.training.dataset import Example
from generator.training.evaluate_samples import Sample, matchable, matched_brief, sample_all, uniform_brief
from generator.training.judge import piece_ears
from generator.training.ngram import NGram, Row, Sizes

ENGINE = "transformer"
EVENLY = 5  # to so many briefs like real windows comes one that is drawn evenly from all that may be asked
SPLITS = 10
ENDING = 8  # bars
SIZES = Sizes(ONSETS + 1, LANES, PITCHES, len(DURATIONS))
Metrics = dict[str, float]


@dataclass(frozen=True)
class Material:
    """What is measured against: the network's training windows, held-out windows, and how held-out pieces end."""

    train: list[Rows]
    examples: list[Example]
    windows: list[Piece]
    endings: list[Piece]
    name: str


def run(options: EvaluationOptions) -> dict[str, Any]:
    """Measure the shipped weights. Raises corpus.CorpusMissing when there is nothing to fit the baseline to."""
    material = gather(options)
    weights = engines.card(ENGINE)["weights"]
    baseline = NGram.fit(material.train, SIZES)
    metrics = likelihoods(material.examples, baseline, 2 * options.pieces)
    count = min(options.pieces, len(material.windows) // 2)
    windows = [material.windows[place] for place in _spread(len(material.windows), 2 * count)]
    briefs = [matched_brief(window, seed) for seed, window in enumerate(windows[:count])]
    briefs += [uniform_brief(seed) for seed in range(options.pieces // EVENLY)]
    samples = sample_all(ENGINE, briefs, options.folder / weights, options.resume, options.processes)
    metrics |= judged(samples, windows, material.endings)
    composed = [sample.piece for sample in samples[:count] if sample.piece]
    metrics |= compared(composed, windows, baseline)
    metrics |= copied(composed, windows, material.train)
    return {"engine": ENGINE, "weights": weights, "data": material.name, "metrics": _rounded(metrics)}


# -- Material ------------------------------------------------------------------------


def gather(options: EvaluationOptions) -> Material:
    """Read the corpus, and instead of its validation split the files in `data` where that is given."""
    built = dataset.build(options.corpus, options.windows, options.processes)
    held = list(_held_out(options))
    cuts = (window for piece in tqdm(held, desc="held-out pieces", unit="piece") for window in cut(piece))
    windows = [window for window in cuts if encoded(window) is not None]
    examples = built.valid
    if options.data is not None:
        examples = [each for window in windows if (each := dataset.example(window, built.table))]
    return Material(
        train=[each.rows for each in built.train],
        examples=examples,
        windows=[window for window in windows if matchable(window)],
        endings=[piece.slice(max(piece.bar_count - ENDING, 0), piece.bar_count) for piece in held],
        name="validation split" if options.data is None else str(options.data),
    )


def _held_out(options: EvaluationOptions) -> Iterator[Piece]:
    if options.data is None:
        return corpus.load(options.corpus, "valid")
    unseen = options.folder / "unseen" / hashlib.sha256(str(options.data.resolve()).encode()).hexdigest()[:12]
    corpus.build([str(options.data)], unseen, options.processes)
    return corpus.load(unseen)


def _spread(total: int, count: int) -> list[int]:
    """`count` places evenly spread over `total`, the even ones first: works stay together, halves do not."""
    places = np.linspace(0, total - 1, count).astype(int).tolist()
    return places[::2] + places[1::2]


# -- Likelihood ----------------------------------------------------------------------


def likelihoods(examples: Sequence[Example], baseline: NGram, limit: int) -> Metrics:
    """Nats a note on held-out windows: the network without and with Feature conditions, and the 5-gram."""
    network = shipped_network()
    chosen = [examples[place] for place in _spread(len(examples), min(limit, len(examples)))]
    blind = note_model.likelihood(network, chosen, conditioned=False)
    ngram = baseline.nll_per_note([each.rows for each in chosen])
    return {
        "nll_per_note": blind,
        "nll_per_note_conditioned": note_model.likelihood(network, chosen, conditioned=True),
        "nll_per_note_5gram": ngram,
        "nll_per_note_ratio": blind / ngram,
        "nll_windows": len(chosen),
    }


def shipped_network() -> Network:
    """The network of the shipped weights, as torch reads it."""
    sizes = engines.card(ENGINE)["config"]
    network = Network(Config(**{**sizes, "conditions": tuple(sizes["conditions"])}))
    load_weights(network, engines.WEIGHTS / f"{ENGINE}.safetensors", "cpu")
    return network.eval()


# -- Grammar, locks and ears ---------------------------------------------------------


def judged(samples: Sequence[Sample], windows: Sequence[Piece], endings: Sequence[Piece]) -> Metrics:
    """Shares of samples that the judge found in order, beside the same ears' shares of real music."""
    verdicts = [sample.verdict for sample in samples]
    real = [piece_ears(window) for window in windows]
    ends = [piece_ears(ending) for ending in endings]
    metrics: Metrics = {
        "pieces": len(samples),
        "grammatical_share": _share(verdict.grammatical for verdict in verdicts),
        "locks_held_share": _share(verdict.locks_held for verdict in verdicts),
        "heard_key_share_real": _share(ears["heard_key"] for ears in real),
        "final_cadence_share_real": _share(ears["final_cadence"] for ears in ends),
        "frozen_share_real": _share(ears["frozen"] for ears in real),
    }
    rng = np.random.default_rng(0)
    for name in ("heard_key", "final_cadence", "frozen"):
        values = np.array([getattr(verdict, name) for verdict in verdicts], dtype=float)
        low, high = statistics.bootstrap(values, rng)
        metrics |= {f"{name}_share": float(values.mean()), f"{name}_share_low": low, f"{name}_share_high": high}
    return metrics


def _share(values: Iterable[bool]) -> float:
    kept = list(values)
    return sum(kept) / len(kept) if kept else float("nan")


# -- Statistics ----------------------------------------------------------------------


def compared(composed: Sequence[Piece], windows: Sequence[Piece], baseline: NGram) -> Metrics:
    """Overlaps with real windows of composed pieces, other real windows and 5-gram samples, in equal numbers."""
    half = min(len(composed), len(windows) // 2)
    drawn = [draw_like(window, baseline, seed) for seed, window in enumerate(windows[:half])]
    real = statistics.measure(windows)
    sets = {"": statistics.measure(composed), "_5gram": statistics.measure(drawn), "_real": real}
    rng = np.random.default_rng(0)
    metrics: Metrics = {}
    for suffix, measured in sets.items():
        own = len(measured[statistics.NAMES[0]])
        splits = [_split(windows, own, rng, same=measured is real) for _ in range(SPLITS)]
        shared = statistics.mean_overlaps(measured, real, splits)
        metrics |= {f"overlap_{name}{suffix}": value for name, value in shared.items()}
        metrics[f"overlap_mean{suffix}"] = float(np.mean(list(shared.values())))
    gap = metrics["overlap_mean_real"] - metrics["overlap_mean_5gram"]
    metrics["overlap_relative"] = (metrics["overlap_mean"] - metrics["overlap_mean_5gram"]) / gap
    return metrics


def _split(
    windows: Sequence[Piece], own: int, rng: np.random.Generator, same: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Equally many places of a set of `own` pieces and of one half of the real windows.

    When the set is the `same` real windows its places are the other half. The halves hold
    different works, and as much of every ensemble and style, as matched briefs do.
    """
    halves: tuple[list[int], list[int]] = ([], [])
    for works in _works(windows).values():
        counts = [0, 0]
        for work in rng.permutation(sorted(works)):
            lighter = counts.index(min(counts)) if counts[0] != counts[1] else int(rng.integers(2))
            halves[lighter].extend(works[work])
            counts[lighter] += len(works[work])
    theirs, others = (rng.permutation(np.array(half, dtype=np.int64)) for half in halves)
    mine = others if same else rng.permutation(own)
    size = min(len(mine), len(theirs), len(others))
    return mine[:size], theirs[:size]


def _works(windows: Sequence[Piece]) -> dict[tuple[str, str], dict[str, list[int]]]:
    """Places of the windows, by ensemble and style and then by work."""
    found: dict[tuple[str, str], dict[str, list[int]]] = {}
    for place, window in enumerate(windows):
        kind = window.source.get("ensemble", ""), window.source.get("style", "")
        found.setdefault(kind, {}).setdefault(window.source.get("work", str(place)), []).append(place)
    return found


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


# -- Copies --------------------------------------------------------------------------


def copied(composed: Sequence[Piece], windows: Sequence[Piece], train: Sequence[Rows]) -> Metrics:
    """Share of two-bar windows of a lane that stand, transposed or not, in the training windows."""
    known = statistics.fingerprints(train)
    metrics: Metrics = {}
    for suffix, pieces in (("", composed), ("_real", windows)):
        found, total = statistics.copies([rows for piece in pieces if (rows := encoded(piece)) is not None], known)
        metrics[f"copy_share{suffix}"] = found / max(total, 1)
    return metrics


def encoded(piece: Piece) -> Rows | None:
    """The rows of a piece, or None where there are none."""
    try:
        return tokens.encode(piece).rows
    except tokens.NotEncodable:
        return None


def _rounded(metrics: Mapping[str, float]) -> Metrics:
    return {name: round(float(value), 4) for name, value in metrics.items()}
