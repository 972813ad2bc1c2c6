"""Bearer tokens: `Authorization: Bearer <token>` in place of a session, on requests and on socket handshakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from musicsite.models import ApiToken, User


def user_of(header: str) -> User | None:
    """Whose token an Authorization header bears; None where it is unknown or its owner inactive."""
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer":
        return None
    tokens = ApiToken.objects.select_related("user").filter(user__is_active=True)
    token = tokens.filter(digest=ApiToken.hash(secret.strip())).first()
    if token is None:
        return None
    _note_use(token)
    return token.user


def _note_use(token: ApiToken) -> None:
    """When it was last used, to the hour: a busy program must not write a row a request."""
    now = timezone.now()
    if token.used_at is None or now - token.used_at > timedelta(hours=1):
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)


class BearerMiddleware:
    """Lets a token stand for its owner; such requests carry no cookie, so they need no CSRF token."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = request.headers.get("Authorization", "")
        if header.lower().startswith("bearer "):
            user = user_of(header)
            if user is None:
                return JsonResponse({"detail": _("This token is not valid; make a new one.")}, status=401)
            request.user = user
            request.bearer = True  # type: ignore[attr-defined]
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        return self.get_response(request)


class BearerSocketMiddleware:
    """The same for sockets: a token on the handshake sets `scope["user"]` and `scope["bearer"]`."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        user = await database_sync_to_async(user_of)(header) if header else None
        if user is not None:
            scope = {**scope, "user": user, "bearer": True}
        return await self.application(scope, receive, send)
