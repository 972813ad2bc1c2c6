"""Events of a voice -> `<note>` elements, made by music21's exporter from its own notes, chords and rests."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from inspect import getmembers, isclass
from xml.etree.ElementTree import Element, SubElement

from music21 import articulations, chord, duration, expressions, meter, note, pitch, tie
from music21.beam import Beams
from music21.musicxml.m21ToXml import MeasureExporter

from generator.music.notation.spelling import from_fifths, to_fifths
from generator.music.notation.writing_durations import TRIPLET_UNITS, Symbol
from generator.music.notation.writing_voices import Event, Sounding
from generator.music.piece import STEP_CLASSES, TICKS_PER_QUARTER, Note, Spelling

_ARTICULATIONS = {
    name.lower(): cls for name, cls in getmembers(articulations, isclass) if issubclass(cls, articulations.Articulation)
}
_EXPRESSIONS = {
    name.lower(): cls
    for name, cls in getmembers(expressions, isclass)
    if issubclass(cls, expressions.Ornament | expressions.Fermata | expressions.ArpeggioMark)
}
_ACCIDENTALS = {-2: "double-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_TRIPLET_TYPES = dict(zip(TRIPLET_UNITS, ("whole", "half", "quarter", "eighth", "16th", "32nd", "64th"), strict=True))


class NoteExporter(MeasureExporter):
    """music21's translator of notes, counting durations in our ticks and appending to `measure`."""

    def __init__(self, measure: Element) -> None:
        super().__init__()
        self.currentDivisions = TICKS_PER_QUARTER
        self.xmlRoot = measure

    def write(self, written: note.GeneralNote, voice: int, staff: int | None) -> list[Element]:
        """Append `written` (a note, chord or rest) and return its `<note>` elements."""
        self.currentVoiceId = voice
        before = len(self.xmlRoot)
        if isinstance(written, chord.Chord):
            self.chordToXml(written)
            _set_dynamics(self.xmlRoot[before:], written.notes)
        elif isinstance(written, note.Rest):
            self.restToXml(written)
        else:
            self.noteToXml(written)
        elements = self.xmlRoot[before:]
        if staff is not None:
            for element in elements:
                _insert_staff(element, staff)
        return elements


def _set_dynamics(elements: Sequence[Element], notes: Sequence[note.NotRest]) -> None:
    """Each note of a chord has its own velocity: `dynamics` is a percentage of 90."""
    for element, one in zip(elements, notes, strict=True):
        velocity = one.volume.velocity if one.hasVolumeInformation() else None
        if velocity is not None:
            element.set("dynamics", f"{velocity * 100 / 90:.2f}")


def _insert_staff(element: Element, staff: int) -> None:
    """`<staff>` stands before beams, notations and lyrics."""
    place = next((i for i, child in enumerate(element) if child.tag in ("beam", "notations", "lyric")), len(element))
    child = Element("staff")
    child.text = str(staff)
    element.insert(place, child)


def make_rest(symbol: Symbol, *, hidden: bool) -> note.Rest:
    """The rest that shows `symbol`; one without a type is a full-bar rest."""
    rest = note.Rest(duration=make_duration(symbol, bracket=True))
    rest.fullMeasure = not symbol.type
    if hidden:
        rest.style.hideObjectOnPrint = True
    return rest


def make_note(
    symbol: Symbol, event: Event, names: Sequence[tuple[Spelling, int, bool]], end: int, bracket: bool
) -> note.NotRest:
    """One symbol of a note or chord, up to tick `end` of the piece.

    `names`: spelling, written octave and whether to show the accidental.
    """
    written = make_duration(symbol, bracket)
    notes = [_one(one, name, written) for one, name in zip(event.notes, names, strict=True)]
    opening = all(one.fragments == 0 for one in event.notes)
    for one, made in zip(event.notes, notes, strict=True):
        made.id = one.next_id()
        made.tie = _tie(not opening, end < one.note.end)
    result = notes[0] if len(notes) == 1 else chord.Chord(notes, duration=written)
    if opening:
        _decorate(result, [one.note for one in event.notes])
    return result


def make_grace(graces: Sequence[Sounding], names: Sequence[tuple[Spelling, int, bool]]) -> list[note.Note]:
    """Grace notes one after the other, as eighths with a slash."""
    made = []
    for one, name in zip(graces, names, strict=True):
        grace = _one(one, name, duration.Duration("eighth")).getGrace()
        grace.id = one.next_id()
        _decorate(grace, [one.note])
        made.append(grace)
    return made


def _one(one: Sounding, name: tuple[Spelling, int, bool], written: duration.Duration) -> note.Note:
    spelling, octave, shown = name
    made = note.Note(pitch.Pitch(step=spelling.step, octave=octave), duration=written)
    if spelling.alter or shown:
        made.pitch.accidental = pitch.Accidental(_ACCIDENTALS[spelling.alter])
        made.pitch.accidental.displayStatus = shown
    if one.note.velocity is not None:
        made.volume.velocity = one.note.velocity
    return made


def _tie(before: bool, after: bool) -> tie.Tie | None:
    if before:
        return tie.Tie("continue" if after else "stop")
    return tie.Tie("start") if after else None


