"""The corpus: score files converted to pieces once, and read back fast.

On disk: `OUT/pieces/KEY.json.gz`, one piece each (generator.music.serial), and
`OUT/index.jsonl`, a line a piece or skipped item, appended as it is converted, so that
training may begin on a part and an interrupted build goes on where it was. KEY is a hash of the
content and the reader's version. `python -m generator.training.corpus build DIR... --out OUT`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from generator.music import serial
from generator.music.piece import Piece
from generator.training.corpus_classes import ensemble_of, joined_hands, style_of
from generator.training.corpus_duplicates import RELATED, SAME, Known, sketch
from generator.training.corpus_sources import Item, content_key, find_items, split_of

SECONDS = 180  # a file that takes longer is skipped, and tried again by the next build
_SLOW = "took longer than"
Record = dict[str, Any]


class CorpusMissing(FileNotFoundError):
    """No corpus was built in that folder."""


class NothingToBuild(ValueError):
    """A folder is missing, or holds nothing that can be read."""


# -- Reading ---------------------------------------------------------------------------


def index(out: Path | str) -> list[Record]:
    """The lines of the index so far: `key split source work licence style ensemble musical_key metre bars notes`,
    or `skipped` with its reason. Raises CorpusMissing."""
    path = Path(out) / "index.jsonl"
    if not path.exists():
        raise CorpusMissing(f"{path} does not exist; make it with `manage.py corpus build DIR... --out {out}`.")
    lines = path.read_text("utf8").split("\n")[:-1]  # a line being written has no end yet
    return list({record["item"]: record for record in map(json.loads, lines)}.values())


def load(out: Path | str, split: str | None = None, **wanted: str) -> Iterator[Piece]:
    """Pieces of `train`, `valid` or both, in index order; `style="song"` and the like narrow the choice."""
    for record in index(out):
        if "skipped" in record or (split is not None and record["split"] != split):
            continue
        if all(record.get(name) == value for name, value in wanted.items()):
            yield load_piece(out, record["key"])


def load_piece(out: Path | str, key: str) -> Piece:
    """One piece by its key."""
    with gzip.open(_piece_path(Path(out), key), "rt", encoding="utf8") as file:
        return serial.loads(json.load(file))


def _piece_path(out: Path, key: str) -> Path:
    return out / "pieces" / key[:2] / f"{key}.json.gz"


# -- Building --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Converted:
    """What a worker sends back: the index line, and a sketch for finding duplicates."""

    record: Record
    sketch: list[int]


def build(folders: list[str], out: Path, jobs: int = 2, resume: bool = True, progress: bool = True) -> Record:
    """Convert everything in `folders` into `out`; gives a summary. Stops cleanly on KeyboardInterrupt.

    Raises NothingToBuild when a folder does not exist or none holds a score.
    """
    _check(folders)
    (out / "pieces").mkdir(parents=True, exist_ok=True)
    if not resume:
        (out / "index.jsonl").unlink(missing_ok=True)
    done = {record["item"]: record for record in index(out)} if (out / "index.jsonl").exists() else {}
    items = [item for item in find_items(folders) if _is_new(item, done.pop(item_id(item), None), done)]
    known, splits = _remember(list(done.values()))
    bar = tqdm(total=len(items), unit="piece", disable=not progress, smoothing=0.05)
    with (out / "index.jsonl").open("a", encoding="utf8") as file, bar:
        for converted in _convert_all(items, out, jobs):
            record = _settle(converted, known, splits)
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            file.flush()
            bar.update()
            bar.set_postfix_str(record["source"], refresh=False)
    return summary(index(out))


def _check(folders: list[str]) -> None:
    missing = [folder for folder in folders if folder != "folk" and not Path(folder).is_dir()]
    if missing or not folders:
        raise NothingToBuild(f"Name folders of scores, or `folk`; no folder: {', '.join(missing) or '(none named)'}.")


def _is_new(item: Item, record: Record | None, done: dict[str, Record]) -> bool:
    """Whether an item must be converted; the record of one that need not goes back into `done`."""
    if record is None or record.get("skipped", "").startswith(_SLOW):
        return True
    if record.get("content", record["key"]) != content_key(item.data(), item.corpus):
        return True
    done[record["item"]] = record
    return False


def item_id(item: Item) -> str:
    """What an item is called in the index."""
    return f"{item.corpus}/{item.name}" + ("" if item.tune is None else f"#{item.tune}")


def _convert_all(items: list[Item], out: Path, jobs: int) -> Iterator[Converted]:
    """In order, on `jobs` processes; leaving the generator ends them."""
    work = [(item, str(out)) for item in items]
    if jobs <= 1:
        yield from map(_convert, work)
        return
    pool = get_context("spawn").Pool(jobs, _start_worker, maxtasksperchild=400)
    try:
        yield from pool.imap(_convert, work, chunksize=1)
        pool.close()
    finally:
        pool.terminate()
        pool.join()


def _start_worker() -> None:
    """Workers leave Ctrl-C to the parent, give way to others, and stop at hopeless files."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)


