"""`manage.py train transformer --benchmark jsb --data DIR`: pre-train, then tune members, then ship them.

    RUN/0-related    other four-part music of the corpus with the training chorales among it
    RUN/1, RUN/2 ..  members: tuned on the `train` split alone, each from its own seed

Every stage is a run of `train.Training` with its own checkpoints, so --resume goes on in the stage
that was interrupted. The validation split chooses the moment at which a member is best, as the
published figures do; the `test` split is never read here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from generator.engines import WEIGHTS
from generator.training import Options, checkpoint, jsb
from generator.training.jsb import Chorale
from generator.training.jsb_model import Config, FrameModel
from generator.training.jsb_recipe import FrameRecipe
from generator.training.jsb_score import Mixing
from generator.training.train import Plan, Progress, Training

NAME = "jsb"
TWELVE = 12  # times the training chorales stand among the other music, a quarter of it then
CONFIG = Config()
MIXING = Mixing()
PRETRAINING = 0.4  # of all the time


@dataclass(frozen=True)
class Stage:
    """One training: on what, for how long, from which weights and how."""

    name: str
    minutes: float
    rate: float
    dropout: float
    at_home: float
    seed: int
    follows: str = ""


class Worked(Training):
    """A training whose minutes are its own processor time, so that one on a busy machine comes as far."""

    def _step(self, batch: Any) -> float:
        before, begun = self.progress.seconds, time.process_time()
        loss = super()._step(batch)
        self.progress.seconds = before + time.process_time() - begun
        return loss


def stages(minutes: float, members: int = 2) -> list[Stage]:
    """Pre-training and the members; together they take `minutes`."""
    first = Stage("0-related", minutes * PRETRAINING, 3e-3, 0.1, 0.5, seed=0)
    each = minutes * (1 - PRETRAINING) / members
    return [first, *(Stage(str(seed), each, 1e-3, 0.25, 0.5, seed, first.name) for seed in range(1, members + 1))]


def train(options: Options) -> dict[str, float]:
    """Run what is left of the stages; with `ship` write weights and card. Returns the last figures.

    Raises jsb.BenchmarkMissing when options.data is not the benchmark's folder.
    """
    torch.set_num_threads(options.threads)
    if options.data is None:
        raise jsb.BenchmarkMissing("--benchmark jsb needs --data DIR, a folder with train/ and valid/ in it.")
    splits = {name: jsb.read_split(options.data, name) for name in ("train", "valid")}
    plan = stages(options.minutes)
    progress = Progress()
    for stage in plan:
        progress = run(stage, options, splits)
        if progress.seconds < 60 * stage.minutes:  # Ctrl-C; a checkpoint was written
            return {"step": float(progress.step)}
    if options.ship:
        ship(options, [stage for stage in plan if stage.follows])
    return progress.curve[-1]


def run(stage: Stage, options: Options, splits: dict[str, list[Chorale]]) -> Progress:
    """One stage, unless its checkpoint says that it is over."""
    folder = options.folder / stage.name
    done = folder / "last.pt"
    if options.resume and done.exists():
        progress = Progress(**checkpoint.load(done)["progress"])
        if progress.seconds >= 60 * stage.minutes:
            return progress
    torch.manual_seed(stage.seed)
    network = FrameModel(replace(CONFIG, dropout=stage.dropout))
    if stage.follows:
        network.load_state_dict(checkpoint.load(options.folder / stage.follows / "last.pt")["averaged"])
    material = splits["train"] if stage.follows else jsb.related(options.corpus) + TWELVE * splits["train"]
    recipe = FrameRecipe(network, material, splits["valid"], at_home=stage.at_home)
    plan = Plan(stage.minutes, folder, rate=stage.rate, validate_minutes=2)
    return Worked(recipe, plan, options.resume, compiled=False).run()


def ship(options: Options, members: list[Stage]) -> None:
    """The members' best averaged weights as float16 in one file, and the card that says where they come from."""
    weights: dict[str, Tensor] = {}
    curves = {}
    for stage in members:
        best = checkpoint.load(options.folder / stage.name / "best.pt")
        weights |= {f"{stage.name}.{name}": value.half() for name, value in best["averaged"].items()}
        curves[stage.name] = _curve(options.folder / stage.name)
    curves["0-related"] = _curve(options.folder / "0-related")
    card = {
        "engine": "transformer",
        "benchmark": NAME,
        "licence": "MIT",
        "config": CONFIG.to_json(),
        "mixing": asdict(MIXING),
        "members": [stage.name for stage in members],
        "parameters": sum(value.numel() for value in weights.values()),
        "training": {
            "command": f"manage.py train transformer --benchmark jsb --data DIR --minutes {options.minutes:g} --ship",
            "threads": options.threads,
            "curves": curves,
        },
        "data": _data(options.corpus),
    }
    checkpoint.export(WEIGHTS, NAME, weights, card)


def _curve(folder: Path) -> list[dict[str, float]]:
    lines = checkpoint.load(folder / "last.pt")["progress"]["curve"]
    return [{name: round(value, 4) for name, value in line.items()} for line in lines]


def _data(corpus: Path) -> dict[str, Any]:
    works = {piece.name.rsplit(" ", 1)[0] for piece in jsb.related(corpus)}
    return {
        "trained on": "JSB Chorales, the 229 pieces of the train split, in all keys of their range",
        "pre-trained on": f"{len(works)} four-part works of the corpus that are not by Bach",
        "chosen on": "JSB Chorales, the validation split: the moment to stop, and how experts are mixed",
        "test": "never read",
    }


def members(folder: Path) -> Iterator[FrameModel]:
    """The networks that were shipped to `folder`, as float32. Raises FileNotFoundError."""
    tensors = load_file(folder / f"{NAME}.safetensors")
    config = Config(**json.loads((folder / f"{NAME}.json").read_text("utf8"))["config"])
    for member in sorted({key.split(".")[0] for key in tensors}):
        network = FrameModel(config)
        own = {key.split(".", 1)[1]: value.float() for key, value in tensors.items() if key.startswith(f"{member}.")}
        network.load_state_dict(own)
        yield network.eval()


def mixing(folder: Path) -> Mixing:
    """How the networks of `folder` are combined, from their card."""
    found = json.loads((folder / f"{NAME}.json").read_text("utf8"))["mixing"]
    return Mixing(**{**found, "shifts": tuple(found["shifts"])})
