"""Notes of one part in one bar -> voices of events, as they will be written.

Notes of equal onset and end in a voice are a chord. A note that overlaps another of
its voice with a different onset or end is moved to the next free voice of its staff;
when all are taken, it is tied into the chords of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from generator.music.piece import Note

VOICES = 4  # the most that a staff can show


@dataclass(slots=True, eq=False)
class Sounding:
    """A note with the id it is written under and the number of its symbols so far."""

    note: Note
    id: str
    fragments: int = 0

    def next_id(self) -> str:
        """The id of its next written fragment: plain, then -1, -2 ..."""
        name = self.id if self.fragments == 0 else f"{self.id}-{self.fragments}"
        self.fragments += 1
        return name


@dataclass(slots=True)
class Event:
    """A note or chord in a voice, cut to its bar. `start` and `end` are ticks of the piece."""

    staff: int
    voice: int
    start: int
    end: int
    notes: list[Sounding] = field(default_factory=list)

    @property
    def first(self) -> Note:
        return self.notes[0].note


Voices = dict[tuple[int, int], list[Event]]


def separate(notes: Sequence[Sounding], held: Sequence[Event], start: int, end: int) -> tuple[Voices, list[Event]]:
    """Voices of the bar from `start` to `end`, and the events that sound on beyond it.

    `held` are the events that sounded on from the bar before; they keep their voice.
    A grace note is an event without length in the voice of the note it leads to.
    """
    chords = _chords([one for one in notes if one.note.duration])
    moved = _assign(chords, held)
    if not held:
        _upper_first(chords, moved)
    lines: Voices = defaultdict(list)
    for event in [*held, *chords]:
        lines[event.staff, event.voice].append(event)
    later = [event for line in lines.values() for event in line if event.end > end]
    cut = {home: fold(line, start, end) for home, line in lines.items()}
    for grace in (one for one in notes if not one.note.duration):
        event = Event(grace.note.staff, _grace_voice(grace.note, chords), grace.note.onset, grace.note.onset, [grace])
        cut.setdefault((event.staff, event.voice), []).append(event)
    return cut, later


def _chords(notes: Iterable[Sounding]) -> list[Event]:
    """Notes that share voice, onset and end, lowest first; events sorted by onset, upper ones first."""
    groups: dict[tuple[int, int, int, int], list[Sounding]] = defaultdict(list)
    for one in notes:
        note = one.note
        groups[note.staff, note.voice, note.onset, note.end].append(one)
    events = [
        Event(staff, voice, onset, end, sorted(group, key=lambda one: one.note.pitch))
        for (staff, voice, onset, end), group in groups.items()
    ]
    return sorted(events, key=lambda event: (event.start, event.voice, -event.notes[-1].note.pitch, -event.end))


def _assign(chords: Sequence[Event], held: Iterable[Event]) -> set[int]:
    """Give events that overlap in a voice another voice of their staff; the staves where that happened."""
    free: dict[tuple[int, int], int] = defaultdict(int)
    for event in held:
        free[event.staff, event.voice] = max(free[event.staff, event.voice], event.end)
    own = {(event.staff, event.voice) for event in chords}
    moved = set()
    for event in chords:
        if free[event.staff, event.voice] > event.start:
            moved.add(event.staff)
            event.voice = next((v for v in range(1, VOICES + 1) if _silent(event, v, free, own)), event.voice)
        free[event.staff, event.voice] = max(free[event.staff, event.voice], event.end)
    return moved


def _silent(event: Event, voice: int, free: dict[tuple[int, int], int], own: set[tuple[int, int]]) -> bool:
    return (event.staff, voice) not in own and free[event.staff, voice] <= event.start


def _upper_first(chords: Sequence[Event], staves: Iterable[int]) -> None:
    """Where one voice was taken apart, number the parts of it from the highest down."""
    for staff in staves:
        events = [event for event in chords if event.staff == staff]
        if len({event.first.voice for event in events}) > 1:
            continue
        heights: dict[int, list[int]] = defaultdict(list)
        for event in events:
            heights[event.voice] += [one.note.pitch for one in event.notes]
        order = sorted(heights, key=lambda voice: (-sum(heights[voice]) / len(heights[voice]), voice))
        numbers = {voice: number for number, voice in enumerate(order, 1)}
        for event in events:
            event.voice = numbers[event.voice]


def fold(line: Sequence[Event], start: int, end: int) -> list[Event]:
    """The events of one voice inside a bar; where they still overlap, chords tied over every edge."""
    edges = sorted({max(event.start, start) for event in line} | {min(event.end, end) for event in line})
    events: list[Event] = []
    for left, right in pairwise(edges):
        sounding = [event for event in line if event.start <= left and event.end >= right]
        if not sounding:
            continue
        notes = sorted((one for event in sounding for one in event.notes), key=lambda one: one.note.pitch)
        before = events[-1] if events else None
        if before is not None and before.end == left and before.notes == notes:
            before.end = right
        else:
            events.append(Event(sounding[0].staff, sounding[0].voice, left, right, notes))
    return events


def _grace_voice(grace: Note, chords: Iterable[Event]) -> int:
    """Grace notes follow the note they were written before into its new voice."""
    for event in chords:
        if event.start == grace.onset and event.staff == grace.staff and event.first.voice == grace.voice:
            return event.voice
    return grace.voice
