"""Every refusal of the API is `{"detail": a sentence}` with the right status; a 422 also lists its fields."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from generator import forms, jobs
from generator.broker import BrokerDown


def add_error_handlers(api: NinjaAPI) -> None:
    """Teach the site's one API to answer with them."""

    def answer(request: HttpRequest, detail: str, status: int, **more: Any) -> HttpResponse:
        return api.create_response(request, {"detail": detail, **more}, status=status)

    def invalid(request: HttpRequest, error: Any) -> HttpResponse:
        fields = [_field_error(entry) for entry in error.errors]
        return answer(request, " ".join(f"{e['field']}: {e['message']}." for e in fields), 422, errors=fields)

    def field(request: HttpRequest, error: Any) -> HttpResponse:
        one = {"field": error.field, "message": error.message}
        return answer(request, f"{error.field}: {error.message}", 422, errors=[one])

    def busy(request: HttpRequest, error: Any) -> HttpResponse:
        response = answer(request, str(error), 429)
        response["Retry-After"] = "10"
        return response

    def down(request: HttpRequest, error: Any) -> HttpResponse:
        response = answer(request, _(jobs.QUEUE_DOWN), 503)
        response["Retry-After"] = "30"
        return response

    def refused(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, str(error), error.status_code)

    def other(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, str(error), error.status_code)

    api.add_exception_handler(ValidationError, invalid)
    api.add_exception_handler(forms.FieldError, field)
    api.add_exception_handler(jobs.LimitReached, busy)
    api.add_exception_handler(BrokerDown, down)
    api.add_exception_handler(Http404, lambda request, error: answer(request, str(error) or _("Not found."), 404))
    api.add_exception_handler(HttpError, refused)


def _field_error(entry: dict[str, Any]) -> dict[str, str]:
    """pydantic's location ends with the field; before it stand `body` and the argument's name."""
    places = [str(place) for place in entry["loc"] if place not in ("body", "query", "path", "brief", "change")]
    message = str(entry["msg"]).removeprefix("Value error, ").rstrip(".")
    return {"field": ".".join(places) or "body", "message": message}
