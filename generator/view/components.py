"""Components, their cells, checks and numbers as the page says them. Pure; never judges, only words what was judged."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..model import (
    EMPTY,
    FAILING,
    Check,
    Component,
    Config,
    Health,
    Observation,
    Platform,
    Region,
    RegionHealth,
    Request,
    Standing,
    Status,
    Verdict,
    worst,
)
from ..siteview import Cell, CheckView, ComponentView, Indicator, LookView, OfficialView, PlatformView, RegionView
from ..text import HOUR, Text
from . import history as hist
from . import sentences as say
from .history import Ledger

if TYPE_CHECKING:
    from ..siteview import Chart

CHART_HOURS = 48
VERDICT_STATUS: Mapping[Verdict, Status] = {
    Verdict.OK: Status.OPERATIONAL,
    Verdict.DEGRADED: Status.DEGRADED_PERFORMANCE,
    Verdict.DOWN: Status.MAJOR_OUTAGE,
    Verdict.INCONCLUSIVE: Status.UNKNOWN,
    Verdict.BLOCKED_BY_POLICY: Status.UNKNOWN,
}


@dataclass(frozen=True)
class Surroundings:
    """What every component is seen against: the configuration, history, the address prefix of the language."""

    config: Config
    book: Ledger
    prefix: str
    incidents: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: EMPTY)  # component -> ids, newest first
    by_day: Mapping[str, Mapping[str, tuple[str, ...]]] = field(
        default_factory=lambda: EMPTY
    )  # component -> date -> ids
    impact_html: Mapping[str, str] = field(default_factory=lambda: EMPTY)  # component -> sanitised html


# ---- platforms and regions -------------------------------------------------------------------------------------------


def platform(t: Text, around: Surroundings, one: Platform, position: int) -> PlatformView:
    public = [c for c in one.components if c.public]
    views = tuple(component(t, around, c, position + i) for i, c in enumerate(public))
    status = worst(v.status for v in views)
    return PlatformView(
        id=one.id,
        name=one.name,
        role=one.role,
        role_word=t("subject") if one.role == "subject" else t("reference"),
        url=f"{around.prefix}/platforms/{one.id}/",
        site_url=one.url,
        description=one.description,
        status=status,
        word=t.status(status),
        sentence=say.platform(t, around.config, around.book, one),
        official=official(t, around.book, one),
        components=views,
    )


def official(t: Text, book: Ledger, one: Platform) -> OfficialView | None:
    """What the platform says of itself; `unknown` when its page could not be read lately. None if it has no page."""
    if not one.official and not one.official_url:
        return None
    looks = [o for (check, _), seen in book.past.latest.items() if check == one.official for o in seen[-1:]]
    newest = max(looks, key=lambda o: o.at, default=None)
    said = str(newest.facts.get("official_status", newest.facts.get("official", ""))) if newest else ""
    fresh = newest is not None and newest.verdict is Verdict.OK and not book.stale
    status = Status(said) if fresh and said in set(Status) else Status.UNKNOWN
    word = t.status(status)
    moment = t.moment(newest.at, book.now) if newest else ""
    if status is not Status.UNKNOWN:
        sentence = t("The official page says: {word} (read {time}).", word=word, time=moment)
        short = t("{word}, read {time}", word=word, time=moment)
    elif newest is not None:
        sentence = t("The official page could not be read ({time}).", time=moment)
        short = t("could not be read ({time})", time=moment)
    else:
        sentence = t("We have not read the official page.")
        short = t("not read yet")
    return OfficialView(status, word, sentence, one.official_url, t.maybe(newest.at) if newest else None, short)


def region(t: Text, around: Surroundings, one: Region, components: Sequence[ComponentView]) -> RegionView:
    health = around.book.past.health.get(one.id)
    state = health.health if health and not around.book.stale else RegionHealth.SILENT
    return RegionView(
        id=one.id,
        name=one.name,
        url=f"{around.prefix}/regions/{one.id}/",
        engine=one.engine,
        engine_text=t("measured by {engine}", engine=one.engine),
        health=state,
        word=t.health(state),
        why=_health_words(t, around.book, health),
        checked_at=t.maybe(health.checked_at) if health else None,
        cells=tuple(cell for c in components for cell in c.cells if cell.region == one.id),
    )


def _health_words(t: Text, book: Ledger, health: Health | None) -> str:
    """Why a region sees well, is suspect or silent: a whole sentence. What was so when it was last heard is over."""
    if health is None or (book.stale and health.checked_at is None):
        return t("Nothing has been heard from this region.")
    if book.stale and health.checked_at is not None:
        return t("Nothing has been heard from this region since {time}.", time=t.moment(health.checked_at, book.now))
    why = t.say(health.said) if health.said else health.why
    return t("{sentence}.", sentence=why[:1].upper() + why[1:]) if why and why[-1] != "." else why


# ---- a component -----------------------------------------------------------------------------------------------------


def component(t: Text, around: Surroundings, one: Component, position: int) -> ComponentView:
    book, config = around.book, around.config
    standing = book.standing(one.id)
    days = hist.days(t, config, book, one, around.by_day.get(one.id, EMPTY))
    names = {r.id: r.name for r in config.regions}
    seen = say.regions_of(config, one.id)
    enabled = [check for check in one.checks if check.enabled]
    return ComponentView(
        id=one.id,
        platform=one.platform,
        key=one.key,
        name=one.name,
        url=f"{around.prefix}/components/{one.id}/",
        description=one.description,
        impact_html=around.impact_html.get(one.id, ""),
        group=one.group,
        function=one.function,
        status=standing.status,
        word=t.status(standing.status),
        since=t.maybe(standing.since),
        checked_at=t.maybe(standing.checked_at),
        sentence=say.component(t, config, book, one.id),
        rule=standing.rule,
        uptime=hist.windows(t, config, book, one),
        days=days,
        days_summary=hist.days_summary(t, days),
        cells=tuple(cell(t, config, book, one, r, names[r]) for r in seen),
        indicators=tuple(i for check in enabled if (i := indicator(t, book, check, names)) is not None),
        checks=tuple(check_view(t, around, check, names) for check in enabled),
        charts=charts(t, book, enabled, book.now - book.now % HOUR + HOUR - CHART_HOURS * HOUR, book.now),
        incidents=around.incidents.get(one.id, ()),
        position=position,
        left_out=left_out(t, config, one.id),
        created_at=t.maybe(one.since),
    )


def left_out(t: Text, config: Config, component: str) -> tuple[str, ...]:
    """The stretches of a component that a person marked as mis-measured, newest first."""
    mine = [e for e in config.exclusions if not e.components or component in e.components]
    return tuple(
        t(
            "Not counted from {start} to {end}: {reason}",
            start=t.when(e.start).text,
            end=t.when(e.end).text,
            reason=e.reason,
        )
        for e in sorted(mine, key=lambda e: -e.start)
    )


def cell(t: Text, config: Config, book: Ledger, one: Component, region: str, name: str) -> Cell:
    standing = book.standing(one.id, region)
    looks = [(check, o) for check in one.checks for o in book.past.latest.get((check.id, region), ())[-1:]]
    status, word = standing.status, t.status(standing.status)
    if any(o.verdict is Verdict.BLOCKED_BY_POLICY for _, o in looks) and status is Status.UNKNOWN:
        word = t.verdict(Verdict.BLOCKED_BY_POLICY)
    return Cell(
        component=one.id,
        region=region,
        region_name=name,
        status=status,
        word=word,
        sentence=_cell_sentence(t, book, standing, looks),
        since=t.maybe(standing.since),
        checked_at=t.maybe(standing.checked_at),
        failure=standing.failure or "",
        failure_text=t.failure(standing.failure),
        latency_ms=standing.latency_ms,
        latency_text=t.latency(standing.latency_ms),
        uptime=hist.quarter(t, config, book, one, region),
    )


def _cell_sentence(t: Text, book: Ledger, standing: Standing, looks: Sequence[tuple[Check, Observation]]) -> str:
    if standing.status in FAILING:
        bad = [(c, o) for c, o in looks if o.verdict in (Verdict.DOWN, Verdict.DEGRADED)]
        if not bad:
            return t.failure(standing.failure)
        check, seen = max(bad, key=lambda pair: (pair[1].verdict is Verdict.DOWN, pair[1].at))
        said = t("{what}: {why}", what=check.name, why=t.failure(seen.failure) or t.verdict(seen.verdict))
        return t("{what}; {detail}", what=said, detail=seen.detail) if seen.detail else said
    if standing.status is Status.UNKNOWN:
        why = next((o.failure for _, o in looks if o.failure and not o.conclusive), standing.failure)
        return t("{what}: {why}", what=t("No fresh evidence"), why=t.failure(why)) if why else t("No fresh evidence")
    return ""


# ---- checks ----------------------------------------------------------------------------------------------------------


def indicator(t: Text, book: Ledger, check: Check, names: Mapping[str, str]) -> Indicator | None:
    """The newest number of a check, from the region where it is worst; None for a check without numbers."""
    looks = [o for o in book.newest(check) if o.value is not None]
    if not looks:
        return None
    order = (Verdict.DOWN, Verdict.DEGRADED, Verdict.OK, Verdict.INCONCLUSIVE, Verdict.BLOCKED_BY_POLICY)
    seen = min(looks, key=lambda o: (order.index(o.verdict), -o.at))
    value = t.quantity(seen.value, seen.unit)
    sentence = t("{what}: {why}", what=check.name, why=value)
    limits = _limits(t, seen)
    if limits:
        sentence = t("{what} ({detail})", what=sentence, detail=limits)
    status = VERDICT_STATUS[seen.verdict] if not book.stale else Status.UNKNOWN
    return Indicator(
        check.id, check.name, seen.value, seen.unit, value, sentence, seen.degraded, seen.down, status,
        seen.region, t.when(seen.at),
    )  # fmt: skip


def _limits(t: Text, seen: Observation) -> str:
    low, high = t.quantity(seen.degraded, seen.unit), t.quantity(seen.down, seen.unit)
    if seen.degraded is not None and seen.down is not None:
        return t("degraded from {low}, down from {high}", low=low, high=high)
    if seen.degraded is not None:
        return t("degraded from {low}", low=low)
    return t("down from {high}", high=high) if seen.down is not None else ""


def check_view(t: Text, around: Surroundings, check: Check, names: Mapping[str, str]) -> CheckView:
    # Without its secret it has an address, a header or a body that nobody would be asked with.
    asked = () if check.missing else check.asks
    secrets = around.config.secrets
    looks = tuple(
        look(t, o, names[r])
        for r in check.regions
        if r in names
        for o in around.book.past.latest.get((check.id, r), ())[-1:]
    )
    newest = [o for r in check.regions for o in around.book.past.latest.get((check.id, r), ())[-1:]]
    limits = [said for o in newest[:1] if (said := _limits(t, o))]
    once = t("One attempt may take {time}.", time=t.duration(check.timeout))
    again = t("One attempt may take {time}; before it counts as failed it is repeated {n} times on new connections.",
              time=t.duration(check.timeout), n=check.retries)  # fmt: skip
    limits.append(again if check.retries else once)
    if check.worst is not Status.MAJOR_OUTAGE:
        limits.append(t("By itself this check makes at most: {word}.", word=t.status(check.worst)))
    return CheckView(
        id=check.id,
        key=check.id.rpartition("/")[2],
        name=check.name,
        kind=check.kind,
        question=check.question,
        target=_hidden(asked[0].url, secrets) if asked else "",
        curl=_hidden("\n".join(curl(r, around.config.site.user_agent) for r in asked), secrets),
        browser_url=_browser_url(check, asked, newest, secrets),
        interval_text=t("every {time}", time=t.duration(check.interval)),
        limits=tuple(limits),
        regions=tuple(r for r in check.regions if r in names),
        looks=looks,
    )


def look(t: Text, seen: Observation, region: str) -> LookView:
    said = [t.failure(seen.failure), seen.detail]
    return LookView(
        seen.region, region, t.when(seen.at), seen.verdict, t.verdict(seen.verdict), seen.failure or "",
        ": ".join(part for part in said if part), t.latency(seen.latency_ms),
    )  # fmt: skip


def curl(request: Request, user_agent: str = "") -> str:
    """The request as a line for a terminal. Headers that carry a secret are named, never filled."""
    words = ["curl", "-sS", "-i" if request.method != "HEAD" else "-I"]
    if request.method not in ("GET", "HEAD"):
        words += ["-X", request.method]
    for name, value in request.headers.items():
        words += ["-H", f"{name}: …" if name.lower() in request.secrets else f"{name}: {value}"]
    if user_agent:
        words += ["-A", user_agent]
    if request.body:
        words += ["--data-raw", request.body.decode("utf-8", errors="replace")]
    return " ".join(shlex.quote(word) for word in [*words, request.url])


def _browser_url(check: Check, asked: Sequence[Request], looks: Sequence[Observation], secrets: frozenset[str]) -> str:
    """The address a visitor's browser may ask: one plain GET, and the target was seen to allow any origin."""
    if len(asked) != 1 or check.secrets or asked[0].method != "GET" or asked[0].headers or asked[0].body:
        return ""
    allowed = any(o.facts.get("cors") == "*" for o in looks)
    url = asked[0].url
    return url if allowed and url.startswith("https://") and _hidden(url, secrets) == url else ""


def _hidden(text: str, secrets: frozenset[str]) -> str:
    """The text without any configured secret, plain or as an address writes it, and without userinfo."""
    from urllib.parse import quote

    for secret in sorted(secrets, key=len, reverse=True):
        for form in {secret, quote(secret, safe=""), quote(secret)}:
            text = text.replace(form, "…") if form else text
    return text


# ---- charts ----------------------------------------------------------------------------------------------------------


def charts(t: Text, book: Ledger, checks: Sequence[Check], start: int, end: int, step: int = HOUR) -> tuple[Chart, ...]:
    """For each check a chart of its numbers, or of its answer times where it has none, if there is anything to draw."""
    found: list[Chart] = []
    for check in checks:
        held = next((o for o in reversed(book.newest(check)) if o.value is not None), None)
        if held is not None:
            points = hist.points(book, check, "indicator", start, end, step)
            drawn = hist.chart(t, f"{check.id}/value", check.name, held.unit, points, step, (held.degraded, held.down))
        else:
            points = hist.points(book, check, "latency", start, end, step)
            title = t("{name}: time to answer", name=check.name)
            drawn = hist.chart(t, f"{check.id}/latency", title, "ms", points, step)
        if drawn is not None:
            found.append(drawn)
    return tuple(found)
