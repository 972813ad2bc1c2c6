"""Write requirements.txt and requirements-dev.txt from what pyproject.toml asks for and this venv has installed.

torch stays out of both: the Makefile installs it by itself, so that one variable picks a CPU or a CUDA build.
Run `make lock` after installing or upgrading a package.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Written by `make lock` from pyproject.toml; torch is pinned in the Makefile.\n"
# What torch needs is locked here, so that installing torch itself changes nothing else.
TORCH_NEEDS = ["filelock", "fsspec", "jinja2", "networkx", "sympy", "typing-extensions"]


def closure(wanted: Iterable[str]) -> dict[str, str]:
    """{name: version} of these requirements and of all that they require, extras included."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    open_ends = [Requirement(line) for line in wanted]
    while open_ends:
        requirement = open_ends.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen or key[0] == "torch":
            continue
        seen.add(key)
        installed = distribution(requirement.name)
        found[key[0]] = installed.version
        open_ends.extend(_needs(installed.requires or [], requirement.extras))
    return found


def _needs(lines: Iterable[str], extras: Iterable[str]) -> Iterator[Requirement]:
    """The requirements among `lines` whose marker holds here, for any of these extras or for none."""
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def main() -> None:
    """Write both files; a package that is asked for and not installed is an error naming it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    run_time = closure([*project["dependencies"], *TORCH_NEEDS])
    development = closure(project["optional-dependencies"]["dev"])
    lines = [f"{name}=={version}\n" for name, version in sorted(run_time.items())]
    (ROOT / "requirements.txt").write_text(HEADER + "".join(lines), "utf8")
    extra = [f"{name}=={development[name]}\n" for name in sorted(development.keys() - run_time.keys())]
    (ROOT / "requirements-dev.txt").write_text(HEADER + "-r requirements.txt\n" + "".join(extra), "utf8")


if __name__ == "__main__":
    main()
