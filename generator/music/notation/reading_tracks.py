"""The **kern columns of a Humdrum file, as they fill with notes, and the parts they make."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction

from generator.music.notation.reading_kern import KernNote, parse_lyric
from generator.music.notation.reading_maps import tidy_marks
from generator.music.notation.reading_programs import KEYBOARDS, humdrum_program, sung_program
from generator.music.piece import TICKS_PER_QUARTER, Mark, Note, Part

_CLEF = re.compile(r"^\*(m?)clef([GFC])(v{0,2}|\^{0,2})([1-5])")
_TRANSPOSED = re.compile(r"^\*ITrd(-?\d+)c(-?\d+)$")
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


def name_track(track: Track, token: str) -> None:
    """Who plays a column: part, staff, name and instrument."""
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


def mark_track(track: Track, token: str, tick: int) -> None:
    """What is written over one part alone: clef and pedal."""
    if match := _CLEF.match(token):
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


def sound(track: Track, notes: list[KernNote], start: Fraction, voice: int, marks: list[Mark]) -> Fraction:
    """Add the notes of one token to the track; gives how long it lasts, in quarters."""
    onset = to_ticks(start)
    for found in notes:
        end = to_ticks(start + found.length)
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
        both = tuple(dict.fromkeys(before.articulations + new.articulations))
        track.notes[index] = replace(before, duration=new.end - before.onset, articulations=both)
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


def attach(track: Track, kind: str, verse: int, token: str, tick: int) -> None:
    """Words to the notes that begin here; dynamics to the part."""
    if kind == "text":
        _sing(track, token, verse, tick)
    elif kind == "dynam":
        for piece in token.split():
            _dynamic(track, piece, tick)


def _sing(track: Track, token: str, verse: int, tick: int) -> None:
    lyric = parse_lyric(token, verse)
    for index in range(max(len(track.notes) - 12, 0), len(track.notes)):
        note = track.notes[index]
        if lyric and note.onset == tick and note.duration:
            track.notes[index] = replace(note, lyrics=tuple(dict.fromkeys((*note.lyrics, lyric))))
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


def parts_of_tracks(tracks: list[Track]) -> tuple[Part, ...]:
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
        notes += [replace(note, staff=staff) for note in track.notes]
        marks += [replace(mark, staff=staff) for mark in track.marks]
    unique = {(n.onset, n.pitch, n.staff, n.voice, n.duration == 0): n for n in sorted(notes, key=lambda n: n.end)}
    return Part(
        first.name,
        tuple(unique.values()),
        _program(first, len(staves), notes),
        len(staves),
        first.transposition,
        marks=tidy_marks(marks),
    )


def _program(track: Track, staves: int, notes: list[Note]) -> int:
    program = humdrum_program(track.code, track.family, track.name)
    if staves > 1 or not notes:
        return program
    return sung_program(track.name, program, sum(bool(note.lyrics) for note in notes) / len(notes))


def to_ticks(quarters: Fraction) -> int:
    return round(quarters * TICKS_PER_QUARTER)
