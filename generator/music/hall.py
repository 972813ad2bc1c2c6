"""A hall of some 1.6 seconds: an impulse response made by formula, and sound heard in it.

After Moorer, "About this reverberation business", Computer Music Journal 3 (1979): exponentially decaying noise, high
frequencies dying first, a few early reflections before it. `static/src/player/hall.js` is the same hall.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.signal import butter, oaconvolve, sosfilt

from generator.music.levels import Samples

DECAY = 1.6  # seconds in which the middle frequencies fall by 60 dB
WET = -9.0  # dB of the hall's energy against the direct sound's
_BANDS = ((None, 400, 1.8), (400, 3000, DECAY), (3000, None, 0.8))  # Hz from, to; seconds
_DELAY = 0.018  # seconds before the hall answers
_EARLY = ((0.011, 0.5), (0.017, 0.42), (0.023, 0.36), (0.031, 0.3), (0.041, 0.22))  # seconds, level


def heard(samples: Samples, rate: int) -> Samples:
    """Stereo sound (frames, 2) in the hall, as long as before and the hall's decay longer."""
    answer = response(rate)
    made = np.zeros((len(samples) + len(answer) - 1, 2), np.float32)
    made[: len(samples)] = samples
    return made + np.float32(10 ** (WET / 20)) * oaconvolve(samples, answer, axes=0).astype(np.float32)


@lru_cache(maxsize=2)
def response(rate: int) -> Samples:
    """The hall's answer to one click, float32 (frames, 2), each channel of energy 1 and unlike the other."""
    times = np.arange(round(1.1 * DECAY * rate)) / rate
    noise = np.random.default_rng(16).standard_normal((len(times), 2))
    tail = sum(_band(noise, low, high, rate) * 10 ** (-3 * times / decay)[:, None] for low, high, decay in _BANDS)
    tail = np.concatenate((np.zeros((round(_DELAY * rate), 2)), np.asarray(tail)))
    for number, (time, level) in enumerate(_EARLY):
        side = number % 2
        tail[round(time * rate), side] += level * 12
        tail[round((time + 0.0027) * rate), 1 - side] += level * 8
    return (tail / np.sqrt(np.square(tail).sum(axis=0))).astype(np.float32)


def _band(noise: np.ndarray, low: float | None, high: float | None, rate: int) -> np.ndarray:
    kind = "lowpass" if low is None else "highpass" if high is None else "bandpass"
    edges = [edge for edge in (low, high) if edge is not None]
    made: np.ndarray = sosfilt(
        butter(2, edges if len(edges) > 1 else edges[0], kind, fs=rate, output="sos"), noise, axis=0
    )
    return made
