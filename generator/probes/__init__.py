"""Ways of looking, one file each; the file name is the `kind` of a check.

A probe is a value with three parts: `Spec` (parse: strict, pydantic), `measure` (the only I/O) and `judge` (pure).
What went wrong on the network is a fact, never an exception; only our own bugs raise.
A remote engine that brings back facts gets the same verdicts for free, because `judge` sees nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from .. import registry
from ..model import EMPTY, Check, Failure, Observation, Request, Stage, Time, Verdict

if TYPE_CHECKING:
    from ..fetch import Exchange, Look


class Spec(BaseModel):
    """Base of every probe's own keys in `status.yml`. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


S = TypeVar("S", bound=Spec)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a look saw, before anybody judges it. `values` is small, JSON-able and probe-specific.

    `failure` is set when the look ended before there was anything to judge.
    """

    exchanges: tuple[Exchange, ...] = ()
    failure: Failure | None = None
    stage: Stage | None = None
    latency_ms: float | None = None
    phases: Mapping[str, float] = field(default_factory=lambda: EMPTY)
    detail: str = ""
    values: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason: becomes an `Observation` by adding check, region and time."""

    verdict: Verdict
    failure: Failure | None = None
    stage: Stage | None = None
    detail: str = ""
    value: float | None = None
    unit: str = ""
    degraded: float | None = None
    down: float | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Context:
    """What a judge may know beside the facts. `past`: earlier observations of this check and region, oldest first."""

    now: Time
    region: str = ""
    past: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe(Generic[S]):
    """One kind of check.

    `asks` lists the plain requests the probe would send, for engines that carry requests only and for the curl line
    on the page; None when the probe cannot be said as requests known beforehand.
    `compare` re-judges one round of observations of this check over all regions (agreement, freshest region); pure.
    `cost` counts the requests one look sends at worst, redirects followed included; `shares` names those among them
    (each once) that may serve other checks of the same run, as `Request.share` says: the budget counts them once.
    `needs` names what an engine must be able to do: `get`, `method:POST`, `body`, `steps`, `dns`, `tcp`, `tls`,
    `body:BYTES`.
    """

    kind: str
    Spec: type[S]
    measure: Callable[[S, Look], Awaitable[Facts]]
    judge: Callable[[S, Facts, Context], Judgement]
    needs: Callable[[S], frozenset[str]] = lambda spec: frozenset({"get"})
    asks: Callable[[S], tuple[Request, ...]] | None = None
    compare: Callable[[S, Mapping[str, Observation]], Mapping[str, Observation]] | None = None
    cost: Callable[[S], int] = lambda spec: 1
    shares: Callable[[S], frozenset[str]] = lambda spec: frozenset()
    history: int = 0  # how many seconds of the past `judge` wants in `Context.past`


def with_consequences(check: Check) -> Check:
    """The check with what follows from its spec (`asks`, `compared`) said in it."""
    probe = get(check.kind)
    asks = () if probe.asks is None else probe.asks(check.spec)
    return replace(check, asks=asks, compared=probe.compare is not None)


def names() -> tuple[str, ...]:
    return registry.names("probes")


def get(kind: str) -> Probe[Any]:
    """The probe of this kind; KeyError if there is no such file."""
    probe: Probe[Any] = registry.load("probes", kind, "PROBE")
    return probe
