"""Piece <-> compact JSON-able dict, exactly.

Notes and marks are lists with their trailing defaults cut off; `version` says
how to read them. What `loads` returns equals what `dumps` was given, `source` included.
"""

from __future__ import annotations

from typing import Any

from generator.music.piece import Key, Lyric, Mark, Metre, Note, Part, Piece, Spelling, Tempo

VERSION = 1
_NOTE_DEFAULTS: list[Any] = [None, None, None, 1, 1, None, None, [], []]
_MARK_DEFAULTS: list[Any] = [None, None, None, "", 1, 1]


class UnknownVersion(ValueError):
    """The record was written by a newer Partita."""


def dumps(piece: Piece) -> dict[str, Any]:
    """Piece -> dict of lists, strings and numbers."""
    return {
        "version": VERSION,
        "title": piece.title,
        "composer": piece.composer,
        "rights": piece.rights,
        "source": dict(piece.source),
        "bars": list(piece.bars),
        "metres": [[metre.tick, metre.numerator, metre.denominator] for metre in piece.metres],
        "keys": [[key.tick, key.tonic.step, key.tonic.alter, key.mode] for key in piece.keys],
        "tempos": [[tempo.tick, tempo.bpm, tempo.text, int(tempo.estimated)] for tempo in piece.tempos],
        "marks": [_dump_mark(mark) for mark in piece.marks],
        "parts": [_dump_part(part) for part in piece.parts],
    }


def loads(record: dict[str, Any]) -> Piece:
    """The dict of `dumps` -> Piece. Raises UnknownVersion when it was written by a later version."""
    if record["version"] > VERSION:
        raise UnknownVersion(f"This piece has format {record['version']}; this Partita reads up to {VERSION}.")
    return Piece(
        parts=tuple(_load_part(part) for part in record["parts"]),
        bars=tuple(record["bars"]),
        metres=tuple(Metre(*entry) for entry in record["metres"]),
        keys=tuple(Key(tick, Spelling(step, alter), mode) for tick, step, alter, mode in record["keys"]),
        tempos=tuple(Tempo(tick, bpm, text, bool(estimated)) for tick, bpm, text, estimated in record["tempos"]),
        marks=tuple(Mark(*entry) for entry in record["marks"]),
        title=record["title"],
        composer=record["composer"],
        rights=record["rights"],
        source=dict(record["source"]),
    )


def _dump_part(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "program": part.program,
        "staves": part.staves,
        "transposition": part.transposition,
        "percussion": part.percussion,
        "notes": [_dump_note(note) for note in part.notes],
        "marks": [_dump_mark(mark) for mark in part.marks],
    }


def _load_part(record: dict[str, Any]) -> Part:
    return Part(
        **{
            **record,
            "notes": tuple(_load_note(entry) for entry in record["notes"]),
            "marks": tuple(Mark(*entry) for entry in record["marks"]),
        }
    )


def _dump_note(note: Note) -> list[Any]:
    return _trim(
        [
            note.onset,
            note.duration,
            note.pitch,
            note.voice,
            note.staff,
            _spell(note.spelling),
            note.velocity,
            list(note.articulations),
            [[lyric.text, lyric.syllabic, lyric.verse] for lyric in note.lyrics],
        ],
        _NOTE_DEFAULTS,
    )


def _load_note(entry: list[Any]) -> Note:
    onset, duration, pitch, voice, staff, spelling, velocity, marks, lyrics = entry + _NOTE_DEFAULTS[len(entry) :]
    return Note(
        onset,
        duration,
        pitch,
        voice,
        staff,
        None if spelling is None else Spelling(*spelling),
        velocity,
        tuple(marks),
        tuple(Lyric(*lyric) for lyric in lyrics),
    )


def _dump_mark(mark: Mark) -> list[Any]:
    return _trim([mark.kind, mark.onset, mark.end, mark.value, mark.staff, mark.voice], _MARK_DEFAULTS)


def _spell(spelling: Spelling | None) -> list[Any] | None:
    return None if spelling is None else [spelling.step, spelling.alter]


def _trim(entry: list[Any], defaults: list[Any]) -> list[Any]:
    """`entry` without the trailing values that equal their default; the first two always stay."""
    while len(entry) > 2 and entry[-1] == defaults[len(entry) - 1]:
        entry.pop()
    return entry
