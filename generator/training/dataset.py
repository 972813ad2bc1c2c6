"""Windows of the corpus as arrays for the note model, packed into one file.

python manage.py train transformer   builds it once, next to the corpus index
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from generator.engines import conditions, layout, tokens
from generator.engines import plan as planning
from generator.music.features import Features, describe, level, quantiles
from generator.music.piece import Piece
from generator.training import corpus
from generator.training.corpus_windows import windows
from generator.training.examples import MAX_STEPS, Example, load, save
from generator.training.plans import plan_of

Table = Mapping[str, Any]


def condition_values(
    features: Features, events: tokens.Events, source: Mapping[str, Any], table: Table
) -> dict[str, Any]:
    """What a window would be asked for as: the values of `conditions.VOCABULARY`."""
    mode = events.key.mode if events.key.mode in ("major", "minor") else "other"
    metre_ticks = events.bars[-1] - events.bars[-2] if len(events.bars) > 2 else 0
    first = events.bars[1] - events.bars[0]
    return {
        "mode": mode,
        "shift": events.shift,
        "metre": events.metre,
        "tempo": conditions.tempo_bin(features.tempo),
        "ensemble": features.ensemble or "other",
        "style": features.style or "other",
        "begins": bool(source.get("true_start")),
        "ends": bool(source.get("true_end")),
        "pickup": first < metre_ticks,
        **{name: conditions.level_bin(level(name, getattr(features, name), table)) for name in conditions.LEVELLED},
    }


def example(piece: Piece, table: Table) -> Example | None:
    """A window as an Example, or None where it does not fit the network."""
    try:
        events = tokens.encode(piece)
    except tokens.NotEncodable:
        return None
    if len(events.rows) > MAX_STEPS:
        return None
    values = condition_values(describe(piece), events, piece.source, table)
    return Example(
        events.rows,
        np.array(events.bars),
        layout.lane_vector(events.lanes),
        conditions.vector(values),
        len(events.lanes),
        plan_of(piece, events).astype(np.int8),
    )


# -- Building from a corpus -------------------------------------------------------------

SAMPLED = 200  # pieces of each style whose windows fix what a level means
BANK = 80  # real pieces of each ensemble that open controls are taken from


@dataclass(frozen=True)
class Built:
    """Examples of one corpus: `train` and `valid`, the quantile table and the bank of real Features."""

    train: list[Example]
    valid: list[Example]
    table: Table
    bank: list[dict[str, Any]]


def build(corpus_folder: Path, out: Path, jobs: int = 2) -> Built:
    """Windows of every piece as Examples. What a corpus has grown by since the last time is added to `out`.

    The quantile table is taken once, so that a level keeps its meaning while a training is resumed.
    """
    out.mkdir(parents=True, exist_ok=True)
    records = [record for record in corpus.index(corpus_folder) if "skipped" not in record]
    table = _once(out / "quantiles.json", lambda: _table(corpus_folder, records))
    known = {key for part in out.glob("*.keys.json") for key in json.loads(part.read_text())}
    for split in ("train", "valid"):
        keys = [record["key"] for record in records if record["split"] == split and record["key"] not in known]
        if keys:
            _add(corpus_folder, out, split, keys, table, jobs)
    bank = [entry for part in sorted(out.glob("train-*.bank.json")) for entry in json.loads(part.read_text())]
    found = {split: [each for part in sorted(out.glob(f"{split}-*.npz")) for each in load(part)] for split in _SPLITS}
    return Built(found["train"], found["valid"], table, choose_bank(bank))


_SPLITS = ("train", "valid")


def _once(path: Path, make: Callable[[], Any]) -> Any:
    """What `make` returns, kept as JSON."""
    if not path.exists():
        path.write_text(json.dumps(make()))
    return json.loads(path.read_text())


def _add(folder: Path, out: Path, split: str, keys: list[str], table: Table, jobs: int) -> None:
    """One more part of a split: its examples, what they offer the bank, and, last, whose they are."""
    found = _examples(folder, keys, table, jobs)
    name = f"{split}-{len(list(out.glob(f'{split}-*.npz'))):03}"
    if found:
        save(out / f"{name}.npz", [each for each, _ in found])
    (out / f"{name}.bank.json").write_text(json.dumps([entry for _, entry in found if entry]))
    (out / f"{name}.keys.json").write_text(json.dumps(keys))


def _table(folder: Path, records: list[dict[str, Any]]) -> Table:
    """Quantiles of the Features numbers over the windows of a fixed sample of training pieces of each style."""
    chosen = []
    for style in sorted({record["style"] for record in records}):
        chosen += sorted(rec["key"] for rec in records if rec["style"] == style and rec["split"] == "train")[:SAMPLED]
    return quantiles(describe(window) for key in chosen for window in windows(corpus.load_piece(folder, key)))


def _examples(folder: Path, keys: list[str], table: Table, jobs: int) -> list[tuple[Example, dict[str, Any] | None]]:
    with get_context("spawn").Pool(jobs) as pool:
        batches_of = pool.imap(partial(_piece_examples, folder, table), keys, chunksize=16)
        return [found for piece in tqdm(batches_of, total=len(keys), unit="piece") for found in piece]


def _piece_examples(folder: Path, table: Table, key: str) -> list[tuple[Example, dict[str, Any] | None]]:
    found = []
    for window in windows(corpus.load_piece(folder, key)):
        if each := example(window, table):
            found.append((each, bank_entry(window, table)))
    return found


def bank_entry(piece: Piece, table: Table) -> dict[str, Any] | None:
    """What a brief may borrow of a whole section in a metre and mode that can be asked for."""
    features, key = describe(piece), piece.keys[0]
    fits = key.mode in ("major", "minor") and abs(key.fifths) <= 6 and features.metre in conditions.VOCABULARY["metre"]
    if not (fits and piece.source.get("true_end") and features.style in conditions.VOCABULARY["style"]):
        return None
    levels = {name: round(level(name, getattr(features, name), table), 3) for name in conditions.LEVELLED}
    tempo = round(min(max(features.tempo, 40), 200))
    named = {"ensemble": features.ensemble, "style": features.style, "metre": features.metre, "mode": key.mode}
    return {**named, "fifths": key.fifths, "tempo": tempo, **levels}


def choose_bank(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A fixed sample of each ensemble's entries."""
    rng = np.random.default_rng(0)
    bank = []
    for name in conditions.VOCABULARY["ensemble"][:-1]:
        own = [entry for entry in entries if entry["ensemble"] == name]
        bank += [own[place] for place in sorted(rng.permutation(len(own))[:BANK])]
    return bank


