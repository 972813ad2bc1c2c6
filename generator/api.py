"""The JSON API of composing and of tracks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.security import APIKeyCookie

from generator import access, cards, engines, forms, jobs, listing, tracks
from generator.access import requester
from generator.broker import nudge
from generator.engines import Brief
from generator.models import Job, Track, Version
from generator.schemas import Accepted, Composition, Parent, Rating, TrackChange, TrackList, TrackOut, VersionOut

router = Router(tags=["generator"])


class Visitor(APIKeyCookie):
    """Anybody: a member or guest by cookie (with a CSRF token on unsafe calls), or the owner of a Bearer token."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user


# -- Composing ---------------------------------------------------------------------------


def composition(job: Job) -> Composition:
    """A job as the API tells of it."""
    codes = list(job.tracks.order_by("take").values_list("code", flat=True))
    return Composition(
        id=job.pk,
        status=job.status,
        progress=job.progress,
        track=codes[0] if codes else None,
        tracks=codes,
        error=_(job.error) if job.error else None,
        events=job.seq,
        brief=job.request,
        created_at=job.created_at,
    )


@router.post("/compositions", response={202: Accepted}, summary="Compose")
def compose(request: HttpRequest, brief: Brief) -> Any:
    """Queue a piece. Follow it on the socket, or ask for it here until its status is done."""
    return Status(202, start(request, brief))


def start(request: HttpRequest, brief: Brief) -> Accepted:
    """Check a brief and queue it; other apps that compose end here too."""
    who = requester(request, create=True)
    brief = forms.checked(brief, who)
    job = jobs.start(Job.Kind.COMPOSE, brief.model_dump(mode="json"), who)
    return Accepted(id=job.pk, status=job.status, socket=f"/ws/jobs/{job.pk}/")


@router.get("/compositions", response=list[Composition], summary="My running compositions")
def running(request: HttpRequest) -> Any:
    """What is waiting or running, oldest first."""
    mine = Job.objects.filter(requester(request).mine, kind=Job.Kind.COMPOSE, status__in=Job.ACTIVE)
    return [composition(job) for job in mine.order_by("created_at")]


@router.get("/compositions/{uuid:job_id}", response=Composition, summary="How a composition goes")
def look(request: HttpRequest, job_id: UUID) -> Any:
    """Its state, its progress from 0 to 1, and its tracks once it is done."""
    return composition(access.job(requester(request), job_id))


@router.delete("/compositions/{uuid:job_id}", response=Composition, summary="Cancel")
def cancel(request: HttpRequest, job_id: UUID) -> Any:
    """Stop it. What is done already stays as it is."""
    job = access.job(requester(request), job_id)
    jobs.cancel(job)
    job.refresh_from_db()
    return composition(job)


@router.get("/compositions/{uuid:job_id}/audio/{int:attempt}/{name}", include_in_schema=False)
def chunk(request: HttpRequest, job_id: UUID, attempt: int, name: str) -> FileResponse:
    """One stretch of sound of a running job."""
    job = access.job(requester(request), job_id)
    if not name.endswith(".wav") or not name.removesuffix(".wav").replace("-", "").isdigit():
        raise Http404
    try:
        file = default_storage.open(f"jobs/{job.pk}/{attempt}/{name}")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(file, content_type="audio/wav", headers={"Cache-Control": "private, max-age=3600"})


# -- Tracks ---------------------------------------------------------------------------------


def track_out(track: Track, who: access.Requester) -> TrackOut:
    """A track as the API tells of it. Who owns it is told of members only."""
    head = track.current
    return TrackOut(
        code=track.code,
        title=track.title,
        owner=track.owner.username if track.owner else None,
        mine=who.owns(track),
        visibility=track.visibility,
        kept=track.kept,
        engine=track.engine,
        brief=track.brief,
        provenance=track.provenance,
        parent=_parent(track, who),
        version=head.number,
        bars=head.bars,
        seconds=round(head.seconds, 2),
        take=track.take,
        job=track.job_id,
        exports={suffix: reverse("generator:file", args=[track.code, suffix]) for suffix in track.formats},
        rating=Rating(count=track.rating_count, mean=track.rating_mean),
        url=track.get_absolute_url(),
        created_at=track.created_at,
    )


def _parent(track: Track, who: access.Requester) -> Parent | None:
    """What it was remixed from, where the reader may open that."""
    version = track.parent
    if version is None:
        return None
    origin = version.track
    if origin.deleted_at or not (origin.visibility != "private" or who.owns(origin)):
        return None
    return Parent(code=origin.code, title=origin.title, version=version.number)


@router.get("/tracks", response=TrackList, summary="My tracks")
def list_tracks(
    request: HttpRequest, cursor: str = "", search: str = "", order: str = "newest", deleted: bool = False
) -> Any:
    """Kept tracks; with `deleted`, those that can still be restored."""
    who = requester(request)
    source = Track.objects.restorable() if deleted else Track.objects.kept()
    page = listing.page(source.filter(who.mine), search, order, cursor)
    return TrackList(items=[track_out(track, who) for track in page.tracks], next=page.following)


@router.get("/tracks/{code}", response=TrackOut, summary="A track")
def get_track(request: HttpRequest, code: str) -> Any:
    """One's own, or one that is shared."""
    who = requester(request)
    return track_out(access.track(who, code), who)


@router.patch("/tracks/{code}", response=TrackOut, summary="Rename, share or keep")
def change_track(request: HttpRequest, code: str, change: TrackChange) -> Any:
    """Only what is given changes."""
    who = requester(request)
    track = access.own_track(who, code)
    changes = {name: value for name, value in change.model_dump(exclude_unset=True).items() if value is not None}
    if changes.get("visibility") not in (None, "private"):
        changes["kept"] = True  # what is shared must not vanish after a week
    for name, value in changes.items():
        setattr(track, name, value)
    track.save(update_fields=[*changes, "updated_at"])
    nudge(f"track.{track.code}")
    return track_out(track, who)


@router.delete("/tracks/{code}", response={204: None}, summary="Delete")
def delete_track(request: HttpRequest, code: str) -> Any:
    """It can be restored for 30 days."""
    tracks.delete(access.own_track(requester(request), code))
    return Status(204, None)


@router.post("/tracks/{code}/restore", response=TrackOut, summary="Undo a deletion")
def restore_track(request: HttpRequest, code: str) -> Any:
    """Bring back what was deleted within 30 days."""
    who = requester(request)
    tracks.restore(access.deleted_track(who, code))
    return track_out(access.track(who, code), who)


@router.post("/tracks/{code}/duplicate", response={201: TrackOut}, summary="Duplicate")
def duplicate_track(request: HttpRequest, code: str) -> Any:
    """A copy of one's own, to change freely."""
    who = requester(request)
    source = access.own_track(who, code)
    title = _("%(title)s (copy)") % {"title": source.title[:180]}
    return Status(201, track_out(tracks.duplicate(source, who, title), who))


@router.get("/tracks/{code}/versions", response=list[VersionOut], summary="Its versions")
def list_versions(request: HttpRequest, code: str) -> Any:
    """The first to the newest; only its owner sees them."""
    track = access.own_track(requester(request), code)
    return Version.objects.filter(track=track)


# -- Engines -----------------------------------------------------------------------------------


@router.get("/engines", response=list[dict[str, Any]], summary="Engines")
def list_engines(request: HttpRequest) -> Any:
    """Every engine: its name, its model card, and the JSON Schema of the briefs it takes."""
    return [{"name": name, "card": cards.card(name), "schema": engines.brief_schema(name)} for name in engines.ENGINES]
