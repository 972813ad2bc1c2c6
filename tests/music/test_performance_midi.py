"""MIDI (performance): what is heard, in a file whose bars are still bars."""

from __future__ import annotations

import io

import mido
import pretty_midi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.music import midi, midi_performing
from generator.music.performance import perform
from generator.music.piece import Metre, Note, Part, Piece, Tempo, regular_bars
from tests.music.strategies import SCORES


def read(data: bytes) -> pretty_midi.PrettyMIDI:
    return pretty_midi.PrettyMIDI(io.BytesIO(data))


def melody() -> Piece:
    part = Part("Flute", tuple(Note(24 * n, 24, 72 + n % 7) for n in range(32)), 73)
    return Piece((part,), regular_bars(8, Metre(0, 4, 4)), tempos=(Tempo(0, 90), Tempo(384, 72)), title="Étude")


@pytest.mark.parametrize("expression", [0.0, 0.6, 1.0])
def test_every_note_sounds_when_it_was_performed(expression: float) -> None:
    performance = perform(melody(), expression=expression)
    heard = read(midi_performing.write(melody(), performance)).instruments[0].notes
    for note, wanted in zip(sorted(heard, key=lambda one: one.start), performance.notes, strict=True):
        assert (note.pitch, note.velocity) == (wanted.pitch, wanted.velocity)
        assert note.start == pytest.approx(wanted.on, abs=0.002)
        assert note.end == pytest.approx(wanted.off, abs=0.002)


@given(SCORES)
def test_without_expression_it_holds_the_notes_of_the_score_file(piece: Piece) -> None:
    def notes(data: bytes) -> set[tuple[int, int, int, int]]:
        file = mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
        found = set()
        for track in file.tracks:
            now = 0
            for message in track:
                now += message.time
                if message.type == "note_on" and message.velocity:
                    found.add((now, message.channel, message.note, message.velocity))
        return found

    played = notes(midi_performing.write(piece, perform(piece, expression=0)))
    written = notes(midi.write(piece))
    # Where two voices strike one key together, one stroke is written; the two files may choose another of the two.
    assert {one[:3] for one in played} == {one[:3] for one in written}
    strokes = [one[:3] for one in written]
    assert len(set(strokes)) == len(strokes)


def test_bars_stay_bars_and_the_tempo_follows_the_player() -> None:
    performance = perform(melody())
    file = read(midi_performing.write(melody(), performance))
    assert (file.time_signature_changes[0].numerator, file.time_signature_changes[0].denominator) == (4, 4)
    for bar, tick in enumerate(melody().bars):
        assert file.tick_to_time(bar * 4 * 480) == pytest.approx(performance.clock(tick), abs=0.002)


@given(SCORES, st.floats(0, 1))
def test_any_score_can_be_written_and_read(piece: Piece, expression: float) -> None:
    file = read(midi_performing.write(piece, perform(piece, expression=expression)))
    assert len(file.instruments) <= len(piece.parts)