def _decorate(written: note.NotRest, notes: Sequence[Note]) -> None:
    """Articulations and words go on the chord, once each."""
    for name in dict.fromkeys(name for one in notes for name in one.articulations):
        if name in _EXPRESSIONS:
            written.expressions.append(_EXPRESSIONS[name]())
        elif name in _ARTICULATIONS:
            written.articulations.append(_ARTICULATIONS[name]())
    for lyric in dict.fromkeys(lyric for one in notes for lyric in one.lyrics):
        written.lyrics.append(note.Lyric(lyric.text, number=lyric.verse, syllabic=lyric.syllabic, applyRaw=True))


def make_duration(symbol: Symbol, bracket: bool) -> duration.Duration:
    """music21's duration of a symbol, in its triplet if it stands in one."""
    if not symbol.type:
        return duration.Duration(symbol.ticks / TICKS_PER_QUARTER)
    made = duration.Duration(type=symbol.type, dots=symbol.dots)
    if symbol.window:
        if symbol.count == 3:
            unit = _TRIPLET_TYPES[max(unit for unit in TRIPLET_UNITS if unit * 3 <= symbol.window)]
            triplet = duration.Tuplet(3, 2, unit)
        else:
            triplet = duration.Tuplet(symbol.count, 4, symbol.type)
        triplet.type = symbol.tuplet or None  # type: ignore[assignment]
        triplet.bracket = bracket
        triplet.placement = None  # type: ignore[assignment]
        made.appendTuplet(triplet)
    return made


def beams(symbols: Sequence[Symbol], numerator: int, denominator: int, phase: int) -> tuple[Beams | None, ...]:
    """music21's beams of one voice in one bar."""
    if not any(one.item is not None for one in symbols):
        return (None,) * len(symbols)
    rhythm = tuple((one.type, one.dots, one.window, one.count, one.item is None) for one in symbols)
    return _beams(rhythm, numerator, denominator, phase)


@lru_cache(maxsize=4096)
def _beams(
    rhythm: tuple[tuple[str, int, int, int, bool], ...], numerator: int, denominator: int, phase: int
) -> tuple[Beams | None, ...]:
    made: list[note.GeneralNote] = []
    for name, dots, window, count, silent in rhythm:
        written = make_duration(Symbol(0, 0, name, dots, window=window, count=count), True)
        made.append(note.Rest(duration=written) if silent else note.Note("C4", duration=written))
    length = phase + sum(float(one.quarterLength) for one in made) * TICKS_PER_QUARTER
    if length > numerator * 4 * TICKS_PER_QUARTER // denominator:  # longer than its metre: music21 would refuse
        numerator, denominator = int(-(-length // 12)), 8
    time = meter.TimeSignature(f"{numerator}/{denominator}")
    return tuple(time.getBeams(made, measureStartOffset=phase / TICKS_PER_QUARTER))


def written_name(spelling: Spelling, sounding: int, transposition: int, fifths: int) -> tuple[Spelling, int]:
    """Spelling and octave on the page of a `sounding` pitch for an instrument that transposes."""
    written = sounding - transposition
    name = from_fifths(to_fifths(spelling) + fifths)
    if abs(name.alter) > 2:
        name = from_fifths(to_fifths(name) + (12 if name.alter < 0 else -12))
    return name, name.octave(written)


def add_notation(element: Element, child: Element) -> None:
    """Put a slur or the like into the `<notations>` of a `<note>`."""
    notations = element.find("notations")
    if notations is None:
        place = next((i for i, one in enumerate(element) if one.tag == "lyric"), len(element))
        notations = Element("notations")
        element.insert(place, notations)
    notations.append(child)


# Where General MIDI drum keys stand on a five-line staff, read as in the treble clef; cymbals have crosses.
_DRUM_PLACES = {
    **dict.fromkeys((35, 36), "F4"), **dict.fromkeys((37, 38, 39, 40), "C5"), **dict.fromkeys((41, 43), "A4"),
    **dict.fromkeys((45, 47), "B4"), 48: "D5", 50: "E5", 44: "D4", **dict.fromkeys((42, 46), "G5"),
    **dict.fromkeys((49, 52, 55, 57), "A5"), **dict.fromkeys((51, 53, 59), "F5"), 54: "B5", 56: "E5",
}  # fmt: skip
_CROSSES = frozenset((37, 42, 44, 46, 49, 51, 52, 53, 55, 57, 59))


def unpitched(element: Element, part_id: str) -> None:
    """Turn a pitched `<note>` of a drum part into a stroke; its pitch is the General MIDI drum key."""
    place = element.find("pitch")
    if place is None:
        return
    octave = int(place.findtext("octave", "4"))
    key = (octave + 1) * 12 + STEP_CLASSES[place.findtext("step", "C")] + int(place.findtext("alter", "0"))
    place.clear()
    place.tag = "unpitched"
    step, line = tuple(_DRUM_PLACES.get(key, "C5"))
    SubElement(place, "display-step").text = step
    SubElement(place, "display-octave").text = line
    before = [i for i, child in enumerate(element) if child.tag in ("grace", "chord", "unpitched", "duration", "tie")]
    element.insert(max(before) + 1, Element("instrument", {"id": f"{part_id}-I{key}"}))
    if key in _CROSSES:
        head = Element("notehead")
        head.text = "x"
        after = ("staff", "beam", "notations", "lyric")
        element.insert(next((i for i, one in enumerate(element) if one.tag in after), len(element)), head)
