"""Pieces -> windows to learn from: phrases of 4 to 24 bars in one metre.

A window begins and ends at a phrase's end, in bars of one length with at most a pickup, and is
knows where it comes from: `source["true_start"]` and `["true_end"]` are "1" where the piece itself
begins, or ends on its tonic; else "".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from generator.music.ensembles import ENSEMBLES
from generator.music.keys import chroma, infer_key, profile_score
from generator.music.piece import Key, Mark, Part, Piece
from generator.training.corpus_classes import ensemble_of, joined_hands, style_of
from generator.training.corpus_metres import sections
from generator.training.corpus_phrases import boundaries
from generator.training.corpus_tempo import with_tempo

SHORTEST, LONGEST = 4, 24  # bars
_TARGETS = (8, 16, 12, 24, 8, 6, 16, 4)  # bars, taken in turn
_LOCAL_KEY = 0.12  # how much better another key's profile must fit before a window changes its name


def windows(piece: Piece, most_steps: int = 320) -> Iterator[Piece]:
    """Phrases of `piece`, half overlapping, each with at most `most_steps` notes and bars together."""
    piece = _prepared(piece)
    turn = 0
    for section in sections(piece):
        cuts = boundaries(section)
        whole = (0, section.length)
        if section.bar_count <= LONGEST and _steps(section, *whole) <= most_steps:
            yield from _window(section, *whole)
        start = 0
        while start < len(cuts) - 1:
            stop = _stop(section, cuts, start, _TARGETS[turn % len(_TARGETS)], most_steps)
            turn += 1
            if stop is None:
                start += 1
                continue
            if (cuts[start], cuts[stop]) != whole:
                yield from _window(section, cuts[start], cuts[stop])
            start = _half_way(cuts, start, stop)


def _prepared(piece: Piece) -> Piece:
    """Without silent parts, under the usual part names, with a tempo."""
    parts = tuple(part for part in piece.parts if part.notes and not part.percussion)
    piece = joined_hands(replace(piece, parts=parts, source=dict(piece.source)))
    piece.source["ensemble"] = ensemble_of(piece)
    if "corpus" in piece.source:
        piece.source["style"] = style_of(piece)
    return with_tempo(_with_usual_names(piece))


def _with_usual_names(piece: Piece) -> Piece:
    lanes = ENSEMBLES.get(piece.source["ensemble"])
    if lanes is None:
        return piece
    names = list(dict.fromkeys((lane.part, lane.program) for lane in lanes))
    if len(names) != len(piece.parts):
        return piece
    parts = (
        replace(part, name=name, program=program) for part, (name, program) in zip(piece.parts, names, strict=True)
    )
    return replace(piece, parts=tuple(parts))


def _stop(section: Piece, cuts: list[int], start: int, target: int, most_steps: int) -> int | None:
    """Index of the cut nearest to `target` bars after cut `start`, as far as the steps allow."""
    bar = section.metres[0].bar_ticks
    fitting = []
    for stop in range(start + 1, len(cuts)):
        bars = (cuts[stop] - cuts[start]) / bar
        if bars > LONGEST or _steps(section, cuts[start], cuts[stop]) > most_steps:
            break
        if bars >= SHORTEST - 0.75:
            fitting.append(stop)
    return min(fitting, key=lambda stop: abs((cuts[stop] - cuts[start]) / bar - target), default=None)


def _steps(section: Piece, start: int, stop: int) -> int:
    notes = sum(start <= note.onset < stop for part in section.parts for note in part.notes)
    return notes + (stop - start) // section.metres[0].bar_ticks + 2


def _half_way(cuts: list[int], start: int, stop: int) -> int:
    """The next window begins at the first cut past this one's middle."""
    middle = (cuts[start] + cuts[stop]) / 2
    return next((index for index in range(start + 1, stop + 1) if cuts[index] >= middle), stop)


def _window(section: Piece, start: int, stop: int) -> Iterator[Piece]:
    """Ticks `start` to `stop` as a piece: a pickup before the first barline, the last bar complete."""
    full = section.metres[0].bar_ticks
    lines = [line for line in section.bars if start < line < stop]
    first = lines[0] if lines else stop
    if (first - start) > full or first <= start:
        return
    last = lines[-1] if lines else start
    end = last + full if lines else start + full
    bars = tuple(line - start for line in (start, *lines, end))
    parts = tuple(_cut(part, start, stop) for part in section.parts)
    if not any(part.notes for part in parts):
        return
    window = section.slice(section.bar_at(start), section.bar_at(max(stop - 1, start)) + 1)
    window = replace(window, parts=parts, bars=bars, marks=(), metres=(replace(section.metres[0], tick=0),))
    window = replace(window, keys=(_local_key(section, window, start),), tempos=(window.tempos[0],))
    source = {name: value for name, value in section.source.items() if name not in ("true_start", "true_end")}
    begins = start == 0 and bool(section.source.get("true_start"))
    ends = stop >= section.length and bool(section.source.get("true_end")) and ends_on_tonic(window)
    source |= {"true_start": "1" if begins else "", "true_end": "1" if ends else "", "from_tick": str(start)}
    yield replace(window, source=source)


def _cut(part: Part, start: int, stop: int) -> Part:
    notes = tuple(
        replace(note, onset=note.onset - start, duration=min(note.end, stop) - note.onset)
        for note in part.notes
        if start <= note.onset < stop
    )
    marks = tuple(_moved(mark, start) for mark in part.marks if _kept(mark, start, stop))
    return replace(part, notes=notes, marks=marks)


def _kept(mark: Mark, start: int, stop: int) -> bool:
    return start <= mark.onset < stop and (mark.end is None or mark.end <= stop)


def _moved(mark: Mark, start: int) -> Mark:
    return replace(mark, onset=mark.onset - start, end=None if mark.end is None else mark.end - start)


def _local_key(section: Piece, window: Piece, start: int) -> Key:
    """The section's key, unless the window's notes clearly speak for another."""
    named = replace(section.key_at(start), tick=0)
    notes = [note for _, note in window.notes()]
    sounded = chroma(notes)
    heard = infer_key(notes, church=False)
    if profile_score(sounded, heard) > profile_score(sounded, named) + _LOCAL_KEY:
        return heard
    return named


def ends_on_tonic(piece: Piece) -> bool:
    """Whether the last sonority is the tonic: tonic in the bass, and nothing outside its triad."""
    notes = [note for _, note in piece.notes() if note.duration]
    if not notes:
        return False
    key = piece.key_at(piece.length)
    end = max(note.end for note in notes)
    last = [note for note in notes if note.end == end]
    degrees = {(note.pitch - key.tonic.pitch_class) % 12 for note in last}
    return min(last, key=lambda note: note.pitch).pitch % 12 == key.tonic.pitch_class and degrees <= {0, 3, 4, 7}
