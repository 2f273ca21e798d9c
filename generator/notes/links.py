"""Links of a note that are sure to lead nowhere, with what to write instead; and the note without them. Pure.

Says only what is sure before the site is made. Pages of outages that checks found, months, and places inside a page are
left to the verification of the finished site (`generator.run` takes such a link out of the note, too).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from .. import hosting, textfile
from ..errors import Problem, Severity
from ..markdown import linked
from ..model import Note
from .names import Names

RULE = "dead-link"
UNLINKED = "unlinked"
"""A dead link that stopped nothing: its words are shown, without the link."""

_FOLDERS = (
    "platforms", "components", "regions", "incidents", "history", "compare", "causes", "feeds",
    "api", "badges", "embed", "impact", "assets", "admin", "history-data", ".well-known",
)  # fmt: skip
_PART = r"[a-z0-9](?:-*[a-z0-9])*"
_HOST = re.compile(rf"(?:{_PART}\.)+(?P<end>[a-z]{{2,24}})", re.IGNORECASE)
_FILES = frozenset((
    "html", "htm", "md", "json", "jsonl", "xml", "rss", "atom", "ics", "opml", "svg", "png", "jpg", "jpeg", "gif",
    "webp", "avif", "pdf", "js", "css", "txt", "ico", "csv", "yml", "yaml", "gz", "zip", "webmanifest",
))  # fmt: skip
"""How the name of a file ends, where that of a host could too."""
_FOOTNOTE = re.compile(r"#fn(?:ref\d*)?:")
_AUTOMATIC = re.compile(r"\d{8}T\d{4}Z")
"""In the id of every incident that checks found (`states.outage_id`)."""
_OURS = re.compile(r"\.[0-9a-f]{10}\.[a-z0-9]+\Z")
"""How every file in `assets/` is named."""


@dataclass(frozen=True, slots=True)
class Dead:
    """A link that leads nowhere: as it stands in the HTML, what is wrong, and what to write."""

    target: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Places:
    """What a link of a note may lead to. `incidents` are the ids of all notes, also of those that have errors.

    `strict`: an incident that no note is about is not there. Only history knows those that were published once and have
    a page for ever, so that whoever makes the site asks the site.
    """

    names: Names
    pages: Collection[str] = ()
    incidents: Collection[str] = ()
    strict: bool = False


def dead(note: Note, places: Places) -> tuple[Dead, ...]:
    """The links of the note that are sure to lead nowhere."""
    return judged((target for html in texts(note) for target in linked.targets(html)), places)


def judged(targets: Iterable[str], places: Places) -> tuple[Dead, ...]:
    """Those of these links that are sure to lead nowhere."""
    found = dict.fromkeys(targets)
    return tuple(one for target in found if (one := _judged(target, places)) is not None)


def texts(note: Note) -> Iterator[str]:
    """Everything of the note that is shown as HTML."""
    yield from (update.html for update in note.updates)
    yield note.html


def without(note: Note, targets: Collection[str]) -> Note:
    """The note with the words of these links alone."""
    updates = tuple(replace(update, html=linked.without(update.html, targets)) for update in note.updates)
    return replace(note, updates=updates, html=linked.without(note.html, targets))


def problems(note: Note, found: Iterable[Dead], text: str, base_url: str) -> list[Problem]:
    """An error for each time that one of these links stands in the text of the note's file."""
    return [
        Problem(note.place.file, line, col, RULE, one.message, one.fix)
        for one in found
        for line, col in stands(one.target, text, base_url) or [_update_with(note, one.target)]
    ]


def unlinked(problem: Problem) -> Problem:
    """The problem as a warning: the note is shown, with the words of the link alone."""
    message = f"{problem.message}; its words are shown without a link"
    return replace(problem, rule=UNLINKED, message=message, severity=Severity.WARNING)


# ---- judging ---------------------------------------------------------------------------------------------------------


def _judged(target: str, places: Places) -> Dead | None:
    if target.startswith("#"):
        if _FOOTNOTE.match(target):
            return None
        message = f"`{target}` is a place in a page, and these words stand on several pages and in feeds"
        return Dead(target, message, "write the whole address: /incidents/ID/#place")
    path = _inside(target, places.names.base_url)
    if path is None:
        return None
    steps = [unquote(step) for step in path.strip("/").split("/") if step not in (".", "..")] or [""]
    said = _outside(steps, path) or _elsewhere(path) or _unknown(steps, places)
    return Dead(target, *said) if said else None


