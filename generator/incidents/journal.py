"""What was diagnosed when: the first cause of each running outage, written down at the moment it changed.

A finding is about now; an incident must still tell its diagnosis when it is over. The journal is a small value that
the shell keeps beside history (JSON in, JSON out) and hands back on the next run. Pure. Never judges a finding, and
never takes an entry back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ..model import Confidence, Finding, IncidentUpdate, Outage, Progress, Time
from ..plain import paragraph

MOST = 8
"""Entries kept for one outage: a diagnosis that changes more often than that says nothing new."""


@dataclass(frozen=True, slots=True)
class Entry:
    """From `at` on, `cause` came first for the outage; `sentence` says it with its best evidence."""

    outage: str
    at: Time
    cause: str
    title: str
    confidence: Confidence
    sentence: str


def record(
    journal: Sequence[Entry], outages: Sequence[Outage], findings: Sequence[Finding], now: Time
) -> tuple[Entry, ...]:
    """The journal with a new entry for each running outage whose first cause is not the one written last."""
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
            entries.append(Entry(outage.id, now, first.cause, first.title, first.confidence, _sentence(first)))
    return tuple(entries)


def _sentence(finding: Finding) -> str:
    rest = f" What would decide: {finding.decides}" if finding.decides else ""
    return f"{finding.evidence[0].sentence}{rest}"


def updates_of(outage: Outage, journal: Sequence[Entry]) -> tuple[IncidentUpdate, ...]:
    """The entries of an outage as lines of its incident's story."""
    mine = sorted((e for e in journal if e.outage == outage.id), key=lambda e: e.at)
    lines = []
    for number, entry in enumerate(mine):
        word = "Probable cause" if number == 0 else "The diagnosis changed"
        text = f"{word}: {entry.title} (confidence {entry.confidence}). {entry.sentence}"
        stamp = f"{datetime.fromtimestamp(entry.at, UTC):%Y%m%dT%H%M%SZ}"
        lines.append(
            IncidentUpdate(
                f"{outage.id}-cause-{stamp}", entry.at, Progress.INVESTIGATING, text, paragraph(text), automatic=True
            )
        )
    return tuple(lines)


def to_json(journal: Sequence[Entry]) -> str:
    return json.dumps([asdict(e) for e in journal], ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> tuple[Entry, ...]:
    """The journal as it was written. Raises ValueError for anything else; an empty text is an empty journal."""
    if not text:
        return ()
    data: Any = json.loads(text)
    try:
        return tuple(_entry(item) for item in data)
    except (TypeError, KeyError, AttributeError) as wrong:
        raise ValueError(f"not a journal of diagnoses: {wrong}") from wrong


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(
        str(item["outage"]),
        int(item["at"]),
        str(item["cause"]),
        str(item["title"]),
        Confidence(item["confidence"]),
        str(item["sentence"]),
    )
