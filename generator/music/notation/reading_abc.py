"""ABC tunes -> Piece: music21 parses them, its stream is walked once."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from music21 import abcFormat, bar, base, chord, clef, dynamics, harmony, key, meter, note, spanner, stream, tempo

from generator.music.notation.reading_errors import UnreadableScore
from generator.music.notation.reading_maps import Maps, Titles, assemble, clean, near_signature, ticks, tidy_marks
from generator.music.notation.reading_musicxml_notes import ARTICULATIONS
from generator.music.notation.reading_ties import TiedNotes
from generator.music.piece import MODE_FIFTHS, Lyric, Mark, Metre, Note, Part, Piece, Spelling, Tempo


def read_tune(text: str) -> Piece:
    """One ABC tune. Raises UnreadableScore."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            handler = abcFormat.ABCFile().readstr(_without_number(text))
            score = abcFormat.translate.abcToStreamScore(handler)
    except Exception as error:  # music21 raises a dozen kinds, bare Exception among them
        reason = str(error).strip() or type(error).__name__
        raise UnreadableScore(f"This ABC tune could not be read: {reason[:200]}") from error
    return _piece(score.scores[0] if isinstance(score, stream.Opus) else score)


def _without_number(text: str) -> str:
    """The tune without its `X:`, so that music21 makes a Score rather than an Opus."""
    return re.sub(r"^X:.*\n", "", text, count=1, flags=re.MULTILINE)


def _piece(score: stream.Score) -> Piece:
    maps = Maps()
    parts = tuple(_VoiceReader(maps).read(part) for part in score.parts)
    maps.end = max([maps.end, *(note.end for part in parts for note in part.notes)])
    metadata = score.metadata
    titles = Titles((metadata.title or "",), metadata.composer or "") if metadata else Titles()
    return assemble(parts, maps, titles)


