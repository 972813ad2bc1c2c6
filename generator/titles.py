"""A first title for a piece, from its brief; people rename it."""

from __future__ import annotations

from generator.engines import Brief

STYLES = {
    "chorale": "Chorale",
    "song": "Song",
    "quartet": "Quartet movement",
    "polish-vocal": "Motet",
    "polish-keyboard": "Keyboard piece",
    "reel": "Reel",
    "jig": "Jig",
    "air": "Air",
    "hornpipe": "Hornpipe",
    "march": "March",
    "strathspey": "Strathspey",
    "polish-instrumental": "Instrumental piece",
    "tune": "Tune",
}
ENSEMBLES = {
    "melody": "Melody",
    "duet": "Duet",
    "satb": "Four voices",
    "string-quartet": "String quartet",
    "piano": "Piano piece",
    "voice-and-piano": "Song with piano",
}


def title_of(brief: Brief) -> str:
    """`Chorale in D minor`, `String quartet in Bb major`."""
    name = STYLES.get(brief.style or "") or ENSEMBLES.get(brief.ensemble, "Piece")
    return f"{name} in {printed_key(brief.key)}" if brief.key else name


def printed_key(key: str) -> str:
    """`Bb major` as it is printed: with a real flat."""
    tonic, _, mode = key.partition(" ")
    return f"{tonic[0]}{tonic[1:].replace('b', '♭').replace('#', '♯')} {mode}"
