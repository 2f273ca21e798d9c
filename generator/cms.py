"""The editor in the browser: what Decap CMS is told about our notes, and where its one file comes from.

The configuration is made from the site itself, so that components, regions and causes are always those of the day.
Decap is never part of this repository: `fetch` takes its file out of its npm package, checks it, and puts it into the
theme, where a `.gitignore` keeps it out of git. Pure but for `fetch`.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import RoadworthyError
from .model import Status
from .notes.form import INCIDENT, MAINTENANCE
from .siteview import SiteView

PACKAGE, VERSION = "decap-cms", "3.16.3"
SHA256 = "7c1efd6b616b4786e279aeef194dd21649a72058d3bc8d1f78901b574610dfb8"
"""The file of `VERSION`. Any other version has to be asked for by name, and is not checked against this."""

FILE = "admin/decap-cms.js"
"""Where the file lies below a folder of templates, and on the site."""

LOCAL = "http://127.0.0.1:8081"
"""Where decap-server listens unless told otherwise."""

SAID = (Status.OPERATIONAL, Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE, Status.MAJOR_OUTAGE)

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<link href="config.yml" type="text/yaml" rel="cms-config-url">
</head>
<body>
{body}
</body>
</html>
"""
MISSING = "<h1>The editor is not installed</h1>\n<p>Run <code>roadworthy cms fetch</code> before the build.</p>"


class CmsError(RoadworthyError):
    """The editor's file could not be had, or is not what it should be."""

    exit_code = 2


# ---- the page and its policy -----------------------------------------------------------------------------------------


def page(view: SiteView, *, installed: bool) -> str:
    """`/admin/`: loads the editor from our own origin, or says that it is not installed."""
    body = '<script src="decap-cms.js"></script>\n<script src="fields.js"></script>' if installed else MISSING
    return PAGE.format(policy=policy(view.cms), title="Edit the status page", body=body)


def policy(cms: Mapping[str, Any]) -> str:
    """The Content-Security-Policy of `/admin/` alone: Decap compiles code and sets styles; no other page may.

    It may talk to the one host that keeps the notes, and to nobody else.
    """
    hosts = {
        "github": "https://api.github.com https://avatars.githubusercontent.com",
        "gitlab": "https://gitlab.com",
        "local": local_url(cms),
    }[str(cms.get("backend", "github"))]
    return (
        "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob: https://avatars.githubusercontent.com; font-src 'self' data:; "
        f"connect-src 'self' blob: data: {hosts}; frame-src 'self' blob:; base-uri 'none'; form-action 'none'"
    )


def local_url(cms: Mapping[str, Any]) -> str:
    """The origin of decap-server: `base_url` with the local backend, else where it listens by itself."""
    parts = urlsplit(str(cms.get("base_url") or LOCAL))
    return f"{parts.scheme}://{parts.netloc}"


# ---- what Decap is told ----------------------------------------------------------------------------------------------


