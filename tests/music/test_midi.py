"""MIDI: what it holds comes back exactly, and broken files are refused with a sentence."""

from __future__ import annotations

import io
from dataclasses import replace

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.music import midi
from generator.music.piece import Key, Mark, Metre, Note, Part, Piece, Tempo, regular_bars
from tests.music.strategies import SCORES

FOUR = Metre(0, 4, 4)


def piece(*parts: Part, bars: tuple[int, ...] = (0, 96), **fields: object) -> Piece:
    return Piece(parts, bars, tempos=(Tempo(0, 100),), **fields)  # type: ignore[arg-type]


def flute(*notes: Note, **fields: object) -> Part:
    return Part("Flute", notes, 73, **fields)  # type: ignore[arg-type]


def messages(score: Piece) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(midi.write(score)), charset="utf-8")


def channels(score: Piece) -> list[set[int]]:
    """The channels of every part's track."""
    file = messages(score)
    return [{message.channel for message in track if not message.is_meta} for track in file.tracks[1:]]


@settings(max_examples=25)
@given(SCORES)
def test_what_midi_holds_survives_the_round_trip(score: Piece) -> None:
    assert midi.read(midi.write(score)) == midi.holds(score)


@settings(max_examples=15)
@given(SCORES)
def test_what_midi_holds_is_held_whole(score: Piece) -> None:
    held = midi.holds(score)
    assert midi.holds(held) == held


@settings(max_examples=100)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_broken_files_are_refused_with_a_sentence(noise: bytes, place: int) -> None:
    good = midi.write(piece(flute(Note(0, 24, 60), Note(24, 24, 62))))
    broken = good[:place] + noise + good[place + len(noise) :]
    try:
        found = f"{midi.read(broken).bar_count} bars."
    except midi.UnreadableMidi as error:
        found = str(error)
    assert found.endswith(".")


def test_text_is_not_a_midi_file() -> None:
    with pytest.raises(midi.UnreadableMidi, match="does not begin with MThd"):
        midi.read(b"X:1\nT:Not MIDI\n")


def test_a_file_that_lasts_for_days_is_refused_before_it_is_unrolled() -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    held = [mido.Message("note_on", note=60, velocity=64), mido.Message("note_off", note=60, time=0x0FFFFFFF)]
    file.tracks.append(mido.MidiTrack(held))
    out = io.BytesIO()
    file.save(file=out)
    with pytest.raises(midi.UnreadableMidi, match="2,000 bars"):
        midi.read(out.getvalue())


def test_a_file_of_film_frames_is_refused() -> None:
    data = bytearray(midi.write(piece(flute(Note(0, 24, 60)))))
    data[12:14] = b"\xe7\x28"
    with pytest.raises(midi.UnreadableMidi):
        midi.read(bytes(data))


def test_a_silent_file_is_refused() -> None:
    with pytest.raises(midi.UnreadableMidi, match="no notes"):
        midi.read(midi.write(piece(flute())))


def test_every_part_has_its_own_channel_and_drums_have_the_tenth() -> None:
    drums = Part("Drums", (Note(0, 24, 36),), percussion=True)
    parts = [drums, *(flute(Note(0, 24, 60)) for _ in range(15))]
    found = channels(piece(*parts))
    assert found[0] == {9}
    assert sorted(channel for one in found[1:] for channel in one) == [c for c in range(16) if c != 9]


def test_of_many_parts_those_of_one_instrument_share_a_channel() -> None:
    parts = [Part("Violin", (Note(0, 24, 60 + n),), 40 + n % 3) for n in range(20)]
    found = channels(piece(*parts))
    assert len({channel for one in found for channel in one}) == 3
    assert {9} not in found


def test_a_keyboard_part_keeps_its_hands_on_one_channel() -> None:
    piano = Part("Piano", (Note(0, 24, 72), Note(0, 24, 48, staff=2)), staves=2)
    score = piece(piano)
    assert channels(score) == [{0}, {0}]
    assert [note.staff for note in midi.read(midi.write(score)).parts[0].notes] == [1, 2]


def test_a_pickup_is_a_short_first_bar_to_other_programs_and_a_pickup_to_us() -> None:
    score = Piece((flute(Note(0, 24, 67), Note(24, 96, 60)),), regular_bars(1, FOUR, 24), tempos=(Tempo(0, 90),))
    times = [message for message in messages(score).tracks[0] if message.type == "time_signature"]
    assert [(m.numerator, m.denominator, m.time) for m in times] == [(1, 4, 0), (4, 4, 480)]
    assert midi.read(midi.write(score)).pickup == 24


def test_a_short_first_bar_that_is_no_pickup_stays_one() -> None:
    score = Piece(
        (flute(Note(0, 48, 67), Note(48, 96, 60)),),
        (0, 48, 144),
        (Metre(0, 2, 4), Metre(48, 4, 4)),
        tempos=(Tempo(0, 90),),
    )
    assert midi.read(midi.write(score)).metres == score.metres


def test_a_foreign_file_is_put_on_the_grid() -> None:
    file = mido.MidiFile(ticks_per_beat=96)
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Lead"), mido.Message("program_change", program=40)])
    for start, length in ((0, 47), (1, 33), (1, 30)):
        track.append(mido.Message("note_on", note=60, velocity=70, time=start))
        track.append(mido.Message("note_off", note=60, time=length))
    file.tracks.append(track)
    out = io.BytesIO()
    file.save(file=out)
    read = midi.read(out.getvalue())
    assert [(note.onset, note.duration) for note in read.parts[0].notes] == [(0, 12), (12, 8), (20, 8)]
    assert (read.parts[0].name, read.parts[0].program, read.bars) == ("Lead", 40, (0, 96))
    assert read.tempos[0].estimated


def test_tempo_metre_and_key_stand_at_their_ticks() -> None:
    score = Piece(
        (flute(Note(0, 168, 60)),),
        (0, 96, 168),
        (FOUR, Metre(96, 3, 4)),
        (Key.parse("Gb major"), Key.parse("D dorian", 96)),
        (Tempo(0, 100), Tempo(96, 61.3)),
    )
    read = midi.read(midi.write(score))
    assert read.keys == (Key.parse("Gb major"), Key.parse("A minor", 96))
    assert read.tempos == score.tempos
    assert read.metres == score.metres


def test_dynamics_and_hairpins_become_velocities() -> None:
    marks = (Mark("dynamic", 0, value="p"), Mark("crescendo", 0, 72), Mark("dynamic", 72, value="f"))
    notes = [Note(24 * beat, 24, 60 + beat) for beat in range(4)]
    held = midi.holds(piece(flute(*notes, marks=marks))).parts[0].notes
    loudness = [note.velocity for note in held]
    assert loudness == sorted(loudness)
    assert (loudness[0], loudness[-1]) == (54, 94)


def test_a_key_struck_again_while_it_is_down_ends_the_first_note() -> None:
    held = midi.holds(piece(flute(Note(0, 96, 60, voice=1), Note(48, 24, 60, voice=2))))
    assert [(note.onset, note.duration) for note in held.parts[0].notes] == [(0, 48), (48, 24)]


def test_names_in_any_script_come_back() -> None:
    score = replace(piece(Part("Скрипка", (Note(0, 24, 60),), 40)), title="Dvořák: Žalozpěv", rights="© 2026")
    read = midi.read(midi.write(score))
    assert (read.parts[0].name, read.title, read.rights) == ("Скрипка", score.title, score.rights)
