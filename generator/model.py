"""The words of Roadworthy as values. One word for one thing, the same in code, YAML, JSON and pages.

Nothing here reads a clock, a file or a network, and nothing here decides. Every value is frozen.
Times are whole Unix seconds, UTC (`Time`), so that they compare, subtract and serialise without a time zone;
`generator.text` turns them into words. Latencies are milliseconds, durations are seconds.
This file imports nothing of the package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

Time: TypeAlias = int
"""Whole Unix seconds, UTC."""

JSON: TypeAlias = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]

EMPTY: Mapping[Any, Any] = MappingProxyType({})

ALL = "*"
"""In place of a region id: all regions taken together."""


# ---- sentences as values ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """A time inside a `Said`: each language writes it in its own way."""

    at: Time


@dataclass(frozen=True, slots=True)
class Length:
    """A stretch of time inside a `Said`, in seconds."""

    seconds: int


Filling: TypeAlias = "str | int | Said | Moment | Length | tuple[Filling, ...]"
"""What may fill a `Said`: a name as it is, a number, a sentence inside, a time, a length, a list of these."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the machine as a value: a message of the catalogues and what fills its `{names}`.

    With `many` it counts: `message` is said of one, `many` of any other `n`. `plain.english` and `Text.say` make words.
    """

    message: str
    values: tuple[tuple[str, Filling], ...] = ()
    many: str = ""
    n: int = 0


# ---- the words -------------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """What we believe of a component, in one region or over all. Statuspage's words, plus `unknown`."""

    OPERATIONAL = "operational"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"
    UNDER_MAINTENANCE = "under_maintenance"
    UNKNOWN = "unknown"


WORST_FIRST: tuple[Status, ...] = (
    Status.MAJOR_OUTAGE,
    Status.PARTIAL_OUTAGE,
    Status.DEGRADED_PERFORMANCE,
    Status.UNDER_MAINTENANCE,
    Status.UNKNOWN,
    Status.OPERATIONAL,
)
"""The one order of precedence between statuses. Nothing else in the package orders them."""

FAILING = frozenset({Status.MAJOR_OUTAGE, Status.PARTIAL_OUTAGE, Status.DEGRADED_PERFORMANCE})


def worst(statuses: Any) -> Status:
    """The first of `WORST_FIRST` that occurs; `unknown` if there is none at all."""
    seen = set(statuses)
    return next((s for s in WORST_FIRST if s in seen), Status.UNKNOWN)


class Verdict(StrEnum):
    """What one look says. `inconclusive` and `blocked_by_policy` never count for or against anything."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    INCONCLUSIVE = "inconclusive"
    BLOCKED_BY_POLICY = "blocked_by_policy"


class Stage(StrEnum):
    """How far a look got before it failed, in order."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    REQUEST = "request"
    CONTENT = "content"


