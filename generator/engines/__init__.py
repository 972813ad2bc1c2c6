"""Engines write music: `compose(brief) -> Iterator[Bar | AudioChunk]`.

Progress is what has been yielded over what was asked; cancelling is to stop
iterating. An engine is one file in this package and one entry in `ENGINES`;
its module (and torch) is imported on first use, so that the web process may
read briefs and model cards without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from generator.music.harmony import Chord
from generator.music.piece import Key, Note, Piece

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"

Ensemble = Literal["melody", "duet", "satb", "string-quartet", "piano", "voice-and-piano"]
MetreName = Literal["2/4", "3/4", "4/4", "2/2", "3/2", "3/8", "6/8", "9/8", "12/8"]
Style = Literal[
    "chorale", "song", "quartet", "polish-vocal", "polish-keyboard", "polish-instrumental",
    "jig", "reel", "hornpipe", "march", "strathspey", "air", "tune",
]  # fmt: skip
Task = Literal["compose", "continue", "infill", "harmonise", "accompany"]
Cadence = Literal["authentic", "half", "other"]
Likeness = Literal["new", "rhythm", "varied", "close", "same"]
Level = float  # 0..1: where in the corpus' own distribution


class PlannedBar(BaseModel):
    """One bar of a plan. What is left out is open."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    section: str = Field("", max_length=4, description="The section's letter: A, B, A'.")
    returns_to: int | None = Field(None, ge=0, description="An earlier bar that comes back here, counted from 0.")
    transposed: int = Field(0, ge=-12, le=12, description="Semitones between that bar and this one.")
    likeness: Likeness | None = Field(None, description="How like that bar it is to be.")
    ends: Cadence | None = Field(None, description="A phrase ends with this bar, and how.")
    chords: tuple[str, ...] = Field((), max_length=2, description="Its chord, or one for each half: 'Am', 'D7/F#'.")

    @field_validator("chords")
    @classmethod
    def _chords_exist(cls, chords: tuple[str, ...]) -> tuple[str, ...]:
        for symbol in chords:
            Chord.parse(symbol)
        return chords


class Brief(BaseModel):
    """What a person asks for. Whatever is left out is drawn from a real piece near the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: str = Field("transformer", max_length=40)
    task: Task = "compose"
    bars: int = Field(8, ge=1, le=128, description="Full bars to write; a pickup does not count.")
    key: str | None = Field(None, max_length=20, description="Tonic and mode, such as 'D minor'.")
    metre: MetreName | None = None
    tempo: int | None = Field(None, ge=30, le=240, description="Quarter notes a minute.")
    ensemble: Ensemble = "satb"
    style: Style | None = None
    density: Level | None = Field(None, ge=0, le=1)
    polyphony: Level | None = Field(None, ge=0, le=1)
    tessitura: Level | None = Field(None, ge=0, le=1)
    syncopation: Level | None = Field(None, ge=0, le=1)
    chromaticism: Level | None = Field(None, ge=0, le=1)
    temperature: float = Field(1.0, ge=0.1, le=2.0)
    top_p: float = Field(0.95, gt=0, le=1)
    takes: int = Field(1, ge=1, le=3)
    seed: int | None = Field(None, ge=0, lt=2**53, description="Left out, one is drawn and stored.")
    source: str | None = Field(None, max_length=20, description="Code of the track to continue, fill or accompany.")
    first_bar: int | None = Field(None, ge=0, description="First bar to write anew (infill), counted from 0.")
    last_bar: int | None = Field(None, ge=0, description="Last bar to write anew (infill), included.")
    parts: tuple[int, ...] | None = Field(None, max_length=16, description="Parts to write; others are given.")

    plan: tuple[PlannedBar, ...] | None = Field(None, max_length=128, description="The form, bar by bar.")

    @field_validator("plan")
    @classmethod
    def _plan_fits(cls, plan: tuple[PlannedBar, ...] | None, info: ValidationInfo) -> tuple[PlannedBar, ...] | None:
        if plan is None:
            return None
        if len(plan) != info.data.get("bars", len(plan)):
            raise ValueError(f"The plan has {len(plan)} bars and the piece {info.data['bars']}; make them equal.")
        for number, bar in enumerate(plan):
            if bar.returns_to is not None and bar.returns_to >= number:
                raise ValueError(f"Bar {number + 1} returns to bar {bar.returns_to + 1}; choose an earlier bar.")
        return plan

    @field_validator("key")
    @classmethod
    def _key_exists(cls, key: str | None) -> str | None:
        """`Bb major`, at most seven accidentals, major or minor."""
        if key is None:
            return None
        parsed = Key.parse(key)
        if parsed.mode not in ("major", "minor") or abs(parsed.fifths) > 7:
            raise ValueError(f"{key!r} is not a key that can be composed in; try 'D minor' or 'Bb major'.")
        return key


@dataclass(frozen=True, slots=True)
class Bar:
    """One finished bar of one take: the notes that start in it, with their part's index."""

    take: int
    index: int
    tick: int
    length: int
    notes: tuple[tuple[int, Note], ...]


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A stretch of sound. `samples` is float32 (frames, channels) at `rate` Hz."""

    take: int
    index: int
    rate: int
    samples: Any


class Engine(Protocol):
    """What a job needs of an engine; the contract suite holds every registered one to it."""

    name: str

    def resolve(self, brief: Brief) -> Brief:
        """The same brief with every open control settled (key, metre, tempo ...) from its seed."""

    def skeleton(self, brief: Brief, given: Piece | None = None) -> Piece:
        """The score to be filled, without the notes to write: parts, bars, metres, keys, tempos."""

    def compose(self, brief: Brief, given: Piece | None = None) -> Iterator[Bar | AudioChunk]:
        """Yield bars in order, every take's bar n before any take's bar n + 1."""


ENGINES: dict[str, str] = {
    "transformer": "generator.engines.transformer.TransformerEngine",
}


class ImpossibleBrief(ValueError):
    """What is asked does not fit what is given; the message says what to change."""


class UnknownEngine(ValueError):
    """No engine of that name is registered."""


def engine_class(name: str) -> type:
    """The engine's class, imported on first use."""
    try:
        module, _, attribute = ENGINES[name].rpartition(".")
    except KeyError:
        raise UnknownEngine(f"There is no engine {name!r}; there are: {', '.join(ENGINES)}.") from None
    return getattr(import_module(module), attribute)  # type: ignore[no-any-return]


@cache
def load(name: str, device: str = "cpu") -> Engine:
    """A ready engine with its weights, loaded once a process."""
    return engine_class(name).load(device)  # type: ignore[attr-defined, no-any-return]


def card(name: str) -> dict[str, Any]:
    """The engine's model card: config, data, licence, training and measured figures. Reads JSON, imports nothing."""
    if name not in ENGINES:
        raise UnknownEngine(f"There is no engine {name!r}; there are: {', '.join(ENGINES)}.")
    return json.loads((WEIGHTS / f"{name}.json").read_text("utf8"))  # type: ignore[no-any-return]


def brief_schema(name: str) -> dict[str, Any]:
    """JSON Schema of the briefs this engine takes, with every enum and bound."""
    if name not in ENGINES:
        raise UnknownEngine(f"There is no engine {name!r}; there are: {', '.join(ENGINES)}.")
    return Brief.model_json_schema()
