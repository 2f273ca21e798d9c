"""Reads an Upptime repository: issues as JSON, the files below `history/`, and their past in git where it is there.

SOURCE is the folder of the repository (with `issues.json` in it, from `gh issue list --state all --limit 1000 --json
number,title,body,labels,createdAt,closedAt,comments`, or from the REST API), or such a JSON file alone. Each version of
a history file is one look that really happened. Percentages are left behind: they do not say when nobody looked.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..model import Impact, Progress, Status, Time
from . import Asked, Found, Importer, Look, Series, Story, Told
from ._reading import json_of, mappings, moment, refuse, text_of

DOWN = re.compile(r"^\W*(?P<name>.+?) (?:is down|has degraded performance)\s*$")
OVER = re.compile(r"^\W*Resolved:?\W*", re.IGNORECASE)
HELD = re.compile(r"^\s*(start|end|expectedDown|expectedDegraded):\s*(.+?)\s*$", re.MULTILINE)


def read(asked: Asked) -> Found:
    """Issues as stories, versions of history files as looks."""
    source = Path(asked.source)
    left: list[str] = []
    if source.is_file():
        exports, folder = [source], None
    elif source.is_dir():
        folder = next((f for f in (source / "history", source) if list(f.glob("*.yml"))), None)
        exports = sorted({*source.glob("issues*.json"), *source.glob("issues/*.json")})
    else:
        raise refuse(asked.source, "unreadable", "is no file and no folder", "give the folder of the repository")
    if not exports and folder is None:
        fix = "give the folder of the repository, with issues.json in it"
        raise refuse(asked.source, "not-upptime", "holds neither issues nor history", fix)
    if not exports:
        left.append("no issues.json: no incidents; write it with gh issue list (docs/importing.md)")
    issues, comments = _issues(exports)
    sites = _sites(folder, left) if folder else {}
    made = (_story(issue, comments, sites, left) for issue in issues)
    stories = sorted((story for story in made if story), key=lambda s: (s.started, s.id))
    series = tuple(_series(folder, slug, site, left) for slug, site in sites.items()) if folder else ()
    if folder and (folder / "summary.json").exists():
        left.append("summary.json: percentages and minutes of downtime do not say when nobody looked")
    return Found(tuple(stories), tuple(s for s in series if s.looks), tuple(dict.fromkeys(left)))


# ---- issues ----------------------------------------------------------------------------------------------------------


def _issues(exports: Sequence[Path]) -> tuple[list[dict[str, Any]], dict[int, list[dict[str, Any]]]]:
    """All issues of all files, and the comments that stand apart, by the number of their issue."""
    issues: dict[int, dict[str, Any]] = {}
    apart: dict[int, list[dict[str, Any]]] = {}
    for path in exports:
        value = json_of(text_of(path), str(path))
        for entry in value if isinstance(value, list) else [value]:
            if not isinstance(entry, dict) or "pull_request" in entry:
                continue
            about = str(entry.get("issue_url", "")).rpartition("/")[2]
            if about.isdigit():
                apart.setdefault(int(about), []).append(entry)
            elif isinstance(entry.get("number"), int):
                issues[entry["number"]] = entry
    if exports and not issues:
        raise refuse(str(exports[0]), "not-upptime", "holds no issues")
    return [issues[number] for number in sorted(issues)], apart


def _story(
    issue: Mapping[str, Any],
    apart: Mapping[int, list[dict[str, Any]]],
    sites: Mapping[str, Mapping[str, str]],
    left: list[str],
) -> Story | None:
    number, title = issue["number"], str(issue.get("title", "")).strip()
    labels = [str(one.get("name", "") if isinstance(one, dict) else one) for one in _list(issue.get("labels"))]
    created = moment(issue.get("createdAt") or issue.get("created_at"))
    if created is None or not title:
        left.append(f"issue {number}: has no title or no time")
        return None
    if "maintenance" in labels:
        return _maintenance(issue, created, title, sites, left)
    if "status" not in labels:
        left.append(f"issue {number} ({title}): has neither the label status nor maintenance")
        return None
    found = DOWN.match(title)
    status = Status.DEGRADED_PERFORMANCE if "degraded" in title else Status.MAJOR_OUTAGE
    slug = next((label for label in labels if label in sites), "")
    name = sites[slug]["name"] if slug else found["name"] if found else next((w for w in labels if w != "status"), "")
    return Story(
        id=f"upptime-{number}",
        title=re.sub(r"^\W+", "", title),
        kind="incident",
        started=created,
        impact=Impact.MINOR if status is Status.DEGRADED_PERFORMANCE else Impact.CRITICAL,
        components=(name,) if name else (),
        updates=_updates(issue, _comments(issue, apart), created, {name: status} if name else {}, left),
        links=tuple(url for url in [str(issue.get("html_url") or issue.get("url") or "")] if "/issues/" in url),
    )


def _comments(issue: Mapping[str, Any], apart: Mapping[int, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [*mappings(issue.get("comments")), *apart.get(issue["number"], ())]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _updates(
    issue: Mapping[str, Any],
    comments: Iterable[Mapping[str, Any]],
    created: Time,
    said: Mapping[str, Status],
    left: list[str],
) -> tuple[Told, ...]:
    """What the issue says first, what people wrote, and the end."""
    told = [Told(created, Progress.INVESTIGATING, str(issue.get("body") or "").strip(), said)]
    for comment in comments:
        at = moment(comment.get("createdAt") or comment.get("created_at"))
        body = str(comment.get("body") or "").strip()
        if at is None:
            left.append(f"issue {issue['number']}: a comment without a time")
            continue
        if OVER.match(body):
            told.append(Told(at, Progress.RESOLVED, OVER.sub("", body)))
        else:
            told.append(Told(at, Progress.INVESTIGATING, body))
    told.sort(key=lambda t: t.at)
    closed = moment(issue.get("closedAt") or issue.get("closed_at"))
    if closed is not None and not any(t.status is Progress.RESOLVED for t in told):
        told.append(Told(max(closed, told[-1].at), Progress.RESOLVED, "Resolved."))
    over = next((index for index, t in enumerate(told) if t.status is Progress.RESOLVED), len(told))
    # What is written below a closed issue is an afterthought and opens nothing again.
    return tuple(
        Told(t.at, Progress.POSTMORTEM if index > over else t.status, t.body, t.components)
        for index, t in enumerate(told)
    )


def _maintenance(
    issue: Mapping[str, Any], created: Time, title: str, sites: Mapping[str, Mapping[str, str]], left: list[str]
) -> Story | None:
    body = str(issue.get("body") or "")
    comment = re.search(r"<!--(.*?)-->", body, re.DOTALL)
    held = dict(HELD.findall(comment[1])) if comment else {}
    starts, ends = moment(held.get("start")), moment(held.get("end"))
    if starts is None or ends is None or not comment:
        left.append(f"issue {issue['number']} ({title}): a maintenance without start and end in its comment")
        return None
    slugs = [s.strip() for key in ("expectedDown", "expectedDegraded") for s in held.get(key, "").split(",")]
    return Story(
        id=f"upptime-{issue['number']}",
        title=title,
        kind="maintenance",
        started=starts,
        components=tuple(sites[slug]["name"] if slug in sites else slug for slug in slugs if slug),
        ends=ends,
        body=body.replace(comment[0], "").strip(),
    )


# ---- history ---------------------------------------------------------------------------------------------------------


def _sites(folder: Path, left: list[str]) -> dict[str, dict[str, str]]:
    """slug -> name and url. The name is in summary.json only; without it the slug is all we know."""
    summary = folder / "summary.json"
    listed = json_of(text_of(summary), str(summary)) if summary.exists() else []
    known = {str(e.get("slug")): str(e.get("name")) for e in listed if isinstance(e, dict)}
    sites = {}
    for path in sorted(folder.glob("*.yml")):
        values = _flat(text_of(path))
        if "url" in values:
            sites[path.stem] = {"name": known.get(path.stem, path.stem), "url": values["url"]}
        else:
            left.append(f"history/{path.name}: is no history of Upptime")
    return sites


def _flat(text: str) -> dict[str, str]:
    """`key: value` lines, which is all these files hold."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith((" ", "#")))
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


