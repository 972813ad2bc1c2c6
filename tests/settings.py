"""The site's own settings on a folder that is thrown away, and one more engine: `tests.scales`."""

import atexit
import os
import shutil
import tempfile


def _scratch(name: str, prefix: str) -> None:
    """Set the variable to a new folder, removed at exit, unless a test has set it."""
    if name not in os.environ:
        os.environ[name] = tempfile.mkdtemp(prefix=prefix)
        atexit.register(shutil.rmtree, os.environ[name], ignore_errors=True)


_scratch("DATA_DIR", "partita-tests-")
_scratch("RUNTIME_DIR", "pt-")

from generator.engines import ENGINES  # noqa: E402
from musicsite.settings import *  # noqa: E402, F403

ENGINES["scales"] = "tests.scales.ScalesEngine"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
