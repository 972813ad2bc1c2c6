"""Pages: the right size, all the music on them, titles as written, free fonts inside."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from generator.music import engraving, notation
from generator.music.ensembles import ENSEMBLES, parts_of
from generator.music.piece import Metre, Note, Part, Piece, note_id, regular_bars

poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils reads the PDFs")
TITLE = "Étude #1: *not* _markup_ $x$"


def score(ensemble: str, bars: int) -> Piece:
    parts = parts_of(ENSEMBLES[ensemble])
    return Piece(tuple(_filled(part, bars) for part in parts), regular_bars(bars, Metre(0, 4, 4)))


def _filled(part: Part, bars: int) -> Part:
    notes = (
        Note(24 * beat, 24, (72, 60, 55, 50)[staff] + beat % 5, staff=staff + 1)
        for staff in range(part.staves)
        for beat in range(4 * bars)
    )
    return replace(part, notes=tuple(notes))


def pdf(ensemble: str = "satb", bars: int = 8, **fields: str) -> bytes:
    return engraving.pdf(notation.write(score(ensemble, bars)), **fields)  # type: ignore[arg-type]


def tell(tool: str, data: bytes, folder: Path, *options: str) -> str:
    """What a poppler tool says of a PDF."""
    file = folder / "score.pdf"
    file.write_bytes(data)
    return subprocess.run(
        [tool, *options, str(file), *(["-"] if tool == "pdftotext" else [])], check=True, capture_output=True, text=True
    ).stdout


@poppler
@pytest.mark.parametrize(("paper", "size"), [("A4", "595.276 x 841.89"), ("Letter", "612 x 792")])
def test_pages_have_the_size_of_the_paper(paper: str, size: str, tmp_path: Path) -> None:
    assert size in tell("pdfinfo", pdf(paper=paper), tmp_path)


@poppler
def test_words_stand_on_the_page_as_they_were_written(tmp_path: Path) -> None:
    data = pdf(title=TITLE, composer="Łukasz Müller", footer="Credit: CC BY 4.0")
    text = tell("pdftotext", data, tmp_path)
    for words in (TITLE, "Łukasz Müller", "Credit: CC BY 4.0", "Soprano", "Bass"):
        assert words in text


@poppler
def test_a_long_score_runs_over_numbered_pages(tmp_path: Path) -> None:
    data = pdf("string-quartet", 60, title="Long")
    pages = int(re.search(r"Pages:\s+(\d+)", tell("pdfinfo", data, tmp_path))[1])  # type: ignore[index]
    last = tell("pdftotext", data, tmp_path, "-f", str(pages))
    assert pages > 2
    assert str(pages) in last.split()


@poppler
def test_the_fonts_are_inside_and_are_ours(tmp_path: Path) -> None:
    fonts = tell("pdffonts", pdf(title="Fonts"), tmp_path).splitlines()[2:]
    assert fonts
    assert all(re.search(r"LiberationSerif|Leipzig", line) for line in fonts)


def test_the_svg_carries_every_note_by_its_id() -> None:
    piece = score("voice-and-piano", 4)
    image = engraving.svg(notation.write(piece))
    assert all(f'id="{note_id(index, note)}"' in image for index, note in piece.notes())
    assert "@font-face" not in image


def test_a_picture_shows_ink_inside_its_margins() -> None:
    picture = Image.open(io.BytesIO(engraving.png(notation.write(score("piano", 8)), title="Picture"))).convert("L")
    box = picture.point(lambda value: 255 if value < 128 else 0).getbbox()
    assert box is not None
    margin = picture.width * 12 // 210
    assert margin < box[0] < box[2] < picture.width - margin
    assert box[3] > picture.height // 3


def test_what_is_no_score_is_refused_with_a_sentence() -> None:
    with pytest.raises(engraving.UnengravableScore, match="could not be engraved"):
        engraving.pdf(b"<score-partwise/>")
    with pytest.raises(engraving.UnengravableScore, match="not well-formed"):
        engraving.pdf(b"not XML")


def test_scores_are_engraved_in_any_thread() -> None:
    with ThreadPoolExecutor(2) as threads:
        assert all(page.startswith(b"%PDF") for page in threads.map(lambda _: pdf(bars=2), range(3)))
