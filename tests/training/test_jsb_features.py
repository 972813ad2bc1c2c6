"""What the frame model looks at: never ahead, never absolute by accident, and the repeat where there is one."""

import gzip
import json

import numpy as np
import pytest

from generator.music import serial
from generator.music.piece import Metre, Note, Part, Piece, regular_bars
from generator.training import jsb, jsb_features
from generator.training.jsb_features import longest_match, motion, read, transposed


def music(length=40, seed=0):
    rng = np.random.default_rng(seed)
    return (
        np.array([72, 67, 60, 48]) + (rng.integers(-2, 3, (length, 4)) * (rng.random((length, 4)) < 0.4)).cumsum(0) % 5
    )


@pytest.mark.parametrize("step", [0, 1, 7, 19])
def test_no_column_of_a_step_depends_on_the_step_itself_or_later(step):
    frames, other = music(), music(seed=5)
    other[: 2 * step] = frames[: 2 * step]
    a, b = read(frames), read(other)
    assert (a.trunk[: step + 1] == b.trunk[: step + 1]).all()
    assert (a.slots[0][: step + 1] == b.slots[0][: step + 1]).all()
    np.testing.assert_array_equal(a.metre[: step + 1], b.metre[: step + 1])
    assert (a.repeat[: step + 1, 1] == b.repeat[: step + 1, 1]).all()


def test_transposing_the_columns_is_reading_the_transposed_piece():
    frames = music()
    _, _, trunk, slots = jsb_features.sizes()
    a, b = read(frames), read(frames + 5)
    assert (transposed(a.trunk, trunk, 5) == transposed(b.trunk, trunk, 0)).all()
    for one, other, kinds in zip(a.slots, b.slots, slots, strict=True):
        assert (transposed(one, kinds, 5) == transposed(other, kinds, 0)).all()


def test_every_column_stays_below_its_number_of_values():
    frames = np.where(np.random.default_rng(2).random((40, 4)) < 0.1, 0, music())
    trunk_sizes, slot_sizes, trunk, slots = jsb_features.sizes()
    sheet = read(frames)
    assert (transposed(sheet.trunk, trunk, -6).max(0) < np.array(trunk_sizes)).all()
    for columns, kinds, sizes in zip(sheet.slots, slots, slot_sizes, strict=True):
        moved = transposed(columns, kinds, 5)
        assert (moved.max(0) < np.array(sizes)).all()
        assert (moved >= 0).all()


def test_a_repeated_phrase_is_found_and_what_followed_it_is_offered():
    steps = np.array([[1], [2], [3], [4], [9], [1], [2], [3]])
    source, length = longest_match(steps)
    assert source[7] == 2
    assert length[7] == 2
    assert source[4] == -1


def test_intervals_tell_rests_and_beginnings_from_pitches():
    now, before = np.array([60, 62, 0, 60, 60, 90, 0]), np.array([60, 60, 60, 0, -1, 60, 0])
    assert motion(now, before).tolist() == [12, 14, 27, 26, 28, 25, 12]


def test_an_odd_number_of_frames_is_padded_and_the_padding_weighs_nothing():
    sheet = read(music(length=7))
    assert len(sheet) == 4
    assert sheet.frames == 7


def test_other_music_is_halved_until_it_moves_like_a_chorale():
    notes = tuple(Note(place * 96, 96, 60 + place) for place in range(4))  # in whole notes
    piece = Piece((Part("a", notes=notes),) * 4, regular_bars(4, Metre(0, 4, 4)))
    frames = jsb.on_grid(piece)
    assert frames.shape == (16, 4)
    assert frames[::4, 0].tolist() == [60, 61, 62, 63]


def test_no_chorale_comes_in_as_other_music(tmp_path):
    notes = tuple(Note(place * 24, 24, 60 + place % 5) for place in range(64))
    piece = Piece((Part("a", notes=notes),) * 4, regular_bars(16, Metre(0, 4, 4)))
    sources = {
        "aa1": ("polish-scores", "polish-vocal"),
        "bb2": ("jsb-chorales", "chorale"),
        "cc3": ("scores", "chorale"),
    }
    lines = []
    for key, (source, style) in sources.items():
        path = tmp_path / "pieces" / key[:2] / f"{key}.json.gz"
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress(json.dumps(serial.dumps(piece)).encode()))
        lines.append(
            json.dumps({"key": key, "item": key, "source": source, "style": style, "ensemble": "satb", "work": source})
        )
    (tmp_path / "index.jsonl").write_text("\n".join(lines) + "\n")
    assert {piece.name for piece in jsb.related(tmp_path)} == {"polish-scores 0"}


def test_music_in_three_parts_is_left_out():
    piece = Piece((Part("a", notes=(Note(0, 24, 60),)),) * 3, regular_bars(1, Metre(0, 4, 4)))
    assert len(jsb.on_grid(piece)) == 0


def test_the_signature_of_a_minor_key_is_its_relative_major():
    chords = np.array([[69, 64, 60, 45], [68, 64, 59, 52], [69, 64, 60, 45], [65, 62, 57, 50], [69, 64, 60, 45]])
    assert jsb.signature(np.repeat(chords, 4, axis=0)) == 0
