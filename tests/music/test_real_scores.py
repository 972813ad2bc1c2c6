"""Real scores through our formats: what went out comes back.

A few tunes that music21 carries always run; PARTITA_SCORES names a folder of .mxl, .musicxml and .krn files
of which 300 are drawn, always the same ones of the same folder.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import music21
import pytest

from generator.music import midi, notation
from generator.music.notation.reading import split_tunes
from generator.music.notation.reading_abc import read_tune
from generator.music.notation.settling import settle
from generator.music.notation.writing_header import first_clefs
from generator.music.piece import Mark, Part, Piece

FOLK = Path(music21.__file__).parent / "corpus"
FOLDER = os.environ.get("PARTITA_SCORES", "")
HOW_MANY = int(os.environ.get("PARTITA_SCORE_COUNT", "300"))


def folk_tunes() -> list[str]:
    """Every 40th tune of Aird's Airs and the first two dozen of O'Neill's."""
    airs = split_tunes((FOLK / "airdsAirs" / "book3.abc").read_text("utf8"))[::40]
    neill = split_tunes((FOLK / "oneills1850" / "0101-0200.abc").read_text("latin-1"))[:24:2]
    return airs + neill


def real_scores() -> list[Path]:
    if not FOLDER:
        return []
    found = sorted(path for path in Path(FOLDER).rglob("*") if path.suffix in (".mxl", ".musicxml", ".krn"))
    return random.Random(0).sample(found, min(HOW_MANY, len(found)))


def without_barlines(piece: Piece) -> Piece:
    """The writer adds the final barline and draws one where a repeat stands."""
    return replace(piece, marks=tuple(mark for mark in piece.marks if mark.kind != "barline"))


def with_clefs(piece: Piece) -> Piece:
    """The writer gives a clef to every staff that names none."""

    def clefs(part: Part) -> tuple[Mark, ...]:
        named = {mark.staff for mark in part.marks if mark.kind == "clef" and mark.onset == 0}
        first = enumerate(first_clefs(part), 1)
        return tuple(Mark("clef", 0, value=clef, staff=staff) for staff, clef in first if staff not in named)

    return replace(piece, parts=tuple(replace(part, marks=part.marks + clefs(part)) for part in piece.parts))


def assert_survives(piece: Piece) -> None:
    settled = settle(with_clefs(piece))
    back = settle(notation.read(notation.write(settled), ".musicxml"))
    assert without_barlines(back) == without_barlines(settled)
    assert midi.read(midi.write(piece)) == midi.holds(piece)


@pytest.mark.parametrize("text", folk_tunes(), ids=lambda text: text.split("T:")[1].splitlines()[0].strip())
def test_a_folk_tune_survives_musicxml_and_midi(text):
    assert_survives(read_tune(text))


@pytest.mark.skipif(not FOLDER, reason="PARTITA_SCORES names no folder of scores")
@pytest.mark.parametrize("path", real_scores(), ids=lambda path: path.name)
def test_a_real_score_survives_musicxml_and_midi(path):
    assert_survives(notation.read(path.read_bytes(), path.suffix))
