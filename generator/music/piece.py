"""Piece: an immutable score on one integer time grid.

Everything musical in Partita is this value. Times are ticks, `TICKS_PER_QUARTER`
to a quarter note, counted from the first note of the piece (a pickup starts at
tick 0). Seconds exist only where audio or MIDI is written.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

from generator.music.maps import (
    MODE_FIFTHS,
    STEP_CLASSES,
    STEPS,
    TICKS_PER_QUARTER,
    Key,
    Metre,
    Mode,
    Spelling,
    Tempo,
    entry_at,
    join_map,
    shift_map,
    slice_map,
    transposed_key,
)

__all__ = [
    "MODE_FIFTHS", "STEPS", "STEP_CLASSES", "TICKS_PER_QUARTER", "Key", "Lyric", "Mark", "MarkKind", "Metre", "Mode",
    "Note", "Part", "Piece", "Spelling", "Tempo", "note_id", "note_ids", "regular_bars",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lyric:
    text: str
    syllabic: Literal["single", "begin", "middle", "end"] = "single"
    verse: int = 1


@dataclass(frozen=True, slots=True)
class Note:
    """One sounding note, its ties merged; the exporter splits it at barlines.

    `duration` 0 is a grace note before `onset`. `pitch` is sounding MIDI pitch
    (in a percussion part the General MIDI drum key). `spelling` None lets the
    exporter choose from the key. `staff` and `voice` count from 1 in the part.
    """

    onset: int
    duration: int
    pitch: int
    voice: int = 1
    staff: int = 1
    spelling: Spelling | None = None
    velocity: int | None = None
    articulations: tuple[str, ...] = ()  # music21 class names in lower case: staccato, tenuto, fermata, trill ...
    lyrics: tuple[Lyric, ...] = ()

    @property
    def end(self) -> int:
        return self.onset + self.duration

    @property
    def order(self) -> tuple[int, int, int, int, int, int]:
        """Score order inside a part: grace notes first, then upwards."""
        return (self.onset, self.duration != 0, self.staff, self.voice, self.pitch, self.duration)


MarkKind = Literal[
    "dynamic",  # value: pp, p, mf, f, sfz ...                    (part)
    "crescendo", "diminuendo",  # onset..end                      (part)
    "slur",  # onset of the first note .. onset of the last       (part; staff, voice)
    "pedal",  # onset..end                                        (part)
    "clef",  # value: G2, F4, C3, G2-8 ...                        (part; staff)
    "text",  # value: an expression such as "dolce"               (part)
    "chord",  # value: a chord symbol such as "F#m7/C#"           (piece)
    "repeat-start", "repeat-end",  # at a bar's start / end tick  (piece)
    "ending",  # a volta bracket onset..end, value: "1", "2"      (piece)
    "barline",  # value: double, final                            (piece)
    "section",  # a rehearsal mark or section name                (piece)
    "phrase",  # the end of a phrase, where it is known           (piece)
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """Anything a musician writes that is not a note: at `onset`, or from `onset` to `end`."""

    kind: MarkKind
    onset: int
    end: int | None = None
    value: str = ""
    staff: int = 1
    voice: int = 1


@dataclass(frozen=True)
class Part:
    """A player or singer. `program` is General MIDI 0-127; `transposition` is written-to-sounding semitones."""

    name: str
    notes: tuple[Note, ...] = ()
    program: int = 0
    staves: int = 1
    transposition: int = 0
    percussion: bool = False
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(sorted(self.notes, key=lambda note: note.order)))


@dataclass(frozen=True)
class Piece:
    """Parts of notes, and the maps they share.

    `bars` holds the start tick of every bar and, last, the end tick of the piece,
    so `len(bars) - 1` bars; a pickup is simply a first bar shorter than its metre.
    Maps (`metres`, `keys`, `tempos`) are sorted by tick, and each begins at tick 0.
    """

    parts: tuple[Part, ...]
    bars: tuple[int, ...]
    metres: tuple[Metre, ...] = (Metre(0, 4, 4),)
    keys: tuple[Key, ...] = (Key(0, Spelling("C")),)
    tempos: tuple[Tempo, ...] = (Tempo(0, 120, estimated=True),)
    marks: tuple[Mark, ...] = ()
    title: str = ""
    composer: str = ""
    rights: str = ""
    source: dict[str, str] = field(default_factory=dict, compare=False, hash=False)  # corpus, path, licence, style ...

    def __post_init__(self) -> None:
        if any(later <= earlier for earlier, later in pairwise(self.bars)):
            raise ValueError("Piece.bars must rise; two barlines stand at the same tick.")

    # -- Reading ---------------------------------------------------------------

    @property
    def length(self) -> int:
        """Ticks from the first bar to the last barline."""
        return self.bars[-1]

    @property
    def bar_count(self) -> int:
        return len(self.bars) - 1

    @property
    def pickup(self) -> int:
        """Ticks of an incomplete first bar, or 0."""
        first = self.bars[1] - self.bars[0]
        return first if first < self.metres[0].bar_ticks and self.bar_count > 1 else 0

    def bar_at(self, tick: int) -> int:
        """Index of the bar that holds `tick`; ticks past the end belong to the last bar."""
        return min(max(bisect_right(self.bars, tick) - 1, 0), self.bar_count - 1)

    def metre_at(self, tick: int) -> Metre:
        return entry_at(self.metres, tick)

    def key_at(self, tick: int) -> Key:
        return entry_at(self.keys, tick)

    def tempo_at(self, tick: int) -> Tempo:
        return entry_at(self.tempos, tick)

    def notes(self) -> Iterator[tuple[int, Note]]:
        """Every note with its part's index, part by part."""
        for index, part in enumerate(self.parts):
            for note in part.notes:
                yield index, note

    @cached_property
    def note_count(self) -> int:
        return sum(len(part.notes) for part in self.parts)

    def bar_notes(self, bar: int) -> Iterator[tuple[int, Note]]:
        """The notes that start in `bar`, with their part's index."""
        start, end = self.bars[bar], self.bars[bar + 1]
        for index, part in enumerate(self.parts):
            for note in part.notes:
                if start <= note.onset < end:
                    yield index, note

    # -- Making new pieces ------------------------------------------------------

    def slice(self, first: int, last: int) -> Piece:
        """Bars `first` to `last` (exclusive) as a piece of its own; notes are cut at its end."""
        start, end = self.bars[first], self.bars[last]
        parts = tuple(
            replace(
                part,
                notes=tuple(
                    replace(note, onset=note.onset - start, duration=min(note.end, end) - note.onset)
                    for note in part.notes
                    if start <= note.onset < end
                ),
                marks=_slice_marks(part.marks, start, end),
            )
            for part in self.parts
        )
        return replace(
            self,
            parts=parts,
            bars=tuple(tick - start for tick in self.bars[first : last + 1]),
            metres=slice_map(self.metres, start, end),
            keys=slice_map(self.keys, start, end),
            tempos=slice_map(self.tempos, start, end),
            marks=_slice_marks(self.marks, start, end),
        )

    def shift(self, ticks: int) -> Piece:
        """The same music `ticks` later, an empty bar of that length before it."""
        if ticks == 0:
            return self
        parts = tuple(
            replace(
                part,
                notes=tuple(replace(note, onset=note.onset + ticks) for note in part.notes),
                marks=_shift_marks(part.marks, ticks),
            )
            for part in self.parts
        )
        return replace(
            self,
            parts=parts,
            bars=(0, *(tick + ticks for tick in self.bars)),
            metres=shift_map(self.metres, ticks),
            keys=shift_map(self.keys, ticks),
            tempos=shift_map(self.tempos, ticks),
            marks=_shift_marks(self.marks, ticks),
        )

    def join(self, other: Piece) -> Piece:
        """This piece and then `other`; both must have the same parts."""
        if len(self.parts) != len(other.parts):
            raise ValueError(f"Cannot join {len(self.parts)} parts to {len(other.parts)}.")
        later = other.shift(self.length)
        parts = tuple(
            replace(mine, notes=mine.notes + theirs.notes, marks=mine.marks + theirs.marks)
            for mine, theirs in zip(self.parts, later.parts, strict=True)
        )
        return replace(
            self,
            parts=parts,
            bars=self.bars + later.bars[2:],
            metres=join_map(self.metres, later.metres, self.length),
            keys=join_map(self.keys, later.keys, self.length),
            tempos=join_map(self.tempos, later.tempos, self.length),
            marks=self.marks + later.marks,
        )

    def transpose(self, semitones: int) -> Piece:
        """Every pitched note moved by `semitones`; keys follow, spellings are chosen anew by the exporter."""
        if semitones == 0:
            return self
        parts = tuple(
            part
            if part.percussion
            else replace(
                part,
                notes=tuple(replace(note, pitch=note.pitch + semitones, spelling=None) for note in part.notes),
            )
            for part in self.parts
        )
        keys = tuple(transposed_key(key, semitones) for key in self.keys)
        marks = tuple(mark for mark in self.marks if mark.kind != "chord")
        return replace(self, parts=parts, keys=keys, marks=marks)

    def with_notes(self, notes: Iterable[tuple[int, Note]]) -> Piece:
        """The same score with these (part index, note) pairs as its only notes."""
        by_part: list[list[Note]] = [[] for _ in self.parts]
        for index, note in notes:
            by_part[index].append(note)
        parts = tuple(replace(part, notes=tuple(own)) for part, own in zip(self.parts, by_part, strict=True))
        return replace(self, parts=parts)


