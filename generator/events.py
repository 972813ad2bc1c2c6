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

KINDS: dict[str, dict[str, Any]] = {
    "start": {
        "brief": {"type": "object"},
        "title": TEXT,
        "part_list": TEXT,
        "parts": _list(_object(name=TEXT, program=COUNT, staves=COUNT)),
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
