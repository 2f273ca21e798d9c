"""What `explain` says: why a component is in its state, from the observations over votes and rule to the causes.

Pure: gives lines of plain text; decides nothing, it repeats what the fold and the diagnosis decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import diagnosis
from ..model import ALL, Cause, Component, Config, Observation, Outage, Past, Span, Standing, Time
from ..plain import moment
from ..states.precedence import PRECEDENCE

SAYS = {row.name: row.says for row in PRECEDENCE} | {
    "stale": "what is known is too old, and nobody has said anything since",
    "no_evidence": "nobody has said anything yet",
}


def lines(
    config: Config,
    causes: tuple[Cause, ...],
    past: Past,
    now: Time,
    component: Component,
    region: str = "",
    *,
    whole: bool = False,
) -> Iterator[str]:
    """All of it, in reading order. `region` limits the regions and the causes to one; `whole`: every condition."""
    overall = past.standings.get((component.id, ALL))
    yield f"{component.id}: {component.name}, as believed at {moment(now)}"
    yield from _standing("over all regions", overall)
    for place in config.regions:
        if region and place.id != region:
            continue
        standing = past.standings.get((component.id, place.id))
        if standing is None and not any(place.id in check.regions for check in component.checks):
            continue
        yield ""
        yield from _region(component, place.id, past, standing)
    yield ""
    yield "causes"
    tried = diagnosis.explain(config, causes, past, now, component.id, region or None, whole=whole)
    yield from (f"  {line}" for line in tried or ("no cause speaks of this component",))


def long_ago(
    component: Component,
    at: Time,
    reach: Time | None,
    spans: Iterable[Span],
    outages: Iterable[Outage],
    looks: Iterable[Observation],
    region: str = "",
) -> Iterator[str]:
    """The same of a time before raw history, from what is kept for ever: stretches, outages and the looks they rest on.

    `spans` and `outages` are those of that moment, `looks` those of its day; `reach` is the oldest raw observation.
    """
    yield f"{component.id}: {component.name}, as believed at {moment(at)}"
    since = f"reaches back to {moment(reach)}" if reach is not None else "is empty"
    yield f"  raw history {since}: the votes of this time are gone, what was believed and why is kept"
    places = {span.region: span for span in spans if not region or span.region in (ALL, region)}
    yield from _stretch("over all regions", places.pop(ALL, None))
    for outage in outages:
        until = f"until {moment(outage.ended)}" if outage.ended is not None else "and still runs"
        yield f"    outage {outage.id}: began {moment(outage.started)}, confirmed {moment(outage.confirmed)}, {until}"
    for place, span in sorted(places.items()):
        yield from ("", place)
        yield from _stretch("here", span)
    kept = [look for look in looks if look.at <= at and (not region or look.region == region)]
    yield from ("", "looks kept of this day until then")
    yield from (f"  {look.check} in {look.region}  {_look(look)}" for look in kept)
    if not kept:
        yield "  none: only what outages and findings rest on is kept"


def _stretch(where: str, span: Span | None) -> Iterator[str]:
    if span is None:
        yield f"  {where}: unknown, nothing is kept of this moment"
        return
    until = f" until {moment(span.end)}" if span.end is not None else ""
    failure = f", {span.failure}" if span.failure is not None else ""
    yield f"  {where}: {span.status} since {moment(span.start)}{until}{failure}"
    yield from _rule(span.rule)


def _rule(rule: str) -> Iterator[str]:
    if rule:
        yield f"    rule: {rule}" + (f" ({SAYS[rule]})" if rule in SAYS else "")


def _standing(where: str, standing: Standing | None) -> Iterator[str]:
    if standing is None:
        yield f"  {where}: unknown, nothing was ever measured"
        return
    since = f" since {moment(standing.since)}" if standing.since is not None else ""
    yield f"  {where}: {standing.status}{since}"
    yield from _rule(standing.rule)
    if standing.held:
        yield "    held: the last status stands until it is too old"
    if standing.flapping:
        yield "    flapping: it changed so often that it is told as one incident"
    if standing.checked_at is not None:
        yield f"    newest evidence: {moment(standing.checked_at)}"
    for who, vote in standing.votes.items():
        yield f"    vote of {who}: {vote}"
    for near in standing.nearly:
        yield f"    nearly: {near}"


def _region(component: Component, region: str, past: Past, standing: Standing | None) -> Iterator[str]:
    health = past.health.get(region)
    if health is not None:
        yield f"{region}: {health.health}" + (f", {health.why}" if health.why else "")
    else:
        yield f"{region}: never heard of"
    yield from _standing("here", standing)
    for check in component.checks:
        if region not in check.regions:
            continue
        looks = past.latest.get((check.id, region), ())
        yield f"    {check.id}:" + ("" if looks else " no observation")
        yield from (f"      {_look(look)}" for look in looks)


def _look(look: Observation) -> str:
    parts = [moment(look.at), look.verdict.value]
    if look.failure is not None:
        parts.append(look.failure.value)
    if look.latency_ms is not None:
        parts.append(f"{look.latency_ms:.0f} ms")
    if look.value is not None:
        given = [f"{name} {limit:g}" for name in ("degraded", "down") if (limit := getattr(look, name)) is not None]
        parts.append(f"{look.value:g} {look.unit}".strip() + (f" ({', '.join(given)})" if given else ""))
    if look.attempts > 1:
        parts.append(f"{look.attempts} attempts")
    if look.detail:
        parts.append(look.detail)
    return "  ".join(parts)
