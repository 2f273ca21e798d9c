"""What was found out when, for each outage: written down at the moment it changed, and kept when raw history is pruned.

Three sorts of lines: an `Entry` is the first cause of a running outage, a `Proof` names the looks that a change of its
state rests on, an `OfficialWord` is what the platform's own page said. A finding is about now and a look is kept for
two weeks; an incident must still tell its story, and lead to its evidence, when it is over. The journal is a small
value that the shell keeps beside history (JSON in, JSON out) and hands back on the next run. Pure. Never judges a
finding, and never takes a line back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from .. import plain
from ..model import (
    ALL,
    FAILING,
    UNKNOWN_CAUSE,
    Confidence,
    Config,
    Filling,
    Finding,
    IncidentUpdate,
    Observation,
    OfficialWord,
    Outage,
    Past,
    Progress,
    Said,
    Status,
    Time,
)
from ..outage_groups import withdrawn
from ..plain import paragraph, said
from ..words import CONFIDENCE
from . import official

MOST = 8
"""Entries, and changes with their proof, kept for one outage: what changes more often says nothing new."""

Key: TypeAlias = tuple[str, str, Time]


@dataclass(frozen=True, slots=True)
class Entry:
    """From `at` on, `cause` came first for the outage; `sentence` says it with its best evidence, `keys` has it all.

    `said` is that evidence as a value and `decides` what would decide, for other languages. Older entries lack both.
    """

    outage: str
    at: Time
    cause: str
    title: str
    confidence: Confidence
    sentence: str
    keys: tuple[Key, ...] = ()
    said: Said | None = None
    decides: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """At `at` the outage was believed to be `status` for the looks of `keys`; operational is its end."""

    outage: str
    at: Time
    status: Status
    keys: tuple[Key, ...]


Line: TypeAlias = Entry | Proof | OfficialWord
Journal: TypeAlias = tuple[Line, ...]


# ---- writing ---------------------------------------------------------------------------------------------------------


def written(
    journal: Sequence[Line],
    config: Config,
    past: Past,
    findings: Sequence[Finding],
    now: Time,
    readings: Iterable[Observation] = (),
) -> Journal:
    """The journal with all that this moment adds to it. `readings` are looks at official pages beside the newest of
    `past`."""
    entries = record([line for line in journal if isinstance(line, Entry)], past.outages, findings, now)
    proofs = proven([line for line in journal if isinstance(line, Proof)], past, now)
    watched = {p.official for p in config.platforms if p.official}
    looks = {o.key: o for (check, _), seen in past.latest.items() if check in watched for o in seen}
    looks.update({o.key: o for o in readings})
    words = official.record(words_of(journal), config, past.outages, looks.values(), now)
    return (*entries, *proofs, *words)


def record(
    journal: Sequence[Entry], outages: Sequence[Outage], findings: Sequence[Finding], now: Time
) -> tuple[Entry, ...]:
    """The diagnoses with a new entry for each running outage whose first cause is not the one written last."""
    entries = list(journal)
    last = {e.outage: e for e in journal}
    counts: dict[str, int] = {}
    for entry in journal:
        counts[entry.outage] = counts.get(entry.outage, 0) + 1
    for outage in outages:
        first = next((f for f in findings if outage.component in f.components), None)
        if outage.ended is not None or first is None or counts.get(outage.id, 0) >= MOST:
            continue
        before = last.get(outage.id)
        if before is None or (before.cause, before.confidence) != (first.cause, first.confidence):
            keys = tuple(dict.fromkeys(e.key for e in first.evidence if e.key is not None))
            sentence, best = _sentence(first), first.evidence[0].said
            entries.append(
                Entry(outage.id, now, first.cause, first.title, first.confidence, sentence, keys, best, first.decides)
            )
    return tuple(entries)


def _sentence(finding: Finding) -> str:
    rest = f" What would decide: {finding.decides}" if finding.decides else ""
    return f"{finding.evidence[0].sentence}{rest}"


def proven(proofs: Sequence[Proof], past: Past, now: Time) -> tuple[Proof, ...]:
    """The proofs with a new one for each outage whose state has changed since its last: opening, changes, end.

    Between the changes an outage rests on looks like these; they are not kept one by one.
    """
    found = list(proofs)
    last = {p.outage: p for p in proofs}
    counts: dict[str, int] = {}
    for proof in proofs:
        counts[proof.outage] = counts.get(proof.outage, 0) + 1
    newest = {o.component: o for o in sorted(past.outages, key=lambda o: o.started)}
    for outage in newest.values():
        standing = past.standings.get((outage.component, ALL))
        before = last.get(outage.id)
        if standing is None or not standing.evidence or withdrawn(outage):
            continue
        over = outage.ended is not None
        about = standing.status is Status.OPERATIONAL if over else standing.status in FAILING
        if not about or (over and before is None):
            continue  # what is believed now is about another stretch than this outage
        full = counts.get(outage.id, 0) >= MOST and not over
        if not full and (before is None or before.status is not standing.status):
            found.append(Proof(outage.id, now, standing.status, standing.evidence))
    return tuple(found)


# ---- reading ---------------------------------------------------------------------------------------------------------


def updates_of(outage: Outage, journal: Sequence[Line]) -> tuple[IncidentUpdate, ...]:
    """The diagnoses of an outage as lines of its incident's story."""
    mine = sorted((e for e in journal if isinstance(e, Entry) and e.outage == outage.id), key=lambda e: e.at)
    lines = []
    for number, entry in enumerate(mine):
        text = f"{_told(entry, number == 0)} {entry.sentence}"
        stamp = f"{datetime.fromtimestamp(entry.at, UTC):%Y%m%dT%H%M%SZ}"
        id, sentences = f"{outage.id}-cause-{stamp}", _said(entry, number == 0)
        lines.append(
            IncidentUpdate(id, entry.at, Progress.INVESTIGATING, text, paragraph(text), automatic=True, said=sentences)
        )
    return tuple(lines)


