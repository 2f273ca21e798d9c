"""Which feeds the site has and what belongs into each. Pure; writes nothing.

The page about feeds, the links for autodiscovery, the OPML file and the feeds themselves all ask here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..model import Impact
from ..siteview import FeedLink, IncidentView, SiteView

TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
    "ics": "text/calendar",
}
"""What `<link rel=alternate type=…>` says. The files themselves are served as `application/xml`, see docs/feeds.md."""

SEVERITY = (Impact.MINOR, Impact.MAJOR, Impact.CRITICAL)


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the site with feeds of its own. `folder` is its path (final slash), `page` where people read it."""

    kind: str  # site | platform | component | region | impact
    id: str
    title: str
    folder: str
    page: str
    holds: Callable[[IncidentView], bool]


def scopes(view: SiteView) -> Iterator[Scope]:
    """The whole site first, then each platform, component, region and impact."""
    yield Scope("site", "", view.title, "/", "/", lambda incident: True)
    for platform in view.platforms:
        yield _platform(view, platform.id, platform.name)
        for component in platform.components:
            yield _component(view, component.id, f"{platform.name} {component.name}")
    for region in view.regions:
        yield _region(view, region.id, region.name)
    for impact in SEVERITY:
        yield _impact(view, impact)


def _platform(view: SiteView, id: str, name: str) -> Scope:
    def holds(incident: IncidentView) -> bool:
        return any(component.partition("/")[0] == id for component in incident.components)

    folder = f"/platforms/{id}/"
    return Scope("platform", id, f"{view.title}: {name}", folder, folder, holds)


def _component(view: SiteView, id: str, name: str) -> Scope:
    folder = f"/components/{id}/"
    return Scope("component", id, f"{view.title}: {name}", folder, folder, lambda incident: id in incident.components)


def _region(view: SiteView, id: str, name: str) -> Scope:
    def holds(incident: IncidentView) -> bool:
        return not incident.regions or id in incident.regions

    folder = f"/regions/{id}/"
    return Scope("region", id, f"{view.title}: {name}", folder, folder, holds)


def _impact(view: SiteView, impact: Impact) -> Scope:
    """Incidents of this impact or a worse one: who asks for major wants to hear of critical."""
    wanted = SEVERITY[SEVERITY.index(impact) :]
    name = impact.value if impact is SEVERITY[-1] else f"{impact.value} and worse"
    return Scope("impact", impact.value, f"{view.title}: {name}", f"/impact/{impact}/", "/history/", _of(wanted))


def _of(wanted: tuple[Impact, ...]) -> Callable[[IncidentView], bool]:
    return lambda incident: incident.impact in wanted


def feeds_of(view: SiteView) -> tuple[FeedLink, ...]:
    """Every feed of the site, the site's own first: what the page about feeds and the OPML file list."""
    return tuple(link for scope in scopes(view) for link in _links(view, scope))


def feeds_for(view: SiteView, kind: str = "site", id: str = "") -> tuple[FeedLink, ...]:
    """The feeds a page announces in its head: its own, the narrower first, then the site's."""
    wanted = [scope for scope in scopes(view) if (scope.kind, scope.id) in ((kind, id), ("site", ""))]
    return tuple(link for scope in reversed(wanted) for link in _links(view, scope))


def _links(view: SiteView, scope: Scope) -> Iterator[FeedLink]:
    def link(family: str, form: str, name: str) -> FeedLink:
        return FeedLink(
            f"{scope.title}: {family}", scope.kind, scope.id, family, form, scope.folder + name, TYPES[form]
        )

    yield link("history", "atom", "history.atom")
    yield link("history", "rss", "history.rss")
    if scope.kind == "site":
        yield link("history", "json", "feed.json")
    yield link("updates", "atom", "updates.atom")
    yield link("updates", "rss", "updates.rss")
    if scope.kind == "site":
        yield link("maintenance", "ics", "maintenance.ics")
