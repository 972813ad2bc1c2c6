"""How each note is touched: when within a few milliseconds, how hard, and how long it is held.

Rules after Friberg, Bresin and Sundberg (2006): phrase arch, high loud, metric accents, melody, articulation, noise.
Amounts are those at the default expression.
"""

from __future__ import annotations

import hashlib
from statistics import NormalDist

from generator.music.loudness import DEFAULT as MEZZOFORTE
from generator.music.performance_phrases import arch
from generator.music.piece import Mark, Note, Part, Piece

ARC = 8.0  # velocity between the ends of a phrase and its middle
MELODY = 8.0  # velocity
LEAD = 0.015  # seconds by which a melody is early
JITTER = 0.006  # seconds, standard deviation
UNEVEN = 3.0  # velocity, standard deviation
_WHOLE_ARC = 13.0  # velocity, over the whole piece; its height lies after the middle
_HEIGHT = 0.62
_COLOUR = 4.0  # velocity by which phrases differ, standard deviation
_RISE = 0.7  # velocity a semitone above the part's mean so far
_RISE_MOST = 6.0
_LEVEL = 0.7  # written dynamics are played a little closer together than velocities have them
_STRONG, _MIDDLE, _WEAK, _OFF = 9.0, 4.0, -3.0, -6.0  # velocity by place in the bar
_LATTICE = 24  # ticks between the independent values of slow noise

_ARTICULATED = {
    "staccatissimo": 0.35, "staccato": 0.5, "spiccato": 0.5, "detachedlegato": 0.8, "strongaccent": 0.85,
    "accent": 0.92, "tenuto": 1.0, "fermata": 0.97,
}  # fmt: skip
_SHORTEST = 0.25  # of a note's length, whatever is written
_PLUCKED = frozenset({6, 7, 12, 13, 14, 15, *range(24, 40), 45, 46, 47, *range(104, 109)})
_KEYS = frozenset(range(6))
_NORMAL = NormalDist()


def gauss(*key: object) -> float:
    """A normal deviate within 2.5 that depends on `key` alone: the same note gets the same, whenever it is played."""
    digest = hashlib.blake2b("|".join(map(str, key)).encode(), digest_size=8).digest()
    return min(max(_NORMAL.inv_cdf((int.from_bytes(digest, "big") + 0.5) / 2**64), -2.5), 2.5)


def noise(seed: int, part: int, tick: int, note: str, kind: str) -> float:
    """Correlated noise of unit deviation: a slow drift of the part and a little of the note's own."""
    place, share = divmod(tick, _LATTICE)
    low, high = (gauss(seed, kind, part, place + step) for step in (0, 1))
    drift = low + (high - low) * share / _LATTICE
    return 0.8 * 1.22 * drift + 0.6 * gauss(seed, kind, note)


def loudness_of_phrase(seed: int, number: int, start: int, end: int, tick: int, length: int) -> float:
    """Velocity that phrase and piece add at `tick`: the phrase's arch and colour, and one arch over all."""
    share = tick / max(length, 1)
    bent = share / _HEIGHT / 2 if share < _HEIGHT else 0.5 + (share - _HEIGHT) / (1 - _HEIGHT) / 2
    whole = arch(0, 1000, bent * 1000)
    return ARC * arch(start, end, tick) + _WHOLE_ARC * whole + _COLOUR * gauss(seed, "phrase", number)


def accent(piece: Piece, tick: int) -> float:
    """Velocity by the place in the bar: first beat, middle, other beats, between them."""
    bar = piece.bar_at(tick)
    metre = piece.metre_at(piece.bars[bar])
    # Counted from the end, so that a pickup is what it is: the last beats of a bar.
    place = (metre.bar_ticks - (piece.bars[bar + 1] - tick)) % max(metre.bar_ticks, 1)
    beats = metre.bar_ticks // metre.beat_ticks
    if place % metre.beat_ticks:
        return _OFF
    if place == 0:
        return _STRONG
    return _MIDDLE if beats % 2 == 0 and place * 2 == metre.bar_ticks else _WEAK


def rise(pitch: int, mean: float) -> float:
    """Velocity for standing high or low in the part: "high loud"."""
    return min(max(_RISE * (pitch - mean), -_RISE_MOST), _RISE_MOST)


def level(plain: int) -> float:
    """Velocity that written dynamics lose or gain."""
    return (_LEVEL - 1) * (plain - MEZZOFORTE)


def held(part: Part, note: Note) -> float:
    """The share of its length that a note is held, by its articulation, slur and instrument."""
    shares = [_ARTICULATED[name] for name in note.articulations if name in _ARTICULATED]
    if shares:
        return min(shares)
    if any(_joins(mark, note) for mark in part.marks):
        return 1.0
    if part.program in _PLUCKED:
        return 0.9
    return 0.94 if part.program in _KEYS else 0.97


def _joins(mark: Mark, note: Note) -> bool:
    """Is the note under this slur, and not its last?"""
    return (
        mark.kind == "slur"
        and mark.end is not None
        and mark.onset <= note.onset < mark.end
        and mark.staff == note.staff
    )


def gate(note: Note, share: float, amount: float) -> float:
    """The tick at which a note is let go where `share` of it is held and the rule applies `amount` times."""
    kept = max(1 - (1 - share) * amount, _SHORTEST)
    return note.onset + kept * note.duration
