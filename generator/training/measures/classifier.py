"""Real or machine? Gradient boosting is asked to tell two sets of pieces apart by everything that is measured.

AUC 0.5 is what a set of real music gets against another one; 1.0 is what a machine gets that every
measure gives away. The features it leans on say what to mend first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from generator.music.features import describe
from generator.music.piece import Piece
from generator.training import statistics
from generator.training.measures import sheet
from generator.training.measures.view import Floats

FOLDS = 5
MOSTLY = 0.9  # a feature that says nothing of so many pieces is left out
STATISTICS = tuple(statistics.SCALARS)
DESCRIBED = ("tessitura", "chromaticism", "duration_entropy", "range", "silence")
NAMES = (*sheet.NAMES, *STATISTICS, *DESCRIBED)
# Search may rank candidates by these; by the others it may not, so that they go on telling the truth about it.
RANKING: tuple[str, ...] = NAMES[::2]
KEPT_OUT: tuple[str, ...] = NAMES[1::2]


def features(piece: Piece, measured: sheet.Tallies) -> Floats:
    """(len(NAMES),) every measure of one piece, of which the sheet is given; NaN where one says nothing."""
    described = describe(piece)
    return np.array(
        [
            *(measured[name].rate for name in sheet.NAMES),
            *(statistic(piece) for statistic in statistics.SCALARS.values()),
            *(getattr(described, name) for name in DESCRIBED),
        ]
    )


def booster() -> HistGradientBoostingClassifier:
    """Small trees, slowly: a few hundred pieces and some forty features overfit easily."""
    return HistGradientBoostingClassifier(
        max_iter=100, learning_rate=0.06, max_leaf_nodes=7, min_samples_leaf=8, l2_regularization=1.0, random_state=0
    )


def held_out_auc(real: Floats, other: Floats, groups: Sequence[int] | NDArray[np.int64]) -> float:
    """AUC over grouped folds: (n, f) and (m, f) features, `groups` (n + m,) of which none is in two folds.

    On one thread: threads that spin for a shared core take ten times as long.
    """
    with threadpool_limits(1):
        scores, labels, _ = _folds(real, other, np.asarray(groups))
    return float(roc_auc_score(labels, scores))


def strongest(
    real: Floats, other: Floats, groups: Sequence[int] | NDArray[np.int64], names: Sequence[str], count: int = 10
) -> list[tuple[str, float]]:
    """The features whose shuffling in the held-out folds costs the most AUC, and what it costs."""
    with threadpool_limits(1):
        _, labels, models = _folds(real, other, np.asarray(groups))
        table, rng = np.concatenate([real, other]), np.random.default_rng(0)
        order = np.concatenate([held for held, _ in models])

        def auc(rows: Floats) -> float:
            said = [model.predict_proba(rows[held])[:, 1] for held, model in models]
            return float(roc_auc_score(labels[order], np.concatenate(said)))

        whole = auc(table)
        costs = [(name, whole - auc(_shuffled(table, place, rng))) for place, name in enumerate(names)]
    return sorted(costs, key=lambda cost: -cost[1])[:count]


def _shuffled(table: Floats, column: int, rng: np.random.Generator) -> Floats:
    """The table with one column in random order."""
    mixed = table.copy()
    mixed[:, column] = rng.permutation(mixed[:, column])
    return mixed


def _folds(
    real: Floats, other: Floats, groups: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64], list[tuple[NDArray[np.int64], HistGradientBoostingClassifier]]]:
    """Held-out probabilities of being `other`, the labels, and of every fold its held-out places and its model."""
    table = np.concatenate([real, other])
    rare = np.isnan(table).mean(axis=0) > MOSTLY
    table[:, rare] = 0.0  # boosting cannot bin what is known of almost no piece
    labels = np.repeat([0, 1], [len(real), len(other)])
    scores, models = np.zeros(len(table)), []
    folds = GroupKFold(min(FOLDS, len(np.unique(groups))), shuffle=True, random_state=0)
    for rest, held in folds.split(table, labels, groups):
        model = booster().fit(table[rest], labels[rest])
        scores[held] = model.predict_proba(table[held])[:, 1]
        models.append((held, model))
    return scores, labels, models


def numbered(names: Iterable[str]) -> list[int]:
    """A number for every name, the same for equal names."""
    known: dict[str, int] = {}
    return [known.setdefault(name, len(known)) for name in names]
