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

from pathlib import Path  # noqa: E402

from generator.engines import ENGINES  # noqa: E402
from musicsite.settings import *  # noqa: E402, F403
from musicsite.settings import DATA_DIR, INSTALLED_APPS, LANGUAGES, LOCALE_PATHS  # noqa: E402
from tests import pseudo  # noqa: E402

INSTALLED_APPS += ["tests.pseudo.PseudoConfig"]
LANGUAGES += [(pseudo.CODE, "Pseudo")]
LOCALE_PATHS += [Path(DATA_DIR) / "locale"]
pseudo.write_catalogue(LOCALE_PATHS[-1])
ENGINES["scales"] = "tests.scales.ScalesEngine"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
