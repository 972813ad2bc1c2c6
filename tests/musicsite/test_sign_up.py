"""Signing up: what it asks, what it refuses, and what a guest brings along."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from generator.access import GUEST_KEY
from generator.claims import claim
from generator.models import Job, Track
from musicsite.models import User

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]
DORA = {"username": "dora", "email": "dora@example.org", "password1": "correct horse battery"}


def known_guest(client: Client) -> str:
    """Gives this browser the id that its first POST would have given it."""
    session = client.session
    session[GUEST_KEY] = "a" * 32
    session.save()
    return "a" * 32


def test_signing_up_logs_in_and_returns_to_where_one_was(guest: Client) -> None:
    page = guest.get("/accounts/signup/?next=/%3Fjob%3D7")
    assert b'name="next" value="/?job=7"' in page.content
    answer = guest.post("/accounts/signup/", {**DORA, "next": "/?job=7"})
    assert answer.headers["Location"] == "/?job=7"
    assert guest.get("/accounts/").status_code == 200


def test_what_a_guest_made_is_theirs_after_signing_up(guest: Client, make_track: Make) -> None:
    mine = make_track(guest_id=known_guest(guest))
    others = make_track(guest_id="b" * 32)
    guest.post("/accounts/signup/", DORA)
    dora = User.objects.get(username="dora")
    mine.refresh_from_db()
    others.refresh_from_db()
    assert (mine.owner, mine.guest_id, mine.kept) == (dora, "", True)
    assert others.owner is None
    assert mine.title in guest.get("/library").content.decode()


def test_a_piece_still_being_composed_comes_along(guest: Client) -> None:
    job = Job.objects.create(guest_id=known_guest(guest), status="running", request={"bars": 8})
    guest.post("/accounts/signup/", DORA)
    job.refresh_from_db()
    assert job.owner == User.objects.get(username="dora")
    assert str(job.pk) in guest.get("/library").content.decode()


def test_claiming_twice_changes_nothing_more(guest: Client, make_track: Make, alice: Any) -> None:
    make_track(guest_id="a" * 32)
    assert claim(alice, "a" * 32) == 1
    assert claim(alice, "a" * 32) == 0
    assert claim(alice, "") == 0
    assert Track.objects.get().owner == alice


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"username": ""}, "This field is required."),
        ({"username": "alice"}, "already exists"),
        ({"username": "Partita"}, "can not be used"),
        ({"email": "not an address"}, "valid email address"),
        ({"email": "alice@example.org"}, "already registered"),
        ({"password1": "short"}, "too short"),
        ({"password1": "password"}, "too common"),
    ],
)
def test_a_form_that_cannot_be_says_which_field_and_why(
    guest: Client, alice: Any, change: dict[str, str], words: str
) -> None:
    answer = guest.post("/accounts/signup/", DORA | change)
    form = answer.context["form"]
    field = next(iter(change))
    assert list(form.errors) == [field]
    assert words in str(form.errors[field])
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not User.objects.filter(username="dora").exists()


def test_nobody_is_sent_to_another_site_after_signing_up(guest: Client) -> None:
    answer = guest.post("/accounts/signup/", {**DORA, "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_the_mail_that_confirms_the_address_has_a_link_that_works(guest: Client) -> None:
    guest.post("/accounts/signup/", DORA)
    [message] = mail.outbox
    assert (message.to, message.subject) == (["dora@example.org"], "Confirm your address for Partita")
    path = next(word for word in message.body.split() if word.startswith("http")).removeprefix("http://testserver")
    assert "Is this your address?" in guest.get(path).content.decode()
    guest.post(path)
    assert User.objects.get(username="dora").emailaddress_set.get().verified


def test_a_mail_server_that_is_away_costs_nobody_their_account(guest: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: EmailBackend, messages: Any) -> int:
        raise smtplib.SMTPConnectError(421, "away")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    answer = guest.post("/accounts/signup/", DORA, follow=True)
    assert answer.status_code == 200
    assert "could not be sent" in answer.content.decode()
    assert User.objects.filter(username="dora").exists()