class _VoiceReader:
    """Reads one voice of a tune; what all share goes to the maps."""

    def __init__(self, maps: Maps) -> None:
        self.maps = maps
        self.notes = TiedNotes()
        self.marks: list[Mark] = []
        self.places: dict[int, int] = {}  # id of a note or chord -> its onset, for slurs

    def read(self, part: stream.Part) -> Part:
        for element, offset in self._walk(part):
            self._take(element, offset)
        for found in part.getElementsByClass(spanner.Spanner):
            self._span(found)
        name = clean(part.partName or "")
        return Part(name, tuple(self.notes.finished()), marks=tidy_marks(self.marks))

    def _walk(self, part: stream.Part) -> Iterator[tuple[base.Music21Object, float]]:
        """Every element with its offset from the start, in quarters; notes barlines in passing."""
        for element in part:
            offset = float(part.elementOffset(element))
            yield element, offset
            if isinstance(element, stream.Measure):
                self._bar(element, ticks(offset), ticks(offset + float(element.highestTime)))
                for inner in element:
                    yield inner, offset + float(element.elementOffset(inner))

    def _bar(self, measure: stream.Measure, start: int, end: int) -> None:
        self.maps.bars.add(start)
        self.maps.end = max(self.maps.end, end)
        for line, place in ((measure.leftBarline, start), (measure.rightBarline, end)):
            if isinstance(line, bar.Repeat):
                self.maps.marks.add(Mark("repeat-start" if line.direction == "start" else "repeat-end", place))
            elif line is not None and line.type in ("double", "final"):
                self.maps.marks.add(Mark("barline", place, value=line.type))

    def _take(self, element: Any, offset: float) -> None:
        """Hand one element to whoever keeps its kind."""
        tick = ticks(offset)
        if isinstance(element, harmony.Harmony):
            if isinstance(element, harmony.ChordSymbol) and not isinstance(element, harmony.NoChord):
                self.maps.marks.add(Mark("chord", tick, value=_figure(element)))
        elif isinstance(element, note.NotRest):
            self._sound(element, offset)
        elif isinstance(element, meter.TimeSignature):
            self.maps.metres.setdefault(tick, Metre(tick, element.numerator, element.denominator))
        elif isinstance(element, key.KeySignature):
            mode = element.mode if isinstance(element, key.Key) and element.mode in MODE_FIFTHS else None
            self.maps.signatures.setdefault(tick, (near_signature(element.sharps), mode))
        elif isinstance(element, tempo.MetronomeMark):
            self._tempo(element, tick)
        elif isinstance(element, clef.Clef) and element.sign in ("G", "F", "C") and element.line:
            octave = {-1: "-8", 1: "+8"}.get(element.octaveChange or 0, "")
            self.marks.append(Mark("clef", tick, value=f"{element.sign}{element.line}{octave}"))
        elif isinstance(element, dynamics.Dynamic):
            self.marks.append(Mark("dynamic", tick, value=str(element.value)))

    def _tempo(self, element: tempo.MetronomeMark, tick: int) -> None:
        bpm = element.getQuarterBPM()
        if bpm and 5 <= bpm <= 600:
            text = clean(element.text or "") if not element.textImplicit else ""
            self.maps.tempos.setdefault(tick, Tempo(tick, round(float(bpm), 3), text))

    def _sound(self, element: note.NotRest, offset: float) -> None:
        """A note, or the notes of a chord; words stand under the highest."""
        grace = element.duration.isGrace
        onset = ticks(offset)
        end = onset if grace else max(ticks(offset + float(element.duration.quarterLength)), onset + 1)
        self.places[id(element)] = onset
        sounding = sorted(element.notes, key=_height) if isinstance(element, chord.Chord) else [element]
        for one in sounding:
            if not isinstance(one, note.Note):
                continue
            alter = int(one.pitch.accidental.alter) if one.pitch.accidental is not None else 0
            spelling = Spelling(one.pitch.step, alter) if -2 <= alter <= 2 else None
            signs = _signs(element) if one is element else tuple(sorted({*_signs(element), *_signs(one)}))
            words = _words(element) if one is sounding[-1] else ()
            new = Note(onset, end - onset, one.pitch.midi, spelling=spelling, articulations=signs, lyrics=words)
            self.notes.add(new, one.tie.type if one.tie is not None and one.tie.type in _TIES else "")

    def _span(self, found: spanner.Spanner) -> None:
        """Slurs between notes, and voltas over measures."""
        first, last = found.getFirst(), found.getLast()
        if isinstance(found, spanner.RepeatBracket):
            if isinstance(first, stream.Measure) and isinstance(last, stream.Measure):
                end = ticks(float(last.offset) + float(last.highestTime))
                self.maps.marks.add(Mark("ending", ticks(float(first.offset)), end, str(found.number or "1")))
        elif isinstance(found, spanner.Slur) and id(first) in self.places and id(last) in self.places:
            self.marks.append(Mark("slur", self.places[id(first)], self.places[id(last)]))


_TIES = ("start", "continue", "stop")


def _height(one: Any) -> float:
    return float(one.pitch.ps)


def _signs(element: note.NotRest) -> tuple[str, ...]:
    names = {type(mark).__name__.lower() for mark in (*element.articulations, *element.expressions)}
    return tuple(sorted(names & ARTICULATIONS))


def _words(element: note.NotRest) -> tuple[Lyric, ...]:
    found = ((clean(lyric.text or ""), lyric) for lyric in element.lyrics)
    return tuple(
        Lyric(text, lyric.syllabic if lyric.syllabic in ("begin", "middle", "end") else "single", lyric.number or 1)
        for text, lyric in found
        if text
    )


def _figure(symbol: harmony.ChordSymbol) -> str:
    """`B-7/F` -> `Bb7/F`: music21 writes flats as hyphens."""
    return re.sub(r"(?<=[A-Ga-g])-", "b", str(symbol.figure))
