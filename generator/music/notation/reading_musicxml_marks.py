"""Directions, harmonies and spanning lines of MusicXML -> marks and tempos."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from generator.music.notation.reading_maps import Maps, clean
from generator.music.piece import Mark, MarkKind, Tempo

_UNITS = {"breve": 8, "whole": 4, "half": 2, "quarter": 1, "eighth": 0.5, "16th": 0.25, "32nd": 0.125}
# MusicXML kind -> suffix of a chord symbol, as lead sheets have it.
CHORD_SUFFIXES = {
    "major": "", "minor": "m", "augmented": "aug", "diminished": "dim", "dominant": "7", "major-seventh": "maj7",
    "minor-seventh": "m7", "diminished-seventh": "dim7", "half-diminished": "m7b5", "augmented-seventh": "+7",
    "major-minor": "mM7", "major-sixth": "6", "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9",
    "minor-ninth": "m9", "dominant-11th": "11", "major-11th": "maj11", "minor-11th": "m11", "dominant-13th": "13",
    "major-13th": "maj13", "minor-13th": "m13", "suspended-second": "sus2", "suspended-fourth": "sus4", "power": "5",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _End:
    tick: int
    staff: int
    voice: int
    kind: MarkKind


@dataclass
class Lines:
    """Slurs, hairpins, pedals and voltas while one of their ends is still to come.

    Voices are written one after the other, so that an end may be read before its beginning.
    """

    marks: list[Mark] = field(default_factory=list)
    _begun: dict[tuple[str, str], _End] = field(default_factory=dict)
    _ended: dict[tuple[str, str], _End] = field(default_factory=dict)
    _pedals: list[tuple[int, str, int]] = field(default_factory=list)  # tick, type, staff
    _volta: tuple[int, str] | None = None

    def end_of(self, kind: MarkKind, element: Element, tick: int, staff: int, voice: int = 1) -> None:
        """A slur, wedge or pedal element: one end of a line."""
        if kind == "pedal":
            self._pedals.append((tick, element.get("type", ""), staff))
            return
        family = "hairpin" if kind in ("crescendo", "diminuendo") else kind
        slot = (family, element.get("number") or "1")
        here = _End(tick, staff, voice, kind)
        action = element.get("type", "")
        if action in ("stop", "discontinue") and slot in self._begun:
            self._join(self._begun.pop(slot), here)
        elif action == "stop":
            self._ended[slot] = here
        if action in ("start", "crescendo", "diminuendo"):
            waiting = self._ended.pop(slot, None)
            if waiting is not None and waiting.tick > tick:
                self._join(here, waiting)
            else:
                self._begun[slot] = here

    def _join(self, first: _End, last: _End) -> None:
        if last.tick > first.tick or (first.kind == "slur" and last.tick == first.tick):
            voice = first.voice if first.kind == "slur" else 1
            self.marks.append(Mark(first.kind, first.tick, last.tick, staff=first.staff, voice=voice))

    def finished(self) -> list[Mark]:
        """All lines that have both ends. A part has one pedal: pressed anew while down, it is lifted first."""
        marks = list(self.marks)
        down: tuple[int, int] | None = None  # tick, staff
        for tick, action, staff in sorted(self._pedals, key=lambda each: (each[0], each[1] != "stop")):
            if down is not None and action != "continue" and tick > down[0]:
                marks.append(Mark("pedal", down[0], tick, staff=down[1]))
                down = None
            if action in ("start", "change", "resume", "sostenuto"):
                down = down or (tick, staff)
        return marks

    def ending(self, element: Element, start: int, end: int, marks: set[Mark]) -> None:
        """A volta bracket from the start of one measure to the end of another."""
        if element.get("type") == "start":
            self._volta = (start, element.get("number") or "1")
        elif self._volta is not None:
            begun, number = self._volta
            self._volta = None
            marks.add(Mark("ending", begun, end, number))


def read_direction(element: Element, tick: int, marks: list[Mark], lines: Lines, maps: Maps) -> None:
    """What stands above or below the staff at `tick`."""
    staff = _staff(element)
    sound = element.find("sound")
    metronome = element.find("direction-type/metronome")
    text = clean(" ".join(words.text or "" for words in element.iterfind("direction-type/words")))
    if metronome is not None or (sound is not None and sound.get("tempo")):
        _set_tempo(maps, _tempo(metronome, sound, tick, text))
    elif text:
        marks.append(Mark("text", tick, value=text, staff=staff))
    for kind in element.iterfind("direction-type"):
        for sign in kind:
            _read_sign(sign, tick, staff, marks, lines, maps)


def _read_sign(sign: Element, tick: int, staff: int, marks: list[Mark], lines: Lines, maps: Maps) -> None:
    if sign.tag == "dynamics":
        for dynamic in sign:
            value = (dynamic.text or "").strip() if dynamic.tag == "other-dynamics" else dynamic.tag
            if value:
                marks.append(Mark("dynamic", tick, value=value, staff=staff))
    elif sign.tag == "wedge":
        kind: MarkKind = "diminuendo" if sign.get("type") == "diminuendo" else "crescendo"
        lines.end_of(kind, sign, tick, staff)
    elif sign.tag == "pedal":
        lines.end_of("pedal", sign, tick, staff)
    elif sign.tag == "rehearsal" and sign.text:
        maps.marks.add(Mark("section", tick, value=clean(sign.text)))


def tempo_of(sound: Element, tick: int) -> Tempo:
    """A `<sound tempo>` on its own: heard, not written, so an estimate."""
    return _tempo(None, sound, tick, "") or Tempo(tick, 120, estimated=True)


def _set_tempo(maps: Maps, tempo: Tempo | None) -> None:
    """The first part to name a tempo wins, unless a later one says more."""
    if tempo is None:
        return
    known = maps.tempos.get(tempo.tick)
    if known is None or (known.estimated, not known.text) > (tempo.estimated, not tempo.text):
        maps.tempos[tempo.tick] = tempo


def _tempo(metronome: Element | None, sound: Element | None, tick: int, text: str) -> Tempo | None:
    bpm = _float(sound.get("tempo")) if sound is not None else None
    written = metronome is not None
    if metronome is not None and (rate := _float(metronome.findtext("per-minute"))):
        unit = _UNITS.get(metronome.findtext("beat-unit") or "", 1)
        dots = len(metronome.findall("beat-unit-dot"))
        bpm = rate * unit * (2 - 0.5**dots)
    if bpm is None or not 5 <= bpm <= 600:
        return None
    return Tempo(tick, round(bpm, 3), text, estimated=not written)


def chord_figure(element: Element) -> str:
    """`<harmony>` as a chord symbol such as `F#m7/C#`; empty where it names no root."""
    root = _note_name(element, "root")
    kind = element.find("kind")
    if not root or kind is None or kind.text == "none":
        return ""
    suffix = CHORD_SUFFIXES.get((kind.text or "major").strip())
    if suffix is None or kind.get("text") in _SAME.get(suffix, ()):
        suffix = kind.get("text") or ""
    bass = _note_name(element, "bass")
    return f"{root}{suffix}" + (f"/{bass}" if bass else "")


# Other ways to write a suffix, kept as they were written.
_SAME = {"aug": ("+",), "dim": ("o",), "dim7": ("o7",), "m7b5": ("ø7", "ø"), "+7": ("7+",), "mM7": ("mmaj7",),
         "sus4": ("sus",), "5": ("power",)}  # fmt: skip


def _note_name(element: Element, prefix: str) -> str:
    step = element.findtext(f"{prefix}/{prefix}-step") or ""
    alter = round(_float(element.findtext(f"{prefix}/{prefix}-alter")) or 0)
    return step + ("#" * alter if alter > 0 else "b" * -alter) if step else ""


def _staff(element: Element) -> int:
    return round(_float(element.findtext("staff")) or 1)


def _float(text: Any) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
