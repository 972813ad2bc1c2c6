"""What scores say is in the pieces read from them: MusicXML, Humdrum and ABC."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.music.notation.reading import LARGEST, UnreadableScore, read, read_tunes
from generator.music.notation.reading_kern import parse_kern
from generator.music.piece import Key, Lyric, Mark, Metre, Spelling

SCORES = Path(__file__).parent / "scores"


@pytest.fixture(scope="module")
def song():
    return read((SCORES / "song.musicxml").read_bytes(), ".musicxml")


@pytest.fixture(scope="module")
def motet():
    return read((SCORES / "motet.krn").read_bytes(), ".krn")


@pytest.fixture(scope="module")
def tunes():
    return list(read_tunes((SCORES / "tunes.abc").read_text("utf8")))


def pitches(part):
    return [(note.onset, note.duration, note.pitch) for note in part.notes]


# -- MusicXML ----------------------------------------------------------------------------


def test_titles_metre_tempo_and_pickup_are_read(song):
    assert (song.title, song.composer, song.rights) == ("Evening", "Anna Nowak", "CC0")
    assert song.metres == (Metre(0, 3, 4),)
    assert song.pickup == 24
    assert song.bars == (0, 24, 96, 168, 240)
    assert song.tempos[0].bpm == 84
    assert not song.tempos[0].estimated


def test_a_mode_nobody_named_is_heard(song):
    assert song.keys == (Key(0, Spelling("F"), "major"),)


def test_a_tie_over_the_barline_makes_one_note(song):
    held = [note for note in song.parts[0].notes if note.onset == 72]
    assert [(note.duration, note.pitch, note.spelling) for note in held] == [(48, 75, Spelling("E", -1))]


def test_triplets_fill_their_quarter(song):
    assert pitches(song.parts[0])[4:7] == [(120, 8, 74), (128, 8, 72), (136, 8, 70)]


def test_a_grace_note_takes_no_time(song):
    grace = [note for note in song.parts[0].notes if note.duration == 0]
    assert [(note.onset, note.pitch) for note in grace] == [(144, 67)]


def test_signs_on_notes_keep_their_names(song):
    signs = {note.onset: note.articulations for note in song.parts[0].notes if note.articulations}
    assert signs == {24: ("staccato",), 144: ("trill",), 168: ("fermata",)}


def test_words_are_under_their_notes(song):
    assert song.parts[0].notes[0].lyrics == (Lyric("Gol", "begin"),)
    assert song.parts[0].notes[1].lyrics == (Lyric("den", "end"),)


def test_slurs_hairpins_and_dynamics_stand_at_their_ticks(song):
    marks = song.parts[0].marks
    assert Mark("slur", 24, 48) in marks
    assert Mark("crescendo", 48, 96) in marks
    assert Mark("dynamic", 24, value="mf") in marks


def test_chord_symbols_and_repeats_belong_to_the_piece(song):
    assert Mark("chord", 24, value="Bb") in song.marks
    assert Mark("repeat-start", 24) in song.marks
    assert Mark("repeat-end", 168) in song.marks


def test_a_transposing_instrument_is_read_at_sounding_pitch(song):
    clarinet = song.parts[1]
    assert clarinet.transposition == -2
    assert [(note.pitch, note.spelling) for note in clarinet.notes] == [
        (65, Spelling("F")), (64, Spelling("E")), (65, Spelling("F")),
    ]  # fmt: skip
    assert clarinet.program == 71


def test_a_piano_is_one_part_of_two_staves_with_its_voices(song):
    piano = song.parts[2]
    assert (piano.staves, piano.program) == (2, 0)
    assert {(note.staff, note.voice) for note in piano.notes} == {(1, 1), (1, 2), (2, 1)}
    assert {mark.staff: mark.value for mark in piano.marks if mark.kind == "clef"} == {1: "G2", 2: "F4"}


def test_an_end_written_before_its_beginning_still_closes_the_slur():
    """Staves of a bar are written one after the other: the lower may begin what the upper has ended."""
    ends = '<notations><slur type="{}" number="2"/></notations></note>'
    upper = "<duration>12</duration><voice>2</voice><type>half</type><staff>1</staff>"
    lower = "<duration>18</duration><voice>5</voice><type>half</type><dot/><staff>2</staff>"
    data = (SCORES / "song.musicxml").read_text("utf8")
    data = data.replace(upper + "</note>", upper + ends.format("stop"))
    data = data.replace(lower + "</note>", lower + ends.format("start"), 1)
    slurs = [mark for mark in read(data.encode(), ".xml").parts[2].marks if mark.kind == "slur"]
    assert slurs == [Mark("slur", 24, 48, staff=2, voice=1)]


def test_a_compressed_score_is_read_by_its_container():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "META-INF/container.xml",
            '<container><rootfiles><rootfile full-path="a/score.xml"/></rootfiles></container>',
        )
        archive.writestr("decoy.xml", "<opus/>")
        archive.write(SCORES / "song.musicxml", "a/score.xml")
    assert read(packed.getvalue(), ".mxl").title == "Evening"


# -- Humdrum ----------------------------------------------------------------------------


def test_the_last_spine_is_the_highest_part(motet):
    assert [part.name for part in motet.parts] == ["Soprano", "Basso"]
    assert all(part.program == 52 for part in motet.parts)


def test_a_named_church_mode_is_the_key(motet):
    assert motet.keys == (Key(0, Spelling("D"), "dorian"),)


def test_notes_held_over_an_unmarked_barline_do_not_move_it(motet):
    assert motet.bars == (0, 96, 192, 336)
    assert (96, 144, 50) in pitches(motet.parts[1])


def test_humdrum_flats_ties_splits_and_words(motet):
    soprano = motet.parts[0]
    assert (0, 72, 74) in pitches(soprano)
    assert next(note for note in soprano.notes if note.onset == 144).spelling == Spelling("B", -1)
    assert [(note.onset, note.pitch) for note in soprano.notes if note.voice == 2] == [(240, 65), (264, 64), (312, 62)]
    assert [lyric.text for note in soprano.notes for lyric in note.lyrics] == ["Glo", "ri", "a", "a", "men."]
    assert soprano.notes[0].lyrics[0].syllabic == "begin"


def test_humdrum_dynamics_hairpins_slurs_and_rights(motet):
    marks = motet.parts[0].marks
    assert Mark("dynamic", 0, value="p") in marks
    assert Mark("crescendo", 48, 72) in marks
    assert Mark("slur", 96, 132) in marks
    assert (motet.title, motet.composer, motet.rights) == ("Evening", "Nowak, Anna", "License CC-BY-4.0")


@pytest.mark.parametrize(
    ("token", "quarters", "pitch"),
    [
        ("4c", 1, 60),
        ("8.ff#", 0.75, 78),
        ("00BB--", 16, 45),
        ("3%2g", 8 / 3, 67),
        ("12b-L", 1 / 3, 70),
        ("2CCn", 2, 36),
    ],
)
def test_kern_tokens(token, quarters, pitch):
    (note,) = parse_kern(token)
    assert float(note.length) == pytest.approx(quarters)
    assert note.pitch == pitch


def test_a_line_of_the_wrong_width_is_refused():
    with pytest.raises(UnreadableScore, match="3 columns where 1 spines are open"):
        read(b"**kern\n4c\t4d\t4e\n*-\n", ".krn")


# -- ABC ---------------------------------------------------------------------------------


def test_a_tune_begins_with_its_pickup_in_its_mode(tunes):
    jig = tunes[0]
    assert jig.title == "The Fair -- Jig"
    assert jig.pickup == 12
    assert jig.metres == (Metre(0, 6, 8),)
    assert jig.keys == (Key(0, Spelling("A"), "dorian"),)


def test_a_tune_keeps_repeats_endings_and_chords(tunes):
    kinds = {(mark.kind, mark.onset, mark.value) for mark in tunes[0].marks}
    assert {("repeat-end", 156, ""), ("ending", 240, "1"), ("ending", 312, "2"), ("chord", 12, "Am")} <= kinds


def test_a_tune_with_a_tempo_and_triplets(tunes):
    assert tunes[1].tempos[0].bpm == 90
    assert [note.duration for note in tunes[1].parts[0].notes][5:8] == [8, 8, 8]


def test_an_unreadable_tune_of_a_collection_is_left_out(tunes):
    assert [tune.title for tune in tunes] == ["The Fair -- Jig", "Morning"]


# -- Files of strangers -------------------------------------------------------------------


@pytest.mark.parametrize("entity", ['<!ENTITY a "b">', '<!ENTITY x SYSTEM "file:///etc/passwd">'])
def test_xml_entities_are_refused(entity):
    data = f'<?xml version="1.0"?><!DOCTYPE score-partwise [{entity}]><score-partwise/>'
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(UnreadableScore, match="entities"):
            read(data.encode(encoding), ".musicxml")


def test_an_archive_that_unpacks_to_too_much_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("score.xml", "w") as member:
        for _ in range(LARGEST // 1_000_000 + 1):
            member.write(b" " * 1_000_000)
    assert len(packed.getvalue()) < 100_000
    with pytest.raises(UnreadableScore, match="unpacks to more than"):
        read(packed.getvalue(), ".mxl")


@pytest.mark.parametrize(
    ("data", "suffix", "reason"),
    [
        (b"", ".pdf", "not a score"),
        (b"<score-timewise/>", ".xml", "partwise"),
        (b"<score-partwise", ".xml", "well-formed"),
        (b"<score-partwise/>", ".xml", "no notes"),
        (b"PK\x03\x04 nonsense", ".mxl", "could not be opened"),
        (b"hello", ".krn", "no notes"),
        (b"hello", ".abc", "could not be read|no notes"),
    ],
)
def test_what_is_no_score_is_refused_with_its_reason(data, suffix, reason):
    with pytest.raises(UnreadableScore, match=reason):
        read(data, suffix)


@given(st.binary(max_size=300), st.sampled_from([".mxl", ".musicxml", ".krn"]))
def test_garbage_raises_nothing_but_unreadable_score(data, suffix):
    with pytest.raises(UnreadableScore):
        read(data, suffix)


@given(st.text(alphabet="*=.1248cdefgabCDEFGAB#-[]_()rq;'^v \t\n|:", max_size=200))
def test_scrambled_humdrum_is_read_or_refused(text):
    try:
        piece = read(("**kern\t**text\n" + text).encode(), ".krn")
    except UnreadableScore:
        return
    assert piece.note_count > 0
