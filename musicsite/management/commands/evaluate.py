"""`manage.py evaluate NAME`: measure an engine (or the recommender) and print one JSON object."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from generator.training import BENCHMARKS, PARTS, EvaluationOptions


def _names(text: str) -> tuple[str, ...]:
    """`sheet,classifier` -> the names, which must be PARTS."""
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in PARTS]:
        raise ArgumentTypeError(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    return names


class Command(BaseCommand):
    help = "Measure NAME against held-out data. Results are kept as they come; --resume goes on from them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=sorted(settings.EVALUATIONS))
        parser.add_argument("--benchmark", choices=sorted({name for _, name in BENCHMARKS}), help="by its protocols")
        parser.add_argument("--split", default="valid", choices=("valid", "test"), help="of the benchmark's --data")
        parser.add_argument(
            "--data", type=Path, metavar="DIR", help="score files never seen, instead of the held-out split"
        )
        parser.add_argument("--corpus", type=Path, metavar="DIR", default=settings.DATA_DIR / "corpus")
        parser.add_argument(
            "--windows", type=Path, metavar="DIR", help="where training keeps its windows of the corpus"
        )
        parser.add_argument("--only", type=_names, default=(), metavar="PART,PART", help=f"of {', '.join(PARTS)}")
        parser.add_argument("--study", choices=("corruption",), help="do the measures hear what was spoilt?")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.add_argument("--pieces", type=int, default=1000, help="how many pieces to compose for the comparison")
        parser.add_argument("--quick", action="store_true", help="a few pieces only, to see that everything works")
        parser.add_argument("--resume", action="store_true", help="go on from what an interrupted evaluation kept")
        parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)

    def handle(self, *args: Any, **options: Any) -> None:
        evaluate = import_string(self._evaluation(options["name"], options["benchmark"]))
        wanted = {name: options[name] for name in ("corpus", "data", "split", "resume", "processes", "only", "study")}
        wanted["pieces"] = 12 if options["quick"] else options["pieces"]
        folder = settings.DATA_DIR / "evaluations" / options["name"]
        windows = options["windows"] or settings.DATA_DIR / "runs" / options["name"] / "windows"
        try:
            report = evaluate(EvaluationOptions(folder=folder, windows=windows, **wanted))
        except FileNotFoundError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped; --resume goes on from here.", returncode=130) from None
        self.stdout.write(json.dumps(report) if options["json"] else self._table(report))

    def _evaluation(self, name: str, benchmark: str | None) -> str:
        """Dotted path of what measures. Raises CommandError where NAME knows no such benchmark."""
        if benchmark is None:
            return settings.EVALUATIONS[name]
        if (name, benchmark) not in BENCHMARKS:
            raise CommandError(f"--benchmark {benchmark} is not for {name}.")
        return BENCHMARKS[name, benchmark]

    def _table(self, report: dict[str, Any]) -> str:
        """The same figures for people."""
        head = ", ".join(f"{name} {value}" for name, value in report.items() if name != "metrics")
        width = max(map(len, report["metrics"]))
        return "\n".join([head, *(f"{name:<{width}}  {value:g}" for name, value in report["metrics"].items())])
