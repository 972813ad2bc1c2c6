"""The training loop that every engine shares.

A recipe says what is trained; the loop owns the clock, the optimisers, the
moving average of the weights, the curve, the checkpoints and resuming. The
learning rate is a function of the share of the time (or of the steps) that is
used up: warm-up, a plateau, then a straight decay to nothing, so that a run may
be prolonged from its plateau.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from tqdm import tqdm

from generator.training import checkpoint
from generator.training.muon import Muon


class Recipe(Protocol):
    """What the loop needs to know of a training."""

    network: nn.Module

    def batches(self, seed: int) -> Iterator[Any]:
        """Batches for ever."""

    def loss(self, network: nn.Module, batch: Any) -> Tensor:
        """A scalar to be made small."""

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures on the validation split; `loss` decides which weights are best."""


@dataclass(frozen=True)
class Plan:
    """How long and how fast."""

    minutes: float
    folder: Path
    rate: float = 3e-3
    warmup: float = 0.02
    decay_from: float = 0.6
    average: float = 0.998
    checkpoint_minutes: float = 3
    validate_minutes: float = 6

    def rate_at(self, share: float) -> float:
        """The learning rate's factor when `share` (0..1) of the time has passed."""
        if share < self.warmup:
            return 0.05 + 0.95 * share / self.warmup
        return 1.0 if share < self.decay_from else max(1 - (share - self.decay_from) / (1 - self.decay_from), 0.01)


@dataclass
class Progress:
    """Where a training stands; saved with every checkpoint."""

    step: int = 0
    seconds: float = 0.0
    best: float = float("inf")
    curve: list[dict[str, float]] = field(default_factory=list)


def optimisers(network: nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the trunk's matrices, AdamW for embeddings, gains and heads."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, weight in network.named_parameters():
        (matrices if weight.ndim == 2 and "blocks" in name else others).append(weight)
    built: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.95), weight_decay=0.01, fused=True)
    ]
    if matrices:
        built.append(Muon(matrices, rate))
    return built


class Training:
    """One run of a recipe in its folder: `last.pt`, `best.pt` and `curve.jsonl`."""

    def __init__(self, recipe: Recipe, plan: Plan, resume: bool = False, compiled: bool = True) -> None:
        self.recipe, self.plan, self.progress = recipe, plan, Progress()
        self.network = recipe.network
        self.averaged = copy.deepcopy(self.network).requires_grad_(False).eval()  # before compiling: runs at any length
        self.optimisers = optimisers(self.network, plan.rate)
        self.bf16 = torch.cpu._is_avx512_bf16_supported() if hasattr(torch.cpu, "_is_avx512_bf16_supported") else False
        plan.folder.mkdir(parents=True, exist_ok=True)
        if resume and (plan.folder / "last.pt").exists():
            self._restore(checkpoint.load(plan.folder / "last.pt"))
        if compiled:
            self.network.compile(dynamic=False)

    def run(self) -> Progress:
        """Train until the time is used up; Ctrl-C saves and stops."""
        saved = validated = self.progress.seconds
        bar = tqdm(total=round(self.plan.minutes * 60), initial=round(self.progress.seconds), unit="s")
        try:
            for batch in self.recipe.batches(self.progress.step + 1):
                loss = self._step(batch)
                bar.set_postfix(step=self.progress.step, loss=f"{loss:.3f}", best=f"{self.progress.best:.3f}")
                bar.update(int(self.progress.seconds) - bar.n)
                over = self.progress.seconds >= self.plan.minutes * 60
                if over or self.progress.seconds - validated > self.plan.validate_minutes * 60:
                    self._validate(loss)
                    validated = self.progress.seconds
                if over or self.progress.seconds - saved > self.plan.checkpoint_minutes * 60:
                    self._save("last.pt")
                    saved = self.progress.seconds
                if over:
                    break
        except KeyboardInterrupt:
            self._save("last.pt")
        bar.close()
        return self.progress

    def _step(self, batch: Any) -> float:
        begun = time.monotonic()
        factor = self.plan.rate_at(self.progress.seconds / (self.plan.minutes * 60))
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            loss = self.recipe.loss(self.network, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.plan.rate * factor
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self._average()
        self.progress.step += 1
        self.progress.seconds += time.monotonic() - begun
        return float(loss.detach())

    def _average(self) -> None:
        """Exponential moving average of the weights; short at first so that it is never of noise alone."""
        keep = min(self.plan.average, (1 + self.progress.step) / (10 + self.progress.step))
        with torch.no_grad():
            old, new = list(self.averaged.parameters()), list(self.network.parameters())
            torch._foreach_lerp_(old, new, 1 - keep)

    def _validate(self, loss: float) -> None:
        figures = self.recipe.validate(self.averaged)
        line = {"step": self.progress.step, "seconds": round(self.progress.seconds), "train": loss, **figures}
        self.progress.curve.append(line)
        with (self.plan.folder / "curve.jsonl").open("a") as curve:
            curve.write(json.dumps(line) + "\n")
        if figures["loss"] < self.progress.best:
            self.progress.best = figures["loss"]
            self._save("best.pt")

    def _save(self, name: str) -> None:
        state = {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "progress": vars(self.progress),
        }
        checkpoint.save(self.plan.folder / name, state)

    def _restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        for optimiser, own in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(own)
        self.progress = Progress(**state["progress"])
