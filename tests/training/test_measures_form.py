"""Form, tonality, rhythm and copies on pieces that were made to have them."""

from dataclasses import replace

import numpy as np
import pytest

from generator.engines import PlannedBar, tokens
from generator.music.harmony import Chord
from generator.music.piece import Note, Spelling
from generator.training.measures import copying, form, rhythm, sheet, spellings, tonality
from generator.training.measures.form import Section
from generator.training.measures.view import View
from tests.training.measured import chorale, piece

A, B, C = "60 62 64 65", "67/2 72/2", "60 60/0.5 59/0.5 57/2"


def likeness(*bars, **given):
    return form.similarities(View(piece(" ".join(bars))), **given)


def test_the_same_bar_is_alike_and_another_is_not():
    found = likeness(A, B, A)
    assert found[0, 2] == pytest.approx(1)
    assert found[0, 1] < 0.4


def test_a_transposed_return_is_a_return():
    higher = "65 67 69 70"
    assert likeness(A, B, higher)[0, 2] == pytest.approx(1)
    assert likeness(A, B, higher, transposed=False)[0, 2] < 0.5


def test_the_lag_at_which_bars_repeat_is_heard():
    found = likeness(A, B, A, B, A, B)
    assert form.at_lag(found, 2) == (pytest.approx(4), 4)
    assert form.at_lag(found, 1).rate < 0.4


def test_a_bar_that_comes_at_once_again_does_not_return():
    assert form.returns(likeness(A, A, B)).amount == 0
    assert form.returns(likeness(A, B, A)) == (1, 1)


def test_a_varied_bar_is_near_and_a_literal_one_is_not():
    assert form.near_misses(likeness(A, B, A)) == (0, 1)
    assert form.near_misses(likeness(A, B, "60 62 64 69")) == (1, 1)


def test_a_plan_is_held_when_letters_return_and_others_contrast():
    plan = (Section("A", 0, 1), Section("B", 1, 2), Section("A", 2, 3))
    assert form.form_held(likeness(A, B, A), plan) == (3, 3)
    assert form.form_held(likeness(A, A, B), plan) == (1, 3)


def test_a_piece_carries_its_plan_and_the_plan_its_sections():
    bars = [PlannedBar(section=letter, ends=end) for letter, end in zip("AAAABBA", [None, "half"] * 3 + [None])]
    planned = form.with_plan(piece(A), bars)
    assert form.plan_of(planned) == tuple(bars)
    assert form.plan_of(piece(A)) == ()
    found = [(section.letter, section.first, section.last) for section in form.sections(bars)]
    assert found == [("A", 0, 2), ("A", 2, 4), ("B", 4, 6), ("A", 6, 7)]


def test_asked_chords_stand_at_the_barline_and_in_the_middle():
    plan = [PlannedBar(chords=("C", "G7/B")), PlannedBar(), PlannedBar(chords=("Am",))]
    asked = form.asked_chords(plan, (0, 96, 192, 288))
    assert [(chord.tick, chord.root, chord.bass) for chord in asked] == [(0, 0, 0), (48, 7, 11), (192, 9, 9)]


def test_the_key_is_heard_in_the_whole_and_at_the_end():
    good = View(chorale())
    assert tonality.key_heard(good).amount == 1
    assert tonality.last_key_heard(good).amount == 1
    assert tonality.key_heard(View(replace(chorale(), keys=piece(A, key="E major").keys))).amount == 0


def test_an_ending_is_long_calm_and_on_the_tonic():
    good, cut = View(chorale()), View(chorale().slice(0, 6))
    assert tonality.final_length(good).rate == 2
    assert tonality.final_length(cut).rate == 0
    assert tonality.final_calm(good).rate > 1 > tonality.final_calm(cut).rate
    assert tonality.final_tonic(View(piece("60 62 64 67"))).amount == 0


def test_a_phrase_that_ends_on_its_tonic_is_a_cadence():
    assert tonality.phrase_cadences(View(chorale(4))) == (1, 1)
    assert tonality.phrase_cadences(View(piece("60 62 64 65 60 62 64 65 68/4"))).amount == 0


