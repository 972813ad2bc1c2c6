"""What the frame model may look at: small integers, all of them causal.

Time is cut into steps of two 16ths (an eighth), because notes of this music begin almost only
there: 68% of the voices move on a quarter, 20% on the eighth after it, 0.6% elsewhere. A step
has ten *slots*, in the order in which they are predicted: chord, S, B, A, T of its first 16th,
then of its second. The trunk reads what was known before the step, a slot also the slots before it.

Every feature is a column with a number of values. Columns of kind `pitch` hold an absolute
pitch and `chord` columns a root; they move when a piece is transposed. All the others are
intervals, durations and counts, which do not (`relative`: a chord seen from the voice's last pitch).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from generator.training import jsb_chords
from generator.training.jsb import VOICES

Ints = NDArray[np.int64]
LOW, PITCHES = 28, 64  # pitches 28..91: the benchmark's range and seven semitones about it
SYMBOLS = PITCHES + 1  # 0 is a rest
BEFORE = SYMBOLS  # what stood before the first frame
NO_CHORD = jsb_chords.CLASSES
ORDER = (0, 3, 1, 2)  # S B A T, the places of the columns in the order of prediction
SLOTS = 10
LEAP = 12  # semitones; wider motion is one class
WIDE = 36
BAR = 8  # steps of a 4/4 bar; a 3/4 bar has six
MATCHES = (1, 2, 3, 5, 9, 17)  # steps that agree, from which a repeat counts as longer


@dataclass
class Columns:
    """Columns side by side: `values` (J, F), and how each is transposed and how many values it takes."""

    values: list[Ints] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def add(self, values: Ints, size: int, kind: str = "") -> None:
        self.values.append(values)
        self.sizes.append(size)
        self.kinds.append(kind)

    def matrix(self) -> Ints:
        """(J, F) as int16."""
        return np.stack(self.values, 1).astype(np.int16)


@dataclass(frozen=True)
class Sheet:
    """One piece, ready for the model.

    trunk    (J, F) columns known before the step
    slots    ten of (J, F) columns known before the slot
    metre    (J, 28) float32 where notes began so far, folded at bars of 4/4 and 3/4
    target   (J, 10) symbols: chord classes, and MIDI pitches (0 a rest)
    own      (J, 10) MIDI pitch of the slot's voice a 16th earlier (-1 before the piece, 0 a rest)
    repeat   (J, 10) MIDI pitch or chord where the longest match went on (-1 none)
    frames   number of real frames (the last step may hold one that is only padding)
    """

    trunk: Ints
    slots: tuple[Ints, ...]
    metre: NDArray[np.float32]
    target: Ints
    own: Ints
    repeat: Ints
    frames: int

    def __len__(self) -> int:
        return len(self.trunk)


def motion(now: Ints, before: Ints, limit: int = LEAP) -> Ints:
    """Interval classes, 2 limit + 5 of them: -limit..limit, then wider, from a rest, to a rest, unknown."""
    code = np.clip(now - before, -limit, limit) + limit
    code = np.where(np.abs(now - before) > limit, 2 * limit + 1, code)
    code = np.where(before == 0, 2 * limit + 2, np.where(now == 0, 2 * limit + 3, code))
    code = np.where((before == 0) & (now == 0), limit, code)
    return np.where((before < 0) | (now < 0), 2 * limit + 4, code)


def read(frames: Ints) -> Sheet:
    """Columns and targets of a piece of (T, 4) frames. No row of them depends on a later frame."""
    past = _Past(frames)
    slots = [_slot(past, half, place) for half in range(2) for place in range(VOICES + 1)]
    return Sheet(
        _trunk(past).matrix(), tuple(slot.matrix() for slot in slots), past.metre(),
        past.target(), past.own(), past.repeat(), len(frames),
    )  # fmt: skip


def sizes() -> tuple[list[int], list[list[int]], list[str], list[list[str]]]:
    """Numbers of values and kinds of the trunk's columns and of each slot's."""
    past = _Past(np.full((2, VOICES), 60))
    trunk = _trunk(past)
    slots = [_slot(past, half, place) for half in range(2) for place in range(VOICES + 1)]
    return trunk.sizes, [slot.sizes for slot in slots], trunk.kinds, [slot.kinds for slot in slots]


def transposed(columns: Ints, kinds: list[str], shift: int) -> Ints:
    """Pitch columns from MIDI (-1 before, 0 rest) to symbols of the piece moved by `shift`, chords turned."""
    moved = columns.astype(np.int64)
    for place, kind in enumerate(kinds):
        if kind == "pitch":
            moved[:, place] = symbols(moved[:, place], shift)
        elif kind == "chord":
            moved[:, place] = jsb_chords.transposed(moved[:, place], shift)
    return moved


def symbols(pitches: Ints, shift: int) -> Ints:
    """MIDI pitches (0 a rest, -1 before) -> 0 a rest, 1.. pitches from LOW, BEFORE; nearest where out of range."""
    moved = np.clip(pitches + shift - LOW, 0, PITCHES - 1) + 1
    return np.where(pitches > 0, moved, np.where(pitches == 0, 0, BEFORE))


class _Past:
    """A piece's frames, and at every step what can be known of those before it."""

    def __init__(self, frames: Ints) -> None:
        padded = np.concatenate([frames, frames[-1:]]) if len(frames) % 2 else frames
        self.now = padded.reshape(-1, 2, VOICES)  # (J, 2, 4)
        self.count = len(self.now)
        self.chord = jsb_chords.chord_classes(padded).reshape(-1, 2)
        self.rows = padded
        self.source, self.length = longest_match(self.now.reshape(self.count, -1))
        self.tune_source, self.tune_length = longest_match(self.now[:, :, :1].reshape(self.count, -1))
        began = np.ones((len(padded), VOICES), dtype=bool)
        began[1:] = padded[1:] != padded[:-1]
        self.began = began
        self.held = _held(began)

    def back(self, half: int, rows: int) -> Ints:
        """(J, 4) pitches `rows` 16ths before the step's half, -1 before the piece."""
        return _earlier(self.rows, rows)[half::2]

    def metre(self) -> NDArray[np.float32]:
        """(J, 28) share of earlier steps where voices began, and where none did, by distance mod 8 and mod 6."""
        starts = np.asarray(self.began.reshape(self.count, 2, VOICES)[:, 0].mean(1))
        quiet = np.asarray(1.0 - self.began.reshape(self.count, 2 * VOICES).any(1))  # inside a long chord
        columns = [_folded(values, bar) for bar in (BAR, 6) for values in (starts, quiet)]
        return np.concatenate(columns, 1).astype(np.float32)

    def target(self) -> Ints:
        """(J, 10) chord, S, B, A, T of both halves."""
        halves = [np.column_stack([self.chord[:, half], self.now[:, half][:, ORDER]]) for half in range(2)]
        return np.concatenate(halves, 1)

    def own(self) -> Ints:
        """(J, 10) what each slot was a 16th earlier."""
        halves = []
        for half in range(2):
            chord = _earlier(self.chord.reshape(-1, 1), 1)[half::2]
            halves.append(np.concatenate([chord, self.back(half, 1)[:, ORDER]], 1))
        return np.concatenate(halves, 1)

    def repeat(self) -> Ints:
        """(J, 10) what stood in each slot where the longest match of the past went on, -1 without one."""
        return np.where(self.source[:, None] >= 0, self.target()[self.source], -1)


