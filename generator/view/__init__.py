"""What the page says: every decision about words, order and numbers is taken here, once, for all outputs.

`build` is pure: the same inputs give the same `SiteView`. It never reads a clock, a file or a network, and it never
believes: states come from `Past`, causes from findings; where there is no fresh evidence, it says `unknown`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .. import __version__, text
from ..incidents.published import Shown
from ..model import EMPTY, Cause, Config, Finding, Incident, Past, Status, Time
from ..siteview import Chart, FindingView, IncidentView, PageView, PlatformView, SiteView
from ..text import DAY, HOUR, Text
from . import compare, evidence
from . import components as view_components
from . import gone as view_gone
from . import history as hist
from . import incidents as view_incidents
from . import sentences as say
from .history import Ledger
from .incidents import Names

CHARTS_OF_AN_INCIDENT = 3
LATE = 120
"""A round that comes later than this many seconds is worth a word."""


@dataclass(frozen=True)
class Inputs:
    """Everything the page is made of. `incidents` and `findings` are merged and diagnosed already."""

    config: Config
    past: Past
    incidents: tuple[Incident, ...]
    findings: tuple[Finding, ...]
    causes: tuple[Cause, ...]
    pages: tuple[PageView, ...]
    now: Time
    warnings: tuple[str, ...] = ()
    preview: bool = False
    gone: Mapping[str, Shown] = field(default_factory=lambda: EMPTY)


def build(inputs: Inputs, lang: str) -> SiteView:
    """The page in one language of `config.site.languages`; the first of them has no prefix in its addresses."""
    t = text.of(lang)
    config, past, now = inputs.config, inputs.past, inputs.now
    site = config.site
    book = hist.ledger(config, past, now, [i.note for i in inputs.incidents if i.note is not None])
    prefix = "" if lang == site.languages[0] else f"/{t.tag}"
    known = view_incidents.names(config, prefix)
    shown = tuple(i for i in inputs.incidents if view_incidents.visible(i, known))
    around = _surroundings(inputs, book, prefix, shown)
    platforms = _platforms(t, around)
    components = tuple(c for p in platforms for c in p.components)
    findings = _findings(t, inputs, known)
    looks = evidence.by_day(past, config)
    incidents = _incidents(t, inputs, book, known, shown, frozenset((*looks, *past.kept_days)))
    stale_after = past.checked_at + hist.stale_limit(config) if past.checked_at is not None else None
    overall = say.overall(config, book)
    return SiteView(
        lang=t.tag,
        dir=t.dir,
        languages=tuple(text.of(language).tag for language in site.languages),
        base_url=site.url.rstrip("/"),
        title=site.title,
        description=site.description,
        contact=site.contact,
        logo=site.logo,
        accent=site.accent,
        independence=site.independence or _independence(t, config),
        repository=site.repository,
        live_url=site.live_url,
        preview=inputs.preview,
        websub=site.websub,
        generated_at=t.when(now),
        checked_at=t.maybe(past.checked_at),
        next_expected=t.maybe(None if book.stale or past.checked_at is None else past.checked_at + config.interval),
        stale_after=t.maybe(stale_after),
        changed_at=t.maybe(_changed(past, incidents, now)),
        interval=config.interval,
        lateness_text=_lateness(t, past),
        overall=overall,
        overall_word=t.status(overall),
        sentence=say.first(t, config, book),
        detail_sentences=() if book.stale else say.details(t, findings, known),
        checked_sentence=say.checked(t, config, book),
        valid_sentence=say.valid(t, stale_after, now),
        warnings=_warnings(inputs),
        platforms=platforms,
        regions=tuple(view_components.region(t, around, r, components) for r in config.regions),
        findings=findings,
        incidents=incidents,
        active=view_incidents.active(incidents),
        upcoming=view_incidents.upcoming(incidents, now),
        recent=view_incidents.recent(t, incidents, now),
        months=view_incidents.months(t, incidents, prefix),
        causes=tuple(
            view_incidents.cause(t, known, c, frozenset(f.cause for f in findings), shown) for c in inputs.causes
        ),
        comparisons=compare.comparisons(t, config, book, {c.id: c for c in components}),
        pages=inputs.pages,
        strings=script_strings(t),
        version=__version__,
        feed_host=site.id or urlsplit(site.url).hostname or "",
        evidence=looks,
        evidence_days=past.kept_days,
        cms=config.extra.get("cms", {}),
        stale=book.stale,
        late_seconds=past.lateness,
        gone=view_gone.gone(t, inputs.gone, known),
        former=view_incidents.former(t, shown, known),
    )


def script_strings(t: Text) -> Mapping[str, str]:
    """The interface text the small script needs, by the names it uses."""
    return {
        **{status.value: t.status(status) for status in Status},
        "was": t("unknown, was {word} at {time}"),
        "stale": t("The last check is {age} old. Every state here is taken as unknown."),
        "none": t("No recent data: the last check is {age} old."),
        "ago": t("{age} ago"),
        "local": t("{time} your time"),
        "min": t("{n} min"),
        "h": t("{n} h"),
        "d": t("{n} d"),
        "s": t("{n} s"),
        "ms": t("{n} ms"),
        "changed": t("The state changed: {sentence}"),
        "copy": t("Copy"),
        "copied": t("Copied"),
        "then": t("At {time} it was: {sentence}"),
        "refreshed": t("Refreshed {time}."),
        "reached": t("Your browser got an answer: HTTP {status} after {time}."),
        "unreached": t("Your browser got no answer within {time}. Your network or an extension may be the reason."),
        "asking": t("Asking …"),
        "found": t("{n} found"),
    }


# ---- parts -----------------------------------------------------------------------------------------------------------


def _platforms(t: Text, around: view_components.Surroundings) -> tuple[PlatformView, ...]:
    found: list[PlatformView] = []
    position = 0
    for platform in around.config.platforms:
        found.append(view_components.platform(t, around, platform, position))
        position += len(found[-1].components)
    return tuple(found)


def _findings(t: Text, inputs: Inputs, known: Names) -> tuple[FindingView, ...]:
    """The findings that speak of anything public."""
    causes = {cause.id: cause for cause in inputs.causes}
    return tuple(
        view_incidents.finding(t, found, causes, known, inputs.now)
        for found in inputs.findings
        if not found.components or any(id in known.components for id in found.components)
    )


def _surroundings(
    inputs: Inputs, book: Ledger, prefix: str, shown: tuple[Incident, ...]
) -> view_components.Surroundings:
    from ..markdown import render

    ids: dict[str, list[str]] = defaultdict(list)
    for one in shown:
        for component in one.components:
            ids[component].append(one.id)
    impact = {c.id: render(c.impact) for c in inputs.config.components if c.impact and c.public}
    return view_components.Surroundings(
        inputs.config,
        book,
        prefix,
        {component: tuple(found) for component, found in ids.items()},
        view_incidents.by_component_day(shown, inputs.now),
        impact,
    )


def _incidents(
    t: Text,
    inputs: Inputs,
    book: Ledger,
    known: Names,
    shown: tuple[Incident, ...],
    days: frozenset[str],
) -> tuple[IncidentView, ...]:
    causes = {cause.id: cause for cause in inputs.causes}
    default = text.of(inputs.config.site.languages[0]).tag
    given = view_incidents.Material(known, causes, inputs.now, default, days)
    views = [view_incidents.incident(t, one, given, _charts(t, inputs.config, book, one)) for one in shown]
    return tuple(sorted(views, key=lambda i: (-i.started.at, i.id)))


def _charts(t: Text, config: Config, book: Ledger, one: Incident) -> tuple[Chart, ...]:
    """Charts over the span of an incident, for the checks that failed in it: by the hour while hours reach back, then
    by the day."""
    if not one.outages:
        return ()
    failed = {o.component for o in one.outages}
    named = {id for o in one.outages for id in o.checks}
    checks = [k for c in config.components if c.public and c.id in failed for k in c.checks if k.enabled]
    checks = [k for k in checks if k.id in named] or checks
    ended = one.ended or book.now
    first_hour = book.past.hours_from if book.past.hours_from is not None else book.now - 48 * HOUR
    step = HOUR if one.started >= first_hour else DAY
    around = 6 * HOUR if step == HOUR else 3 * DAY
    start = max(one.started - around, first_hour) if step == HOUR else one.started - around
    end = min(book.now, ended + around)
    return view_components.charts(t, book, checks, start - start % step, end, step)[:CHARTS_OF_AN_INCIDENT]


def _independence(t: Text, config: Config) -> str:
    return t("Not run by {platforms}.", platforms=t.list([p.name for p in config.platforms], "or"))


def _lateness(t: Text, past: Past) -> str:
    if past.lateness is None or past.lateness < LATE:
        return ""
    return t("The last round came {time} later than planned.", time=t.duration(past.lateness))


def _warnings(inputs: Inputs) -> tuple[str, ...]:
    delayed = (inputs.past.delayed,) if inputs.past.delayed else ()
    return tuple(dict.fromkeys((*delayed, *inputs.warnings)))


def _changed(past: Past, incidents: tuple[IncidentView, ...], now: Time) -> Time | None:
    """The newest fact there is: a change of state or of an incident, never the time of a check or of the build."""
    moments = [s.since for s in past.standings.values() if s.since is not None and s.since <= now]
    moments += [i.changed.at for i in incidents if i.changed.at <= now]
    return max(moments, default=None)
