"""How a pitch is written: by its key, and by the line it moves in."""

from __future__ import annotations

from generator.music.piece import Key, Spelling

# The line of fifths: ... Bb F C G D A E B F# ...; C is 0.
_LINE = "FCGDAEB"


def from_fifths(place: int) -> Spelling:
    """The name at `place` on the line of fifths (C = 0, G = 1, F = -1)."""
    return Spelling(_LINE[(place + 1) % 7], (place + 1) // 7)


def to_fifths(spelling: Spelling) -> int:
    """Where a name stands on the line of fifths."""
    return _LINE.index(spelling.step) - 1 + 7 * spelling.alter


def spell(pitch: int, key: Key) -> Spelling:
    """The name of MIDI `pitch` in `key`, heard alone: from three flats beyond the signature to eight sharps."""
    lowest = key.fifths - 3
    place = pitch * 7 % 12
    return from_fifths(place - 12 * ((place - lowest) // 12))
