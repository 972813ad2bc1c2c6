"""Hypothesis strategies for music: any Piece the contract allows."""

from __future__ import annotations

from hypothesis import strategies as st

from generator.music.piece import Key, Lyric, Mark, Metre, Note, Part, Piece, Spelling, Tempo, regular_bars

words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=12)
spellings = st.builds(Spelling, st.sampled_from("CDEFGAB"), st.integers(-2, 2))
lyrics = st.builds(Lyric, words, st.sampled_from(("single", "begin", "middle", "end")), st.integers(1, 4))
notes = st.builds(
    Note,
    onset=st.integers(0, 960),
    duration=st.integers(0, 192),
    pitch=st.integers(0, 127),
    voice=st.integers(1, 4),
    staff=st.integers(1, 2),
    spelling=st.none() | spellings,
    velocity=st.none() | st.integers(1, 127),
    articulations=st.lists(st.sampled_from(("staccato", "fermata", "trill")), max_size=2).map(tuple),
    lyrics=st.lists(lyrics, max_size=2).map(tuple),
)
marks = st.builds(
    Mark,
    st.sampled_from(("dynamic", "slur", "crescendo", "text", "chord", "clef")),
    st.integers(0, 960),
    st.none() | st.integers(0, 960),
    words,
    st.integers(1, 2),
    st.integers(1, 4),
)
parts = st.builds(
    Part,
    name=words,
    notes=st.lists(notes, max_size=12).map(tuple),
    program=st.integers(0, 127),
    staves=st.integers(1, 2),
    transposition=st.integers(-24, 24),
    percussion=st.booleans(),
    marks=st.lists(marks, max_size=4).map(tuple),
)
metres = st.builds(Metre, st.just(0), st.integers(1, 12), st.sampled_from((2, 4, 8)))
keys = st.builds(Key, st.just(0), spellings, st.sampled_from(("major", "minor", "dorian")))
tempos = st.builds(Tempo, st.just(0), st.floats(30, 240), words, st.booleans())
pieces = st.builds(
    Piece,
    parts=st.lists(parts, max_size=3).map(tuple),
    bars=st.builds(regular_bars, st.integers(1, 10), metres, st.integers(0, 12)),
    metres=metres.map(lambda metre: (metre,)),
    keys=keys.map(lambda key: (key,)),
    tempos=tempos.map(lambda tempo: (tempo,)),
    marks=st.lists(marks, max_size=4).map(tuple),
    title=words,
    composer=words,
    rights=words,
    source=st.dictionaries(words, words, max_size=3),
)
