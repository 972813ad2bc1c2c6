"""The engines' pages: what each one does, what it learned from, how well, and what may be done with its music."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from generator import engines


class About(NamedTuple):
    """An engine in a musician's words."""

    title: Any
    line: Any
    how: Any
    limits: Any


ABOUT = {
    "transformer": About(
        gettext_lazy("Transformer"),
        gettext_lazy("Writes scores note by note, and remembers what it wrote."),
        gettext_lazy(
            "It reads everything written so far, in every part, and weighs what might come next, one note at a time. "
            "It learned this by guessing the next note of real scores, many millions of times. The same model "
            "composes from nothing, goes on where you stopped, fills a gap, and sets parts to a melody. Key, metre, "
            "length and instruments are held exactly; mood, movement and register are leanings."
        ),
        gettext_lazy(
            "It knows European music of the 17th to the 19th century and Irish and Scottish dances, and little else. "
            "It hears a few dozen bars back, so that a long piece may wander. It writes no words to sing. Now and then "
            "a phrase may come close to one it has read; how often is measured below."
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
    "jsb-chorales": gettext_lazy("public domain"),
    "folk-tunes": gettext_lazy("public domain"),
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


REAL = gettext_lazy("real scores")
FIGURES = (
    Figure("grammatical_share", gettext_lazy("Pieces whose every bar adds up"), gettext_lazy("judged on the exported score by two other programs")),
    Figure("locks_held_share", gettext_lazy("Pieces in exactly the key, metre, length and parts asked for"), ""),
    Figure("heard_key_share", gettext_lazy("Pieces in which an ear finds the key asked for"), gettext_lazy("from the notes alone"), "heard_key_share_real", REAL),
    Figure("final_cadence_share", gettext_lazy("Pieces that close with the keynote in the bass"), "", "final_cadence_share_real", REAL),
    Figure("frozen_share", gettext_lazy("Pieces with an empty or frozen stretch"), gettext_lazy("the same bar more than four times"), "frozen_share_real", REAL),
    Figure("overlap_mean", gettext_lazy("Likeness to real scores"), gettext_lazy("shared area of ten statistics of pitch, rhythm and texture"), "overlap_mean_real", gettext_lazy("real scores among themselves")),
    Figure("copy_share", gettext_lazy("Stretches of two bars found in the training scores"), gettext_lazy("in any key"), "copy_share_real", gettext_lazy("unseen real scores")),
    Figure("nll_per_note", gettext_lazy("Surprise at a real note, in nats"), gettext_lazy("on scores never seen; less is better"), "nll_per_note_5gram", gettext_lazy("a model of five-note phrases"), percent=False),
)  # fmt: skip


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    cards = [{"name": name, "about": about_of(name), "card": card(name)} for name in engines.ENGINES if name in ABOUT]
    return render(request, "generator/engines.html", {"engines": cards})


@require_safe
def engine(request: HttpRequest, name: str) -> HttpResponse:
    if name not in engines.ENGINES:
        raise Http404(_("There is no such engine."))
    found = card(name)
    context = {"name": name, "about": about_of(name), "card": found}
    if found:
        context |= {
            "sources": sources(found.get("data", {})),
            "figures": figures(found.get("metrics", {})),
            "training": training(found),
        }
    return render(request, "generator/engine.html", context)


def about_of(name: str) -> About:
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
        return number_format(value, 2)
    places = 0 if value in (0, 1) else 1
    return _("%(number)s %%") % {"number": number_format(100 * value, places)}


def training(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How it was made, as (what, how much)."""
    done = found.get("training", {})
    rows = [
        (_("Training"), _duration(done["minutes"]) if "minutes" in done else ""),
        (_("Processor"), _("%(threads)s threads of a CPU") % {"threads": done["threads"]} if "threads" in done else ""),
        (_("Notes read"), number_format(done["notes"], use_l10n=True, force_grouping=True) if "notes" in done else ""),
        (
            _("Parameters"),
            number_format(found["parameters"], use_l10n=True, force_grouping=True) if "parameters" in found else "",
        ),
        (_("Licence of the weights"), found.get("licence", "")),
        (_("Fingerprint of the weights"), str(found.get("weights", ""))[:16]),
    ]
    return [(name, value) for name, value in rows if value]


def _duration(minutes: float) -> str:
    hours, rest = divmod(round(minutes), 60)
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
    return _("%(minutes)d min") % {"minutes": rest}
