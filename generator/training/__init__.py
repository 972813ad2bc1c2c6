"""Training: the corpus, the loop that every engine shares, checkpoints and evaluation.

`RECIPES` names for each engine the function that trains it: `train(options) -> figures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

RECIPES: dict[str, str] = {
    "transformer": "generator.training.note_model.train",
}


@dataclass(frozen=True)
class Options:
    """What `manage.py train ENGINE` was asked."""

    corpus: Path
    folder: Path
    minutes: float = 10
    threads: int = 1
    resume: bool = False
    ship: bool = False


@dataclass(frozen=True)
class EvaluationOptions:
    """What `manage.py evaluate NAME` was asked. `data` holds score files never seen; `folder` keeps what is done.

    `windows` is where training keeps the corpus cut into windows, so that they need not be cut again.
    """

    corpus: Path
    folder: Path
    windows: Path
    data: Path | None = None
    pieces: int = 1000
    resume: bool = False
    processes: int = 2
