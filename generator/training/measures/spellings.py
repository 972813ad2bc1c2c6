"""Are notes that come without names (from MIDI, from the model) spelled as their editors spelled them?"""

from __future__ import annotations

from dataclasses import replace

from generator.music.notation.spelling import spelled
from generator.music.piece import Piece
from generator.training.measures import Tally


def respelled(piece: Piece) -> Tally:
    """Notes that get the name their source gave them; chances: those it named.

    The speller sees what a MIDI file keeps: onsets, lengths, pitches, parts and the signature.
    """
    bare = piece.with_notes((part, replace(note, spelling=None, voice=1)) for part, note in piece.notes())
    named = sorted(_keys(piece))
    found = sorted(_keys(spelled(bare)))
    chances = [(one, other) for one, other in zip(named, found, strict=True) if one[-1]]
    return Tally(float(sum(one[-1] == other[-1] for one, other in chances)), len(chances))


def _keys(piece: Piece) -> list[tuple[int, int, int, int, int, str]]:
    """Every note as what both versions share, and its name last."""
    return [
        (part, note.staff, note.onset, note.duration, note.pitch, _name(piece.parts[part].percussion, note.spelling))
        for part, note in piece.notes()
    ]


def _name(percussion: bool, spelling: object) -> str:
    step, alter = getattr(spelling, "step", ""), getattr(spelling, "alter", 0)
    return "" if percussion or not step else f"{step}{alter}"