def _inside(target: str, base_url: str) -> str | None:
    """The path of a link below the top of the site; None for one that leads out of it."""
    try:
        parts, base = urlsplit(target), urlsplit(base_url)
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        ours = base.netloc and parts.netloc == base.netloc and f"{parts.path}/".startswith(f"{base.path.rstrip('/')}/")
        return parts.path[len(base.path.rstrip("/")) :] if ours else None
    return parts.path


def _outside(steps: list[str], path: str) -> tuple[str, str] | None:
    """For an address that lost its beginning, and so would lead into our own page."""
    first = steps[0].rpartition("@")[2]
    host = _HOST.fullmatch(first)
    if not host or host["end"].lower() in _FILES:
        return None
    whole = path.lstrip("/")
    if "@" in steps[0]:
        return f"`{whole}` is an address for mail without mailto:", f"write mailto:{whole}"
    return (
        f"`{whole}` has no https:// before it, and so leads to a page of ours that is not there",
        f"write https://{whole}",
    )


def _elsewhere(path: str) -> tuple[str, str] | None:
    """For a path that means another page wherever it stands: nothing made it whole, without a `site.url`."""
    if not path or path[0] in "/.":
        return None
    return f"`{path}` leads elsewhere from each page", f"begin it with /: /{path}"


def _unknown(steps: list[str], places: Places) -> tuple[str, str] | None:
    """For a page of ours that cannot be there. What has no configuration to ask is not judged."""
    from ..shapes import suggest  # with a validator, which most notes need not

    names = places.names
    path = "/" + "/".join(steps)
    if names.open or path == "/":
        return None
    if steps[0] in names.languages[1:]:
        return _unknown(steps[1:] or [""], places)
    top, rest = steps[0], steps[1:]
    if steps[-1].endswith(".md") and steps[-1] != "index.md":
        return f"`{path}` is a file of content/, not a page", f"write /incidents/{steps[-1].removesuffix('.md')}/"
    if top not in _FOLDERS and top not in places.pages:
        if (not rest and "." in top) or hosting.redirect(path):
            return None  # a file at the top may be theirs
        tops = [*_FOLDERS[:8], *places.pages]
        return f"the site has no `/{top}/`", suggest(top, tops) or f"known: {', '.join(f'/{one}/' for one in tops)}"
    what, known = _known(top, rest, places)
    id = "/".join(rest[:2]) if top == "components" else rest[0] if rest else ""
    if not what or id in known or id in names.renamed:
        return None
    fix = suggest(id, known) or (f"known: {', '.join(list(known)[:12])}" if known and what != "incident" else "")
    if top == "assets":
        return f"the site has no picture `{path}`", "write the address of the picture, with https://"
    return f"there is no {what} `{id}`" if id else f"the site has no `{path}/`", fix or "take the link away"


def _known(top: str, rest: list[str], places: Places) -> tuple[str, Collection[str]]:
    """What a folder of the site holds one page each of, and the ids; no word where that cannot be known for sure."""
    names = places.names
    if top == "components":
        return "component", names.components
    if top == "platforms":
        return "platform", tuple(dict.fromkeys(id.partition("/")[0] for id in names.components))
    if top == "regions":
        return "region", names.regions
    if top == "causes" and rest:
        return "cause", names.causes
    if top == "incidents" and rest and places.strict and not _AUTOMATIC.search(rest[0]):
        return "incident", places.incidents
    if top == "assets" and not _OURS.search("/".join(rest)):
        return "picture", ()
    return "", ()


# ---- finding it in the file ------------------------------------------------------------------------------------------


def stands(target: str, text: str, base_url: str) -> list[tuple[int, int]]:
    """Every line and column at which the link stands, as a person may have written it."""
    base = base_url.rstrip("/")
    inner = target.removeprefix(base) if base and target.startswith(base) else target
    for written in dict.fromkeys((inner, unquote(inner), inner.lstrip("/"), unquote(inner).lstrip("/"), target)):
        if written:
            led = re.compile(rf"(?<![\w/.-])(?:\.\.?/)*{re.escape(written)}(?![\w/-])")
            places = [textfile.place(text, found.start()) for found in led.finditer(text)]
            if places:
                return places
    return []


def _update_with(note: Note, target: str) -> tuple[int, int]:
    """Where the update begins that holds the link; the first line for the text below."""
    for update in note.updates:
        if target in linked.targets(update.html):
            return update.place.line, update.place.col
    return note.place.line, note.place.col
