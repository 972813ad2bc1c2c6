"""A language in which every letter is another one (`Studio` is `⟦Šťûđîø⟧`): what is left in plain letters on a page
never went through gettext. Its code is `en-xa`, as the field calls it; it lives in the tests' settings only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.apps import AppConfig
from django.utils.translation import trans_real

CODE = "en-xa"
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTHER = "åƀçđêƒĝĥîĵķļɱñøƥɋřšťûṽŵẋýžÅƁÇĐÊƑĜĤÎĴĶĻṀÑØƤɊŘŠŤÛṼŴẊÝŽ"
LETTERS = str.maketrans(PLAIN, OTHER)
KEPT = re.compile(r"%\(\w+\)\w|%[sd%]|\{\w*\}|<[^>]*>|&\w+;|https?://\S+")
CONTEXT = trans_real.CONTEXT_SEPARATOR

# The same for the scripts of a page, in place of Django's catalogue.
SCRIPT = r"""(() => {
  const from = [...'FROM'], to = [...'TO']
  const kept = /%\(\w+\)\w|%[sd%]|\{\w*\}|<[^>]*>/g
  const letters = (text) => [...text].map((letter) => to[from.indexOf(letter)] ?? letter).join('')
  const pseudo = (text) => {
    const marks = text.match(kept) ?? []
    return `⟦${text.split(kept).map((part, index) => letters(part) + (marks[index] ?? '')).join('')}⟧`
  }
  globalThis.gettext = pseudo
  globalThis.pgettext = (context, text) => pseudo(text)
  globalThis.ngettext = (one, many, count) => pseudo(count === 1 ? one : many)
  globalThis.npgettext = (context, one, many, count) => pseudo(count === 1 ? one : many)
})()""".replace("FROM", PLAIN).replace("TO", OTHER)


def pseudo(text: str) -> str:
    """The same sentence in other letters; placeholders, tags and addresses stay."""
    _context, _separator, words = text.rpartition(CONTEXT)
    parts = KEPT.split(words)
    marks = [*KEPT.findall(words), ""]
    return f"⟦{''.join(part.translate(LETTERS) + mark for part, mark in zip(parts, marks, strict=True))}⟧"


class PseudoTranslation(trans_real.DjangoTranslation):
    """Translates everything, whether or not anybody has extracted it."""

    def gettext(self, message: str) -> str:
        return pseudo(message) if message else ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return pseudo(msgid1 if n == 1 else msgid2)


class PseudoConfig(AppConfig):
    """Makes the language known once the apps are."""

    name = "tests"

    def ready(self) -> None:
        trans_real._translations[CODE] = PseudoTranslation(CODE)


def write_catalogue(folder: Path) -> None:
    """Django offers a language only if it finds a catalogue, be it an empty one."""
    path = folder / "en_XA" / "LC_MESSAGES"
    path.mkdir(parents=True, exist_ok=True)
    header = bytes([0xDE, 0x12, 0x04, 0x95]) + bytes(4) + bytes(4) + 3 * (28).to_bytes(4, "little") + bytes(4)
    (path / "django.mo").write_bytes(header)


# -- Finding what is left -----------------------------------------------------------

# Names, formats and the Italian that musicians of every tongue use.
NAMES = """
Partita MIDI MusicXML WAV MP Ogg PDF API JSON MIT OFL LGPL BSD CC BY English Deutsch Clause Apache GM CPU Letter
Largo Adagio Andante Moderato Allegretto Allegro Vivace Presto manage py Ctrl Home End Space Shift Esc Enter
"""
WORD = re.compile(r"[A-Za-z]{2,}")
SPOKEN = {"aria-label", "title", "placeholder", "alt", "aria-description", "aria-roledescription"}
VOID = {"meta", "link", "input", "br", "hr", "img", "use", "path", "rect", "circle", "source"}


def bare(text: str) -> list[str]:
    """Words in plain letters that are no names."""
    return [word for word in WORD.findall(text) if word not in NAMES.split()]


class Reader(HTMLParser):
    """What a page says, to eyes and to screen readers, but for what is marked translate="no"."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.said: list[str] = []

    @property
    def silent(self) -> bool:
        return any(skipped for _tag, skipped in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        own = given.get("translate") == "no" or tag in ("script", "style", "code")
        if not (self.silent or own):
            self.said += [value for name, value in attrs if name in SPOKEN and value]
            if given.get("name") == "description":
                self.said.append(given["content"] or "")
        if tag not in VOID:
            self.open.append((tag, own))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            return
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        while self.open and tag not in VOID:
            if self.open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.said.append(data.strip())


def bare_english(page: str, *data: str) -> Iterator[str]:
    """Everything a page says that holds plain words; `data` are words that people wrote."""
    reader = Reader()
    reader.feed(page)
    for said in reader.said:
        for words in data:
            said = said.replace(words, "")
        if bare(said):
            yield said
