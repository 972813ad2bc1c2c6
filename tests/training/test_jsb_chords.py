"""The chord classes of the TonicNet protocol."""

import numpy as np
import pytest

from generator.training.jsb_chords import CLASSES, OTHER, REST, chord_classes, transposed

FRAMES = {
    (72, 67, 64, 48): 0,  # C major
    (67, 64, 60, 52): 0,  # in first inversion: the root is no bass
    (69, 64, 60, 45): 12 + 9,  # A minor
    (71, 65, 62, 50): 24 + 11,  # B diminished
    (72, 68, 64, 48): 36 + 0,  # augmented: the bass is as good a root as any
    (70, 67, 64, 48): 0,  # a seventh chord goes by its triad
    (74, 67, 62, 55): OTHER,  # a fifth alone
    (0, 0, 0, 0): REST,
    (0, 64, 67, 60): 0,  # who rests does not count
}


@pytest.mark.parametrize("frame", FRAMES, ids=str)
def test_a_chord_is_named_by_root_and_quality(frame):
    assert chord_classes(np.array([frame])).tolist() == [FRAMES[frame]]


@pytest.mark.parametrize("shift", range(12))
def test_a_transposed_chord_keeps_its_quality_and_its_root_moves_along(shift):
    frames = np.array([frame for frame in FRAMES if all(frame)])
    assert (chord_classes(frames + shift) == transposed(chord_classes(frames), shift)).all()


def test_there_are_fifty_classes_and_transposing_never_leaves_them():
    turned = transposed(np.arange(CLASSES), 7)
    assert sorted(turned.tolist()) == list(range(50))
    assert turned[OTHER] == OTHER
    assert turned[REST] == REST
