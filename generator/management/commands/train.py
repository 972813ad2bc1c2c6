"""manage.py train ENGINE: train, resume, and ship the best weights with their model card."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from generator.training import RECIPES, Options
from generator.training.corpus import CorpusMissing


class Command(BaseCommand):
    help = "Train an engine on the corpus; with --ship, write its weights and model card to generator/weights."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine", choices=sorted(RECIPES))
        parser.add_argument("--corpus", type=Path, default=settings.DATA_DIR / "corpus")
        parser.add_argument("--folder", type=Path, help="where checkpoints go (default: DATA_DIR/runs/ENGINE)")
        parser.add_argument("--minutes", type=float, default=60, help="training time in all, resumed runs included")
        parser.add_argument("--threads", type=int, default=1)
        parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
        parser.add_argument("--ship", action="store_true", help="write the best weights as this engine's own")
        parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"] or settings.DATA_DIR / "runs" / options["engine"]
        names = ("corpus", "minutes", "threads", "resume", "ship")
        wanted = Options(folder=folder, **{name: options[name] for name in names})
        try:
            figures = import_string(RECIPES[options["engine"]])(wanted)
        except CorpusMissing as missing:
            raise CommandError(str(missing)) from missing
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        else:
            for name, value in figures.items():
                self.stdout.write(f"{name:>24}  {value}")
