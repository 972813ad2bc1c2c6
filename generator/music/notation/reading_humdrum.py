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
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby, pairwise

from generator.music.keys import infer_key
from generator.music.notation.reading_errors import UnreadableScore
from generator.music.notation.reading_kern import KernNote, parse_kern, parse_lyric
from generator.music.notation.reading_programs import KEYBOARDS, humdrum_program, sung_program
from generator.music.piece import (
    MODE_FIFTHS,
    TICKS_PER_QUARTER,
    Key,
    Mark,
    Metre,
    Mode,
    Note,
    Part,
    Piece,
    Spelling,
    Tempo,
)

_LONGEST = 200_000
_KEY = re.compile(r"^\*([a-gA-G])([#-]?):([a-z]*)$")
_METRE = re.compile(r"^\*M(\d+)/(\d+)$")
_TEMPO = re.compile(r"^\*MM(\d+(?:\.\d+)?)$")
_CLEF = re.compile(r"^\*(m?)clef([GFC])(v{0,2}|\^{0,2})([1-5])")
_TRANSPOSED = re.compile(r"^\*ITrd(-?\d+)c(-?\d+)$")
_TEXT = re.compile(r"^!LO:TX:.*?\bt=([^:]+)")
_CHURCH: dict[str, Mode] = {
    "dor": "dorian", "phr": "phrygian", "lyd": "lydian", "mix": "mixolydian", "loc": "locrian",
    "aeo": "minor", "ion": "major",
}  # fmt: skip
_DYNAMIC = re.compile(r"^(?:p+|f+|m[pf]|s?fz?p?|sfp+|s?f+z|rf+z?|fp+|pf)$")


@dataclass(eq=False)
class Track:
    """One **kern column of the file, split or not."""

    column: int
    part: str = ""
    staff: str = ""
    name: str = ""
    code: str = ""
    family: str = ""
    transposition: int = 0
    notes: list[Note] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    modern_clef: bool = False
    verses: int = 0
    tied: dict[int, int] = field(default_factory=dict)  # pitch -> index of the note that is tied on
    slurs: dict[int, list[int]] = field(default_factory=dict)  # voice -> onsets of open slurs
    hairpins: dict[str, int] = field(default_factory=dict)
    pedal: int | None = None


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
            if match and spine.track is not None:
                text = match[1].replace("&colon;", ":").strip()
                spine.track.marks.append(Mark("text", self._now(), value=text))

    def _now(self) -> int:
        """Tick at which the next notes begin."""
        untils = [spine.until for spine in self.spines if spine.kind == "kern"]
        return _ticks(min(untils)) if untils else self.tick

    # -- Interpretations ---------------------------------------------------------

    def _interpretations(self, tokens: list[str]) -> None:
        if any(token in ("*^", "*v", "*-", "*x", "*+") for token in tokens):
            self._manipulate(tokens)
            return
        tick = self._now()
        for spine, token in zip(self.spines, tokens, strict=True):
            if token != "*" and spine.track is not None:
                if spine.kind == "kern":
                    self._shared(token, tick)
                    _interpret_track(spine.track, token, tick)

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
            self.tick = _ticks(max(starts))
        if self.tick > _LONGEST:
            raise UnreadableScore("The score is longer than some 2,000 bars; split it first.")
        voices: Counter[tuple[str, str]] = Counter()
        words: list[tuple[Spine, str]] = []
        for spine, token in zip(self.spines, tokens, strict=True):
            if spine.track is None:
                continue
            if spine.kind == "kern":
                place = (spine.track.part, spine.track.staff or str(spine.track.column))
                voices[place] += 1
                if token != ".":
                    start = max(starts)
                    length = _sound(spine.track, parse_kern(token), start, voices[place], self.marks)
                    spine.until = start + length
            elif token != ".":
                words.append((spine, token))
        for spine, token in words:
            _attach(spine, token, self.tick)

    # -- The result -------------------------------------------------------------------

    def piece(self) -> Piece:
        """What was read. Raises UnreadableScore when no note was."""
        if not any(track.notes for track in self.tracks):
            raise UnreadableScore("The file holds no notes in a **kern spine.")
        if not self.metres:
            self._guess_metre()
        parts = _parts(self.tracks)
        end = max(max(note.end for part in parts for note in part.notes), self.tick, 1)
        bars = [*dict.fromkeys(bar for bar in self.bars if bar < end), end]
        return Piece(
            parts=parts,
            bars=tuple(bars),
            metres=_map(self.metres, Metre(0, 4, 4)),
            keys=self._key_map(parts, end),
            tempos=_map(self.tempos, Tempo(0, 120, estimated=True)),
            marks=tuple(sorted(set(self.marks), key=lambda mark: (mark.onset, mark.kind, mark.value))),
            title=self._title(),
            composer=self.references.get("COM", ""),
            rights=". ".join(filter(None, (self.references.get(name) for name in ("YEC", "YEM")))),
        )

    def _guess_metre(self) -> None:
        """A file without a metre has the one its commonest bar would fill."""
        lengths = Counter(later - bar for bar, later in pairwise(self.bars))
        quarters, rest = divmod(lengths.most_common(1)[0][0] if lengths else 0, TICKS_PER_QUARTER)
        if quarters and not rest:
            self.metres[0] = Metre(0, quarters, 4)

    def _title(self) -> str:
        names = [self.references.get(name, "") for name in ("GTL", "OTL")]
        return ": ".join(dict.fromkeys(name for name in names if name))

    def _key_map(self, parts: tuple[Part, ...], end: int) -> tuple[Key, ...]:
        """Named keys, and where only a signature stands, the key inferred of the notes under it."""
        notes = [note for part in parts for note in part.notes]
        starts = sorted({*self.signatures, *self.keys, 0})
        keys = dict(self.keys)
        for start, stop in zip(starts, [*starts[1:], end + 1], strict=True):
            if start not in keys and (start in self.signatures or not start):
                under = [note for note in notes if start <= note.onset < stop]
                keys[start] = infer_key(under, self.signatures.get(start), tick=start)
        return _map(keys, Key(0, Spelling("C")))


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


