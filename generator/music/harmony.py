"""A chord and its symbol."""

from __future__ import annotations

import re
from dataclasses import dataclass

from generator.music.piece import STEP_CLASSES, Key, Spelling

# Quality -> its tones above the root; the names are those of lead sheets.
QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10),
    "dim": (0, 3, 6), "m7b5": (0, 3, 6, 10), "dim7": (0, 3, 6, 9), "aug": (0, 4, 8),
}  # fmt: skip
_SYMBOL = re.compile(r"([A-G])([#b]?)(m7b5|maj7|dim7|dim|aug|m7|m|7)?(?:/([A-G])([#b]?))?")
_ALTER = {"": 0, "#": 1, "b": -1}


@dataclass(frozen=True, slots=True)
class Chord:
    """A harmony from `tick` on; pitch classes of root and bass, and the quality's name."""

    tick: int
    root: int
    quality: str
    bass: int

    def tones(self) -> frozenset[int]:
        return frozenset((self.root + tone) % 12 for tone in QUALITIES[self.quality])

    def figure(self, key: Key) -> str:
        """`F#m7/C#`, spelled as `key` would."""
        name = _name(self.root, key) + self.quality
        return name if self.bass == self.root else f"{name}/{_name(self.bass, key)}"

    @classmethod
    def parse(cls, text: str, tick: int = 0) -> Chord:
        """`F#m7/C#` -> Chord. Raises ValueError with a remedy."""
        found = _SYMBOL.fullmatch(text.strip())
        if not found:
            raise ValueError(f"{text!r} is not a chord symbol; write it like 'Am', 'D7' or 'C/E'.")
        step, sign, quality, bass, bass_sign = found.groups()
        root = (STEP_CLASSES[step] + _ALTER[sign]) % 12
        return cls(tick, root, quality or "", (STEP_CLASSES[bass] + _ALTER[bass_sign]) % 12 if bass else root)


def _name(pitch_class: int, key: Key) -> str:
    """The pitch class as the key spells it: the name nearest to the tonic on the circle of fifths."""
    centre = key.fifths + (2.0 if key.mode == "major" else 3.4)  # between fa and the leading tone, raised in minor
    spellings = [
        (abs("FCGDAEB".index(step) - 1 + 7 * alter - centre), step, alter)
        for step, natural in STEP_CLASSES.items()
        for alter in (-1, 0, 1)
        if (natural + alter) % 12 == pitch_class
    ]
    _, step, alter = min(spellings)
    return Spelling(step, alter).step + {-1: "b", 0: "", 1: "#"}[alter]
