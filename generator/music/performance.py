"""How a score is played: one performance for the page, for sound and for MIDI.

`Performer` plays bar after bar as bars are written; `perform` plays a finished piece, with the same player and so
with the same result. A bar is performed from what is written up to its end, from the marks and maps of the score,
and from the number of bars there will be. `expression` 0 is the score exactly, 1 is full expression; the amounts of
the rules are meant at `DEFAULT`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from generator.music import performance_touch as touch
from generator.music.loudness import velocities
from generator.music.midi_holds import GRACE
from generator.music.performance_clock import Timekeeper
from generator.music.performance_controls import PIANOS, SUSTAINED, Feet, swells, written_pedal
from generator.music.performance_phrases import Phrases, plan
from generator.music.performance_types import (
    AMOUNT,
    DEFAULT,
    BarPlayed,
    Clock,
    Control,
    Played,
    ScoreClock,
    TimedControl,
    TimedNote,
    between,
)
from generator.music.piece import Note, Piece, note_id

__all__ = ["DEFAULT", "BarPlayed", "Performance", "Performer", "perform", "plan"]

PartNotes = Sequence[tuple[int, Note]]
_APART = 0.45  # of the time to its neighbours that a note may move: two neighbours never meet


@dataclass(frozen=True)
class Performance:
    """A piece in time, notes and controllers sorted. `clock` says when each tick sounds, `seconds` how long it is."""

    notes: tuple[TimedNote, ...]
    controls: tuple[TimedControl, ...]
    clock: Clock
    seconds: float


def perform(
    piece: Piece, phrases: Sequence[int] | None = None, seed: int = 0, expression: float = DEFAULT
) -> Performance:
    """Play a piece whose phrases end at these ticks (by default as `plan` has it), `expression` from 0 to 1."""
    if not 0 <= expression <= 1:
        raise ValueError(f"Expression lies between 0 and 1, not at {expression}.")
    return timed(piece, list(played(piece, phrases, seed)), expression)


def played(piece: Piece, phrases: Sequence[int] | None = None, seed: int = 0) -> Iterator[BarPlayed]:
    """Every bar of a finished piece as it is played, in order."""
    performer = Performer(piece, phrases, seed)
    for index, notes in enumerate(notes_by_bar(piece)):
        yield performer.bar(index, notes)


def notes_by_bar(piece: Piece) -> list[list[tuple[int, Note]]]:
    """The notes that start in each bar, with their part's index; those outside belong to the first or last bar."""
    bars: list[list[tuple[int, Note]]] = [[] for _ in range(piece.bar_count)]
    for index, note in piece.notes():
        bars[piece.bar_at(note.onset)].append((index, note))
    return bars


