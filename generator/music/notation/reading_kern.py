"""One **kern token -> what it says; one **text token -> a syllable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from generator.music.piece import STEP_CLASSES, Lyric, Spelling

_RECIP = re.compile(r"(\d+)(?:%(\d+))?(\.*)")
_PITCH = re.compile(r"([a-gA-G])\1*(#+|-+)?")
_SIGNS: tuple[tuple[str, str], ...] = (
    ("^^", "strongaccent"), ("^", "accent"), ("`", "staccatissimo"), ("'", "staccato"), ("~", "tenuto"),
    (";", "fermata"), ("T", "trill"), ("t", "trill"), ("M", "mordent"), ("m", "mordent"), ("W", "invertedmordent"),
    ("w", "invertedmordent"), ("S", "turn"), ("$", "invertedturn"), (",", "breathmark"), ('"', "pizzicato"),
    ("v", "upbow"), ("u", "downbow"), (":", "arpeggiomark"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KernNote:
    """A note, or a rest (`pitch` None); `length` in quarters, 0 for a grace note."""

    length: Fraction
    pitch: int | None
    spelling: Spelling | None
    grace: bool
    tie: str
    articulations: tuple[str, ...]
    slurs_opened: int
    slurs_closed: int
    phrase_end: bool


def parse_kern(token: str) -> list[KernNote]:
    """The notes of a token: several when it is a chord."""
    found: list[KernNote] = []
    length = Fraction(0)
    for subtoken in token.split(" "):
        if subtoken and subtoken != ".":
            length = _length(subtoken, length)
            found.append(_parse_note(subtoken, length))
    return found


def _length(text: str, default: Fraction) -> Fraction:
    """Quarters of a reciprocal duration: `4` 1, `8.` 3/4, `6` 2/3, `0` 8, `00` 16, `3%2` 8/3."""
    match = _RECIP.search(text)
    if match is None:
        return default
    digits = match[1]
    if set(digits) == {"0"}:
        base = Fraction(4) * 2 ** len(digits)
    else:
        base = Fraction(4 * int(match[2] or 1) or 4, int(digits))
    return base * (2 - Fraction(1, 2 ** len(match[3])))


def _parse_note(text: str, length: Fraction) -> KernNote:
    grace = "q" in text or "Q" in text
    pitch, spelling = _pitch(text)
    return KernNote(
        Fraction(0) if grace else length,
        pitch,
        spelling,
        grace,
        "start" if "[" in text else "continue" if "_" in text else "stop" if "]" in text else "",
        _articulations(text) if pitch is not None else (),
        text.count("("),
        text.count(")"),
        "}" in text,
    )


def _pitch(text: str) -> tuple[int | None, Spelling | None]:
    """Middle C is `c`, the one above `cc`, the one below `C`; `#` and `-` alter."""
    if "r" in text:
        return None, None
    match = _PITCH.search(text)
    if match is None:
        return None, None
    letters = re.match(r"[a-gA-G]+", match[0])
    count = len(letters[0]) if letters else 1
    octave = 3 + count if match[1].islower() else 4 - count
    signs = match[2] or ""
    alter = len(signs) * (1 if signs.startswith("#") else -1)
    step = match[1].upper()
    pitch = 12 * (octave + 1) + STEP_CLASSES[step] + alter
    if not 0 <= pitch <= 127:
        return None, None
    return pitch, Spelling(step, alter) if abs(alter) <= 2 else None


def _articulations(text: str) -> tuple[str, ...]:
    names = {name for sign, name in _SIGNS if sign in text}
    if "strongaccent" in names:
        names.discard("accent")
    return tuple(sorted(names))


def parse_lyric(token: str, verse: int) -> Lyric | None:
    """`Glo-` begins a word, `-ri-` goes on, `-a` ends it."""
    text = token.strip()
    opens, closes = text.endswith("-"), text.startswith("-")
    text = " ".join(text.strip("-").replace("&nbsp;", " ").split())
    if not text or text in ("_", "|"):
        return None
    if opens:
        return Lyric(text, "middle" if closes else "begin", verse)
    return Lyric(text, "end" if closes else "single", verse)
