"""Scoring bars in the middle, with and without what comes after them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generator.engines import conditions
from generator.engines.network import Config, Network
from generator.engines.plan import STORED
from generator.engines.tokens import BARLINE, LANES
from generator.training.evaluate_infill import infill, nats
from generator.training.examples import Example


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    return Network(Config(conditions.SIZES, width=32, layers=1, heads=2, inner=32, head_width=32)).eval()


def melody(bars: int, last_pitch: int = 67) -> Example:
    """A note a bar; the last bar's can be chosen."""
    pitches = [60 + bar % 5 for bar in range(bars - 1)] + [last_pitch]
    rows = [row for pitch in pitches for row in ((0, 0, pitch, 95), (BARLINE, 0, 0, 0))]
    lanes = np.array([0] + [-1] * (LANES - 1))
    plan = np.zeros((bars, len(STORED)), dtype=np.int8)
    return Example(np.array(rows, dtype=np.int16), np.arange(bars + 1) * 96, lanes, conditions.vector({}), 1, plan)


def test_with_the_left_side_alone_what_comes_after_changes_nothing(network):
    left = [nats(network, [melody(8, pitch)], both_sides=False) for pitch in (50, 80)]
    both = [nats(network, [melody(8, pitch)], both_sides=True) for pitch in (50, 80)]
    assert np.array_equal(*left)
    assert not np.array_equal(*both)


def test_only_the_bars_taken_out_are_scored(network):
    figures = infill(network, [melody(8)] * 4, 10)
    assert figures["infill_windows"] == 4
    assert figures["left_only_nll"] * 4 * 2 == pytest.approx(
        nats(network, [melody(8)] * 4, both_sides=False).sum(), rel=1e-5
    )
    assert figures["infill_gain_low"] <= figures["infill_gain"] <= figures["infill_gain_high"]


def test_windows_without_room_on_either_side_are_left_out(network):
    assert infill(network, [melody(8), melody(5)], 10)["infill_windows"] == 1
