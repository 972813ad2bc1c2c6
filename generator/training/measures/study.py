"""The corruption study: do the measures hear what an ear would?

`detection` of a measure is the probability that it tells a spoilt piece from the same piece unspoilt, in the
direction it usually takes: P(spoilt > own original) + P(equal) / 2, or 1 less that. It is the area under
the ROC curve of a two-alternative forced choice (Green & Swets 1966), like with like, as the sheet itself
compares sets of the same ensemble, metre and length. A measure hears a corruption as well as it does in all
pieces or in those of one ensemble with at least 25: parallels mean little where two hands double each
other, and much where four people sing. The `sheet` as a whole has to do more: a
classifier that never heard the piece says of one version alone whether it is spoilt (ordinary AUC).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np

from generator.music.piece import Piece
from generator.training.measures import sheet
from generator.training.measures.classifier import held_out_auc
from generator.training.measures.corruption import CORRUPTIONS
from generator.training.measures.parallel import mapped
from generator.training.measures.view import Bools, Floats

HEARD = 0.8  # what a measure must reach in one corruption; the sheet as a whole reaches 0.9 in each
FEWEST = 25  # pieces of which a measure must say something, and of one ensemble that is judged by itself
LONG, LEAST = 12, 8  # bars that a piece should have, so that something can return; and must have


def sample(windows: Iterable[Sequence[Piece]], count: int) -> list[Piece]:
    """`count` endings of pieces: of each piece's windows the last of at least 12 bars, or of at least 8."""
    found = [window for own in windows if (window := _ending(own)) is not None]
    places = np.linspace(0, len(found) - 1, min(count, len(found))).astype(int)
    return [found[place] for place in places]


def _ending(windows: Sequence[Piece]) -> Piece | None:
    for bars in (LONG, LEAST):
        for window in reversed(windows):
            if window.bar_count >= bars:
                return window
    return None


def study(pieces: Sequence[Piece], processes: int) -> dict[str, float]:
    """`detect_MEASURE_CORRUPTION` of every measure, its best as `detect_MEASURE`, `sheet_auc_CORRUPTION`."""
    kinds = [None, *CORRUPTIONS]
    tasks = [(piece, kind, seed) for kind in kinds for seed, piece in enumerate(pieces)]
    measured = sheet.rates(mapped(_measured, tasks, processes, "spoiling and measuring"))
    rates = dict(zip(kinds, np.split(measured, len(kinds)), strict=True))
    original = rates.pop(None)
    figures: dict[str, float] = {"study_pieces": len(pieces)}
    strata = _strata(pieces)
    for place, name in enumerate(sheet.NAMES):
        found = {
            kind: max(detection(original[own, place], spoilt[own, place]) for own in strata)
            for kind, spoilt in rates.items()
        }
        figures |= {f"detect_{name}": max(found.values())}
        figures |= {f"detect_{name}_{kind}": value for kind, value in found.items()}
    auc = partial(held_out_auc, groups=np.tile(np.arange(len(pieces)), 2))
    return figures | {f"sheet_auc_{kind}": auc(original, spoilt) for kind, spoilt in rates.items()}


def _strata(pieces: Sequence[Piece]) -> list[Bools]:
    """All pieces, and those of every ensemble that has enough of them."""
    names = np.array([piece.source.get("ensemble", "") for piece in pieces])
    own = [names == name for name in np.unique(names) if (names == name).sum() >= FEWEST]
    return [np.ones(len(pieces), dtype=bool), *own]


def _measured(task: tuple[Piece, str | None, int]) -> sheet.Tallies:
    piece, kind, seed = task
    if kind is not None:
        piece = CORRUPTIONS[kind](piece, np.random.default_rng(seed))
    return sheet.tallies(piece)


def detection(original: Floats, spoilt: Floats) -> float:
    """0.5 to 1: how surely a measure tells pieces from their spoilt selves.

    Both are (n,), NaN where it says nothing; what it says of fewer than 25 pieces counts for nothing.
    """
    known = ~np.isnan(original) & ~np.isnan(spoilt)
    if known.sum() < FEWEST:
        return 0.5
    above = float(np.mean((spoilt > original)[known] + 0.5 * (spoilt == original)[known]))
    return max(above, 1 - above)


def deaf(figures: dict[str, float]) -> list[str]:
    """Measures that hear none of the corruptions: to be deleted."""
    return [name for name in sheet.NAMES if figures[f"detect_{name}"] < HEARD]
