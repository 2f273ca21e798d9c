"""One source of headers and redirects, and every host that follows it really sends them."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from generator import hosting, outputs, text
from generator.copies import published
from generator.serving import serving
from generator.siteview import PageView
from tests.clients.tools import module, node, program
from tests.operating.git import git
from tests.samples import site_view

ROOT = Path(__file__).parents[2]
LANGUAGES = tuple(name.replace("_", "-") for name in text.languages())


@cache
def site() -> dict[str, bytes]:
    """Every file of a site in two languages, by its path; with what only a publish adds."""
    views = tuple(site_view("down", lang, ("en", "de")) for lang in ("en", "de"))
    files = {a.path: a.body for name in outputs.names() for a in outputs.get(name).render(views, (ROOT / "templates",))}
    return files | {published.MANIFEST: b"{}", f"{published.PREFIX}days/2026-11.jsonl": b"", "admin/index.html": b""}


def addresses() -> list[str]:
    """Every address of the site; a page under both of its names."""
    return [
        url
        for path in site()
        for url in (f"/{path}", *([f"/{path.removesuffix('index.html')}"] if path.endswith("index.html") else []))
    ]


@pytest.mark.parametrize("rules", [hosting.RULES, hosting.spelled()], ids=["with exceptions", "spelled out"])
def test_no_header_of_any_file_is_set_by_two_rules(rules: tuple[hosting.Rule, ...]) -> None:
    """Hosts disagree about which of two would win."""
    twice = []
    for address in addresses():
        owners: dict[str, str] = {}
        for rule in rules:
            for name in rule.headers if rule.matches(address) else ():
                if name.lower() in owners:
                    twice.append(f"{address}: {name} by {owners[name.lower()]} and {rule.pattern}")
                owners[name.lower()] = rule.pattern
    assert twice == []


def test_every_page_may_be_framed_by_nobody_but_the_one_that_is_made_for_it() -> None:
    framed = [p for p in addresses() if p.endswith((".html", "/")) and "X-Frame-Options" not in hosting.headers(p)]
    assert framed == ["/embed/index.html", "/embed/"]


def denied(path: str, headers_file: str = "") -> bool:
    """Whether a host that knows no exceptions keeps a page out of frames, with the `_headers` beside it."""
    added = [line for line in headers_file.splitlines() if line.startswith("/")]
    rules = [*hosting.spelled(), *(hosting.Rule(pattern, hosting.DENY) for pattern in added)]
    return any(rule.matches(path) and "X-Frame-Options" in rule.headers for rule in rules)


def test_a_host_without_exceptions_has_a_rule_for_every_page_that_every_site_has() -> None:
    open_ = [path for path in addresses() if path.endswith((".html", "/")) and not denied(path)]
    assert open_ == ["/embed/index.html", "/embed/"]
    assert [lang for lang in LANGUAGES[1:] if not denied(f"/{lang}/")] == []


def test_pages_and_languages_that_somebody_adds_are_kept_out_of_frames_by_a_file_beside_them() -> None:
    """Nobody has to remember to print netlify.toml again."""
    views = [replace(site_view("down", lang, ("en", "it")), lang=lang) for lang in ("en", "it")]
    pages = (*views[0].pages, PageView("team", "Team", "<p>We.</p>", "en"))
    made = {
        a.path: a.body.decode()
        for a in outputs.get("headers").render(tuple(replace(view, pages=pages) for view in views), ())
    }
    assert list(made) == ["_headers"]
    assert [line for line in made["_headers"].splitlines() if line.startswith("/")] == ["/it/*", "/team/*"]
    for path in ("/team/", "/team/index.html", "/it/", "/it/team/", "/it/history/"):
        assert denied(path, made["_headers"]), path
        assert not denied(path), path
        assert hosting.headers(path)["X-Frame-Options"] == "DENY"
    assert not denied("/embed/", made["_headers"])


def test_a_site_whose_pages_are_all_known_has_no_such_file() -> None:
    assert "_headers" not in site()


def test_netlify_reads_the_file_beside_the_pages_as_it_is_meant(tmp_path: Path) -> None:
    (tmp_path / "_headers").write_text(hosting.headers_file(["team/index.html", "it/about/index.html", "about/"]))
    (tmp_path / "_redirects").write_text("")
    parsed = netlify(headers=str(tmp_path / "_headers"), redirects=str(tmp_path / "_redirects"))
    assert told(parsed)[0] == [("/it/*", hosting.DENY), ("/team/*", hosting.DENY)]


def test_every_file_has_a_type_of_its_own() -> None:
    assert [p for p in addresses() if hosting.headers(p)["Content-Type"] == "application/octet-stream"] == []


@pytest.mark.parametrize(
    "path", ["/live.json", "/api/v2/summary.json", "/api/roadworthy/v1/status.json", "/history.rss", "/history.atom",
             "/feed.json", "/maintenance.ics", "/badges/civitai/api.svg", "/embed.js", f"/{published.MANIFEST}"],
)  # fmt: skip
def test_what_other_sites_read_may_be_read_from_other_sites(path: str) -> None:
    headers = hosting.headers(path)
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age" in headers["Cache-Control"]


def test_only_files_whose_name_changes_with_them_are_cached_for_ever() -> None:
    for_ever = [p for p in addresses() if "immutable" in hosting.headers(p).get("Cache-Control", "")]
    assert for_ever
    assert [p for p in for_ever if not re.search(r"-[0-9a-f]{8,}\.|\.[0-9a-f]{8,}\.", p)] == []


def test_every_redirect_leads_to_a_file_that_exists_and_none_hides_one() -> None:
    there = set(addresses())
    for redirect in hosting.REDIRECTS:
        assert redirect.source.endswith("*") or redirect.target in there, redirect
        assert redirect.source not in there, redirect


# ---- netlify.toml, as Netlify reads it -------------------------------------------------------------------------------

PARSE = """
import {parseAllHeaders} from '@netlify/headers-parser'
import {parseAllRedirects} from '@netlify/redirect-parser'
import {resolveConfig} from '@netlify/config'
const [root, context, headersFiles, redirectsFiles] = process.argv.slice(-4)
const own = headersFiles === '-'
const netlifyConfigPath = own ? root + '/netlify.toml' : undefined
const h = await parseAllHeaders({headersFiles: own ? [] : [headersFiles], netlifyConfigPath, configHeaders: [], minimal: true})
const r = await parseAllRedirects({redirectsFiles: own ? [] : [redirectsFiles], netlifyConfigPath, configRedirects: [], minimal: true})
const c = own ? await resolveConfig({cwd: root, repositoryRoot: root, context, branch: 'x', offline: true, mode: 'buildbot'}) : {}
console.log(JSON.stringify({headers: h.headers, redirects: r.redirects, errors: [...h.errors, ...r.errors].map(String), config: c.config}))
"""


def netlify(context: str = "production", headers: str = "-", redirects: str = "-") -> dict:
    for name in ("config", "headers-parser", "redirect-parser"):
        module(f"@netlify/{name}")
    parsed = node(PARSE, str(ROOT), context, headers, redirects)
    assert parsed["errors"] == []
    return parsed


def told(parsed: dict) -> tuple[list, list]:
    """Headers and redirects as Netlify's parsers understood them, in our words."""
    headers = [(h["for"], h["values"]) for h in parsed["headers"]]
    redirects = [(r["from"], r["to"], r["status"]) for r in parsed["redirects"]]
    return headers, redirects


