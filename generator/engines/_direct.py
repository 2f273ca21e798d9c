"""Carrying checks out from this process, straight or through a proxy: the common part of `local` and `proxy`.

Controls come first. A region that sees none of them looks at everything once, without second looks: what it finds
cannot count, and a visitor of a machine without a network should not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from .. import probes
from .._net_address import is_address
from ..fetch import Gate, Looker, Visit, common_gate
from ..model import Check, Failure, Observation, Stage, Verdict
from . import Errand
from ._confirm import LookFactory, inconclusive, observe
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
        self._route_seen = False
        self._name_seen = False

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
            )

        return fresh

    async def one(self, check: Check, own: SelfCheck, retries: int | None = None) -> Observation:
        """One check, observed; also a check of a kind that does not exist."""
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
            self.errand,
            engine=self.engine,
            trusted=own.trusted,
            retries=retries,
        )

    async def run(self, second_thought: Callable[[Check, Observation], Any] | None = None) -> Sequence[Observation]:
        """All checks, controls first. `second_thought` may replace an observation before it is told (awaited)."""
        errand = self.errand
        self._warm_up()
        async with SelfCheck() as own:
            controls = await self._all(errand.controls, own, None, None)
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
        self._route_seen = self._route_seen or _shows_a_route(seen)
        self._name_seen = self._name_seen or _shows_a_name(seen)
        if self._doubt(seen):
            self._held.append(seen)
            return None
        self.errand.told(seen)
        return seen

    def _doubt(self, seen: Observation) -> str:
        """Why this failure may be ours, as far as is known now; '' if it cannot be."""
        if seen.failure in _NOWHERE and not self._route_seen:
            return "nothing at all can be reached from here; our own network is missing"
        if seen.failure in _RESOLVED_WRONG and not self._name_seen:
            return "no other name was found from here either; our own resolver may be the cause"
        return ""

    def _release(self) -> list[Observation]:
        """The held ones, with what the whole run has shown: a failure that everything shares is our own."""
        released = [self._owned(observation) for observation in self._held]
        for observation in released:
            self.errand.told(observation)
        return released

    def _owned(self, seen: Observation) -> Observation:
        why = self._doubt(seen)
        if not why:
            return seen
        word = Failure.NO_ROUTE if seen.failure is Failure.UNREACHABLE else seen.failure
        return replace(seen, verdict=Verdict.INCONCLUSIVE, failure=word, detail=f"{why} ({seen.detail})"[:300])


_NOWHERE = frozenset({Failure.UNREACHABLE, Failure.CONNECT_TIMEOUT})
_RESOLVED_WRONG = frozenset({Failure.NXDOMAIN, Failure.DNS_NO_ADDRESS, Failure.DNS_WRONG_ANSWER})


def answered(seen: Observation) -> bool:
    """Whether the target itself said something over HTTP, whatever it was."""
    return seen.verdict in (Verdict.OK, Verdict.DEGRADED) or "status" in seen.facts


def _shows_a_route(seen: Observation) -> bool:
    """Whether this look met anybody: an answer, a refusal, a handshake."""
    if answered(seen):
        return True
    return seen.failure is Failure.REFUSED or seen.stage in (Stage.TLS, Stage.REQUEST, Stage.CONTENT)


def _shows_a_name(seen: Observation) -> bool:
    """Whether this look went somewhere by name, and so shows that names are resolved here."""
    host = str(seen.facts.get("host", ""))
    return answered(seen) and bool(host) and not is_address(host)
