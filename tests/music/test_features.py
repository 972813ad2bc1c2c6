"""Features say of small pieces what anyone can count in them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.music.ensembles import ENSEMBLES, parts_of
from generator.music.features import (
    describe,
    distance,
    ensemble_of,
    entropy,
    from_level,
    heard_key,
    level,
    metric_strength,
    quantiles,
)
from generator.music.piece import MODE_FIFTHS, Key, Metre, Note, Part, Piece, regular_bars

QUARTER = 24
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)


def line(*pitches, duration=QUARTER, start=0):
    return tuple(Note(start + place * duration, duration, pitch) for place, pitch in enumerate(pitches))


def piece(*parts, metre="4/4", bars=1, key="C major", **more):
    number, unit = map(int, metre.split("/"))
    beat = Metre(0, number, unit)
    return Piece(
        parts=tuple(Part(f"part {index}", notes) for index, notes in enumerate(parts)),
        bars=regular_bars(bars, beat),
        metres=(beat,),
        keys=(Key.parse(key),),
        **more,
    )


def scale(tonic, steps):
    """Up and down an octave, ending on a long tonic under its own triad."""
    pitches = [tonic + step for step in (*steps, 12)]
    tune = line(*pitches, *reversed(pitches))
    return piece(tune, line(tonic - 12, tonic - 5, tonic - 12, duration=5 * QUARTER), bars=4)


def test_density_counts_notes_a_quarter_and_voice():
    assert describe(piece(line(60, 62, 64, 65), line(48, duration=96))).density == (4 + 1) / (4 * 2)


def test_polyphony_ignores_the_silences():
    half = piece(line(60, 62), line(48, 50))
    assert describe(half).polyphony == 2
    assert describe(half).silence == 0.5


def test_tessitura_weighs_pitches_by_their_length():
    assert describe(piece((Note(0, 72, 60), Note(72, 24, 64)))).tessitura == 61


def test_a_note_held_over_a_stronger_beat_is_syncopated():
    straight = piece(line(60, 60, 60, 60))
    assert describe(straight).syncopation == 0
    over_mid_bar = piece((Note(0, 24, 60), Note(24, 48, 60), Note(72, 24, 60)))
    assert describe(over_mid_bar).syncopation == pytest.approx(1 / 3)
    off_beat = piece((Note(0, 12, 60), Note(12, 24, 60), Note(36, 12, 60), Note(48, 48, 60)))
    assert describe(off_beat).syncopation == pytest.approx(1 / 4)


def test_triplets_and_dotted_notes_are_not_syncopated():
    triplets = piece(tuple(Note(tick, 8, 60) for tick in range(0, 96, 8)))
    dotted = piece((Note(0, 36, 60), Note(36, 12, 60), Note(48, 48, 60)))
    assert describe(triplets).syncopation == describe(dotted).syncopation == 0


def test_compound_metre_beats_in_dotted_quarters():
    siciliano = piece(
        (Note(0, 18, 60), Note(18, 6, 62), Note(24, 12, 64), Note(36, 24, 65), Note(60, 12, 64)), metre="6/8"
    )
    assert describe(siciliano).syncopation == 0
    assert list(np.flatnonzero(metric_strength(siciliano) >= 2)) == [0, 36]


def test_a_pickup_is_counted_from_the_end_of_its_bar():
    upbeat = Piece(parts=(Part("tune", line(60, 62)),), bars=(0, QUARTER, 5 * QUARTER))
    assert metric_strength(upbeat)[0] == 2
    assert metric_strength(upbeat)[QUARTER] == 4


@pytest.mark.parametrize("mode", MODE_FIFTHS)
def test_the_white_keys_are_diatonic_in_every_mode_without_a_signature(mode):
    key = Key.from_fifths(0, mode)
    white = piece(line(60, 62, 64, 65), line(67, 69, 71, 72), key=str(key))
    assert describe(white).chromaticism == 0
    assert describe(piece(line(61), key=str(key))).chromaticism == 1


def test_chromaticism_follows_a_change_of_key():
    moved = replace(piece(line(60, 61, 60, 61)), keys=(Key.parse("C major"), Key.parse("Db major", 24)))
    assert describe(moved).chromaticism == 0


def test_leaps_are_counted_within_a_part_only():
    assert describe(piece(line(60, 62, 64, 72), line(40, 41))).leaps == pytest.approx(1 / 4)


def test_entropy_of_equal_shares_is_the_logarithm_of_their_number():
    assert entropy(np.array([3, 3, 3, 3])) == pytest.approx(2)
    assert entropy(np.zeros(12)) == 0


@pytest.mark.parametrize("name", ENSEMBLES)
def test_an_ensemble_is_known_by_its_players(name):
    parts = parts_of(ENSEMBLES[name])
    assert ensemble_of(replace(piece(()), parts=parts)) == name
    assert ensemble_of(replace(piece(()), parts=(*parts, Part("Ocarina", program=79)))) == ""


def test_an_empty_piece_can_be_described():
    features = describe(piece(()))
    assert (features.density, features.polyphony, features.silence) == (0, 0, 1)


@pytest.mark.parametrize("tonic", range(60, 72))
def test_a_scale_over_its_tonic_is_heard_in_its_key(tonic):
    major, minor = heard_key(scale(tonic, MAJOR)), heard_key(scale(tonic, MINOR))
    assert (major.tonic.pitch_class, major.mode) == (tonic % 12, "major")
    assert (minor.tonic.pitch_class, minor.mode) == (tonic % 12, "minor")


def test_unpitched_percussion_has_no_say_in_the_key():
    tune = scale(62, MAJOR)
    drums = Part("drums", line(*[36] * 16), percussion=True)
    assert heard_key(replace(tune, parts=(*tune.parts, drums))) == heard_key(tune)


def test_distance_is_zero_to_itself_and_grows_with_unlikeness():
    here = describe(scale(60, MAJOR))
    fifth_up, tritone_up = (
        describe(replace(scale(67, MAJOR), keys=(Key.parse("G major"),))),
        describe(replace(scale(66, MAJOR), keys=(Key.parse("F# major"),))),
    )
    assert distance(here, here) == 0
    assert distance(here, fifth_up) == pytest.approx(distance(fifth_up, here))
    assert 0 < distance(here, fifth_up) < distance(here, tritone_up)


def test_levels_come_back_from_quantiles():
    table = quantiles(describe(piece(line(*[60] * count))) for count in range(1, 5))
    for value in (0.25, 0.4, 1.0):
        assert from_level("density", level("density", value, table), table) == pytest.approx(value)
    assert level("density", 99, table) == 1
    assert level("density", 0, table) == 0


def test_a_value_that_half_the_corpus_shares_stands_in_the_middle_of_its_plateau():
    assert level("silence", 0.0, {"silence": [0, 0, 0, 0.1, 0.2]}) == pytest.approx(0.25)


@given(st.lists(st.tuples(st.integers(0, 380), st.integers(0, 96), st.integers(21, 108)), max_size=40))
def test_any_notes_give_numbers_within_their_bounds(rows):
    features = describe(
        piece(tuple(Note(onset, min(length, 384 - onset), pitch) for onset, length, pitch in rows), bars=4)
    )
    for name in ("syncopation", "chromaticism", "leaps", "silence"):
        assert 0 <= getattr(features, name) <= 1, name
    assert np.isfinite(features.vector()).all()
