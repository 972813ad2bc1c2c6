"""Features: one vector that describes a piece.

The studio's sliders, the training controls and a listener's taste are all this
one vector. Everything is measured on the notes; only key, metre, tempo, ensemble
and style are read from the score's own maps and source.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import NamedTuple

import numpy as np

from generator.music.ensembles import ENSEMBLES, lane_places, parts_of
from generator.music.piece import MODE_FIFTHS, TICKS_PER_QUARTER, Key, Metre, Mode, Piece

QuantileTable = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Features:
    """What a piece is like. Numbers are raw; `level` turns them into 0..1 within a corpus."""

    tonic: int  # pitch class 0-11 of the first key
    mode: Mode
    metre: str  # "3/4"
    tempo: float  # quarter notes a minute
    ensemble: str  # a name of ENSEMBLES, or "" where none fits
    style: str  # the corpus' own word, or ""
    density: float  # notes a quarter note and lane (a voice, or one hand)
    polyphony: float  # mean number of sounding notes while anything sounds
    tessitura: float  # duration-weighted mean MIDI pitch
    syncopation: float  # share of notes held over a stronger position than the one they start on
    chromaticism: float  # share of sounding time outside the notated key
    duration_entropy: float  # bits: entropy of note lengths
    range: float  # semitones from the lowest to the highest note
    pitch_class_entropy: float  # bits, 0..3.58
    leaps: float  # share of melodic intervals above a major third
    silence: float  # share of time in which nothing sounds

    def numbers(self) -> dict[str, float]:
        """The measured numbers by name, without the categories."""
        return {name: getattr(self, name) for name in NUMBERS}

    def vector(self) -> np.ndarray:
        """float64 (len(NUMBERS),): the numbers in units of their typical spread."""
        return np.array([getattr(self, name) / SPREAD[name] for name in NUMBERS])


# One standard deviation over a mixed corpus of songs, chorales, quartets and motets, rounded.
SPREAD: dict[str, float] = {
    "tempo": 25.0, "density": 0.5, "polyphony": 1.5, "tessitura": 5.0, "syncopation": 0.08, "chromaticism": 0.06,
    "duration_entropy": 0.6, "range": 12.0, "pitch_class_entropy": 0.25, "leaps": 0.12, "silence": 0.08,
}  # fmt: skip
NUMBERS = tuple(name for name in (field.name for field in fields(Features)) if name in SPREAD)


class NoteArrays(NamedTuple):
    """The sounding notes of a piece as int arrays of one length, by part and then onset."""

    part: np.ndarray
    onset: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray

    @property
    def end(self) -> np.ndarray:
        return self.onset + self.duration

    @property
    def pitch_class(self) -> np.ndarray:
        return self.pitch % 12


def note_arrays(piece: Piece, percussion: bool = False) -> NoteArrays:
    """The notes of `piece` as arrays; grace notes are left out, and unpitched parts unless `percussion`."""
    rows = [
        (index, note.onset, note.duration, note.pitch)
        for index, part in enumerate(piece.parts)
        if percussion or not part.percussion
        for note in part.notes
        if note.duration > 0
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return NoteArrays(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def describe(piece: Piece) -> Features:
    """Measure `piece`. An empty piece has zeros (and tessitura 60)."""
    notes, key = note_arrays(piece), piece.keys[0]
    sounding, silence = _sounding(notes, piece.length)
    total = max(int(notes.duration.sum()), 1)
    return Features(
        tonic=key.tonic.pitch_class,
        mode=key.mode,
        metre=str(piece.metres[0]),
        tempo=float(piece.tempos[0].bpm),
        ensemble=ensemble_of(piece),
        style=piece.source.get("style", ""),
        density=len(notes.pitch) * TICKS_PER_QUARTER / (piece.length * max(len(lane_places(piece)), 1)),
        polyphony=sounding,
        tessitura=float(notes.pitch @ notes.duration) / total if len(notes.pitch) else 60.0,
        syncopation=_syncopation(piece, notes),
        chromaticism=_chromaticism(piece, notes),
        duration_entropy=entropy(np.unique(notes.duration, return_counts=True)[1]),
        range=float(np.ptp(notes.pitch)) if len(notes.pitch) else 0.0,
        pitch_class_entropy=entropy(np.bincount(notes.pitch_class, minlength=12)),
        leaps=_leaps(notes),
        silence=silence,
    )


def distance(a: Features, b: Features) -> float:
    """How unlike two descriptions are: 0 for equal ones, about 1 a typical difference in every respect."""
    numbers = float(np.mean(np.minimum(np.abs(a.vector() - b.vector()), 3.0)))
    words = [name for name in ("metre", "ensemble", "style") if getattr(a, name) and getattr(b, name)]
    unlike = sum(getattr(a, name) != getattr(b, name) for name in words) / 3
    return (numbers + unlike + _key_distance(a, b)) / 3


def entropy(counts: np.ndarray) -> float:
    """Shannon entropy in bits of a histogram; 0 when it is empty."""
    counts = np.asarray(counts, dtype=float)
    share = counts[counts > 0] / max(counts.sum(), 1e-12)
    return float(-(share * np.log2(share)).sum()) + 0.0


def ensemble_of(piece: Piece) -> str:
    """The ensemble the source names, or else the one whose parts have these programs and staves in this order."""
    if named := piece.source.get("ensemble"):
        return named
    players = tuple((part.program, part.staves) for part in piece.parts)
    return _ENSEMBLE_OF.get(players, "")


_ENSEMBLE_OF = {
    tuple((part.program, part.staves) for part in parts_of(lanes)): name for name, lanes in ENSEMBLES.items()
}


# -- Levels: raw values <-> 0..1 within a corpus ------------------------------------


def quantiles(described: Iterable[Features], points: int = 41) -> dict[str, list[float]]:
    """For every number its quantiles over a corpus at `points` equal steps, to be kept in the model card."""
    rows = np.array([list(features.numbers().values()) for features in described])
    if not len(rows):
        raise ValueError("Cannot take quantiles of no pieces; build a corpus first.")
    table = np.quantile(rows, np.linspace(0, 1, points), axis=0)
    return {name: [round(float(value), 5) for value in table[:, index]] for index, name in enumerate(NUMBERS)}


def level(name: str, value: float, table: QuantileTable) -> float:
    """Where `value` stands in the corpus: 0 at or below its lowest, 1 at or above its highest."""
    steps = np.asarray(table[name])
    left, right = np.searchsorted(steps, value, "left"), np.searchsorted(steps, value, "right")
    if left < right:  # a plateau of equal quantiles stands for its middle
        return float(left + right - 1) / 2 / (len(steps) - 1)
    return float(np.interp(value, steps, np.linspace(0, 1, len(steps))))


def from_level(name: str, place: float, table: QuantileTable) -> float:
    """The raw value at `place` (0..1) of the corpus: the inverse of `level`."""
    steps = np.asarray(table[name])
    return float(np.interp(place, np.linspace(0, 1, len(steps)), steps))


# -- Key ----------------------------------------------------------------------------

# Albrecht & Shanahan (2013), "The use of large corpora to train a new type of key-finding algorithm". Of seven
# published profiles it agrees best with the written keys of 4,412 Polish scores (majors and minors weighed alike).
PROFILES: dict[Mode, tuple[float, ...]] = {
    "major": (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
    "minor": (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
}


def heard_key(piece: Piece) -> Key:
    """The major or minor key a listener would name from the notes alone (durations as weights)."""
    notes = note_arrays(piece)
    return key_of_chroma(np.bincount(notes.pitch_class, weights=notes.duration, minlength=12))


def key_of_chroma(chroma: np.ndarray) -> Key:
    """The key whose profile correlates best with a (12,) histogram of sounding time, in its simplest spelling."""
    templates, keys = _key_templates()
    return keys[int((templates @ chroma).argmax())]


@cache
def _key_templates() -> tuple[np.ndarray, tuple[Key, ...]]:
    """(24, 12) profiles of mean 0 and variance 1, and the key of each."""
    rows, keys = [], []
    for mode, profile in PROFILES.items():
        normal = (np.array(profile) - np.mean(profile)) / np.std(profile)
        spelt = {key.tonic.pitch_class: key for key in (Key.from_fifths(fifths, mode) for fifths in range(6, -7, -1))}
        for tonic in range(12):
            rows.append(np.roll(normal, tonic))
            keys.append(spelt[tonic])
    return np.array(rows), tuple(keys)


# -- The measures -------------------------------------------------------------------


def _sounding(notes: NoteArrays, length: int) -> tuple[float, float]:
    """Mean number of notes while anything sounds, and the share of time in which nothing does."""
    change = np.bincount(notes.onset, minlength=length + 1) - np.bincount(
        np.minimum(notes.end, length), minlength=length + 1
    )
    sounding = np.cumsum(change)[:length]
    some = sounding[sounding > 0]
    return (float(some.mean()) if len(some) else 0.0), 1 - len(some) / max(length, 1)


def _leaps(notes: NoteArrays) -> float:
    """Over the top line of each part: the share of moves wider than four semitones."""
    order = np.lexsort((-notes.pitch, notes.onset, notes.part))
    part, onset, pitch = notes.part[order], notes.onset[order], notes.pitch[order]
    top = np.ones(len(order), dtype=bool)
    top[1:] = (part[1:] != part[:-1]) | (onset[1:] != onset[:-1])
    moves = np.abs(np.diff(pitch[top]))[part[top][1:] == part[top][:-1]]
    return float((moves > 4).mean()) if len(moves) else 0.0


def _chromaticism(piece: Piece, notes: NoteArrays) -> float:
    """Share of sounding time outside the scale of the key in force; minor also owns its raised 6th and 7th."""
    ticks = [key.tick for key in piece.keys]
    scales = np.array([_scale(key.tonic.pitch_class, key.mode) for key in piece.keys])
    place = np.maximum(np.searchsorted(ticks, notes.onset, "right") - 1, 0)
    outside = ~scales[place, notes.pitch_class] if len(place) else np.zeros(0, dtype=bool)
    return float(notes.duration[outside].sum() / max(notes.duration.sum(), 1))


@cache
def _scale(tonic: int, mode: Mode) -> tuple[bool, ...]:
    """Which of the 12 pitch classes belong to a key."""
    major = tonic + 7 * MODE_FIFTHS[mode]  # a fifth lower for every sharp taken away
    own = {(major + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    if mode == "minor":
        own |= {(tonic + 9) % 12, (tonic + 11) % 12}
    return tuple(pitch_class in own for pitch_class in range(12))


def _syncopation(piece: Piece, notes: NoteArrays) -> float:
    """Share of notes that start on a weaker position than one they are held over."""
    if not len(notes.onset):
        return 0.0
    strength = metric_strength(piece)
    end = np.minimum(notes.end, len(strength))
    own = np.where(strength < 0, 1, strength)[notes.onset]  # a tuplet's inner notes yield to beats only
    held = np.zeros(len(own), dtype=bool)
    for stronger in range(1, 5):
        passed = np.concatenate(([0], np.cumsum(strength >= stronger)))
        held |= (own < stronger) & (passed[end] > passed[notes.onset + 1])
    return float(held.mean())


def metric_strength(piece: Piece) -> np.ndarray:
    """int8 (ticks,): 4 on downbeats, 3 in mid-bar, 2 on beats, 1 between beats, 0 on sixteenths, -1 elsewhere."""
    ticks = [metre.tick for metre in piece.metres]
    strength = []
    for bar in range(piece.bar_count):
        start, length = piece.bars[bar], piece.bars[bar + 1] - piece.bars[bar]
        metre = piece.metres[max(bisect_right(ticks, start) - 1, 0)]
        pattern = _bar_strength(metre.numerator, metre.denominator)
        pickup = bar == 0 and length < len(pattern)
        strength.append(pattern[-length:] if pickup else np.resize(pattern, length))
    return np.concatenate(strength)


@cache
def _bar_strength(numerator: int, denominator: int) -> np.ndarray:
    """The strengths of one full bar."""
    metre = Metre(0, numerator, denominator)
    tick, beat = np.arange(metre.bar_ticks), metre.beat_ticks
    between = beat // 3 if numerator % 3 == 0 and numerator > 3 else beat // 2
    strength = np.where(tick % between == 0, 1, np.where(tick % (between // 2 or 1) == 0, 0, -1))
    strength[tick % beat == 0] = 2
    if metre.bar_ticks == 4 * beat:
        strength[2 * beat] = 3
    strength[0] = 4
    return strength.astype(np.int8)


def _key_distance(a: Features, b: Features) -> float:
    """0..1: steps between the signatures on the circle of fifths, and half as much again for the mode."""
    steps = abs((a.tonic * 7 + MODE_FIFTHS[a.mode] - b.tonic * 7 - MODE_FIFTHS[b.mode] + 6) % 12 - 6)
    return (steps / 6 + 0.5 * (a.mode != b.mode)) / 1.5
