"""The editor in the browser, used as an editor uses it: the real Decap CMS, its real local server, a real browser."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page

from generator import cms
from generator.errors import RoadworthyError
from generator.serving import serving
from tests.clients.tools import module, program
from tests.editing.roots import NOTE, command, write_root

PATIENCE = 30_000
NEW = 'a[href="#/collections/incidents/new"]'
NOW = ("--now", "2026-11-23T12:00:00Z")


def free_port() -> int:
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, port: int) -> Path:
    """A root in git with the editor turned on, its file fetched, and a note that a person wrote by hand."""
    settings = {"enabled": True, "backend": "local", "base_url": f"http://127.0.0.1:{port}"}
    made = write_root(tmp_path_factory.mktemp("cms"), cms=settings)
    (made / "content" / "incidents" / "2026-11-23-by-hand.md").write_text(
        NOTE.replace("impact: major", "impact: major\nlinks: [https://example.org/thread]")
    )
    (made / "content" / "causes").mkdir()
    cause = Path(__file__).parents[2] / "content" / "causes" / "origin-down.md"
    (made / "content" / "causes" / cause.name).write_text(cause.read_text())
    git(made, "init", "-q")
    decap = module("decap-cms") / "dist" / "decap-cms.js"
    assert command("cms", "fetch", "--from", str(decap), root=made).returncode == 0
    git(made, "add", "-A")
    git(made, "commit", "-qm", "begin")
    return made


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    done = subprocess.run(["git", "-C", str(root), *who, *words], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture(scope="module")
def local_server(root: Path, port: int) -> Iterator[None]:
    """decap-server: what writes the files where there is no GitHub."""
    env = {**os.environ, "PORT": str(port), "BIND_HOST": "127.0.0.1", "GIT_REPO_DIRECTORY": str(root), "ORIGIN": "*"}
    process = subprocess.Popen(
        [program("node", "nodejs"), str(module("decap-server") / "dist" / "index.js")],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout
    for line in process.stdout:
        if "listening" in line:
            break
    else:
        pytest.fail("decap-server did not start")
    yield
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.fixture(scope="module")
def site(root: Path) -> Iterator[str]:
    built = command("build", *NOW, "--init", root=root)
    assert built.returncode == 0, built.stderr
    with serving(root / "site") as url:
        yield url


@pytest.fixture
def editor(chromium: Browser, site: str, local_server: None, port: int) -> Iterator[Page]:
    """Logged in. Whatever the policy of the page refuses, and every request to anybody else, fails the test."""
    context = chromium.new_context(viewport={"width": 1300, "height": 1600})
    context.clock.install(time=NOW[1])  # the CMS names a new file by the day
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: trouble.append(str(e)))
    ours = (site, f"http://127.0.0.1:{port}/", "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(ours) else trouble.append(f"foreign: {r.url}"))
    page.goto(f"{site}/admin/")
    page.get_by_role("button", name="Login").click(timeout=PATIENCE)
    page.locator(NEW).wait_for(timeout=PATIENCE)
    yield page
    context.close()
    assert not trouble


def field(page: Page, name: str, number: int = 0) -> Any:
    """A field of the form by its key; the fields of updates have the number of their update."""
    return page.locator(f'[id^="{name}-field-"]').nth(number)


def choose(page: Page, name: str, option: str, number: int = 0) -> None:
    """Choose in one of Decap's own menus."""
    field(page, name, number).click()
    field(page, name, number).type(option)
    page.keyboard.press("Enter")


def publish(page: Page) -> None:
    """Until the local server has said that the file is written."""
    page.get_by_role("button", name="Publish", exact=True).click()
    with page.expect_response(lambda r: '"persistEntry"' in (r.request.post_data or ""), timeout=PATIENCE) as answer:
        page.get_by_text("Publish now", exact=True).click()
    assert answer.value.ok


def test_an_incident_with_two_updates_written_in_the_browser_is_on_the_page_and_in_the_feeds(
    editor: Page, root: Path, chromium: Browser, site: str
) -> None:
    """Log in, write, publish, lint, build, and read it where visitors and feed readers do."""
    editor.locator(NEW).click()
    field(editor, "title").fill("Downloads stop half-way")
    choose(editor, "impact", "major")
    choose(editor, "components", "Shop: File downloads")
    choose(editor, "regions", "Western Europe")
    field(editor, "started").fill("2026-11-23T08:00Z")
    field(editor, "at").fill("2026-11-23T08:05Z")
    field(editor, "body").fill("Large downloads **stop half-way**.\nSmall ones work.")
    editor.get_by_role("button", name="Add update").click()
    field(editor, "at", 1).fill("2026-11-23T08:40Z")
    choose(editor, "status", "identified", 1)
    field(editor, "body", 1).fill("One of two stores is full: we make room.")
    choose(editor, "cause", "origin")
    publish(editor)

    (path,) = (root / "content" / "incidents").glob("*downloads-stop-half-way.md")
    linted = command("lint", *NOW, root=root)
    assert linted.returncode == 0, linted.stdout + path.read_text()
    assert path.name not in linted.stdout, "not even a warning"
    built = command("build", *NOW, root=root)
    assert built.returncode == 0, built.stderr
    id = path.stem
    page = chromium.new_page()
    page.goto(f"{site}/incidents/{id}/")
    said = page.inner_text("main")
    page.close()
    for words in (
        "Downloads stop half-way",
        "Large downloads stop half-way",
        "One of two stores is full",
        "Western Europe",
    ):
        assert words in said, words
    for feed in ("history.atom", "history.rss", "updates.rss", "feed.json", "components/shop/files/history.atom"):
        text = (root / "site" / feed).read_text()
        assert "One of two stores is full" in text, feed
    incidents = json.loads((root / "site" / "api" / "v2" / "incidents.json").read_bytes())["incidents"]
    (one,) = [i for i in incidents if i["name"] == "Downloads stop half-way"]
    assert [(u["status"], u["display_at"][:16]) for u in one["incident_updates"]] == [
        ("identified", "2026-11-23T08:40"),
        ("investigating", "2026-11-23T08:05"),
    ]
    assert [c["name"] for c in one["components"]] == ["File downloads"]


