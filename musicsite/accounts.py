"""What every app does when a person signs up, logs in, takes their data along or leaves."""

from __future__ import annotations

import json
import logging
import smtplib
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import HttpRequest
from django.utils.translation import gettext as _

from generator import claims
from generator.access import GUEST_KEY
from musicsite.models import User

log = logging.getLogger(__name__)
APPS = (claims,)


class Adapter(DefaultAccountAdapter):
    """allauth's decisions that are ours: a guest's pieces follow them in, and mail that fails is no dead end."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user = super().save_user(request, user, form, commit)
        if commit:
            claim(request, user)
        return user

    def login(self, request: HttpRequest, user: User) -> None:
        """Log in; what was begun as a guest in the meantime is theirs too."""
        super().login(request, user)
        claim(request, user)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away must cost nobody their account."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException):
            log.exception("Mail %s could not be sent", template_prefix)
            messages.warning(self.request, _("The mail could not be sent just now. Ask for it again in a few minutes."))


def claim(request: HttpRequest, user: User) -> int:
    """Give `user` what this browser made as a guest. Idempotent; how many tracks changed hands."""
    guest_id = request.session.get(GUEST_KEY, "")
    return sum(app.claim(user, guest_id) for app in APPS)


def export(user: User, file: IO[bytes]) -> None:
    """Write everything kept about `user` into `file`, as a zip of one JSON document and their scores."""
    record: dict[str, Any] = {"account": account_record(user)}
    for app in APPS:
        record |= app.export(user)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("partita.json", json.dumps(record, indent=1, ensure_ascii=False))
        for name, stored in files_of(user):
            with default_storage.open(stored, "rb") as source:
                archive.writestr(f"scores/{name}", source.read())


def files_of(user: User) -> Iterator[tuple[str, str]]:
    """(name for people, name in the storage) of every file of theirs."""
    for app in APPS:
        yield from app.files(user)


def account_record(user: User) -> dict[str, Any]:
    """What is known of the person themselves. Secrets are kept only as hashes, and stay out."""
    return {
        "username": user.username,
        "email": user.email,
        "joined": user.date_joined.isoformat(),
        "last_login": user.last_login.isoformat() if user.last_login else None,
        "api_tokens": [
            {"name": token.name, "created_at": token.created_at.isoformat()} for token in user.api_tokens.all()
        ],
    }


def forget(user: User) -> None:
    """Remove a person and everything of theirs, for good."""
    for app in APPS:
        app.forget(user)
    user.delete()
