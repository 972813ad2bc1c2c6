"""Writing MusicXML: exact bars, exact round trips, and nothing for readers to complain about."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import verovio
from hypothesis import given, settings

from generator.music import notation
from generator.music.ensembles import ENSEMBLES, parts_of
from generator.music.notation.settling import settle
from generator.music.piece import Key, Lyric, Mark, Metre, Note, Part, Piece, Spelling, Tempo, note_id, regular_bars
from tests.music.strategies import SCORES

FOUR = Metre(0, 4, 4)


def piece(*notes: Note, bars: tuple[int, ...] = (0, 96, 192), metre: Metre = FOUR, **fields: object) -> Piece:
    part = Part("Flute", notes, 73, marks=(Mark("clef", 0, value="G2"),))
    return Piece((part,), bars, (metre,), tempos=(Tempo(0, 100),), **fields)  # type: ignore[arg-type]


def back(written: Piece) -> Piece:
    return notation.read(notation.write(written), ".musicxml")


def measures(written: Piece) -> list[ElementTree.Element]:
    return ElementTree.fromstring(notation.write(written)).findall("part/measure")


def texts(root: ElementTree.Element, path: str) -> list[str | None]:
    return [element.text for element in root.findall(path)]


def comparable(found: Piece) -> Piece:
    """Without the final barline, which the writer adds."""
    return replace(found, marks=tuple(mark for mark in found.marks if mark.kind != "barline"))


@settings(max_examples=20)
@given(SCORES)
def test_a_score_survives_the_round_trip_through_musicxml(score: Piece) -> None:
    settled = settle(score)
    assert comparable(settle(back(settled))) == settled


@settings(max_examples=10)
@given(SCORES)
def test_every_voice_of_every_bar_sums_to_its_length(score: Piece) -> None:
    root = ElementTree.fromstring(notation.write(score))
    for part in root.findall("part"):
        for measure, (start, end) in zip(part.findall("measure"), pairwise(score.bars), strict=True):
            assert {sum(voice) for voice in _voices(measure).values()} == {end - start}


def _voices(measure: ElementTree.Element) -> dict[str, list[int]]:
    voices: dict[str, list[int]] = {}
    for note in measure.findall("note"):
        if note.find("chord") is None and note.find("grace") is None:
            voices.setdefault(note.findtext("voice", ""), []).append(int(note.findtext("duration", "0")))
    return voices


@settings(max_examples=10)
@given(SCORES)
def test_the_measure_writer_gives_what_the_whole_score_has(score: Piece) -> None:
    empty = score.with_notes(())
    writer = notation.MeasureWriter(replace(empty, parts=tuple(replace(p, marks=p.marks) for p in empty.parts)))
    bare = replace(
        score, parts=tuple(replace(p, marks=tuple(m for m in p.marks if m.kind != "slur")) for p in score.parts)
    )
    whole = ElementTree.fromstring(notation.write(bare)).findall("part")
    for bar in range(score.bar_count):
        for index, text in writer.write(bar, list(score.bar_notes(bar))).items():
            assert text == ElementTree.tostring(whole[index].findall("measure")[bar], encoding="unicode")


def test_verovio_loads_every_ensemble_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    verovio.enableLog(verovio.LOG_WARNING)
    for lanes in ENSEMBLES.values():
        parts = [replace(part, notes=_busy(part)) for part in parts_of(lanes)]
        score = Piece(tuple(parts), regular_bars(6, FOUR, 24), marks=(Mark("chord", 24, value="Am7"),))
        toolkit = verovio.toolkit()
        assert toolkit.loadData(notation.write(score).decode())
        toolkit.renderToSVG(1)
    assert capfd.readouterr() == ("", "")


def _busy(part: Part) -> tuple[Note, ...]:
    """Triplets, odd lengths, ties over the bar, a grace note, and voices that overlap."""
    lengths = (24, 8, 8, 8, 36, 12, 5, 7, 60, 16, 16, 16, 90, 3, 9, 42, 36, 5, 5, 4, 5, 5)
    notes, now = [Note(24, 0, 62)], 0
    for index, length in enumerate(lengths):
        staff = 1 + index % part.staves
        notes.append(Note(now, length, 60 + index % 12, staff=staff))
        notes.append(Note(now, 2 * length, 50 + index % 7, staff=staff))
        now += length
    return tuple(notes)


def test_note_ids_name_the_first_fragment_and_count_the_rest() -> None:
    long = Note(12, 150, 60)
    root = ElementTree.fromstring(notation.write(piece(long)))
    ids = [element.get("id") for element in root.findall("part/measure/note") if element.find("rest") is None]
    first = note_id(0, long)
    assert ids[0] == first
    assert ids[1:] == [f"{first}-{number}" for number in range(1, len(ids))]


def test_a_note_over_the_barline_is_tied() -> None:
    first, second = measures(piece(Note(72, 48, 60)))
    assert [tie.get("type") for tie in first.findall("note/tie")] == ["start"]
    assert [tie.get("type") for tie in second.findall("note/tie")] == ["stop"]


def test_a_pickup_is_bar_zero_and_does_not_count() -> None:
    score = piece(Note(0, 24, 67), Note(24, 96, 60), bars=(0, 24, 120))
    assert [(m.get("number"), m.get("implicit")) for m in measures(score)] == [("0", "yes"), ("1", None)]
    assert back(score).pickup == 24


def test_the_second_half_of_a_divided_bar_does_not_count() -> None:
    score = piece(Note(0, 96, 60), bars=(0, 96, 168, 192, 288), marks=(Mark("repeat-end", 168),))
    assert [m.get("number") for m in measures(score)] == ["1", "2", "X1", "3"]


def test_an_eighth_triplet_is_written_as_one() -> None:
    score = piece(*(Note(8 * index, 8, 60 + index) for index in range(3)))
    notes = measures(score)[0].findall("note")[:3]
    assert [note.findtext("type") for note in notes] == ["eighth"] * 3
    assert [note.findtext("time-modification/actual-notes") for note in notes] == ["3"] * 3
    assert [note.find("notations/tuplet") is not None for note in notes] == [True, False, True]


@pytest.mark.parametrize(("count", "beat"), [(5, 24), (7, 24), (5, 48), (5, 12), (7, 48)])
def test_quintuplets_and_septuplets_are_written_as_such_and_keep_their_ticks(count: int, beat: int) -> None:
    edges = [round(beat * k / count) for k in range(count + 1)]
    notes = [Note(a, b - a, 60 + a % 12) for a, b in pairwise(edges)]
    score = piece(*notes, Note(beat, 96 - beat, 72))
    written = measures(score)[0].findall("note")[:count]
    assert [note.findtext("time-modification/actual-notes") for note in written] == [str(count)] * count
    assert not any(note.findall("tie") for note in written)
    assert [(n.onset, n.duration) for n in back(score).parts[0].notes] == [
        (n.onset, n.duration) for n in score.parts[0].notes
    ]


def test_an_empty_bar_has_one_full_rest() -> None:
    second = measures(piece(Note(0, 96, 60)))[1]
    assert [rest.get("measure") for rest in second.findall("note/rest")] == ["yes"]


def test_accidentals_hold_to_the_barline_and_no_further() -> None:
    sharp, natural = Spelling("F", 1), Spelling("F")
    score = piece(
        Note(0, 24, 66, spelling=sharp), Note(24, 24, 66, spelling=sharp), Note(48, 24, 65, spelling=natural),
        Note(72, 48, 66, spelling=sharp), Note(120, 24, 66, spelling=sharp),
    )  # fmt: skip
    signs = [note.findtext("accidental") for measure in measures(score) for note in measure.findall("note")]
    assert signs[:6] == ["sharp", None, "natural", "sharp", None, "sharp"]


def test_a_transposing_part_is_written_as_it_is_read_and_sounds_as_it_should() -> None:
    part = Part("Clarinet", (Note(0, 96, 70, spelling=Spelling("B", -1)),), 71, transposition=-2)
    score = Piece((part,), (0, 96), keys=(Key.parse("F major"),))
    root = ElementTree.fromstring(notation.write(score))
    assert texts(root, "part/measure/note/pitch/step") == ["C"]
    assert texts(root, "part/measure/attributes/key/fifths") == ["1"]
    read = back(score)
    assert read.parts[0].notes == part.notes
    assert (read.parts[0].transposition, read.keys) == (-2, score.keys)


def test_a_keyboard_part_is_one_part_with_two_staves() -> None:
    part = Part("Piano", (Note(0, 96, 72), Note(0, 96, 48, staff=2)), staves=2)
    root = ElementTree.fromstring(notation.write(Piece((part,), (0, 96))))
    assert len(root.findall("part")) == 1
    assert texts(root, "part/measure/note/staff") == ["1", "2"]
    assert texts(root, "part/measure/attributes/clef/sign") == ["G", "F"]


def test_drums_come_back_as_the_strokes_they_were() -> None:
    strokes = tuple(Note(12 * n, 12, key) for n, key in enumerate((36, 38, 42, 46, 49, 51, 56, 75)))
    score = Piece((Part("Drums", (*strokes, Note(0, 12, 42)), percussion=True),), (0, 96))
    read = back(score).parts[0]
    assert read.percussion
    assert [(n.onset, n.duration, n.pitch) for n in read.notes] == [
        (n.onset, n.duration, n.pitch) for n in score.parts[0].notes
    ]


def test_overlapping_notes_of_one_voice_are_parted_and_keep_their_lengths() -> None:
    score = piece(Note(0, 96, 72), *(Note(24 * beat, 24, 60 + beat) for beat in range(4)))
    read = back(score).parts[0]
    assert {(note.onset, note.duration, note.pitch) for note in read.notes} == {
        (note.onset, note.duration, note.pitch) for note in score.parts[0].notes
    }
    assert {note.voice for note in read.notes} == {1, 2}


def test_never_more_than_four_voices_on_a_staff() -> None:
    score = piece(*(Note(7 * index, 96 - 9 * index, 60 + 2 * index) for index in range(7)))
    root = ElementTree.fromstring(notation.write(score))
    assert set(texts(root, "part/measure/note/voice")) <= {"1", "2", "3", "4"}
    assert {(n.onset, n.duration, n.pitch) for n in back(score).parts[0].notes} == {
        (n.onset, n.duration, n.pitch) for n in score.parts[0].notes
    }


def test_words_and_marks_of_a_song_come_back() -> None:
    notes = (
        Note(0, 24, 60, lyrics=(Lyric("Kyr", "begin"),), articulations=("tenuto",)),
        Note(24, 24, 62, lyrics=(Lyric("ie", "end"),)),
        Note(48, 0, 65),
        Note(48, 48, 64, articulations=("fermata",)),
    )
    marks = (
        Mark("clef", 0, value="G2"), Mark("dynamic", 0, value="p"), Mark("slur", 0, 24), Mark("crescendo", 0, 48),
        Mark("text", 24, value="dolce"), Mark("pedal", 24, 96),
    )  # fmt: skip
    score = piece(
        bars=(0, 96),
        marks=(Mark("barline", 96, value="final"), Mark("chord", 0, value="Cm7/G"), Mark("section", 0, value="A")),
    )
    score = replace(score, parts=(replace(score.parts[0], notes=notes, marks=marks),))
    read = back(settle(score))
    assert set(read.parts[0].marks) == set(marks)
    assert set(read.marks) == set(score.marks)
    assert [(n.lyrics, n.articulations, n.duration) for n in read.parts[0].notes] == [
        (n.lyrics, n.articulations, n.duration) for n in score.parts[0].notes
    ]


def test_repeats_and_voltas_come_back() -> None:
    marks = (
        Mark("repeat-start", 0), Mark("ending", 96, 192, "1"), Mark("repeat-end", 192), Mark("ending", 192, 288, "2"),
        Mark("barline", 288, value="final"),
    )  # fmt: skip
    score = piece(Note(0, 96, 60), bars=(0, 96, 192, 288), marks=marks)
    assert set(back(score).marks) == set(marks)


def test_changes_of_key_and_metre_stand_where_they_belong() -> None:
    score = piece(Note(0, 96, 60), bars=(0, 96, 168, 240))
    score = replace(
        score,
        metres=(FOUR, Metre(96, 3, 4)),
        keys=(Key.parse("G minor"), Key.parse("D dorian", 168)),
        tempos=(Tempo(0, 100), Tempo(168, 61.5)),
    )
    read = back(score)
    assert (read.metres, read.keys, read.tempos, read.bars) == (score.metres, score.keys, score.tempos, score.bars)


def test_titles_are_escaped_and_come_back() -> None:
    score = piece(Note(0, 96, 60), title="Tom & <Jerry>", composer="Élisabeth J.", rights="CC BY 4.0")
    read = back(score)
    assert (read.title, read.composer, read.rights) == (score.title, score.composer, score.rights)


def test_bars_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="bar 0 comes next, not 1"):
        notation.MeasureWriter(piece(Note(0, 96, 60))).write(1, [])


def test_notes_of_another_bar_are_refused() -> None:
    with pytest.raises(ValueError, match="does not start in it"):
        notation.MeasureWriter(piece(Note(0, 96, 60))).write(0, [(0, Note(96, 24, 60))])