def meant(rules: tuple[hosting.Rule, ...] = ()) -> tuple[list, list]:
    return (
        [(rule.pattern, dict(rule.headers)) for rule in rules or hosting.spelled()],
        [(r.source, r.target, r.status) for r in hosting.REDIRECTS],
    )


def test_netlify_understands_netlify_toml_as_we_mean_it() -> None:
    assert told(netlify()) == meant()


def test_the_made_part_of_netlify_toml_is_what_the_program_prints() -> None:
    _, mark, rest = (ROOT / "netlify.toml").read_text().partition("# ---- made by")
    assert mark
    assert rest.partition("\n")[2] == hosting.netlify()


@pytest.mark.parametrize("context", ["production", "deploy-preview", "branch-deploy"])
def test_a_netlify_build_asks_nobody_and_a_preview_shows_drafts_without_secrets(context: str) -> None:
    build = netlify(context)["config"]["build"]
    options = "" if context == "production" else " --drafts --allow-missing-secrets"
    # A page with a warning (exit 3) is a page.
    assert build["command"] == (f"code=0; python -m generator build{options} || code=$?; python .ci/exit-code.py $code")
    assert build["publish"] == str(ROOT / "site")


def test_a_deploy_is_skipped_only_if_nothing_that_the_page_is_made_of_changed() -> None:
    words = netlify()["config"]["build"]["ignore"].split()
    paths = words[words.index("--") + 1 :]
    assert [p for p in paths if not (ROOT / p).exists()] == []
    assert {"content", "templates", "generator", "requirements.txt"} <= set(paths)


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fork with a note, then a document, then the note of a pull request merged in two ways, each commit tagged."""
    work = tmp_path_factory.mktemp("netlify")
    git(work, "init", "-q", ".")

    def commit(tag: str, file: str) -> None:
        (work / file).parent.mkdir(parents=True, exist_ok=True)
        (work / file).write_text(tag)
        git(work, "add", "-A")
        git(work, "commit", "-q", "-m", tag)
        git(work, "tag", tag)

    commit("begun", "content/status.yml")
    commit("noted", "content/incidents/x.md")
    commit("documented", "docs/x.md")
    git(work, "switch", "-q", "-c", "pull-request")
    commit("previewed", "content/incidents/y.md")
    git(work, "switch", "-q", "main")
    git(work, "merge", "-q", "--squash", "pull-request")
    git(work, "commit", "-q", "-m", "squashed")
    git(work, "tag", "squashed")
    git(work, "reset", "-q", "--hard", "documented")
    git(work, "merge", "-q", "--no-ff", "-m", "merged", "pull-request")
    git(work, "tag", "merged")
    return work


@pytest.mark.parametrize(
    ("before", "now", "built"),
    [
        ("", "noted", True),
        ("noted", "noted", True),
        ("begun", "noted", True),
        ("begun", "documented", True),
        ("noted", "documented", False),
        ("previewed", "squashed", True),
        ("previewed", "merged", True),
        ("documented", "merged", True),
        ("documented", "previewed", True),
    ],
    ids=[
        "the first build", "a build without a cache", "a note", "a note and a document", "a document alone",
        "a note that a preview built and that was squashed", "a note that a preview built and that was merged",
        "a note that was merged", "a preview after the page",
    ],
)  # fmt: skip
def test_netlify_builds_whatever_is_not_on_the_page_yet(forked: Path, before: str, now: str, built: bool) -> None:
    """Without a cache Netlify says that the commit built last is the one to build now; a preview may share the cache."""
    names = {
        "CACHED_COMMIT_REF": before and git(forked, "rev-parse", before),
        "COMMIT_REF": git(forked, "rev-parse", now),
    }
    git(forked, "switch", "-q", "--detach", now)
    command = tomllib.loads((ROOT / "netlify.toml").read_text())["build"]["ignore"]
    done = subprocess.run(
        ["bash", "-c", command], cwd=forked, env={**os.environ, **names}, capture_output=True, text=True, check=False
    )
    assert (done.returncode != 0, done.stderr) == (built, "")


def test_the_python_of_every_host_is_the_same_and_one_that_we_support() -> None:
    file = (ROOT / ".python-version").read_text().strip()
    host = tomllib.loads((ROOT / "netlify.toml").read_text())["build"]["environment"]["PYTHON_VERSION"]
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert file == host
    least = re.fullmatch(r">=(\d+)\.(\d+)", wanted)
    assert least
    assert tuple(map(int, file.split("."))) >= tuple(map(int, least.groups()))


# ---- Cloudflare ------------------------------------------------------------------------------------------------------


def test_the_files_for_cloudflare_say_the_same(tmp_path: Path) -> None:
    """Read by Netlify's parsers of the same two formats, but for `! NAME`, which takes a header away at Cloudflare only."""
    _, headers, redirects = re.split(r"# file: _headers\n|\n# file: _redirects\n", hosting.cloudflare())
    (tmp_path / "_headers").write_text(re.sub(r"^  ! .*\n", "", headers, flags=re.MULTILINE))
    (tmp_path / "_redirects").write_text(redirects)
    parsed = netlify(headers=str(tmp_path / "_headers"), redirects=str(tmp_path / "_redirects"))
    got, moved = told(parsed)
    assert moved == meant()[1]
    for path in addresses():
        sent: dict[str, str] = {}
        for pattern, values in got:
            if hosting.Rule(pattern, {}).matches(path):
                assert not values.keys() & sent.keys(), path
                sent |= values
        for name in cloudflare_takes_away(headers, path):
            del sent[name]
        wanted = {name: value for rule in hosting.RULES if rule.matches(path) for name, value in rule.headers.items()}
        assert sent == wanted, path


