"""One site with something of everything: what the tests of the API and its clients read."""

from __future__ import annotations

from dataclasses import replace

from generator.model import Failure, Impact, Observation, Progress, Stage, Status, Verdict
from generator.siteview import OfficialView, SiteView
from tests.feeds.views import (
    CIVITAI,
    DAY,
    HOUR,
    HUGGING_FACE,
    NOW,
    component,
    finding,
    incident,
    indicator,
    maintenance,
    site,
    update,
    when,
)

OBSERVATION = Observation(
    "civitai/search/lag", "eu-west", NOW - 60, Verdict.DOWN, Failure.LAGGING, Stage.CONTENT, 812.4, {"dns": 3.2, "total": 812.4}, 2,
    11100.0, "s", 1800.0, 7200.0, "wanted a model of the last hour, got one that is 3 hours old", {"found": 2, "of": 10}, "local",
)  # fmt: skip


def full() -> SiteView:
    """Civitai search is down with a note, the CDN unknown, Hugging Face fine; maintenances of each state."""
    search = component(
        "civitai/search",
        Status.MAJOR_OUTAGE,
        since=NOW - HOUR,
        description="Finding models.",
        regions={"eu-west": Status.MAJOR_OUTAGE, "us-east": Status.OPERATIONAL},
        indicators=(indicator("civitai/search/lag", 11100.0, Status.MAJOR_OUTAGE),),
    )
    cdn = component("civitai/cdn", Status.UNKNOWN, name="Image CDN", description="Pictures.", since=NOW - 2 * HOUR)
    civitai = replace(
        CIVITAI,
        components=(search, replace(cdn, position=2)),
        status=Status.MAJOR_OUTAGE,
        word="down",
        official=OfficialView(Status.OPERATIONAL, "working", "All good.", "https://status.civitai.com", when(NOW - 90)),
    )
    open_one = incident(
        "2026-11-23-search",
        update(NOW - 3000, Progress.INVESTIGATING, "3 of 4 regions fail.", automatic=True, components={"civitai/search": Status.PARTIAL_OUTAGE}),
        update(NOW - 2400, Progress.IDENTIFIED, "The queue is full.", components={"civitai/search": Status.MAJOR_OUTAGE}),
        update(NOW - 1200, Progress.MONITORING, "It drains."),
        title="New models do not appear in search", impact=Impact.CRITICAL,
    )  # fmt: skip
    over = incident(
        "2026-11-20-cdn",
        update(NOW - 3 * DAY, Progress.INVESTIGATING, "x"),
        update(NOW - 3 * DAY + HOUR, Progress.RESOLVED, "y"),
        started=NOW - 3 * DAY,
        ended=NOW - 3 * DAY + HOUR,
        components=("civitai/cdn", "huggingface/search"),
        impact=Impact.MINOR,
    )
    written_up = incident(
        "2025-12-30-old",
        update(NOW - 320 * DAY, Progress.POSTMORTEM, "What we learnt."),
        started=NOW - 328 * DAY,
        ended=NOW - 327 * DAY,
        impact=Impact.NONE,
        status=Progress.POSTMORTEM,
    )
    notice = incident(
        "geoblock",
        update(NOW - 9 * DAY, Progress.COMPLETED, "Blocked in one country by policy."),
        kind="notice",
        started=NOW - 9 * DAY,
        impact=Impact.NONE,
        status=Progress.COMPLETED,
    )
    upcoming = maintenance("m-soon", NOW + DAY, NOW + DAY + HOUR, update(NOW - DAY, Progress.SCHEDULED, "Soon."))
    running = maintenance(
        "m-now",
        NOW - 600,
        NOW + HOUR,
        update(NOW - DAY, Progress.SCHEDULED, "Soon."),
        update(NOW - 600, Progress.IN_PROGRESS, "Now."),
    )
    checking = maintenance("m-check", NOW - 6000, NOW - 60, update(NOW - 60, Progress.VERIFYING, "Looking."))
    done = maintenance(
        "m-done",
        NOW - 5 * DAY,
        NOW - 5 * DAY + HOUR,
        update(NOW - 5 * DAY + HOUR, Progress.COMPLETED, "Done."),
        ended=NOW - 5 * DAY + HOUR,
    )
    return site(
        open_one, over, written_up, notice, upcoming, running, checking, done,
        platforms=(civitai, HUGGING_FACE), overall=Status.MAJOR_OUTAGE, findings=(finding("civitai/search"),), feed_host="status.example",
        evidence={"2026-11-23": (OBSERVATION, replace(OBSERVATION, region="us-east", verdict=Verdict.OK, failure=None, stage=None))},
    )  # fmt: skip


def empty() -> SiteView:
    """Nothing was ever measured or written."""
    nothing = replace(
        component("civitai/search", Status.UNKNOWN, since=None), created_at=None, cells=(), days=(), uptime={}
    )
    platform = replace(CIVITAI, components=(nothing,), status=Status.UNKNOWN, word="unknown")
    return site(
        platforms=(platform,),
        overall=Status.UNKNOWN,
        checked_at=None,
        next_expected=None,
        stale_after=None,
        changed_at=None,
    )
