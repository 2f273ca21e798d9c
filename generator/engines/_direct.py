"""Carrying checks out from this process, straight or through a proxy: the common part of `local` and `proxy`.

Controls come first. A region that sees none of them looks at everything once, without second looks: what it finds
cannot count, and a visitor of a machine without a network should not wait for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from .. import probes
from ..fetch import Gate, Looker, Visit, common_gate
from ..model import Check, Failure, Observation
from . import CONTROLS_SHARE, Errand
from ._confirm import LookFactory, inconclusive, observe
from ._doubts import Doubts, answered
from ._selfcheck import SelfCheck


class Direct:
    """One run in one region. `proxy` is a URL or empty; `gate` defaults to the machine's."""

    def __init__(
        self, errand: Errand, engine: str, proxy: str = "", ca_file: str = "", gate: Gate | None = None
    ) -> None:
        self.errand, self.engine = errand, engine
        self._proxy, self._ca_file = proxy, ca_file
        self._gate = gate or common_gate()
        self._visit = Visit()
        self._held: list[Observation] = []
        self._doubts = Doubts(errand.rules.max_skew)

    def looks(self, check: Check) -> LookFactory:
        """Fresh looks for a check, with the pins and permissions of check and region."""
        errand, region = self.errand, self.errand.region
        secrets = frozenset(v for name in check.secrets if (v := errand.env.get(name, "")))

        def fresh(attempt: int) -> Looker:
            return Looker(
                timeout=check.timeout,
                allow_private=check.allow_private or region.allow_private,
                resolve={**region.resolve, **check.resolve},
                proxy=self._proxy,
                clock=errand.clock,
                user_agent=errand.user_agent,
                gate=self._gate,
                secrets=secrets,
                ca_file=self._ca_file,
                visit=self._visit,
                sharing=attempt == 1,
                whose=check.id.partition("/")[0],
            )

        return fresh

    async def one(
        self, check: Check, own: SelfCheck, retries: int | None = None, errand: Errand | None = None
    ) -> Observation:
        """One check, observed; also a check of a kind that does not exist. `errand`: one that ends sooner."""
        try:
            probe: probes.Probe[Any] = probes.get(check.kind)
        except KeyError:
            at = int(self.errand.clock())
            text = f"there is no check kind {check.kind!r}"
            return inconclusive(check, self.errand.region.id, at, Failure.INTERNAL, text, self.engine)
        return await observe(
            check,
            self.errand.region.id,
            probe,
            self.looks(check),
            errand or self.errand,
            engine=self.engine,
            trusted=own.trusted,
            retries=retries,
        )

    async def run(self, second_thought: Callable[[Check, Observation], Any] | None = None) -> Sequence[Observation]:
        """All checks, controls first. `second_thought` may replace an observation before it is told (awaited)."""
        errand = self.errand
        self._warm_up()
        async with SelfCheck() as own:
            first = errand.share(CONTROLS_SHARE)
            seen = await asyncio.gather(*(self.one(control, own, errand=first) for control in errand.controls))
            if abs(time.time() - errand.clock()) < 2:  # a clock somebody made up (`--now`) is not a wrong one
                seen = list(self._doubts.set_clock(seen))
            controls = [told for control in seen if (told := self._tell(control))]
            cut_off = bool(errand.controls) and not any(answered(control) for control in controls)
            checks = await self._all(errand.checks, own, 0 if cut_off else None, second_thought)
        return [*controls, *checks, *self._release()]

    def _warm_up(self) -> None:
        """Load what the first look needs before any clock runs, or the first target would be charged for it."""
        Looker(ca_file=self._ca_file, gate=self._gate)

    async def _all(
        self,
        checks: Sequence[Check],
        own: SelfCheck,
        retries: int | None,
        second_thought: Callable[[Check, Observation], Any] | None,
    ) -> list[Observation]:
        async def one(check: Check) -> Observation | None:
            seen = await self.one(check, own, retries)
            if second_thought is not None:
                seen = await second_thought(check, seen)
            return self._tell(seen)

        told = await asyncio.gather(*(one(check) for check in checks))
        return [observation for observation in told if observation is not None]

    def _tell(self, seen: Observation) -> Observation | None:
        """Pass an observation on at once, unless it may turn out to be about our own network or resolver."""
        self._doubts.learn(seen)
        if self._doubts.why(seen):
            self._held.append(seen)
            return None
        seen = self._doubts.owned(seen)
        self.errand.told(seen)
        return seen

    def _release(self) -> list[Observation]:
        """The held ones, with what the whole run has shown."""
        released = [self._doubts.owned(observation) for observation in self._held]
        for observation in released:
            self.errand.told(observation)
        return released
