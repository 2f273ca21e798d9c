"""A whole note as text, from values: what importers found, as a person would have written it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ..importers import Story
from ..model import Status
from ..shapes import rfc3339
from ..textfile import UNSPEAKABLE


def note(
    story: Story,
    components: Sequence[str],
    statuses: Sequence[Mapping[str, Status]],
    unknown: Iterable[str],
) -> str:
    """The file. `components` are ids of ours, `statuses` what each update says of them, `unknown` names without id."""
    lines = ["---", f"id: {story.id}", f"title: {quoted(one_line(story.title))}"]
    lines += [f"kind: {story.kind}"] if story.kind == "notice" else []
    lines += [f"impact: {story.impact.value}"] if story.impact and story.kind != "maintenance" else []
    lines += [f"components: [{', '.join(components)}]"] if components else []
    lines += [f"# affected in the source, and no component here: {one_line(name)}" for name in unknown]
    if story.kind == "maintenance":
        lines += [f"starts: {rfc3339(story.started)}", f"ends: {rfc3339(story.ends or story.started)}"]
    else:
        lines.append(f"started: {rfc3339(story.started)}")
    lines += ["pinned: true"] if story.pinned else []
    lines += ["draft: true"] if story.draft else []
    lines += [f"links: [{', '.join(quoted(link) for link in story.links)}]"] if story.links else []
    lines += ["updates:"] if story.updates else []
    for update, said in zip(story.updates, statuses, strict=True):
        lines += [f"  - at: {rfc3339(update.at)}", f"    status: {update.status.value}"]
        if said:
            pairs = ", ".join(f"{id}: {status.value}" for id, status in said.items())
            lines.append(f"    components: {{{pairs}}}")
        lines += _block(update.body)
    body = clean(story.body)
    return "\n".join([*lines, "---", *([body] if body else []), ""])


def _block(text: str) -> list[str]:
    words = clean(text)
    return ["    body: |-", *(f"      {line}" if line.strip() else "" for line in words.split("\n"))] if words else []


def clean(text: str) -> str:
    """Text that YAML and feeds can carry: no control characters, no tabs, no space around it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n\n").replace("\t", "    ")
    return UNSPEAKABLE.sub("", text).strip()


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", clean(text))


def quoted(text: str) -> str:
    """A YAML value that is this text and nothing else."""
    return "'" + text.replace("'", "''") + "'"
