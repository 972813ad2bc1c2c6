"""The judge reads what is written, and is not told how it was made."""

from fractions import Fraction

import pytest

from generator.music.piece import Key, Metre, Note, Part, Piece, regular_bars
from generator.training.judge import (
    Asked,
    Sound,
    engraving_warnings,
    has_final_cadence,
    is_frozen,
    judge,
    piece_ears,
)

TYPES = {12: "eighth", 24: "quarter", 48: "half", 96: "whole"}
NAMES = {0: "C", 2: "D", 4: "E", 5: "F", 7: "G", 9: "A", 11: "B"}
C_MAJOR = Key.parse("C major")
TUNE = [[(60, 24), (64, 24), (67, 24), (65, 24)], [(64, 24), (62, 24), (60, 48)]]
BASS = [[(48, 48), (43, 48)], [(43, 48), (48, 48)]]
ASKED = Asked("C major", "4/4", 2, (("Flute", 73), ("Cello", 42)))


def note_xml(pitch, duration, tie=""):
    step, octave = NAMES[pitch % 12], pitch // 12 - 1
    ties = f'<tie type="{tie}"/>' if tie else ""
    tied = f'<notations><tied type="{tie}"/></notations>' if tie else ""
    return (
        f"<note><pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>{duration}</duration>{ties}"
        f"<voice>1</voice><type>{TYPES[duration]}</type>{tied}</note>"
    )


def score_xml(parts=(("Flute", 73, TUNE), ("Cello", 42, BASS)), fifths=0, mode="major", beats=4):
    """MusicXML of parts (name, program, bars of (pitch, duration[, tie]))."""
    listed, written = "", ""
    for index, (name, program, bars) in enumerate(parts, 1):
        listed += (
            f'<score-part id="P{index}"><part-name>{name}</part-name><score-instrument id="I{index}">'
            f"<instrument-name>{name}</instrument-name></score-instrument><midi-instrument id='I{index}'>"
            f"<midi-channel>{index}</midi-channel><midi-program>{program + 1}</midi-program></midi-instrument>"
            "</score-part>"
        )
        attributes = (
            f"<attributes><divisions>24</divisions><key><fifths>{fifths}</fifths><mode>{mode}</mode></key><time><beats>"
            f"{beats}</beats><beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>"
        )
        music = ["".join(note_xml(*note) for note in bar) for bar in bars]
        music[0] = attributes + music[0]
        measures = "".join(f'<measure number="{number}">{bar}</measure>' for number, bar in enumerate(music, 1))
        written += f'<part id="P{index}">{measures}</part>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0"><part-list>{listed}</part-list>'
        f"{written}</score-partwise>"
    ).encode()


def sound(pitch, onset, end):
    return Sound(0, Fraction(onset), Fraction(end), pitch)


def test_a_plain_cadence_passes_everything():
    verdict = judge(score_xml(), ASKED)
    assert verdict.faults == ()
    assert verdict.locks == {"key": True, "metre": True, "bars": True, "instruments": True}
    assert verdict.heard_key
    assert verdict.final_cadence
    assert not verdict.frozen


def test_a_bar_that_is_too_short_is_a_fault():
    short = [TUNE[0][:3], TUNE[1]]
    verdict = judge(score_xml((("Flute", 73, short), ("Cello", 42, BASS))), ASKED)
    assert any("bar 1" in fault and "3 of 4" in fault for fault in verdict.faults)


def test_a_bar_that_is_too_long_is_a_fault():
    long = [[*TUNE[0], (60, 24)], TUNE[1]]
    assert not judge(score_xml((("Flute", 73, long), ("Cello", 42, BASS))), ASKED).grammatical


def test_parts_of_unequal_length_are_a_fault():
    assert not judge(score_xml((("Flute", 73, TUNE), ("Cello", 42, BASS[:1]))), ASKED).grammatical


def test_verovio_warns_of_a_tie_that_never_ends():
    hanging = [TUNE[0], [(64, 24), (62, 24), (60, 48, "start")]]
    xml = score_xml((("Flute", 73, hanging), ("Cello", 42, BASS)))
    assert any("tie" in line for line in engraving_warnings(xml))
    assert not judge(xml, ASKED).grammatical


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"fifths": 1}, {"key"}),
        ({"mode": "minor"}, {"key"}),
        ({"beats": 3}, {"metre"}),
        ({"parts": (("Flute", 73, TUNE * 2), ("Cello", 42, BASS * 2))}, {"bars"}),
        ({"parts": (("Oboe", 68, TUNE), ("Cello", 42, BASS))}, {"instruments"}),
        ({"parts": (("Flute", 73, TUNE),)}, {"instruments"}),
    ],
)
def test_a_lock_that_was_not_held_is_named(change, broken):
    locks = judge(score_xml(**change), ASKED).locks
    assert {name for name, held in locks.items() if not held} == broken


def test_nonsense_is_a_fault_and_not_an_error():
    assert not judge(b"this is not a score", ASKED).grammatical
    assert not judge(b"this is not a score", ASKED).locks_held


def test_tied_notes_are_one_sound():
    tied = [[(60, 48), (67, 48, "start")], [(67, 48, "stop"), (60, 48)]]
    frozen_bass = [(48, 96, "start")], [(48, 96, "stop")]
    verdict = judge(score_xml((("Flute", 73, tied), ("Cello", 42, list(frozen_bass)))), ASKED)
    assert verdict.faults == ()
    assert verdict.final_cadence


def test_a_last_chord_must_stand_on_the_tonic_and_last_a_beat():
    assert has_final_cadence([sound(48, 0, 2), sound(64, 0, 2)], C_MAJOR, Fraction(1))
    assert not has_final_cadence([sound(52, 0, 2), sound(60, 0, 2)], C_MAJOR, Fraction(1))
    assert not has_final_cadence([sound(48, 0, 2), sound(64, "3/2", 2)], C_MAJOR, Fraction(1))
    assert not has_final_cadence([], C_MAJOR, Fraction(1))


def test_five_equal_bars_are_frozen_and_four_are_not():
    bars = [Fraction(4 * bar) for bar in range(7)]
    again = [sound(60, 4 * bar, 4 * bar + 4) for bar in range(4)]
    ending = [sound(62, 16, 20), sound(60, 20, 24)]
    assert not is_frozen([*again, *ending], bars)
    assert is_frozen([*again, sound(60, 16, 20), ending[1]], bars)


def test_five_empty_bars_and_one_note_held_through_five_are_frozen():
    bars = [Fraction(4 * bar) for bar in range(8)]
    assert is_frozen([sound(60, 0, 4)], bars)
    assert is_frozen([sound(60, 0, 24), sound(62, 24, 28)], bars)


def test_the_same_ears_hear_a_real_piece():
    notes = tuple(Note(24 * beat, 24, pitch) for beat, pitch in enumerate((60, 64, 67, 65, 64, 62)))
    piece = Piece((Part("tune", (*notes, Note(144, 48, 60))),), regular_bars(2, Metre(0, 4, 4)))
    assert piece_ears(piece) == {"heard_key": True, "final_cadence": True, "frozen": False}
