"""Piece -> sound: rendered from its MIDI by midirenderer, brought to one loudness, encoded by soundfile."""

from __future__ import annotations

import io
import os
from functools import lru_cache
from math import gcd
from pathlib import Path
from typing import Literal

import midirenderer
import mido
import numpy as np
import pretty_midi
import soundfile
from scipy.signal import resample_poly

from generator.music import midi
from generator.music.levels import Samples, normalise
from generator.music.piece import Piece

TARGET = -16.0  # LUFS
CEILING = -1.0  # dBTP
LONGEST = 30 * 60  # seconds
Format = Literal["wav", "ogg", "mp3"]
_FORMATS = {"wav": ("WAV", "PCM_16"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III")}
_TAIL = 8.0  # seconds rendered after the last barline, for strings and reverberation to die away
_SILENCE = 10 ** (-60 / 20)  # of the highest peak: below it the tail is over
_FADE = 0.004  # seconds
_WIDTH = 36  # how far from the middle (64) the outermost of several parts sit
_PAN = 10
_CHUNK = 65_536  # frames an encoder is given at once


class UnplayablePiece(ValueError):
    """A piece that is too long to render; the message is a sentence to show."""


def render(piece: Piece, rate: int = 44_100) -> Samples:
    """The piece as stereo float32 (frames, 2) at -16 LUFS; it ends when its sound has died away."""
    file = mido.MidiFile(file=io.BytesIO(midi.write(piece)))
    if file.length > LONGEST:
        raise UnplayablePiece(f"The piece lasts longer than {LONGEST // 60} minutes; render a part of it.")
    _spread(file)
    _lengthen(file, _TAIL)
    out = io.BytesIO()
    file.save(file=out)
    wave = midirenderer.render_wave_from(soundfont(), out.getvalue())
    samples, native = soundfile.read(io.BytesIO(wave), dtype="float32", always_2d=True)
    samples = _resampled(np.ascontiguousarray(samples[:, :2]), native, rate)
    ends = file.length - _TAIL
    return normalise(_faded(_trimmed(samples, round(ends * rate)), rate), rate, TARGET, CEILING)


def encode(samples: Samples, rate: int, kind: Format, title: str = "") -> bytes:
    """Sound (frames, channels) as a file: 16-bit wav, Vorbis ogg or mp3, with its title."""
    container, subtype = _FORMATS[kind]
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", rate, samples.shape[1], subtype, format=container) as file:
        if title:
            file.title = title
        # libsndfile's Vorbis encoder overflows its stack when it is given minutes at once.
        for start in range(0, len(samples), _CHUNK):
            file.write(samples[start : start + _CHUNK])
    return out.getvalue()


@lru_cache(maxsize=1)
def soundfont() -> bytes:
    """The General MIDI SoundFont (sf2): the file that SOUNDFONT names, else the one in the pretty_midi wheel."""
    chosen = os.environ.get("SOUNDFONT")
    path = Path(chosen) if chosen else Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
    data = path.read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError(f"{path} is not a SoundFont; SOUNDFONT must name an .sf2 file.")
    return data


def _spread(file: mido.MidiFile) -> None:
    """Seat the parts from left to right, drums in the middle."""
    tracks = [(track, channel) for track in file.tracks[1:] if (channel := _channel(track)) not in (None, 9)]
    channels = list(dict.fromkeys(channel for _, channel in tracks))
    for track, channel in tracks:
        place = channels.index(channel) / (len(channels) - 1) if len(channels) > 1 else 0.5
        value = round(64 + _WIDTH * (2 * place - 1))
        track.insert(0, mido.Message("control_change", channel=channel, control=_PAN, value=value))


def _channel(track: mido.MidiTrack) -> int | None:
    return next((message.channel for message in track if not message.is_meta), None)


def _lengthen(file: mido.MidiFile, seconds: float) -> None:
    """Let every track end later, so that the last notes may ring."""
    tempos = [message.tempo for message in file.tracks[0] if message.type == "set_tempo"]
    ticks = mido.second2tick(seconds, file.ticks_per_beat, tempos[-1] if tempos else 500_000)
    for track in file.tracks:
        track[-1] = track[-1].copy(time=track[-1].time + ticks)


def _resampled(samples: Samples, native: int, rate: int) -> Samples:
    if native == rate:
        return samples
    common = gcd(native, rate)
    made: Samples = resample_poly(samples, rate // common, native // common, axis=0).astype(np.float32)
    return made


def _trimmed(samples: Samples, ends: int) -> Samples:
    """Without the silence after the tail; never shorter than the piece."""
    level = np.abs(samples).max(axis=1)
    heard = np.flatnonzero(level > level.max(initial=0.0) * _SILENCE)
    last = int(heard[-1]) + 1 if len(heard) else 0
    return samples[: max(last, min(ends, len(samples)))]


def _faded(samples: Samples, rate: int) -> Samples:
    """Both ends eased over a few milliseconds, so that nothing clicks."""
    size = min(round(_FADE * rate), len(samples) // 2)
    if not size:
        return samples
    ramp = (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, size, dtype=np.float32)))[:, None]
    made = samples.copy()
    made[:size] *= ramp
    made[-size:] *= ramp[::-1]
    return made
