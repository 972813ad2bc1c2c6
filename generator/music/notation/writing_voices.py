"""Notes of one part in one bar -> voices of events, as they will be written.

Notes of equal onset and end in a voice are a chord. A note that overlaps another of
its voice with a different onset or end is moved to the next free voice of its staff.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from generator.music.piece import Note


@dataclass(slots=True)
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


def separate(notes: Sequence[Sounding], held: Iterable[Event], start: int, end: int) -> tuple[Voices, list[Event]]:
    """Voices of the bar from `start` to `end`, and the events that sound on beyond it.

    `held` are the events that sounded on from the bar before; they keep their voice.
    """
    voices: Voices = defaultdict(list)
    free: dict[tuple[int, int], int] = defaultdict(int)
    own = {(one.note.staff, one.note.voice) for one in notes}
    for event in [*held, *_chords(notes)]:
        home = (event.staff, event.voice)
        if free[home] > event.start:
            home = _overflow(event, free, own)
            event.voice = home[1]
        voices[home].append(event)
        free[home] = event.end
    later = [event for line in voices.values() for event in line if event.end > end]
    cut = {
        home: [Event(one.staff, one.voice, max(one.start, start), min(one.end, end), one.notes) for one in line]
        for home, line in voices.items()
    }
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


def _overflow(event: Event, free: dict[tuple[int, int], int], own: set[tuple[int, int]]) -> tuple[int, int]:
    """The first voice of the staff that no note claims and that is silent by now."""
    voice = 1
    while (event.staff, voice) in own or free[event.staff, voice] > event.start:
        voice += 1
    return event.staff, voice
