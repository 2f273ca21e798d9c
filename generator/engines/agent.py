"""`agent`: a machine of its own stands in the region, runs `check --region ID` and writes to the shared history.

Looks only where the region was asked for by its name; a run over all regions leaves it to that machine.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Check, Observation, Region
from . import Errand
from ._direct import Direct


class Agent:
    name = "agent"
    options: frozenset[str] = frozenset()

    def options_problem(self, region: Region) -> str:
        return ""

    def cannot_carry(self, region: Region, check: Check) -> str:
        return ""

    async def look(self, errand: Errand) -> Sequence[Observation]:
        """From this machine, if it is the one. Else nothing: its looks come by history, or the region is silent."""
        return await Direct(errand, self.name).run() if errand.here else ()


ENGINE = Agent()
