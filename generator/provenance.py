"""Where a piece comes from: the card of its engine, its weights, and what must be the same for the same notes."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import version as package_version
from typing import Any

from django.conf import settings

from generator import engines


@lru_cache(maxsize=8)
def provenance(engine: str) -> dict[str, Any]:
    """What must be the same for the same notes: weights, backend, versions."""
    weights = engines.WEIGHTS / f"{engine}.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest() if weights.exists() else ""
    return {
        "weights": digest,
        "backend": settings.WORKER_DEVICE,
        "versions": {name: package_version(name) for name in ("torch", "music21")},
    }


def card_of(engine: str) -> dict[str, Any]:
    try:
        return engines.card(engine)
    except FileNotFoundError:
        return {}
