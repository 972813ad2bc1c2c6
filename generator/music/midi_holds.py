"""What of a Piece a MIDI file holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from generator.music.loudness import velocities
from generator.music.piece import Key, Mark, Metre, Note, Part, Piece, Tempo

GRACE = 3  # ticks a grace note sounds before its beat
_MINOR = frozenset(("minor", "dorian", "phrygian", "locrian"))


def holds(piece: Piece) -> Piece:
    """The piece as it comes back from a MIDI file: `read(write(piece)) == holds(piece)`."""
    return replace(
        piece,
        parts=tuple(_part(part) for part in piece.parts),
        tempos=_changes(_tempo(tempo) for tempo in piece.tempos),
        keys=_changes(_key(key) for key in piece.keys),
        metres=_changes(iter(piece.metres)),
        marks=tuple(Mark("section", mark.onset, value=mark.value) for mark in piece.marks if mark.kind == "section"),
    )


def _part(part: Part) -> Part:
    staves = range(1, part.staves + 1)
    pedals = [pedal for staff in staves for pedal in pedal_marks(part, staff)]
    return Part(
        part.name,
        notes=sounding_notes(part),
        program=0 if part.percussion else part.program,
        staves=part.staves,
        percussion=part.percussion,
        marks=tuple(pedals),
    )


def sounding_notes(part: Part) -> tuple[Note, ...]:
    """Plain notes with velocities; one key is struck once at a time, graces come just before the beat."""
    strokes: dict[int, dict[int, Note]] = defaultdict(dict)  # by pitch, by onset: the longest
    for note, velocity in zip(part.notes, velocities(part), strict=True):
        onset = note.onset if note.duration else max(note.onset - GRACE, 0)
        staff = min(max(note.staff, 1), part.staves)
        plain = Note(onset, note.duration or GRACE, note.pitch, staff=staff, velocity=velocity)
        before = strokes[note.pitch].get(onset)
        if before is None or before.duration < plain.duration:
            strokes[note.pitch][onset] = plain
    notes: list[Note] = []
    for struck in strokes.values():
        ordered = [struck[onset] for onset in sorted(struck)]
        for one, following in pairwise([*ordered, None]):
            assert one is not None
            end = one.end if following is None else min(one.end, following.onset)
            notes.append(replace(one, duration=end - one.onset))
    return Part("", tuple(notes)).notes


def pedal_marks(part: Part, staff: int) -> list[Mark]:
    """The pedal of a staff, overlapping marks joined."""
    own = sorted(
        (mark.onset, mark.end)
        for mark in part.marks
        if mark.kind == "pedal" and min(max(mark.staff, 1), part.staves) == staff and mark.end and mark.end > mark.onset
    )
    joined: list[Mark] = []
    for onset, end in own:
        if joined and joined[-1].end is not None and onset <= joined[-1].end:
            joined[-1] = replace(joined[-1], end=max(end, joined[-1].end))
        else:
            joined.append(Mark("pedal", onset, end, staff=staff))
    return joined


def microseconds(bpm: float) -> int:
    """A quarter note at `bpm`, as MIDI counts it: at most 24 bits."""
    return min(max(round(60_000_000 / bpm), 1), 0xFFFFFF)


def tempo_from(tick: int, quarter: int) -> Tempo:
    """A tempo from the microseconds of a quarter note."""
    return Tempo(tick, round(60_000_000 / max(quarter, 1), 3))


def _tempo(tempo: Tempo) -> Tempo:
    return tempo_from(tempo.tick, microseconds(tempo.bpm))


def _key(key: Key) -> Key:
    fifths = key.fifths
    while abs(fifths) > 7:
        fifths -= 12 if fifths > 0 else -12
    return Key.from_fifths(fifths, "minor" if key.mode in _MINOR else "major", key.tick)


def _changes(entries: Iterable) -> tuple:  # type: ignore[type-arg]
    """A map without entries that say what the one before says."""
    kept: list = []  # type: ignore[type-arg]
    for entry in entries:
        if not kept or replace(entry, tick=kept[-1].tick) != kept[-1]:
            kept.append(entry)
    return tuple(kept)


def bars_of(metres: Sequence[Metre], end: int) -> tuple[int, ...]:
    """Barlines that metres alone imply, up to the first at or after `end`."""
    bars = [0]
    for metre, following in pairwise([*metres, None]):
        assert metre is not None
        stop = max(end, 1) if following is None else following.tick
        step = max(metre.bar_ticks, 1)
        tick = metre.tick
        while tick < stop:
            tick = tick + step if following is None else min(tick + step, stop)
            if tick > bars[-1]:
                bars.append(tick)
    return tuple(bars)
