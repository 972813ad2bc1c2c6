"""Compile the translations: `python scripts/messages.py` writes a .mo beside every locale/*/LC_MESSAGES/*.po.

Translators need GNU gettext (`manage.py makemessages -l de`); whoever only runs the site does not.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compile_all(folder: Path = LOCALE) -> list[Path]:
    """Write every .mo that is missing or older than its .po; which ones."""
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(source).save_as_mofile(target)
            written.append(target)
    return written


if __name__ == "__main__":
    for path in compile_all():
        sys.stdout.write(f"{path.relative_to(LOCALE.parent)}\n")
