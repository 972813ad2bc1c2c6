"""What a score's parts share while it is read: maps of metre, key and tempo, barlines, marks."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from generator.music.keys import infer_key
from generator.music.notation.reading_errors import UnreadableScore
from generator.music.piece import TICKS_PER_QUARTER, Key, Mark, Metre, Part, Piece, Tempo

_LONGEST = 200_000  # ticks; some 2,000 bars of 4/4


@dataclass
class Maps:
    """What all parts share, by tick; the first part to say something wins."""

    metres: dict[int, Metre] = field(default_factory=dict)
    signatures: dict[int, tuple[int, str | None]] = field(default_factory=dict)
    tempos: dict[int, Tempo] = field(default_factory=dict)
    bars: set[int] = field(default_factory=set)
    marks: set[Mark] = field(default_factory=set)
    end: int = 0


@dataclass(frozen=True, slots=True)
class Titles:
    """What stands above the score; the names of the work and of its movement."""

    names: tuple[str, ...] = ()
    composer: str = ""
    rights: str = ""

    def title(self) -> str:
        """`Winterreise: Der Lindenbaum`: the work and, where it has one, the movement."""
        return ": ".join(dict.fromkeys(filter(None, map(clean, self.names))))


def assemble(parts: tuple[Part, ...], maps: Maps, titles: Titles) -> Piece:
    """The piece. Raises UnreadableScore when it has no notes, or far too many bars."""
    if not any(part.notes for part in parts):
        raise UnreadableScore("The score holds no notes.")
    if maps.end > _LONGEST:
        raise UnreadableScore("The score is longer than some 2,000 bars; split it first.")
    metres = complete(maps.metres, Metre(0, 4, 4))
    bars = bars_of(maps, metres)
    keys = keys_of(maps.signatures, parts, bars[-1])
    return Piece(
        parts=parts,
        bars=bars,
        metres=complete(at_barlines({metre.tick: metre for metre in metres}, bars), metres[0]),
        keys=complete(at_barlines({key.tick: key for key in keys}, bars), keys[0]),
        tempos=complete(maps.tempos, Tempo(0, 120, estimated=True)),
        marks=tuple(sorted(maps.marks, key=mark_order)),
        title=titles.title(),
        composer=clean(titles.composer),
        rights=clean(titles.rights),
    )


def at_barlines(entries: dict[int, Any], bars: Sequence[int]) -> dict[int, Any]:
    """Metres or keys at the barline where they can be written: the next, unless something stands there already."""
    placed: dict[int, Any] = {}
    for tick in sorted(entries):
        line = bars[bisect_left(bars, tick)] if tick < bars[-1] else bars[-1]
        if tick == line or line not in entries:
            placed[line] = replace(entries[tick], tick=line)
    return {tick: entry for tick, entry in placed.items() if tick < bars[-1]}


def complete(entries: dict[int, Any], default: Any) -> tuple[Any, ...]:
    """The map in order, from tick 0 on, without entries that repeat the one before."""
    ordered = [entries[tick] for tick in sorted(entries)]
    if not ordered or ordered[0].tick > 0:
        first = default if not ordered or isinstance(default, Tempo) else replace(ordered[0], tick=0)
        ordered.insert(0, first)
    kept = ordered[:1]
    kept += [entry for before, entry in pairwise(ordered) if replace(entry, tick=before.tick) != before]
    return tuple(kept)


def bars_of(maps: Maps, metres: tuple[Metre, ...]) -> tuple[int, ...]:
    """Barlines as written; where a score has none, as the metre has them."""
    lines = sorted(tick for tick in maps.bars if tick < maps.end)
    if not lines or lines[0] > 0:
        lines.insert(0, 0)
    if len(lines) == 1:
        step = metres[0].bar_ticks
        lines = list(range(0, maps.end, step))
        return (*lines, max(lines[-1] + step, maps.end))
    return (*lines, maps.end)


def keys_of(signatures: dict[int, tuple[int, str | None]], parts: tuple[Part, ...], end: int) -> tuple[Key, ...]:
    """The key of each signature's stretch; where no mode is named, by profile and final bass."""
    if not signatures:
        return (infer_key([n for part in parts if not part.percussion for n in part.notes]),)
    starts = sorted(signatures)
    if starts[0] > 0:
        signatures[0] = signatures[starts[0]]
        starts[0] = 0
    notes = [n for part in parts if not part.percussion for n in part.notes]
    tune = len(parts) == 1 and parts[0].staves == 1  # church modes are heard in tunes; songs modulate
    keys: list[Key] = []
    for start, stop in zip(starts, [*starts[1:], end + 1], strict=True):
        fifths, mode = signatures[start]
        under = [n for n in notes if start <= n.onset < stop]
        found = Key.from_fifths(fifths, mode, start) if mode else infer_key(under, fifths, church=tune, tick=start)  # type: ignore[arg-type]
        if not keys or (found.tonic, found.mode) != (keys[-1].tonic, keys[-1].mode):
            keys.append(found)
    return tuple(keys)


def near_signature(fifths: int) -> int:
    """The same signature with at most seven accidentals."""
    while fifths > 7:
        fifths -= 12
    while fifths < -7:
        fifths += 12
    return fifths


def ticks(quarters: float) -> int:
    """Quarter lengths on the grid."""
    return round(quarters * TICKS_PER_QUARTER)


def mark_order(mark: Mark) -> tuple[int, str, int, str, int, int]:
    return (mark.onset, mark.kind, mark.end or 0, mark.value, mark.staff, mark.voice)


def tidy_marks(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """In order, each once; of clefs at one place the last read, and none that repeats the one before."""
    last = {(mark.onset, mark.staff): mark for mark in marks if mark.kind == "clef"}
    kept: list[Mark] = []
    clefs: dict[int, str] = {}
    others = (mark for mark in marks if mark.kind != "clef")
    for mark in sorted({*others, *last.values()}, key=mark_order):
        if mark.kind == "clef":
            if clefs.get(mark.staff) == mark.value:
                continue
            clefs[mark.staff] = mark.value
        kept.append(mark)
    return tuple(kept)


def clean(text: str) -> str:
    """One line, without what XML cannot hold."""
    return re.sub(r"[\x00-\x1f\x7f\ufffe\uffff]+", " ", str(text)).strip()
