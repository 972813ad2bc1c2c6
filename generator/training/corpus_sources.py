"""Where pieces come from: files and tunes found in a folder, with work, licence, credit and style.

A *work* is what must not be split between training and validation: an opus, a manuscript, a tune
and its variants under one title, a chorale.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import music21

from generator.music.notation.reading import READER_VERSION, decode, read, split_tunes
from generator.music.notation.reading_abc import read_tune
from generator.music.notation.reading_humdrum import references
from generator.music.piece import Piece
from generator.training.corpus_chorales import read_chorale

# Folk tunes printed before 1930 that music21 carries. Its other folders are not for training:
# `bach` holds benchmark test pieces, `essenFolksong` is non-commercial, `palestrina` is not free.
FOLK = ("oneills1850", "ryansMammoth", "airdsAirs")
NEVER = frozenset({"bach", "essenFolksong", "palestrina"})
POLISH_CREDIT = "Polish Music Heritage in Open Access, The Fryderyk Chopin Institute (nifc.pl), polishscores.org"
LAST_AIR = 680  # O'Neill's Music of Ireland begins with airs, songs and Carolan's pieces
_TUNE_STYLES = {
    "reel": "reel", "jig": "jig", "hop jig": "jig", "slip jig": "jig", "double jig": "jig", "single jig": "jig",
    "hornpipe": "hornpipe", "strathspey": "strathspey", "air": "air", "song air": "air", "air and variations": "air",
    "song": "air", "slow air": "air", "march": "march", "quickstep": "march", "quick step": "march", "waltz": "waltz",
    "polka": "polka", "clog": "hornpipe", "highland fling": "strathspey", "long dance": "set-dance",
    "set dance": "set-dance", "minuet": "minuet", "lament": "air", "country dance": "country-dance",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to convert: a file, or one tune of an ABC collection."""

    corpus: str  # jsb-chorales, folk-tunes, openscore-lieder, polish-scores, openscore-quartets, scores
    path: str
    name: str  # path inside its collection
    work: str
    tune: int | None = None
    split: str | None = None  # given by the collection; else by hash of the work

    def data(self) -> bytes:
        """The bytes this item is made of."""
        if self.tune is None:
            return Path(self.path).read_bytes()
        return _tune_texts(self.path, Path(self.path).stat().st_mtime_ns)[self.tune].encode()

    def convert(self, data: bytes) -> Piece:
        """Piece of these bytes, with `source` filled. Raises UnreadableScore."""
        if self.corpus == "jsb-chorales":
            piece = read_chorale(Path(self.path))
        elif self.tune is not None:
            piece = read_tune(data.decode())
        else:
            piece = read(data, Path(self.path).suffix)
        piece.source.update(self._source(data))
        return piece

    def _source(self, data: bytes) -> dict[str, str]:
        licence, credit = _LICENCES.get(self.corpus, ("unknown", ""))
        found = {"corpus": self.corpus, "path": self.name, "work": self.work, "licence": licence, "credit": credit}
        if self.tune is not None:
            found["kind"] = _tune_kind(data.decode())
        elif self.path.endswith(".krn"):
            genre = references(decode(data)).get("AGN", "")
            found |= {"kind": genre} if genre else {}
        return found


_LICENCES = {
    "jsb-chorales": ("public domain", "J. S. Bach, chorales"),
    "folk-tunes": ("public domain", "O'Neill's Music of Ireland; Ryan's Mammoth Collection; Aird's Airs"),
    "openscore-lieder": ("CC0-1.0", "OpenScore Lieder Corpus"),
    "openscore-quartets": ("CC0-1.0", "OpenScore String Quartets"),
    "polish-scores": ("CC-BY-4.0", POLISH_CREDIT),
}
# Small sets first, so that training may begin on what is there.
_ORDER = ("jsb-chorales", "folk-tunes", "openscore-lieder", "polish-scores", "openscore-quartets", "scores")


def content_key(data: bytes, corpus: str) -> str:
    """Name of a converted piece: what it was made of, and the reader that made it."""
    return hashlib.sha1(f"{READER_VERSION}:{corpus}:".encode() + data, usedforsecurity=False).hexdigest()[:20]


def split_of(work: str) -> str:
    """`valid` for 5% of the works, by hash: the same on every machine."""
    return "valid" if zlib.crc32(work.encode()) % 100 < 5 else "train"


