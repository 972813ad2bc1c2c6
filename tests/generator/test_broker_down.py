"""A broker that is away: a quick, clear answer, and nothing lost."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.test import Client

from generator import broker
from generator.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody listens on the broker's socket."""
    monkeypatch.setattr(current_app.conf, "broker_url", f"redis+socket://{tmp_path / 'none.sock'}")


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The broker takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(current_app.conf, "broker_url", f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        yield


@pytest.mark.parametrize("state", ["refusing", "hanging"])
def test_composing_answers_503_and_the_job_is_failed(state: str, request: pytest.FixtureRequest, guest: Client) -> None:
    request.getfixturevalue(state)
    answer = guest.post("/api/v1/compositions", {"engine": "scales"}, content_type="application/json")
    assert answer.status_code == 503
    assert "queue cannot be reached" in answer.json()["detail"]
    assert answer["Retry-After"]
    job = Job.objects.get()
    assert job.status == "failed"
    assert list(job.events.values_list("kind", flat=True)) == ["failed"]


def test_publishing_to_a_hanging_broker_ends_by_itself(hanging: None, alice: object) -> None:
    job = Job.objects.create(owner=alice)
    outcome: list[object] = []

    def send() -> None:
        try:
            broker.send(job)
        except broker.BrokerDown as error:
            outcome.append(error)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert outcome
