"""What the documents promise is what the code does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf8")


def variables_read() -> set[str]:
    """Every environment variable that settings.py reads, by any of its helpers."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / "musicsite" / "settings.py").read_text("utf8"))):
        text = ast.unparse(node) if isinstance(node, (ast.Call, ast.Subscript)) else ""
        found |= set(re.findall(r"^(?:os\.environ(?:\.get)?|flag|number|names)[\[(]'([A-Z_]+)'", text))
    return found


def test_the_readme_lists_every_environment_variable_that_the_settings_read() -> None:
    described = set(re.findall(r"[A-Z][A-Z_]+", README.partition("## Environment variables")[2].partition("\n## ")[0]))
    assert len(variables_read()) > 20
    assert variables_read() - described == set()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_file_that_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text("utf8")
    named = re.findall(r"`((?:docs|generator|musicsite|recommender|scripts|tests|static)/[\w./-]*)`", text)
    named += re.findall(r"\]\(((?!http)[^)]+)\)", text)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_target_that_a_document_names_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text("utf8")
    named = set(
        re.findall(r"(?:`|^    )make ([a-z-]+)", README + (ROOT / "CONTRIBUTING.md").read_text("utf8"), re.MULTILINE)
    )
    assert {"run", "test", "check"} <= named
    assert {target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()
