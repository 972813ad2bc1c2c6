"""An engine without weights, whose speed and failures a test chooses. It writes scales.

`density` is the seconds it takes over a bar; seed 13 raises in the third bar,
seed 14 runs out of memory there, seed 15 finds no weights.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from generator.engines import Bar, Brief
from generator.music.ensembles import ENSEMBLES, parts_of
from generator.music.piece import Key, Metre, Note, Piece, Tempo, regular_bars

FAILURES: dict[int, Exception] = {13: RuntimeError("unlucky"), 14: MemoryError(), 15: FileNotFoundError("weights")}
MAJOR = (0, 2, 4, 5, 7, 9, 11, 12)


class ScalesEngine:
    """Quarter notes up the major scale in every part."""

    name = "scales"

    @classmethod
    def load(cls, device: str = "cpu") -> ScalesEngine:
        return cls()

    def resolve(self, brief: Brief) -> Brief:
        settled = {"key": brief.key or "C major", "metre": brief.metre or "4/4", "tempo": brief.tempo or 100}
        return brief.model_copy(update=settled)

    def skeleton(self, brief: Brief, given: Piece | None = None) -> Piece:
        """Empty bars; continuing a piece, its own bars and then empty ones."""
        if given is not None and brief.task == "continue":
            metre = given.metres[-1]
            more = tuple(given.length + (bar + 1) * metre.bar_ticks for bar in range(brief.bars))
            return Piece(given.parts, given.bars + more, given.metres, given.keys, given.tempos)
        assert brief.key
        metre = Metre(0, *map(int, str(brief.metre).split("/")))
        parts = parts_of(ENSEMBLES[brief.ensemble])
        bars = regular_bars(brief.bars, metre)
        return Piece(parts, bars, (metre,), (Key.parse(brief.key),), (Tempo(0, float(brief.tempo or 100)),))

    def compose(self, brief: Brief, given: Piece | None = None) -> Iterator[Bar]:
        skeleton = self.skeleton(brief, given)
        first = given.bar_count if given is not None and brief.task == "continue" else 0
        for index in range(first, skeleton.bar_count):
            time.sleep(brief.density or 0)
            if index == 2 and brief.seed in FAILURES:
                raise FAILURES[brief.seed]
            for take in range(brief.takes):
                yield self._bar(skeleton, take, index)

    def _bar(self, skeleton: Piece, take: int, index: int) -> Bar:
        start, end = skeleton.bars[index], skeleton.bars[index + 1]
        notes = tuple(
            (part, Note(tick, 24, 60 + take + MAJOR[beat % 8]))
            for part in range(len(skeleton.parts))
            for beat, tick in enumerate(range(start, end, 24))
        )
        return Bar(take, index, start, end - start, notes)
