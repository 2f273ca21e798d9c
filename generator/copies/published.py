"""The copy of history that the site carries, and how a machine without a disk gets it back.

`copy_of` makes small parts below `history-data/v1/` and a manifest with the hash and the number of records of each;
`restore` reads manifest and parts and adds them to a store by union; `guard` refuses a copy that knows less than the
one that is published. A failed, stale, cut-off or wrong answer is a `HistoryError`, never an empty history; what is
whole of a damaged copy is added all the same.
Never writes to the site: artifacts go to `publish`.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import HistoryError
from ..model import Artifact, Request, Time
from ..publish import Deferred
from ..stores import Store
from ..stores._keep import DAY, HOUR, day, month, slot
from . import kept, records, shown, slices
from .records import kind, line
from .tables import FOREVER, Imported, add, journal_by_month, json_records, lines_of

if TYPE_CHECKING:
    from ..fetch import Exchange

PREFIX = "history-data/v1/"
MANIFEST = PREFIX + "manifest.json"
VERSION = 1
MADE = 2
"""Changes when the same records are made into other bytes: what an earlier version noted is no hint then."""
RECENT_KEPT = 48 * HOUR
HOURS_KEPT = 14 * DAY
MOST_RECENT = 100_000
"""Raw observations a copy carries at most; the newest ones. Whoever measures more keeps them on a disk."""
LARGEST_PART = 256 << 20

Fetch = Callable[[Request], "Exchange"]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the copy. `records` counts its lines."""

    path: str
    sha256: str
    size: int
    records: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a published copy holds. `generation` grows with each copy that differs from the one before."""

    generation: int
    first_day: str = ""
    until: Time = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()

    def to_json(self) -> dict[str, Any]:
        parts = [{"path": p.path, "sha256": p.sha256, "bytes": p.size, "records": p.records} for p in self.parts]
        rest = {"generation": self.generation, "first_day": self.first_day, "until": self.until}
        return {"version": VERSION, **rest, "counts": dict(sorted(self.counts.items())), "parts": parts}


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy ready to be published. `hints` is what `noted` keeps so that the next one makes only what changed."""

    manifest: Manifest
    artifacts: tuple[Artifact | Deferred, ...]
    hints: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought. `manifest` is None only if none was published and that was allowed (`init`)."""

    manifest: Manifest | None
    added: Imported


class Incomplete(HistoryError):
    """Parts of a copy are `missing`: they cannot be read, or are not what the manifest says. All others are in the
    store now; `artifacts` are the copy as it was read, damaged parts as they are."""

    def __init__(self, text: str, missing: tuple[Part, ...], artifacts: tuple[Artifact, ...]) -> None:
        super().__init__(text)
        self.missing = missing
        self.artifacts = artifacts


# ---- making ----------------------------------------------------------------------------------------------------------


def copy_of(
    store: Store, previous: Manifest | None, now: Time, *, site: Path | None = None, allow_shrink: bool = False
) -> Copy:
    """The copy of what a store holds now. HistoryError if it knows less than `previous` (see `guard`).

    Of parts that are as they were noted only what is new is made, where they lie below `site` as they were noted.
    """
    revisions = store.revisions()
    before = _hints(store)
    parts: list[Part] = []
    artifacts: list[Artifact | Deferred] = []
    hints: dict[str, list[Any]] = {}
    room = MOST_RECENT
    fold = next(store.checkpoints(FOREVER), None)
    for name, revision, make in _sources(store, revisions, fold, now):
        if name.startswith("recent/") and room <= 0:
            continue
        known, path = before.get(name), f"{PREFIX}{name}.jsonl"
        if known is not None and known[0] == revision:
            part, sizes = Part(path, *known[1:4]), known[4]
            artifacts.append(Deferred(path, part.sha256, part.size, lambda make=make: make([], b"")[0]))  # type: ignore[misc]
        else:
            body, count, sizes = make(*_noted_slices(known, path, site))
            if not count:
                continue
            part = Part(path, hashlib.sha256(body).hexdigest(), len(body), count)
            artifacts.append(Artifact(path, body))
        room -= part.records if name.startswith("recent/") else 0
        hints[name] = [revision, part.sha256, part.size, part.records, sizes]
        parts.append(part)
    manifest = _manifest(sorted(parts, key=lambda p: p.path), previous, fold[0] if fold else 0)
    if not allow_shrink:
        guard(manifest, previous)
    body = (json.dumps(manifest.to_json(), indent=1) + "\n").encode()
    noted = json.dumps({"made": MADE, "parts": hints}, sort_keys=True)
    return Copy(manifest, (*artifacts, Artifact(MANIFEST, body)), noted)


def _noted_slices(known: Sequence[Any] | None, path: str, site: Path | None) -> tuple[slices.Sizes, bytes]:
    """The slices of a part as it was noted, and the part; nothing of one that has none, or does not lie there."""
    if known is None or not known[4] or site is None:
        return (), b""
    try:
        body = (site / path).read_bytes()
    except OSError:
        return (), b""
    return (known[4], body) if hashlib.sha256(body).hexdigest() == known[1] else ((), b"")


def noted(store: Store, copy: Copy) -> None:
    """Remember in the store what was published. Call it when `publish` has returned."""
    store.save(meta={"published": json.dumps(copy.manifest.to_json()), "published-parts": copy.hints})


def previous(store: Store | None, site: Path | None) -> Manifest | None:
    """The newest copy we know of: as the store remembers it, or as it lies in the site folder. None if there is none.

    HistoryError for a manifest in the site that cannot be read.
    """
    found = []
    text = store.meta().get("published") if store is not None else None
    if text:
        found.append(read_manifest(text.encode(), "the store"))
    if site is not None and (site / MANIFEST).is_file():
        found.append(read_manifest((site / MANIFEST).read_bytes(), str(site / MANIFEST)))
    return max(found, key=lambda m: m.generation, default=None)


def guard(new: Manifest, published: Manifest | None) -> None:
    """HistoryError if the new copy would lose what the published one knows: days, outages with what was found out of
    them and the looks they rest on, or how far back it goes."""
    if published is None:
        return
    advice = "bring it back (history pull, history import, an older copy of the site); until then that copy stays"
    for what in ("days", "outages", "journal", "evidence"):
        had, has = published.counts.get(what, 0), new.counts.get(what, 0)
        if has < had:
            raise HistoryError(f"history is missing: the published copy holds {had} {what}, this one {has}; {advice}")
    if published.first_day and (not new.first_day or new.first_day > published.first_day):
        since = new.first_day or "nothing"
        raise HistoryError(
            f"history is missing: it is published since {published.first_day}, this is {since}; {advice}"
        )
    if new.generation < published.generation:
        raise HistoryError(
            f"history is old: copy {published.generation} is published, this is {new.generation}; {advice}"
        )


def lacking(store: Store, site: Path, now: Time) -> str:
    """What the published copy knows and the store does not, as a sentence; empty if it knows it all."""
    try:
        copy_of(store, previous(store, site), now)
    except HistoryError as error:
        return str(error)
    return ""


def made_up_for(store: Store, missing: Iterable[Part], now: Time) -> bool:
    """Whether the store knows from elsewhere exactly what these parts held, or nobody would need it any more."""
    here = {part.path: part.sha256 for part in copy_of(store, None, now).manifest.parts}
    expired = (f"{PREFIX}recent/{slot(now - RECENT_KEPT)}", f"{PREFIX}hours/{day(now - HOURS_KEPT)}")
    return all(
        here.get(part.path) == part.sha256 or any(_older(part.path, limit) for limit in expired) for part in missing
    )


def _older(path: str, limit: str) -> bool:
    return path.rpartition("/")[0] == limit.rpartition("/")[0] and path < limit


Made = tuple[bytes, int, list[list[int]]]
"""The body of a part, the number of its lines, and the sizes of its slices if it has some (`slices`)."""

Fold = tuple[Time, dict[str, Any]]
"""The newest checkpoint: when, and what was believed."""

Source = tuple[str, int, Callable[[slices.Sizes, bytes], Made]]


def _sources(store: Store, revisions: Mapping[str, int], fold: Fold | None, now: Time) -> Iterator[Source]:
    """Each part: its name, what changes when it does, and how to make it. Recent hours come newest first."""
    for name, revision, make in _lists(store, revisions, fold, now):
        yield name, revision, partial(_sorted, make)
    newest = now // HOUR * HOUR
    for at in range(newest, newest - RECENT_KEPT, -HOUR):
        if f"recent/{slot(at)}" in revisions:
            yield f"recent/{slot(at)}", revisions[f"recent/{slot(at)}"], partial(slices.part_of, store, at)


def _sorted(make: Callable[[], Iterable[records.Record]], *_: object) -> Made:
    # Sorted, because the order in which a database keeps rows is nobody's promise.
    lines = sorted(map(line, make()))
    return "".join(lines).encode(), len(lines), []


def _lists(
    store: Store, revisions: Mapping[str, int], fold: Fold | None, now: Time
) -> Iterator[tuple[str, int, Callable[[], Iterable[records.Record]]]]:
    """The parts that are lists of records, but for the recent hours."""
    this_month, oldest = month(now), day(now - HOURS_KEPT)
    months: dict[str, int] = {}
    for name, revision in sorted(revisions.items()):
        sort, _, when = name.partition("/")
        if sort == "days" and when[:7] < this_month:
            months[when[:7]] = months.get(when[:7], 0) + revision
        elif sort == "days":
            yield name, revision, _days(store, _start(when), _start(when) + DAY)
        elif sort == "hours" and oldest <= when < day(now):
            yield name, revision, _hours(store, _start(when), _start(when) + DAY)
        elif sort in ("spans", "outages"):
            yield name, revision, _spans(store, when) if sort == "spans" else _outages(store, when)
    yield from kept.sources(store, this_month)
    for when, found in journal_by_month(store).items():
        yield f"journal/{when}", zlib.crc32("".join(map(line, found)).encode()), lambda found=found: found  # type: ignore[misc]
    for part, given in (("shown/incidents", shown.incidents(store)), ("shown/until", shown.moment(store))):
        yield part, zlib.crc32("".join(map(line, given)).encode()), lambda given=given: given  # type: ignore[misc]
    for when, revision in months.items():
        yield f"days/{when}", revision, _days(store, _start(when), _start(_next_month(when)))
    if fold is not None:
        at, belief = fold
        yield "checkpoint", at, lambda: [kind("checkpoint", {"at": at, "belief": belief})]


def _days(store: Store, since: Time, until: Time) -> Callable[[], Iterable[records.Record]]:
    return lambda: (kind("rollup", records.of_rollup(r)) for r in store.rollups("day", since, until))


def _hours(store: Store, since: Time, until: Time) -> Callable[[], Iterable[records.Record]]:
    return lambda: (kind("rollup", records.of_rollup(r)) for r in store.rollups("hour", since, until))


def _spans(store: Store, when: str) -> Callable[[], Iterable[records.Record]]:
    return lambda: (kind("span", records.of_span(s)) for s in store.spans(_start(when)) if month(s.start) == when)


def _outages(store: Store, when: str) -> Callable[[], Iterable[records.Record]]:
    return lambda: (
        kind("outage", records.of_outage(o)) for o in store.outages(_start(when)) if month(o.started) == when
    )


def _start(when: str) -> Time:
    from datetime import UTC, datetime

    return int(datetime.fromisoformat(f"{when}-01" if len(when) == 7 else when).replace(tzinfo=UTC).timestamp())


def _next_month(when: str) -> str:
    return month(_start(when) + 32 * DAY)


def _manifest(parts: list[Part], before: Manifest | None, until: Time) -> Manifest:
    counts: dict[str, int] = {}
    for part in parts:
        sort = part.path.removeprefix(PREFIX).partition("/")[0].removesuffix(".jsonl")
        counts[sort] = counts.get(sort, 0) + part.records
    days = sorted(p.path for p in parts if p.path.startswith(f"{PREFIX}days/"))
    first = days[0].removeprefix(f"{PREFIX}days/").removesuffix(".jsonl")[:7] if days else ""
    same = before is not None and before.parts == tuple(parts)
    generation = (before.generation if before else 0) + (0 if same else 1)
    return Manifest(generation, first, until, counts, tuple(parts))


def _hints(store: Store) -> dict[str, list[Any]]:
    try:
        found = json.loads(store.meta().get("published-parts", "{}"))
        parts: dict[str, list[Any]] = found["parts"] if found.get("made") == MADE else {}
    except (ValueError, KeyError):
        return {}  # only a hint: without it every part is made anew
    return parts


# ---- reading ---------------------------------------------------------------------------------------------------------


def restore(
    store: Store,
    source: str | Path,
    fetch: Fetch | None,
    now: Time,
    *,
    init: bool = False,
) -> Restored:
    """Add a published copy to a store. `source`: the address of the site, or a folder that holds it.

    All parts are read and checked before anything is stored. HistoryError for whatever goes wrong, also for a copy
    older than one the store remembers; only with `init` may there be none yet (a plain 404, a folder without one).
    Incomplete where single parts are not to be had: the others are stored then, and the next restore adds the rest.
    """
    read = _folder(Path(source)) if fetch is None or isinstance(source, Path) else _site(source, fetch, now)
    body = read(MANIFEST)
    if body is None:
        if init:
            return Restored(None, Imported())
        raise HistoryError(f"{source}: no history is published there; if this is the first run, say so (--init)")
    manifest = read_manifest(body, str(source))
    known = previous(store, None)
    if known is not None and manifest.generation < known.generation:
        raise HistoryError(
            f"{source}: copy {manifest.generation} of history is older than {known.generation}, which we know"
        )
    added = Imported()
    bodies, found, wrong = _parts(read, manifest.parts, str(source))
    add(store, (r for r in found if r["kind"] != "checkpoint"), now, added, folded=True, until=manifest.until)
    if known is None:
        _unlearn(store, found)
    add(store, (r for r in found if r["kind"] == "checkpoint"), now, added, folded=True, until=manifest.until)
    if wrong:
        artifacts = (*(Artifact(path, part) for path, part in bodies.items()), Artifact(MANIFEST, body))
        more = f" (and {len(wrong) - 1} more parts)" if len(wrong) > 1 else ""
        said = f"{next(iter(wrong.values()))}{more}; the rest of copy {manifest.generation} is in the history now"
        raise Incomplete(said, tuple(wrong), artifacts)
    if known is None or manifest.generation > known.generation:
        store.save(meta={"published": json.dumps(manifest.to_json())})
    return Restored(manifest, added)


def read_manifest(body: bytes, where: str) -> Manifest:
    """The manifest; HistoryError if it is none, or of a newer version."""
    try:
        value = json.loads(body)
        if value["version"] > VERSION:
            raise HistoryError(f"{where}: the copy is of a newer version of Roadworthy; upgrade the program")
        rows = [(p["path"], p["sha256"], p["bytes"], p["records"]) for p in value["parts"]]
        manifest = Manifest(
            int(value["generation"]), str(value["first_day"]), int(value["until"]), dict(value["counts"]),
            tuple(Part(str(p), str(h), int(b), int(n)) for p, h, b, n in rows),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(f"{where}: the manifest of history cannot be read ({_brief(body, error)})") from error
    for part in manifest.parts:
        if not part.path.startswith(PREFIX) or ".." in part.path or part.size > LARGEST_PART:
            raise HistoryError(f"{where}: the manifest of history names {part.path!r}, which is no part of it")
    return manifest


def _brief(body: bytes, error: Exception) -> str:
    return "it is a web page" if body.lstrip()[:1] == b"<" else f"{type(error).__name__}: {error}"


def _unlearn(store: Store, found: Iterable[records.Record]) -> None:
    """What was believed while the copy was not to be had began with nothing: it is folded again, on top of the copy.

    Only where raw history still holds all of it; else both stay side by side.
    """
    copied = next((r for r in found if r["kind"] == "checkpoint"), None)
    newest = next(store.checkpoints(FOREVER), None)
    if copied is None or newest is None:
        return
    began = dict(newest[1].get("belief") or {}).get("began")
    if began is None or began <= copied["at"]:
        return
    if next(iter(store.observations(began, began + HOUR)), None) is not None:
        store.save(checkpoint=(copied["at"], copied["belief"]))


def _parts(
    read: Callable[[str], bytes | None], parts: tuple[Part, ...], where: str
) -> tuple[dict[str, bytes], list[records.Record], dict[Part, str]]:
    """The parts by path, the records of all whole ones, and for each of the others what is wrong with it."""

    def one(part: Part) -> bytes | HistoryError | None:
        try:
            return read(part.path)
        except HistoryError as error:
            return error

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, parts))
    bodies: dict[str, bytes] = {}
    found: list[records.Record] = []
    wrong: dict[Part, str] = {}
    for part, body in zip(parts, answers, strict=True):
        if body is None:
            wrong[part] = f"{where}: {part.path} is missing, though the manifest names it"
        elif isinstance(body, HistoryError):
            wrong[part] = str(body)
        else:
            bodies[part.path] = body
            try:
                found += _read(part, body)
            except HistoryError as error:
                wrong[part] = f"{where}: {error}"
    return bodies, found, wrong


def _read(part: Part, body: bytes) -> list[records.Record]:
    if len(body) != part.size or hashlib.sha256(body).hexdigest() != part.sha256:
        raise HistoryError(f"{part.path} is not what the manifest says ({len(body)} of {part.size} bytes, or others)")
    done = Imported()
    try:
        found = list(json_records(lines_of(body), done))
    except HistoryError as error:
        raise HistoryError(f"{part.path}: {error}") from None
    if done.torn_bytes or len(found) != part.records:
        raise HistoryError(f"{part.path}: holds {len(found)} records, the manifest says {part.records}")
    return found


def _folder(folder: Path) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise HistoryError(f"{folder / path}: {error.strerror}") from error

    return read


def _site(url: str, fetch: Fetch, now: Time) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        # The query and the header ask every cache on the way to look again.
        request = Request(
            f"{url.rstrip('/')}/{path}?g={now}", headers={"cache-control": "no-cache"}, max_bytes=LARGEST_PART
        )
        exchange = fetch(request)
        if exchange.failure is None and exchange.status == 404:
            return None
        where = f"{url}: {path}"
        if exchange.failure is not None:
            raise HistoryError(f"{where} could not be read: {exchange.failure.value} {exchange.detail}".rstrip())
        if exchange.status != 200:
            raise HistoryError(f"{where} could not be read: the answer was {exchange.status}")
        if exchange.truncated:
            raise HistoryError(f"{where} could not be read: the answer was cut off")
        kind_ = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind_ in ("text/html", "application/xhtml+xml"):
            raise HistoryError(f"{where} could not be read: the answer is a web page")
        return exchange.body

    return read


def over_the_web(*, allow_private: bool = False, timeout: float = 60.0) -> Fetch:
    """The bounded fetch of the package, for `restore`."""

    def fetch(request: Request) -> Exchange:
        import asyncio

        from ..fetch import Looker

        return asyncio.run(Looker(timeout=timeout, allow_private=allow_private).fetch(request))

    return fetch
