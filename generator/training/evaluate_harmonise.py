"""Held-out chorale sopranos harmonised anew, beside Bach's own harmony; and how held-out notes are spelled."""

from __future__ import annotations

from typing import Any

import numpy as np

from generator import engines
from generator.engines import Brief
from generator.music import serial
from generator.music.piece import Piece
from generator.training.evaluate_material import Material
from generator.training.evaluate_samples import compose
from generator.training.measures import Tally, faults, flow
from generator.training.measures.parallel import kept, mapped
from generator.training.measures.spellings import respelled
from generator.training.measures.view import View

Metrics = dict[str, float]
CHORALES, SPELLED = 76, 200
# What a teacher marks in the three lower voices. A crossing of one beat is one fault.
FAULTS = {"clashes": faults.bare_clashes, "parallels": faults.parallels, "crossings": faults.crossings}
SIXTEENTHS = 4
DESCRIBED = {
    "chord_changes": flow.chord_changes, "bass_motion": flow.bass_motion, "non_chord_tones": flow.foreign_tones,
    "dissonant_beats": faults.dissonant_beats, "bass_leaps": flow.bass_leaps, "unturned_leaps": faults.unturned_leaps,
}  # fmt: skip


def harmonise_part(material: Material) -> Metrics:
    """Faults a bar, chord changes a bar, the bass's motion and non-chord tones, of the engine and of Bach."""
    chorales = [piece for piece in material.held if piece.source.get("corpus") == "jsb-chorales"]
    chorales = chorales[: min(CHORALES, material.options.pieces)]
    tasks = {str(number): (material.engine, serial.dumps(piece), number) for number, piece in enumerate(chorales)}
    path = material.folder / "harmonised.jsonl"
    done = kept(path, _harmonised, tasks, material.options.resume, material.options.processes)
    composed = [serial.loads(record) for record in done.values() if record]
    metrics: Metrics = {"harmonised": len(composed)}
    for suffix, pieces in (("", composed), ("_real", chorales)):
        metrics |= {f"{name}{suffix}": value for name, value in marked(pieces).items()}
    return metrics


def marked(pieces: list[Piece]) -> Metrics:
    """What a teacher counts in four-part settings."""
    views = [View(piece) for piece in pieces]
    bars = sum(piece.length / piece.metres[0].bar_ticks for piece in pieces)
    found = {name: sum(measure(view).amount for view in views) for name, measure in FAULTS.items()}
    found["crossings"] /= SIXTEENTHS
    metrics = {f"harmonised_{name}_per_bar": amount / max(bars, 1) for name, amount in found.items()}
    metrics["faults_per_bar"] = sum(metrics.values())
    for name, measure in DESCRIBED.items():
        total = Tally(0, 0)
        for view in views:
            total = total.plus(measure(view))
        metrics[f"harmonised_{name}"] = total.rate
    return metrics


def _harmonised(task: tuple[str, Any, int]) -> Any:
    """In a worker: the soprano of a piece with three new voices, or None where the engine failed."""
    engine, record, seed = task
    piece = serial.loads(record)
    brief = Brief(task="harmonise", ensemble="satb", bars=piece.bar_count, seed=seed, **_named(piece))
    try:
        return serial.dumps(compose(engines.load(engine), brief, piece))
    except engines.ImpossibleBrief:
        return None


def _named(piece: Piece) -> dict[str, Any]:
    """Key, metre, tempo and style of the piece, as a brief names them."""
    metre = str(piece.metres[0])
    key = piece.keys[0]
    return {
        "key": str(key) if key.mode in ("major", "minor") else None,
        "metre": metre if metre in ("3/4", "4/4") else None,
        "tempo": round(piece.tempos[0].bpm),
        "style": "chorale",
    }


def spelling_part(material: Material) -> Metrics:
    """Share of the notes of held-out pieces that are spelled as their editors spelled them; and its mean over pieces.

    One atonal quartet has more notes than sixty tunes: the mean over pieces says how a piece fares.
    """
    named = [piece for piece in material.held if any(note.spelling for _, note in piece.notes())]
    count = min(SPELLED, len(named), material.options.pieces)
    chosen = [named[place] for place in np.linspace(0, len(named) - 1, count).astype(int)]
    tallies = mapped(respelled, chosen, material.options.processes, "spelling")
    total = sum(tally.chances for tally in tallies)
    shares = [tally.rate for tally in tallies]
    return {
        "spelling_share": sum(tally.amount for tally in tallies) / max(total, 1),
        "spelling_share_of_pieces": float(np.mean(shares)) if shares else float("nan"),
        "spelled_notes": total,
    }
