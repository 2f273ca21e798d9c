"""A note for an outage that has none, ready for a person to finish: times, places and evidence filled in.

Gives text; never writes a file and never publishes: the draft carries `draft: true` until a person takes it away.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from ..model import UNKNOWN_CAUSE, Finding, Incident, Time
from ..plain import iso, listed, moment


def file_name(incident: Incident) -> str:
    """`2026-11-23-civitai-search.md`: the day it began and the first component."""
    day = datetime.fromtimestamp(incident.started, UTC).strftime("%Y-%m-%d")
    return f"{day}-{_slug((incident.components or (incident.title,))[0])}.md"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "incident"


def draft(incident: Incident, findings: Sequence[Finding], now: Time) -> str:
    """The note file for an incident in the machine's words.

    `outages:` ties it to what was published, so that the incident keeps its id; the cause stands in a comment, because
    only a person confirms one.
    """
    mine = [f for f in findings if set(f.components) & set(incident.components)] or list(incident.findings)
    lines = [
        "---",
        f"title: {_quoted(incident.title[:80])}   # say what people notice, not what broke",
        f"impact: {incident.impact.value}",
        f"components: {_flow(incident.components)}",
        *([f"regions: {_flow(incident.regions)}"] if incident.regions else []),
        f"started: {iso(incident.started)}",
        f"outages: {_flow([o.id for o in incident.outages])}   # ties this note to what the checks found; keep it",
        *_cause(mine),
        "draft: true   # take this line away to publish",
        "# next_update: +1h",
        "updates:",
        f"  - at: {iso(now)}",
        "    status: investigating",
        "    body: |-",
        *(f"      {line}" for line in _body(incident)),
        "---",
        *_background(mine),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _cause(findings: Sequence[Finding]) -> list[str]:
    if not findings or findings[0].cause == UNKNOWN_CAUSE:
        return ["# cause: the checks do not know; a person may"]
    first = findings[0]
    return [f"# cause: {first.cause}   # {first.confidence} confidence; uncomment once you are sure"]


def _body(incident: Incident) -> list[str]:
    first = incident.updates[0].text if incident.updates else incident.title
    return [_one_line(first), "", "What you can do: (say it in one sentence, or take this line away)"]


def _background(findings: Sequence[Finding]) -> list[str]:
    lines = []
    for finding in findings:
        sure = "" if finding.cause == UNKNOWN_CAUSE else f"{finding.confidence} confidence, "
        lines += [f"**{_one_line(finding.title)}** ({sure}since {moment(finding.since)})", ""]
        lines += [f"- {_one_line(e.sentence)}" for e in finding.evidence]
        if finding.against:
            lines.append(f"- Against it: {listed((_one_line(a) for a in finding.against), most=20)}")
        if finding.decides:
            lines.append(f"- What would decide: {_one_line(finding.decides)}")
        lines.append("")
    return lines


def _one_line(text: str) -> str:
    """One line of plain text, with what markdown or HTML would act on escaped."""
    flat = " ".join(text.split())
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", flat)


def _quoted(text: str) -> str:
    """A YAML double-quoted scalar; JSON strings are a subset of it."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _flow(items: Sequence[str]) -> str:
    return "[" + ", ".join(i if re.fullmatch(r"[A-Za-z][A-Za-z0-9/_-]*", i) else _quoted(i) for i in items) + "]"
