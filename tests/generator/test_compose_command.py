"""manage.py compose writes the same piece as the page does, into a file."""

import pytest
from django.core.management import CommandError, call_command

from generator import engines
from generator.engines import Brief
from generator.music import midi, notation


def compose(path, **options):
    call_command("compose", out=path, bars=4, seed=3, ensemble="satb", key="G minor", **options)
    return path.read_bytes()


def test_the_extension_says_as_what_it_is_written(tmp_path):
    score = notation.read(compose(tmp_path / "piece.musicxml"), ".musicxml")
    played = midi.read(compose(tmp_path / "piece.mid"))
    assert score.bar_count == played.bar_count == 4
    assert str(score.keys[0]) == str(played.keys[0]) == "G minor"
    assert [len(part.notes) for part in score.parts] == [len(part.notes) for part in played.parts]


def test_the_same_brief_gives_the_notes_that_the_engine_gives(tmp_path):
    score = notation.read(compose(tmp_path / "piece.musicxml"), ".musicxml")
    brief = Brief(bars=4, seed=3, ensemble="satb", key="G minor")
    bars = engines.load("transformer").compose(brief)
    written = {(part, note.onset, note.pitch) for bar in bars for part, note in bar.notes}
    assert {(part, note.onset, note.pitch) for part, note in score.notes()} == written


def test_a_score_can_be_continued_from_a_file(tmp_path):
    compose(tmp_path / "start.musicxml")
    longer = tmp_path / "longer.musicxml"
    call_command("compose", out=longer, source=tmp_path / "start.musicxml", task="continue", bars=2, seed=1)
    assert notation.read(longer.read_bytes(), ".musicxml").bar_count == 6


def test_an_unknown_extension_is_refused_with_those_that_are_known(tmp_path):
    with pytest.raises(CommandError, match=r"\.musicxml"):
        compose(tmp_path / "piece.docx")


def test_an_impossible_wish_names_its_option(tmp_path):
    with pytest.raises(CommandError, match="--bars"):
        call_command("compose", out=tmp_path / "piece.mid", bars=1000)
    with pytest.raises(CommandError, match="source"):
        call_command("compose", out=tmp_path / "piece.mid", task="continue")
