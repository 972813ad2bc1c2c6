"""Error pages: what happened, what is safe, what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client, RequestFactory

from generator.models import Track
from musicsite.views import errors

REMEDIES = {
    400: "Go back and try again",
    403: "load the page anew",
    404: "log in",
    429: "wait a minute",
    500: "Try again",
    503: "Try again in a minute",
}


def as_guest(path: str) -> HttpRequest:
    request = RequestFactory().get(path)
    request.user = AnonymousUser()
    return request


@pytest.mark.parametrize("status", REMEDIES)
def test_every_error_page_has_a_remedy_and_a_way_out(status: int) -> None:
    answer = errors.answer(as_guest("/somewhere"), status)
    page = answer.content.decode()
    assert answer.status_code == status
    assert REMEDIES[status] in page
    assert 'href="/"' in page
    assert "<h1>" in page


@pytest.mark.parametrize("status", REMEDIES)
def test_programs_get_a_sentence(status: int) -> None:
    answer = errors.answer(RequestFactory().get("/api/v1/nothing"), status)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.django_db
def test_an_unknown_address_is_a_404_in_our_look(guest: Client) -> None:
    answer = guest.get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


@pytest.mark.django_db
def test_a_private_track_and_an_unknown_one_look_alike(guest: Client, alices: Track) -> None:
    private, unknown = guest.get(f"/t/{alices.code}"), guest.get("/t/2222222222")
    assert private.status_code == unknown.status_code == 404
    assert plain(private).replace(alices.code, "2222222222") == plain(unknown)


def plain(answer: Any) -> str:
    """The page without its token, which is another one each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


@pytest.mark.django_db
def test_who_meets_a_404_as_a_guest_may_log_in_and_come_back(guest: Client) -> None:
    assert "/accounts/login/?next=%2Ft%2F2222222222" in guest.get("/t/2222222222").content.decode()


@pytest.mark.django_db
def test_too_many_attempts_are_a_429_with_a_remedy(guest: Client) -> None:
    answers = [guest.post("/accounts/signup/") for _each in range(25)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert "wait a minute" in answers[-1].content.decode()


@pytest.mark.django_db  # before a browser test leaves its event loop running in this thread
def test_a_form_without_its_token_is_a_403_with_a_remedy() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "alice"})
    assert answer.status_code == 403
    assert "load the page anew" in answer.content.decode()


@pytest.mark.django_db
def test_a_crash_is_a_500_that_shows_nothing_of_the_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("generator.views.library.listing.page", crash)
    answer = Client(raise_request_exception=False).get("/library")
    assert answer.status_code == 500
    assert "Nothing you kept is lost" in answer.content.decode()
    assert "secret detail" not in answer.content.decode()


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_a_503_with_a_remedy(guest: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("database is locked")

    monkeypatch.setattr("generator.views.library.listing.page", away)
    answer = guest.get("/library")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "What you kept is safe" in answer.content.decode()
