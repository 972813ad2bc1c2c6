"""manage.py compose: a piece from the command line, the brief's fields as options.

The same brief and seed give the same notes as the page and the API do.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from django.core.management.base import BaseCommand, CommandError
from pydantic import ValidationError
from tqdm import tqdm

from generator import engines
from generator.engines import Bar, Brief, Engine
from generator.music import audio, engraving, midi, notation
from generator.music.piece import Piece

WRITERS: dict[str, Callable[[Piece], bytes]] = {
    ".mid": midi.write,
    ".musicxml": notation.write,
    ".wav": lambda piece: audio.encode(audio.render(piece), 44100, "wav"),
    ".ogg": lambda piece: audio.encode(audio.render(piece), 44100, "ogg"),
    ".mp3": lambda piece: audio.encode(audio.render(piece), 44100, "mp3"),
    ".pdf": lambda piece: engraving.pdf(notation.write(piece), title=piece.title, footer=piece.rights),
}
READERS: dict[str, Callable[[bytes], Piece]] = {".mid": midi.read, ".midi": midi.read}


class Command(BaseCommand):
    help = "Compose a piece and write it to a file; its extension says as what."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, field in Brief.model_fields.items():
            if name in ("source", "parts", "takes", "plan"):
                continue
            kinds = (field.annotation, *get_args(field.annotation))
            kind = next((one for one in (int, float) if one in kinds), str)
            parser.add_argument(f"--{name.replace('_', '-')}", dest=name, type=kind, help=field.description)
        parser.add_argument("--parts", type=int, nargs="+", help="parts to write; others are given")
        parser.add_argument("--source", type=Path, help="a score to continue, fill or accompany")
        parser.add_argument("--out", type=Path, required=True, help=f"a file ending in {', '.join(WRITERS)}")

    def handle(self, *args: Any, **options: Any) -> None:
        write = WRITERS.get(options["out"].suffix.lower())
        if write is None:
            raise CommandError(f"--out must end in one of {', '.join(WRITERS)}.")
        wanted = {name: options[name] for name in Brief.model_fields if options.get(name) is not None}
        source = wanted.pop("source", None)
        try:
            brief = Brief.model_validate(wanted)
            piece = compose(engines.load(brief.engine), brief, read(source) if source else None)
        except ValidationError as error:
            problem = error.errors()[0]
            raise CommandError(f"--{'-'.join(map(str, problem['loc']))}: {problem['msg']}") from error
        except (FileNotFoundError, ValueError) as error:
            raise CommandError(str(error)) from error
        options["out"].write_bytes(write(piece))
        self.stdout.write(f"{options['out']}: {piece.bar_count} bars, {piece.note_count} notes")


def read(path: Path) -> Piece:
    data = path.read_bytes()
    reader = READERS.get(path.suffix.lower())
    return reader(data) if reader else notation.read(data, path.suffix)


def compose(engine: Engine, brief: Brief, given: Piece | None) -> Piece:
    """The finished score of a brief's only take."""
    brief = engine.resolve(brief)
    skeleton = engine.skeleton(brief, given)
    notes = list(skeleton.notes())
    for bar in tqdm(engine.compose(brief, given), total=skeleton.bar_count, unit="bar"):
        if isinstance(bar, Bar):
            notes += bar.notes
    return skeleton.with_notes(notes)
