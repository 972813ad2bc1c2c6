"""A real Chromium on the real site; a console error, a broken request or a policy violation fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from tests.sites import Site

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = 45_000  # ms; only a test that hangs meets it
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not CHROMIUM:
        reason = "No Chromium was found; install one, or name it in CHROMIUM."
        assert not os.environ.get("REQUIRE_CHROMIUM"), reason
        pytest.skip(reason)
    flags = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=user-gesture-required"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags}


class Watch:
    """What went wrong on a page, in words; a test may expect some of it."""

    def __init__(self) -> None:
        self.wrongs: list[str] = []
        self.expected: list[str] = []

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrongs.append(f"page error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrongs.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a page left while it loads
            self.wrongs.append(f"request failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.wrongs.append(f"answer {response.status}: {response.url}")

    def unexpected(self) -> list[str]:
        return [wrong for wrong in self.wrongs if not any(part in wrong for part in self.expected)]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Collects; asserts at the test's end that nothing went wrong."""
    watching = Watch()
    yield watching
    assert watching.unexpected() == []


NewGuest = Callable[..., BrowserContext]


@pytest.fixture
def new_guest(browser: Browser, site: Site, watch: Watch) -> Iterator[NewGuest]:
    """Makes browsers of people without an account, each with cookies of its own."""
    contexts = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"base_url": site.url, "viewport": DESK, **options})
        context.set_default_timeout(PATIENCE)
        context.on("page", watch.follow)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def studio(new_guest: NewGuest) -> Page:
    """The studio as a newcomer sees it."""
    return open_studio(new_guest())


def open_studio(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/")
    page.wait_for_selector(".system")
    return page


def ask(page: Page, seconds_a_bar: float = 0.05, **controls: Any) -> None:
    """Set the controls, those in the folded part too, and press Compose. Scales stand in for a trained engine."""
    wanted = {"engine": "scales", "ensemble": "satb", "bars": 4, "takes": 1, "density": seconds_a_bar, **controls}
    page.evaluate(
        """(wanted) => { for (const [name, value] of Object.entries(wanted)) {
            const control = document.querySelector(`#controls [name="${name}"]`)
            if (control.tagName === 'SELECT' && ![...control.options].some((option) => option.value === String(value)))
                control.add(new Option(value, value))
            control.value = value
            control.dispatchEvent(new Event('input', {bubbles: true}))
        } }""",
        wanted,
    )
    page.locator("#compose:visible, #compose-thumb:visible").first.click()


def until_state(page: Page, *states: str) -> None:
    wanted = ", ".join(f'#studio[data-state="{state}"]' for state in states)
    page.wait_for_selector(wanted)


def engraved_bars(page: Page) -> int:
    return int(page.locator(".systems .measure").count())


def note_ids(page: Page) -> list[str]:
    """Ids of the engraved notes, in the order of the score."""
    found = page.evaluate("() => [...document.querySelectorAll('.systems .note')].map((note) => note.dataset.id)")
    return [str(name) for name in found]


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA, in one line each."""
    page.evaluate(AXE.read_text("utf8"))
    found = page.evaluate(
        "() => axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    return [
        f"{violation['id']}: {violation['help']} at {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def page_of_a_piece(studio: Page, bars: int) -> Page:
    """Composes a piece, and opens its own page."""
    ask(studio, bars=bars, key="G major", metre="4/4", seed=5)
    until_state(studio, "done")
    studio.get_by_role("link", name="Open its page").click()
    studio.wait_for_selector(".system")
    return studio
