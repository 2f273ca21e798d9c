"""The pages whose facts age: the front page, platforms, components, regions. Values only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model import FAILING, Status
from ..siteview import Cell, ComponentView, IncidentView, Link, PlatformView, RegionView, SiteView
from ..text import DAY, Text
from ._html_assets import GLYPHS
from ._html_moments import moments
from ._html_text import component_text, index_text, platform_text
from ._html_told import told
from ._html_values import Page, Place, Row, Site, capital

INCIDENTS_OF_A_PART = 50
"""So many settled incidents stand on the page of a part; the history has them all."""


def state_pages(s: Site) -> Iterator[Page]:
    """Every page that shows states."""
    yield _index(s)
    for platform in s.view.platforms:
        yield _platform(s, platform)
        for component in platform.components:
            yield _component(s, platform, component)
    for region in s.view.regions:
        yield _region(s, region)


def _index(s: Site) -> Page:
    view, t = s.view, s.t
    recent = [id for _, _, ids in view.recent for id in ids]
    seen = {day.date for c in view.components for day in c.days if day.status is not Status.UNKNOWN}
    return Page(
        f"{s.prefix}/",
        "index.html",
        state_title(s),
        _dated(s, view.sentence),
        {
            "active": told(s.incidents(view.active)),
            "moments": moments(t, view, view.components),
            "columns": columns(view),
            "rows": {p.id: rows(p, view.regions) for p in view.platforms},
            "upcoming": s.incidents(view.upcoming),
            "recent": [one for one in s.incidents(recent) if not one.active],
            "recent_rest": _rest_of_week(t, view, seen),
            "history": f"{s.prefix}/history/",
        },
        live=True,
        warnings=view.warnings,
        icon=view.overall,
        retitled="{mark} {word}",
        twin=index_text,
    )


def _dated(s: Site, sentence: str) -> str:
    """A sentence about states with its time, because a description travels: search engines and chats keep it."""
    checked = s.view.checked_at
    return s.t("{what} ({detail})", what=sentence, detail=checked.text) if checked else sentence


def state_title(s: Site) -> str:
    """`✕ Major outage: Search index, Training`: the state first, where a tab shows it."""
    view = s.view
    subjects = [p for p in view.platforms if p.role == "subject"] or list(view.platforms)
    worst = [c.name for p in subjects for c in p.components if c.status is view.overall and c.status in FAILING]
    said = f"{GLYPHS[view.overall]} {capital(view.overall_word)}"
    if worst:
        said += ": " + ", ".join(worst[:2]) + (" …" if len(worst) > 2 else "")
    return said


def _rest_of_week(t: Text, view: SiteView, seen: set[str]) -> str:
    quiet = [date for date, _, ids in view.recent if not ids]
    watched = sum(date in seen for date in quiet)
    said = []
    if watched:
        said.append(t.n("On {n} day nothing was found.", "On {n} days nothing was found.", watched))
    if len(quiet) > watched:
        said.append(t.n("On {n} day nobody looked.", "On {n} days nobody looked.", len(quiet) - watched))
    return " ".join(said)


def columns(view: SiteView) -> Sequence[RegionView]:
    """Regions that get a column of their own; with a single one the state over all says the same."""
    return view.regions if len(view.regions) > 1 else ()


def rows(platform: PlatformView, regions: Sequence[RegionView]) -> list[Row]:
    """A row for each component. Its sentence is shown where it says more than its neighbours'."""
    quiet = {Status.OPERATIONAL} if any(c.status is not Status.UNKNOWN for c in platform.components) else set(Status)
    return [
        Row(c, c.status not in quiet, tuple(_places(c, regions) if len(regions) > 1 else ()))
        for c in platform.components
    ]


def _places(component: ComponentView, regions: Sequence[RegionView]) -> Iterator[Place]:
    cells: Mapping[str, Cell] = {cell.region: cell for cell in component.cells}
    for region in regions:
        cell = cells.get(region.id)
        if cell is None:
            yield Place(region.id, region.name, False)
        else:
            yield Place(region.id, region.name, True, cell.status.value, cell.word)