def cloudflare_takes_away(headers: str, path: str) -> list[str]:
    """The names after `!` in the blocks that match a path."""
    blocks = re.findall(r"^(/\S*)\n((?:  .*\n)*)", headers, re.MULTILINE)
    return [
        name
        for pattern, lines in blocks
        if hosting.Rule(pattern, {}).matches(path)
        for name in re.findall(r"^  ! (\S+)$", lines, re.MULTILINE)
    ]


def test_the_files_for_cloudflare_stay_within_its_limits() -> None:
    assert len(hosting.RULES) <= 100
    assert len(hosting.REDIRECTS) <= 2000
    assert max(map(len, hosting.cloudflare().splitlines())) <= 2000
    assert [rule.pattern for rule in hosting.RULES if rule.pattern.count("*") > 1] == []


# ---- hosts that really answer ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("www")
    for path, body in site().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(body)
    root.chmod(0o755)
    return root


@pytest.fixture(scope="module")
def nginx(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's nginx with our snippet, as whoever runs the tests, on loopback."""
    work = tmp_path_factory.mktemp("nginx")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = hosting.nginx().replace("listen 80;", f"listen 127.0.0.1:{port};").replace("/var/www/status", str(folder))
    temps = "".join(f"{k}_temp_path {work}/{k};" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    import getpass

    user = "user root;" if getpass.getuser() == "root" else ""
    (work / "nginx.conf").write_text(
        f"daemon off; master_process off; {user} pid {work}/pid; error_log {work}/error.log;\n"
        f"events {{}}\nhttp {{ include /etc/nginx/mime.types; access_log off; {temps}\n{server}\n}}\n"
    )
    binary = "/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else program("nginx", "nginx-light")
    words = [binary, "-p", str(work), "-e", str(work / "error.log"), "-c", str(work / "nginx.conf")]
    checked = subprocess.run([*words, "-t"], capture_output=True, text=True, timeout=30, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr
    process = subprocess.Popen(words)
    try:
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until, (work / "error.log").read_text()
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module", params=["nginx", "our own server"])
def host(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "nginx":
        yield request.getfixturevalue("nginx")
        return
    with serving(folder) as url:
        yield url


def ask(host: str, path: str) -> tuple[int, dict[str, list[str]], bytes]:
    connection = http.client.HTTPConnection(urlsplit(host).netloc, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        headers: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            headers.setdefault(name.lower(), []).append(value)
        return answer.status, headers, answer.read()
    finally:
        connection.close()


def representative() -> list[str]:
    """One address of each set of rules, so that each rule is asked for at least once."""
    chosen: dict[tuple[str, ...], str] = {}
    for address in addresses():
        chosen.setdefault(tuple(rule.pattern for rule in hosting.RULES if rule.matches(address)), address)
    return sorted(chosen.values())


def test_the_host_sends_each_header_once_as_the_rules_say(host: str) -> None:
    for path in representative():
        status, sent, body = ask(host, path)
        assert status == 200, path
        assert body == site()[path.lstrip("/") + ("index.html" if path.endswith("/") else "")], path
        for name, value in hosting.headers(path).items():
            got = [one.replace(" ", "").lower() for one in sent.get(name.lower(), [])]
            assert got == [value.replace(" ", "").lower()], f"{path}: {name}: {got}"
        framed = path.startswith(("/embed/", "/badges/"))
        assert ("x-frame-options" in sent, "content-security-policy" in sent) == (not framed, not framed), path


def test_the_host_sends_guessed_addresses_to_the_right_place(host: str) -> None:
    for redirect in hosting.REDIRECTS:
        source = redirect.source.replace("*", "v2/status.json")
        status, sent, body = ask(host, source)
        if status == 200:  # a host that merges slashes needs no redirect
            assert body == site()["api/v2/status.json"], source
            continue
        assert status == redirect.status, source
        assert urlsplit(sent["location"][0]).path == redirect.target.replace(":splat", "v2/status.json")


def test_the_host_answers_what_is_not_there_with_our_own_page(host: str) -> None:
    for path in ("/nothing", "/assets/nothing.js", "/components/nothing/", "/nothing.json", "/api/v2/nothing.json"):
        status, sent, body = ask(host, path)
        assert (status, body) == (404, site()["404.html"]), path
        assert "immutable" not in "".join(sent.get("cache-control", [])), (
            f"{path}: a missing file is not cached for ever"
        )
        assert sent["content-type"][0].startswith("text/html"), path


def test_a_page_is_found_with_and_without_its_last_slash(host: str) -> None:
    for path in ("/history", "/components/civitai/api", "/de"):
        status, sent, body = ask(host, path)
        if status in (301, 302, 308):
            status, sent, body = ask(host, urlsplit(sent["location"][0]).path)
        assert (status, body) == (200, site()[f"{path[1:]}/index.html"]), path


def test_the_lines_for_s3_upload_every_file_once_with_pages_after_assets_and_live_data_last() -> None:
    """Run by a stand-in for `aws` that notes which files each line takes."""
    import fnmatch
    import shlex

    taken: dict[str, list[int]] = {}
    for number, line in enumerate(hosting.s3().splitlines()):
        if not line.startswith("aws "):
            continue
        words = shlex.split(line)
        filters = [(words[i], words[i + 1]) for i, word in enumerate(words) if word in ("--exclude", "--include")]
        for path in site():
            chosen = True
            for kind, pattern in filters:
                if fnmatch.fnmatchcase(path, pattern):
                    chosen = kind == "--include"
            if chosen:
                taken.setdefault(path, []).append(number)
    assert sorted(set(site()) - set(taken)) == []
    assert {p: lines for p, lines in taken.items() if len(lines) > 1} == {}
    last = max(number for numbers in taken.values() for number in numbers)
    assert taken["live.json"] == [last]
    assert taken["index.html"][0] > max(taken[p][0] for p in taken if p.startswith("assets/"))


def test_on_github_pages_guessed_addresses_lead_to_the_same_places_by_files(tmp_path: Path) -> None:
    """A copy where the name has an ending, else a page that leads there; it works below a project's name too."""
    site = tmp_path / "site"
    for target in {r.target for r in hosting.REDIRECTS if not r.source.endswith("*")}:
        file = site / target.strip("/")
        file = file if "." in file.name else file / "index.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"this is {target}")
    script = hosting.github()
    for _ in range(2):
        done = subprocess.run(["sh", "-eu", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert (site / ".nojekyll").is_file()
    for r in hosting.REDIRECTS:
        if r.source.endswith("*"):
            continue
        file = site / r.source.strip("/")
        if file.is_file():
            assert file.read_text() == f"this is {r.target}"
            continue
        page = (file / "index.html").read_text()
        (there,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
        assert urljoin(f"https://you.github.io/status{r.source}/", there) == f"https://you.github.io/status{r.target}"
        assert ('rel="alternate"' in page) is (not r.target.endswith("/"))
