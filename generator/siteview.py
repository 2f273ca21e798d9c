"""What the page says, as final strings and numbers. Outputs see a `SiteView` and nothing else.

Every decision (which sentence, which word, which order) has been taken in `generator.view`; an output only arranges.
Strings are plain text unless the name ends in `_html` (rendered and sanitised). Numbers stay numbers beside the
text that says them, for the outputs that machines read. One `SiteView` is one language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .model import EMPTY, Confidence, Impact, Observation, Progress, RegionHealth, Status, Time


@dataclass(frozen=True, slots=True)
class When:
    """A moment: Unix seconds, `2026-11-23T06:00:00Z`, and `23 Nov 2026, 06:00 UTC`."""

    at: Time
    iso: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Uptime:
    """Uptime over a window. `fraction` None, `text` "–" under 10 % coverage. Rounded down, never 100 % with a loss."""

    window: str  # day | week | quarter | ever
    fraction: float | None
    text: str
    coverage: float
    coverage_text: str
    down_seconds: int = 0
    observed_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """One bar of a history: a UTC day. `height` 0..4 encodes the status for those who see no colour."""

    date: str  # YYYY-MM-DD
    status: Status
    word: str
    height: int
    sentence: str
    uptime: Uptime
    down_seconds: int = 0
    incidents: tuple[str, ...] = ()  # incident ids


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a chart. None is a gap."""

    at: Time
    p50: float | None = None
    p95: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A series of points with its thresholds and its summary in words. `kind` is latency | indicator."""

    id: str
    kind: str
    title: str
    unit: str
    summary: str
    start: Time
    end: Time
    step: int
    points: tuple[Point, ...]
    degraded: float | None = None
    down: float | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """The newest number of a check beside its thresholds, with its sentence ("search is 3 h behind")."""

    check: str
    name: str
    value: float | None
    unit: str
    text: str
    sentence: str
    degraded: float | None
    down: float | None
    status: Status
    region: str = ""
    at: When | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A component in a region. `sentence` says wanted and got; `uptime` is that of 90 days as this region saw it."""

    component: str
    region: str
    region_name: str
    status: Status
    word: str
    sentence: str
    since: When | None
    checked_at: When | None
    failure: str
    failure_text: str
    latency_ms: float | None
    latency_text: str
    uptime: Uptime


@dataclass(frozen=True, slots=True)
class LookView:
    """The newest look of a check from a region, for the component page."""

    region: str
    region_name: str
    at: When
    verdict: str
    word: str
    failure: str
    sentence: str
    latency_text: str


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check explained: what exactly is asked, how often, from where, how to try it, what was seen last."""

    id: str
    key: str
    name: str
    kind: str
    question: str
    target: str  # address without secrets
    curl: str
    browser_url: str  # address a visitor's browser may ask (CORS), or empty
    interval_text: str
    limits: tuple[str, ...]  # sentences: what counts as degraded, down
    regions: tuple[str, ...]
    looks: tuple[LookView, ...]


@dataclass(frozen=True, slots=True)
class UpdateView:
    id: str
    at: When
    status: Progress
    word: str
    text: str
    html: str
    automatic: bool
    components: Mapping[str, Status] = field(default_factory=lambda: EMPTY)
    edited: When | None = None
    lang: str = ""  # of `text` and `html`, where it may differ from the page's


@dataclass(frozen=True, slots=True)
class FindingView:
    """A probable cause with what speaks for it, what against it, and what would decide.

    `label` says that it is one: empty for what stands aside, and where no cause is known. Then there is nothing to be
    confident of either: `confidence_word` is empty (`confidence` stays, for machines). The first `doubts` sentences of
    `against` are the machine's, in the page's language; the rest is content.
    """

    cause: str
    title: str
    url: str
    confidence: Confidence
    confidence_word: str
    platform: str
    components: tuple[str, ...]
    regions: tuple[str, ...]
    since: When
    sentence: str
    evidence: tuple[str, ...]
    against: tuple[str, ...]
    decides: str
    means_html: str = ""
    do_html: str = ""
    doubts: int = 0
    aside: bool = False  # worth knowing, but not why something fails
    label: str = ""  # "Probable cause"


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of "measured against written": who says it (checks, note, official), what, when."""

    who: str
    what: str
    at: When


