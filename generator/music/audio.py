"""Performance -> sound: played by a SoundFont, heard in a hall, brought to one loudness, encoded by soundfile."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable
from math import gcd
from typing import Literal

import mido
import numpy as np
import soundfile
from scipy.signal import resample_poly

from generator.music import hall
from generator.music.levels import Samples, normalise
from generator.music.performance import Performance, perform
from generator.music.piece import Piece
from generator.music.soundfont import play
from generator.music.staging import Stage, stage

TARGET = -16.0  # LUFS
CEILING = -1.0  # dBTP
LONGEST = 30 * 60  # seconds
Format = Literal["wav", "ogg", "mp3"]
_FORMATS = {"wav": ("WAV", "PCM_16"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III")}
_LOSSY = 1.0  # dB by which peaks may grow where sound is coded in fewer bits
_RESOLUTION = 10_000  # MIDI ticks a second
_TAIL = 6.0  # seconds rendered after the last note, for strings to die away; the hall adds its own
_SILENCE = 10 ** (-60 / 20)  # of the highest peak: below it the tail is over
_FADE = 0.004  # seconds
_LAST_FADE = 0.25  # seconds over which what is left of the tail goes
_CHUNK = 65_536  # frames an encoder is given at once
_VOLUME, _PAN, _REVERB, _CHORUS = 7, 10, 91, 93


class UnplayablePiece(ValueError):
    """A piece that is too long to render; the message is a sentence to show."""


def render(piece: Piece, rate: int = 44_100, performance: Performance | None = None, kind: Format = "wav") -> Samples:
    """The piece as stereo float32 (frames, 2) at -16 LUFS, as it is performed; it ends when its sound has died away.

    `kind` is what it will be encoded as: lossy formats are left more room for their peaks.
    """
    performance = performance or perform(piece)
    if performance.seconds > LONGEST:
        raise UnplayablePiece(f"The piece lasts longer than {LONGEST // 60} minutes; render a part of it.")
    dry, native = play(_file(piece, performance))
    wet = hall.heard(_resampled(dry, native, rate), rate)
    ceiling = CEILING - (_LOSSY if kind != "wav" else 0.0)
    level = normalise(_trimmed(wet, round(performance.seconds * rate)), rate, TARGET, ceiling)
    return _faded(level, rate)


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


# -- What the synthesiser is given ---------------------------------------------------------------


def _file(piece: Piece, performance: Performance) -> mido.MidiFile:
    """The performance as MIDI that only our synthesiser reads: in seconds, staged, slow programs struck ahead."""
    stages = stage(piece, performance)
    ahead = min((note.on - one.rise for one in stages for note in _of(performance, one)), default=0.0)
    late = max(-ahead, 0.0)
    end = round((performance.seconds + late + _TAIL) * _RESOLUTION)
    file = mido.MidiFile(ticks_per_beat=_RESOLUTION)
    for one in stages:
        file.tracks.append(_track([*_setting(one), *_moves(performance, one, late)], end))
    return file


def _of(performance: Performance, one: Stage) -> Iterable:  # type: ignore[type-arg]
    return (note for note in performance.notes if note.part == one.part)


def _setting(one: Stage) -> list[tuple[int, mido.Message]]:
    controls = ((_VOLUME, one.volume), (_PAN, one.pan), (_REVERB, 0), (_CHORUS, 0))
    made = [(0, mido.Message("control_change", channel=one.channel, control=n, value=value)) for n, value in controls]
    return [*made, (0, mido.Message("program_change", channel=one.channel, program=one.program))]


def _moves(performance: Performance, one: Stage, late: float) -> Iterable[tuple[int, mido.Message]]:
    """Controllers and notes; a key that is struck again is let go first."""
    channel = one.channel
    for control in performance.controls:
        if control.part == one.part:
            message = mido.Message("control_change", channel=channel, control=control.number, value=control.value)
            yield round((control.time + late) * _RESOLUTION), message
    strokes: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for note in _of(performance, one):
        on, off = (round((time + late) * _RESOLUTION) for time in (note.on - one.rise, note.off))
        strokes[note.pitch].append((on, max(off, on + 1), note.velocity))
    for pitch, own in strokes.items():
        own.sort()
        for (on, off, velocity), following in zip(own, [*own[1:], None], strict=True):
            yield on, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
            yield min(off, following[0]) if following else off, mido.Message("note_off", channel=channel, note=pitch)


def _track(events: Iterable[tuple[int, mido.Message]], end: int) -> mido.MidiTrack:
    """Messages in order: of those at one time settings first, then releases, then strokes."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)])
    now = 0
    for tick, message in sorted(events, key=lambda it: (it[0], _RANKS[it[1].type])):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(end - now, 0)))
    return track


_RANKS = {"control_change": 0, "program_change": 1, "note_off": 2, "note_on": 3}


# -- What comes of it ------------------------------------------------------------------------------


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
    """Both ends eased, so that nothing clicks."""
    made = samples.copy()
    for size, part in ((_FADE, slice(None)), (_LAST_FADE, slice(None, None, -1))):
        frames = min(round(size * rate), len(samples) // 2)
        ramp = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, frames, dtype=np.float32))
        made[part][:frames] *= ramp[:, None]
    return made
