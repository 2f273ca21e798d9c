"""From observations over the real fold to findings and incidents: the parts fit together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator import remember
from generator.diagnosis import diagnose
from generator.incidents import merge
from generator.model import ALL, Failure, Observation, Past, Status, Time, Verdict
from tests.believing.memory_store import MemoryStore
from tests.explaining.worlds import NOW, REGIONS, default_causes, default_config

SITE = default_config()
START = NOW - 12 * 300
Bad = Callable[[str, str, int], tuple[Verdict, Failure] | None]


def history(bad: Bad, rounds: int = 12) -> Past:
    """`bad(check, region, number of the round)` says what is wrong; everything else is fine."""
    store = MemoryStore()
    for number in range(rounds):
        at: Time = START + number * 300 + 5
        found = []
        for check in (*SITE.checks, *SITE.controls):
            for region in REGIONS:
                verdict, failure = bad(check.id, region, number) or (Verdict.OK, None)
                facts = {"status": 521} if failure is Failure.EDGE_ERROR else {}
                found.append(
                    Observation(
                        check.id,
                        region,
                        at,
                        verdict,
                        failure,
                        detail="wanted 200, got 503" if failure else "",
                        facts=facts,
                    )
                )
        store.append(found, at)
    return remember.catch_up(store, SITE, START + rounds * 300)  # type: ignore[arg-type]


def first(past: Past) -> str:
    found = diagnose(SITE, default_causes(), past, NOW)
    return found[0].cause if found else ""


def test_a_healthy_history_has_no_finding_and_no_incident() -> None:
    past = history(lambda check, region, n: None)
    assert first(past) == ""
    assert merge(SITE, past, (), (), NOW) == ()


@pytest.mark.parametrize(
    ("bad", "cause", "components"),
    [
        pytest.param(
            lambda check, region, n: (Verdict.DOWN, Failure.OVERLOADED) if check == "civitai/search/known-model" and n > 6 else None,
            "search-backend-down",
            {"civitai/search"},
            id="search-refuses",
        ),
        pytest.param(
            lambda check, region, n: (Verdict.DOWN, Failure.EDGE_ERROR) if check.startswith(("civitai/api", "civitai/search")) and n > 6 else None,
            "origin-down",
            {"civitai/api", "civitai/search"},
            id="nobody-behind-the-edge",
        ),
        pytest.param(
            lambda check, region, n: (Verdict.DOWN, Failure.CONNECT_TIMEOUT) if check.startswith(("civitai/api", "civitai/search")) and region == "east" and n > 6 else None,
            "isp-filtering",
            {"civitai/api", "civitai/search"},
            id="one-country-cannot-connect",
        ),
        pytest.param(
            lambda check, region, n: (Verdict.DEGRADED, Failure.BACKLOG) if check == "civitai/files/waiting" and n > 2 else None,
            "file-scan-backlog",
            {"civitai/files"},
            id="files-wait",
        ),
    ],
)  # fmt: skip
def test_a_fault_becomes_a_finding_and_one_incident(bad: Bad, cause: str, components: set[str]) -> None:
    past = history(bad)
    findings = diagnose(SITE, default_causes(), past, NOW)
    assert findings[0].cause == cause
    (incident,) = merge(SITE, past, (), findings, NOW)
    assert set(incident.components) == components
    assert incident.findings[0].cause == cause
    assert incident.active


def test_the_first_good_look_does_not_change_the_diagnosis() -> None:
    """Recovery is believed after two rounds; in between the incident keeps its cause."""
    past = history(
        lambda check, region, n: (
            (Verdict.DOWN, Failure.OVERLOADED) if check == "civitai/search/known-model" and 6 < n < 11 else None
        )
    )
    assert past.standings[("civitai/search", ALL)].status is Status.MAJOR_OUTAGE
    assert first(past) == "search-backend-down"


def test_a_place_that_sees_nothing_is_told_about_and_blames_nobody() -> None:
    past = history(
        lambda check, region, n: (Verdict.DOWN, Failure.CONNECT_TIMEOUT) if region == "east" and n > 6 else None
    )
    findings = diagnose(SITE, default_causes(), past, NOW)
    assert [f.cause for f in findings] == ["vantage-offline"]
    assert findings[0].regions == ("east",)
    assert findings[0].since == START + 6 * 300 + 5, "since the last look from there that was believed"


def test_a_bot_wall_is_told_since_the_last_answer() -> None:
    """Whatever became unknown behind it was known until then; the newest closed door says nothing of the first."""
    past = history(
        lambda check, region, n: (
            (Verdict.INCONCLUSIVE, Failure.CHALLENGED) if check.startswith("civitai/") and n > 3 else None
        )
    )
    (wall,) = (f for f in diagnose(SITE, default_causes(), past, NOW) if f.cause == "bot-wall")
    assert wall.since == START + 3 * 300 + 5


def test_a_bot_wall_is_told_about_and_nothing_is_down() -> None:
    past = history(
        lambda check, region, n: (Verdict.INCONCLUSIVE, Failure.CHALLENGED) if check.startswith("civitai/") else None
    )
    assert first(past) == "bot-wall"
    assert merge(SITE, past, (), (), NOW) == ()