class _TooSlow(Exception):
    pass


def _out_of_time(_signal: int, _frame: object) -> None:
    raise _TooSlow


def _convert(task: tuple[Item, str]) -> Converted:
    """Convert and store one item; whatever is wrong with it becomes the reason why it was skipped."""
    item, out = task
    base: Record = {"key": "", "content": "", "item": item_id(item), "source": item.corpus, "work": item.work}
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(SECONDS)
    try:
        data = item.data()
        base["key"] = base["content"] = content_key(data, item.corpus)
        piece = joined_hands(item.convert(data))
    except _TooSlow:
        return Converted({**base, "skipped": f"{_SLOW} {SECONDS} s"}, [])
    except Exception as error:  # one odd file must not end a build of thousands
        return Converted({**base, "skipped": f"{type(error).__name__}: {error}"[:300]}, [])
    finally:
        signal.alarm(0)
    record = {**base, "split": item.split or split_of(item.work), "given": item.split is not None, **_describe(piece)}
    _store(piece, _piece_path(Path(out), base["key"]))
    return Converted(record, sketch(piece))


def _describe(piece: Piece) -> Record:
    piece.source["style"], piece.source["ensemble"] = style_of(piece), ensemble_of(piece)
    return {
        "licence": piece.source["licence"],
        "style": piece.source["style"],
        "ensemble": piece.source["ensemble"],
        "musical_key": str(piece.keys[0]),
        "metre": str(piece.metres[0]),
        "metres": len(piece.metres),
        "bars": piece.bar_count,
        "notes": piece.note_count,
    }


def _store(piece: Piece, path: Path) -> None:
    """Write under another name first: a reader never sees half a piece."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    with gzip.open(part, "wt", encoding="utf8", compresslevel=5) as file:
        json.dump(serial.dumps(piece), file, ensure_ascii=False, separators=(",", ":"))
    part.replace(path)


# -- Duplicates and splits ----------------------------------------------------------------


def _remember(done: list[Record]) -> tuple[Known, dict[str, str]]:
    """Sketches and splits of what an earlier build converted."""
    known, splits = Known(), {}
    for record in done:
        if "skipped" not in record:
            known.add(record["key"], record["sketch"])
            splits[record["key"]] = record["split"]
    return known, splits


def _settle(converted: Converted, known: Known, splits: dict[str, str]) -> Record:
    """Drop what is there already; keep variants on the side of the piece they vary."""
    record = {**converted.record}
    if "skipped" in record:
        return {**record, "key": record["key"] or record["item"]}
    nearest, likeness = known.nearest(converted.sketch)
    if record["key"] in splits or (likeness >= SAME and len(converted.sketch) >= 8):
        return {**record, "key": record["item"], "skipped": f"duplicate of {nearest}", "split": ""}
    if likeness >= RELATED and not record["given"]:
        record["split"] = splits[nearest]
    known.add(record["key"], converted.sketch)
    splits[record["key"]] = record["split"]
    return {**record, "sketch": converted.sketch}


def summary(records: list[Record]) -> Record:
    """Counts by source, style, ensemble and split, and why items were skipped."""
    kept = [record for record in records if "skipped" not in record]
    reasons = Counter(_reason(record["skipped"]) for record in records if "skipped" in record)
    return {
        "pieces": len(kept),
        "bars": sum(record["bars"] for record in kept),
        "notes": sum(record["notes"] for record in kept),
        **{name: dict(Counter(record[name] for record in kept).most_common()) for name in _COUNTED},
        "skipped": dict(reasons.most_common()),
    }


_COUNTED = ("split", "source", "style", "ensemble", "licence")


def _reason(text: str) -> str:
    return "duplicate" if text.startswith("duplicate") else text[:100]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `corpus build`, for the command line here and in manage.py."""
    parser.add_argument("action", choices=["build", "report"], help="build the corpus, or report on what was built")
    parser.add_argument("folders", nargs="*", help="folders of scores; `folk` is the folk tunes that music21 carries")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("DATA_DIR", "data")) / "corpus")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--resume", action=argparse.BooleanOptionalAction, default=True, help="keep what is converted")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(action: str, folders: list[str], out: Path, jobs: int, resume: bool, as_json: bool) -> str:
    """Do what the command line asks; gives the text to print. Raises NothingToBuild, CorpusMissing."""
    if action == "build":
        result = build(folders, out, jobs, resume, sys.stderr.isatty() or not as_json)
    else:
        result = summary(index(out))
    return json.dumps(result, ensure_ascii=False, indent=None if as_json else 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    options = parser.parse_args()
    for stopping in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stopping, signal.default_int_handler)
    try:
        text = run(options.action, options.folders, options.out, options.jobs, options.resume, options.json)
    except (CorpusMissing, NothingToBuild) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; run the same command again to go on.\n")
        return 130
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
