"""Everything that is claimed of the Transformer, measured: likelihood, grammar, locks, ears, statistics, copies.

    python manage.py evaluate transformer --json [--data DIR] [--quick] [--resume]

Every share stands beside that of held-out real music of the same lengths, and
beside the 5-gram where that could have done it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator import engines
from generator.engines.network import Config, Network
from generator.engines.tokens import Rows
from generator.engines.weights import load_weights
from generator.music.piece import Piece
from generator.training import (
    PARTS,
    EvaluationOptions,
    corpus,
    evaluate_harmonise,
    evaluate_measures,
    note_model,
    statistics,
)
from generator.training.evaluate_infill import infill
from generator.training.evaluate_material import Material, encoded, spread
from generator.training.evaluate_samples import Sample
from generator.training.examples import Example
from generator.training.judge import piece_ears
from generator.training.measures import copying, study
from generator.training.ngram import NGram

ENGINE = "transformer"
SPLITS = 10
STUDIED = 200  # pieces that are spoilt in seven ways each
Metrics = dict[str, float]


def run(options: EvaluationOptions) -> dict[str, Any]:
    """Measure the shipped weights, in all `PARTS` or those asked for; or study what the measures hear.

    Raises corpus.CorpusMissing when there is nothing to fit the baseline to.
    """
    corpus.index(options.corpus)  # says at once when there is none
    material = Material(options, ENGINE)
    report: dict[str, Any] = {"engine": ENGINE, "weights": engines.card(ENGINE)["weights"], "data": material.name}
    if options.study:
        pieces = study.sample(material.cuts, min(options.pieces, STUDIED))
        figures = study.study(pieces, options.processes)
        return report | {"deaf": study.deaf(figures), "metrics": _rounded(figures)}
    metrics: Metrics = {}
    for name in options.only or PARTS:
        metrics |= MEASURES[name](material)
    return report | material.said | {"metrics": _rounded(metrics)}


# -- Likelihood ----------------------------------------------------------------------


def likelihood_part(material: Material) -> Metrics:
    return likelihoods(material.examples, material.baseline, 2 * material.options.pieces)


def likelihoods(examples: Sequence[Example], baseline: NGram, limit: int) -> Metrics:
    """Nats a note on held-out windows: the network without and with Feature conditions, and the 5-gram."""
    network = shipped_network()
    chosen = [examples[place] for place in spread(len(examples), min(limit, len(examples)))]
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


def infill_part(material: Material) -> Metrics:
    """Nats a note of bars in the middle, with both sides known and with the left one alone."""
    examples, limit = material.examples, material.options.pieces
    chosen = [examples[place] for place in spread(len(examples), min(2 * limit, len(examples)))]
    return infill(shipped_network(), chosen, limit)


# -- Grammar, locks and ears ---------------------------------------------------------


def judged_part(material: Material) -> Metrics:
    return judged(material.samples, material.windows, material.endings)


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


def overlap_part(material: Material) -> Metrics:
    return compared(material.composed, material.windows, material.drawn[: len(material.composed)])


def compared(composed: Sequence[Piece], windows: Sequence[Piece], drawn: Sequence[Piece]) -> Metrics:
    """Overlaps with real windows of composed pieces, other real windows and 5-gram samples, in equal numbers."""
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


# -- Copies --------------------------------------------------------------------------


def copies_part(material: Material) -> Metrics:
    """Short copies (two bars) and the longest ones."""
    shares = copied(material.composed, material.windows, material.train)
    return shares | copy_runs(material.composed, material.asked, material.train)


def copied(composed: Sequence[Piece], windows: Sequence[Piece], train: Sequence[Rows]) -> Metrics:
    """Share of two-bar windows of a lane that stand, transposed or not, in the training windows."""
    known = statistics.fingerprints(train)
    metrics: Metrics = {}
    for suffix, pieces in (("", composed), ("_real", windows)):
        found, total = statistics.copies([rows for piece in pieces if (rows := encoded(piece)) is not None], known)
        metrics[f"copy_share{suffix}"] = found / max(total, 1)
    return metrics


def copy_runs(composed: Sequence[Piece], windows: Sequence[Piece], train: Sequence[Rows]) -> Metrics:
    """Notes of the longest run that is in training too: the 99th percentile over pieces, and over real windows."""
    every = [*composed, *windows]
    rows = [found for piece in every if (found := encoded(piece)) is not None]
    longest = copying.longest_runs(rows, train)
    first = len(rows) - len(windows)
    metrics: Metrics = {}
    for suffix, runs in (("", longest[:first]), ("_real", longest[first:])):
        metrics[f"copy_run_99{suffix}"] = float(np.percentile(runs, 99)) if len(runs) else float("nan")
        metrics[f"copy_run_median{suffix}"] = float(np.median(runs)) if len(runs) else float("nan")
    return metrics


def _rounded(metrics: Mapping[str, float]) -> Metrics:
    return {name: round(float(value), 4) for name, value in metrics.items()}


MEASURES: dict[str, Callable[[Material], Metrics]] = {
    "likelihood": likelihood_part,
    "judged": judged_part,
    "overlap": overlap_part,
    "copies": copies_part,
    "sheet": evaluate_measures.sheet_part,
    "classifier": evaluate_measures.classifier_part,
    "harmonise": evaluate_harmonise.harmonise_part,
    "infill": infill_part,
    "spelling": evaluate_harmonise.spelling_part,
}
