"""/api/v1/tracks: seen by whom, changed by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from generator import tracks
from generator.claims import claim, export, forget
from generator.models import Job, Track

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]
URL = "/api/v1/tracks"


def patch(client: Client, track: Track, **change: Any) -> Any:
    return client.patch(f"{URL}/{track.code}", change, content_type="application/json")


def test_a_private_track_is_there_for_its_owner_only(
    alices: Track, as_alice: Client, as_bob: Client, guest: Client
) -> None:
    seen = as_alice.get(f"{URL}/{alices.code}").json()
    assert (seen["title"], seen["owner"], seen["mine"], seen["bars"]) == ("Chorale in D minor", "alice", True, 8)
    assert seen["exports"]["mid"] == f"/t/{alices.code}.mid"
    assert seen["rating"] == {"count": 0, "mean": None}
    for other in (as_bob, guest):
        answer = other.get(f"{URL}/{alices.code}")
        assert answer.status_code == 404
        assert answer.json() == {"detail": "There is no such track."}


def test_sharing_by_link_opens_it_and_taking_it_back_closes_it(alices: Track, as_alice: Client, guest: Client) -> None:
    assert patch(as_alice, alices, visibility="unlisted").json()["visibility"] == "unlisted"
    assert guest.get(f"{URL}/{alices.code}").json()["mine"] is False
    patch(as_alice, alices, visibility="private")
    assert guest.get(f"{URL}/{alices.code}").status_code == 404


def test_only_the_owner_may_change_a_shared_track(alices: Track, as_alice: Client, as_bob: Client) -> None:
    patch(as_alice, alices, visibility="public")
    assert patch(as_bob, alices, title="Mine now").status_code == 404
    assert as_bob.delete(f"{URL}/{alices.code}").status_code == 404
    assert as_bob.post(f"{URL}/{alices.code}/duplicate").status_code == 404
    assert as_bob.get(f"{URL}/{alices.code}/versions").status_code == 404
    alices.refresh_from_db()
    assert alices.title == "Chorale in D minor"
    assert alices.deleted_at is None


def test_renaming_keeps_one_line(alices: Track, as_alice: Client) -> None:
    assert patch(as_alice, alices, title="  Evening\n song ").json()["title"] == "Evening song"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"visibility": "secret"}, "visibility"),
        ({"owner": "bob"}, "owner"),
        ({"rating_mean": 5}, "rating_mean"),
    ],
)
def test_a_change_that_cannot_be_names_its_field(
    alices: Track, as_alice: Client, change: dict[str, Any], field: str
) -> None:
    answer = patch(as_alice, alices, **change)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_deleting_can_be_undone_for_thirty_days(alices: Track, as_alice: Client, as_bob: Client) -> None:
    assert as_alice.delete(f"{URL}/{alices.code}").status_code == 204
    assert as_alice.get(f"{URL}/{alices.code}").status_code == 404
    assert as_alice.get(URL).json()["items"] == []
    assert [item["code"] for item in as_alice.get(f"{URL}?deleted=true").json()["items"]] == [alices.code]
    assert as_bob.post(f"{URL}/{alices.code}/restore").status_code == 404
    assert as_alice.post(f"{URL}/{alices.code}/restore").json()["code"] == alices.code
    assert as_alice.get(f"{URL}/{alices.code}").status_code == 200


def test_after_thirty_days_a_deleted_track_and_its_files_are_gone(alices: Track, as_alice: Client) -> None:
    stored = alices.head.midi.name
    Track.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    assert as_alice.post(f"{URL}/{alices.code}/restore").status_code == 404
    assert tracks.sweep() == 1
    assert not Track.objects.exists()
    assert not default_storage.exists(stored)


def test_takes_nobody_kept_go_after_seven_days_and_kept_ones_stay(make_track: Make, alice: Any) -> None:
    kept, unkept, fresh = make_track(alice), make_track(alice, kept=False), make_track(alice, kept=False)
    Track.objects.exclude(pk=fresh.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert tracks.sweep() == 1
    assert set(Track.objects.all()) == {kept, fresh}
    assert not Track.objects.filter(pk=unkept.pk).exists()


def test_the_log_of_a_job_goes_after_thirty_days_and_its_track_stays(alices: Track) -> None:
    fresh = Job.objects.create(finished_at=timezone.now())
    Job.objects.filter(pk=alices.job.pk).update(finished_at=timezone.now() - timedelta(days=31))
    assert tracks.forget_jobs() == 1
    assert list(Job.objects.all()) == [fresh]
    alices.refresh_from_db()
    assert alices.job is None


def test_a_duplicate_is_a_track_of_its_own(alices: Track, as_alice: Client) -> None:
    answer = as_alice.post(f"{URL}/{alices.code}/duplicate")
    assert answer.status_code == 201
    copy = Track.objects.get(code=answer.json()["code"])
    assert copy.title == "Chorale in D minor (copy)"
    assert copy.head.piece == alices.head.piece
    tracks.purge([alices])
    assert copy.head.midi.read()


def test_the_list_is_mine_newest_first_and_searchable(make_track: Make, alice: Any, bob: Any, as_alice: Client) -> None:
    first, second = make_track(alice, title="Gigue"), make_track(alice, title="Air")
    make_track(alice, kept=False)
    make_track(bob, visibility="public")
    codes = [item["code"] for item in as_alice.get(URL).json()["items"]]
    assert codes == [second.code, first.code]
    assert [item["code"] for item in as_alice.get(f"{URL}?search=gig").json()["items"]] == [first.code]


def test_pages_follow_each_other_without_gap_or_repeat(make_track: Make, alice: Any, as_alice: Client) -> None:
    codes = [make_track(alice).code for _ in range(35)]
    Track.objects.update(created_at=timezone.now())  # ties must not lose any
    first = as_alice.get(URL).json()
    second = as_alice.get(f"{URL}?cursor={first['next']}").json()
    assert second["next"] is None
    assert sorted(item["code"] for item in first["items"] + second["items"]) == sorted(codes)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "bm93IDE=", "%00"])
def test_a_cursor_that_is_not_ours_is_refused(as_alice: Client, cursor: str) -> None:
    answer = as_alice.get(f"{URL}?cursor={cursor}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "cursor"


def test_versions_are_listed(alices: Track, as_alice: Client) -> None:
    versions = as_alice.get(f"{URL}/{alices.code}/versions").json()
    assert [(version["number"], version["cause"]) for version in versions] == [(1, "composed")]


def test_signing_up_keeps_what_the_guest_made(make_track: Make, alice: Any) -> None:
    made = make_track(None, "g" * 32, kept=False)
    other = make_track(None, "h" * 32)
    assert claim(alice, "g" * 32) == 1
    assert claim(alice, "g" * 32) == 0
    made.refresh_from_db()
    other.refresh_from_db()
    assert (made.owner, made.guest_id, made.kept) == (alice, "", True)
    assert other.owner is None


def test_beside_a_chosen_take_the_others_stay_unkept(make_track: Make, alice: Any) -> None:
    chosen, left = make_track(None, "g" * 32), make_track(None, "g" * 32, kept=False)
    Track.objects.update(job=chosen.job)
    claim(alice, "g" * 32)
    left.refresh_from_db()
    assert (left.owner, left.kept) == (alice, False)


def test_nobodys_guest_id_claims_nothing(alices: Track, bob: Any) -> None:
    assert claim(bob, "") == 0
    alices.refresh_from_db()
    assert alices.owner != bob


def test_forgetting_somebody_leaves_nothing_of_theirs(alices: Track, make_track: Make, bob: Any) -> None:
    alice, stored = alices.owner, alices.head.midi.name
    bobs = make_track(bob)
    assert [track["code"] for track in export(alice)["tracks"]] == [alices.code]
    forget(alice)
    assert list(Track.objects.all()) == [bobs]
    assert not Job.objects.filter(owner=alice).exists()
    assert not default_storage.exists(stored)
