"""The loop that trains every engine: it learns, it resumes where it was, it ships what it may."""

import json

import pytest
import torch
from torch import nn

from generator.training import checkpoint
from generator.training.muon import Muon, orthogonalised
from generator.training.train import Plan, Training


class Line:
    """The smallest recipe: learn y = 3x."""

    def __init__(self):
        torch.manual_seed(0)
        self.network = nn.Linear(1, 1)

    def batches(self, seed):
        generator = torch.Generator().manual_seed(seed)
        while True:
            yield torch.rand(32, 1, generator=generator)

    def loss(self, network, batch):
        return ((network(batch) - 3 * batch) ** 2).mean()

    def validate(self, network):
        with torch.no_grad():
            return {"loss": float(self.loss(network, torch.ones(8, 1)))}


def train(folder, minutes=0.02, resume=False):
    training = Training(Line(), Plan(minutes, folder, rate=0.05, average=0.9), resume, compiled=False)
    return training, training.run()


def test_it_learns_and_keeps_the_best_averaged_weights(tmp_path):
    training, progress = train(tmp_path)
    assert progress.best < 0.01
    best = checkpoint.load(tmp_path / "best.pt")
    assert best["progress"]["best"] == progress.best
    assert torch.equal(best["averaged"]["weight"], training.averaged.state_dict()["weight"])


def test_its_curve_is_a_line_of_json_for_every_validation(tmp_path):
    _, progress = train(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert lines == progress.curve
    assert {"step", "seconds", "train", "loss"} <= set(lines[-1])


def test_resuming_goes_on_from_the_last_checkpoint(tmp_path):
    first, before = train(tmp_path)
    again = Training(Line(), Plan(0.02, tmp_path), resume=True, compiled=False)
    assert again.progress.step == before.step
    assert torch.equal(again.network.weight, first.network.weight)


def test_a_run_without_resume_begins_anew(tmp_path):
    train(tmp_path)
    assert Training(Line(), Plan(0.02, tmp_path), compiled=False).progress.step == 0


def test_the_learning_rate_warms_up_holds_and_decays_to_almost_nothing(tmp_path):
    plan = Plan(1, tmp_path)
    rates = [plan.rate_at(share / 100) for share in range(101)]
    assert rates[0] < 0.1 and max(rates) == 1 and rates[-1] <= 0.01
    assert rates[50:] == sorted(rates[50:], reverse=True)


def test_muon_makes_updates_whose_singular_values_are_alike():
    matrix = torch.randn(24, 8, generator=torch.Generator().manual_seed(3))
    values = torch.linalg.svdvals(orthogonalised(matrix))
    assert values.min() > 0.5 and values.max() < 1.5


def test_muon_walks_downhill():
    weight = nn.Parameter(torch.ones(4, 3))
    optimiser = Muon([weight], lr=0.1, weight_decay=0.0)
    for _ in range(150):
        optimiser.zero_grad()
        (weight**2).sum().backward()
        optimiser.step()
    assert float((weight**2).sum()) < 2


def test_weights_above_thirty_megabytes_are_not_shipped(tmp_path):
    with pytest.raises(ValueError, match="at most"):
        checkpoint.export(tmp_path, "heavy", {"weight": torch.zeros(8_000_000)}, {})


def test_shipped_weights_carry_their_hash_in_the_card(tmp_path):
    digest = checkpoint.export(tmp_path, "light", {"weight": torch.zeros(3)}, {"licence": "MIT"})
    card = json.loads((tmp_path / "light.json").read_text())
    assert card == {"licence": "MIT", "weights": digest}
    assert checkpoint.weights_hash(tmp_path / "light.safetensors") == digest
