"""History on a git branch: one commit without parents, replaced by each push, so that the repository never grows.

`pull` adds what the branch holds to a store; `push` writes the store to the branch, if the branch is still what we saw.
If somebody else was faster, their records are added here first and the push is tried again: a union, so that neither
side loses anything. A branch that holds something else is never overwritten. Works on a shallow clone, on a detached
head and beside an index that another git has locked, because it needs none of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ..errors import HistoryError
from ..model import EMPTY, Time
from ..stores import Store
from ..stores._keep import day, month, slot
from . import git
from .git import Repository
from .records import Record, line
from .tables import Imported, add, everything, json_records, lines_of

VERSION = 1
INDEX = "index.json"
META = "meta.json"
SEEN = "data-branch"
"""The store's word for the commit whose records it holds."""
BASE = f"{SEEN}-meta"
"""What that commit remembered beside history, as a hash of each entry: what was not changed here since gives way."""
TRIES = 5

_OURS = ("published-parts", SEEN, "refused.", "kept")
"""What only this one store can use: counters and indexes of its own, and hints about its own revisions."""

README = """\
# History

Written by `python -m generator history push`, one commit without a past, replaced each time. `history/` holds
everything the page knows, as JSON lines. Do not edit; to look at it:
`python -m generator history pull && python -m generator history export`.
"""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull found: the commit ("" if there is no branch yet), and what was new here."""

    commit: str
    added: Imported


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did. `tries` counts how often; `taken_in` what others had written meanwhile."""

    commit: str
    tries: int
    changed: bool
    taken_in: Imported


def pull(store: Store, repository: Repository, now: Time) -> Pulled:
    """Add what the branch holds to the store. HistoryError if it cannot be read; no branch is no error."""
    done = Imported()
    return Pulled(_take_in(store, repository, now, done), done)


def push(
    store: Store,
    repository: Repository,
    now: Time,
    *,
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
) -> Pushed:
    """Write the store to the branch. HistoryError if that did not happen; the store keeps everything either way.

    `jitter` gives a number from 0 to 1: between two tries both rivals must not wait equally long.
    """
    done = Imported()
    for number in range(1, TRIES + 1):
        seen = _take_in(store, repository, now, done)
        contents = written(store)
        if seen and contents == git.files(repository, seen):
            return Pushed(seen, number, False, done)
        made = git.commit(repository, contents, f"History until {_until(contents)}", now)
        if git.push(repository, made, seen):
            store.save(meta={SEEN: made, BASE: _digests(_remembered(store))})
            return Pushed(made, number, True, done)
        sleep((2.0 ** (number - 1)) * (0.5 + jitter()))
    raise HistoryError(
        f"history: {TRIES} times somebody else wrote to the {repository.place} first; the history here is whole, "
        "push again later"
    )


# ---- the branch's files ----------------------------------------------------------------------------------------------


def written(store: Store) -> dict[str, bytes]:
    """Everything a store holds, as the files of the branch: many small ones, so that git sends only what changed."""
    parts: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    until: Time | None = None
    for record in everything(store):
        if record["kind"] == "checkpoint":
            until = record["at"]
        parts.setdefault(_file(record), []).append(line(record))
        counts[record["kind"]] = counts.get(record["kind"], 0) + 1
    contents = {name: "".join(sorted(lines)).encode() for name, lines in parts.items()}
    index = {"version": VERSION, "until": until, "counts": dict(sorted(counts.items()))}
    return {
        **contents,
        META: _json(_remembered(store)),
        INDEX: _json(index),
        "README.md": README.encode(),
    }


def _remembered(store: Store) -> dict[str, str]:
    """What the store remembers beside history and others can use."""
    return {k: v for k, v in sorted(store.meta().items()) if not k.startswith(_OURS)}


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _file(record: Record) -> str:
    """Where a record stands: what grows by the hour in files by the hour, what grows slowly in files by the month."""
    kind = record["kind"]
    if kind == "observation":
        return f"history/observations/{slot(record['at'])}.jsonl"
    if kind == "rollup":
        return f"history/{record['scale']}s/{(day if record['scale'] == 'hour' else month)(record['at'])}.jsonl"
    if kind == "span":
        return f"history/spans/{month(record['start'])}.jsonl"
    if kind == "outage":
        return f"history/outages/{month(record['started'])}.jsonl"
    if kind == "evidence":
        return f"history/evidence/{month(record['at'])}.jsonl"
    if kind in ("journal", "shown"):
        return f"history/{kind}.jsonl"
    return "history/checkpoint.jsonl"


def _until(contents: Mapping[str, bytes]) -> str:
    from datetime import UTC, datetime

    until = json.loads(contents[INDEX])["until"]
    return datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%MZ") if until else "now"


# ---- taking in -------------------------------------------------------------------------------------------------------


