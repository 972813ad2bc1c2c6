"""The benchmark's commands, from CSV files to figures, on a few bars and a network that is tiny."""

import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from generator.training import Options, checkpoint, jsb, jsb_evaluate, jsb_train
from generator.training.jsb_model import Config

SMALL = Config(width=32, layers=1, heads=2, inner=32, head=32, narrow=16)


def write(path, frames):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ["note0,note1,note2,note3", *(",".join(map(str, frame)) for frame in frames)]
    path.write_text("\n".join(rows) + "\n")


def chorale(seed):
    rng = np.random.default_rng(seed)
    chords = np.array([[72, 67, 64, 48], [72, 69, 65, 53], [71, 67, 62, 55], [72, 64, 60, 57]])
    return np.repeat(chords[rng.integers(0, 4, 8)], 4, axis=0) + rng.integers(-2, 3)


@pytest.fixture
def data(tmp_path):
    for split, count in (("train", 6), ("valid", 2)):
        for seed in range(count):
            write(tmp_path / "data" / split / f"chorale_{seed}.csv", chorale(seed))
    return tmp_path / "data"


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Everything at a hundredth of its size, and weights kept away from the shipped ones."""
    monkeypatch.setattr(jsb_train, "CONFIG", SMALL)
    monkeypatch.setattr(jsb_train, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(jsb_evaluate, "WEIGHTS", tmp_path / "weights")


def options(tmp_path, data, **changes):
    return Options(tmp_path / "corpus", tmp_path / "run", minutes=0.03, data=data, **changes)


def test_it_trains_ships_and_is_measured_by_four_figures(tmp_path, data, small, capsys):
    figures = jsb_train.train(options(tmp_path, data, ship=True))
    assert {"loss", "notes", "chord", "step"} <= set(figures)
    card = json.loads((tmp_path / "weights" / "jsb.json").read_text())
    assert card["config"]["width"] == 32
    assert "validation" in card["data"]["chosen on"]
    capsys.readouterr()
    call_command("evaluate", "transformer", benchmark="jsb", data=data, json=True, processes=1)
    report = json.loads(capsys.readouterr().out)
    assert report["engine"] == "transformer"
    keys = {"jsb_note_nll", "jsb_note_nll_single", "jsb_tonicnet_all", "jsb_tonicnet_notes"}
    assert set(report["metrics"]) == keys
    assert all(0 < value < 10 for value in report["metrics"].values())


def test_resuming_skips_the_members_that_are_over(tmp_path, data, small):
    jsb_train.train(options(tmp_path, data))
    before = checkpoint.load(tmp_path / "run" / "1" / "last.pt")["progress"]
    jsb_train.train(options(tmp_path, data, resume=True))
    assert checkpoint.load(tmp_path / "run" / "1" / "last.pt")["progress"] == before


def test_an_interrupted_member_is_the_last_of_the_run_and_leaves_a_checkpoint(tmp_path, data, small, monkeypatch):
    def interrupted(self, batch):
        raise KeyboardInterrupt

    monkeypatch.setattr(jsb_train.Worked, "_step", interrupted)
    jsb_train.train(options(tmp_path, data))
    assert [path.parent.name for path in (tmp_path / "run").glob("*/last.pt")] == ["1"]


def test_without_data_the_commands_say_what_to_give():
    for command in ("train", "evaluate"):
        with pytest.raises(CommandError, match="--data"):
            call_command(command, "transformer", benchmark="jsb")


def test_a_folder_without_the_split_is_refused_by_name(tmp_path, data, small):
    with pytest.raises(jsb.BenchmarkMissing, match="test holds no CSV"):
        jsb.read_split(data, "test")


def test_a_row_that_has_not_four_pitches_is_refused(tmp_path):
    write(tmp_path / "train" / "a.csv", [(60, 55, 52)])
    with pytest.raises(ValueError, match="four pitches"):
        jsb.read_split(tmp_path, "train")
