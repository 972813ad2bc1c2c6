"""Tracks and jobs as a worker leaves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator import tracks
from generator.models import Job, Track

MIDI = b"MThd" + bytes(range(256)) * 400
MUSICXML = b"<score-partwise/>"


@pytest.fixture
def make_track(db: None) -> Callable[..., Track]:
    """A track of somebody, with files; keywords set its fields."""

    def make(owner: Any = None, guest_id: str = "", **fields: Any) -> Track:
        job = Job.objects.create(owner=owner, guest_id=guest_id, status="done", request={"engine": "scales"})
        made = tracks.Made(
            take=0,
            title=fields.pop("title", "Chorale in D minor"),
            brief={"engine": "scales", "bars": 8, "seed": 7},
            provenance={"weights": "abc"},
            piece={"version": 1},
            bars=8,
            seconds=16.0,
            files={"midi": MIDI, "musicxml": MUSICXML},
        )
        track = tracks.create(job, made)
        for name, value in {"kept": True, **fields}.items():
            setattr(track, name, value)
        track.save()
        return track

    return make


@pytest.fixture
def alices(make_track: Callable[..., Track], alice: Any) -> Track:
    """A private track of alice's."""
    return make_track(alice)
