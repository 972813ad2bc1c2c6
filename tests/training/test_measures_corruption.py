"""Corruptions spoil what they say and nothing else; the study finds measures that hear them and those that do not."""

import numpy as np
import pytest

from generator.training.measures import classifier, sheet, study
from generator.training.measures.corruption import CORRUPTIONS, EIGHTH
from tests.training.measured import chorale, piece


def spoil(name, music, seed=0):
    return CORRUPTIONS[name](music, np.random.default_rng(seed))


def by_part(music):
    return [[(note.onset, note.duration, note.pitch) for note in part.notes] for part in music.parts]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_spoilt_piece_has_the_same_bars_and_is_not_the_same_music(name):
    whole = piece("60 62/2 64 65/3 67 69 71/2 72 74 76 72/2 67/2 65 64 62 60/2 60/2", "48/4 50/4 52/4 53/4 55/4 43/4")
    spoilt = [spoil(name, whole, seed) for seed in range(3)]
    assert all(each.bars == whole.bars for each in spoilt)
    assert all(note.end <= whole.length for each in spoilt for _, note in each.notes())
    assert any(by_part(each) != by_part(whole) for each in spoilt)
    assert by_part(spoil(name, whole)) == by_part(spoil(name, whole))


def test_one_part_is_late_by_an_eighth():
    before, after = by_part(chorale()), by_part(spoil("late_part", chorale()))
    late = [part for part in range(4) if before[part] != after[part]]
    assert len(late) == 1
    assert after[late[0]][0] == (EIGHTH, *before[late[0]][0][1:])


def test_two_bars_of_one_part_are_a_half_step_higher():
    before, after = by_part(chorale()), by_part(spoil("semitone_up", chorale()))
    moved = [(part, new[0] // 96) for part in range(4) for old, new in zip(before[part], after[part]) if old != new]
    assert len({part for part, _ in moved}) == 1
    assert len({bar for _, bar in moved}) == 2


def test_shuffled_bars_keep_their_notes_and_a_pickup_its_place():
    assert sorted(pitch for part in by_part(spoil("shuffled_bars", chorale())) for *_, pitch in part) == sorted(
        pitch for part in by_part(chorale()) for *_, pitch in part
    )


def test_a_swapped_ending_is_somewhere_else():
    whole = piece("60 60 60 60 62 62 62 62 64 64 64 64 65 65 65 65 67/4 72/4")
    ends = [by_part(spoil("swapped_ending", whole, seed))[0][-1][2] for seed in range(8)]
    assert 72 not in ends


def test_about_fifteen_of_a_hundred_pitches_move_by_a_step():
    whole = piece(" ".join(["60"] * 400))
    steps = [note.pitch - 60 for _, note in spoil("moved_pitches", whole).notes()]
    assert 0.1 < np.mean(np.array(steps) != 0) < 0.2
    assert set(steps) == {-2, -1, 0, 1, 2}


def test_shuffled_durations_fill_the_bar_in_another_order():
    whole = piece(" ".join(["60/2 62 64/0.5 65/0.5"] * 8))
    spoilt = spoil("shuffled_durations", whole).parts[0].notes
    assert [note.pitch for note in spoilt] == [note.pitch for note in whole.parts[0].notes]
    assert sum(note.duration for note in spoilt) == whole.length
    assert [note.duration for note in spoilt] != [note.duration for note in whole.parts[0].notes]


def test_random_chords_spare_the_melody():
    before, after = by_part(chorale()), by_part(spoil("random_chords", chorale()))
    assert before[0] == after[0]
    assert before[3] != after[3]


def test_of_every_piece_its_last_long_window_is_taken():
    long, short = chorale(12), chorale(8)
    assert study.sample([[long, short], [short], [chorale(4)]], 5) == [long, short]


def test_detection_is_half_where_nothing_changes_and_one_where_everything_rises():
    before = np.linspace(0, 1, 30)
    assert study.detection(before, before) == 0.5
    assert study.detection(before, before + 0.01) == 1
    assert study.detection(before, before - 0.01) == 1
    assert study.detection(before[:10], before[:10] + 1) == 0.5  # too few to say


def test_the_study_finds_the_deaf():
    pieces = [chorale(8).transpose(step % 5) for step in range(30)]
    figures = study.study(pieces, processes=1)
    assert figures["detect_dissonant_beats_late_part"] == 1
    assert figures["detect_bar_similarity_1_late_part"] < 0.9
    assert "together" not in study.deaf(figures)
    assert "together" in study.deaf(figures | {"detect_together": 0.7})


def test_two_halves_of_one_kind_cannot_be_told_apart_and_two_kinds_can():
    rng = np.random.default_rng(0)
    real, same, other = rng.normal(size=(80, 3)), rng.normal(size=(80, 3)), rng.normal(size=(80, 3))
    other[:, 1] += 2
    groups = np.tile(np.arange(80), 2)
    assert abs(classifier.held_out_auc(real, same, groups) - 0.5) < 0.12
    assert classifier.held_out_auc(real, other, groups) > 0.85
    assert classifier.strongest(real, other, groups, ["a", "b", "c"])[0][0] == "b"


def test_half_of_the_features_are_kept_out_of_any_ranking():
    assert set(classifier.RANKING) | set(classifier.KEPT_OUT) == set(classifier.NAMES)
    assert not set(classifier.RANKING) & set(classifier.KEPT_OUT)
    assert abs(len(classifier.RANKING) - len(classifier.KEPT_OUT)) <= 1
    assert set(sheet.NAMES) < set(classifier.NAMES)
    assert len(classifier.features(chorale(), sheet.tallies(chorale()))) == len(classifier.NAMES)
