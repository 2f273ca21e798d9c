"""Other status pages to read from, one file each. An importer reads and never writes: `generator.importing` does that.

What it finds is told in the source's own names; which component of ours a name means is decided later. Nothing is
invented: what the source does not say is left open, and what has no place here is listed in `Found.left`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .. import registry
from ..model import EMPTY, Impact, Progress, Status, Time


@dataclass(frozen=True, slots=True)
class Told:
    """One update of a story. `components` are the source's names with what it says of them."""

    at: Time
    status: Progress
    body: str
    components: Mapping[str, Status] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Story:
    """One incident, maintenance or notice. `id` is stable in the source; `ends` is a maintenance's."""

    id: str
    title: str
    kind: str  # incident | maintenance | notice
    started: Time
    impact: Impact | None = None
    components: tuple[str, ...] = ()
    updates: tuple[Told, ...] = ()
    ends: Time | None = None
    body: str = ""
    pinned: bool = False
    draft: bool = False
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """One look the source wrote down: when, whether it failed, how long the answer took (milliseconds)."""

    at: Time
    failed: bool
    latency_ms: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """All looks of one of the source's targets, oldest first."""

    name: str
    url: str
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Everything in the source; `left` has a sentence for each thing that cannot be carried over."""

    stories: tuple[Story, ...] = ()
    series: tuple[Series, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked to import: a file, a folder or an address; how many pages of history; who is asking."""

    source: str
    pages: int = 0
    user_agent: str = "roadworthy"


@dataclass(frozen=True, slots=True)
class Importer:
    """`read` raises ContentError if the source cannot be had or is something else."""

    name: str
    read: Callable[[Asked], Found]


def names() -> tuple[str, ...]:
    return registry.names("importers")


def get(name: str) -> Importer:
    """The importer of this name; KeyError if there is no such file."""
    importer: Importer = registry.load("importers", name, "IMPORTER")
    return importer
