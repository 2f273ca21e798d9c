"""Which pages the site has and what each of them shows. Values only: the templates arrange them.

A page is a path, a template and its values; nothing here is HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import words
from ..model import FAILING, Impact, Status
from ..siteview import (
    Cell,
    ComponentView,
    FeedLink,
    IncidentView,
    Link,
    Month,
    PlatformView,
    RegionView,
    SiteView,
)
from ..text import DAY, Text
from ._feedlist import feeds_of
from ._html_assets import GLYPHS

MONTHS_IN_FULL = 3
"""So many months stand on the history page with their incidents; the others are links."""

INCIDENTS_OF_A_PART = 50


@dataclass(frozen=True)
class Page:
    """One page of the site in one language.

    `url` is its address (`/history/`), `scope` names the feeds that belong to it, `live` says that its states are
    refreshed between builds, `shared` that it exists in one language only.
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
    twin: str = ""  # markdown text of the same page, or empty


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


def pages(s: Site) -> Iterator[Page]:
    """Every page of one language."""
    from ._html_api import api_page
    from ._html_text import component_text, index_text, platform_text

    yield _index(s, index_text(s))
    for platform in s.view.platforms:
        yield _platform(s, platform, platform_text(s, platform))
        for component in platform.components:
            yield _component(s, platform, component, component_text(s, platform, component))
    for region in s.view.regions:
        yield _region(s, region)
    yield from _incidents(s)
    yield _history(s)
    yield from _months(s)
    yield _compare(s)
    yield from _causes(s)
    yield _feeds(s)
    if not s.prefix:
        yield api_page(s)
    for content in s.view.pages:
        title = f"{content.title} – {s.view.title}"
        values = {"content": content, "content_html": raised(content.html)}
        yield Page(f"{s.prefix}/{content.slug}/", "page.html", title, content.title, values)


def raised(html: str) -> str:
    """Sanitised html whose headings begin at h3, one step higher: right below the title of a page."""
    return re.sub(r"(</?h)([3-6])\b", lambda found: f"{found[1]}{int(found[2]) - 1}", html)


def not_found(s: Site) -> Page:
    title = f"{s.t('This page does not exist')} – {s.view.title}"
    return Page("/404.html", "404.html", title, title, {"history": f"{s.prefix}/history/"}, noindex=True)


# ---- the state -------------------------------------------------------------------------------------------------------


def _index(s: Site, twin: str) -> Page:
    view, t = s.view, s.t
    recent = [id for _, _, ids in view.recent for id in ids]
    seen = {day.date for c in view.components for day in c.days if day.status is not Status.UNKNOWN}
    return Page(
        f"{s.prefix}/",
        "index.html",
        state_title(s),
        _dated(s, view.sentence),
        {
            "active": s.incidents(view.active),
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
        twin=twin,
    )


def _dated(s: Site, sentence: str) -> str:
    """A sentence about states with its time, because a description travels: search engines and chats keep it."""
    checked = s.view.checked_at
    return s.t("{what} ({detail})", what=sentence, detail=checked.text) if checked else sentence


def state_title(s: Site) -> str:
    """`✕ Major outage: Search index, Training – Roadworthy`: the state first, where a tab shows it."""
    view = s.view
    subjects = [p for p in view.platforms if p.role == "subject"] or list(view.platforms)
    worst = [c.name for p in subjects for c in p.components if c.status is view.overall and c.status in FAILING]
    said = f"{GLYPHS[view.overall]} {_capital(view.overall_word)}"
    if worst:
        said += ": " + ", ".join(worst[:2]) + (" …" if len(worst) > 2 else "")
    return f"{said} – {view.title}"


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


def _platform(s: Site, platform: PlatformView, twin: str) -> Page:
    mine = [i for i in s.view.incidents if any(c.partition("/")[0] == platform.id for c in i.components)]
    return Page(
        platform.url,
        "platform.html",
        f"{GLYPHS[platform.status]} {platform.name}: {platform.word} – {s.view.title}",
        _dated(s, platform.sentence),
        {
            "platform": platform,
            "columns": columns(s.view),
            "rows": rows(platform, s.view.regions),
            **_incident_lists(s, mine),
        },
        ("platform", platform.id),
        icon=platform.status,
        live=True,
        twin=twin,
    )


def _component(s: Site, platform: PlatformView, component: ComponentView, twin: str) -> Page:
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
        f"{GLYPHS[component.status]} {component.name}: {component.word} – {s.view.title}",
        _dated(s, f"{platform.name}, {component.name}: {component.sentence}"),
        {
            "platform": platform,
            "component": component,
            "region_urls": {r.id: r.url for r in s.view.regions},
            "uptimes": [
                {"name": n, "uptime": component.uptime[w]} for w, n in windows.items() if w in component.uptime
            ],
            "bad_days": [day for day in component.days if day.status is not Status.OPERATIONAL],
            "days_from": t.day(s.view.generated_at.at - (len(component.days) - 1) * DAY),
            "days_to": t("today"),
            "data_links": _component_data(t, component),
            **_incident_lists(s, mine),
        },
        ("component", component.id),
        live=True,
        icon=component.status,
        twin=twin,
    )


