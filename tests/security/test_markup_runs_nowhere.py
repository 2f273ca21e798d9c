"""Text of people, of targets and of other status pages is text: in a real browser nothing of it runs."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from generator.serving import serving
from tests.operating.platform import Platform, check, config, platform, roadworthy, write

pytestmark = pytest.mark.browser

CORPUS = {
    "script": "<script>window.pwned=1</script>",
    "image": "<img src=x onerror=window.pwned=1>",
    "svg": "<svg onload=window.pwned=1><animate onbegin=window.pwned=1>",
    "out of an attribute": '" onmouseover="window.pwned=1" autofocus onfocus="window.pwned=1" x="',
    "out of a single quote": "' onmouseover='window.pwned=1' x='",
    "out of the title": "</title><script>window.pwned=1</script>",
    "out of a script": "</script><script>window.pwned=1</script>",
    "out of a style": "</style><script>window.pwned=1</script>",
    "out of a comment": "--><script>window.pwned=1</script><!--",
    "out of a data section": "]]><script>window.pwned=1</script>",
    "markdown link": "[click](javascript:window.pwned=1) ![x](javascript:window.pwned=1)",
    "link in disguise": "<a href='&#106;avascript&colon;window.pwned=1'>x</a>",
    "frame": "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "refresh": "<meta http-equiv=refresh content='0;url=javascript:window.pwned=1'>",
    "base": "<base href=//127.0.0.1:9/><form action=//127.0.0.1:9/><input name=q>",
    "template": "{{ 7*7 }} {% raw %} ${7*7} <%= 7*7 %> {{constructor.constructor('window.pwned=1')()}}",
    "entities": "&lt;script&gt;window.pwned=1&lt;/script&gt; &#60;img src=x onerror=window.pwned=1&#62;",
    "broken tags": "<<script>script>window.pwned=1</</script>script><img/src/onerror=window.pwned=1//",
    "math": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=window.pwned=1&gt;'>",
    "line separators": "a\u2028window.pwned=1\u2029b",
}


def content(server: Platform) -> dict:
    """Each payload as the name, description and impact of a component, whose target repeats it in its answer."""
    parts = {}
    for number, payload in enumerate(CORPUS.values()):
        quoted = payload.encode("ascii", "xmlcharrefreplace").decode()
        server.answers[f"/t{number}"] = (
            500,
            {"Server": quoted, "X-Word": quoted, "Content-Type": "text/html"},
            payload.encode(),
        )
        expect = {"text": payload + " and more", "status": [500], "headers": {"X-Word": "something else"}}
        parts[f"c{number}"] = [check(server.url(f"/t{number}"), expect=expect, question=payload, name=payload[:100])]
    made = config(server, parts)
    for component, payload in zip(made["platforms"][0]["components"], CORPUS.values(), strict=True):
        component |= {"name": payload[:110], "description": payload, "impact": payload, "group": payload[:100]}
    everything = "".join(CORPUS.values())
    # Escaped: `${` is how a secret is named.
    made["site"] |= {"title": everything[:110], "description": everything[:3000], "independence": everything[:3000]}
    made["platforms"][0] |= {
        "name": CORPUS["script"],
        "description": everything[:3000],
        "official": {
            "id": "status",
            "kind": "official",
            "url": server.url("/"),
            "format": "statuspage",
            "allow_private": True,
        },
    }
    made["regions"] = [{"id": "here", "name": CORPUS["image"], "engine": "local"}]
    incidents = [
        {"id": str(n), "name": p, "status": p, "impact": p, "shortlink": f"javascript:window.pwned={n}", "started_at": "2026-11-23T05:00:00Z",
         "incident_updates": [{"body": p, "status": p, "created_at": "2026-11-23T05:00:00Z"}]}
        for n, p in enumerate(CORPUS.values())
    ]  # fmt: skip
    summary = {"page": {"name": everything, "url": "javascript:window.pwned=1"}, "status": {"indicator": "major", "description": everything},
               "components": [{"id": p, "name": p, "status": "major_outage"} for p in CORPUS.values()], "incidents": incidents}  # fmt: skip
    server.answers["/api/v2/summary.json"] = (200, {"Content-Type": "application/json"}, json.dumps(summary).encode())
    return json.loads(json.dumps(made).replace("${", "$${"))


def notes(root: Path) -> None:
    folder = root / "content" / "incidents"
    folder.mkdir(parents=True)
    for number, payload in enumerate(CORPUS.values()):
        told = json.dumps(payload)
        (folder / f"2026-11-23-note-{number}.md").write_text(
            f"---\ntitle: {told}\nimpact: major\ncomponents: [shop/c{number}]\nstarted: 2026-11-23T05:00:00Z\nupdates:\n"
            f"  - at: 2026-11-23T05:10:00Z\n    status: investigating\n    body: {told}\n---\n{payload}\n\n> {payload}\n\n"
            f"- {payload}\n\n`{payload}`\n\n| a |\n|---|\n| {payload} |\n",
            "utf-8",
        )
    cause = root / "content" / "causes"
    cause.mkdir()
    (cause / "odd.md").write_text(
        f"---\ntitle: {json.dumps(CORPUS['image'])}\nagainst: {json.dumps(CORPUS['script'])}\ndecides: {json.dumps(CORPUS['svg'])}\n"
        "when:\n  - {component: shop/c0, status: failing}\n---\n"
        + "".join(
            f"## What {part}\n\n" + "\n\n".join(CORPUS.values()) + "\n\n"
            for part in ("it is", "it means for you", "you can do")
        ),
        "utf-8",
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    root = tmp_path_factory.mktemp("xss")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with platform() as server:
        made = content(server)
        made["site"]["url"] = f"http://127.0.0.1:{port}"
        write(root, made)
        notes(root)
        done = roadworthy(root, "run")
        assert done.returncode in (0, 3), done.stderr
    with serving(root / "site", port) as url:
        yield url, root / "site"


def test_the_corpus_reached_every_page(site: tuple[str, Path]) -> None:
    """So that the visit below has something to run."""
    pages = {p.relative_to(site[1]).as_posix(): p.read_text() for p in site[1].rglob("*.html")}
    assert "&lt;script&gt;window.pwned" in pages["index.html"] or "&lt;script>window.pwned" in pages["index.html"]
    for number in range(len(CORPUS)):
        assert (
            "pwned" in pages[f"components/shop/c{number}/index.html"]
            or "7*7" in pages[f"components/shop/c{number}/index.html"]
        )
        assert f"incidents/2026-11-23-note-{number}/index.html" in pages


def test_no_page_runs_or_asks_for_anything(chromium: Browser, site: tuple[str, Path]) -> None:
    """Every page is opened, and everything that can be pointed at, focused or unfolded is."""
    url, folder = site
    trouble: list[str] = []
    context = chromium.new_context()
    page = context.new_page()
    here = ""
    page.on("console", lambda m: trouble.append(f"{here}: {m.text}") if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: trouble.append(f"{here}: {e}"))
    page.on("dialog", lambda d: (trouble.append(f"{here}: dialog"), d.dismiss()))
    page.on(
        "request", lambda r: trouble.append(f"{here} asks {r.url}") if not r.url.startswith((url, "data:")) else None
    )
    for file in sorted(folder.rglob("*.html")):
        here = file.relative_to(folder).as_posix()
        page.goto(f"{url}/{here.removesuffix('index.html')}" if here != "404.html" else f"{url}/404.html")
        page.evaluate(
            "document.querySelectorAll('details').forEach(d => d.open = true);"
            "document.querySelectorAll('body *').forEach(e => { for (const kind of ['mouseover', 'focus', 'load', 'error'])"
            " if (e.getAttributeNames().includes('on' + kind)) e.dispatchEvent(new Event(kind)) })"
        )
        if page.evaluate("window.pwned !== undefined"):
            trouble.append(f"{here}: it ran")
        handlers = page.evaluate(
            "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames().filter(n => n.startsWith('on')))"
        )
        links = page.evaluate(
            "[...document.querySelectorAll('[href],[src],[action],[formaction]')].flatMap(e => ['href', 'src', 'action', 'formaction']"
            ".map(n => e.getAttribute(n)).filter(v => v && /^[\\s\\0-\\x20]*(javascript|vbscript|data:text)/i.test(v)))"
        )
        trouble += [f"{here}: attribute {name}" for name in handlers] + [f"{here}: link {link}" for link in links]
    context.close()
    assert trouble == []


def test_no_feed_or_calendar_or_picture_brings_markup_that_runs(chromium: Browser, site: tuple[str, Path]) -> None:
    """What feeds carry is put into a page without any policy, as a careless reader would."""
    import feedparser

    url, folder = site
    context = chromium.new_context()
    page = context.new_page()
    page.goto("about:blank")
    bodies = []
    for name in ("history.rss", "history.atom", "updates.rss", "updates.atom"):
        feed = feedparser.parse((folder / name).read_bytes(), sanitize_html=False)
        for entry in feed.entries:
            told = [entry.get("summary_detail"), *entry.get("content", ())]
            bodies += [part.value for part in told if part and "html" in part.type]
    bodies += [i.get("content_html", "") for i in json.loads((folder / "feed.json").read_text())["items"]]
    assert any("pwned" in body for body in bodies)
    ran = []
    for body in dict.fromkeys(bodies):
        page.evaluate(
            "body => { const d = document.createElement('div'); document.body.append(d); d.innerHTML = body }", body
        )
        page.wait_for_timeout(20)
        if page.evaluate("window.pwned") is not None:
            ran.append(body)
            page.evaluate("delete window.pwned")
    assert ran == []
    for file in sorted(folder.rglob("*.svg"))[:60]:
        page.goto(f"{url}/{file.relative_to(folder).as_posix()}")
        assert page.evaluate("window.pwned") is None, file
    context.close()
