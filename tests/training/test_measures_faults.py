"""A fault that was put into a piece is counted once, and what is no fault is not."""

import pytest

from generator.training.measures import faults, flow
from generator.training.measures.view import SILENCE, View
from tests.training.measured import QUARTER, chorale, piece


def tally(measure, *voices, **given):
    return measure(View(piece(*voices, **given)))


def test_a_view_knows_what_sounds_at_every_tick():
    view = View(piece("60/2 - 64", "48/4"))
    assert view.sounding[0, [0, 47, 48, 71, 72]].tolist() == [60, 60, SILENCE, SILENCE, 64]
    assert set(view.bass.tolist()) == {48}
    assert view.beats.tolist() == [0, 24, 48, 72]


def test_a_hand_that_plays_chords_has_a_bottom_line_of_its_own():
    hands = View(piece("60 62 64 65", "48 50 52 53", ensemble="duet"))
    assert len(hands.voices) == 2
    chords = piece("60 62 64 65", "48 50 52 53", ensemble="duet")
    doubled = chords.with_notes([*chords.notes(), *((part, _up(note)) for part, note in chords.notes() if part == 1)])
    assert [voice.pitch[0] for voice in View(doubled).voices] == [60, 55, 48]


def _up(note):
    return type(note)(note.onset, note.duration, note.pitch + 7)


def test_a_fourth_over_the_bass_is_not_consonant_and_a_third_is():
    assert tally(faults.dissonant_beats, "65 64 64 65", "60/4") == (2, 4)


def test_beats_on_which_one_voice_sounds_say_nothing():
    assert tally(faults.dissonant_beats, "65 64 - -", "60/4") == (1, 2)


def test_a_suspension_that_resolves_by_step_is_no_fault_and_one_that_leaps_is():
    assert tally(faults.bare_clashes, "72/2 71 72", "57 62/2 60").amount == 0
    assert tally(faults.bare_clashes, "67 73 67 67", "55 60 64 60").amount == 1


@pytest.mark.parametrize(("upper", "crossed"), [("60 62 64 65", 0), ("60 62 47 65", 4)])
def test_a_voice_below_the_next_is_counted_for_as_long_as_it_lies_there(upper, crossed):
    assert tally(faults.crossings, upper, "48 48 48 48") == (crossed, 16)


def test_one_parallel_fifth_counts_one():
    assert tally(faults.parallels, "67 69 67 64 62", "60 62 64 60 59").amount == 1


def test_one_parallel_octave_counts_one_and_contrary_motion_none():
    assert tally(faults.parallels, "72 74 76 74 72 71", "60 62 60 55 57 55").amount == 1
    assert tally(faults.parallels, "67 72 71 72", "60 53 55 48").amount == 0


def test_a_repeated_fifth_does_not_move_in_parallel():
    assert tally(faults.parallels, "67 67 67 67", "60 60 60 60") == (0, 0)


def test_voices_that_double_each_other_are_one_voice():
    assert tally(faults.parallels, "72 74 76 77 79", "60 62 64 65 67") == (0, 0)


def test_a_major_third_is_no_leap_and_a_fourth_is():
    assert tally(faults.leaps, "60 64 69 69") == (1, 2)


def test_a_leap_of_a_fifth_must_turn_back():
    assert tally(faults.unturned_leaps, "60 67 65 64") == (0, 2)
    assert tally(faults.unturned_leaps, "60 67 69 71").amount == 1


def test_the_bass_may_leap_on():
    assert tally(faults.unturned_leaps, "72 71 72 71", "40 47 54 55").amount == 0


def test_harmony_that_moves_by_fifths_is_told_from_harmony_that_does_not():
    assert flow.fifth_motion(View(chorale())) == (14, 21)  # I IV V I: two moves of three
    stepping = piece("67 69 67 69 67 69", "64 65 64 65 64 65", "60 62 60 62 60 62", "48 50 48 50 48 50")
    assert flow.fifth_motion(View(stepping)).amount == 0


def test_three_chords_a_bar_are_three_changes_but_where_the_same_one_begins_the_next():
    assert flow.chord_changes(View(chorale())) == (21, 8)
    assert flow.chord_changes(View(piece("60 64 67 64"))) == (0, 0)


def test_compass_is_the_mean_range_of_the_voices():
    assert tally(flow.compass, "60 62 64 72", "48 48 50 48") == (14, 2)


def test_equal_notes_have_no_entropy_and_four_kinds_have_two_bits():
    assert tally(flow.length_entropy, "60 62 64 65").rate == 0
    assert tally(flow.length_entropy, "60/1 62/2 64/3 65/4 60/2").rate > 1.5


def test_a_note_outside_its_harmony_is_foreign():
    assert flow.foreign_tones(View(chorale())).amount == 0
    assert flow.foreign_tones(View(piece("72 74 76 72", "67/4", "64/4", "48/4"))) == (1, 7)


def test_the_bass_moves_so_many_semitones_on_average():
    assert tally(flow.bass_motion, "72 72 72 72", "48 53 55 48") == (14, 3)
    assert QUARTER == 24
