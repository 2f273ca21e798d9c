"""The shape of `status.yml`: which keys there are and what each may hold. The JSON Schema is made from these too.

A check's own keys belong to its probe, a region's to its engine; here stand those that all have in common.
Says nothing about what refers to what: that is `generator.config`.
"""

# pydantic copies the default of every field.
# ruff: noqa: RUF012

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from ..model import Status
from ..shapes import Shape
from .values import (
    Base,
    Colour,
    Interval,
    Language,
    Link,
    LocalPath,
    Moment,
    Name,
    OldId,
    Pins,
    Repository,
    Seconds,
    Share,
    Slug,
    Span,
    StoreUrl,
    Text,
    Web,
    Worst,
    Zone,
    url_problem,
)

VERSION = 1

# ---- sections --------------------------------------------------------------------------------------------------------


class SiteShape(Shape):
    """What the page calls itself. What stands here is published, so that a `${NAME}` here is no secret."""

    title: Name
    url: Base = ""
    id: Annotated[str, Field(pattern=r"^[a-z0-9.-]{0,100}$")] = ""
    description: Text = ""
    languages: Annotated[list[Language], Field(min_length=1)] = ["en"]
    contact: Link | Literal[""] = ""
    logo: LocalPath = ""
    accent: Colour = ""
    timezone: Zone = "UTC"
    independence: Text = ""
    live_url: Base = ""
    repository: Base = ""
    user_agent: Annotated[str, Field(max_length=200, pattern=r"^[ -~]*$")] = ""
    websub: Base = ""
    show_powered_by: bool = True


class RegionShape(Shape):
    """A place to look from. Further keys are the engine's own."""

    model_config = ConfigDict(extra="allow")

    id: Slug
    name: Name
    engine: Annotated[str, Field(min_length=1)] = "local"
    resolve: Pins = {}
    allow_private: bool = False
    was: list[Slug] = []


class CheckShape(Shape):
    """What all checks have in common. Further keys are those of its kind."""

    model_config = ConfigDict(extra="allow")

    id: Slug
    kind: Annotated[str, Field(min_length=1)]
    name: Name | None = None
    regions: Annotated[list[str], Field(min_length=1)] | Literal["able"] | None = None
    interval: Interval | None = None
    timeout: Seconds | None = None
    retries: Annotated[int, Field(ge=0, le=10)] | None = None
    worst: Worst = Status.MAJOR_OUTAGE
    question: Text = ""
    allow_private: bool = False
    resolve: Pins = {}
    was: list[OldId] = []
    enabled: bool = True


class ComponentShape(Shape):
    """A part that people use or that fails by itself."""

    id: Slug
    name: Name
    description: Text = ""
    impact: Text = ""
    group: Annotated[str, Field(max_length=120)] = ""
    function: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,64}$")] = ""
    depends: list[str] = []
    checks: list[CheckShape] = []
    was: list[OldId] = []
    public: bool = True
    since: Moment | None = None


class PlatformShape(Shape):
    """What is watched. `official` is a check of its own status page; `groups` names those its components may use."""

    id: Slug
    name: Name
    role: Literal["subject", "reference"] = "subject"
    url: Base = ""
    official: dict[str, Any] | None = None
    official_url: Base = ""
    timezone: Zone = "UTC"
    description: Text = ""
    groups: list[str] | None = None
    components: Annotated[list[ComponentShape], Field(min_length=1)]


class RulesShape(Shape):
    """The numbers of the state machine, where they shall differ from their defaults."""

    quorum: Annotated[int, Field(ge=0)] | None = None
    down_after: Annotated[int, Field(ge=0, le=100)] | None = None
    up_after: Annotated[int, Field(ge=1, le=100)] | None = None
    partial_after: Annotated[int, Field(ge=1, le=100)] | None = None
    degraded_after: Annotated[int, Field(ge=1, le=100)] | None = None
    retries: Annotated[int, Field(ge=0, le=10)] | None = None
    retry_wait: list[Annotated[float, Field(ge=0, le=60)]] | None = None
    stale_rounds: Annotated[int, Field(ge=1, le=100)] | None = None
    stale_min: Span | None = None
    cap_rounds: Annotated[int, Field(ge=1, le=100)] | None = None
    suspect_share: Share | None = None
    suspect_margin: Share | None = None
    suspect_min_targets: Annotated[int, Field(ge=1)] | None = None
    max_skew: Span | None = None
    round_limit: Interval | None = None
    flap_window: Annotated[int, Field(ge=2, le=1000)] | None = None
    flap_enter: Annotated[int, Field(ge=1, le=1000)] | None = None
    flap_leave: Annotated[int, Field(ge=0, le=1000)] | None = None


class ExclusionShape(Shape):
    """A stretch a person marked as mis-measured."""

    start: Moment
    end: Moment
    reason: Annotated[str, Field(min_length=1, max_length=400)]
    components: list[str] = []
    regions: list[str] = []

    @model_validator(mode="after")
    def _in_order(self) -> ExclusionShape:
        if self.end <= self.start:
            raise ValueError("end is not after start; write a later end")
        return self


# ---- sections of single outputs --------------------------------------------------------------------------------------


class DeployShape(Shape):
    """When a change is worth a production deploy."""

    max_per_month: Annotated[int, Field(ge=0, le=10_000)] = 15
    min_interval: Span = 1800
    only_on: list[Literal["content", "transition"]] = ["content", "transition"]
    credits_per_deploy: Annotated[int, Field(ge=0)] = 15
    credits: Annotated[int, Field(ge=0)] = 300
    reserve: Annotated[int, Field(ge=0)] = 3


class NotifyShape(Shape):
    """Who is told of a change, and how. Without `components`: of all; a platform's id stands for all of its own."""

    kind: Literal["webhook", "slack", "discord", "apprise"]
    url: Annotated[str, Field(min_length=1)]
    secret: str = ""
    components: list[str] = []

    @model_validator(mode="after")
    def _address(self) -> NotifyShape:
        # An apprise address has a scheme of its service.
        if self.kind != "apprise" and (problem := url_problem(self.url)):
            raise ValueError(f"url: {problem}")
        return self


class CmsShape(Shape):
    """The editor in the browser at /admin/."""

    enabled: bool = False
    backend: Literal["github", "gitlab", "local"] = "github"
    repo: Repository = ""
    branch: Annotated[str, Field(pattern=r"^[\w./-]{1,100}$")] = "main"
    base_url: Base = ""

    @model_validator(mode="after")
    def _has_repository(self) -> CmsShape:
        if self.enabled and self.backend != "local" and not self.repo:
            raise ValueError("repo is missing; write repo: owner/name")
        return self


class DataShape(Shape):
    """Where history comes from on a machine without a disk: the site whose `history-data/` it restores."""

    history_url: Base = ""


class ConfigShape(Shape):
    """`content/status.yml`."""

    version: Annotated[int, Field(ge=1, le=VERSION)] = VERSION
    site: SiteShape
    interval: Interval = 300
    regions: Annotated[list[RegionShape], Field(min_length=1)] | None = None
    controls: list[Web | CheckShape] = []
    platforms: Annotated[list[PlatformShape], Field(min_length=1)]
    rules: RulesShape = RulesShape()
    exclusions: list[ExclusionShape] = []
    retired: list[OldId] = []
    history: StoreUrl = ""
    deploy: DeployShape = DeployShape()
    notify: list[NotifyShape] = []
    cms: CmsShape = CmsShape()
    data: DataShape = DataShape()
