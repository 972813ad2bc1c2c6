"""What stands before the notes: titles, the list of parts, and the attributes of a staff."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from xml.etree.ElementTree import Element, SubElement

from generator.music.ensembles import BASS, CELLO, LEFT, LOWER, TENOR, VIOLA, lane_kind
from generator.music.piece import Key, Metre, Part, Piece

_CLEFS = {lane.kind: lane.clef for lane in (TENOR, BASS, VIOLA, CELLO, LEFT, LOWER)}
_PERCUSSION_CHANNEL = 10
# Written-to-sounding semitones, modulo an octave -> letter steps of the written interval downwards.
_STEPS = (0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6)
_FIFTHS = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)


def part_id(index: int) -> str:
    return f"P{index + 1}"


def part_list(piece: Piece) -> Element:
    """`<part-list>`: names, programs, and a bracket or brace where parts belong together."""
    element = Element("part-list")
    channels = iter([channel for channel in range(1, 17) if channel != _PERCUSSION_CHANNEL] * len(piece.parts))
    for first, group in _groups(piece):
        if group:
            start = SubElement(element, "part-group", {"type": "start", "number": "1"})
            SubElement(start, "group-symbol").text = group
            SubElement(start, "group-barline").text = "yes" if group == "bracket-through" else "no"
        for index in first:
            _score_part(element, index, piece.parts[index], next(channels))
        if group:
            SubElement(element, "part-group", {"type": "stop", "number": "1"})
    return element


def _groups(piece: Piece) -> list[tuple[list[int], str]]:
    """Runs of parts that a bracket joins: all voices, or all strings."""
    groups: list[tuple[list[int], str]] = []
    for index, part in enumerate(piece.parts):
        family = _family(part)
        if groups and family and groups[-1][1] == family:
            groups[-1][0].append(index)
        else:
            groups.append(([index], family))
    return [(members, "bracket" if family and len(members) > 1 else "") for members, family in groups]


def _family(part: Part) -> str:
    if part.staves > 1 or part.percussion:
        return ""
    if 52 <= part.program <= 54:
        return "voices"
    return "strings" if 40 <= part.program <= 51 else ""


def _score_part(parent: Element, index: int, part: Part, channel: int) -> None:
    name = part_id(index)
    element = SubElement(parent, "score-part", {"id": name})
    SubElement(element, "part-name").text = part.name
    instruments = drum_keys(part) if part.percussion else [None]
    for key in instruments:
        instrument = SubElement(element, "score-instrument", {"id": instrument_id(name, key)})
        SubElement(instrument, "instrument-name").text = part.name
    for key in instruments:
        midi = SubElement(element, "midi-instrument", {"id": instrument_id(name, key)})
        SubElement(midi, "midi-channel").text = str(_PERCUSSION_CHANNEL if part.percussion else channel)
        SubElement(midi, "midi-program").text = str(part.program + 1)
        if key is not None:
            SubElement(midi, "midi-unpitched").text = str(key + 1)


def drum_keys(part: Part) -> list[int]:
    """The General MIDI drum keys a percussion part may strike."""
    return sorted({note.pitch for note in part.notes}) or list(range(35, 82))


def instrument_id(part: str, key: int | None) -> str:
    return f"{part}-I{1 if key is None else key}"


def document(piece: Piece) -> Element:
    """An empty `<score-partwise>` with titles, rights and the list of parts."""
    root = Element("score-partwise", {"version": "4.0"})
    if piece.title:
        SubElement(SubElement(root, "work"), "work-title").text = piece.title
    identification = SubElement(root, "identification")
    if piece.composer:
        SubElement(identification, "creator", {"type": "composer"}).text = piece.composer
    if piece.rights:
        SubElement(identification, "rights").text = piece.rights
    SubElement(SubElement(identification, "encoding"), "software").text = "Partita"
    root.append(part_list(piece))
    return root


def fifths_shift(part: Part) -> int:
    """How far the written key lies from the sounding one on the circle of fifths."""
    return _FIFTHS[-part.transposition % 12] if part.transposition else 0


def transpose_element(part: Part) -> Element:
    """`<transpose>`: from what is written to what sounds."""
    element = Element("transpose")
    up = -part.transposition
    octaves, semitones = divmod(abs(up), 12)
    sign = -1 if up > 0 else 1
    steps = _letter_steps(sign * semitones)
    SubElement(element, "diatonic").text = str(steps)
    SubElement(element, "chromatic").text = str(sign * semitones)
    if octaves:
        SubElement(element, "octave-change").text = str(sign * octaves)
    return element


def _letter_steps(semitones: int) -> int:
    """Letter names between written and sounding note, agreeing with `fifths_shift`."""
    fifths = -_FIFTHS[-semitones % 12]
    return (semitones * 7 - fifths) // 12 if (semitones * 7 - fifths) % 12 == 0 else _STEPS[semitones % 12]


def written_fifths(key: Key, part: Part) -> int:
    """The signature on the page: transposed, and at most seven accidentals."""
    fifths = key.fifths + fifths_shift(part)
    return fifths - 12 * (fifths > 7) + 12 * (fifths < -7)


def key_element(key: Key, part: Part) -> Element:
    element = Element("key")
    SubElement(element, "fifths").text = str(written_fifths(key, part))
    SubElement(element, "mode").text = key.mode
    return element


def time_element(metre: Metre) -> Element:
    element = Element("time")
    SubElement(element, "beats").text = str(metre.numerator)
    SubElement(element, "beat-type").text = str(metre.denominator)
    return element


def clef_element(name: str, staff: int | None) -> Element:
    """`G2`, `F4`, `C3`, `G2-8`, `percussion` as `<clef>`."""
    element = Element("clef", {} if staff is None else {"number": str(staff)})
    if name == "percussion":
        SubElement(element, "sign").text = "percussion"
        return element
    SubElement(element, "sign").text = name[0]
    SubElement(element, "line").text = name[1]
    if name[2:]:
        SubElement(element, "clef-octave-change").text = str(
            {"8": 1, "15": 2}[name[3:]] * (1 if name[2] == "+" else -1)
        )
    return element


def default_clef(part: Part, staff: int) -> str:
    """The clef of a staff that names none: by its pitches, or for an empty one by who plays."""
    if part.percussion:
        return "percussion"
    pitches = [note.pitch - part.transposition for note in part.notes if note.staff == staff]
    kind = lane_kind(part, staff)
    if kind in ("tenor", "viola"):
        return _CLEFS[kind]
    if pitches and part.staves == 1:
        return "F4" if median(pitches) < 57 else "G2"
    return _CLEFS.get(kind, "G2")


def first_clefs(part: Part) -> Sequence[str]:
    """The clef at the start of every staff, from the part's marks or the default."""
    named = {mark.staff: mark.value for mark in part.marks if mark.kind == "clef" and mark.onset == 0}
    return [named.get(staff) or default_clef(part, staff) for staff in range(1, part.staves + 1)]
