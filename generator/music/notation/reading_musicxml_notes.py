"""What one `<note>` of MusicXML says: pitch, ties, signs and words."""

from __future__ import annotations

from typing import Literal
from xml.etree.ElementTree import Element

from generator.music.notation.reading_maps import clean
from generator.music.notation.reading_ties import Tie
from generator.music.piece import STEP_CLASSES, STEPS, Lyric, Spelling

# Element -> our name, where taking out the hyphen does not give it; None: not kept.
_NAMES: dict[str, str | None] = {
    "trill-mark": "trill", "arpeggiate": "arpeggiomark", "harmonic": "stringharmonic", "vertical-turn": "turn",
    "delayed-turn": "turn", "delayed-inverted-turn": "invertedturn", "inverted-vertical-turn": "invertedturn",
    "wavy-line": None, "accidental-mark": None, "tied": None, "slur": None, "tuplet": None, "fingering": None,
}  # fmt: skip
ARTICULATIONS = frozenset(
    (
        "accent", "strongaccent", "staccato", "staccatissimo", "spiccato", "tenuto", "detachedlegato", "breathmark",
        "caesura", "stress", "unstress", "upbow", "downbow", "openstring", "pizzicato", "snappizzicato",
        "stringharmonic", "doit", "falloff", "plop", "scoop", "stopped", "doubletongue", "tripletongue", "fermata",
        "trill", "invertedtrill", "mordent", "invertedmordent", "turn", "invertedturn", "tremolo", "schleifer",
        "shake", "arpeggiomark",
    )
)  # fmt: skip
_GROUPS = ("articulations", "technical", "ornaments")
Syllabic = Literal["single", "begin", "middle", "end"]


def pitch_of(element: Element, transposition: int, steps: int) -> tuple[int, Spelling | None]:
    """Sounding MIDI pitch and spelling of a `<pitch>`, moved by `transposition` semitones and `steps` letters."""
    step = (element.findtext("step") or "C").strip().upper()
    octave = int(element.findtext("octave") or 4)
    alter = float(element.findtext("alter") or 0)
    sounding = 12 * (octave + 1) + STEP_CLASSES.get(step, 0) + alter + transposition
    letter = STEPS.find(step) + steps + 7 * octave
    natural = 12 * (letter // 7 + 1) + STEP_CLASSES[STEPS[letter % 7]]
    written = sounding - natural
    spelling = Spelling(STEPS[letter % 7], int(written)) if written == int(written) and abs(written) <= 2 else None
    return min(max(round(sounding), 0), 127), spelling


def tie_of(element: Element) -> Tie:
    """How the note is tied, by what sounds or else by what is drawn."""
    kinds = {tie.get("type") for tie in element.iterfind("tie")}
    kinds = kinds or {tie.get("type") for tie in element.iterfind("notations/tied")}
    if "start" in kinds:
        return "continue" if "stop" in kinds else "start"
    return "stop" if "stop" in kinds else ""


def articulations(element: Element) -> set[str]:
    """Names of the signs on the note, such as staccato, fermata and trill."""
    found: set[str] = set()
    for notations in element.iterfind("notations"):
        tags = [child.tag for child in notations]
        tags += [sign.tag for group in _GROUPS for signs in notations.iterfind(group) for sign in signs]
        names = (_NAMES.get(tag, tag.replace("-", "")) for tag in tags)
        found |= {name for name in names if name in ARTICULATIONS}
    return found


def lyrics(element: Element) -> tuple[Lyric, ...]:
    """The syllables under the note, verse by verse."""
    found = []
    for order, lyric in enumerate(element.iterfind("lyric"), 1):
        text = clean(" ".join(" ".join(part.text or "" for part in lyric.iterfind("text")).split()))
        if text:
            number = lyric.get("number") or ""
            verse = int(number) if number.isdigit() and int(number) else order
            found.append(Lyric(text, _syllabic(lyric), verse))
    return tuple(dict.fromkeys(found))


def _syllabic(lyric: Element) -> Syllabic:
    """How the syllable stands in its word; of two that share a note, from the first's left to the last's right."""
    kinds = [each.text or "single" for each in lyric.iterfind("syllabic")] or ["single"]
    goes_on, ends = kinds[-1] in ("begin", "middle"), kinds[0] in ("middle", "end")
    if goes_on:
        return "middle" if ends else "begin"
    return "end" if ends else "single"
