"""People and the tokens their programs use."""

from __future__ import annotations

import hashlib
import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person with an account. Our own model from the first migration, so that it can grow."""


class ApiToken(models.Model):
    """A secret that opens the API for one person. Only its hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", verbose_name=_("owner"))
    name = models.CharField(_("name"), max_length=80, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name or self.digest[:8]} ({self.user})"

    @classmethod
    def issue(cls, user: User, name: str = "") -> str:
        """A new token's secret; it cannot be read again."""
        secret = f"partita_{secrets.token_urlsafe(32)}"
        cls.objects.create(user=user, name=name, digest=cls.hash(secret))
        return secret

    @staticmethod
    def hash(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()
