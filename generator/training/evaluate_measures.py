"""The fault sheet and the classifier of an evaluation: what was composed beside real windows of the same kind.

Every window that a brief was matched to stands beside the piece composed for it: same ensemble, metre
and length. Intervals are bootstrapped over these pairs (Efron 1979; percentile, 1,000 draws).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generator.music.piece import Piece
from generator.training.evaluate_material import Material
from generator.training.measures import Tally, classifier, form, sheet, tonality
from generator.training.measures.parallel import mapped
from generator.training.measures.view import Floats, View

Metrics = dict[str, float]
INSIDE = (0.67, 1.5)  # generated / real
MOST = 99.0  # a ratio to almost nothing
DRAWS = 1000
CLASSIFIED = 500  # pieces of each kind


@dataclass(frozen=True)
class Set:
    """Measured pieces: the number of the window each belongs to, amounts and chances (n, measures), features (n, f)."""

    numbers: list[int]
    amounts: Floats
    chances: Floats
    features: Floats

    def of(self, numbers: Sequence[int]) -> Set:
        """Only the pieces of these windows, in their order."""
        place = {number: index for index, number in enumerate(self.numbers)}
        own = [place[number] for number in numbers]
        return Set(list(numbers), self.amounts[own], self.chances[own], self.features[own])


def measured(material: Material) -> dict[str, Set]:
    """Composed, real, other real, 5-gram and untrained pieces, measured once for the sheet and the classifier."""
    if "sets" not in material.kept:
        asked = range(len(material.asked))
        composed = [(number, material.samples[number].piece) for number in asked]
        unlearnt = [(number, sample.piece) for number, sample in enumerate(material.untrained)]
        found: dict[str, list[tuple[int, Piece | None]]] = {
            "": composed,
            "_real": [*enumerate(material.asked)],
            "_others": [*enumerate(material.others)],
            "_5gram": [*enumerate(material.drawn)],
            "_untrained": unlearnt,
        }
        kept = {suffix: [(number, piece) for number, piece in pairs if piece] for suffix, pairs in found.items()}
        rows = mapped(
            _measure, [piece for pairs in kept.values() for _, piece in pairs], material.options.processes, "measuring"
        )
        material.kept["sets"] = _parted(kept, rows)
    return material.kept["sets"]  # type: ignore[no-any-return]


def _parted(kept: dict[str, list[tuple[int, Piece]]], rows: list[tuple[Floats, Floats]]) -> dict[str, Set]:
    sets, start = {}, 0
    for suffix, pairs in kept.items():
        own = rows[start : start + len(pairs)]
        start += len(pairs)
        tallies = np.array([tally for tally, _ in own]).reshape(-1, len(sheet.NAMES), 2)
        features = np.array([row for _, row in own]).reshape(-1, len(classifier.NAMES))
        sets[suffix] = Set([number for number, _ in pairs], tallies[:, :, 0], tallies[:, :, 1], features)
    return sets


def _measure(piece: Piece) -> tuple[Floats, Floats]:
    """In a worker: amounts and chances (measures, 2), and the classifier's features."""
    tallies = sheet.tallies(piece)
    return np.array([tallies[name] for name in sheet.NAMES]), classifier.features(piece, tallies)


# -- The sheet -----------------------------------------------------------------------


def sheet_part(material: Material) -> Metrics:
    """Every measure of composed music, of real music and of the 5-gram; of faults their ratio and its interval."""
    sets = measured(material)
    metrics: Metrics = {}
    for suffix in ("", "_5gram", "_untrained", "_others"):
        own, real = sets[suffix], sets["_real"].of(sets[suffix].numbers)
        metrics |= _lines(own, real, suffix)
    return metrics | promised(material.composed)


