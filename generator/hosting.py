"""The one source of what a host must send with our files: headers, redirects, content types.

`netlify.toml`, Cloudflare's `_headers` and `_redirects`, the GitHub, nginx and S3 snippets and the local server are all
made from `RULES` and `REDIRECTS`. No header is set by two rules that match the same path: hosts disagree about
which one wins. Nobody may frame what is not made for it: hosts that know exceptions get that rule as it is, Netlify,
which knows none, gets it for each place of the site, and `_headers` for the places that only this site's content has.
Pure: makes text, reads and writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate

FEED_CACHE = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400"
DATA_CACHE = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
FRAMED = ("/embed/*", "/badges/*")
"""What is made to stand inside other people's pages."""

DENY = {"X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors 'none'"}

PLACES = ("/", "/index.html", "/platforms/*", "/components/*", "/regions/*", "/incidents/*", "/history/*", "/compare/*",
          "/causes/*", "/feeds/*", "/method/*", "/about/*", "/api/*", "/admin/*", "/404.html",
          "/ar/*", "/de/*", "/es/*", "/fr/*", "/ja/*", "/pt/*", "/zh-Hans/*")  # fmt: skip
"""Where every site has pages, besides `FRAMED`; what content adds is in `_headers`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Headers for the paths that match `pattern` (`*` matches any characters, slashes too) and none of `but`."""

    pattern: str
    headers: Mapping[str, str]
    but: tuple[str, ...] = ()

    def matches(self, path: str) -> bool:
        return _matches(self.pattern, path) and not any(_matches(one, path) for one in self.but)


def _matches(pattern: str, path: str) -> bool:
    return re.fullmatch(translate(pattern), path) is not None


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
            # Nobody who opens us can reach us; the login window that /admin/ opens can answer it.
            "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
        },
    ),
    Rule("/*", DENY, but=FRAMED),
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
    ".yml": "text/yaml; charset=utf-8",
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


def spelled() -> tuple[Rule, ...]:
    """The rules for a host that knows no exception: one for each place in the stead of one for all but some."""
    return tuple(
        one for rule in RULES for one in ([Rule(path, rule.headers) for path in PLACES] if rule.but else [rule])
    )


def headers_file(pages: Iterable[str]) -> str:
    """`_headers` for the pages (paths below the top) that no rule of `spelled` keeps out of frames; "" if none is.

    Netlify and Cloudflare read it beside the pages, so that a page somebody adds is kept like all others.
    """
    tops = {f"/{path.partition('/')[0]}/*" for path in pages if "/" in path}
    added = sorted(tops - {*PLACES, *FRAMED})
    block = "".join(f"  {name}: {value}\n" for name, value in DENY.items())
    return "".join(f"{pattern}\n{block}" for pattern in added)


def netlify() -> str:
    """The `[[redirects]]` and `[[headers]]` tables of netlify.toml."""
    parts = []
    for r in REDIRECTS:
        parts.append(f'[[redirects]]\n  from = "{r.source}"\n  to = "{r.target}"\n  status = {r.status}\n')
    for rule in spelled():
        lines = "".join(f'    {name} = "{value}"\n' for name, value in rule.headers.items())
        parts.append(f'[[headers]]\n  for = "{rule.pattern}"\n  [headers.values]\n{lines}')
    return "\n".join(parts)


def cloudflare() -> str:
    """`_headers` and `_redirects` for Cloudflare Pages, one after the other with their file names as comments."""
    blocks: dict[str, list[str]] = {}
    for rule in RULES:
        blocks.setdefault(rule.pattern, []).extend(f"  {name}: {value}\n" for name, value in rule.headers.items())
        for path in rule.but:  # `!` takes away what a rule above it gave
            blocks.setdefault(path, []).extend(f"  ! {name}\n" for name in rule.headers)
    head = "".join(f"{pattern}\n{''.join(lines)}" for pattern, lines in blocks.items())
    moved = "".join(f"{r.source} {r.target} {r.status}\n" for r in REDIRECTS)
    return f"# file: _headers\n{head}\n# file: _redirects\n{moved}"


def nginx() -> str:
    """A file for nginx's `conf.d/`: one `map` a header, because nginx sends the headers of one location only."""
    lines = ["# Adjust listen, server_name, root and the certificate; keep the rest."]
    names = sorted({name for rule in RULES for name in rule.headers if name != "Content-Type"})
    for name in names:
        lines.append(f"map $uri {_nginx_variable(name)} {{")
        setting = [rule for rule in RULES if name in rule.headers]
        lines += [f'  {_nginx_key(path)} "";' for rule in setting for path in rule.but]
        lines += [f'  {_nginx_key(rule.pattern)} "{rule.headers[name]}";' for rule in setting]
        lines.append("}")
    lines += [
        "server {",
        "  listen 80;",
        "  root /var/www/status;",
        "  index index.html;",
        "  error_page 404 /404.html;",
        "  absolute_redirect off;",
        "  merge_slashes on;",
        "  charset utf-8;",
        f"  charset_types {' '.join(_nginx_charset_types())};",
        "  gzip on;",
        "  gzip_types text/css text/javascript application/json application/xml image/svg+xml;",
        "  types {",
        *(f"    {kind} {' '.join(suffixes)};" for kind, suffixes in _nginx_types().items()),
        "  }",
    ]
    lines += [f"  add_header {name} {_nginx_variable(name)} always;" for name in names]
    for rule in RULES:
        if "Content-Type" in rule.headers and "*" not in rule.pattern:
            lines.append(
                f"  location = {rule.pattern} {{ types {{ }} default_type '{rule.headers['Content-Type']}'; }}"
            )
    for r in REDIRECTS:
        if not r.source.endswith("*"):  # `//api/*` is what merge_slashes does
            lines.append(f"  location = {r.source} {{ return {r.status} {r.target}; }}")
    return "\n".join([*lines, "  location / { try_files $uri $uri/ =404; }", "}", ""])


