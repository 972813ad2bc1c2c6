"""From *Compose* to a score that is kept, in a real browser on the real processes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewGuest, Watch, ask, engraved_bars, note_ids, open_studio, until_state
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_newcomer_finds_an_example_and_one_button(studio: Page) -> None:
    expect(studio.locator("#sheet-title")).to_have_text("Sarabande in D minor")
    expect(studio.locator("#play")).to_be_enabled()
    expect(studio.locator("#compose")).to_be_visible()
    studio.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 8")


def test_a_score_grows_bar_by_bar_until_it_is_whole(studio: Page) -> None:
    studio.evaluate(
        """() => { window.grown = new Set()
        const systems = document.querySelector('.systems')
        new MutationObserver(() => window.grown.add(systems.querySelectorAll('.measure').length))
            .observe(systems, {childList: true, subtree: true}) }"""
    )
    ask(studio, seconds_a_bar=1.0, bars=6)
    expect(studio.locator("#status-words")).to_have_text(re.compile("Composing bar [2-6] of 6"))
    until_state(studio, "done")
    assert {1, 2, 3, 4, 5} & set(studio.evaluate("() => [...window.grown]"))
    studio.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 6")
    assert len(note_ids(studio)) == 6 * 4 * 4
    marks = studio.evaluate("() => performance.getEntriesByType('mark').map((mark) => mark.name)")
    assert {f"bar-arrived:{bar}" for bar in range(6)} | {f"bar-engraved:{bar}" for bar in range(6)} <= set(marks)


def test_each_bar_is_announced_to_those_who_listen(studio: Page) -> None:
    studio.evaluate(
        """() => { window.spoken = []
        new MutationObserver(() => window.spoken.push(document.querySelector('#spoken').textContent))
            .observe(document.querySelector('#spoken'), {childList: true}) }"""
    )
    ask(studio, seconds_a_bar=0.3, bars=3)
    until_state(studio, "done")
    spoken = studio.evaluate("() => window.spoken")
    assert [words for words in spoken if words.startswith("Bar")] == [f"Bar {bar} of 3 written" for bar in (1, 2, 3)]
    expect(studio.locator("#score-words")).to_contain_text("3 bars, 48 notes")


def test_surprise_me_composes_in_one_press(studio: Page) -> None:
    studio.evaluate("() => document.querySelector('#controls [name=engine]').value = 'scales'")
    studio.click("#surprise")
    until_state(studio, "writing", "done")
    assert studio.locator("#key").input_value()
    assert studio.locator("#metre").input_value()


def test_the_controls_reach_the_composer(studio: Page) -> None:
    ask(studio, bars=4, key="D major", metre="3/4", tempo=72, ensemble="string-quartet", seed=11)
    until_state(studio, "done")
    expect(studio.locator("#sheet-title")).to_have_text("String quartet in D major")
    expect(studio.locator("#sheet-subtitle")).to_have_text("for string quartet")
    expect(studio.locator("#sheet-maker")).to_have_text("Partita, no. 11")
    studio.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 4")
    assert len(note_ids(studio)) == 4 * 4 * 3


def test_three_takes_stand_side_by_side_and_one_is_kept(studio: Page, site: Site) -> None:
    ask(studio, takes=3, bars=2)
    until_state(studio, "done")
    expect(studio.locator(".take")).to_have_count(3)
    studio.wait_for_function("() => document.querySelectorAll('.thumb svg').length >= 3")
    first = note_ids(studio)
    studio.keyboard.press("3")
    expect(studio.locator(".take[data-chosen] .choose")).to_have_text("Take 3")
    studio.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 2")
    assert note_ids(studio) != first
    studio.locator(".take .keep").nth(2).click()
    expect(studio.locator(".take .keep").nth(2)).to_have_attribute("aria-pressed", "true")
    kept = studio.evaluate("() => fetch('/api/v1/tracks').then((answer) => answer.json())")
    assert [track["take"] for track in kept["items"]] == [2]
    expect(studio.get_by_role("link", name="Sign up to keep it for good")).to_be_visible()


def test_escape_cancels_and_what_was_written_can_still_be_played(studio: Page) -> None:
    ask(studio, seconds_a_bar=1.0, bars=128)
    studio.wait_for_function("() => performance.getEntriesByName('bar-engraved:1').length > 0")
    studio.keyboard.press("Escape")
    until_state(studio, "cancelled")
    expect(studio.locator(".notice")).to_contain_text("Cancelled")
    assert 2 <= engraved_bars(studio) < 128
    expect(studio.locator("#play")).to_be_enabled()


def test_a_reload_in_mid_job_picks_up_where_it_was(studio: Page) -> None:
    ask(studio, seconds_a_bar=1.0, bars=12)
    studio.wait_for_function("() => performance.getEntriesByName('bar-engraved:1').length > 0")
    studio.reload()
    studio.wait_for_function("() => performance.getEntriesByName('bar-engraved:1').length > 0")
    until_state(studio, "done")
    studio.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 12")
    ids = note_ids(studio)
    assert len(ids) == len(set(ids)) == 12 * 4 * 4


def test_two_browsers_end_with_the_same_score_though_one_lost_its_socket(new_guest: NewGuest, watch: Watch) -> None:
    watch.expected.append("WebSocket")
    context = new_guest()
    steady, shaken = open_studio(context), context.new_page()
    ask(steady, seconds_a_bar=1.0, bars=24)
    steady.wait_for_url("**/?job=*")
    shaken.goto(steady.url)
    shaken.wait_for_function(
        """() => { const feed = window.partita?.studio?.composition?.feed
        if (!feed?.socket || feed.seq < 3) return false
        feed.socket.close()
        return true }"""
    )
    for page in (steady, shaken):
        until_state(page, "done")
        page.wait_for_function("() => document.querySelectorAll('.systems .measure').length === 24")
    ids = note_ids(steady)
    assert ids == note_ids(shaken)
    assert len(ids) == len(set(ids)) == 24 * 4 * 4


def test_a_failure_says_what_is_safe_and_offers_another_try(studio: Page) -> None:
    ask(studio, bars=4, seed=13)
    until_state(studio, "failed")
    expect(studio.locator(".notice.warning")).to_be_visible()
    expect(studio.get_by_role("button", name="Compose again")).to_be_visible()


def test_a_refused_control_is_named_where_it_stands(studio: Page, watch: Watch) -> None:
    watch.expected += ["422", "Unprocessable"]
    ask(studio, tempo=500)
    expect(studio.locator("#form-error")).to_contain_text("tempo")
    expect(studio.locator("#tempo")).to_have_attribute("aria-invalid", "true")
    expect(studio.locator("#tempo")).to_be_focused()


def test_too_many_pieces_at_once_are_refused_in_words(studio: Page, watch: Watch) -> None:
    watch.expected += ["429", "Too Many Requests"]
    brief = {"engine": "scales", "bars": 64, "density": 1}
    for _ in range(4):
        studio.evaluate(
            """(brief) => fetch('/api/v1/compositions', {method: 'POST', body: JSON.stringify(brief), headers:
            {'Content-Type': 'application/json', 'X-CSRFToken': document.cookie.match(/csrftoken=([^;]+)/)[1]}})""",
            brief,
        )
    ask(studio)
    expect(studio.locator("#form-error")).to_contain_text("pieces being composed")
    studio.evaluate(
        """async () => { const mine = await (await fetch('/api/v1/compositions')).json()
        const token = document.cookie.match(/csrftoken=([^;]+)/)[1]
        await Promise.all(mine.map(({id}) =>
            fetch(`/api/v1/compositions/${id}`, {method: 'DELETE', headers: {'X-CSRFToken': token}}))) }"""
    )
