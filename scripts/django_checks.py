"""Django's own checks: no migration is missing, and the settings of a real deployment raise no warning."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (["makemigrations", "--check", "--dry-run"], ["check", "--deploy", "--fail-level", "WARNING"])


def main() -> int:
    """Run every check, as if behind TLS; 1 when any fails."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "DATA_DIR": folder, "HTTPS": "1", "ALLOWED_HOSTS": "music.example.org"}
        results = [
            subprocess.run([sys.executable, "manage.py", *check], cwd=ROOT, env=env, check=False) for check in CHECKS
        ]
    return int(any(result.returncode for result in results))


if __name__ == "__main__":
    sys.exit(main())
