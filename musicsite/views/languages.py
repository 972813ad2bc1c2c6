"""The strings of the page's scripts, one file a language, named by its content so that it never goes stale."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

APPS = ["generator", "recommender", "musicsite"]
YEAR = 365 * 86400


@lru_cache
def catalogue(language: str) -> tuple[bytes, str]:
    """(script, digest) of a language. Catalogues change only when the site is built anew."""
    with override(language):
        script = JavaScriptCatalog(packages=APPS).get(RequestFactory().get("/")).content
    return script, hashlib.sha256(script).hexdigest()[:10]


def catalogue_context(request: HttpRequest | None = None) -> dict[str, str]:
    """Context processor: where the page's language lies."""
    language = get_language() or settings.LANGUAGE_CODE
    return {"catalogue_url": reverse("catalogue", args=[language, catalogue(language)[1]])}


@require_safe
def serve(request: HttpRequest, language: str, digest: str) -> HttpResponse:
    """A page that is older than the catalogue gets the new one, uncached."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    script, current = catalogue(language)
    caching = f"public, max-age={YEAR}, immutable" if digest == current else "no-store"
    return HttpResponse(script, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": caching})
