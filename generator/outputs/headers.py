"""`/_headers`: what Netlify and Cloudflare must send with the pages that only this site's content has.

Everything else they send stands in `netlify.toml` and in what `hosting` prints. Nothing where there is no such page.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .. import hosting
from ..model import Artifact
from ..siteview import SiteView
from . import Output


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    """One rule for each further page and each language that the fixed rules do not know."""
    own = [f"{page.slug}/" for view in views for page in view.pages]
    text = hosting.headers_file([*own, *(f"{view.lang}/" for view in views[1:])])
    if text:
        yield Artifact("_headers", text.encode())


OUTPUT = Output("headers", render)
