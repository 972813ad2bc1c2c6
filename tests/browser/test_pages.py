"""Library, accounts and the pages to read, in a real Chromium: what they do, and that everybody can use them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests import pseudo
from tests.browser.conftest import DESK, PHONE, NewGuest, Watch, ask, axe_violations, open_studio, until_state

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "correct horse battery"
SCREENS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESK, "color_scheme": "light"},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "has_touch": True, "is_mobile": True},
    "dark phone": {"viewport": PHONE, "color_scheme": "dark", "has_touch": True, "is_mobile": True},
}
GUEST_PAGES = [
    "/library",
    "/library/deleted",
    "/about",
    "/engines/",
    "/engines/transformer",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/key/x-y/",
]
MEMBER_PAGES = ["/accounts/", "/accounts/email/", "/accounts/delete/", "/accounts/password/change/", "/library"]
names = iter(f"dora{number}" for number in range(1000))


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest) -> dict[str, Any]:
    return SCREENS[request.param]


def sign_up(page: Page, returning: str = "/") -> str:
    """A new member, signed up through the form."""
    name = next(names)
    page.goto(f"/accounts/signup/?next={returning}")
    page.fill("[name=username]", name)
    page.fill("[name=email]", f"{name}@example.org")
    page.fill("[name=password1]", PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url(lambda address: "/accounts/signup/" not in address)
    return name


def compose(page: Page, **controls: Any) -> None:
    """One finished, kept piece."""
    page.goto("/")
    page.wait_for_selector(".system")
    ask(page, **{"bars": 2, "key": "G major", "metre": "4/4", **controls})
    until_state(page, "done")
    page.locator("#keep").click()
    expect(page.locator("#keep")).to_have_attribute("aria-pressed", "true")


@pytest.fixture
def library(new_guest: NewGuest) -> Page:
    """A guest's library with two pieces."""
    page = new_guest().new_page()
    compose(page, key="G major")
    compose(page, key="D minor")
    page.goto("/library")
    return page


def titles(page: Page) -> list[str]:
    return page.locator(".piece-name").all_inner_texts()


# -- Everybody can use them ---------------------------------------------------------


def test_pages_of_guests_are_accessible(new_guest: NewGuest, screen: dict[str, Any], watch: Watch) -> None:
    page = new_guest(**screen).new_page()
    found = {}
    for path in GUEST_PAGES:
        page.goto(path)
        found[path] = axe_violations(page) + overflow(page)
    watch.expected.append("404")
    page.goto("/nowhere")
    found["/nowhere"] = axe_violations(page) + overflow(page)
    assert {path: wrongs for path, wrongs in found.items() if wrongs} == {}


def test_pages_of_members_are_accessible(new_guest: NewGuest, screen: dict[str, Any]) -> None:
    page = new_guest(**screen).new_page()
    sign_up(page)
    compose(page)
    found = {}
    for path in MEMBER_PAGES:
        page.goto(path)
        found[path] = axe_violations(page) + overflow(page)
    page.goto("/accounts/")
    page.get_by_role("button", name="Make a token").click()
    page.wait_for_selector("#secret")
    found["a new token"] = axe_violations(page) + overflow(page)
    page.goto("/library")
    page.locator("[data-act=delete]").click()
    page.wait_for_selector("#empty")
    found["an emptied library"] = axe_violations(page) + overflow(page)
    page.goto("/library/deleted")
    found["/library/deleted"] = axe_violations(page) + overflow(page)
    assert {path: wrongs for path, wrongs in found.items() if wrongs} == {}


def overflow(page: Page) -> list[str]:
    """A page must not be wider than its window."""
    wider = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return [f"{wider} px wider than the window"] if wider > 0 else []


# -- Accounts ---------------------------------------------------------------------------


