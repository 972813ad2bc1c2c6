"""Plans as people read them, and plans drawn from real music."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from generator.engines import Brief, PlannedBar, form
from generator.engines import plan as planning
from generator.music.harmony import Chord
from generator.music.piece import Key

D_MINOR = Key.parse("D minor")
AABA = (
    PlannedBar(section="A", chords=("Dm",), likeness="new"),
    PlannedBar(section="A", chords=("A7",), ends="half", likeness="new"),
    PlannedBar(section="A", returns_to=0, likeness="same", chords=("Dm", "Gm/Bb")),
    PlannedBar(section="A", returns_to=1, likeness="close", ends="authentic", chords=("A7",)),
    PlannedBar(section="B", likeness="new"),
    PlannedBar(section="B", likeness="rhythm", returns_to=4, ends="half"),
    PlannedBar(section="A", returns_to=2, transposed=-5, likeness="close"),
    PlannedBar(section="A", returns_to=3, likeness="close", ends="authentic"),
)


def entry(bars: int, **fields) -> dict:
    rows = form.rows_of(
        [PlannedBar(likeness="new")] * (bars - 1) + [PlannedBar(returns_to=0, ends="authentic")], D_MINOR
    )
    return {"ensemble": "satb", "style": "chorale", "metre": "4/4", "mode": "minor", "rows": rows.tolist(), **fields}


def test_a_plan_survives_being_told_to_the_network():
    assert form.bars_of(form.rows_of(AABA, D_MINOR), D_MINOR) == AABA


def test_a_plan_is_the_same_in_every_key():
    moved = tuple(bar.model_copy(update={"chords": ()}) for bar in AABA)
    assert np.array_equal(form.rows_of(moved, D_MINOR), form.rows_of(moved, Key.parse("G minor")))


def test_phrases_are_the_bars_between_cadences():
    assert form.phrases(form.rows_of(AABA, D_MINOR)) == [(0, 2), (2, 4), (4, 6), (6, 8)]


def test_a_varied_phrase_has_a_primed_letter():
    varied = [*AABA[:6], *(bar.model_copy(update={"likeness": "varied"}) for bar in AABA[6:])]
    assert form.sections(form.rows_of(varied, D_MINOR)) == ["A"] * 4 + ["B"] * 2 + ["A'"] * 2


def test_a_plan_must_be_as_long_as_the_piece():
    with pytest.raises(ValidationError, match="The plan has 8 bars and the piece 4"):
        Brief(bars=4, plan=AABA)


def test_a_bar_cannot_return_to_a_later_one():
    with pytest.raises(ValidationError, match="Bar 1 returns to bar 2; choose an earlier bar"):
        Brief(bars=1, plan=[PlannedBar(returns_to=1)])


def test_an_unknown_chord_is_refused():
    with pytest.raises(ValidationError, match="'H7' is not a chord symbol; write it like"):
        PlannedBar(chords=("H7",))


@pytest.mark.parametrize("text", ["C", "F#m7/C#", "Bbmaj7", "Eb7/G", "Bdim", "C#m7b5", "Adim7", "Gaug"])
def test_a_chord_symbol_is_read_as_it_was_written(text):
    assert Chord.parse(text).figure(Key.parse("G major" if "#" in text else "F major")) == text


def test_a_plan_is_drawn_from_pieces_of_that_length_and_metre():
    plans = [entry(8), entry(8, metre="3/4", mode="major"), entry(12)] * 8
    rows = form.draw(Brief(bars=8, metre="4/4", key="A minor"), plans, np.random.default_rng(1))
    assert np.array_equal(rows, np.array(entry(8)["rows"]))


def test_a_shortened_plan_keeps_its_ending_and_forgets_what_is_cut_off():
    rows = form.shortened(np.array(entry(12)["rows"]), 8)
    assert rows[-1, planning.COLUMN["phrase_left"]] == 1
    assert form.bars_of(rows, D_MINOR)[-1].returns_to is None
    assert form.bars_of(rows, D_MINOR)[-1].likeness == "new"


@pytest.mark.parametrize("bars", [17, 32, 64, 128])
def test_a_long_piece_is_put_together_from_sections(bars):
    brief = Brief(bars=bars, metre="4/4", key="A minor")
    rows = form.draw(brief, [entry(8), entry(16), entry(12)], np.random.default_rng(1))
    assert len(rows) == bars
    assert (rows[:, planning.COLUMN["back"]] <= np.arange(bars)).all()
    assert brief.model_copy(update={"plan": form.bars_of(rows, D_MINOR)}).plan[-1].ends == "authentic"


def test_the_same_seed_draws_the_same_plan():
    plans = [entry(bars) for bars in range(8, 24)]
    brief = Brief(bars=10, metre="4/4", key="A minor")
    drawn = [form.draw(brief, plans, np.random.default_rng(seed)) for seed in (3, 3)]
    assert np.array_equal(*drawn)


def test_without_real_plans_everything_is_open():
    assert not form.draw(Brief(bars=8), [], np.random.default_rng(1)).any()
