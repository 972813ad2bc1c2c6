"""A piece as a sequence of events: one row a note, one row a barline.

The order is that of reading a score: bar by bar, inside a bar by onset, then lane
from top to bottom, then upwards through a chord. A lane is one hand or voice
(`ensembles.Lane`). A row is four integers

    onset     ticks from the barline, 0..143; BARLINE closes the bar
    lane      0..7
    pitch     MIDI pitch less the tonic's distance from C (so every key is C)
    duration  index into DURATIONS

so the whole vocabulary is printable arithmetic. What a note is relative to (its
key) is not in the rows but beside them, in `Events`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.music.ensembles import LaneKind, lane_kind, lane_places
from generator.music.piece import Key, Note, Piece

LANES = 8
ONSETS = 144  # 12/8 and 3/2, the longest bars that are composed
BARLINE = ONSETS
PITCHES = 128
NO_PITCH = PITCHES
DURATIONS = np.array([*range(1, 97), *range(108, 385, 12)])  # ticks; all short ones, then eighths up to four bars
LANE_KINDS: tuple[LaneKind, ...] = (
    "other", "soprano", "alto", "tenor", "bass", "voice", "violin", "viola", "cello",
    "keyboard-right", "keyboard-left", "melody", "bass-line",
)  # fmt: skip
Rows = NDArray[np.int16]


class NotEncodable(ValueError):
    """This music does not fit the grid: too many lanes, bars too long, nothing in it."""


@dataclass(frozen=True)
class Events:
    """An encoded piece.

    rows   (n, 4) int16: onset, lane, pitch, duration index; a barline row is (BARLINE, 0, 0, 0)
    bars   (bar count + 1,) barlines in ticks
    lanes  the kind of each lane
    shift  semitones added to a row's pitch to sound it
    """

    rows: Rows
    bars: tuple[int, ...]
    lanes: tuple[LaneKind, ...]
    shift: int
    key: Key
    metre: str


def duration_index(ticks: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """The nearest duration of the vocabulary."""
    ticks = np.asarray(ticks)
    above = np.searchsorted(DURATIONS, ticks).clip(1, len(DURATIONS) - 1)
    return above - (ticks - DURATIONS[above - 1] <= DURATIONS[above] - ticks)


def key_shift(key: Key) -> int:
    """Semitones from C to the tonic by the shorter way, -5..6."""
    tonic = key.tonic.pitch_class
    return tonic - 12 if tonic > 6 else tonic


def encode(piece: Piece, key: Key | None = None) -> Events:
    """Rows of a piece in one metre. Grace notes and percussion are left out.

    Raises NotEncodable when there is no note, more than LANES lanes, or a bar over ONSETS ticks.
    """
    key = key or piece.keys[0]
    places = lane_places(piece)
    if not 0 < len(places) <= LANES:
        raise NotEncodable(f"{len(places)} lanes; between 1 and {LANES} can be encoded.")
    if max(np.diff(piece.bars)) > ONSETS:
        raise NotEncodable("A bar is longer than 12/8.")
    shift = key_shift(key)
    lane_of = {place: lane for lane, place in enumerate(places)}
    notes = np.array(
        [
            (note.onset, lane_of[part, note.staff], note.pitch - shift, note.duration)
            for part, note in piece.notes()
            if note.duration and (part, note.staff) in lane_of
        ],
        dtype=np.int64,
    ).reshape(-1, 4)
    if not len(notes):
        raise NotEncodable("There are no notes.")
    kinds = tuple(lane_kind(piece.parts[part], staff) for part, staff in places)
    return Events(rows_of(notes, np.array(piece.bars)), piece.bars, kinds, shift, key, str(piece.metre_at(0)))


def rows_of(notes: NDArray[np.int64], bars: NDArray[np.int64]) -> Rows:
    """Notes (tick, lane, pitch as in rows, ticks) and barlines, sorted into one sequence."""
    bar_of = (np.searchsorted(bars, notes[:, 0], side="right") - 1).clip(0, len(bars) - 2)
    onset = notes[:, 0] - bars[bar_of]
    rows = np.column_stack([onset, notes[:, 1], notes[:, 2].clip(0, PITCHES - 1), duration_index(notes[:, 3])])
    lines = np.zeros((len(bars) - 1, 4), dtype=np.int64)
    lines[:, 0] = BARLINE
    every = np.concatenate([rows, lines])
    bar = np.concatenate([bar_of, np.arange(len(bars) - 1)])
    order = np.lexsort((every[:, 2], every[:, 1], every[:, 0], bar))
    every, bar = every[order], bar[order]
    # Two notes of one pitch struck together in one lane are one note.
    same = np.all(every[1:, :3] == every[:-1, :3], axis=1) & (bar[1:] == bar[:-1])
    return every[np.concatenate([[True], ~same])].astype(np.int16)


def bar_numbers(rows: Rows) -> NDArray[np.int64]:
    """The bar each row stands in; a barline row belongs to the bar it closes."""
    closed = np.cumsum(rows[:, 0] == BARLINE)
    return closed - (rows[:, 0] == BARLINE)


def decode_row(row: tuple[int, int, int, int], bar_tick: int, shift: int, staff: int) -> Note:
    """A note row as a Note at its absolute tick."""
    onset, _, pitch, duration = row
    return Note(bar_tick + onset, int(DURATIONS[duration]), pitch + shift, staff=staff)
