"""Samples for an evaluation: random briefs composed, exported and judged, each kept on disk as it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from tqdm import tqdm

from generator import engines
from generator.engines import Brief, Ensemble, MetreName, Style
from generator.engines.network import Config, Network
from generator.engines.transformer import TransformerEngine
from generator.music import serial
from generator.music.ensembles import ENSEMBLES
from generator.music.features import heard_key
from generator.music.notation import write
from generator.music.piece import Key, Note, Piece
from generator.training.judge import Asked, Verdict, judge
from generator.training.measures.form import with_plan

UNTRAINED = "untrained"
KEYS = [str(Key.from_fifths(fifths, mode)) for mode in ("major", "minor") for fifths in range(-6, 7)]  # type: ignore[arg-type]


@dataclass(frozen=True)
class Sample:
    """One composed piece, what was asked and what the judge found. `piece` is None where the engine failed."""

    brief: Brief
    piece: Piece | None
    verdict: Verdict


def matched_brief(window: Piece, seed: int) -> Brief:
    """A brief with a real window's length, metre, ensemble, style and mode, in a random key."""
    rng = np.random.default_rng(seed)
    mode = window.keys[0].mode if window.keys[0].mode in ("major", "minor") else heard_key(window).mode
    style = window.source.get("style")
    wish = {
        "bars": window.bar_count - bool(window.pickup),
        "key": str(rng.choice([key for key in KEYS if key.endswith(mode)])),
        "metre": str(window.metres[0]),
        "ensemble": window.source["ensemble"],
        "style": style if style in get_args(Style) else None,
        "seed": seed,
    }
    return Brief.model_validate(wish)


def uniform_brief(seed: int) -> Brief:
    """A brief with everything drawn evenly from what may be asked, however rare it is in real music."""
    rng = np.random.default_rng(seed)
    wish = {
        "bars": int(rng.integers(2, 21)),
        "key": str(rng.choice(KEYS)),
        "metre": str(rng.choice(get_args(MetreName))),
        "ensemble": str(rng.choice(get_args(Ensemble))),
        "tempo": int(rng.integers(40, 200)),
        "seed": seed,
    }
    return Brief.model_validate(wish)


def matchable(window: Piece) -> bool:
    """Can a brief ask for music like this window?"""
    metres = {str(metre) for metre in window.metres}
    return (
        window.source.get("ensemble") in get_args(Ensemble) and len(metres) == 1 and metres <= set(get_args(MetreName))
    )


def asked(brief: Brief) -> Asked:
    """What a judge must find, from the brief and the ensemble's own list of players alone."""
    players = tuple((lane.part, lane.program) for lane in ENSEMBLES[brief.ensemble])
    return Asked(brief.key or "", brief.metre or "", brief.bars, players)


def sample_all(engine: str, briefs: Sequence[Brief], folder: Path, resume: bool, processes: int) -> list[Sample]:
    """Every brief's sample in order; `folder/samples.jsonl` keeps those done, and `resume` goes on from there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "samples.jsonl"
    done = dict(_kept(path)) if resume else {}
    missing = [brief for brief in briefs if brief.model_dump_json() not in done]
    with path.open("w", encoding="utf8") as file:
        file.writelines(json.dumps(record) + "\n" for record in done.values())
        for record in _compose_missing(engine, missing, processes):
            file.write(json.dumps(record) + "\n")
            file.flush()
            done[record["brief"]] = record
    return [_sample(done[brief.model_dump_json()]) for brief in briefs]


def _compose_missing(engine: str, briefs: Sequence[Brief], processes: int) -> Iterator[dict[str, Any]]:
    """Records in the order in which they are finished; leaving the generator stops the processes."""
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    )
    try:
        waiting = [pool.submit(_compose, engine, brief.model_dump_json()) for brief in briefs]
        for future in tqdm(as_completed(waiting), total=len(waiting), unit="piece", desc="composing"):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _compose(engine_name: str, brief_json: str) -> dict[str, Any]:
    """In a worker process: compose one brief, export it and judge the export."""
    brief = Brief.model_validate_json(brief_json)
    record: dict[str, Any] = {"brief": brief_json, "piece": None}
    try:
        piece = compose(untrained() if engine_name == UNTRAINED else engines.load(engine_name), brief)
        record["piece"] = serial.dumps(piece)
        verdict = judge(write(piece), asked(brief))
    except Exception as error:  # a piece that cannot be made or written is a fault like any other
        verdict = Verdict((f"{type(error).__name__}: {error}",))
    return {**record, "verdict": asdict(verdict)}


def compose(engine: engines.Engine, brief: Brief, given: Piece | None = None) -> Piece:
    """The first take of a brief as one Piece, with what was given and the plan it was composed to."""
    brief = engine.resolve(brief)
    skeleton = engine.skeleton(brief, given)
    notes: list[tuple[int, Note]] = list(skeleton.notes())
    for bar in engine.compose(brief, given):
        if isinstance(bar, engines.Bar) and bar.take == 0:
            notes += bar.notes
    piece = skeleton.with_notes(notes)
    return with_plan(piece, brief.plan) if brief.plan else piece


@cache
def untrained() -> engines.Engine:
    """The Transformer with the weights that a training begins with: what its grammar alone can do."""
    torch.manual_seed(0)
    card = engines.card("transformer")
    network = Network(Config(**{**card["config"], "conditions": tuple(card["config"]["conditions"])}))
    return TransformerEngine(network.eval(), card)


def _kept(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Records by their brief; a last line cut short by a power cut is left out."""
    if not path.exists():
        return
    for line in path.read_text("utf8").split("\n")[:-1]:
        record = json.loads(line)
        record["brief"] = Brief.model_validate_json(record["brief"]).model_dump_json()  # with fields added since
        yield record["brief"], record


def _sample(record: dict[str, Any]) -> Sample:
    piece = serial.loads(record["piece"]) if record["piece"] else None
    verdict = Verdict(**{**record["verdict"], "faults": tuple(record["verdict"]["faults"])})
    return Sample(Brief.model_validate_json(record["brief"]), piece, verdict)
