"""Judge exported scores by what other programs read in them.

The judge is given MusicXML and what was asked for, and nothing of how it was
made: music21 reads the bars, signatures, players and notes, verovio engraves it
and must not warn. The same ears (key, cadence, frozen stretches) listen to real
pieces, so that every share stands beside that of music people wrote.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby, pairwise
from typing import NamedTuple

import music21
import numpy as np
import verovio
from music21.stream import Measure
from music21.stream import Part as Staff

from generator.music.features import key_of_chroma
from generator.music.piece import TICKS_PER_QUARTER, Key, Piece

FROZEN_BARS = 4  # the same bar more often than this in a row is frozen
FINEST = 1024  # parts of a quarter; music21 keeps odd tuplets as floats


@dataclass(frozen=True)
class Asked:
    """What a score must be: `players` are (part name, General MIDI program), one for every staff."""

    key: str
    metre: str
    bars: int
    players: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, skeleton: Piece) -> Asked:
        """What an empty score promises; a pickup is not counted as a bar."""
        bars = skeleton.bar_count - bool(skeleton.pickup)
        players = tuple((part.name, part.program) for part in skeleton.parts for _ in range(part.staves))
        return cls(str(skeleton.keys[0]), str(skeleton.metres[0]), bars, players)


class Sound(NamedTuple):
    """A note as it is heard: quarters from the start, ties merged."""

    staff: int
    onset: Fraction
    end: Fraction
    pitch: int


@dataclass(frozen=True)
class Verdict:
    """What was read. `faults` are sentences; a score without any is grammatical."""

    faults: tuple[str, ...]
    locks: dict[str, bool] = field(default_factory=dict)
    heard_key: bool = False
    final_cadence: bool = False
    frozen: bool = False

    @property
    def grammatical(self) -> bool:
        return not self.faults

    @property
    def locks_held(self) -> bool:
        return bool(self.locks) and all(self.locks.values())


def judge(musicxml: bytes, asked: Asked) -> Verdict:
    """Read one score with both programs; what cannot be read at all is one fault and nothing else."""
    try:
        score = music21.converter.parseData(musicxml, format="musicxml")
    except Exception as error:  # a reader that fails in any way at all is the finding
        return Verdict((f"music21 cannot read it: {error}",))
    faults = [*_bar_faults(score), *(f"verovio: {line}" for line in engraving_warnings(musicxml))]
    sounds, bars, key = _sounds(score), _barlines(score), Key.parse(asked.key)
    return Verdict(
        faults=tuple(faults),
        locks=_locks(score, asked),
        heard_key=hears(sounds, key),
        final_cadence=has_final_cadence(sounds, key, _beat(asked.metre)),
        frozen=is_frozen(sounds, bars),
    )


# -- Reading -------------------------------------------------------------------------


def engraving_warnings(musicxml: bytes) -> list[str]:
    """What verovio says on stderr while it loads a score and draws every page of it."""
    toolkit = verovio.toolkit()
    with _standard_error() as said:
        read = toolkit.loadData(musicxml.decode("utf8"))
        for page in range(1, toolkit.getPageCount() + 1 if read else 1):
            toolkit.renderToSVG(page)
    lines = [line.strip() for line in said if line.strip()]
    return lines if read else [*lines, "the score cannot be loaded"]


@contextmanager
def _standard_error() -> Iterator[list[str]]:
    """Lines written to the process's stderr inside the block; verovio's C++ knows no other log."""
    lines: list[str] = []
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            lines += file.read().decode("utf8", "replace").splitlines()


def _measures(staff: Staff) -> list[Measure]:
    return list(staff.getElementsByClass(Measure))


def _bar_faults(score: music21.stream.Score) -> Iterator[str]:
    """Every voice of every bar must lie within the metre without overlap, and the first must fill it."""
    counts = {len(_measures(staff)) for staff in score.parts}
    if len(counts) != 1 or counts == {0}:
        yield f"parts have different numbers of bars: {sorted(counts)}"
    for name, staff in enumerate(score.parts, 1):
        metre = None
        for place, bar in enumerate(_measures(staff)):
            metre = bar.timeSignature or metre
            length = _quarters(metre.barDuration.quarterLength) if metre else Fraction(0)
            pickup = place == 0 and bar.number == 0
            fault = _bar_fault(bar, length, pickup)
            if fault:
                yield f"staff {name}, bar {bar.number}: {fault}"


def _bar_fault(bar: Measure, length: Fraction, pickup: bool) -> str:
    for place, voice in enumerate(list(bar.voices) or [bar]):
        spans = [_span(element) for element in voice.notesAndRests if not element.duration.isGrace]
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            return "notes of one voice overlap"
        end = spans[-1][1] if spans else Fraction(0)
        filled = sum((stop - start for start, stop in spans), Fraction(0))
        if end > length or (not pickup and place == 0 and filled != length):
            return f"voice {place + 1} holds {float(filled):g} quarters and ends at {float(end):g} of {float(length):g}"
    return ""


def _span(element: music21.base.Music21Object) -> tuple[Fraction, Fraction]:
    start = _quarters(element.offset)
    return start, start + _quarters(element.duration.quarterLength)


def _quarters(value: float | Fraction) -> Fraction:
    """Exact quarters: music21's floats and fractions on one fine grid."""
    return Fraction(value).limit_denominator(FINEST)