@dataclass(frozen=True, slots=True)
class OfficialAnswer:
    """When the platform's own status page acknowledged an incident, and when it called it over: as we read it.

    `known` False: nobody read the page while it lasted, so that its silence means nothing. `lead` is how many seconds
    before the acknowledgement our first failing look was; negative where the page had said so before; None without one.
    """

    platform: str
    known: bool
    acknowledged: When | None
    over: When | None
    lead: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """`id` is stable for ever (feeds, URLs, API ids). `updates` newest first. Each of `aliases` is a page too."""

    id: str
    kind: str
    url: str
    title: str
    status: Progress
    word: str
    impact: Impact
    impact_word: str
    started: When
    ended: When | None
    changed: When  # newest fact: an update, an edit, an end
    duration_text: str
    components: tuple[str, ...]
    component_links: tuple[Link, ...]
    regions: tuple[str, ...]
    region_names: tuple[str, ...]
    sentence: str
    updates: tuple[UpdateView, ...]
    automatic: bool  # no person has written a note yet
    pinned: bool
    active: bool
    lang: str
    body_html: str = ""
    conflict: str = ""
    overdue: str = ""
    next_update: When | None = None
    stale_version: bool = False
    cause: Link | None = None
    findings: tuple[FindingView, ...] = ()
    measured: tuple[Measured, ...] = ()
    charts: tuple[Chart, ...] = ()
    scheduled_for: When | None = None
    scheduled_until: When | None = None
    windows: tuple[tuple[Time, Time], ...] = ()
    evidence_url: str = ""
    aliases: tuple[str, ...] = ()
    lasting: str = ""  # how long, how often, how it compares: a sentence of numbers
    evidence: tuple[Link, ...] = ()  # the files of evidence, a day each
    official: tuple[OfficialAnswer, ...] = ()  # one for each platform whose own page is watched


@dataclass(frozen=True, slots=True)
class ComponentView:
    id: str
    platform: str
    key: str
    name: str
    url: str
    description: str
    impact_html: str
    group: str
    function: str
    status: Status
    word: str
    since: When | None
    checked_at: When | None
    sentence: str
    rule: str
    uptime: Mapping[str, Uptime]  # day week quarter ever
    days: tuple[Day, ...]
    days_summary: str
    cells: tuple[Cell, ...]
    indicators: tuple[Indicator, ...]
    checks: tuple[CheckView, ...]
    charts: tuple[Chart, ...]
    incidents: tuple[str, ...]  # ids, newest first
    position: int
    created_at: When | None = None
    left_out: tuple[str, ...] = ()  # stretches a person marked as mis-measured: they leave uptime and stay visible


@dataclass(frozen=True, slots=True)
class OfficialView:
    """What the platform's own status page says, when, and where. `short` says it where the place tells whose it is."""

    status: Status
    word: str
    sentence: str
    url: str
    checked_at: When | None
    short: str = ""


@dataclass(frozen=True, slots=True)
class PlatformView:
    id: str
    name: str
    role: str
    role_word: str
    url: str  # our page about it
    site_url: str
    description: str
    status: Status
    word: str
    sentence: str
    official: OfficialView | None
    components: tuple[ComponentView, ...]
    uptime: Mapping[str, Uptime] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class RegionView:
    id: str
    name: str
    url: str
    engine: str
    engine_text: str
    health: RegionHealth
    word: str
    why: str
    checked_at: When | None
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class CauseView:
    id: str
    title: str
    url: str
    summary: str
    what_html: str
    means_html: str
    do_html: str
    against: str
    decides: str
    active: bool
    incidents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One function on both platforms over one window."""

    function: str
    name: str
    window: str
    window_text: str
    rows: tuple[tuple[str, str, Uptime, str, int, str], ...]  # platform, component, uptime, p50/p95, incidents, mttr


@dataclass(frozen=True, slots=True)
class PageView:
    """A further page from `content/pages/`."""

    slug: str
    title: str
    html: str
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """One month of history: `YYYY-MM` and the incidents that began in it, newest first."""

    id: str
    title: str
    url: str
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed of the site, for the page about feeds, autodiscovery and the OPML file (`outputs._feedlist.feeds_of`).

    `scope` is site | platform | component | region | impact, `id` the scope's (empty for the site), `family` history
    (an item per incident) | updates (an item per update) | maintenance, `format` rss | atom | json | ics.
    `url` is the path from the root of the site, `type` its MIME type for `<link rel=alternate>`.
    """

    title: str
    scope: str
    id: str
    family: str
    format: str
    url: str
    type: str


