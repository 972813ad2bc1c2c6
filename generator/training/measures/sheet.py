"""The sheet: every measure that is taken of every piece, by name.

The corruption study (`study`) deleted what heard none of seven corruptions: leading tones that do not
rise at V-I, runs of five equal notes, and silences inside a phrase.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np

from generator.music.piece import Piece
from generator.training.measures import Tally, faults, flow, form, rhythm, tonality
from generator.training.measures.view import Floats, View

Measure = Callable[[View], Tally]
Tallies = Mapping[str, Tally]

# What generated music must do as often as real music does.
FAULTS: dict[str, Measure] = {
    "dissonant_beats": faults.dissonant_beats,
    "bare_clashes": faults.bare_clashes,
    "crossings": faults.crossings,
    "parallels": faults.parallels,
    "leaps": faults.leaps,
    "unturned_leaps": faults.unturned_leaps,
    "length_entropy": flow.length_entropy,
    "compass": flow.compass,
    "chord_changes": flow.chord_changes,
    "fifth_motion": flow.fifth_motion,
}
# Further measures: with the faults they are what the corruption study and the classifier read.
OTHERS: dict[str, Measure] = {
    "foreign_tones": flow.foreign_tones,
    "bass_motion": flow.bass_motion,
    "strangers": tonality.strangers,
    "strayed_bars": tonality.strayed_bars,
    "key_heard": tonality.key_heard,
    "last_key_heard": tonality.last_key_heard,
    "final_length": tonality.final_length,
    "final_calm": tonality.final_calm,
    "final_tonic": tonality.final_tonic,
    "phrase_cadences": tonality.phrase_cadences,
    "syncopation": rhythm.syncopation,
    "accents": rhythm.accents,
    "together": rhythm.together,
    "beats_struck": rhythm.beats_struck,
    "seams": rhythm.seams,
    "rhythms_kept": rhythm.rhythms_kept,
}
FORM: dict[str, Callable[[Floats], Tally]] = {
    **{f"bar_similarity_{lag}": partial(form.at_lag, lag=lag) for lag in form.LAGS},
    "return_share": form.returns,
    "near_misses": form.near_misses,
}
NAMES = (*FAULTS, *OTHERS, *FORM)


def tallies(piece: Piece) -> dict[str, Tally]:
    """Every measure of one piece."""
    view = View(piece)
    found = {name: measure(view) for name, measure in (FAULTS | OTHERS).items()}
    likeness = form.similarities(view)
    return found | {name: measure(likeness) for name, measure in FORM.items()}


def rates(measured: Iterable[Tallies]) -> Floats:
    """(pieces, measures) rates in the order of NAMES, NaN where there was no chance."""
    return np.array([[each[name].rate for name in NAMES] for each in measured]).reshape(-1, len(NAMES))
