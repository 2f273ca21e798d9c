"""Templates escape everything, forgive nothing missing, and hold no markup that the view did not make safe."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from generator import text
from generator.outputs._html_assets import squeeze_css, squeeze_js
from generator.outputs._html_env import environment, safe_url
from generator.siteview import SiteView
from tests.page.building import PAGES, TEMPLATES, file_of, rendered
from tests.samples import site_view

SUFFIXES = (".html", ".html.j2", ".jinja", ".svg", ".atom", ".rss", ".ics", ".json", ".txt", ".md", ".css", ".js", "")
SAFE = {"policy"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_template_escapes_whatever_its_file_is_called(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"x{suffix}").write_text("{{ value }}")
    template = environment((tmp_path,)).get_template(f"x{suffix}")
    assert template.render(value="<b>&\"'") == "&lt;b&gt;&amp;&#34;&#39;"


@pytest.mark.parametrize("template", sorted(p.name for p in TEMPLATES.glob("*.html")))
def test_every_template_is_compiled_with_escaping(template: str) -> None:
    env = environment((TEMPLATES,))
    assert env.get_template(template).environment.autoescape is True
    assert "autoescape false" not in (TEMPLATES / template).read_text()


@pytest.mark.parametrize("template", sorted(p.name for p in TEMPLATES.glob("*.html")))
def test_only_sanitised_html_is_let_through_unescaped(template: str) -> None:
    """`|html` stands behind values whose name says that they were sanitised, and behind our own style and script."""
    used = set(re.findall(r"\{\{\s*([\w.]+)\s*\|\s*html\s*\}\}", (TEMPLATES / template).read_text()))
    ours = {"theme_first", "css", "data", "update.html"}
    assert {name for name in used if not name.endswith("_html")} <= ours
    assert "|safe" not in (TEMPLATES / template).read_text().replace("|safe_url", "")


@pytest.mark.parametrize("template", sorted(p.name for p in TEMPLATES.glob("*.html")))
def test_templates_do_not_decide_about_states(template: str) -> None:
    """No comparison with a status, an impact or a kind: the view has decided."""
    source = (TEMPLATES / template).read_text()
    word = "status|impact|kind|verdict|health|confidence|height|role|active"
    assert not re.findall(rf"\{{%\s*(?:el)?if[^%]*(?:{word})\S*\s*(?:==|!=|in|not)\b[^%]*%\}}", source)


def test_a_missing_value_is_an_error_and_not_an_empty_place(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("{{ state }}")
    with pytest.raises(UndefinedError, match="state"):
        environment((tmp_path,)).get_template("x.html").render()


def test_text_that_looks_like_a_template_stays_text() -> None:
    """Braces of a note or a target are data, never source."""
    view = site_view("healthy")
    body = rendered((replace(view, description="{{7*7}}{% raw %}", sentence="{{7*7}}{% raw %}"),))[
        "index.html"
    ].decode()
    assert "{{7*7}}{% raw %}" in body
    assert ">49<" not in body


HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}'`</title></style>"
MADE_SAFE = (
    "_html",
    "url",
    "iso",
    "id",
    "date",
    "key",
    "platform",
    "component",
    "lang",
    "dir",
    "region",
    "function",
    "window",
    "check",
    "family",
    "slug",
)


def poisoned(value: Any, name: str = "") -> Any:
    """The view with every text a person or a target could have written replaced by something hostile."""
    if isinstance(value, str) and type(value) is str:
        harmless = not value or name == "html" or any(name.endswith(end) for end in MADE_SAFE)
        return (
            value
            if harmless or name in ("languages", "accent", "logo", "live_url", "regions", "components")
            else HOSTILE
        )
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{f.name: poisoned(getattr(value, f.name), f.name) for f in fields(value) if f.name != "evidence"}
        )
    if isinstance(value, tuple):
        kept = name in ("components", "regions", "languages", "active", "upcoming", "recent", "incidents", "aliases")
        return tuple(poisoned(v, name) if not (kept and isinstance(v, str | tuple)) else v for v in value)
    if isinstance(value, dict) and name == "strings":
        return dict.fromkeys(value, HOSTILE)
    if isinstance(value, dict):
        return {k: poisoned(v, name) for k, v in value.items()}
    return value


class Seen(HTMLParser):
    """Elements and handlers of a page as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts = 0
        self.bad: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.bad += [f"<{tag} {name}>" for name, _ in attrs if name.startswith("on") or name == "style"]
        self.bad += [
            f"<{tag} {n}={v}>" for n, v in attrs if n in ("href", "src") and (v or "").lower().startswith("javascript:")
        ]
        if tag in ("img", "iframe", "object", "embed", "form", "base"):
            self.bad.append(f"<{tag}>")


