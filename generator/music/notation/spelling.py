"""How pitches are written, where nobody said: by the notes around them, the key, and where the line goes.

Names are places on the line of fifths: ... Bb -2, F -1, C 0, G 1, D 2 ... Every note heard
before (fading) and later in the bar votes, as in Meredith's ps13: taken as a tonic, it names
the note by its own chromatic scale. The signature and the neighbours in the voice vote too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

from generator.music.piece import Key, Note, Piece, Spelling

_LINE = "FCGDAEB"
# Fifths from a tonic to each step of its chromatic scale: C Db D Eb E F F# G Ab A Bb B.
_CHROMATIC = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)
_LOWEST, _HIGHEST = -15, 19  # Fbb .. B##
# The weights below were fitted on sixty songs, eight quartets and sixty Polish pieces.
_FADING = 0.965  # of a vote, for every note that lies between
_SIGNATURE = 0.6  # votes for a name near the signature; twice that more for one of the scale
_FAR = 4.0  # votes lost for every fifth outside five flats to nine sharps from the signature
_MELODY = 3.0  # votes of the note that follows in the voice; half of it for the one before
_PASSES = 2

Lane = tuple[int, int, int]  # part, staff, voice
Neighbour = tuple[int, int]  # pitch, place


def from_fifths(place: int) -> Spelling:
    """The name at `place` on the line of fifths (C = 0, G = 1, F = -1)."""
    return Spelling(_LINE[(place + 1) % 7], (place + 1) // 7)


def to_fifths(spelling: Spelling) -> int:
    """Where a name stands on the line of fifths."""
    return _LINE.index(spelling.step) - 1 + 7 * spelling.alter


def spell(pitch: int, key: Key) -> Spelling:
    """The name of MIDI `pitch` in `key`, heard alone: from three flats beyond the signature to eight sharps."""
    return from_fifths(_alone(pitch, key.fifths))


def _alone(pitch: int, fifths: int) -> int:
    place = pitch * 7 % 12
    return place - 12 * ((place - fifths + 3) // 12)


def spelled(piece: Piece) -> Piece:
    """The piece with a spelling for every note; those that have one keep it."""
    speller = Speller()
    bars = groupby(sorted(piece.notes(), key=lambda pair: pair[1].onset), key=lambda pair: piece.bar_at(pair[1].onset))
    notes: list[tuple[int, Note]] = []
    for bar, pairs in bars:
        notes += speller.bar(list(pairs), piece.key_at(piece.bars[bar]))
    return piece.with_notes(notes)


class Speller:
    """Spells a piece bar by bar, remembering what it heard."""

    def __init__(self) -> None:
        self._heard: dict[int, float] = defaultdict(float)  # votes by place
        self._last: dict[Lane, list[Neighbour]] = {}

    def bar(self, notes: Sequence[tuple[int, Note]], key: Key) -> list[tuple[int, Note]]:
        """The bar's (part index, note) pairs in the same order, every note with a spelling."""
        order = sorted(range(len(notes)), key=lambda i: (notes[i][1].onset, notes[i][1].pitch, notes[i][0]))
        bar = _Bar([notes[i] for i in order], key.fifths, self._last)
        for _ in range(_PASSES):
            bar.vote(self._heard)
        for place in bar.places:
            _fade(self._heard, place)
        self._last |= bar.endings()
        named = dict(zip(order, bar.places, strict=True))
        return [
            (part, note if note.spelling is not None else _with_spelling(note, from_fifths(named[index])))
            for index, (part, note) in enumerate(notes)
        ]


def _with_spelling(note: Note, spelling: Spelling) -> Note:
    return Note(
        note.onset, note.duration, note.pitch, note.voice, note.staff,
        spelling, note.velocity, note.articulations, note.lyrics,
    )  # fmt: skip


def _fade(votes: dict[int, float], place: int) -> None:
    """One more note heard at `place`; all before count a little less."""
    for known in votes:
        votes[known] *= _FADING
    votes[place] += _FADING