class Failure(StrEnum):
    """The closed vocabulary of what can go wrong. `UNKNOWN_FAILURE` keeps its scrubbed text in `detail`.

    The comment behind a word is the verdict it leads to, unless the check says otherwise.
    """

    # the target's, seen by DNS
    NXDOMAIN = "dns_no_such_name"  # down
    DNS_SERVFAIL = "dns_server_failure"  # inconclusive alone, down by quorum
    DNS_TIMEOUT = "dns_timeout"  # inconclusive alone
    DNS_NO_ADDRESS = "dns_no_address"  # down
    DNS_WRONG_ANSWER = "dns_wrong_answer"  # down
    # the target's, seen by TCP and TLS
    REFUSED = "connection_refused"  # down
    CONNECT_TIMEOUT = "connect_timeout"  # down
    UNREACHABLE = "unreachable"  # down, or inconclusive when everything is
    RESET = "connection_reset"  # down
    TLS_EXPIRED = "tls_expired"  # down
    TLS_NOT_YET_VALID = "tls_not_yet_valid"  # down
    TLS_WRONG_HOST = "tls_wrong_host"  # down
    TLS_SELF_SIGNED = "tls_self_signed"  # down
    TLS_UNTRUSTED = "tls_untrusted"  # down
    TLS_HANDSHAKE = "tls_handshake"  # down
    TLS_EXPIRES_SOON = "tls_expires_soon"  # degraded
    # the target's, seen by HTTP
    TIMEOUT = "timeout"  # down: connected, then no complete answer in time
    CLOSED_EARLY = "closed_early"  # down: the answer ended before it was whole
    PROTOCOL_ERROR = "protocol_error"  # down: not an HTTP answer
    TOO_LARGE = "too_large"  # down only if what was asked for needs the whole body
    BAD_ENCODING = "bad_encoding"  # down: compressed body broken, or a bomb
    REDIRECT_LOOP = "redirect_loop"  # down
    REDIRECT_REFUSED = "redirect_refused"  # down: to another scheme, a private address, or nowhere
    WRONG_STATUS = "wrong_status"  # down
    SERVER_ERROR = "server_error"  # down: 5xx without a better word
    EDGE_ERROR = "edge_error"  # down: 52x/530, or 5xx made by the edge: it cannot reach the origin
    OVERLOADED = "overloaded"  # down: 503/504 from the application itself
    SLOW = "slow"  # degraded
    # the target's, seen in the content
    WRONG_TYPE = "wrong_content_type"  # down
    WRONG_CONTENT = "wrong_content"  # down: text or value that must (not) be there
    NOT_JSON = "not_json"  # down
    EMPTY = "empty_answer"  # down: 200 with nothing where something must be
    WRONG_MAGIC = "wrong_magic"  # down
    WRONG_LENGTH = "wrong_length"  # down
    WRONG_HASH = "wrong_hash"  # down
    STALE_RELEASE = "stale_release"  # degraded: an older version than expected
    STALE = "stale"  # degraded or down by threshold: newest item too old
    LAGGING = "lagging"  # degraded or down by threshold: appears elsewhere too late
    HOLES = "holes"  # degraded or down by threshold: never appears elsewhere
    DISAGREES = "disagrees"  # degraded or down by threshold: two places tell different stories
    BACKLOG = "backlog"  # degraded or down by threshold: too many wait, or too long
    FROZEN = "frozen"  # degraded or down by threshold: values stand still
    UNTAGGED = "untagged"  # degraded or down by threshold: items lack what they should carry
    CACHED_ERROR = "cached_error"  # degraded: the edge keeps an error, a fresh request is fine
    STALE_EDGE = "stale_edge"  # degraded: only the edge is old
    OFFICIAL_OUTAGE = "official_outage"  # the platform's own status page says so
    # nobody's outage: always inconclusive
    CHALLENGED = "blocked"  # a bot wall answered
    RATE_LIMITED = "rate_limited"  # 429: our own rate
    TOO_FEW = "too_few_samples"  # a quiet hour
    NO_HISTORY = "no_history"  # nothing yet to compare with
    NO_ROUTE = "no_route"  # our own network
    CLOCK_SKEW = "clock_skew"  # our own clock
    CONTROL_FAILED = "control_failed"  # this region cannot see its controls
    SUSPECT_REGION = "suspect_region"  # this region sees failures nobody else sees
    ENGINE_ERROR = "engine_error"  # what carries the check failed
    ENGINE_BUDGET = "engine_budget"  # the engine's allowance is used up
    ENGINE_OUTDATED = "engine_outdated"  # the exporter runs an older configuration
    TRUNCATED = "truncated"  # the engine cut the answer before the part that matters
    MISSING_SECRET = "missing_secret"  # allowed by --allow-missing-secrets
    INTERNAL = "internal"  # our own bug, kept to this check
    UNKNOWN_FAILURE = "unknown_failure"  # seen, but we have no word for it
    # policy
    REGION_BLOCKED = "region_blocked"  # blocked_by_policy: 451 or the platform's own word


