"""The shape of a note's front matter. Which component, region or cause a name means is asked in `generator.notes`."""

# pydantic copies the default of every field.
# ruff: noqa: RUF012

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ..config.values import Language, Slug, Span, Zone, url_problem
from ..model import Impact, Progress, Status
from ..shapes import Shape, show

INCIDENT = (Progress.INVESTIGATING, Progress.IDENTIFIED, Progress.MONITORING, Progress.RESOLVED, Progress.POSTMORTEM)
MAINTENANCE = (Progress.SCHEDULED, Progress.IN_PROGRESS, Progress.VERIFYING, Progress.COMPLETED, Progress.POSTMORTEM)

ALLOWED = {"incident": INCIDENT, "maintenance": MAINTENANCE, "notice": tuple(Progress)}
"""What an update of each kind may say. A notice is about something that is no outage and may use any word."""

OVER = frozenset({Progress.RESOLVED, Progress.POSTMORTEM, Progress.COMPLETED})
"""After one of these a note says nothing more is wrong."""


def _link(text: str) -> str:
    if text.startswith("/") and not text.startswith("//"):
        return text
    if problem := url_problem(text):
        raise ValueError(problem)
    return text


def _time(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{show(value)} is no time; write for example 2026-11-23T05:30:00Z")
    return value


def _day(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y-%m-%d").strftime("%Y-%m-%d")
    except ValueError:
        raise ValueError(f"{show(text)} is no day; write for example 2026-12-29") from None


_TIME = {"type": "string", "examples": ["2026-11-23T05:30:00Z"]}

Title = Annotated[str, Field(min_length=1, max_length=300)]
Words = Annotated[str, Field(max_length=100_000)]
When = Annotated[
    str,
    BeforeValidator(_time),
    Field(min_length=1, max_length=40),
    WithJsonSchema({**_TIME, "description": "An RFC 3339 time with an offset."}),
]
UpdateTime = Annotated[
    str,
    BeforeValidator(_time),
    Field(min_length=1, max_length=40),
    WithJsonSchema(
        {
            "type": "string",
            "description": "A time with an offset, +12m after the one before, or 05:42Z on the same day.",
            "examples": ["2026-11-23T05:42:00Z", "+12m", "05:42Z"],
        }
    ),
]
Link = Annotated[str, AfterValidator(_link), WithJsonSchema({"type": "string", "format": "uri-reference"})]
Day = Annotated[str, AfterValidator(_day), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"})]
WordOf = Annotated[Progress, Field(strict=False)]
StatusOf = Annotated[Status, Field(strict=False)]
ImpactOf = Annotated[Impact, Field(strict=False)]


class UpdateShape(Shape):
    """One update: what is known at a time. Components that it does not name keep their status."""

    at: UpdateTime
    status: WordOf
    body: Words = ""
    components: dict[str, StatusOf] = {}
    edited: UpdateTime | None = None


class NoteShape(Shape):
    """The front matter of an incident, a maintenance or a notice."""

    id: Slug | None = None
    title: Title
    kind: Literal["incident", "maintenance", "notice"] | None = None
    impact: ImpactOf | None = None
    components: list[str] = []
    regions: list[str] = []
    started: When | None = None
    starts: When | None = None
    ends: When | None = None
    scheduled_for: When | None = None
    scheduled_until: When | None = None
    duration: Span | None = None
    timezone: Zone | None = None
    rrule: Annotated[str, Field(max_length=300)] | None = None
    exceptions: list[Day] = []
    cause: Annotated[str, Field(max_length=64)] = ""
    next_update: UpdateTime | None = None
    updates: list[UpdateShape] = []
    draft: bool = False
    publish_at: When | None = None
    pinned: bool = False
    links: list[Link] = []
    lang: Language | None = None
    outages: list[Annotated[str, Field(max_length=200)]] = []


def without_blanks(value: Any) -> Any:
    """The front matter without keys that hold nothing, as editors in a browser leave them behind."""
    if not isinstance(value, dict):
        return value
    kept = {key: inner for key, inner in value.items() if inner is not None and inner != ""}
    if isinstance(kept.get("updates"), list):
        kept["updates"] = [without_blanks(update) for update in kept["updates"]]
    return kept