def _nginx_variable(name: str) -> str:
    return f"$roadworthy_{name.lower().replace('-', '_')}"


def _nginx_key(pattern: str) -> str:
    """`default` for everything, else the path as it is or as a regular expression."""
    if pattern == "/*":
        return "default"
    return f'"~^{re.escape(pattern).replace(chr(92) + "*", ".*")}$"' if "*" in pattern else pattern


def _nginx_types() -> dict[str, list[str]]:
    """Type without its charset -> file name endings."""
    kinds: dict[str, list[str]] = {}
    by_ending = {rule.pattern[3:]: rule.headers["Content-Type"] for rule in RULES if rule.pattern.startswith("/*.")}
    for suffix, kind in {**{suffix[1:]: kind for suffix, kind in TYPES.items()}, **by_ending}.items():
        kinds.setdefault(kind.partition(";")[0], []).append(suffix)
    return kinds


def _nginx_charset_types() -> list[str]:
    kinds = [*TYPES.values(), *(rule.headers.get("Content-Type", "") for rule in RULES if "*" in rule.pattern)]
    # nginx knows text/html already and warns when it is named again.
    return sorted({kind.partition(";")[0] for kind in kinds if "charset" in kind} - {"text/html"})


def s3() -> str:
    """One upload line a rule, each file by exactly one of them. S3 publishes file by file, so the order matters."""
    special = [rule for rule in RULES if rule.headers.keys() & {"Cache-Control", "Content-Type"}]
    special.sort(key=lambda rule: "/assets" not in rule.pattern)
    live = [rule for rule in special if rule.pattern == "/live.json"]
    lines = [
        "# S3 has no atomic publish: assets first, pages next to last, live.json last.",
        "# The other headers and the redirects need a CDN in front; `hosting cloudflare` lists them.",
    ]
    lines += [_s3_line(rule) for rule in special if rule not in live]
    apart = " ".join(f"--exclude '{rule.pattern.lstrip('/')}'" for rule in special)
    lines.append(
        f"aws s3 cp site/ s3://BUCKET/ --recursive {apart} --cache-control 'public, max-age=0, must-revalidate'"
    )
    return "\n".join([*lines, *map(_s3_line, live), ""])


def _s3_line(rule: Rule) -> str:
    which = f"--exclude '*' --include '{rule.pattern.lstrip('/')}'"
    options = {"--cache-control": "Cache-Control", "--content-type": "Content-Type"}
    said = "".join(f" {option} '{rule.headers[name]}'" for option, name in options.items() if name in rule.headers)
    return f"aws s3 cp site/ s3://BUCKET/ --recursive {which}{said}"


def github() -> str:
    """A shell script for GitHub Pages, which knows no headers and no redirects: files that do as much as files can.

    A guessed address with an ending gets a copy of what is meant; any other a page that leads there, and that names the
    feed for readers that follow no page. All of it relative: a project's pages lie below its name.
    """
    lines = [
        "# GitHub Pages sends no headers of ours: the pages carry their own policy, and 404.html is found by its name.",
        "# `//api/` cannot be led anywhere. With a domain of your own, when you publish from a branch:",
        "#   echo status.example.org > site/CNAME",
        "touch site/.nojekyll",
    ]
    for r in REDIRECTS:
        source = r.source.strip("/")
        if r.source.endswith("*"):
            continue
        if "." in source:
            lines.append(f"cp site{r.target} site/{source}")
        else:
            page = f"site/{source}/index.html"
            lines += [f"mkdir -p site/{source}", f"[ -e {page} ] || echo '{_leading(source, r.target)}' > {page}"]
    return "\n".join([*lines, ""])


def _leading(source: str, target: str) -> str:
    """A page at `source/` that leads to the target."""
    there = "../" * (source.count("/") + 1) + target.lstrip("/")
    kind = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}.get(
        target.rpartition(".")[2], ""
    )
    feed = f'<link rel="alternate" type="{kind}" href="{there}">' if kind else ""
    return (
        f'<!doctype html><meta charset="utf-8"><title>{target}</title><meta name="robots" content="noindex">'
        f'<meta http-equiv="refresh" content="0; url={there}">{feed}<a href="{there}">{target}</a>'
    )


FORMATS: Mapping[str, Callable[[], str]] = {
    "netlify": netlify,
    "cloudflare": cloudflare,
    "github": github,
    "nginx": nginx,
    "s3": s3,
}
