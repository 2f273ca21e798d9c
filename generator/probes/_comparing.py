"""Regions held against each other instead of against the clock. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..model import Failure, Observation, Verdict


def comparable(observation: Observation, fact: str) -> bool:
    """Whether a look can be compared: it has the fact, and is good or merely waits for something to compare with."""
    if fact not in observation.facts:
        return False
    return observation.conclusive or (
        observation.verdict is Verdict.INCONCLUSIVE and observation.failure is Failure.TOO_FEW
    )


def at_one_time(
    seen: Mapping[str, Observation], fact: str, together: float, groups: Sequence[Iterable[str]] = ()
) -> list[list[Observation]]:
    """Lots of at least two looks, each taken within `together` seconds of the newest of its lot.

    `groups` keeps apart regions that may rightly see different things (other law, other language); without it all
    regions are one group. A region in no group is compared with nobody.
    """
    lots = []
    for group in groups or [tuple(seen)]:
        looks = [seen[r] for r in sorted(group) if r in seen and comparable(seen[r], fact)]
        if not looks:
            continue
        newest = max(o.at for o in looks)
        lot = [o for o in looks if newest - o.at <= together]
        if len(lot) >= 2:
            lots.append(lot)
    return lots
