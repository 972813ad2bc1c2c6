"""The plans of real music: returns, phrases, harmony."""

from __future__ import annotations

import numpy as np

from generator.engines import conditions, plan
from generator.engines.tokens import encode
from generator.music.ensembles import ENSEMBLES, parts_of
from generator.music.harmony import Chord
from generator.music.piece import Key, Metre, Note, Piece, Tempo, regular_bars
from generator.training.examples import Example
from generator.training.plans import BANK, bank, cadence, plan_of, returns

METRE = Metre(0, 4, 4)
TUNE = [(0, 24, 0), (24, 24, 4), (48, 24, 7), (72, 24, 5)]
OTHER = [(0, 48, 9), (48, 12, 7), (60, 36, 2)]


def melody(*bars: tuple[list[tuple[int, int, int]], int]) -> Piece:
    """Bars of (onset, duration, semitones above C5), each with an interval added."""
    notes = tuple(
        Note(number * 96 + onset, duration, 72 + pitch + interval)
        for number, (bar, interval) in enumerate(bars)
        for onset, duration, pitch in bar
    )
    (part,) = parts_of(ENSEMBLES["melody"])
    part = type(part)(part.name, notes, part.program)
    return Piece((part,), regular_bars(len(bars), METRE), (METRE,), (Key.parse("C major"),), (Tempo(0, 90.0),))


def found(piece: Piece) -> list[tuple[int, int, str]]:
    rows = returns(encode(piece).rows, piece.bar_count)
    return [(int(back), plan.semitones(int(t)), plan.LIKENESS[kind]) for back, t, kind in rows]


def test_a_first_bar_is_new():
    assert found(melody((TUNE, 0))) == [(0, 0, "new")]


def test_a_bar_that_comes_back_is_the_same():
    assert found(melody((TUNE, 0), (OTHER, 0), (TUNE, 0)))[2] == (2, 0, "same")


def test_a_sequence_is_known_by_its_interval():
    assert found(melody((TUNE, 0), (TUNE, 2)))[1] == (1, 2, "same")


def test_one_changed_note_makes_a_bar_close_and_two_make_it_varied():
    one, two = [*TUNE[:3], (72, 24, 9)], [*TUNE[:2], (48, 24, 8), (72, 24, 9)]
    assert found(melody((TUNE, 0), (one, 0)))[1] == (1, 0, "close")
    assert found(melody((TUNE, 0), (two, 0)))[1] == (1, 0, "varied")


def test_the_nearest_of_equal_bars_is_chosen():
    assert found(melody((TUNE, 0), (OTHER, 0), (TUNE, 0), (OTHER, 0), (TUNE, 0)))[4] == (2, 0, "same")


def test_other_notes_in_the_same_rhythm_return_in_rhythm_alone():
    scrambled = [(onset, length, pitch) for (onset, length, _), pitch in zip(TUNE, (11, 1, 8, 0), strict=True)]
    assert found(melody((TUNE, 0), (scrambled, 0)))[1] == (1, 0, "rhythm")


def test_a_bar_unlike_any_is_new():
    assert found(melody((TUNE, 0), (OTHER, 0)))[1] == (0, 0, "new")


def test_harmony_is_relative_to_the_tonic():
    piece = melody(([(0, 96, 0), (0, 96, 4), (0, 96, 7)], -24), ([(0, 96, 7), (0, 96, 11), (0, 96, 14)], -24))
    rows = plan_of(piece, encode(piece))
    assert rows[0, plan.HARMONY].tolist() == [1, 1, 1, 1]
    assert rows[1, plan.HARMONY].tolist() == [1 + 7 * 5, 8, 1 + 7 * 5, 8]


def test_the_bars_of_a_phrase_count_down_to_its_last():
    piece = melody(*[(TUNE, 0)] * 4)
    rows = plan_of(piece, encode(piece))
    assert rows[:, plan.COLUMN["phrase_left"]].tolist() == [4, 3, 2, 1]


def test_a_cadence_is_told_by_its_last_two_chords():
    tonic, dominant, fourth = Chord(96, 2, "", 2), Chord(48, 9, "7", 9), Chord(48, 7, "", 7)
    name = {kind: plan.CADENCES.index(kind) for kind in ("authentic", "half", "other")}
    assert cadence([dominant, tonic], 192, 2) == name["authentic"]
    assert cadence([fourth, tonic], 192, 2) == name["other"]
    assert cadence([tonic, Chord(144, 9, "", 9)], 192, 2) == name["half"]
    assert cadence([], 192, 2) == 0


def test_the_bank_keeps_whole_endings_of_each_ensemble_and_metre():
    def window(ensemble: str, ends: bool) -> Example:
        told = {"ensemble": ensemble, "metre": "4/4", "mode": "minor", "style": "song", "ends": ends}
        return Example(np.zeros((1, 4)), np.array([0]), np.zeros(8), conditions.vector(told), 1, plan.empty(4))

    examples = [window("satb", True)] * 30 + [window("satb", False)] * 9 + [window("piano", True)]
    kept = bank(examples)
    assert [entry["ensemble"] for entry in kept].count("satb") == BANK
    assert kept[-1]["ensemble"] == "piano"
    assert np.array(kept[0]["rows"]).shape == (4, len(plan.STORED))
