"""The editor in the browser, below `/admin/`: only where status.yml turns it on. Its own page with its own policy."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from ..model import Artifact
from ..siteview import SiteView
from . import Output


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    """Page, configuration, and Decap's file if `cms fetch` has put it into the theme; nothing if it is off."""
    view = views[0]
    if not view.cms.get("enabled"):
        return
    from .. import cms  # with everything that reads a note: only where somebody wants the editor

    file = next((path for folder in templates if (path := folder / cms.FILE).is_file()), None)
    yield Artifact("admin/index.html", cms.page(view, installed=file is not None).encode())
    yield Artifact("admin/config.yml", cms.config(view).encode())
    if file is not None:
        yield Artifact(cms.FILE, file.read_bytes())
        yield Artifact("admin/fields.js", (resources.files("generator") / "assets" / "cms.js").read_bytes())


OUTPUT = Output("admin", render)
