"""A plan of a piece: for each bar what it returns to, where its phrase ends and how, and its harmony.

A plan is an int array (bars, len(STORED)); 0 leaves a value open. Its columns:

    back, transposed, likeness   the bar so many bars earlier that this one is most like, the semitones
                                 between them (1 + NEAR + semitones), and how like (LIKENESS)
    phrase_left, cadence         1 + bars to the phrase's last one; how that phrase ends (CADENCES)
    chord, bass                  harmony at the bar's beginning, relative to the tonic: 1 + 5 * root + quality
                                 group (GROUPS), and 1 + pitch class of the bass
    second, second_bass          the same at the bar's middle

What the network reads is that row, the next bar's first chord, and an *echo*: at every step the
event that followed, at the same place, in the bar that this one returns to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generator.engines.tokens import BARLINE, DURATIONS, LANES, PITCHES, Rows, bar_numbers
from generator.music.harmony import Chord

Ints = NDArray[np.int64]
Event = tuple[int, int, int, int]
NEAR = 12  # semitones by which a return may be transposed, up or down
MOST_BACK = 24  # bars
MOST_LEFT = 16  # bars
LIKENESS = ("", "new", "rhythm", "varied", "close", "same")
CADENCES = ("", "authentic", "half", "other")
GROUPS = {"": 0, "maj7": 0, "m": 1, "m7": 1, "dim": 2, "m7b5": 2, "dim7": 2, "7": 3, "aug": 4}
_CHORDS, _BASSES = 12 * 5 + 1, 13
STORED = {
    "back": MOST_BACK + 1, "transposed": 2 * NEAR + 2, "likeness": len(LIKENESS),
    "phrase_left": MOST_LEFT + 2, "cadence": len(CADENCES),
    "chord": _CHORDS, "bass": _BASSES, "second": _CHORDS, "second_bass": _BASSES,
}  # fmt: skip
READ = {**STORED, "next": _CHORDS, "next_bass": _BASSES}
COLUMN = {name: place for place, name in enumerate(READ)}
FORM = slice(COLUMN["back"], COLUMN["likeness"] + 1)
PHRASE = slice(COLUMN["phrase_left"], COLUMN["cadence"] + 1)
HARMONY = slice(COLUMN["chord"], COLUMN["second_bass"] + 1)
NO_ECHO: Event = (BARLINE + 1, LANES, PITCHES, len(DURATIONS))  # nothing to return to
END_OF_ECHO: Event = (BARLINE, LANES, PITCHES, len(DURATIONS))  # the other bar is over
ECHO_SIZES = (BARLINE + 2, LANES + 1, PITCHES + 1, len(DURATIONS) + 1)


def empty(bars: int) -> Ints:
    """A plan that leaves everything open."""
    return np.zeros((bars, len(STORED)), dtype=np.int64)


def chord_values(chord: Chord | None, tonic: int) -> tuple[int, int]:
    """A chord as (chord, bass) of a plan whose key is on pitch class `tonic`."""
    if chord is None:
        return 0, 0
    return 1 + (chord.root - tonic) % 12 * 5 + GROUPS[chord.quality], 1 + (chord.bass - tonic) % 12


def read_rows(plan: Ints) -> Ints:
    """(bars, len(READ)): every bar's row, with the chord that the next bar begins with."""
    following = np.vstack([plan[1:], np.zeros((1, plan.shape[1]), dtype=np.int64)])
    return np.concatenate([plan, following[:, COLUMN["chord"] : COLUMN["bass"] + 1]], 1)


def semitones(transposed: int) -> int:
    """Column `transposed` as an interval; open is none."""
    return transposed - 1 - NEAR if transposed else 0


def follower(reference: list[Event], after: Event | None) -> Event:
    """The event of `reference` (sorted, transposed) after the place of `after`; None: its first."""
    place = (-1, -1, -1) if after is None else after[:3]
    return next((event for event in reference if event[:3] > place), END_OF_ECHO)


def moved(events: list[Event], interval: int) -> list[Event]:
    """Events transposed; what leaves the range of pitches is left out."""
    return [(o, lane, p + interval, d) for o, lane, p, d in events if 0 <= p + interval < PITCHES]


def echoes(rows: Rows, plan: Ints, step_bar: Ints, fields: Ints, kind: Ints, writes: NDArray[np.generic]) -> Ints:
    """`follower` for every step of a sequence: (T, 4).

    step_bar (T,), fields (T, 4) and kind (T,) say where each step stands, writes (T, LANES) which lanes it may
    write: only those are echoed. A step that writes nothing hears no echo.
    """
    found = np.tile(NO_ECHO, (len(step_bar), 1))
    bar_of = bar_numbers(rows)
    for bar in np.unique(step_bar).tolist():
        steps = np.flatnonzero((step_bar == bar) & writes.any(1))
        back = int(plan[bar, COLUMN["back"]])
        if not len(steps) or not 0 < back <= bar:
            continue
        interval = semitones(int(plan[bar, COLUMN["transposed"]]))
        found[steps] = _followers(
            rows[bar_of == bar - back], interval, writes[steps[0]] > 0, fields[steps], kind[steps]
        )
    return found


def _followers(bar: Rows, interval: int, lanes: NDArray[np.bool_], fields: Ints, kind: Ints) -> Ints:
    """The events of `bar` after each of the places `fields`."""
    events = bar[bar[:, 0] < BARLINE].astype(np.int64)
    pitch = events[:, 2] + interval
    kept = lanes[events[:, 1]] & (pitch >= 0) & (pitch < PITCHES)
    events, pitch = events[kept], pitch[kept]
    events[:, 2] = pitch
    choices = np.vstack([events, END_OF_ECHO])
    place = np.where(kind == 1, _order(fields), -1)
    return choices[np.searchsorted(_order(events), place, side="right")]  # type: ignore[no-any-return]


def _order(fields: Ints) -> Ints:
    """Places in reading order as one number each."""
    return (fields[:, 0] * LANES + fields[:, 1]) * (PITCHES + 1) + fields[:, 2]