@pytest.mark.parametrize("url", PAGES.values(), ids=PAGES.keys())
def test_hostile_text_in_any_field_stays_text(url: str) -> None:
    """Names, notes, titles, error texts, languages' strings: none becomes an element, a handler or a script."""
    clean: SiteView = site_view("down")
    page = rendered((poisoned(clean),))[file_of(url)].decode()
    seen = Seen(page)
    assert seen.bad == []
    assert seen.scripts == 3
    assert "&lt;img src=x" in page


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        pytest.param("https://example.org/a?b=c", True, id="plain"),
        pytest.param("mailto:a@example.org", True, id="mail"),
        pytest.param("/history/", True, id="own"),
        pytest.param("javascript:alert(1)", False, id="script"),
        pytest.param("java\tscript:alert(1)", False, id="tab inside the scheme"),
        pytest.param(" javascript:alert(1)", False, id="leading space"),
        pytest.param("JaVaScRiPt:alert(1)", False, id="mixed case"),
        pytest.param("data:text/html;base64,PHN2Zz4=", False, id="data"),
        pytest.param("vbscript:x", False, id="vbscript"),
    ],
)
def test_links_carry_harmless_schemes_only(url: str, kept: bool) -> None:
    assert (safe_url(url) != "#") is kept


def test_a_users_template_replaces_one_page_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "404.html").write_text('{% extends "base.html" %}{% block main %}<h1>Lost</h1>{% endblock %}')
    files = rendered((site_view("healthy"),), (tmp_path, TEMPLATES))
    assert b"<h1>Lost</h1>" in files["404.html"]
    assert files["history/index.html"] == rendered((site_view("healthy"),))["history/index.html"]


def test_a_theme_adds_a_stylesheet_and_a_logo(tmp_path: Path) -> None:
    """Files of `content/theme/` are published under names that change with their bytes."""
    (tmp_path / "custom.css").write_text(":root{--accent:#123456}")
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    files = rendered((site_view("healthy"),), (tmp_path, TEMPLATES))
    names = [p for p in files if p.startswith("assets/")]
    assert any(re.fullmatch(r"assets/custom\.[0-9a-f]{10}\.css", n) for n in names)
    assert any(re.fullmatch(r"assets/logo\.[0-9a-f]{10}\.svg", n) for n in names)
    assert b'<img src="assets/logo.' in files["index.html"]


@pytest.mark.parametrize(
    ("accent", "used"),
    [("#123456", True), ("#abc", True), ("red;background:url(//e)", False), ("#12345", False), ("</style>", False)],
)
def test_an_accent_is_a_plain_colour_or_nothing(accent: str, used: bool) -> None:
    page = rendered((replace(site_view("healthy"), accent=accent),))["index.html"].decode()
    assert (f"--accent:{accent}}}</style>" in page) is used
    assert "url(//e)" not in page


