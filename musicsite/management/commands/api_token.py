"""`manage.py api_token NAME [--create]`: print a new API token for a person."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from musicsite.models import ApiToken, User


class Command(BaseCommand):
    help = "Print a new API token for a person. It is shown once and cannot be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the person's user name")
        parser.add_argument("--create", action="store_true", help="make the account when there is none")
        parser.add_argument("--label", default="command line", help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        user = User.objects.filter(username=name).first()
        if user is None:
            if not options["create"]:
                raise CommandError(f"There is no account {name!r}; add --create to make one.")
            user = User.objects.create_user(name)
        self.stdout.write(ApiToken.issue(user, options["label"]))
