"""The Expression slider: heard at once, remembered, and what is downloaded follows it."""

from __future__ import annotations

import io
from typing import Any

import pretty_midi
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, NewGuest, ask, open_studio, page_of_a_piece, until_state

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLAYED = """() => { const {performance: it, notes} = partita.stand.take
    return notes.map((note) => [it.onAt(note), it.offAt(note), note.pitch, it.velocityOf(note)]) }"""
WRITTEN = """() => { const {piece, notes} = partita.stand.take
    const at = (tick) => piece.timeline.secondsAt(tick)
    return notes.map((note) => [at(note.onset), at(note.onset + note.duration), note.pitch, note.played.plain]) }"""


def express(page: Page, percent: int) -> None:
    page.locator("#expression").fill(str(percent))


@pytest.fixture
def track(studio: Page) -> Page:
    return page_of_a_piece(studio, bars=4)


def close_to(found: list[list[float]], wanted: list[list[float]], seconds: float) -> bool:
    return len(found) == len(wanted) and all(
        abs(a[0] - b[0]) < seconds and abs(a[1] - b[1]) < seconds and a[2:] == b[2:]
        for a, b in zip(found, wanted, strict=True)
    )


def test_at_its_left_end_the_page_plays_the_score_exactly(studio: Page) -> None:
    express(studio, 0)
    expect(studio.locator("#expression-shown")).to_have_text("0%")
    assert close_to(studio.evaluate(PLAYED), studio.evaluate(WRITTEN), 1e-9)
    express(studio, 100)
    assert not close_to(studio.evaluate(PLAYED), studio.evaluate(WRITTEN), 0.1)


def test_the_page_plays_what_the_midi_performance_holds(track: Page) -> None:
    for percent in (0, 60, 100):
        express(track, percent)
        address = track.get_by_role("link", name="MIDI (performance)").get_attribute("href")
        assert address is not None
        assert address.endswith(f".performance.mid?expression={percent}")
        data = fetched(track, address)
        notes = [one for part in pretty_midi.PrettyMIDI(io.BytesIO(data)).instruments for one in part.notes]
        heard = [[one.start, one.end, one.pitch, one.velocity] for one in notes]
        played = track.evaluate(PLAYED)
        # Two parts may meet on one pitch: by pitch and velocity each finds its own.
        by_pitch = (sorted(rows, key=lambda row: (row[2], row[3], row[0])) for rows in (heard, played))
        assert close_to(*by_pitch, 0.003)


def fetched(page: Page, address: str) -> bytes:
    """A download, asked for again while it is being made."""
    for _ in range(20):
        answer = page.request.get(address)
        if answer.status == 200:
            return answer.body()
        page.wait_for_timeout(1000)
    raise AssertionError(f"{address} was not made")


def test_it_is_heard_at_once_and_the_cursor_stays_where_it_is(studio: Page) -> None:
    studio.click("#play")
    studio.wait_for_function("() => partita.stand.player.state === 'playing' && partita.stand.player.tick > 30")
    before, after = studio.evaluate(
        """() => { const {player} = partita.stand, slider = document.querySelector('#expression')
            const before = player.tick
            slider.value = 0
            slider.dispatchEvent(new Event('input', {bubbles: true}))
            return [before, player.tick] }"""
    )
    assert abs(after - before) < 1
    studio.wait_for_function(f"() => partita.stand.player.tick > {after} + 24")
    assert studio.evaluate("() => partita.stand.player.state") == "playing"


def test_it_is_remembered_and_a_double_click_sets_it_back(studio: Page) -> None:
    express(studio, 85)
    studio.reload()
    studio.wait_for_selector(".system")
    expect(studio.locator("#expression")).to_have_value("85")
    assert studio.evaluate("() => partita.stand.player.expression") == 0.85
    studio.locator("#expression").dblclick()
    expect(studio.locator("#expression")).to_have_value("60")


def test_it_is_moved_by_keyboard_and_says_where_it_stands(studio: Page) -> None:
    slider = studio.get_by_role("slider", name="Expression")
    slider.focus()
    studio.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "65 percent")
    studio.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "as written")


def test_the_downloads_of_a_new_piece_follow_it(studio: Page) -> None:
    express(studio, 30)
    ask(studio, bars=2)
    until_state(studio, "done")
    links: list[Any] = studio.locator("#sheet-foot a[download]").evaluate_all(
        "links => links.map(it => it.getAttribute('href'))"
    )
    asked = [link for link in links if "expression=30" in link]
    assert [link.split(".", 1)[1].split("?")[0] for link in asked] == ["performance.mid", "wav", "ogg", "mp3"]
    express(studio, 40)
    assert studio.locator('#sheet-foot a[href$="wav?expression=40"]').count() == 1


def test_on_a_phone_it_stands_with_the_parts_and_is_large_enough_to_touch(new_guest: NewGuest) -> None:
    page = open_studio(new_guest(viewport=PHONE, has_touch=True, is_mobile=True))
    slider = page.locator("#expression")
    page.evaluate("() => partita.stand.openDrawer('strip')")
    expect(slider).not_to_be_visible()
    page.evaluate("() => partita.stand.openDrawer('full')")
    expect(slider).to_be_visible()
    box = slider.bounding_box()
    assert box
    assert box["height"] >= 44
    assert box["x"] + box["width"] <= PHONE["width"]


def test_the_swells_of_strings_move_on_while_it_plays(studio: Page) -> None:
    studio.evaluate(
        """() => { window.moves = []
        const {player} = partita.stand
        player.prepare()
        const control = player.voice.control
        player.voice.control = function (...given) {
            window.moves.push(given[1])
            return control.apply(this, given) } }"""
    )
    studio.click("#play")
    studio.wait_for_function("() => window.moves.filter((number) => number === 11).length > 8")
