"""Exports as the io worker puts them away."""

from __future__ import annotations

import threading

import pytest
from django.core.files.storage import default_storage

from generator.rendering import publish

MUCH = bytes(32 * 2**20)


@pytest.fixture
def name() -> str:
    place = "tracks/testtest/1/export-abc.wav"
    default_storage.delete(place)
    return place


def test_a_file_is_never_seen_half_written(name: str) -> None:
    writer = threading.Thread(target=publish, args=(name, MUCH))
    writer.start()
    sizes = set()
    while writer.is_alive():
        if default_storage.exists(name):
            sizes.add(default_storage.size(name))
    writer.join()
    sizes.add(default_storage.size(name))
    assert sizes == {len(MUCH)}


def test_a_file_made_twice_is_there_once(name: str) -> None:
    publish(name, b"first")
    publish(name, b"again")
    with default_storage.open(name) as stored:
        assert stored.read() == b"again"
    assert default_storage.listdir("tracks/testtest/1")[1] == ["export-abc.wav"]