class Performer:
    """Plays one take. `piece` needs no notes: its parts, bars, maps and marks are read."""

    def __init__(self, piece: Piece, phrases: Sequence[int] | None = None, seed: int = 0) -> None:
        self.piece, self.seed = piece, seed
        self.phrases = Phrases(sorted(phrases if phrases is not None else plan(piece)))
        self.clock = Clock(ScoreClock(piece.tempos))
        self.time = Timekeeper(piece, self.phrases, self.clock)
        pedals = {index for index, part in enumerate(piece.parts) if any(mark.kind == "pedal" for mark in part.marks)}
        self.feet = [Feet(i) for i, part in enumerate(piece.parts) if _is_piano(piece, i) and i not in pedals]
        self.sounding: list[Played] = []  # what may last into the next bar
        self.struck: dict[int, float] = {}  # by part: when it last struck, at full expression
        self.released: dict[tuple[int, int], tuple[float, float]] = {}  # by part and pitch: gate and shift
        self.pitches: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))  # by part: sum and count so far

    def bar(self, index: int, notes: PartNotes) -> BarPlayed:
        """Play the next bar; `notes` are those that start in it."""
        clock = self.time.bar(index, notes)
        melody = self._melody(index, notes)
        plain = self._plain(notes)
        for part, note in notes:
            total, count = self.pitches[part]
            self.pitches[part] = (total + note.pitch, count + 1)
        touched = [self._touch(part, note, plain[part, note], note in melody) for part, note in notes]
        made = self._kept_apart(index, touched)
        self.sounding = [note for note in self.sounding if note.stop > self.piece.bars[index]] + made
        return BarPlayed(clock, tuple(made), tuple(self._controls(index)))

    # -- Notes ---------------------------------------------------------------------------

    def _plain(self, notes: PartNotes) -> dict[tuple[int, Note], int]:
        """The velocities of the score."""
        found = {}
        for index in {part for part, _ in notes}:
            own = replace(self.piece.parts[index], notes=tuple(note for part, note in notes if part == index))
            found.update({(index, note): value for note, value in zip(own.notes, velocities(own), strict=True)})
        return found

    def _melody(self, index: int, notes: PartNotes) -> set[Note]:
        """The top notes of the highest staff in the score that plays in this bar."""
        start, parts = self.piece.bars[index], self.piece.parts
        staves = [(note.part, note.staff) for note in self.sounding if note.stop > start]
        staves += [(part, note.staff) for part, note in notes]
        pitched = sorted(place for place in staves if not parts[place[0]].percussion)
        if not pitched:
            return set()
        top: dict[int, Note] = {}
        for part, note in notes:
            if (part, note.staff) == pitched[0] and (note.onset not in top or top[note.onset].pitch < note.pitch):
                top[note.onset] = note
        return set(top.values())

    def _touch(self, part: int, note: Note, plain: int, leads: bool) -> Played:
        """One note by itself; how far it may move is decided among its neighbours."""
        name = note_id(part, note)
        start = note.onset if note.duration else max(note.onset - GRACE, 0)
        whole = note if note.duration else replace(note, onset=start, duration=GRACE)
        share = touch.held(self.piece.parts[part], whole)
        if whole.end in self.phrases.ends and whole.end < self.piece.length and share > 0.85:
            share = 0.85  # a breath
        return Played(
            id=name,
            part=part,
            pitch=note.pitch,
            staff=note.staff,
            start=start,
            stop=whole.end,
            plain=plain,
            velocity=self._velocity(part, note, plain, leads, name),
            shift=AMOUNT * (touch.JITTER * touch.noise(self.seed, part, start, name, "time") - touch.LEAD * leads),
            gate=round(touch.gate(whole, share, AMOUNT), 2),
        )

    def _velocity(self, part: int, note: Note, plain: int, leads: bool, name: str) -> int:
        number, start, end = self.phrases.around(note.onset)
        total, count = self.pitches[part]
        added = (
            touch.loudness_of_phrase(self.seed, number, start, end, note.onset, self.piece.length)
            + touch.accent(self.piece, note.onset)
            + touch.rise(note.pitch, total / count)
            + touch.level(plain)
            + touch.MELODY * leads
            + touch.UNEVEN * touch.noise(self.seed, part, note.onset, name, "force")
        )
        return min(max(round(plain + AMOUNT * added), 1), 127)

    def _kept_apart(self, index: int, notes: Sequence[Played]) -> list[Played]:
        """The notes with shifts that let none pass its neighbours in the part, nor a key be struck before it is up."""
        # Graces of the next bar sound at the end of this one, which is played before they are known.
        edge = self.piece.bars[index + 1] - GRACE
        starts: dict[int, list[int]] = defaultdict(list)
        for note in notes:
            starts[note.part].append(note.start)
        room: dict[tuple[int, int], tuple[float, float]] = {}
        for part, ticks in starts.items():
            ordered = sorted(set(ticks))
            for tick, following in zip(ordered, [*ordered[1:], edge], strict=True):
                now = self.clock(tick)
                before = now - self.struck.get(part, -1.0)
                after = self.clock(following) - now
                free = tick < edge and not (tick < self.piece.bars[index])
                room[part, tick] = (-_APART * before, _APART * max(after, 0)) if free else (0.0, 0.0)
                self.struck[part] = now
        moved = {}
        for place, note in sorted(enumerate(notes), key=lambda it: (it[1].start, it[1].stop, it[1].id)):
            moved[place] = self._moved(note, room[note.part, note.start])
        return [moved[place] for place in range(len(notes))]

    def _moved(self, note: Played, room: tuple[float, float]) -> Played:
        now = self.clock(note.start)
        low, high = max(room[0], -now), room[1]
        gate, shift = self.released.get((note.part, note.pitch), (0.0, 0.0))
        if gate <= note.start:
            low = max(low, self.clock(gate) + shift - now)
        moved = round(min(max(note.shift, min(low, high)), high), 5)
        self.released[note.part, note.pitch] = (note.gate, moved)
        return replace(note, shift=moved)

    # -- Controllers -----------------------------------------------------------------------

    def _controls(self, index: int) -> Iterator[Control]:
        start, end = self.piece.bars[index], self.piece.bars[index + 1]
        for feet in self.feet:
            yield from feet.bar(self.piece, index, [note for note in self.sounding if note.part == feet.part])
        for number, part in enumerate(self.piece.parts):
            yield from written_pedal(number, part, start, end)
            if part.program in SUSTAINED and not part.percussion:
                yield from swells(number, start, end, [note for note in self.sounding if note.part == number])


def _is_piano(piece: Piece, index: int) -> bool:
    return piece.parts[index].program in PIANOS and not piece.parts[index].percussion


# -- In time -----------------------------------------------------------------------------------


def timed(piece: Piece, bars: Sequence[BarPlayed], expression: float) -> Performance:
    """Bars as they were played, put in time at `expression`."""
    full = Clock(ScoreClock(piece.tempos))
    for bar in bars:
        full.extend(bar.clock)
    notes = [_timed_note(note, full, expression) for bar in bars for note in bar.notes]
    controls = [_timed_control(control, full, expression) for bar in bars for control in bar.controls]
    clock = full.blended(expression)
    return Performance(
        tuple(sorted(notes, key=lambda note: (note.on, note.part, note.pitch))),
        tuple(sorted((one for one in controls if one), key=lambda one: (one.time, one.part, one.number))),
        clock,
        clock(piece.length),
    )


def _timed_note(note: Played, full: Clock, expression: float) -> TimedNote:
    on = between(full.score(note.start), full(note.start) + note.shift, expression)
    off = between(full.score(note.stop), full(note.gate) + note.shift, expression)
    velocity = round(between(note.plain, note.velocity, expression))
    return TimedNote(note.id, note.part, note.pitch, note.staff, on, off, velocity)


def _timed_control(control: Control, full: Clock, expression: float) -> TimedControl | None:
    """None where the score has no such controller and is played as it stands."""
    if not expression and not control.written:
        return None
    time = between(full.score(control.tick), full(control.tick), expression)
    return TimedControl(control.part, time, control.number, round(between(control.plain, control.value, expression)))
