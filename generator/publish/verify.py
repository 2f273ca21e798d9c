"""The new site's own verification, before anybody sees it: one sentence for each fault, none when it may be published.

Links inside the site lead somewhere, pages and feeds are well-formed, JSON reads and has the shape of the schemas we
ship, no secret stands in anything, the summary agrees with its items. Reads artifacts only; never repairs one.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from .. import parallel
from ..artifacts import Deferred
from ..leaks import leaks
from ..model import FAILING, Artifact
from . import jsonshape, links
from .known import File, Known

if TYPE_CHECKING:
    from ..cache import Cache

MOST = 20
"""Faults of one kind that are told; the rest is counted."""

API = "api/roadworthy/v1/"
SHAPES: tuple[tuple[str, str], ...] = (
    (r"live\.json", "live.json"),
    (r"feed\.json", "feed.json"),
    (rf"{API}status\.json", "status.json"),
    (rf"{API}history/[^/]+/[^/]+\.json", "history.json"),
    (rf"{API}incidents/index\.json", "incident-years.json"),
    (rf"{API}incidents/\d{{4}}\.json", "incidents.json"),
    (rf"{API}evidence/index\.json", "evidence-days.json"),
    (rf"{API}evidence/[\d-]+\.jsonl", "observation.json"),
    (r"badges/.*\.json", "shields.json"),
    (r"api/v2/summary\.json", "statuspage-summary.json"),
    (r"api/v2/status\.json", "statuspage-status.json"),
    (r"api/v2/components\.json", "statuspage-components.json"),
    (r"api/v2/incidents(/unresolved)?\.json", "statuspage-incidents.json"),
    (r"api/v2/scheduled-maintenances(/upcoming|/active)?\.json", "statuspage-scheduled-maintenances.json"),
)
"""Which schema holds which file (a whole match of its path)."""


def verify_site(
    artifacts: Sequence[Artifact | Deferred],
    secrets: Iterable[str] = (),
    *,
    url: str = "",
    memory: Cache | None = None,
    lost: set[str] | None = None,
) -> tuple[str, ...]:
    """Every fault of the staged site. `url` is the address of the site: links below its path are links inside it.
    Left out, it is the address that the site's own summary gives.

    With `memory`, what was found in the same bytes before is not looked for again; links between pages and secrets
    are, every time. `Deferred` artifacts count as there; only the ones that ask for it are looked into. `lost` takes
    each link that leads nowhere, as the pages have it.
    """
    known = Known(memory)
    files = {a.path: File(a) for a in artifacts if isinstance(a, Artifact) or a.opened}
    there = {a.path for a in artifacts}
    url = url or _own_address(files)
    broken = tuple(_bounded(_documents(files, known)))
    # What cannot be read cannot be compared either.
    agreement = () if broken else _bounded(_agreement(files))
    leaked = _bounded(_leaks(files, sorted(secrets), known))
    return (*broken, *_bounded(links.faults(files, there, url, known, lost)), *leaked, *agreement)


def _leaks(files: Mapping[str, File], secrets: Sequence[str], known: Known) -> Iterator[str]:
    """Secrets in names and bytes. Bytes that held none of these secrets before hold none of them now."""
    if not secrets:
        return
    seal = known.seal(secrets)
    keys = {path: known.key(seal, file) for path, file in files.items()}
    before = set(known.listed("clean"))
    clean = {path for path, key in keys.items() if key in before}
    faulty = False
    for fault in leaks(((path, b"" if path in clean else file.body) for path, file in files.items()), secrets):
        faulty = True
        yield fault
    if not faulty and len(clean) < len(keys):
        known.keep("clean", set(keys.values()))


def _own_address(files: Mapping[str, File]) -> str:
    summary = _maybe(files, "api/v2/summary.json")
    page = summary.get("page") if isinstance(summary, dict) else None
    found = page.get("url", "") if isinstance(page, dict) else ""
    return found if isinstance(found, str) and found.startswith("http") else ""


def _bounded(faults: Iterator[str]) -> Iterator[str]:
    rest = 0
    for n, fault in enumerate(faults):
        if n < MOST:
            yield fault
        rest = max(0, n + 1 - MOST)
    if rest:
        yield f"and {rest} more like these"


# ---- documents -------------------------------------------------------------------------------------------------------


def _documents(files: Mapping[str, File], known: Known) -> Iterator[str]:
    """What is wrong with single files; those that are not known are read by all processors."""
    before = set(known.listed("fine"))
    fine: set[bytes] = set()
    unknown: list[tuple[str, bytes, File]] = []
    for path, file in files.items():
        suffix = path.rpartition(".")[2]
        if suffix in _READERS:
            key = known.key(f"{suffix} {_shape_of(path)}", file)
            if key in before:
                fine.add(key)
            else:
                unknown.append((path, key, file))
    for (path, key, _), fault in zip(unknown, parallel.spread(_fault, unknown, weigh=_size), strict=True):
        if fault:
            yield f"{path}: {fault.decode()}"
        else:
            fine.add(key)
    if unknown:
        known.keep("fine", fine)


def _size(one: tuple[str, bytes, File]) -> int:
    return one[2].size


def _fault(one: tuple[str, bytes, File]) -> bytes:
    """What is wrong with a file; empty if nothing is."""
    path, _, file = one
    try:
        _READERS[path.rpartition(".")[2]](path, file.body)
    except (ValueError, expat.ExpatError) as error:
        return (str(error) or type(error).__name__).encode("utf-8", "backslashreplace")
    return b""


def _xml(path: str, body: bytes) -> None:
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise ValueError("declares an entity, which no feed of ours does")

    parser.EntityDeclHandler = refuse
    parser.Parse(body, True)


def _html(path: str, body: bytes) -> None:
    text = body.decode("utf-8")
    start, end = "<!doctype html>", "</html>"
    if text.lstrip()[: len(start)].lower() != start:
        raise ValueError("does not begin with <!doctype html>")
    if text.rstrip()[-len(end) :].lower() != end:
        raise ValueError("ends before </html>")


def _json(path: str, body: bytes) -> None:
    _hold(_shape_of(path), _parse(body.decode("utf-8")))


def _json_lines(path: str, body: bytes) -> None:
    if body and not body.endswith(b"\n"):
        raise ValueError("the last line is cut off")
    schema = _shape_of(path)
    for n, line in enumerate(io.BytesIO(body), 1):  # one by one, ended by line feeds only: a text may hold others
        try:
            _hold(schema, _parse(line.decode("utf-8")))
        except ValueError as error:
            raise ValueError(f"line {n}: {error}") from None


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


# Made once: `json.loads` with anything but its defaults makes one for each call.
_parse = json.JSONDecoder(parse_constant=_refuse).decode


def _hold(schema: str | None, value: Any) -> None:
    if schema is not None and not _checker(schema)(value):
        fault = next(jsonshape.faults(value, _schema(schema)), None)
        if fault:
            raise ValueError(f"{fault} (schema {schema})")


def _shape_of(path: str) -> str | None:
    """The schema that holds a file of this path."""
    return next((name for pattern, name in _shapes() if pattern.fullmatch(path)), None)


_READERS: Mapping[str, Callable[[str, bytes], None]] = {
    "html": _html,
    "json": _json,
    "webmanifest": _json,
    "jsonl": _json_lines,
    "rss": _xml,
    "atom": _xml,
    "opml": _xml,
    "svg": _xml,
    "xml": _xml,
}


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), name) for pattern, name in SHAPES)


@cache
def _checker(name: str) -> jsonshape.Fits:
    return jsonshape.checker(_schema(name))


@cache
def _schema(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((resources.files("generator") / "schemas" / name).read_text("utf-8"))
    return found


# ---- the summary and its items ---------------------------------------------------------------------------------------


def _agreement(files: Mapping[str, File]) -> Iterator[str]:
    """Whether the small files say what the large one says."""
    status, live, page = (_maybe(files, p) for p in (f"{API}status.json", "live.json", "api/v2/summary.json"))
    if status is None:
        return
    said = {c["id"]: c["status"] for p in status["platforms"] for c in p["components"]}
    if live is not None:
        if live["overall"]["status"] != status["overall"]["status"]:
            yield f"live.json says {live['overall']['status']} over all, status.json {status['overall']['status']}"
        for id, component in live["components"].items():
            if said.get(id) != component["status"]:
                yield f"live.json says {component['status']} of {id}, status.json {said.get(id)}"
    failing = sorted(id for id, word in said.items() if word in FAILING)
    if failing and status["overall"]["status"] == "operational":
        yield f"status.json says operational over all, but {failing[0]} is {said[failing[0]]}"
    if page is not None:
        words = sorted(c["status"] for c in page["components"] if not c["group"])
        wanted = sorted("degraded_performance" if word == "unknown" else word for word in said.values())
        if words != wanted:
            yield "api/v2/summary.json and status.json differ in the states of components"
        if page["status"]["indicator"] == "none" and any(word in FAILING for word in words):
            yield "api/v2/summary.json says that all is well, but not all of its components are"


def _maybe(files: Mapping[str, File], path: str) -> Any:
    try:
        return json.loads(files[path].body)
    except (KeyError, ValueError):
        return None  # not made, or told as a broken document already
