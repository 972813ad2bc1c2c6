"""Sound, checked by measuring it: onsets, levels, ends, and what the files say."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from generator.music import audio, hall, soundfont
from generator.music.levels import Samples, loudness, normalise, true_peak
from generator.music.performance import perform
from generator.music.piece import Mark, Note, Part, Piece, Tempo
from generator.music.staging import stage
from generator.music.voicing import pans

RATE = 44_100


def piece(*parts: Part, bpm: float = 120) -> Piece:
    return Piece(parts, (0, 96, 192), tempos=(Tempo(0, bpm),), title="Étude")


def piano(*notes: Note, **fields: object) -> Part:
    return Part("Piano", notes, 0, **fields)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def quartet() -> Samples:
    parts = [Part("Choir", tuple(Note(24 * n, 24, low + n) for n in range(8)), 52) for low in (67, 60, 55, 48)]
    return audio.render(piece(*parts))


def sine(frequency: float, decibels: float, seconds: float = 3.0, rate: int = 48_000) -> Samples:
    wave = 10 ** (decibels / 20) * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)
    return np.stack((wave, wave), axis=1).astype(np.float32)


def test_the_meter_reads_the_standard_s_own_signal() -> None:
    # A 997 Hz sine at full scale in one channel reads -3.01 LUFS; in two, 0.00.
    assert loudness(sine(997, 0), 48_000) == pytest.approx(0.0, abs=0.05)
    assert loudness(sine(997, -23), 48_000) == pytest.approx(-23.0, abs=0.05)


def test_the_meter_hears_less_of_the_bass() -> None:
    assert loudness(sine(30, -20), 48_000) < loudness(sine(997, -20), 48_000) - 3


def test_silence_has_no_loudness_and_stays_silence() -> None:
    quiet = np.zeros((48_000, 2), np.float32)
    assert loudness(quiet, 48_000) == -np.inf
    assert not normalise(quiet, 48_000).any()


def test_a_peak_between_samples_is_found() -> None:
    wave = sine(12_000, 0)[1:]
    assert true_peak((np.sin(np.pi / 4 + np.arange(4800) * np.pi / 2)[:, None]).astype(np.float32)) > -0.6
    assert true_peak(wave) == pytest.approx(0.0, abs=0.5)


def test_a_rendered_piece_is_as_loud_as_every_other_and_clips_nowhere(quartet: Samples) -> None:
    assert loudness(quartet, RATE) == pytest.approx(-16, abs=1)
    assert true_peak(quartet) <= -1
    assert quartet.dtype == np.float32
    assert quartet.shape[1] == 2


def test_notes_sound_when_they_are_written() -> None:
    notes = [Note(tick, 6, 72) for tick in (24, 48, 96, 108)]
    score = piece(piano(*notes))
    samples = audio.render(score, performance=perform(score, expression=0))
    level = np.abs(samples).max(axis=1)
    before = np.array(
        [level[int((n.onset / 48 - 0.03) * RATE) : int((n.onset / 48 - 0.005) * RATE)].max() for n in notes]
    )
    after = np.array([level[int((n.onset / 48) * RATE) : int((n.onset / 48 + 0.03) * RATE)].max() for n in notes])
    assert (after > 2 * before).all()  # the hall still holds the note before


def test_a_piece_ends_after_its_sound_has_died_away(quartet: Samples) -> None:
    assert len(quartet) / RATE >= 4.0
    assert np.abs(quartet[-RATE // 100 :]).max() < 0.01 * np.abs(quartet).max()


def test_nothing_clicks_at_the_ends(quartet: Samples) -> None:
    assert np.abs(quartet[0]).max() < 1e-4
    assert np.abs(quartet[-1]).max() < 1e-4


def test_parts_sit_apart() -> None:
    high, low = Part("Violin", (Note(0, 96, 84),), 40), Part("Cello", (Note(96, 96, 48),), 42)
    score = piece(high, low)
    samples = audio.render(score, performance=perform(score, expression=0))
    first, second = samples[: 2 * RATE], samples[2 * RATE : 4 * RATE]
    assert np.square(first[:, 0]).sum() > 1.3 * np.square(first[:, 1]).sum()
    assert np.square(second[:, 1]).sum() > 1.3 * np.square(second[:, 0]).sum()


def test_forte_is_louder_than_piano_in_one_piece() -> None:
    marks = (Mark("dynamic", 0, value="p"), Mark("dynamic", 96, value="f"))
    score = piece(piano(Note(0, 48, 60), Note(96, 48, 60), marks=marks))
    samples = audio.render(score, performance=perform(score, expression=0))
    assert np.square(samples[2 * RATE : 3 * RATE]).sum() > 3 * np.square(samples[:RATE]).sum()


@pytest.mark.parametrize("kind", ["wav", "ogg", "mp3"])
def test_every_format_holds_the_sound_and_its_title(quartet: Samples, kind: audio.Format) -> None:
    data = audio.encode(quartet, RATE, kind, title="Étude No. 1")
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        assert (file.samplerate, file.channels) == (RATE, 2)
        assert file.title == "Étude No. 1"
        back = file.read(dtype="float32")
    assert abs(len(back) - len(quartet)) <= 3_000  # an mp3 is padded to whole frames
    assert np.sqrt(np.square(back).mean()) == pytest.approx(np.sqrt(np.square(quartet).mean()), rel=0.05)


def test_an_endless_piece_is_refused() -> None:
    with pytest.raises(audio.UnplayablePiece, match="longer than 30 minutes"):
        audio.render(Piece((piano(Note(0, 24, 60)),), (0, 96 * 500), tempos=(Tempo(0, 30),)))


def test_a_soundfont_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDFONT", __file__)
    soundfont.soundfont.cache_clear()
    with pytest.raises(ValueError, match=r"SOUNDFONT must name an \.sf2 file"):
        soundfont.soundfont()
    monkeypatch.undo()
    soundfont.soundfont.cache_clear()


def test_voices_are_an_organ_doubled_by_a_choir_that_is_struck_ahead() -> None:
    choir = piece(*(Part(name, (Note(0, 96, low),), 52) for name, low in (("Soprano", 72), ("Bass", 48))))
    staged = stage(choir, perform(choir))
    assert [(one.part, one.program) for one in staged] == [(0, 19), (0, 52), (1, 19), (1, 52)]
    assert len({one.channel for one in staged}) == 4
    assert staged[1].rise > staged[0].rise


def test_a_score_of_more_parts_than_channels_is_staged_all_the_same() -> None:
    crowd = piece(*(Part(f"Voice {n}", (Note(0, 96, 60),), 52 + n % 3) for n in range(20)))
    assert len(stage(crowd, perform(crowd))) == 20
    drums = piece(Part("Drums", (Note(0, 24, 38),), percussion=True), piano(Note(0, 24, 60)))
    assert [one.channel for one in stage(drums, perform(drums))] == [9, 0]


def test_loud_programs_are_turned_down_to_the_soft_ones() -> None:
    score = piece(Part("Violin", (Note(0, 96, 72),), 40), piano(Note(0, 96, 72)))
    violin, keys = stage(score, perform(score))
    assert keys.volume == 127 > violin.volume


def test_seats_go_from_left_to_right_and_a_lone_player_sits_in_the_middle() -> None:
    assert pans(piece(*(piano() for _ in range(3)))) == [28, 64, 100]
    assert pans(piece(piano())) == [64]


def test_the_hall_rings_for_a_second_and_a_half() -> None:
    energy = np.cumsum(np.square(hall.response(RATE)[::-1]).sum(axis=1))[::-1]
    decibels = 10 * np.log10(energy / energy[0])
    assert 2 * (np.argmax(decibels < -35) - np.argmax(decibels < -5)) / RATE == pytest.approx(1.6, abs=0.25)


def test_more_expression_sounds_otherwise(quartet: Samples) -> None:
    parts = [Part("Choir", tuple(Note(24 * n, 24, low + n) for n in range(8)), 52) for low in (67, 60, 55, 48)]
    score = piece(*parts)
    plain = audio.render(score, performance=perform(score, expression=0))
    assert len(plain) < len(quartet)