def _component_data(t: Text, component: ComponentView) -> tuple[Link, ...]:
    folder = f"/components/{component.id}"
    return (
        Link(t("Day by day (JSON)"), f"/api/roadworthy/v1/history/{component.id}.json"),
        Link(t("Badge"), f"/badges/{component.id}.svg"),
        Link(t("History feed"), f"{folder}/history.atom"),
        Link(t("Update feed"), f"{folder}/updates.atom"),
    )


def _incident_lists(s: Site, mine: Sequence[IncidentView]) -> dict[str, Any]:
    """What goes on now in full, the rest as lines, and a word when there is nothing or more."""
    active = set(s.view.active)
    past = [one for one in mine if one.id not in active]
    note = "" if past else s.t("None found or written down.")
    return {
        "active": [one for one in mine if one.id in active],
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
        f"{region.name}: {region.word} – {s.view.title}",
        f"{region.name}: {region.why}",
        {
            "region": region,
            "groups": [g for g in groups if g["rows"]],
            "incidents": [*lists["active"], *lists["incidents"]],
            "incidents_note": "" if lists["active"] else lists["incidents_note"],
        },
        ("region", region.id),
        live=True,
    )


# ---- incidents -------------------------------------------------------------------------------------------------------


def _incidents(s: Site) -> Iterator[Page]:
    from ._html_text import incident_text

    base = s.view.base_url
    for one in s.view.incidents:
        twin = incident_text(s, one)
        for id in (one.id, *one.aliases):
            yield Page(
                f"{s.prefix}/incidents/{id}/",
                "incident.html",
                f"{_capital(one.word)}: {one.title} – {s.view.title}",
                one.sentence,
                {"incident": one},
                canonical=f"{base}{one.url}" if base and id != one.id else "",
                twin=twin if id == one.id else "",
            )


def _history(s: Site) -> Page:
    months = [
        {"id": m.id, "title": m.title, "url": m.url, "incidents": s.incidents(m.incidents)}
        for m in s.view.months[:MONTHS_IN_FULL]
    ]
    several = len(s.view.platforms) > 1
    names = {c.id: f"{p.name}: {c.name}" if several else c.name for p in s.view.platforms for c in p.components}
    impacts = [{"id": i.value, "word": s.t(words.IMPACT[i])} for i in reversed(Impact)]
    title = f"{s.t('History')} – {s.view.title}"
    values = {
        "months": months,
        "older": s.view.months[MONTHS_IN_FULL:],
        "names": names,
        "impacts": impacts,
        "index_url": "/history/index.json",
    }
    return Page(f"{s.prefix}/history/", "history.html", title, s.t("Every incident, found or written."), values)


def _months(s: Site) -> Iterator[Page]:
    months: Sequence[Month] = s.view.months
    for i, month in enumerate(months):
        values = {
            "month": month,
            "incidents": s.incidents(month.incidents),
            "newer": months[i - 1] if i else None,
            "earlier": months[i + 1] if i + 1 < len(months) else None,
            "history": f"{s.prefix}/history/",
        }
        yield Page(month.url, "month.html", f"{month.title} – {s.view.title}", month.title, values)


