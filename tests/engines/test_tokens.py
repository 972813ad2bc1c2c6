"""A piece survives being written as rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.engines.layout import bars_left, lane_vector, remaining_index
from generator.engines.tokens import (
    BARLINE,
    DURATIONS,
    NotEncodable,
    bar_numbers,
    decode_row,
    duration_index,
    encode,
    key_shift,
)
from generator.music.ensembles import ENSEMBLES, parts_of
from generator.music.piece import Key, Metre, Note, Piece, regular_bars

BAR = 96
notes = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.builds(Note, st.integers(0, 3 * BAR - 1), st.integers(1, 90), st.integers(40, 90)),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda pair: (pair[0], pair[1].onset, pair[1].pitch),
)


def score(pairs, key="C major") -> Piece:
    empty = Piece(parts_of(ENSEMBLES["satb"]), regular_bars(3, Metre(0, 4, 4)), keys=(Key.parse(key),))
    return empty.with_notes(pairs)


def decoded(events) -> list[tuple[int, Note]]:
    bars = bar_numbers(events.rows)
    return [
        (int(row[1]), decode_row(tuple(map(int, row)), events.bars[bar], events.shift, staff=1))
        for row, bar in zip(events.rows, bars, strict=True)
        if row[0] != BARLINE
    ]


@given(notes, st.sampled_from(["C major", "D minor", "Gb major", "B minor"]))
def test_rows_hold_every_note_of_a_piece(pairs, key):
    piece = score(pairs, key)
    assert score(decoded(encode(piece)), key).parts == piece.parts


@given(notes)
def test_rows_are_in_score_order_with_a_barline_for_every_bar(pairs):
    events = encode(score(pairs))
    assert (events.rows[:, 0] == BARLINE).sum() == 3
    assert events.rows[-1, 0] == BARLINE
    bars = bar_numbers(events.rows)
    keys = [(bar, *row[:3].tolist()) for bar, row in zip(bars.tolist(), events.rows, strict=True)]
    assert keys == sorted(keys)


@given(notes, st.sampled_from(["D major", "Eb major", "F# minor"]))
def test_a_transposed_piece_has_the_same_rows(pairs, key):
    here = score(pairs, "C major" if "major" in key else "C minor")
    there = here.transpose(key_shift(Key.parse(key)))
    assert np.array_equal(encode(here).rows, encode(there).rows)


def test_a_piece_without_notes_cannot_be_encoded():
    with pytest.raises(NotEncodable, match="no notes"):
        encode(score([]))


def test_grace_notes_are_left_out():
    events = encode(score([(0, Note(0, 0, 61)), (0, Note(0, 24, 60))]))
    assert len(events.rows) == 1 + 3


def test_the_nearest_duration_is_taken():
    assert DURATIONS[duration_index(24)] == 24
    assert DURATIONS[duration_index(100)] in (96, 108)
    assert DURATIONS[duration_index(10_000)] == DURATIONS[-1]


def test_bars_left_are_counted_to_the_last_bar_and_capped():
    assert bars_left(np.array([0, 7]), 8).tolist() == [8, 1]
    assert bars_left(np.array([0]), 100).tolist() == [33]


def test_what_still_sounds_is_told_from_what_is_silent():
    assert remaining_index(24, 24) == 1
    assert remaining_index(48, 24) == 2 + duration_index(24)


def test_lanes_that_are_not_there_are_marked():
    assert lane_vector(("soprano", "bass")).tolist()[2:] == [-1] * 6