class Impact(StrEnum):
    """How much an incident matters, in the words of Statuspage."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"
    MAINTENANCE = "maintenance"


class Progress(StrEnum):
    """Where an incident or a maintenance stands (Statuspage's incident status)."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"


class Confidence(StrEnum):
    """How sure a finding is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


# ---- configuration ---------------------------------------------------------------------------------------------------


MAX_BODY = 1 << 20
"""Bytes of an answer that are read, unless a check says less."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `secrets` names the headers (lower case) whose values must never leave this request's origin.

    `share` and `pace` are courtesy towards the target: several checks that read the same list ask for it once, and a
    platform is never asked faster than its budget allows. A `Look` that cannot share or pace may ignore them.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    body: bytes | None = None
    max_bytes: int = MAX_BODY
    follow: int = 5
    secrets: frozenset[str] = frozenset()
    share: str = ""  # requests of one run and region with the same word here are sent once, first attempt only
    pace: float = 0.0  # seconds between two starts towards this host in one run; 0 = the gate's own pace


@dataclass(frozen=True, slots=True)
class Later:
    """In the place of a spec that was read before: `make` makes it for whoever asks. A build asks for none."""

    make: Callable[[], Any]


class _SpecLater:
    """A check whose spec is a `Later` holds it here, until somebody reads the spec."""

    __slots__ = ("_later",)

    def __post_init__(self) -> None:
        spec = self.spec
        if type(spec) is Later:
            object.__setattr__(self, "_later", spec)
            object.__delattr__(self, "spec")

    if TYPE_CHECKING:
        spec: Any
    else:

        def __getattr__(self, name: str) -> Any:
            if name != "spec":
                raise AttributeError(f"a check has no {name}")
            spec = self._later.make()
            object.__setattr__(self, "spec", spec)
            return spec


@dataclass(frozen=True, slots=True)
class Check(_SpecLater):
    """One way of looking at a component.

    `id` is `PLATFORM/COMPONENT/CHECK`; `spec` is the value the probe of `kind` parsed (`generator.probes`). What
    follows from it is said here for those who do not look: `asks` are the plain requests it sends, where they are
    known beforehand; `compared` says that one round of its looks is judged again over all regions.
    `worst` caps what a failing check can make of its component: a weak hint never makes a major outage.
    `regions` are the regions that run it; `need` > 0 overrides the quorum (an expensive check runs in one region).
    """

    id: str
    kind: str
    name: str
    component: str
    spec: Any
    regions: tuple[str, ...]
    interval: int
    timeout: float = 10.0
    retries: int = 2
    worst: Status = Status.MAJOR_OUTAGE
    question: str = ""
    secrets: frozenset[str] = frozenset()
    allow_private: bool = False
    resolve: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    was: tuple[str, ...] = ()
    enabled: bool = True
    missing: frozenset[str] = frozenset()  # names of its secrets that are not set here; such a check is never sent
    asks: tuple[Request, ...] = ()
    compared: bool = False

    def is_called(self, word: str) -> bool:
        """Whether the word stands in its id, its name or its address."""
        address = " ".join(request.url for request in self.asks) if self.asks else str(self.spec)
        return word.lower() in f"{self.id} {self.name} {address}".lower()


@dataclass(frozen=True, slots=True)
class Component:
    """A part that people use or that fails by itself. `id` is `PLATFORM/KEY`.

    `impact` is markdown: what its failure means for the visitor. `function` names what it does in words shared by
    the platforms (`search`, `api`, `cdn`), so that the same function can be compared on both.
    """

    id: str
    platform: str
    key: str
    name: str
    description: str = ""
    impact: str = ""
    group: str = ""
    function: str = ""
    depends: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    was: tuple[str, ...] = ()
    public: bool = True
    since: Time | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """What is watched. `official` is the id of `official_check`, which reads its own status page, or empty."""

    id: str
    name: str
    role: str  # subject | reference
    url: str = ""
    official: str = ""
    official_url: str = ""
    timezone: str = "UTC"
    description: str = ""
    components: tuple[Component, ...] = ()
    official_check: Check | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A place to look from. `options` are the engine's own (`generator.engines`)."""

    id: str
    name: str
    engine: str
    options: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    resolve: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    allow_private: bool = False
    was: tuple[str, ...] = ()

    @property
    def on_call(self) -> bool:
        """Whether it looks only when others fail, or seldom: its silence is no trouble and says nothing."""
        return self.options.get("mode") in ("second_opinion", "sweep")


@dataclass(frozen=True, slots=True)
class Rules:
    """Every number the state machine uses, with its default (reference: the status rule). Seconds where it is time."""

    quorum: int = 0  # 0 = strict majority of the configured regions
    down_after: int = 0  # 0 = 1, or 2 with a single region
    up_after: int = 2
    partial_after: int = 2
    degraded_after: int = 2
    retries: int = 2
    retry_wait: tuple[float, ...] = (2.0, 10.0)
    stale_rounds: int = 3  # a vote is fresh for this many intervals of its check
    stale_min: int = 900  # and never for less than this
    cap_rounds: int = 2  # a sample covers at most this many intervals of uptime
    suspect_share: float = 0.6
    suspect_margin: float = 0.4
    suspect_min_targets: int = 5
    max_skew: int = 120
    round_limit: int = 45  # what has not been looked at by then is not looked at in this round
    flap_window: int = 20
    flap_enter: int = 5
    flap_leave: int = 2


@dataclass(frozen=True, slots=True)
class Site:
    """What the page calls itself."""

    title: str
    url: str  # absolute, no trailing slash; empty = relative site
    description: str = ""
    languages: tuple[str, ...] = ("en",)
    contact: str = ""
    logo: str = ""
    accent: str = ""
    timezone: str = "UTC"
    independence: str = ""
    live_url: str = ""  # where live.json is refreshed; empty = /live.json of the site itself
    repository: str = ""
    user_agent: str = ""
    websub: str = ""
    show_powered_by: bool = True
    id: str = ""  # the name in feed and API ids, kept when the site moves to another domain; empty = host of `url`


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A stretch a person marked as mis-measured: it leaves uptime, stays visible."""

    start: Time
    end: Time
    reason: str
    components: tuple[str, ...] = ()  # empty = all
    regions: tuple[str, ...] = ()  # empty = all


@dataclass(frozen=True, slots=True)
class Watched:
    """A component or a region as history remembers it: what it and its platform were called, and until when it was in
    the configuration. `until` None: it still is."""

    name: str
    platform: str = ""  # empty for a region
    until: Time | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """`content/status.yml`, read and checked. `extra` holds the sections of single outputs (deploy, notify, cms).

    `former` is not in the file: it is what stood there once and was public, by id, as the last run wrote it down.
    """

    site: Site
    interval: int
    regions: tuple[Region, ...]
    controls: tuple[Check, ...]  # id `control/N`, component ``
    platforms: tuple[Platform, ...]
    rules: Rules = Rules()
    exclusions: tuple[Exclusion, ...] = ()
    history: str = ""  # store URL; empty = sqlite under the root
    extra: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    secrets: frozenset[str] = frozenset()  # values that must never be written anywhere
    former: Mapping[str, Watched] = field(default_factory=lambda: EMPTY)

    @property
    def components(self) -> tuple[Component, ...]:
        return tuple(c for p in self.platforms for c in p.components)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every enabled check of every component and of the official status pages, without the controls."""
        official = (p.official_check for p in self.platforms if p.official_check is not None)
        return tuple(k for ks in (*(c.checks for c in self.components), official) for k in ks if k.enabled)

    def component(self, id: str) -> Component | None:
        return next((c for c in self.components if c.id == id), None)

    def platform(self, id: str) -> Platform | None:
        return next((p for p in self.platforms if p.id == id), None)


# ---- measuring -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Observation:
    """One look: check, region, time, verdict, facts. The key is (check, region, at).

    `value`, `unit`, `degraded`, `down` carry a number beside the thresholds it was held to.
    `detail` is our own sentence "wanted …, got …", at most 300 characters, scrubbed, plain text.
    `facts` is small, JSON-able, free of secrets, addresses of clients and bodies: what the verdict rests on.
    """

    check: str
    region: str
    at: Time
    verdict: Verdict
    failure: Failure | None = None
    stage: Stage | None = None
    latency_ms: float | None = None
    phases: Mapping[str, float] = field(default_factory=lambda: EMPTY)  # dns connect tls first_byte total, ms
    attempts: int = 1
    value: float | None = None
    unit: str = ""
    degraded: float | None = None
    down: float | None = None
    detail: str = ""
    facts: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    engine: str = ""
    low_confidence: bool = False  # our own machine was too slow to time this

    @property
    def key(self) -> tuple[str, str, Time]:
        return (self.check, self.region, self.at)

    @property
    def conclusive(self) -> bool:
        return self.verdict in (Verdict.OK, Verdict.DEGRADED, Verdict.DOWN)


@dataclass(frozen=True, slots=True)
class Round:
    """All observations of one slot of the schedule. `at` is the start of the slot (a multiple of the interval)."""

    at: Time
    observations: tuple[Observation, ...]


class RegionHealth(StrEnum):
    OK = "ok"
    SUSPECT = "suspect"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a region may vote. `why` is a sentence; `reason` the word for the observations it silences.

    `said` is the same sentence as a value, for other languages.
    """

    region: str
    health: RegionHealth
    why: str = ""
    reason: Failure | None = None
    checked_at: Time | None = None
    said: Said | None = None


# ---- believing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """What we believe of a component in one region, or over all (`region == ALL`), and since when.

    `rule` names the row of the precedence table that decided. `since` is back-dated to the first sample that shows it.
    `checked_at` is the newest conclusive evidence; `held` says that the quorum is missing and the last status stands.
    """

    component: str
    region: str
    status: Status
    since: Time | None = None
    checked_at: Time | None = None
    rule: str = ""
    failure: Failure | None = None
    latency_ms: float | None = None
    held: bool = False
    flapping: bool = False
    votes: Mapping[str, str] = field(default_factory=lambda: EMPTY)  # region (or check) -> status voted
    evidence: tuple[tuple[str, str, Time], ...] = ()  # keys of observations
    nearly: tuple[str, ...] = ()  # rules that nearly fired ("some_regions_down: 1 of 2 rounds")
    known_at: Time | None = None  # the newest look that showed the last status that was not `unknown`
    unconfirmed: Status | None = None  # what the newest round showed, where that is not believed yet


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one status in the timeline of a component in a region (or ALL). Spans of a series partition time.

    `end` is None for the running span. Gaps without evidence are spans of `unknown`.
    """

    component: str
    region: str
    start: Time
    end: Time | None
    status: Status
    failure: Failure | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """An interval that checks found in a component, confirmed. `id` never changes once published.

    `worst` is the worst status reached; `confirmed` is when the rule believed it, `started` is back-dated. `flapping`
    says that it worked in between and failed again.
    """

    id: str
    component: str
    regions: tuple[str, ...]
    started: Time
    confirmed: Time
    ended: Time | None
    worst: Status
    failures: tuple[Failure, ...] = ()
    checks: tuple[str, ...] = ()
    evidence: tuple[tuple[str, str, Time], ...] = ()
    flapping: bool = False


@dataclass(frozen=True, slots=True)
class Rollup:
    """One series over one hour or day. `series` is a component id (seconds by status) or a check id (samples).

    `histogram` maps a bucket number to a count (`generator.history` defines the buckets, the same for ever);
    `seconds` maps a status to seconds. Rollups of the same bucket merge by addition.
    """

    scale: str  # hour | day | total (seconds since the beginning, up to `at`)
    series: str
    region: str
    at: Time  # start of the bucket, UTC
    seconds: Mapping[Status, int] = field(default_factory=lambda: EMPTY)
    worst: Status = Status.UNKNOWN
    samples: int = 0
    failed: int = 0
    inconclusive: int = 0
    histogram: Mapping[int, int] = field(default_factory=lambda: EMPTY)
    value_min: float | None = None
    value_max: float | None = None
    value_last: float | None = None


# ---- people ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; lines and columns count from 1."""

    file: str
    line: int = 0
    col: int = 0


@dataclass(frozen=True, slots=True)
class Update:
    """One update of a note. `id` is its time as `20261123T0542Z` (`-2`, `-3` … for a second in the same minute)."""

    id: str
    at: Time
    status: Progress
    body: str = ""  # markdown as written
    html: str = ""  # rendered and sanitised, the same for page and feed
    components: Mapping[str, Status] = field(default_factory=lambda: EMPTY)
    edited: Time | None = None
    place: Place = Place("")


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wrote: an incident, a maintenance or a notice."""

    id: str
    kind: str  # incident | maintenance | notice
    title: str
    impact: Impact
    started: Time
    components: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()  # empty = all
    updates: tuple[Update, ...] = ()  # oldest first
    ended: Time | None = None  # when the last update resolves it; for maintenance the end of the window
    cause: str = ""
    next_update: Time | None = None
    body: str = ""
    html: str = ""
    draft: bool = False
    publish_at: Time | None = None
    pinned: bool = False
    links: tuple[str, ...] = ()
    lang: str = ""
    windows: tuple[tuple[Time, Time], ...] = ()  # maintenance only; recurring ones expanded
    outages: tuple[str, ...] = ()  # outage ids a person tied to it
    place: Place = Place("")
    stale_version: bool = False  # the last good version stands in for one with errors


# ---- explaining ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cause:
    """A named explanation with a signature (`content/causes/ID.md`). `signature` is what `diagnosis` parsed."""

    id: str
    title: str
    signature: Any
    confidence: Confidence
    scope: tuple[str, ...] = ()
    against: str = ""
    decides: str = ""
    summary: str = ""
    sections: Mapping[str, str] = field(default_factory=lambda: EMPTY)  # heading key -> html: what, means, do
    html: str = ""
    place: Place = Place("")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation or fact a finding rests on, with its sentence. `key` is the observation's, where it is one.

    `said` is the sentence as a value, for other languages.
    """

    sentence: str
    key: tuple[str, str, Time] | None = None
    said: Said | None = None


UNKNOWN_CAUSE = "unknown-cause"
"""The cause of a finding that says that no cause fits: no probable cause, and nothing to be confident of."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause applied. Cannot be made without evidence.

    `doubts` are those sentences of `against` that the machine made, as values, in the same order; what follows them in
    `against` is content.
    """

    cause: str
    title: str
    confidence: Confidence
    platform: str
    components: tuple[str, ...]
    regions: tuple[str, ...]
    since: Time
    evidence: tuple[Evidence, ...]
    against: tuple[str, ...] = ()
    decides: str = ""
    aside: bool = False  # says something about the picture, not why something fails
    doubts: tuple[Said, ...] = ()

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"finding {self.cause!r} has no evidence")


