"""The SoundFont that renders exports, and what its programs are like, found by listening to them."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import midirenderer
import mido
import numpy as np
import pretty_midi
import soundfile

from generator.music.levels import Samples, loudness

_VELOCITY = 80
_SECONDS = 1.5  # a note that is listened to
_FRAME = 0.005  # seconds
_SPOKEN = 0.5  # of the level it reaches: then a note is heard to have begun
_SOON = 0.6  # seconds within which it reaches that level
_LATEST = 0.12  # seconds; further ahead a note would be felt as early
_AT_ONCE = 0.01  # seconds that the quickest programs take too


@dataclass(frozen=True, slots=True)
class Manner:
    """How a program speaks: seconds from stroke to sound, and how loud it is, in LUFS."""

    rise: float
    loudness: float


@lru_cache(maxsize=1)
def soundfont() -> bytes:
    """The General MIDI SoundFont (sf2): the file that SOUNDFONT names, else the one in the pretty_midi wheel."""
    chosen = os.environ.get("SOUNDFONT")
    path = Path(chosen) if chosen else Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
    data = path.read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError(f"{path} is not a SoundFont; SOUNDFONT must name an .sf2 file.")
    return data


def play(file: mido.MidiFile) -> tuple[Samples, int]:
    """A MIDI file as stereo float32 (frames, 2), and its rate; without reverberation where controller 91 is 0."""
    out = io.BytesIO()
    file.save(file=out)
    wave = midirenderer.render_wave_from(soundfont(), out.getvalue())
    samples, rate = soundfile.read(io.BytesIO(wave), dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples[:, :2]), rate


@lru_cache(maxsize=512)
def manner(program: int, octave: int, *, drums: bool = False) -> Manner:
    """How General MIDI `program` speaks around C of `octave` (4 holds middle C)."""
    channel = 9 if drums else 0
    file = mido.MidiFile(ticks_per_beat=1000)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=1_000_000))
    track.append(mido.Message("program_change", channel=channel, program=program))
    track.append(mido.Message("control_change", channel=channel, control=91, value=0))
    pitch = 38 if drums else 12 * (octave + 1)
    track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=_VELOCITY))
    track.append(mido.Message("note_off", channel=channel, note=pitch, time=round(_SECONDS * 1000)))
    track.append(mido.MetaMessage("end_of_track", time=500))
    samples, rate = play(file)
    return Manner(_rise(samples, rate), loudness(samples[: round(_SECONDS * rate)], rate))


def _rise(samples: Samples, rate: int) -> float:
    size = max(round(_FRAME * rate), 1)
    frames = samples[: len(samples) // size * size].reshape(-1, size, 2)
    level = np.sqrt(np.square(frames).mean(axis=(1, 2)))[: round(_SOON / _FRAME)]
    if not level.max(initial=0.0):
        return 0.0
    reached = int(np.argmax(level >= _SPOKEN * level.max())) * _FRAME
    return min(max(reached - _AT_ONCE, 0.0), _LATEST)
