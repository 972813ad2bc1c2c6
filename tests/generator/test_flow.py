"""The main flow through every real process: compose, follow, fetch."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema
import pytest

from generator.events import SCHEMAS
from generator.music import midi, notation
from tests.sites import Site, received

BRIEF = {"engine": "scales", "bars": 4, "key": "D minor", "metre": "3/4", "ensemble": "satb", "seed": 7}


@pytest.fixture(scope="module")
def alice(any_site: Site) -> httpx.Client:
    return any_site.member("alice")


@pytest.fixture(scope="module")
def bob(any_site: Site) -> httpx.Client:
    return any_site.member("bob")


def compose(client: httpx.Client, **brief: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/compositions", json={**BRIEF, **brief})
    assert answer.status_code == 202, answer.text
    return answer.json()  # type: ignore[no-any-return]


def test_every_event_arrives_numbered_without_gaps_and_as_its_schema_says(any_site: Site, alice: httpx.Client) -> None:
    job = compose(alice, takes=2)
    with any_site.socket(alice, job["id"]) as socket:
        events = received(socket)
    assert [event["seq"] for event in events] == list(range(1, 2 * 4 + 3))
    assert [event["kind"] for event in events] == ["start", *["bar"] * 8, "done"]
    for event in events:
        jsonschema.validate(event, SCHEMAS[event["kind"]])
    bars = [(event["take"], event["bar"]) for event in events if event["kind"] == "bar"]
    assert bars == [(take, bar) for bar in range(4) for take in range(2)]
    assert len(events[-1]["tracks"]) == 2


def test_what_was_composed_is_a_track_with_its_files(any_site: Site, alice: httpx.Client, bob: httpx.Client) -> None:
    job = any_site.finished(alice, compose(alice)["id"])
    assert (job["status"], job["progress"], job["error"]) == ("done", 1.0, None)
    track = alice.get(f"/api/v1/tracks/{job['track']}").json()
    assert (track["bars"], track["kept"], track["visibility"]) == (4, False, "private")
    assert track["brief"]["key"] == "D minor"
    assert alice.get(track["exports"]["mid"]).content.startswith(b"MThd")
    assert b"score-partwise" in alice.get(track["exports"]["musicxml"]).content
    assert bob.get(track["exports"]["mid"]).status_code == 404


def test_the_log_has_the_ids_that_the_measures_have(any_site: Site, alice: httpx.Client) -> None:
    job = compose(alice)
    with any_site.socket(alice, job["id"]) as socket:
        bar = next(event for event in received(socket) if event["kind"] == "bar")
    assert bar["notes"]
    for note in bar["notes"]:
        assert f'id="{note["id"]}"' in bar["measures"][str(note["part"])]


def test_a_piece_is_continued_from_another(any_site: Site, alice: httpx.Client) -> None:
    first = any_site.finished(alice, compose(alice)["id"])["track"]
    job = compose(alice, task="continue", source=first, bars=2)
    with any_site.socket(alice, job["id"]) as socket:
        bars = [event["bar"] for event in received(socket) if event["kind"] == "bar"]
    assert bars == [0, 1, 2, 3, 4, 5]
    assert alice.get(f"/api/v1/tracks/{any_site.finished(alice, job['id'])['track']}").json()["bars"] == 6


@pytest.mark.parametrize(("seed", "remedy"), [(13, "another seed"), (14, "fewer bars"), (15, "another engine")])
def test_an_engine_that_fails_says_what_to_do(any_site: Site, alice: httpx.Client, seed: int, remedy: str) -> None:
    job = compose(alice, seed=seed)
    with any_site.socket(alice, job["id"]) as socket:
        last = received(socket)[-1]
    assert last["kind"] == "failed"
    assert remedy in last["error"]
    assert any_site.finished(alice, job["id"])["error"] == last["error"]


def test_cancelling_stops_the_engine_within_a_bar(any_site: Site, alice: httpx.Client) -> None:
    job = compose(alice, bars=128, density=0.3)
    with any_site.socket(alice, job["id"]) as socket:
        for message in socket:
            if json.loads(message)["kind"] == "bar":
                break
        assert alice.delete(f"/api/v1/compositions/{job['id']}").json()["status"] == "cancelled"
        rest = received(socket)
    assert rest[-1]["kind"] == "cancelled"
    after = compose(alice)  # and the worker is free again
    assert any_site.finished(alice, after["id"])["status"] == "done"


def test_what_was_streamed_is_what_the_track_s_page_plays(any_site: Site, alice: httpx.Client) -> None:
    job = compose(alice, bars=6)
    with any_site.socket(alice, job["id"]) as socket:
        events = received(socket)
    bars = [event["performance"] for event in events if event["kind"] == "bar"]
    whole = alice.get(f"/t/{events[-1]['track']}/score").json()
    assert [note["id"] for event in events if event["kind"] == "bar" for note in event["notes"]] != []
    for name in ("clock", "controls"):
        assert [one for bar in bars for one in bar[name]] == whole["performance"][name]
    streamed = {n["id"]: p for e in events if e["kind"] == "bar" for n, p in zip(e["notes"], e["performance"]["notes"])}
    assert streamed == {n["id"]: p for n, p in zip(whole["notes"], whole["performance"]["notes"], strict=True)}


OTHERS = [("pdf", b"%PDF"), ("performance.mid", b"MThd"), ("wav", b"RIFF"), ("ogg", b"OggS"), ("mp3", b"")]


@pytest.mark.parametrize(("suffix", "begin"), OTHERS)
def test_other_files_are_made_on_first_request(any_site: Site, alice: httpx.Client, suffix: str, begin: bytes) -> None:
    code = any_site.finished(alice, compose(alice)["id"])["track"]
    first = any_site.downloaded(alice, f"/t/{code}.{suffix}")
    assert first.startswith(begin)
    assert len(first) > 500
    assert alice.get(f"/t/{code}.{suffix}").content == first


def test_more_expression_is_another_file(any_site: Site, alice: httpx.Client) -> None:
    code = any_site.finished(alice, compose(alice)["id"])["track"]
    address = alice.get(f"/api/v1/tracks/{code}").json()["exports"]["performance.mid"]
    plain, usual, full = (
        any_site.downloaded(alice, f"{address}{query}") for query in ("?expression=0", "", "?expression=100")
    )
    assert len({plain, usual, full}) == 3
    assert any_site.downloaded(alice, f"{address}?expression=60") == usual


def test_the_shipped_engine_writes_eight_bars_in_four_parts_as_asked(any_site: Site, alice: httpx.Client) -> None:
    brief = {"engine": "transformer", "bars": 8, "key": "D minor", "metre": "3/4", "ensemble": "satb", "seed": 7}
    accepted = alice.post("/api/v1/compositions", json=brief).json()
    with any_site.socket(alice, accepted["id"]) as socket:
        events = received(socket)
    assert [event["seq"] for event in events] == list(range(1, 11))
    for event in events:
        jsonschema.validate(event, SCHEMAS[event["kind"]])
    code = events[-1]["track"]
    piece = notation.read(alice.get(f"/t/{code}.musicxml").content, ".musicxml")
    assert (piece.bar_count, len(piece.parts)) == (8, 4)
    assert (str(piece.keys[0]), str(piece.metres[0])) == ("D minor", "3/4")
    heard = midi.read(alice.get(f"/t/{code}.mid").content)
    assert (heard.bar_count, len(heard.parts)) == (8, 4)
    told = [(note["onset"], note["pitch"]) for event in events[1:-1] for note in event["notes"]]
    assert sorted(told) == sorted((note.onset, note.pitch) for _, note in piece.notes())


def test_the_same_brief_and_seed_give_the_same_notes(any_site: Site, alice: httpx.Client) -> None:
    brief = {"engine": "transformer", "bars": 4, "ensemble": "string-quartet", "seed": 99}
    codes = [
        any_site.finished(alice, alice.post("/api/v1/compositions", json=brief).json()["id"])["track"] for _ in range(2)
    ]
    first, second = (alice.get(f"/t/{code}.mid").content for code in codes)
    assert first == second