def _series(folder: Path, slug: str, site: Mapping[str, str], left: list[str]) -> Series:
    looks: dict[Time, Look] = {}
    for text in _versions(folder, f"{slug}.yml", left):
        values = _flat(text)
        at = moment(values.get("lastUpdated"))
        if at is None or values.get("status") not in ("up", "down", "degraded"):
            continue
        failed = values["status"] == "down"
        took = values.get("responseTime", "")
        timed = not failed and re.fullmatch(r"\d+(\.\d+)?", took) is not None and float(took) > 0
        looks[at] = Look(at, failed, float(took) if timed else None)
    return Series(site["name"], site["url"], tuple(looks[at] for at in sorted(looks)))


def _versions(folder: Path, name: str, left: list[str]) -> list[str]:
    """Every version of a file in git, oldest first; only the file as it is where there is no git history."""
    path = folder / name
    try:
        listed = _git(folder, "log", "--reverse", "--format=%H", "--", name).decode().split()
        prefix = _git(folder, "rev-parse", "--show-prefix").decode().strip()
    except (OSError, subprocess.CalledProcessError):
        left.append("history/: is in no git repository; only the last look of each file is there")
        return [text_of(path)]
    asked = "".join(f"{commit}:{prefix}{name}\n" for commit in listed).encode()
    raw = _git(folder, "cat-file", "--batch", given=asked)
    return [*_blobs(raw), text_of(path)]


def _git(folder: Path, *words: str, given: bytes = b"") -> bytes:
    command = ["git", "-C", str(folder), "-c", "core.hooksPath=/dev/null", *words]
    return subprocess.run(command, input=given, capture_output=True, check=True, timeout=600).stdout


def _blobs(raw: bytes) -> list[str]:
    """The contents in an answer of `git cat-file --batch`; a commit that deleted the file has none."""
    found, at = [], 0
    while at < len(raw):
        head, _, _ = raw[at : at + 200].partition(b"\n")
        at += len(head) + 1
        if not head.endswith(b" missing"):
            size = int(head.rsplit(b" ", 1)[1])
            found.append(raw[at : at + size].decode("utf-8", "replace"))
            at += size + 1
    return found


IMPORTER = Importer("upptime", read)
