"""The shapes of the API's answers and changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ConfigDict, Field, field_validator


class Accepted(Schema):
    id: UUID
    status: str
    socket: str


class Composition(Schema):
    id: UUID
    status: str
    progress: float
    track: str | None = None
    tracks: list[str] = []
    error: str | None = None
    events: int
    brief: dict[str, Any]
    created_at: datetime


class Parent(Schema):
    code: str
    title: str
    version: int


class Rating(Schema):
    count: int
    mean: float | None


class TrackOut(Schema):
    code: str
    title: str
    owner: str | None
    mine: bool
    visibility: str
    kept: bool
    engine: str
    brief: dict[str, Any]
    provenance: dict[str, Any]
    parent: Parent | None
    version: int
    bars: int
    seconds: float
    take: int
    job: UUID | None
    exports: dict[str, str]
    rating: Rating
    url: str
    created_at: datetime


class TrackList(Schema):
    items: list[TrackOut]
    next: str | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")


class TrackChange(Schema):
    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(None, min_length=1, max_length=200)
    visibility: Literal["private", "unlisted", "public"] | None = None
    kept: bool | None = None

    @field_validator("title")
    @classmethod
    def _one_line(cls, title: str | None) -> str | None:
        if title is not None and not (title := " ".join(title.split())):
            raise ValueError(_("Give it a title"))
        return title


class VersionOut(Schema):
    number: int
    cause: str
    bars: int
    seconds: float
    created_at: datetime
