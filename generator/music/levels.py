"""Loudness and peaks of sound, by ITU-R BS.1770-5; and the gain that brings sound to a target."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, minimum_filter1d
from scipy.signal import lfilter, resample_poly

Samples = NDArray[np.float32]  # (frames, channels)

_BLOCK, _STEP = 0.4, 0.1  # seconds of a measuring block, and between two
_ABSOLUTE, _RELATIVE = -70.0, -10.0  # gates: LUFS, and LU below the ungated mean
_ATTACK = 0.005  # seconds a limiter looks ahead


def loudness(samples: Samples, rate: int) -> float:
    """Integrated loudness in LUFS; minus infinity for silence. Sound shorter than a block is one block."""
    weighted = _k_weighted(samples.astype(np.float64), rate)
    size, step = round(_BLOCK * rate), round(_STEP * rate)
    starts = range(0, max(len(weighted) - size, 0) + 1, step)
    sums = np.concatenate((np.zeros((1, weighted.shape[1])), np.cumsum(weighted**2, axis=0)))
    ends = [min(start + size, len(weighted)) for start in starts]
    power = np.array([(sums[b] - sums[a]).sum() / max(b - a, 1) for a, b in zip(starts, ends, strict=True)])
    kept = power[_lufs(power) > _ABSOLUTE]
    if not len(kept):
        return -np.inf
    kept = kept[_lufs(kept) > _lufs(kept.mean()) + _RELATIVE]
    return float(_lufs(kept.mean()))


def _lufs(power: NDArray[np.float64] | float) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(-0.691 + 10 * np.log10(power))


def _k_weighted(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """The head's high shelf and the low cut of the standard, for any rate."""
    high = _shelf(rate, 1681.974450955533, 3.999843853973347, 0.7071752369554196)
    low = _low_cut(rate, 38.13547087602444, 0.5003270373238773)
    filtered: NDArray[np.float64] = lfilter(*low, lfilter(*high, samples, axis=0), axis=0)
    return filtered


def _shelf(
    rate: int, centre: float, decibels: float, quality: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    k, high = np.tan(np.pi * centre / rate), 10 ** (decibels / 20)
    band = high**0.4996667741545416
    norm = 1 + k / quality + k * k
    b = np.array((high + band * k / quality + k * k, 2 * (k * k - high), high - band * k / quality + k * k))
    return b / norm, np.array((1, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm))


def _low_cut(rate: int, centre: float, quality: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    k = np.tan(np.pi * centre / rate)
    norm = 1 + k / quality + k * k
    return np.array((1.0, -2.0, 1.0)), np.array((1, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm))


def true_peak(samples: Samples) -> float:
    """The highest peak between the samples too, in dBTP: four times oversampled."""
    highest = float(np.abs(resample_poly(samples, 4, 1, axis=0)).max(initial=0.0))
    return 20 * np.log10(highest) if highest else -np.inf


def normalise(samples: Samples, rate: int, target: float = -16.0, ceiling: float = -1.0) -> Samples:
    """The sound at `target` LUFS with no true peak above `ceiling` dBTP; peaks are limited, silence stays silence."""
    made = samples
    for _ in range(4):
        found = loudness(made, rate)
        if not np.isfinite(found) or (abs(found - target) < 0.1 and true_peak(made) <= ceiling):
            break
        made = _limited(made * np.float32(10 ** ((target - found) / 20)), rate, ceiling - 0.1)
    return made


def _limited(samples: Samples, rate: int, ceiling: float) -> Samples:
    """Peaks above `ceiling` dBTP turned down smoothly, a few milliseconds ahead."""
    limit = 10 ** (ceiling / 20)
    over = np.abs(resample_poly(samples, 4, 1, axis=0)).max(axis=1)
    peaks = over[: len(samples) * 4].reshape(-1, 4).max(axis=1)
    if peaks.max(initial=0.0) <= limit:
        return samples
    gain = np.minimum(1.0, limit / np.maximum(peaks, 1e-9))
    reach = round(_ATTACK * rate)
    smooth = gaussian_filter1d(minimum_filter1d(gain, 4 * reach + 1), reach / 2, mode="nearest")
    return (samples * smooth[:, None]).astype(np.float32)
