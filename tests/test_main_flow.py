"""The promise of the front page, with the shipped weights: ask, watch the score grow, download, read it elsewhere."""

from __future__ import annotations

import io
from typing import Any

import music21
import pretty_midi
import pytest
import verovio

from generator.engines import ENGINES, WEIGHTS
from tests.sites import Site, received

BARS = 8
BRIEF = {"engine": "transformer", "bars": BARS, "key": "D minor", "metre": "3/4", "ensemble": "satb", "seed": 7}
PARTS = 4
CODE = "/t/{code}{suffix}"

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(scope="module")
def composed(site: Site) -> dict[str, Any]:
    """{"events": every socket message, "track": its code, "midi": bytes, "musicxml": bytes} of one piece of alice's."""
    alice = site.member("alice")
    answer = alice.post("/api/v1/compositions", json=BRIEF)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    with site.socket(alice, job["id"]) as socket:
        events = received(socket)
    track = site.finished(alice, job["id"])["track"]
    files = {kind: alice.get(CODE.format(code=track, suffix=f".{kind}")) for kind in ("mid", "musicxml")}
    assert {kind: file.status_code for kind, file in files.items()} == {"mid": 200, "musicxml": 200}
    return {"events": events, "track": track, **{kind: file.content for kind, file in files.items()}}


def test_the_events_are_numbered_without_gaps_from_start_to_done(composed: dict[str, Any]) -> None:
    events = composed["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["kind"] for event in events] == ["start", *["bar"] * BARS, "done"]
    assert events[-1]["track"] == composed["track"]
    assert [event["bar"] for event in events[1:-1]] == list(range(BARS))


def test_every_bar_comes_with_its_music_and_its_measures(composed: dict[str, Any]) -> None:
    bars = composed["events"][1:-1]
    assert all(sorted(bar["measures"]) == [str(part) for part in range(PARTS)] for bar in bars)
    assert sum(len(bar["notes"]) for bar in bars) > 2 * BARS * PARTS / 2


def test_music21_reads_the_asked_bars_key_and_metre(composed: dict[str, Any]) -> None:
    score = music21.converter.parseData(composed["musicxml"], format="musicxml")
    assert len(score.parts) == PARTS
    for part in score.parts:
        measures = list(part.getElementsByClass(music21.stream.Measure))
        full = [measure for measure in measures if measure.duration.quarterLength == 3]
        assert len(full) == len(measures) == BARS
        assert [key.sharps for key in part[music21.key.KeySignature]] == [-1]
        assert [metre.ratioString for metre in part[music21.meter.TimeSignature]] == ["3/4"]


def test_pretty_midi_reads_the_same_notes_that_the_events_brought(composed: dict[str, Any]) -> None:
    midi = pretty_midi.PrettyMIDI(io.BytesIO(composed["mid"]))
    sent = [note["pitch"] for event in composed["events"][1:-1] for note in event["notes"]]
    assert sorted(note.pitch for instrument in midi.instruments for note in instrument.notes) == sorted(sent)
    assert [(change.numerator, change.denominator) for change in midi.time_signature_changes] == [(3, 4)]
    assert [pretty_midi.key_number_to_key_name(change.key_number) for change in midi.key_signature_changes] == [
        "D minor"
    ]
    assert len(midi.get_downbeats()) in (BARS, BARS + 1)


def test_verovio_reads_it_without_a_warning(composed: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    toolkit = verovio.toolkit()
    assert toolkit.loadData(composed["musicxml"].decode())
    ids = {note_id for moment in toolkit.renderToTimemap() for note_id in moment.get("on", [])}
    sent = {note["id"] for event in composed["events"][1:-1] for note in event["notes"]}
    assert sent <= ids
    assert toolkit.renderToMIDI()
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_every_registered_engine_ships_its_weights_and_card() -> None:
    shipped = {name for name in ENGINES if not ENGINES[name].startswith("tests.")}
    assert shipped
    assert {name for name in shipped if (WEIGHTS / f"{name}.json").exists()} == shipped
    assert {name for name in shipped if (WEIGHTS / f"{name}.safetensors").stat().st_size <= 30_000_000} == shipped
