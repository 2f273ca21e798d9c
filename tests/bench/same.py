"""The same incidents for Hugo, with a theme that makes the same site as ours: the pages with their text twins, feeds, badges,
data and the Statuspage API, at the same paths (`hugo_same/`).

What does not depend on incidents (style, scripts, schemas, prose) is taken from a small site that our builder makes first,
so that no copy of it grows old here. What this theme does not do, and ours does in the time that is measured: verify
links, feeds and schemas before anything is published; look for secrets; exchange the site in one step and keep the one
before; leave files alone whose bytes are the same; say where two notes disagree, or which updates are out of order; read
what checks have seen; escape words in text twins; keep a list of its files with their checksums (`.roadworthy.json`).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from . import content

THEME = Path(__file__).parent / "hugo_same"
REPOSITORY = Path(__file__).resolve().parents[2]
STATIC = [
    "assets",
    "api/roadworthy/v1/evidence",
    "api/roadworthy/v1/schemas",
    "embed",
    "embed.js",
    "feeds/feed.css",
    "history-data",
    "maintenance.ics",
]
PROSE = {"api": "API", "causes": "Causes", "compare": "Comparison"}
LISTED = 50  # incidents on the page of a part or a platform


def write_root(root: Path, incidents: int) -> Path:
    """The sources of a Hugo site with the same incidents, and what our site has beside them."""
    shutil.copytree(THEME, root)
    with tempfile.TemporaryDirectory() as folder:
        ours = content.write_root(Path(folder) / "root", 1)
        line = [sys.executable, "-m", "generator", "build", "--root", ours, "--now", content.CLOCK]
        subprocess.run([str(word) for word in line], cwd=REPOSITORY, capture_output=True, check=True)
        _take(ours / "site", root)
    for n in range(incidents):
        (root / "content" / "incidents" / f"{content.name(n, incidents)}.md").write_text(note(n, incidents))
    return root


def note(n: int, incidents: int, word: str = "") -> str:
    """Our note, and what Hugo's taxonomies ask for: the date under its own name, parts by id, month and year."""
    at = datetime.fromtimestamp(content.started(n, incidents), UTC)
    text = content.note(n, incidents, word=word).replace("shop/", "").replace("\nstarted:", "\ndate:")
    return text.replace("---\n", f'---\nhistory: ["{at:%Y-%m}"]\nyears: ["{at:%Y}"]\n', 1)


def _take(site: Path, root: Path) -> None:
    """Files as they are to `static/`, prose to `content/`, what stands in every page to `data/`."""
    for name in STATIC:
        to = root / "static" / name
        to.parent.mkdir(parents=True, exist_ok=True)
        if (site / name).is_dir():
            shutil.copytree(site / name, to)
        else:
            shutil.copyfile(site / name, to)
    for name, title in PROSE.items():
        said = _between((site / name / "index.html").read_text(), '<main id="main">\n', "\n</main>").strip()
        (root / "content" / f"{name}.md").write_text(f"---\ntitle: {title}\noutputs: [html]\n---\n{said}")
    still = next((site / "incidents").rglob("index.html")).read_text()
    live = (site / "components" / "shop" / content.component(0) / "index.html").read_text()
    frame = {
        "policy": _line(still, "<meta http-equiv"),
        "icon": _line(still, '<link rel="icon"'),
        "icon_live": _line(live, '<link rel="icon"'),
        "share": _line(live, '<meta property="og:image"'),
        "theme": _line(still, "<script>try"),
        "style": _whole(still, "<style>", "</style>"),
        "sprite": _whole(still, '<svg class="sprite"', "</defs></svg>"),
        "words": _line(still, '<script type="application/json"'),
        "words_live": _line(live, '<script type="application/json"')
        .replace("../../../", "UP/")
        .replace("Part 0", "WHO"),
        "scripts": {path.name.partition(".")[0]: path.name for path in (site / "assets").glob("*.js")},
        "listed": LISTED,
    }
    parts = [
        {"id": content.component(n), "n": n, "name": f"Part {n}", "ask": f"https://shop.example/{n}"}
        for n in range(content.COMPONENTS)
    ]
    (root / "data").mkdir()
    (root / "data" / "frame.json").write_text(json.dumps(frame))
    (root / "data" / "shop.json").write_text(json.dumps({"components": parts}))


def _line(page: str, start: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(start))


def _between(page: str, start: str, end: str) -> str:
    return page.partition(start)[2].partition(end)[0]


def _whole(page: str, start: str, end: str) -> str:
    return start + _between(page, start, end) + end
