"""Everything a signature may ask, of one platform at one moment: its parts, who looks at them, what was seen last.

Pure: a view of configuration and history that remembers what it worked out. Never decides whether a condition holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..model import (
    ALL,
    FAILING,
    Check,
    Component,
    Config,
    Observation,
    Past,
    Platform,
    RegionHealth,
    Standing,
    Status,
    Time,
    Verdict,
)
from ..outage_groups import upstream

BAD = frozenset({Verdict.DEGRADED, Verdict.DOWN})
"""The verdicts that are held against a target."""


@dataclass(frozen=True)
class World:
    """Everything a signature may ask, of one platform at one moment."""

    config: Config
    past: Past
    now: Time
    platform: Platform
    _memo: dict[object, object] = field(default_factory=dict, repr=False)

    # ---- parts

    def components(self, functions: Iterable[str], component: str = "") -> tuple[Component, ...]:
        key = ("components", tuple(functions), component)
        found = self._memo.get(key)
        if not isinstance(found, tuple):
            wanted = set(functions)
            found = self._memo[key] = tuple(
                c
                for c in self.platform.components
                if (component and component in (c.id, c.key)) or (not component and c.function in wanted)
            )
        return found

    def named(self, part: str) -> tuple[Component, ...]:
        """The components that a word of `scope` or `explains` means: an id, a key or a function."""
        return tuple(c for c in self.platform.components if part in (c.id, c.key, c.function))

    @property
    def others(self) -> tuple[Platform, ...]:
        return tuple(p for p in self.config.platforms if p.id != self.platform.id)

    # ---- what was seen

    def regions(self, component: Component) -> tuple[str, ...]:
        """The regions that look at the component, in the order of the configuration, without those nobody asked."""
        key = ("regions", component.id)
        found = self._memo.get(key)
        if not isinstance(found, tuple):
            looked = {r for k in component.checks if k.enabled for r in k.regions}
            places = tuple(r.id for r in self.config.regions if r.id in looked)
            found = self._memo[key] = tuple(r for r in places if not self.rests(r)) or places
        return found

    def component(self, id: str) -> Component | None:
        """The component of this platform by its id."""
        found = self._memo.setdefault("by id", {c.id: c for c in self.platform.components})
        return found.get(id) if isinstance(found, dict) else None

    def upstream(self, component: str) -> frozenset[str]:
        """Everything the component depends on."""
        key = ("upstream", component)
        found = self._memo.get(key)
        if not isinstance(found, frozenset):
            found = self._memo[key] = upstream(self.config, component)
        return found

    def standing(self, component: str, region: str) -> Standing:
        found = self.past.standings.get((component, region))
        return found if found is not None else Standing(component, region, Status.UNKNOWN)

    def votes(self, region: str) -> bool:
        health = self.past.health.get(region)
        return health is None or health.health is RegionHealth.OK

    def believed_until(self, region: str) -> Time:
        """The newest look from this region that was believed; where none ever was, the beginning of all looks."""
        known = [s.known_at for (_, r), s in self.past.standings.items() if r == region and s.known_at is not None]
        first = self.past.first_at if self.past.first_at is not None else self.now
        return max(known, default=first)

    def rests(self, region: str) -> bool:
        """Whether the region is on call and was not asked: nothing is missing then."""
        health = self.past.health.get(region)
        silent = health is None or health.health is RegionHealth.SILENT
        return silent and any(r.on_call for r in self.config.regions if r.id == region)

    def look(self, check: Check, region: str) -> Observation | None:
        """The newest fresh look. While the component is still believed to fail, its newest failing look speaks on."""
        key = ("look", check.id, region)
        if key not in self._memo:
            self._memo[key] = self._look(check, region)
        found = self._memo[key]
        return found if isinstance(found, Observation) else None

    def _look(self, check: Check, region: str) -> Observation | None:
        fresh = [o for o in self.past.latest.get((check.id, region), ()) if self._fresh(check, o)]
        if not fresh:
            return None
        newest = max(fresh, key=lambda o: o.at)
        standing = self.standing(check.component, region)
        if newest.verdict is Verdict.OK and standing.status in FAILING:
            # recovery is believed after two good rounds; until then the diagnosis must not change its mind
            bad = [o for o in fresh if o.verdict in BAD and (standing.since is None or o.at >= standing.since)]
            return max(bad, key=lambda o: o.at) if bad else newest
        return newest

    def _fresh(self, check: Check, observation: Observation) -> bool:
        limit = max(self.config.rules.stale_min, self.config.rules.stale_rounds * check.interval)
        return self.now - observation.at <= limit

    def looks(self, component: Component, region: str) -> tuple[tuple[Check, Observation], ...]:
        """Every check's look at the component from this region; over all regions for ALL."""
        places = self.regions(component) if region == ALL else (region,)
        found = ((k, self.look(k, r)) for k in component.checks if k.enabled for r in places if r in k.regions)
        return tuple((k, o) for k, o in found if o is not None)
