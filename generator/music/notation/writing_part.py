"""One part, bar by bar: attributes, barlines, and the voices of every staff."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement

from music21 import note as m21note

from generator.music.notation import writing_header as header
from generator.music.notation.spelling import spell
from generator.music.notation.writing_durations import Span, Symbol, write_spans
from generator.music.notation.writing_marks import Direction, barline, part_directions, piece_directions, slur_ends
from generator.music.notation.writing_notes import (
    NoteExporter,
    add_notation,
    beams,
    make_grace,
    make_note,
    make_rest,
    unpitched,
    written_name,
)
from generator.music.notation.writing_voices import Event, Sounding, separate
from generator.music.piece import TICKS_PER_QUARTER, Note, Piece, Spelling, note_id

Name = tuple[Spelling, int, bool]  # spelling, written octave, accidental shown
VOICES = 4  # numbers a staff: the second staff's voices count from 5


class PartWriter:
    """Writes the measures of one part of `piece`; keeps what sounds on from bar to bar."""

    def __init__(self, piece: Piece, index: int, numbers: Sequence[tuple[str, bool]]) -> None:
        self.piece, self.index, self.part = piece, index, piece.parts[index]
        self.numbers = numbers
        self.fifths = header.fifths_shift(self.part)
        self.slurs = slur_ends(index, self.part)
        self.directions = part_directions(self.part) + (piece_directions(piece) if index == 0 else [])
        self.bar = 0
        self._held: list[Event] = []

    def write(self, bar: int, notes: Sequence[Note]) -> Element:
        """`<measure>` of the next bar."""
        if bar != self.bar:
            raise ValueError(f"Bars are written in order: bar {self.bar} comes next, not {bar}.")
        self.bar += 1
        start, end = self.piece.bars[bar], self.piece.bars[bar + 1]
        if any(not start <= note.onset < end and note.onset != self.piece.length for note in notes):
            raise ValueError(f"A note given for bar {bar} does not start in it.")
        number, implicit = self.numbers[bar]
        measure = Element("measure", {"number": number, **({"implicit": "yes"} if implicit else {})})
        self._attributes(measure, bar)
        _append(measure, barline(self.piece, bar, "left"))
        sounding = self._named(notes)
        voices, self._held = separate([one for one in sounding if one.note.duration], self._held, start, end)
        _Bar(self, measure, bar).write(voices, [one for one in sounding if not one.note.duration])
        _append(measure, barline(self.piece, bar, "right"))
        return measure

    def _named(self, notes: Sequence[Note]) -> list[Sounding]:
        """Notes with their ids; of two notes that would share one, the second is marked."""
        seen: set[str] = set()
        result = []
        for note in notes:
            name = note_id(self.index, note)
            while name in seen:
                name += "b"
            seen.add(name)
            result.append(Sounding(note, name))
        return result

    def _attributes(self, measure: Element, bar: int) -> None:
        """Divisions, key, time, staves, clefs and transposition: all in the first bar, later what changes."""
        tick, first, part = self.piece.bars[bar], bar == 0, self.part
        element = Element("attributes")
        if first:
            SubElement(element, "divisions").text = str(TICKS_PER_QUARTER)
        if first or any(key.tick == tick for key in self.piece.keys):
            element.append(header.key_element(self.piece.key_at(tick), part))
        if first or any(metre.tick == tick for metre in self.piece.metres):
            element.append(header.time_element(self.piece.metre_at(tick)))
        if first and part.staves > 1:
            SubElement(element, "staves").text = str(part.staves)
        clefs = dict(enumerate(header.first_clefs(part), 1)) if first else {}
        clefs |= {mark.staff: mark.value for mark in part.marks if mark.kind == "clef" and mark.onset == tick}
        for staff, clef in sorted(clefs.items()):
            element.append(header.clef_element(clef, staff if part.staves > 1 else None))
        if first and part.transposition:
            element.append(header.transpose_element(part))
        if len(element):
            measure.append(element)


class _Bar:
    """One bar of one part while it is written."""

    def __init__(self, writer: PartWriter, measure: Element, bar: int) -> None:
        self.writer, self.part, self.measure = writer, writer.part, measure
        piece = writer.piece
        self.piece, self.start, self.end = piece, piece.bars[bar], piece.bars[bar + 1]
        self.length = self.end - self.start
        self.metre = piece.metre_at(self.start)
        self.phase = self._phase(bar)
        self.exporter = NoteExporter(measure)

    def _phase(self, bar: int) -> int:
        """Where in its metre the bar begins: a pickup ends with the full bar, a second half goes on."""
        missing = self.metre.bar_ticks - self.length
        if missing <= 0:
            return 0
        before = self.start - self.piece.bars[bar - 1] if bar else 0
        return missing if bar == 0 or before == missing else 0

    def write(self, voices: dict[tuple[int, int], list[Event]], graces: Sequence[Sounding]) -> None:
        lines = set(voices) | {(one.note.staff, one.note.voice) for one in graces}
        lines |= {(staff, 1) for staff in range(1, self.part.staves + 1)}
        symbols = {}
        for home in sorted(lines):
            own = [one for one in graces if (one.note.staff, one.note.voice) == home]
            symbols[home] = self._symbols(voices.get(home, []), {one.note.onset - self.start for one in own})
        names = self._names(voices, symbols, graces)
        for number, home in enumerate(sorted(lines)):
            if number:
                _move(self.measure, "backup", self.length)
            own = [one for one in graces if (one.note.staff, one.note.voice) == home]
            self._line(home, voices.get(home, []), symbols[home], own, names)

    def _symbols(self, events: Sequence[Event], cuts: set[int]) -> list[Symbol]:
        """Written values of a voice; `cuts` are ticks where a grace note stands, so nothing may sound through."""
        spans = []
        for item, event in enumerate(events):
            start, end = event.start - self.start, event.end - self.start
            edges = [start, *sorted(cut for cut in cuts if start < cut < end), end]
            spans += [Span(a, b, item) for a, b in pairwise(edges)]
        return write_spans(spans, self.length, self.metre, self.phase)

    # -- Names and accidentals -------------------------------------------------------

    def _names(
        self,
        voices: dict[tuple[int, int], list[Event]],
        symbols: dict[tuple[int, int], list[Symbol]],
        graces: Sequence[Sounding],
    ) -> dict[tuple[int, int], Name]:
        """(id of the sounding note, tick) -> how it is written there; accidentals hold to the barline."""
        occasions = [(one.note.onset, 0, one.note.staff, one, True) for one in graces]
        for (staff, _), line in symbols.items():
            for symbol in line:
                if symbol.item is None:
                    continue
                event = voices[staff, _][symbol.item]
                tick = symbol.start + self.start
                occasions += [(tick, 1, staff, one, tick == one.note.onset) for one in event.notes]
        names: dict[tuple[int, int], Name] = {}
        signs: dict[tuple[int, str, int], int] = {}
        for tick, _, staff, one, struck in sorted(occasions, key=lambda item: (item[0], item[1], item[3].note.pitch)):
            names[id(one), tick] = self._name(one.note, tick, staff, struck, signs)
        return names

    def _name(self, note: Note, tick: int, staff: int, struck: bool, signs: dict[tuple[int, str, int], int]) -> Name:
        key = self.piece.key_at(tick)
        spelling = note.spelling or spell(note.pitch, self.piece.key_at(note.onset))
        name, octave = written_name(spelling, note.pitch, self.part.transposition, self.writer.fifths)
        if self.part.percussion:
            return name, octave, False
        place = (staff, name.step, octave)
        signature = key.fifths + self.writer.fifths
        expected = signs.get(place, (signature + 6 - "FCGDAEB".index(name.step)) // 7)
        if struck:
            signs[place] = name.alter
        return name, octave, struck and name.alter != expected

    # -- Writing -----------------------------------------------------------------------

    def _line(
        self,
        home: tuple[int, int],
        events: Sequence[Event],
        symbols: Sequence[Symbol],
        graces: Sequence[Sounding],
        names: dict[tuple[int, int], Name],
    ) -> None:
        """One voice of one staff, with the directions of the staff if it is the first voice."""
        staff, voice = home
        hung = self._hung(staff) if voice == 1 else []
        waiting = list(graces)
        bound = beams(symbols, self.metre.numerator, self.metre.denominator, self.phase)
        brackets = _bracketed(symbols)
        for symbol, beam in zip(symbols, bound, strict=True):
            tick = symbol.start + self.start
            hung = self._hang(hung, tick, tick + symbol.ticks)
            waiting = self._graces(waiting, tick, home, names)
            if symbol.item is None:
                written: m21note.GeneralNote = make_rest(symbol, symbol.ticks == self.length, voice > 1)
            else:
                event = events[symbol.item]
                own = [names[id(one), tick] for one in event.notes]
                written = make_note(symbol, event, own, tick + symbol.ticks, symbol in brackets)
                if beam is not None:
                    written.beams = beam  # type: ignore[attr-defined]
            self._emit(written, home)
            hung = self._pull(hung, tick + symbol.ticks)
        self._graces(waiting, self.end, home, names)
        self._hang(hung, self.end, self.end + 1)

    def _emit(self, written: m21note.GeneralNote, home: tuple[int, int]) -> None:
        staff, voice = home
        number = (staff - 1) * VOICES + voice
        elements = self.exporter.write(written, number, staff if self.part.staves > 1 else None)
        for element in elements:
            for slur in self.writer.slurs.get(element.get("id", ""), ()):
                add_notation(elements[0], Element("slur", {"type": slur.kind, "number": str(slur.number)}))
        if self.part.percussion:
            self._strokes(elements)

    def _strokes(self, elements: Sequence[Element]) -> None:
        for element in elements:
            if (name := element.get("id")) is not None:
                key = int(name.split("n")[-1].split("-")[0].strip("gb"))
                unpitched(element, key, header.part_id(self.writer.index))

    def _graces(
        self, waiting: list[Sounding], tick: int, home: tuple[int, int], names: dict[tuple[int, int], Name]
    ) -> list[Sounding]:
        """Write the grace notes that stand at or before `tick`; the rest go on waiting."""
        now = [one for one in waiting if one.note.onset <= tick]
        for grace in make_grace(now, [names[id(one), one.note.onset] for one in now]):
            self._emit(grace, home)
        return waiting[len(now) :]

    def _hung(self, staff: int) -> list[Direction]:
        """Directions and changes of clef and key that stand in this bar, for one staff."""
        own = [one for one in self.writer.directions if one.staff == staff and self._here(one)]
        for mark in self.part.marks:
            if mark.kind == "clef" and mark.staff == staff and self.start < mark.onset < self.end:
                clef = header.clef_element(mark.value, staff if self.part.staves > 1 else None)
                own.append(Direction(mark.onset, staff, _wrapped(clef)))
        for key in self.piece.keys if staff == 1 else ():
            if self.start < key.tick < self.end:
                own.append(Direction(key.tick, staff, _wrapped(header.key_element(key, self.part))))
        return sorted(own, key=lambda one: one.tick)

    def _here(self, direction: Direction) -> bool:
        """Stops stand at the end of the bar they close; everything else at the start of its own."""
        last = self.end == self.piece.length
        if _is_stop(direction.element) or (last and direction.tick >= self.end):
            return self.start < direction.tick <= self.end or (last and direction.tick > self.end)
        return self.start <= direction.tick < self.end

    def _hang(self, hung: list[Direction], start: int, end: int) -> list[Direction]:
        """Write what stands from `start` to before `end`, inside the coming symbol by its offset."""
        rest = []
        for one in hung:
            coming = one.tick >= end and end <= self.end
            if coming or (one.element.tag == "attributes" and one.tick > start):
                rest.append(one)
            else:
                self.measure.append(self._placed(one, one.tick - start))
        return rest

    def _pull(self, hung: list[Direction], now: int) -> list[Direction]:
        """Changes of clef or key inside the symbol that ends `now`: go back, write, come again."""
        late = [one for one in hung if one.element.tag == "attributes" and one.tick < now]
        for one in late:
            _move(self.measure, "backup", now - one.tick)
            self.measure.append(one.element)
            _move(self.measure, "forward", now - one.tick)
        return [one for one in hung if one not in late]

    def _placed(self, one: Direction, offset: int) -> Element:
        """The element with its offset and staff, before the sound that may close it."""
        element = one.element
        extra = []
        if offset > 0 and element.tag in ("direction", "harmony"):
            extra.append(("offset", str(offset)))
        if self.part.staves > 1 and element.tag in ("direction", "harmony"):
            extra.append(("staff", str(one.staff)))
        place = next((i for i, child in enumerate(element) if child.tag == "sound"), len(element))
        for tag, text in reversed(extra):
            child = Element(tag)
            child.text = text
            element.insert(place, child)
        return element


def _wrapped(element: Element) -> Element:
    attributes = Element("attributes")
    attributes.append(element)
    return attributes


def _is_stop(element: Element) -> bool:
    return any(child.get("type") == "stop" for child in element.iter() if child.tag in ("wedge", "pedal"))


def _append(measure: Element, element: Element | None) -> None:
    if element is not None:
        measure.append(element)


def _move(measure: Element, tag: str, ticks: int) -> None:
    SubElement(SubElement(measure, tag), "duration").text = str(ticks)


def _bracketed(symbols: Sequence[Symbol]) -> set[Symbol]:
    """Symbols of triplets that no beam can show: with rests, or with values of a quarter or more."""
    groups: list[list[Symbol]] = []
    for symbol in symbols:
        if symbol.tuplet in ("start", "startStop"):
            groups.append([])
        if symbol.window and groups:
            groups[-1].append(symbol)
    short = ("eighth", "16th", "32nd", "64th")
    return {
        symbol
        for group in groups
        if any(one.item is None or one.type not in short for one in group)
        for symbol in group
    }
