"""Workers that die, brokers that go away: nothing saved is lost, nothing is told twice."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import QUICK
from tests.generator.test_flow import compose
from tests.sites import Site, received, running_site


@pytest.fixture(scope="module")
def fragile(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site of its own, whose processes may be killed."""
    with running_site(**QUICK) as site:
        yield site


@pytest.fixture(scope="module")
def alice(fragile: Site) -> httpx.Client:
    return fragile.member("alice")


def test_a_job_whose_worker_is_killed_begins_again_and_ends(fragile: Site, alice: httpx.Client) -> None:
    job = compose(alice, bars=8, density=0.3)
    with fragile.socket(alice, job["id"]) as socket:
        early = [json.loads(socket.recv(timeout=60)) for _ in range(4)]
        fragile.kill("compose")
        fragile.start("compose")
        events = early + received(socket)
    kinds = [event["kind"] for event in events]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert kinds[:4] == ["start", "bar", "bar", "bar"]
    again = kinds.index("restart")
    assert kinds[again + 1 :] == ["start", *["bar"] * 8, "done"]
    first = [event["notes"] for event in events[:again] if event["kind"] == "bar"]
    second = [event["notes"] for event in events[again:] if event["kind"] == "bar"]
    assert second[: len(first)] == first
    assert len(alice.get(f"/api/v1/compositions/{job['id']}").json()["tracks"]) == 1


def test_health_says_which_worker_is_missing_and_when_it_is_back(fragile: Site) -> None:
    fragile.kill("compose")
    fragile.until(lambda: fragile.health() == 503, "the missing worker is noticed")
    reasons = httpx.get(f"{fragile.url}/healthz", trust_env=False).json()["reasons"]
    assert list(reasons) == ["worker compose"]
    fragile.start("compose")
    fragile.wait_until_well()


def test_without_a_broker_composing_is_refused_and_the_rest_goes_on(fragile: Site, alice: httpx.Client) -> None:
    kept = fragile.finished(alice, compose(alice)["id"])["track"]
    fragile.kill("valkey")
    answer = alice.post("/api/v1/compositions", json={"engine": "scales"})
    assert answer.status_code == 503
    assert "queue cannot be reached" in answer.json()["detail"]
    assert alice.get(f"/t/{kept}.mid").status_code == 200
    assert alice.patch(f"/api/v1/tracks/{kept}", json={"title": "Kept"}).json()["title"] == "Kept"
    assert fragile.health() == 503
    fragile.start("valkey")
    fragile.wait_until_well()
    assert fragile.finished(alice, compose(alice)["id"])["status"] == "done"
