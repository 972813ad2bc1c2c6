"""A performance -> Standard MIDI file: tempos follow the player, so that bars stay bars in other programs.

What a note is early or late of the clock is written as ticks, 480 a quarter (about a millisecond).
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable

import mido

from generator.music.midi_writing import RESOLUTION, SCALE, assign_channels
from generator.music.performance import Performance
from generator.music.performance_types import Clock, TimedNote
from generator.music.piece import TICKS_PER_QUARTER, Piece

Timed = tuple[int, int, mido.Message]  # MIDI tick, rank among those of one tick, message
_MOST = 0xFFFFFF  # microseconds of a quarter that MIDI can write


def write(piece: Piece, performance: Performance) -> bytes:
    """A type 1 file: titles, metres and the player's tempos in the first track, then a track for each part."""
    clock = performance.clock
    file = mido.MidiFile(ticks_per_beat=RESOLUTION, charset="utf-8")
    file.tracks.append(_track([*_titles(piece), *_tempos(clock)], piece.length * SCALE))
    channels = assign_channels(piece.parts)
    for index, part in enumerate(piece.parts):
        channel = channels[index]
        events: list[Timed] = [(0, 0, mido.MetaMessage("track_name", name=part.name))]
        events.append((0, 1, mido.Message("program_change", channel=channel, program=_program(piece, index))))
        for one in performance.controls:
            if one.part == index:
                change = mido.Message("control_change", channel=channel, control=one.number, value=one.value)
                events.append((_tick(clock, one.time), 3, change))
        events += _notes((note for note in performance.notes if note.part == index), clock, channel)
        file.tracks.append(_track(events, piece.length * SCALE))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _program(piece: Piece, index: int) -> int:
    return 0 if piece.parts[index].percussion else piece.parts[index].program


def _tick(clock: Clock, second: float) -> int:
    return max(round(clock.tick_at(second) * SCALE), 0)


def _titles(piece: Piece) -> list[Timed]:
    events = [(0, 0, mido.MetaMessage("track_name", name=piece.title))]
    for metre in piece.metres:
        message = mido.MetaMessage("time_signature", numerator=metre.numerator, denominator=metre.denominator)
        events.append((metre.tick * SCALE, 1, message))
    return events


def _tempos(clock: Clock) -> Iterable[Timed]:
    """One for each stretch of the clock; each makes up for what the one before had to round."""
    written = 0.0
    for index in range(len(clock.ticks) - 1):
        quarters = (clock.ticks[index + 1] - clock.ticks[index]) / TICKS_PER_QUARTER
        tempo = min(max(round((clock.seconds[index + 1] - written) / quarters * 1e6), 1), _MOST)
        yield clock.ticks[index] * SCALE, 2, mido.MetaMessage("set_tempo", tempo=tempo)
        written += tempo * quarters / 1e6


def _notes(notes: Iterable[TimedNote], clock: Clock, channel: int) -> list[Timed]:
    """Strokes and releases; a key that is struck again is let go first."""
    by_key: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for note in notes:
        on = _tick(clock, note.on)
        by_key[note.pitch].append((on, max(_tick(clock, note.off), on + 1), note.velocity))
    events: list[Timed] = []
    for pitch, strokes in by_key.items():
        strokes.sort()
        for (on, off, velocity), following in zip(strokes, [*strokes[1:], None], strict=True):
            if following and following[0] == on:
                continue  # two voices on one key: the longer stroke is heard
            end = min(off, following[0]) if following else off
            events.append((on, 4, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)))
            events.append((end, 2, mido.Message("note_off", channel=channel, note=pitch)))
    return events


def _track(events: Iterable[Timed], end: int) -> mido.MidiTrack:
    """Messages in order, with the ticks between them; the track lasts to `end` at least."""
    track, now = mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(end - now, 0)))
    return track
