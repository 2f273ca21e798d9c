"""The stylesheet, the script, the icons and the policy of the page: small, our own, and named by what is in them.

The stylesheet stands inside each page, so that a page is complete in one answer; the script is one file that nothing
waits for, without what the page has no use for. The policy names both by hash or by origin, so that nothing else can
run. Writes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from ..model import Artifact, Status

SHAPES: Mapping[Status, str] = {
    Status.OPERATIONAL: "M3.5 8.5l3 3 6-7",
    Status.DEGRADED_PERFORMANCE: "M8 2.5l6 11H2zM8 6.5v3.5m0 1.5v.5",
    Status.PARTIAL_OUTAGE: "M8 2l6 6-6 6-6-6zM8 5.5v3m0 1.5v.5",
    Status.MAJOR_OUTAGE: "M3.5 3.5l9 9m0-9l-9 9",
    Status.UNDER_MAINTENANCE: "M2.5 13.5l6-6m-1-3l4-2v3h3l-2 4-3-1z",
    Status.UNKNOWN: "M5.5 6a2.5 2.5 0 1 1 3.4 2.3q-.9.4-.9 1.7m0 2v.5",
}
"""One line drawing each, on 16 by 16, told apart by its shape alone."""

GLYPHS: Mapping[Status, str] = {
    Status.OPERATIONAL: "✓",
    Status.DEGRADED_PERFORMANCE: "▲",
    Status.PARTIAL_OUTAGE: "◆",
    Status.MAJOR_OUTAGE: "✕",
    Status.UNDER_MAINTENANCE: "⚒",
    Status.UNKNOWN: "?",
}
"""The same shapes for titles and plain text."""

ICON_COLOURS: Mapping[Status, str] = {
    Status.OPERATIONAL: "#116329",
    Status.DEGRADED_PERFORMANCE: "#7a4b00",
    Status.PARTIAL_OUTAGE: "#9a3b00",
    Status.MAJOR_OUTAGE: "#a40e26",
    Status.UNDER_MAINTENANCE: "#2b5c8a",
    Status.UNKNOWN: "#6b6b6b",
}

THEME_FIRST = "try{let t=localStorage.rwTheme;if(t)document.documentElement.dataset.theme=t}catch(e){}"
"""Runs before the first paint, so that a visitor's choice of light or dark does not flash."""

LOGOS = ("logo.svg", "logo.png", "logo.webp", "logo.jpg")


@dataclass(frozen=True)
class Assets:
    """Everything beside the HTML. Paths are below the root of the site, without a leading slash."""

    css: str
    script: str
    tools: str  # the same with what copies and tries behind it
    search: str  # the same with the search behind it
    custom_css: str  # path, or empty
    logo: str  # path, or empty
    shares: Mapping[Status, str]  # the picture of a shared link, where the folders have one
    artifacts: tuple[Artifact, ...]

    def policy(self, connect: Sequence[str] = ()) -> str:
        """The Content-Security-Policy of a page. `connect`: further origins its script may ask."""
        origins = " ".join(dict.fromkeys(("'self'", *connect)))
        return (
            f"default-src 'none'; style-src 'self' {_hash(self.css)}; script-src 'self' {_hash(THEME_FIRST)}; "
            f"img-src 'self' data:; connect-src {origins}; base-uri 'none'; form-action 'none'"
        )


def collect(folders: Sequence[Path], accent: str, logo: str) -> Assets:
    """Read style and script from the first folder that has them; a user's `custom.css` and logo come from theirs."""
    css = squeeze_css(_read(folders, "style.css")) + _accent(accent)
    script = squeeze_js(_read(folders, "script.js"))
    more = {name: script + squeeze_js(_read(folders, f"{name}.js")) for name in ("tools", "search")}
    made: list[Artifact] = []

    def keep(stem: str, suffix: str, body: bytes) -> str:
        path = f"assets/{stem}.{hashlib.sha256(body).hexdigest()[:10]}{suffix}"
        made.append(Artifact(path, body))
        return path

    script_path = keep("page", ".js", script.encode())
    more_paths = {name: keep(name, ".js", body.encode()) for name, body in more.items()}
    custom = _find(folders, "custom.css")
    custom_path = keep("custom", ".css", custom.read_bytes()) if custom else ""
    mark = next((found for name in ((logo,) if logo else LOGOS) if (found := _find(folders, Path(name).name))), None)
    logo_path = keep("logo", mark.suffix, mark.read_bytes()) if mark else ""
    pictures = {status: _find(folders, f"share/{status.value}.png") for status in Status}
    shares = {s: keep(f"share-{s.value}", ".png", file.read_bytes()) for s, file in pictures.items() if file}
    return Assets(
        css, script_path, more_paths["tools"], more_paths["search"], custom_path, logo_path, shares, tuple(made)
    )


def origin(url: str) -> str:
    """`https://host:port` of an absolute address; empty for one of the site itself."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


def squeeze_css(text: str) -> str:
    """The stylesheet without comments and needless space; what stands in quotes stays as it is."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    parts = re.split(r'("[^"]*")', text)
    return "".join(part if i % 2 else _squeezed(part) for i, part in enumerate(parts)).strip()


def _squeezed(css: str) -> str:
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r"\s*([{};,>])\s*", r"\1", css)
    return re.sub(r":\s+", ":", css).replace(";}", "}")


def squeeze_js(text: str) -> str:
    """The script without comment lines and indentation; line ends stay, so that nothing changes its meaning."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


@cache
def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _accent(colour: str) -> str:
    """The site's accent, only if it is a plain colour: nothing else may enter a stylesheet."""
    if re.fullmatch(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})", colour or ""):
        return f":root{{--accent:{colour}}}"
    return ""


@cache
def icon(status: Status) -> str:
    """The favicon of a state as a `data:` address: no request of its own. The script makes the others alike."""
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>"
        f"<rect width='16' height='16' rx='4' fill='{ICON_COLOURS[status]}'/>"
        f"<path d='{SHAPES[status]}' fill='none' stroke='#fff' stroke-width='2' stroke-linecap='round'/></svg>"
    )
    return "data:image/svg+xml," + quote(svg, safe="=:/'")


def _find(folders: Sequence[Path], name: str) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def _read(folders: Sequence[Path], name: str) -> str:
    found = _find(folders, name)
    if found is None:
        raise FileNotFoundError(f"no {name} in {', '.join(map(str, folders)) or 'no folder at all'}")
    return found.read_text("utf-8")
