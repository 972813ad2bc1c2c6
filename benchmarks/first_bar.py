"""From *Compose* to the first engraved bar: real Chromium, real processes, a warm worker.

    python -m benchmarks.first_bar [--runs 10] [--bars 8] [--takes 3] [--url http://127.0.0.1:8000] [--json]

Times are the page's own performance marks, in ms: `compose-pressed`, `bar-arrived:N`, `bar-engraved:N`.
The longest block is the longest task of the page's main thread (PerformanceObserver `longtask`) from the press to the
last bar; browsers report only tasks above 50 ms, so 0 means none was longer.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
from contextlib import nullcontext
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.sandbox import site

WATCH_LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push([task.startTime, task.duration]);
}).observe({type: 'longtask', buffered: true});
"""
MARKS = "() => performance.getEntriesByType('mark').map((mark) => [mark.name, mark.startTime])"
SETTLE = 2500  # ms from the loaded page to the press: a person looks before pressing


def main() -> None:
    """Measure and print."""
    options = arguments()
    with nullcontext(options.url) if options.url else site() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        compose(browser, address, options)  # the first one fills caches: the browser's, the page's, the worker's
        runs = [compose(browser, address, options) for _ in range(options.runs)]
        browser.close()
    figures = summary(runs, options)
    print(json.dumps(figures) if options.json else "\n".join(f"{name:32} {value}" for name, value in figures.items()))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--takes", type=int, default=3)
    parser.add_argument("--ensemble", default="satb")
    parser.add_argument("--url", help="a running site; without it, one is started on a temporary folder")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def chromium() -> str:
    """The system's Chromium: CHROMIUM, or what is on PATH."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        raise SystemExit("No Chromium was found; install one, or name it in CHROMIUM.")
    return found


def compose(browser: Browser, address: str, options: argparse.Namespace) -> dict[str, Any]:
    """One composition by a new guest: {"marks": {name: ms}, "longest": ms}."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(WATCH_LONG_TASKS)
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    choose(page, options)
    page.wait_for_timeout(SETTLE)
    page.click("#compose")
    page.wait_for_function(
        f"() => performance.getEntriesByName('bar-engraved:{options.bars - 1}').length > 0", timeout=120_000
    )
    marks = dict(reversed(page.evaluate(MARKS)))  # the first of each name
    tasks = [length for at, length in page.evaluate("() => window.longTasks") if at >= marks["compose-pressed"]]
    context.close()
    return {"marks": marks, "longest": max(tasks, default=0.0)}


def choose(page: Page, options: argparse.Namespace) -> None:
    """Set the controls, also those in a closed drawer."""
    wanted = {"ensemble": options.ensemble, "bars": str(options.bars), "takes": str(options.takes)}
    page.evaluate(
        """(wanted) => { for (const [name, value] of Object.entries(wanted)) {
            const control = document.querySelector(`#controls [name="${name}"]`)
            control.value = value
            control.dispatchEvent(new Event('change', {bubbles: true}))
        } }""",
        wanted,
    )


def summary(runs: list[dict[str, Any]], options: argparse.Namespace) -> dict[str, Any]:
    """The figures over all runs, in ms."""
    first_arrived = [run["marks"]["bar-arrived:0"] - run["marks"]["compose-pressed"] for run in runs]
    first = [run["marks"]["bar-engraved:0"] - run["marks"]["compose-pressed"] for run in runs]
    waits = [
        run["marks"][f"bar-engraved:{bar}"] - run["marks"][f"bar-arrived:{bar}"]
        for run in runs
        for bar in range(options.bars)
    ]
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "runs": len(runs),
        "brief": f"{options.bars} bars, {options.ensemble}, {options.takes} takes",
        "first_bar_arrived_ms_median": round(median(first_arrived)),
        "first_bar_engraved_ms_median": round(median(first)),
        "first_bar_engraved_ms_max": round(max(first)),
        "arrived_to_engraved_ms_median": round(median(waits)),
        "arrived_to_engraved_ms_max": round(max(waits)),
        "longest_main_thread_block_ms": round(max(run["longest"] for run in runs)),
    }


if __name__ == "__main__":
    main()
