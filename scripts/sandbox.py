"""A whole site of its own for a benchmark, a screenshot or a try: a temporary DATA_DIR, a free port, real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

ROOT = Path(__file__).resolve().parent.parent


class SiteDidNotStart(RuntimeError):
    """The site was not well in time; the message ends with what its processes printed."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def site(patience: float = 300, **variables: str) -> Iterator[str]:
    """The address of a running site, without a slash at its end; every process is gone afterwards.

    `variables` go into its environment. Raises SiteDidNotStart after `patience` seconds.
    """
    with tempfile.TemporaryDirectory(prefix="partita-") as folder, tempfile.TemporaryDirectory(prefix="pt-") as runtime:
        port = free_port()
        env = {**os.environ, "DATA_DIR": folder, "RUNTIME_DIR": runtime, "PORT": str(port), "HOST": "127.0.0.1"}
        env.update(variables)
        env.pop("MAKELEVEL", None)
        log = Path(folder) / "serve.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "scripts" / "serve.py")], env=env, stdout=output, stderr=output
            )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_well(f"{address}/healthz", process, log, patience)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _wait_until_well(url: str, process: subprocess.Popen[bytes], log: Path, patience: float) -> None:
    """Return once `url` answers 200."""
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(URLError, OSError), opener.open(url, timeout=5):
            return
        time.sleep(0.2)
    raise SiteDidNotStart(f"{url} did not answer 200.\n{log.read_text('utf8', 'replace')[-4000:]}")
