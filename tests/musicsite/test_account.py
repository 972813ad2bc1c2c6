"""The account page."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.files.storage import default_storage
from django.test import Client

from generator.models import Job, Track
from musicsite.models import ApiToken, User

pytestmark = pytest.mark.django_db


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


# -- Name and address ------------------------------------------------------------


def test_a_member_changes_their_name(as_alice: Client, alice: Any) -> None:
    assert as_alice.post("/accounts/", {"username": "alicia"}).status_code == 302
    alice.refresh_from_db()
    assert alice.username == "alicia"


def test_a_name_that_somebody_has_is_refused_and_nothing_changes(as_alice: Client, bob: Any) -> None:
    answer = as_alice.post("/accounts/", {"username": "Bob"})
    assert "already exists" in str(answer.context["profile"].errors["username"])
    assert '<h1 translate="no">alice</h1>' in answer.content.decode()


def test_a_member_may_change_the_case_of_their_own_name(as_alice: Client, alice: Any) -> None:
    as_alice.post("/accounts/", {"username": "Alice"})
    alice.refresh_from_db()
    assert alice.username == "Alice"


def link_in(message: Any) -> str:
    link: str = next(word for word in message.body.split() if word.startswith("http"))
    return link.removeprefix("http://testserver")


def test_a_new_address_counts_once_it_is_confirmed(as_alice: Client, alice: Any, mailoutbox: Any) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    as_alice.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    assert "new@example.org" in as_alice.get("/accounts/email/").content.decode()
    as_alice.post(link_in(mailoutbox[0]))
    alice.refresh_from_db()
    assert alice.email == "new@example.org"


def test_an_address_that_never_was_confirmed_is_replaced_at_once(as_alice: Client, alice: Any) -> None:
    as_alice.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    alice.refresh_from_db()
    assert alice.email == "new@example.org"
    assert [address.email for address in alice.emailaddress_set.all()] == ["new@example.org"]


# -- Tokens ----------------------------------------------------------------------


def test_a_token_is_shown_once_and_opens_the_api(as_alice: Client, alices: Track) -> None:
    answer = as_alice.post("/accounts/tokens/", {"name": "my script"})
    secret = answer.context["secret"]
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    seen = Client().get(f"/api/v1/tracks/{alices.code}", headers={"Authorization": f"Bearer {secret}"})
    assert seen.json()["mine"] is True
    page = as_alice.get("/accounts/").content.decode()
    assert "my script" in page
    assert secret not in page


def test_a_revoked_token_opens_nothing(as_alice: Client, alice: Any, alices: Track) -> None:
    secret = ApiToken.issue(alice)
    as_alice.post(f"/accounts/tokens/{ApiToken.objects.get().pk}/revoke/")
    seen = Client().get(f"/api/v1/tracks/{alices.code}", headers={"Authorization": f"Bearer {secret}"})
    assert seen.status_code == 401


def test_nobody_revokes_a_strangers_token(as_charlie: Client, alice: Any) -> None:
    ApiToken.issue(alice)
    assert as_charlie.post(f"/accounts/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 404
    assert ApiToken.objects.count() == 1


def test_tokens_are_not_made_without_end(as_alice: Client, alice: Any) -> None:
    for _each in range(20):
        ApiToken.issue(alice)
    answer = as_alice.post("/accounts/tokens/", {"name": "one more"})
    assert "Revoke one" in answer.content.decode()
    assert ApiToken.objects.count() == 20


@pytest.mark.parametrize("path", ["/accounts/tokens/", "/accounts/tokens/1/revoke/"])
def test_a_token_is_neither_made_nor_revoked_by_a_link(as_alice: Client, path: str) -> None:
    assert as_alice.get(path).status_code == 405


# -- Taking one's data along, and leaving -------------------------------------------


def test_the_data_of_a_member_hold_their_pieces_and_nobody_elses(
    as_alice: Client, alices: Track, make_track: Any, bob: Any
) -> None:
    make_track(bob, title="Secret of bob")
    archive = zipfile.ZipFile(io.BytesIO(content(as_alice.get("/accounts/data.zip"))))
    record = json.loads(archive.read("partita.json"))
    assert record["account"]["username"] == "alice"
    assert [track["code"] for track in record["tracks"]] == [alices.code]
    names = archive.namelist()
    assert f"scores/{alices.code}-chorale-in-d-minor.mid" in names
    with alices.head.midi.open() as file:
        assert archive.read(f"scores/{alices.code}-chorale-in-d-minor.mid") == file.read()
    assert "bob" not in archive.read("partita.json").decode()


def test_leaving_says_what_goes_and_asks_for_the_password(as_alice: Client, alices: Track) -> None:
    page = as_alice.get("/accounts/delete/").content.decode()
    assert "1 piece in your library" in page
    answer = as_alice.post("/accounts/delete/", {"password": "wrong"})
    assert "Nothing was deleted" in answer.content.decode()
    assert User.objects.filter(username="alice").exists()


def test_whoever_leaves_is_forgotten_with_every_file(
    as_alice: Client, alices: Track, make_track: Any, bob: Any
) -> None:
    stored, bobs = alices.head.midi.name, make_track(bob)
    as_alice.post("/accounts/delete/", {"password": "correct horse battery"})
    assert not User.objects.filter(username="alice").exists()
    assert list(Track.objects.all()) == [bobs]
    assert [job.owner for job in Job.objects.all()] == [bob]
    assert not default_storage.exists(stored)
    assert as_alice.get("/accounts/").status_code == 302


def test_a_member_without_a_password_leaves_by_their_name(alice: Any) -> None:
    alice.set_unusable_password()
    alice.save()
    client = Client()
    client.force_login(alice)
    assert "Your user name" in client.get("/accounts/delete/").content.decode()
    client.post("/accounts/delete/", {"password": "alice"})
    assert not User.objects.exists()


@pytest.mark.parametrize("path", ["/accounts/", "/accounts/data.zip", "/accounts/delete/", "/accounts/email/"])
def test_a_guest_is_asked_to_log_in_first(guest: Client, path: str) -> None:
    assert guest.get(path).headers["Location"] == f"/accounts/login/?next={path}"
