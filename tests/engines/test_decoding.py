"""Decoding step by step is the same computation as reading the whole sequence at once."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from generator.engines import Brief, briefs, conditions
from generator.engines import plan as planning
from generator.engines.briefs import condition_values
from generator.engines.decoder import Decoder
from generator.engines.layout import lane_vector, lay_out
from generator.engines.network import Config, Network
from generator.engines.sampling import Dice, pick
from generator.engines.take import Take
from generator.engines.tokens import LANES, encode
from generator.engines.transformer import TransformerEngine
from generator.music.ensembles import ENSEMBLES
from generator.music.piece import Key, Piece
from generator.training.note_model import collate

ENSEMBLE_NAMES = sorted(ENSEMBLES)


def bank():
    real = {"style": "song", "metre": "4/4", "mode": "major", "fifths": 0, "tempo": 96}
    return [{**real, "ensemble": name, **dict.fromkeys(conditions.LEVELLED, 0.5)} for name in ENSEMBLE_NAMES]


@pytest.fixture(scope="module")
def network():
    """A small untrained network: the rules must hold whatever it would like to write."""
    torch.manual_seed(1)
    config = Config(conditions.SIZES, width=64, layers=2, heads=2, inner=64, head_width=64, planned=True)
    return Network(config).eval()


@pytest.fixture(scope="module")
def engine(network):
    return TransformerEngine(network, {"bank": bank()})


@pytest.fixture(params=["open", "planned"])
def plan(request, monkeypatch):
    """A plan of four bars that every score of this test follows: bar 2 returns to bar 0 a fourth up, bar 3 to bar 1."""
    rows = planning.empty(4)
    if request.param == "planned":
        rows[:, planning.COLUMN["chord"]] = (1, 36, 26, 1)
        rows[2, planning.FORM] = (2, 1 + planning.NEAR + 5, 4)
        rows[3, planning.FORM] = (2, 1 + planning.NEAR, 5)
        lay_down = briefs.lay_down
        monkeypatch.setattr(briefs, "lay_down", lambda *given: replace(lay_down(*given), planned=rows))
    return rows


def compose(engine, given=None, **brief) -> Piece:
    brief = Brief(seed=brief.pop("seed", 5), **brief)
    skeleton = engine.skeleton(engine.resolve(brief), given)
    bars = [bar for bar in engine.compose(brief, given) if bar.take == 0]
    kept = list(skeleton.notes())
    return skeleton.with_notes(kept + [note for bar in bars for note in bar.notes])


@pytest.mark.parametrize("ensemble", ENSEMBLE_NAMES)
def test_the_states_a_take_shows_are_those_of_the_whole_layout(engine, ensemble, plan, monkeypatch):
    shown = []
    original = Take.show

    def recording(self, *arguments):
        shown.append(original(self, *arguments))
        return shown[-1]

    monkeypatch.setattr(Take, "show", recording)
    piece = compose(engine, ensemble=ensemble, bars=4, key="D minor")
    events = encode(piece, Key.parse("D minor"))
    everything = np.ones((4, LANES), dtype=bool)
    whole = lay_out(events.rows, np.array(events.bars), everything, ~everything, plan=plan)
    for name, column in whole.columns.items():
        stepwise = np.array([each[name] for each in shown])
        assert np.array_equal(column, stepwise), name


@pytest.mark.parametrize("ensemble", ENSEMBLE_NAMES)
def test_hidden_states_with_a_cache_equal_those_without(engine, network, ensemble, plan, monkeypatch):
    hidden = []
    original = Decoder.step

    def recording(self, *arguments):
        hidden.append(original(self, *arguments))
        return hidden[-1]

    monkeypatch.setattr(Decoder, "step", recording)
    brief = engine.resolve(Brief(ensemble=ensemble, bars=4, key="D minor", seed=2))
    piece = compose(engine, ensemble=ensemble, bars=4, key="D minor", seed=2)
    events = encode(piece, Key.parse("D minor"))
    everything = np.ones((4, LANES), dtype=bool)
    whole = lay_out(events.rows, np.array(events.bars), everything, ~everything, plan=plan)
    steps, _ = collate(
        [whole],
        lane_vector(tuple(lane.kind for lane in ENSEMBLES[ensemble]))[None],
        conditions.vector(condition_values(brief, begins=True, ends=True))[None],
        len(whole),
    )
    with torch.no_grad():
        at_once = network(steps)[0, 1:]
    assert np.allclose(np.concatenate(hidden), at_once.numpy(), atol=1e-4)


def test_a_brief_without_a_plan_is_given_one_and_keeps_its_own(network):
    rows = planning.empty(6)
    rows[:, planning.COLUMN["likeness"]] = 1
    real = {"ensemble": "satb", "style": "song", "metre": "4/4", "mode": "minor", "rows": rows.tolist()}
    engine = TransformerEngine(network, {"bank": bank()}, [real])
    drawn = engine.resolve(Brief(bars=4, key="D minor", metre="4/4", seed=2))
    assert [bar.likeness for bar in drawn.plan] == ["new"] * 4
    assert engine.resolve(drawn) == drawn
    assert len(compose(engine, bars=4, seed=2).bars) == 5


@pytest.mark.parametrize("ensemble", ENSEMBLE_NAMES)
def test_the_same_seed_writes_the_same_notes_and_another_seed_others(engine, ensemble):
    first = compose(engine, ensemble=ensemble, bars=3, seed=11)
    assert first == compose(engine, ensemble=ensemble, bars=3, seed=11)
    assert first != compose(engine, ensemble=ensemble, bars=3, seed=12)


@pytest.mark.parametrize("ensemble", ENSEMBLE_NAMES)
@pytest.mark.parametrize("metre", ["2/4", "3/4", "6/8", "12/8", "3/2"])
def test_every_lane_ends_on_the_last_barline_over_the_tonic(engine, ensemble, metre):
    piece = compose(engine, ensemble=ensemble, bars=3, metre=metre, key="E minor")
    assert piece.bar_count == 3
    last = [note for _, note in piece.notes() if note.end == piece.length]
    assert not [note for _, note in piece.notes() if note.end > piece.length]
    assert min(last, key=lambda note: note.pitch).pitch % 12 == 4
    beat = piece.metres[0].beat_ticks
    assert max(note.onset for _, note in piece.notes()) <= max(piece.length - beat, piece.bars[-2])


@pytest.mark.parametrize("ensemble", ENSEMBLE_NAMES)
def test_no_note_leaves_the_range_of_its_lane_and_single_voices_hold_one_note(engine, ensemble):
    piece = compose(engine, ensemble=ensemble, bars=4)
    lanes = iter(ENSEMBLES[ensemble])
    for part in piece.parts:
        for staff in range(1, part.staves + 1):
            lane = next(lanes)
            notes = [note for note in part.notes if note.staff == staff]
            assert all(lane.low <= note.pitch <= lane.high for note in notes)
            for tick in {note.onset for note in notes}:
                assert sum(note.onset <= tick < note.end for note in notes) <= lane.voices


def test_harmonising_keeps_the_melody_and_writes_the_other_parts(engine):
    tune = compose(engine, ensemble="melody", bars=4, key="G major")
    score = compose(engine, given=tune, task="harmonise", ensemble="satb")
    assert [note.pitch for note in score.parts[0].notes] == [note.pitch for note in tune.parts[0].notes]
    assert all(part.notes for part in score.parts)


def test_infilling_changes_only_the_bars_asked_for(engine):
    source = compose(engine, ensemble="satb", bars=6, seed=3)
    filled = compose(engine, given=source, task="infill", first_bar=2, last_bar=3, seed=4)
    for bar in (0, 1, 4, 5):
        assert list(filled.bar_notes(bar)) == list(source.bar_notes(bar))
    assert [list(filled.bar_notes(bar)) for bar in (2, 3)] != [list(source.bar_notes(bar)) for bar in (2, 3)]


def test_continuing_adds_bars_and_leaves_the_rest(engine):
    source = compose(engine, ensemble="string-quartet", bars=3, seed=3)
    longer = compose(engine, given=source, task="continue", bars=2)
    assert longer.bar_count == 5
    assert list(longer.bar_notes(1)) == list(source.bar_notes(1))


def test_a_long_piece_is_written_in_passages_and_has_every_bar(engine):
    assert {bar.index for bar in engine.compose(Brief(bars=30, seed=1))} == set(range(30))


def test_all_takes_finish_a_bar_before_the_next_begins(engine):
    order = [(bar.index, bar.take) for bar in engine.compose(Brief(bars=4, takes=3, seed=1))]
    assert order == [(bar, take) for bar in range(4) for take in range(3)]


def test_the_nucleus_keeps_only_the_likeliest_values():
    logits = np.log(np.array([0.6, 0.3, 0.1], dtype=np.float32))
    everything = np.ones(3, dtype=bool)
    drawn = {pick(logits, everything, Dice(seed), 1.0, 0.8) for seed in range(200)}
    assert drawn == {0, 1}


def test_masked_values_are_never_drawn():
    logits = np.array([9.0, 0.0, 0.0], dtype=np.float32)
    mask = np.array([False, True, True])
    assert {pick(logits, mask, Dice(seed), 1.0, 1.0) for seed in range(100)} == {1, 2}


def test_the_probability_of_an_event_does_not_depend_on_what_follows(engine, network):
    piece = compose(engine, ensemble="satb", bars=4, key="D minor")
    events = encode(piece, Key.parse("D minor"))
    changed = events.rows.copy()
    half = len(changed) // 2
    changed[half:, 2] = (changed[half:, 2] + 5) % 128
    everything = np.ones((4, LANES), dtype=bool)
    lanes, wishes = np.zeros((1, LANES), dtype=np.int64), np.zeros((1, len(conditions.SIZES)), dtype=np.int64)
    nats = []
    for rows in (events.rows, changed):
        layout = lay_out(rows, np.array(events.bars), everything, ~everything)
        with torch.no_grad():
            nats.append(network.nll(*collate([layout], lanes, wishes, len(layout))))
    assert torch.equal(nats[0][:half, :2], nats[1][:half, :2])
