"""From what an engine yields to a job's log: bars with their MusicXML.

Worker only (music21). Writing one four-part bar takes about 80 ms, so a scribe
works in a thread of its own beside the decoding one; its methods are called
there, in order, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from generator import jobs
from generator.engines import Bar, Brief
from generator.models import Job
from generator.music import notation
from generator.music.performance import Performer
from generator.music.piece import Note, Piece
from generator.wire import describe_note, describe_played, describe_start, performance_seed

PartNotes = list[tuple[int, Note]]


@dataclass
class ScoreTake:
    """One take so far: its notes, and the writer and the player that remember what still sounds."""

    writer: notation.MeasureWriter
    performer: Performer
    notes: PartNotes = field(default_factory=list)
    bars: int = 0  # written to the log


class ScoreScribe:
    """Logs bars. `skeleton` is the score to fill; what it holds already is logged along with what is new."""

    def __init__(self, job: Job, brief: Brief, skeleton: Piece) -> None:
        self.job, self.brief, self.skeleton = job, brief, skeleton
        seed = performance_seed(brief.model_dump())
        self.takes = [
            ScoreTake(notation.MeasureWriter(skeleton), Performer(skeleton, seed=seed)) for _ in range(brief.takes)
        ]

    def begin(self) -> None:
        """The start event, which tells a page all it needs to lay the score out."""
        start = describe_start(self.brief, self.skeleton)
        jobs.advance(self.job, "start", {**start, "part_list": self.takes[0].writer.part_list()}, 0.0)

    def write(self, bar: Bar) -> None:
        """Log a bar, and before it any given bars that the engine passed over."""
        take = self.takes[bar.take]
        for index in range(take.bars, bar.index):
            self._log(bar.take, index, [])
        self._log(bar.take, bar.index, list(bar.notes))

    def _log(self, number: int, index: int, new: PartNotes) -> None:
        take = self.takes[number]
        notes = [*self.skeleton.bar_notes(index), *new]
        measures = take.writer.write(index, notes)
        take.notes += notes
        take.bars = index + 1
        data = {
            "take": number,
            "bar": index,
            "tick": self.skeleton.bars[index],
            "notes": [describe_note(part, note) for part, note in notes],
            "performance": describe_played(take.performer.bar(index, notes)),
            "measures": {str(part): measure for part, measure in measures.items()},
        }
        jobs.advance(self.job, "bar", data, self._progress())

    def _progress(self) -> float:
        return sum(take.bars for take in self.takes) / (len(self.takes) * self.skeleton.bar_count)

    def pieces(self) -> Iterator[Piece]:
        """Every take as a whole piece, given bars after the last written one included."""
        for number, take in enumerate(self.takes):
            for index in range(take.bars, self.skeleton.bar_count):
                self._log(number, index, [])
            yield self.skeleton.with_notes(take.notes)
