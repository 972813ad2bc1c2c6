"""The fault sheet's lines about pitch: how voices sound together, and how each of them moves.

Definitions follow school counterpoint as far as it can be counted (Fux 1725; Huron, Voice Leading,
2016): a fault is not forbidden, it is something that real music of a kind does so often and no more.
"""

from __future__ import annotations

import numpy as np

from generator.training.measures import Tally
from generator.training.measures.view import SILENCE, Bools, Ints, View, Voice

CONSONANT = np.isin(np.arange(12), (0, 3, 4, 7, 8, 9))  # over the bass a fourth is none
CLASH = np.isin(np.arange(12), (1, 2, 10, 11))
PERFECT = np.isin(np.arange(12), (0, 7))
STEP, THIRD, FIFTH = 2, 4, 7  # semitones: the widest step, the widest third, a fifth
DOUBLING, FEW = 0.25, 3  # a share of all moves, and so many at least, make a doubling


# -- Together ------------------------------------------------------------------------


def dissonant_beats(view: View) -> Tally:
    """Beats on which something sounds that is no third, fifth, sixth or octave over the bass.

    Chances: beats on which at least two pitches sound.
    """
    ticks = view.beats
    bass, classes = view.bass[ticks], view.classes[:, ticks]
    some = (bass != SILENCE) & ((view.sounding[:, ticks] != SILENCE).sum(axis=0) > 1)
    above = (np.arange(12)[:, None] - bass[None, :]) % 12
    wrong = (classes & ~CONSONANT[above]).any(axis=0)
    return Tally(float((wrong & some).sum()), float(some.sum()))


def bare_clashes(view: View) -> Tally:
    """Seconds, sevenths and ninths between voices of which no note is treated: see `_treated`.

    Chances: every strike of a voice against every other that sounds.
    """
    faults = chances = 0
    for upper, lower in view.pairs:
        ticks = _struck(view, upper, lower)
        apart = np.abs(view.sounding[upper, ticks] - view.sounding[lower, ticks]) % 12
        clashing = ticks[CLASH[apart]]
        treated = _treated(view, upper, clashing) | _treated(view, lower, clashing)
        faults += int((~treated).sum())
        chances += len(ticks)
    return Tally(faults, chances)


def _struck(view: View, upper: int, lower: int) -> Ints:
    """Ticks at which one of two voices strikes and both sound."""
    ticks = np.union1d(view.voices[upper].onset, view.voices[lower].onset)
    ticks = ticks[ticks < view.length]
    return ticks[(view.sounding[[upper, lower]][:, ticks] != SILENCE).all(axis=0)]


def _treated(view: View, row: int, ticks: Ints) -> Bools:
    """A note struck now is prepared by the same pitch or a step, or left by step; one held is left by step."""
    voice, place = view.voices[row], view.place[row, ticks]
    steps = np.abs(np.concatenate([[99], voice.steps, [99]]))
    before, after = steps[place], steps[place + 1]
    held = voice.onset[place] < ticks
    left = (after >= 1) & (after <= STEP)
    return left | (~held & (before <= STEP))


def crossings(view: View) -> Tally:
    """Voices that sound below a lower one; chances: every two voices that sound, each sixteenth."""
    frames = view.sounding[:, ::6]
    faults = chances = 0
    for upper, lower in view.pairs:
        both = (frames[upper] != SILENCE) & (frames[lower] != SILENCE)
        chances += int(both.sum())
        faults += int((both & (frames[upper] < frames[lower])).sum())
    return Tally(faults, chances)


def parallels(view: View) -> Tally:
    """Two voices that move the same way from a fifth or octave to another one.

    Chances: every time two voices that sounded together strike together, both having moved. Voices of
    which a quarter of these moves, and three, are parallel double each other, and are left out.
    """
    faults = chances = 0
    for pair in view.pairs:
        found, moves = _parallel_moves(view.voices[pair[0]], view.voices[pair[1]])
        if found < max(DOUBLING * moves, FEW):
            faults, chances = faults + found, chances + moves
    return Tally(faults, chances)


def _parallel_moves(upper: Voice, lower: Voice) -> tuple[int, int]:
    """How many common moves of two voices are parallel, and how many there are."""
    _, i, j = np.intersect1d(upper.onset, lower.onset, return_indices=True)
    inside = (i > 0) & (j > 0)
    i, j = i[inside], j[inside]
    rise, fall = upper.steps[i - 1], lower.steps[j - 1]
    met = np.minimum(upper.end[i - 1], lower.end[j - 1]) > np.maximum(upper.onset[i - 1], lower.onset[j - 1])
    moved = met & (rise != 0) & (fall != 0)
    now = np.abs(upper.pitch[i] - lower.pitch[j]) % 12
    before = np.abs(upper.pitch[i - 1] - lower.pitch[j - 1]) % 12
    alike = (np.sign(rise) == np.sign(fall)) & (now == before) & PERFECT[now]
    return int((moved & alike).sum()), int(moved.sum())


# -- Each voice for itself -----------------------------------------------------------


def leaps(view: View) -> Tally:
    """Moves of the top voice wider than a major third; chances: its moves, repetitions left out."""
    steps = np.abs(view.voices[0].steps) if view.voices else np.zeros(0)
    return Tally(float((steps > THIRD).sum()), float((steps > 0).sum()))


def unturned_leaps(view: View) -> Tally:
    """Leaps of a fifth or more after which the voice does not turn back; chances: its moves.

    The bottom of several voices is free to leap.
    """
    faults = chances = 0
    for voice in view.voices[: max(len(view.voices) - 1, 1)]:
        leap, after = voice.steps[:-1], voice.steps[1:]
        faults += int(((np.abs(leap) >= FIFTH) & (np.sign(after) != -np.sign(leap))).sum())
        chances += int((leap != 0).sum())
    return Tally(faults, chances)
