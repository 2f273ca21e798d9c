"""`agent`: nothing to run here. Another machine runs `check --region ID` and writes to the shared history."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Check, Observation, Region
from . import Errand


class Agent:
    name = "agent"

    def options_problem(self, region: Region) -> str:
        unknown = sorted(region.options)
        return f"agent knows no option {unknown[0]!r}; leave it out" if unknown else ""

    def cannot_carry(self, region: Region, check: Check) -> str:
        return ""

    async def look(self, errand: Errand) -> Sequence[Observation]:
        """Nothing: its observations arrive through history, and their absence is the region's silence."""
        return ()


ENGINE = Agent()
