"""Recipe of the Transformer: windows of the corpus, random tasks, nats a note."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from generator.engines import WEIGHTS, conditions
from generator.engines.layout import Layout, lay_out
from generator.engines.network import Config, Network, Steps, Targets
from generator.engines.tokens import LANES, NO_PITCH
from generator.training import Options, checkpoint, corpus, dataset, plans
from generator.training.examples import MAX_STEPS, Example
from generator.training.train import Plan, Progress, Training

LENGTHS = (96, 192, MAX_STEPS)  # shapes that are compiled
Batch = tuple[Steps, Targets]
_COLUMNS = tuple(field.name for field in fields(Steps))[:-2]
_PADDING = {"sounding": NO_PITCH, "pitch": NO_PITCH}


def collate(layouts: list[Layout], lanes: NDArray[np.int64], conditions: NDArray[np.int64], length: int) -> Batch:
    """Layouts padded to (B, length) tensors."""
    columns = {}
    for name in _COLUMNS:
        first = layouts[0].columns[name]
        column = np.full((len(layouts), length, *first.shape[1:]), _PADDING.get(name, 0), dtype=first.dtype)
        for row, each in zip(column, layouts, strict=True):
            row[: len(each)] = each.columns[name]
        columns[name] = torch.from_numpy(column)
    target = np.zeros((len(layouts), length, 4), dtype=np.int64)
    weight = np.zeros((len(layouts), length), dtype=np.float32)
    for place, each in enumerate(layouts):
        target[place, : len(each)] = each.target
        weight[place, : len(each)] = each.weight
    steps = Steps(**columns, lanes=torch.from_numpy(lanes), conditions=torch.from_numpy(conditions))
    onset, lane, pitch, duration = torch.from_numpy(target).unbind(-1)
    return steps, Targets(onset, lane, pitch, duration, torch.from_numpy(weight))


class NoteModel:
    """What `train.Training` trains: a Network on Examples, `size` steps a batch."""

    def __init__(self, network: Network, train: list[Example], valid: list[Example], size: int = 5120) -> None:
        self.network = network
        self.train, self.valid, self.size = train, valid, size
        self.weights = window_weights(train)

    def batches(self, seed: int) -> Iterator[Batch]:
        """Batches of a few fixed shapes (so that they compile), each filled from windows of like length."""
        rng = np.random.default_rng(seed)
        waiting: dict[int, list[tuple[Layout, Example]]] = {length: [] for length in LENGTHS}
        for layout, each in dataset.tasks(self.train, self.weights, rng):
            length = next((length for length in LENGTHS if len(layout) <= length), None)
            if length is None:
                continue
            waiting[length].append((layout, each))
            if len(waiting[length]) * length > self.size - length:
                yield self._batch(waiting[length], length, rng)
                waiting[length] = []

    def _batch(self, chosen: list[tuple[Layout, Example]], length: int, rng: np.random.Generator) -> Batch:
        conditions = np.array([dataset.drop_conditions(each.conditions, rng) for _, each in chosen])
        lanes = players([each for _, each in chosen], conditions)
        return collate([layout for layout, _ in chosen], lanes, conditions, length)

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Nats per step, mean over the batch's written steps."""
        steps, targets = batch
        fields = network.nll(steps, targets)  # type: ignore[operator]
        return fields.sum(-1).sum() / targets.weight.sum()

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Nats a note on fixed validation windows written from nothing: with conditions, without, with the plan too."""
        chosen = self.valid[:: max(len(self.valid) // 256, 1)][:256]
        planned = likelihood(network, chosen, True, planned=True)
        told, blind = likelihood(network, chosen, True), likelihood(network, chosen, False)
        return {"loss": told, "loss_unconditioned": blind, "loss_planned": planned}


def players(chosen: Sequence[Example], conditions: NDArray[np.int64]) -> NDArray[np.int64]:
    """(B, LANES) lane kinds; where every condition is open, who plays is not told either."""
    lanes = np.array([each.lanes for each in chosen])
    return np.where(conditions.any(1, keepdims=True), lanes, -1)


def window_weights(examples: list[Example]) -> NDArray[np.float64]:
    """Chances of being drawn: by length, and rarer styles more often than their share (a square root's worth)."""
    notes = np.array([float(each.note_count) for each in examples])
    style = np.array([each.conditions[conditions.NAMES.index("style")] for each in examples])
    share = np.bincount(style, notes) / notes.sum()
    return notes**0.8 / np.sqrt(share[style])  # type: ignore[no-any-return]


@torch.no_grad()
def likelihood(
    network: nn.Module, examples: list[Example], conditioned: bool, size: int = 16, planned: bool = False
) -> float:
    """Nats a note of whole windows: every nat of the sequence, barlines too, over its notes."""
    nats = notes = 0.0
    ordered = sorted(examples, key=lambda each: len(each.rows))
    for start in range(0, len(ordered), size):
        chosen = ordered[start : start + size]
        nats += float(window_nats(network, chosen, conditioned, planned).sum())
        notes += sum(each.note_count for each in chosen)
    return nats / notes


@torch.no_grad()
def window_nats(network: nn.Module, chosen: list[Example], conditioned: bool, planned: bool = False) -> Tensor:
    """(B,) nats of each window written from nothing; without conditions nothing but the music so far is known."""
    layouts = []
    for each in chosen:
        everything = np.ones((each.bar_count, LANES), dtype=bool)
        plan = each.plan.astype(np.int64) if planned else None
        layouts.append(lay_out(each.rows, each.bars, everything, ~everything, conditioned, plan))
    conditions = np.array([each.conditions * conditioned for each in chosen])
    steps, targets = collate(layouts, players(chosen, conditions), conditions, max(len(one) for one in layouts))
    fields = network.nll(steps, targets)  # type: ignore[operator]
    owner = torch.nonzero(targets.weight > 0)[:, 0]
    return torch.zeros(len(chosen)).index_add_(0, owner, fields.sum(-1))


# -- manage.py train transformer -----------------------------------------------------------

RIGHTS = (
    "Composed with Partita. Its model learnt in part from: "
    "Polish Music Heritage in Open Access, The Fryderyk Chopin Institute (nifc.pl), polishscores.org, CC BY 4.0."
)
CREDITS = {
    "polish-scores": "Polish Music Heritage in Open Access, The Fryderyk Chopin Institute (nifc.pl), polishscores.org",
}


def train(options: Options) -> dict[str, float]:
    """Build the windows, train, and with `ship` write weights and card. Returns the last figures."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    built = dataset.build(options.corpus, options.folder / "windows", max(options.threads, 1))
    config = Config(conditions.SIZES, width=192, layers=4, heads=3, inner=512, head_width=256, planned=True)
    recipe = NoteModel(Network(config), built.train, built.valid)
    training = Training(recipe, Plan(options.minutes, options.folder), options.resume)
    progress = training.run()
    if options.ship:
        ship(options, config, built, progress)
    return progress.curve[-1] if progress.curve else {"step": float(progress.step)}


def ship(options: Options, config: Config, built: dataset.Built, progress: Progress) -> None:
    """The best averaged weights, and the card that says where they come from."""
    best = checkpoint.load(options.folder / "best.pt")
    figures = best["progress"]["curve"][-1]
    report = corpus.summary(list(corpus.index(options.corpus)))
    card = {
        "engine": "transformer",
        "licence": "MIT",
        "rights": RIGHTS if "polish-scores" in report["source"] else "Composed with Partita.",
        "config": config.to_json(),
        "parameters": sum(weight.numel() for weight in best["averaged"].values()),
        "training": {
            "minutes": round(progress.seconds / 60, 1),
            "threads": options.threads,
            "steps": progress.step,
            "windows": len(built.train),
            "notes": sum(each.note_count for each in built.train),
            "command": f"manage.py train transformer --minutes {options.minutes:g} --threads {options.threads} --ship",
            "curve": [{name: round(value, 4) for name, value in line.items()} for line in progress.curve],
        },
        "data": {name: report[name] for name in ("pieces", "notes", "source", "licence")},
        "credits": [CREDITS[source] for source in report["source"] if source in CREDITS],
        "metrics": {"nll_per_note_conditioned": figures["loss"], "nll_per_note": figures["loss_unconditioned"]},
        "quantiles": built.table,
        "bank": built.bank,
    }
    checkpoint.export(WEIGHTS, "transformer", best["averaged"], card)
    (WEIGHTS / "transformer.plans.json").write_text(json.dumps(plans.bank(built.train), separators=(",", ":")) + "\n")
