"""The engines' pages: what each one does, what it learned from, how well, and what may be done with its music."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from generator import cards, engines


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    found = [
        {"name": name, "about": cards.about(name), "card": cards.card(name)}
        for name in engines.ENGINES
        if name in cards.ABOUT
    ]
    return render(request, "generator/engines.html", {"engines": found})


@require_safe
def engine(request: HttpRequest, name: str) -> HttpResponse:
    if name not in engines.ENGINES:
        raise Http404(_("There is no such engine."))
    found = cards.card(name)
    context: dict[str, Any] = {"name": name, "about": cards.about(name), "card": found}
    if found:
        context |= {
            "sources": cards.sources(found.get("data", {})),
            "figures": cards.figures(found.get("metrics", {})),
            "training": cards.training(found),
        }
    return render(request, "generator/engine.html", context)
