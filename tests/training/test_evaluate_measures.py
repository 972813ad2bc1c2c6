"""The sheet and the classifier on sets with a known answer."""

from types import SimpleNamespace

import numpy as np
import pytest

from generator.engines import PlannedBar
from generator.training import PARTS, evaluate, evaluate_harmonise, evaluate_measures
from generator.training.measures import classifier, form, sheet
from generator.training.measures.corruption import CORRUPTIONS
from tests.training.measured import chorale, piece

COUNT = 16


def real(seed):
    """A chorale in some key, of a work of its own."""
    found = chorale(8 + seed % 3).transpose(seed % 5)
    found.source["work"] = str(seed)
    return found


def material(composed):
    """What an evaluation would have gathered, with pieces that were made here."""
    asked, others = [real(seed) for seed in range(COUNT)], [real(seed + 100) for seed in range(COUNT)]
    samples = [SimpleNamespace(piece=each) for each in composed]
    return SimpleNamespace(
        asked=asked,
        others=others,
        windows=asked + others,
        drawn=composed,
        samples=samples,
        composed=composed,
        untrained=samples[:8],
        options=SimpleNamespace(processes=1),
        said={},
        kept={},
    )


@pytest.fixture(scope="module")
def spoilt():
    return material([CORRUPTIONS["random_chords"](real(seed), np.random.default_rng(seed)) for seed in range(COUNT)])


def test_music_like_the_real_one_has_no_fault_outside():
    figures = evaluate_measures.sheet_part(material([real(seed) for seed in range(COUNT)]))
    assert figures["faults_outside"] == figures["faults_outside_real"] == 0
    assert figures["fault_fifth_motion_ratio"] == pytest.approx(1)
    assert figures["bar_similarity_1"] == figures["bar_similarity_1_real"]
    assert "form_held_share" not in figures


def test_every_fault_has_its_rate_its_baseline_and_its_ratio(spoilt):
    figures = evaluate_measures.sheet_part(spoilt)
    for name in sheet.FAULTS:
        for suffix in ("", "_real", "_5gram", "_ratio", "_ratio_low", "_ratio_high"):
            assert f"fault_{name}{suffix}" in figures
    assert figures["faults_outside"] >= 2
    assert figures["fault_dissonant_beats"] > figures["fault_dissonant_beats_real"]


def test_the_classifier_tells_spoilt_music_from_real_and_real_from_real_hardly(spoilt):
    figures = evaluate_measures.classifier_part(spoilt)
    assert figures["real_vs_generated_auc"] > 0.9
    assert figures["real_vs_generated_auc_real"] < 0.8
    names = [name for name, _ in spoilt.said["strongest"]]
    assert len(names) == 10 and set(names) <= set(classifier.NAMES)


def test_a_plan_that_pieces_carry_is_judged():
    plan = [PlannedBar(section="A", chords=("C",)), PlannedBar(section="B"), PlannedBar(section="A")]
    kept = form.with_plan(piece("60 62 64 65 67/2 72/2 60 62 64 65"), plan)
    figures = evaluate_measures.promised([kept, piece("60 62 64 65")])
    assert figures["form_held_share"] == 1
    assert figures["chord_basses_held_share"] == 0.5  # C, then E in the middle of the bar
    assert evaluate_measures.promised([piece("60 62")]) == {}


def test_parallels_and_crossings_are_counted_a_bar():
    clean = evaluate_harmonise.marked([chorale(4)])
    crossed = evaluate_harmonise.marked([piece("72/4", "55/4", "60/4", "48/4")])
    assert clean["faults_per_bar"] == pytest.approx(
        sum(value for name, value in clean.items() if name.endswith("_per_bar") and name.startswith("harmonised"))
    )
    assert crossed["harmonised_crossings_per_bar"] == 4  # beats


def test_every_part_that_can_be_asked_for_can_be_measured():
    assert tuple(evaluate.MEASURES) == PARTS
