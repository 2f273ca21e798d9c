"""The shell around kept looks: what a run keeps of raw history, and the files of evidence that no longer change.

A claim on a page must lead to its looks for as long as the page stands. The recent days are rendered with the view;
the older ones are files known by their hash, made only where the site does not hold them. Never decides which look a
claim rests on: the outages and the journal name them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .model import EMPTY, Artifact, Config, Observation, Past, Stage, Time, Verdict

if TYPE_CHECKING:
    from .incidents.journal import Line
    from .publish import Deferred
    from .stores import Store

RECENT = 14 * 86_400
"""Seconds: what is younger comes with the view, and is looked for among raw observations."""
HINTS = "kept-files"

_SAMPLE = Observation("p/c/k", "r", 0, Verdict.DOWN, None, Stage.CONTENT, facts={"a": 1})


@dataclass(frozen=True, slots=True)
class Files:
    """The files of the older days, how many looks each holds, and what to remember so that they need not be made."""

    days: Mapping[str, int] = field(default_factory=lambda: EMPTY)
    artifacts: tuple[Artifact | Deferred, ...] = ()
    hints: str = ""


def keep(store: Store, config: Config, past: Past, journal: Iterable[Line], now: Time) -> int:
    """Keep the looks that the outages of the last days and what was found out of them rest on; how many were new."""
    from .copies import kept
    from .incidents.journal import looks_of
    from .remember.renamed import names

    recent = {o.id: o for o in past.outages if o.ended is None or o.ended > now - RECENT}
    keys = {key for outage in recent.values() for key in outage.evidence}
    keys |= {key for line in journal if line.outage in recent for key in looks_of(line)}
    wanted = kept.missing(store, (key for key in keys if key[2] > now - RECENT))
    at_hand = {look.key: look for looks in (past.evidence, *past.latest.values()) for look in looks}
    found = {key: at_hand[key] for key in wanted & at_hand.keys()}
    called = names(config)
    for at in sorted({at for _, _, at in wanted - found.keys()}):
        raw = (called.observation(look) for look in store.observations(at, at + 1))
        found.update({look.key: look for look in raw if look.key in wanted})
    return kept.keep(store, found.values())


def at_hand(store: Store, config: Config, past: Past, site: Path, now: Time) -> tuple[Past, Files]:
    """The past with everything that is kept, and the files of the older days.

    Where history is delayed the older files stay as they are published: what cannot be read is not gone.
    """
    from .stores._keep import day

    if past.delayed:
        found = _as_published(site, now)
        rest = tuple(look for look in past.evidence if day(look.at) not in found.days)
        return replace(past, evidence=rest, kept_days=found.days), found
    with_view = _days_of_the_view(config, past)
    found = files(store, config, now, without=with_view)
    return _recalled(store, past, found, {when for when in with_view if when < _first_recent(now)}, now), found


def _days_of_the_view(config: Config, past: Past) -> frozenset[str]:
    """The days that the view renders whatever their age: something believed now may rest on a look of long ago."""
    from .stores._keep import day
    from .view.evidence import public

    shown = public(config)
    return frozenset(day(look.at) for look in past.evidence if shown(look))


def _as_published(site: Path, now: Time) -> Files:
    from .outputs.data import evidence_url

    folder = (site / evidence_url("").lstrip("/")).parent
    days: dict[str, int] = {}
    made: list[Artifact | Deferred] = []
    for file in sorted(folder.glob("????-??-??.jsonl")) if folder.is_dir() else ():
        if file.stem < _first_recent(now):
            body = file.read_bytes()
            days[file.stem] = body.count(b"\n")
            made.append(Artifact(file.relative_to(site).as_posix(), body))
    return Files(days, tuple(made))


def _recalled(store: Store, past: Past, files: Files, old: Iterable[str], now: Time) -> Past:
    """The past with the kept looks of the recent days and of these `old` ones, and word of all others."""
    from .copies import kept

    more = (look for when in sorted(old) for look in kept.looks(store, when))
    looks = {look.key: look for look in (*more, *kept.since(store, _first_recent(now)), *past.evidence)}
    ordered = tuple(looks[key] for key in sorted(looks, key=lambda key: (key[2], key)))
    return replace(past, evidence=ordered, kept_days=files.days)


def files(store: Store, config: Config, now: Time, without: Collection[str] = ()) -> Files:
    """The evidence of each day before the recent ones, except `without`. Nothing private is in it.

    HistoryError if it cannot be read.
    """
    from .copies import kept
    from .outputs import data
    from .publish import Deferred
    from .view.evidence import public

    shown, hints = public(config), _hints(store)
    # what the bytes are made from beside the looks: how a look is written, and which parts are public
    salt = [data.evidence_lines((_SAMPLE,)), repr(sorted(c.id for c in config.components if c.public)).encode()]
    frame = hashlib.sha256(b"\0".join(salt)).hexdigest()[:16]
    days: dict[str, int] = {}
    made: list[Artifact | Deferred] = []
    fresh: dict[str, list[str | int]] = {}
    for when, (_, check) in kept.index(store).items():
        if when >= _first_recent(now) or when in without:
            continue

        def body(when: str = when) -> bytes:
            return data.evidence_lines(tuple(look for look in kept.looks(store, when) if shown(look)))

        path = data.evidence_url(when).lstrip("/")
        known = hints.get(when)
        if known is None or known[:2] != [check, frame]:
            text = body()
            known = [check, frame, hashlib.sha256(text).hexdigest(), len(text), text.count(b"\n")]
            if text:
                made.append(Artifact(path, text))
        elif known[4]:
            made.append(Deferred(path, str(known[2]), int(known[3]), body))
        fresh[when] = known
        if known[4]:
            days[when] = int(known[4])
    return Files(days, tuple(made), json.dumps(fresh, sort_keys=True))


def noted(store: Store, files: Files) -> None:
    """Remember what was published. Call it when `publish` has returned."""
    if files.hints and store.meta().get(HINTS, "{}") != files.hints:
        store.save(meta={HINTS: files.hints})


def _hints(store: Store) -> Mapping[str, list[str | int]]:
    """Only hints: without them each file is made anew."""
    try:
        found = json.loads(store.meta().get(HINTS, "{}"))
        return {str(k): v for k, v in found.items() if isinstance(v, list) and len(v) == 5}
    except (ValueError, AttributeError):
        return {}


def _first_recent(now: Time) -> str:
    from .stores._keep import day

    return day(now - RECENT)
