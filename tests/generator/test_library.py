"""/library: one's own kept pieces and running jobs; and what was deleted lately."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from generator import listing
from generator.access import GUEST_KEY
from generator.models import Job, Track

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]


def titles(answer: Any) -> list[str]:
    return [row["track"].title for row in answer.context["rows"]]


def test_a_member_sees_their_kept_pieces_and_nobody_elses(
    alices: Track, make_track: Make, alice: Any, bob: Any, as_alice: Client, as_bob: Client
) -> None:
    make_track(alice, title="A take nobody kept", kept=False)
    make_track(bob, title="Of bob", visibility="public")
    assert titles(as_alice.get("/library")) == ["Chorale in D minor"]
    assert titles(as_bob.get("/library")) == ["Of bob"]


def test_a_guest_sees_what_this_browser_made(make_track: Make, guest: Client) -> None:
    make_track(guest_id="a" * 32, title="Mine")
    make_track(guest_id="b" * 32, title="Of another browser")
    assert titles(guest.get("/library")) == []
    session = guest.session
    session[GUEST_KEY] = "a" * 32
    session.save()
    answer = guest.get("/library")
    assert titles(answer) == ["Mine"]
    assert "/accounts/signup/?next=/library" in answer.content.decode()


def test_an_empty_library_invites(as_charlie: Client) -> None:
    page = as_charlie.get("/library").content.decode()
    assert "Nothing on the shelf yet" in page
    assert 'id="example"' in page
    assert "Compose your first piece" in page


@pytest.mark.parametrize(
    ("words", "found"),
    [("evening", ["Evening song"]), ("song EVENING", ["Evening song"]), ("g", ["Evening song", "Jig"]), ("x", [])],
)
def test_searching_finds_every_word_of_a_title_in_any_case(
    make_track: Make, alice: Any, as_alice: Client, words: str, found: list[str]
) -> None:
    for title in ("Evening song", "Jig", "Air"):
        make_track(alice, title=title)
    assert titles(as_alice.get("/library", {"q": words, "order": "title"})) == found


def test_a_search_without_a_find_says_so(alices: Track, as_alice: Client) -> None:
    assert "No title has “waltz” in it." in as_alice.get("/library?q=waltz").content.decode()


@pytest.mark.parametrize(
    ("order", "first"), [("newest", "air"), ("oldest", "Jig"), ("title", "air"), ("longest", "Evening song")]
)
def test_pieces_are_sorted_as_asked(make_track: Make, alice: Any, as_alice: Client, order: str, first: str) -> None:
    for title, seconds in (("Jig", 20.0), ("Evening song", 90.0), ("air", 40.0)):
        track = make_track(alice, title=title)
        track.head.seconds = seconds
        track.head.save()
    assert titles(as_alice.get(f"/library?order={order}"))[0] == first


@pytest.mark.parametrize("order", listing.ORDERS)
def test_pages_follow_each_other_without_gap_or_repeat_while_pieces_come(
    make_track: Make, alice: Any, as_alice: Client, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    for number in range(8):
        make_track(alice, title=f"Piece {number % 3}")
    expected = [track.pk for track in listing.page(Track.objects.all(), order=order).tracks]
    seen, query = [], f"order={order}"
    while query:
        answer = as_alice.get(f"/library?{query}")
        seen += [row["track"].pk for row in answer.context["rows"]]
        query = answer.context["more"]
        if len(seen) == 3 and order == "newest":
            make_track(alice, title="Newer than all")
    assert seen[:3] == expected
    assert len(seen) == len(set(seen)) == 8


@pytest.mark.parametrize("query", ["cursor=nonsense", "order=loudest", "order=title&cursor=bnVsbA==", "cursor=W10="])
def test_an_order_or_place_that_is_not_ours_leads_to_the_first_page(as_alice: Client, query: str) -> None:
    assert as_alice.get(f"/library?{query}").headers["Location"] == "/library"


def test_what_is_being_composed_stands_above_with_its_progress(alice: Any, bob: Any, as_alice: Client) -> None:
    request = {"engine": "transformer", "bars": 8, "key": "D minor", "style": "reel"}
    job = Job.objects.create(owner=alice, status="running", progress=0.37, request=request)
    Job.objects.create(owner=alice, status="done", request=request)
    Job.objects.create(owner=bob, status="running", request=request)
    answer = as_alice.get("/library")
    assert [row["job"] for row in answer.context["jobs"]] == [job]
    page = answer.content.decode()
    assert "Reel in D minor" in page
    assert "Composing, 37%" in page


def test_deleted_pieces_wait_thirty_days(alices: Track, as_alice: Client, as_bob: Client) -> None:
    as_alice.delete(f"/api/v1/tracks/{alices.code}")
    assert titles(as_alice.get("/library")) == []
    assert titles(as_alice.get("/library/deleted")) == [alices.title]
    assert titles(as_bob.get("/library/deleted")) == []
    Track.objects.update(deleted_at=timezone.now() - timedelta(days=20, hours=1))
    assert "10 days left" in as_alice.get("/library/deleted").content.decode()
    Track.objects.update(deleted_at=timezone.now() - timedelta(days=30, hours=1))
    assert titles(as_alice.get("/library/deleted")) == []


def test_a_title_is_text_and_never_markup(make_track: Make, alice: Any, as_alice: Client) -> None:
    make_track(alice, title="<script>alert(1)</script>")
    page = as_alice.get("/library").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_an_outline_is_drawn_for_every_part(make_track: Make, alice: Any, as_alice: Client) -> None:
    track = make_track(alice)
    track.head.piece = {"parts": [{"notes": [[0, 24, 60], [24, 24, 64]]}, {"notes": [[0, 48, 48]]}]}
    track.head.save()
    [row] = as_alice.get("/library").context["rows"]
    assert [line.part for line in row["lines"]] == [0, 1]
    assert row["lines"][0].path == "M0.0 11.0h119.3M120.0 2.0h119.3"
