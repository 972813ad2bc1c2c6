"""POST, GET and DELETE /api/v1/compositions."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from generator.models import Job, Track

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]
URL = "/api/v1/compositions"


def post(client: Client, **brief: Any) -> Any:
    return client.post(URL, {"engine": "scales", **brief}, content_type="application/json")


def test_a_guest_may_compose_and_is_told_where_to_listen(guest: Client) -> None:
    answer = post(guest, bars=4)
    assert answer.status_code == 202
    body = answer.json()
    assert body["status"] == "queued"
    assert body["socket"] == f"/ws/jobs/{body['id']}/"
    job = Job.objects.get(pk=body["id"])
    assert len(job.guest_id) == 32
    assert job.request["bars"] == 4


def test_looking_around_makes_no_guest(guest: Client) -> None:
    assert guest.get("/api/v1/tracks").json() == {"items": [], "next": None}
    assert "guest_id" not in guest.session


def test_an_absent_seed_is_drawn_and_told(guest: Client) -> None:
    job = guest.get(f"{URL}/{post(guest).json()['id']}").json()
    assert isinstance(job["brief"]["seed"], int)


@pytest.mark.parametrize(
    ("brief", "field"),
    [
        ({"bars": 0}, "bars"),
        ({"bars": 129}, "bars"),
        ({"bars": "many"}, "bars"),
        ({"tempo": 29}, "tempo"),
        ({"tempo": 241}, "tempo"),
        ({"temperature": 0.05}, "temperature"),
        ({"temperature": 2.5}, "temperature"),
        ({"takes": 4}, "takes"),
        ({"key": "H major"}, "key"),
        ({"key": "D dorian"}, "key"),
        ({"metre": "13/7"}, "metre"),
        ({"ensemble": "orchestra"}, "ensemble"),
        ({"engine": "nobody"}, "engine"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**53}, "seed"),
        ({"loudness": 1}, "loudness"),
        ({"task": "continue"}, "source"),
        ({"task": "continue", "source": "nothere"}, "source"),
        ({"first_bar": 4, "last_bar": 2}, "last_bar"),
    ],
)
def test_a_brief_that_cannot_be_is_refused_by_its_field(guest: Client, brief: dict[str, Any], field: str) -> None:
    answer = post(guest, **brief)
    assert answer.status_code == 422
    body = answer.json()
    assert [error["field"] for error in body["errors"]] == [field]
    assert body["detail"].startswith(f"{field}: ")
    assert not Job.objects.exists()


@pytest.mark.parametrize("body", ["", "nonsense", "[]", "null", '{"bars": 1e999}', '{"bars": NaN}'])
def test_a_body_that_is_no_brief_is_refused(guest: Client, body: str) -> None:
    answer = guest.post(URL, body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]


def test_a_job_is_its_owners_only(as_alice: Client, as_bob: Client, guest: Client) -> None:
    job = post(as_alice).json()["id"]
    assert as_alice.get(f"{URL}/{job}").status_code == 200
    for other in (as_bob, guest):
        assert other.get(f"{URL}/{job}").status_code == 404
        assert other.delete(f"{URL}/{job}").status_code == 404
    assert Job.objects.get(pk=job).status == "queued"


def test_two_guests_do_not_see_each_other(guest: Client) -> None:
    job = post(guest).json()["id"]
    other = Client()
    post(other)
    assert other.get(f"{URL}/{job}").status_code == 404


def test_an_unknown_job_answers_like_anothers(as_alice: Client, as_bob: Client) -> None:
    job = post(as_alice).json()["id"]
    unknown = as_bob.get(f"{URL}/00000000-0000-4000-8000-000000000000")
    assert unknown.status_code == 404
    assert unknown.json() == as_bob.get(f"{URL}/{job}").json()


def test_cancelling_ends_it(as_alice: Client) -> None:
    job = post(as_alice).json()["id"]
    assert as_alice.delete(f"{URL}/{job}").json()["status"] == "cancelled"
    assert as_alice.get(f"{URL}/{job}").json()["status"] == "cancelled"
    assert as_alice.get(URL).json() == []


def test_my_running_compositions_are_listed(as_alice: Client, as_bob: Client) -> None:
    job = post(as_alice).json()["id"]
    assert [entry["id"] for entry in as_alice.get(URL).json()] == [job]
    assert as_bob.get(URL).json() == []


def test_too_many_are_answered_with_429_and_what_to_do(guest: Client) -> None:
    limits = settings.JOB_LIMITS["guest"]
    for _ in range(limits["running"] + limits["waiting"]):
        assert post(guest).status_code == 202
    answer = post(guest)
    assert answer.status_code == 429
    assert "cancel" in answer.json()["detail"]
    assert answer["Retry-After"]


def test_a_cookie_alone_cannot_compose_for_another_site(alice: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert post(client).status_code == 403
    assert not Job.objects.exists()


def test_a_piece_may_only_be_continued_by_who_can_open_it(alices: Track, as_bob: Client, as_alice: Client) -> None:
    brief = {"task": "continue", "source": alices.code}
    assert post(as_bob, **brief).status_code == 422
    assert post(as_alice, **brief).status_code == 202
    Track.objects.update(visibility="unlisted")
    assert post(as_bob, **brief).status_code == 202


def test_engines_publish_the_briefs_they_take(guest: Client) -> None:
    engines = {engine["name"]: engine for engine in guest.get("/api/v1/engines").json()}
    bars = engines["transformer"]["schema"]["properties"]["bars"]
    assert (bars["minimum"], bars["maximum"]) == (1, 128)
    assert engines["transformer"]["schema"]["additionalProperties"] is False


def test_the_api_documents_itself(guest: Client) -> None:
    assert guest.get("/api/v1/docs").status_code == 200
    paths = guest.get("/api/v1/openapi.json").json()["paths"]
    assert set(paths["/api/v1/compositions"]) == {"get", "post"}
    assert set(paths["/api/v1/tracks/{code}"]) == {"get", "patch", "delete"}
