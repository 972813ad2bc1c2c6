"""manage.py train ENGINE: train, resume, and ship the best weights with their model card."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from generator.training import BENCHMARK_RECIPES, RECIPES, Options
from generator.training.corpus import CorpusMissing
from generator.training.jsb import BenchmarkMissing


class Command(BaseCommand):
    help = "Train an engine on the corpus; with --ship, write its weights and model card to generator/weights."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine", choices=sorted(RECIPES))
        benchmarks = sorted({name for _, name in BENCHMARK_RECIPES})
        parser.add_argument("--benchmark", choices=benchmarks, help="train for this one instead of for composing")
        parser.add_argument("--data", type=Path, metavar="DIR", help="the benchmark's folder, with train/ and valid/")
        parser.add_argument("--corpus", type=Path, default=settings.DATA_DIR / "corpus")
        parser.add_argument("--folder", type=Path, help="where checkpoints go (default: DATA_DIR/runs/ENGINE)")
        parser.add_argument("--minutes", type=float, default=60, help="training time in all, resumed runs included")
        parser.add_argument("--threads", type=int, default=1)
        parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
        parser.add_argument("--ship", action="store_true", help="write the best weights as this engine's own")
        parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"] or settings.DATA_DIR / "runs" / (options["benchmark"] or options["engine"])
        names = ("corpus", "minutes", "threads", "resume", "ship", "data")
        wanted = Options(folder=folder, **{name: options[name] for name in names})
        try:
            figures = import_string(self._recipe(options["engine"], options["benchmark"]))(wanted)
        except (CorpusMissing, BenchmarkMissing) as missing:
            raise CommandError(str(missing)) from missing
        except KeyboardInterrupt:  # while the material is read: there is nothing to save yet
            raise CommandError("Stopped; --resume goes on from the last checkpoint.", returncode=130) from None
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        else:
            for name, value in figures.items():
                self.stdout.write(f"{name:>24}  {value}")

    def _recipe(self, engine: str, benchmark: str | None) -> str:
        """Dotted path of what trains. Raises CommandError where the engine knows no such benchmark."""
        if benchmark is None:
            return RECIPES[engine]
        if (engine, benchmark) not in BENCHMARK_RECIPES:
            raise CommandError(f"--benchmark {benchmark} is not for {engine}.")
        return BENCHMARK_RECIPES[engine, benchmark]
