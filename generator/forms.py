"""What a Brief cannot check by itself: other rows, other fields, who asks. Every error names its field."""

from __future__ import annotations

import secrets

from django.http import Http404
from django.utils.translation import gettext as _

from generator import access
from generator.access import Requester
from generator.engines import ENGINES, Brief


class FieldError(Exception):
    """`field` cannot be as it is; the message says why and what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


NEEDS_SOURCE = ("continue", "infill", "harmonise", "accompany")


def checked(brief: Brief, who: Requester) -> Brief:
    """The brief with a seed, ready to be queued. Raises FieldError."""
    if brief.engine not in ENGINES:
        known = ", ".join(ENGINES)
        raise FieldError("engine", _("There is no such engine; there are: %(known)s.") % {"known": known})
    _check_source(brief, who)
    _check_bars(brief)
    if brief.seed is None:
        brief = brief.model_copy(update={"seed": secrets.randbelow(2**31)})
    return brief


def _check_source(brief: Brief, who: Requester) -> None:
    if brief.source is None:
        if brief.task in NEEDS_SOURCE:
            raise FieldError("source", _("Name the track to work on by its code."))
        return
    try:
        found = access.track(who, brief.source)
    except Http404:
        raise FieldError("source", _("There is no such track, or you may not open it.")) from None
    if not found.current.piece:
        raise FieldError("source", _("This track has no score to work on."))


def _check_bars(brief: Brief) -> None:
    if brief.task == "infill" and (brief.first_bar is None or brief.last_bar is None):
        raise FieldError("first_bar", _("Say which bars to write anew: first_bar and last_bar."))
    if brief.first_bar is not None and brief.last_bar is not None and brief.last_bar < brief.first_bar:
        raise FieldError("last_bar", _("The last bar comes before the first one."))
