"""`manage.py evaluate`: what is missing is said with its remedy, and figures come out as one JSON object."""

import pytest
from django.core.management import CommandError, call_command


def test_without_a_corpus_the_command_says_how_to_build_one(tmp_path):
    with pytest.raises(CommandError, match="corpus build"):
        call_command("evaluate", "transformer", corpus=tmp_path / "none", windows=tmp_path / "windows")


def test_an_unknown_engine_is_refused_with_the_names_that_are_known():
    with pytest.raises(CommandError, match="transformer"):
        call_command("evaluate", "kazoo")


def test_an_unknown_part_is_refused_with_the_names_that_are_known():
    with pytest.raises(CommandError, match="choose from likelihood"):
        call_command("evaluate", "transformer", "--only", "sheet,kazoo")
