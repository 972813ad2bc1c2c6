"""A whole site for tests: the Procfile's own processes on a folder of their own, each of which can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from honcho.environ import parse_procfile
from websockets.sync.client import ClientConnection, connect

from scripts.sandbox import free_port
from scripts.serve import valkey_command

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 240


class Site:
    """Started processes by name, and what a test needs to talk to them."""

    def __init__(self, folder: Path, runtime: Path, **variables: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATA_DIR": str(folder),
            "RUNTIME_DIR": str(runtime),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **variables,
        }
        self.env.pop("REDIS_URL", None)
        self.commands = {"valkey": valkey_command(runtime)}
        self.commands.update(parse_procfile((ROOT / "Procfile").read_text("utf8")).processes)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    # -- Processes ------------------------------------------------------------

    def start(self, *names: str) -> None:
        for name in names or self.commands:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    self.commands[name], shell=True, cwd=ROOT, env=self.env, stdout=log, stderr=log
                )

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End one process and wait until it is gone."""
        process = self.processes.pop(name)
        process.send_signal(how)
        process.wait(timeout=30)

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name, signal.SIGTERM if name in ("web", "beat") else signal.SIGKILL)

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.env, check=True, capture_output=True, text=True).stdout

    def python(self, code: str) -> str:
        """What a Python of this site's environment prints."""
        command = [sys.executable, "-W", "ignore", "-c", code]
        return subprocess.run(command, cwd=ROOT, env=self.env, check=True, capture_output=True, text=True).stdout

    def wait_until_well(self) -> None:
        self.until(lambda: self.health() == 200, "the site is well")

    def health(self) -> int:
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False).status_code
        except httpx.TransportError:
            return 0

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something; a test's own limit of patience is the only clock."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"Waited {PATIENCE} s until {what}.\n{self.logs()}")
            time.sleep(0.1)

    def logs(self) -> str:
        """The end of every process's output."""
        parts = [f"--- {path.name}\n{path.read_text('utf8', 'replace')[-3000:]}" for path in self.folder.glob("*.log")]
        return "\n".join(parts)

    # -- People ---------------------------------------------------------------

    def member(self, name: str) -> httpx.Client:
        """An API client with a token of `name`."""
        token = self.manage("api_token", name, "--create").strip()
        return self.client({"Authorization": f"Bearer {token}"})

    def client(self, headers: dict[str, str] | None = None) -> httpx.Client:
        """Somebody without an account, or whoever the headers say."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def socket(self, client: httpx.Client, job_id: str, after: int | None = None) -> ClientConnection:
        """The socket of a job as this client opens it, for what comes after an event it has."""
        query = "" if after is None else f"?after={after}"
        known = ("Authorization", "Cookie", "Origin")
        headers = {name: client.headers[name] for name in known if name in client.headers}
        return connect(f"ws://127.0.0.1:{self.port}/ws/jobs/{job_id}/{query}", additional_headers=headers, proxy=None)

    def downloaded(self, client: httpx.Client, path: str) -> bytes:
        """A file, asked for again as often as the server says that it is still being made."""
        seen: list[httpx.Response] = []

        def there() -> bool:
            seen.append(client.get(path))
            return seen[-1].status_code != 503

        self.until(there, f"{path} is made")
        assert seen[-1].status_code == 200, seen[-1].text
        assert all(answer.headers["Retry-After"] for answer in seen[:-1])
        return seen[-1].content

    def finished(self, client: httpx.Client, job_id: str) -> dict[str, Any]:
        """The composition once it is neither waiting nor running."""
        seen: dict[str, Any] = {}

        def over() -> bool:
            seen.update(client.get(f"/api/v1/compositions/{job_id}").json())
            return seen["status"] not in ("queued", "running")

        self.until(over, f"job {job_id} ends")
        return seen


def received(socket: ClientConnection) -> list[dict[str, Any]]:
    """Every message until the server closes."""
    return [json.loads(message) for message in socket]


@contextmanager
def running_site(**variables: str) -> Iterator[Site]:
    """A site that is well; every process is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="partita-") as folder, tempfile.TemporaryDirectory(prefix="pt-") as runtime:
        site = Site(Path(folder), Path(runtime), **variables)
        site.manage("migrate", "--verbosity", "0")
        site.start()
        try:
            site.wait_until_well()
            yield site
        finally:
            site.stop()
