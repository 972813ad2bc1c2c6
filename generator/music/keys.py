"""Which key is this? Key profiles over note durations, and what the bass ends on.

Profiles: Krumhansl & Kessler (1982) as revised by Temperley (Music and Probability,
2007), which suit major and minor; the church modes are the nearer of the two with their one
characteristic degree changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np

from generator.music.piece import MODE_FIFTHS, Key, Mode, Note

_MAJOR = np.array([0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400])
_MINOR = np.array([0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330])
_CHURCH_PENALTY = 0.12
_FINAL_BONUS = 0.35
_FIRST_BONUS = 0.08


def _swapped(profile: np.ndarray, low: int) -> np.ndarray:
    """The profile with the weights of degrees `low` and `low + 1` exchanged."""
    changed = profile.copy()
    changed[[low, low + 1]] = profile[[low + 1, low]]
    return changed


_PROFILES: dict[Mode, np.ndarray] = {
    "major": _MAJOR,
    "minor": _MINOR,
    "dorian": _swapped(_MINOR, 8),
    "mixolydian": _swapped(_MAJOR, 10),
    "phrygian": _swapped(_MINOR, 1),
    "lydian": _swapped(_MAJOR, 5),
}


def chroma(notes: Iterable[Note]) -> np.ndarray:
    """Ticks sounded by each pitch class: float64 (12,)."""
    total = np.zeros(12)
    for note in notes:
        total[note.pitch % 12] += note.duration
    return total


def final_bass(notes: Iterable[Note]) -> int | None:
    """Pitch class of the lowest note among those that end last."""
    pitched = [note for note in notes if note.duration]
    if not pitched:
        return None
    end = max(note.end for note in pitched)
    return min(note.pitch for note in pitched if note.end == end) % 12


def first_bass(notes: Iterable[Note]) -> int | None:
    """Pitch class of the lowest note among those that begin first."""
    pitched = [note for note in notes if note.duration]
    if not pitched:
        return None
    start = min(note.onset for note in pitched)
    return min(note.pitch for note in pitched if note.onset == start) % 12


def infer_key(notes: Iterable[Note], fifths: int | None = None, church: bool = True, tick: int = 0) -> Key:
    """The likeliest key of these notes; with `fifths`, among the keys of that signature only.

    `church` also weighs dorian, mixolydian, phrygian and lydian, at a handicap.
    """
    notes = list(notes)
    sounded, final, first = chroma(notes), final_bass(notes), first_bass(notes)
    modes = [mode for mode in _PROFILES if church or mode in ("major", "minor")]
    signatures = range(-6, 7) if fifths is None else (fifths,)
    candidates = [Key.from_fifths(sharps, mode, tick) for sharps in signatures for mode in modes]
    return max(candidates, key=lambda key: _score(key, sounded, final, first) - abs(key.fifths) * 1e-6)


def profile_score(sounded: np.ndarray, key: Key) -> float:
    """Correlation (-1..1) of chroma (12,) with the profile of `key`."""
    spread = float(sounded.std())
    return float(_template(key.tonic.pitch_class, key.mode) @ sounded) / spread if spread else 0.0


@cache
def _template(tonic: int, mode: Mode) -> np.ndarray:
    """A profile from C upwards, made so that its product with chroma is their covariance over the profile's spread."""
    profile = np.roll(_PROFILES[mode], tonic)
    return (profile - profile.mean()) / profile.std() / 12


def _score(key: Key, sounded: np.ndarray, final: int | None, first: int | None) -> float:
    tonic = key.tonic.pitch_class
    score = profile_score(sounded, key)
    score += _FINAL_BONUS * (final == tonic) + _FIRST_BONUS * (first == tonic)
    return score - (_CHURCH_PENALTY if key.mode not in ("major", "minor") else 0.0)


assert set(_PROFILES) <= set(MODE_FIFTHS)
