"""What carries a check to a region, one file each; the file name is the `engine` of a region.

An engine never judges and never lets its own trouble look like the target's: whatever is the engine's fault comes
back as `inconclusive`. Engines read the network; they never write history.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from .. import registry
from ..model import Check, Observation, Region, Rules, Time


@dataclass(frozen=True, slots=True)
class Errand:
    """What an engine is given: the region, its checks (controls first), and the run's common things.

    `clock` gives Unix seconds; `past` the earlier observations of a (check, region), oldest first;
    `told` is called with each observation as it arrives (progress, durability).
    `here`: the region was asked for by its name, so that this machine is the one that stands in it.
    `until` is when the round is over, by the clock of the event loop.
    """

    region: Region
    controls: tuple[Check, ...]
    checks: tuple[Check, ...]
    rules: Rules
    clock: Callable[[], float]
    user_agent: str
    env: dict[str, str] = field(default_factory=dict)
    past: Callable[[str, str], tuple[Observation, ...]] = lambda check, region: ()
    told: Callable[[Observation], None] = lambda observation: None
    here: bool = False
    until: float = math.inf

    def share(self, part: float) -> Errand:
        """The same errand with this part of the time that is left: what comes first must not take it all."""
        now = asyncio.get_running_loop().time()
        return replace(self, until=now + (self.until - now) * part)


class Engine(Protocol):
    name: str
    options: frozenset[str]
    """The keys of a region that are this engine's own."""

    def options_problem(self, region: Region) -> str:
        """What is wrong with what they say ("globalping needs a place; write for example country: DE"), or ''."""

    def cannot_carry(self, region: Region, check: Check) -> str:
        """Why this engine cannot carry the check ("globalping sends no request body"), or ''."""

    async def look(self, errand: Errand) -> Sequence[Observation]:
        """Carry out all checks; never raises for anything the network or the engine did."""


CONTROLS_SHARE = 1 / 3
"""Of the time of a round: one control that is silent must not take the looks at everything else."""


def names() -> tuple[str, ...]:
    return registry.names("engines")


def get(name: str) -> Engine:
    """The engine of this name; KeyError if there is no such file."""
    engine: Engine = registry.load("engines", name, "ENGINE")
    return engine


def slot(at: Time, interval: int) -> Time:
    """The start of the schedule slot that `at` falls in."""
    return at - at % interval
