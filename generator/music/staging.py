"""Who plays what and where on the stage: programs, channels, seats, and levels by measured loudness."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from generator.music.midi_writing import DRUMS, assign_channels
from generator.music.performance import Performance
from generator.music.piece import Part, Piece
from generator.music.soundfont import Manner, manner
from generator.music.voicing import Layer, layers, pans

_LOUDEST = 127
_MOST_APART = 14.0  # dB that balance moves a program at most
_CHANNELS = 16


@dataclass(frozen=True, slots=True)
class Stage:
    """One program playing a part on a channel; `rise` seconds from its stroke to its sound, volume and pan 0-127."""

    part: int
    program: int
    channel: int
    rise: float
    volume: int
    pan: int


def stage(piece: Piece, performance: Performance) -> list[Stage]:
    """Every layer of every part. Where channels run short each part keeps the layer that carries it."""
    chosen = [layers(part) for part in piece.parts]
    channels = _channels(piece.parts, chosen)
    seats = pans(piece)
    found: list[tuple[int, Layer, Manner]] = []
    for index, own in enumerate(chosen):
        for layer in own[: len(channels[index])]:
            found.append((index, layer, _manner(piece.parts[index], index, layer, performance)))
    gains = [layer.decibels - known.loudness for _, layer, known in found]
    top = max(gains, default=0.0)
    places = iter([channel for own in channels for channel in own])
    return [
        Stage(index, layer.program, next(places), known.rise, _volume(gain - top), seats[index])
        for (index, layer, known), gain in zip(found, gains, strict=True)
    ]


def _channels(parts: tuple[Part, ...], chosen: list[tuple[Layer, ...]]) -> list[list[int]]:
    """The channels of every part's layers."""
    wanted = sum(len(own) for own, part in zip(chosen, parts, strict=True) if not part.percussion)
    if wanted > _CHANNELS - 1:
        return [[channel] for channel in assign_channels(parts)]
    free = iter([channel for channel in range(_CHANNELS) if channel != DRUMS])
    return [[DRUMS] if part.percussion else [next(free) for _ in own] for own, part in zip(chosen, parts, strict=True)]


def _manner(part: Part, index: int, layer: Layer, performance: Performance) -> Manner:
    """How the program speaks where the part lies."""
    pitches = [note.pitch for note in performance.notes if note.part == index]
    octave = round(median(pitches) / 12) - 1 if pitches else 4
    return manner(layer.program, octave, drums=part.percussion)


def _volume(decibels: float) -> int:
    """MIDI volume: the square of it is the amplitude."""
    return round(_LOUDEST * 10 ** (max(decibels, -_MOST_APART) / 40))