def test_a_component_can_be_given_a_status_and_the_others_stay_unnamed(editor: Page, root: Path) -> None:
    editor.locator(NEW).click()
    field(editor, "title").fill("Search is slow")
    field(editor, "started").fill("2026-11-23T09:00Z")
    field(editor, "at").fill("2026-11-23T09:05Z")
    field(editor, "body").fill("Answers take ten seconds.")
    editor.get_by_role("button", name="Expand").last.click()
    choose(editor, "shop/search", "degraded_performance")
    publish(editor)
    (path,) = (root / "content" / "incidents").glob("*search-is-slow.md")
    linted = command("lint", *NOW, root=root)
    assert linted.returncode == 0, linted.stdout + path.read_text()
    head = yaml.safe_load(path.read_text().split("---")[1])
    said = {id: status for id, status in head["updates"][0]["components"].items() if status}
    assert said == {"shop/search": "degraded_performance"}


def test_what_a_person_wrote_by_hand_survives_a_change_in_the_browser(editor: Page, root: Path, site: str) -> None:
    """Relative times, keys the form does not show, and the words of updates stay; the title is what was changed."""
    path = root / "content" / "incidents" / "2026-11-23-by-hand.md"
    editor.goto(f"{site}/admin/#/collections/incidents/entries/2026-11-23-by-hand")
    field(editor, "title").wait_for(timeout=PATIENCE)
    field(editor, "title").fill("Search finds nothing at all")
    publish(editor)
    linted = command("lint", *NOW, root=root)
    assert linted.returncode == 0, linted.stdout + path.read_text()
    head = yaml.safe_load(path.read_text().split("---")[1])
    assert head["title"] == "Search finds nothing at all"
    assert head["links"] == ["https://example.org/thread"]
    assert head["updates"][0]["at"] == "+12m"
    assert head["updates"][0]["components"]["shop/search"] == "partial_outage"


def test_maintenance_written_in_the_browser_lints_and_is_announced(editor: Page, root: Path, site: str) -> None:
    editor.goto(f"{site}/admin/#/collections/maintenance/new")
    field(editor, "title").wait_for(timeout=PATIENCE)
    field(editor, "title").fill("Weekly database work")
    choose(editor, "components", "Shop: Search")
    field(editor, "starts").fill("2026-11-24 03:00")
    field(editor, "duration").fill("1h")
    field(editor, "timezone").fill("Europe/Berlin")
    field(editor, "rrule").fill("FREQ=WEEKLY;BYDAY=TU")
    publish(editor)
    (path,) = (root / "content" / "maintenance").glob("*weekly-database-work.md")
    linted = command("lint", *NOW, root=root)
    assert linted.returncode == 0, linted.stdout + path.read_text()
    assert command("build", *NOW, root=root).returncode == 0
    announced = json.loads((root / "site" / "api" / "v2" / "scheduled-maintenances.json").read_bytes())
    assert [(m["name"], m["scheduled_for"]) for m in announced["scheduled_maintenances"]] == [
        ("Weekly database work", "2026-11-24T02:00:00.000Z")
    ]


# ---- what is told and published --------------------------------------------------------------------------------------


def told(root: Path) -> dict[str, Any]:
    done = command("cms", "config", root=root)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


def fields(config: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one for one in config["collections"][0]["fields"]}


def test_the_window_of_a_login_can_answer_the_editor(chromium: Browser, site: str) -> None:
    """GitHub's login comes back in a window of another origin and tells the editor; our headers must let it."""
    context = chromium.new_context()
    login = "https://login.example/auth"
    context.route(login, lambda route: route.fulfill(body="<title>login</title>", content_type="text/html"))
    page = context.new_page()
    page.goto(f"{site}/admin/")
    with page.expect_popup() as opened:
        page.evaluate("url => { window.open(url) }", login)
    opened.value.wait_for_load_state()
    assert opened.value.url == login
    assert opened.value.evaluate("window.opener !== null")
    context.close()


