"""One `<part>` of MusicXML: its notes, clefs, slurs and words; what all parts share goes to the maps."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count
from typing import Any
from xml.etree.ElementTree import Element

from generator.music.notation.reading_maps import Maps, near_signature, tidy_marks
from generator.music.notation.reading_musicxml_marks import Lines, chord_figure, read_direction, tempo_of
from generator.music.notation.reading_musicxml_notes import articulations, lyrics, pitch_of, tie_of
from generator.music.notation.reading_programs import sung_program
from generator.music.notation.reading_ties import TiedNotes
from generator.music.piece import MODE_FIFTHS, TICKS_PER_QUARTER, Mark, Metre, Note, Part


@dataclass(frozen=True, slots=True)
class Player:
    """A `<score-part>`: General MIDI program, and the drum key of each unpitched instrument."""

    name: str = ""
    program: int = 0
    drummer: bool = False
    drums: dict[str, int] = field(default_factory=dict)


@dataclass
class _Chord:
    """The notes that begin with the last one read."""

    onset: Fraction = Fraction(0)
    indices: list[int] = field(default_factory=list)
    articulations: set[str] = field(default_factory=set)
    lyrics: tuple[Any, ...] = ()


class PartReader:
    """Reads a part measure by measure."""

    def __init__(self, player: Player, maps: Maps) -> None:
        self.player, self.maps = player, maps
        self.divisions = Fraction(1)
        self.transposition, self.steps = 0, 0
        self.staves = 1
        self.notes = TiedNotes()
        self.marks: list[Mark] = []
        self.lines = Lines()
        self.unpitched = 0
        self._chord = _Chord()
        self._start = 0

    def read(self, measure: Element, start: int, end: int) -> None:
        """One measure, from tick `start` to `end`."""
        self._start = start
        at = Fraction(0)
        for element in measure:
            if element.tag == "note":
                at = self._note(element, at)
            elif element.tag == "backup":
                at = max(at - self._duration(element), Fraction(0))
            elif element.tag == "forward":
                at += self._duration(element)
            elif element.tag == "barline":
                self._barline(element, start, end)
            else:
                self._sign(element, at)
        self._close_chord()

    def part(self) -> Part:
        """The part as read."""
        notes = list(self.notes.finished())
        voices = _voice_numbers(notes)
        notes = [replace(note, voice=voices[note.staff, note.voice]) for note in notes]
        slurs = [
            replace(mark, voice=voices.get((mark.staff, mark.voice), 1)) if mark.kind == "slur" else mark
            for mark in self.lines.finished()
        ]
        percussion = self.player.drummer or self.unpitched > len(notes) // 2
        program = 0 if percussion else self.player.program
        if self.staves == 1 and notes and not percussion:
            program = sung_program(self.player.name, program, sum(bool(note.lyrics) for note in notes) / len(notes))
        marks = tidy_marks(self.marks + slurs)
        return Part(self.player.name, tuple(notes), program, self.staves, self.transposition, percussion, marks)

    def _tick(self, at: Fraction) -> int:
        return self._start + round(at * TICKS_PER_QUARTER)

    def _duration(self, element: Element) -> Fraction:
        text = element.findtext("duration")
        try:
            return Fraction(text.strip()) / self.divisions if text else Fraction(0)
        except (ValueError, ZeroDivisionError):
            return Fraction(0)

    # -- Notes ---------------------------------------------------------------------

    def _note(self, element: Element, at: Fraction) -> Fraction:
        """Add the note; gives where the next one begins."""
        joins = element.find("chord") is not None
        grace = element.find("grace") is not None
        length = Fraction(0) if grace else self._duration(element)
        if not joins:
            self._close_chord()
            self._chord = _Chord(onset=at)
        begin = self._chord.onset
        if element.find("rest") is None and element.find("cue") is None:
            self._sound(element, begin, length, grace)
        return max(at, begin + length) if joins else at + length

    def _sound(self, element: Element, begin: Fraction, length: Fraction, grace: bool) -> None:
        pitch, spelling = self._pitch(element)
        onset, end = self._tick(begin), self._tick(begin + length)
        staff = _integer(element.findtext("staff"), 1)
        self.staves = max(self.staves, staff)
        voice = _integer(element.findtext("voice"), 1)
        velocity = _velocity(element)
        new = Note(onset, 0 if grace else max(end - onset, 1), pitch, voice, staff, spelling, velocity)
        self._chord.indices.append(self.notes.add(new, tie_of(element)))
        self._chord.articulations |= articulations(element)
        self._chord.lyrics += lyrics(element)
        for slur in element.iterfind("notations/slur"):
            self.lines.end_of("slur", slur, onset, staff, voice)

    def _pitch(self, element: Element) -> Any:
        found = element.find("pitch")
        if found is not None:
            return pitch_of(found, self.transposition, self.steps)
        self.unpitched += 1
        instrument = element.find("instrument")
        drum = self.player.drums.get(str(instrument.get("id"))) if instrument is not None else None
        if drum is None and len(self.player.drums) == 1:
            drum = next(iter(self.player.drums.values()))
        return (38 if drum is None else min(max(drum, 0), 127)), None

    def _close_chord(self) -> None:
        """A chord's notes share its articulations; its words belong to the highest."""
        chord, notes = self._chord, self.notes.notes
        if not chord.indices or not (chord.articulations or chord.lyrics):
            return
        top = max(chord.indices, key=lambda index: notes[index].pitch)
        for index in chord.indices:
            both = tuple(sorted({*notes[index].articulations, *chord.articulations}))
            words = tuple(dict.fromkeys(notes[index].lyrics + (chord.lyrics if index == top else ())))
            notes[index] = replace(notes[index], articulations=both, lyrics=words)
        self._chord = _Chord(onset=chord.onset)

    # -- Everything else ------------------------------------------------------------

    def _sign(self, element: Element, at: Fraction) -> None:
        offset = element.findtext("offset")
        if offset:
            at += Fraction(_integer(offset, 0)) / self.divisions
        tick = max(self._tick(at), 0)
        if element.tag == "attributes":
            self._attributes(element, tick)
        elif element.tag == "direction":
            read_direction(element, tick, self.marks, self.lines, self.maps)
        elif element.tag == "sound" and element.get("tempo"):
            self.maps.tempos.setdefault(tick, tempo_of(element, tick))
        elif element.tag == "harmony" and (figure := chord_figure(element)):
            self.maps.marks.add(Mark("chord", tick, value=figure))

    def _attributes(self, element: Element, tick: int) -> None:
        divisions = element.findtext("divisions")
        if divisions:
            self.divisions = Fraction(divisions.strip()) or Fraction(1)
        self.staves = max(self.staves, _integer(element.findtext("staves"), 1))
        if (transpose := element.find("transpose")) is not None:
            self._transpose(transpose)
        if (time := element.find("time")) is not None:
            self._time(time, tick)
        if (key := element.find("key")) is not None:
            self._key(key, tick)
        for clef in element.iterfind("clef"):
            if name := _clef_name(clef):
                self.marks.append(Mark("clef", tick, value=name, staff=_integer(clef.get("number"), 1)))

    def _transpose(self, element: Element) -> None:
        octaves = _integer(element.findtext("octave-change"), 0)
        chromatic = _integer(element.findtext("chromatic"), 0)
        diatonic = _integer(element.findtext("diatonic"), round(chromatic * 7 / 12))
        self.transposition = chromatic + 12 * octaves
        self.steps = diatonic + 7 * octaves

    def _time(self, element: Element, tick: int) -> None:
        beats = sum(_integer(each, 0) for each in (element.findtext("beats") or "").split("+"))
        unit = _integer(element.findtext("beat-type"), 0)
        if beats > 0 and unit > 0 and 96 * beats % unit == 0:
            self.maps.metres.setdefault(tick, Metre(tick, beats, unit))

    def _key(self, element: Element, tick: int) -> None:
        text = element.findtext("fifths")
        if text is None:
            return
        shift = self.steps * 12 - self.transposition * 7  # how the sounding key lies on the circle of fifths
        mode = element.findtext("mode")
        known = self.maps.signatures.get(tick)
        if known is None or (self.transposition == 0 and known[1] is None):
            fifths = near_signature(_integer(text, 0) - shift)
            self.maps.signatures[tick] = (fifths, mode if mode in MODE_FIFTHS else None)

    def _barline(self, element: Element, start: int, end: int) -> None:
        left = element.get("location", "right") == "left"
        tick = start if left else end
        repeat = element.find("repeat")
        style = {"light-light": "double", "light-heavy": "final"}.get(element.findtext("bar-style") or "")
        if repeat is not None:
            forward = repeat.get("direction") == "forward"
            self.maps.marks.add(Mark("repeat-start" if forward else "repeat-end", tick))
        elif style and not left:
            self.maps.marks.add(Mark("barline", tick, value=style))
        for ending in element.iterfind("ending"):
            self.lines.ending(ending, start, end, self.maps.marks)


