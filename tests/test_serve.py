"""`make run`'s process manager, on real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from scripts.sandbox import free_port

ROOT = Path(__file__).resolve().parent.parent


def start(data: Path, port: int) -> subprocess.Popen[str]:
    env = {**os.environ, "DATA_DIR": str(data), "PORT": str(port), "HOST": "127.0.0.1"}
    for name in ("REDIS_URL", "DATABASE_URL", "MAKELEVEL"):
        env.pop(name, None)
    return subprocess.Popen(
        [sys.executable, "scripts/serve.py"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A site that has said it is ready."""
    process = start(tmp_path, free_port())
    lines = []
    for line in process.stdout or []:
        lines.append(line)
        if "Partita is ready" in line:
            break
    else:
        pytest.fail("The site ended before it was ready:\n" + "".join(lines))
    yield process
    process.terminate()
    process.communicate(timeout=30)


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.slow
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_when_told_to_stop_no_process_is_left_behind(running: subprocess.Popen[str], told: signal.Signals) -> None:
    children = family(running)
    commands = " ".join(word for child in children for word in child.cmdline())
    assert all(program in commands for program in ("valkey-server", "bin/daphne", "bin/celery"))
    running.send_signal(told)
    output, _ = running.communicate(timeout=30)
    assert running.returncode == 0
    assert output.endswith("Stopped.\n")
    assert psutil.wait_procs(children, timeout=5)[1] == []


@pytest.mark.slow
def test_a_process_that_dies_stops_the_others_and_is_named(running: subprocess.Popen[str]) -> None:
    children = family(running)
    next(child for child in children if "valkey-server" in child.cmdline()[0]).kill()
    output, _ = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "'valkey' ended by itself" in output
    assert psutil.wait_procs(children, timeout=5)[1] == []


@pytest.mark.slow
def test_a_second_site_on_the_same_folder_is_refused(running: subprocess.Popen[str], tmp_path: Path) -> None:
    output, _ = start(tmp_path, free_port()).communicate(timeout=30)
    assert f"Partita already runs on {tmp_path}" in output


def test_a_taken_port_is_named_together_with_another_to_try(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = start(tmp_path, port)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be had" in output
    assert f"make run PORT={port + 1}" in output


def test_a_folder_that_cannot_be_written_is_named_together_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    output, _ = start(tmp_path / "file" / "data", free_port()).communicate(timeout=30)
    assert "cannot be written" in output
    assert "DATA_DIR=" in output


def test_a_stop_during_the_start_leaves_no_process_behind(tmp_path: Path) -> None:
    process = start(tmp_path, free_port())
    while not (children := family(process)):
        time.sleep(0.01)
    process.terminate()
    process.communicate(timeout=30)
    assert psutil.wait_procs(children, timeout=10)[1] == []
