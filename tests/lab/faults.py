"""What is broken for real, how it is mended, and the oracle that looks inside the parts and not through our checks."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.platform import ADDRESSES, REGIONS, Platform

ALLOWED = 2
"""Rounds in which a broken thing may still be shown as working: as many as a degraded state needs to be believed."""
EVERY = tuple(REGIONS)
API_PARTS = (
    "api", "search", "indexing", "replication", "images", "scanning", "tagging", "files", "training", "metrics", "routing",
    "cdn",
)  # fmt: skip
"""Everything that goes through the application or its edge."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`component` is the part that fails, in `regions`; `also` are parts that are broken by it as well (or may be).

    `causes` are the right explanations (several, where the evidence fits them alike). `broken` is the oracle: whether
    a visitor is affected, found by looking into the parts. `allowed` rounds may pass until it must be seen.
    """

    id: str
    component: str
    causes: tuple[str, ...]
    inject: Callable[[Platform], None]
    clear: Callable[[Platform], None]
    broken: Callable[[Platform], bool]
    regions: tuple[str, ...] = EVERY
    also: tuple[str, ...] = ()
    allowed: int = ALLOWED
    hold: int = 4
    platform: str = "workshop"

    @property
    def parts(self) -> tuple[str, ...]:
        """The ids of everything that may rightly be shown as failing."""
        return tuple(f"{self.platform}/{key}" for key in dict.fromkeys((self.component, *self.also)))


# ---- looking inside --------------------------------------------------------------------------------------------------


def ask(platform: Platform, address: str, path: str, port: int = 0) -> tuple[int, dict[str, str], bytes]:
    """An address of a part itself; status 0 if nobody answers."""
    url = f"http://{address}:{port or platform.port}{path}"
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()
    except OSError:
        return 0, {}, b""


def waiting(platform: Platform, kind: str) -> int:
    return int(platform.primary.sql(f"SELECT count(*) FROM jobs WHERE kind = '{kind}'")[0][0])


def late(platform: Platform, seconds: int) -> int:
    """Models published longer than `seconds` ago that have not been handed to the search service."""
    sql = f"SELECT count(*) FROM outbox o JOIN models m ON m.id = o.model WHERE m.published < {platform.now - seconds}"
    return int(platform.primary.sql(sql)[0][0])


def lost(platform: Platform, seconds: int) -> int:
    """Models of the last hour, older than `seconds`, that neither wait for the index nor are in it."""
    sql = (
        f"SELECT hash FROM models WHERE published BETWEEN {platform.now - 3600} AND {platform.now - seconds}"
        " AND id NOT IN (SELECT model FROM outbox)"
    )
    port = int(platform.search_url.rpartition(":")[2])
    codes = [code for (code,) in platform.primary.sql(sql)]
    return sum(json.loads(ask(platform, "127.0.0.1", f"/search?q={code}", port)[2]) == [] for code in codes)


def behind(platform: Platform) -> bool:
    newest = "SELECT max(published) FROM models"
    return platform.copy_b.sql(newest) != platform.primary.sql(newest)


def app(platform: Platform, path: str) -> tuple[int, dict[str, str], bytes]:
    """The application of region one itself, past its edge."""
    return ask(platform, "127.0.0.1", path, platform.app_ports["one"])


# ---- breaking and mending --------------------------------------------------------------------------------------------


def stop(*names: str) -> Callable[[Platform], None]:
    return lambda p: [p.parts[name].stop() for name in names] and None


def start(*names: str) -> Callable[[Platform], None]:
    return lambda p: [p.parts[name].start() for name in names] and None


def mode(name: str, value: object = None) -> Callable[[Platform], None]:
    def switch(platform: Platform) -> None:
        platform.mode(name, value)
        if value is None:
            for edge in platform.edges.values():
                edge.forget()

    return switch


def gone(*names: str) -> Callable[[Platform], bool]:
    return lambda p: not any(p.parts[name].running for name in names)


def stalled(kind: str) -> Callable[[Platform], bool]:
    return lambda p: not p.parts[kind].running and waiting(p, kind) > 0


def corrupt(platform: Platform) -> None:
    """Overwrite what the cache of region one keeps of the pictures with something of the same length."""
    ask(platform, ADDRESSES["one"], "/media/1.png")
    ask(platform, ADDRESSES["one"], "/media/2.png")
    for file in platform.edges["one"].kept("/media/"):
        head, _, body = file.read_bytes().partition(b"\r\n\r\n")
        file.write_bytes(head + b"\r\n\r\n" + (b"<!doctype html><h1>Oops</h1>" * 99)[: len(body)])


def corrupted(platform: Platform) -> bool:
    return any(b"Oops" in file.read_bytes() for file in platform.edges["one"].kept("/media/"))


def keep_error(platform: Platform) -> None:
    """Let every edge ask for the list in the one moment in which the application fails."""
    platform.mode("list-500", True)
    for region in REGIONS:
        platform.edges[region].forget()
        ask(platform, ADDRESSES[region], "/api/v1/models?sort=Newest")
    platform.mode("list-500")


def keeps_error(platform: Platform) -> bool:
    through = [ask(platform, ADDRESSES[r], "/api/v1/models?sort=Newest")[0] for r in REGIONS]
    return through == [500] * 3 and app(platform, "/api/v1/models?sort=Newest")[0] == 200


def requeue(platform: Platform) -> None:
    """What operators do after entries were lost: put everything recent into the queue again."""
    platform.mode("index-drops")
    sql = (
        "INSERT INTO outbox (model) SELECT id FROM models WHERE published > {} AND id NOT IN (SELECT model FROM outbox)"
    )
    platform.primary.sql(sql.format(platform.now - 7200))
    platform.settle(5)


def forget_all(platform: Platform) -> None:
    for edge in platform.edges.values():
        edge.forget()


def copy_again(platform: Platform) -> None:
    """The copy comes back, and the operators empty the caches, which kept its errors."""
    platform.copy_b.start()
    forget_all(platform)


HTML = "proxy_hide_header Content-Type; add_header Content-Type text/html always;"
WORKERS = ("scan", "tag", "file", "train")
SEARCH = "/api/v1/models?query=Model%207"
FAULTS: tuple[Fault, ...] = (
    Fault(
        "replay paused on one copy", "replication", ("replica-behind-in-region", "replica-lag"),
        lambda p: p.copy_b.sql("SELECT pg_wal_replay_pause()") and None,
        lambda p: p.copy_b.sql("SELECT pg_wal_replay_resume()") and None,
        behind, ("three",), ("training", "metrics", "files"),
    ),
    Fault(
        "one copy stopped", "api", ("machines-down-in-region", "database-slow"),
        lambda p: p.copy_b.stop(), copy_again, lambda p: not p.copy_b.running(), ("three",),
        ("replication", "indexing", "files", "training", "metrics", "cdn"),
    ),
    Fault("picture scanner killed", "scanning", ("image-scan-stalled",), stop("scan"), start("scan"), stalled("scan"),
          also=("tagging",)),
    Fault("tagger stopped", "tagging", ("tagger-failing",), stop("tag"), start("tag"), stalled("tag")),
    Fault("file scanner killed", "files", ("file-scan-backlog",), stop("file"), start("file"), stalled("file")),
    Fault("trainer killed", "training", ("training-quiet", "training-stalled"), stop("train"), start("train"),
          stalled("train")),
    Fault("counter job killed", "metrics", ("counters-frozen",), stop("count"), start("count"), gone("count")),
    Fault("all workers gone", "scanning", ("orchestrator-down",), stop(*WORKERS), start(*WORKERS), gone(*WORKERS),
          also=("tagging", "files", "training")),
    Fault("index consumer stopped", "indexing", ("indexing-slow", "indexing-stalled"), stop("consumer"), start("consumer"),
          lambda p: late(p, 360) > 0, hold=5),
    Fault("index consumer slow", "indexing", ("indexing-slow",), mode("index-delay", 900), mode("index-delay"),
          lambda p: late(p, 360) > 0 and p.parts["consumer"].running),
    Fault("index consumer drops items", "indexing", ("indexing-drops-items",), mode("index-drops", 2), requeue,
          lambda p: lost(p, 540) > 2, allowed=ALLOWED + 4, hold=9),
    Fault("search process frozen", "search", ("search-backend-down",), lambda p: p.parts["search"].freeze(),
          lambda p: p.parts["search"].thaw(), lambda p: p.parts["search"].frozen, also=("indexing",)),
    Fault("cached pictures corrupted", "cdn", ("cdn-corruption",), corrupt, forget_all, corrupted, ("one",)),
    Fault(
        "wrong content type at one edge", "cdn", ("cdn-corruption",), lambda p: p.edges["two"].set(media=HTML),
        lambda p: p.edges["two"].set(),
        lambda p: "html" in ask(p, ADDRESSES["two"], "/media/1.png")[1].get("content-type", ""), ("two",),
    ),
    Fault("an error kept by the edges", "cdn", ("cached-error",), keep_error, forget_all, keeps_error,
          also=("api", "files")),
    Fault("edge of one region down", "api", ("edge-down-in-region",), lambda p: p.edges["two"].part.stop(),
          lambda p: p.edges["two"].part.start(), lambda p: not p.edges["two"].part.running, ("two",), API_PARTS),
    Fault("edge of one region silent", "api", ("isp-filtering",), lambda p: p.edges["three"].part.freeze(),
          lambda p: p.edges["three"].part.thaw(), lambda p: p.edges["three"].part.frozen, ("three",), API_PARTS),
    Fault("origin down", "api", ("origin-down",), stop(*(f"app-{r}" for r in REGIONS)), start(*(f"app-{r}" for r in REGIONS)),
          gone(*(f"app-{r}" for r in REGIONS)), also=API_PARTS),
    Fault("application answers 500", "api", ("overload", "database-slow"), mode("all-500", True), mode("all-500"),
          lambda p: app(p, "/api/v1/enums")[0] == 500, also=API_PARTS),
    Fault("application slow", "api", ("answers-slow",), mode("slow", 0.6), mode("slow"),
          lambda p: p.modes.get("slow") is not None and app(p, "/api/v1/enums")[0] == 200, also=API_PARTS),
    Fault("primary down", "scanning", ("primary-database-trouble",), lambda p: p.primary.stop(), lambda p: p.primary.start(),
          lambda p: not p.primary.running(), also=("training", "metrics", "replication", "images")),
    Fault("feed empty with status 200", "images", ("empty-instead-of-error",), mode("empty-feed", True), mode("empty-feed"),
          lambda p: b'"items": []' in app(p, "/api/v1/images")[2], also=("scanning", "tagging")),
    Fault("application answers a web page", "api", ("answer-changed",), mode("not-json", True), mode("not-json"),
          lambda p: "html" in app(p, "/api/v1/enums")[1].get("content-type", "")),
    Fault("reference platform down", "api", ("reference-platform-incident",), stop("reference"), start("reference"),
          gone("reference"), also=("resolver",), platform="shelf"),
    Fault("feed moved away (no rule knows this)", "images", ("unknown-cause",), mode("feed-404", True), mode("feed-404"),
          lambda p: app(p, "/api/v1/images")[0] == 404, also=("scanning", "tagging")),
    Fault("search moved away (no rule knows this)", "search", ("unknown-cause",), mode("search-404", True),
          mode("search-404"), lambda p: app(p, SEARCH)[0] == 404, also=("indexing",)),
    Fault("search finds other things (no rule knows this)", "search", ("unknown-cause", "answer-changed"),
          mode("search-other", True), mode("search-other"), lambda p: b"Weather" in app(p, SEARCH)[2], also=("indexing",)),
)  # fmt: skip
"""All of them; the last three were left without a cause on purpose."""

SHORT = (
    "replay paused on one copy", "picture scanner killed", "tagger stopped", "index consumer stopped",
    "wrong content type at one edge", "edge of one region down", "origin down", "feed moved away (no rule knows this)",
)  # fmt: skip
"""The eight of the short campaign: each family, and the one without a rule."""
