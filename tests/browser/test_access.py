"""Everybody can use it: axe finds nothing in light and dark, on a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, NewGuest, ask, axe_violations, open_studio, until_state

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCREENS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": DESK},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
}


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=SCREENS)
def page(request: pytest.FixtureRequest, new_guest: NewGuest, scheme: str) -> Page:
    return open_studio(new_guest(color_scheme=scheme, **SCREENS[request.param]))


def test_the_studio_at_rest_is_accessible(page: Page) -> None:
    page.evaluate("() => document.querySelector('#more').open = true")
    assert axe_violations(page) == []


def test_the_studio_with_takes_and_the_track_page_are_accessible(page: Page) -> None:
    ask(page, bars=2, takes=3)
    until_state(page, "done")
    page.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 2")
    assert axe_violations(page) == []
    page.get_by_role("link", name="Open its page").click()
    page.wait_for_selector(".system")
    assert axe_violations(page) == []


def test_touch_targets_are_large_enough(new_guest: NewGuest) -> None:
    page = open_studio(new_guest(**SCREENS["phone"]))
    page.click("#open-controls")
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, a, summary')]
        .filter((control) => control.checkVisibility({checkVisibilityCSS: true}))
        .filter((control) => !control.closest('.visually-hidden'))
        .map((control) => [control.id || control.className || control.textContent.trim(),
            Math.max(control.getBoundingClientRect().height, control.closest('label')?.offsetHeight ?? 0)])
        .filter(([, height]) => height > 0 && height < 43.5)
        .filter(([name]) => name !== 'skip')"""
    )
    assert small == []


def test_the_phone_opens_and_closes_its_controls(new_guest: NewGuest) -> None:
    page = open_studio(new_guest(**SCREENS["phone"]))
    expect(page.locator("#ensemble")).not_to_be_visible()
    page.click("#open-controls")
    expect(page.locator("#ensemble")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#ensemble")).not_to_be_visible()


def test_the_keyboard_shortcuts_are_listed(studio: Page) -> None:
    studio.keyboard.press("?")
    expect(studio.get_by_role("heading", name="By keyboard")).to_be_visible()
    studio.keyboard.press("Escape")
    expect(studio.locator("#shortcuts")).to_be_hidden()


def test_with_reduced_motion_nothing_moves_by_itself(new_guest: NewGuest) -> None:
    page = open_studio(new_guest(reduced_motion="reduce"))
    ask(page, seconds_a_bar=0.4, bars=4)
    until_state(page, "writing")
    page.wait_for_function("() => performance.getEntriesByName('bar-engraved:0').length > 0")
    running = page.evaluate("() => document.getAnimations().filter((it) => it.playState === 'running').length")
    assert running == 0