def search_index(view: SiteView) -> list[dict[str, Any]]:
    """What the search over incidents needs, newest first; `text` is what is searched, in lower case."""
    return [
        {
            "url": one.url.lstrip("/"),
            "title": one.title,
            "started": one.started.iso,
            "impact": one.impact.value,
            "components": list(one.components),
            "text": _searched(one),
        }
        for one in view.incidents
    ]


def _searched(one: IncidentView) -> str:
    parts = [one.title, *(link.text for link in one.component_links), *one.region_names]
    parts += [update.text for update in one.updates]
    return " ".join(" ".join(parts).lower().split())[:1200]


# ---- the rest --------------------------------------------------------------------------------------------------------


def _compare(s: Site) -> Page:
    functions: dict[str, dict[str, Any]] = {}
    for one in s.view.comparisons:
        shown = functions.setdefault(one.function, {"id": one.function, "name": one.name, "windows": []})
        keys = ("platform", "component", "uptime", "latency", "outages", "repair")
        shown["windows"].append({"text": one.window_text, "rows": [dict(zip(keys, r, strict=True)) for r in one.rows]})
    title = f"{s.t('Comparison')} – {s.view.title}"
    method = next((f"{s.prefix}/{p.slug}/" for p in s.view.pages if p.slug == "method"), "")
    values = {"functions": list(functions.values()), "method": method}
    return Page(f"{s.prefix}/compare/", "compare.html", title, s.t("Comparison"), values)


def _causes(s: Site) -> Iterator[Page]:
    title = f"{s.t('Causes')} – {s.view.title}"
    ordered = sorted(s.view.causes, key=lambda cause: (not cause.active, cause.title))
    yield Page(f"{s.prefix}/causes/", "causes.html", title, s.t("Causes"), {"causes": ordered})
    for cause in s.view.causes:
        values = {
            "cause": cause,
            "causes_url": f"{s.prefix}/causes/",
            "findings": [f for f in s.view.findings if f.cause == cause.id],
            "incidents": s.incidents(cause.incidents)[:INCIDENTS_OF_A_PART],
        }
        yield Page(cause.url, "cause.html", f"{cause.title} – {s.view.title}", cause.summary or cause.title, values)


def _feeds(s: Site) -> Page:
    t = s.t
    titles = {
        "site": t("Everything"),
        "platform": t("Platforms"),
        "component": t("Parts"),
        "region": t("Regions"),
        "impact": t("By impact"),
    }
    scopes: dict[str, dict[str, list[FeedLink]]] = {}
    for feed in feeds_of(s.view):
        scopes.setdefault(feed.scope, {}).setdefault(feed.id, []).append(feed)
    groups = [
        {"title": titles[kind], "scopes": [_feed_scope(t, s.view.title, feeds) for feeds in members.values()]}
        for kind, members in scopes.items()
    ]
    base = s.view.base_url or ""
    links = (
        Link(t("All feeds as OPML"), "/feeds.opml"),
        Link(t("Planned maintenance as a calendar"), "/maintenance.ics"),
        Link(t("Current state as JSON"), "/api/roadworthy/v1/status.json"),
        Link(t("For programs that know Statuspage"), "/api/v2/summary.json"),
        Link("API", "/api/"),
    )
    values = {"groups": groups, "slack": f"{base}/updates.rss", "data_links": links}
    return Page(f"{s.prefix}/feeds/", "feeds.html", f"{t('Subscribe')} – {s.view.title}", t("Subscribe"), values)


def _feed_scope(t: Text, site: str, feeds: Sequence[FeedLink]) -> dict[str, Any]:
    family = {"history": t("history"), "updates": t("updates"), "maintenance": t("maintenance")}
    name = feeds[0].title.rpartition(":")[0].removeprefix(f"{site}: ")
    return {"title": name, "feeds": [Link(f"{family[f.family]} {_format(f.format)}", f.url) for f in feeds]}


def _format(name: str) -> str:
    return {"rss": "RSS", "atom": "Atom", "json": "JSON", "ics": "iCalendar"}[name]


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
