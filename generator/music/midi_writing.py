"""Piece -> Standard MIDI file (type 1)."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace

import mido
import pretty_midi

from generator.music.midi_holds import bars_of, holds, microseconds
from generator.music.piece import TICKS_PER_QUARTER, Metre, Part, Piece

RESOLUTION = 480  # MIDI ticks a quarter note: 20 of ours
SCALE = RESOLUTION // TICKS_PER_QUARTER
DRUMS = 9
PREFIX = "partita:"
_PEDAL = 64
_SHARPS = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
_MINORS = ("Abm", "Ebm", "Bbm", "Fm", "Cm", "Gm", "Dm", "Am", "Em", "Bm", "F#m", "C#m", "G#m", "D#m", "A#m")


def write(piece: Piece) -> bytes:
    """A MIDI file of the score on its grid: 480 ticks a quarter, one channel a part, a track for each staff."""
    lanes = [(index, staff) for index, part in enumerate(piece.parts) for staff in range(1, part.staves + 1)]
    kept = holds(piece)
    file = _notes(kept, lanes)
    channels = assign_channels(piece.parts)
    end = piece.length * SCALE
    for track, (index, staff) in zip(file.tracks[1:], lanes, strict=True):
        part = piece.parts[index]
        for message in track:
            if not message.is_meta:
                message.channel = channels[index]
        text = PREFIX + json.dumps({"part": index, "staff": staff, "staves": part.staves})
        track[:0] = [mido.MetaMessage("track_name", name=part.name), mido.MetaMessage("text", text=text)]
        _close(track, end)
    file.tracks[0] = _conductor(piece, kept, end)
    out = io.BytesIO()
    file.charset = "utf-8"
    file.save(file=out)
    return out.getvalue()


def _notes(kept: Piece, lanes: Sequence[tuple[int, int]]) -> mido.MidiFile:
    """Notes, programs and pedals as pretty_midi writes them; its own tempo is fixed and only a ruler."""
    midi = pretty_midi.PrettyMIDI(resolution=RESOLUTION, initial_tempo=60)
    for index, staff in lanes:
        part = kept.parts[index]
        instrument = pretty_midi.Instrument(0 if part.percussion else part.program, is_drum=part.percussion)
        instrument.notes = [
            pretty_midi.Note(note.velocity, note.pitch, _seconds(note.onset), _seconds(note.end))
            for note in part.notes
            if note.staff == staff
        ]
        for mark in (mark for mark in part.marks if mark.staff == staff):
            assert mark.end is not None  # holds keeps pedals alone
            for tick, value in ((mark.onset, 127), (mark.end, 0)):
                instrument.control_changes.append(pretty_midi.ControlChange(_PEDAL, value, _seconds(tick)))
        midi.instruments.append(instrument)
    out = io.BytesIO()
    midi.write(out)
    out.seek(0)
    return mido.MidiFile(file=out)


def _seconds(tick: int) -> float:
    return tick / TICKS_PER_QUARTER


def assign_channels(parts: Sequence[Part]) -> list[int]:
    """A channel for every part: drums the tenth, others one each.

    Of more than 15 pitched parts, those of one program share a channel, then those of one family.
    """
    free = [channel for channel in range(16) if channel != DRUMS]
    pitched = [part for part in parts if not part.percussion]
    if len(pitched) <= len(free):
        numbers = iter(free)
        return [DRUMS if part.percussion else next(numbers) for part in parts]
    programs = list(dict.fromkeys(part.program for part in pitched))
    shared = programs if len(programs) <= len(free) else list(dict.fromkeys(one // 8 for one in programs))
    by_family = shared is not programs
    return [
        DRUMS if part.percussion else free[shared.index(part.program // 8 if by_family else part.program) % len(free)]
        for part in parts
    ]


def _conductor(piece: Piece, kept: Piece, end: int) -> mido.MidiTrack:
    """Titles, tempos, metres, keys, sections and, where needed, the bars."""
    events: list[tuple[int, mido.MetaMessage]] = [(0, mido.MetaMessage("track_name", name=piece.title))]
    if piece.rights:
        events.append((0, mido.MetaMessage("copyright", text=piece.rights)))
    metres = _with_pickup(kept)
    details: dict[str, object] = {"pickup": len(metres) > len(kept.metres)}
    if piece.composer:
        details["composer"] = piece.composer
    if piece.bars != bars_of(metres, max((note.end for _, note in kept.notes()), default=0)):
        details["bars"] = piece.bars
    events.append((0, mido.MetaMessage("text", text=PREFIX + json.dumps(details))))
    for metre in metres:
        time = mido.MetaMessage("time_signature", numerator=metre.numerator, denominator=metre.denominator)
        events.append((metre.tick, time))
    for key in kept.keys:
        names = _MINORS if key.mode == "minor" else _SHARPS
        events.append((key.tick, mido.MetaMessage("key_signature", key=names[key.fifths + 7])))
    for tempo in kept.tempos:
        events.append((tempo.tick, mido.MetaMessage("set_tempo", tempo=microseconds(tempo.bpm))))
    events += [(mark.onset, mido.MetaMessage("marker", text=mark.value)) for mark in kept.marks]
    track = mido.MidiTrack()
    now = 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        track.append(message.copy(time=(tick - now) * SCALE))
        now = tick
    _close(track, end)
    return track


def _with_pickup(piece: Piece) -> tuple[Metre, ...]:
    """The metres, a pickup before them as a short bar of its own metre if any can say it."""
    shortest = 4 * TICKS_PER_QUARTER // 32
    if not piece.pickup or piece.pickup % shortest or any(0 < metre.tick <= piece.pickup for metre in piece.metres):
        return piece.metres
    numerator, denominator = piece.pickup // shortest, 32
    while numerator % 2 == 0 and denominator > 4:
        numerator, denominator = numerator // 2, denominator // 2
    first = piece.metres[0]
    return (Metre(0, numerator, denominator), replace(first, tick=piece.pickup), *piece.metres[1:])


def _close(track: mido.MidiTrack, end: int) -> None:
    """End the track at the last barline, not at its last note."""
    track[:] = [message for message in track if message.type != "end_of_track"]
    now = sum(message.time for message in track)
    track.append(mido.MetaMessage("end_of_track", time=max(end - now, 0)))
