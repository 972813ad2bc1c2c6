"""MusicXML -> SVG, PNG and paged PDF: verovio engraves systems, typst sets the pages.

Fonts come out of the verovio wheel: Leipzig for music, Liberation Serif (Times' widths) for words.
"""

from __future__ import annotations

import base64
import io
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import typst
import verovio
from fontTools.ttLib import TTFont

Paper = Literal["A4", "Letter"]
SIZES: dict[str, tuple[float, float]] = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}  # mm
MARGIN = 15.0  # mm on every side
FOOT = 12.0  # mm kept for the page number and the credit
TEXT_FONT = "Liberation Serif"
_FACES = re.compile(r"base64,([A-Za-z0-9+/=]+)")
_GAPS = (5.0, 18.0)  # mm between systems: least and most
_WIDEST_TITLE = 120


class UnengravableScore(ValueError):
    """MusicXML that cannot be engraved; the message is a sentence to show."""


@dataclass(frozen=True, slots=True)
class _System:
    """One system as SVG, and its height in mm at the width of the text."""

    image: bytes
    height: float


def svg(musicxml: bytes, width: float = 180.0, unit: float | None = None) -> str:
    """The whole score on one SVG page `width` mm wide. `unit` is half a staff space in tenths of a mm."""
    toolkit = _toolkit(musicxml, width, unit)
    toolkit.setOptions({"pageHeight": 60_000})
    toolkit.redoLayout()
    return _clean(toolkit.renderToSVG(1))


def pdf(musicxml: bytes, paper: Paper = "A4", title: str = "", composer: str = "", footer: str = "") -> bytes:
    """A titled, numbered PDF; `footer` stands at the foot of every page. Raises UnengravableScore."""
    return _typeset(musicxml, paper, title, composer, footer, "pdf")[0]


def png(musicxml: bytes, paper: Paper = "A4", title: str = "", composer: str = "", ppi: int = 96) -> bytes:
    """The first page of the PDF as a picture."""
    return _typeset(musicxml, paper, title, composer, "", "png", ppi)[0]


def _typeset(
    musicxml: bytes, paper: Paper, title: str, composer: str, footer: str, kind: Literal["pdf", "png"], ppi: int = 96
) -> list[bytes]:
    """The pages: one PDF, or a PNG each."""
    width, height = SIZES[paper]
    systems = _systems(musicxml, width - 2 * MARGIN)
    head = _head_height(title, composer)
    pages = _paginate([system.height for system in systems], height - 2 * MARGIN - FOOT, head)
    with tempfile.TemporaryDirectory(prefix="partita-") as folder:
        for number, system in enumerate(systems):
            Path(folder, f"{number}.svg").write_bytes(system.image)
        source = Path(folder, "score.typ")
        source.write_text(_source(pages, [system.height for system in systems], SIZES[paper], head), "utf8")
        words = {"title": title[:_WIDEST_TITLE], "composer": composer[:_WIDEST_TITLE], "footer": footer}
        made: Any = typst.compile(
            str(source), root=folder, font_paths=[fonts()], ignore_system_fonts=True, format=kind, ppi=ppi,
            sys_inputs=words, pdf_tags=False,  # poppler calls typst's tags of unlabelled pictures an error
        )  # fmt: skip
    return made if isinstance(made, list) else [made]  # several PNG pages come as a list


# -- Verovio ------------------------------------------------------------------------------


_RESOURCES = str(files("verovio") / "data")


def _toolkit(musicxml: bytes, width: float, unit: float | None) -> Any:
    """A verovio toolkit with the score loaded and laid out `width` mm wide."""
    toolkit = verovio.toolkit(False)
    toolkit.setResourcePath(_RESOURCES)  # its default is known only to the thread that imported verovio
    toolkit.setOptions(
        {
            "header": "none", "footer": "none", "breaks": "auto", "svgViewBox": True, "adjustPageHeight": True,
            "pageWidth": round(width * 10), "unit": unit or _unit(musicxml), "scale": 100,
            "pageMarginTop": 0, "pageMarginBottom": 0, "pageMarginLeft": 30, "pageMarginRight": 0,
            "spacingSystem": 0, "justifyVertically": False, "minLastJustification": 0.6, "lyricSize": 4.2,
            "spacingNonLinear": 0.55, "spacingLinear": 0.28, "smuflTextFont": "none", "mnumInterval": 0,
        }
    )  # fmt: skip
    if not toolkit.loadData(musicxml.decode("utf8")):
        raise UnengravableScore("The score could not be engraved: it is not MusicXML that verovio reads.")
    return toolkit


def _unit(musicxml: bytes) -> float:
    """Half a staff space in tenths of a millimetre: smaller for more staves, as publishers print them."""
    try:
        root = ElementTree.fromstring(musicxml)
    except ElementTree.ParseError as error:
        raise UnengravableScore("The score could not be engraved: it is not well-formed XML.") from error
    staves = sum(int(part.findtext("measure/attributes/staves", "1")) for part in root.findall("part"))
    return 7.8 if staves <= 2 else 6.8 if staves <= 4 else 6.2


