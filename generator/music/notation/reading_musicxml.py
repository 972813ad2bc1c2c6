"""MusicXML (score-partwise) -> Piece, straight from its elements.

Some thirty times as fast as by way of music21's streams, and nothing is lost on the way: voices keep
their numbers and marks their ticks. Element names: w3.org/2021/06/musicxml40.
"""

from __future__ import annotations

from fractions import Fraction
from xml.etree.ElementTree import Element

from generator.music.notation.reading_maps import Maps, Titles, assemble, clean
from generator.music.notation.reading_musicxml_part import PartReader, Player
from generator.music.piece import TICKS_PER_QUARTER, Part, Piece


def read_partwise(root: Element) -> Piece:
    """The score under a `<score-partwise>` element. Raises UnreadableScore when it has no notes."""
    players = {str(each.get("id")): _player(each) for each in root.iterfind("part-list/score-part")}
    elements = root.findall("part")
    starts = _measure_starts(elements)
    maps = Maps(bars=set(starts[:-1]), end=starts[-1])
    parts = [_part(element, players.get(str(element.get("id")), Player()), starts, maps) for element in elements]
    maps.end = max([maps.end, *(note.end for part in parts for note in part.notes)])
    return assemble(tuple(parts), maps, _titles(root))


def _part(element: Element, player: Player, starts: list[int], maps: Maps) -> Part:
    reader = PartReader(player, maps)
    for number, measure in enumerate(element.iterfind("measure")):
        reader.read(measure, starts[number], starts[number + 1])
    return reader.part()


def _player(element: Element) -> Player:
    """Name and sound of a part, from the part list."""
    drums = {
        str(midi.get("id")): int(_number(midi.findtext("midi-unpitched"), 1)) - 1
        for midi in element.iterfind("midi-instrument")
        if midi.find("midi-unpitched") is not None
    }
    midi = element.find("midi-instrument")
    program = int(_number(midi.findtext("midi-program"), 1)) - 1 if midi is not None else 0
    channel = int(_number(midi.findtext("midi-channel"), 1)) if midi is not None else 1
    name = clean(element.findtext("part-name") or element.findtext("score-instrument/instrument-name") or "")
    return Player(name, min(max(program, 0), 127), channel == 10, drums)


def _measure_starts(parts: list[Element]) -> list[int]:
    """Tick at which every measure begins, and last the end: measures are as long as their longest part."""
    lengths: list[Fraction] = []
    for part in parts:
        measurer = _Measurer()
        for number, measure in enumerate(part.iterfind("measure")):
            length = measurer.length(measure)
            if number < len(lengths):
                lengths[number] = max(lengths[number], length)
            else:
                lengths.append(length)
    starts, at = [0], Fraction(0)
    for length in lengths:
        at += length
        starts.append(round(at * TICKS_PER_QUARTER))
    return starts


class _Measurer:
    """How long a part's measures are, in quarters."""

    def __init__(self) -> None:
        self.divisions = Fraction(1)

    def length(self, measure: Element) -> Fraction:
        at = longest = Fraction(0)
        for element in measure:
            if element.tag == "attributes":
                self.divisions = Fraction(_number(element.findtext("divisions"), float(self.divisions)) or 1)
            elif element.tag == "backup":
                at -= self._duration(element)
            elif element.tag == "forward" or (element.tag == "note" and element.find("chord") is None):
                at += self._duration(element)
            longest = max(longest, at)
        return longest

    def _duration(self, element: Element) -> Fraction:
        text = element.findtext("duration")
        return Fraction(_number(text, 0)) / self.divisions if text else Fraction(0)


def _titles(root: Element) -> Titles:
    creators = {each.get("type", "composer"): each.text or "" for each in root.iterfind("identification/creator")}
    names = (root.findtext("work/work-title") or "", root.findtext("movement-title") or "")
    return Titles(names, creators.get("composer", ""), root.findtext("identification/rights") or "")


def _number(text: str | None, default: float) -> float:
    """A number of the file, or `default` where it holds something else."""
    try:
        return float(text) if text else default
    except ValueError:
        return default