def test_a_stranger_that_leads_on_by_a_half_step_is_welcome():
    assert tonality.strangers(View(piece("60 66 67 72"))) == (0, 4)
    assert tonality.strangers(View(piece("60 66 72 72"))) == (1, 4)


def test_two_bars_in_another_key_stand_out():
    lost = " ".join([A, A, "61 63 66 68", "61 63 66 68", A, A])
    assert tonality.strayed_bars(View(piece(lost))).rate > 0.6
    assert tonality.strayed_bars(View(piece(" ".join([A] * 6)))).rate == 0


def test_chord_lock_counts_tones_and_basses_on_strong_beats():
    asked = [Chord(0, 0, "", 0), Chord(48, 7, "", 7)]
    assert tonality.chord_lock(View(piece("64 60 62 60", "48/2 43/2")), asked) == ((4, 4), (2, 2))
    assert tonality.chord_lock(View(piece("64 60 65 60", "48/2 47/2")), asked) == ((3, 4), (1, 2))


def test_a_note_held_over_a_beat_is_a_syncopation():
    assert rhythm.syncopation(View(piece("60 62 64 65"))) == (0, 4)
    assert rhythm.syncopation(View(piece("60/0.5 62/1 64/0.5 65/2"))) == (1, 4)


def test_long_notes_on_downbeats_are_accents():
    straight, late = View(piece("60/3 62")), View(piece("60 62/3"))
    assert rhythm.accents(straight).rate > rhythm.accents(late).rate


def test_voices_that_move_together_are_told_from_voices_that_do_not():
    assert rhythm.together(View(piece("60 62 64 65", "48 50 52 53"))) == (8, 8)
    assert rhythm.together(View(piece("60 62 64 65", "-/0.5 48 50 52 53/0.5"))).amount == 0
    assert rhythm.together(View(piece("60 62 64 65"))) == (0, 0)


def test_leaps_over_the_barline_are_seams():
    assert rhythm.seams(View(piece("60 62 64 65 77 79 81 83"))).rate > 10


def test_a_rhythm_that_comes_again_is_kept():
    assert rhythm.rhythms_kept(View(piece(" ".join([A, B, A, B])))) == (2, 3)


def test_a_run_is_as_long_as_what_training_has_too():
    line = "60 62 64/2 65 67 69/2 71 72 74 76"
    learnt = tokens.encode(piece(line)).rows
    copied = tokens.encode(piece("- " + line).transpose(5)).rows
    fresh = tokens.encode(piece("60 67 61 68 62 69 63 70")).rows
    half = tokens.encode(piece("60 62 64/2 65 70 61 75 62 80")).rows
    assert copying.longest_runs([copied, fresh, half], [learnt]).tolist() == [10, 0, 4]


def test_runs_do_not_go_on_in_the_next_lane_or_piece():
    two = tokens.encode(piece("60 62 64 65", "48 50 52 53")).rows
    alone = tokens.encode(piece("60 62 64 65 48 50 52 53")).rows
    assert copying.longest_runs([alone], [two]).tolist() == [4]
    assert copying.longest_runs([alone], [alone[:4], alone[4:]]).max() == 4


def test_names_that_the_editor_gave_are_compared():
    named = piece("60 66 67 60").with_notes(
        [(0, Note(0, 24, 60, spelling=Spelling("C"))), (0, Note(24, 24, 66, spelling=Spelling("F", 1)))]
    )
    assert spellings.respelled(named) == (2, 2)
    odd = named.with_notes([(0, Note(0, 24, 60, spelling=Spelling("B", 1))), (0, Note(24, 24, 66))])
    assert spellings.respelled(odd) == (0, 1)


@pytest.mark.parametrize("measured", [piece("60/4"), piece("- 60"), chorale(), piece("60 - 72", "-/3")])
def test_every_measure_can_be_taken_of_any_piece(measured):
    found = sheet.tallies(measured)
    assert list(found) == list(sheet.NAMES)
    assert all(np.isfinite(tally.amount) and tally.chances >= 0 for tally in found.values())


def test_a_piece_without_notes_has_no_figures_but_no_error_either():
    sheet.tallies(piece("60/4").with_notes([]))
