"""One bar of one part: its voices as symbols with names and accidentals, and what hangs on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement

from music21 import note as m21note

from generator.music.notation import writing_header as header
from generator.music.notation.spelling import spell
from generator.music.notation.writing_durations import Span, Symbol, bracketed, write_spans
from generator.music.notation.writing_marks import Direction, SlurEnd
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
from generator.music.notation.writing_voices import VOICES, Event, Sounding, Voices
from generator.music.piece import Note, Piece, Spelling

Home = tuple[int, int]  # staff, voice
Name = tuple[Spelling, int, bool]  # spelling, written octave, accidental shown


@dataclass(frozen=True)
class Context:
    """What the bars of a part share."""

    piece: Piece
    index: int
    directions: Sequence[Direction]
    slurs: dict[str, list[SlurEnd]]


@dataclass(frozen=True)
class Line:
    """One voice of the bar. Symbols name their event by its place in `events`; None is a rest."""

    home: Home
    events: Sequence[Event]
    graces: Sequence[Sounding]
    symbols: Sequence[Symbol]


class BarWriter:
    """Appends the voices of one bar to its `<measure>`."""

    def __init__(self, context: Context, measure: Element, bar: int) -> None:
        self.context, self.measure = context, measure
        piece = context.piece
        self.piece, self.part = piece, piece.parts[context.index]
        self.start, self.end = piece.bars[bar], piece.bars[bar + 1]
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

    def write(self, voices: Voices) -> None:
        """Every voice one after the other; each staff has at least its first."""
        homes = sorted({*voices, *((staff, 1) for staff in range(1, self.part.staves + 1))})
        lines = self._ordered([self._line(home, voices.get(home, [])) for home in homes])
        names = self._names(lines)
        hung = self._hung(lines)
        silent = all(symbol.item is None for line in lines for symbol in line.symbols)
        for number, line in enumerate(lines):
            if number:
                _move(self.measure, "backup", self.length)
            self._write_line(line, names, hung[line.home], silent)

    def _line(self, home: Home, found: Sequence[Event]) -> Line:
        """The written values of a voice; nothing sounds through the place of a grace note."""
        events = [event for event in found if event.end > event.start]
        graces = [event.notes[0] for event in found if event.end == event.start]
        cuts = {one.note.onset for one in graces}
        spans = []
        for item, event in enumerate(events):
            edges = [event.start, *sorted(cut for cut in cuts if event.start < cut < event.end), event.end]
            spans += [Span(a - self.start, b - self.start, item) for a, b in pairwise(edges)]
        hangs = self._edges(home, events) if home[1] == 1 else []
        symbols = write_spans(spans, self.length, self.metre, self.phase, hangs)
        if len(symbols) == 1 and not events and self.length >= 96 and self.length != self.metre.bar_ticks:
            # Readers take a lone whole rest, or breve, for a rest of the full metre.
            half, name = self.length // 2, {192: "whole"}.get(self.length, "half")
            symbols = [Symbol(0, half, name, symbols[0].dots), Symbol(half, half, name, symbols[0].dots)]
        return Line(home, events, graces, symbols)

    def _edges(self, home: Home, events: Sequence[Event]) -> list[int]:
        """Where in the rests of a staff's first voice a hairpin or pedal begins or ends."""
        if not events:
            return []
        own = [one for one in self.context.directions if one.staff == home[0] and one.span is not None]
        return [one.tick - self.start for one in own if self.start < one.tick < self.end]

    def _ordered(self, lines: Sequence[Line]) -> list[Line]:
        """Lines by staff and voice, but so that a slur between two of them begins before it ends."""
        later: dict[Home, set[Home]] = {line.home: set() for line in lines}
        for line in lines:
            for one in (one for event in line.events for one in event.notes):
                for slur in self.context.slurs.get(one.id, ()):
                    before = (slur.other.staff, slur.other.voice)
                    if slur.kind == "stop" and slur.other.onset >= self.start and before != line.home:
                        later[line.home] |= {before} & later.keys()
        try:
            order = list(TopologicalSorter(later).static_order())
        except CycleError:
            return list(lines)
        return sorted(lines, key=lambda line: order.index(line.home)) if any(later.values()) else list(lines)

    # -- Names and accidentals -------------------------------------------------------

    def _names(self, lines: Iterable[Line]) -> dict[tuple[int, int], Name]:
        """(id() of the sounding note, tick) -> how it is written there; accidentals hold to the barline."""
        occasions: list[tuple[int, bool, int, Sounding]] = []  # tick, not a grace, staff, note
        for line in lines:
            occasions += [(one.note.onset, False, line.home[0], one) for one in line.graces]
            for symbol in line.symbols:
                if symbol.item is not None:
                    tick = symbol.start + self.start
                    occasions += [(tick, True, line.home[0], one) for one in line.events[symbol.item].notes]
        names: dict[tuple[int, int], Name] = {}
        signs: dict[tuple[int, str, int], int] = {}
        for tick, _, staff, one in sorted(occasions, key=lambda item: (item[0], item[1], item[3].note.pitch)):
            names[id(one), tick] = self._name(one.note, tick, staff, signs)
        return names

    def _name(self, note: Note, tick: int, staff: int, signs: dict[tuple[int, str, int], int]) -> Name:
        """Spelling and octave of a note at `tick`; `signs` are the accidentals in force, by staff, step and octave."""
        fifths = header.fifths_shift(self.part)
        spelling = note.spelling or spell(note.pitch, self.piece.key_at(note.onset))
        name, octave = written_name(spelling, note.pitch, self.part.transposition, fifths)
        struck = tick == note.onset
        if self.part.percussion or not struck:
            return name, octave, False
        place = (staff, name.step, octave)
        signature = header.written_fifths(self.piece.key_at(tick), self.part)
        expected = signs.get(place, (signature + 6 - "FCGDAEB".index(name.step)) // 7)
        signs[place] = name.alter
        return name, octave, name.alter != expected

    # -- Notes -----------------------------------------------------------------------

    def _write_line(
        self, line: Line, names: dict[tuple[int, int], Name], hung: Sequence[Direction], silent: bool
    ) -> None:
        """One voice, with the directions that hang on it."""
        if self._full_rest(line, silent):
            line = replace(line, symbols=[Symbol(0, self.length, "", 0)])
        waiting, graces = list(hung), list(line.graces)
        bound = beams(line.symbols, self.metre.numerator, self.metre.denominator, self.phase)
        brackets = bracketed(line.symbols)
        for symbol, beam in zip(line.symbols, bound, strict=True):
            tick = symbol.start + self.start
            waiting = self._hang(waiting, tick, tick + symbol.ticks)
            graces = self._write_graces(graces, tick, line.home, names)
            if symbol.item is None:
                self._emit(make_rest(symbol, hidden=line.home[1] > 1), line.home, symbol.ticks)
            else:
                event = line.events[symbol.item]
                own = [names[id(one), tick] for one in event.notes]
                written = make_note(symbol, event, own, tick + symbol.ticks, symbol in brackets)
                if beam is not None:
                    written.beams = beam
                self._emit(written, line.home, symbol.ticks)
            waiting = self._pull(waiting, tick + symbol.ticks)
        self._write_graces(graces, self.end, line.home, names)
        self._hang(waiting, self.end, self.end + 1)

    def _full_rest(self, line: Line, silent: bool) -> bool:
        """True if the line is a rest of a full bar.

        Beside notes not in metres longer than a whole: readers take the bar's first whole rest for it.
        """
        full = not line.events and not line.graces and self.length == self.metre.bar_ticks
        return full and (silent or self.length <= 96)

    def _write_graces(
        self, waiting: list[Sounding], tick: int, home: Home, names: dict[tuple[int, int], Name]
    ) -> list[Sounding]:
        """Write the grace notes that stand at or before `tick`; the rest go on waiting."""
        now = [one for one in waiting if one.note.onset <= tick]
        for grace in make_grace(now, [names[id(one), one.note.onset] for one in now]):
            self._emit(grace, home, 0)
        return [one for one in waiting if one.note.onset > tick]

    def _emit(self, written: m21note.GeneralNote, home: Home, ticks: int) -> None:
        """Write a note, chord or rest of `ticks`: in a quintuplet those of the grid, not the even ones."""
        staff, voice = home
        number = (staff - 1) * VOICES + voice
        elements = self.exporter.write(written, number, staff if self.part.staves > 1 else None)
        for element in elements:
            if (length := element.find("duration")) is not None:
                length.text = str(ticks)
            name = element.get("id", "")
            for slur in self.context.slurs.get(name, ()):
                add_notation(elements[0], Element("slur", {"type": slur.kind, "number": str(slur.number)}))
            if self.part.percussion and name:
                unpitched(element, header.part_id(self.context.index))

    # -- What hangs on the notes --------------------------------------------------------

    def _hung(self, lines: Sequence[Line]) -> dict[Home, list[Direction]]:
        """Directions and changes of clef and key in this bar, by the voice that has an edge where they stand."""
        hung: dict[Home, list[Direction]] = {line.home: [] for line in lines}
        begun: dict[int | None, Home] = {}
        own = [*self._changes(), *(one for one in self.context.directions if self._here(one))]
        for one in sorted(own, key=lambda one: (one.tick, not one.stops)):
            home = self._place(one, lines, begun.get(one.span) if one.stops else None)
            hung[home].append(one)
            if one.span is not None:
                begun[one.span] = home
        return hung

    def _place(self, one: Direction, lines: Sequence[Line], begun: Home | None) -> Home:
        """The voice to write a direction in: that in which its span began, so that stops keep their order."""
        if begun is not None:
            return begun
        fitting = [line.home for line in lines if self._has_edge(line, one)]
        near = [home for home in fitting if home[0] == one.staff]
        anywhere = fitting if one.span is not None else []
        return next(iter([*near, *anywhere]), (min(one.staff, self.part.staves), 1))

    def _has_edge(self, line: Line, one: Direction) -> bool:
        """A symbol of the line begins at the direction's tick, or ends there if it is a stop."""
        tick = one.tick - self.start
        return any((symbol.end if one.stops else symbol.start) == tick for symbol in line.symbols)

    def _changes(self) -> Iterable[Direction]:
        """Changes of clef and key inside the bar; those at its start are among its attributes."""
        for mark in self.part.marks:
            if mark.kind == "clef" and self.start < mark.onset < self.end:
                clef = header.clef_element(mark.value, mark.staff if self.part.staves > 1 else None)
                yield Direction(mark.onset, mark.staff, _attributes(clef))
        for key in self.piece.keys:
            if self.start < key.tick < self.end:
                yield Direction(key.tick, 1, _attributes(header.key_element(key, self.part)))

    def _here(self, one: Direction) -> bool:
        """Stops stand at the end of the bar they close; everything else at the start of its own."""
        last = self.end == self.piece.length
        if one.stops or (last and one.tick >= self.end):
            return self.start < one.tick <= self.end or (last and one.tick > self.end)
        return self.start <= one.tick < self.end

    def _hang(self, waiting: Sequence[Direction], start: int, end: int) -> list[Direction]:
        """Write what stands from `start` to before `end`, inside the coming symbol by its offset."""
        rest = []
        for one in waiting:
            coming = one.tick >= end and end <= self.end
            if coming or (one.element.tag == "attributes" and one.tick > start):
                rest.append(one)
            else:
                self.measure.append(self._placed(one, one.tick - start))
        return rest

    def _pull(self, waiting: Sequence[Direction], now: int) -> list[Direction]:
        """Changes of clef or key inside the symbol that ends `now`: go back, write, come again."""
        late = [one for one in waiting if one.element.tag == "attributes" and one.tick < now]
        for one in late:
            _move(self.measure, "backup", now - one.tick)
            self.measure.append(one.element)
            _move(self.measure, "forward", now - one.tick)
        return [one for one in waiting if one not in late]

    def _placed(self, one: Direction, offset: int) -> Element:
        """The element with its offset and staff, before the sound that may close it."""
        extra = []
        if offset > 0:
            extra.append(("offset", str(offset)))
        if self.part.staves > 1:
            extra.append(("staff", str(one.staff)))
        place = next((i for i, child in enumerate(one.element) if child.tag == "sound"), len(one.element))
        for tag, text in reversed(extra if one.element.tag in ("direction", "harmony") else []):
            child = Element(tag)
            child.text = text
            one.element.insert(place, child)
        return one.element


def _attributes(element: Element) -> Element:
    attributes = Element("attributes")
    attributes.append(element)
    return attributes


def _move(measure: Element, tag: str, ticks: int) -> None:
    SubElement(SubElement(measure, tag), "duration").text = str(ticks)
