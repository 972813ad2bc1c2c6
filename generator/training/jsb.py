"""The JSB Chorales benchmark's data: CSV files, a row a 16th, columns S A T B, 0 where a voice rests.

A DIR holds `train/`, `valid/` and perhaps `test/`, split as the field splits them (229, 76, 77;
Boulanger-Lewandowski et al. 2012). Music for pre-training is any other four-part piece of our own
corpus, laid on the same grid with its note values scaled until it moves at a chorale's pace.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator.music.keys import infer_key
from generator.music.piece import Note, Piece
from generator.training import corpus

VOICES = 4
ROW = 6  # ticks
LOWEST, HIGHEST = 36, 81  # sounding pitches of the training split
WINDOW = 384  # rows of a longer piece that are read as one when pre-training
Frames = NDArray[np.int64]


class BenchmarkMissing(FileNotFoundError):
    """The benchmark's folder is not there, or holds no chorale."""


@dataclass(frozen=True)
class Chorale:
    """`frames` (T, 4) of MIDI pitches, 0 for a rest, and the `name` of the file or work."""

    name: str
    frames: Frames


def read_split(data: Path, split: str) -> list[Chorale]:
    """Every chorale of `data/split`, by name. Raises BenchmarkMissing."""
    paths = sorted((data / split).glob("*.csv"))
    if not paths:
        raise BenchmarkMissing(f"{data / split} holds no CSV file; --data names a folder with train/ and valid/ in it.")
    return [Chorale(path.stem, read_frames(path)) for path in paths]


def read_frames(path: Path) -> Frames:
    """(T, 4) of one file. Raises ValueError when a row has not four whole numbers."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    if not rows or any(len(row) != VOICES for row in rows):
        raise ValueError(f"{path} must hold a header and then rows of four pitches.")
    return np.array(rows, dtype=np.int64)


def signature(frames: Frames) -> int:
    """Pitch class of the major key with the piece's likeliest key signature, from all of its notes."""
    notes = [note for voice in range(VOICES) for note in _notes(frames[:, voice])]
    return infer_key(notes, church=False).fifths * 7 % 12 if notes else 0


def _notes(column: Frames) -> Iterator[Note]:
    row = 0
    for pitch, group in groupby(column.tolist()):
        length = len(list(group))
        if pitch:
            yield Note(row * ROW, length * ROW, pitch)
        row += length


# -- Other four-part music ---------------------------------------------------------------


def related(folder: Path) -> list[Chorale]:
    """Four-part pieces of the corpus in `folder` that are not chorales of the benchmark; none without a corpus."""
    if not (folder / "index.jsonl").exists():
        return []
    found: list[Chorale] = []
    for record in corpus.index(folder):
        if "skipped" in record or record["source"] == "jsb-chorales" or record["style"] == "chorale":
            continue
        if record["ensemble"] in ("satb", "other-4", "string-quartet") and record["style"] != "polish-keyboard":
            found += _windows(corpus.load_piece(folder, record["key"]), record["work"])
    return found


def _windows(piece: Piece, name: str) -> Iterator[Chorale]:
    frames = on_grid(piece)
    for start in range(0, len(frames) - WINDOW // 8, WINDOW):
        window = frames[start : start + WINDOW]
        if (window == 0).mean() < 0.35:
            yield Chorale(f"{name} {start}", window)


def on_grid(piece: Piece) -> Frames:
    """(T, 4) of the highest notes of a piece's first four parts; empty where there are fewer than four.

    Note values are halved until half of the notes last a quarter or less (older music writes
    breves where a chorale has quarters); parts are moved by octaves into the range of a choir.
    """
    parts = [part for part in piece.parts if not part.percussion][:VOICES]
    lengths = [note.duration for part in parts for note in part.notes if note.duration]
    if len(parts) < VOICES or not lengths:
        return np.zeros((0, VOICES), dtype=np.int64)
    scale = 1
    while np.median(lengths) > 36 * scale:
        scale *= 2
    frames = np.zeros((piece.length // (ROW * scale), VOICES), dtype=np.int64)
    for voice, part in enumerate(parts):
        for note in sorted(part.notes, key=lambda note: note.pitch):
            start, end = round(note.onset / (ROW * scale)), round(note.end / (ROW * scale))
            frames[start:end, voice] = note.pitch
        frames[:, voice] = _within_range(frames[:, voice])
    return frames


def _within_range(column: Frames) -> Frames:
    """Octaves up or down where a note lies outside the benchmark's range."""
    low = np.where((column > 0) & (column < LOWEST), column + 12 * -((column - LOWEST) // 12), column)
    return np.where(low > HIGHEST, low - 12 * -((HIGHEST - low) // 12), low)
