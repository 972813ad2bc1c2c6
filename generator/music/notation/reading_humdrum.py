"""Humdrum **kern -> Piece.

A reader of its own, as music21's drops dynamics and words that stand between notes, and
lets barlines drift under notes held across them (early music writes such notes untied).
Each **kern column is a track; a track that splits (`*^`) has several voices. Times are exact
fractions of a quarter until they are put on the grid. Syntax: humdrum.org/guide and the
humdrum-tools "kern" reference.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise

from generator.music.keys import infer_key
from generator.music.notation.reading_errors import UnreadableScore
from generator.music.notation.reading_kern import parse_kern
from generator.music.notation.reading_maps import at_barlines, clean
from generator.music.notation.reading_tracks import (
    Track,
    attach,
    mark_track,
    name_track,
    parts_of_tracks,
    sound,
    to_ticks,
)
from generator.music.piece import (
    TICKS_PER_QUARTER,
    Key,
    Mark,
    Metre,
    Mode,
    Part,
    Piece,
    Spelling,
    Tempo,
)

_LONGEST = 200_000
_KEY = re.compile(r"^\*([a-gA-G])([#-]?):([a-z]*)$")
_METRE = re.compile(r"^\*M(\d+)/(\d+)$")
_TEMPO = re.compile(r"^\*MM(\d+(?:\.\d+)?)$")
_TEXT = re.compile(r"^!LO:TX:.*?\bt=([^:]+)")
_CHURCH: dict[str, Mode] = {
    "dor": "dorian", "phr": "phrygian", "lyd": "lydian", "mix": "mixolydian", "loc": "locrian",
    "aeo": "minor", "ion": "major",
}  # fmt: skip


@dataclass(eq=False)
class Spine:
    """One column of the present line. `until` is where its last note ends, in quarters."""

    kind: str
    track: Track | None
    verse: int = 0
    until: Fraction = Fraction(0)


class HumdrumReader:
    """Reads one file, line by line; `piece()` gives what was read."""

    def __init__(self) -> None:
        self.spines: list[Spine] = []
        self.tracks: list[Track] = []
        self.metres: dict[int, Metre] = {}
        self.keys: dict[int, Key] = {}
        self.signatures: dict[int, int] = {}
        self.tempos: dict[int, Tempo] = {}
        self.bars: list[int] = [0]
        self.marks: list[Mark] = []
        self.references: dict[str, str] = {}
        self.tick = 0

    def feed(self, line: str) -> None:
        """One line of the file."""
        if line.startswith("!!"):
            self._reference(line)
        elif line.startswith("**"):
            self._begin(line.split("\t"))
        elif line and self.spines:
            tokens = line.split("\t")
            if len(tokens) != len(self.spines):
                raise UnreadableScore(f"A line has {len(tokens)} columns where {len(self.spines)} spines are open.")
            self._line(line, tokens)

    def _line(self, line: str, tokens: list[str]) -> None:
        if line[0] == "!":
            self._comments(tokens)
        elif line[0] == "=":
            self._barline(tokens)
        elif line[0] == "*":
            self._interpretations(tokens)
        else:
            self._data(tokens)

    # -- Records and columns ---------------------------------------------------

    def _reference(self, line: str) -> None:
        match = re.match(r"^!!!([^:!]+):\s*(.*)$", line)
        if match is None:
            return
        name, value = match[1].strip(), match[2].strip()
        if name in ("OMD", "OMD-mod") and value and self.spines:
            self._tempo_word(value)
        elif value:
            self.references.setdefault(name.partition("@")[0], value)

    def _tempo_word(self, word: str) -> None:
        known = self.tempos.get(self.tick)
        bpm, estimated = (known.bpm, known.estimated) if known else (120.0, True)
        self.tempos[self.tick] = Tempo(self.tick, bpm, word, estimated)

    def _begin(self, kinds: list[str]) -> None:
        owner: Track | None = None
        for column, kind in enumerate(kinds):
            verse = 0
            if kind == "**kern":
                owner = Track(column)
                self.tracks.append(owner)
            elif kind == "**text" and owner is not None:
                owner.verses += 1
                verse = owner.verses
            self.spines.append(Spine(kind[2:], owner, verse))

    def _comments(self, tokens: list[str]) -> None:
        for spine, token in zip(self.spines, tokens, strict=True):
            match = _TEXT.match(token)
            text = clean(match[1].replace("&colon;", ":")) if match and "problem" not in token else ""
            if text and spine.track is not None:
                spine.track.marks.append(Mark("text", self._now(), value=text))

    def _now(self) -> int:
        """Tick at which the next notes begin."""
        untils = [spine.until for spine in self.spines if spine.kind == "kern"]
        return to_ticks(min(untils)) if untils else self.tick

    # -- Interpretations ---------------------------------------------------------

    def _interpretations(self, tokens: list[str]) -> None:
        if any(token in ("*^", "*v", "*-", "*x", "*+") for token in tokens):
            self._manipulate(tokens)
            return
        tick = self._now()
        for spine, token in zip(self.spines, tokens, strict=True):
            if token != "*" and spine.track is not None and spine.kind == "kern":
                self._shared(token, tick)
                name_track(spine.track, token)
                mark_track(spine.track, token, tick)

    def _manipulate(self, tokens: list[str]) -> None:
        """Columns split, merge, change places and end."""
        pairs = list(zip(self.spines, tokens, strict=True))
        result: list[Spine] = []
        merge_key = [
            (id(spine.track), spine.kind, spine.verse) if token == "*v" else index
            for index, (spine, token) in enumerate(pairs)
        ]
        for _, group in groupby(range(len(pairs)), key=lambda index: merge_key[index]):
            members = [pairs[index][0] for index in group]
            token = tokens[self.spines.index(members[0])]
            if token == "*-":
                continue
            members[0].until = max(member.until for member in members)
            result.append(members[0])
            if token == "*^":
                first = members[0]
                result.append(Spine(first.kind, first.track, first.verse, first.until))
            elif token == "*+":
                result.append(Spine("new", None))
        swapped = [index for index, token in enumerate(tokens) if token == "*x"]
        if len(swapped) == 2 and len(result) == len(tokens):
            low, high = swapped
            result[low], result[high] = result[high], result[low]
        self.spines = result

    def _shared(self, token: str, tick: int) -> None:
        """Metre, key, signature and tempo hold for all parts."""
        if match := _METRE.match(token):
            if int(match[1]) and int(match[2]):
                self.metres[tick] = Metre(tick, int(match[1]), int(match[2]))
        elif match := _TEMPO.match(token):
            text = self.tempos[tick].text if tick in self.tempos else ""
            self.tempos[tick] = Tempo(tick, float(match[1]), text)
        elif token.startswith("*k["):
            self.signatures.setdefault(tick, token.count("#") - token.count("-"))
        elif match := _KEY.match(token):
            minor = match[1].islower()
            mode = _CHURCH.get(match[3], "minor" if minor else "major")
            alter = {"": 0, "#": 1, "-": -1}[match[2]]
            self.keys.setdefault(tick, Key(tick, Spelling(match[1].upper(), alter), mode))

    # -- Bars and data -------------------------------------------------------------

    def _barline(self, tokens: list[str]) -> None:
        token = tokens[0]
        tick, last = self._now(), self.bars[-1]
        nominal = last + self._bar_ticks(last)
        if self.tick < nominal < tick:  # every part holds a note across: the metre says where the barline is
            tick = nominal
        self.tick = max(tick, last)
        if tick > last:
            self.bars.append(tick)
        if ":|" in token or ":!" in token:
            self.marks.append(Mark("repeat-end", tick))
        if "|:" in token or "!:" in token:
            self.marks.append(Mark("repeat-start", tick))
        if "||" in token or token.startswith("=="):
            self.marks.append(Mark("barline", tick, value="final" if token.startswith("==") else "double"))

    def _bar_ticks(self, tick: int) -> int:
        held = [at for at in self.metres if at <= tick]
        return self.metres[max(held)].bar_ticks if held else _LONGEST

    def _data(self, tokens: list[str]) -> None:
        starts = [
            spine.until
            for spine, token in zip(self.spines, tokens, strict=True)
            if spine.kind == "kern" and token != "."
        ]
        if starts:
            self.tick = to_ticks(max(starts))
        if self.tick > _LONGEST:
            raise UnreadableScore("The score is longer than some 2,000 bars; split it first.")
        voices: Counter[tuple[str, str]] = Counter()
        words: list[tuple[Spine, Track, str]] = []
        for spine, token in zip(self.spines, tokens, strict=True):
            if spine.track is None:
                continue
            if spine.kind == "kern":
                place = (spine.track.part, spine.track.staff or str(spine.track.column))
                voices[place] += 1
                if token != ".":
                    start = max(starts)
                    length = sound(spine.track, parse_kern(token), start, voices[place], self.marks)
                    spine.until = start + length
            elif token != ".":
                words.append((spine, spine.track, token))
        for spine, track, token in words:
            attach(track, spine.kind, spine.verse, token, self.tick)

    # -- The result -------------------------------------------------------------------

    def piece(self) -> Piece:
        """What was read. Raises UnreadableScore when no note was."""
        if not any(track.notes for track in self.tracks):
            raise UnreadableScore("The file holds no notes in a **kern spine.")
        if not self.metres:
            self._guess_metre()
        parts = parts_of_tracks(self.tracks)
        end = max(max(note.end for part in parts for note in part.notes), self.tick, 1)
        bars = [*dict.fromkeys(bar for bar in self.bars if bar < end), end]
        return Piece(
            parts=parts,
            bars=tuple(bars),
            metres=_map(at_barlines(self.metres, bars), Metre(0, 4, 4)),
            keys=self._key_map(parts, bars),
            tempos=_map(self.tempos, Tempo(0, 120, estimated=True)),
            marks=self._shared_marks(end),
            title=self._title(),
            composer=self.references.get("COM", ""),
            rights=". ".join(filter(None, (self.references.get(name) for name in ("YEC", "YEM")))),
        )

    def _shared_marks(self, end: int) -> tuple[Mark, ...]:
        """Barlines, repeats and phrases in order; nothing begins to repeat at the end."""
        kept = {mark for mark in self.marks if mark.kind != "repeat-start" or mark.onset < end}
        return tuple(sorted(kept, key=lambda mark: (mark.onset, mark.kind, mark.value)))

    def _guess_metre(self) -> None:
        """A file without a metre has the one its commonest bar would fill."""
        lengths = Counter(later - bar for bar, later in pairwise(self.bars))
        quarters, rest = divmod(lengths.most_common(1)[0][0] if lengths else 0, TICKS_PER_QUARTER)
        if quarters and not rest:
            self.metres[0] = Metre(0, quarters, 4)

    def _title(self) -> str:
        names = [self.references.get(name, "") for name in ("GTL", "OTL")]
        return ": ".join(dict.fromkeys(name for name in names if name))

    def _key_map(self, parts: tuple[Part, ...], bars: list[int]) -> tuple[Key, ...]:
        """Named keys, and where only a signature stands, the key inferred of the notes under it."""
        notes = [note for part in parts for note in part.notes]
        end = bars[-1]
        starts = sorted({*self.signatures, *self.keys, 0})
        keys = dict(self.keys)
        for start, stop in zip(starts, [*starts[1:], end + 1], strict=True):
            if start not in keys and (start in self.signatures or not start):
                under = [note for note in notes if start <= note.onset < stop]
                keys[start] = infer_key(under, self.signatures.get(start), tick=start)
        return _map(at_barlines(keys, bars), Key(0, Spelling("C")))


def read_humdrum(text: str) -> Piece:
    """A Humdrum file's **kern, **text and **dynam spines as a Piece. Raises UnreadableScore."""
    reader = HumdrumReader()
    for line in text.splitlines():
        reader.feed(line.rstrip("\r\n"))
    return reader.piece()


