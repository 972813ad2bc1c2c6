"""Hypothesis strategies for scores that could be printed: voices that do not overlap themselves, in real bars."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from generator.music.notation.spelling import spell
from generator.music.piece import Key, Lyric, Mark, Metre, Note, Part, Piece, Tempo, regular_bars

METRES = (
    Metre(0, 4, 4),
    Metre(0, 3, 4),
    Metre(0, 2, 2),
    Metre(0, 6, 8),
    Metre(0, 9, 8),
    Metre(0, 5, 8),
    Metre(0, 2, 1),
)
USUAL = (96, 72, 48, 36, 24, 24, 24, 18, 12, 12, 6, 3, 16, 8, 8, 4, 2, 42, 21)
ARTICULATIONS = ("staccato", "tenuto", "accent", "fermata", "trill")
words = st.text(st.sampled_from("abcdeéžö&<>"), min_size=1, max_size=8)
keys = st.builds(Key.from_fifths, st.integers(-6, 6), st.sampled_from(("major", "minor", "dorian")), st.just(0))
durations = st.sampled_from(USUAL) | st.integers(1, 100)


@st.composite
def voice_notes(draw: DrawFn, length: int, staff: int, voice: int, low: int, key: Key) -> list[Note]:
    """One voice of one staff: notes, chords and rests one after the other."""
    notes: list[Note] = []
    now = draw(st.integers(0, 24))
    while now < length and len(notes) < 24:
        duration = min(draw(durations), length - now)
        pitches = draw(st.sets(st.integers(low, low + 11), max_size=3))
        marks = tuple(sorted(draw(st.sets(st.sampled_from(ARTICULATIONS), max_size=1))))
        for pitch in sorted(pitches):
            lyrics = (Lyric(draw(words)),) if voice == 1 and pitch == max(pitches) and draw(st.booleans()) else ()
            notes.append(Note(now, duration, pitch, voice, staff, spell(pitch, key), None, marks, lyrics))
        now += duration
    return notes


@st.composite
def parts(draw: DrawFn, length: int, key: Key) -> Part:
    """A part of one or two staves and up to two voices in each, with dynamics and slurs on its notes."""
    staves = draw(st.integers(1, 2))
    notes: list[Note] = []
    marks = [Mark("clef", 0, value="G2" if staff == 1 else "F4", staff=staff) for staff in range(1, staves + 1)]
    for staff in range(1, staves + 1):
        for voice in range(1, draw(st.integers(1, 2)) + 1):
            own = draw(voice_notes(length, staff, voice, 72 - 12 * (2 * staff + voice - 3), key))
            notes += own
            onsets = sorted({note.onset for note in own})
            if voice == 1 and len(onsets) > 1:
                marks.append(Mark("slur", onsets[0], onsets[-1], staff=staff))
                marks.append(Mark("dynamic", onsets[0], value=draw(st.sampled_from(("p", "mf", "ff"))), staff=staff))
    return Part(draw(words), tuple(notes), draw(st.sampled_from((52, 53, 54))), staves, marks=tuple(marks))


@st.composite
def scores(draw: DrawFn) -> Piece:
    """A Piece of one to four bars, perhaps with a pickup, that every format of ours can hold or say it cannot."""
    metre, key = draw(st.sampled_from(METRES)), draw(keys)
    pickup = draw(st.sampled_from((0, 0, 12, 24, 8)))
    bars = regular_bars(draw(st.integers(1, 4)), metre, pickup)
    own = draw(st.lists(parts(bars[-1], key), min_size=1, max_size=3).filter(lambda made: any(p.notes for p in made)))
    tempo = Tempo(0, draw(st.integers(30, 240)))
    return Piece(
        tuple(own), bars, (metre,), (key,), (tempo,), title=draw(words), composer=draw(words), rights=draw(words)
    )


def without_spelling(piece: Piece) -> Piece:
    """The piece as if nobody had said how its pitches are written."""
    return piece.with_notes((index, _plain(note)) for index, note in piece.notes())


def _plain(note: Note) -> Note:
    return Note(
        note.onset,
        note.duration,
        note.pitch,
        note.voice,
        note.staff,
        None,
        note.velocity,
        note.articulations,
        note.lyrics,
    )


SCORES: SearchStrategy[Piece] = scores()
