"""The translations are whole: every sentence of the sources is there, and says the same places."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from scripts.messages import compile_all
from tests.pseudo import KEPT

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
SOURCES = ["generator", "musicsite", "recommender", "templates", "static/src"]
KINDS = {"django": "html,txt,py", "djangojs": "js"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]} {path.stem}")
def test_every_translation_is_there_and_keeps_its_placeholders(path: Path) -> None:
    for entry in polib.pofile(path):
        said = list(entry.msgstr_plural.values()) or [entry.msgstr]
        assert all(said), entry.msgid
        assert not entry.fuzzy, entry.msgid
        for words in said:
            assert sorted(KEPT.findall(words)) == sorted(KEPT.findall(entry.msgid)), entry.msgid


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext, which reads the sources, is not installed.")
@pytest.mark.parametrize("kind", KINDS)
def test_no_sentence_of_the_sources_is_missing(kind: str, tmp_path: Path) -> None:
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "locale", tmp_path / "locale")
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "de", "--domain", kind]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    subprocess.run([*command, "--extension", KINDS[kind]], cwd=tmp_path, env=env, check=True, capture_output=True)
    catalogue = polib.pofile(tmp_path / "locale/de/LC_MESSAGES" / f"{kind}.po")
    missing = [entry.msgid for entry in [*catalogue.untranslated_entries(), *catalogue.fuzzy_entries()]]
    assert missing == []


def test_compiling_writes_what_django_reads_and_only_when_it_must(tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "locale/de/LC_MESSAGES/django.po", folder)
    [written] = compile_all(tmp_path)
    assert polib.mofile(written).find("Studio").msgstr == "Studio"
    assert compile_all(tmp_path) == []
