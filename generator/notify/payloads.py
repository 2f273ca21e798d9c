"""What a notification looks like at each kind of receiver. Pure: values in, bytes and headers out; sends nothing.

Names and sentences come from people and from targets: nothing in them can mention, link or format at the receiver.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..model import WORST_FIRST, Status, Time

SHOWN = 10
"""Most changes that a chat message spells out; the rest is counted."""

MARKS: Mapping[Status, str] = {
    Status.OPERATIONAL: "✅",
    Status.DEGRADED_PERFORMANCE: "⚠️",
    Status.PARTIAL_OUTAGE: "🟠",
    Status.MAJOR_OUTAGE: "🔴",
    Status.UNDER_MAINTENANCE: "🔧",
    Status.UNKNOWN: "❔",
}
COLOURS: Mapping[Status, int] = {
    Status.OPERATIONAL: 0x1A7F45,
    Status.DEGRADED_PERFORMANCE: 0x8A6100,
    Status.PARTIAL_OUTAGE: 0xB04A00,
    Status.MAJOR_OUTAGE: 0xB3261E,
    Status.UNDER_MAINTENANCE: 0x2B62B8,
    Status.UNKNOWN: 0x5C6470,
}


@dataclass(frozen=True, slots=True)
class Change:
    """A confirmed change of a component. `was` is what subscribers were told last, None for the first word.

    `since` is back-dated to the first sample that shows it; `cause` is the title of the best finding, or empty.
    """

    component: str
    name: str
    was: Status | None
    status: Status
    word: str
    since: Time
    sentence: str
    url: str
    cause: str = ""

    @property
    def id(self) -> str:
        return f"{self.component}@{self.since}:{self.status.value}"


def message_id(changes: Sequence[Change]) -> str:
    """The idempotency key: the same for the same changes, whoever sends them and however often."""
    return hashlib.sha256("\n".join(sorted(change.id for change in changes)).encode()).hexdigest()[:32]


def moment(at: Time) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def headline(title: str, changes: Sequence[Change]) -> str:
    """One line: `Roadworthy: Model search is down` or `Roadworthy: 5 components changed`."""
    if len(changes) == 1:
        return f"{title}: {changes[0].name}: {changes[0].word}"
    return f"{title}: {len(changes)} components changed"


def worst_first(changes: Sequence[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: (WORST_FIRST.index(change.status), change.component))


def plain_lines(changes: Sequence[Change]) -> list[str]:
    found = []
    for change in worst_first(changes)[:SHOWN]:
        cause = f" Probable cause: {change.cause}." if change.cause else ""
        since = f"since {moment(change.since)}"
        found.append(
            f"{MARKS[change.status]} {change.name}: {change.word}, {since}. {change.sentence}{cause} {change.url}"
        )
    if len(changes) > SHOWN:
        found.append(f"… and {len(changes) - SHOWN} more.")
    return found


# ---- webhook ---------------------------------------------------------------------------------------------------------


def webhook(title: str, home: str, changes: Sequence[Change], at: Time) -> bytes:
    """The generic payload: a list of changes in our own words, version 1."""
    body: dict[str, Any] = {
        "version": 1,
        "id": message_id(changes),
        "recorded_at": moment(at),
        "site": {"title": title, "url": home},
        "changes": [
            {
                "component": change.component,
                "name": change.name,
                "was": change.was.value if change.was else None,
                "status": change.status.value,
                "since": moment(change.since),
                "sentence": change.sentence,
                "cause": change.cause or None,
                "url": change.url,
            }
            for change in worst_first(changes)
        ],
    }
    return _json(body)


def signature(body: bytes, secret: str, at: Time) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 over `SECONDS.BODY`, so that neither body nor time can be changed."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


# ---- chats -----------------------------------------------------------------------------------------------------------


def slack(title: str, changes: Sequence[Change]) -> bytes:
    lines = []
    for change in worst_first(changes)[:SHOWN]:
        cause = f"\n_Probable cause:_ {_slack(change.cause)}" if change.cause else ""
        name = f"<{change.url}|{_slack(change.name)}>" if change.url.startswith("http") else _slack(change.name)
        lines.append(f"{MARKS[change.status]} *{name}*: {_slack(change.word)}\n{_slack(change.sentence)}{cause}")
    if len(changes) > SHOWN:
        lines.append(f"… and {len(changes) - SHOWN} more.")
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": line[:2900]}} for line in lines]
    return _json({"text": _slack(headline(title, changes)), "blocks": blocks, "unfurl_links": False})


def _slack(text: str) -> str:
    """Slack's three escapes; a zero-width space inside what would format."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([*_~`])", "\\1\u200b", text)


def discord(title: str, changes: Sequence[Change]) -> bytes:
    listed = worst_first(changes)
    embeds = [
        {
            "title": f"{MARKS[change.status]} {_discord(change.name)}: {_discord(change.word)}"[:200],
            # Discord takes at most 6,000 characters in all embeds together.
            "description": (_discord(change.sentence)[:250] + _discord_cause(change))[:380],
            "color": COLOURS[change.status],
            "timestamp": moment(change.since),
            **({"url": change.url} if change.url.startswith("http") else {}),
        }
        for change in listed[:SHOWN]
    ]
    more = f"\n… and {len(changes) - SHOWN} more." if len(changes) > SHOWN else ""
    content = _discord(headline(title, changes))[:1500] + more
    return _json({"content": content, "embeds": embeds, "allowed_mentions": {"parse": []}})


def _discord_cause(change: Change) -> str:
    return f"\n**Probable cause:** {_discord(change.cause)}" if change.cause else ""


def _discord(text: str) -> str:
    return re.sub(r"([\\*_~`|>\[\]()#@<])", r"\\\1", text)


def _json(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
