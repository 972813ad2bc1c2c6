"""music21 Score -> Piece.

Each part's stream is walked once, measure by measure and voice by voice; nothing of
music21 that flattens or copies is called, so a song of 40 bars takes milliseconds here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from music21 import (
    bar,
    base,
    clef,
    dynamics,
    expressions,
    harmony,
    instrument,
    key,
    meter,
    note,
    spanner,
    stream,
    tempo,
)

from generator.music.notation.reading_maps import Maps, Titles, assemble, clean, near_signature, ticks, tidy_marks
from generator.music.notation.reading_notes import Collector, is_anchor
from generator.music.notation.reading_programs import sung_program
from generator.music.notation.reading_spanners import spanner_marks
from generator.music.piece import MODE_FIFTHS, Mark, Metre, Part, Piece, Tempo

_STAFF_ID = re.compile(r"^(?P<part>.*)-Staff(?P<staff>\d+)$")


def piece_from_stream(score: stream.Stream) -> Piece:
    """A music21 Score (or single Part) as a Piece. Raises UnreadableScore when it holds no notes."""
    maps = Maps()
    groups = _part_groups(score)
    collectors = [_collect(staves, maps) for staves in groups]
    for collector in collectors:
        maps.end = max(maps.end, collector.end)
    _attach_spanners(score, collectors, maps)
    parts = tuple(_part(staves, collector) for staves, collector in zip(groups, collectors, strict=True))
    return assemble(parts, maps, _titles(score))


def _part_groups(score: stream.Stream) -> list[list[stream.Stream]]:
    """The staves of each part, top to bottom: music21 splits a piano into one stream a staff."""
    parts = list(score.parts) if isinstance(score, stream.Score) else [score]
    groups: dict[str, list[stream.Stream]] = {}
    for index, part in enumerate(parts):
        match = _STAFF_ID.match(str(part.id)) if isinstance(part, stream.PartStaff) else None
        groups.setdefault(match["part"] if match else f"{index}:", []).append(part)
    return list(groups.values())


def _collect(staves: list[stream.Stream], maps: Maps) -> Collector:
    collector = Collector()
    for number, staff in enumerate(staves, 1):
        collector.start_staff(number, _instrument(staff))
        for element, offset, voice in _walk(staff, maps):
            _take(element, offset, voice, collector, maps)
        collector.end_staff()
    return collector


def _walk(staff: stream.Stream, maps: Maps) -> Iterator[tuple[base.Music21Object, float, int]]:
    """Every element with its offset from the start (quarters) and its voice; notes barlines in passing."""
    for element in staff:
        offset = float(staff.elementOffset(element))
        if not isinstance(element, stream.Measure):
            yield element, offset, 1
            continue
        maps.bars.add(ticks(offset))
        maps.end = max(maps.end, ticks(offset + float(element.highestTime)))
        yield element, offset, 1
        voices = list(element.getElementsByClass(stream.Voice))
        for index, voice in enumerate(voices):
            number = _voice_number(voice, index)
            shift = offset + float(element.elementOffset(voice))
            for inner in voice:
                yield inner, shift + float(voice.elementOffset(inner)), number
        for inner in element:
            if not isinstance(inner, stream.Voice):
                yield inner, offset + float(element.elementOffset(inner)), 1


def _voice_number(voice: stream.Voice, index: int) -> int:
    """Voices 1-4 in each staff: files count on through the staves (5-8 in the second)."""
    text = str(voice.id)
    return (int(text) - 1) % 4 + 1 if text.isdigit() and 0 < int(text) < 100 else index + 1


def _take(element: Any, offset: float, voice: int, collector: Collector, maps: Maps) -> None:
    """Hand one element to whoever keeps its kind."""
    tick = ticks(offset)
    if isinstance(element, harmony.Harmony):
        if isinstance(element, harmony.ChordSymbol) and not isinstance(element, harmony.NoChord):
            maps.marks.add(Mark("chord", tick, value=chord_figure(element)))
    elif isinstance(element, note.GeneralNote):
        collector.take_note(element, offset, voice)
    elif is_anchor(element):
        collector.anchor(element, tick)
    elif isinstance(element, stream.Measure):
        _take_barlines(element, tick, maps)
    elif isinstance(element, (meter.TimeSignature, key.KeySignature, tempo.TempoIndication)):
        _take_map(element, tick, collector, maps)
    else:
        _take_mark(element, tick, collector, maps)


def _take_map(element: Any, tick: int, collector: Collector, maps: Maps) -> None:
    if isinstance(element, meter.TimeSignature):
        maps.metres.setdefault(tick, Metre(tick, element.numerator, element.denominator))
    elif isinstance(element, key.KeySignature):
        mode = element.mode if isinstance(element, key.Key) and element.mode in MODE_FIFTHS else None
        sharps = near_signature(element.sharps + collector.fifths_to_sounding)
        if collector.fifths_to_sounding == 0 or tick not in maps.signatures:
            known = maps.signatures.get(tick)
            maps.signatures[tick] = known if known and known[1] else (sharps, mode)
    elif isinstance(element, tempo.MetronomeMark):
        bpm = element.getQuarterBPM()
        if bpm and 5 <= bpm <= 600:
            text = (element.text or "") if not element.textImplicit else ""
            known_tempo = maps.tempos.get(tick)
            if known_tempo is None or (text and not known_tempo.text):
                maps.tempos[tick] = Tempo(tick, round(float(bpm), 3), text)
        elif element.text:
            collector.marks.append(Mark("text", tick, value=clean(element.text)))
    elif isinstance(element, tempo.TempoText) and element.text:
        collector.marks.append(Mark("text", tick, value=clean(element.text)))


def _take_mark(element: Any, tick: int, collector: Collector, maps: Maps) -> None:
    if isinstance(element, dynamics.Dynamic):
        collector.marks.append(Mark("dynamic", tick, value=str(element.value), staff=collector.staff))
    elif isinstance(element, clef.Clef):
        if value := clef_name(element):
            collector.marks.append(Mark("clef", tick, value=value, staff=collector.staff))
    elif isinstance(element, expressions.RehearsalMark):
        maps.marks.add(Mark("section", tick, value=clean(str(element.content))))
    elif isinstance(element, expressions.TextExpression) and (text := clean(element.content or "")):
        collector.marks.append(Mark("text", tick, value=text, staff=collector.staff))


def _take_barlines(measure: stream.Measure, tick: int, maps: Maps) -> None:
    end = tick + ticks(float(measure.highestTime))
    for line, place in ((measure.leftBarline, tick), (measure.rightBarline, end)):
        if isinstance(line, bar.Repeat):
            maps.marks.add(Mark("repeat-start" if line.direction == "start" else "repeat-end", place))
        elif line is not None and line.type in ("double", "final"):
            maps.marks.add(Mark("barline", place, value=line.type))


def _attach_spanners(score: stream.Stream, collectors: list[Collector], maps: Maps) -> None:
    """Slurs, hairpins and pedals to the part of their notes; voltas to the piece."""
    seen: set[int] = set()
    for site in (score, *score.getElementsByClass(stream.Part)):
        for found in site.getElementsByClass(spanner.Spanner):
            if id(found) in seen:
                continue
            seen.add(id(found))
            if isinstance(found, spanner.RepeatBracket):
                maps.marks.update(_ending(found, collectors))
            else:
                spanner_marks(found, collectors)


def _ending(bracket: spanner.RepeatBracket, collectors: list[Collector]) -> Iterator[Mark]:
    measures = [m for m in bracket.getSpannedElements() if isinstance(m, stream.Measure) and m.activeSite is not None]
    if measures:
        start = ticks(float(measures[0].getOffsetInHierarchy(measures[0].activeSite)))
        last = measures[-1]
        end = ticks(float(last.getOffsetInHierarchy(last.activeSite)) + float(last.highestTime))
        number = bracket.number or "1"
        yield Mark("ending", start, end, str(number))


def _part(staves: list[stream.Stream], collector: Collector) -> Part:
    player = collector.player
    percussion = isinstance(player, instrument.UnpitchedPercussion) or collector.unpitched > 0
    program = player.midiProgram if player is not None and player.midiProgram is not None else 0
    named = next((staff.partName for staff in staves if getattr(staff, "partName", None)), None)
    name = clean(named or (player.bestName() if player is not None else None) or "")
    notes = tuple(collector.finished())
    if len(staves) == 1 and notes:
        program = sung_program(name, program, sum(bool(note.lyrics) for note in notes) / len(notes))
    return Part(
        name,
        notes=notes,
        program=program if 0 <= program < 128 and not percussion else 0,
        staves=len(staves),
        transposition=collector.transposition,
        percussion=percussion,
        marks=tidy_marks(collector.marks),
    )


def _titles(score: stream.Stream) -> Titles:
    metadata = score.metadata
    if metadata is None:
        return Titles()
    return Titles(
        (metadata.title or "", metadata.movementName or ""), metadata.composer or "", str(metadata.copyright or "")
    )


def _instrument(staff: stream.Stream) -> instrument.Instrument | None:
    """The part's first instrument: on the part itself, or in its first measure."""
    for site in (staff, *staff.getElementsByClass(stream.Measure)[:1]):
        for element in site.getElementsByClass(instrument.Instrument):
            return element  # type: ignore[no-any-return]
    return None


def chord_figure(symbol: harmony.ChordSymbol) -> str:
    """`B-7/F` -> `Bb7/F`: music21 writes flats as hyphens."""
    return re.sub(r"(?<=[A-Ga-g])-", "b", str(symbol.figure))


_OCTAVES = {-2: "-15", -1: "-8", 0: "", 1: "+8", 2: "+15"}


def clef_name(found: clef.Clef) -> str:
    """`G2`, `F4`, `C3`, `G2-8`, `percussion`; empty when it cannot be named."""
    if isinstance(found, clef.PercussionClef):
        return "percussion"
    if not found.sign or found.sign not in "GFC" or not found.line:
        return ""
    return f"{found.sign}{found.line}{_OCTAVES.get(found.octaveChange or 0, '')}"
