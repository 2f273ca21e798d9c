"""`local`: looks from the machine this runs on. Options: `ca_file` (PEM, roots beside the usual ones)."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Check, Observation, Region
from . import Errand
from ._direct import Direct


class Local:
    name = "local"
    options = frozenset({"ca_file"})

    def options_problem(self, region: Region) -> str:
        return ""

    def cannot_carry(self, region: Region, check: Check) -> str:
        return ""

    async def look(self, errand: Errand) -> Sequence[Observation]:
        return await Direct(errand, self.name, ca_file=str(errand.region.options.get("ca_file", ""))).run()


ENGINE = Local()
