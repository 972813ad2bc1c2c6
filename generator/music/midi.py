"""Piece <-> Standard MIDI file, by pretty_midi and mido.

What MIDI cannot hold, and `holds` therefore drops: spelling (and so the written
transposition), voices, ties, articulations, lyrics, slurs, clefs, texts, chord symbols,
repeats and barlines' looks; church modes (kept as major or minor of the same signature);
the words of a tempo; a second note on a key that is still down in the same part. Grace
notes become short notes before the beat, dynamics and hairpins become velocities.

A part has one channel, drums the tenth. Each staff of a part is a track. Text events
that begin with `partita:` say which part and staff a track is and where the bars are
when the metres alone do not tell; other programs pass over them.
"""

from __future__ import annotations

from generator.music.midi_holds import holds
from generator.music.midi_reading import UnreadableMidi, read
from generator.music.midi_writing import write

__all__ = ["UnreadableMidi", "holds", "read", "write"]
