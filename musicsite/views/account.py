"""The account page: name, e-mail, password, tokens, one's data, and the way out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generator.models import Track
from generator.views.files import CHUNK, unblocked
from musicsite import accounts
from musicsite.forms import DeleteForm, ProfileForm, TokenForm
from musicsite.models import ApiToken

TOKENS = 20
ZIP_IN_MEMORY = 2**23


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The page itself; a POST changes the name."""
    profile = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and profile.is_valid():
        profile.save()
        messages.success(request, _("Your name is changed."))
        return redirect("account")
    if profile.errors:
        request.user.refresh_from_db()  # the page shows who they are, not what they may not be called
    return page(request, profile=profile)


def page(request: HttpRequest, **context: Any) -> HttpResponse:
    """The account page with whatever form was just filled in."""
    user = request.user
    context = {
        "profile": ProfileForm(instance=user),
        "token_form": TokenForm(),
        "tokens": user.api_tokens.all(),  # type: ignore[union-attr]
        "address": user.emailaddress_set.filter(primary=True).first(),  # type: ignore[union-attr]
        "pieces": Track.objects.kept().filter(owner_id=user.pk).count(),
        **context,
    }
    return render(request, "account/account.html", context)


@login_required
@never_cache
@require_POST
def create_token(request: HttpRequest) -> HttpResponse:
    """A new token, whose secret this one answer shows."""
    form = TokenForm(request.POST)
    if request.user.api_tokens.count() >= TOKENS:  # type: ignore[union-attr]
        form.add_error("name", _("You have %(count)d tokens. Revoke one that you no longer use.") % {"count": TOKENS})
    if not form.is_valid():
        return page(request, token_form=form)
    return page(request, secret=ApiToken.issue(request.user, form.cleaned_data["name"]))  # type: ignore[arg-type]


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Whatever uses it is shut out at once."""
    get_object_or_404(request.user.api_tokens, pk=token_id).delete()  # type: ignore[union-attr]
    messages.success(request, _("The token is revoked. What used it is shut out."))
    return redirect("/accounts/#tokens")


@login_required
@never_cache
@require_safe
def data(request: HttpRequest) -> HttpResponseBase:
    """Everything kept about this person, as a zip."""
    file = tempfile.SpooledTemporaryFile(ZIP_IN_MEMORY)  # noqa: SIM115  # closed by `parts`
    accounts.export(request.user, file)  # type: ignore[arg-type]
    body = parts(file)
    response = StreamingHttpResponse(unblocked(body) if isinstance(request, ASGIRequest) else body)
    response["Content-Type"] = "application/zip"
    response["Content-Disposition"] = f'attachment; filename="partita-{timezone.now():%Y-%m-%d}.zip"'
    return response


def parts(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(CHUNK):
            yield part


@login_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Says what will be gone, asks for proof, then forgets."""
    form = DeleteForm(request.user, request.POST or None)  # type: ignore[arg-type]
    if request.method == "POST" and form.is_valid():
        user = request.user
        logout(request)
        accounts.forget(user)  # type: ignore[arg-type]
        messages.success(request, _("Your account and everything in it are deleted. Fare well."))
        return redirect("/")
    owned = Track.objects.filter(owner_id=request.user.pk)
    context = {"form": form, "pieces": owned.kept().count(), "shared": owned.kept().exclude(visibility="private")}
    return render(request, "account/delete.html", context)
