"""Sound: never before a gesture, behind the writing head, and where the cursor says."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ask, until_state

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TICK = "() => partita.stand.player.tick"
HEARD = "() => partita.stand.player.state === 'playing' && partita.stand.player.output.level() > 0.001"


def test_nothing_sounds_before_a_gesture(studio: Page) -> None:
    studio.wait_for_function("() => partita.stand.player.output !== null")
    studio.wait_for_function("() => partita.stand.player.output.context.state === 'suspended'")
    assert studio.evaluate("() => partita.stand.player.state") == "stopped"


def test_space_plays_and_pauses_and_a_cursor_follows(studio: Page) -> None:
    studio.keyboard.press("Space")
    studio.wait_for_function(HEARD)
    studio.wait_for_function("() => document.querySelectorAll('.systems .sounding').length >= 4")
    studio.wait_for_function(f"() => ({TICK})() > 48")
    expect(studio.locator(".cursor")).to_be_visible()
    studio.keyboard.press("Space")
    expect(studio.locator("#play")).to_have_attribute("aria-label", "Play")
    studio.wait_for_function("() => partita.stand.player.output.level() < 0.001")


def test_the_soundfont_plays_as_well_as_the_small_voice(studio: Page) -> None:
    studio.evaluate("() => partita.stand.player.setLoop({start: 0, end: partita.stand.take.end})")
    studio.click("#play")
    studio.wait_for_function("() => document.documentElement.dataset.instruments === 'ready'")
    studio.wait_for_function("() => partita.stand.player.pending.some((note) => note.voice.synth)")
    studio.wait_for_function(HEARD)


def test_a_click_in_the_score_and_in_the_roll_seeks(studio: Page) -> None:
    studio.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 8")
    studio.locator(".systems .measure").nth(2).locator(".notehead").first.click()
    studio.wait_for_function(f"() => ({TICK})() === 2 * 72")
    box = studio.locator("#roll").bounding_box()
    assert box
    studio.mouse.click(box["x"] + box["width"] * 0.76, box["y"] + box["height"] * 0.6)
    assert studio.evaluate("() => partita.stand.take.piece.barAt(partita.stand.player.tick)") == 6


def test_arrows_walk_notes_bars_and_parts_and_say_where_they_are(studio: Page) -> None:
    studio.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 8")
    studio.keyboard.press("ArrowRight")
    expect(studio.locator("#spoken")).to_have_text("Bar 1, Soprano: A4")
    studio.keyboard.press("Shift+ArrowRight")
    expect(studio.locator("#spoken")).to_have_text("Bar 2, Soprano: C♯5")
    studio.keyboard.press("ArrowDown")
    expect(studio.locator("#spoken")).to_have_text("Bar 2, Alto: E4")
    expect(studio.locator(".systems .chosen")).to_have_count(1)


def test_a_loop_returns_to_its_beginning(studio: Page) -> None:
    studio.evaluate("() => partita.stand.player.setLoop({start: 72, end: 144})")
    studio.evaluate("() => partita.stand.player.setSpeed(1.5)")
    studio.click("#play")
    studio.wait_for_function(f"() => ({TICK})() > 110")
    studio.wait_for_function(f"() => ({TICK})() < 100")
    studio.wait_for_function(f"() => ({TICK})() > 110")
    assert studio.evaluate(TICK) < 144
    expect(studio.locator("#loop")).to_have_attribute("aria-pressed", "true")


def test_a_muted_part_is_silent_and_a_solo_part_alone(studio: Page) -> None:
    for part in ("Soprano", "Alto", "Tenor", "Bass"):
        studio.get_by_role("button", name=f"Mute {part}").click()
    studio.click("#play")
    studio.wait_for_function(f"() => partita.stand.player.state === 'playing' && ({TICK})() > 20")
    assert studio.evaluate("() => partita.stand.player.output.level()") < 0.001
    studio.get_by_role("button", name="Only Alto").click()
    studio.wait_for_function(HEARD)


def test_it_plays_behind_the_writing_head(studio: Page) -> None:
    studio.evaluate(
        """() => { window.ahead = []
        setInterval(() => { const {player, take} = partita.stand
            if (player.state === 'playing') window.ahead.push(take.end - player.tick) }, 20) }"""
    )
    ask(studio, seconds_a_bar=0.3, bars=8)
    studio.wait_for_function(HEARD)
    assert studio.evaluate("() => document.querySelector('#studio').dataset.state") in ("writing", "done")
    until_state(studio, "done")
    assert min(studio.evaluate("() => window.ahead")) >= 0
