"""Three writers and fifty readers on one database, for a minute (PARTITA_LOAD_SECONDS in the environment)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.sites import Site, running_site

SECONDS = float(os.environ.get("PARTITA_LOAD_SECONDS", "60"))
WRITERS, READERS = 3, 50

# One writer: a job claimed and advanced bar by bar as a worker does, as fast as it can.
WRITER = """
import sys, time, django
django.setup()
from generator import jobs
from generator.access import Requester
from generator.models import Job
job = Job.objects.create(request={{"engine": "scales"}})
mine = jobs.claim(job.pk, "writer")
end, bars = time.monotonic() + {seconds}, 0
while time.monotonic() < end:
    jobs.advance(mine, "bar", {{"measures": {{"0": "x" * 4000}}}}, 0.5)
    bars += 1
    time.sleep(0.02)
jobs.finish(mine, lambda: {{"track": None, "tracks": []}})
print(job.pk, bars)
"""


@pytest.fixture(scope="module")
def busy() -> Iterator[Site]:
    with running_site() as site:
        yield site


def read(site: Site, headers: dict[str, str], until: float, failures: list[str], counts: list[int]) -> None:
    """Ask for lists and jobs until the time is over."""
    count = 0
    with httpx.Client(base_url=site.url, headers=headers, trust_env=False, timeout=60) as client:
        while time.monotonic() < until:
            for path in ("/api/v1/tracks", "/api/v1/compositions", "/healthz"):
                answer = client.get(path)
                count += 1
                if answer.status_code != 200:
                    failures.append(f"{path}: {answer.status_code} {answer.text[:200]}")
            time.sleep(0.2)
    counts.append(count)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_three_writers_and_fifty_readers_get_along(busy: Site) -> None:
    alice = busy.member("alice")
    until = time.monotonic() + SECONDS
    printed: list[str] = []
    failures: list[str] = []
    counts: list[int] = []
    writers = [
        threading.Thread(target=lambda: printed.append(busy.python(WRITER.format(seconds=SECONDS))))
        for _ in range(WRITERS)
    ]
    headers = {"Authorization": alice.headers["Authorization"]}
    readers = [threading.Thread(target=read, args=(busy, headers, until, failures, counts)) for _ in range(READERS)]
    for thread in writers + readers:
        thread.start()
    for thread in writers + readers:
        thread.join()
    assert failures == []
    assert len(counts) == READERS
    assert len(printed) == WRITERS
    for line in printed:
        job_id, bars = line.split()
        told = busy.python(
            "import django; django.setup();"
            "from generator.models import JobEvent;"
            f"print(list(JobEvent.objects.filter(job_id='{job_id}').values_list('seq', flat=True)))"
        )
        assert told.strip() == str(list(range(1, int(bars) + 2)))