@dataclass(frozen=True, slots=True)
class SiteView:
    """Everything the outputs may say, in one language. `sentence` is the first sentence of the page.

    `changed_at` is the newest fact (an update, a status change), never the time of the build: feeds and the
    Statuspage API use it, so that a build without news gives the same bytes.
    """

    lang: str
    dir: str
    languages: tuple[str, ...]
    base_url: str
    title: str
    description: str
    contact: str
    logo: str
    accent: str
    independence: str
    repository: str
    live_url: str
    preview: bool
    websub: str
    generated_at: When
    checked_at: When | None
    next_expected: When | None
    stale_after: When | None
    changed_at: When | None
    interval: int
    lateness_text: str
    overall: Status
    overall_word: str
    sentence: str
    detail_sentences: tuple[str, ...]  # the sentences after the first: what it means, what can be done
    checked_sentence: str
    valid_sentence: str
    warnings: tuple[str, ...]  # history delayed, a note in its last good version, incident list incomplete …
    platforms: tuple[PlatformView, ...]
    regions: tuple[RegionView, ...]
    findings: tuple[FindingView, ...]
    incidents: tuple[IncidentView, ...]  # every published one, newest first
    active: tuple[str, ...]  # ids, most severe first
    upcoming: tuple[str, ...]  # ids of maintenance, soonest first
    recent: tuple[tuple[str, str, tuple[str, ...]], ...]  # last seven days: date, text, incident ids
    months: tuple[Month, ...]
    causes: tuple[CauseView, ...]
    comparisons: tuple[Comparison, ...]
    pages: tuple[PageView, ...]
    strings: Mapping[str, str] = field(default_factory=lambda: EMPTY)  # interface text of this language
    version: str = ""
    # The name in feed and API ids, `Site.id` or the host of the address: stays when the site moves. Empty: outputs take
    # the host of `base_url`.
    feed_host: str = ""
    # What claims rest on, by UTC day (YYYY-MM-DD), each day by (at, check, region): the observations that standings,
    # outages and findings name as evidence, as far as history still has them (`Past.evidence`). Private components and
    # secrets are already out.
    evidence: Mapping[str, tuple[Observation, ...]] = field(default_factory=lambda: EMPTY)
    # Older days whose files of evidence are published beside the view: how many observations each.
    evidence_days: Mapping[str, int] = field(default_factory=lambda: EMPTY)
    # The section `cms` of status.yml: what the editor in the browser is told. Nothing in it is secret.
    cms: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    # Built when the newest check was too old already: `sentence` says that nothing is known, not what was.
    stale: bool = False
    # How much later than planned the last round came; None where nothing can be said. `lateness_text` says it when it
    # is much.
    late_seconds: int | None = None
    # Incidents that were published once and are there no more, newest start first: a page each, and a word in the
    # feeds. Their one update says that they are withdrawn; their `status` means nothing.
    gone: tuple[IncidentView, ...] = ()
    former: tuple[str, ...] = ()  # what incidents speak of and nobody watches any more, a sentence each

    @property
    def components(self) -> tuple[ComponentView, ...]:
        return tuple(c for p in self.platforms for c in p.components)

    def incident(self, id: str) -> IncidentView:
        """The incident of this id; KeyError if there is none (a template asking for one is our bug)."""
        for incident in self.incidents:
            if incident.id == id:
                return incident
        raise KeyError(id)
