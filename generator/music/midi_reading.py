"""Standard MIDI file -> Piece, quantised to the grid. Files come from strangers: size and length are bounded."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import mido
import pretty_midi

from generator.music.midi_holds import bars_of, tempo_from
from generator.music.midi_writing import DRUMS, PREFIX
from generator.music.piece import TICKS_PER_QUARTER, Key, Mark, Metre, Note, Part, Piece, Tempo

LARGEST = 2_000_000  # bytes
MOST_EVENTS = 200_000
MOST_TRACKS = 128
LONGEST = 200_000  # of our ticks: some 2,000 bars of 4/4
_PEDAL = 64


class UnreadableMidi(ValueError):
    """Not a MIDI file we can read; the message is a sentence to show."""


@dataclass
class _Lane:
    """One instrument of one track."""

    name: str
    program: int
    percussion: bool
    notes: list[Note]
    pedals: list[tuple[int, int]]
    details: dict[str, Any] = field(default_factory=dict)


def read(data: bytes) -> Piece:
    """The music of a MIDI file on our grid. Raises UnreadableMidi with a sentence to show."""
    file = _parse(data)
    grid = _Grid(file.ticks_per_beat)
    shared = _Shared(grid, file)
    lanes = [lane for track in file.tracks for lane in _lanes(file, track, grid)]
    parts = _parts(lanes)
    end = max((note.end for part in parts for note in part.notes), default=0)
    if not end:
        raise UnreadableMidi("The MIDI file holds no notes.")
    if end > LONGEST:
        raise UnreadableMidi("The MIDI file is longer than some 2,000 bars; split it first.")
    bars, metres = _bars(shared, end)
    return Piece(
        parts=parts,
        bars=bars,
        metres=metres,
        keys=shared.keys(),
        tempos=shared.tempos(),
        marks=tuple(shared.sections),
        title=shared.title,
        composer=str(shared.details.get("composer", "")),
        rights=shared.rights,
    )


def _parse(data: bytes) -> mido.MidiFile:
    if len(data) > LARGEST:
        raise UnreadableMidi(f"The MIDI file is larger than {LARGEST // 1_000_000} MB.")
    if not data.startswith(b"MThd"):
        raise UnreadableMidi("This is not a Standard MIDI file: it does not begin with MThd.")
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True, charset="latin1")
    except Exception as error:  # mido raises a dozen kinds on broken files
        raise UnreadableMidi(f"The MIDI file is damaged: {str(error) or type(error).__name__}.") from error
    if not 0 < file.ticks_per_beat < 0x8000:
        raise UnreadableMidi("The MIDI file counts film frames, not beats; export it with ticks per quarter note.")
    if file.type == 2:
        raise UnreadableMidi("The MIDI file holds several patterns (type 2); export it as type 0 or 1.")
    if len(file.tracks) > MOST_TRACKS or sum(len(track) for track in file.tracks) > MOST_EVENTS:
        raise UnreadableMidi(f"The MIDI file has more than {MOST_TRACKS} tracks or {MOST_EVENTS:,} events.")
    longest = max((sum(message.time for message in track) for track in file.tracks), default=0)
    if longest * TICKS_PER_QUARTER > LONGEST * file.ticks_per_beat or longest > pretty_midi.pretty_midi.MAX_TICK:
        raise UnreadableMidi("The MIDI file is longer than some 2,000 bars; split it first.")
    return file


@dataclass(frozen=True)
class _Grid:
    """MIDI ticks on our grid."""

    resolution: int

    def tick(self, midi_tick: float) -> int:
        return round(midi_tick * TICKS_PER_QUARTER / self.resolution)


class _Shared:
    """Maps and titles: what all tracks share."""

    def __init__(self, grid: _Grid, file: mido.MidiFile) -> None:
        self.title = self.rights = ""
        self.details: dict[str, Any] = {}
        self.sections: list[Mark] = []
        self._tempos: dict[int, Tempo] = {}
        self._metres: dict[int, Metre] = {}
        self._keys: dict[int, Key] = {}
        for number, track in enumerate(file.tracks):
            for tick, message in _timed(track):
                self._take(message, grid.tick(tick), conducts=number == 0 and len(file.tracks) > 1)

    def _take(self, message: Any, tick: int, *, conducts: bool) -> None:
        if message.type == "set_tempo":
            self._tempos[tick] = tempo_from(tick, message.tempo)
        elif message.type == "time_signature":
            if _writable(message):
                self._metres[tick] = Metre(tick, message.numerator, message.denominator)
        elif message.type == "key_signature":
            self._keys[tick] = _key(message.key, tick)
        elif message.type == "marker":
            self.sections.append(Mark("section", tick, value=_text(message.text)))
        elif message.type == "copyright":
            self.rights = _text(message.text)
        elif conducts and message.type == "track_name":
            self.title = _text(message.name)
        elif message.type == "text" and conducts:
            self.details |= _details(message.text)

    def tempos(self) -> tuple[Tempo, ...]:
        return _map(self._tempos, Tempo(0, 120, estimated=True))

    def metres(self) -> tuple[Metre, ...]:
        return _map(self._metres, Metre(0, 4, 4))

    def keys(self) -> tuple[Key, ...]:
        return _map(self._keys, Key.from_fifths(0))


def _timed(track: mido.MidiTrack) -> Iterator[tuple[int, Any]]:
    """The track's messages with their absolute MIDI tick."""
    now = 0
    for message in track:
        now += message.time
        yield now, message


