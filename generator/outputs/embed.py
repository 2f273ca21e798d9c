"""The state on somebody else's page: `/embed.js` (a custom element) and `/embed/` (a page for a frame).

Both show what `live.json` says and turn to unknown when it is old. Without script a visitor sees the state of the last
build with its time, and a link.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from .. import text
from ..model import Artifact, Status
from ..siteview import SiteView
from . import Output
from ._html_values import shortened
from ._layout import capital
from ._plain import absolute, base_path, clean, presentable

PLACE = "{/* filled in by the generator: home, live, words, texts */}"


def asset(name: str) -> bytes:
    """A file of `generator/assets`."""
    return (resources.files("generator") / "assets" / name).read_bytes()


def script(view: SiteView) -> bytes:
    """`embed.js` with the addresses and words of this site."""
    t = text.of(view.lang.replace("-", "_"))
    site = {
        "home": absolute(view, "/") if view.base_url else "",
        "live": view.live_url,
        "words": {status.value: capital(t.status(status)) for status in Status},
        "texts": {
            "as_of": t("As of"),
            "old": t("There is no recent measurement."),
            "unreachable": t("The status page cannot be reached."),
        },
    }
    inside = json.dumps(presentable(site), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return asset("embed.js").decode().replace(PLACE, inside.replace("<", "\\u003c"), 1).encode()


def page(view: SiteView) -> bytes:
    """`/embed/index.html`: the element, with the state of the build for visitors without script."""
    root = base_path(view)
    host = urlsplit(view.live_url)
    connect = f"'self' {host.scheme}://{host.netloc}" if host.netloc else "'self'"
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src {connect}; "
        "base-uri 'none'; form-action 'none'"
    )
    checked = (
        f' <time datetime="{view.checked_at.iso}">{escape(view.checked_at.text)}</time>' if view.checked_at else ""
    )
    said = escape(clean(view.sentence))
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(view.lang.replace("_", "-"))}" dir="{escape(view.dir)}">\n<head>\n'
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="robots" content="noindex">\n'
        f"<title>{escape(shortened(clean(view.title)))}</title>\n"
        f'<link rel="stylesheet" href="{root}/embed/embed.css">\n'
        f'<script src="{root}/embed.js" async></script>\n</head>\n<body>\n'
        f'<roadworthy-status framed><a href="{escape(absolute(view, "/"))}" target="_blank" rel="noopener">'
        f"{said}{checked}</a></roadworthy-status>\n</body>\n</html>\n"
    ).encode()


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    view = views[0]
    yield Artifact("embed.js", script(view))
    yield Artifact("embed/index.html", page(view))
    yield Artifact("embed/embed.css", asset("embed.css"))


OUTPUT = Output("embed", render)
