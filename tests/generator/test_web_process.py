"""The web process stays small: it knows neither torch nor music21."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.generator.test_flow import compose
from tests.sites import ROOT, Site, received

MOST = 200 * 2**20  # bytes resident


@pytest.fixture
def web(site: Site) -> psutil.Process:
    """Daphne: the shell that started it has become it."""
    return psutil.Process(site.processes["web"].pid)


def plain_routes(patterns: list[URLPattern | URLResolver], before: str = "") -> list[str]:
    """Every address without an argument."""
    found: list[str] = []
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += plain_routes(pattern.url_patterns, route)
        elif not set(route) & set("<(^"):
            found.append("/" + route)
    return found


def test_after_every_route_and_a_socket_it_holds_no_model_library_and_little_memory(
    site: Site, web: psutil.Process
) -> None:
    alice = site.member("alice")
    job = compose(alice, bars=8, takes=3)
    with site.socket(alice, job["id"]) as socket:
        code = received(socket)[-1]["track"]
    routes = plain_routes(get_resolver().url_patterns)
    assert "/api/v1/tracks" in routes
    assert "/healthz" in routes
    for client in (alice, site.client()):
        for route in [*routes, f"/t/{code}", f"/t/{code}.mid", f"/t/{code}.pdf", f"/api/v1/tracks/{code}"]:
            assert client.get(route, follow_redirects=True).status_code != 500, route
    assert "daphne" in " ".join(web.cmdline())
    loaded = Path(f"/proc/{web.pid}/maps").read_text()
    assert "/python3" in loaded
    for library in ("torch", "numpy", "scipy"):
        assert f"/{library}/" not in loaded
    assert web.memory_info().rss <= MOST


def test_no_module_of_the_web_process_imports_music21_or_torch(site: Site) -> None:
    code = (
        "import sys, musicsite.asgi, musicsite.urls, django.urls;"
        "django.urls.get_resolver().check();"
        "print(sorted({'torch', 'music21', 'numpy', 'verovio', 'generator.running'} & set(sys.modules)))"
    )
    assert site.python(code).strip() == "[]"


@pytest.mark.slow
def test_a_large_download_does_not_make_it_grow(site: Site, web: psutil.Process) -> None:
    alice = site.member("alice")
    track = site.finished(alice, compose(alice, bars=24, tempo=60)["id"])["track"]
    for _ in range(3):
        assert len(site.downloaded(alice, f"/t/{track}.wav")) > 10 * 2**20
    assert web.memory_info().rss <= MOST


@pytest.mark.slow
def test_the_sounds_are_handed_out_piece_by_piece(site: Site, web: psutil.Process) -> None:
    largest = max((ROOT / "static" / "dist").rglob("*"), key=lambda path: path.stat().st_size)
    address = f"{site.url}/static/{largest.relative_to(ROOT / 'static' / 'dist')}"

    def fetched(_: int) -> int:
        with httpx.stream("GET", address, trust_env=False, timeout=60) as answer:
            return sum(len(piece) for piece in answer.iter_raw())

    before = web.memory_info().rss
    with ThreadPoolExecutor(12) as browsers:
        sizes = set(browsers.map(fetched, range(24)))
    assert sizes == {largest.stat().st_size}
    assert web.memory_info().rss - before < 3 * largest.stat().st_size