def _systems(musicxml: bytes, width: float) -> list[_System]:
    """Every system of the score: verovio pages too low to hold two."""
    toolkit = _toolkit(musicxml, width, None)
    toolkit.setOptions({"pageHeight": 100})
    toolkit.redoLayout()
    systems = []
    for page in range(1, toolkit.getPageCount() + 1):
        image = _clean(toolkit.renderToSVG(page))
        box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', image)
        if box is None:
            raise UnengravableScore("The score could not be engraved: a system has no size.")
        systems.append(_System(image.encode(), float(box[2]) * width / float(box[1])))
    if not systems:
        raise UnengravableScore("The score could not be engraved: it has no music.")
    return systems


def _clean(image: str) -> str:
    """The SVG without embedded fonts, its words in the font we give."""
    image = re.sub(r"@font-face\s*\{.*?\}", "", image, flags=re.DOTALL)
    return image.replace("Times, serif", TEXT_FONT)


@cache
def fonts() -> str:
    """A folder with the TrueType fonts of the verovio wheel, unpacked once a process."""
    folder = tempfile.TemporaryDirectory(prefix="partita-fonts-")
    _FOLDERS.append(folder)
    data = Path(verovio.__file__).parent / "data"
    for family in ("Liberation", "Leipzig"):
        for number, face in enumerate(_FACES.findall((data / f"{family}.css").read_text("utf8"))):
            font = TTFont(io.BytesIO(base64.b64decode(face)))
            font.flavor = None
            font.save(Path(folder.name, f"{family}-{number}.ttf"))
    return folder.name


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []  # removed when the process ends


# -- Pages ---------------------------------------------------------------------------------


def _head_height(title: str, composer: str) -> float:
    """Millimetres that the title block takes."""
    return (16.0 if title else 0.0) + (8.0 if composer else 0.0) + (2.0 if title or composer else 0.0)


def _paginate(heights: Sequence[float], room: float, head: float) -> list[list[int]]:
    """System numbers page by page: as many as fit, then evened out so that the last page is not left with one."""
    pages: list[list[int]] = [[]]
    left = room - head
    for number, height in enumerate(heights):
        need = height + (_GAPS[0] if pages[-1] else 0.0)
        if pages[-1] and need > left:
            pages.append([])
            left, need = room, height
        pages[-1].append(number)
        left -= need
    if len(pages) > 1 and len(pages[-1]) == 1 and len(pages[-2]) > 2:
        pages[-1].insert(0, pages[-2].pop())
    return pages


def _gap(heights: Sequence[float], room: float, last: bool) -> float:
    """Millimetres between the systems of a page, so that they fill it; the last page keeps a usual distance."""
    least, most = _GAPS
    if len(heights) < 2:
        return least
    filling = (room - sum(heights)) / (len(heights) - 1)
    return min(max(filling, least), most * 0.6 if last else most)


def _source(pages: Sequence[Sequence[int]], heights: Sequence[float], size: tuple[float, float], head: float) -> str:
    """The typst document; words come in through sys.inputs, so nothing in them is markup."""
    width, height = size
    room = height - 2 * MARGIN - FOOT
    lines = [
        f"#set page(width: {width}mm, height: {height}mm, footer: {_FOOTER})",
        f"#set page(margin: (x: {MARGIN}mm, top: {MARGIN}mm, bottom: {MARGIN + FOOT}mm))",
        f'#set text(font: "{TEXT_FONT}", size: 10pt)',
        "#set par(spacing: 0mm)",
        '#set document(title: sys.inputs.at("title"), author: sys.inputs.at("composer"))',
        '#let title = sys.inputs.at("title")',
        '#let composer = sys.inputs.at("composer")',
        '#if title != "" { align(center, block(height: 16mm, text(size: 22pt, title))) }',
        '#if composer != "" { align(right, block(height: 8mm, text(size: 11pt, composer))) }',
        '#if title != "" or composer != "" { v(2mm) }',
    ]
    for index, page in enumerate(pages):
        if index:
            lines.append("#pagebreak()")
        own = [heights[number] for number in page]
        gap = _gap(own, room - (0 if index else head), index == len(pages) - 1)
        for place, number in enumerate(page):
            if place:
                lines.append(f"#v({gap:.3f}mm)")
            lines.append(
                f'#block(image("{number}.svg", width: {width - 2 * MARGIN}mm, height: {heights[number]:.3f}mm,'
                f' alt: "System {number + 1}"))'
            )
    return "\n".join(lines)


_FOOTER = """context {
  let number = counter(page).get().first()
  let total = counter(page).final().first()
  grid(columns: (1fr, auto), gutter: 4mm,
    text(size: 7.5pt, fill: luma(90), sys.inputs.at("footer")),
    if total > 1 { text(size: 9pt, str(number)) })
}"""
