"""A made-up site with 90 days of history, in every state a page can be in. Shared by the tests of the page, feeds and API.

`site_view(kind)` is the whole `SiteView`; `inputs(kind)` what it was made of. Kinds: `healthy`, `degraded`, `down`
(five components in outage, three open incidents), `stale` (the last check is hours old), `no-data` (nothing was ever
measured), `blind` (no region sees its controls). All of it is the same on every run.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from typing import Any

from generator import history, probes, view
from generator.model import (
    ALL,
    Cause,
    Check,
    Component,
    Confidence,
    Config,
    Evidence,
    Failure,
    Finding,
    Health,
    Impact,
    Incident,
    IncidentUpdate,
    Note,
    Observation,
    Outage,
    Past,
    Platform,
    Progress,
    Region,
    RegionHealth,
    Rollup,
    Site,
    Span,
    Standing,
    Status,
    Time,
    Update,
    Verdict,
)
from generator.siteview import PageView, SiteView

NOW: Time = 1795413600  # 2026-11-23T06:00:00Z, a Monday
DAY, HOUR = 86400, 3600
KINDS = ("healthy", "degraded", "down", "stale", "no-data", "blind")

REGIONS = (
    ("eu-west", "Western Europe"),
    ("us-east", "US East"),
    ("ap-northeast", "Tokyo"),
    ("sa-east", "São Paulo"),
)
CIVITAI = (
    ("api", "Site and API", "api", ""),
    ("search", "Model search", "search", ""),
    ("indexing", "Search index", "indexing", "search"),
    ("replication", "Database copies", "", ""),
    ("images", "Image feed", "listing", ""),
    ("scanning", "Image scanning and previews", "", "workers"),
    ("tagging", "Automatic tags", "", "workers"),
    ("files", "File scanning", "scan", "workers"),
    ("training", "Training", "", "workers"),
    ("generation", "Image generation", "", "workers"),
    ("metrics", "Counters", "", ""),
    ("cdn", "Image CDN", "cdn", ""),
    ("routing", "Names and routing", "", ""),
)
HUGGING_FACE = (
    ("api", "Hub API", "api", ""),
    ("search", "Hub search", "search", ""),
    ("resolver", "File resolver", "listing", ""),
    ("cdn", "File CDN", "cdn", ""),
    ("scanning", "File scanning", "scan", ""),
)

BROKEN: Mapping[str, tuple[Status, tuple[str, ...], Failure, int]] = {
    # component: status over all, regions that fail (empty: all), failure, minutes ago it began
    "civitai/cdn": (Status.PARTIAL_OUTAGE, ("eu-west", "us-east"), Failure.WRONG_MAGIC, 30),
    "civitai/indexing": (Status.MAJOR_OUTAGE, (), Failure.LAGGING, 190),
    "civitai/search": (Status.DEGRADED_PERFORMANCE, (), Failure.SLOW, 175),
    "civitai/training": (Status.MAJOR_OUTAGE, (), Failure.BACKLOG, 26 * 60),
    "civitai/tagging": (Status.DEGRADED_PERFORMANCE, (), Failure.UNTAGGED, 55),
}


def _spec(kind: str, url: str) -> Any:
    return probes.get(kind).Spec.model_validate({"url": url}) if kind in probes.names() else None


def _component(platform: str, host: str, row: tuple[str, str, str, str], regions: tuple[str, ...]) -> Component:
    key, name, function, group = row
    id = f"{platform}/{key}"
    url = f"https://{host}/api/v1/{key}?limit=5"
    checks = tuple(
        probes.with_consequences(
            Check(f"{id}/{check}", "http", title, id, _spec("http", url), regions, 300, question=question)
        )
        for check, title, question in (
            ("answer", f"{name} answers", f"Does {name} give a correct answer within three seconds?"),
            ("lag", f"{name}: age of the newest item", f"How old is the newest item of {name}?"),
        )
    )
    return Component(
        id,
        platform,
        key,
        name,
        description=f"{name}, as a visitor uses it.",
        impact=f"New work may not show up in {name}. Nothing of yours is lost.",
        group=group,
        function=function,
        checks=checks if function else checks[:1],
        since=NOW - 400 * DAY,
    )


def config(
    languages: tuple[str, ...] = ("en",),
    extra_components: int = 0,
    regions: int = 4,
    url: str = "https://status.example",
) -> Config:
    """Two platforms, four regions; `extra_components` makes the subject larger for tests of weight."""
    places = tuple(Region(id, name, "local") for id, name in REGIONS[:regions])
    ids = tuple(r.id for r in places)
    more = tuple((f"extra-{i}", f"Service {i}", "", f"group {i // 20}") for i in range(extra_components))
    platforms = (
        Platform(
            "civitai", "Civitai", "subject", "https://civitai.com", "civitai/official/status", "https://status.civitai.com",
            "America/Boise", "Models, images and training for creators.",
            tuple(_component("civitai", "civitai.example", row, ids) for row in CIVITAI + more),
        ),
        Platform(
            "huggingface", "Hugging Face", "reference", "https://huggingface.co", "", "https://status.huggingface.co", "UTC",
            "The reference: the same questions, from the same places, in the same minute.",
            tuple(_component("huggingface", "hf.example", row, ids) for row in HUGGING_FACE),
        ),
    )  # fmt: skip
    site = Site(
        title="Roadworthy",
        url=url,
        description="An independent look at Civitai, beside Hugging Face.",
        languages=languages,
        contact="mailto:status@example.org",
        independence="Not run by Civitai or Hugging Face.",
        repository="https://github.com/example/roadworthy",
        user_agent="roadworthy/0.1 (+https://status.example/method/)",
    )
    return Config(site, 300, places, (), platforms)


# ---- history ---------------------------------------------------------------------------------------------------------


def _broken(kind: str) -> Mapping[str, tuple[Status, tuple[str, ...], Failure, int]]:
    if kind == "down":
        return BROKEN
    if kind == "degraded":
        return {id: row for id, row in BROKEN.items() if id == "civitai/search"}
    return {}


def _bad_days(
    component: str, broken: Mapping[str, tuple[Status, tuple[str, ...], Failure, int]]
) -> Mapping[int, tuple[Status, int]]:
    """Days ago -> (worst status, seconds of it); always the same for a component."""
    dice = random.Random(component)
    bad = {
        dice.randrange(2, 89): (
            dice.choice((Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE, Status.MAJOR_OUTAGE)),
            dice.randrange(900, 20000),
        )
        for _ in range(dice.randrange(1, 5))
    }
    if component in broken:
        status, _, _, minutes = broken[component]
        bad[0] = (status, min(minutes * 60, NOW % DAY))
        if minutes * 60 > NOW % DAY:
            bad[1] = (status, minutes * 60 - NOW % DAY)
    return bad


def _days(config: Config, broken: Mapping[str, tuple[Status, tuple[str, ...], Failure, int]]) -> tuple[Rollup, ...]:
    today = NOW - NOW % DAY
    found = []
    for component in config.components:
        bad = _bad_days(component.id, broken)
        for ago in range(89, -1, -1):
            length = DAY if ago else NOW % DAY
            status, seconds = bad.get(ago, (Status.OPERATIONAL, 0))
            shares = (
                {Status.OPERATIONAL: length - seconds, status: seconds} if seconds else {Status.OPERATIONAL: length}
            )
            if ago == 40:  # a day on which nobody looked
                shares, status = {Status.UNKNOWN: DAY}, Status.UNKNOWN
            found.append(Rollup("day", component.id, ALL, today - ago * DAY, shares, status))
            histogram = {history.bucket(120 + len(component.key) * 9 + k * 30): 40 - k * 4 for k in range(9)}
            found.extend(
                Rollup("day", k.id, ALL, today - ago * DAY, samples=216, histogram=histogram) for k in component.checks
            )
    return tuple(found)


def _hours(config: Config, broken: Mapping[str, tuple[Status, tuple[str, ...], Failure, int]]) -> tuple[Rollup, ...]:
    this_hour = NOW - NOW % HOUR
    found = []
    for component in config.components:
        for ago in range(48, -1, -1):
            at = this_hour - ago * HOUR
            failing = component.id in broken and ago * 60 < broken[component.id][3]
            status = broken[component.id][0] if failing else Status.OPERATIONAL
            found.append(Rollup("hour", component.id, ALL, at, {status: HOUR}, status))
        for check in component.checks:
            found.extend(_check_hours(check, component.id in broken))
    return tuple(found)


def _check_hours(check: Check, broken: bool) -> list[Rollup]:
    dice = random.Random(check.id)
    base = dice.randrange(90, 400)
    lag = check.id.endswith("/lag")
    found = []
    for ago in range(48, -1, -1):
        if 20 <= ago < 26:  # a gap
            continue
        slow = 6 if broken and ago < 4 else 1
        histogram: dict[int, int] = {}
        for _ in range(12):
            number = history.bucket(base * slow * dice.uniform(0.8, 1.9))
            histogram[number] = histogram.get(number, 0) + 1
        value = (11000 - ago * 2000 if broken and ago < 5 else 300 + dice.randrange(0, 400)) if lag else None
        at = NOW - NOW % HOUR - ago * HOUR
        found.append(
            Rollup(
                "hour",
                check.id,
                ALL,
                at,
                samples=12,
                histogram=histogram,
                value_min=value,
                value_max=value,
                value_last=value,
            )
        )
    return found


def _observation(
    check: Check, region: str, at: Time, broken: Mapping[str, tuple[Status, tuple[str, ...], Failure, int]]
) -> Observation:
    status, regions, failure, minutes = broken.get(check.component, (Status.OPERATIONAL, (), None, 0))
    lag = check.id.endswith("/lag")
    failing = check.component in broken and (not regions or region in regions) and at >= NOW - minutes * 60
    slow = status is Status.DEGRADED_PERFORMANCE
    return Observation(
        check.id,
        region,
        at,
        (Verdict.DEGRADED if slow else Verdict.DOWN) if failing else Verdict.OK,
        failure if failing else None,
        latency_ms=2840.0 if failing and slow else 180.0 + len(region) * 7,
        value=(11100.0 if failing else 420.0) if lag else None,
        unit="s" if lag else "",
        degraded=1800 if lag else None,
        down=7200 if lag else None,
        detail="wanted an image (RIFF, PNG or JPEG), got text/html"
        if failing and failure is Failure.WRONG_MAGIC
        else "",
        facts={"status": 200, "content-type": "application/json", "cf-cache-status": "HIT", "cf-ray-colo": "AMS"},
        engine="local",
    )


def _standings(
    config: Config, broken: Mapping[str, tuple[Status, tuple[str, ...], Failure, int]], at: Time, unknown: bool
) -> Mapping[tuple[str, str], Standing]:
    found = {}
    for component in config.components:
        status, regions, failure, minutes = broken.get(component.id, (Status.OPERATIONAL, (), None, 60 * 24 * 9))
        since = NOW - minutes * 60
        for region in (ALL, *(r.id for r in config.regions)):
            here = region == ALL or not regions or region in regions
            mine = (status if region == ALL or not regions else Status.MAJOR_OUTAGE) if here else Status.OPERATIONAL
            found[component.id, region] = (
                Standing(component.id, region, Status.UNKNOWN, at + 900, None, "no-evidence")
                if unknown
                else Standing(
                    component.id,
                    region,
                    mine,
                    since if here else NOW - 9 * DAY,
                    at,
                    "majority",
                    failure if here else None,
                    210.0,
                )
            )
    return found


def past(kind: str, config: Config) -> Past:
    if kind == "no-data":
        return Past()
    broken = _broken(kind)
    at = {"stale": NOW - 3 * HOUR}.get(kind, NOW - 60)
    blind = kind == "blind"
    health = {
        r.id: Health(
            r.id,
            RegionHealth.SUSPECT if blind else RegionHealth.OK,
            "0 of 3 controls answered" if blind else "3 of 3 controls answered",
            Failure.CONTROL_FAILED if blind else None,
            at,
        )
        for r in config.regions
    }
    latest = {}
    for check in config.checks:
        for region in check.regions:
            looks = tuple(_observation(check, region, at - ago * 300, broken) for ago in (2, 1, 0))
            latest[check.id, region] = (
                tuple(
                    Observation(o.check, o.region, o.at, Verdict.INCONCLUSIVE, Failure.CONTROL_FAILED, engine="local")
                    for o in looks
                )
                if blind
                else looks
            )
    official = Observation(
        "civitai/official/status",
        "eu-west",
        at - 60,
        Verdict.OK,
        latency_ms=240.0,
        facts={"official_status": "operational"},
        engine="local",
    )
    latest[official.check, official.region] = (official,)
    spans = []
    for component in config.components:
        began = NOW - broken[component.id][3] * 60 if component.id in broken else None
        spans.append(Span(component.id, ALL, NOW - 80 * DAY, began, Status.OPERATIONAL))
        if began:
            spans.append(Span(component.id, ALL, began, None, broken[component.id][0], broken[component.id][2]))
    return Past(
        standings=_standings(config, broken, at, unknown=kind in ("stale", "blind")),
        health=health,
        outages=_outages(config, broken),
        latest=latest,
        days=_days(config, broken),
        hours=_hours(config, broken),
        spans=tuple(spans),
        checked_at=at,
        first_at=NOW - 89 * DAY,
    )


def _outages(config: Config, broken: Mapping[str, tuple[Status, tuple[str, ...], Failure, int]]) -> tuple[Outage, ...]:
    found = []
    for component in config.components:
        for ago, (status, seconds) in sorted(_bad_days(component.id, {}).items(), reverse=True):
            start = NOW - NOW % DAY - ago * DAY + 3 * HOUR
            found.append(
                Outage(
                    f"{component.id.replace('/', '-')}-{ago}",
                    component.id,
                    ("eu-west",),
                    start,
                    start + 300,
                    start + seconds,
                    status,
                    (Failure.TIMEOUT,),
                )
            )
    for id, (status, regions, failure, minutes) in broken.items():
        start = NOW - minutes * 60
        found.append(
            Outage(
                f"{id.replace('/', '-')}-open",
                id,
                regions or tuple(r.id for r in config.regions),
                start,
                start + 300,
                None,
                status,
                (failure,),
                evidence=((f"{id}/answer", "eu-west", start),),
            )
        )
    return tuple(found)


# ---- incidents -------------------------------------------------------------------------------------------------------


def findings(kind: str) -> tuple[Finding, ...]:
    if kind != "down":
        return ()
    return (
        Finding(
            "indexing-queue", "The search index lags behind", Confidence.HIGH, "civitai",
            ("civitai/indexing", "civitai/search"), tuple(id for id, _ in REGIONS), NOW - 190 * 60,
            (
                Evidence("8 of 10 models published in the last 3 hours are not found in search.", ("civitai/indexing/lag", "eu-west", NOW - 60)),
                Evidence("The same models open by their address in all 4 regions."),
                Evidence("Hugging Face finds new models within 2 minutes from the same regions."),
            ),
            against=("One of ten new models was found after 20 minutes.",),
            decides="Look up a model published after 05:00 UTC again in an hour: if it is there, the queue moves.",
        ),
        Finding(
            "cdn-corruption", "The edge serves error pages as images", Confidence.MEDIUM, "civitai",
            ("civitai/cdn",), ("eu-west", "us-east"), NOW - 30 * 60,
            (Evidence("4 of 6 images carry text/html instead of an image.", ("civitai/cdn/answer", "eu-west", NOW - 60)),),
            decides="Ask for the same image past the cache: if it is whole, only the edge is wrong.",
        ),
    )  # fmt: skip


def causes() -> tuple[Cause, ...]:
    def cause(id: str, title: str, confidence: Confidence, summary: str) -> Cause:
        sections = {
            "what": f"<p>{summary}</p>",
            "means": "<p>Your model is safe and opens by its link, but nobody finds it by searching.</p>",
            "do": "<p>Share the link directly. Do not publish it a second time.</p>",
        }
        return Cause(
            id,
            title,
            None,
            confidence,
            ("civitai",),
            "Found items speak against it.",
            "Look again in an hour.",
            summary,
            sections,
            f"<p>{summary}</p>",
        )

    return (
        cause(
            "indexing-queue",
            "The search index lags behind",
            Confidence.HIGH,
            "New models wait in a queue before search can find them.",
        ),
        cause(
            "cdn-corruption",
            "The edge serves error pages as images",
            Confidence.MEDIUM,
            "A cache near the visitor keeps an error in place of an image.",
        ),
        cause("training-backlog", "Training jobs pile up", Confidence.LOW, "More training jobs arrive than finish."),
    )


def _note(
    id: str,
    title: str,
    started: Time,
    ended: Time | None,
    components: tuple[str, ...],
    updates: tuple[Update, ...],
    impact: Impact,
    **more: Any,
) -> Note:
    return Note(
        id,
        more.pop("kind", "incident"),
        title,
        impact,
        started,
        components,
        more.pop("regions", ()),
        updates,
        ended,
        **more,
    )


def _update(at: Time, status: Progress, body: str) -> Update:
    import time

    return Update(time.strftime("%Y%m%dT%H%MZ", time.gmtime(at)), at, status, body, f"<p>{body}</p>")


def _incident(
    note: Note,
    past: Past,
    *,
    findings: tuple[Finding, ...] = (),
    cause: str = "",
    outages: tuple[str, ...] = (),
    **more: Any,
) -> Incident:
    updates = tuple(IncidentUpdate(u.id, u.at, u.status, u.body, u.html, components=u.components) for u in note.updates)
    return Incident(
        note.id, note.kind, note.title, note.updates[-1].status, note.impact, note.started, note.ended, note.components, note.regions,
        updates, note, tuple(o for o in past.outages if o.id in outages), findings, cause, **more,
    )  # fmt: skip


def incidents(kind: str, config: Config, past: Past) -> tuple[Incident, ...]:
    """Newest first: what is open in this kind, a maintenance to come, and three resolved ones."""
    open_ones: tuple[Incident, ...] = ()
    if kind == "down":
        lag, cdn = findings(kind)
        search = _note(
            "2026-11-23-search-backlog", "New models do not appear in search", NOW - 190 * 60, None, ("civitai/indexing", "civitai/search"),
            (_update(NOW - 150 * 60, Progress.INVESTIGATING, "Models published since 02:50 UTC are missing from search. Their pages open by link."),
             _update(NOW - 40 * 60, Progress.IDENTIFIED, "The index is about three hours behind and does not catch up yet.")),
            Impact.MAJOR, cause="indexing-queue", next_update=NOW + 2 * HOUR,
        )  # fmt: skip
        images = _note(
            "2026-11-23-image-cdn", "Images fail in Western Europe and US East", NOW - 30 * 60, None, ("civitai/cdn",),
            (_update(NOW - 18 * 60, Progress.INVESTIGATING, "About half of the images come back as an error page."),),
            Impact.MINOR, regions=("eu-west", "us-east"), next_update=NOW - 5 * 60,
        )  # fmt: skip
        started = NOW - 26 * HOUR
        training = Incident(
            "auto-civitai-training-20261122T0400Z", "incident", "Training: major outage", Progress.INVESTIGATING, Impact.MAJOR, started, None,
            ("civitai/training",), (),
            (IncidentUpdate("20261122T0405Z", started + 300, Progress.INVESTIGATING, "4 of 4 regions see that too much is waiting.", "<p>4 of 4 regions see that too much is waiting.</p>", True),),
            None, tuple(o for o in past.outages if o.id == "civitai-training-open"),
        )  # fmt: skip
        open_ones = (
            _incident(images, past, findings=(cdn,), outages=("civitai-cdn-open",), overdue=True),
            _incident(
                search,
                past,
                findings=(lag,),
                cause="indexing-queue",
                outages=("civitai-indexing-open", "civitai-search-open"),
            ),
            training,
        )
    return (*open_ones, *_settled(past))


def _settled(past: Past) -> tuple[Incident, ...]:
    window = (NOW + 2 * DAY, NOW + 2 * DAY + 2 * HOUR)
    upcoming = _note("2026-11-25-database", "Database upgrade", *window, ("civitai/api",), (_update(NOW - DAY, Progress.SCHEDULED, "Uploads pause for about 20 minutes."),), Impact.MAINTENANCE, kind="maintenance", windows=(window,))  # fmt: skip
    resolved = []
    for days, id, title, component in (
        (3, "2026-11-20-slow-api", "The API was slow", "civitai/api"),
        (5, "2026-11-18-hub-search", "Hub search returned errors", "huggingface/search"),
        (40, "2026-10-14-replica-lag", "Old counters in Asia", "civitai/replication"),
    ):
        start = NOW - days * DAY
        note = _note(id, title, start, start + 2 * HOUR, (component,), (
            _update(start + 600, Progress.INVESTIGATING, "We see it too."),
            _update(start + 2 * HOUR, Progress.RESOLVED, "All regions answer well again."),
        ), Impact.MINOR, html="<p>On that day, between 06:00 and 08:00 UTC, a third of the requests failed.</p>", body="On that day a third of the requests failed.")  # fmt: skip
        resolved.append(_incident(note, past))
    from dataclasses import replace

    return (replace(_incident(upcoming, past), ended=None), *resolved)


PAGES = (PageView("method", "How we measure", "<h3>What counts</h3><p>Every round begins with controls.</p>"),)


def inputs(kind: str = "down", languages: tuple[str, ...] = ("en",), **more: Any) -> view.Inputs:
    settings = config(languages, **more)
    history = past(kind, settings)
    return view.Inputs(
        config=settings,
        past=history,
        incidents=incidents(kind, settings, history),
        findings=findings(kind),
        causes=causes(),
        pages=PAGES,
        now=NOW,
    )


@cache
def site_view(kind: str = "down", lang: str = "en", languages: tuple[str, ...] = ("en",), **more: Any) -> SiteView:
    """The whole view of one kind in one language."""
    return view.build(inputs(kind, languages, **more), lang)
