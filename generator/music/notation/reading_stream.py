"""music21 Score -> Piece.

Each part's stream is walked once, measure by measure and voice by voice; nothing of
music21 that flattens or copies is called, so a song of 40 bars takes milliseconds here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
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

from generator.music.keys import infer_key
from generator.music.notation.reading_errors import UnreadableScore
from generator.music.notation.reading_notes import Collector, is_anchor
from generator.music.notation.reading_programs import sung_program
from generator.music.notation.reading_spanners import spanner_marks
from generator.music.piece import MODE_FIFTHS, TICKS_PER_QUARTER, Key, Mark, Metre, Part, Piece, Tempo

_STAFF_ID = re.compile(r"^(?P<part>.*)-Staff(?P<staff>\d+)$")
_LONGEST = 200_000  # ticks; some 2,000 bars of 4/4


@dataclass
class Maps:
    """What all parts share, by tick; the first part to say something wins."""

    metres: dict[int, Metre] = field(default_factory=dict)
    signatures: dict[int, tuple[int, str | None]] = field(default_factory=dict)
    tempos: dict[int, Tempo] = field(default_factory=dict)
    bars: set[int] = field(default_factory=set)
    marks: set[Mark] = field(default_factory=set)
    end: int = 0


def piece_from_stream(score: stream.Stream) -> Piece:
    """A music21 Score (or single Part) as a Piece. Raises UnreadableScore when it holds no notes."""
    maps = Maps()
    groups = _part_groups(score)
    collectors = [_collect(staves, maps) for staves in groups]
    for collector in collectors:
        maps.end = max(maps.end, collector.end)
    if not any(collector.notes for collector in collectors):
        raise UnreadableScore("The score holds no notes.")
    if maps.end > _LONGEST:
        raise UnreadableScore("The score is longer than some 2,000 bars; split it first.")
    _attach_spanners(score, collectors, maps)
    parts = tuple(_part(staves, collector) for staves, collector in zip(groups, collectors, strict=True))
    return _assemble(parts, maps, score)


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
        sharps = _near_signature(element.sharps + collector.fifths_to_sounding)
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
            collector.marks.append(Mark("text", tick, value=_clean(element.text)))
    elif isinstance(element, tempo.TempoText) and element.text:
        collector.marks.append(Mark("text", tick, value=_clean(element.text)))


def _take_mark(element: Any, tick: int, collector: Collector, maps: Maps) -> None:
    if isinstance(element, dynamics.Dynamic):
        collector.marks.append(Mark("dynamic", tick, value=str(element.value), staff=collector.staff))
    elif isinstance(element, clef.Clef):
        if value := clef_name(element):
            collector.marks.append(Mark("clef", tick, value=value, staff=collector.staff))
    elif isinstance(element, expressions.RehearsalMark):
        maps.marks.add(Mark("section", tick, value=_clean(str(element.content))))
    elif isinstance(element, expressions.TextExpression) and (text := _clean(element.content or "")):
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
    name = _clean(named or (player.bestName() if player is not None else None) or "")
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


def _assemble(parts: tuple[Part, ...], maps: Maps, score: stream.Stream) -> Piece:
    metres = _complete(maps.metres, Metre(0, 4, 4))
    bars = _bars(maps, metres)
    metadata = score.metadata
    return Piece(
        parts=parts,
        bars=bars,
        metres=metres,
        keys=_keys(maps.signatures, parts, bars[-1]),
        tempos=_complete(maps.tempos, Tempo(0, 120, estimated=True)),
        marks=tuple(sorted(maps.marks, key=mark_order)),
        title=_title(metadata),
        composer=_clean((metadata.composer or "") if metadata else ""),
        rights=_clean(str(metadata.copyright or "")) if metadata else "",
    )


def _title(metadata: Any) -> str:
    """`Winterreise: Der Lindenbaum`: the work and, where it has one, the movement."""
    if metadata is None:
        return ""
    names = [_clean(name) for name in (metadata.title, metadata.movementName) if name]
    return ": ".join(dict.fromkeys(names))


def _complete(entries: dict[int, Any], default: Any) -> tuple[Any, ...]:
    """The map in order, from tick 0 on, without entries that repeat the one before."""
    ordered = [entries[tick] for tick in sorted(entries)]
    if not ordered or ordered[0].tick > 0:
        first = default if not ordered or isinstance(default, Tempo) else replace(ordered[0], tick=0)
        ordered.insert(0, first)
    kept = ordered[:1]
    kept += [entry for before, entry in pairwise(ordered) if replace(entry, tick=before.tick) != before]
    return tuple(kept)


def _bars(maps: Maps, metres: tuple[Metre, ...]) -> tuple[int, ...]:
    """Barlines as written; where a score has none, as the metre has them."""
    lines = sorted(tick for tick in maps.bars if tick < maps.end)
    if not lines or lines[0] > 0:
        lines.insert(0, 0)
    if len(lines) == 1:
        step = metres[0].bar_ticks
        lines = list(range(0, maps.end, step))
        return (*lines, max(lines[-1] + step, maps.end))
    return (*lines, maps.end)


def _keys(signatures: dict[int, tuple[int, str | None]], parts: tuple[Part, ...], end: int) -> tuple[Key, ...]:
    """The key of each signature's stretch; where no mode is named, by profile and final bass."""
    if not signatures:
        return (infer_key([n for part in parts if not part.percussion for n in part.notes]),)
    starts = sorted(signatures)
    if starts[0] > 0:
        signatures[0] = signatures[starts[0]]
        starts[0] = 0
    notes = [n for part in parts if not part.percussion for n in part.notes]
    tune = len(parts) == 1 and parts[0].staves == 1  # church modes are heard in tunes; songs modulate
    keys: list[Key] = []
    for start, stop in zip(starts, [*starts[1:], end + 1], strict=True):
        fifths, mode = signatures[start]
        under = [n for n in notes if start <= n.onset < stop]
        found = Key.from_fifths(fifths, mode, start) if mode else infer_key(under, fifths, church=tune, tick=start)  # type: ignore[arg-type]
        if not keys or (found.tonic, found.mode) != (keys[-1].tonic, keys[-1].mode):
            keys.append(found)
    return tuple(keys)


def _near_signature(fifths: int) -> int:
    """The same signature with at most seven accidentals."""
    while fifths > 7:
        fifths -= 12
    while fifths < -7:
        fifths += 12
    return fifths


def _instrument(staff: stream.Stream) -> instrument.Instrument | None:
    """The part's first instrument: on the part itself, or in its first measure."""
    for site in (staff, *staff.getElementsByClass(stream.Measure)[:1]):
        for element in site.getElementsByClass(instrument.Instrument):
            return element  # type: ignore[no-any-return]
    return None


def ticks(quarters: float) -> int:
    """Quarter lengths on the grid."""
    return round(quarters * TICKS_PER_QUARTER)


def mark_order(mark: Mark) -> tuple[int, str, int, str, int, int]:
    return (mark.onset, mark.kind, mark.end or 0, mark.value, mark.staff, mark.voice)


def tidy_marks(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """In order, each once, without clefs that repeat the one before on their staff."""
    kept: list[Mark] = []
    clefs: dict[int, str] = {}
    for mark in dict.fromkeys(sorted(marks, key=mark_order)):
        if mark.kind == "clef":
            if clefs.get(mark.staff) == mark.value:
                continue
            clefs[mark.staff] = mark.value
        kept.append(mark)
    return tuple(kept)


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


def _clean(text: str) -> str:
    """One line, without what XML cannot hold."""
    return re.sub(r"[\x00-\x1f\x7f\ufffe\uffff]+", " ", str(text)).strip()
