"""Downloads: `/t/CODE.mid`, `.performance.mid`, `.musicxml`, `.pdf`, `.wav`, `.ogg`, `.mp3`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from generator import access, exports, jobs
from generator.access import Requester, requester
from generator.broker import BrokerDown
from generator.models import Track, Version, Visibility

CHUNK = 64 * 1024


@require_safe
def file(request: HttpRequest, code: str, suffix: str) -> HttpResponseBase:
    """One file of a track's head, or of an older version (`?v=`) for its owner; made first if need be.

    `?expression=` (0 to 100 percent) says how sound and "MIDI (performance)" are played.
    """
    who = requester(request)
    try:
        track = access.track(who, code)
        version = asked_version(request, track, who)
        paper = request.GET.get("paper", "A4")
        if suffix not in track.formats or paper not in exports.PAPERS:
            raise Http404(_("This track has no such file."))
        export = exports.export_of(track, version, suffix, paper, asked_expression(request))
        name = exports.wait(track, version, export)
    except Http404 as error:
        return refusal(404, str(error))
    except exports.ExportFailed as error:
        return refusal(503, _(str(error)), 60)
    except BrokerDown:
        return refusal(503, _(jobs.QUEUE_DOWN), 30)
    if name is None:
        return refusal(503, _("This file is still being made. Ask again in a moment."), 5)
    response = ranged(request, name, exports.CONTENT_TYPES[suffix])
    response["Content-Disposition"] = content_disposition_header(True, filename(track, suffix))
    return with_caching(response, track, version)


def asked_version(request: HttpRequest, track: Track, who: Requester) -> Version:
    """The head, or the version whose number the owner asks for."""
    asked = request.GET.get("v")
    if asked is None:
        return track.head  # type: ignore[return-value]
    found = track.versions.filter(number=int(asked)).first() if asked.isdecimal() and len(asked) < 9 else None
    if found is None or not (who.owns(track) or found == track.head):
        raise Http404(_("There is no such version."))
    return found  # type: ignore[no-any-return]


def asked_expression(request: HttpRequest) -> int:
    """How expressively to play, in percent. Raises Http404 unless it is a whole number from 0 to 100."""
    asked = request.GET.get("expression", str(exports.EXPRESSION))
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 4 and int(asked) <= 100):
        raise Http404(_("Expression is a whole number from 0 to 100."))
    return int(asked)


def refusal(status: int, detail: str, retry: int | None = None) -> JsonResponse:
    headers = {"Cache-Control": "no-store", **({"Retry-After": str(retry)} if retry else {})}
    return JsonResponse({"detail": detail}, status=status, headers=headers)


def filename(track: Track, suffix: str) -> str:
    """The title as a file name: no separators, no control characters, never empty."""
    title = " ".join(re.sub(r"[^\w\s().,'♭♯-]", "", track.title).split())[:80].strip(" .")
    return f"{title or track.code}.{suffix}"


def with_caching(response: Any, track: Track, version: Version) -> Any:
    """Only what is public may lie in shared caches, and then only for a minute: it can be withdrawn."""
    public = track.visibility == Visibility.PUBLIC
    response["Cache-Control"] = "public, max-age=60" if public else "private, no-store"
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def ranged(request: HttpRequest, name: str, content_type: str) -> Any:
    """The stored file, or the part of it that a Range header asks for."""
    size = default_storage.size(name)
    span = byte_range(request.headers.get("Range", ""), size)
    if span == ():
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, last = span or (0, size - 1)
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse()
    else:
        body = parts(name, first, last)
        response = StreamingHttpResponse(unblocked(body) if isinstance(request, ASGIRequest) else body)
    response.status_code = 206 if span else 200
    response["Content-Type"] = content_type
    response["Content-Length"] = str(last - first + 1)
    if span:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def byte_range(header: str, size: int) -> tuple[int, int] | tuple[()] | None:
    """`bytes=a-b` as (first, last); None for no (or several) ranges, () for one that lies outside."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    start, end = match.groups()
    if not start:
        first, last = max(size - int(end), 0), size - 1
    else:
        first, last = int(start), min(int(end) if end else size - 1, size - 1)
    return (first, last) if first <= last < size else ()


def parts(name: str, first: int, last: int) -> Iterator[bytes]:
    """The bytes from `first` to `last`, a piece at a time."""
    with default_storage.open(name, "rb") as opened:
        opened.seek(first)
        left = last - first + 1
        while left > 0 and (part := opened.read(min(CHUNK, left))):
            left -= len(part)
            yield part


async def unblocked(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same off the event loop; Django would else gather a whole file in memory before sending it."""
    while part := await asyncio.to_thread(next, pieces, b""):
        yield part
