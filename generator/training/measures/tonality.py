"""Key, cadences and endings: does it sound in its key, and does it arrive?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generator.music.features import key_of_chroma
from generator.music.harmony import Chord
from generator.music.piece import Key
from generator.training.corpus_phrases import boundaries
from generator.training.measures import Tally
from generator.training.measures.view import SILENCE, Bools, Floats, Ints, View

LAST = 2  # bars that must sound in the key by themselves
SPAN = 2  # bars of a line that may leave the scale


def key_heard(view: View) -> Tally:
    """1 of 1 where the whole sounds in the piece's key (profiles of Albrecht & Shanahan 2013)."""
    return Tally(float(_hears(_chroma(view, 0, view.length), view.key)), 1)


def last_key_heard(view: View) -> Tally:
    """The same of the last two bars alone."""
    start = int(view.bars[max(len(view.bars) - 1 - LAST, 0)])
    return Tally(float(_hears(_chroma(view, start, view.length), view.key)), 1)


def _hears(chroma: Floats, key: Key) -> bool:
    heard = key_of_chroma(chroma)
    return bool(chroma.any()) and (heard.tonic.pitch_class, heard.mode) == (key.tonic.pitch_class, key.mode)


def _chroma(view: View, start: int, stop: int) -> Floats:
    """(12,) ticks that each pitch class sounds from `start` to `stop`."""
    onset, end, pitch = view.notes.T
    ticks = np.minimum(end, stop) - np.maximum(onset, start)
    return np.bincount(pitch % 12, weights=np.maximum(ticks, 0), minlength=12).astype(float)


# -- Arriving ------------------------------------------------------------------------


def final_length(view: View) -> Tally:
    """Octaves (log2) by which the last notes of the voices are longer than the usual ones."""
    found = [
        np.log2(max(voice.end[-1] - voice.onset[-1], 1) / np.median(voice.end - voice.onset)) for voice in view.voices
    ]
    return Tally(float(sum(found)), len(found))


def final_calm(view: View) -> Tally:
    """Octaves (log2) by which the last bar has fewer strikes than the others have on average."""
    struck = np.bincount(view.bar_of(view.onsets), minlength=view.piece.bar_count)
    return Tally(float(np.log2((1 + struck[:-1].mean()) / (1 + struck[-1]))) if len(struck) > 1 else 0.0, 1)


def final_tonic(view: View) -> Tally:
    """1 of 1 where the lowest pitch that sounds last is the tonic."""
    sounded = np.flatnonzero(view.bass != SILENCE)
    return Tally(float(len(sounded) > 0 and (view.bass[sounded[-1]] - view.tonic) % 12 == 0), 1)


def phrase_cadences(view: View) -> Tally:
    """Phrase ends on a triad of the tonic or dominant with its root in the bass (a lone line: on 1, 2, 5).

    Phrases end where `corpus_phrases.boundaries` hears it; chances: all of them.
    """
    ends = [tick - 1 for tick in boundaries(view.piece)[1:] if 0 < tick <= view.length]
    return Tally(float(sum(_arrives(view, tick) for tick in ends)), len(ends))


def _arrives(view: View, tick: int) -> bool:
    sounded = np.flatnonzero(view.bass[: tick + 1] != SILENCE)
    if not len(sounded):
        return False
    tick = int(sounded[-1])
    low = (int(view.bass[tick]) - view.tonic) % 12
    degrees = {int(pc - view.tonic) % 12 for pc in np.flatnonzero(view.classes[:, tick])}
    if len(view.voices) < 2:
        return low in (0, 2, 7)
    return (low == 0 and degrees <= {0, 3, 4, 7}) or (low == 7 and degrees <= {7, 11, 10, 2, 5})


# -- Staying -------------------------------------------------------------------------


def strangers(view: View) -> Tally:
    """Notes outside the scale (minor has both sixths and sevenths) that no half step leads on from."""
    faults = chances = 0
    for voice in view.voices:
        outside = ~_scale(view.key)[voice.pitch % 12]
        after = np.abs(np.append(voice.steps, 99))
        faults += int((outside & (after != 1)).sum())
        chances += len(voice)
    return Tally(faults, chances)


def strayed_bars(view: View) -> Tally:
    """Of every two bars of a voice the greatest share of notes outside the scale, less the piece's own share."""
    outside = [~_scale(view.key)[voice.pitch % 12] for voice in view.voices]
    worst = [
        share for voice, wrong in zip(view.voices, outside, strict=True) for share in _by_bars(view, voice.onset, wrong)
    ]
    usual = np.concatenate([np.zeros(0), *outside]).mean() if outside else 0.0
    return Tally(max(worst, default=0.0) - float(usual), 1)


def _by_bars(view: View, onsets: Ints, values: Bools) -> list[float]:
    bars = view.bar_of(onsets)
    total = np.bincount(bars, weights=values, minlength=view.piece.bar_count)
    count = np.bincount(bars, minlength=view.piece.bar_count)
    sums, counts = (np.convolve(each, np.ones(SPAN), "valid") for each in (total, count))
    return (sums[counts >= 3] / counts[counts >= 3]).tolist()


def _scale(key: Key) -> Bools:
    """(12,) bool: the pitch classes that belong to a key."""
    major = key.fifths * 7
    own = {(major + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    if key.mode == "minor":
        own |= {(key.tonic.pitch_class + 9) % 12, (key.tonic.pitch_class + 11) % 12}
    return np.isin(np.arange(12), list(own))


# -- Asked chords --------------------------------------------------------------------


def chord_lock(view: View, asked: Sequence[Chord]) -> tuple[Tally, Tally]:
    """Notes on strong beats (bar and mid-bar) that belong to the chord asked there, and basses that are right.

    `asked` is sorted by tick; before its first chord nothing was asked.
    """
    ticks = np.array([chord.tick for chord in asked])
    strong = _strong(view)
    strong = strong[strong >= ticks[0]] if len(ticks) else strong[:0]
    inside = sounded = right = basses = 0
    for tick in strong.tolist():
        chord = asked[int(np.searchsorted(ticks, tick, "right")) - 1]
        heard = set(np.flatnonzero(view.classes[:, tick]).tolist())
        inside += len(heard & chord.tones())
        sounded += len(heard)
        if view.bass[tick] != SILENCE:
            basses += 1
            right += int(view.bass[tick] % 12 == chord.bass)
    return Tally(inside, sounded), Tally(right, basses)


def _strong(view: View) -> Ints:
    """Downbeats, and the middle of bars of four beats."""
    middle = 2 * view.beat if view.piece.metres[0].bar_ticks == 4 * view.beat else 0
    starts = view.bars[:-1]
    both = np.union1d(starts, starts + middle)
    return both[both < view.length]
