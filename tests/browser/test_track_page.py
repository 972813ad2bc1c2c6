"""A track's own page: heard, renamed, shared, duplicated, deleted and brought back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewGuest, Watch, page_of_a_piece

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def track(studio: Page) -> Page:
    return page_of_a_piece(studio, bars=2)


def test_it_shows_the_score_and_what_was_asked_for(track: Page) -> None:
    expect(track.locator("#sheet-title")).to_have_text("Four voices in G major")
    track.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 2")
    for words in ("G major", "4/4", "2 bars", "Choir in four parts", "5"):
        expect(track.locator(".asked")).to_contain_text(words)


def test_it_plays(track: Page) -> None:
    track.keyboard.press("Space")
    track.wait_for_function("() => partita.stand.player.state === 'playing' && partita.stand.player.tick > 10")


def test_the_title_is_edited_in_place(track: Page) -> None:
    track.click("#rename")
    track.fill("#title-field", "Evening song")
    track.keyboard.press("Enter")
    expect(track.locator("#sheet-title")).to_have_text("Evening song")
    track.reload()
    expect(track.locator("#sheet-title")).to_have_text("Evening song")


def test_a_private_piece_opens_for_others_once_it_is_shared(track: Page, new_guest: NewGuest, watch: Watch) -> None:
    watch.expected.append("404")
    stranger = new_guest().new_page()
    answer = stranger.goto(track.url)
    assert answer is not None
    assert answer.status == 404
    track.select_option("#visibility", "unlisted")
    expect(track.locator(".notice")).to_be_visible()
    stranger.goto(track.url)
    stranger.wait_for_selector(".system")
    expect(stranger.locator("#rename")).to_have_count(0)


def test_it_is_duplicated(track: Page) -> None:
    before = track.url
    track.click("#duplicate")
    track.wait_for_url(lambda url: url != before)
    expect(track.locator("#sheet-title")).to_have_text("Four voices in G major (copy)")


def test_a_deletion_can_be_undone(track: Page) -> None:
    track.click("#delete")
    expect(track.locator(".notice")).to_contain_text("Deleted")
    track.get_by_role("button", name="Undo").click()
    expect(track.locator("#track")).to_have_attribute("data-state", "done")
    track.reload()
    track.wait_for_selector(".system")