def references(text: str) -> dict[str, str]:
    """The `!!!NAME: value` records of a file, each name's first."""
    found: dict[str, str] = {}
    for match in re.finditer(r"^!!!([^:!\n]+):[ \t]*(.*)$", text, re.MULTILINE):
        if match[2].strip():
            found.setdefault(match[1].strip(), match[2].strip())
    return found


def _map(entries: dict, default):  # type: ignore[type-arg, no-untyped-def]
    """The map in order from tick 0, entries that say nothing new left out."""
    ordered = [entries[tick] for tick in sorted(entries)]
    if not ordered:
        return (default,)
    if ordered[0].tick:
        if isinstance(default, Tempo):
            ordered.insert(0, default)
        else:
            ordered[0] = _at_start(ordered[0])
    kept = ordered[:1]
    for entry in ordered[1:]:
        if _untimed(entry) != _untimed(kept[-1]):
            kept.append(entry)
    return tuple(kept)


def _at_start(entry: Metre | Key) -> Metre | Key:
    if isinstance(entry, Metre):
        return Metre(0, entry.numerator, entry.denominator)
    return Key(0, entry.tonic, entry.mode)


def _untimed(entry: Metre | Key | Tempo) -> tuple[object, ...]:
    if isinstance(entry, Metre):
        return (entry.numerator, entry.denominator)
    if isinstance(entry, Key):
        return (entry.tonic, entry.mode)
    return (entry.bpm, entry.text)
