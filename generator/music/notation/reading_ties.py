"""Notes of a part as they are read: ties merged, doubles dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from generator.music.piece import Note

Tie = Literal["", "start", "continue", "stop"]


@dataclass
class TiedNotes:
    """Notes in the order read. A note tied from one before, in any voice of its staff, lengthens that one."""

    notes: list[Note] = field(default_factory=list)
    _open: dict[tuple[int, int], int] = field(default_factory=dict)  # (staff, pitch) -> index of the note tied on

    def add(self, new: Note, tie: Tie = "") -> int:
        """Index of the note that `new` is, or is tied to."""
        slot = (new.staff, new.pitch)
        before = self._open.get(slot) if tie in ("stop", "continue") and new.duration else None
        if before is not None and self.notes[before].end == new.onset:
            self.notes[before] = _merged(self.notes[before], new)
        else:
            before = len(self.notes)
            self.notes.append(new)
        if new.duration and tie in ("start", "continue"):
            self._open[slot] = before
        return before

    def finished(self) -> Iterator[Note]:
        """The notes, each once: of two at the same place in a voice the longer stays."""
        best: dict[tuple[int, int, int, int, bool], Note] = {}
        for note in self.notes:
            slot = (note.onset, note.pitch, note.staff, note.voice, note.duration == 0)
            if slot not in best or best[slot].duration < note.duration:
                best[slot] = note
        return iter(best.values())


def _merged(before: Note, after: Note) -> Note:
    return replace(
        before,
        duration=after.end - before.onset,
        articulations=tuple(sorted({*before.articulations, *after.articulations})),
        lyrics=before.lyrics + after.lyrics,
    )
