"""What a page of the site is made of: an address, a template and the values it arranges. No HTML, no decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model import Status
from ..siteview import ComponentView, IncidentView, SiteView
from ..text import Text


@dataclass(frozen=True)
class Page:
    """One page of the site in one language.

    `url` is its address (`/history/`), `scope` names the feeds that belong to it, `live` says that its states are
    refreshed between builds. `twin` writes the same page as markdown: of a page that is not live from `values` and what
    it takes of the site's view, and nothing else.
    """

    url: str
    template: str
    title: str
    description: str
    values: Mapping[str, Any] = field(default_factory=dict)
    scope: tuple[str, str] = ("site", "")
    live: bool = False
    noindex: bool = False
    canonical: str = ""
    warnings: tuple[str, ...] = ()
    icon: Status | None = None
    twin: Callable[[Site], str] | None = None
    alone: bool = False  # it is there in the first language only


@dataclass(frozen=True)
class Row:
    """A component in the table of its platform."""

    component: ComponentView
    trouble: bool
    cells: tuple[Place, ...]


@dataclass(frozen=True)
class Place:
    """One cell of the table; `seen` is False where the component is not checked from that region."""

    region: str
    name: str
    seen: bool
    status: str = ""
    word: str = ""


@dataclass(frozen=True)
class Site:
    """A `SiteView` with what every page needs looked up once."""

    view: SiteView
    t: Text
    prefix: str  # before every address of this language
    by_id: Mapping[str, IncidentView]

    def incidents(self, ids: Iterable[str]) -> list[IncidentView]:
        return [self.by_id[id] for id in ids if id in self.by_id]


def site(view: SiteView, t: Text, prefix: str) -> Site:
    return Site(view, t, prefix, {one.id: one for one in view.incidents})


def capital(word: str) -> str:
    """The word with a capital first letter."""
    return word[:1].upper() + word[1:]
