"""/t/CODE.SUFFIX: downloads."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import AsyncClient, Client
from hypothesis import given
from hypothesis import strategies as st

from generator.exports import export_of
from generator.models import Track
from generator.views.files import byte_range, filename
from tests.generator.conftest import MIDI, MUSICXML

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(alices: Track) -> Track:
    Track.objects.update(visibility="public")
    alices.refresh_from_db()
    return alices


def bytes_of(answer: Any) -> bytes:
    return answer.getvalue() if answer.streaming else answer.content


def test_the_owner_downloads_what_was_stored(alices: Track, as_alice: Client) -> None:
    midi = as_alice.get(f"/t/{alices.code}.mid")
    assert bytes_of(midi) == MIDI
    assert midi["Content-Type"] == "audio/midi"
    assert midi["Content-Disposition"] == 'attachment; filename="Chorale in D minor.mid"'
    assert midi["Cache-Control"] == "private, no-store"
    assert bytes_of(as_alice.get(f"/t/{alices.code}.musicxml")) == MUSICXML


def test_a_private_file_is_not_there_for_others(alices: Track, as_bob: Client, guest: Client) -> None:
    for other in (as_bob, guest):
        for suffix in ("mid", "musicxml", "pdf", "wav"):
            assert other.get(f"/t/{alices.code}.{suffix}").status_code == 404
    assert guest.get("/t/zzzzzzzzzz.mid").json() == guest.get(f"/t/{alices.code}.mid").json()


def test_only_what_is_public_may_be_cached(shared: Track, guest: Client) -> None:
    assert guest.get(f"/t/{shared.code}.mid")["Cache-Control"] == "public, max-age=60"
    Track.objects.update(visibility="unlisted")
    assert guest.get(f"/t/{shared.code}.mid")["Cache-Control"] == "private, no-store"


def test_head_tells_the_length_without_the_bytes(shared: Track, guest: Client) -> None:
    answer = guest.head(f"/t/{shared.code}.mid")
    assert answer.status_code == 200
    assert answer["Content-Length"] == str(len(MIDI))
    assert answer.content == b""


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-3", 0, 3), ("bytes=70000-", 70000, len(MIDI) - 1), ("bytes=-4", len(MIDI) - 4, len(MIDI) - 1)],
)
def test_a_range_is_that_part_and_no_more(shared: Track, guest: Client, asked: str, first: int, last: int) -> None:
    answer = guest.get(f"/t/{shared.code}.mid", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/{len(MIDI)}"
    assert bytes_of(answer) == MIDI[first : last + 1]


def test_a_range_outside_is_416(shared: Track, guest: Client) -> None:
    answer = guest.get(f"/t/{shared.code}.mid", headers={"Range": f"bytes={len(MIDI)}-"})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(MIDI)}"


@pytest.mark.django_db(transaction=True)
async def test_the_bytes_are_the_same_without_threads_of_wsgi(shared: Track) -> None:
    answer = await AsyncClient().get(f"/t/{shared.code}.mid")
    assert b"".join([part async for part in answer.streaming_content]) == MIDI


@pytest.mark.parametrize("query", ["v=2", "v=0", "v=x", "v=", "v=-1", "v=999999999999", "paper=A3", "expression=101"])
def test_what_is_not_there_is_404(alices: Track, as_alice: Client, query: str) -> None:
    suffix = "pdf" if "paper" in query else "mid"
    assert as_alice.get(f"/t/{alices.code}.{suffix}?{query}").status_code == 404


@pytest.mark.parametrize("asked", ["-1", "101", "x", "", "50.5", "٥", "1000"])
def test_expression_is_a_whole_number_of_percent(alices: Track, as_alice: Client, asked: str) -> None:
    answer = as_alice.get(f"/t/{alices.code}.wav", {"expression": asked})
    assert answer.status_code == 404
    assert "from 0 to 100" in answer.json()["detail"]


def test_a_file_of_each_step_of_expression_and_no_more(alices: Track) -> None:
    kinds = {
        suffix: {export_of(alices, alices.current, suffix, expression=n) for n in range(101)}
        for suffix in ("wav", "mid", "pdf")
    }
    assert {suffix: len(found) for suffix, found in kinds.items()} == {"wav": 21, "mid": 1, "pdf": 1}
    assert len({export.digest for export in kinds["wav"]}) == 21


def test_posting_to_a_file_is_not_allowed(shared: Track, as_alice: Client) -> None:
    assert as_alice.post(f"/t/{shared.code}.mid").status_code == 405


@given(st.text(max_size=220))
def test_any_title_makes_a_safe_file_name(title: str) -> None:
    name = filename(Track(title=title, code="abcdefghjk"), "mid")
    assert name.endswith(".mid")
    assert not set(name) & set('/\\:*?"<>|\r\n\0')
    assert not name.startswith(".")


@given(st.text("bytes=-0123456789, ", max_size=30), st.integers(1, 1000))
def test_any_range_header_lies_inside_the_file_or_is_refused(header: str, size: int) -> None:
    span = byte_range(header, size)
    if span:
        assert 0 <= span[0] <= span[1] < size
