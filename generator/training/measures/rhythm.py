"""How notes sit in the metre, and voices with each other. Shifted, shuffled and cut music shows here."""

from __future__ import annotations

import numpy as np

from generator.music.features import metric_strength
from generator.training.measures import Tally
from generator.training.measures.view import Floats, View, Voice


def syncopation(view: View) -> Tally:
    """Notes that begin off the beat and are held over the next one; chances: all notes of the voices."""
    strength = _strength(view)
    faults = sum(int(_held_over(voice, strength).sum()) for voice in view.voices)
    return Tally(faults, sum(len(voice) for voice in view.voices))


def _held_over(voice: Voice, strength: Floats) -> Floats:
    """Which notes sound through a position stronger than their own."""
    own = strength[voice.onset]
    held = np.zeros(len(voice), dtype=bool)
    for level in range(2, 5):
        passed = np.concatenate([[0], np.cumsum(strength >= level)])
        end = np.minimum(voice.end, len(strength))
        held |= (own < level) & (passed[end] > passed[np.minimum(voice.onset + 1, end)])
    return held


def _strength(view: View) -> Floats:
    return metric_strength(view.piece)[: view.length]


def accents(view: View) -> Tally:
    """Metrical strength (0 to 4) of where notes begin, weighed by their length."""
    strength = np.maximum(_strength(view), 0)
    weights = [voice.lengths for voice in view.voices]
    amount = sum(float(strength[voice.onset] @ weight) for voice, weight in zip(view.voices, weights, strict=True))
    return Tally(amount, float(sum(weight.sum() for weight in weights)))


def together(view: View) -> Tally:
    """Notes struck together with another voice; chances: all notes, where there are two voices."""
    if len(view.voices) < 2:
        return Tally(0, 0)
    struck = np.concatenate([voice.onset for voice in view.voices])
    counts = np.unique(struck, return_counts=True)[1]
    return Tally(float(counts[counts > 1].sum()), len(struck))


def beats_struck(view: View) -> Tally:
    """Beats on which something begins."""
    return Tally(float(np.isin(view.beats, view.onsets).sum()), len(view.beats))


def seams(view: View) -> Tally:
    """Semitones a voice moves over a barline, less what it moves within bars, on average."""
    over, inside = [], []
    for voice in view.voices:
        crossing = np.diff(view.bar_of(voice.onset)) > 0
        over.append(np.abs(voice.steps[crossing]))
        inside.append(np.abs(voice.steps[~crossing]))
    moved, usual = np.concatenate([[], *over]), np.concatenate([[], *inside])
    if not len(moved) or not len(usual):
        return Tally(0, 0)
    return Tally(float(moved.sum() - usual.mean() * len(moved)), len(moved))


def rhythms_kept(view: View) -> Tally:
    """Voices' bars whose rhythm stood in the same voice before; chances: bars of voices from the second on."""
    kept = chances = 0
    for voice in view.voices:
        bars = view.bar_of(voice.onset)
        seen: set[bytes] = set()
        for bar in np.unique(bars).tolist():
            own = bars == bar
            pattern = np.stack([voice.onset[own] - view.bars[bar], voice.lengths[own]]).tobytes()
            kept += int(pattern in seen)
            chances += int(bool(seen))
            seen.add(pattern)
    return Tally(kept, chances)
