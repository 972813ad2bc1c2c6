"""What a piece is: its ensemble by its instruments, its style by where it comes from and who plays."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from generator.music.ensembles import lane_kind
from generator.music.piece import Note, Part, Piece
from generator.training.corpus_sources import tune_style

_KEYBOARDS = frozenset({*range(8), *range(16, 24)})
_SINGERS = frozenset({52, 53, 54, 85, 91})


def is_keyboard(part: Part) -> bool:
    return part.program in _KEYBOARDS or part.staves > 1


def is_singer(part: Part) -> bool:
    return part.program in _SINGERS and part.staves == 1


def ensemble_of(piece: Piece) -> str:
    """melody, duet, satb, string-quartet, piano, voice-and-piano, or `other-n` with n parts."""
    parts = [part for part in piece.parts if part.notes]
    if len(parts) == 1:
        return _alone(parts[0])
    if len(parts) == 2 and is_singer(parts[0]) and is_keyboard(parts[1]) and parts[1].staves == 2:
        return "voice-and-piano"
    if len(parts) == 2 and all(part.staves == 1 and mostly_single(part) for part in parts):
        return "duet"
    if len(parts) == 4 and all(part.staves == 1 for part in parts):
        return _four(parts)
    return f"other-{len(parts)}"


def _alone(part: Part) -> str:
    if part.staves == 2 and is_keyboard(part):
        return "piano"
    return "melody" if part.staves == 1 and mostly_single(part) else "other-1"


def _four(parts: list[Part]) -> str:
    if [lane_kind(part, 1) for part in parts] == ["violin", "violin", "viola", "cello"]:
        return "string-quartet" if all(mostly_single(part, often=3) for part in parts) else "other-4"
    heights = [mean_pitch(part) for part in parts]
    falling = all(low <= high + 1 for high, low in pairwise(heights))
    voices = all(is_singer(part) and mostly_single(part) for part in parts)
    return "satb" if voices and falling and heights[0] > 62 and heights[3] < 58 else "other-4"


def style_of(piece: Piece) -> str:
    """An honest name of the style, from the collection and the players."""
    corpus, kind = piece.source.get("corpus", ""), piece.source.get("kind", "")
    if corpus == "jsb-chorales":
        return "chorale"
    if corpus == "folk-tunes":
        return _tune(piece, kind)
    if corpus == "openscore-lieder":
        return "song"
    if corpus == "openscore-quartets":
        return "quartet"
    return _by_players(piece, "polish-" if corpus == "polish-scores" else "")


def _tune(piece: Piece, kind: str) -> str:
    style = tune_style(kind)
    if style == "tune" and str(piece.metres[0]) in ("6/8", "9/8"):
        return "jig"
    return style


def _by_players(piece: Piece, prefix: str) -> str:
    parts = [part for part in piece.parts if part.notes]
    if all(is_keyboard(part) for part in parts):
        return f"{prefix}keyboard"
    singers = sum(is_singer(part) for part in parts)
    if singers == 1 and len(parts) == 2 and is_keyboard(parts[1]) and parts[1].staves == 2:
        return "song"
    if singers * 2 >= len(parts):
        return f"{prefix}vocal"
    return f"{prefix}instrumental"


def joined_hands(piece: Piece) -> Piece:
    """Two one-staff keyboard parts, the higher first, as the two staves of one: some files keep hands apart."""
    hands = [index for index, part in enumerate(piece.parts) if is_keyboard(part) and part.notes]
    if len(hands) != 2 or hands[1] != hands[0] + 1 or any(piece.parts[index].staves > 1 for index in hands):
        return piece
    right, left = (piece.parts[index] for index in hands)
    alike = (right.program < 8) == (left.program < 8) or not (right.name and left.name)
    if not alike or mean_pitch(right) <= mean_pitch(left):
        return piece
    notes = (*right.notes, *(replace(note, staff=2) for note in left.notes))
    marks = (*right.marks, *(replace(mark, staff=2) for mark in left.marks))
    both = replace(right, notes=notes, marks=marks, staves=2)
    return replace(piece, parts=(*piece.parts[: hands[0]], both, *piece.parts[hands[1] + 1 :]))


def mostly_single(part: Part, often: int = 20) -> bool:
    """Whether no more than one note in `often` sounds together with another of the part."""
    notes = [note for note in part.notes if note.duration]
    if not notes:
        return False
    overlaps = sum(before.end > after.onset for before, after in pairwise(notes))
    return overlaps <= len(notes) // often


def mean_pitch(part: Part) -> float:
    """Duration-weighted mean MIDI pitch."""
    notes: list[Note] = [note for note in part.notes if note.duration]
    ticks = sum(note.duration for note in notes)
    return sum(note.pitch * note.duration for note in notes) / ticks if ticks else 0.0
