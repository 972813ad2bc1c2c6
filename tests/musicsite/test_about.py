"""Credits, robots, the seal."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
CREDIT = "Polish Music Heritage in Open Access, The Fryderyk Chopin Institute"


def test_the_credits_name_whose_scores_were_learned_from(guest: Client) -> None:
    page = guest.get("/about").content.decode()
    assert CREDIT in page
    assert "polishscores.org" in page
    assert "CC BY 4.0" in page


def test_robots_are_kept_out_of_what_is_private(guest: Client) -> None:
    answer = guest.get("/robots.txt")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "Disallow: /accounts/" in answer.content.decode()


def test_every_page_can_be_told_apart_by_its_title(guest: Client) -> None:
    paths = ["/", "/library", "/library/deleted", "/about", "/engines/", "/engines/transformer"]
    paths += ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
    titles = [guest.get(path).content.decode().split("<title>")[1].split("</title>")[0] for path in paths]
    assert len(set(titles)) == len(titles)
