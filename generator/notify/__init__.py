"""Tells people of confirmed changes, out of the scheduled run: webhook, Slack, Discord, and Apprise where installed.

Each change is recorded as "to be told" before anything is sent, and as told after the receiver took it. So a crash or
a dead receiver loses nothing; after a crash between the two a receiver may get the same message twice, with the same
`Idempotency-Key`. A component that becomes unknown is no change of the platform: nothing is sent, and coming back from
unknown to what was told last is no news either.

`advance` and `message` are pure; `deliver` is the shell. Nothing here writes an address or a secret anywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..model import EMPTY, FAILING, Status, Time
from . import courier, payloads
from .payloads import Change

if TYPE_CHECKING:
    import httpx

    from ..siteview import SiteView

KEY = "notify"
"""The key in the store's meta data that holds the `State`."""

KINDS = ("webhook", "slack", "discord", "apprise")
TIMEOUT = 5.0
GIVE_UP = 24 * 3600
"""After this many seconds a message is dropped: nobody wants yesterday's alarm."""


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver. `url` and `secret` are secrets. Empty `components` means all; an entry may be a platform's id."""

    kind: str
    url: str
    secret: str = ""
    components: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Tells targets apart without giving their address away."""
        return f"{self.kind}-{hashlib.sha256(self.url.encode()).hexdigest()[:12]}"

    @property
    def label(self) -> str:
        """For people: the kind and, where there is one, the host."""
        host = urlsplit(self.url).hostname if self.kind != "apprise" else None
        return f"{self.kind} ({host})" if host else self.kind

    def wants(self, change: Change) -> bool:
        platform = change.component.partition("/")[0]
        return not self.components or change.component in self.components or platform in self.components


@dataclass(frozen=True, slots=True)
class Told:
    """What subscribers know of a component: its state, since when, and when we recorded it."""

    status: Status
    since: Time
    at: Time


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that a target has not taken yet."""

    target: str
    changes: tuple[Change, ...]
    at: Time
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class State:
    told: Mapping[str, Told] = field(default_factory=lambda: EMPTY)
    outbox: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message. `why` is a sentence without any address; `gave_up`: it will not be tried again."""

    target: str
    changes: int
    ok: bool
    why: str = ""
    gave_up: bool = False


def targets(section: Sequence[Mapping[str, Any]] | None) -> tuple[Target, ...]:
    """The `notify:` section of the configuration, after its shape was checked. ValueError for an unknown kind."""
    found = []
    for entry in section or ():
        if entry.get("kind") not in KINDS:
            raise ValueError(f"notify: unknown kind {entry.get('kind')!r}; write one of {', '.join(KINDS)}")
        components = tuple(entry.get("components") or ())
        found.append(Target(entry["kind"], str(entry["url"]), str(entry.get("secret") or ""), components))
    return tuple(found)


# ---- what is new -----------------------------------------------------------------------------------------------------


def changes(view: SiteView, told: Mapping[str, Told]) -> tuple[Change, ...]:
    """What subscribers do not know yet.

    The first word about a component is news only if it fails. The same state again is news only if it began after the
    last message: neither a start that is corrected nor an incident that was out of sight meanwhile is a second outage.
    """
    running = {id: i.started.at for i in view.incidents if i.kind == "incident" and i.active for id in i.components}
    found = []
    for component in view.components:
        if component.status is Status.UNKNOWN:
            continue
        last = told.get(component.id)
        since = component.since.at if component.since else view.generated_at.at
        if last is None and component.status not in FAILING:
            continue
        begun = min(since, running.get(component.id, since))  # the oldest incident that runs: they stand newest first
        if last and last.status is component.status and (begun <= last.at or component.status not in FAILING):
            continue
        cause = next((f.title for f in view.findings if f.label and component.id in f.components), "")
        platform = next((p.name for p in view.platforms if p.id == component.platform), component.platform)
        name, url = f"{platform} {component.name}", view.base_url.rstrip("/") + component.url
        was = last.status if last else None
        found.append(
            Change(component.id, name, was, component.status, component.word, since, component.sentence, url, cause)
        )
    return tuple(found)


def advance(state: State, view: SiteView, receivers: Iterable[Target], now: Time) -> State:
    """The state with everything new recorded as to be told: one message for each target. Save it before sending."""
    new = changes(view, state.told)
    told = dict(state.told)
    for component in view.components:
        if component.id not in told and component.status not in (*FAILING, Status.UNKNOWN):
            told[component.id] = Told(component.status, component.since.at if component.since else now, now)
    for change in new:
        # A region's clock may run ahead of ours: what began "later" than this message is still what it told.
        told[change.component] = Told(change.status, change.since, max(now, change.since))
    waiting = list(state.outbox)
    for target in receivers:
        wanted = tuple(change for change in new if target.wants(change))
        if wanted:
            waiting.append(Waiting(target.id, wanted, now))
    return State(told, tuple(waiting))


# ---- sending ---------------------------------------------------------------------------------------------------------


def message(target: Target, view: SiteView, waiting: Waiting, now: Time) -> tuple[bytes, dict[str, str]]:
    """(body, headers) of a message to a webhook, Slack or Discord. Pure."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Roadworthy",
        "Idempotency-Key": payloads.message_id(waiting.changes),
    }
    if target.kind == "slack":
        return payloads.slack(view.title, waiting.changes), headers
    if target.kind == "discord":
        return payloads.discord(view.title, waiting.changes), headers
    # The time of the record, not of the attempt: a repeated message is the same message.
    body = payloads.webhook(view.title, view.base_url or "/", waiting.changes, waiting.at)
    if target.secret:
        headers["Roadworthy-Signature"] = payloads.signature(body, target.secret, now)
    return body, headers


