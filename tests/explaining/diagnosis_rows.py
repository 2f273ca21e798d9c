"""The diagnosis table of the platforms as vectors: what is measured, and which cause must come first.

The numbers are those of the research table. `also` must stand beside the first one; where the table is ambiguous on
purpose, both explanations must be told. `first` "" means that nothing may be found at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from generator.model import Confidence, Failure, RegionHealth, Status, Verdict
from tests.explaining.worlds import Fault

DEGRADED = Verdict.DEGRADED
CIVITAI = ("api", "search", "indexing", "images", "cdn", "routing")


@dataclass(frozen=True)
class Row:
    number: int
    why: str
    first: str
    faults: tuple[Fault, ...] = ()
    also: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    confidence: tuple[Confidence, ...] = tuple(Confidence)
    controls: Mapping[str, Iterable[str]] = field(default_factory=dict)
    health: Mapping[str, RegionHealth] = field(default_factory=dict)
    official: Mapping[str, str] = field(default_factory=dict)
    silent: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        return f"{self.number:02}-{self.why.replace(' ', '-')}"


HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


def _c(key: str, check: str, failure: Failure, verdict: Verdict = Verdict.DOWN, **more: object) -> Fault:
    return Fault(f"civitai/{key}", check, failure, verdict, **more)  # type: ignore[arg-type]


def _edge(status: int, **more: object) -> tuple[Fault, ...]:
    """The site as an edge answers for it: every part that needs the application fails the same way."""
    facts = {"status": status}
    return tuple(_c(k, "", Failure.EDGE_ERROR, facts=facts, **more) for k in ("api", "search"))


LAG = {"degraded": 1500.0, "down": 10800.0}
STALE_SCAN = _c("scanning", "pulse", Failure.STALE, value=2400, degraded=600, down=1800)
DROUGHT = _c("scanning", "publications", Failure.STALE, DEGRADED)

ROWS: tuple[Row, ...] = (
    Row(1, "everything works", ""),
    Row(
        2,
        "search refuses, the list answers",
        "search-backend-down",
        (_c("search", "known-model", Failure.OVERLOADED, facts={"status": 503}),),
        confidence=(HIGH,),
    ),
    Row(
        3,
        "search is 40 min behind",
        "indexing-slow",
        (_c("indexing", "lag", Failure.LAGGING, DEGRADED, value=2400, **LAG),),
    ),
    Row(
        4,
        "search is 4 h behind",
        "indexing-stalled",
        (_c("indexing", "lag", Failure.LAGGING, value=14400, standing=Status.PARTIAL_OUTAGE, **LAG),),
        confidence=(HIGH,),
    ),
    Row(5, "holes behind a fresh watermark", "indexing-drops-items", (_c("indexing", "lag", Failure.HOLES, DEGRADED),)),
    Row(6, "drought and no scanned pictures", "scan-hides-models", (STALE_SCAN, DROUGHT), also=("image-scan-stalled",)),
    Row(
        7,
        "pictures arrive without tags",
        "tagger-failing",
        (_c("tagging", "untagged", Failure.UNTAGGED, standing=Status.PARTIAL_OUTAGE),),
    ),
    Row(
        8,
        "feed lacks pictures the database has",
        "image-index-behind",
        (STALE_SCAN, _c("images", "galleries", Failure.LAGGING, DEGRADED)),
        confidence=(HIGH,),
        never=("image-scan-stalled",),
    ),
    Row(8, "no scanned pictures anywhere", "image-scan-stalled", (STALE_SCAN,), confidence=(MEDIUM,)),
    Row(
        9,
        "feed answers 200 with nothing",
        "empty-instead-of-error",
        (_c("images", "newest-pictures", Failure.EMPTY),),
        confidence=(HIGH,),
    ),
    Row(
        10,
        "files wait for their scan",
        "file-scan-backlog",
        (_c("files", "waiting", Failure.BACKLOG, DEGRADED),),
        confidence=(HIGH,),
    ),
    Row(
        11,
        "no trained models are published",
        "training-stalled",
        (_c("training", "pulse", Failure.STALE, DEGRADED),),
        also=("training-quiet",),
        confidence=(LOW,),
    ),
    Row(
        12,
        "all workers stop together",
        "orchestrator-down",
        (
            STALE_SCAN,
            _c("training", "pulse", Failure.STALE, DEGRADED),
            _c("files", "waiting", Failure.BACKLOG, DEGRADED),
            _c("tagging", "untagged", Failure.UNTAGGED, DEGRADED),
        ),
        confidence=(HIGH,),
        never=("file-scan-backlog", "training-stalled", "tagger-failing", "image-scan-stalled"),
    ),
    Row(
        13,
        "no picture says it was made here",
        "generation-paused",
        (_c("generation", "made-here", Failure.BACKLOG, DEGRADED),),
        confidence=(LOW,),
    ),
    Row(
        13,
        "no picture says it was made here for days",
        "generation-metadata-changed",
        (_c("generation", "made-here", Failure.BACKLOG, DEGRADED, ago=3 * 86400),),
        also=("generation-paused",),
        confidence=(LOW,),
    ),
    Row(
        14,
        "the list and search fail, the application answers",
        "database-slow",
        (
            _c("api", "listing", Failure.SERVER_ERROR, facts={"status": 500}),
            _c("search", "known-model", Failure.SERVER_ERROR, facts={"status": 500}),
        ),
        confidence=(HIGH,),
        never=("search-backend-down", "overload"),
    ),
    Row(
        15,
        "only the address of the original is silent",
        "primary-database-trouble",
        (
            _c(
                "replication",
                "primary-and-copy",
                Failure.SERVER_ERROR,
                Verdict.INCONCLUSIVE,
                facts={"compared": 0, "silent": ["database"]},
            ),
        ),
        confidence=(MEDIUM,),
    ),
    Row(
        16,
        "reads differ from call to call",
        "replica-lag",
        (_c("replication", "repeated-reads", Failure.DISAGREES, DEGRADED, ago=600),),
        confidence=(MEDIUM,),
    ),
    Row(
        17,
        "single objects stay old for hours",
        "poisoned-cache",
        (_c("replication", "primary-and-copy", Failure.DISAGREES, DEGRADED, ago=4 * 3600),),
        never=("replica-lag",),
    ),
    Row(
        18,
        "one place sees an old copy",
        "edge-copy-old",
        (_c("cdn", "edge-copy", Failure.STALE_EDGE, DEGRADED, regions=("east",), facts={"fresh": {"status": 200}}),),
        confidence=(HIGH,),
    ),
    Row(
        19,
        "old copies hide that nobody is behind the edge",
        "origin-masked-by-edge",
        (_c("cdn", "edge-copy", Failure.STALE_EDGE, DEGRADED, facts={"fresh": {"status": 522}}),),
        confidence=(HIGH,),
    ),
    Row(
        20,
        "origin refuses the edge everywhere",
        "origin-down",
        _edge(521),
        confidence=(HIGH,),
        never=("search-backend-down",),
    ),
    Row(20, "origin unreachable everywhere", "origin-down", _edge(523), confidence=(HIGH,)),
    Row(21, "edge waits in vain for answers", "overload", _edge(524), confidence=(HIGH,)),
    Row(
        21,
        "gateway timeouts",
        "overload",
        (_c("api", "", Failure.OVERLOADED, facts={"status": 504}),),
        confidence=(HIGH,),
    ),
    Row(
        22,
        "another address of Cloudflare fails too",
        "cloudflare-wide",
        _edge(500),
        controls={"cloudflare": ("home", "east", "west")},
        confidence=(HIGH,),
        never=("origin-down",),
    ),
    Row(
        23,
        "one area only",
        "edge-down-in-region",
        _edge(500, regions=("east",)),
        confidence=(MEDIUM,),
        never=("origin-down",),
    ),
    Row(
        24,
        "the platform closes itself to a country",
        "legal-geoblock",
        (_c("routing", "region", Failure.REGION_BLOCKED, Verdict.BLOCKED_BY_POLICY, regions=("west",)),),
        confidence=(HIGH,),
    ),
    Row(
        25,
        "one country times out",
        "isp-filtering",
        tuple(_c(k, "", Failure.CONNECT_TIMEOUT, regions=("east",)) for k in ("api", "search", "cdn")),
        confidence=(MEDIUM,),
    ),
    Row(
        26,
        "one name server tells another story",
        "dns-tampering",
        (_c("routing", "names", Failure.DNS_WRONG_ANSWER, regions=("east",)),),
        confidence=(MEDIUM,),
    ),
    Row(
        27,
        "a few previews lead nowhere",
        "stale-image-redirect",
        (
            _c(
                "cdn",
                "avatars",
                Failure.WRONG_STATUS,
                DEGRADED,
                facts={"bad": 1, "samples": [{"status": 404}, {"status": 200}]},
            ),
        ),
    ),
    Row(
        28,
        "pictures that are no pictures",
        "cdn-corruption",
        (_c("cdn", "avatars", Failure.WRONG_MAGIC, regions=("home", "east")),),
        confidence=(HIGH,),
    ),
    Row(
        29,
        "text works, pictures do not",
        "asset-storage-down",
        (_c("cdn", "avatars", Failure.SERVER_ERROR),),
        confidence=(HIGH,),
    ),
    Row(
        30,
        "an error that only the edge repeats",
        "cached-error",
        (_c("cdn", "edge-copy", Failure.CACHED_ERROR, DEGRADED),),
        confidence=(HIGH,),
    ),
    Row(
        31,
        "a bot wall answers",
        "bot-wall",
        tuple(_c(k, "", Failure.CHALLENGED, Verdict.INCONCLUSIVE) for k in ("api", "search")),
        confidence=(HIGH,),
        never=("origin-down", "unknown-cause"),
    ),
    Row(
        32,
        "our own rate",
        "rate-limited",
        (_c("api", "", Failure.RATE_LIMITED, Verdict.INCONCLUSIVE, facts={"status": 429}),),
        confidence=(HIGH,),
        never=("unknown-cause",),
    ),
    Row(
        33,
        "counters stand still",
        "counters-frozen",
        (_c("metrics", "downloads", Failure.FROZEN, DEGRADED),),
        confidence=(HIGH,),
    ),
    Row(
        34,
        "their page says all is well",
        "file-scan-backlog",
        (_c("files", "waiting", Failure.BACKLOG, DEGRADED),),
        also=("monitors-blind-here",),
        official={"civitai": "operational"},
    ),
    Row(
        35,
        "one place sees nothing at all",
        "vantage-offline",
        (),
        controls={"c": ("east",), "h": ("east",)},
        health={"east": RegionHealth.SUSPECT},
        silent=tuple(
            (f"{p}/{k}", "east") for p in ("civitai", "huggingface") for k in (*CIVITAI, "resolver", "scanning")
        ),
        never=("origin-down", "unknown-cause"),
    ),
    Row(
        36,
        "Hugging Face alone fails",
        "reference-platform-incident",
        tuple(
            Fault(f"huggingface/{k}", "", Failure.SERVER_ERROR, facts={"status": 503})
            for k in ("api", "resolver", "search")
        ),
        confidence=(HIGH,),
    ),
    Row(
        37,
        "search and galleries fail together",
        "search-host-saturated",
        (_c("search", "known-model", Failure.OVERLOADED), _c("images", "newest-pictures", Failure.OVERLOADED)),
        also=("search-backend-down",),
        confidence=(MEDIUM,),
    ),
    Row(
        38,
        "a few minutes of errors in some places",
        "rollout",
        (_c("api", "alive", Failure.OVERLOADED, DEGRADED, regions=("east",), ago=120, facts={"status": 503}),),
        also=("overload",),
        confidence=(MEDIUM,),
    ),
    Row(
        39,
        "something nobody has a word for",
        "unknown-cause",
        (_c("api", "alive", Failure.UNKNOWN_FAILURE, regions=("east",)),),
        health={"west": RegionHealth.SUSPECT},
        confidence=(LOW,),
        also=("vantage-offline",),
    ),
)

BEYOND: tuple[Row, ...] = (
    Row(
        101,
        "a certificate ran out",
        "certificate-problem",
        (_c("api", "", Failure.TLS_EXPIRED), _c("cdn", "avatars", Failure.TLS_EXPIRED)),
        confidence=(HIGH,),
    ),
    Row(
        102,
        "the name is gone everywhere",
        "name-gone",
        tuple(_c(k, "", Failure.NXDOMAIN) for k in ("api", "search", "routing")),
        confidence=(HIGH,),
        never=("dns-tampering", "search-backend-down"),
    ),
    Row(
        103,
        "files of the hub do not arrive",
        "resolver-down",
        (Fault("huggingface/resolver", "git-file", Failure.SERVER_ERROR, facts={"status": 500}),),
        confidence=(HIGH,),
    ),
    Row(
        104,
        "everything answers late",
        "answers-slow",
        (_c("api", "alive", Failure.SLOW, DEGRADED),),
        confidence=(MEDIUM,),
    ),
    Row(105, "an older release answers", "stale-release", (_c("cdn", "avatars", Failure.STALE_RELEASE, DEGRADED),)),
    Row(
        106,
        "a page instead of data",
        "answer-changed",
        (_c("api", "alive", Failure.WRONG_CONTENT),),
        confidence=(MEDIUM,),
    ),
    Row(
        107, "nothing new is listed", "new-items-missing", (_c("api", "listing", Failure.STALE),), confidence=(MEDIUM,)
    ),
    Row(108, "few models become visible", "models-not-appearing", (DROUGHT,), confidence=(LOW,)),
    Row(
        109,
        "one region stays behind the others",
        "replica-behind-in-region",
        (_c("replication", "regions", Failure.DISAGREES, DEGRADED, regions=("west",)),),
        confidence=(MEDIUM,),
    ),
    Row(
        110,
        "the application fails for one area",
        "machines-down-in-region",
        (_c("api", "", Failure.SERVER_ERROR, regions=("west",), facts={"status": 500}),),
        also=("overload",),
        confidence=(MEDIUM,),
        never=("edge-down-in-region",),
    ),
    Row(
        111,
        "models have lost their versions",
        "poisoned-cache",
        (_c("replication", "hollow-models", Failure.BACKLOG, DEGRADED),),
    ),
)
"""What else happens to platforms, told in the same way."""
