"""Grammar: what may be written next, so that nothing malformed ever is.

One Grammar follows one take. It answers four questions in the order in which the
network asks them (onset, lane, pitch, duration), each with a boolean mask over
that field's values, and is told every choice. What it guarantees:

- onsets never go back, lanes and chord notes are in order (`tokens`);
- a lane of one voice holds one note at a time, a hand at most five, 16 semitones apart;
- no note outside a lane's range, past the last barline, or into a given note;
- onsets and ends lie on a grid that can be written: 32nds, or triplets inside a beat;
- where the piece ends: every lane ends on the last barline, the last sonority is struck
  at least a beat before it and belongs to the tonic triad, with the tonic in the bass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.engines.tokens import BARLINE, DURATIONS, LANES, ONSETS, PITCHES
from generator.music.ensembles import Lane

Mask = NDArray[np.bool_]
BEAT = 24
SPAN = 16  # semitones a hand can hold
_PLACES = np.arange(ONSETS + 1)
_PITCHES = np.arange(PITCHES)
_TRIPLET = np.isin(np.arange(BEAT), (8, 16))
_DUPLE = np.arange(BEAT) % 3 == 0


@dataclass(frozen=True)
class Frame:
    """What is fixed before a note is written; pitches as sounding MIDI, ticks from the first bar.

    `limits` holds for every lane the onsets of given notes, which written ones must not run into.
    """

    bars: tuple[int, ...]
    lanes: Sequence[Lane]
    shift: int
    minor: bool
    beat: int
    ends: bool
    limits: Sequence[NDArray[np.int64]]

    @property
    def length(self) -> int:
        return self.bars[-1]

    @property
    def last_strike(self) -> int:
        """The latest onset of the last sonority: a beat before the end, or the last barline of a shorter bar."""
        return max(self.length - self.beat, self.bars[-2])

    @property
    def triad(self) -> tuple[int, ...]:
        return (0, 3, 7) if self.minor else (0, 4, 7)


@dataclass
class Hand:
    """What one lane holds: (pitch, end) of every note that may still sound; pitches as in rows."""

    held: list[tuple[int, int]]
    end: int = 0  # of its latest ending note

    def at(self, tick: int) -> list[int]:
        return [pitch for pitch, end in self.held if end > tick]


class Grammar:
    """The rules for one take; `begin` a bar, then ask and tell until BARLINE."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.hands = [Hand([]) for _ in frame.lanes]
        self.final: dict[int, list[int]] = {}  # lane -> pitches of the last sonority, where it is written
        self.bar = 0
        self.open: list[int] = []
        self.onset, self.lane, self.pitch = -1, -1, -1

    def copy(self) -> Grammar:
        """A snapshot to return to when a bar is drawn again."""
        twin = Grammar(self.frame)
        twin.hands = [Hand(list(hand.held), hand.end) for hand in self.hands]
        twin.final = {lane: list(pitches) for lane, pitches in self.final.items()}
        twin.bar, twin.open = self.bar, self.open
        twin.onset, twin.lane, twin.pitch = self.onset, self.lane, self.pitch
        return twin

    def begin(self, bar: int, lanes: Sequence[int]) -> None:
        """A new bar in which `lanes` are to be written."""
        self.bar, self.open = bar, list(lanes)
        self.onset, self.lane, self.pitch = -1, -1, -1

    def remember(self, lane: int, pitch: int, end: int) -> None:
        """A given note that may still sound; `pitch` as in rows."""
        hand = self.hands[lane]
        hand.held.append((pitch, end))
        hand.end = max(hand.end, end)

    # -- The four questions -------------------------------------------------------

    def onsets(self) -> Mask:
        """(ONSETS + 1,) over onset; the last place is BARLINE."""
        frame = self.frame
        start, length = self._bar_start, frame.bars[self.bar + 1] - self._bar_start
        mask = np.zeros(ONSETS + 1, dtype=bool)
        earliest = min((self._earliest(lane) for lane in self.open), default=BARLINE)
        allowed = (_PLACES[:length] >= earliest) & (_TRIPLET | _DUPLE)[(_PLACES[:length]) % BEAT]
        if frame.ends:
            shortest = np.where(_TRIPLET[_PLACES[:length] % BEAT], 8, 3)  # what must fit before the last sonority
            tick = _PLACES[:length] + start
            allowed &= (tick + shortest <= frame.last_strike) | (tick == frame.last_strike)
        mask[:length] = allowed
        mask[BARLINE] = not (frame.ends and self.bar == len(frame.bars) - 2 and self._pending())
        return mask

    def lanes(self, onset: int) -> Mask:
        """(LANES,) over lane."""
        mask = np.zeros(LANES, dtype=bool)
        mask[self._lane_choices(onset)] = True
        return mask

    def pitches(self, onset: int, lane: int) -> Mask:
        """(PITCHES,) over pitch as in rows."""
        player, hand = self.frame.lanes[lane], self.hands[lane]
        mask = (_PITCHES >= player.low - self.frame.shift) & (_PITCHES <= player.high - self.frame.shift)
        if player.voices > 1:
            held = hand.at(self._bar_start + onset)
            mask[held] = False
            if held:
                mask &= (max(held) - SPAN <= _PITCHES) & (min(held) + SPAN >= _PITCHES)
            if onset == self.onset and lane == self.lane:
                mask &= self.pitch < _PITCHES
        if self._must_be_final(onset):
            mask = self._in_last_sonority(mask, lane)
        return mask

    def durations(self, onset: int, lane: int, pitch: int) -> Mask:
        """(durations,) over index of DURATIONS."""
        tick = self._bar_start + onset
        ends = tick + DURATIONS
        place = onset % BEAT
        end_place = (onset + DURATIONS) % BEAT
        triplet = _TRIPLET[place]
        allowed = _TRIPLET | (np.arange(BEAT) == 0) if triplet else _DUPLE | (_TRIPLET if place == 0 else False)
        mask = allowed[end_place]
        mask = mask & (ends <= self._limit(lane, tick))
        if self.frame.ends:
            last = self.frame.last_strike
            whole = ends == self.frame.length
            if not self._may_end(lane, pitch):
                whole = np.zeros_like(whole)
            mask &= (ends <= last) | whole
            if self._must_be_final(onset):
                mask = ends == self.frame.length
        if not mask.any():  # between two given notes: as long as there is room
            mask = ends == min(self._limit(lane, tick), int(ends[-1]))
        return mask if mask.any() else DURATIONS == DURATIONS[0]

    def write(self, onset: int, lane: int, pitch: int, duration: int) -> None:
        """The choice that was made, duration as an index."""
        end = self._bar_start + onset + int(DURATIONS[duration])
        hand = self.hands[lane]
        hand.held = [(held, until) for held, until in hand.held if until > self._bar_start + onset]
        hand.held.append((pitch, end))
        hand.end = max(hand.end, end)
        self.onset, self.lane, self.pitch = onset, lane, pitch
        if self.frame.ends and end >= self.frame.length:
            self.final.setdefault(lane, []).append(pitch)

    # -- What the answers rest on --------------------------------------------------

    @property
    def _bar_start(self) -> int:
        return self.frame.bars[self.bar]

    def _earliest(self, lane: int) -> int:
        """The first onset in this bar at which a lane may take another note."""
        hand, player = self.hands[lane], self.frame.lanes[lane]
        free = 0
        if player.voices == 1:
            free = hand.end - self._bar_start
        floor = self.onset if lane >= self.lane else self.onset + 1
        return max(free, floor, 0)

    def _lane_choices(self, onset: int) -> list[int]:
        choices = [lane for lane in self.open if self._free(lane, onset)]
        if self.frame.ends and self._bar_start + onset == self.frame.last_strike:
            pending = self._pending()
            chord = [lane for lane in choices if lane == self.lane and onset == self.onset and lane not in pending]
            choices = chord + [lane for lane in choices if pending and lane == pending[0]]
        return choices

    def _free(self, lane: int, onset: int) -> bool:
        tick, hand, player = self._bar_start + onset, self.hands[lane], self.frame.lanes[lane]
        if onset < self._earliest(lane) or self._limit(lane, tick) <= tick:
            return False
        if player.voices == 1:
            return onset > self.onset or lane > self.lane if not self._breaks_beat(hand.end, tick) else False
        held = hand.at(tick)
        full = len(held) >= player.voices
        top = player.high - self.frame.shift
        chord = onset == self.onset and lane == self.lane
        return not full and not (chord and (self.pitch >= top or self.pitch >= min(held, default=0) + SPAN))

    def _breaks_beat(self, end: int, tick: int) -> bool:
        """A rest from a triplet's middle to a duple place of the same beat cannot be written."""
        start = self._bar_start
        if end < start or (end - start) // BEAT != (tick - start) // BEAT:
            return False
        before, now = (end - start) % BEAT, (tick - start) % BEAT
        return before != 0 and (bool(_TRIPLET[before]) != bool(_TRIPLET[now])) and now != 0

    def _limit(self, lane: int, tick: int) -> int:
        """Where a note struck at `tick` must have ended: the next given note, or the last barline."""
        given = self.frame.limits[lane]
        place = int(np.searchsorted(given, tick))
        return int(given[place]) if place < len(given) else self.frame.length

    def _pending(self) -> list[int]:
        """Lanes that have not yet reached the last barline."""
        return [lane for lane in self.open if self.hands[lane].end < self.frame.length]

    def _must_be_final(self, onset: int) -> bool:
        return self.frame.ends and self._bar_start + onset == self.frame.last_strike

    def _may_end(self, lane: int, pitch: int) -> bool:
        """May this pitch sound in the last sonority?"""
        return bool(self._in_last_sonority(np.ones(PITCHES, dtype=bool), lane)[pitch])

    def _in_last_sonority(self, mask: Mask, lane: int) -> Mask:
        """Of `mask` the pitches that make a tonic triad over the tonic; each rule only where it leaves a choice."""
        bass_lane = self.open[-1] if self.open else lane
        bass = min(self.final.get(bass_lane, [PITCHES]))
        others = [pitch for own, pitches in self.final.items() if own != bass_lane for pitch in pitches]
        if lane == bass_lane and bass == PITCHES:
            rules = [_PITCHES % 12 == 0, min(others, default=PITCHES) >= _PITCHES]
        else:
            rules = [np.isin(_PITCHES % 12, self.frame.triad), _PITCHES > (bass if bass < PITCHES else -1)]
        for rule in rules:
            if (mask & rule).any():
                mask = mask & rule
        return mask
