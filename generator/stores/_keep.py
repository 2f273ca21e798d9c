"""What history keeps and for how long, and what it refuses. Pure: numbers in, words out.

Raw observations stay 14 days, hours 90 days, days and changes of state for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ..model import Observation, Time

HOUR = 3_600
DAY = 86_400
RAW_KEPT = 14 * DAY
HOURS_KEPT = 90 * DAY
MAX_SKEW = 120


KEPT = "kept/"
"""What the names of documents begin with: values that `Store.meta` does not read along, because they are large."""


def month(at: Time) -> str:
    """`2026-11`, the UTC month of a time."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


def day(at: Time) -> str:
    """`2026-11-22`, the UTC day of a time."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def slot(at: Time) -> str:
    """`2026-11-22T05`, the UTC hour of a time."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H")


def refusal(observation: Observation, received: Time, horizon: Time) -> str:
    """Why an observation is not taken: `future`, `late`, or empty if it is.

    `horizon` is the time before which raw observations were pruned: what is older can no longer be folded with its
    neighbours, and folding it alone would damage the roll-ups that remember them.
    """
    if observation.at > received + MAX_SKEW:
        return "future"
    return "late" if observation.at < horizon else ""


def superfluous(times: Sequence[Time]) -> Iterator[Time]:
    """Of the times of checkpoints, newest first, those that need not be kept.

    All of the last two hours stay, then one an hour for two days, then one a day for fifteen days (a late delivery is
    taken for fourteen, and needs one before it to fold from).
    """
    kept: set[tuple[int, int]] = set()
    for at in times:
        age = times[0] - at
        if age <= 2 * HOUR:
            continue
        grain = HOUR if age <= 2 * DAY else DAY
        slot = (grain, at // grain)
        if age > RAW_KEPT + DAY or slot in kept:
            yield at
        kept.add(slot)