def send(target: Target, view: SiteView, waiting: Waiting, client: httpx.Client, now: Time) -> Delivery:
    """One attempt. Never raises for what a receiver or a network does."""
    import httpx

    count = len(waiting.changes)
    if target.kind == "apprise":
        took, why, final = courier.send(target.url, view.title, waiting.changes)
        return Delivery(target.label, count, took, why, gave_up=final)
    body, headers = message(target, view, waiting, now)
    try:
        response = client.post(target.url, content=body, headers=headers, timeout=TIMEOUT, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Delivery(target.label, count, False, f"no answer ({type(error).__name__})")
    if response.is_success:
        return Delivery(target.label, count, True)
    # A receiver that says the message itself is wrong will say so again; too many or a fault of its own may pass.
    final = 400 <= response.status_code < 500 and response.status_code not in (408, 409, 425, 429)
    return Delivery(target.label, count, False, f"answered {response.status_code}", gave_up=final)


def deliver(
    state: State,
    receivers: Iterable[Target],
    view: SiteView,
    client: httpx.Client,
    now: Time,
    save: Callable[[State], None],
) -> tuple[State, tuple[Delivery, ...]]:
    """Try everything in the outbox once, oldest first; saved after each, so that a crash repeats at most one."""
    by_id = {target.id: target for target in receivers}
    results = []
    for waiting in state.outbox:
        target = by_id.get(waiting.target)
        if target is None:
            result = Delivery(waiting.target, len(waiting.changes), False, "is no longer configured", gave_up=True)
        elif now - waiting.at > GIVE_UP:
            result = Delivery(target.label, len(waiting.changes), False, "was not reached for a day", gave_up=True)
        else:
            result = send(target, view, waiting, client, now)
        rest = tuple(other for other in state.outbox if other is not waiting)
        if result.ok or result.gave_up:
            state = replace(state, outbox=rest)
        else:
            again = replace(waiting, attempts=waiting.attempts + 1)
            state = replace(state, outbox=tuple(again if other is waiting else other for other in state.outbox))
        save(state)
        results.append(result)
    return state, tuple(results)


def tell(
    view: SiteView,
    receivers: Sequence[Target],
    client: httpx.Client,
    now: Time,
    meta: Mapping[str, str],
    save: Callable[[Mapping[str, str]], None],
) -> tuple[Delivery, ...]:
    """Everything for one run: record, save, send, save. `meta` and `save` are the store's.

    Sends nothing when the record of what was told cannot be read: everything would be told again.
    """
    try:
        before = loads(meta.get(KEY, ""))
    except ValueError as error:
        return (Delivery("everybody", 0, False, f"nothing was sent: {error}"),)
    state = advance(before, view, receivers, now)
    if state != before:
        save({KEY: dumps(state)})
    return deliver(state, receivers, view, client, now, lambda new: save({KEY: dumps(new)}))[1]


# ---- keeping ---------------------------------------------------------------------------------------------------------


def dumps(state: State) -> str:
    told = {id: [known.status.value, known.since, known.at] for id, known in sorted(state.told.items())}
    outbox = [
        {
            "target": waiting.target,
            "at": waiting.at,
            "attempts": waiting.attempts,
            "changes": [[getattr(change, name) for name in Change.__slots__] for change in waiting.changes],
        }
        for waiting in state.outbox
    ]
    return json.dumps({"told": told, "outbox": outbox}, separators=(",", ":"))


def loads(text: str) -> State:
    """The state that `dumps` wrote; the empty one for an empty text. ValueError for anything else."""
    if not text:
        return State()
    try:
        raw = json.loads(text)
        told = {id: Told(Status(status), since, at) for id, (status, since, at) in raw["told"].items()}
        outbox = tuple(
            Waiting(entry["target"], tuple(_change(row) for row in entry["changes"]), entry["at"], entry["attempts"])
            for entry in raw["outbox"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"the record of notifications cannot be read: {error}") from error
    return State(told, outbox)


def _change(row: Sequence[Any]) -> Change:
    values = dict(zip(Change.__slots__, row, strict=True))
    values["was"] = Status(values["was"]) if values["was"] else None
    values["status"] = Status(values["status"])
    return Change(**values)
