"""What a page says when something goes wrong: what happened, what is safe, what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import redis
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from generator.broker import BrokerDown
from musicsite.views.languages import catalogue_context

log = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError, redis.RedisError, BrokerDown)


def answer(request: HttpRequest, status: int, retry_after: int | None = None) -> HttpResponse:
    """The error page; under /api/ the API's sentence. From 500 on it reads neither session nor database."""
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": sentences()[status]}, status=status, headers=headers)
    if status < 500:
        page = render_to_string(f"{status}.html", request=request)
    else:
        page = render_to_string(f"{status}.html", {"request": request, "failed": True, **catalogue_context()})
    return HttpResponse(page, status=status, headers=headers)


def sentences() -> dict[int, str]:
    """Each refusal in one sentence."""
    return {
        400: _("This request could not be read."),
        403: _("This is not allowed."),
        404: _("There is no such address."),
        429: _("That was a little fast. Wait a minute, then go on."),
        500: _("Something broke on our side. Nothing you kept is lost; try again."),
        503: _("The site is catching its breath. Nothing is lost; try again in a minute."),
    }


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or came from elsewhere."""
    return forbidden(request)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 404)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 429, 60)


def broken(request: HttpRequest) -> HttpResponse:
    return answer(request, 500)


class AwayMiddleware:
    """A database or broker that does not answer is a 503 with a remedy, not a crash."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> Any:
        if not isinstance(exception, AWAY):
            return None
        log.error("Away: %s", exception, exc_info=exception)
        return answer(request, 503, 30)
