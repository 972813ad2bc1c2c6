"""`manage.py train transformer --benchmark jsb --data DIR`: two members, each from its own seed, then ship them.

A member learns from other four-part music of the corpus and from the `train` split at once, a quarter of
what it reads being chorales. (Pre-training on the one and then tuning on the other was tried: tuning lost
within two minutes what the mixture had gained.) Every member is a run of `train.Training` in its own
folder with its own checkpoints, so --resume goes on in the one that was interrupted. The validation split
chooses the moment at which a member is best, as the published figures do; `test` is never read here.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from generator.engines import WEIGHTS
from generator.training import Options, checkpoint, jsb, jsb_score
from generator.training.jsb import Chorale
from generator.training.jsb_model import Config, FrameModel
from generator.training.jsb_recipe import FrameRecipe
from generator.training.jsb_score import Mixing
from generator.training.note_model import CREDITS
from generator.training.train import Plan, Progress, Training

log = logging.getLogger(__name__)

NAME = "jsb"
CONFIG = Config()
MIXING = Mixing()
RATE = 3e-3
TWELVE = 12  # times the training chorales stand among the other music, a quarter of it then


@dataclass(frozen=True)
class Member:
    """One network's training. `dropout` differs, so that the members err in different places."""

    name: str
    minutes: float
    dropout: float
    seed: int


class Worked(Training):
    """A training whose minutes are its own processor time, so that one on a busy machine comes as far."""

    def _step(self, batch: Any) -> float:
        before, begun = self.progress.seconds, time.process_time()
        loss = super()._step(batch)
        self.progress.seconds = before + time.process_time() - begun
        return loss


def plan(minutes: float) -> list[Member]:
    """The members, which share the minutes."""
    return [Member("1", minutes / 2, 0.1, seed=1), Member("2", minutes / 2, 0.2, seed=2)]


def train(options: Options) -> dict[str, float]:
    """Train what is left of the members; with `ship` write weights and card. Returns the last figures.

    Raises jsb.BenchmarkMissing when options.data is not the benchmark's folder.
    """
    torch.set_num_threads(options.threads)
    if options.data is None:
        raise jsb.BenchmarkMissing("--benchmark jsb needs --data DIR, a folder with train/ and valid/ in it.")
    splits = {name: jsb.read_split(options.data, name) for name in ("train", "valid")}
    related = jsb.related(options.corpus)
    if not related:
        log.warning("No corpus in %s: the chorales are learnt alone, and less well.", options.corpus)
    material = related + TWELVE * splits["train"]
    progress = Progress()
    for member in plan(options.minutes):
        progress = run(member, options, material, splits["valid"])
        if progress.seconds < 60 * member.minutes:  # Ctrl-C; a checkpoint was written
            return {"step": float(progress.step)}
    if options.ship:
        ship(options, splits["valid"])
    return progress.curve[-1]


def run(member: Member, options: Options, material: list[Chorale], valid: list[Chorale]) -> Progress:
    """One member's training, unless its checkpoint says that it is over."""
    folder = options.folder / member.name
    if options.resume and (folder / "last.pt").exists():
        progress = Progress(**checkpoint.load(folder / "last.pt")["progress"])
        if progress.seconds >= 60 * member.minutes:
            return progress
    torch.manual_seed(member.seed)
    recipe = FrameRecipe(FrameModel(replace(CONFIG, dropout=member.dropout)), material, valid, seed=member.seed)
    schedule = Plan(member.minutes, folder, rate=RATE, validate_minutes=2)
    return Worked(recipe, schedule, options.resume, compiled=False).run()


def ship(options: Options, valid: list[Chorale]) -> None:
    """The members' best averaged weights as float16 in one file, and the card with what they give on `valid`."""
    weights: dict[str, Tensor] = {}
    curves = {}
    for member in plan(options.minutes):
        best = checkpoint.load(options.folder / member.name / "best.pt")
        weights |= {f"{member.name}.{name}": value.half() for name, value in best["averaged"].items()}
        curves[member.name] = _curve(options.folder / member.name)
    card = {
        "engine": "transformer",
        "benchmark": NAME,
        "licence": "MIT",
        "config": CONFIG.to_json(),
        "mixing": asdict(MIXING),
        "parameters": sum(value.numel() for value in weights.values()),
        "training": {
            "command": f"manage.py train transformer --benchmark jsb --data DIR --minutes {options.minutes:g} --ship",
            "threads": options.threads,
            "curves": curves,
        },
        "data": _data(options.corpus),
        "credits": list(CREDITS.values()),
        "metrics": jsb_score.measured(list(networks(weights, CONFIG)), valid, MIXING),
    }
    checkpoint.export(WEIGHTS, NAME, weights, card)


def _curve(folder: Path) -> list[dict[str, float]]:
    lines = checkpoint.load(folder / "last.pt")["progress"]["curve"]
    return [{name: round(value, 4) for name, value in line.items()} for line in lines]


def _data(corpus: Path) -> dict[str, Any]:
    works = {piece.name.rsplit(" ", 1)[0] for piece in jsb.related(corpus)}
    return {
        "benchmark": "JSB Chorales, the 229 pieces of the train split, in twelve keys",
        "with it": f"{len(works)} other four-part works and collections of the corpus, none of them by Bach",
        "chosen on": "the validation split: the moment to stop each member, and the numbers in `mixing`",
        "test": "never read",
    }


def members(folder: Path) -> Iterator[FrameModel]:
    """The networks that were shipped to `folder`, as float32. Raises FileNotFoundError."""
    config = Config(**json.loads((folder / f"{NAME}.json").read_text("utf8"))["config"])
    return networks(load_file(folder / f"{NAME}.safetensors"), config)


def networks(weights: Mapping[str, Tensor], config: Config) -> Iterator[FrameModel]:
    """One network for every first part of a name."""
    for member in sorted({key.split(".")[0] for key in weights}):
        network = FrameModel(config)
        own = {key.split(".", 1)[1]: value.float() for key, value in weights.items() if key.startswith(f"{member}.")}
        network.load_state_dict(own)
        yield network.eval()


def mixing(folder: Path) -> Mixing:
    """How the networks of `folder` are combined, from their card."""
    found = json.loads((folder / f"{NAME}.json").read_text("utf8"))["mixing"]
    return Mixing(**{**found, "shifts": tuple(found["shifts"])})
