"""Collecting the notes of one part: ties merged, chords taken apart, marks on notes named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from music21 import chord, instrument, interval, note, pitch, spanner

from generator.music.piece import TICKS_PER_QUARTER, Lyric, Mark, Note, Spelling

# What a note may carry, as music21 names the classes, in lower case.
ARTICULATIONS = frozenset(
    [
        "accent",
        "strongaccent",
        "staccato",
        "staccatissimo",
        "spiccato",
        "tenuto",
        "detachedlegato",
        "breathmark",
        "caesura",
        "stress",
        "unstress",
        "upbow",
        "downbow",
        "openstring",
        "pizzicato",
        "snappizzicato",
        "stringharmonic",
        "doit",
        "falloff",
        "plop",
        "scoop",
        "stopped",
        "doubletongue",
        "tripletongue",
        "fermata",
        "trill",
        "invertedtrill",
        "mordent",
        "invertedmordent",
        "turn",
        "invertedturn",
        "tremolo",
        "schleifer",
        "shake",
        "arpeggiomark",
    ]
)
_SYLLABIC = ("single", "begin", "middle", "end")


@dataclass
class _Open:
    """A note whose tie may go on."""

    note: Note


@dataclass
class Collector:
    """The notes and marks of one part, staff after staff, as its stream is walked."""

    notes: list[_Open] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    places: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)  # id -> onset, end, staff, voice
    staff: int = 1
    player: instrument.Instrument | None = None
    transposition: int = 0
    unpitched: int = 0
    fifths_to_sounding: int = 0
    _tied: dict[tuple[int, int, int], _Open] = field(default_factory=dict)
    _interval: interval.Interval | None = None

    @property
    def end(self) -> int:
        """Tick at which the last note stops."""
        return max((entry.note.end for entry in self.notes), default=0)

    def start_staff(self, staff: int, player: instrument.Instrument | None) -> None:
        self.staff = staff
        self._tied.clear()
        if staff > 1 or player is None:
            return
        self.player = player
        if player.transposition is not None:
            self._interval = player.transposition
            self.transposition = round(player.transposition.semitones)
            self.fifths_to_sounding = _fifths(player.transposition)

    def end_staff(self) -> None:
        self._tied.clear()

    def anchor(self, element: Any, tick: int) -> None:
        """Remember where a spanner's end stands."""
        self.places[id(element)] = (tick, tick, self.staff, 1)

    def take_note(self, element: note.GeneralNote, offset: float, voice: int) -> None:
        """A note, chord, rest or unpitched stroke at `offset` quarters."""
        onset = round(offset * TICKS_PER_QUARTER)
        length = 0.0 if element.duration.isGrace else float(element.duration.quarterLength)
        end = round((offset + length) * TICKS_PER_QUARTER)
        grace = element.duration.isGrace
        duration = 0 if grace else max(end - onset, 1)
        self.places[id(element)] = (onset, onset + duration, self.staff, voice)
        if isinstance(element, note.Rest):
            return
        for sounding in _sounding(element):
            self.places[id(sounding)] = (onset, onset + duration, self.staff, voice)
            self._add(self._note(sounding, element, onset, duration, voice), sounding.tie, grace)

    def _note(self, sounding: Any, element: Any, onset: int, duration: int, voice: int) -> Note:
        midi, spelling = self._pitch(sounding)
        owners = (sounding,) if sounding is element else (sounding, element)
        top = sounding is element or sounding is element.notes[-1]
        return Note(
            onset,
            duration,
            midi,
            voice,
            self.staff,
            spelling,
            _velocity(element),
            _articulations(owners),
            _lyrics(element) if top else (),
        )

    def _pitch(self, sounding: Any) -> tuple[int, Spelling | None]:
        if isinstance(sounding, note.Unpitched):
            self.unpitched += 1
            return _drum_key(sounding, self.player), None
        heard: pitch.Pitch = sounding.pitch
        if self._interval is not None:
            heard = self._interval.transposePitch(heard)
        alter = heard.accidental.alter if heard.accidental is not None else 0.0
        whole = round(alter)
        spelling = Spelling(heard.step, whole) if whole == alter and -2 <= whole <= 2 else None
        return min(max(round(heard.ps), 0), 127), spelling

    def _add(self, new: Note, tie: Any, grace: bool) -> None:
        """Lengthen the note this one is tied from, or begin another."""
        kind = tie.type if tie is not None and not grace else None
        slot = (new.staff, new.pitch, new.onset)
        if kind in ("stop", "continue") and slot in self._tied:
            entry = self._tied.pop(slot)
            entry.note = _merged(entry.note, new)
        else:
            entry = _Open(new)
            self.notes.append(entry)
        if kind in ("start", "continue"):
            self._tied[new.staff, new.pitch, new.end] = entry

    def finished(self) -> Iterator[Note]:
        """The notes, each once: of two at the same place in a voice the longer stays."""
        best: dict[tuple[int, int, int, int, bool], Note] = {}
        for entry in self.notes:
            found = entry.note
            slot = (found.onset, found.pitch, found.staff, found.voice, found.duration == 0)
            if slot not in best or best[slot].duration < found.duration:
                best[slot] = found
        return iter(best.values())


def is_anchor(element: Any) -> bool:
    return isinstance(element, spanner.SpannerAnchor)


def _merged(before: Note, after: Note) -> Note:
    return replace(
        before,
        duration=after.end - before.onset,
        articulations=tuple(dict.fromkeys(before.articulations + after.articulations)),
        lyrics=before.lyrics + after.lyrics,
    )


def _sounding(element: note.GeneralNote) -> tuple[Any, ...]:
    """The single notes of a note or chord."""
    if isinstance(element, chord.ChordBase):
        return tuple(element.notes)
    return (element,)


def _articulations(owners: tuple[Any, ...]) -> tuple[str, ...]:
    names = {type(mark).__name__.lower() for owner in owners for mark in (*owner.articulations, *owner.expressions)}
    return tuple(sorted(names & ARTICULATIONS))


def _lyrics(element: note.GeneralNote) -> tuple[Lyric, ...]:
    found = []
    for lyric in element.lyrics:
        text = " ".join((lyric.text or "").split())
        if text:
            syllabic = lyric.syllabic if lyric.syllabic in _SYLLABIC else "single"
            found.append(Lyric(text, syllabic, lyric.number or 1))  # type: ignore[arg-type]
    return tuple(found)


def _velocity(element: Any) -> int | None:
    volume = element.volume if element.hasVolumeInformation() else None
    return volume.velocity if volume is not None and volume.velocity else None


def _drum_key(stroke: note.Unpitched, player: instrument.Instrument | None) -> int:
    """General MIDI drum key of an unpitched stroke."""
    for owner in (stroke.storedInstrument, player):
        key = getattr(owner, "percMapPitch", None)
        if key is not None:
            return int(key)
    return min(max(round(stroke.displayPitch().ps), 27), 87)


def _fifths(transposition: interval.Interval) -> int:
    """How far the sounding key lies from the written one on the circle of fifths."""
    moved = transposition.transposePitch(pitch.Pitch("C4"))
    alter = int(moved.accidental.alter) if moved.accidental is not None else 0
    return "FCGDAEB".index(moved.step) - 1 + 7 * alter
