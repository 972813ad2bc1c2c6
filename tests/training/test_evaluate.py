"""What is claimed of the engine is measured on music with known answers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from generator.engines import Brief, conditions, tokens
from generator.engines.layout import lane_vector, lay_out
from generator.music.ensembles import ENSEMBLES, parts_of
from generator.music.features import heard_key
from generator.music.piece import Key, Metre, Note, Piece, regular_bars
from generator.training import evaluate, judge, statistics
from generator.training.evaluate_material import SIZES, draw_like
from generator.training.evaluate_samples import KEYS, asked, matchable, matched_brief, uniform_brief
from generator.training.ngram import NGram
from generator.training.note_model import collate

QUARTER = 24
TUNES = ((60, 62, 64, 65), (67, 65, 64, 62), (64, 67, 72, 67), (60, 64, 62, 67))


def tune(seed, bars=4, metre="4/4", ensemble="melody", work="", key="C major"):
    """Bars drawn from four figures, and a long tonic; every work has a figure of its own."""
    rng = np.random.default_rng(seed)
    numerator, denominator = map(int, metre.split("/"))
    beat = Metre(0, numerator, denominator)
    notes = []
    for bar in range(bars - 1):
        for place, pitch in enumerate(TUNES[rng.integers(4)][:numerator]):
            notes.append((0, Note(bar * beat.bar_ticks + place * QUARTER, QUARTER, pitch)))
    notes.append((0, Note((bars - 1) * beat.bar_ticks, beat.bar_ticks, 60)))
    empty = Piece(parts_of(ENSEMBLES[ensemble]), regular_bars(bars, beat), (beat,), (Key.parse(key),))
    source = {"ensemble": ensemble, "style": "air", "work": work or f"tune {seed}"}
    return replace(empty.with_notes(notes), source=source)


@pytest.fixture(scope="module")
def windows():
    return [tune(seed, work=f"work {seed % 10}") for seed in range(60)]


@pytest.fixture(scope="module")
def baseline():
    return NGram.fit([tokens.encode(tune(seed)).rows for seed in range(200)], SIZES)


def test_a_matched_brief_asks_for_music_like_the_window_in_any_key():
    window = tune(3, bars=6, metre="3/4")
    briefs = [matched_brief(window, seed) for seed in range(40)]
    assert {(brief.bars, brief.metre, brief.ensemble, brief.style) for brief in briefs} == {(6, "3/4", "melody", "air")}
    assert {Key.parse(brief.key).mode for brief in briefs} == {"major"}
    assert len({brief.key for brief in briefs}) > 6
    assert matched_brief(window, 7) == matched_brief(window, 7)


def test_a_pickup_is_not_one_of_the_bars_that_are_asked_for():
    window = tune(1, bars=5)
    upbeat = replace(window, bars=(0, *(tick + QUARTER for tick in window.bars[:-1])))
    assert matched_brief(upbeat, 0).bars == 4


def test_even_briefs_cover_every_ensemble_metre_and_key():
    briefs = [uniform_brief(seed) for seed in range(400)]
    assert {brief.ensemble for brief in briefs} == set(ENSEMBLES)
    assert {brief.key for brief in briefs} == set(KEYS)


@pytest.mark.parametrize(
    ("window", "may_be_asked"),
    [
        (tune(1), True),
        (tune(1, metre="5/4"), False),
        (replace(tune(1), source={"ensemble": "other-3"}), False),
        (replace(tune(1), metres=(Metre(0, 4, 4), Metre(96, 3, 4))), False),
    ],
)
def test_only_music_that_a_brief_can_ask_for_is_matched(window, may_be_asked):
    assert matchable(window) is may_be_asked


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_the_judge_is_told_of_the_players_by_the_ensemble_alone(ensemble):
    window = tune(2, ensemble=ensemble)
    brief = Brief(bars=4, key="C major", metre="4/4", ensemble=ensemble)
    assert asked(brief) == judge.Asked.of(window)


def test_the_baseline_draws_pieces_in_the_frame_of_a_real_one(windows, baseline):
    for seed, window in enumerate(windows[:20]):
        drawn = draw_like(window, baseline, seed)
        assert drawn.bars == window.bars
        assert max(note.end for _, note in drawn.notes()) <= drawn.length
        rows = tokens.encode(drawn, Key.parse("C major")).rows
        assert sorted(map(tuple, rows[rows[:, 0] != tokens.BARLINE])) != []


def test_halves_of_the_real_windows_share_no_work(windows):
    mine, theirs = evaluate._split(windows, 0, np.random.default_rng(0), same=True)
    works = [window.source["work"] for window in windows]
    assert not {works[place] for place in mine} & {works[place] for place in theirs}
    assert len(mine) == len(theirs) == 30


def test_halves_hold_as_much_of_every_style():
    mixed = [
        replace(tune(seed), source={"style": "reel" if seed % 3 else "jig", "work": str(seed)}) for seed in range(60)
    ]
    mine, theirs = evaluate._split(mixed, 0, np.random.default_rng(0), same=True)
    jigs = [sum(mixed[place].source["style"] == "jig" for place in half) for half in (mine, theirs)]
    assert jigs == [10, 10]


def test_real_music_overlaps_more_with_itself_than_the_wrong_music_does(windows, baseline):
    wrong = [tune(seed, metre="4/4").transpose(6) for seed in range(30)]
    wrong = [piece.with_notes((0, replace(note, duration=6)) for _, note in piece.notes()) for piece in wrong]
    drawn = [draw_like(window, baseline, seed) for seed, window in enumerate(windows[:30])]
    good = evaluate.compared([tune(seed) for seed in range(100, 130)], windows, drawn)
    bad = evaluate.compared(wrong, windows, drawn)
    assert good["overlap_mean"] > 0.8
    assert good["overlap_duration"] > 0.95
    assert bad["overlap_duration"] < 0.05
    assert good["overlap_mean_real"] == bad["overlap_mean_real"]


def test_a_piece_that_was_learnt_by_heart_is_a_copy(windows):
    learnt = [tokens.encode(window).rows for window in windows[:30]]
    copied = evaluate.copied(windows[:30], windows[30:], learnt)
    assert copied["copy_share"] == 1
    fresh = evaluate.copied([window.transpose(1) for window in windows[:30]], windows[30:], learnt)
    assert fresh["copy_share"] == 1
    assert statistics.copies([tokens.encode(windows[0]).rows], statistics.fingerprints([])) == (0, 3)


def test_the_ears_agree_with_what_the_tunes_were_made_to_be(windows):
    ears = [judge.piece_ears(window) for window in windows]
    assert all(one["final_cadence"] and not one["frozen"] for one in ears)
    assert np.mean([one["heard_key"] for one in ears]) == np.mean(
        [str(heard_key(window)) == "C major" for window in windows]
    )


def test_the_likelihood_of_a_note_knows_nothing_of_what_follows():
    network = evaluate.shipped_network()
    first, other = tune(1, bars=8), tune(1, bars=8).slice(0, 4).join(tune(5, bars=4))
    nats = [_nats(network, piece) for piece in (first, replace(other, source=first.source))]
    shared = int(np.flatnonzero(nats[0] != nats[1])[0])
    assert shared >= len(tokens.encode(first.slice(0, 4)).rows)


def _nats(network, piece):
    """(rows,) nats of every row, with no conditions."""
    rows = tokens.encode(piece, Key.parse("C major")).rows
    everything = np.ones((piece.bar_count, tokens.LANES), dtype=bool)
    layout = lay_out(rows, np.array(piece.bars), everything, ~everything, bars_left_known=False)
    open_ = np.zeros((1, len(conditions.SIZES)), dtype=np.int64)
    lanes = lane_vector(("melody",))[None]
    with torch.no_grad():
        return network.nll(*collate([layout], lanes, open_, len(layout))).sum(-1).numpy().round(4)
