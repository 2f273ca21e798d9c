"""How long it takes from saving a note to its new words on the screen: `python -m tests.bench.preview [TIMES]`.

`serve` in a process of its own with the content of this repository, an open page in a real Chromium, a title changed by
hand. The time ends when the browser, by its own clock, first painted the page with the new title: when a test driver
gets to see it depends on how often it looks. Prints each time, the median and the worst.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.editing.roots import serving

CONTENT = Path(__file__).parents[2] / "content"
NOTE = """---
title: {title}
impact: major
components: [civitai/search]
started: 2026-11-23T05:30:00Z
updates:
  - at: +12m
    status: investigating
    body: A search for any name finds nothing.
---
"""

PAINTED = """async () => {
    const paint = () => performance.getEntriesByName('first-contentful-paint')[0]
    while (!paint()) await new Promise(requestAnimationFrame)
    return performance.timeOrigin + paint().startTime
}"""
"""When this page was first painted, in milliseconds since 1970."""


def measure(times: int) -> list[float]:
    """Seconds from the save to the paint, once for each change."""
    found = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder)
        shutil.copytree(CONTENT, root / "content")
        note = root / "content" / "incidents" / "2026-11-23-measured.md"
        note.write_text(NOTE.format(title="Title number 0"))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        with serving(root) as served:
            page.goto(served.url)
            page.get_by_text("Title number 0").first.wait_for()
            for number in range(1, times + 1):
                page.wait_for_timeout(1500)
                began = time.time()
                note.write_text(NOTE.format(title=f"Title number {number}"))
                page.get_by_text(f"Title number {number}", exact=True).first.wait_for()
                found.append(page.evaluate(PAINTED) / 1000 - began)
        browser.close()
    return found


if __name__ == "__main__":
    seconds = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    print(" ".join(f"{s:.2f}" for s in seconds))
    load = os.getloadavg()[0]
    print(
        f"median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s, load {load:.1f} on {os.cpu_count()} cores"
    )