def find_items(folders: list[str]) -> list[Item]:
    """Everything convertible in these folders (`folk` stands for the free tunes in music21), small sets first."""
    items = [item for folder in folders for item in (_folk() if folder == "folk" else _scan(Path(folder)))]
    return sorted(items, key=lambda item: (_ORDER.index(item.corpus), item.split != "valid", item.name, item.tune or 0))


@lru_cache(maxsize=8)
def _tune_texts(path: str, _changed: int) -> list[str]:
    """The tunes of an ABC file as of its last change; those of one file are asked for one after the other."""
    return split_tunes(decode(Path(path).read_bytes()))


def _folk() -> Iterator[Item]:
    root = Path(music21.__file__).parent / "corpus"
    for collection in FOLK:
        for path in sorted((root / collection).glob("*.abc")):
            yield from _tunes(path, f"{collection}/{path.name}", "folk-tunes")


def _tunes(path: Path, name: str, corpus: str) -> Iterator[Item]:
    for index, text in enumerate(_tune_texts(str(path), path.stat().st_mtime_ns)):
        yield Item(corpus, str(path), name, "tune " + _plain_title(text), index)


def _scan(root: Path) -> Iterator[Item]:
    for path in sorted(root.rglob("*")):
        suffix = path.suffix.lower()
        if not path.is_file() or NEVER & set(path.parts):
            continue
        name = str(path.relative_to(root))
        if suffix == ".csv" and path.parent.name in ("train", "valid"):
            yield Item("jsb-chorales", str(path), name, f"jsb {name}", split=path.parent.name)
        elif suffix == ".krn":
            yield Item("polish-scores", str(path), name, "polish " + _manuscript(path.name))
        elif suffix in (".mxl", ".musicxml", ".xml"):
            yield _musicxml(path, name)
        elif suffix == ".abc":
            yield from _tunes(path, name, "scores")


def _musicxml(path: Path, name: str) -> Item:
    """OpenScore's folders are composer/set/title; `_` stands for no set."""
    parts = Path(name).parts
    prefix = path.name[:2]
    corpus = {"lc": "openscore-lieder", "sq": "openscore-quartets"}.get(prefix, "scores")
    if "scores" not in parts or corpus == "scores":
        return Item("scores", str(path), name, f"score {Path(name).parent}/{path.stem}")
    composer, *rest = parts[parts.index("scores") + 1 : -1]
    group = next((folder for folder in rest if folder != "_"), path.stem)
    return Item(corpus, str(path), name, f"{corpus} {composer}/{group}")


def _manuscript(name: str) -> str:
    """`pl-wtm--r-242-m_moniuszko--...krn` and `pl-kk--kk-i-1--016_...`: library and shelf mark."""
    return "--".join(name.split("_")[0].split("--")[:2])


def _plain_title(text: str) -> str:
    """A tune's title without articles, case, numbers and kind: its variants share it."""
    match = re.search(r"^T:\s*(.+)$", text, re.MULTILINE)
    title = (match[1] if match else text[:40]).lower().partition(" -- ")[0]
    words = re.findall(r"[a-z]+", title.replace("'", ""))
    return " ".join(word for word in words if word not in ("the", "a", "an", "no")) or title


def _tune_kind(text: str) -> str:
    """`R:` of a tune, or the kind its title names."""
    match = re.search(r"^R:\s*(.+)$", text, re.MULTILINE)
    if match:
        return match[1].strip().lower()
    number = re.search(r"^B:O'Neill's (\d+)", text, re.MULTILINE)
    if number and int(number[1]) <= LAST_AIR:
        return "air"
    title = re.search(r"^T:\s*(.+)$", text, re.MULTILINE)
    lower = title[1].lower() if title else ""
    lower = lower.replace("strathsy", "strathspey")
    return next((kind for kind in sorted(_TUNE_STYLES, key=len, reverse=True) if re.search(rf"\b{kind}\b", lower)), "")


def tune_style(kind: str) -> str:
    """The style a tune's kind stands for; `tune` when it names none we know."""
    if kind in _TUNE_STYLES:
        return _TUNE_STYLES[kind]
    return next((style for name, style in _TUNE_STYLES.items() if name in kind), "tune")
