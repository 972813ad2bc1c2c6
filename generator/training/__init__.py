"""Training: the corpus, the loop that every engine shares, checkpoints and evaluation.

`RECIPES` names for each engine the function that trains it: `train(options) -> figures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

RECIPES: dict[str, str] = {
    "transformer": "generator.training.note_model.train",
}


# Published benchmarks that an engine can be trained for and measured by, beside its own corpus.
BENCHMARK_RECIPES: dict[tuple[str, str], str] = {
    ("transformer", "jsb"): "generator.training.jsb_train.train",
}
BENCHMARKS: dict[tuple[str, str], str] = {
    ("transformer", "jsb"): "generator.training.jsb_evaluate.run",
}
# What `manage.py evaluate transformer` measures, in this order; `--only` names some.
PARTS = ("likelihood", "judged", "overlap", "copies", "sheet", "classifier", "harmonise", "infill", "spelling")


@dataclass(frozen=True)
class Options:
    """What `manage.py train ENGINE` was asked. `data` holds a benchmark's splits, where one was named."""

    corpus: Path
    folder: Path
    minutes: float = 10
    threads: int = 1
    resume: bool = False
    ship: bool = False
    data: Path | None = None


@dataclass(frozen=True)
class EvaluationOptions:
    """What `manage.py evaluate NAME` was asked. `data` holds score files never seen; `folder` keeps what is done.

    `windows` is where training keeps the corpus cut into windows, so that they need not be cut again.
    `split` is the part of a benchmark's `data` that is measured. `only` names parts of an evaluation, () being all;
    `study` asks for a study of the measures instead.
    """

    corpus: Path
    folder: Path
    windows: Path
    data: Path | None = None
    pieces: int = 1000
    resume: bool = False
    processes: int = 2
    split: str = "valid"
    only: tuple[str, ...] = ()
    study: str | None = None
