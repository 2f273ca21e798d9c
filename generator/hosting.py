"""The one source of what a host must send with our files: headers, redirects, content types.

`netlify.toml`, Cloudflare's `_headers` and `_redirects`, the nginx and S3 snippets and the local server are all made
from `RULES` and `REDIRECTS`. No header is set by two rules that match the same path, because hosts disagree about
which one wins. Pure: makes text, reads and writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import translate

FEED_CACHE = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400"
DATA_CACHE = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
FRAMES = ("/", "/index.html", "/platforms/*", "/components/*", "/regions/*", "/incidents/*", "/history/*", "/compare/*",
          "/causes/*", "/feeds/*", "/method/*", "/about/*", "/api/*", "/admin/*", "/404.html")  # fmt: skip
"""Every page that nobody may frame: all but `/embed/`, which is made for that."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Headers for the paths that match `pattern` (`*` matches any characters, slashes too)."""

    pattern: str
    headers: Mapping[str, str]

    def matches(self, path: str) -> bool:
        return re.fullmatch(translate(self.pattern), path) is not None


@dataclass(frozen=True, slots=True)
class Redirect:
    """`source` may end in `*`; `:splat` in `target` is what it matched."""

    source: str
    target: str
    status: int = 301


RULES: tuple[Rule, ...] = (
    Rule(
        "/*",
        {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            "Cross-Origin-Opener-Policy": "same-origin",
        },
    ),
    *(Rule(path, {"X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors 'none'"}) for path in FRAMES),
    *(
        Rule(
            pattern,
            {
                "Content-Type": "application/xml; charset=utf-8",
                "Cache-Control": FEED_CACHE,
                "Access-Control-Allow-Origin": "*",
            },
        )
        for pattern in ("/*.rss", "/*.atom")
    ),
    Rule(
        "/feed.json",
        {
            "Content-Type": "application/feed+json; charset=utf-8",
            "Cache-Control": FEED_CACHE,
            "Access-Control-Allow-Origin": "*",
        },
    ),
    Rule(
        "/*.ics",
        {
            "Content-Type": "text/calendar; charset=utf-8",
            "Cache-Control": FEED_CACHE,
            "Access-Control-Allow-Origin": "*",
        },
    ),
    Rule("/*.opml", {"Content-Type": "text/x-opml; charset=utf-8", "Cache-Control": FEED_CACHE}),
    Rule("/api/v2/*", {"Cache-Control": DATA_CACHE, "Access-Control-Allow-Origin": "*"}),
    Rule("/api/roadworthy/*", {"Cache-Control": DATA_CACHE, "Access-Control-Allow-Origin": "*"}),
    Rule("/live.json", {"Cache-Control": "public, max-age=30", "Access-Control-Allow-Origin": "*"}),
    Rule(
        "/history-data/*", {"Cache-Control": "public, max-age=0, must-revalidate", "Access-Control-Allow-Origin": "*"}
    ),
    Rule("/badges/*", {"Cache-Control": DATA_CACHE, "Access-Control-Allow-Origin": "*"}),
    Rule(
        "/metrics",
        {"Content-Type": "application/openmetrics-text; version=1.0.0; charset=utf-8", "Cache-Control": DATA_CACHE},
    ),
    Rule("/embed.js", {"Cache-Control": DATA_CACHE, "Access-Control-Allow-Origin": "*"}),
    Rule("/*.md", {"Content-Type": "text/markdown; charset=utf-8"}),
    Rule("/assets/*", {"Cache-Control": "public, max-age=31536000, immutable"}),
)

REDIRECTS: tuple[Redirect, ...] = (
    *(
        Redirect(guess, "/history.rss")
        for guess in ("/rss", "/rss.xml", "/feed", "/feed.rss", "/feed.xml", "/index.xml")
    ),
    *(Redirect(guess, "/history.atom") for guess in ("/atom", "/atom.xml", "/feed.atom", "/feed/atom")),
    Redirect("/feed/rss", "/history.rss"),
    Redirect("/feed/json", "/feed.json"),
    Redirect("/slack.rss", "/updates.rss"),
    Redirect("/status.json", "/api/roadworthy/v1/status.json"),
    Redirect("/summary.json", "/api/v2/summary.json"),
    Redirect("/uptime", "/compare/"),
    Redirect("/subscribe", "/feeds/"),
    Redirect("/incidents", "/history/"),
    Redirect("//api/*", "/api/:splat"),
)

TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".jsonl": "application/x-ndjson; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".gz": "application/gzip",
}
"""What a host guesses by the file name where no rule says more."""


def headers(path: str) -> dict[str, str]:
    """All headers of a path, as a host that follows `RULES` sends them."""
    found: dict[str, str] = {}
    suffix = path[path.rfind(".") :] if "." in path.rsplit("/", 1)[-1] else ".html"
    found["Content-Type"] = TYPES.get(suffix, "application/octet-stream")
    for rule in RULES:
        if rule.matches(path):
            found.update(rule.headers)
    return found


def redirect(path: str) -> tuple[str, int] | None:
    """Where a path is sent, or None."""
    for rule in REDIRECTS:
        if rule.source == path:
            return rule.target, rule.status
        if rule.source.endswith("*") and path.startswith(rule.source[:-1]):
            return rule.target.replace(":splat", path[len(rule.source) - 1 :]), rule.status
    return None


# ---- the same for each kind of host ----------------------------------------------------------------------------------


def netlify() -> str:
    """The `[[redirects]]` and `[[headers]]` tables of netlify.toml."""
    parts = []
    for r in REDIRECTS:
        parts.append(f'[[redirects]]\n  from = "{r.source}"\n  to = "{r.target}"\n  status = {r.status}\n')
    for rule in RULES:
        lines = "".join(f'    {name} = "{value}"\n' for name, value in rule.headers.items())
        parts.append(f'[[headers]]\n  for = "{rule.pattern}"\n  [headers.values]\n{lines}')
    return "\n".join(parts)


def cloudflare() -> str:
    """`_headers` and `_redirects` for Cloudflare Pages, one after the other with their file names as comments."""
    head = "".join(
        f"{rule.pattern}\n" + "".join(f"  {name}: {value}\n" for name, value in rule.headers.items()) for rule in RULES
    )
    moved = "".join(f"{r.source} {r.target} {r.status}\n" for r in REDIRECTS)
    return f"# file: _headers\n{head}\n# file: _redirects\n{moved}"


def nginx() -> str:
    """A server block. nginx sends the `add_header`s of one location only, so each location repeats the common ones."""
    common = RULES[0].headers
    lines = [
        "server {",
        "  listen 80;",
        "  root /var/www/status;",
        "  index index.html;",
        "  error_page 404 /404.html;",
        "  charset utf-8;",
        "  merge_slashes on;",
        "  gzip on;",
        "  gzip_types text/css text/javascript application/json application/xml image/svg+xml;",
    ]
    for r in REDIRECTS:
        if not r.source.endswith("*"):  # `//api/*` is what merge_slashes does
            lines.append(f"  location = {r.source} {{ return {r.status} {r.target}; }}")
    for rule in RULES:
        sent = {**common, **rule.headers}
        kind = sent.pop("Content-Type", "")
        typed = f" types {{ }} default_type '{kind}';" if kind else ""
        added = "".join(f' add_header {name} "{value}" always;' for name, value in sent.items())
        where = _nginx_location(rule.pattern)
        lines.append(f"  location {where} {{{typed}{added} try_files $uri $uri/index.html =404; }}")
    return "\n".join([*lines, "}", ""])


def _nginx_location(pattern: str) -> str:
    if "*" not in pattern:
        return f"= {pattern}"
    if pattern.endswith("/*") and pattern.count("*") == 1:
        return pattern[:-1]
    return "~ " + "^" + re.escape(pattern).replace(r"\*", ".*") + "$"


def s3() -> str:
    """One upload line a rule: assets first, pages next, `live.json` last, because S3 publishes file by file."""
    order = sorted(RULES[1:], key=lambda r: ("/assets" not in r.pattern, r.pattern == "/live.json"))
    lines = ["# aws s3 cp has no atomic publish: assets first, pages next, live.json last."]
    for rule in order:
        if "Cache-Control" not in rule.headers:
            continue
        kind = f" --content-type '{rule.headers['Content-Type']}'" if "Content-Type" in rule.headers else ""
        lines.append(
            f"aws s3 cp site/ s3://BUCKET/ --recursive --exclude '*' --include '{rule.pattern.lstrip('/')}'"
            f" --cache-control '{rule.headers['Cache-Control']}'{kind}"
        )
    return "\n".join([*lines, ""])


FORMATS: Mapping[str, Callable[[], str]] = {"netlify": netlify, "cloudflare": cloudflare, "nginx": nginx, "s3": s3}
