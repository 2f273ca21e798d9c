"""What in a run may be our own fault: our network, our resolver, our clock. Pure but for what it has been shown.

A failure that everything shares is ours. So a few failures are not believed before something else of the same run has
shown that the part of our machine they depend on works.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime

from ..fetch.address import is_address
from ..model import Failure, Observation, Stage, Verdict

_NOWHERE = frozenset({Failure.UNREACHABLE, Failure.CONNECT_TIMEOUT})
_NO_NAME = frozenset({Failure.NXDOMAIN, Failure.DNS_NO_ADDRESS, Failure.DNS_WRONG_ANSWER})
_BY_THE_CLOCK = frozenset({Failure.TLS_EXPIRED, Failure.TLS_NOT_YET_VALID, Failure.TLS_EXPIRES_SOON})
FEWEST_CLOCKS = 2
"""Controls that must agree that our clock is wrong: one target's clock is nobody's evidence."""


class Doubts:
    """Shown every observation of a run by `learn`; `why` says why a failure may be ours, as far as is known by then."""

    def __init__(self, max_skew: float) -> None:
        self._max_skew = max_skew
        self._route_seen = False
        self._name_seen = False
        self.skew = 0.0

    def learn(self, seen: Observation) -> None:
        self._route_seen = self._route_seen or _shows_a_route(seen)
        self._name_seen = self._name_seen or _shows_a_name(seen)

    def set_clock(self, controls: Sequence[Observation]) -> tuple[Observation, ...]:
        """The controls, unclear if they agree that our clock is wrong by more than is allowed."""
        behind = [seconds for control in controls if (seconds := _behind(control)) is not None]
        wrong = [s for s in behind if abs(s) > self._max_skew]
        if len(behind) < FEWEST_CLOCKS or len(wrong) < len(behind) or min(wrong) * max(wrong) < 0:
            return tuple(controls)
        self.skew = min(wrong, key=abs)
        why = f"our clock is {abs(self.skew):.0f} s {'behind' if self.skew > 0 else 'ahead of'} that of the controls"
        return tuple(
            replace(c, verdict=Verdict.INCONCLUSIVE, failure=Failure.CLOCK_SKEW, stage=None, detail=why)
            for c in controls
        )

    def why(self, seen: Observation) -> str:
        if seen.failure in _NOWHERE and not self._route_seen:
            return "nothing at all can be reached from here; our own network is missing"
        if seen.failure in _NO_NAME and not self._name_seen:
            return "no other name was found from here either; our own resolver may be the cause"
        return ""

    def owned(self, seen: Observation) -> Observation:
        """The observation as it may be told: what is still in doubt is inconclusive."""
        if self.skew and seen.failure in _BY_THE_CLOCK:
            detail = f"our own clock is wrong ({seen.detail})"[:300]
            return replace(seen, verdict=Verdict.INCONCLUSIVE, failure=Failure.CLOCK_SKEW, detail=detail)
        why = self.why(seen)
        if not why:
            return seen
        word = Failure.NO_ROUTE if seen.failure is Failure.UNREACHABLE else seen.failure
        return replace(seen, verdict=Verdict.INCONCLUSIVE, failure=word, detail=f"{why} ({seen.detail})"[:300])


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


def _behind(control: Observation) -> float | None:
    """Seconds by which a control's clock is ahead of ours; None if it told no time. A cached one is older."""
    said, age = str(control.facts.get("date", "")), str(control.facts.get("age", "0"))
    if not said:
        return None
    try:
        told = parsedate_to_datetime(said).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return told + (float(age) if age.isdecimal() else 0.0) - control.at
