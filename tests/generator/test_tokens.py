"""Bearer tokens."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from generator.models import Track
from musicsite.models import ApiToken, User

pytestmark = pytest.mark.django_db


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("api_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_command_prints_a_token_that_opens_the_api(alices: Track) -> None:
    client = Client(headers=bearer(command("alice")), enforce_csrf_checks=True)
    assert client.get(f"/api/v1/tracks/{alices.code}").json()["mine"] is True
    assert client.get(f"/t/{alices.code}.mid").status_code == 200
    renamed = client.patch(f"/api/v1/tracks/{alices.code}", {"title": "Air"}, content_type="application/json")
    assert renamed.json()["title"] == "Air"


def test_the_command_makes_an_account_only_when_told_to() -> None:
    with pytest.raises(CommandError, match="--create"):
        command("dora")
    assert command("dora", "--create")
    assert User.objects.get(username="dora").has_usable_password() is False


def test_only_a_hash_of_the_token_is_kept(alice: Any) -> None:
    secret = ApiToken.issue(alice)
    assert secret not in str(ApiToken.objects.values())


@pytest.mark.parametrize("secret", ["", "wrong", "partita_", "\u00e9"])
def test_a_wrong_token_is_401_even_where_guests_may_go(secret: str, guest: Client) -> None:
    answer = guest.get("/api/v1/tracks", headers=bearer(secret))
    assert answer.status_code == 401
    assert answer.json()["detail"]


def test_a_token_of_somebody_who_was_shut_out_opens_nothing(alice: Any, guest: Client) -> None:
    secret = ApiToken.issue(alice)
    User.objects.update(is_active=False)
    assert guest.get("/api/v1/tracks", headers=bearer(secret)).status_code == 401
