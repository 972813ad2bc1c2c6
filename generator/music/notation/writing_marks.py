"""Marks of a score -> MusicXML directions, barlines, harmonies and slurs."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from xml.etree.ElementTree import Element, SubElement

from generator.music.piece import Mark, Metre, Note, Part, Piece, Tempo, note_id

_STANDARD_DYNAMICS = frozenset(
    ("p", "pp", "ppp", "pppp", "ppppp", "f", "ff", "fff", "ffff", "fffff", "mp", "mf", "sf", "sfp", "sfpp", "fp")
    + ("rf", "rfz", "sfz", "sffz", "fz", "n", "pf", "sfzp")
)
# Suffix of a chord symbol -> MusicXML kind. An unknown suffix is written as "other" with its text.
CHORD_KINDS = {
    "": "major", "m": "minor", "+": "augmented", "aug": "augmented", "dim": "diminished", "o": "diminished",
    "7": "dominant", "maj7": "major-seventh", "m7": "minor-seventh", "dim7": "diminished-seventh",
    "o7": "diminished-seventh", "m7b5": "half-diminished", "ø7": "half-diminished", "ø": "half-diminished",
    "+7": "augmented-seventh", "7+": "augmented-seventh", "mM7": "major-minor", "mmaj7": "major-minor",
    "6": "major-sixth", "m6": "minor-sixth", "9": "dominant-ninth", "maj9": "major-ninth", "m9": "minor-ninth",
    "11": "dominant-11th", "maj11": "major-11th", "m11": "minor-11th", "13": "dominant-13th", "maj13": "major-13th",
    "m13": "minor-13th", "sus2": "suspended-second", "sus4": "suspended-fourth", "sus": "suspended-fourth",
    "5": "power", "power": "power",
}  # fmt: skip
_CHORD = re.compile(r"^([A-G])([#b]{0,2})(.*?)(?:/([A-G])([#b]{0,2}))?$")


@dataclass(frozen=True, slots=True)
class Direction:
    """An element to stand at `tick` above or below `staff`; hairpins and pedals have two, of one `span`."""

    tick: int
    staff: int
    element: Element
    span: int | None = None
    stops: bool = False


def part_directions(part: Part, bars: Sequence[int]) -> list[Direction]:
    """Dynamics, hairpins, pedals and words of a part, in order of time; above the staff where words are sung below."""
    placement = "above" if any(note.lyrics for note in part.notes) or 52 <= part.program <= 54 else "below"
    made = _expressions(part, placement)
    for kind in ("crescendo", "diminuendo", "pedal"):
        own = [mark for mark in part.marks if mark.kind == kind and mark.end and mark.end > mark.onset]
        made += _lines(own, bars, "below" if kind == "pedal" else placement)
    return sorted(made, key=lambda direction: (direction.tick, direction.staff))


def _expressions(part: Part, placement: str) -> list[Direction]:
    """Dynamics and words; a dynamic and words at one place are one direction, so that they are set side by side."""
    made = []
    dynamics = {(mark.onset, mark.staff): mark for mark in part.marks if mark.kind == "dynamic"}
    for mark in part.marks:
        if mark.kind == "text" or (mark.kind == "dynamic" and mark is not dynamics.get((mark.onset, mark.staff))):
            beside = dynamics.pop((mark.onset, mark.staff), None) if mark.kind == "text" else None
            made.append(_expression([one for one in (beside, mark) if one is not None], placement))
    return made + [_expression([mark], placement) for mark in dynamics.values()]


def _expression(marks: Sequence[Mark], placement: str) -> Direction:
    direction = Element("direction", {"placement": placement})
    for mark in marks:
        inner = SubElement(direction, "direction-type")
        if mark.kind == "dynamic":
            _dynamic(inner, mark.value)
        else:
            SubElement(inner, "words", {"font-style": "italic"}).text = mark.value
    return Direction(marks[0].onset, marks[0].staff, direction)


def piece_directions(piece: Piece) -> list[Direction]:
    """Tempo, sections and chord symbols: they stand above the first part."""
    made = [Direction(tempo.tick, 1, element) for tempo in piece.tempos for element in _tempo(tempo, piece)]
    for mark in piece.marks:
        if mark.kind == "section":
            made.append(Direction(mark.onset, 1, _direction("rehearsal", mark.value, "above")))
        elif mark.kind == "chord" and (harmony := _harmony(mark.value)) is not None:
            made.append(Direction(mark.onset, 1, harmony))
    return sorted(made, key=lambda direction: direction.tick)


def _direction(tag: str, text: str, placement: str, **attributes: str) -> Element:
    direction = Element("direction", {"placement": placement})
    SubElement(SubElement(direction, "direction-type"), tag, attributes).text = text
    return direction


def _dynamic(parent: Element, value: str) -> None:
    dynamics = SubElement(parent, "dynamics")
    if value in _STANDARD_DYNAMICS:
        SubElement(dynamics, value)
    else:
        SubElement(dynamics, "other-dynamics").text = value


def _lines(marks: Sequence[Mark], bars: Sequence[int], placement: str) -> Iterable[Direction]:
    """The two ends of every hairpin or pedal of one kind; overlapping ones get different numbers."""
    for mark, number in numbered(marks, bars):
        assert mark.end is not None
        for tick, kind in ((mark.onset, "start"), (mark.end, "stop")):
            direction = Element("direction", {"placement": placement})
            inner = SubElement(direction, "direction-type")
            if mark.kind == "pedal":
                SubElement(inner, "pedal", {"type": kind, "line": "no", "sign": "yes"})
            else:
                shape = mark.kind if kind == "start" else "stop"
                offset = 0 if mark.kind == "crescendo" else 8
                SubElement(inner, "wedge", {"type": shape, "number": str(number % 8 + offset)})
            yield Direction(tick, mark.staff, direction, span=id(mark), stops=kind == "stop")


def numbered(marks: Iterable[Mark], bars: Sequence[int]) -> list[tuple[Mark, int]]:
    """Marks with the lowest number that is free.

    A number is free once its last mark has ended in an earlier bar, or earlier in the same
    voice: within a bar, voices are written one after the other, so time alone does not order them.
    """
    busy: dict[int, Mark] = {}
    result = []
    for mark in sorted(marks, key=lambda one: (one.onset, one.end or 0, one.staff, one.voice)):
        number = next(n for n in range(1, len(busy) + 2) if n not in busy or _after(busy[n], mark, bars))
        busy[number] = mark
        result.append((mark, number))
    return result


def _after(before: Mark, mark: Mark, bars: Sequence[int]) -> bool:
    """True if `mark` is written wholly after `before`."""
    end = before.onset if before.end is None else before.end
    if before.kind == "slur" and before.staff > 0 and (before.staff, before.voice) == (mark.staff, mark.voice):
        return end < mark.onset
    return bisect_right(bars, end) < bisect_right(bars, mark.onset)


def _tempo(tempo: Tempo, piece: Piece) -> list[Element]:
    """A metronome mark with its words; an estimated tempo is heard and not seen."""
    if tempo == Tempo(tempo.tick, 120, estimated=True):
        return []
    sound = Element("sound", {"tempo": _number(tempo.bpm)})
    if tempo.estimated and not tempo.text:
        return [sound]
    direction = Element("direction", {"placement": "above"})
    if tempo.text:
        text = SubElement(SubElement(direction, "direction-type"), "words", {"font-weight": "bold"})
        text.text = f"{tempo.text}\N{NO-BREAK SPACE}" if not tempo.estimated else tempo.text
    if not tempo.estimated:
        inner = SubElement(SubElement(direction, "direction-type"), "metronome", {"parentheses": "no"})
        _metronome(inner, tempo.bpm, piece.metre_at(tempo.tick))
    direction.append(sound)
    return [direction]


def _metronome(element: Element, bpm: float, metre: Metre) -> None:
    """Per dotted quarter in compound metres, per half in alla breve, else per quarter: if that is a round number."""
    unit, dotted, rate = "quarter", False, bpm
    if metre.beat_ticks == 36:
        unit, dotted, rate = "quarter", True, bpm / 1.5
    elif metre.denominator == 2:
        unit, dotted, rate = "half", False, bpm / 2
    if abs(rate * 2 - round(rate * 2)) > 1e-9:
        unit, dotted, rate = "quarter", False, bpm
    SubElement(element, "beat-unit").text = unit
    if dotted:
        SubElement(element, "beat-unit-dot")
    SubElement(element, "per-minute").text = _number(rate)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.10g}"


def _harmony(figure: str) -> Element | None:
    """`F#m7/C#` as `<harmony>`; None if it does not begin with a note name."""
    match = _CHORD.match(figure)
    if match is None:
        return None
    step, sign, suffix, bass, bass_sign = match.groups()
    harmony = Element("harmony", {"print-frame": "no"})
    _note_name(SubElement(harmony, "root"), "root", step, sign)
    kind = SubElement(harmony, "kind", {"text": suffix} if suffix else {})
    kind.text = CHORD_KINDS.get(suffix, "other")
    if bass:
        _note_name(SubElement(harmony, "bass"), "bass", bass, bass_sign)
    return harmony


def _note_name(element: Element, prefix: str, step: str, sign: str) -> None:
    SubElement(element, f"{prefix}-step").text = step
    if sign:
        SubElement(element, f"{prefix}-alter").text = str(sign.count("#") - sign.count("b"))


@dataclass(frozen=True, slots=True)
class SlurEnd:
    """One end of a slur; `other` is the note at its other end."""

    kind: Literal["start", "stop"]
    number: int
    other: Note


def slur_ends(index: int, part: Part, bars: Sequence[int]) -> dict[str, list[SlurEnd]]:
    """Slur starts and stops by note id. A slur whose notes are not there is left out."""
    found = dict(slurred(part))
    ends: dict[str, list[SlurEnd]] = defaultdict(list)
    for mark, number in numbered(found, bars):
        first, last = found[mark]
        ends[note_id(index, first)].append(SlurEnd("start", number, last))
        ends[note_id(index, last)].append(SlurEnd("stop", number, first))
    return ends


def slurred(part: Part) -> Iterator[tuple[Mark, tuple[Note, Note]]]:
    """Every slur with its first and last note, in the staff and voice of its first.

    The staff is negative where the slur ends in another staff or voice.
    """
    at: dict[int, list[Note]] = defaultdict(list)
    for note in part.notes:
        at[note.onset].append(note)
    for mark in part.marks:
        if mark.kind != "slur" or mark.end is None:
            continue
        first, last = _nearest(at[mark.onset], mark, mark.onset == mark.end), _nearest(at[mark.end], mark, False)
        if first is not None and last is not None and first is not last:
            stays = (first.staff, first.voice) == (last.staff, last.voice)
            home = first.staff if stays else -first.staff
            yield replace(mark, staff=home, voice=first.voice), (first, last)


def _nearest(notes: Sequence[Note], mark: Mark, grace: bool) -> Note | None:
    """Of the notes at one tick, the one in the mark's voice, else in its staff, else any."""
    fitting = [one for one in notes if (one.duration == 0) == grace] or ([] if grace else list(notes))
    return min(
        fitting,
        key=lambda one: (one.staff != mark.staff, one.voice != mark.voice, one.staff, one.voice, one.pitch),
        default=None,
    )


def barline(piece: Piece, bar: int, location: str) -> Element | None:
    """The barline at the left or right of a bar, if it is more than a plain line."""
    start, end = piece.bars[bar], piece.bars[bar + 1]
    left = location == "left"
    line = Element("barline", {"location": location})
    here = [mark for mark in piece.marks if mark.onset == (start if left else end)]
    repeat = any(mark.kind == ("repeat-start" if left else "repeat-end") for mark in here)
    style = None if left else next((mark.value for mark in here if mark.kind == "barline"), None)
    if not left and end == piece.length and style is None:
        style = "final"
    if repeat or style in ("double", "final"):
        kind = "heavy-light" if repeat and left else "light-heavy" if repeat or style == "final" else "light-light"
        SubElement(line, "bar-style").text = kind
    for mark in piece.marks:
        if mark.kind == "ending" and (mark.onset == start if left else mark.end == end):
            number = mark.value if re.fullmatch(r"[1-9]\d*(, ?[1-9]\d*)*", mark.value) else "1"
            SubElement(line, "ending", {"number": number, "type": "start" if left else "stop"})
    if repeat:
        SubElement(line, "repeat", {"direction": "forward" if left else "backward"})
    return line if len(line) else None
