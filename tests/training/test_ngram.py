"""The baseline is a proper distribution, and a strong one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.training.ngram import NOWHERE, KneserNey, NGram, Sizes

SMALL = Sizes(onsets=3, lanes=2, pitches=3, durations=2)
BARLINE = (SMALL.barline, 0, 0, 0)
EVERY_ROW = [*product(range(SMALL.barline), range(2), range(3), range(2)), BARLINE]
rows = st.lists(st.sampled_from(EVERY_ROW), min_size=1, max_size=12)


def anything(row, last, bar):
    return True


def walks(count, length, seed=0):
    """Sequences in which the next row follows from the last two, but for one row in ten."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        places = [int(rng.integers(25)), int(rng.integers(25))]
        while len(places) < length:
            follow = (2 * places[-1] + places[-2]) % 25
            places.append(int(rng.integers(25)) if rng.random() < 0.1 else follow)
        made.append(np.array([EVERY_ROW[place] for place in places]))
    return made


@given(st.lists(rows, min_size=1, max_size=6), rows, st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_probabilities_of_every_possible_row_sum_to_one(training, past, order):
    model = NGram.fit([np.array(one) for one in training], SMALL, order)
    following = [np.array([*past, row]) for row in EVERY_ROW]
    assert sum(share[-1] for share in model.probs(following)) == pytest.approx(1)


def test_every_row_is_possible_even_when_nothing_like_it_was_seen():
    model = NGram.fit([np.array([(0, 0, 0, 0), BARLINE])], SMALL)
    assert all(share[0] > 0 for share in model.probs([np.array([row]) for row in EVERY_ROW]))


def test_a_longer_memory_hears_what_a_shorter_one_cannot():
    training, unseen = walks(200, 50), walks(20, 50, seed=1)
    nll = [NGram.fit(training, SMALL, order).nll_per_note(unseen) for order in (1, 2, 3)]
    assert nll[2] + 1 < min(nll[:2])


def test_five_words_are_no_worse_than_three_when_three_are_enough():
    training, unseen = walks(400, 50), walks(20, 50, seed=1)
    three, five = (NGram.fit(training, SMALL, order).nll_per_note(unseen) for order in (3, 5))
    assert five == pytest.approx(three, abs=0.25)


def test_barlines_cost_nats_but_are_not_counted_as_notes():
    model = NGram.fit(walks(20, 30), SMALL)
    sequence = np.array([(0, 0, 1, 1), BARLINE, BARLINE])
    assert model.nll_per_note([sequence]) == pytest.approx(model.nll(sequence))


def test_kneser_ney_trusts_words_that_follow_many_others():
    # 2 is frequent but only ever after 1; 0 is rarer and follows everything.
    table = np.array([(1, 2)] * 30 + [(3, 0), (4, 0), (5, 0), (6, 0)])
    share = KneserNey(table, 3).prob(np.array([(9, 0), (9, 2)]), np.full(2, 1 / 3))
    assert share[0] > share[1]


def test_samples_follow_the_distribution_they_were_fitted_to():
    training = walks(200, 50)
    model = NGram.fit(training, SMALL, 3)
    sampled = [model.sample(np.random.default_rng(seed), 3, anything) for seed in range(60)]
    assert model.nll_per_note(sampled) < model.nll_per_note(walks(20, 50, seed=2)) + 1.0
    assert all((one[:, 0] == SMALL.barline).sum() == 3 for one in sampled)


def test_the_same_seed_draws_the_same_rows_and_only_admissible_ones():
    model = NGram.fit(walks(50, 30), SMALL)

    def upper_lane(row, last, bar):
        return row[1] == 1

    first, again = (model.sample(np.random.default_rng(7), 4, upper_lane) for _ in range(2))
    assert (first == again).all()
    assert set(first[first[:, 0] != SMALL.barline, 1]) <= {1}


def test_drawing_knows_when_it_knows_nothing():
    table = np.array([(1, 0), (2, 1)])
    model = KneserNey(table, 2)
    drawn = [model.draw([9], np.random.default_rng(seed)) for seed in range(200)]
    assert set(drawn) == {0, 1, NOWHERE}


def test_an_empty_corpus_is_refused_with_a_remedy():
    with pytest.raises(ValueError, match="build a corpus first"):
        NGram.fit([], SMALL)
