"""`/metrics`: the state as OpenMetrics text, for a Prometheus of one's own.

A file does not age by itself: alert on `time() > roadworthy_stale_after_timestamp_seconds` beside everything else.
What is not known has no sample; it is never 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..model import Artifact, RegionHealth, Status
from ..siteview import ComponentView, SiteView
from . import Output
from ._plain import clean

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with its samples: (labels, value). `kind` is gauge, stateset or info."""

    name: str
    kind: str
    help: str
    samples: tuple[tuple[Labels, float], ...]
    unit: str = ""


def escaped(text: str) -> str:
    """A label value or help text: backslash, quote and newline escaped."""
    return clean(text).replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n")


def number(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def text(families: Iterable[Family]) -> bytes:
    """OpenMetrics 1.0 with its final `# EOF`. A family without a sample is left out."""
    lines = []
    for family in families:
        # The format allows one sample for each set of labels.
        known = {tuple(labels.items()): value for labels, value in family.samples if math.isfinite(value)}
        if not known:
            continue
        lines += [f"# TYPE {family.name} {family.kind}"]
        lines += [f"# UNIT {family.name} {family.unit}"] if family.unit else []
        lines += [f"# HELP {family.name} {escaped(family.help)}"]
        suffix = "_info" if family.kind == "info" else ""
        for labels, value in known.items():
            inner = ",".join(f'{key}="{escaped(label)}"' for key, label in labels)
            lines.append(
                f"{family.name}{suffix}{{{inner}}} {number(value)}" if inner else f"{family.name} {number(value)}"
            )
    return ("\n".join([*lines, "# EOF"]) + "\n").encode()


def families(view: SiteView) -> Iterator[Family]:
    yield from _times(view)
    yield _states("roadworthy_component_status", "State of a component over all regions.", _over_all(view))
    yield _states("roadworthy_component_region_status", "State of a component in a region.", _in_regions(view))
    yield _health(view)
    yield _uptime(view)
    yield _coverage(view)
    yield _latency(view)
    yield from _indicators(view)
    yield _ages(view)
    yield _repair(view)
    yield _open_incidents(view)
    yield _findings(view)


def _times(view: SiteView) -> Iterator[Family]:
    for name, when, what in (
        ("generated", view.generated_at, "When this file was written."),
        ("checked", view.checked_at, "Newest observation of any kind."),
        ("stale_after", view.stale_after, "From this moment on, nothing in this file is evidence any more."),
    ):
        samples: tuple[tuple[Labels, float], ...] = (({}, float(when.at)),) if when else ()
        yield Family(f"roadworthy_{name}_timestamp_seconds", "gauge", what, samples, "seconds")


def _labels(component: ComponentView) -> dict[str, str]:
    return {"platform": component.platform, "component": component.id}


def _over_all(view: SiteView) -> list[tuple[Labels, Status]]:
    return [(_labels(component), component.status) for component in view.components]


def _in_regions(view: SiteView) -> list[tuple[Labels, Status]]:
    return [({**_labels(c), "region": cell.region}, cell.status) for c in view.components for cell in c.cells]


def _states(name: str, what: str, rows: list[tuple[Labels, Status]]) -> Family:
    samples = tuple(({**labels, name: status.value}, float(status is now)) for labels, now in rows for status in Status)
    return Family(name, "stateset", what, samples)


def _health(view: SiteView) -> Family:
    name = "roadworthy_region_health"
    samples = tuple(
        ({"region": region.id, name: health.value}, float(region.health is health))
        for region in view.regions
        for health in RegionHealth
    )
    return Family(name, "stateset", "Whether a region may vote.", samples)


def _uptime(view: SiteView) -> Family:
    samples = tuple(
        ({**_labels(c), "window": window}, uptime.fraction)
        for c in view.components
        for window, uptime in c.uptime.items()
        if uptime.fraction is not None
    )
    return Family(
        "roadworthy_component_uptime_ratio", "gauge", "Share of observed time without an outage.", samples, "ratio"
    )


def _coverage(view: SiteView) -> Family:
    samples = tuple(
        ({**_labels(c), "window": window}, uptime.coverage)
        for c in view.components
        for window, uptime in c.uptime.items()
    )
    return Family(
        "roadworthy_component_coverage_ratio", "gauge", "Share of the time that was observed.", samples, "ratio"
    )


def _latency(view: SiteView) -> Family:
    samples = tuple(
        ({**_labels(c), "region": cell.region}, cell.latency_ms / 1000)
        for c in view.components
        for cell in c.cells
        if cell.latency_ms is not None
    )
    return Family("roadworthy_component_latency_seconds", "gauge", "Newest answer time.", samples, "seconds")


def _indicators(view: SiteView) -> Iterator[Family]:
    found = [(c, i) for c in view.components for i in c.indicators]
    for name, what, pick in (
        ("roadworthy_indicator", "Newest number of a check, in the unit of its label.", "value"),
        ("roadworthy_indicator_degraded", "From this value on the check counts as degraded.", "degraded"),
        ("roadworthy_indicator_down", "From this value on the check counts as down.", "down"),
    ):
        samples = tuple(
            ({**_labels(c), "check": i.check, "region": i.region, "unit": i.unit}, float(value))
            for c, i in found
            if (value := getattr(i, pick)) is not None
        )
        yield Family(name, "gauge", what, samples)


def _ages(view: SiteView) -> Family:
    samples = tuple((_labels(c), float(c.checked_at.at)) for c in view.components if c.checked_at)
    name = "roadworthy_component_checked_timestamp_seconds"
    return Family(name, "gauge", "Newest conclusive evidence about a component.", samples, "seconds")


def _repair(view: SiteView) -> Family:
    """Over all ended incidents the site shows; a component without one has no sample."""
    durations: dict[str, list[int]] = {}
    for incident in view.incidents:
        if incident.kind == "incident" and incident.ended is not None:
            for component in incident.components:
                durations.setdefault(component, []).append(incident.ended.at - incident.started.at)
    samples = tuple(
        (_labels(c), sum(durations[c.id]) / len(durations[c.id])) for c in view.components if c.id in durations
    )
    name = "roadworthy_component_time_to_repair_seconds"
    return Family(name, "gauge", "Mean length of the ended incidents of a component.", samples, "seconds")


def _open_incidents(view: SiteView) -> Family:
    open_ones = [i for i in view.incidents if i.kind == "incident" and i.active]
    samples = tuple((_labels(c), float(sum(c.id in i.components for i in open_ones))) for c in view.components)
    return Family("roadworthy_component_open_incidents", "gauge", "Incidents that are not over.", samples)


def _findings(view: SiteView) -> Family:
    samples = tuple(
        (
            {
                "cause": finding.cause,
                "confidence": finding.confidence.value,
                "platform": finding.platform,
                "component": component,
            },
            1.0,
        )
        for finding in view.findings
        for component in finding.components
    )
    return Family("roadworthy_finding", "info", "A probable cause and the components it explains.", samples)


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    yield Artifact("metrics", text(families(views[0])))


OUTPUT = Output("metrics", render)
