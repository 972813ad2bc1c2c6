"""A tempo for scores that name none: from their words, else from style and metre, within a sane note rate."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from generator.music.piece import TICKS_PER_QUARTER, Metre, Piece, Tempo

# Beats a minute that the words of tempo stand for, the longest stem that matches first.
_WORDS = {
    "larghetto": 63, "largo": 50, "lento": 54, "grave": 44, "adagio": 60, "andantino": 84, "andante": 76,
    "moderato": 96, "allegretto": 108, "allegro moderato": 116, "allegro": 132, "vivace": 150, "vivo": 144,
    "prestissimo": 190, "presto": 176, "sostenuto": 72, "maestoso": 88, "cantabile": 76, "mosso": 108,
    "agitato": 126, "con brio": 138, "langsam": 54, "mäßig": 88, "mässig": 88, "gehend": 80, "bewegt": 104,
    "lebhaft": 126, "schnell": 144, "ruhig": 66, "innig": 70, "zart": 72, "feierlich": 60, "rasch": 144,
    "lent": 54, "modéré": 88, "animé": 120, "vif": 144, "wolno": 60, "umiarkowan": 92, "żywo": 132,
    "tempo di valse": 160, "valse": 160, "mazurka": 132, "polonaise": 96, "marcia": 108, "slow": 60, "quick": 126,
    "lively": 126, "moderately": 92, "allegramente": 126,
}  # fmt: skip
# Beats a minute of styles; dance tunes are counted in their felt beat.
_STYLES = {
    "chorale": 76, "reel": 104, "jig": 116, "hornpipe": 84, "strathspey": 116, "air": 80, "march": 104, "waltz": 150,
    "song": 84, "quartet": 104, "polish-vocal": 84, "polish-keyboard": 96, "polish-instrumental": 96,
}  # fmt: skip
DEFAULT = 120  # what a reader puts where the source names nothing
_SLOWEST, _FASTEST = 0.8, 9.0  # notes a second of the busiest part


def with_tempo(piece: Piece) -> Piece:
    """The same piece; tempos that are mere defaults become estimates, marked as such."""
    if not piece.tempos[0].estimated or piece.tempos[0].bpm != DEFAULT:
        return piece
    first = estimate(piece)
    return replace(piece, tempos=(first, *(tempo for tempo in piece.tempos[1:] if not tempo.estimated)))


def estimate(piece: Piece) -> Tempo:
    """The likeliest opening tempo."""
    metre = piece.metres[0]
    words = " ".join(
        [
            piece.tempos[0].text,
            *(mark.value for part in piece.parts for mark in part.marks if mark.kind == "text" and mark.onset < 48),
        ]
    ).lower()
    beats = _beats_named(words)
    if beats is None:
        beats = _STYLES.get(piece.source.get("style", ""), 96)
        if metre.denominator == 4 and metre.numerator == 4 and piece.source.get("style") in ("reel", "hornpipe"):
            beats *= 2
    bpm = beats * beat_quarters(metre)
    return Tempo(0, round(_sane(bpm, piece)), piece.tempos[0].text, estimated=True)


def beat_quarters(metre: Metre) -> float:
    """Quarters in the felt beat: half notes in alla breve and longer metres."""
    return metre.beat_ticks / TICKS_PER_QUARTER


def _beats_named(words: str) -> int | None:
    for stem in sorted(_WORDS, key=len, reverse=True):
        if re.search(rf"\b{re.escape(stem)}", words):
            return _WORDS[stem]
    return None


def _sane(bpm: float, piece: Piece) -> float:
    """Slower or faster where the busiest part would play an absurd number of notes a second."""
    steps = []
    for part in piece.parts:
        onsets = sorted({note.onset for note in part.notes if note.duration})
        if len(onsets) > 4:
            steps.append(float(np.median(np.diff(onsets))) / TICKS_PER_QUARTER)
    if not steps:
        return bpm
    rate = bpm / 60 / min(steps)
    factor = _FASTEST / rate if rate > _FASTEST else _SLOWEST / rate if rate < _SLOWEST else 1.0
    return min(max(bpm * factor, 30.0), 240.0)