@dataclass(frozen=True, slots=True)
class OfficialWord:
    """What the platform's own status page said while an outage lasted, as far as we read it.

    Every moment is that of a reading of ours. `acknowledged` is the first reading that said anything but operational
    (`word`, of the part it calls `about`, or of the whole platform), `silent` the last one before it that still said
    operational, `over` the first one after it that said operational again. `read` counts the readings during the
    outage that could be understood, `unread` those that could not; `last` is the newest reading that was counted in.
    """

    outage: str
    read: int = 0
    unread: int = 0
    silent: Time | None = None
    acknowledged: Time | None = None
    word: Status | None = None
    about: str = ""
    region: str = ""  # where the newest reading that said anything but operational came from
    over: Time | None = None
    last: Time | None = None
    evidence: tuple[tuple[str, str, Time], ...] = ()  # keys of the readings behind the three moments


@dataclass(frozen=True, slots=True)
class IncidentUpdate:
    """One line of an incident's story: a person's (`automatic` False) or the machine's.

    `said` are the machine's sentences as values, for other languages; text among them is content and stays as written.
    """

    id: str
    at: Time
    status: Progress
    text: str  # plain text
    html: str
    automatic: bool = False
    components: Mapping[str, Status] = field(default_factory=lambda: EMPTY)
    edited: Time | None = None
    said: tuple[Said | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """Outages and notes merged. `note` None: in the machine's words. `outages` empty: only a person saw it.

    `conflict` is a sentence when the note and the checks disagree ("the note says resolved, checks still fail").
    `aliases` are other ids it was or may have been known by; a page exists at each of them. `lasting` says how
    long it ran or runs, how often the same happened and how that compares; empty without an outage.
    `official` is what the platform's own page said of each outage, where it is watched.
    """

    id: str
    kind: str  # incident | maintenance | notice
    title: str
    status: Progress
    impact: Impact
    started: Time
    ended: Time | None
    components: tuple[str, ...]
    regions: tuple[str, ...]
    updates: tuple[IncidentUpdate, ...]  # oldest first
    note: Note | None = None
    outages: tuple[Outage, ...] = ()
    findings: tuple[Finding, ...] = ()
    cause: str = ""
    conflict: str = ""
    overdue: bool = False
    aliases: tuple[str, ...] = ()
    lasting: tuple[Said, ...] = ()
    official: tuple[OfficialWord, ...] = ()
    differs: Said | None = None  # `conflict` as a value, for other languages
    evidence: tuple[tuple[str, str, Time], ...] = ()  # keys of all looks that its story rests on

    @property
    def active(self) -> bool:
        return self.ended is None


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of the site: its path below the site folder, with `/`, and its bytes."""

    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Past:
    """What history says, as the pure core needs it: never raw data of more than the last rounds.

    `standings` by (component, region or ALL); `latest` holds the newest observations of each (check, region), newest
    last, a few rounds deep. `days` and `hours` are roll-ups, `spans` the running and recent stretches (90 days). Days
    of a check are there if its component ever failed or is compared; components and what is gone have all of theirs.
    `delayed` is a sentence when history could not be read or saved and this is the last known copy.
    """

    standings: Mapping[tuple[str, str], Standing] = field(default_factory=lambda: EMPTY)
    health: Mapping[str, Health] = field(default_factory=lambda: EMPTY)
    outages: tuple[Outage, ...] = ()
    latest: Mapping[tuple[str, str], tuple[Observation, ...]] = field(default_factory=lambda: EMPTY)
    days: tuple[Rollup, ...] = ()
    hours: tuple[Rollup, ...] = ()
    spans: tuple[Span, ...] = ()
    checked_at: Time | None = None  # newest observation of any kind
    first_at: Time | None = None  # oldest day history knows
    delayed: str = ""
    lateness: int | None = None  # seconds the last round came later than the schedule says
    retired: tuple[str, ...] = ()  # components that have history and are no longer configured
    hours_from: Time | None = None  # `hours` holds nothing before this: there it is not a gap, it was not loaded
    totals: tuple[Rollup, ...] = ()  # scale "total": seconds since the beginning, as of `at` (`history.uptime_of`)
    warnings: tuple[str, ...] = ()  # sentences: future-dated or too late observations that were set aside
    # Observations that standings, outages and findings name as evidence, loaded by key as far as raw history reaches.
    evidence: tuple[Observation, ...] = ()
    # Older days (YYYY-MM-DD) whose evidence is kept and published as it is: how many looks each.
    kept_days: Mapping[str, int] = field(default_factory=lambda: EMPTY)
