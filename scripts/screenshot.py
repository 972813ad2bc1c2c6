"""Take docs/studio.png: the studio in mid-composition, in a real Chromium on a real site."""

from __future__ import annotations

import argparse
import io
from contextlib import nullcontext
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.first_bar import choose, chromium
from scripts.sandbox import site

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 500_000  # bytes
ENSEMBLE = "string-quartet"
BARS = 16
SHOWN_BAR = 6  # taken once this bar is engraved


def main() -> None:
    """Compose, wait for the middle, take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a running site; without it, one is started on a temporary folder")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "studio.png")
    options = parser.parse_args()
    with nullcontext(options.url) if options.url else site() as address:
        options.out.write_bytes(smaller(picture(address)))
    print(f"{options.out}: {options.out.stat().st_size // 1000} kB")


def picture(address: str) -> bytes:
    """A PNG of the studio while it writes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 800}, device_scale_factor=1.5)
        page.goto(address, wait_until="networkidle")
        choose(page, argparse.Namespace(ensemble=ENSEMBLE, bars=BARS, takes=3))
        page.evaluate("document.querySelector('#controls [name=mood][value=lively]').click()")
        page.wait_for_timeout(2000)
        page.click("#compose")
        page.wait_for_function(
            f"() => performance.getEntriesByName('bar-engraved:{SHOWN_BAR}').length > 0", timeout=120_000
        )
        shot = page.screenshot(animations="disabled")
        browser.close()
    return shot


def smaller(png: bytes) -> bytes:
    """The same picture in at most 256 colours, narrower until it is small enough for a repository."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    while True:
        out = io.BytesIO()
        image.quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            return out.getvalue()
        image = image.resize((image.width * 9 // 10, image.height * 9 // 10), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
