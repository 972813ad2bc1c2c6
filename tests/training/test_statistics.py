"""The statistics say what MusPy says, and overlap is an area."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.engines import tokens
from generator.music.piece import Key, Metre, Note, Part, Piece, regular_bars
from generator.training import statistics

QUARTER = 24


def line(*pitches, duration=QUARTER):
    return tuple(Note(place * duration, duration, pitch) for place, pitch in enumerate(pitches))


def piece(*parts, bars=1):
    return Piece(parts=tuple(Part("part", notes) for notes in parts), bars=regular_bars(bars, Metre(0, 4, 4)))


CHROMATIC = piece(line(*range(60, 72)), bars=3)


def test_twelve_equal_pitch_classes_have_the_entropy_of_twelve():
    assert statistics.pitch_class_entropy(CHROMATIC) == pytest.approx(np.log2(12))
    assert statistics.pitch_class_entropy(piece(line(60, 72, 48))) == 0


def test_seven_of_twelve_chromatic_notes_fit_one_scale():
    assert statistics.scale_consistency(CHROMATIC) == pytest.approx(7 / 12)
    assert statistics.scale_consistency(piece(line(62, 64, 66, 67, 69, 71, 73, 74), bars=2)) == 1


def test_bars_with_the_same_onsets_are_a_perfect_groove():
    assert statistics.groove_consistency(piece(line(*[60] * 12), bars=3)) == 1
    offbeat = (*line(60, 60, 60, 60), *(Note(96 + 12 + beat * 24, 12, 60) for beat in range(4)))
    assert statistics.groove_consistency(piece(offbeat, bars=2)) == pytest.approx(1 - 8 / 96)


def test_polyphony_counts_only_ticks_that_sound():
    assert statistics.polyphony(piece(line(60), line(64, 67))) == pytest.approx(1.5)


def test_density_counts_all_parts_together():
    assert statistics.note_density(piece(line(60, 60), line(48))) == 3 / 4


def test_intervals_follow_the_top_line_of_each_hand():
    chord = (Note(0, 24, 60), Note(0, 24, 64), Note(24, 24, 65), Note(24, 24, 60))
    histogram = statistics.interval_histogram(piece(chord, line(40, 37)))
    assert histogram[24 + 1] == histogram[24 - 3] == 1
    assert histogram.sum() == 2


def test_the_two_hands_of_a_piano_are_two_lines():
    hands = (Note(0, 24, 60), Note(24, 24, 62), Note(0, 24, 40, staff=2), Note(24, 24, 40, staff=2))
    piano = replace(piece(hands), parts=(Part("Piano", hands, staves=2),))
    histogram = statistics.interval_histogram(piano)
    assert histogram[24 + 2] == histogram[24] == 1


def test_lengths_keep_triplets_and_eighths_apart():
    histogram = statistics.duration_histogram(piece((Note(0, 8, 60), Note(8, 12, 60), Note(20, 999, 60))))
    assert set(np.flatnonzero(histogram)) == {4, 6, 48}


def test_a_sample_overlaps_itself_wholly_and_a_distant_one_not_at_all():
    here = np.linspace(0, 1, 200)
    assert statistics.overlap(here, here, (0, 1)) == pytest.approx(1)
    assert statistics.overlap(here, here + 5, (0, 1)) == 0
    assert statistics.overlap(here, np.concatenate([here, here + 5]), (0, 1)) == pytest.approx(0.5)


@given(st.lists(st.floats(-5, 5), min_size=1), st.lists(st.floats(-5, 5), min_size=1))
def test_overlap_is_symmetric_and_a_share(a, b):
    one, other = np.array(a), np.array(b)
    shared = statistics.overlap(one, other, (-2, 2))
    assert shared == pytest.approx(statistics.overlap(other, one, (-2, 2)))
    assert 0 <= shared <= 1 + 1e-9


def test_histograms_are_pooled_before_they_are_compared():
    ups, downs = piece(line(60, 62, 64)), piece(line(64, 62, 60))
    both = statistics.measure([ups, downs])
    swapped = statistics.measure([downs, ups])
    assert statistics.overlaps(both, swapped, both)["interval"] == pytest.approx(1)
    assert statistics.overlap(both["interval"][:1], both["interval"][1:], (0, 0)) == 0


def test_equal_pieces_overlap_in_every_statistic():
    set_ = statistics.measure([CHROMATIC, piece(line(60, 64, 67, 72))])
    places = np.array([0, 1])
    assert statistics.mean_overlaps(set_, set_, [(places, places)]) == pytest.approx(dict.fromkeys(statistics.NAMES, 1))


def rows(*pitches, bars=2):
    return tokens.encode(piece(line(*pitches), bars=bars), Key.parse("C major")).rows


def test_a_transposed_copy_is_found_and_a_varied_one_is_not():
    tune = (60, 62, 64, 65, 67, 65, 64, 62)
    known = statistics.fingerprints([rows(*tune)])
    assert statistics.copies([rows(*(pitch + 5 for pitch in tune))], known) == (1, 1)
    assert statistics.copies([rows(*tune[:-1], 60)], known) == (0, 1)


def test_a_copy_is_found_wherever_it_stands():
    tune = (60, 62, 64, 65, 67, 65, 64, 62)
    known = statistics.fingerprints([rows(*tune)])
    later = rows(72, 71, 72, 71, *tune, bars=3)
    assert statistics.copies([later], known) == (1, 2)


def test_near_empty_bars_are_nobodys_copy():
    known = statistics.fingerprints([rows(60, 62)])
    assert statistics.copies([rows(60, 62)], known) == (0, 0)


def test_the_bootstrap_brackets_the_mean():
    values = np.random.default_rng(0).normal(3, 1, 400)
    low, high = statistics.bootstrap(values, np.random.default_rng(1))
    assert low < values.mean() < high
    assert high - low == pytest.approx(4 / np.sqrt(400), rel=0.2)
