"""Logging in and out, and a forgotten password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from generator.models import Track
from tests.musicsite.test_sign_up import known_guest

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def log_in(client: Client, login: str = "alice", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": login, "password": password, **more})


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.org"])
def test_one_logs_in_by_name_or_address(guest: Client, alice: Any, login: str) -> None:
    assert log_in(guest, login).status_code == 302
    assert guest.get("/accounts/").context["user"] == alice


def test_a_wrong_password_says_so_and_no_more(guest: Client, alice: Any) -> None:
    wrong, unknown = log_in(guest, password="wrong"), log_in(guest, login="nobody")
    assert wrong.status_code == unknown.status_code == 200
    assert str(wrong.context["form"].non_field_errors()) == str(unknown.context["form"].non_field_errors())
    assert b'role="alert"' in wrong.content


def test_guessing_passwords_is_slowed_down(guest: Client, alice: Any) -> None:
    for _attempt in range(12):
        log_in(guest, password="wrong")
    answer = log_in(guest)
    assert answer.status_code == 200
    assert "Too many" in answer.content.decode()
    assert "_auth_user_id" not in guest.session


def test_a_page_for_members_sends_a_guest_to_log_in_and_back(guest: Client, alice: Any) -> None:
    answer = guest.get("/accounts/delete/")
    assert answer.headers["Location"] == "/accounts/login/?next=/accounts/delete/"
    assert log_in(guest, next="/accounts/delete/").headers["Location"] == "/accounts/delete/"


def test_what_was_begun_as_a_guest_is_theirs_after_logging_in(
    guest: Client, alice: Any, make_track: Callable[..., Track]
) -> None:
    track = make_track(guest_id=known_guest(guest), kept=False)
    log_in(guest)
    track.refresh_from_db()
    assert (track.owner, track.kept) == (alice, True)


def test_logging_out_asks_first_and_ends_the_session(as_alice: Client, alices: Track) -> None:
    assert b"Log out?" in as_alice.get("/accounts/logout/").content
    assert as_alice.post("/accounts/logout/").headers["Location"] == "/"
    assert as_alice.get(f"/t/{alices.code}").status_code == 404
    assert as_alice.get("/accounts/").status_code == 302


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(guest: Client, alice: Any) -> None:
    assert guest.post("/accounts/password/reset/", {"email": alice.email}).status_code == 302
    link = next(word for word in mail.outbox[0].body.split() if word.startswith("http"))
    page = guest.get(link, follow=True)
    form = page.redirect_chain[-1][0]
    guest.post(form, {"password1": "purple staple battery", "password2": "purple staple battery"})
    assert log_in(Client(), password=PASSWORD).status_code == 200
    assert log_in(Client(), password="purple staple battery").status_code == 302
    again = Client().get(link, follow=True).content.decode()
    assert "This link has been used, or is too old" in again


def test_asking_for_an_unknown_address_looks_the_same(guest: Client, alice: Any) -> None:
    known = guest.post("/accounts/password/reset/", {"email": alice.email})
    unknown = guest.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert known.headers["Location"] == unknown.headers["Location"]
    assert "No account" in mail.outbox[1].subject