def _told(entry: Entry, first: bool) -> str:
    """To know no cause is no cause of low confidence: it is said without one."""
    if entry.cause == UNKNOWN_CAUSE:
        return f"{entry.title}." if first else f"The diagnosis changed: {entry.title[:1].lower()}{entry.title[1:]}."
    word = "Probable cause" if first else "The diagnosis changed"
    return f"{word}: {entry.title} (confidence {entry.confidence})."


def _said(entry: Entry, first: bool) -> tuple[Said | str, ...]:
    """The same for other languages; nothing where only the English of the evidence was kept."""
    if entry.said is None:
        return ()
    if entry.cause == UNKNOWN_CAUSE:
        told = said("We do not know why.") if first else said("The diagnosis changed: we do not know why.")
    elif first:
        told = said("Probable cause: {title} ({confidence}).", **_named(entry))
    else:
        told = said("The diagnosis changed: {title} ({confidence}).", **_named(entry))
    return (told, entry.said, said("What would decide:"), entry.decides) if entry.decides else (told, entry.said)


def _named(entry: Entry) -> dict[str, Filling]:
    return {"title": entry.title, "confidence": Said(CONFIDENCE[entry.confidence])}


def words_of(journal: Iterable[Line]) -> tuple[OfficialWord, ...]:
    """What official pages said, outage by outage."""
    return tuple(line for line in journal if isinstance(line, OfficialWord))


def looks_of(line: Line) -> tuple[Key, ...]:
    """The keys of the looks that a line rests on."""
    return line.evidence if isinstance(line, OfficialWord) else line.keys


def united(here: Sequence[Line], there: Sequence[Line]) -> Journal:
    """Both, each line once, in an order of their own. Of two words about one outage the one that read further holds."""
    words = {w.outage: w for w in sorted((*words_of(there), *words_of(here)), key=lambda w: w.last or 0)}
    entries = {(e.outage, e.at, e.cause): e for e in (*there, *here) if isinstance(e, Entry)}
    proofs = {(p.outage, p.at): p for p in (*there, *here) if isinstance(p, Proof)}
    return (
        *sorted(entries.values(), key=lambda e: (e.at, e.outage, e.cause)),
        *sorted(proofs.values(), key=lambda p: (p.at, p.outage)),
        *sorted(words.values(), key=lambda w: w.outage),
    )


# ---- as text ---------------------------------------------------------------------------------------------------------

_SORTS: Mapping[type[Line], str] = {Entry: "diagnosis", Proof: "proof", OfficialWord: "official"}
_FIELDS = {sort: tuple(field.name for field in fields(sort)) for sort in _SORTS}


def to_json(journal: Iterable[Line]) -> str:
    return json.dumps([to_record(line) for line in journal], ensure_ascii=False, separators=(",", ":"))


def to_record(line: Line) -> dict[str, Any]:
    """A line as JSON can say it, without what is empty."""
    found = {name: getattr(line, name) for name in _FIELDS[type(line)]}
    sort = {} if isinstance(line, Entry) else {"sort": _SORTS[type(line)]}
    return {**sort, **{k: _plain(v) for k, v in found.items() if v not in (None, (), "", 0)}}


def _plain(value: Any) -> Any:
    return plain.to_record(value) if isinstance(value, Said) else value


@lru_cache(maxsize=2)  # values that never change, asked for several times in one run
def from_json(text: str) -> Journal:
    """The journal as it was written. Raises ValueError for anything else; an empty text is an empty journal."""
    if not text:
        return ()
    data: Any = json.loads(text)
    if not isinstance(data, list):
        raise ValueError("not a journal of diagnoses: not a list")
    return tuple(map(from_record, data))


def from_record(item: Any) -> Line:
    """One line; ValueError for anything that is none. One without a sort is a diagnosis."""
    try:
        return _READERS[item.get("sort", "diagnosis")](item)
    except (TypeError, KeyError, AttributeError, ValueError) as wrong:
        raise ValueError(f"not a journal of diagnoses: {wrong}") from wrong


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(
        str(item["outage"]),
        int(item["at"]),
        str(item["cause"]),
        str(item["title"]),
        Confidence(item["confidence"]),
        str(item.get("sentence", "")),
        _keys(item.get("keys", ())),
        plain.from_record(item["said"]) if "said" in item else None,
        str(item.get("decides", "")),
    )


def _proof(item: Mapping[str, Any]) -> Proof:
    return Proof(str(item["outage"]), int(item["at"]), Status(item["status"]), _keys(item["keys"]))


def _word(item: Mapping[str, Any]) -> OfficialWord:
    return OfficialWord(
        outage=str(item["outage"]),
        read=int(item.get("read", 0)),
        unread=int(item.get("unread", 0)),
        silent=_moment(item, "silent"),
        acknowledged=_moment(item, "acknowledged"),
        word=Status(item["word"]) if "word" in item else None,
        about=str(item.get("about", "")),
        region=str(item.get("region", "")),
        over=_moment(item, "over"),
        last=_moment(item, "last"),
        evidence=_keys(item.get("evidence", ())),
    )


def _moment(item: Mapping[str, Any], name: str) -> Time | None:
    return int(item[name]) if item.get(name) is not None else None


def _keys(found: Iterable[Any]) -> tuple[Key, ...]:
    return tuple([(check, region, at) for check, region, at in found])


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Line]] = {"diagnosis": _entry, "proof": _proof, "official": _word}