def test_a_logo_never_leaves_the_theme_folder(tmp_path: Path) -> None:
    (tmp_path / "theme").mkdir()
    (tmp_path / "secret").write_text("secret")
    files = rendered((replace(site_view("healthy"), logo="../secret"),), (tmp_path / "theme", TEMPLATES))
    assert not any(body == b"secret" for body in files.values())


def test_the_policy_allows_exactly_our_style_and_script() -> None:
    page = rendered((site_view("healthy"),))["index.html"].decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert "unsafe" not in policy[1]
    assert policy[1].startswith("default-src &#39;none&#39;")


def test_pages_work_in_any_folder() -> None:
    """Only relative addresses, so that the site can live below a path; the page for wrong addresses knows its root."""
    view = replace(site_view("healthy"), base_url="https://example.org/status")
    files = rendered((view,))
    for url in (u for u in PAGES.values() if file_of(u) in files):
        page = files[file_of(url)].decode()
        absolute = re.findall(r'(?:href|src)="(/[^"]*)"', page)
        assert all(a.startswith("/status/") for a in absolute) if url == "/404.html" else absolute == []


def test_every_language_says_which_others_there_are() -> None:
    languages = ("en", "de", "ar")
    files = rendered(tuple(site_view("healthy", lang, languages) for lang in languages))
    page = files["de/history/index.html"].decode()
    assert '<html lang="de" dir="ltr">' in page
    assert 'hreflang="ar" href="../../ar/history/"' in page
    assert 'hreflang="en" href="../../history/"' in page
    assert text.of("ar").name in page


def test_live_data_of_another_host_is_allowed_only_where_it_is_asked_for() -> None:
    view = replace(site_view("healthy"), live_url="https://data.example/live.json")
    files = rendered((view,))
    assert "connect-src &#39;self&#39; https://data.example;" in files["index.html"].decode()
    assert "https://data.example" not in files["history/index.html"].decode()


def test_a_preview_is_marked_and_not_indexed() -> None:
    page = rendered((replace(site_view("healthy"), preview=True),))["index.html"].decode()
    assert '<meta name="robots" content="noindex">' in page
    assert "This is a preview of a change" in page


def test_an_incident_keeps_a_page_at_every_id_it_was_known_by() -> None:
    """The other addresses show the same and name the one that counts."""
    view = site_view("healthy")
    one = next(i for i in view.incidents if i.id == "2026-11-20-slow-api")
    incidents = tuple(replace(i, aliases=("auto-1",)) if i is one else i for i in view.incidents)
    files = rendered((replace(view, incidents=incidents),))
    assert f'<link rel="canonical" href="{view.base_url}{one.url}">' in files["incidents/auto-1/index.html"].decode()
    assert "canonical" not in files["incidents/2026-11-20-slow-api/index.html"].decode()


@pytest.mark.parametrize(
    ("url", "first"),
    [
        ("/", "/history.atom"),
        (PAGES["component"], "/components/civitai/indexing/history.atom"),
        (PAGES["platform"], "/platforms/civitai/history.atom"),
        (PAGES["region"], "/regions/eu-west/history.atom"),
    ],
)
def test_a_page_offers_its_own_feed_first(url: str, first: str) -> None:
    page = rendered((site_view("down"),))[file_of(url)].decode()
    found = re.search(r'rel="alternate" type="application/(?:atom|rss)\+xml" href="([^"]+)"', page)
    assert found
    assert found[1].replace("../", "").lstrip("/") == first.lstrip("/")


def test_squeezing_a_stylesheet_keeps_what_stands_in_quotes() -> None:
    """A space in a quoted text is seen by the visitor; one in a comment is not."""
    css = '/* : " */ a::before { content: "x: y ; " attr(b) ; color : red ; }'
    assert squeeze_css(css) == 'a::before{content:"x: y ; " attr(b);color :red}'


def test_squeezing_the_script_changes_no_line() -> None:
    assert squeeze_js("// say\n  let a = 1 // one\n\n  b()\n") == "let a = 1 // one\nb()\n"
