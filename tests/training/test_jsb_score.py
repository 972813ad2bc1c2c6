"""Likelihoods of the benchmark are honest: they sum to one, see nothing ahead, and ask no piece for its length."""

import numpy as np
import pytest
import torch

from generator.engines import WEIGHTS
from generator.training import jsb_features, jsb_score, jsb_train
from generator.training.jsb_model import Config, FrameModel
from generator.training.jsb_score import Costs, Mixing

SMALL = Config(width=32, layers=1, heads=2, inner=32, head=32, narrow=16)
MIXING = Mixing(shifts=(-2, 0, 5), trust=0.5, fading=0.9, sharpness=1.1)


@pytest.fixture(scope="module")
def networks():
    """Two networks whose every weight speaks, so that a leak would show."""
    built = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        network = FrameModel(SMALL).eval()
        for weight in network.parameters():
            torch.nn.init.normal_(weight, std=0.2)
        built.append(network)
    return built


def music(length, seed=0):
    rng = np.random.default_rng(seed)
    steps = rng.integers(-2, 3, (length, 4)) * (rng.random((length, 4)) < 0.4)
    frames = np.array([70, 64, 58, 48]) + steps.cumsum(0) % 7
    return np.where(rng.random((length, 4)) < 0.03, 0, frames)


def predict(networks, frames, told, mixing=MIXING):
    return jsb_score.predict(networks, jsb_features.read(frames), mixing, told)


def flat(networks, frames, told):
    """(T, 5) nats of every token."""
    return predict(networks, frames, told).nats(jsb_features.read(frames))


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("cut", [1, 12, 23, 24])
def test_changing_the_music_after_a_frame_leaves_all_probabilities_up_to_it_unchanged(networks, told, cut):
    frames, other = music(40), music(40, seed=9)
    other[:cut] = frames[:cut]
    other[cut + 4 :] = 100  # out of the range of several keys: those experts may be dropped only afterwards
    np.testing.assert_allclose(flat(networks, frames, told)[:cut], flat(networks, other, told)[:cut], atol=1e-5)


def test_what_ships_sees_nothing_ahead_either():
    networks, mixing = list(jsb_train.members(WEIGHTS)), jsb_train.mixing(WEIGHTS)
    frames, other = music(32), music(32, seed=9)
    other[:21] = frames[:21]
    a, b = (jsb_score.costs(networks, jsb_features.read(each), mixing) for each in (frames, other))
    for name in ("alone", "told", "single"):
        np.testing.assert_allclose(getattr(a, name)[:21], getattr(b, name)[:21], atol=1e-3)
        assert not np.allclose(getattr(a, name)[21:], getattr(b, name)[21:], atol=1e-2)


@pytest.mark.parametrize("length", [25, 26, 39])
def test_a_piece_that_breaks_off_costs_what_it_cost_as_a_part_of_the_whole(networks, length):
    """So nothing, the metre's phase least of all, is read off the length of the piece."""
    frames = music(40)
    part = flat(networks, frames[:length], told=False)
    np.testing.assert_allclose(part, flat(networks, frames, told=False)[:length], atol=1e-5)


def test_a_voice_is_predicted_from_the_voices_before_it_in_the_frame_and_no_other(networks):
    frames, other = music(24), music(24)
    other[16, 2] += 1  # the tenor, last in the order
    a, b = flat(networks, frames, told=False), flat(networks, other, told=False)
    np.testing.assert_allclose(a[16, 1:4], b[16, 1:4], atol=1e-5)
    assert abs(a[16, 4] - b[16, 4]) > 1e-4


def test_without_chords_no_chord_is_known_before_its_notes(networks):
    """A chord of the frame would tell of notes that are still to come."""
    frames, other = music(24), music(24)
    other[20] = [72, 69, 65, 53]
    a, b = (predict(networks, each, told=False).notes for each in (frames, other))
    np.testing.assert_allclose(a[10, 0], b[10, 0], atol=1e-5)


@pytest.mark.parametrize("told", [False, True])
def test_probabilities_of_every_slot_sum_to_one(networks, told):
    found = predict(networks, music(21), told)
    np.testing.assert_allclose(np.exp(found.notes).sum(-1), 1, atol=1e-4)
    np.testing.assert_allclose(np.exp(found.chords).sum(-1), 1, atol=1e-4)


def test_an_expert_is_dropped_only_after_a_note_outside_its_range_was_heard():
    frames = music(20)
    frames[9, 0] = 91
    alive = jsb_score.heard_in_range(jsb_features.read(frames), 2)
    assert alive.tolist() == [True] * 5 + [False] * 5


def test_music_that_no_expert_can_write_still_has_a_probability(networks):
    frames = music(16)
    frames[4:, 0] = 120
    assert np.isfinite(flat(networks, frames, told=False)).all()


def test_one_network_in_the_written_key_alone_is_its_own_average(networks):
    frames = music(24)
    alone = jsb_score.costs(networks[:1], jsb_features.read(frames), Mixing(shifts=(0,), sharpness=1.0))
    np.testing.assert_allclose(alone.alone[:, 1:], alone.single[:, 1:], atol=2e-3)


def test_transposing_music_and_keys_together_changes_nothing(networks):
    frames = music(24)
    up = np.where(frames > 0, frames + 3, 0)
    a = predict(networks, frames, True, Mixing(shifts=(0, 3))).nats(jsb_features.read(frames))
    b = predict(networks, up, True, Mixing(shifts=(-3, 0))).nats(jsb_features.read(up))
    np.testing.assert_allclose(a, b, atol=1e-4)


def test_the_two_protocols_average_differently():
    short, long = np.full((2, 5), 1.0), np.full((6, 5), 2.0)
    found = jsb_score.protocols([Costs(short, short, short), Costs(long, long, long)])
    assert found["jsb_note_nll"] == pytest.approx((2 * 1 + 6 * 2) / 8)
    assert found["jsb_tonicnet_notes"] == pytest.approx(1.5)
    assert found["jsb_tonicnet_all"] == pytest.approx(1.5)


def test_the_first_chord_is_given():
    nats = np.ones((2, 5))
    nats[0, 0] = 100
    assert jsb_score.protocols([Costs(nats, nats, nats)])["jsb_tonicnet_all"] == pytest.approx(1)
