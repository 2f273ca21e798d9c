"""Apprise, and what has to be said to it: the one part here that leaves sending to somebody else's code.

Texts go out as plain text, so that a service which takes HTML or markdown shows what a target said and never acts on
it; the kind of news goes with them, so that a service which rings does not ring for a recovery. Never raises for what
a service does, and never names an address.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..model import WORST_FIRST, Status
from . import payloads
from .payloads import Change

KINDS = {
    Status.OPERATIONAL: "success",
    Status.UNDER_MAINTENANCE: "info",
    Status.DEGRADED_PERFORMANCE: "warning",
    Status.PARTIAL_OUTAGE: "failure",
    Status.MAJOR_OUTAGE: "failure",
    Status.UNKNOWN: "info",
}
"""What Apprise calls the news."""


def kind(changes: Sequence[Change]) -> str:
    """The kind of the worst change."""
    return KINDS[min((change.status for change in changes), key=WORST_FIRST.index)]


def send(url: str, title: str, changes: Sequence[Change]) -> tuple[bool, str, bool]:
    """(it was taken, why not, trying again is useless)."""
    try:
        import apprise
    except ImportError:
        return False, "Apprise is not installed; install roadworthy[notify]", True
    # What it logs names hosts, users and paths; what is to be known is returned.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    courier = apprise.Apprise()
    if not courier.add(url):
        return False, "Apprise does not know this kind of address", True
    took = courier.notify(
        title=payloads.headline(title, changes),
        body="\n".join(payloads.plain_lines(changes)),
        notify_type=kind(changes),
        body_format=apprise.NotifyFormat.TEXT,
    )
    return (True, "", False) if took else (False, "Apprise could not deliver", False)
