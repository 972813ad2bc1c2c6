"""Notes of a part as they are read: ties merged, doubles dropped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from generator.music.piece import Note

Tie = Literal["", "start", "continue", "stop"]


@dataclass
class TiedNotes:
    """Notes in the order read. A note tied from one before, in any voice of its staff, lengthens that one."""

    notes: list[Note] = field(default_factory=list)
    # (staff, pitch) -> indices of notes that are tied on
    _open: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, new: Note, tie: Tie = "") -> int:
        """Index of the note that `new` is, or is tied to."""
        index = self._tied_from(new) if tie in ("stop", "continue") and new.duration else None
        if index is None:
            index = len(self.notes)
            self.notes.append(new)
        else:
            self.notes[index] = _merged(self.notes[index], new)
        if new.duration and tie in ("start", "continue"):
            self._open[new.staff, new.pitch].append(index)
        return index

    def _tied_from(self, new: Note) -> int | None:
        """The open note that stops where `new` begins, in its own voice if there is one."""
        waiting = self._open[new.staff, new.pitch]
        fitting = [index for index in waiting if self.notes[index].end == new.onset]
        if not fitting:
            return None
        found = next((index for index in fitting if self.notes[index].voice == new.voice), fitting[0])
        waiting.remove(found)
        return found

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
        lyrics=tuple(dict.fromkeys(before.lyrics + after.lyrics)),
    )
