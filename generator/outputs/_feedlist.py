"""Which feeds the site has and what belongs into each. Pure; writes nothing.

The page about feeds, the links for autodiscovery, the OPML file and the feeds themselves all ask here.
"""

from __future__ import annotations

from collections.abc import Iterator
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

    @property
    def key(self) -> tuple[str, str]:
        return (self.kind, self.id)


def scopes(view: SiteView) -> Iterator[Scope]:
    """The whole site first, then each platform, component, region and impact."""
    yield Scope("site", "", view.title, "/", "/")
    for platform in view.platforms:
        yield _below(view, "platform", platform.id, platform.name)
        for component in platform.components:
            yield _below(view, "component", component.id, f"{platform.name} {component.name}")
    for region in view.regions:
        yield _below(view, "region", region.id, region.name)
    for impact in SEVERITY:
        name = impact.value if impact is SEVERITY[-1] else f"{impact.value} and worse"
        yield Scope("impact", impact.value, f"{view.title}: {name}", f"/impact/{impact}/", "/history/")


def _below(view: SiteView, kind: str, id: str, name: str) -> Scope:
    folder = f"/{kind}s/{id}/"
    return Scope(kind, id, f"{view.title}: {name}", folder, folder)


def keys_of(view: SiteView, incident: IncidentView) -> set[tuple[str, str]]:
    """The keys of all scopes an incident belongs to.

    One that names no region is everybody's; one of an impact is also in the feeds of the lesser ones: who asks for
    major wants to hear of critical.
    """
    found = {("site", "")}
    for component in incident.components:
        found |= {("component", component), ("platform", component.partition("/")[0])}
    found |= {("region", region) for region in incident.regions or (region.id for region in view.regions)}
    if incident.impact in SEVERITY:
        found |= {("impact", impact.value) for impact in SEVERITY[: SEVERITY.index(incident.impact) + 1]}
    return found


def feeds_of(view: SiteView) -> tuple[FeedLink, ...]:
    """Every feed of the site, the site's own first: what the page about feeds and the OPML file list."""
    return tuple(link for scope in scopes(view) for link in _links(view, scope))


def feeds_for(view: SiteView, kind: str = "site", id: str = "") -> tuple[FeedLink, ...]:
    """The feeds a page announces in its head: its own, the narrower first, then the site's."""
    wanted = [scope for scope in scopes(view) if scope.key in ((kind, id), ("site", ""))]
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
