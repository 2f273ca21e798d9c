"""Small makers of configuration values, so that a test says only what it is about."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from generator import probes
from generator.engines import Errand
from generator.model import Check, Component, Config, Observation, Platform, Region, Rules, Site

QUICK = Rules(retry_wait=(0.01,))


def check(id: str = "p/c/k", kind: str = "http", **keys: Any) -> Check:
    """A check; keys of `Check` go there, all others to the probe's own keys. May ask private addresses, never again."""
    own = {k: keys.pop(k) for k in list(keys) if k in Check.__dataclass_fields__}
    settings = {"regions": ("here",), "interval": 300, "timeout": 3.0, "retries": 0, "allow_private": True, **own}
    spec = probes.get(kind).Spec.model_validate(keys)
    made = Check(id=id, kind=kind, name=id, component=id.rpartition("/")[0], spec=spec, **settings)
    return probes.with_consequences(made)


def config(
    *checks: Check, controls: Sequence[Check] = (), regions: Sequence[Region] = (), rules: Rules = QUICK
) -> Config:
    components: dict[str, list[Check]] = {}
    for one in checks:
        components.setdefault(one.component, []).append(one)
    made = tuple(Component(id, "p", id.rpartition("/")[2], id, checks=tuple(mine)) for id, mine in components.items())
    return Config(
        site=Site("Test", "https://status.example"),
        interval=300,
        regions=tuple(regions) or (Region("here", "Here", "local"),),
        controls=tuple(controls),
        platforms=(Platform("p", "P", "subject", components=made),),
        rules=rules,
    )


def errand(*checks: Check, controls: Sequence[Check] = (), region: Region | None = None, **keys: Any) -> Errand:
    told: Callable[[Observation], None] = keys.pop("told", lambda observation: None)
    return Errand(
        region=region or Region("here", "Here", "local"),
        controls=tuple(controls),
        checks=checks,
        rules=keys.pop("rules", QUICK),
        clock=keys.pop("clock", time.time),
        user_agent="roadworthy-test",
        told=told,
        **keys,
    )
