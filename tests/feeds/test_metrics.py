"""`/metrics` as Prometheus reads it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from generator.siteview import SiteView
from tests.feeds.full import empty, full
from tests.feeds.rendering import files
from tests.feeds.views import DAY, HOUR, NOW, component, incident, platform, site

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(view: SiteView) -> Samples:
    """(sample name, labels) -> value, by the parser that Prometheus' Python client brings; it refuses duplicates."""
    text = files(view, "metrics")["metrics"].decode()
    return {
        (s.name, frozenset(s.labels.items())): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


FULL = parsed(full())
SEARCH = {"platform": "civitai", "component": "civitai/search"}
CDN = {"platform": "civitai", "component": "civitai/cdn"}


def test_a_state_is_a_state_set_with_exactly_one_member() -> None:
    states = {
        dict(labels)["roadworthy_component_status"]: v
        for (name, labels), v in FULL.items()
        if name == "roadworthy_component_status" and SEARCH.items() <= dict(labels).items()
    }
    assert states == {
        "operational": 0,
        "degraded_performance": 0,
        "partial_outage": 0,
        "major_outage": 1,
        "under_maintenance": 0,
        "unknown": 0,
    }


def test_unknown_is_a_state_like_any_other() -> None:
    assert value(FULL, "roadworthy_component_status", **CDN, roadworthy_component_status="unknown") == 1
    assert value(FULL, "roadworthy_component_status", **CDN, roadworthy_component_status="operational") == 0


@pytest.mark.parametrize(
    ("name", "labels", "wanted"),
    [
        (
            "roadworthy_component_region_status",
            {**SEARCH, "region": "us-east", "roadworthy_component_region_status": "operational"},
            1,
        ),
        ("roadworthy_region_health", {"region": "eu-west", "roadworthy_region_health": "ok"}, 1),
        ("roadworthy_component_uptime_ratio", {**SEARCH, "window": "quarter"}, 0.9981),
        ("roadworthy_component_coverage_ratio", {**CDN, "window": "quarter"}, 0.97),
        ("roadworthy_component_latency_seconds", {**SEARCH, "region": "eu-west"}, 0.1205),
        ("roadworthy_indicator", {**SEARCH, "check": "civitai/search/lag", "region": "eu-west", "unit": "s"}, 11100),
        (
            "roadworthy_indicator_down",
            {**SEARCH, "check": "civitai/search/lag", "region": "eu-west", "unit": "s"},
            7200,
        ),
        ("roadworthy_component_checked_timestamp_seconds", SEARCH, NOW - 60),
        ("roadworthy_component_open_incidents", SEARCH, 1),
        ("roadworthy_checked_timestamp_seconds", {}, NOW - 60),
        ("roadworthy_stale_after_timestamp_seconds", {}, NOW + 840),
        ("roadworthy_finding_info", {"cause": "indexing-queue", "confidence": "high", **SEARCH}, 1),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_what_is_exported(name: str, labels: dict[str, str], wanted: float) -> None:
    assert value(FULL, name, **labels) == wanted


def test_what_is_not_known_has_no_sample_and_is_never_zero() -> None:
    assert value(FULL, "roadworthy_component_uptime_ratio", **CDN, window="quarter") is None
    assert value(FULL, "roadworthy_component_latency_seconds", **CDN, region="eu-west") is None
    nothing = parsed(empty())
    assert not [
        name
        for name, _ in nothing
        if name
        in (
            "roadworthy_checked_timestamp_seconds",
            "roadworthy_component_uptime_ratio",
            "roadworthy_component_time_to_repair_seconds",
        )
    ]


def test_time_to_repair_is_the_mean_of_ended_incidents_only() -> None:
    view = site(
        incident("a", started=NOW - 3 * DAY, ended=NOW - 3 * DAY + HOUR),
        incident("b", started=NOW - 2 * DAY, ended=NOW - 2 * DAY + 3 * HOUR),
        incident("open", started=NOW - HOUR),
    )
    assert value(parsed(view), "roadworthy_component_time_to_repair_seconds", **SEARCH) == 2 * HOUR
    assert value(parsed(view), "roadworthy_component_time_to_repair_seconds", **CDN) is None


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\nb", "a\r\nb", "a\x00b", "日本", "\ud800", "{}="], ids=repr)
def test_no_label_breaks_the_format(text: str) -> None:
    odd = replace(component("civitai/search"), id=f"civitai/{text}")
    samples = parsed(site(platforms=(platform("civitai", odd),)))
    assert samples


def test_numbers_that_are_none_have_no_sample() -> None:
    view = full()
    search = view.platforms[0].components[0]
    bad = replace(search, indicators=(replace(search.indicators[0], value=float("nan")),))
    samples = parsed(replace(view, platforms=(replace(view.platforms[0], components=(bad,)),)))
    assert not [name for name, _ in samples if name == "roadworthy_indicator"]


def test_the_file_ends_as_the_format_demands() -> None:
    assert files(full(), "metrics")["metrics"].endswith(b"\n# EOF\n")
