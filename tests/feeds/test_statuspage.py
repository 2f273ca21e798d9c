"""The Statuspage v2 API: keys, order, enums, nulls, ids, times, and no lie about what nobody measured."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from generator.model import Progress, Status
from generator.outputs._plain import code
from generator.outputs.statuspage import UNKNOWN_NOTE
from generator.siteview import SiteView
from tests.feeds.full import empty, full
from tests.feeds.rendering import files
from tests.feeds.views import CIVITAI, HUGGING_FACE, NOW, component, incident, platform, site, when

PATHS = (
    "summary.json",
    "status.json",
    "components.json",
    "incidents.json",
    "incidents/unresolved.json",
    "scheduled-maintenances.json",
    "scheduled-maintenances/upcoming.json",
    "scheduled-maintenances/active.json",
)


def answers(view: SiteView) -> dict[str, Any]:
    return {path.removeprefix("api/v2/"): json.loads(body) for path, body in files(view, "statuspage").items()}


FULL = answers(full())


def test_there_are_exactly_the_eight_paths() -> None:
    assert sorted(FULL) == sorted(PATHS)


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("summary.json", ["page", "components", "incidents", "scheduled_maintenances", "status"]),
        ("status.json", ["page", "status"]),
        ("components.json", ["page", "components"]),
        ("incidents.json", ["page", "incidents"]),
        ("incidents/unresolved.json", ["page", "incidents"]),
        ("scheduled-maintenances.json", ["page", "scheduled_maintenances"]),
        ("scheduled-maintenances/upcoming.json", ["page", "scheduled_maintenances"]),
        ("scheduled-maintenances/active.json", ["page", "scheduled_maintenances"]),
    ],
)
def test_top_level_keys_in_their_order(path: str, keys: list[str]) -> None:
    assert list(FULL[path]) == keys


COMPONENT = [
    "id",
    "name",
    "status",
    "created_at",
    "updated_at",
    "position",
    "description",
    "showcase",
    "start_date",
    "group_id",
    "page_id",
    "group",
    "only_show_if_degraded",
]
INCIDENT = [
    "id", "name", "status", "created_at", "updated_at", "monitoring_at", "resolved_at", "impact", "shortlink", "started_at", "page_id",
    "incident_updates", "components", "reminder_intervals",
]  # fmt: skip
UPDATE = [
    "id",
    "status",
    "body",
    "incident_id",
    "created_at",
    "updated_at",
    "display_at",
    "affected_components",
    "deliver_notifications",
    "custom_tweet",
    "tweet_id",
]


@pytest.mark.parametrize(
    ("found", "keys"),
    [
        (FULL["summary.json"]["page"], ["id", "name", "url", "time_zone", "updated_at"]),
        (FULL["summary.json"]["status"], ["indicator", "description"]),
        (FULL["components.json"]["components"][1], COMPONENT),
        (FULL["components.json"]["components"][0], [*COMPONENT, "components"]),
        (FULL["incidents.json"]["incidents"][0], INCIDENT),
        (FULL["incidents.json"]["incidents"][0]["incident_updates"][0], UPDATE),
        (
            FULL["incidents.json"]["incidents"][0]["incident_updates"][-1]["affected_components"][0],
            ["code", "name", "old_status", "new_status"],
        ),
        (
            FULL["scheduled-maintenances.json"]["scheduled_maintenances"][0],
            [*INCIDENT, "scheduled_for", "scheduled_until"],
        ),
    ],
    ids=["page", "status", "component", "group", "incident", "update", "affected component", "maintenance"],
)
def test_keys_of_the_objects_in_their_order(found: dict[str, Any], keys: list[str]) -> None:
    assert list(found) == keys


def every(value: Any, key: str) -> list[Any]:
    if isinstance(value, dict):
        return [v for k, v in value.items() if k == key] + [x for v in value.values() for x in every(v, key)]
    return [x for v in value for x in every(v, key)] if isinstance(value, list) else []


def test_all_ids_are_twelve_characters_of_base_36() -> None:
    ids = every(FULL, "id") + every(FULL, "page_id") + every(FULL, "code") + every(FULL, "incident_id")
    assert ids
    assert all(re.fullmatch("[a-z0-9]{12}", id) for id in ids)


def test_an_id_says_nothing_but_stays_for_ever() -> None:
    """Pinned: if this fails, every client forgets what it knew."""
    assert code("component", "civitai/search") == "uzqa4lsixh6o"
    assert code("incident", "2026-11-23-search") == "zxmxwqgasruv"


def test_ids_of_different_things_differ_even_if_their_names_are_the_same() -> None:
    assert (
        len(
            {
                code("component", "x"),
                code("incident", "x"),
                code("page", "x"),
                code("incident", "x", ""),
                code("incidentx"),
            }
        )
        == 5
    )


def test_all_times_have_milliseconds_and_a_z() -> None:
    keys = ("created_at", "updated_at", "started_at", "display_at", "scheduled_for", "scheduled_until")
    times = [time for key in keys for time in every(FULL, key)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times)


def names(path: str, key: str) -> list[str]:
    return [entry["name"] for entry in FULL[path][key]]


def test_platforms_are_groups_and_positions_begin_anew_in_each() -> None:
    rows = [(c["name"], c["group"], c["position"]) for c in FULL["components.json"]["components"]]
    assert rows == [
        ("Civitai", True, 1),
        ("Search", False, 1),
        ("Image CDN", False, 2),
        ("Hugging Face", True, 2),
        ("Search", False, 1),
    ]
    groups = {c["id"]: c["components"] for c in FULL["components.json"]["components"] if c["group"]}
    for child in FULL["components.json"]["components"]:
        if not child["group"]:
            assert child["id"] in groups[child["group_id"]]


@pytest.mark.parametrize(
    ("path", "key", "states"),
    [
        ("incidents/unresolved.json", "incidents", {"monitoring", "identified"}),
        ("summary.json", "incidents", {"monitoring", "identified"}),
        ("incidents.json", "incidents", {"monitoring", "identified", "resolved", "postmortem"}),
        ("scheduled-maintenances/upcoming.json", "scheduled_maintenances", {"scheduled"}),
        ("scheduled-maintenances/active.json", "scheduled_maintenances", {"in_progress", "verifying"}),
        ("summary.json", "scheduled_maintenances", {"scheduled", "in_progress", "verifying"}),
        (
            "scheduled-maintenances.json",
            "scheduled_maintenances",
            {"scheduled", "in_progress", "verifying", "completed"},
        ),
    ],
)
def test_which_states_are_in_which_answer(path: str, key: str, states: set[str]) -> None:
    assert {entry["status"] for entry in FULL[path][key]} == states


def test_the_newest_comes_first_everywhere() -> None:
    starts = [entry["started_at"] for entry in FULL["incidents.json"]["incidents"]]
    assert starts == sorted(starts, reverse=True)
    times = [entry["display_at"] for entry in FULL["incidents.json"]["incidents"][0]["incident_updates"]]
    assert times == sorted(times, reverse=True)


def test_a_change_is_told_as_far_as_it_is_known() -> None:
    """What a component was before its first mention is not ours to invent: no change is claimed."""
    updates = FULL["incidents.json"]["incidents"][0]["incident_updates"]
    told = [
        update["affected_components"]
        and (update["affected_components"][0]["old_status"], update["affected_components"][0]["new_status"])
        for update in updates
    ]
    assert told == [None, ("partial_outage", "major_outage"), ("partial_outage", "partial_outage")]
    assert updates[1]["affected_components"][0]["name"] == "Civitai - Search"


def test_moments_of_an_incident() -> None:
    open_one = FULL["incidents.json"]["incidents"][0]
    assert (open_one["monitoring_at"], open_one["resolved_at"]) == ("2026-11-23T05:40:00.000Z", None)
    assert open_one["shortlink"] == "https://status.example/incidents/2026-11-23-search/"
    over = next(entry for entry in FULL["incidents.json"]["incidents"] if entry["status"] == "resolved")
    assert over["resolved_at"] == "2026-11-20T07:00:00.000Z"


# ---- what Statuspage has no word for -----------------------------------------------------------------------------------


def test_unknown_is_neither_green_nor_red_and_says_so() -> None:
    cdn = next(c for c in FULL["components.json"]["components"] if c["name"] == "Image CDN")
    assert cdn["status"] == "degraded_performance"
    assert cdn["description"] == f"{UNKNOWN_NOTE} Pictures."


def test_a_page_without_any_evidence_is_not_operational() -> None:
    found = answers(empty())["summary.json"]
    assert found["status"] == {"indicator": "minor", "description": "Status Unknown"}
    assert {c["status"] for c in found["components"]} == {"degraded_performance"}
    assert all(c["description"].startswith(UNKNOWN_NOTE) for c in found["components"])


@pytest.mark.parametrize(
    ("overall", "indicator", "description"),
    [
        (Status.OPERATIONAL, "none", "All Systems Operational"),
        (Status.DEGRADED_PERFORMANCE, "minor", "Partially Degraded Service"),
        (Status.PARTIAL_OUTAGE, "major", "Partial System Outage"),
        (Status.MAJOR_OUTAGE, "critical", "Major System Outage"),
        (Status.UNDER_MAINTENANCE, "none", "Service Under Maintenance"),
        (Status.UNKNOWN, "minor", "Status Unknown"),
    ],
)
def test_the_page_in_one_word(overall: Status, indicator: str, description: str) -> None:
    assert answers(site(overall=overall))["status.json"]["status"] == {
        "indicator": indicator,
        "description": description,
    }


@pytest.mark.parametrize("status", list(Status))
def test_only_words_that_clients_know(status: Status) -> None:
    one = platform("civitai", component("civitai/search", status), status=status)
    found = answers(site(platforms=(one,), overall=status))["summary.json"]
    assert {c["status"] for c in found["components"]} <= {
        "operational",
        "degraded_performance",
        "partial_outage",
        "major_outage",
        "under_maintenance",
    }
    assert (status is Status.OPERATIONAL) == ("operational" in {c["status"] for c in found["components"]})


# ---- bytes -------------------------------------------------------------------------------------------------------------


def test_a_build_without_news_gives_the_same_bytes() -> None:
    view = full()
    later = replace(
        view,
        generated_at=when(NOW + 900),
        checked_at=when(NOW + 840),
        stale_after=when(NOW + 1740),
        sentence="For an hour and a quarter now.",
    )
    assert files(view, "statuspage") == files(later, "statuspage")


def test_the_page_is_as_new_as_its_newest_fact() -> None:
    assert FULL["status.json"]["page"]["updated_at"] == "2026-11-23T05:59:00.000Z"
    assert answers(empty())["status.json"]["page"]["updated_at"] == "1970-01-01T00:00:00.000Z"


def test_moving_the_site_changes_addresses_and_no_id() -> None:
    moved = answers(replace(full(), base_url="https://other.example"))
    assert every(moved, "id") == every(FULL, "id")
    assert moved["status.json"]["page"]["url"] == "https://other.example"


def test_no_more_than_fifty_incidents() -> None:
    many = site(*(incident(f"i-{n}", started=NOW - n * 3600, ended=NOW - n * 3600 + 60) for n in range(80)))
    assert len(answers(many)["incidents.json"]["incidents"]) == 50


def test_an_old_incident_that_is_not_over_is_unresolved_however_many_are_newer() -> None:
    old = incident("old", started=NOW - 400 * 86400, title="Still open")
    many = site(
        old,
        *(
            incident(f"i-{n}", status=Progress.RESOLVED, started=NOW - n * 3600, ended=NOW - n * 3600 + 60)
            for n in range(80)
        ),
    )
    found = answers(many)
    assert [entry["name"] for entry in found["incidents/unresolved.json"]["incidents"]] == ["Still open"]
    assert "Still open" not in [entry["name"] for entry in found["incidents.json"]["incidents"]]


def test_components_that_left_the_page_are_not_named() -> None:
    gone = incident("x", components=("civitai/gone", "civitai/search"))
    found = answers(site(gone, platforms=(CIVITAI, HUGGING_FACE)))["incidents.json"]["incidents"][0]
    assert [c["name"] for c in found["components"]] == ["Search"]


def test_positions_never_repeat_in_a_group() -> None:
    by_group: dict[str, list[int]] = {}
    for entry in FULL["components.json"]["components"]:
        by_group.setdefault(str(entry["group_id"]), []).append(entry["position"])
    assert all(b == a + 1 for positions in by_group.values() for a, b in pairwise(positions))