def _platform(s: Site, platform: PlatformView) -> Page:
    mine = [i for i in s.view.incidents if any(c.partition("/")[0] == platform.id for c in i.components)]
    return Page(
        platform.url,
        "platform.html",
        f"{GLYPHS[platform.status]} {platform.name}: {platform.word}",
        _dated(s, platform.sentence),
        {
            "platform": platform,
            "moments": moments(s.t, s.view, platform.components),
            "columns": columns(s.view),
            "rows": rows(platform, s.view.regions),
            **_incident_lists(s, mine),
        },
        ("platform", platform.id),
        icon=platform.status,
        retitled=f"{{mark}} {platform.name}: {{word}}",
        live=True,
        twin=lambda site: platform_text(site, platform),
    )


def _component(s: Site, platform: PlatformView, component: ComponentView) -> Page:
    t = s.t
    mine = s.incidents(component.incidents)
    windows = {
        "day": t("24 hours"),
        "week": t("7 days"),
        "month": t("30 days"),
        "quarter": t("90 days"),
        "ever": t("ever"),
    }
    return Page(
        component.url,
        "component.html",
        f"{GLYPHS[component.status]} {component.name}: {component.word}",
        _dated(s, f"{platform.name}, {component.name}: {component.sentence}"),
        {
            "platform": platform,
            "component": component,
            "moments": moments(t, s.view),
            "region_urls": {r.id: r.url for r in s.view.regions},
            "uptimes": [
                {"name": n, "uptime": component.uptime[w]} for w, n in windows.items() if w in component.uptime
            ],
            "bad_days": [day for day in component.days if day.status is not Status.OPERATIONAL],
            "days_from": t.day(s.view.generated_at.at - (len(component.days) - 1) * DAY),
            "days_to": t("today"),
            "data_links": _component_data(t, component),
            **_incident_lists(s, mine, component.id),
        },
        ("component", component.id),
        live=True,
        icon=component.status,
        retitled=f"{{mark}} {component.name}: {{word}}",
        twin=lambda site: component_text(site, platform, component),
    )


def _component_data(t: Text, component: ComponentView) -> tuple[Link, ...]:
    folder = f"/components/{component.id}"
    return (
        Link(t("Day by day (JSON)"), f"/api/roadworthy/v1/history/{component.id}.json"),
        Link(t("Badge"), f"/badges/{component.id}.svg"),
        Link(t("History feed"), f"{folder}/history.atom"),
        Link(t("Update feed"), f"{folder}/updates.atom"),
    )


def _incident_lists(s: Site, mine: Sequence[IncidentView], part: str = "") -> dict[str, Any]:
    """What goes on now in full, the rest as lines, and a word when there is nothing or more."""
    active = set(s.view.active)
    past = [one for one in mine if one.id not in active]
    note = "" if past else s.t("None found or written down.")
    return {
        "active": told((one for one in mine if one.id in active), part=part),
        "incidents": past[:INCIDENTS_OF_A_PART],
        "incidents_note": note,
    }


def _region(s: Site, region: RegionView) -> Page:
    cells = {cell.component: cell for cell in region.cells}
    groups = [
        {"platform": p, "rows": [{"component": c, "cell": cells[c.id]} for c in p.components if c.id in cells]}
        for p in s.view.platforms
    ]
    mine = [i for i in s.view.incidents if region.id in i.regions]
    lists = _incident_lists(s, mine)
    return Page(
        region.url,
        "region.html",
        f"{region.name}: {region.word}",
        f"{region.name}: {region.why}",
        {
            "region": region,
            "moments": moments(s.t, s.view),
            "groups": [g for g in groups if g["rows"]],
            "incidents": [*(one.incident for one in lists["active"]), *lists["incidents"]],
            "incidents_note": "" if lists["active"] else lists["incidents_note"],
        },
        ("region", region.id),
        live=True,
    )