def test_components_and_regions_are_those_of_the_configuration(tmp_path: Path) -> None:
    before = fields(told(write_root(tmp_path)))
    assert [o["value"] for o in before["components"]["options"]] == ["shop/search", "shop/files", "library/api"]
    assert [o["value"] for o in before["regions"]["options"]] == ["eu-west", "us-east"]
    path = tmp_path / "content" / "status.yml"
    path.write_text(path.read_text().replace('"files"', '"downloads"').replace("eu-west", "eu-north"))
    after = fields(told(tmp_path))
    assert [o["value"] for o in after["components"]["options"]] == ["shop/search", "shop/downloads", "library/api"]
    assert [o["value"] for o in after["regions"]["options"]] == ["eu-north", "us-east"]
    statuses = next(f for f in after["updates"]["fields"] if f["name"] == "components")
    assert [f["name"] for f in statuses["fields"]] == ["shop/search", "shop/downloads", "library/api"]


@pytest.mark.parametrize(
    ("settings", "backend", "mode", "asks"),
    [
        pytest.param(
            {"backend": "github", "repo": "shop/status", "branch": "live"},
            {"name": "github", "repo": "shop/status", "branch": "live"},
            "editorial_workflow",
            "https://api.github.com",
            id="GitHub: a pull request a note",
        ),
        pytest.param(
            {"backend": "github", "repo": "shop/status", "base_url": "https://auth.shop.example"},
            {"name": "github", "repo": "shop/status", "branch": "main", "base_url": "https://auth.shop.example"},
            "editorial_workflow",
            "https://api.github.com",
            id="GitHub with a login service of one's own",
        ),
        pytest.param(
            {"backend": "gitlab", "repo": "shop/status"},
            {"name": "gitlab", "repo": "shop/status", "branch": "main", "auth_type": "pkce"},
            "editorial_workflow",
            "https://gitlab.com",
            id="GitLab",
        ),
        pytest.param(
            {"backend": "local"},
            {"name": "github", "repo": "local/local", "branch": "main"},
            "simple",
            "http://127.0.0.1:8081",
            id="this machine",
        ),
    ],
)
def test_each_backend_is_told_where_the_notes_are(
    tmp_path: Path, settings: dict[str, Any], backend: dict[str, str], mode: str, asks: str
) -> None:
    config = told(write_root(tmp_path, cms={"enabled": True, **settings}))
    config["backend"].pop("commit_messages")
    assert config["backend"] == backend
    assert config["publish_mode"] == mode
    assert ("local_backend" in config) is (settings["backend"] == "local")
    connect = next(part for part in cms.policy(settings).split("; ") if part.startswith("connect-src"))
    assert asks in connect.split()


def test_it_is_off_unless_it_is_turned_on(tmp_path: Path) -> None:
    root = write_root(tmp_path)
    assert command("build", *NOW, "--init", root=root).returncode == 0
    assert not (root / "site" / "admin").exists()


def test_without_its_file_the_page_says_what_to_do(tmp_path: Path) -> None:
    root = write_root(tmp_path, cms={"enabled": True, "backend": "local"})
    assert command("build", *NOW, "--init", root=root).returncode == 0
    page = (root / "site" / "admin" / "index.html").read_text()
    assert "roadworthy cms fetch" in page
    assert "<script" not in page


def test_only_the_admin_page_may_compile_code(root: Path, site: str) -> None:
    loose = [p for p in (root / "site").rglob("*.html") if "unsafe" in p.read_text()]
    assert [p.relative_to(root / "site").as_posix() for p in loose] == ["admin/index.html"]


def test_the_file_is_the_one_we_know_and_git_does_not_take_it(root: Path, site: str) -> None:
    fetched = root / "content" / "theme" / "admin" / "decap-cms.js"
    assert hashlib.sha256(fetched.read_bytes()).hexdigest() == cms.SHA256
    assert (root / "site" / "admin" / "decap-cms.js").read_bytes() == fetched.read_bytes()
    assert "decap-cms.js" not in git(root, "ls-files")


def test_it_is_taken_out_of_a_package_as_npm_packs_it(tmp_path: Path) -> None:
    package = tmp_path / "decap-cms.tgz"
    with tarfile.open(package, "w:gz") as packed:
        packed.add(module("decap-cms") / "dist" / "decap-cms.js", "package/dist/decap-cms.js")
    path = cms.fetch(tmp_path, source=package)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == cms.SHA256


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        pytest.param("decap-cms.js", b"alert(1)", "the checksum", id="another file"),
        pytest.param("decap-cms.tgz", b"no archive", "holds no dist/decap-cms.js", id="no package"),
        pytest.param("nowhere.tgz", None, "holds no dist/decap-cms.js", id="nothing there"),
    ],
)
def test_another_file_is_refused_and_nothing_is_installed(
    tmp_path: Path, name: str, body: bytes | None, sentence: str
) -> None:
    if body is not None:
        (tmp_path / name).write_bytes(body)
    with pytest.raises(RoadworthyError, match=re.escape(sentence)):
        cms.fetch(tmp_path, source=tmp_path / name)
    assert not (tmp_path / "content").exists()
