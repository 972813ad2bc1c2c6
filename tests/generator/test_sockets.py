"""The socket of a job: who may listen, what they hear, what is refused."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from generator.consumers import asked
from tests.generator.test_flow import compose
from tests.sites import Site, received


@pytest.fixture(scope="module")
def alice(any_site: Site) -> httpx.Client:
    return any_site.member("alice")


@pytest.fixture(scope="module")
def bob(any_site: Site) -> httpx.Client:
    return any_site.member("bob")


@pytest.fixture
def guest(any_site: Site) -> httpx.Client:
    """A browser that has its CSRF cookie and says where its pages come from."""
    client = any_site.client({"Origin": any_site.url, "Referer": any_site.url})
    client.get("/accounts/login/")
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    return client


def with_cookies(client: httpx.Client) -> httpx.Client:
    """As a browser opens a socket: cookies in a header, and an Origin."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    return httpx.Client(headers={"Cookie": cookies, "Origin": client.headers["Origin"]})


def closing_code(site: Site, client: httpx.Client, job_id: str) -> int:
    """The code the server closes with before it says anything."""
    with site.socket(client, job_id) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=20)
    assert closed.value.rcvd
    return closed.value.rcvd.code


def test_a_guest_hears_their_own_job(any_site: Site, guest: httpx.Client) -> None:
    job = compose(guest)
    with any_site.socket(with_cookies(guest), job["id"]) as socket:
        assert received(socket)[-1]["kind"] == "done"


def test_a_job_is_closed_to_others(any_site: Site, alice: httpx.Client, bob: httpx.Client, guest: httpx.Client) -> None:
    job = compose(alice)
    compose(guest)
    assert closing_code(any_site, bob, job["id"]) == 4404
    assert closing_code(any_site, with_cookies(guest), job["id"]) == 4404
    assert closing_code(any_site, alice, "00000000-0000-4000-8000-000000000000") == 4404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_another_sites_page_cannot_listen_with_our_cookie(
    any_site: Site, guest: httpx.Client, origin: str | None
) -> None:
    job = compose(guest)
    page = with_cookies(guest)
    del page.headers["Origin"]
    page.headers.update({"Origin": origin} if origin else {})
    assert closing_code(any_site, page, job["id"]) == 4404


def test_a_wrong_token_opens_no_socket(any_site: Site, alice: httpx.Client) -> None:
    job = compose(alice)
    assert closing_code(any_site, httpx.Client(headers={"Authorization": "Bearer wrong"}), job["id"]) == 4404


@pytest.mark.parametrize(
    "message",
    ["", "after", "{}", "[]", '{"after": "1"}', '{"after": -1}', '{"after": true}', '{"after": 1.5}', '{"after": null}',
     '{"after": 1, "more": 2}', '{"after": 99999999999999999999}', "[" * 100, '{"after": 1' + " " * 500 + "}", b"\x00"],
)  # fmt: skip
def test_a_hostile_message_is_refused(message: str | bytes) -> None:
    assert asked(message if isinstance(message, str) else None) is None


def test_a_refused_message_closes_the_socket_and_harms_nobody(any_site: Site, alice: httpx.Client) -> None:
    job = compose(alice, bars=8, density=0.2)
    with any_site.socket(alice, job["id"]) as hostile, any_site.socket(alice, job["id"]) as other:
        hostile.send("[" * 150)
        with suppress(ConnectionClosed):
            received(hostile)
        assert hostile.close_code == 4400
        assert received(other)[-1]["kind"] == "done"


def test_a_finished_job_is_told_from_any_place(any_site: Site, alice: httpx.Client) -> None:
    job = compose(alice)
    total = any_site.finished(alice, job["id"])["events"]
    for after in (0, 3, total, total + 10):
        with any_site.socket(alice, job["id"]) as socket:
            socket.send(json.dumps({"after": after}))
            assert [event["seq"] for event in received(socket)] == list(range(after + 1, total + 1))
        with any_site.socket(alice, job["id"], after) as socket:
            assert [event["seq"] for event in received(socket)] == list(range(after + 1, total + 1))


def test_a_client_that_missed_something_may_ask_for_it_again(any_site: Site, alice: httpx.Client) -> None:
    job = compose(alice, bars=4, density=0.2)
    with any_site.socket(alice, job["id"], after=0) as socket:
        first = [json.loads(socket.recv(timeout=60))["seq"] for _ in range(2)]
        socket.send(json.dumps({"after": 1}))
        rest = [event["seq"] for event in received(socket)]
    assert first == [1, 2]
    assert rest[-1] == 6
    assert sorted(set(rest)) == [2, 3, 4, 5, 6]


def test_two_clients_hear_the_same_though_one_loses_its_socket(any_site: Site, alice: httpx.Client) -> None:
    job = compose(alice, bars=16, density=0.1)
    broken: list[dict[str, Any]] = []
    with any_site.socket(alice, job["id"]) as whole:
        with any_site.socket(alice, job["id"]) as dying:
            while len(broken) < 5:
                broken.append(json.loads(dying.recv(timeout=20)))
            dying.socket.close()  # no farewell: as when a train enters a tunnel
        time.sleep(0.5)  # bars go by
        with any_site.socket(alice, job["id"], after=broken[-1]["seq"]) as again:
            broken += received(again)
        unbroken = received(whole)
    assert [event["seq"] for event in unbroken] == list(range(1, 19))
    assert broken == unbroken


def test_twenty_listeners_hear_every_event(any_site: Site, alice: httpx.Client) -> None:
    job = compose(alice, bars=8, density=0.05)
    with ExitStack() as stack:
        sockets = [stack.enter_context(any_site.socket(alice, job["id"])) for _ in range(20)]
        heard = [received(socket) for socket in sockets]
    assert [event["seq"] for event in heard[0]] == list(range(1, 11))
    assert all(events == heard[0] for events in heard)
