"""Slurs, hairpins and pedals of music21 -> marks in the part that holds their notes."""

from __future__ import annotations

from typing import Any

from music21 import dynamics, expressions, spanner

from generator.music.notation.reading_notes import Collector
from generator.music.piece import Mark, MarkKind

_KINDS: tuple[tuple[type, MarkKind], ...] = (
    (spanner.Slur, "slur"),
    (dynamics.Crescendo, "crescendo"),
    (dynamics.Diminuendo, "diminuendo"),
    (expressions.PedalMark, "pedal"),
)


def spanner_marks(found: spanner.Spanner, collectors: list[Collector]) -> None:
    """Add the mark of `found` to the collector that saw its first note; unknown kinds are left out."""
    kind = next((name for cls, name in _KINDS if isinstance(found, cls)), None)
    if kind is None:
        return
    first, last = found.getFirst(), found.getLast()
    for collector in collectors:
        if id(first) in collector.places and id(last) in collector.places:
            collector.marks.extend(_mark(kind, collector, first, last))
            return


def _mark(kind: MarkKind, collector: Collector, first: Any, last: Any) -> list[Mark]:
    onset, _, staff, voice = collector.places[id(first)]
    last_onset, last_end, _, _ = collector.places[id(last)]
    if kind == "slur":
        return [Mark(kind, onset, last_onset, staff=staff, voice=voice)] if last_onset >= onset else []
    return [Mark(kind, onset, last_end, staff=staff)] if last_end > onset else []
