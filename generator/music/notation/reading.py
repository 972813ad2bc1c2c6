"""Score files -> Piece: MusicXML (.mxl .musicxml .xml), Humdrum (.krn) and ABC (.abc).

MusicXML and Humdrum have readers of their own, ABC is parsed by music21. Files come from
strangers: archives are bounded before they are unpacked, and XML entities are refused.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from xml.etree import ElementTree

from generator.music.notation.reading_abc import read_tune
from generator.music.notation.reading_errors import UnreadableScore
from generator.music.notation.reading_humdrum import read_humdrum
from generator.music.notation.reading_musicxml import read_partwise
from generator.music.piece import Piece

# Raise when converted pieces would come out better: caches are keyed by it.
READER_VERSION = 2
LARGEST = 40_000_000  # bytes of unpacked text; a full symphony has some 20 MB
SUFFIXES = (".mxl", ".musicxml", ".xml", ".krn", ".abc")

_TUNE = re.compile(r"^X:", re.MULTILINE)


def read(data: bytes, suffix: str) -> Piece:
    """The score in `data`; `suffix` tells its format. Raises UnreadableScore with a sentence to show."""
    suffix = suffix.lower()
    if suffix not in SUFFIXES:
        raise UnreadableScore(f"{suffix or 'A file without a suffix'} is not a score; use {', '.join(SUFFIXES)}.")
    if len(data) > LARGEST:
        raise UnreadableScore(f"The file is larger than {LARGEST // 1_000_000} MB.")
    if suffix == ".krn":
        return read_humdrum(decode(data))
    if suffix == ".abc":
        return _first_tune(decode(data))
    return _read_musicxml(_unpack(data) if suffix == ".mxl" or data[:2] == b"PK" else data)


def read_tunes(text: str) -> Iterator[Piece]:
    """Every tune of an ABC collection (they begin at `X:`); tunes that cannot be read are left out."""
    for tune in split_tunes(text):
        try:
            yield read_tune(tune)
        except UnreadableScore:
            continue


def split_tunes(text: str) -> list[str]:
    """The texts of the tunes in an ABC collection."""
    starts = [match.start() for match in _TUNE.finditer(text)]
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def _first_tune(text: str) -> Piece:
    tunes = split_tunes(text)
    return read_tune(tunes[0] if tunes else text)


def _read_musicxml(data: bytes) -> Piece:
    if b"<!ENTITY" in data or b"<\x00!\x00E\x00N\x00T\x00I\x00T\x00Y" in data:
        raise UnreadableScore("The file declares XML entities, which a score never needs; it was not opened.")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UnreadableScore(f"This is not well-formed XML: {_reason(error)}") from error
    if root.tag != "score-partwise":
        raise UnreadableScore("Only partwise MusicXML is read; export the score again as MusicXML (score-partwise).")
    try:
        return read_partwise(root)
    except UnreadableScore:
        raise
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise UnreadableScore(f"This MusicXML could not be read: {_reason(error)}") from error


def _unpack(data: bytes) -> bytes:
    """The score inside an .mxl archive, never more than LARGEST bytes of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_score_name(archive)) as member:
            text = member.read(LARGEST + 1)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, OSError) as error:
        raise UnreadableScore(f"This .mxl archive could not be opened: {_reason(error)}") from error
    if len(text) > LARGEST:
        raise UnreadableScore(f"The score unpacks to more than {LARGEST // 1_000_000} MB.")
    return text


def _score_name(archive: zipfile.ZipFile) -> str:
    """The root file that META-INF/container.xml names, or else the first score at hand."""
    names = archive.namelist()
    if "META-INF/container.xml" in names:
        with archive.open("META-INF/container.xml") as member:
            found = re.search(r'full-path="([^"]+)"', member.read(100_000).decode("utf8", "replace"))
        if found and found[1] in names:
            return found[1]
    for name in names:
        if name.endswith((".xml", ".musicxml")) and not name.startswith("META-INF"):
            return name
    raise UnreadableScore("The .mxl archive holds no score.")


def decode(data: bytes) -> str:
    """Text of a Humdrum or ABC file: UTF-8, or Latin-1 in old ones."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _reason(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:200] if text else type(error).__name__
