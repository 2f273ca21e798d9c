"""The keys of `agreement`: what is compared with what. Strict, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from . import Spec, _asking
from ._fields import Headers, Path, Seconds
from ._reading import fields


class Target(Spec):
    """One read path. `values` are the facts that must be alike, `{id}` in `url` comes from `subjects`."""

    name: str = Field(min_length=1)
    url: str
    values: Mapping[str, Path] = Field(min_length=1)
    headers: Headers = Field(default_factory=dict)


class Subjects(_asking.Source):
    """Where the things come from that all targets are asked about: the `take` newest within `max_age`."""

    id: Path = "id"
    time: Path = Field(min_length=1)
    take: int = Field(default=1, ge=1, le=5)
    min_age: Seconds = 0.0
    max_age: Seconds = 7200.0


class AgreementSpec(Spec):
    """`between` says who is compared.

    `targets`: several read paths, asked one after the other · `regions`: one list or one target, asked from each
    region · `calls`: one list asked `calls` times, which must not go back and forth · `copies`: what the edge keeps
    of an address beside a fresh answer. Limits are seconds (`calls`: contradictory looks within an hour).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    between: Literal["targets", "regions", "calls", "copies"] = "targets"
    targets: tuple[Target, ...] = ()
    subjects: Subjects | None = Field(default=None, alias="from")
    read: _asking.Source | None = None
    item_id: Path = "id"
    time: Path = ""
    calls: int = Field(default=3, ge=3, le=5)
    wait: Seconds = 5.0
    degraded: Seconds | None = None
    down: Seconds | None = None
    together: Seconds = 60.0
    groups: tuple[tuple[str, ...], ...] = ()
    pace: Seconds = 1.0

    @model_validator(mode="after")
    def _shape(self) -> AgreementSpec:
        if self.between == "targets" and len(self.targets) < 2:
            raise ValueError("between: targets needs at least two targets")
        if self.between == "regions" and (self.read is None) == (len(self.targets) != 1):
            raise ValueError("between: regions needs either read or exactly one target")
        if self.between in ("calls", "copies") and (self.read is None or self.targets):
            raise ValueError(f"between: {self.between} needs read and no targets")
        if self.read is not None and self.between in ("regions", "calls") and not self.time:
            raise ValueError("read needs time: where an item says when it appeared")
        used = set().union(*(fields(t.url) for t in self.targets)) if self.targets else set()
        if used - {"id"}:
            raise ValueError(f"targets may use {{id}} only, not {{{sorted(used - {'id'})[0]}}}")
        if bool(used) != (self.subjects is not None):
            raise ValueError("{id} in targets and from belong together: give both or neither")
        if self.degraded is not None and self.down is not None and self.down < self.degraded:
            raise ValueError("down must not be less than degraded")
        return self


def cost(spec: AgreementSpec) -> int:
    """Requests at worst."""
    if spec.between == "calls":
        return spec.calls
    if spec.between == "copies":
        return 2
    own = _asking.cost(spec.read) if spec.read else 0
    subjects = spec.subjects.take if spec.subjects else 1
    return own + (_asking.cost(spec.subjects) if spec.subjects else 0) + len(spec.targets) * subjects


def shares(spec: AgreementSpec) -> frozenset[str]:
    """What other checks of the run may use too: the list of subjects, or one fresh answer of the list that is read."""
    if spec.subjects is not None:
        return _asking.shares(spec.subjects)
    return _asking.shares(spec.read) if spec.read is not None else frozenset()