def _earlier(rows: Ints, count: int) -> Ints:
    moved = np.full_like(rows, -1)
    moved[count:] = rows[: max(len(rows) - count, 0)]
    return moved


def _held(began: NDArray[np.bool_]) -> Ints:
    """(T, 4) rows since the sounding note of each voice began, counted after each row."""
    held = np.zeros(began.shape, dtype=np.int64)
    for row in range(1, len(began)):
        held[row] = np.where(began[row], 0, held[row - 1] + 1)
    return held


def longest_match(steps: Ints) -> tuple[Ints, Ints]:
    """For each step the earlier step whose past agrees longest with its own (-1 none), and the length (J,).

    `steps` (J, K) are compared whole; of equals the latest counts. Step j is never looked at for j itself.
    """
    count = len(steps)
    source, length = np.full(count, -1), np.zeros(count, dtype=np.int64)
    run = np.zeros(count + 1, dtype=np.int64)  # run[i]: how long steps before i agree with those before j
    for j in range(1, count):
        same = (steps[: j - 1] == steps[j - 1]).all(1)  # step i - 1 for i in 1..j-1
        fresh = np.zeros(count + 1, dtype=np.int64)
        fresh[1:j] = np.where(same, run[: j - 1] + 1, 0)
        run = fresh
        best = j - 1 - int(np.argmax(run[1:j][::-1])) if j > 1 else 0
        if j > 1 and run[best]:
            source[j], length[j] = best, run[best]
    return source, length


def _folded(values: NDArray[np.float64], bar: int) -> NDArray[np.float64]:
    """(J, bar): for each distance mod `bar`, the mean of values at earlier steps that far before."""
    steps = np.arange(len(values))
    place = np.eye(bar)[steps % bar]  # (J, bar)
    sums = np.cumsum(place * values[:, None], 0) - place * values[:, None]  # of earlier steps only
    counts = np.cumsum(place, 0) - place + 2.0
    ahead = (steps[:, None] + np.arange(bar)) % bar  # entry k: steps congruent to j + k
    return np.take_along_axis(sums / counts, ahead, 1)  # type: ignore[no-any-return]


