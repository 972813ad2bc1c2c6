"""What a performance is made of: clocks, played notes and controllers, and how far each bends from the score.

Everything is held twice: as the score has it, and as full expression would play it. What is heard lies between,
on a straight line: `score + expression * (full - score)`. The page draws the same line, so that its slider needs
no second copy of the rules, and since both ends keep the order of the notes, every point between keeps it too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from generator.music.piece import TICKS_PER_QUARTER, Tempo

DEFAULT = 0.6  # where the Expression slider stands at first; the amounts of the rules are meant there
AMOUNT = 1 / DEFAULT  # so much more of everything at full expression


@dataclass(frozen=True, slots=True)
class Played:
    """One note of the score as it is played. Ticks are of the score, seconds of full expression.

    `start`, `stop` and `plain` (velocity 1-127) are the score's; `shift` is how many seconds later than the clock it
    is struck, `gate` the tick at which it is let go, `velocity` how hard it is struck, all at full expression.
    """

    id: str
    part: int
    pitch: int
    staff: int
    start: int
    stop: int
    plain: int
    velocity: int
    shift: float
    gate: float


@dataclass(frozen=True, slots=True)
class Control:
    """A part's MIDI controller from `tick` on: 0-127 without expression, and at full. `written` is the score's own."""

    part: int
    tick: int
    number: int
    plain: int
    value: int
    written: bool = False


@dataclass(frozen=True, slots=True)
class BarPlayed:
    """One bar: `clock` as (tick, seconds at full expression) up to its end, its notes in the order they were given."""

    clock: tuple[tuple[int, float], ...]
    notes: tuple[Played, ...]
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class TimedNote:
    """A note in seconds from the beginning."""

    id: str
    part: int
    pitch: int
    staff: int
    on: float
    off: float
    velocity: int


@dataclass(frozen=True, slots=True)
class TimedControl:
    """A controller (0-127) in seconds from the beginning."""

    part: int
    time: float
    number: int
    value: int


def between(plain: float, full: float, expression: float) -> float:
    """The point of the line from the score to full expression."""
    return plain + expression * (full - plain)


class ScoreClock:
    """Ticks -> seconds by the tempo map alone."""

    def __init__(self, tempos: Sequence[Tempo]) -> None:
        self.ticks, self.starts, self.rates = [0], [0.0], [_rate(tempos[0])]
        for tempo in tempos[1:]:
            self.starts.append(self(tempo.tick))
            self.ticks.append(tempo.tick)
            self.rates.append(_rate(tempo))

    def __call__(self, tick: float) -> float:
        place = max(bisect_right(self.ticks, tick) - 1, 0)
        return self.starts[place] + (tick - self.ticks[place]) * self.rates[place]


def _rate(tempo: Tempo) -> float:
    """Seconds a tick."""
    return 60 / (tempo.bpm * TICKS_PER_QUARTER)


@dataclass
class Clock:
    """Ticks -> seconds through points that both rise; past the last one the score's tempo goes on."""

    score: ScoreClock = field(compare=False)
    ticks: list[int] = field(default_factory=lambda: [0])
    seconds: list[float] = field(default_factory=lambda: [0.0])

    def extend(self, points: Iterable[tuple[int, float]]) -> None:
        """Append the points that lie after the last."""
        for tick, second in points:
            if tick > self.ticks[-1]:
                self.ticks.append(tick)
                self.seconds.append(second)

    def __call__(self, tick: float) -> float:
        if tick >= self.ticks[-1]:
            return self.seconds[-1] + self.score(tick) - self.score(self.ticks[-1])
        place = max(bisect_right(self.ticks, tick) - 1, 0)
        start, end = self.ticks[place], self.ticks[place + 1]
        share = (tick - start) / (end - start)
        return self.seconds[place] + share * (self.seconds[place + 1] - self.seconds[place])

    def tick_at(self, second: float) -> float:
        """The tick that sounds at `second`; after the last point in the pace of the last stretch."""
        place = min(max(bisect_right(self.seconds, second) - 1, 0), max(len(self.seconds) - 2, 0))
        if len(self.seconds) < 2:
            return 0.0
        share = (second - self.seconds[place]) / (self.seconds[place + 1] - self.seconds[place])
        return self.ticks[place] + share * (self.ticks[place + 1] - self.ticks[place])

    def blended(self, expression: float) -> Clock:
        """The clock at `expression`, between the score's and this one."""
        seconds = [
            between(self.score(tick), second, expression) for tick, second in zip(self.ticks, self.seconds, strict=True)
        ]
        return Clock(self.score, list(self.ticks), seconds)
