"""What a page of the site is made of: an address, a template and the values it arranges. No HTML, no decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model import Status
from ..siteview import ComponentView, IncidentView, SiteView
from ..text import Text

LONGEST_TITLE = 70
"""Characters of a title: search engines cut off what is longer."""


@dataclass(frozen=True)
class Page:
    """One page of the site in one language.

    `url` is its address (`/history/`), `title` what it is about (`titled` adds the site's name), `scope` names the
    feeds that belong to it, `live` says that its states are refreshed between builds. A page about a state
    has it as `icon`; `retitled` is its title with `{mark}` and `{word}` in the place of the state, and the first mark
    on the page shows that one. `twin` writes the same page as markdown: of a page that is not live from `values` and
    what it takes of the site's view, and nothing else.
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
    retitled: str = ""
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


def titled(said: str, site: str) -> str:
    """`History – Roadworthy`; without the site's name where that is too long for a tab, and cut where it still is."""
    whole = f"{said} – {site}"
    return whole if len(whole) <= LONGEST_TITLE else shortened(said)


def shortened(title: str) -> str:
    """The title, cut behind a word where it is too long; inside one where the language has no spaces."""
    if len(title) <= LONGEST_TITLE:
        return title
    room = title[: LONGEST_TITLE - 1]
    words = room.rpartition(" ")[0].rstrip(" ,;:–")
    return (words if len(words) > LONGEST_TITLE // 2 else room) + "…"


def capital(word: str) -> str:
    """The word with a capital first letter."""
    return word[:1].upper() + word[1:]
