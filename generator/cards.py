"""Model cards in a musician's words: what an engine does, what it learned from, how well it was found to work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from generator import engines


class About(NamedTuple):
    """An engine in a musician's words."""

    title: Any
    line: Any
    how: Any
    limits: Any


ABOUT = {
    "transformer": About(
        _("Transformer"),
        _("Writes scores note by note, and remembers what it wrote."),
        _(
            "It reads everything written so far, in every part, and weighs what might come next, one note at a time. "
            "It learned this by guessing the next note of real scores, many millions of times. The same model "
            "composes from nothing, goes on where you stopped, fills a gap, and sets parts to a melody. Key, metre, "
            "length and instruments are held exactly; mood, movement and register are leanings."
        ),
        _(
            "It knows European music of the 17th to the 19th century and Irish and Scottish dances, and little else. "
            "It hears a few dozen bars back, so that a long piece may wander. It writes no words to sing. Now and then "
            "a phrase may come close to one it has read."
        ),
    ),
}
SOURCES = {
    "jsb-chorales": ("J. S. Bach, chorales", ""),
    "folk-tunes": ("O’Neill’s Music of Ireland; Ryan’s Mammoth Collection; Aird’s Airs", ""),
    "openscore-lieder": ("OpenScore Lieder Corpus", "https://github.com/OpenScore/Lieder"),
    "openscore-quartets": ("OpenScore String Quartets", "https://github.com/OpenScore/StringQuartets"),
    "polish-scores": ("Polish Music Heritage in Open Access", "https://polishscores.org"),
}
LICENCES = {
    "jsb-chorales": _("public domain"),
    "folk-tunes": _("public domain"),
    "openscore-lieder": "CC0 1.0",
    "openscore-quartets": "CC0 1.0",
    "polish-scores": "CC BY 4.0",
}


class Figure(NamedTuple):
    """One measured figure: its key in the card, what it says, and with which other key it is to be compared."""

    key: str
    label: Any
    note: Any
    beside: str = ""
    beside_label: Any = ""
    percent: bool = True


REAL = _("real scores")
FIGURES = (
    Figure(
        "grammatical_share",
        _("Pieces whose every bar adds up"),
        _("judged on the exported score by two other programs"),
    ),
    Figure("locks_held_share", _("Pieces in exactly the key, metre, length and parts asked for"), ""),
    Figure(
        "heard_key_share",
        _("Pieces in which an ear finds the key asked for"),
        _("from the notes alone"),
        "heard_key_share_real",
        REAL,
    ),
    Figure(
        "final_cadence_share", _("Pieces that close with the keynote in the bass"), "", "final_cadence_share_real", REAL
    ),
    Figure(
        "frozen_share",
        _("Pieces with an empty or frozen stretch"),
        _("the same bar more than four times"),
        "frozen_share_real",
        REAL,
    ),
    Figure(
        "overlap_mean",
        _("Likeness to real scores"),
        _("shared area of ten statistics of pitch, rhythm and texture"),
        "overlap_mean_real",
        _("real scores among themselves"),
    ),
    Figure(
        "copy_share",
        _("Stretches of two bars found in the training scores"),
        _("in any key"),
        "copy_share_real",
        _("unseen real scores"),
    ),
    Figure(
        "nll_per_note",
        _("Surprise at a real note, in nats"),
        _("on scores never seen; less is better"),
        "nll_per_note_5gram",
        _("a model of five-note phrases"),
        percent=False,
    ),
)


def about(name: str) -> About:
    """What we say of it; an engine of somebody else's says nothing but its name."""
    return ABOUT.get(name, About(name, "", "", ""))


def card(name: str) -> dict[str, Any] | None:
    """The model card, or None where no weights are installed."""
    try:
        return engines.card(name)
    except FileNotFoundError:
        return None


def sources(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What it learned from: title, address, licence, number of pieces."""
    rows = []
    for key, count in data.get("source", {}).items():
        title, url = SOURCES.get(key, (key, ""))
        rows.append({"title": title, "url": url, "licence": LICENCES.get(key, ""), "count": count})
    return rows


def figures(metrics: Mapping[str, float]) -> list[dict[str, Any]]:
    """The measured figures in words; what was not measured is not shown."""
    return [
        {
            "label": figure.label,
            "note": figure.note,
            "value": printed(metrics[figure.key], figure.percent),
            "beside": printed(metrics[figure.beside], figure.percent) if figure.beside in metrics else "",
            "beside_label": figure.beside_label,
        }
        for figure in FIGURES
        if figure.key in metrics
    ]


def printed(value: float, percent: bool) -> str:
    """A share as per cent, with a decimal where it matters; anything else with two."""
    if not percent:
        return number_format(f"{value:.2f}")
    places = 0 if value in (0, 1) else 1
    return gettext("%(number)s %%") % {"number": number_format(f"{100 * value:.{places}f}")}


def training(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How it was made, as (what, how much)."""
    done = found.get("training", {})
    rows = [
        (gettext("Training"), _duration(done["minutes"]) if "minutes" in done else ""),
        (
            gettext("Processor"),
            _threads(done["threads"]) if "threads" in done else "",
        ),
        (
            gettext("Notes read"),
            number_format(done["notes"], use_l10n=True, force_grouping=True) if "notes" in done else "",
        ),
        (
            _("Parameters"),
            number_format(found["parameters"], use_l10n=True, force_grouping=True) if "parameters" in found else "",
        ),
        (gettext("Licence of the weights"), found.get("licence", "")),
        (gettext("Fingerprint of the weights"), _code(str(found.get("weights", ""))[:16])),
    ]
    return [(str(name), str(value)) for name, value in rows if value]


def _code(text: str) -> str:
    """A value that is no word of any language."""
    return format_html("<code>{}</code>", text) if text else ""


def _duration(minutes: float) -> str:
    hours, rest = divmod(round(minutes), 60)
    if hours:
        return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
    return gettext("%(minutes)d min") % {"minutes": rest}


def _threads(count: int) -> str:
    return ngettext("%(threads)s thread of a CPU", "%(threads)s threads of a CPU", count) % {"threads": count}