def _lines(own: Set, real: Set, suffix: str) -> Metrics:
    rng, metrics = np.random.default_rng(0), {}
    outside = 0
    for place, name in enumerate(sheet.NAMES):
        title = f"fault_{name}" if name in sheet.FAULTS else name
        rates, low, high = _ratio(own, real, place, rng)
        metrics[f"{title}{suffix}"] = rates[0]
        if not suffix:
            metrics |= {f"{title}_real": rates[1]}
        if not suffix and name not in sheet.OTHERS:
            metrics |= {f"{title}_ratio": over(*rates), f"{title}_ratio_low": low, f"{title}_ratio_high": high}
        if name in sheet.FAULTS:
            outside += not INSIDE[0] <= over(*rates) <= INSIDE[1]
    ending = "_real" if suffix == "_others" else suffix  # real music beside other real music
    kept = {name: value for name, value in metrics.items() if not name.endswith("_others")}
    return kept | {f"faults_outside{ending}": float(outside)}


def over(generated: float, real: float) -> float:
    """Generated / real: 1 where neither does it, at most 99 where real music never does."""
    if real > 0:
        return min(generated / real, MOST)
    return MOST if generated > 0 else 1.0


def _ratio(own: Set, real: Set, place: int, rng: np.random.Generator) -> tuple[tuple[float, float], float, float]:
    """Both rates, and the interval (95%) of their ratio over pairs drawn again."""
    table = np.stack([each[:, place] for each in (own.amounts, own.chances, real.amounts, real.chances)])
    again = table[:, rng.integers(table.shape[1], size=(DRAWS, table.shape[1]))].sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b, c, d = table.sum(axis=1)
        ratios = (again[0] / again[1]) / (again[2] / again[3])
    known = np.minimum(ratios[~np.isnan(ratios)], MOST)
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (1.0, 1.0)
    return (Tally(a, b).rate, Tally(c, d).rate), float(low), float(high)


def promised(composed: Sequence[Piece]) -> Metrics:
    """Form and chords held, of pieces that carry the plan they were composed to; {} where none does."""
    held, tones, basses = Tally(0, 0), Tally(0, 0), Tally(0, 0)
    for piece in composed:
        plan = form.plan_of(piece)
        if plan:
            view = View(piece)
            held = held.plus(form.form_held(form.similarities(view), form.sections(plan)))
            inside, right = tonality.chord_lock(view, form.asked_chords(plan, piece.bars))
            tones, basses = tones.plus(inside), basses.plus(right)
    figures = {"form_held_share": held, "chord_tones_held_share": tones, "chord_basses_held_share": basses}
    return {name: tally.rate for name, tally in figures.items() if tally.chances}


# -- Real or machine -----------------------------------------------------------------


def classifier_part(material: Material) -> Metrics:
    """AUC of telling composed from real, beside real from real, 5-gram from real and untrained from real."""
    sets = measured(material)
    works = classifier.numbered(window.source.get("work", "") for window in material.windows)
    half = len(material.asked)
    metrics: Metrics = {}
    for suffix in ("", "_others", "_5gram", "_untrained"):
        numbers = sets[suffix].numbers[:CLASSIFIED]
        own, real = sets[suffix].of(numbers), sets["_real"].of(numbers)
        groups = [works[number] for number in numbers]
        theirs = [works[half + number] for number in numbers] if suffix == "_others" else groups
        ending = "_real" if suffix == "_others" else suffix
        metrics[f"real_vs_generated_auc{ending}"] = classifier.held_out_auc(
            real.features, own.features, [*groups, *theirs]
        )
        if not suffix:
            metrics |= _by_halves(real.features, own.features, [*groups, *theirs])
            material.said["strongest"] = classifier.strongest(
                real.features, own.features, [*groups, *theirs], classifier.NAMES
            )
    return metrics


def _by_halves(real: Floats, own: Floats, groups: list[int]) -> Metrics:
    """The AUC by the features that search may rank by, and by those it may not."""
    found: Metrics = {}
    for name, half in (("ranking", classifier.RANKING), ("kept_out", classifier.KEPT_OUT)):
        columns = [classifier.NAMES.index(feature) for feature in half]
        found[f"real_vs_generated_auc_{name}"] = classifier.held_out_auc(real[:, columns], own[:, columns], groups)
    return found