def _locks(score: music21.stream.Score, asked: Asked) -> dict[str, bool]:
    """Which of the asked controls the score keeps."""
    key = Key.parse(asked.key)
    signatures = list(score.recurse().getElementsByClass(music21.key.KeySignature))
    metres = list(score.recurse().getElementsByClass(music21.meter.TimeSignature))
    bars = {sum(bar.number != 0 for bar in _measures(staff)) for staff in score.parts}
    players = [(staff.partName, staff.getInstrument().midiProgram or 0) for staff in score.parts]
    modes = {signature.mode for signature in signatures if isinstance(signature, music21.key.Key)}
    return {
        "key": {signature.sharps for signature in signatures} == {key.fifths} and modes <= {key.mode},
        "metre": {metre.ratioString for metre in metres} == {asked.metre},
        "bars": bars == {asked.bars},
        "instruments": players == list(asked.players),
    }


def _sounds(score: music21.stream.Score) -> list[Sound]:
    """Every sounding note, ties merged, sorted by onset."""
    sounds = []
    for index, staff in enumerate(score.parts):
        tied: dict[int, Sound] = {}
        for bar in _measures(staff):
            for sound, tie in sorted(_bar_sounds(bar, index)):
                before = tied.pop(sound.pitch, None) if tie in ("stop", "continue") else None
                if before:
                    sound = sound._replace(onset=before.onset)
                if tie in ("start", "continue"):
                    tied[sound.pitch] = sound
                else:
                    sounds.append(sound)
        sounds += tied.values()
    return sorted(sounds, key=lambda sound: (sound.onset, sound.staff, sound.pitch))


def _bar_sounds(bar: Measure, staff: int) -> Iterator[tuple[Sound, str]]:
    start = _quarters(bar.offset)
    for voice in list(bar.voices) or [bar]:
        for element in voice.notes:
            if element.duration.isGrace or isinstance(element, music21.harmony.ChordSymbol):
                continue
            onset, end = _span(element)
            for note in element.notes if isinstance(element, music21.chord.Chord) else [element]:
                tie = note.tie or element.tie
                yield Sound(staff, start + onset, start + end, note.pitch.midi), tie.type if tie else ""


def _barlines(score: music21.stream.Score) -> list[Fraction]:
    """Start of every bar and the end of the last, in quarters."""
    bars = _measures(score.parts[0]) if len(score.parts) else []
    return [_quarters(bar.offset) for bar in bars] + [_quarters(score.highestTime)]


# -- Ears ----------------------------------------------------------------------------


def sounds_of(piece: Piece) -> tuple[list[Sound], list[Fraction]]:
    """The sounds and barlines of a Piece, for the same ears."""
    sounds = [
        Sound(index, Fraction(note.onset, TICKS_PER_QUARTER), Fraction(note.end, TICKS_PER_QUARTER), note.pitch)
        for index, note in piece.notes()
        if note.duration and not piece.parts[index].percussion
    ]
    barlines = [Fraction(tick, TICKS_PER_QUARTER) for tick in piece.bars]
    return sorted(sounds, key=lambda sound: (sound.onset, sound.staff, sound.pitch)), barlines


def hears(sounds: list[Sound], key: Key) -> bool:
    """Do the notes alone, weighed by length, sound in `key` (tonic and major or minor)?"""
    chroma = np.zeros(12)
    for sound in sounds:
        chroma[sound.pitch % 12] += float(sound.end - sound.onset)
    heard = key_of_chroma(chroma)
    return bool(sounds) and (heard.tonic.pitch_class, heard.mode) == (key.tonic.pitch_class, key.mode)


def has_final_cadence(sounds: list[Sound], key: Key, beat: Fraction) -> bool:
    """Is the tonic in the bass of a last sonority that is held for at least a beat?"""
    if not sounds:
        return False
    end = max(sound.end for sound in sounds)
    last = [sound for sound in sounds if sound.end == end]
    held = end - max(sound.onset for sound in last)
    return held >= beat and min(sound.pitch for sound in last) % 12 == key.tonic.pitch_class


def is_frozen(sounds: list[Sound], bars: list[Fraction]) -> bool:
    """Does one bar, empty or not, stand more than four times in a row?"""
    contents = []
    for start, stop in pairwise(bars):
        contents.append(
            tuple(
                (sound.staff, max(sound.onset, start) - start, min(sound.end, stop) - start, sound.pitch)
                for sound in sounds
                if sound.onset < stop and sound.end > start
            )
        )
    return any(len(list(group)) > FROZEN_BARS for _, group in groupby(contents))


def _beat(metre: str) -> Fraction:
    """The felt beat in quarters."""
    numerator, denominator = map(int, metre.split("/"))
    compound = denominator >= 8 and numerator > 3 and numerator % 3 == 0
    return Fraction(4, denominator) * (3 if compound else 1)


def piece_ears(piece: Piece) -> dict[str, bool]:
    """The same three answers for a real piece."""
    sounds, bars = sounds_of(piece)
    beat = Fraction(piece.metre_at(piece.length).beat_ticks, TICKS_PER_QUARTER)
    return {
        "heard_key": hears(sounds, piece.keys[0]),
        "final_cadence": has_final_cadence(sounds, piece.key_at(piece.length), beat),
        "frozen": is_frozen(sounds, bars),
    }