def _map(entries: dict[int, Any], default: Any) -> tuple[Any, ...]:
    """The entries in order, from tick 0 on, without repetitions."""
    ordered = [entries[tick] for tick in sorted(entries)]
    if not ordered or ordered[0].tick > 0:
        ordered.insert(0, default)
    kept = ordered[:1]
    for entry in ordered[1:]:
        if [getattr(entry, name) for name in entry.__slots__[1:]] != [
            getattr(kept[-1], name) for name in entry.__slots__[1:]
        ]:
            kept.append(entry)
    return tuple(kept)


def _writable(message: Any) -> bool:
    """True for metres whose bars last a whole number of our ticks."""
    ticks, rest = divmod(message.numerator * 4 * TICKS_PER_QUARTER, message.denominator)
    return ticks > 0 and rest == 0


def _key(name: str, tick: int) -> Key:
    return Key.parse(f"{name.removesuffix('m')} {'minor' if name.endswith('m') else 'major'}", tick)


def _text(text: str) -> str:
    """A text event: UTF-8 if it can be, else Latin-1; one line."""
    try:
        text = text.encode("latin1").decode("utf-8")
    except UnicodeError:
        pass
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()[:500]


def _details(text: str) -> dict[str, Any]:
    """What one of our own text events says; nothing for any other."""
    if not text.startswith(PREFIX):
        return {}
    try:
        found = json.loads(text.removeprefix(PREFIX))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


# -- Notes -----------------------------------------------------------------------------


def _lanes(file: mido.MidiFile, track: mido.MidiTrack, grid: _Grid) -> list[_Lane]:
    """The instruments of a track; a track of ours that is silent still names its part."""
    name = _text(next((message.name for message in track if message.type == "track_name"), ""))
    details: dict[str, Any] = {}
    for message in track:
        if message.type == "text":
            details |= _details(message.text)
    lanes = []
    for instrument in _instruments(file, track):
        lane = _Lane(name, int(instrument.program), instrument.is_drum, [], [], details)
        lane.notes = [_note(one, grid) for one in instrument.notes]
        lane.pedals = _pedals(instrument, grid)
        if lane.notes:
            lanes.append(lane)
    if not lanes and "part" in details:
        program = next((message.program for message in track if message.type == "program_change"), 0)
        drums = any(message.type == "program_change" and message.channel == DRUMS for message in track)
        lanes.append(_Lane(name, program, drums, [], _silent_pedals(track, grid), details))
    return lanes


