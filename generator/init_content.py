"""A content folder for another platform, from a name and a few addresses: `roadworthy init`.

Makes text and puts it into an empty place; what it writes was linted before. Never overwrites anything, never asks the
network, and knows nothing about any platform.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from . import lint
from .config.values import link, slug, url_problem
from .errors import ContentError, Problem, Severity
from .fetch.address import Reach, is_address, is_local_name, reach
from .model import Time

CONTROLS = (
    "https://www.cloudflare.com/cdn-cgi/trace",
    "https://www.gstatic.com/generate_204",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person said. `components` are (name, address); `url` is the platform's own address."""

    name: str
    url: str
    components: tuple[tuple[str, str], ...]
    page: str = ""
    controls: tuple[str, ...] = CONTROLS
    contact: str = ""


def parse_component(text: str) -> tuple[str, str]:
    """`Search=https://…` -> name and address; ContentError if it is not of that form."""
    name, sign, url = text.partition("=")
    if not sign or not name.strip():
        fix = 'write --component "Search=https://example.org/search?q=cat"'
        raise ContentError([Problem("--component", 0, 0, "bad-value", f"{text!r} is no NAME=ADDRESS", fix)])
    return name.strip(), url.strip()


def scaffold(folder: Path, wish: Wish, now: Time) -> tuple[Path, ...]:
    """Write `folder/content/` and return its files. ContentError for what is wrong, or if there is content already."""
    _refuse(wish, folder)
    with tempfile.TemporaryDirectory(prefix="roadworthy-") as temporary:
        staged = Path(temporary)
        for name, text in files(wish).items():
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            (staged / name).write_text(text, "utf-8")
        wrong = [p for p in lint.lint(staged, env={}, now=now) if p.severity is Severity.ERROR]
        if wrong:
            raise ContentError(wrong)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(staged / "content", folder / "content", dirs_exist_ok=True)
    return tuple(folder / name for name in sorted(files(wish)))


def _refuse(wish: Wish, folder: Path) -> None:
    problems = []
    if (folder / "content").exists() and any((folder / "content").iterdir()):
        fix = "name an empty folder, or edit content/status.yml"
        problems.append(Problem(str(folder / "content"), 0, 0, "exists", "there is content already", fix))
    if not wish.name.strip():
        problems.append(Problem("--name", 0, 0, "missing", "the platform has no name", "write --name Example"))
    if not wish.components:
        fix = 'write --component "Site=https://example.org/"'
        problems.append(Problem("--component", 0, 0, "missing", "there is nothing to watch", fix))
    named = [("--url", wish.url), ("--page", wish.page), *(("--component", url) for _, url in wish.components)]
    for option, url in (*named, *(("--control", url) for url in wish.controls)):
        if (url or option in ("--component", "--control")) and (problem := url_problem(url)):
            what, _, fix = problem.partition("; ")
            problems.append(Problem(option, 0, 0, "bad-address", f"{url!r}: {what}", fix))
    if wish.contact and not _can_be_reached(wish.contact):
        message = f"{wish.contact!r} is neither an e-mail address nor the address of a page"
        fix = "write --contact you@example.org, or --contact https://example.org/contact"
        problems.append(Problem("--contact", 0, 0, "bad-address", message, fix))
    if problems:
        raise ContentError(problems)


def _can_be_reached(contact: str) -> bool:
    try:
        link(contact)
    except ValueError:
        return False
    return True


# ---- the text --------------------------------------------------------------------------------------------------------


def files(wish: Wish) -> Mapping[str, str]:
    """Every file of the folder, by its path below the root."""
    return {
        "content/status.yml": _status(wish),
        "content/pages/about.md": _ABOUT.format(name=_plain(" ".join(wish.name.split()))),
        "content/causes/not-reachable.md": _CAUSE,
        "content/incidents/.gitkeep": "",
        "content/maintenance/.gitkeep": "",
    }


def _status(wish: Wish) -> str:
    platform = ids([wish.name], "platform")[0]
    components = zip(ids([name for name, _ in wish.components], "part"), wish.components, strict=True)
    return _HEAD.format(
        title=_quoted(f"{wish.name} status"),
        page=_quoted(wish.page.rstrip("/")),
        id=_site_id(wish.page, platform),
        contact=_quoted(wish.contact),
        independence=_quoted(f"This page measures {wish.name} from outside."),
        controls="\n".join(map(_control, wish.controls)),
        platform=platform,
        name=_quoted(wish.name),
        url=_quoted(_base(wish.url)),
        components="\n".join(_component(id, name, url) for id, (name, url) in components),
    )


