"""View: a piece as arrays, made once and read by every measure.

*Voices* are lines one can hear: the top line of every lane (`ensembles.Lane`: a part, or one hand),
and under a lowest lane that plays chords at one onset in four or more its bottom line too. Grace
notes and drums are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from generator.music import chords
from generator.music.ensembles import lane_places
from generator.music.harmony import Chord
from generator.music.piece import Key, Piece

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
SILENCE = -1
CHORDAL = 0.25  # share of a lane's onsets with chords from which its bottom line is a voice


@dataclass(frozen=True)
class Voice:
    """One line: (n,) onsets, ends and pitches, no two notes at one onset, sorted."""

    onset: Ints
    end: Ints
    pitch: Ints

    def __len__(self) -> int:
        return len(self.onset)

    @cached_property
    def steps(self) -> Ints:
        """(n - 1,) semitones from each note to the next."""
        return np.diff(self.pitch)

    @cached_property
    def lengths(self) -> Ints:
        """(n,) ticks that each note sounds before the next begins."""
        return np.minimum(self.end, np.append(self.onset[1:], self.end[-1:])) - self.onset


class View:
    """What measures read of one piece. Times are ticks; arrays over time have one place a tick."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.length = piece.length
        self.bars: Ints = np.array(piece.bars)
        self.beat = piece.metres[0].beat_ticks
        self.lanes = list(_lanes(piece))  # (n, 3) onset, end, pitch, each by onset and then upwards
        self.notes: Ints = np.concatenate([np.zeros((0, 3), dtype=np.int64), *self.lanes])
        self.lane_of: Ints = np.repeat(np.arange(len(self.lanes)), [len(lane) for lane in self.lanes])
        self.key: Key = piece.keys[0]
        self.tonic = self.key.tonic.pitch_class

    @cached_property
    def voices(self) -> tuple[Voice, ...]:
        """From the top down; lanes without notes have none."""
        sounding = [lane for lane in self.lanes if len(lane)]
        tops = [_line(lane, top=True) for lane in sounding]
        if sounding and _chordal(sounding[-1]) >= CHORDAL:
            tops.append(_line(sounding[-1], top=False))
        return tuple(tops)

    @cached_property
    def beats(self) -> Ints:
        """Ticks of the beats, counted from each barline (from the second one back in a pickup)."""
        return np.concatenate([np.arange(start, stop, self.beat) for start, stop in self._full_bars()])

    def _full_bars(self) -> Iterator[tuple[int, int]]:
        for start, stop in pairwise(self.piece.bars):
            late = (stop - start) % self.beat if start == 0 and self.piece.pickup else 0
            yield start + late, stop

    @cached_property
    def sounding(self) -> Ints:
        """(voices, length): the pitch of each voice at each tick, or SILENCE."""
        frames = np.full((len(self.voices), self.length), SILENCE, dtype=np.int64)
        for row, voice in zip(frames, self.voices, strict=True):
            changes = np.zeros(self.length + 1, dtype=np.int64)
            ends = np.minimum(voice.onset + voice.lengths, self.length)
            np.add.at(changes, voice.onset, voice.pitch + 1)
            np.add.at(changes, ends, -voice.pitch - 1)
            row[:] = np.cumsum(changes)[:-1] - 1
        return frames

    @cached_property
    def classes(self) -> Bools:
        """(12, length): which pitch classes sound in any lane."""
        changes = np.zeros((12, self.length + 1), dtype=np.int64)
        onset, end, pitch = self.notes.T
        np.add.at(changes, (pitch % 12, onset), 1)
        np.add.at(changes, (pitch % 12, np.minimum(end, self.length)), -1)
        return np.cumsum(changes, axis=1)[:, :-1] > 0

    @cached_property
    def bass(self) -> Ints:
        """(length,): the lowest sounding pitch of all voices, or SILENCE."""
        high = np.where(self.sounding == SILENCE, 999, self.sounding)
        lowest = high.min(axis=0, initial=999)
        return np.where(lowest == 999, SILENCE, lowest)

    @cached_property
    def onsets(self) -> Ints:
        """Ticks at which any voice strikes."""
        return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(voice.onset for voice in self.voices)]))

    @cached_property
    def place(self) -> Ints:
        """(voices, length): the index of the note that each voice sounds (or sounded last), -1 before the first."""
        ticks = np.arange(self.length)
        rows = [np.searchsorted(voice.onset, ticks, "right") - 1 for voice in self.voices]
        return np.array(rows, dtype=np.int64).reshape(-1, self.length)

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """Every two voices, the upper first."""
        return list(combinations(range(len(self.voices)), 2))

    @cached_property
    def chords(self) -> list[Chord]:
        """The harmonies heard (`generator.music.chords.label`)."""
        return chords.label(self.piece) if len(self.notes) else []

    def chord_at(self, ticks: Ints) -> Ints:
        """Index into `chords` of the harmony at each tick."""
        return np.maximum(np.searchsorted([chord.tick for chord in self.chords], ticks, "right") - 1, 0)

    def bar_of(self, ticks: Ints) -> Ints:
        """The bar each tick stands in."""
        return (np.searchsorted(self.bars, ticks, "right") - 1).clip(0, len(self.bars) - 2)


def _lanes(piece: Piece) -> Iterator[Ints]:
    for index, staff in lane_places(piece):
        rows = [
            (note.onset, min(note.end, piece.length), note.pitch)
            for note in piece.parts[index].notes
            if note.staff == staff and note.duration > 0 and note.onset < piece.length
        ]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        yield table[np.lexsort((table[:, 2], table[:, 0]))]


def _chordal(lane: Ints) -> float:
    """The share of a lane's onsets at which several notes are struck."""
    return float((np.unique(lane[:, 0], return_counts=True)[1] > 1).mean())


def _line(lane: Ints, top: bool) -> Voice:
    """The highest (or lowest) note of every onset of a lane."""
    change = np.flatnonzero(np.diff(lane[:, 0]))
    places = np.append(change, len(lane) - 1) if top else np.append(0, change + 1)
    return Voice(*lane[places].T)
