"""The JSON Schema of every kind of event in a job's log, as sockets send them."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
NUMBER = {"type": "number"}


def _object(**properties: Any) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _row(*columns: dict[str, Any]) -> dict[str, Any]:
    """A list with exactly these entries."""
    return {"type": "array", "prefixItems": list(columns), "items": False, "minItems": len(columns)}


MIDI_VALUE = {"type": "integer", "minimum": 0, "maximum": 127}
# `generator.wire.describe_played` says what the columns are.
PERFORMANCE = _object(
    clock=_list(_row(COUNT, NUMBER)),
    notes=_list(_row(COUNT, COUNT, NUMBER, NUMBER, MIDI_VALUE, MIDI_VALUE)),
    controls=_list(_row(COUNT, COUNT, MIDI_VALUE, MIDI_VALUE, MIDI_VALUE)),
)
NOTE = _object(
    id={"type": "string", "pattern": "^p[0-9]+s[0-9]+v[0-9]+t[0-9]+n[0-9]+g?$"},
    part=COUNT,
    voice={"type": "integer", "minimum": 1},
    onset=COUNT,
    duration=COUNT,
    pitch={"type": "integer", "minimum": 0, "maximum": 127},
    spelling={"anyOf": [{"type": "null"}, {"type": "string", "pattern": "^[A-G](|#{1,2}|b{1,2})$"}]},
    velocity={"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 0, "maximum": 127}]},
)
PART = _object(
    name=TEXT,
    program=MIDI_VALUE,
    staves=COUNT,
    percussion={"type": "boolean"},
    layers=_list(_row(MIDI_VALUE, NUMBER)),
    pan=MIDI_VALUE,
)

KINDS: dict[str, dict[str, Any]] = {
    "start": {
        "brief": {"type": "object"},
        "title": TEXT,
        "part_list": TEXT,
        "parts": _list(PART),
        "bars": _list(COUNT),
        "keys": _list(_object(tick=COUNT, name=TEXT, fifths={"type": "integer"})),
        "metres": _list(_object(tick=COUNT, numerator=COUNT, denominator=COUNT)),
        "tempos": _list(_object(tick=COUNT, bpm=NUMBER)),
        "takes": {"type": "integer", "minimum": 1, "maximum": 3},
    },
    "bar": {
        "take": COUNT,
        "bar": COUNT,
        "tick": COUNT,
        "notes": _list(NOTE),
        "performance": PERFORMANCE,
        "measures": {"type": "object", "patternProperties": {"^[0-9]+$": TEXT}, "additionalProperties": False},
    },
    "audio": {
        "take": COUNT,
        "index": COUNT,
        "url": TEXT,
        "seconds": {"type": "number", "exclusiveMinimum": 0},
        "rms": {"type": "number", "minimum": 0},
    },
    "restart": {"attempt": {"type": "integer", "minimum": 2}},
    "done": {"track": {"type": ["string", "null"]}, "tracks": _list(TEXT)},
    "failed": {"error": TEXT},
    "cancelled": {},
}

SCHEMAS: dict[str, dict[str, Any]] = {
    kind: _object(seq={"type": "integer", "minimum": 1}, kind={"const": kind}, **properties)
    for kind, properties in KINDS.items()
}