# -- Tasks: which cells of a window are given, and which are to be written ----------


def random_cells(each: Example, rng: np.random.Generator) -> tuple[layout.Cells, layout.Cells]:
    """(write, given) of a random task: compose, continue, infill, harmonise or accompany."""
    shape = (each.bar_count, tokens.LANES)
    everything = np.ones(shape, dtype=bool)
    task = rng.choice(["compose", "continue", "infill", "lanes"], p=[0.5, 0.15, 0.15, 0.2])
    if task == "lanes" and each.lane_count > 1:
        return _some_lanes(each, rng)
    if task in ("continue", "infill") and each.bar_count > 2:
        first = int(rng.integers(1, each.bar_count))
        last = each.bar_count if task == "continue" else min(first + int(rng.integers(1, 5)), each.bar_count)
        write = np.zeros(shape, dtype=bool)
        write[first:last] = True
        return write, ~write
    return everything, ~everything


def _some_lanes(each: Example, rng: np.random.Generator) -> tuple[layout.Cells, layout.Cells]:
    """Write some lanes and give the others; a third of the time the top one alone is given."""
    count = each.lane_count
    if rng.random() < 0.35:
        shown = np.array([0])
    else:
        shown = rng.permutation(count)[: int(rng.integers(1, count))]
    write = np.ones((each.bar_count, tokens.LANES), dtype=bool)
    write[:, shown] = False
    if each.bar_count > 4 and rng.random() < 0.3:  # a long piece is written in passages: its beginning is known
        write[: int(rng.integers(1, each.bar_count // 2 + 1))] = False
    return write, ~write


def tasks(
    examples: list[Example], weights: NDArray[np.float64], rng: np.random.Generator
) -> Iterator[tuple[layout.Layout, Example]]:
    """Random examples laid out for random tasks, for ever."""
    share = weights / weights.sum()
    while True:
        for place in rng.choice(len(examples), 256, p=share):
            yield lay_out_task(examples[place], rng), examples[place]


def lay_out_task(each: Example, rng: np.random.Generator) -> layout.Layout:
    write, given = random_cells(each, rng)
    known = bool(rng.random() > 0.1)
    return layout.lay_out(each.rows, each.bars, write, given, known, drop_plan(each.plan, rng))


def drop_plan(rows: NDArray[np.int8], rng: np.random.Generator) -> NDArray[np.int64]:
    """Leave parts of a plan open: all of it three times in ten, harmony half of the time, single bars one in ten."""
    told = rows.astype(np.int64)
    if rng.random() < 0.3:
        return np.zeros_like(told)
    for part, chance in ((planning.FORM, 0.2), (planning.PHRASE, 0.3), (planning.HARMONY, 0.5)):
        told[rng.random(len(told)) < (1.0 if rng.random() < chance else 0.1), part] = 0
    return told


def drop_conditions(vector: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Leave each condition open one time in five, and all of them one time in twenty."""
    if rng.random() < 0.05:
        return np.zeros_like(vector)
    return np.where(rng.random(len(vector)) < 0.2, 0, vector)
