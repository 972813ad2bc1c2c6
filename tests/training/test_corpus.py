"""Building a corpus from folders of scores, and cutting it into windows."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generator.music import chords
from generator.music.piece import Key, Mark, Metre, Note, Part, Piece, Spelling, Tempo, regular_bars
from generator.training import corpus
from generator.training.corpus_chorales import read_chorale
from generator.training.corpus_classes import ensemble_of, joined_hands, style_of
from generator.training.corpus_duplicates import SAME, similarity, sketch
from generator.training.corpus_sources import NEVER, find_items, split_of
from generator.training.corpus_windows import windows

SCORES = Path(__file__).parent.parent / "music" / "scores"
# C major, a one-beat upbeat, phrases of two bars: soprano, alto, tenor, bass, in quarters.
CHORALE = [
    "67 72 72 71 72 74 74 72 71 67 72 74 76 74 72 71 72",
    "64 67 67 67 67 67 69 67 67 64 67 67 67 65 64 62 64",
    "60 64 64 62 60 59 62 64 62 60 60 59 60 62 60 55 55",
    "48 48 52 55 57 55 54 55 55 48 52 55 48 53 55 43 48",
]


def write_chorale(path: Path, shift: int = 0) -> None:
    voices = [[int(pitch) + shift for pitch in line.split()] for line in CHORALE]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["note0", "note1", "note2", "note3"])
        for chord in zip(*voices, strict=True):
            writer.writerows([chord] * 4)
        writer.writerows([[voice[-1] for voice in voices]] * 12)


@pytest.fixture
def folder(tmp_path):
    """Two chorales, a motet, a song, two tunes and a file that is no score."""
    write_chorale(tmp_path / "chorales" / "train" / "one.csv")
    write_chorale(tmp_path / "chorales" / "valid" / "two.csv", shift=3)
    scores = tmp_path / "scores"
    scores.mkdir()
    for name in ("song.musicxml", "motet.krn", "tunes.abc"):
        shutil.copy(SCORES / name, scores / name)
    (scores / "broken.mxl").write_bytes(b"nothing")
    return tmp_path


@pytest.fixture
def built(folder):
    summary = corpus.build([str(folder)], folder / "out", jobs=1, progress=False)
    return folder / "out", summary


# -- Building ------------------------------------------------------------------------------


def test_every_piece_keeps_where_it_comes_from(built):
    out, _ = built
    sources = {piece.title: piece.source for piece in corpus.load(out)}
    assert sources["Evening"]["licence"]
    assert {"corpus", "path", "work", "licence", "credit", "style", "ensemble"} <= sources["Evening"].keys()


def test_what_was_skipped_is_reported_with_its_reason(built):
    out, summary = built
    skipped = {record["item"]: record["skipped"] for record in corpus.index(out) if "skipped" in record}
    assert "could not be opened" in skipped["scores/scores/broken.mxl"]
    assert sum(summary["skipped"].values()) == len(skipped)


def test_the_same_music_in_another_key_is_one_piece(built):
    out, summary = built
    assert summary["source"]["jsb-chorales"] == 1
    (kept,) = corpus.load(out, style="chorale")
    assert kept.source["path"].endswith("two.csv")  # validation pieces come first: training must not hold them
    assert summary["skipped"]["duplicate"] == 1


def test_a_second_build_converts_nothing_again(built, folder):
    out, first = built
    lines = (out / "index.jsonl").read_text()
    assert corpus.build([str(folder)], out, jobs=1, progress=False) == first
    assert (out / "index.jsonl").read_text() == lines


def test_a_file_that_has_changed_is_converted_anew(built, folder):
    out, first = built
    song = folder / "scores" / "song.musicxml"
    song.write_text(song.read_text("utf8").replace("Evening", "Morning song"), "utf8")
    assert corpus.build([str(folder)], out, jobs=1, progress=False)["pieces"] == first["pieces"]
    titles = [piece.title for piece in corpus.load(out, style="instrumental")]
    assert titles == ["Morning song"]


def test_two_processes_build_what_one_does(built, folder):
    _, first = built
    assert corpus.build([str(folder)], folder / "again", jobs=2, progress=False) == first


def test_an_interrupted_build_goes_on_where_it_was(folder):
    for number in range(30):
        shutil.copy(SCORES / "song.musicxml", folder / "scores" / f"song{number}.musicxml")
    command = [sys.executable, "-m", "generator.training.corpus", "build", str(folder), "--jobs", "2", "--json"]
    command += ["--out", str(folder / "out")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    index = folder / "out" / "index.jsonl"
    while process.poll() is None and not (index.exists() and index.read_text().count("\n") >= 2):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    if process.returncode:
        assert process.returncode == 130
        assert b"to go on" in errors
    assert all(json.loads(line) for line in index.read_text().splitlines())
    again = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(again.stdout)["pieces"] == 5
    items = Counter(record["item"] for record in map(json.loads, index.read_text().splitlines()))
    assert set(items.values()) == {1}


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(corpus.NothingToBuild, match="nowhere"):
        corpus.build([str(tmp_path / "nowhere")], tmp_path / "out")
    with pytest.raises(corpus.CorpusMissing, match="corpus build"):
        corpus.index(tmp_path / "out2")


def test_the_command_reports_and_names_what_is_missing(built, capsys):
    out, summary = built
    call_command("corpus", "report", "--out", str(out), "--json")
    assert json.loads(capsys.readouterr().out) == summary
    with pytest.raises(CommandError, match="nowhere"):
        call_command("corpus", "build", "/nowhere", "--out", str(out))


@pytest.mark.parametrize("name", sorted(NEVER))
def test_collections_that_may_not_be_used_are_passed_over(tmp_path, name):
    (tmp_path / name).mkdir()
    shutil.copy(SCORES / "tunes.abc", tmp_path / name / "tunes.abc")
    shutil.copy(SCORES / "motet.krn", tmp_path / "motet.krn")
    assert [Path(item.path).name for item in find_items([str(tmp_path)])] == ["motet.krn"]


def test_the_split_depends_on_the_work_alone():
    splits = Counter(split_of(f"work {number}") for number in range(4000))
    assert 0.03 < splits["valid"] / 4000 < 0.07
    assert split_of("work 1") == split_of("work 1")


def test_movements_of_a_set_and_variants_of_a_tune_are_one_work(tmp_path):
    for movement in ("1_Gute_Nacht/lc1.mxl", "2_Die_Wetterfahne/lc2.mxl"):
        path = tmp_path / "scores" / "Schubert" / "Winterreise" / movement
        path.parent.mkdir(parents=True)
        path.touch()
    (tmp_path / "a.abc").write_text("X:1\nT:The Cuckoo's Nest\nK:D\nA|\nX:2\nT: Cuckoo's Nest -- Hornpipe\nK:G\nA|\n")
    works = {item.corpus: set() for item in find_items([str(tmp_path)])}
    for item in find_items([str(tmp_path)]):
        works[item.corpus].add(item.work)
    assert works == {"openscore-lieder": {"openscore-lieder Schubert/Winterreise"}, "scores": {"tune cuckoos nest"}}


# -- Chorales ------------------------------------------------------------------------------


def test_a_chorale_gets_its_upbeat_and_its_key(tmp_path):
    write_chorale(tmp_path / "one.csv")
    piece = read_chorale(tmp_path / "one.csv")
    assert piece.pickup == 24
    assert piece.metres == (Metre(0, 4, 4),)
    assert piece.keys[0] == Key(0, Spelling("C"), "major")
    assert ensemble_of(piece) == "satb"


def test_a_repeated_pitch_is_struck_again_where_singers_would(tmp_path):
    write_chorale(tmp_path / "one.csv")
    soprano, _, _, bass = read_chorale(tmp_path / "one.csv").parts
    assert [(note.onset, note.pitch) for note in bass.notes[:2]] == [(0, 48), (24, 48)]  # over the barline
    assert (soprano.notes[1].onset, soprano.notes[1].duration) == (24, 48)  # only the bass moves under it
    assert soprano.notes[-1].duration == 96


# -- Duplicates and classes ------------------------------------------------------------------


def test_a_transposed_piece_has_the_same_sketch(tmp_path):
    write_chorale(tmp_path / "one.csv")
    piece = read_chorale(tmp_path / "one.csv")
    assert sketch(piece.transpose(5)) == sketch(piece)
    changed = replace(piece, parts=(replace(piece.parts[0], notes=piece.parts[0].notes[::2]), *piece.parts[1:]))
    assert 0.3 < similarity(sketch(piece), sketch(changed)) < SAME


def quartet_part(program, pitch):
    return Part("", tuple(Note(24 * beat, 24, pitch + beat % 3) for beat in range(8)), program)


@pytest.mark.parametrize(
    ("programs", "ensemble"),
    [
        ([(40, 76), (40, 70), (41, 60), (42, 45)], "string-quartet"),
        ([(52, 72), (52, 66), (52, 58), (52, 48)], "satb"),
        ([(52, 48), (52, 58), (52, 66), (52, 72)], "other-4"),
        ([(73, 72), (42, 48)], "duet"),
        ([(73, 72)], "melody"),
        ([(56, 72), (57, 60), (58, 48)], "other-3"),
    ],
)
def test_an_ensemble_is_known_by_its_instruments(programs, ensemble):
    assert ensemble_of(Piece(tuple(quartet_part(*each) for each in programs), (0, 96, 192))) == ensemble


def test_hands_kept_apart_are_one_keyboard_part():
    hands = (quartet_part(0, 72), quartet_part(0, 48))
    voice = quartet_part(53, 70)
    assert ensemble_of(joined_hands(Piece(hands, (0, 96, 192)))) == "piano"
    both = joined_hands(Piece((voice, *hands), (0, 96, 192)))
    assert ensemble_of(both) == "voice-and-piano"
    assert [(note.staff, note.pitch) for note in both.parts[1].notes[:2]] == [(1, 72), (2, 48)]
    duo = Piece((hands[1], hands[0]), (0, 96, 192))
    assert joined_hands(duo) == duo


def test_styles_are_named_after_collection_and_players():
    piano = replace(quartet_part(0, 60), staves=2)
    singer = quartet_part(53, 70)
    polish = {"corpus": "polish-scores"}
    assert style_of(Piece((piano,), (0, 96), source=polish)) == "polish-keyboard"
    assert style_of(Piece((singer, piano), (0, 96), source=polish)) == "song"
    assert style_of(Piece((singer, singer), (0, 96), source=polish)) == "polish-vocal"
    assert style_of(Piece((singer,), (0, 96), source={"corpus": "folk-tunes", "kind": "slip jig"})) == "jig"


# -- Windows -------------------------------------------------------------------------------


COMMON = Metre(0, 4, 4)


def tune(bars=32, metre=COMMON, pickup=0, scale=1):
    """Four-bar phrases that end on long notes; the last is the tonic."""
    notes, tick = [], 0
    if pickup:
        notes.append(Note(0, pickup, 67))
        tick = pickup
    for bar in range(bars):
        degrees = (60, 64, 67, 65) if bar % 2 else (62, 65, 64, 62)
        if bar % 4 == 3:
            notes.append(Note(tick, metre.bar_ticks, 60))
        else:
            notes += [Note(tick + 24 * scale * beat, 24 * scale, degrees[beat]) for beat in range(4)]
        tick += metre.bar_ticks
    part = Part("Melody", tuple(notes), 73)
    return Piece((part,), regular_bars(bars, metre, pickup), (metre,), source={"style": "air"})


def test_windows_are_phrases_of_whole_bars_in_one_metre():
    found = list(windows(tune(pickup=24)))
    assert len(found) >= 5
    for window in found:
        assert 3 <= window.bar_count <= 25
        assert len(window.metres) == len(window.keys) == 1
        assert all(later - line == 96 for line, later in pairwise(window.bars[1:]))
        assert window.parts[0].notes[-1].duration >= 48
        assert all(0 <= note.onset and note.end <= window.length for note in window.parts[0].notes)


def test_only_the_beginning_and_the_end_of_a_piece_say_so():
    found = list(windows(tune()))
    starts = [window.source["from_tick"] for window in found if window.source["true_start"]]
    assert starts
    assert set(starts) == {"0"}
    assert any(window.source["true_end"] for window in found)
    assert not all(window.source["true_end"] for window in found)


def test_an_end_off_the_tonic_is_no_true_end():
    piece = tune()
    last = piece.parts[0].notes[-1]
    off = replace(piece, parts=(replace(piece.parts[0], notes=(*piece.parts[0].notes[:-1], replace(last, pitch=66))),))
    off = replace(off, keys=(Key(0, Spelling("C")),))
    assert not any(window.source["true_end"] for window in windows(off))


def test_windows_keep_to_the_steps_they_are_given():
    assert all(window.note_count + window.bar_count <= 60 for window in windows(tune(), most_steps=60))


def test_old_note_values_are_halved():
    (first, *_) = windows(tune(metre=Metre(0, 2, 1), scale=2))
    assert first.metres == (Metre(0, 4, 4),)
    assert first.parts[0].notes[0].duration == 24


def test_a_change_of_metre_ends_a_window():
    piece = tune(bars=8).join(tune(bars=8, metre=Metre(0, 5, 4)))
    assert {str(window.metres[0]) for window in windows(piece)} == {"4/4", "5/4"}
    assert all(len(window.metres) == 1 for window in windows(piece))


def test_a_first_ending_is_left_out_before_its_second():
    piece = replace(tune(bars=12), marks=(Mark("ending", 672, 768, "1"), Mark("ending", 768, 864, "2")))
    assert max(window.bar_count for window in windows(piece)) == 11


def test_a_tempo_nobody_named_is_estimated_from_words_and_style():
    words = (Mark("text", 0, value="Adagio"),)
    piece = tune()
    slow = replace(piece, parts=(replace(piece.parts[0], marks=words),))
    assert next(windows(slow)).tempos == (Tempo(0, 60, estimated=True),)
    assert next(windows(piece)).tempos == (Tempo(0, 80, estimated=True),)
    named = replace(piece, tempos=(Tempo(0, 132, "Allegro"),))
    assert next(windows(named)).tempos[0].bpm == 132


# -- Chords --------------------------------------------------------------------------------


def test_the_harmony_of_a_chorale_is_heard(tmp_path):
    write_chorale(tmp_path / "one.csv")
    piece = read_chorale(tmp_path / "one.csv")
    figures = [mark.value for mark in chords.marks(piece)]
    assert figures[0] == "C"
    assert figures[-1] == "C"
    assert "G" in figures or "G7" in figures


def test_chords_are_spelled_in_their_key():
    notes = tuple(Note(0, 96, pitch) for pitch in (52, 56, 59, 64)) + tuple(
        Note(96, 96, pitch) for pitch in (45, 60, 64, 69)
    )
    piece = Piece((Part("", notes, staves=1),), (0, 96, 192), keys=(Key(0, Spelling("A"), "minor"),))
    assert [mark.value for mark in chords.marks(piece)] == ["E", "Am"]
    flat = replace(piece.transpose(-1), keys=(Key(0, Spelling("A", -1), "minor"),))
    assert [mark.value for mark in chords.marks(flat)] == ["Eb", "Abm"]