def _trunk(past: _Past) -> Columns:
    columns = Columns()
    steps = np.arange(past.count)
    columns.add(steps % BAR, BAR)
    columns.add(steps % 6, 6)
    columns.add(np.minimum(steps, 31), 32)
    last, pair, beat = past.back(0, 1), past.back(0, 2), past.back(0, 3)
    for voice in range(VOICES):
        columns.add(last[:, voice], SYMBOLS + 1, "pitch")
        columns.add(motion(last[:, voice], beat[:, voice]), 2 * LEAP + 5)
        columns.add(motion(last[:, voice], pair[:, voice]), 2 * LEAP + 5)
        columns.add(_hold(past, 0, voice), 18)
    for upper, lower in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
        columns.add(motion(last[:, upper], last[:, lower], WIDE), 2 * WIDE + 5)
    chord = _earlier(past.chord.reshape(-1, 1), 1)[0::2, 0]
    columns.add(np.where(chord < 0, NO_CHORD, chord), NO_CHORD + 1, "chord")
    columns.add(np.searchsorted(MATCHES, past.length, "right"), 7)
    columns.add(_tune(past, last), 7 * (2 * LEAP + 5))
    return columns


def _hold(past: _Past, half: int, voice: int) -> Ints:
    held = _earlier(past.held, 1)[half::2, voice]
    return np.where(held < 0, 17, np.minimum(held, 16))


def _tune(past: _Past, last: Ints) -> Ints:
    """Where the soprano's longest match went on, and how long it is, as one number."""
    found = past.tune_source >= 0
    candidate = np.where(found, past.now[past.tune_source, 0, 0], -1)
    bucket = np.searchsorted(MATCHES, past.tune_length, "right")
    return bucket * (2 * LEAP + 5) + motion(candidate, last[:, 0])


def _slot(past: _Past, half: int, place: int) -> Columns:
    """Columns of one slot: `place` 0 is the chord, 1..4 the voices in ORDER."""
    columns = Columns()
    steps = np.arange(past.count)
    columns.add(steps % BAR, BAR)
    bucket = np.searchsorted(MATCHES, past.length, "right")
    columns.add(_agreement(past, half, place) * 7 + bucket, 21)
    before = past.back(half, 1)
    if place == 0:
        _chord_slot(columns, past, half)
        return columns
    voice, decided = ORDER[place - 1], ORDER[: place - 1]
    own = before[:, voice]
    columns.add(own, SYMBOLS + 1, "pitch")
    columns.add(motion(own, past.back(half, 2)[:, voice]), 2 * LEAP + 5)
    columns.add(_hold(past, half, voice), 18)
    candidate = np.where(past.source >= 0, past.now[past.source, half, voice], -1)
    columns.add(bucket * (2 * LEAP + 5) + motion(candidate, own), 7 * (2 * LEAP + 5))
    chord = past.chord[:, half]
    columns.add(chord, NO_CHORD + 1, "chord")
    columns.add(_relative_chord(chord, own), NO_CHORD + 1, "relative")
    for other in ORDER:
        if other == voice:
            continue
        if other in decided:
            now = past.now[:, half, other]
            columns.add(now, SYMBOLS + 1, "pitch")
            columns.add(motion(now, before[:, other]), 2 * LEAP + 5)
            columns.add(motion(now, own, WIDE), 2 * WIDE + 5)
        else:
            columns.add(motion(before[:, other], own, WIDE), 2 * WIDE + 5)
            columns.add(motion(before[:, other], past.back(half, 2)[:, other]), 2 * LEAP + 5)
    return columns


def _chord_slot(columns: Columns, past: _Past, half: int) -> None:
    chord = _earlier(past.chord.reshape(-1, 1), 1)[half::2, 0]
    columns.add(np.where(chord < 0, NO_CHORD, chord), NO_CHORD + 1, "chord")
    candidate = np.where(past.source >= 0, past.chord[past.source, half], NO_CHORD)
    columns.add(candidate, NO_CHORD + 1, "chord")
    before, earlier = past.back(half, 1), past.back(half, 2)
    for voice in range(VOICES):
        columns.add(_hold(past, half, voice), 18)
        columns.add(motion(before[:, voice], earlier[:, voice]), 2 * LEAP + 5)


def _relative_chord(chord: Ints, own: Ints) -> Ints:
    """The chord with its root counted from the voice's last pitch; unknown after a rest."""
    return np.where(own > 0, jsb_chords.transposed(chord, -own), NO_CHORD)


def _agreement(past: _Past, half: int, place: int) -> Ints:
    """Whether the slots of this step that are decided agree with the match: 0 nothing decided, 1 yes, 2 no."""
    decided = [(first, voice) for first in range(half) for voice in range(VOICES)]
    decided += [(half, voice) for voice in ORDER[: max(place - 1, 0)]]
    if not decided:
        return np.zeros(past.count, dtype=np.int64)
    same = [past.now[:, first, voice] == past.now[past.source, first, voice] for first, voice in decided]
    return np.where(np.all(same, axis=0) & (past.source >= 0), 1, 2)
