"""Every word on every page is somebody's to translate; languages are chosen and kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext

from generator.models import Job, Track
from musicsite.views import errors, languages
from tests import pseudo
from tests.musicsite.test_errors import as_guest

pytestmark = pytest.mark.django_db
GUEST_PAGES = [
    "/",
    "/library",
    "/library/deleted",
    "/library?q=%3F",
    "/about",
    "/engines/",
    "/engines/transformer",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/",
    "/accounts/password/reset/key/x-y/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/nonsense/",
    "/accounts/inactive/",
    "/nowhere",
]
MEMBER_PAGES = [
    "/",
    "/library",
    "/library/deleted",
    "/accounts/",
    "/accounts/email/",
    "/accounts/delete/",
    "/accounts/logout/",
    "/accounts/password/change/",
]


def in_pseudo(client: Client) -> Client:
    client.cookies["django_language"] = pseudo.CODE
    return client


def test_the_pseudo_language_reaches_plain_plural_and_contextual_words() -> None:
    with translation.override(pseudo.CODE):
        assert gettext("Studio") == "⟦Šťûđîø⟧"
        assert pgettext("mood", "Calm") == "⟦Çåļɱ⟧"
        assert ngettext("%(n)s bar", "%(n)s bars", 2) % {"n": 2} == "⟦2 ƀåřš⟧"
    assert pseudo.bare("⟦Šťûđîø⟧ and more") == ["and", "more"]


def test_the_reader_of_pages_hears_what_eyes_and_screen_readers_do() -> None:
    page = '<p title="no">One <b translate="no">two <i>three</i></b> four<br>five<input alt="six"></p><style>it</style>'
    assert list(pseudo.bare_english(page)) == ["no", "One", "four", "five", "six"]
    assert list(pseudo.bare_english(page, "four", "five")) == ["no", "One", "six"]


@pytest.mark.parametrize("path", GUEST_PAGES)
def test_a_guest_finds_no_bare_english(guest: Client, path: str) -> None:
    page = in_pseudo(guest).get(path, follow=True).content.decode()
    assert "⟦" in page
    assert list(pseudo.bare_english(page)) == []


@pytest.mark.parametrize("path", MEMBER_PAGES)
def test_a_member_finds_no_bare_english(
    as_alice: Client, alices: Track, make_track: Any, alice: Any, path: str
) -> None:
    make_track(alice, visibility="unlisted")
    as_alice.delete(f"/api/v1/tracks/{alices.code}")
    Job.objects.create(owner=alice, status="running", request={"engine": "scales", "bars": 8, "key": "D minor"})
    page = in_pseudo(as_alice).get(path).content.decode()
    assert list(pseudo.bare_english(page, "Four voices in D minor")) == []


def test_a_tracks_page_has_no_bare_english(as_alice: Client, alices: Track) -> None:
    alices.brief = {"engine": "scales", "bars": 8, "key": "Bb major", "ensemble": "satb", "style": "reel", "tempo": 90}
    alices.save()
    page = in_pseudo(as_alice).get(f"/t/{alices.code}").content.decode()
    assert list(pseudo.bare_english(page, alices.title, "scales", "alice")) == []


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_refusals_have_no_bare_english(guest: Client, path: str) -> None:
    page = in_pseudo(guest).post(path, {"login": "x", "password": "y", "username": "?", "password1": "password"})
    assert list(pseudo.bare_english(page.content.decode())) == []


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_error_pages_have_no_bare_english(status: int) -> None:
    with translation.override(pseudo.CODE):
        page = errors.answer(as_guest("/"), status).content.decode()
        assert list(pseudo.bare_english(page)) == []


def test_mails_have_no_bare_english(guest: Client, alice: Any) -> None:
    in_pseudo(guest).post("/accounts/password/reset/", {"email": alice.email})
    guest.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    guest.post("/accounts/signup/", {"username": "dora", "email": "dora@example.org", "password1": "purple staple"})
    assert len(mail.outbox) == 3
    for message in mail.outbox:
        words = [word for word in f"{message.subject} {message.body}".split() if "://" not in word and "@" not in word]
        assert pseudo.bare(" ".join(words).replace("testserver", "").replace("dora", "").replace("alice", "")) == []


@pytest.mark.parametrize(
    ("change", "status"), [({"bars": 0}, 422), ({"engine": "pianola"}, 422), ({"task": "continue"}, 422)]
)
def test_refusals_of_the_api_have_no_bare_english_of_ours(guest: Client, change: dict[str, Any], status: int) -> None:
    answer = in_pseudo(guest).post("/api/v1/compositions", change, content_type="application/json")
    assert answer.status_code == status
    if change != {"bars": 0}:  # bounds are said by pydantic, in English
        words = answer.json()["errors"][0]["message"].replace("scales", "").replace("transformer", "")
        assert pseudo.bare(words) in ([], ["continue"])


# -- Choosing ------------------------------------------------------------------------


def test_a_language_is_chosen_at_the_foot_of_a_page_and_stays(guest: Client) -> None:
    assert 'value="de"' in guest.get("/about").content.decode()
    answer = guest.post("/i18n/setlang/", {"language": "de", "next": "/about"})
    assert answer.headers["Location"] == "/about"
    assert '<html lang="de"' in guest.get("/library").content.decode()


def test_a_browsers_language_is_followed_until_one_chooses(guest: Client) -> None:
    german = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
    assert '<html lang="de"' in guest.get("/about", headers=german).content.decode()
    assert '<html lang="en"' in guest.get("/about", headers={"Accept-Language": "fr"}).content.decode()


def test_the_words_of_the_scripts_lie_at_an_address_that_may_be_kept_for_good(guest: Client) -> None:
    with translation.override("de"):
        address = languages.catalogue_context()["catalogue_url"]
    answer = guest.get(address)
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "gettext" in answer.content.decode()
    stale = guest.get("/i18n/de.0000000000.js")
    assert stale.content == answer.content
    assert stale.headers["Cache-Control"] == "no-store"
    assert guest.get("/i18n/xx.0000000000.js").status_code == 404
