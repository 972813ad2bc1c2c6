"""manage.py corpus build DIR...: convert score files to pieces once, for training."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generator.training import corpus


class Command(BaseCommand):
    help = "Build the corpus from folders of scores (`folk`: the folk tunes music21 carries), or report on it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        corpus.add_arguments(parser)
        parser.set_defaults(out=settings.DATA_DIR / "corpus")

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("action", "folders", "out", "jobs", "resume", "json")
        try:
            self.stdout.write(corpus.run(*(options[name] for name in names)))
        except (corpus.CorpusMissing, corpus.NothingToBuild) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped; run the same command again to go on.", returncode=130) from None
