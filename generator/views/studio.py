"""The studio: where a piece is asked for, and watched and heard as it grows."""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from generator.engines import MetreName
from generator.notenames import note_name

ENSEMBLES = (
    ("satb", _("Choir in four parts")),
    ("string-quartet", _("String quartet")),
    ("piano", _("Piano")),
    ("voice-and-piano", _("Voice and piano")),
    ("melody", _("A melody alone")),
    ("duet", _("Melody and bass")),
)
MAJOR = ("C", "G", "D", "A", "E", "B", "F", "Bb", "Eb", "Ab", "Db")
MINOR = ("A", "E", "B", "F#", "C#", "D", "G", "C", "F", "Bb", "Eb")
STYLES = (
    ("chorale", _("Chorale")),
    ("song", _("Art song")),
    ("quartet", _("Classical quartet")),
    ("polish-vocal", _("Old Polish, for voices")),
    ("polish-keyboard", _("Old Polish, for keyboard")),
    ("polish-instrumental", _("Old Polish, for instruments")),
    ("reel", _("Reel")),
    ("jig", _("Jig")),
    ("hornpipe", _("Hornpipe")),
    ("march", _("March")),
    ("strathspey", _("Strathspey")),
    ("air", _("Air")),
    ("tune", _("Dance tune")),
)
TEMPOS = (
    (50, "Largo"),
    (66, "Adagio"),
    (84, "Andante"),
    (104, "Moderato"),
    (118, "Allegretto"),
    (136, "Allegro"),
    (160, "Vivace"),
    (184, "Presto"),
)
LENGTHS = (4, 8, 12, 16, 24, 32, 48, 64)
PRESETS = (
    (0.85, pgettext_lazy("how daring", "Safe"), _("close to what is usual")),
    (1.0, pgettext_lazy("how daring", "Fresh"), _("with turns of its own")),
    (1.2, pgettext_lazy("how daring", "Wild"), _("where few have been")),
)


class Mood(NamedTuple):
    """A character in words, and the controls it moves."""

    name: str
    label: Any
    wish: dict[str, float]


MOODS = (
    Mood("calm", pgettext_lazy("mood", "Calm"), {"density": 0.25, "syncopation": 0.1}),
    Mood("flowing", pgettext_lazy("mood", "Flowing"), {"density": 0.6, "syncopation": 0.25}),
    Mood("lively", pgettext_lazy("mood", "Lively"), {"density": 0.85, "syncopation": 0.55}),
    Mood("solemn", pgettext_lazy("mood", "Solemn"), {"density": 0.2, "tessitura": 0.3, "chromaticism": 0.35}),
    Mood("searching", pgettext_lazy("mood", "Searching"), {"chromaticism": 0.85, "syncopation": 0.4}),
    Mood("bright", pgettext_lazy("mood", "Bright"), {"tessitura": 0.75, "chromaticism": 0.15}),
)
SLIDERS = (
    ("density", _("Movement"), _("few, long notes"), _("many, short notes")),
    ("polyphony", _("Voices at once"), _("thin"), _("full")),
    ("tessitura", _("Register"), _("low"), _("high")),
    ("syncopation", _("Rhythm"), _("on the beat"), _("syncopated")),
    ("chromaticism", _("Harmony"), _("plain"), _("chromatic")),
)


def choices() -> dict[str, Any]:
    """Everything the controls offer, in the words of musicians."""
    return {
        "ensembles": ENSEMBLES,
        "keys_major": [(f"{tonic} major", note_name(tonic)) for tonic in MAJOR],
        "keys_minor": [(f"{tonic} minor", note_name(tonic)) for tonic in MINOR],
        "metres": get_args(MetreName),
        "tempos": TEMPOS,
        "lengths": LENGTHS,
        "moods": MOODS,
        "styles": STYLES,
        "presets": PRESETS,
        "sliders": SLIDERS,
        "takes": (1, 2, 3),
    }


@require_safe
@ensure_csrf_cookie
def studio(request: HttpRequest) -> HttpResponse:
    return render(request, "generator/studio.html", choices())