class _Bar:
    """The notes of one bar in order of time, and the places they have so far."""

    def __init__(self, notes: Sequence[tuple[int, Note]], fifths: int, last: dict[Lane, list[Neighbour]]) -> None:
        self.notes = [note for _, note in notes]
        self.fifths = fifths
        self.places = [_alone(n.pitch, fifths) if n.spelling is None else to_fifths(n.spelling) for n in self.notes]
        self._groups: dict[Lane, list[list[int]]] = defaultdict(list)  # by voice: indices that start together
        for index, (part, note) in enumerate(notes):
            groups = self._groups[part, note.staff, note.voice]
            if groups and self.notes[groups[-1][0]].onset == note.onset:
                groups[-1].append(index)
            else:
                groups.append([index])
        self._before: list[list[int] | list[Neighbour]] = [[] for _ in self.notes]
        self._after: list[list[int]] = [[] for _ in self.notes]
        for lane, groups in self._groups.items():
            self._link(groups, last.get(lane, []))

    def _link(self, groups: Sequence[list[int]], earlier: list[Neighbour]) -> None:
        """Tell every note which notes its voice has before and after it."""
        for place, group in enumerate(groups):
            for index in group:
                self._before[index] = groups[place - 1] if place else earlier
                self._after[index] = groups[place + 1] if place + 1 < len(groups) else []

    def vote(self, heard: dict[int, float]) -> None:
        """Name every note anew from what was heard and what is still to come in the bar."""
        coming: list[dict[int, float]] = []
        later: dict[int, float] = defaultdict(float)
        for place in reversed(self.places):
            coming.append(dict(later))
            _fade(later, place)
        past = defaultdict(float, heard)
        for index, note in enumerate(self.notes):
            if note.spelling is None:
                self.places[index] = self._best(index, past, coming[-1 - index])
            _fade(past, self.places[index])

    def _best(self, index: int, past: dict[int, float], coming: dict[int, float]) -> int:
        """The place with the most votes; a lower one wins a tie."""
        pitch = self.notes[index].pitch
        votes: dict[int, float] = defaultdict(float)
        for heard in (past, coming):
            for place, weight in heard.items():
                votes[place + _CHROMATIC[(pitch - place * 7) % 12]] += weight
        first = _LOWEST + (pitch * 7 - _LOWEST) % 12
        return max(
            range(first, _HIGHEST + 1, 12),
            key=lambda place: (votes.get(place, 0.0) + self._fit(place) + self._melody(index, place), -place),
        )

    def _fit(self, place: int) -> float:
        """How well a name goes with the signature."""
        above = place - self.fifths
        near = (2.0 if -1 <= above <= 5 else 0.0) + (1.0 if -3 <= above <= 8 else 0.0)
        return _SIGNATURE * near - _FAR * max(0, -5 - above, above - 9)

    def _melody(self, index: int, place: int) -> float:
        """Votes of the nearest notes of the voice: half steps change the letter, repetitions do not."""
        pitch = self.notes[index].pitch
        total = 0.0
        for neighbours, weight in ((self._after[index], _MELODY), (self._before[index], _MELODY / 2)):
            pairs = [one if isinstance(one, tuple) else (self.notes[one].pitch, self.places[one]) for one in neighbours]
            if pairs:
                other, named = min(pairs, key=lambda pair: abs(pair[0] - pitch))
                total += weight * _step(abs(other - pitch), abs(named - place))
        return total

    def endings(self) -> dict[Lane, list[Neighbour]]:
        """The last notes of every voice."""
        return {
            lane: [(self.notes[index].pitch, self.places[index]) for index in groups[-1]]
            for lane, groups in self._groups.items()
        }


def _step(semitones: int, fifths: int) -> float:
    """How a melodic step is spelled: a half step by a new letter, a whole step by a second, a repetition alike."""
    if semitones == 0:
        return 2.0 if fifths == 0 else 0.0
    if semitones == 1:
        return 1.0 if fifths == 5 else 0.0 if fifths == 7 else -2.0
    return -1.0 if semitones == 2 and fifths != 2 else 0.0