def note_ids(piece: Piece) -> dict[tuple[int, Note], str]:
    """A deterministic id for every (part index, note): the same in events, MusicXML, SVG and the editor."""
    ids: dict[tuple[int, Note], str] = {}
    for index, note in piece.notes():
        ids[index, note] = note_id(index, note)
    return ids


def note_id(part: int, note: Note) -> str:
    """An XML-safe id derived from what the note is: part, staff, voice, onset, pitch (and grace)."""
    grace = "g" if note.duration == 0 else ""
    return f"p{part}s{note.staff}v{note.voice}t{note.onset}n{note.pitch}{grace}"


def regular_bars(count: int, metre: Metre, pickup: int = 0) -> tuple[int, ...]:
    """Barlines of `count` full bars in one metre, after an optional pickup."""
    first = (0,) if pickup else ()
    return first + tuple(pickup + bar * metre.bar_ticks for bar in range(count + 1))


def _slice_marks(marks: tuple[Mark, ...], start: int, end: int) -> tuple[Mark, ...]:
    """Marks that touch [start, end), clipped to it; point marks at the very end (barlines) stay."""
    kept = []
    for mark in marks:
        last = mark.onset if mark.end is None else mark.end
        if mark.onset > end or last < start or (mark.onset == end and mark.kind not in _AT_BAR_END):
            continue
        if mark.end is None:
            kept.append(replace(mark, onset=mark.onset - start))
        else:
            kept.append(replace(mark, onset=max(mark.onset, start) - start, end=min(mark.end, end) - start))
    return tuple(kept)


_AT_BAR_END = frozenset({"repeat-end", "barline", "phrase"})


def _shift_marks(marks: tuple[Mark, ...], ticks: int) -> tuple[Mark, ...]:
    return tuple(
        replace(mark, onset=mark.onset + ticks, end=None if mark.end is None else mark.end + ticks) for mark in marks
    )