def _interpret_track(track: Track, token: str, tick: int) -> None:
    """What holds for one part alone: its names, instrument, clef and pedal."""
    if token.startswith("*part"):
        track.part = token[5:]
    elif token.startswith("*staff"):
        track.staff = token[6:]
    elif token.startswith(('*I"', '*mI"')):
        track.name = token.partition('"')[2].strip(" .") or track.name
    elif match := _TRANSPOSED.match(token):
        track.transposition = -int(match[2])
    elif token.startswith("*IC"):
        track.family = token[3:]
    elif token.startswith("*I") and token[2:3].islower():
        track.code = token[2:]
    elif match := _CLEF.match(token):
        _set_clef(track, match, tick)
    elif token == "*ped":
        track.pedal = tick
    elif token in ("*Xped", "*ped*") and track.pedal is not None:
        if tick > track.pedal:
            track.marks.append(Mark("pedal", track.pedal, tick))
        track.pedal = None


def _set_clef(track: Track, match: re.Match[str], tick: int) -> None:
    """A modernised clef (`*mclef`) stands for the original one at the same place."""
    octave = {"": "", "v": "-8", "vv": "-15", "^": "+8", "^^": "+15"}[match[3]]
    new = Mark("clef", tick, value=f"{match[2]}{match[4]}{octave}")
    here = [mark for mark in track.marks if mark.kind == "clef" and mark.onset == tick]
    if here and match[1]:
        track.marks.remove(here[0])
    if not here or match[1]:
        track.marks.append(new)


def _sound(track: Track, notes: list[KernNote], start: Fraction, voice: int, marks: list[Mark]) -> Fraction:
    """Add the notes of one token to the track; gives how long it lasts, in quarters."""
    onset = _ticks(start)
    for found in notes:
        end = _ticks(start + found.length)
        _slur(track, found, onset, voice)
        if found.phrase_end:
            marks.append(Mark("phrase", end))
        if found.pitch is None:
            continue
        new = Note(
            onset,
            0 if found.grace else max(end - onset, 1),
            found.pitch,
            voice,
            spelling=found.spelling,
            articulations=found.articulations,
        )
        _add(track, new, found.tie)
    return max((found.length for found in notes if not found.grace), default=Fraction(0))


def _add(track: Track, new: Note, tie: str) -> None:
    index = track.tied.get(new.pitch)
    if tie in ("continue", "stop") and index is not None and track.notes[index].end == new.onset:
        before = track.notes[index]
        track.notes[index] = Note(
            before.onset,
            new.end - before.onset,
            before.pitch,
            before.voice,
            spelling=before.spelling,
            articulations=tuple(dict.fromkeys(before.articulations + new.articulations)),
            lyrics=before.lyrics,
        )
    else:
        track.notes.append(new)
        index = len(track.notes) - 1
    if tie in ("start", "continue"):
        track.tied[new.pitch] = index
    else:
        track.tied.pop(new.pitch, None)


