"""Instrument names -> General MIDI programs."""

from __future__ import annotations

# Humdrum's *I codes (humdrum.org "instrument codes") as General MIDI programs 0-127.
_CODES = {
    "piano": 0, "forte": 0, "clavi": 7, "cemba": 6, "hpsch": 6, "klav": 0, "organ": 19, "pipes": 19, "harp": 46,
    "violn": 40, "violb": 42, "viola": 41, "cello": 42, "cbass": 43, "contb": 43,
    "guitr": 24, "lute": 24, "flt": 73, "picco": 72, "recor": 74, "oboe": 68, "cangl": 69, "clars": 71, "clarb": 71,
    "fagot": 70, "cor": 60, "tromp": 56, "clarn": 56, "tromb": 57, "tuba": 58, "timpa": 47, "campn": 14,
    "soprn": 52, "mezzo": 52, "calto": 52, "alto": 52, "canto": 52, "tenor": 52, "barit": 52, "bass": 52, "bbass": 52,
    "vox": 53,
}  # fmt: skip
_FAMILIES = {"klav": 0, "vox": 52, "str": 48, "ww": 73, "brass": 61, "bras": 61}
_NAMES = (
    ("organ", 19), ("forte", 0), ("klaw", 0), ("cembal", 6), ("violonc", 42), ("cello", 42), ("viola", 41),
    ("violin", 40), ("violon", 40), ("flaut", 73), ("flet", 73), ("obo", 68), ("clarin", 71), ("klarnet", 71),
    ("corn", 60), ("fag", 70), ("tromb", 57), ("tub", 56),
    ("piano", 0), ("sopran", 52), ("cant", 52), ("disc", 52), ("alt", 52), ("tenor", 52), ("bass", 52), ("bas", 52),
    ("voic", 53), ("voc", 53), ("vox", 53), ("głos", 53), ("śpiew", 53), ("cho", 52),
)  # fmt: skip


KEYBOARDS = frozenset({"piano", "forte", "clavi", "cemba", "hpsch", "klav", "organ"})
_VOICE_NAMES = (
    "voice", "gesang", "singstimme", "stimme", "chant", "canto", "voix", "soprano", "mezzo", "alto", "tenor",
    "baryton", "bariton", "vocal", "sopran", "contralto",
)  # fmt: skip
_VOICES = (52, 53, 54, 85, 91)
VOICE = 53


def sung_program(name: str, program: int, sung: float) -> int:
    """A singer's program where a file gives a vocal part an instrument's; `sung`: share of notes with words."""
    lower = name.lower()
    vocal = sung > 0.3 or (any(stem in lower for stem in _VOICE_NAMES) and "sax" not in lower and "vio" not in lower)
    return VOICE if vocal and program not in _VOICES else program


def humdrum_program(code: str, family: str, name: str) -> int:
    """The program of a part: by its instrument code, else its name, else its family; a piano at last."""
    for single in code.replace("|I", "&I").split("&I"):
        if single in _CODES:
            return _CODES[single]
    lower = name.lower().replace("ſ", "s")
    for stem, program in _NAMES:
        if stem in lower:
            return program
    return _FAMILIES.get(family, 0)
