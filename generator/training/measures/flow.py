"""The fault sheet's lines about time, compass and harmony: how much happens, and when."""

from __future__ import annotations

import numpy as np

from generator.music.features import entropy
from generator.training.measures import Tally
from generator.training.measures.view import Ints, View

STRETCH = 8  # bars


def length_entropy(view: View) -> Tally:
    """Bits: entropy of the note lengths of every voice, and where in the beat they begin, in each eight bars."""
    found = []
    for voice in view.voices:
        place = (voice.onset - view.bars[view.bar_of(voice.onset)]) % view.beat
        kinds = place * 10_000 + voice.lengths
        found += [entropy(np.unique(kinds[own], return_counts=True)[1]) for own in _stretches(view, voice.onset)]
    return Tally(float(sum(found)), len(found))


def compass(view: View) -> Tally:
    """Semitones from the lowest to the highest note of every voice in each eight bars, on average."""
    found = [np.ptp(voice.pitch[inside]) for voice in view.voices for inside in _stretches(view, voice.onset)]
    return Tally(float(sum(found)), len(found))


def _stretches(view: View, onsets: Ints) -> list[Ints]:
    """Indices of the notes in each eight bars; a rest of fewer than four bars belongs to the one before."""
    bars = view.bar_of(onsets)
    count = max(round(view.piece.bar_count / STRETCH), 1)
    edges = np.searchsorted(bars, [STRETCH * number for number in range(1, count)])
    return [part for part in np.split(np.arange(len(onsets)), edges) if len(part) > 1]


def chord_changes(view: View) -> Tally:
    """Changes of harmony a bar; a lone voice has none to speak of."""
    if len(view.voices) < 2:
        return Tally(0, 0)
    return Tally(len(_harmonies(view)) - 1, view.length / view.piece.metres[0].bar_ticks)


def fifth_motion(view: View) -> Tally:
    """Changes of root by a fifth or fourth; chances: all changes of root."""
    roots = np.array([root for root, _ in _harmonies(view)])
    moves = np.diff(roots) % 12
    return Tally(float(np.isin(moves, (5, 7)).sum()), float((moves != 0).sum()))


def _harmonies(view: View) -> list[tuple[int, str]]:
    """Root and quality of the harmonies, inversions merged."""
    found: list[tuple[int, str]] = []
    for chord in view.chords:
        if not found or found[-1] != (chord.root, chord.quality):
            found.append((chord.root, chord.quality))
    return found


def foreign_tones(view: View) -> Tally:
    """Notes on beats that are not in the harmony heard there; chances: notes on beats."""
    onset, _, pitch = view.notes.T
    if not len(view.chords):
        return Tally(0, 0)
    on = np.isin(onset, view.beats)
    places = view.chord_at(onset[on])
    tones = np.array([[pc in chord.tones() for pc in range(12)] for chord in view.chords])
    return Tally(float((~tones[places, pitch[on] % 12]).sum()), float(on.sum()))


def bass_motion(view: View) -> Tally:
    """Semitones the lowest voice moves, on average, from one note to the next."""
    steps = np.abs(view.voices[-1].steps) if view.voices else np.zeros(0)
    return Tally(float(steps.sum()), len(steps))


def bass_leaps(view: View) -> Tally:
    """Moves of the lowest voice wider than a major third; chances: its moves, repetitions left out."""
    steps = np.abs(view.voices[-1].steps) if view.voices else np.zeros(0)
    return Tally(float((steps > 4).sum()), float((steps > 0).sum()))
