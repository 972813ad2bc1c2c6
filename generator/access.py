"""Who asks, and what they may touch: the one gate to every job and track.

What is not yours and what does not exist answer alike, with Http404.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from generator.models import Job, Track, Visibility

GUEST_KEY = "guest_id"


@dataclass(frozen=True, slots=True)
class Requester:
    """A member, or a guest known by a random id in their session; `address` is a keyed hash of theirs."""

    user: Any = None
    guest_id: str = ""
    address: str = ""

    @property
    def known(self) -> bool:
        return self.user is not None or bool(self.guest_id)

    @property
    def kind(self) -> str:
        return "member" if self.user is not None else "guest"

    @property
    def mine(self) -> Q:
        """Rows (of Job or Track) that belong to this person."""
        if self.user is not None:
            return Q(owner=self.user)
        return Q(owner=None, guest_id=self.guest_id) if self.guest_id else Q(pk=None)

    @property
    def owner_fields(self) -> dict[str, Any]:
        return {"owner": self.user, "guest_id": "" if self.user else self.guest_id}

    def owns(self, row: Job | Track) -> bool:
        if self.user is not None:
            return row.owner_id == self.user.pk  # type: ignore[no-any-return]
        return bool(self.guest_id) and row.owner_id is None and row.guest_id == self.guest_id


def requester(request: HttpRequest, create: bool = False) -> Requester:
    """Who sent this request; `create` gives a newcomer a guest id (on their first POST)."""
    if request.user.is_authenticated:
        return Requester(user=request.user)
    if create and GUEST_KEY not in request.session:
        request.session[GUEST_KEY] = uuid.uuid4().hex
    return Requester(guest_id=request.session.get(GUEST_KEY, ""), address=hashed_address(request.META))


def scope_requester(scope: Mapping[str, Any]) -> Requester:
    """Who opened this socket. Touches the session, so call it where the database may be read."""
    user = scope["user"]
    if user.is_authenticated:
        return Requester(user=user)
    return Requester(guest_id=scope["session"].get(GUEST_KEY, ""))


def still_signed_in(scope: Mapping[str, Any]) -> bool:
    """Whether the session that opened this socket lives on; whoever logs out hears no more."""
    return bool(scope.get("bearer")) or scope["session"].exists(scope["session"].session_key)


def hashed_address(meta: Mapping[str, Any]) -> str:
    """The client's network address under a keyed hash: enough to count by, nothing to read."""
    address = meta.get("REMOTE_ADDR", "")
    forwarded = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if settings.TRUSTED_PROXIES and len(forwarded) >= settings.TRUSTED_PROXIES:
        address = forwarded[-settings.TRUSTED_PROXIES]
    return salted_hmac("partita.address", address).hexdigest()[:32] if address else ""


def job(who: Requester, job_id: Any) -> Job:
    """A job of one's own."""
    found = Job.objects.filter(who.mine, pk=job_id).first() if who.known else None
    if found is None:
        raise Http404(_("There is no such job."))
    return found


def track(who: Requester, code: str) -> Track:
    """A track one may open: one's own, or shared by its owner."""
    found = Track.objects.present().select_related("head", "owner", "parent__track").filter(code=code).first()
    if found is None or not (found.visibility != Visibility.PRIVATE or who.owns(found)):
        raise Http404(_("There is no such track."))
    return found


def own_track(who: Requester, code: str) -> Track:
    """A track one may change."""
    found = track(who, code)
    if not who.owns(found):
        raise Http404(_("There is no such track."))
    return found


def deleted_track(who: Requester, code: str) -> Track:
    """A track of one's own whose deletion can still be undone."""
    found = Track.objects.restorable().filter(who.mine, code=code).first() if who.known else None
    if found is None:
        raise Http404(_("There is no such track, or it was deleted too long ago."))
    return found