def test_signing_up_from_the_studio_returns_there_and_keeps_what_was_made(new_guest: NewGuest) -> None:
    page = open_studio(new_guest())
    ask(page, bars=2, key="G major")
    until_state(page, "done")
    job = page.url
    page.get_by_role("link", name="Log in").click()
    page.get_by_role("link", name="Sign up").click()
    name = next(names)
    page.fill("[name=username]", name)
    page.fill("[name=email]", f"{name}@example.org")
    page.fill("[name=password1]", PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url(job)
    page.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 2")
    page.goto("/library")
    assert titles(page) == ["Four voices in G major"]


def test_a_member_finds_their_pieces_in_another_browser(new_guest: NewGuest) -> None:
    first, second = new_guest().new_page(), new_guest().new_page()
    name = sign_up(first)
    compose(first)
    second.goto("/accounts/login/?next=/library")
    second.fill("[name=login]", name)
    second.fill("[name=password]", PASSWORD)
    second.get_by_role("button", name="Log in").click()
    second.wait_for_url("**/library")
    assert titles(second) == ["Four voices in G major"]


# -- Library ---------------------------------------------------------------------------


def test_a_piece_is_renamed_in_place_by_keyboard(library: Page) -> None:
    library.locator("[data-act=rename]").first.focus()
    library.keyboard.press("Enter")
    library.keyboard.type("Evening song")
    library.keyboard.press("Enter")
    expect(library.locator(".piece-name").first).to_have_text("Evening song")
    expect(library.locator("[data-act=rename]").first).to_be_focused()
    library.reload()
    assert titles(library) == ["Evening song", "Four voices in G major"]


def test_escape_leaves_the_title_as_it_was(library: Page) -> None:
    library.locator("[data-act=rename]").first.click()
    library.keyboard.type("Slip of the pen")
    library.keyboard.press("Escape")
    assert titles(library) == ["Four voices in D minor", "Four voices in G major"]


def test_deleting_is_undone_at_once_or_later(library: Page) -> None:
    library.locator("[data-act=delete]").first.click()
    expect(library.locator(".piece")).to_have_count(1)
    library.get_by_role("button", name="Undo").click()
    expect(library.locator(".piece")).to_have_count(2)
    library.locator("[data-act=delete]").first.click()
    library.get_by_role("link", name="Recently deleted").click()
    assert titles(library) == ["Four voices in D minor"]
    library.get_by_role("button", name="Bring back").click()
    expect(library.locator("#empty")).to_be_visible()
    library.goto("/library")
    assert titles(library) == ["Four voices in D minor", "Four voices in G major"]


def test_a_piece_is_duplicated_beside_itself(library: Page) -> None:
    library.locator("[data-act=duplicate]").last.click()
    expect(library.locator(".piece")).to_have_count(3)
    assert titles(library)[0] == "Four voices in G major (copy)"


def test_searching_and_sorting_stay_in_the_address(library: Page) -> None:
    library.fill("#q", "d minor")
    expect(library.locator(".piece")).to_have_count(1)
    assert "q=d+minor" in library.url
    library.fill("#q", "")
    expect(library.locator(".piece")).to_have_count(2)
    library.select_option("#order", "oldest")
    expect(library.locator(".piece-name").first).to_have_text("Four voices in G major")
    library.reload()
    assert titles(library) == ["Four voices in G major", "Four voices in D minor"]


def test_pieces_play_where_they_stand_one_at_a_time(library: Page) -> None:
    first, second = library.locator(".piece .play").all()
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    second.click()
    expect(second).to_have_attribute("aria-pressed", "true")
    expect(first).to_have_attribute("aria-pressed", "false")
    second.click()
    expect(second).to_have_attribute("aria-pressed", "false")


def test_an_empty_library_plays_its_example(new_guest: NewGuest) -> None:
    page = new_guest().new_page()
    page.goto("/library")
    example = page.locator("#example")
    expect(example).to_have_accessible_name("Play Sarabande in D minor")
    example.click()
    expect(example).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Compose your first piece").click()
    page.wait_for_selector("#compose")


def test_what_is_being_composed_moves_on_and_says_when_it_is_finished(new_guest: NewGuest) -> None:
    page = open_studio(new_guest())
    ask(page, bars=24, seconds_a_bar=1)
    until_state(page, "writing")
    page.goto("/library")
    expect(page.locator(".job-state")).to_contain_text("Composing")
    seen = page.evaluate("() => document.querySelector('#jobs progress').value")
    page.wait_for_function("(seen) => document.querySelector('#jobs progress')?.value > seen", arg=seen)
    page.wait_for_selector(".notice")
    expect(page.locator(".notice")).to_contain_text("is finished")
    expect(page.locator("#jobs")).to_be_hidden()


def test_a_waiting_piece_is_cancelled_from_the_library(new_guest: NewGuest) -> None:
    page = open_studio(new_guest())
    ask(page, bars=30, seconds_a_bar=0.8)
    until_state(page, "writing")
    page.goto("/library")
    page.locator("#jobs [data-act=cancel]").click()
    expect(page.locator("#jobs")).to_be_hidden()
    assert page.evaluate("() => fetch('/api/v1/compositions').then((answer) => answer.json())") == []


def test_without_scripts_the_library_is_still_read_and_searched(
    library: Page, new_guest: NewGuest, watch: Watch
) -> None:
    watch.expected.append("csp")  # what Chromium says of a script that it was told not to run
    plain = new_guest(java_script_enabled=False, storage_state=library.context.storage_state()).new_page()
    plain.goto("/library")
    plain.fill("#q", "minor")
    plain.get_by_role("button", name="Find").click()
    assert titles(plain) == ["Four voices in D minor"]


# -- Languages ----------------------------------------------------------------------------


@pytest.fixture
def in_pseudo(new_guest: NewGuest) -> Callable[[], Page]:
    """A browser in which every word that somebody may translate is written in other letters."""

    def catalogue(route: Route) -> None:
        route.fulfill(body=pseudo.SCRIPT, content_type="text/javascript; charset=utf-8")

    def make() -> Page:
        context = new_guest(locale=pseudo.CODE)
        context.route(f"**/i18n/{pseudo.CODE}.*.js", catalogue)
        return context.new_page()

    return make


# Names in the score are data, as titles are; the "and" between them is the browser's own.
PARTS = ("Soprano", "Alto", "Tenor", "Bass", "and ")


def bare_english(page: Page, *data: str) -> list[str]:
    return list(pseudo.bare_english(page.evaluate("() => document.documentElement.outerHTML"), *data, *PARTS))


def test_the_studio_says_nothing_in_bare_english(in_pseudo: Callable[[], Page]) -> None:
    page = in_pseudo()
    page.goto("/")
    page.wait_for_selector(".system")
    spoken = ["Sarabande in D minor"]
    assert bare_english(page, *spoken) == []
    ask(page, bars=2, takes=2, key="G major", metre="4/4")
    until_state(page, "done")
    page.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 2")
    page.locator("#keep").click()
    page.wait_for_selector(".notice")
    for key in ("?", "Space", "ArrowRight"):
        page.keyboard.press(key)
    assert bare_english(page, "Four voices in G major") == []
    page.locator("#sheet-foot a.button[href^='/t/']").click()
    page.wait_for_selector(".system")
    assert bare_english(page, "Four voices in G major", "scales") == []


def test_the_library_says_nothing_in_bare_english(in_pseudo: Callable[[], Page]) -> None:
    page = in_pseudo()
    page.goto("/library")
    page.wait_for_selector("#example[aria-label]")
    assert bare_english(page, "Sarabande in D minor") == []
    compose(page)
    page.goto("/library")
    page.locator("[data-act=duplicate]").click()
    expect(page.locator(".piece")).to_have_count(2)
    page.locator("[data-act=rename]").first.click()
    page.keyboard.press("Escape")
    page.locator("[data-act=delete]").first.click()
    expect(page.locator(".piece")).to_have_count(1)
    assert bare_english(page, "Four voices in G major") == []


def test_the_scripts_speak_the_language_of_the_page(new_guest: NewGuest) -> None:
    page = new_guest(locale="de").new_page()
    page.goto("/library")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert json.loads(page.evaluate("() => JSON.stringify(gettext('Dismiss'))")) != "Dismiss"
