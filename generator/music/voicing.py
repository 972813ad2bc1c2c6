"""Which instruments speak for a part, and where they sit. The page and the audio export read the same.

Choir "aahs" begin slowly and blur: voices are played by a soft organ that speaks at once, doubled by the choir.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.music.piece import Part, Piece

VOICES = frozenset({52, 53, 54})
_ORGAN = 19
_KEYBOARDS = frozenset(range(8))
_CHORDS = -8.5  # dB: a keyboard plays chords under a pedal, and one note of it is what was measured
_WIDTH = 36  # how far from the middle (64) the outermost of several parts sit, as MIDI pans


@dataclass(frozen=True, slots=True)
class Layer:
    """One General MIDI program (0-127) that sounds for a part, `decibels` below or above the part's level."""

    program: int
    decibels: float = 0.0


def layers(part: Part) -> tuple[Layer, ...]:
    """What sounds for a part, the instrument that carries it first."""
    if part.percussion:
        return (Layer(0),)
    if part.program in VOICES:
        return (Layer(_ORGAN, -3.0), Layer(52, -2.0))
    return (Layer(part.program, _CHORDS if part.program in _KEYBOARDS else 0.0),)


def pans(piece: Piece) -> list[int]:
    """Where each part sits, 0 left, 64 middle, 127 right: in score order from left to right, drums in the middle."""
    seats = [index for index, part in enumerate(piece.parts) if not part.percussion]
    wide = max(len(seats) - 1, 1)
    return [
        64 if part.percussion or len(seats) < 2 else round(64 + _WIDTH * (2 * seats.index(index) / wide - 1))
        for index, part in enumerate(piece.parts)
    ]
