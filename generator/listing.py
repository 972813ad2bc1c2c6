"""Lists of tracks, a page at a time: search, order, and a cursor that holds its place while pieces come and go."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.forms import FieldError
from generator.models import Track

PAGE = 30


class Order(NamedTuple):
    """How a list is sorted: a column, and which end comes first. Rows that tie go by their number."""

    label: Any
    column: str
    descending: bool = False

    @property
    def columns(self) -> tuple[str, str]:
        sign = "-" if self.descending else ""
        return f"{sign}{self.column}", f"{sign}pk"

    def after(self, value: Any, pk: int) -> Q:
        """Rows that come after the one with this value and number."""
        step = "lt" if self.descending else "gt"
        return Q(**{f"{self.column}__{step}": value}) | Q(**{self.column: value, f"pk__{step}": pk})


ORDERS = {
    "newest": Order(gettext_lazy("Newest first"), "created_at", descending=True),
    "oldest": Order(gettext_lazy("Oldest first"), "created_at"),
    "title": Order(gettext_lazy("By title"), "lower_title"),
    "longest": Order(gettext_lazy("Longest first"), "head__seconds", descending=True),
}


class Page(NamedTuple):
    """Some tracks, and the cursor of those that follow them (None on the last page)."""

    tracks: list[Track]
    following: str | None


def page(found: QuerySet[Track], search: str = "", order: str = "newest", cursor: str = "") -> Page:
    """One page of `found`. Raises FieldError for an order or a cursor that is not ours."""
    if order not in ORDERS:
        raise FieldError("order", _("Choose one of these: %(orders)s.") % {"orders": ", ".join(ORDERS)})
    chosen = ORDERS[order]
    rows = found.annotate(lower_title=Lower("title")).select_related("owner", "head", "parent__track")
    if words := search[:200].split():
        rows = rows.filter(*(Q(title__icontains=word) for word in words))
    if cursor:
        rows = rows.filter(chosen.after(*place(chosen, cursor)))
    tracks: list[Track] = list(rows.order_by(*chosen.columns)[: PAGE + 1])
    more = len(tracks) > PAGE
    return Page(tracks[:PAGE], cursor_of(chosen, tracks[PAGE - 1]) if more else None)


def cursor_of(order: Order, track: Track) -> str:
    """Where a page ended."""
    value: Any = track
    for name in order.column.split("__"):
        value = getattr(value, name)
    plain = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([plain, track.pk]).encode()).decode()


def place(order: Order, cursor: str) -> tuple[Any, int]:
    """(value, number) of the row where a page ended. Raises FieldError."""
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if order.column == "created_at":
            return datetime.fromisoformat(value), int(pk)
        return (str(value) if order.column == "lower_title" else float(value)), int(pk)
    except (ValueError, TypeError):
        raise FieldError("cursor", _("Use the `next` of the page before.")) from None