def _slur(track: Track, found: KernNote, onset: int, voice: int) -> None:
    stack = track.slurs.setdefault(voice, [])
    for _ in range(found.slurs_closed):
        if stack:
            begun = stack.pop()
            if begun < onset:
                track.marks.append(Mark("slur", begun, onset, voice=voice))
    stack.extend([onset] * found.slurs_opened)


def _attach(spine: Spine, token: str, tick: int) -> None:
    """Words to the notes that begin here; dynamics to the part."""
    track = spine.track
    if track is None:
        return
    if spine.kind == "text":
        _sing(track, token, spine.verse, tick)
    elif spine.kind == "dynam":
        for piece in token.split():
            _dynamic(track, piece, tick)


def _sing(track: Track, token: str, verse: int, tick: int) -> None:
    lyric = parse_lyric(token, verse)
    for index in range(len(track.notes) - 1, max(len(track.notes) - 12, -1), -1):
        note = track.notes[index]
        if lyric and note.onset == tick and note.duration and note.voice == 1:
            track.notes[index] = Note(
                note.onset,
                note.duration,
                note.pitch,
                note.voice,
                spelling=note.spelling,
                articulations=note.articulations,
                lyrics=(*note.lyrics, lyric),
            )
            return


def _dynamic(track: Track, token: str, tick: int) -> None:
    """`p`, `ff`, `sf`; `<` `[` and `>` `]` begin and end hairpins."""
    for sign, kind in (("[", "crescendo"), ("]", "diminuendo")):
        if sign in token and kind in track.hairpins:
            begun = track.hairpins.pop(kind)
            if tick > begun:
                track.marks.append(Mark(kind, begun, tick))  # type: ignore[arg-type]
    for sign, kind in (("<", "crescendo"), (">", "diminuendo")):
        if sign in token:
            track.hairpins[kind] = tick
    letters = re.sub(r"[^a-z]", "", token.replace("yy", ""))
    if _DYNAMIC.match(letters):
        track.marks.append(Mark("dynamic", tick, value=letters))


def _parts(tracks: list[Track]) -> tuple[Part, ...]:
    """Highest part first (the last column); columns of one `*part` are its staves."""
    groups: dict[str, list[Track]] = {}
    pair = _keyboard_pair(tracks)
    for track in reversed(tracks):
        name = "keyboard" if track in pair else track.part or f"column {track.column}"
        groups.setdefault(name, []).append(track)
    return tuple(_joined(group) for group in groups.values())


def _keyboard_pair(tracks: list[Track]) -> list[Track]:
    """Two columns of one keyboard player that the file does not say belong together."""
    if any(track.part for track in tracks):
        return []
    keyboards = [track for track in tracks if track.code in KEYBOARDS or track.family == "klav"]
    if not keyboards and len(tracks) == 2 and all(track.code in ("", "empty") for track in tracks):
        keyboards = [] if any(track.verses for track in tracks) else tracks
    return keyboards if len(keyboards) == 2 and keyboards[0].name == keyboards[1].name else []


def _joined(group: list[Track]) -> Part:
    first = group[0]
    staves: dict[str, int] = {}
    notes: list[Note] = []
    marks: list[Mark] = []
    for track in group:
        staff = staves.setdefault(track.staff or f"column {track.column}", len(staves) + 1)
        notes += [_on_staff(note, staff) for note in track.notes]
        marks += [Mark(m.kind, m.onset, m.end, m.value, staff, m.voice) for m in track.marks]
    unique = {(n.onset, n.pitch, n.staff, n.voice, n.duration == 0): n for n in sorted(notes, key=lambda n: n.end)}
    return Part(
        first.name,
        tuple(unique.values()),
        _program(first, len(staves), notes),
        len(staves),
        first.transposition,
        marks=tuple(dict.fromkeys(sorted(marks, key=lambda m: (m.onset, m.kind, m.end or 0, m.value, m.staff)))),
    )


def _program(track: Track, staves: int, notes: list[Note]) -> int:
    program = humdrum_program(track.code, track.family, track.name)
    if staves > 1 or not notes:
        return program
    return sung_program(track.name, program, sum(bool(note.lyrics) for note in notes) / len(notes))


def _on_staff(note: Note, staff: int) -> Note:
    if staff == 1:
        return note
    return Note(
        note.onset,
        note.duration,
        note.pitch,
        note.voice,
        staff,
        note.spelling,
        note.velocity,
        note.articulations,
        note.lyrics,
    )


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


def _ticks(quarters: Fraction) -> int:
    return round(quarters * TICKS_PER_QUARTER)


assert set(_CHURCH.values()) <= set(MODE_FIFTHS)
