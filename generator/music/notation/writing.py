"""Piece -> MusicXML, bar by bar.

`MeasureWriter` writes any bar as soon as its notes are known; `write` runs it over a
whole piece. Durations count 24 divisions to the quarter, so every tick is exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement, tostring

from generator.music.notation.spelling import Speller
from generator.music.notation.writing_header import document, part_id, part_list
from generator.music.notation.writing_part import PartWriter
from generator.music.piece import Note, Piece

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN"'
    ' "http://www.musicxml.org/dtds/partwise.dtd">\n'
)


class MeasureWriter:
    """Writes the bars of a score one after the other.

    `skeleton` gives parts, bars, maps and marks; its notes are used for slurs and for
    clefs only. Notes that sound over a barline are remembered and tied.
    """

    def __init__(self, skeleton: Piece) -> None:
        self.skeleton = skeleton
        numbers = bar_numbers(skeleton)
        self._speller = Speller()
        self._parts = [PartWriter(skeleton, index, numbers) for index in range(len(skeleton.parts))]

    def part_list(self) -> str:
        """The `<part-list>` element of the score."""
        return tostring(part_list(self.skeleton), encoding="unicode")

    def write(self, bar_index: int, notes: Sequence[tuple[int, Note]]) -> dict[int, str]:
        """`<measure>` of every part for one bar; `notes` are the (part index, note) pairs that start in it.

        Bars come in order, each once. Raises ValueError for a bar out of order or a note outside its bar.
        """
        return {
            index: tostring(measure, encoding="unicode")
            for index, measure in enumerate(self.elements(bar_index, notes))
        }

    def elements(self, bar_index: int, notes: Sequence[tuple[int, Note]]) -> list[Element]:
        """The same as elements, part by part."""
        own: dict[int, list[Note]] = defaultdict(list)
        for index, note in self._spelled(bar_index, notes):
            own[index].append(note)
        return [writer.write(bar_index, own[index]) for index, writer in enumerate(self._parts)]

    def _spelled(self, bar_index: int, notes: Sequence[tuple[int, Note]]) -> list[tuple[int, Note]]:
        """The notes with their spellings; drums have none."""
        drums = [pair for pair in notes if self.skeleton.parts[pair[0]].percussion]
        pitched = [pair for pair in notes if not self.skeleton.parts[pair[0]].percussion]
        return drums + self._speller.bar(pitched, self.skeleton.key_at(self.skeleton.bars[bar_index]))


def write(piece: Piece) -> bytes:
    """The piece as a MusicXML 4.0 document (score-partwise, UTF-8)."""
    root = document(piece)
    parts = [SubElement(root, "part", {"id": part_id(index)}) for index in range(len(piece.parts))]
    writer = MeasureWriter(piece)
    by_bar: dict[int, list[tuple[int, Note]]] = defaultdict(list)
    for index, note in piece.notes():
        by_bar[piece.bar_at(note.onset)].append((index, note))
    for bar in range(piece.bar_count):
        for part, measure in zip(parts, writer.elements(bar, by_bar[bar]), strict=True):
            part.append(measure)
    return (_HEAD + tostring(root, encoding="unicode")).encode()


def bar_numbers(piece: Piece) -> list[tuple[str, bool]]:
    """Number of every bar, and whether it is left out of the count (implicit).

    A pickup is 0; the second half of a bar divided by a repeat is X1, X2 ...
    """
    numbers: list[tuple[str, bool]] = []
    count, halves, missing = 0, 0, 0
    for index, (start, end) in enumerate(pairwise(piece.bars)):
        length, full = end - start, piece.metre_at(start).bar_ticks
        if index == 0 and piece.pickup:
            numbers.append(("0", True))
        elif missing and length == missing:
            halves += 1
            numbers.append((f"X{halves}", True))
            length = full
        else:
            count += 1
            numbers.append((str(count), False))
        missing = full - length if 0 < length < full and not (index == 0 and piece.pickup) else 0
    return numbers