def _instruments(file: mido.MidiFile, track: mido.MidiTrack) -> list[pretty_midi.Instrument]:
    """pretty_midi's reading of one track, a quarter note lasting one second."""
    alone = mido.MidiFile(ticks_per_beat=file.ticks_per_beat)
    played = ("note_on", "note_off", "control_change", "program_change")
    now, messages = 0, [mido.MetaMessage("set_tempo", tempo=1_000_000, time=0)]
    for tick, message in _timed(track):
        if message.type in played:
            messages.append(message.copy(time=tick - now))
            now = tick
    alone.tracks.append(mido.MidiTrack(messages))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pretty_midi.PrettyMIDI(mido_object=alone).instruments
    except (ValueError, IndexError, KeyError) as error:
        raise UnreadableMidi(f"The MIDI file is damaged: {error}.") from error
    return found  # type: ignore[no-any-return]


def _note(note: pretty_midi.Note, grid: _Grid) -> Note:
    """A note with both ends on the grid, at least one tick long."""
    onset, end = round(note.start * TICKS_PER_QUARTER), round(note.end * TICKS_PER_QUARTER)
    return Note(onset, max(end - onset, 1), note.pitch, velocity=note.velocity)


def _pedals(instrument: pretty_midi.Instrument, grid: _Grid) -> list[tuple[int, int]]:
    changes = [(one.time, one.value) for one in instrument.control_changes if one.number == _PEDAL]
    return _pressed((round(time * TICKS_PER_QUARTER), value) for time, value in sorted(changes))


def _silent_pedals(track: mido.MidiTrack, grid: _Grid) -> list[tuple[int, int]]:
    return _pressed(
        (grid.tick(tick), message.value)
        for tick, message in _timed(track)
        if message.type == "control_change" and message.control == _PEDAL
    )


def _pressed(changes: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """When the pedal is down, from its controller values in order of time."""
    held, spans = None, []
    for tick, value in changes:
        if value >= 64 and held is None:
            held = tick
        elif value < 64 and held is not None:
            if tick > held:
                spans.append((held, tick))
            held = None
    return spans


def _parts(lanes: Sequence[_Lane]) -> tuple[Part, ...]:
    """One part an instrument; tracks that say they are staves of one part are joined."""
    groups: dict[object, list[_Lane]] = {}
    for index, lane in enumerate(lanes):
        part = lane.details.get("part")
        groups.setdefault(("part", part) if isinstance(part, int) else index, []).append(lane)
    return tuple(_part(group) for group in groups.values())


def _part(group: Sequence[_Lane]) -> Part:
    first = group[0]
    notes: list[Note] = []
    pedals: list[Mark] = []
    staves = 1
    for lane in group:
        staff = _small(lane.details.get("staff"))
        staves = max(staves, staff, _small(lane.details.get("staves")))
        notes += [Note(one.onset, one.duration, one.pitch, staff=staff, velocity=one.velocity) for one in lane.notes]
        pedals += [Mark("pedal", start, end, staff=staff) for start, end in lane.pedals]
    return Part(
        first.name,
        tuple(notes),
        program=0 if first.percussion else first.program,
        staves=staves,
        percussion=first.percussion,
        marks=tuple(pedals),
    )


def _small(value: object) -> int:
    return value if isinstance(value, int) and 1 <= value <= 4 else 1


# -- Bars -------------------------------------------------------------------------------


def _bars(shared: _Shared, end: int) -> tuple[tuple[int, ...], tuple[Metre, ...]]:
    """Barlines and metres: as our own file says, else as the metres have them.

    A first metre that lasts one bar, shorter than the next, is a pickup to it.
    """
    written = shared.metres()
    told = shared.details.get("bars")
    bars = tuple(told) if isinstance(told, list) and _are_bars(told, end) else bars_of(written, end)
    short = len(written) > 1 and written[1].tick == written[0].bar_ticks < written[1].bar_ticks
    if short and shared.details.get("pickup", True):
        return bars, (replace(written[1], tick=0), *written[2:])
    return bars, written


def _are_bars(told: list[Any], end: int) -> bool:
    """True for rising ticks from 0 to the end of the music or beyond."""
    if not 2 <= len(told) <= LONGEST or told[0] != 0:
        return False
    if not all(isinstance(tick, int) and 0 <= tick <= 2 * LONGEST for tick in told):
        return False
    return all(a < b for a, b in pairwise(told)) and told[-1] >= end
