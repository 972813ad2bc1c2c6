"""Chord symbols heard in a score: a label each half bar, or each beat where the bass moves that fast.

Viterbi over templates of duration-weighted chroma, the bass weighed apart; labels prefer to stay,
and to move by fifths.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from generator.music.harmony import QUALITIES, Chord
from generator.music.piece import TICKS_PER_QUARTER, Mark, Metre, Note, Piece

Array = NDArray[np.float64]
_PRIOR = {"": 0.0, "m": 0.0, "7": -1.0, "maj7": -2.2, "m7": -1.7, "dim": -0.9, "m7b5": -1.9, "dim7": -1.6, "aug": -2.0}
_INSIDE, _OUTSIDE = np.log(0.9), np.log(0.1 / 8)
_STAY, _FIFTH, _MOVE = 0.0, -1.2, -1.8
_BASS = {"root": 1.0, "inside": 0.35, "outside": -0.8}


def label(piece: Piece) -> list[Chord]:
    """The harmony of every half bar or beat, repeats merged."""
    notes = sorted((note for note in _pitched(piece) if note.duration), key=lambda note: note.onset)
    spans = _spans(piece, _bass_onsets(notes))
    heard = [_heard(notes, start, stop) for start, stop in spans]
    chromas, basses = np.array([chroma for chroma, _ in heard]), [bass for _, bass in heard]
    path = _viterbi(_emissions(chromas, basses))
    chords: list[Chord] = []
    for (start, _), state, bass in zip(spans, path, basses, strict=True):
        root, quality = divmod(state, len(QUALITIES))
        chord = Chord(start, root, list(QUALITIES)[quality], root if bass is None or bass < 0 else bass)
        chord = chord if chord.bass in chord.tones() else Chord(start, root, chord.quality, root)
        if not chords or (chord.root, chord.quality, chord.bass) != _identity(chords[-1]):
            chords.append(chord)
    return chords


def marks(piece: Piece) -> tuple[Mark, ...]:
    """The labels of `label` as chord-symbol marks."""
    return tuple(Mark("chord", chord.tick, value=chord.figure(piece.key_at(chord.tick))) for chord in label(piece))


def _identity(chord: Chord) -> tuple[int, str, int]:
    return chord.root, chord.quality, chord.bass


def _pitched(piece: Piece) -> list[Note]:
    return [note for part in piece.parts if not part.percussion for note in part.notes]


def _bass_onsets(notes: list[Note]) -> set[int]:
    """Onsets of notes below which nothing sounds."""
    onsets: set[int] = set()
    floor: Note | None = None
    for note in notes:
        if floor is None or note.onset >= floor.end or note.pitch <= floor.pitch:
            floor = note
            onsets.add(note.onset)
    return onsets


def _spans(piece: Piece, bass: set[int]) -> list[tuple[int, int]]:
    """Stretches that get one label each: half bars, or beats where the bass moves with most of them."""
    spans = []
    beats = [(start, stop, piece.metre_at(start).beat_ticks) for start, stop in pairwise(piece.bars)]
    every = [tick for start, stop, beat in beats for tick in range(start, stop, beat)]
    fast = sum(tick in bass for tick in every) > 0.6 * len(every)
    for start, stop, beat in beats:
        step = beat if fast and beat >= TICKS_PER_QUARTER else _half_bar(piece.metre_at(start))
        spans += list(pairwise([*range(start, stop, step), stop]))
    return spans


def _half_bar(metre: Metre) -> int:
    beats = metre.bar_ticks // metre.beat_ticks
    return metre.bar_ticks // 2 if beats % 2 == 0 and metre.bar_ticks > 2 * TICKS_PER_QUARTER else metre.bar_ticks


def _heard(notes: list[Note], start: int, stop: int) -> tuple[Array, int | None]:
    """Chroma (12,) of ticks sounded in the span, and the pitch class of its weightiest low note (-1: a single line)."""
    chroma = np.zeros(12)
    low: dict[int, float] = {}
    for note in notes:
        if note.onset >= stop:
            break
        ticks = min(note.end, stop) - max(note.onset, start)
        if ticks > 0:
            chroma[note.pitch % 12] += ticks * (1.3 if note.onset <= start else 1.0)
            low[note.pitch] = low.get(note.pitch, 0) + ticks * (2.0 if note.onset <= start else 1.0)
    total = chroma.sum()
    if not total:
        return chroma, None
    chroma /= total
    if len(low) < 3:
        return chroma, -1  # a single line has no bass
    floor = min(low)
    bass = max((pitch for pitch in low if pitch <= floor + 7), key=lambda pitch: low[pitch] - 2 * (pitch - floor))
    return chroma, bass % 12


@cache
def _templates() -> Array:
    """Log-likelihood of each pitch class under each of the 12 x 9 chords: (states, 12)."""
    rows = np.full((12 * len(QUALITIES), 12), _OUTSIDE)
    for root in range(12):
        for index, tones in enumerate(QUALITIES.values()):
            for tone in tones:
                rows[root * len(QUALITIES) + index, (root + tone) % 12] = _INSIDE - 0.25 * np.log(len(tones))
    return rows


def _emissions(chromas: Array, basses: list[int | None]) -> Array:
    """(spans, states): how well each chord explains each span."""
    scores = 6.0 * chromas @ _templates().T
    scores += np.tile(list(_PRIOR.values()), 12)
    bonus = _bass_bonus()
    for row, bass in enumerate(basses):
        if bass is None:
            scores[row] = 0.0
        elif bass >= 0:
            scores[row] += bonus[bass]
    return scores  # type: ignore[no-any-return]


@cache
def _bass_bonus() -> Array:
    """(12 basses, states)."""
    bonus = np.full((12, 12 * len(QUALITIES)), _BASS["outside"])
    for state in range(12 * len(QUALITIES)):
        root, quality = divmod(state, len(QUALITIES))
        for tone in list(QUALITIES.values())[quality]:
            bonus[(root + tone) % 12, state] = _BASS["inside"]
        bonus[root, state] = _BASS["root"]
    return bonus


@cache
def _transitions() -> Array:
    """(states, states): staying is free, moving by a fifth cheaper than otherwise."""
    roots = np.repeat(np.arange(12), len(QUALITIES))
    motion = (roots[None, :] - roots[:, None]) % 12
    costs = np.where((motion == 5) | (motion == 7), _FIFTH, _MOVE)
    np.fill_diagonal(costs, _STAY)
    return costs


def _viterbi(emissions: Array) -> list[int]:
    """The best path of states."""
    best = emissions[0]
    back = np.zeros(emissions.shape, dtype=np.int64)
    for row in range(1, len(emissions)):
        options = best[:, None] + _transitions()
        back[row] = options.argmax(axis=0)
        best = options.max(axis=0) + emissions[row]
    path = [int(best.argmax())]
    for row in range(len(emissions) - 1, 0, -1):
        path.append(int(back[row, path[-1]]))
    return path[::-1]
