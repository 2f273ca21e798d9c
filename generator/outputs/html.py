"""The pages: every language, every address of the site, each with what its head must say.

The first language stands at the root, every other one below `/LANG/`. Pages reach each other by relative addresses,
so that the site works in any folder of any host. Decides nothing, writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .. import text
from ..model import WORST_FIRST, Artifact, Status
from ..siteview import FeedLink, Link, SiteView
from . import Output, _html_assets
from ._again import Again, Print, contents
from ._feedlist import feeds_for
from ._html_env import Render, prepare, renderer
from ._html_pages import Page, Site, not_found, pages, search_index, site
from ._html_values import titled

if TYPE_CHECKING:
    from ..artifacts import Deferred
    from ..cache import Cache

FEEDS_IN_HEAD = 4
STATIC_STRINGS = ("local", "found", "copy", "copied")
"""What the script says on pages whose facts do not age."""
SEARCH_STRINGS, COPY_STRINGS = frozenset({"found"}), frozenset({"copy", "copied"})
TRY_STRINGS = frozenset({"ms", "asking", "reached", "unreached"})
FRONT_STRINGS = frozenset({"then", "refreshed"})


@dataclass(frozen=True)
class Other:
    """The same page in another language."""

    lang: str
    url: str
    name: str


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    """Every page of every language, their text twins, the assets and the index of the search."""
    for artifact in _render(views, templates, None):
        assert isinstance(artifact, Artifact)
        yield artifact


def again(views: tuple[SiteView, ...], templates: tuple[Path, ...], memory: Cache) -> Iterator[Artifact | Deferred]:
    """The same; pages that were printed from the same values before are not printed again."""
    return _render(views, templates, memory)


def _render(
    views: tuple[SiteView, ...], templates: tuple[Path, ...], memory: Cache | None
) -> Iterator[Artifact | Deferred]:
    folders = tuple(folder for folder in templates if folder.is_dir())
    assets = _html_assets.collect(folders, views[0].accent, views[0].logo)
    yield from assets.artifacts
    made_of = contents(folders) if memory is not None else b""
    for view in views:
        prefix = "" if view is views[0] else f"/{view.lang}"
        t = text.of(view.lang.replace("-", "_"))
        shown = site(view, t, prefix)
        press = _Press(shown, assets, renderer(folders, t, memory), views)
        if memory is None:
            yield from (Artifact(*file) for page in pages(shown) for file in press.print(page)[1](view))
        else:
            known, all_pages = Again(memory, view, made_of, t.lang, press.common), tuple(pages(shown))
            ready = partial(prepare, folders, {page.template for page in all_pages})
            yield from known.print("page", map(press.print, all_pages), ready)
        if view is views[0]:
            yield press.print_at(not_found(shown), "404.html", _base_path(view))
    found = {"incidents": search_index(views[0])}
    yield Artifact("history/index.json", json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode())


class _Press:
    """Prints the pages of one language."""

    def __init__(self, shown: Site, assets: _html_assets.Assets, render: Render, views: Sequence[SiteView]) -> None:
        self.site, self.assets, self.render, self.views = shown, assets, render, views
        self.feeds: dict[tuple[str, str], tuple[FeedLink, ...]] = {}
        self.common = self._common()

    def print(self, page: Page) -> Print:
        """A page and its twin. One whose facts age is another page in each build."""
        folder = page.url.strip("/")
        root = "../" * len(folder.split("/")) if folder else ""

        def make(view: SiteView) -> Iterator[tuple[str, bytes]]:
            # The values again: to hold those of ten thousand pages that nobody prints costs more.
            yield f"{folder}/index.html".lstrip("/"), self._print(page, self._values(page, root), view)
            if page.twin:
                yield f"{folder}/index.md".lstrip("/"), page.twin(replace(self.site, view=view)).encode()

        if page.live:
            return None, make
        # The menu is left out: the address and the language say it all.
        shown = {name: value for name, value in self._values(page, root).items() if name != "menu"}
        return (page.url, page.template, page.twin is not None, shown, page.values), make

    def print_at(self, page: Page, path: str, root: str) -> Artifact:
        return Artifact(path, self._print(page, self._values(page, root), self.site.view))

    def _print(self, page: Page, values: Mapping[str, Any], view: SiteView) -> bytes:
        return self.render(page.template, **{**self.common, "view": view, **values, **page.values}).encode()

    def _values(self, page: Page, root: str) -> dict[str, Any]:
        """What a page shows beside its own values and those of all pages."""
        return {
            "root": root,
            "page": self._head(page),
            "policy": self.assets.policy(self._origins(page)),
            "menu": self._menu(page),
            "data": _json(self._data(page, root)),
        }

    def _common(self) -> dict[str, Any]:
        view, t, prefix = self.site.view, self.site.t, self.site.prefix
        return {
            "css": self.assets.css,
            "theme_first": _html_assets.THEME_FIRST,
            "script": f"/{self.assets.script}",
            "tools": f"/{self.assets.tools}",
            "search": f"/{self.assets.search}",
            "custom_css": f"/{self.assets.custom_css}" if self.assets.custom_css else "",
            "logo": f"/{self.assets.logo}" if self.assets.logo else "",
            "home": f"{prefix}/",
            "foot": self._foot(),
            "written_in": self.views[0].lang,
            "not_run_by": t("Not run by {platforms}.", platforms=t.list([p.name for p in view.platforms], "or")),
            "key_words": self._key(),
        }

    def _key(self) -> list[tuple[str, str]]:
        """The states that are on the page, so that a page without data shows nothing green."""
        components = self.site.view.components
        seen = {c.status for c in components} | {cell.status for c in components for cell in c.cells}
        return [(status.value, self.site.t.status(status)) for status in Status if status in seen]

    def _foot(self) -> list[Link]:
        view, t, prefix = self.site.view, self.site.t, self.site.prefix
        own = [Link(p.title, f"{prefix}/{p.slug}/") for p in view.pages]
        links = [*own, Link(t("Subscribe"), f"{prefix}/feeds/")]
        if view.contact:
            links.append(Link(t("Contact"), view.contact))
        if view.repository:
            links.append(Link(t("Source"), view.repository))
        return links

    def _menu(self, page: Page) -> list[dict[str, Any]]:
        t, prefix = self.site.t, self.site.prefix
        links = (
            (t("Now"), "/"),
            (t("History"), "/history/"),
            (t("Compare"), "/compare/"),
            (t("Causes"), "/causes/"),
            (t("Subscribe"), "/feeds/"),
        )
        return [{"text": word, "url": prefix + url, "here": page.url == prefix + url} for word, url in links]

    def _head(self, page: Page) -> dict[str, Any]:
        view = self.site.view
        icon = _html_assets.icon(page.icon or Status.UNDER_MAINTENANCE)  # a page without a state of its own: blue
        return {
            "title": titled(page.title, view.title),
            "description": page.description,
            "canonical": page.canonical,
            "noindex": page.noindex or view.preview,
            "icon": icon,
            "picture": self._picture(page),
            "feeds": self._feeds(page),
            "others": self._others(page),
            "twin": f"{page.url}index.md" if page.twin else "",
            "warnings": page.warnings,
            "live": page.live,
        }

    def _picture(self, page: Page) -> str:
        """The picture of a shared link: its address must be absolute, and only a page with a state has one."""
        path = self.assets.shares.get(page.icon, "") if page.icon else ""
        return f"{self.site.view.base_url}/{path}" if path and self.site.view.base_url else ""

    def _feeds(self, page: Page) -> tuple[FeedLink, ...]:
        """The feeds a reader is offered: the narrower first, the site's own after them. Most pages share a scope."""
        found = self.feeds.get(page.scope)
        if found is None:
            found = self.feeds[page.scope] = feeds_for(self.site.view, *page.scope)[:FEEDS_IN_HEAD]
        return found

    def _others(self, page: Page) -> list[Other]:
        here = page.url.removeprefix(self.site.prefix)
        return [
            Other(view.lang, ("" if view is self.views[0] else f"/{view.lang}") + here, text.of(view.lang).name)
            for view in self.views
            if len(self.views) > 1 and view is not self.site.view and not page.alone
        ]

    def _origins(self, page: Page) -> list[str]:
        """Where the script of this page may ask: the live data, and targets that let a browser ask them."""
        asked = [self.site.view.live_url] if page.live and self.site.view.live_url else []
        component = page.values.get("component")
        asked += [check.browser_url for check in component.checks] if component is not None else []
        return [found for url in asked if (found := _html_assets.origin(url))]

    def _data(self, page: Page, root: str) -> Mapping[str, Any]:
        """What the script must know. Pages whose facts do not age carry nothing that changes from build to build."""
        view = self.site.view
        if not page.live:
            return {"s": {key: view.strings[key] for key in STATIC_STRINGS}}
        return {
            "live": view.live_url or f"{root}live.json",
            "checked": view.checked_at.at if view.checked_at else 0,
            "built": view.generated_at.at,
            "limit": view.stale_after.at - view.checked_at.at if view.stale_after and view.checked_at else 0,
            "status": view.overall.value,
            **({"other": True} if self.site.prefix else {}),
            **({"title": titled(page.retitled, view.title)} if page.retitled else {}),
            **({"stale": True} if view.stale else {}),
            "glyphs": {s.value: [_html_assets.GLYPHS[s], _html_assets.ICON_COLOURS[s]] for s in WORST_FIRST},
            "s": {key: text for key, text in view.strings.items() if key not in _unused(page)},
        }


def _unused(page: Page) -> frozenset[str]:
    """The strings of things that a live page does not have: search, lines to copy, checks to try, a first sentence."""
    component = page.values.get("component")
    unused = SEARCH_STRINGS if page.template == "index.html" else SEARCH_STRINGS | FRONT_STRINGS
    if component is None:
        return unused | COPY_STRINGS | TRY_STRINGS
    return unused if any(check.browser_url for check in component.checks) else unused | TRY_STRINGS


def _json(value: Mapping[str, Any]) -> str:
    """JSON that may stand inside a script element whatever its strings hold."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return plain.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _base_path(view: SiteView) -> str:
    """The folder of the site on its host: the page for wrong addresses is served anywhere and cannot be relative."""
    return urlsplit(view.base_url).path.rstrip("/") + "/"


OUTPUT = Output("html", render, again, large=True)
