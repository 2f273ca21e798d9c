"""What people wrote, on the page without links that lead nowhere. Decides nothing about where a link leads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

from ..markdown import linked
from ..siteview import CauseView, ComponentView, FindingView, IncidentView, PageView, SiteView, UpdateView

Part = UpdateView | FindingView | IncidentView | ComponentView | CauseView | PageView
Written = TypeVar("Written", UpdateView, FindingView, IncidentView, ComponentView, CauseView, PageView)


def among(views: Iterable[SiteView], lost: Collection[str]) -> frozenset[str]:
    """Those of these links that stand in words of content; the others are the templates' own."""
    words = (html for view in views for part in _written(view) for html in _html(part).values())
    return frozenset(target for html in words for target in linked.targets(html) if target in lost)


def without(view: SiteView, dead: Collection[str]) -> SiteView:
    """The view with the words of these links alone."""

    def incident(one: IncidentView) -> IncidentView:
        updates = tuple(_mended(update, dead) for update in one.updates)
        found = tuple(_mended(finding, dead) for finding in one.findings)
        return replace(_mended(one, dead), updates=updates, findings=found)

    return replace(
        view,
        incidents=tuple(map(incident, view.incidents)),
        findings=tuple(_mended(one, dead) for one in view.findings),
        causes=tuple(_mended(one, dead) for one in view.causes),
        pages=tuple(_mended(one, dead) for one in view.pages),
        platforms=tuple(
            replace(platform, components=tuple(_mended(one, dead) for one in platform.components))
            for platform in view.platforms
        ),
    )


def _written(view: SiteView) -> Iterator[Part]:
    for incident in view.incidents:
        yield incident
        yield from incident.updates
    # An incident's findings say what their causes say.
    yield from view.findings
    yield from view.causes
    yield from view.pages
    yield from view.components


def _html(part: Part) -> dict[str, str]:
    """The fields of HTML, which their names tell (`generator.siteview`)."""
    names = (field.name for field in fields(part) if field.name == "html" or field.name.endswith("_html"))
    return {name: getattr(part, name) for name in names}


def _mended(part: Written, dead: Collection[str]) -> Written:
    fresh: dict[str, Any] = {name: linked.without(html, dead) for name, html in _html(part).items()}
    return replace(part, **fresh)