def _site_id(page: str, platform: str) -> str:
    """The name in the ids of feeds: the host that the page begins at, else one of its own."""
    host = urlsplit(page).hostname or ""
    return host if re.fullmatch(r"[a-z0-9.-]{1,100}", host) else f"{platform}-status"


def _component(id: str, name: str, url: str) -> str:
    return _COMPONENT.format(id=id, name=_quoted(name), url=_quoted(url), private=_private(url, " " * 12))


def _control(url: str) -> str:
    if not _private(url, ""):
        return f"  - {url}"
    return f"  - {{url: {_quoted(url)}, allow_private: true}}"


def _private(url: str, indent: str) -> str:
    """The line that a check of an address in one's own network needs."""
    host = urlsplit(url).hostname or ""
    inward = reach(host) is not Reach.PUBLIC if is_address(host) else is_local_name(host)
    return f"{indent}allow_private: true # it is in your own network\n" if inward else ""


def ids(names: Sequence[str], otherwise: str) -> list[str]:
    """An id for each name, all different, and none that we need ourselves."""
    found: list[str] = []
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:56].strip("-") or otherwise
        wanted = [stem, f"{stem}-{otherwise}", *(f"{stem}-{n}" for n in range(2, len(names) + 3))]
        found.append(next(id for id in wanted if id not in found and _fine(id)))
    return found


def _fine(id: str) -> bool:
    try:
        slug(id)
    except ValueError:
        return False
    return True


def _base(url: str) -> str:
    """An address without its query; the page links to it."""
    return url.partition("#")[0].partition("?")[0].rstrip("/")


def _quoted(text: str) -> str:
    """A YAML scalar on one line: JSON's strings are YAML's. `${` is meant as it stands, not as a secret's name."""
    return json.dumps(" ".join(text.split()).replace("${", "$${"), ensure_ascii=False)


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)


_HEAD = """\
# What is watched, from where, and what counts as good. `roadworthy lint` checks this file; every key is described in
# docs/configuration.md, every kind of check in docs/checks.md. Durations: 90s, 5m, 2h, 1d.

site:
  title: {title}
  url: {page} # the address of this page; empty is fine to begin with
  id: {id} # the name in the ids of feeds: it stays for ever, also when the address changes
  languages: [en]
  contact: {contact} # sent with every request and shown on the page: where you can be reached
  timezone: UTC
  independence: {independence}

interval: 5m

# More than one place makes the picture honest: with one, nobody can tell a broken target from a broken path.
regions:
  - {{id: local, name: Where this page is built, engine: local}}
  # - {{id: eu-west, name: Western Europe, engine: globalping, country: DE, token: "${{GLOBALPING_TOKEN}}"}}

# Seen first in every run: a region that cannot see these says nothing about anybody.
controls:
{controls}

platforms:
  - id: {platform}
    name: {name}
    role: subject
    url: {url}
    # official: {{id: status, kind: official, url: "https://status.example.org", format: statuspage}}
    components:
{components}
"""

_COMPONENT = """\
      - id: {id}
        name: {name}
        function: site # what causes in content/causes/ refer to
        description: Does it answer?
        impact: While this fails, it cannot be used. # say what it means for people, and what they can do
        checks:
          - id: answers
            kind: http
            url: {url}
{private}            latency: {{degraded: 5s}}
            # expect: {{text: "words that are only there when it works"}}
"""

_ABOUT = """\
---
title: About this page
---
This page checks {name} from outside, on a schedule, and keeps what it saw. What could not be checked is called unknown:
never working, and never broken.

Who runs it, how to reach them, and whether they belong to {name}: write it here, in `content/pages/about.md`.
"""

_CAUSE = """\
---
title: The machines cannot be reached
confidence: medium
when:
  - {function: site, failure: [connection_refused, connect_timeout, connection_reset, unreachable], spread: all}
against: From a single place a broken path looks the same.
decides: A second region.
---
## What it is

No machine answers, wherever we look from; our own line works, because the controls do.

## What it means for you

Nothing of it can be used.

## What you can do

Wait, and do not repeat what you sent last before you looked whether it arrived.
"""
