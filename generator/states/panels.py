"""Who is asked about what: a configuration as the fold needs it, worked out once. Pure.

Regions that run the same checks of a component form a panel; a check that only one region runs is a panel of one, so
that nobody is asked about what they do not look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..model import Check, Config
from ..vantage import Place, places

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Panel:
    """Regions that run the same checks of a component."""

    regions: tuple[str, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A configuration as the fold needs it, worked out once."""

    config: Config
    places: tuple[Place, ...]
    panels: Mapping[str, tuple[Panel, ...]]  # component -> its panels
    regions: Mapping[str, tuple[str, ...]]  # component -> the regions that look at it
    checks: Mapping[str, Check]  # every known check, controls and official ones too
    known: frozenset[Key]  # every (check, region) that is asked for
    compared: tuple[Check, ...]  # checks whose probe holds the regions against each other
    tallied: frozenset[str]  # the checks whose looks are counted and timed: all but controls
    heard: Mapping[str, int]  # region -> seconds after which nothing from it is fresh
    guests: frozenset[str] = frozenset()  # regions that look only now and then


def plan(config: Config) -> Plan:
    """The configuration as `fold` needs it. Worth keeping when many rounds follow."""
    order = [region.id for region in config.regions]
    panels: dict[str, tuple[Panel, ...]] = {}
    regions: dict[str, tuple[str, ...]] = {}
    for component in config.components:
        groups: dict[tuple[str, ...], list[Check]] = {}
        for check in component.checks:
            where = tuple(r for r in order if r in check.regions)
            if check.enabled and where:
                groups.setdefault(where, []).append(check)
        panels[component.id] = tuple(Panel(where, tuple(checks)) for where, checks in groups.items())
        regions[component.id] = tuple(r for r in order if any(r in where for where in groups))
    everything = {c.id: c for c in (*config.controls, *config.checks)}
    known = {(c.id, r) for c in config.checks for r in c.regions}
    known |= {(c.id, r) for c in config.controls for r in (c.regions or order)}
    where_ = places(config)
    return Plan(
        config=config,
        places=where_,
        panels=panels,
        regions=regions,
        checks=everything,
        known=frozenset(known),
        compared=tuple(c for c in config.checks if len(c.regions) > 1 and c.compared),
        tallied=frozenset(c.id for c in config.checks),
        guests=frozenset(r.id for r in config.regions if r.on_call),
        heard={p.id: max(config.rules.stale_rounds * p.pace, config.rules.stale_min) for p in where_},
    )