def config(view: SiteView) -> str:
    """`/admin/config.yml`. It is written as JSON, which is YAML that no name in it can break."""
    cms = view.cms
    local = cms.get("backend") == "local"
    backend: dict[str, Any] = {
        "name": "gitlab" if cms.get("backend") == "gitlab" else "github",
        "repo": cms.get("repo") or "local/local",
        "branch": cms.get("branch") or "main",
        "commit_messages": {
            "create": "Write {{slug}}",
            "update": "Update {{slug}}",
            "delete": "Delete {{slug}}",
        },
    }
    if cms.get("backend") == "gitlab":
        backend["auth_type"] = "pkce"
    if cms.get("base_url") and not local:
        backend["base_url"] = cms["base_url"]
    told = {
        "backend": backend,
        **({"local_backend": {"url": f"{local_url(cms)}/api/v1"}} if local else {}),
        "publish_mode": "simple" if local else "editorial_workflow",  # a pull request and its preview for each note
        "media_folder": "content/media",
        "public_folder": "/media",
        "site_url": view.base_url or "/",
        "slug": {"encoding": "ascii", "clean_accents": True},
        "collections": [_incidents(view), _maintenance(view)],
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _incidents(view: SiteView) -> dict[str, Any]:
    fields = [
        _field("title", "string", "Title", hint="What people notice; no dot at the end."),
        _select("impact", "Impact", ("none", "minor", "major", "critical"), default="minor", required=False),
        _components(view),
        _regions(view),
        _field("started", "moment", "Started", hint="When it began for people.", form="absolute", now=True),
        _updates(view, [word.value for word in INCIDENT]),
        _field("next_update", "moment", "Next update", required=False, hint="+2h, or a time.", form="relative"),
        *([_causes(view)] if view.causes else []),
        _select("kind", "Kind", ("incident", "notice"), default="incident", required=False),
        _field("pinned", "boolean", "Keep at the top", required=False, default=False),
        _field("draft", "boolean", "Draft: shown to nobody", required=False, default=False),
        _article("Longer diagnosis or post-mortem"),
    ]
    return _collection("incidents", "Incidents and notices", "Incident", fields)


def _maintenance(view: SiteView) -> dict[str, Any]:
    """A recurring one stands on the wall clock of its time zone, without an offset."""
    fields = [
        _field("title", "string", "Title"),
        _components(view),
        _regions(view),
        _field("starts", "moment", "Starts", hint="2026-11-23T06:00:00Z, or on the clock of a time zone.", form="wall"),
        _field("ends", "moment", "Ends", required=False, hint="Or say below how long it lasts.", form="wall"),
        _field("duration", "string", "Lasts", required=False, hint="2h, 90m; instead of an end."),
        _field("timezone", "string", "Time zone", required=False, hint="Europe/Berlin; for times without offset."),
        _field("rrule", "string", "Again and again", required=False, hint="FREQ=WEEKLY;BYDAY=TU"),
        _updates(view, [word.value for word in MAINTENANCE], required=False),
        _field("draft", "boolean", "Draft: shown to nobody", required=False, default=False),
        _article("What will not work meanwhile, and what people can do before"),
    ]
    return _collection("maintenance", "Maintenance", "Maintenance", fields)


def _collection(folder: str, label: str, one: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": folder,
        "label": label,
        "label_singular": one,
        "folder": f"content/{folder}",
        "create": True,
        "extension": "md",
        "format": "yaml-frontmatter",
        "slug": "{{year}}-{{month}}-{{day}}-{{slug}}",
        "identifier_field": "title",
        "sortable_fields": ["title"],
        "editor": {"preview": False},  # the real page is a build away; half a preview would mislead
        "fields": fields,
    }


def _updates(view: SiteView, words: list[str], *, required: bool = True) -> dict[str, Any]:
    statuses = {
        "name": "components",
        "label": "What the components are like now",
        "widget": "object",
        "required": False,
        "collapsed": True,
        "hint": "Those that are not named keep what they had.",
        "fields": [
            _select(c.id, f"{_platform(view, c.platform)}: {c.name}", [s.value for s in SAID], required=False)
            for c in view.components
        ],
    }
    return {
        "name": "updates",
        "label": "Updates",
        "label_singular": "Update",
        "widget": "list",
        "required": required,
        **({} if required else {"default": []}),
        "collapsed": False,
        "minimize_collapsed": False,
        "add_to_top": False,
        "summary": "{{fields.status}} – {{fields.at}}",
        "fields": [
            _field("at", "moment", "At", form="relative", now=True),
            _select("status", "Status", words, default=words[0]),
            _field("body", "text", "What people should know (markdown)"),
            statuses,
        ],
    }


def _components(view: SiteView) -> dict[str, Any]:
    options = [{"label": f"{_platform(view, c.platform)}: {c.name}", "value": c.id} for c in view.components]
    return _field("components", "select", "Components", multiple=True, options=options, required=False)


def _regions(view: SiteView) -> dict[str, Any]:
    options = [{"label": region.name, "value": region.id} for region in view.regions]
    return _field("regions", "select", "Regions (none: all)", multiple=True, options=options, required=False)


def _causes(view: SiteView) -> dict[str, Any]:
    options = [{"label": cause.title, "value": cause.id} for cause in view.causes]
    return _field("cause", "select", "Confirmed cause", options=options, required=False)


def _article(label: str) -> dict[str, Any]:
    return _field("body", "markdown", label, required=False, modes=["raw"], buttons=[], editor_components=[])


def _platform(view: SiteView, id: str) -> str:
    return next((platform.name for platform in view.platforms if platform.id == id), id)


def _field(name: str, widget: str, label: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "label": label, "widget": widget, **more}


def _select(name: str, label: str, words: Any, **more: Any) -> dict[str, Any]:
    return _field(name, "select", label, options=list(words), **more)


# ---- its one file ----------------------------------------------------------------------------------------------------


def fetch(root: Path, *, source: Path | None = None, version: str = VERSION) -> Path:
    """Put Decap's file into the theme and give its path; CmsError if it cannot be had or is another file.

    `source` is the file itself, or the package as npm packs it; without one, npm is asked for the package.
    """
    if source is not None:
        body = _out_of(source)
    else:
        with tempfile.TemporaryDirectory(prefix="roadworthy-cms-") as folder:
            body = _out_of(_packed(Path(folder), version))
    found = hashlib.sha256(body).hexdigest()
    if version == VERSION and found != SHA256:
        raise CmsError(f"{PACKAGE} {version}: the file has the checksum {found}, not {SHA256}; nothing was installed")
    path = root / "content" / "theme" / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / ".gitignore").write_text("# Fetched by `roadworthy cms fetch`, never committed.\n*\n", "utf-8")
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(body)
    os.replace(beside, path)
    return path


def _packed(folder: Path, version: str) -> Path:
    """The package as npm downloads it, its integrity checked by npm. No script of it is run."""
    command = ["npm", "pack", f"{PACKAGE}@{version}", "--ignore-scripts", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except FileNotFoundError:
        raise CmsError("npm is not installed; install it, or give the package with --from FILE") from None
    except subprocess.TimeoutExpired:
        raise CmsError("npm gave no answer within five minutes; give the package with --from FILE") from None
    found = sorted(folder.glob("*.tgz"))
    if done.returncode or not found:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise CmsError(f"npm could not give {PACKAGE}@{version}: {last[0]}")
    return found[0]


def _out_of(source: Path) -> bytes:
    """The one file of a package, or of a file that is it."""
    try:
        if source.suffix == ".js":
            return source.read_bytes()
        with tarfile.open(source) as package:
            member = package.extractfile("package/dist/decap-cms.js")
            if member is None:
                raise KeyError
            return member.read()
    except (OSError, tarfile.TarError, KeyError) as error:
        raise CmsError(f"{source}: holds no dist/decap-cms.js of {PACKAGE}") from error
