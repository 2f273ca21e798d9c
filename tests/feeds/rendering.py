"""What the tests of feeds and API share: the outputs that machines read, rendered and written."""

from __future__ import annotations

from pathlib import Path

from generator import outputs
from generator.siteview import SiteView

MACHINES = ("feeds", "calendar", "opml", "api", "data", "statuspage", "badges", "metrics", "embed")


def files(view: SiteView, *names: str) -> dict[str, bytes]:
    """path -> bytes of these outputs (all of the machines' by default); two artifacts never share a path."""
    found: dict[str, bytes] = {}
    for name in names or MACHINES:
        for artifact in outputs.get(name).render((view,), ()):
            assert artifact.path not in found, f"{artifact.path} is written twice"
            found[artifact.path] = artifact.body
    return found


def write(folder: Path, contents: dict[str, bytes]) -> Path:
    for path, body in contents.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    return folder
