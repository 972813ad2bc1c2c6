"""A track's own page: its score, its sound, how it was made, and what its owner may do with it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from generator import access
from generator.access import requester
from generator.models import Track, Visibility
from generator.music import serial
from generator.notenames import note_name
from generator.views import studio
from generator.views.files import asked_version, with_caching
from generator.wire import describe_frame, describe_performance

FORMATS: dict[str, Any] = {
    "pdf": gettext_lazy("PDF, A4"),
    "letter": gettext_lazy("PDF, Letter"),
    "musicxml": "MusicXML",
    "mid": gettext_lazy("MIDI (score)"),
    "performance.mid": gettext_lazy("MIDI (performance)"),
    "wav": "WAV",
    "ogg": "Ogg",
    "mp3": "MP3",
}


@require_safe
@ensure_csrf_cookie
def track(request: HttpRequest, code: str) -> HttpResponse:
    who = requester(request)
    found = access.track(who, code)
    context = {
        "track": found,
        "mine": who.owns(found),
        "controls": controls_used(found),
        "downloads": downloads(found),
        "visibilities": Visibility.choices,
        "phone_controls": "no",
    }
    response = render(request, "generator/track.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def score(request: HttpRequest, code: str) -> HttpResponse:
    """The notes for the player and the roll, and how they are played, as events hold them."""
    who = requester(request)
    found = access.track(who, code)
    version = asked_version(request, found, who)
    if not version.piece:
        raise Http404(_("This track is sound without a score."))
    piece = serial.loads(version.piece)
    whole = describe_performance(piece, found.brief)
    answer = {**describe_frame(piece), "brief": found.brief, "title": found.title, **whole}
    return with_caching(JsonResponse(answer), found, version)  # type: ignore[no-any-return]


def controls_used(track: Track) -> list[tuple[Any, str]]:
    """What was asked for, in the studio's own words; what was left open is left out."""
    brief = track.brief
    labels = {
        "ensemble": (_("For"), dict(studio.ENSEMBLES)),
        "key": (_("Key"), {}),
        "metre": (_("Metre"), {}),
        "tempo": (_("Tempo"), {}),
        "bars": (_("Length"), {}),
        "style": (_("Manner"), dict(studio.STYLES)),
        **{name: (label, {}) for name, label, _low, _high in studio.SLIDERS},
    }
    used = [(label, in_words(name, brief[name], words)) for name, (label, words) in labels.items() if brief.get(name)]
    return [*used, (_("Daring"), daring(brief.get("temperature", 1.0))), (_("Seed"), str(brief.get("seed", "")))]


def in_words(name: str, value: Any, words: dict[str, Any]) -> str:
    """One setting as a musician reads it."""
    if name == "tempo":
        return f"♩ = {value}"
    if name == "bars":
        return _("%(count)d bars") % {"count": value}
    if name == "key":
        tonic, _space, mode = str(value).partition(" ")
        return (_("%(tonic)s minor") if mode == "minor" else _("%(tonic)s major")) % {"tonic": note_name(tonic)}
    if isinstance(value, float):
        return f"{value:.0%}"
    return str(words.get(value, value))


def daring(temperature: float) -> str:
    """The preset next to a temperature."""
    return str(min(studio.PRESETS, key=lambda preset: abs(preset[0] - temperature))[1])


def downloads(track: Track) -> list[tuple[str, str]]:
    """(address, name) of every file of this track."""
    found = []
    for name, label in FORMATS.items():
        suffix = "pdf" if name == "letter" else name
        if suffix in track.formats:
            found.append((f"/t/{track.code}.{suffix}{'?paper=Letter' if name == 'letter' else ''}", label))
    return found
