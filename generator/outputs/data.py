"""What claims rest on, for download: each component day by day, incidents year by year, evidence as JSON lines.

JSON for programs, CSV for spreadsheets: no cell of a CSV can start a formula. A file says what the view says, and
nothing of it depends on the time of the build.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from ..model import Artifact, Observation
from ..siteview import ComponentView, IncidentView, SiteView
from . import Output
from ._plain import absolute, changed, clean, iso, json_bytes, moment, stamp

ROOT = "api/roadworthy/v1/"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""First characters that make a spreadsheet calculate instead of show."""

DAY_KEYS = ("date", "status", "uptime", "coverage", "observed_seconds", "down_seconds", "incidents")


def evidence_url(day: str) -> str:
    """The path of the evidence of a UTC day (`YYYY-MM-DD`)."""
    return f"/{ROOT}evidence/{day}.jsonl"


def cell(value: Any) -> str:
    """A value as a CSV cell: empty for null, lists joined by spaces, text that would calculate quoted by `'`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return _harmless(" ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


@lru_cache(maxsize=4096)
def _harmless(text: str) -> str:
    text = clean(text)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def csv_bytes(keys: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """RFC 4180: a line of names, CRLF, UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(keys)
    writer.writerows([cell(row[key]) for key in keys] for row in rows)
    return out.getvalue().encode()


def days(component: ComponentView) -> list[dict[str, Any]]:
    """The days of a component, oldest first, with the keys of `DAY_KEYS`."""
    return [
        {
            "date": day.date,
            "status": day.status.value,
            "uptime": day.uptime.fraction,
            "coverage": day.uptime.coverage,
            "observed_seconds": day.uptime.observed_seconds,
            "down_seconds": day.down_seconds,
            "incidents": list(day.incidents),
        }
        for day in sorted(component.days, key=lambda day: day.date)
    ]


def _history(component: ComponentView) -> Iterator[Artifact]:
    rows = days(component)
    answer = {
        "component": component.id,
        "platform": component.platform,
        "name": component.name,
        "first": rows[0]["date"] if rows else None,
        "last": rows[-1]["date"] if rows else None,
        "days": rows,
    }
    path = f"{ROOT}history/{component.id}"
    yield Artifact(f"{path}.json", json_bytes(answer, compact=True))
    yield Artifact(f"{path}.csv", csv_bytes(DAY_KEYS, rows))


INCIDENT_KEYS = (
    "id", "kind", "title", "status", "impact", "started", "ended", "changed", "components", "regions", "automatic",
    "cause", "updates", "url", "official_acknowledged", "official_over",
)  # fmt: skip


def incident_row(view: SiteView, incident: IncidentView) -> dict[str, Any]:
    """One incident with the keys of `INCIDENT_KEYS`; `updates` is how many there are.

    `official_…`: when the platform's own page acknowledged it first and called it over last, as we read it; null also
    where that is not known.
    """
    acknowledged = [answer.acknowledged for answer in incident.official if answer.acknowledged]
    over = [answer.over for answer in incident.official if answer.over]
    return {
        "id": incident.id,
        "kind": incident.kind,
        "title": incident.title,
        "status": incident.status.value,
        "impact": incident.impact.value,
        "started": incident.started.iso,
        "ended": iso(incident.ended),
        "changed": stamp(changed(incident)),
        "components": list(incident.components),
        "regions": list(incident.regions),
        "automatic": incident.automatic,
        "cause": incident.cause.text if incident.cause else None,
        "updates": len(incident.updates),
        "url": absolute(view, incident.url),
        "official_acknowledged": iso(min(acknowledged, key=lambda when: when.at, default=None)),
        "official_over": iso(max(over, key=lambda when: when.at, default=None)),
    }


def _incidents(view: SiteView) -> Iterator[Artifact]:
    """A file for each year in which an incident began, and a list of the years."""

    def year(incident: IncidentView) -> int:
        return moment(incident.started.at).year

    newest_first = sorted(view.incidents, key=lambda i: (i.started.at, i.id), reverse=True)
    years = []
    for number, group in groupby(newest_first, key=year):
        rows = [incident_row(view, incident) for incident in group]
        path = f"{ROOT}incidents/{number}"
        yield Artifact(f"{path}.json", json_bytes({"year": number, "incidents": rows}, compact=True))
        yield Artifact(f"{path}.csv", csv_bytes(INCIDENT_KEYS, rows))
        years.append({"year": number, "incidents": len(rows), "url": absolute(view, f"/{path}.json")})
    yield Artifact(f"{ROOT}incidents/index.json", json_bytes({"years": years}))


def observation_row(observation: Observation) -> dict[str, Any]:
    """One observation as it is published: everything the verdict rests on."""
    return {
        "check": observation.check,
        "region": observation.region,
        "at": stamp(observation.at),
        "verdict": observation.verdict.value,
        "failure": observation.failure.value if observation.failure else None,
        "stage": observation.stage.value if observation.stage else None,
        "latency_ms": observation.latency_ms,
        "phases": dict(observation.phases),
        "attempts": observation.attempts,
        "value": observation.value,
        "unit": observation.unit,
        "degraded": observation.degraded,
        "down": observation.down,
        "detail": clean(observation.detail),
        "facts": dict(observation.facts),
        "engine": observation.engine,
        "low_confidence": observation.low_confidence,
    }


def evidence_lines(looks: Iterable[Observation]) -> bytes:
    """The file of evidence of a day: a line for each look."""
    return b"".join(json_bytes(observation_row(look), compact=True) for look in looks)


def _evidence(view: SiteView) -> Iterator[Artifact]:
    counts = {**view.evidence_days, **{day: len(looks) for day, looks in view.evidence.items()}}
    for day in sorted(view.evidence, reverse=True):
        yield Artifact(evidence_url(day).lstrip("/"), evidence_lines(view.evidence[day]))
    listed = [
        {"date": day, "observations": counts[day], "url": absolute(view, evidence_url(day))}
        for day in sorted(counts, reverse=True)
    ]
    yield Artifact(f"{ROOT}evidence/index.json", json_bytes({"days": listed}))


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    view = views[0]
    for component in view.components:
        yield from _history(component)
    yield from _incidents(view)
    yield from _evidence(view)


OUTPUT = Output("data", render)
