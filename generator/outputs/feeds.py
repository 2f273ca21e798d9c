"""The feeds: `history` (an item per incident) and `updates` (an item per update), RSS, Atom and JSON Feed.

An incident keeps one id for ever, so readers of `history` see it once and its text grows; readers of `updates` (Slack,
mail, pagers) see each update once. Dates are facts, never the build. At most `LIMIT` items; an incident that cannot be
written in full is written in short, and never takes a feed with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import text
from ..model import JSON, Artifact
from ..siteview import IncidentView, SiteView, UpdateView
from . import Output
from ._again import Again
from ._feed import Channel, Item, Press
from ._feedlist import Scope, keys_of, scopes
from ._layout import capital, single, story, window
from ._plain import absolute, base_path, changed, clean, code, first_word, host, iso, json_bytes, one_line, stamp

if TYPE_CHECKING:
    from ..artifacts import Deferred
    from ..cache import Cache

LIMIT = 50
HISTORY = "One entry per incident that grows with it: for feed readers."
UPDATES = "One entry per update: for chats, mail and pagers."
SINCE = 2026
"""The year in `tag:` ids. A constant: an id must not change when somebody corrects a date."""


def incident_id(view: SiteView, incident: IncidentView) -> str:
    """The id of an incident in every feed: `tag:HOST,2026:Incident/CODE`, CODE as in `/api/v2/incidents.json`."""
    return f"tag:{host(view)},{SINCE}:Incident/{code('incident', incident.id)}"


def update_id(view: SiteView, incident: IncidentView, update: UpdateView) -> str:
    """The id of an update. What the machine wrote and what a person wrote in the same minute stay two things."""
    return f"{incident_id(view, incident)}#{'auto-' if update.automatic else ''}{update.id}"


Told = tuple[IncidentView, UpdateView | None]
Shares = Mapping[tuple[str, str], list[IncidentView]]


def share_out(view: SiteView, incidents: Iterable[IncidentView]) -> Shares:
    """For each scope the first `LIMIT` of the incidents that belong to it, in the order given; each is asked once."""
    found: dict[tuple[str, str], list[IncidentView]] = {}
    for incident in incidents:
        for key in keys_of(view, incident):
            kept = found.setdefault(key, [])
            if len(kept) < LIMIT:
                kept.append(incident)
    return found


@dataclass(slots=True)
class Items:
    """The items of a site. An incident in many feeds becomes an item once."""

    view: SiteView
    _history: Shares = field(init=False)
    _updates: Shares = field(init=False)
    _made: dict[str, Item] = field(default_factory=dict)

    def __post_init__(self) -> None:
        incidents = (*self.view.incidents, *self.view.gone)
        by_change = sorted(incidents, key=lambda i: (i.active, changed(i), i.id), reverse=True)
        self._history = share_out(self.view, by_change)
        told = [incident for incident in incidents if incident.updates]
        # The newest LIMIT updates are of the LIMIT incidents whose newest update is newest: no other can have one.
        told.sort(key=lambda i: (max(update.at.at for update in i.updates), i.id), reverse=True)
        self._updates = share_out(self.view, told)

    def history(self, key: tuple[str, str] = ("site", "")) -> tuple[Item, ...]:
        """An item per incident: open ones and the ones that changed last are kept, newest start first."""
        return self.of(self.told("history", key))

    def updates(self, key: tuple[str, str] = ("site", "")) -> tuple[Item, ...]:
        """An item per update, newest first."""
        return self.of(self.told("updates", key))

    def told(self, family: str, key: tuple[str, str]) -> tuple[Told, ...]:
        """What the items of a feed are about, in its order."""
        if family == "history":
            kept = sorted(self._history.get(key, ()), key=lambda i: (i.started.at, i.id), reverse=True)
            return tuple((incident, None) for incident in kept)
        pairs = [(incident, update) for incident in self._updates.get(key, ()) for update in incident.updates]
        # What an incident says of one moment stays in its order: found, then why, then over.
        pairs.sort(key=lambda pair: (pair[1].at.at, pair[0].id), reverse=True)
        return tuple(pairs[:LIMIT])

    def of(self, told: Iterable[Told]) -> tuple[Item, ...]:
        return tuple(self._item(incident, update) for incident, update in told)

    def _item(self, incident: IncidentView, update: UpdateView | None = None) -> Item:
        id = update_id(self.view, incident, update) if update else incident_id(self.view, incident)
        if id not in self._made:
            self._made[id] = _item(self.view, incident, update)
        return self._made[id]


def _item(view: SiteView, incident: IncidentView, update: UpdateView | None = None) -> Item:
    """The item; in short, with its link, if something in the incident's text cannot be written."""
    try:
        return _update_item(view, incident, update) if update else _history_item(view, incident)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError):
        id = update_id(view, incident, update) if update else incident_id(view, incident)
        at = update.at.at if update else incident.started.at
        return Item(id, absolute(view, incident.url), one_line(str(incident.title)), at, at, "")


def _history_item(view: SiteView, incident: IncidentView) -> Item:
    maintenance = incident.kind == "maintenance"
    return Item(
        id=incident_id(view, incident),
        url=absolute(view, incident.url),
        title=f"[{capital(incident.word)}] {incident.title}" if _is_gone(view, incident) else incident.title,
        published=first_word(incident),
        updated=changed(incident),
        html=story(view, incident),
        categories=_categories(incident, incident.automatic),
        starts=incident.scheduled_for.at if maintenance and incident.scheduled_for else None,
        ends=incident.scheduled_until.at if maintenance and incident.scheduled_until else None,
    )


