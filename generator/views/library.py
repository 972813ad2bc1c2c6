"""The library: what one kept, what is being composed, and what was deleted lately."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from generator import listing
from generator.access import requester
from generator.engines import Brief
from generator.forms import FieldError
from generator.models import Job, Track
from generator.silhouette import HEIGHT, WIDTH, silhouette
from generator.titles import title_of
from generator.views.studio import ENSEMBLES
from generator.views.track import in_words


@require_safe
@never_cache
@ensure_csrf_cookie
def library(request: HttpRequest) -> HttpResponse:
    """Kept tracks and running jobs; `q` searches, `order` sorts, `cursor` goes on."""
    who = requester(request)
    running = Job.objects.filter(who.mine, kind=Job.Kind.COMPOSE, status__in=Job.ACTIVE).order_by("created_at")
    deleted = Track.objects.restorable().filter(who.mine).count() if who.known else 0
    context = {"jobs": [job_row(job) for job in running], "deleted_count": deleted, "orders": listing.ORDERS}
    return shelf(request, Track.objects.kept().filter(who.mine), "generator/library.html", context)


@require_safe
@never_cache
@ensure_csrf_cookie
def deleted(request: HttpRequest) -> HttpResponse:
    """What can still be brought back, and until when."""
    found = Track.objects.restorable().filter(requester(request).mine)
    return shelf(request, found, "generator/deleted.html", {"undo_days": settings.UNDO_DAYS})


def shelf(request: HttpRequest, found: QuerySet[Track], template: str, context: dict[str, Any]) -> HttpResponse:
    """One page of tracks in a template. An order or cursor that is not ours leads to the first page."""
    search, order = request.GET.get("q", "").strip(), request.GET.get("order", "newest")
    try:
        page = listing.page(found, search, order, request.GET.get("cursor", ""))
    except FieldError:
        return redirect(request.path)
    query = request.GET.copy()
    query["cursor"] = page.following or ""
    context |= {
        "rows": [row(track) for track in page.tracks],
        "more": query.urlencode() if page.following else "",
        "search": search,
        "order": order,
        "later": bool(request.GET.get("cursor")),
        "box": f"0 0 {WIDTH} {HEIGHT}",
    }
    return render(request, template, context)


def row(track: Track) -> dict[str, Any]:
    """A track as the list shows it."""
    gone = track.deleted_at + timedelta(days=settings.UNDO_DAYS) if track.deleted_at else None
    return {
        "track": track,
        "lines": silhouette(track.head.piece) if track.head else [],
        "facts": facts(track),
        "length": minutes(track.head.seconds if track.head else 0),
        "days_left": max((gone - timezone.now()).days + 1, 1) if gone else None,
    }


def facts(track: Track) -> list[str]:
    """Who plays, in what key and metre, how long: in words."""
    brief, words = track.brief, {"ensemble": dict(ENSEMBLES)}
    found = [
        in_words(name, brief[name], words.get(name, {})) for name in ("ensemble", "key", "metre") if brief.get(name)
    ]
    if track.head and track.head.bars:
        found.append(in_words("bars", track.head.bars, {}))
    return found


def minutes(seconds: float) -> str:
    """1:05"""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def job_row(job: Job) -> dict[str, Any]:
    """A running job as the list shows it."""
    brief = job.request
    try:
        title = title_of(Brief(**brief))
    except (TypeError, ValueError):
        title = _("A piece")
    return {"job": job, "title": title, "percent": round(100 * job.progress), "bars": brief.get("bars")}
