"""Spelling: the names a musician would write, from the key, the neighbours and the line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.music.notation.spelling import from_fifths, spell, spelled, to_fifths
from generator.music.piece import Key, Metre, Note, Part, Piece, Spelling, regular_bars
from tests.music.strategies import SCORES, without_spelling


def names(key: str, *pitches: int) -> str:
    """A line of quarters in `key`, as `C#4`-like names without octaves."""
    notes = tuple(Note(24 * n, 24, pitch) for n, pitch in enumerate(pitches))
    bars = tuple(range(0, 96 * (len(pitches) // 4 + 2), 96))
    piece = spelled(Piece((Part("Voice", notes),), bars, keys=(Key.parse(key),)))
    return " ".join(_name(note.spelling) for note in piece.parts[0].notes)


def _name(spelling: Spelling | None) -> str:
    assert spelling is not None
    return spelling.step + {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}[spelling.alter]


@pytest.mark.parametrize(
    ("key", "pitches", "expected"),
    [
        ("C major", (60, 62, 64, 65, 67, 69, 71, 72), "C D E F G A B C"),
        ("Eb major", (63, 65, 67, 68, 70, 72, 74, 75), "Eb F G Ab Bb C D Eb"),
        ("F# major", (66, 68, 70, 71, 73, 75, 77, 78), "F# G# A# B C# D# E# F#"),
        ("D minor", (62, 64, 65, 67, 69, 71, 73, 74), "D E F G A B C# D"),
        ("G# minor", (68, 67, 68, 70, 71), "G# F## G# A# B"),
        ("C minor", (72, 71, 72, 68, 67), "C B C Ab G"),
    ],
)
def test_scales_have_the_names_of_their_key(key: str, pitches: tuple[int, ...], expected: str) -> None:
    assert names(key, *pitches) == expected


def test_a_chromatic_line_rises_in_sharps_and_falls_in_flats() -> None:
    assert names("C major", 60, 64, 67, 72, 65, 66, 67, 72).split()[5] == "F#"
    assert names("C major", 60, 64, 67, 72, 71, 70, 69, 67).split()[5] == "Bb"


def test_what_is_spelled_already_keeps_its_name() -> None:
    odd = Note(0, 24, 60, spelling=Spelling("B", 1))
    piece = spelled(Piece((Part("Voice", (odd,)),), (0, 96)))
    assert piece.parts[0].notes == (odd,)


@given(st.integers(-15, 19))
def test_names_and_places_on_the_line_of_fifths_agree(place: int) -> None:
    assert to_fifths(from_fifths(place)) == place
    assert from_fifths(place).pitch_class == place * 7 % 12


@given(st.integers(0, 127), st.integers(-7, 7))
def test_every_pitch_has_a_name_that_sounds_like_it(pitch: int, fifths: int) -> None:
    name = spell(pitch, Key.from_fifths(fifths))
    assert name.pitch_class == pitch % 12
    assert abs(name.alter) <= 2


@settings(max_examples=25)
@given(SCORES)
def test_every_note_of_a_score_gets_a_name_that_sounds_like_it(score: Piece) -> None:
    for _, note in spelled(without_spelling(score)).notes():
        assert note.spelling is not None
        assert note.spelling.pitch_class == note.pitch % 12
        assert abs(note.spelling.alter) <= 2


def test_spelling_changes_nothing_else() -> None:
    notes = tuple(Note(12 * n, 12, 60 + n % 7, voice=1 + n % 2) for n in range(16))
    piece = Piece((Part("Voice", notes),), regular_bars(2, Metre(0, 4, 4)))
    assert [replace(note, spelling=None) for _, note in spelled(piece).notes()] == [note for _, note in piece.notes()]