def _take_in(store: Store, repository: Repository, now: Time, done: Imported) -> str:
    """Add what the branch holds, unless the store holds it already; the commit that was taken in, "" for no branch."""
    at = git.fetch(repository)
    if not at:
        return ""
    contents = git.files(repository, at)
    index = _index(contents, repository)
    if store.meta().get(SEEN) == at and not _lost(store, index):
        return at
    found = [record for name in sorted(contents) for record in _records(name, contents[name], repository)]
    until, meta = index["until"], _meta(contents, repository)
    add(store, (r for r in found if r["kind"] != "checkpoint"), now, done, folded=True, until=until)
    add(store, (r for r in found if r["kind"] == "checkpoint"), now, done, folded=True, until=until)
    here = store.meta()
    store.save(meta={**united(here, meta, _base(here)), SEEN: at, BASE: _digests(meta)})
    return at


def _lost(store: Store, index: Mapping[str, Any]) -> bool:
    """Whether the store has fewer records of what is kept for ever than it must, having seen this branch."""
    counts: dict[str, int] = {"outage": len(store.outages()), "span": len(store.spans(0))}
    return any(counts[kind] < index["counts"].get(kind, 0) for kind in counts)


def _index(contents: Mapping[str, bytes], repository: Repository) -> Mapping[str, Any]:
    if INDEX not in contents:
        raise HistoryError(
            f"history: the {repository.place} holds something else than history; name another one with --branch"
        )
    try:
        index = json.loads(contents[INDEX])
        version, counts, until = int(index["version"]), dict(index["counts"]), index["until"]
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(f"history: {INDEX} on the {repository.place} cannot be read: {error}") from None
    if version > VERSION:
        raise HistoryError(
            f"history: the {repository.place} was written by a newer version of Roadworthy (format {version}); "
            "upgrade the program"
        )
    return {"counts": counts, "until": until}


def _records(name: str, body: bytes, repository: Repository) -> Iterable[Record]:
    if not name.startswith("history/"):
        return ()
    done = Imported()
    try:
        found = list(json_records(lines_of(body), done))
    except HistoryError as error:
        raise HistoryError(f"history: {name} on the {repository.place}: {error}") from None
    if done.torn_bytes:
        raise HistoryError(f"history: {name} on the {repository.place} was cut off")
    return found


def _meta(contents: Mapping[str, bytes], repository: Repository) -> dict[str, str]:
    try:
        meta = json.loads(contents[META])
        return {str(k): str(v) for k, v in meta.items() if not k.startswith(_OURS)}
    except (KeyError, ValueError, AttributeError) as error:
        raise HistoryError(f"history: {META} on the {repository.place} cannot be read: {error}") from None


def united(here: Mapping[str, str], there: Mapping[str, str], base: Mapping[str, str] = EMPTY) -> dict[str, str]:
    """What the store shall remember beside history, from two: lists are united, of copies the newer one wins.

    Anything else stays as it is here if it was changed here since `base` (hashes of what the branch held when it was
    seen last); else it is as somebody else left it: a job that only counts a deploy takes back nobody's notifications.
    """
    changed = {k: v for k, v in here.items() if k not in there or base.get(k) != _digest(v)}
    mixed = {**there, **{k: v for k, v in changed.items() if not k.startswith(_OURS)}}
    if "deploys" in here and "deploys" in there:
        mixed["deploys"] = " ".join(sorted({*here["deploys"].split(), *there["deploys"].split()}))
    if "deployed" in there and _last(there) > _last(here):
        mixed["deployed"] = there["deployed"]
    if "published" in here and "published" in there:
        mixed["published"] = max(here["published"], there["published"], key=_generation)
    if "diagnosis" in here and "diagnosis" in there:
        mixed["diagnosis"] = _both(here["diagnosis"], there["diagnosis"])
    return mixed


def _digest(value: str) -> str:
    return sha256(value.encode("utf-8", "replace")).hexdigest()[:16]


def _digests(meta: Mapping[str, str]) -> str:
    return json.dumps({key: _digest(value) for key, value in meta.items()})


def _base(meta: Mapping[str, str]) -> dict[str, str]:
    """The hashes that the store has of the branch; none where it never saw it."""
    try:
        return {str(key): str(value) for key, value in json.loads(meta.get(BASE, "{}")).items()}
    except (ValueError, AttributeError):
        return {}


def _last(meta: Mapping[str, str]) -> int:
    return max(map(int, meta.get("deploys", "").split()), default=0)


def _generation(manifest: str) -> int:
    try:
        return int(json.loads(manifest)["generation"])
    except (ValueError, KeyError, TypeError):
        return -1


def _both(here: str, there: str) -> str:
    from ..incidents import journal

    return journal.to_json(journal.united(journal.from_json(here), journal.from_json(there)))