def _voice_numbers(notes: list[Note]) -> dict[tuple[int, int], int]:
    """(staff, voice in the file) -> voice from 1 in the staff.

    Most files count on through the staves (5-8 in the second); voices that cross over from another
    staff take the numbers left free.
    """
    heard: dict[int, set[int]] = defaultdict(set)
    for note in notes:
        heard[note.staff].add(note.voice)
    numbers: dict[tuple[int, int], int] = {}
    for staff, voices in heard.items():
        base = 4 * (staff - 1)
        own = {voice: voice - base for voice in voices if base < voice <= base + 4}
        free = (number for number in count(1) if number not in own.values())
        own |= dict(zip(sorted(voices - own.keys()), free, strict=False))
        numbers |= {(staff, voice): number for voice, number in own.items()}
    return numbers


def _clef_name(element: Element) -> str:
    """`G2`, `F4`, `C3`, `G2-8`, `percussion`; empty when it cannot be named."""
    sign, line = element.findtext("sign") or "", _integer(element.findtext("line"), 0)
    if sign == "percussion":
        return sign
    line = line or {"G": 2, "F": 4, "C": 3}.get(sign, 0)
    if sign not in ("G", "F", "C") or not 1 <= line <= 5:
        return ""
    octave = {-2: "-15", -1: "-8", 1: "+8", 2: "+15"}.get(_integer(element.findtext("clef-octave-change"), 0), "")
    return f"{sign}{line}{octave}"


def _velocity(element: Element) -> int | None:
    """`dynamics` of a note is a percentage of 90."""
    text = element.get("dynamics")
    try:
        return min(max(round(float(text) * 0.9), 1), 127) if text else None
    except ValueError:
        return None


def _integer(text: str | None, default: int) -> int:
    try:
        return round(float(text)) if text else default
    except ValueError:
        return default
