"""Which looks the page may show, and on which days an incident's evidence lies. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

from .. import text
from ..model import Config, Incident, Observation, Past
from ..siteview import Link
from ..text import Text


def public(config: Config) -> Callable[[Observation], bool]:
    """Whether a look is one at a public component, or at a platform's own status page."""
    components = {c.id for c in config.components if c.public}
    official = {p.official for p in config.platforms if p.official}
    return lambda look: look.check in official or look.check.rpartition("/")[0] in components


def by_day(past: Past, config: Config) -> Mapping[str, tuple[Observation, ...]]:
    """Observations that claims rest on, by UTC day; private components are left out."""
    found: dict[str, list[Observation]] = defaultdict(list)
    shown = public(config)
    for seen in past.evidence:
        if shown(seen):
            found[text.date(seen.at)].append(seen)
    return {day: tuple(sorted(seen, key=lambda o: (o.at, o.check, o.region))) for day, seen in sorted(found.items())}


def links(t: Text, one: Incident, days: Collection[str]) -> tuple[Link, ...]:
    """The files in which the looks of an incident stand, oldest day first; none for a day that has no file."""
    starts = sorted({at - at % text.DAY for _, _, at in one.evidence})
    return tuple(
        Link(t.day(at), f"/api/roadworthy/v1/evidence/{day}.jsonl")
        for at, day in ((at, text.date(at)) for at in starts)
        if day in days
    )
