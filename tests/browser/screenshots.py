"""Takes the pictures of the documentation: `python -m tests.browser.screenshots SITE OUT [NAME=ADDRESS ...]`.

SITE is a built site (the demo's, say). Each address is shown on a desktop and a phone, in light and dark, without
script, so that a picture does not depend on the hour it was taken. By default the front page, the first incident, the
first component and the comparison.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from generator.serving import serving
from tests.browser.conftest import CHROMIUM

SCREENS = {"desktop": (1200, 900), "phone": (390, 844)}


def addresses(site: Path) -> dict[str, str]:
    """The front page and the first of each of the other main pages."""
    found = {"index": "/", "compare": "/compare/"}
    incidents = sorted(p.parent.name for p in site.glob("incidents/*/index.html"))
    components = sorted(p.parent for p in site.glob("components/*/*/index.html"))
    if incidents:
        found["incident"] = f"/incidents/{incidents[-1]}/"
    if components:
        found["component"] = f"/{components[0].relative_to(site).as_posix()}/"
    return found


def take(site: Path, out: Path, pages: dict[str, str]) -> list[Path]:
    """Every page on every screen in both themes; gives the files written."""
    out.mkdir(parents=True, exist_ok=True)
    taken = []
    with serving(site) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for screen, (width, height) in SCREENS.items():
            for scheme in ("light", "dark"):
                viewport = {"width": width, "height": height}
                context = browser.new_context(viewport=viewport, color_scheme=scheme, java_script_enabled=False)
                for name, address in pages.items():
                    page = context.new_page()
                    page.goto(base + address)
                    taken.append(out / f"{name}-{screen}-{scheme}.png")
                    page.screenshot(path=taken[-1])
                    page.close()
                context.close()
        browser.close()
    return taken


def main(arguments: list[str]) -> int:
    site, out = Path(arguments[0]), Path(arguments[1])
    named = dict(pair.split("=", 1) for pair in arguments[2:])
    for file in take(site, out, named or addresses(site)):
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
