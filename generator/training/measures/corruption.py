"""Seven ways to spoil real music, each of which an ear hears at once. The measures must hear them too.

Every corruption takes a piece and a random generator and gives a piece with the same bars, parts and
maps. Spellings are dropped where pitches move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from generator.music.ensembles import lane_places
from generator.music.piece import TICKS_PER_QUARTER, Note, Piece

EIGHTH = TICKS_PER_QUARTER // 2
MOVED = 0.15  # share of pitches that are moved a step
SPAN = 2  # bars of a semitone shift, and of an ending
Pair = tuple[int, Note]
Corruption = Callable[[Piece, np.random.Generator], Piece]


def late_part(piece: Piece, rng: np.random.Generator) -> Piece:
    """One lane begins an eighth late and stays so; its last note is cut at the end."""
    lane = _some_lane(piece, rng)

    def delayed(note: Note) -> Note:
        onset = note.onset + EIGHTH
        return replace(note, onset=onset, duration=min(note.duration, piece.length - onset))

    moved = ((part, delayed(note) if (part, note.staff) == lane else note) for part, note in piece.notes())
    return piece.with_notes(pair for pair in moved if pair[1].duration > 0)


def semitone_up(piece: Piece, rng: np.random.Generator) -> Piece:
    """One lane sounds a half step higher for two bars in which it has notes."""
    lane = _some_lane(piece, rng)
    own = sorted({piece.bar_at(note.onset) for part, note in piece.notes() if (part, note.staff) == lane})
    first = int(rng.choice(own[: max(len(own) - SPAN + 1, 1)]))
    return _moved(
        piece, lambda part, note: int((part, note.staff) == lane and first <= piece.bar_at(note.onset) < first + SPAN)
    )


def shuffled_bars(piece: Piece, rng: np.random.Generator) -> Piece:
    """The bars (less a pickup) in another order; notes are cut at their barline."""
    bars = list(range(bool(piece.pickup), piece.bar_count))
    order = rng.permutation(bars).tolist()
    return _reordered(piece, [*range(bars[0]), *order])


def swapped_ending(piece: Piece, rng: np.random.Generator) -> Piece:
    """The last two bars change places with two earlier neighbours that do not touch them."""
    first = bool(piece.pickup)
    count = piece.bar_count
    other = int(rng.integers(first, max(count - 2 * SPAN, first) + 1))
    order = list(range(count))
    order[other : other + SPAN], order[count - SPAN :] = order[count - SPAN :], order[other : other + SPAN]
    return _reordered(piece, order)


def moved_pitches(piece: Piece, rng: np.random.Generator) -> Piece:
    """Of every hundred notes fifteen are moved by a step, a half or a whole one, up or down."""
    return _moved(piece, lambda _part, _note: int(rng.choice([-2, -1, 1, 2])) if rng.random() < MOVED else 0)


def shuffled_durations(piece: Piece, rng: np.random.Generator) -> Piece:
    """In every bar of every lane the lengths (of sonorities, and of rests) come in another order than the pitches."""
    pairs: list[Pair] = []
    for lane in lane_places(piece):
        own = sorted((note for part, note in piece.notes() if (part, note.staff) == lane and note.duration), key=_onset)
        for bar in range(piece.bar_count):
            start, stop = piece.bars[bar], piece.bars[bar + 1]
            inside = [note for note in own if start <= note.onset < stop]
            pairs += [(lane[0], note) for note in _shuffled(inside, start, stop, rng)]
    return piece.with_notes(pairs)


def random_chords(piece: Piece, rng: np.random.Generator) -> Piece:
    """In every bar all lanes but the top one (a lone lane: itself) are moved by one random interval to other chords."""
    shifts = rng.choice([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6], piece.bar_count)
    places = lane_places(piece)
    spared = {places[0]} if len(places) > 1 else set()
    return _moved(
        piece, lambda part, note: 0 if (part, note.staff) in spared else int(shifts[piece.bar_at(note.onset)])
    )


CORRUPTIONS: dict[str, Corruption] = {
    "late_part": late_part,
    "semitone_up": semitone_up,
    "shuffled_bars": shuffled_bars,
    "swapped_ending": swapped_ending,
    "moved_pitches": moved_pitches,
    "shuffled_durations": shuffled_durations,
    "random_chords": random_chords,
}


def _onset(note: Note) -> tuple[int, int]:
    return note.onset, note.pitch


def _some_lane(piece: Piece, rng: np.random.Generator) -> tuple[int, int]:
    """A lane with notes."""
    lanes = sorted({(part, note.staff) for part, note in piece.notes() if not piece.parts[part].percussion})
    return lanes[int(rng.integers(len(lanes)))]


def _moved(piece: Piece, by: Callable[[int, Note], int]) -> Piece:
    """Every pitch moved by so many semitones."""
    moved = ((part, note, by(part, note)) for part, note in piece.notes())
    return piece.with_notes(
        (part, replace(note, pitch=note.pitch + shift, spelling=None) if shift else note) for part, note, shift in moved
    )


def _reordered(piece: Piece, order: Iterable[int]) -> Piece:
    """The bars in this order. All but a pickup are equally long, so the barlines stay."""
    new_bar = {old: new for new, old in enumerate(order)}

    def pairs() -> Iterator[Pair]:
        for part, note in piece.notes():
            bar = piece.bar_at(note.onset)
            onset = note.onset - piece.bars[bar] + piece.bars[new_bar[bar]]
            stop = piece.bars[new_bar[bar] + 1]
            if onset < stop:
                yield part, replace(note, onset=onset, duration=min(note.duration, stop - onset))

    return piece.with_notes(pairs())


def _shuffled(notes: list[Note], start: int, stop: int, rng: np.random.Generator) -> Iterator[Note]:
    """One bar of a lane: its sonorities keep their order, and take each other's share of the bar."""
    onsets = sorted({note.onset for note in notes})
    shares = np.diff([*onsets, stop])
    if not len(onsets):
        return
    order = rng.permutation(len(shares))
    lead = onsets[0] - start
    begins = start + lead + np.concatenate([[0], np.cumsum(shares[order])])
    for note in notes:
        place = onsets.index(note.onset)
        own, taken = int(shares[place]), int(shares[order[place]])
        # What outlasts its share (a tie over the barline, a held voice) is cut to the share it takes.
        yield replace(note, onset=int(begins[place]), duration=max(min(note.duration, own) * taken // own, 1))
