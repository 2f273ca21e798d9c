"""Which pages the site has, and what those show that are about no state of a part: incidents, history, causes, feeds.

Values only: the templates arrange them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from .. import words
from ..model import Impact
from ..siteview import FeedLink, IncidentView, Link, Month, SiteView
from ..text import Text
from ._feedlist import feeds_of
from ._html_moments import moments
from ._html_state import INCIDENTS_OF_A_PART, state_pages
from ._html_text import incident_text
from ._html_values import Page, Site, capital, site

__all__ = ["Page", "Site", "not_found", "pages", "raised", "search_index", "site"]

SEARCHED = 1200
"""So many characters of an incident the search of the history page looks in."""
MONTHS_IN_FULL = 3
"""So many months stand on the history page with their incidents; the others are links."""


def pages(s: Site) -> Iterator[Page]:
    """Every page of one language."""
    from ._html_api import api_page

    yield from state_pages(s)
    yield from _incidents(s)
    yield from _gone(s)
    yield _history(s)
    yield from _months(s)
    yield _compare(s)
    yield from _causes(s)
    yield _feeds(s)
    if not s.prefix:
        yield api_page(s)
    for content in s.view.pages:
        values = {"content": content, "content_html": raised(content.html)}
        yield Page(f"{s.prefix}/{content.slug}/", "page.html", content.title, content.title, values)


def raised(html: str) -> str:
    """Sanitised html whose headings begin at h3, one step higher: right below the title of a page."""
    return re.sub(r"(</?h)([3-6])\b", lambda found: f"{found[1]}{int(found[2]) - 1}", html)


def not_found(s: Site) -> Page:
    title = s.t("This page does not exist")
    return Page("/404.html", "404.html", title, title, {"history": f"{s.prefix}/history/"}, noindex=True, alone=True)


# ---- incidents -------------------------------------------------------------------------------------------------------


def _incidents(s: Site) -> Iterator[Page]:
    base = s.view.base_url
    for one in s.view.incidents:
        for id in (one.id, *one.aliases):
            yield Page(
                f"{s.prefix}/incidents/{id}/",
                "incident.html",
                f"{capital(one.word)}: {one.title}",
                one.sentence,
                {"incident": one, **_ageing(s, one.active)},
                live=one.active,
                scope=_scope(one),
                canonical=f"{base}{one.url}" if base and id != one.id else "",
                twin=partial(incident_text, one=one) if id == one.id else None,
            )


def _scope(one: IncidentView) -> tuple[str, str]:
    """The narrowest feeds that an incident is in, for a reader that is given its address."""
    platforms = {id.partition("/")[0] for id in one.components}
    if len(one.components) == 1:
        return ("component", one.components[0])
    return ("platform", platforms.pop()) if len(platforms) == 1 else ("site", "")


def _gone(s: Site) -> Iterator[Page]:
    """A page for each incident that is withdrawn, where links in feeds and mails still lead."""
    for one in s.view.gone:
        title = f"{capital(one.word)}: {one.title}"
        values = {"incident": one, "history": f"{s.prefix}/history/"}
        for id in (one.id, *one.aliases):
            url = f"{s.prefix}/incidents/{id}/"
            yield Page(url, "withdrawn.html", title, one.sentence, values, scope=_scope(one), noindex=True)


def _history(s: Site) -> Page:
    months = [
        {"id": m.id, "title": m.title, "url": m.url, "incidents": s.incidents(m.incidents)}
        for m in s.view.months[:MONTHS_IN_FULL]
    ]
    several = len(s.view.platforms) > 1
    names = {c.id: f"{p.name}: {c.name}" if several else c.name for p in s.view.platforms for c in p.components}
    impacts = [{"id": i.value, "word": s.t(words.IMPACT[i])} for i in reversed(Impact)]
    values = {
        "months": months,
        "older": s.view.months[MONTHS_IN_FULL:],
        "names": names,
        "impacts": impacts,
        "index_url": "/history/index.json",
        "former": s.view.former,
    }
    title, what = s.t("History"), s.t("Every incident, found or written.")
    return Page(f"{s.prefix}/history/", "history.html", title, what, values)


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
        yield Page(month.url, "month.html", month.title, month.title, values)


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
    words = ""
    for part in (*parts, *(update.text for update in one.updates)):
        words = " ".join((words, *part.lower().split())).lstrip()
        if len(words) >= SEARCHED:
            break
    return words[:SEARCHED]


# ---- the rest --------------------------------------------------------------------------------------------------------


def _compare(s: Site) -> Page:
    functions: dict[str, dict[str, Any]] = {}
    for one in s.view.comparisons:
        shown = functions.setdefault(one.function, {"id": one.function, "name": one.name, "windows": []})
        keys = ("platform", "component", "uptime", "latency", "outages", "repair")
        shown["windows"].append({"text": one.window_text, "rows": [dict(zip(keys, r, strict=True)) for r in one.rows]})
    title = s.t("Comparison")
    method = next((f"{s.prefix}/{p.slug}/" for p in s.view.pages if p.slug == "method"), "")
    values = {"functions": list(functions.values()), "method": method}
    return Page(f"{s.prefix}/compare/", "compare.html", title, title, values)


def _causes(s: Site) -> Iterator[Page]:
    title = s.t("Causes")
    ordered = sorted(s.view.causes, key=lambda cause: (not cause.active, cause.title))
    yield Page(
        f"{s.prefix}/causes/", "causes.html", title, title, {"causes": ordered}, live=any(c.active for c in ordered)
    )
    for cause in s.view.causes:
        values = {
            "cause": cause,
            "causes_url": f"{s.prefix}/causes/",
            "findings": [f for f in s.view.findings if f.cause == cause.id],
            "incidents": s.incidents(cause.incidents)[:INCIDENTS_OF_A_PART],
            **_ageing(s, cause.active),
        }
        about = cause.summary or cause.title
        yield Page(cause.url, "cause.html", cause.title, about, values, live=cause.active)


def _ageing(s: Site, now: bool) -> dict[str, Any]:
    """What a page that speaks of now needs to say until when that can be believed; the others do not change."""
    return {"moments": moments(s.t, s.view)} if now else {}


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
    return Page(f"{s.prefix}/feeds/", "feeds.html", t("Subscribe"), t("Subscribe"), values)


def _feed_scope(t: Text, site: str, feeds: Sequence[FeedLink]) -> dict[str, Any]:
    family = {"history": t("history"), "updates": t("updates"), "maintenance": t("maintenance")}
    name = feeds[0].title.rpartition(":")[0].removeprefix(f"{site}: ")
    if feeds[0].scope == "impact":
        word = t.impact(Impact(feeds[0].id))
        name = word if feeds[0].id == Impact.CRITICAL else t("{impact} and worse", impact=word)
    return {"title": name, "feeds": [Link(f"{family[f.family]} {_format(f.format)}", f.url) for f in feeds]}


def _format(name: str) -> str:
    return {"rss": "RSS", "atom": "Atom", "json": "JSON", "ics": "iCalendar"}[name]
