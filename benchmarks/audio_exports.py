"""How exports sound, measured: loudness, true peaks, tails and clicks over composed and real pieces.

    python -m benchmarks.audio_exports [--composed 30] [--real 20] [--corpus DIR] [--expression 60] [--each]

Every piece is performed, rendered, encoded (wav, ogg and mp3 in turn) and decoded again: what is measured is the file
that a person downloads. Prints a line a check and the totals; exits with 1 when a check fails.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
from scipy.ndimage import uniform_filter1d
from scipy.signal import resample_poly

from generator import engines
from generator.engines import Bar, Brief
from generator.music import audio
from generator.music.ensembles import ENSEMBLES
from generator.music.levels import Samples, loudness
from generator.music.performance import perform
from generator.music.piece import Piece
from generator.training import corpus

RATE = 44_100
TARGET, TOLERANCE = -16.0, 1.0  # LUFS, LU
CEILING = -1.0  # dBTP
OVERSAMPLING = 8
TAIL = 0.5  # seconds heard after the last note is let go, at least
REST = -50.0  # dB of the peak: what may still sound when the file ends
EDGE = 1e-3  # of full scale: first and last sample
CREST = 8.0  # a click: one bend of the wave so many times the root mean square of those within 5 ms
BEND = 0.02  # of full scale: smaller bends are not heard as clicks
LONGEST = 75.0  # seconds of a real piece
KINDS: tuple[Literal["wav", "ogg", "mp3"], ...] = ("wav", "ogg", "mp3")


@dataclass(frozen=True)
class Export:
    """What was measured of one file."""

    name: str
    seconds: float
    loudness: float
    peak: float  # dBTP
    tail: float  # seconds after the last note
    rest: float  # dB
    edge: float
    clicks: int

    def __str__(self) -> str:
        return (
            f"{self.name:44} {self.seconds:6.1f} s {self.loudness:7.2f} LUFS {self.peak:6.2f} dBTP "
            f"tail {self.tail:4.2f} s {self.rest:6.1f} dB edge {self.edge:.5f} clicks {self.clicks}"
        )


CHECKS: dict[str, Callable[[Export], bool]] = {
    f"loudness {TARGET:.0f} +- {TOLERANCE:.0f} LUFS": lambda it: abs(it.loudness - TARGET) <= TOLERANCE,
    f"true peak <= {CEILING:.0f} dBTP": lambda it: it.peak <= CEILING,
    f"a tail of {TAIL} s or more": lambda it: it.tail >= TAIL,
    f"not cut: below {REST:.0f} dB at the end": lambda it: it.rest <= REST,
    f"no click at start and end: below {EDGE}": lambda it: it.edge <= EDGE,
    "no click inside": lambda it: it.clicks == 0,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--composed", type=int, default=30, help="pieces to compose, of every ensemble in turn")
    parser.add_argument("--real", type=int, default=20, help="pieces of the corpus")
    parser.add_argument("--corpus", type=Path, default=Path("runs/corpus"), help="where `corpus build` wrote it")
    parser.add_argument("--expression", type=int, default=60, help="percent")
    parser.add_argument("--each", action="store_true", help="also a line for every export")
    given = parser.parse_args()
    made = []
    for (name, piece), kind in zip(pieces(given), cycle(KINDS), strict=False):
        made.append(measured(f"{name}.{kind}", piece, kind, given.expression / 100))
        if given.each:
            print(made[-1], flush=True)
    sys.exit(report(made))


def pieces(given: argparse.Namespace) -> Iterator[tuple[str, Piece]]:
    """Composed ones, then real ones of ensembles as different as the corpus has them."""
    engine = engines.load("transformer")
    for number, ensemble in zip(range(given.composed), cycle(ENSEMBLES), strict=False):
        brief = engine.resolve(Brief(ensemble=ensemble, bars=(8, 12, 16)[number % 3], seed=number))  # type: ignore[arg-type]
        piece = engine.skeleton(brief)
        bars = [bar for bar in engine.compose(brief) if isinstance(bar, Bar)]
        yield f"composed {ensemble} {number}", piece.with_notes(note for bar in bars for note in bar.notes)
    yield from real(given.corpus, given.real)


def real(folder: Path, count: int) -> Iterator[tuple[str, Piece]]:
    """Held-out pieces of the corpus, their ensembles in turn, of at most LONGEST seconds."""
    if not count:
        return
    waiting: dict[str, list[str]] = {}
    for record in corpus.index(folder):
        if record.get("split") == "valid" and "skipped" not in record:
            waiting.setdefault(record["ensemble"], []).append(record["key"])
    for ensemble in cycle(sorted(waiting)):
        while waiting[ensemble]:
            piece = corpus.load_piece(folder, waiting[ensemble].pop(0))
            if 4 < perform(piece, expression=0).seconds < LONGEST and piece.note_count > 16:
                count -= 1
                yield f"real {ensemble} {piece.title[:16]}", piece
                break
        if not count or not any(waiting.values()):
            return


def measured(name: str, piece: Piece, kind: Literal["wav", "ogg", "mp3"], expression: float) -> Export:
    """Perform, render, encode, decode, measure."""
    performance = perform(piece, expression=expression)
    data = audio.encode(audio.render(piece, RATE, performance, kind), RATE, kind)
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    high = np.abs(resample_poly(samples, OVERSAMPLING, 1, axis=0)).max()
    last = max(note.off for note in performance.notes)
    ending = np.sqrt(np.square(samples[-rate // 20 :]).mean()) / np.abs(samples).max()
    return Export(
        name=name,
        seconds=len(samples) / rate,
        loudness=loudness(samples, rate),
        peak=float(20 * np.log10(high)),
        tail=len(samples) / rate - last,
        rest=float(20 * np.log10(max(ending, 1e-9))),
        edge=float(max(np.abs(samples[0]).max(), np.abs(samples[-1]).max())),
        clicks=clicks(samples, rate),
    )


def clicks(samples: Samples, rate: int) -> int:
    """Single bends of the wave that nothing around them explains: a jump, a gap, a cut note."""
    bend = np.abs(np.diff(samples, 2, axis=0))
    power = uniform_filter1d(np.square(bend.astype(np.float64)), round(0.01 * rate), axis=0, mode="nearest")
    around = np.sqrt(np.maximum(power, 0))
    return int(((bend > BEND) & (bend > CREST * around)).sum())


def report(made: list[Export]) -> int:
    """A line a check; 1 if any fails."""
    failed = 0
    for name, holds in CHECKS.items():
        good = sum(map(holds, made))
        failed += good < len(made)
        wrong = ", ".join(it.name for it in made if not holds(it))
        print(
            f"{'ok  ' if good == len(made) else 'FAIL'} {name}: {good} of {len(made)}{'; not ' if wrong else ''}{wrong}"
        )
    levels = sorted(it.loudness for it in made)
    print(
        f"{len(made)} exports, {sum(it.seconds for it in made):.0f} s: "
        f"loudness {levels[0]:.2f} to {levels[-1]:.2f} LUFS, "
        f"highest true peak {max(it.peak for it in made):.2f} dBTP, shortest tail {min(it.tail for it in made):.2f} s, "
        f"clicks {sum(it.clicks for it in made)}; {len(CHECKS) - failed} of {len(CHECKS)} checks hold"
    )
    return int(failed > 0)


if __name__ == "__main__":
    main()
