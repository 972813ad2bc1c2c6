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

TICKS_PER_QUARTER = 24
STEPS = "CDEFGAB"
STEP_CLASSES = dict(zip(STEPS, (0, 2, 4, 5, 7, 9, 11), strict=True))

Mode = Literal["major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian"]
# Fifths of the signature relative to the major key on the same tonic.
MODE_FIFTHS: dict[str, int] = {
    "lydian": 1, "major": 0, "mixolydian": -1, "dorian": -2, "minor": -3, "phrygian": -4, "locrian": -5,
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Spelling:
    """A pitch's written name: `step` one of A-G, `alter` in semitones (-2..2)."""

    step: str
    alter: int = 0

    @property
    def pitch_class(self) -> int:
        return (STEP_CLASSES[self.step] + self.alter) % 12

    def octave(self, pitch: int) -> int:
        """The written octave of MIDI `pitch` under this spelling (B#3 sounds as C4)."""
        return (pitch - self.alter - STEP_CLASSES[self.step]) // 12 - 1


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


@dataclass(frozen=True, slots=True)
class Metre:
    tick: int
    numerator: int
    denominator: int

    @property
    def bar_ticks(self) -> int:
        return self.numerator * 4 * TICKS_PER_QUARTER // self.denominator

    @property
    def beat_ticks(self) -> int:
        """The felt beat: a dotted unit in compound metres (6/8, 9/8, 12/8)."""
        unit = 4 * TICKS_PER_QUARTER // self.denominator
        compound = self.denominator >= 8 and self.numerator > 3 and self.numerator % 3 == 0
        return unit * 3 if compound else unit

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True)
class Key:
    """A key from `tick` on: the tonic's spelling and a mode. Its signature follows from both."""

    tick: int
    tonic: Spelling
    mode: Mode = "major"

    @property
    def fifths(self) -> int:
        """Sharps (positive) or flats (negative) of the signature."""
        circle = "FCGDAEB"
        return circle.index(self.tonic.step) - 1 + 7 * self.tonic.alter + MODE_FIFTHS[self.mode]

    def __str__(self) -> str:
        sign = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}[self.tonic.alter]
        return f"{self.tonic.step}{sign} {self.mode}"

    @classmethod
    def parse(cls, text: str, tick: int = 0) -> Key:
        """`"D minor"`, `"Bb major"`, `"F# dorian"` -> Key. Raises ValueError with a remedy."""
        try:
            tonic, mode = text.split()
            if mode not in MODE_FIFTHS or tonic[0] not in STEPS:
                raise ValueError
            alter = {"": 0, "#": 1, "b": -1}[tonic[1:]]
        except (ValueError, KeyError):
            raise ValueError(f"{text!r} is not a key; write it like 'D minor' or 'Bb major'.") from None
        return cls(tick, Spelling(tonic[0], alter), mode)  # type: ignore[arg-type]

    @classmethod
    def from_fifths(cls, fifths: int, mode: Mode = "major", tick: int = 0) -> Key:
        """The key whose signature has `fifths` sharps (negative: flats)."""
        place = fifths - MODE_FIFTHS[mode] + 1
        return cls(tick, Spelling("FCGDAEB"[place % 7], place // 7), mode)


@dataclass(frozen=True, slots=True)
class Tempo:
    """Quarter notes a minute from `tick` on. `estimated` when no source said so."""

    tick: int
    bpm: float
    text: str = ""
    estimated: bool = False


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
        return _at(self.metres, tick)

    def key_at(self, tick: int) -> Key:
        return _at(self.keys, tick)

    def tempo_at(self, tick: int) -> Tempo:
        return _at(self.tempos, tick)

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
            metres=_slice_map(self.metres, start, end),
            keys=_slice_map(self.keys, start, end),
            tempos=_slice_map(self.tempos, start, end),
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
            metres=_shift_map(self.metres, ticks),
            keys=_shift_map(self.keys, ticks),
            tempos=_shift_map(self.tempos, ticks),
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
            metres=_join_map(self.metres, later.metres, self.length),
            keys=_join_map(self.keys, later.keys, self.length),
            tempos=_join_map(self.tempos, later.tempos, self.length),
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
        keys = tuple(_transposed_key(key, semitones) for key in self.keys)
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


def _at(entries: tuple, tick: int):  # type: ignore[type-arg, no-untyped-def]
    """The last entry of a map that begins at or before `tick`."""
    return entries[max(bisect_right(entries, tick, key=lambda entry: entry.tick) - 1, 0)]


def _slice_map(entries: tuple, start: int, end: int) -> tuple:  # type: ignore[type-arg]
    first = replace(_at(entries, start), tick=0)
    return (first, *(replace(entry, tick=entry.tick - start) for entry in entries if start < entry.tick < end))


def _shift_map(entries: tuple, ticks: int) -> tuple:  # type: ignore[type-arg]
    return (entries[0], *(replace(entry, tick=entry.tick + ticks) for entry in entries[1:]))


def _join_map(mine: tuple, theirs: tuple, seam: int) -> tuple:  # type: ignore[type-arg]
    """Maps one after the other; the second's first entry moves to the seam unless it says nothing new."""
    first = replace(theirs[0], tick=seam)
    head = () if replace(mine[-1], tick=seam) == first else (first,)
    return (*mine, *head, *theirs[1:])


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


def _transposed_key(key: Key, semitones: int) -> Key:
    """The key `semitones` away with the fewest accidentals in its signature."""
    candidates = (Key.from_fifths(fifths, key.mode, key.tick) for fifths in range(-6, 7))
    target = (key.tonic.pitch_class + semitones) % 12
    return min((c for c in candidates if c.tonic.pitch_class == target), key=lambda c: (abs(c.fifths), -c.fifths))
