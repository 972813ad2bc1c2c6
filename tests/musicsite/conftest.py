"""Tracks as a worker leaves them, for tests of accounts."""

import pytest
from django.core.cache import cache

from tests.generator.conftest import alices, make_track

__all__ = ["alices", "make_track"]


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    """Rate limits count in the cache, which outlives a test."""
    cache.clear()
