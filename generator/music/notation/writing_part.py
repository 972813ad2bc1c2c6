"""One part, bar by bar: attributes, barlines, and the voices of every staff."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from generator.music.notation import writing_header as header
from generator.music.notation.writing_bar import BarWriter, Context
from generator.music.notation.writing_marks import barline, part_directions, piece_directions, slur_ends
from generator.music.notation.writing_voices import Event, Sounding, separate
from generator.music.piece import TICKS_PER_QUARTER, Note, Piece, note_id


class PartWriter:
    """Writes the measures of one part of `piece`; keeps what sounds on from bar to bar."""

    def __init__(self, piece: Piece, index: int, numbers: Sequence[tuple[str, bool]]) -> None:
        self.piece, self.index, self.part = piece, index, piece.parts[index]
        self.numbers = numbers
        directions = part_directions(self.part, piece.bars) + (piece_directions(piece) if index == 0 else [])
        self.context = Context(piece, index, directions, slur_ends(index, self.part, piece.bars))
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
        voices, self._held = separate(sounding, self._held, start, end)
        BarWriter(self.context, measure, bar).write(voices)
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


def _append(measure: Element, element: Element | None) -> None:
    if element is not None:
        measure.append(element)
