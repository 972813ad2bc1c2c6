"""Ensembles: who plays. The names a brief may ask for, and what each part can do.

Ranges are sounding MIDI pitches: `low`..`high` is what can be played at all,
`comfortable` is where the music of the corpus lies nine times in ten.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.music.piece import Part


@dataclass(frozen=True, slots=True)
class Player:
    """One part of an ensemble."""

    name: str
    program: int  # General MIDI, 0-127
    low: int
    high: int
    comfortable: tuple[int, int]
    voices: int = 1  # most notes that may sound at once
    clef: str = "G2"
    staves: int = 1

    @property
    def monophonic(self) -> bool:
        return self.voices == 1

    def part(self) -> Part:
        """An empty Part of this player."""
        return Part(self.name, program=self.program, staves=self.staves)


SOPRANO = Player("Soprano", 52, 57, 84, (60, 79))
ALTO = Player("Alto", 52, 52, 77, (55, 74))
TENOR = Player("Tenor", 52, 45, 72, (48, 69), clef="G2-8")
BASS = Player("Bass", 52, 36, 65, (40, 62), clef="F4")
VIOLIN = Player("Violin I", 40, 55, 100, (57, 88))
SECOND = Player("Violin II", 40, 55, 96, (55, 81))
VIOLA = Player("Viola", 41, 48, 88, (48, 74), clef="C3")
CELLO = Player("Cello", 42, 36, 81, (36, 67), clef="F4")
VOICE = Player("Voice", 53, 48, 84, (55, 79))
RIGHT = Player("Piano, right hand", 0, 45, 105, (53, 86), voices=5)
LEFT = Player("Piano, left hand", 0, 21, 79, (33, 67), voices=5, clef="F4")
MELODY = Player("Melody", 73, 55, 91, (60, 83))
LOWER = Player("Bass line", 42, 36, 67, (40, 64), clef="F4")

ENSEMBLES: dict[str, tuple[Player, ...]] = {
    "melody": (MELODY,),
    "duet": (MELODY, LOWER),
    "satb": (SOPRANO, ALTO, TENOR, BASS),
    "string-quartet": (VIOLIN, SECOND, VIOLA, CELLO),
    "piano": (RIGHT, LEFT),
    "voice-and-piano": (VOICE, RIGHT, LEFT),
}
