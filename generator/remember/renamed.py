"""Old ids read as what they are called now (`was:` in the configuration). Pure.

History keeps what was written under the id it was written with; this maps it when it is read. An outage keeps its id:
it has been published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from ..model import Config, Observation, Outage, Rollup, Span
from ..states.belief import Belief, Key
from ..states.ledger import Tally

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Names:
    """Old id -> new id, of components, checks and regions. An id still in use is never taken for an old one."""

    components: Mapping[str, str]
    checks: Mapping[str, str]
    regions: Mapping[str, str]

    @property
    def none(self) -> bool:
        return not (self.components or self.checks or self.regions)

    def check(self, key: Key) -> Key:
        return self.checks.get(key[0], key[0]), self.regions.get(key[1], key[1])

    def component(self, key: Key) -> Key:
        return self.components.get(key[0], key[0]), self.regions.get(key[1], key[1])

    def observation(self, o: Observation) -> Observation:
        key = self.check((o.check, o.region))
        return o if key == (o.check, o.region) else replace(o, check=key[0], region=key[1])

    def span(self, s: Span) -> Span:
        key = self.component((s.component, s.region))
        return s if key == (s.component, s.region) else replace(s, component=key[0], region=key[1])

    def rollup(self, r: Rollup) -> Rollup:
        series = self.components.get(r.series) or self.checks.get(r.series) or r.series
        region = self.regions.get(r.region, r.region)
        return r if (series, region) == (r.series, r.region) else replace(r, series=series, region=region)

    def outage(self, o: Outage) -> Outage:
        component = self.components.get(o.component, o.component)
        regions = tuple(dict.fromkeys(self.regions.get(r, r) for r in o.regions))
        checks = tuple(dict.fromkeys(self.checks.get(c, c) for c in o.checks))
        if (component, regions, checks) == (o.component, o.regions, o.checks):
            return o
        return replace(o, component=component, regions=regions, checks=checks)

    def belief(self, belief: Belief) -> Belief:
        """The belief under the names of today. What is known under the new name already stays."""
        if self.none:
            return belief
        table = {}
        for key, seen in _old_first(belief.table, self.check):
            look, judged = self.observation(seen.look), self.observation(seen.judged)
            table[self.check(key)] = replace(seen, look=look, judged=judged)
        series = {}
        for key, one in _old_first(belief.series, self.component):
            series[self.component(key)] = replace(one, carriers=tuple(map(self.check, one.carriers)))
        tallies = {}
        for key, tally in _old_first(belief.tallies, self.check):
            day = self.rollup(tally.day) if tally.day else None
            tallies[self.check(key)] = Tally(self.rollup(tally.hour), day)
        outages = [self.outage(o) for o in belief.open.values()]
        return replace(
            belief,
            table=table,
            series=series,
            tallies=tallies,
            open={o.component: o for o in outages},
            spans=tuple(map(self.span, belief.spans)),
            outages=tuple(map(self.outage, belief.outages)),
            rollups=tuple(map(self.rollup, belief.rollups)),
        )


def _old_first(rows: Mapping[Key, T], name: Callable[[Key], Key]) -> list[tuple[Key, T]]:
    """Rows under old names before those under new ones, so that the new ones win."""
    return sorted(rows.items(), key=lambda row: (name(row[0]) == row[0], row[0]))


def names(config: Config) -> Names:
    """What the configuration says about former names. A renamed component renames its checks with it."""
    components = {old: c.id for c in config.components for old in c.was}
    regions = {old: r.id for r in config.regions for old in r.was}
    checks: dict[str, str] = {}
    for component in config.components:
        for check in component.checks:
            key = check.id.rpartition("/")[2]
            olds = [old if "/" in old else f"{component.id}/{old}" for old in check.was]
            olds += [
                f"{was}/{name}" for was in component.was for name in (key, *(o for o in check.was if "/" not in o))
            ]
            checks.update(dict.fromkeys(olds, check.id))
    current = {c.id for c in config.components}, {c.id for c in config.checks}, {r.id for r in config.regions}
    return Names(
        *(
            {o: n for o, n in m.items() if o not in now}
            for m, now in zip((components, checks, regions), current, strict=True)
        )
    )
