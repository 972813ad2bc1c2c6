"""Ensembles: who plays. The names a brief may ask for, and what each hand or voice can do.

A *lane* is what one hand or voice plays: a part, or one staff of a keyboard part.
Ranges are sounding MIDI pitches: `low`..`high` can be played at all, `comfortable`
is where the music of the corpus lies nine times in ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from generator.music.piece import Mark, Part, Piece

LaneKind = Literal[
    "other", "soprano", "alto", "tenor", "bass", "voice", "violin", "viola", "cello",
    "keyboard-right", "keyboard-left", "melody", "bass-line",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lane:
    """One hand or voice of an ensemble."""

    part: str
    kind: LaneKind
    program: int  # General MIDI, 0-127
    low: int
    high: int
    comfortable: tuple[int, int]
    clef: str = "G2"
    staff: int = 1
    voices: int = 1  # most notes that may sound at once


SOPRANO = Lane("Soprano", "soprano", 52, 57, 84, (60, 79))
ALTO = Lane("Alto", "alto", 52, 52, 77, (55, 74))
TENOR = Lane("Tenor", "tenor", 52, 45, 72, (48, 69), clef="G2-8")
BASS = Lane("Bass", "bass", 52, 36, 65, (40, 62), clef="F4")
VIOLIN = Lane("Violin I", "violin", 40, 55, 100, (57, 88))
SECOND = Lane("Violin II", "violin", 40, 55, 96, (55, 81))
VIOLA = Lane("Viola", "viola", 41, 48, 88, (48, 74), clef="C3")
CELLO = Lane("Violoncello", "cello", 42, 36, 81, (36, 67), clef="F4")
VOICE = Lane("Voice", "voice", 53, 48, 84, (55, 79))
RIGHT = Lane("Piano", "keyboard-right", 0, 41, 105, (53, 86), voices=5)
LEFT = Lane("Piano", "keyboard-left", 0, 21, 79, (33, 67), clef="F4", staff=2, voices=5)
MELODY = Lane("Melody", "melody", 73, 55, 91, (60, 83))
LOWER = Lane("Bass line", "bass-line", 42, 36, 67, (40, 64), clef="F4")

ENSEMBLES: dict[str, tuple[Lane, ...]] = {
    "melody": (MELODY,),
    "duet": (MELODY, LOWER),
    "satb": (SOPRANO, ALTO, TENOR, BASS),
    "string-quartet": (VIOLIN, SECOND, VIOLA, CELLO),
    "piano": (RIGHT, LEFT),
    "voice-and-piano": (VOICE, RIGHT, LEFT),
}


def parts_of(lanes: Sequence[Lane]) -> tuple[Part, ...]:
    """Empty parts, with their clefs, for the lanes of an ensemble; two hands share one keyboard part."""
    parts = []
    for name, group in groupby(lanes, key=lambda lane: lane.part):
        own = list(group)
        clefs = tuple(Mark("clef", 0, value=lane.clef, staff=lane.staff) for lane in own)
        parts.append(Part(name, program=own[0].program, staves=len(own), marks=clefs))
    return tuple(parts)


def lane_places(piece: Piece) -> list[tuple[int, int]]:
    """(part index, staff) of every lane of a score, in score order; percussion has none."""
    return [
        (index, staff)
        for index, part in enumerate(piece.parts)
        if not part.percussion
        for staff in range(1, part.staves + 1)
    ]


def lane_kind(part: Part, staff: int) -> LaneKind:
    """What kind of lane a part of any score is, from its program, name and staves."""
    if part.staves > 1 or part.program < 8 or 16 <= part.program < 24:
        return "keyboard-left" if staff > 1 else "keyboard-right"
    if 52 <= part.program <= 54:
        return _VOICES.get(part.name.lower().split(" ")[0], "voice")
    return _PROGRAMS.get(part.program, "other")


_VOICES: dict[str, LaneKind] = {
    "soprano": "soprano", "cantus": "soprano", "canto": "soprano", "alto": "alto", "altus": "alto",
    "tenor": "tenor", "tenore": "tenor", "bass": "bass", "bassus": "bass", "basso": "bass",
}  # fmt: skip
_PROGRAMS: dict[int, LaneKind] = {
    40: "violin", 41: "viola", 42: "cello", 43: "bass-line", 48: "violin", 73: "melody", 72: "melody", 110: "violin",
}  # fmt: skip
