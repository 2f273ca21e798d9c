"""What was published once, so that an incident which is there no more is said to be withdrawn and does not just vanish.

Of an incident its subject, its times and its ids are kept and nothing that anybody wrote: whoever deletes a note may
have done so for its words. By short hashes of them a renamed file and a moved update are known again (`naming`), and a
note that comes back takes its ids up again. Pure; JSON in, JSON out. Never guesses when a note was deleted: what is
told is until when it was known to stand on the page.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from ..model import EMPTY, Config, Impact, Incident, Time, Watched

KEY, WHEN, WATCHED = "published-incidents", "published-at", "published-watched"
"""The keys in the store's meta data: the incidents, when those that are not gone were last known to be there, and what
they can be about."""


@dataclass(frozen=True, slots=True)
class Written:
    """An update that a person wrote: the id it was given for ever, its status, and its text as a hash."""

    id: str
    status: str
    text: str
    gone: bool = False  # nobody says it any more; its id stays its own


@dataclass(frozen=True, slots=True)
class Shown:
    """What an incident was about, and until when it was there if it is gone (`gone`).

    `names` are the other ids that lead to it, `title` is the hash of what a person called it, and `updates` are all
    that it ever had. `since` is when planned work of which nobody said a word came onto the page.
    """

    kind: str
    impact: Impact
    started: Time
    components: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    gone: Time | None = None
    names: tuple[str, ...] = ()
    title: str = ""
    updates: tuple[Written, ...] = ()
    since: Time | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """Every incident that was ever published, by id, as of `at` (None: never), and every component and region."""

    at: Time | None = None
    incidents: Mapping[str, Shown] = field(default_factory=lambda: EMPTY)
    watched: Mapping[str, Watched] = field(default_factory=lambda: EMPTY)


def since(register: Register, id: str, now: Time, *, silent: bool) -> Time | None:
    """When planned work came onto the page `silent`, without a word; None if it did not. Of what no run has seen yet it
    is the time of the last run, which every build knows."""
    shown = register.incidents.get(id)
    if shown is not None and shown.since is not None:
        return shown.since
    return (register.at or now) if silent else None


def gone(register: Register, incidents: Iterable[Incident], *, complete: bool = True) -> Mapping[str, Shown]:
    """The published incidents that are there no more, each with its `gone`.

    Where the list of incidents is not `complete` (a note could not be read), only those that were gone before.
    """
    there = _names(incidents)
    found = {}
    for id, shown in register.incidents.items():
        if id in there:
            continue
        shown = _without(shown, there)
        if shown.gone is not None:
            found[id] = shown
        elif complete and register.at is not None:
            found[id] = replace(shown, gone=register.at)
    return found


def advance(
    register: Register, incidents: Iterable[Incident], public: Collection[str], now: Time, *, complete: bool = True
) -> Register:
    """The register after these incidents were published at `now`. Components that are not `public` leave no trace."""
    incidents = tuple(incidents)
    there = {
        one.id: _shown(one, components, register, now)
        for one in incidents
        if (components := tuple(id for id in one.components if id in public)) or not one.components
    }
    names = _names(incidents)
    before = {id: _without(shown, names) for id, shown in register.incidents.items()}
    known = {**before, **gone(register, incidents, complete=complete), **there}
    return Register(now if complete or register.at is None else register.at, known, register.watched)


def watched(register: Register, config: Config) -> Mapping[str, Watched]:
    """Everything public that is or was in the configuration, by id. What is private now leaves no trace.

    Of what is there no more nobody knows when it was taken out: it was there at the last run before.
    """
    here = {c.id: Watched(c.name, p.name) for p in config.platforms for c in p.components if c.public}
    here |= {region.id: Watched(region.name) for region in config.regions}
    private = {c.id for c in config.components if not c.public}
    before = {id: one for id, one in register.watched.items() if id not in private}
    return {**{id: replace(one, until=one.until or register.at) for id, one in before.items()}, **here}


def former(register: Register, config: Config) -> Mapping[str, Watched]:
    """What was public once and is not in the configuration any more."""
    return {id: one for id, one in watched(register, config).items() if one.until is not None}


def renamed(register: Register, ids: Mapping[str, str]) -> Register:
    """The register under the ids of today. `ids`: old id -> new id, of components and regions."""
    if not ids:
        return register

    def now(old: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ids.get(id, id) for id in old))

    known = register.incidents.items()
    incidents = {id: replace(one, components=now(one.components), regions=now(one.regions)) for id, one in known}
    return replace(
        register, incidents=incidents, watched={id: w for id, w in register.watched.items() if id not in ids}
    )


def digest(text: str) -> str:
    """What people wrote as something to compare; how its lines are broken does not count."""
    return sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()[:12]


def _shown(one: Incident, components: tuple[str, ...], register: Register, now: Time) -> Shown:
    before = register.incidents.get(one.id)
    updates = [Written(u.id, u.status.value, digest(u.text)) for u in one.updates if not u.automatic]
    there = {update.id for update in updates}
    lost = [replace(update, gone=True) for update in (before.updates if before else ()) if update.id not in there]
    title = digest(one.title) if one.note is not None else before.title if before else ""
    return Shown(
        one.kind,
        one.impact,
        one.started,
        components,
        one.regions,
        names=one.aliases,
        title=title,
        updates=(*lost, *updates),
        since=since(register, one.id, now, silent=one.kind == "maintenance" and not updates),
    )


def _without(shown: Shown, names: Collection[str]) -> Shown:
    """The same without the names that lead to another incident now."""
    if not any(name in names for name in shown.names):
        return shown
    return replace(shown, names=tuple(name for name in shown.names if name not in names))


def united(one: Register, other: Register) -> Register:
    """What two copies know together. Of an incident that both know, the word of the newer one stands."""
    older, newer = sorted((one, other), key=lambda register: register.at or 0)
    return Register(newer.at, {**older.incidents, **newer.incidents}, {**older.watched, **newer.watched})


def _names(incidents: Iterable[Incident]) -> set[str]:
    return {name for incident in incidents for name in (incident.id, *incident.aliases)}


def to_row(shown: Shown) -> list[Any]:
    row = [shown.kind, shown.impact.value, shown.started, list(shown.components), list(shown.regions), shown.gone]
    updates = [[u.id, u.status, u.text, *([1] if u.gone else [])] for u in shown.updates]
    ids = [list(shown.names), shown.title, updates, *([shown.since] if shown.since else [])]
    return [*row, *ids] if any(ids) else row


def from_row(row: Any) -> Shown:
    """The incident of a row; ValueError or TypeError if it is none. Rows of earlier versions end after the sixth."""
    kind, impact, started, components, regions, until, *ids = row
    names, title, updates, *since = ids or ((), "", ())
    return Shown(
        str(kind),
        Impact(impact),
        int(started),
        tuple(map(str, components)),
        tuple(map(str, regions)),
        None if until is None else int(until),
        tuple(map(str, names)),
        str(title),
        tuple(Written(str(id), str(status), str(text), bool(lost)) for id, status, text, *lost in updates),
        int(since[0]) if since else None,
    )


def to_part(one: Watched) -> list[Any]:
    return [one.name, one.platform, *([] if one.until is None else [one.until])]


def from_part(row: Any) -> Watched:
    """The component or region of a row; ValueError or TypeError if it is none."""
    name, platform, until = row if len(row) > 2 else (*row, None)
    return Watched(str(name), str(platform), None if until is None else int(until))


def to_meta(register: Register) -> dict[str, str]:
    """The entries of the store's meta data."""
    rows = {id: to_row(shown) for id, shown in sorted(register.incidents.items())}
    parts = {id: to_part(one) for id, one in sorted(register.watched.items())}
    at = "" if register.at is None else str(register.at)
    return {KEY: _json(rows), WHEN: at, WATCHED: _json(parts)}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def from_meta(meta: Mapping[str, str]) -> Register:
    """The register that `to_meta` wrote; an empty one where there is none. ValueError for anything else."""
    text, at, parts = meta.get(KEY, ""), meta.get(WHEN, ""), meta.get(WATCHED) or "{}"
    if not text or not at:
        return Register()
    try:
        incidents = {str(id): from_row(row) for id, row in json.loads(text).items()}
        return Register(int(at), incidents, {str(id): from_part(row) for id, row in json.loads(parts).items()})
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"the record of published incidents cannot be read: {error}") from error