def _is_gone(view: SiteView, incident: IncidentView) -> bool:
    return any(one is incident for one in view.gone)


def _update_item(view: SiteView, incident: IncidentView, update: UpdateView) -> Item:
    return Item(
        id=update_id(view, incident, update),
        url=f"{absolute(view, incident.url)}#{update.id}",
        title=f"[{capital(update.word)}] {incident.title}",
        published=update.at.at,
        updated=(update.edited or update.at).at,
        html=single(view, incident, update),
        summary=f"{capital(update.word)}: {one_line(update.text)[:300]} {window(incident)}".rstrip(),
        categories=_categories(incident, update.automatic),
    )


def _categories(incident: IncidentView, automatic: bool) -> tuple[tuple[str, str], ...]:
    links = dict(zip(incident.components, incident.component_links, strict=False))
    named = [(id, links[id].text if id in links else id) for id in incident.components]
    words = [f"region:{region}" for region in incident.regions]
    words.append(f"severity:{incident.impact}")
    words += ["automatic"] if automatic else []
    return (*named, *((word, word) for word in words))


def _channel(view: SiteView, scope: Scope, name: str, title: str, description: str) -> Channel:
    file = scope.folder + name
    return Channel(
        id=f"tag:{host(view)},{SINCE}:{scope.folder}{name.partition('.')[0]}",
        title=f"{scope.title} - {title}",
        description=description,
        home=absolute(view, scope.page),
        self_url=absolute(view, file),
        lang=view.lang.replace("_", "-"),
        author=view.title,
        about=absolute(view, "/feeds/"),
        style=base_path(view) + "/feeds/feed.css",
        hub=view.websub if view.base_url and not view.preview else "",
        logo=absolute(view, view.logo) if view.logo else "",
        minutes=max(1, view.interval // 60),
    )


def json_feed(view: SiteView, items: Iterable[Item]) -> JSON:
    """JSON Feed 1.1, an item per incident; what programs want to know is in `_status`."""
    by_id = {incident_id(view, incident): incident for incident in (*view.incidents, *view.gone)}
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": one_line(view.title),
        "home_page_url": absolute(view, "/"),
        "feed_url": absolute(view, "/feed.json"),
        "description": one_line(view.description),
        "language": view.lang.replace("_", "-"),
        "authors": [{"name": one_line(view.title), "url": absolute(view, "/")}],
    }
    if view.websub and view.base_url and not view.preview:
        feed["hubs"] = [{"type": "WebSub", "url": view.websub}]
    feed["items"] = [_json_item(view, item, by_id[item.id]) for item in items]
    return feed


def _json_item(view: SiteView, item: Item, incident: IncidentView) -> JSON:
    return {
        "id": item.id,
        "url": item.url,
        "title": f"[{capital(one_line(incident.word))}] {one_line(str(incident.title))}",
        "content_html": clean(item.html) or one_line(item.title),
        "date_published": stamp(item.published),
        "date_modified": stamp(item.updated),
        "tags": [term for term, _ in item.categories],
        "language": (incident.lang or view.lang).replace("_", "-"),
        "_status": {
            "about": absolute(view, "/feeds/"),
            "id": incident.id,
            "kind": incident.kind,
            "state": "withdrawn" if _is_gone(view, incident) else incident.status.value,
            "severity": incident.impact.value,
            "components": list(incident.components),
            "regions": list(incident.regions),
            "started": iso(incident.started),
            "resolved": iso(incident.ended),
            "automatic": incident.automatic,
        },
    }


ITEMS_SHOW = ("base_url", "feed_host", "gone")
"""The fields of a view that an item shows something of, beside its incident."""


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    for path, _, make in _feeds(views[0]):
        yield Artifact(path, make())
    yield from _rest(views[0])


def again(views: tuple[SiteView, ...], templates: tuple[Path, ...], memory: Cache) -> Iterator[Artifact | Deferred]:
    """The same; a feed whose items say what they said before is not written again."""
    view = views[0]
    known = Again(memory, view, *(getattr(view, name) for name in ITEMS_SHOW))
    for path, made_of, make in _feeds(view):  # one by one: they share their items
        yield from known.print("feed", [((path, *made_of), partial(_alone, path, make))])
    yield from _rest(view)


def _alone(path: str, make: Callable[[], bytes], _: SiteView) -> tuple[tuple[str, bytes]]:
    return ((path, make()),)


def _feeds(view: SiteView) -> Iterator[tuple[str, tuple[Any, ...], Callable[[], bytes]]]:
    """The path of each feed, what it is made of beside `ITEMS_SHOW`, and how it is written."""
    t = text.of(view.lang.replace("-", "_"))
    items, press = Items(view), Press()
    families = (("history", t("Incident History"), t(HISTORY)), ("updates", t("Updates"), t(UPDATES)))
    for scope in scopes(view):
        for family, title, what in families:
            told = items.told(family, scope.key)
            for form, write in (("atom", press.atom), ("rss", press.rss)):
                channel = _channel(view, scope, f"{family}.{form}", title, what)
                path = scope.folder.lstrip("/") + f"{family}.{form}"
                yield path, (channel, told), partial(_write, write, channel, items, told)


def _write(
    write: Callable[[Channel, Iterable[Item]], bytes], channel: Channel, items: Items, told: tuple[Told, ...]
) -> bytes:
    return write(channel, items.of(told))


def _rest(view: SiteView) -> Iterator[Artifact]:
    yield Artifact("feed.json", json_bytes(json_feed(view, Items(view).history())))
    style = resources.files("generator") / "assets" / "feed.css"
    yield Artifact("feeds/feed.css", style.read_bytes())


OUTPUT = Output("feeds", render, again)
