"""What every registered engine must do, with its shipped weights, whatever it is inside."""

from itertools import islice

import pytest
from pydantic import ValidationError

from generator import engines
from generator.engines import WEIGHTS, Bar, Brief
from generator.music.ensembles import ENSEMBLES, parts_of
from generator.music.piece import Key

NAMES = sorted(name for name, path in engines.ENGINES.items() if path.startswith("generator."))
MEGABYTES = 1_000_000


@pytest.fixture(scope="module", params=NAMES)
def engine(request):
    return engines.load(request.param)


def brief(engine, **wishes) -> Brief:
    return Brief(**{"engine": engine.name, "bars": 4, "seed": 7, **wishes})


def bars_of(engine, asked) -> list[Bar]:
    return [bar for bar in engine.compose(asked) if isinstance(bar, Bar)]


def test_its_weights_are_light_enough_to_ship(engine):
    assert (WEIGHTS / f"{engine.name}.safetensors").stat().st_size <= 30 * MEGABYTES


def test_its_card_names_licence_data_training_and_figures(engine):
    card = engines.card(engine.name)
    assert card["licence"]
    assert card["data"]["licence"]
    assert card["training"]["minutes"] > 0 and card["training"]["command"]
    assert card["metrics"]


def test_its_card_credits_the_sources_that_ask_for_it(engine):
    card = engines.card(engine.name)
    if "polish-scores" in card["data"]["source"]:
        assert "The Fryderyk Chopin Institute" in " ".join(card["credits"])
        assert "The Fryderyk Chopin Institute" in card["rights"]


def test_the_same_seed_gives_the_same_notes(engine):
    assert bars_of(engine, brief(engine)) == bars_of(engine, brief(engine))


def test_another_seed_gives_other_notes(engine):
    assert bars_of(engine, brief(engine)) != bars_of(engine, brief(engine, seed=8))


def test_an_open_brief_is_settled_the_same_way_each_time(engine):
    settled = engine.resolve(brief(engine, seed=21))
    assert settled == engine.resolve(brief(engine, seed=21))
    assert settled == engine.resolve(settled)
    assert None not in (settled.key, settled.metre, settled.tempo, settled.seed)


def test_a_seed_that_is_left_out_is_drawn(engine):
    assert engine.resolve(brief(engine, seed=None)).seed is not None


@pytest.mark.parametrize("ensemble", sorted(ENSEMBLES))
def test_locked_controls_hold_exactly(engine, ensemble):
    asked = brief(engine, ensemble=ensemble, key="Eb major", metre="3/4", tempo=72, bars=5)
    settled = engine.resolve(asked)
    score = engine.skeleton(settled)
    assert str(score.keys[0]) == "Eb major" and score.keys[0] == Key.parse("Eb major")
    assert [str(metre) for metre in score.metres] == ["3/4"]
    assert [tempo.bpm for tempo in score.tempos] == [72]
    assert score.bar_count == 5
    assert [(part.name, part.program) for part in score.parts] == [
        (part.name, part.program) for part in parts_of(ENSEMBLES[ensemble])
    ]
    assert [bar.index for bar in bars_of(engine, asked)] == list(range(5))


def test_every_note_starts_in_its_bar_and_ends_in_the_piece(engine):
    settled = engine.resolve(brief(engine, bars=6))
    score = engine.skeleton(settled)
    for bar in bars_of(engine, settled):
        assert (bar.tick, bar.length) == (score.bars[bar.index], score.bars[bar.index + 1] - score.bars[bar.index])
        for part, note in bar.notes:
            assert 0 <= part < len(score.parts)
            assert bar.tick <= note.onset < bar.tick + bar.length
            assert note.end <= score.length


def test_bars_of_all_takes_come_in_order(engine):
    order = [(bar.index, bar.take) for bar in bars_of(engine, brief(engine, takes=3, bars=3))]
    assert order == [(bar, take) for bar in range(3) for take in range(3)]


def test_takes_differ(engine):
    bars = bars_of(engine, brief(engine, takes=2))
    assert [bar.notes for bar in bars if bar.take == 0] != [bar.notes for bar in bars if bar.take == 1]


def test_cancelling_is_to_stop_iterating(engine):
    writing = engine.compose(brief(engine, bars=64))
    assert len(list(islice(writing, 2))) == 2
    writing.close()
    assert bars_of(engine, brief(engine))  # and the engine serves the next one


def test_two_pieces_at_once_do_not_touch_each_other(engine):
    alone = bars_of(engine, brief(engine, seed=1))
    first, second = engine.compose(brief(engine, seed=1)), engine.compose(brief(engine, seed=2))
    together = []
    for bar in first:
        together.append(bar)
        next(second, None)
    assert together == alone


@pytest.mark.parametrize("wish", [{"style": "no such style"}, {"ensemble": "kazoos"}, {"bars": 0}, {"colour": "red"}])
def test_what_nobody_can_play_is_refused_by_name(engine, wish):
    with pytest.raises(ValidationError) as refused:
        brief(engine, **wish)
    assert refused.value.errors()[0]["loc"][0] == next(iter(wish))


def test_an_engine_nobody_registered_is_named_in_the_refusal():
    with pytest.raises(engines.UnknownEngine, match="orchestrion"):
        engines.load("orchestrion")
