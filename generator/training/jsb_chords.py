"""The chord of a frame, for the TonicNet protocol: fifty classes (Peracha 2019, section 3).

    0..47   12 x quality + root; qualities 0 major, 1 minor, 2 diminished, 3 augmented
    48      other: sounding notes that are none of these
    49      rest: nothing sounds

The CSV files hold no chords, so they are read from the sounding voices of the same frame by
music21: `Chord.root()` and `Chord.quality`. music21 spells pitches before it judges them, and
spells some transpositions of one chord otherwise than others (a diminished triad on E flat
becomes "other"), so it is asked with the bass written as C and the root is turned back: a chord
that is transposed keeps its quality and its root moves along. Octaves and doublings do not count.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from music21 import chord
from numpy.typing import NDArray

QUALITIES = ("major", "minor", "diminished", "augmented")
OTHER = 48
REST = 49
CLASSES = 50
Frames = NDArray[np.int64]


@cache
def above_bass(mask: int) -> int:
    """Class of the pitch classes in `mask` (bit i: i semitones above the bass), with the bass at C."""
    notes = chord.Chord([48, *(60 + step for step in range(1, 12) if mask >> step & 1)])
    if notes.quality not in QUALITIES:
        return OTHER
    return 12 * QUALITIES.index(notes.quality) + int(notes.root().pitchClass)


def chord_classes(frames: Frames) -> Frames:
    """(T, 4) MIDI pitches, 0 for a rest -> (T,) classes."""
    return np.array([_class_of(tuple(frame)) for frame in np.asarray(frames).tolist()], dtype=np.int64)


@cache
def _class_of(frame: tuple[int, ...]) -> int:
    sounding = [pitch for pitch in frame if pitch]
    if not sounding:
        return REST
    bass = min(sounding)
    mask = sum({1 << (pitch - bass) % 12 for pitch in sounding})
    return int(transposed(np.array(above_bass(mask)), bass % 12))


def transposed(classes: Frames, semitones: int | Frames) -> Frames:
    """The classes of the same chords some semitones higher, any shape."""
    return np.where(classes < OTHER, classes // 12 * 12 + (classes + semitones) % 12, classes)
