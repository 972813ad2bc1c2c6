"""/engines: the cards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import override

from generator import cards, engines

pytestmark = pytest.mark.django_db
CREDIT = "Polish Music Heritage in Open Access, The Fryderyk Chopin Institute (nifc.pl), polishscores.org"
CARD = {
    "engine": "transformer",
    "weights": "0123456789abcdef0123",
    "licence": "MIT",
    "parameters": 2_345_678,
    "training": {"minutes": 95.4, "threads": 2, "notes": 12_345_678},
    "data": {"pieces": 5000, "source": {"polish-scores": 4834, "jsb-chorales": 1}},
    "credits": [CREDIT],
    "metrics": {"grammatical_share": 1.0, "copy_share": 0.0312, "copy_share_real": 0.028, "nll_per_note": 3.456},
}


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of weights."""
    monkeypatch.setattr(engines, "WEIGHTS", tmp_path)
    return tmp_path


def page(guest: Client) -> str:
    return guest.get("/engines/transformer").content.decode()


def test_a_card_says_what_was_learned_measured_and_credited(guest: Client, weights: Path) -> None:
    (weights / "transformer.json").write_text(json.dumps(CARD))
    text = page(guest)
    for words in (CREDIT, "CC BY 4.0", "4834 pieces", "1 piece", "1 h 35 min", "2,345,678", "3.46", "MIT"):
        assert words in text
    assert "What may be done with its music" in text


def test_figures_stand_beside_what_they_are_compared_with() -> None:
    found = {str(figure["label"]): figure for figure in cards.figures(CARD["metrics"])}
    assert found["Pieces whose every bar adds up"]["value"] == "100 %"
    copies = found["Stretches of two bars found in the training scores"]
    assert (copies["value"], copies["beside"]) == ("3.1 %", "2.8 %")
    assert found["Surprise at a real note, in nats"]["beside"] == ""
    with override("de"):
        assert cards.figures({"copy_share": 0.0312})[0]["value"] == "3,1 %"


def test_an_engine_without_weights_says_so_and_shows_no_figures(guest: Client, weights: Path) -> None:
    text = page(guest)
    assert "not installed on this machine" in text
    assert "What was measured" not in text
    assert "Not installed here yet." in guest.get("/engines/").content.decode()


def test_a_card_with_little_in_it_is_still_a_page(guest: Client, weights: Path) -> None:
    (weights / "transformer.json").write_text("{}")
    assert "What it cannot do" in page(guest)


def test_the_shipped_card_credits_the_scores_it_asks_credit_for(guest: Client) -> None:
    found = cards.card("transformer")
    if not found or "polish-scores" not in found["data"]["source"]:
        pytest.skip("No weights trained on scores under CC BY are installed.")
    assert CREDIT in page(guest)


def test_an_unknown_engine_is_a_404(guest: Client) -> None:
    assert guest.get("/engines/pianola").status_code == 404
    assert guest.get("/engines/..%2Fsecret").status_code == 404
