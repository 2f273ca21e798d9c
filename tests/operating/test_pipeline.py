"""What the workflows do when something on the way fails, and what they count: their own steps, run on this machine."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from generator import stores
from tests.operating import workflows
from tests.operating.git import clone, git, remote
from tests.operating.platform import PROJECT, Platform, check, component, config, platform
from tests.operating.test_guide import project

ROUND = 300
UPLOAD = "live.json, history and a mirror of the page"
NOTE = """---
title: Search finds nothing
impact: major
components: [shop/search]
started: 2026-11-23T05:30:00Z
updates:
  - at: 2026-11-23T05:42:00Z
    status: investigating
    body: {body}
---
"""


@pytest.fixture
def shop() -> Iterator[Platform]:
    with platform() as server:
        server.answers["/hook"] = (200, {}, b"")
        yield server


class Fork:
    """A repository on a host of its own, and fresh machines that run its workflows on it."""

    def __init__(self, folder: Path, shop: Platform, secrets: Mapping[str, str] | None = None) -> None:
        files = {name: text for name, text in project().items() if not name.startswith("content/")}
        watched = json.dumps(config(shop, {"search": [check(shop.url("/s"))]}, interval="5m"))
        self.folder, self.shop, self.secrets = folder, shop, secrets or {}
        self.bare = remote(folder / "github", {**files, "content/status.yml": watched})
        self.person = clone(self.bare, folder / "person")
        self.runs = 0
        self.npx: Path = folder / "npx.log"

    def run(
        self, ahead: int, name: str = "check", **more: str
    ) -> tuple[Path, dict[str, subprocess.CompletedProcess[str]]]:
        """One job of a workflow, `ahead` seconds from now, on a machine that has never seen the repository."""
        self.runs += 1
        machine = clone(self.bare, self.folder / f"machine{self.runs:02}", "--depth=1")
        self.shop.ahead = ahead
        stubs = {"npx": f'echo "$@" >> "{self.npx}"'}
        secrets = {**self.secrets, **more}
        return machine, workflows.run_job(name, name, machine, secrets, ahead=ahead, stubs=stubs)

    def write(self, body: str) -> None:
        """A person commits a note."""
        file = self.person / "content" / "incidents" / "2026-11-23-search.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(NOTE.format(body=body))
        git(self.person, "add", "-A")
        git(self.person, "commit", "-q", "-m", body)
        git(self.person, "push", "-q", "origin", "main")

    def deployed(self) -> int:
        """How often Netlify's command line was asked to deploy."""
        return len(self.npx.read_text().splitlines()) if self.npx.exists() else 0

    def asked(self) -> int:
        """How often the build hook was called."""
        return sum(path.startswith("/hook") for path, _, _ in self.shop.asked)


def failing(done: Mapping[str, subprocess.CompletedProcess[str]]) -> list[str]:
    return [name for name, step in done.items() if step.returncode != 0]


def looks(root: Path) -> int:
    store = stores.open("", root=root, readonly=True)
    try:
        return len(list(store.observations(0, check="shop/search/look")))
    finally:
        store.close()


# ---- history that cannot be pushed -----------------------------------------------------------------------------------


def refuse(bare: Path) -> Path:
    """The branch is protected from now on, until the file is deleted."""
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\necho "GH006: Protected branch update failed" >&2\nexit 1\n')
    hook.chmod(0o755)
    return hook


def test_a_refused_push_of_history_holds_no_page_back_and_loses_no_look(tmp_path: Path, shop: Platform) -> None:
    """The page is uploaded, the job fails visibly at its end, and what was seen is pushed by the next run."""
    fork = Fork(tmp_path, shop)
    fork.run(0)
    hook = refuse(fork.bare)
    for number in (1, 2):
        machine, done = fork.run(number * ROUND)
        assert [name for name in failing(done) if name != "tell the hub what is new"] == [
            "keep history",
            "history was not pushed",
        ]
        assert UPLOAD in done
        assert "::error::" in done["history was not pushed"].stdout
        assert looks(machine) == number + 1
    hook.unlink()
    machine, done = fork.run(3 * ROUND)
    assert failing(done) == []
    assert looks(machine) == 4
    machine, done = fork.run(4 * ROUND)
    assert failing(done) == []
    assert looks(machine) == 5


def test_what_waited_is_not_found_again_once_it_was_pushed(tmp_path: Path, shop: Platform) -> None:
    """An old copy beside a newer branch would take back what is remembered since."""
    fork = Fork(tmp_path, shop)
    fork.run(0)
    hook = refuse(fork.bare)
    fork.run(ROUND)
    hook.unlink()
    fork.run(2 * ROUND)
    _, done = fork.run(3 * ROUND)
    assert "new observations" in done["fetch history"].stdout, "it began with nothing"
    assert len(list((tmp_path / "cache-of-github").iterdir())) == 1


def test_what_was_seen_is_kept_when_the_page_fails_its_verification(tmp_path: Path, shop: Platform) -> None:
    fork = Fork(tmp_path, shop)
    fork.run(0)
    file = fork.person / "content" / "status.yml"
    watched = json.loads(file.read_text())
    secret = "a-value-that-nobody-may-see"
    watched["platforms"][0]["components"][0]["checks"][0]["headers"] = {"Authorization": "${GLOBALPING_TOKEN}"}
    watched["platforms"][0]["components"][0]["description"] = f"See {secret}."
    file.write_text(json.dumps(watched))
    git(fork.person, "commit", "-q", "-am", "Say too much")
    git(fork.person, "push", "-q", "origin", "main")
    _, done = fork.run(ROUND, GLOBALPING_TOKEN=secret)
    assert done["run"].returncode == 6
    assert list(done)[-1] == "keep history"
    assert done["keep history"].returncode == 0
    assert UPLOAD not in done
    assert "pushed" in done["keep history"].stdout


# ---- deploys ---------------------------------------------------------------------------------------------------------


def test_where_netlify_builds_each_commit_the_hook_is_asked_for_changes_of_state_only(
    tmp_path: Path, shop: Platform
) -> None:
    """Each commit of content is one build of Netlify's own: counted, and not asked for a second time."""
    fork = Fork(tmp_path, shop, {"NETLIFY_BUILD_HOOK": shop.url("/hook")})
    fork.run(0)
    assert fork.asked() == 1
    for number in (1, 2, 3):
        fork.write(f"words {number}")
        _, counted = fork.run(number * 3600, "deploy")
        assert failing(counted) == []
        machine, done = fork.run(number * 3600 + ROUND)
        assert failing(done) == ["is it worth a production deploy?"] or failing(done) == []
        assert fork.asked() == 1
    store = stores.open("", root=machine, readonly=True)
    made = store.meta()["deploys"].split()
    store.close()
    assert len(made) == 4
    shop.answers["/s"] = (500, {}, b"")
    for number in range(4):
        fork.run(5 * 3600 + number * ROUND)
    assert fork.asked() == 2
    assert fork.deployed() == 0


def test_with_the_command_line_what_must_wait_is_deployed_by_the_next_rounds(tmp_path: Path, shop: Platform) -> None:
    """Content within half an hour of the last deploy, and every confirmed change of state."""
    secrets = {"NETLIFY_AUTH_TOKEN": "token", "NETLIFY_SITE_ID": "id", "NETLIFY_BUILD_HOOK": shop.url("/hook")}
    fork = Fork(tmp_path, shop, secrets)
    fork.write("one")
    _, done = fork.run(0, "deploy")
    assert failing(done) == []
    assert fork.deployed() == 1
    assert fork.npx.read_text().split() == ["--yes", "netlify-cli@23", "deploy", "--prod", "--no-build", "--dir=site"]
    fork.write("two")
    _, done = fork.run(ROUND, "deploy")
    assert "the last deploy was" in done["deploy"].stdout
    assert fork.deployed() == 1
    fork.run(1800)
    assert fork.deployed() == 2, "the words that had to wait"
    shop.answers["/s"] = (500, {}, b"")
    for number in range(4):
        fork.run(2 * 3600 + number * ROUND)
    assert fork.deployed() == 3, "a confirmed outage"
    assert fork.asked() == 0


def test_a_preview_shows_what_the_history_says(tmp_path: Path, shop: Platform) -> None:
    """Whoever looks at a note before it is published sees it on the page as it is, not on one that knows nothing."""
    fork = Fork(tmp_path, shop)
    fork.run(0)
    fork.write("words for everybody")
    before = git(fork.bare, "rev-parse", "data")
    machine, done = fork.run(60, "preview")
    assert failing(done) == []
    assert component(machine, "search")["status"] == "operational"
    assert git(fork.bare, "rev-parse", "data") == before


def test_a_note_with_errors_keeps_no_outage_from_the_page(tmp_path: Path, shop: Platform) -> None:
    """Somebody mistypes a note while search is down: the page on Netlify must not say for ever that all is well."""
    fork = Fork(tmp_path, shop, {"NETLIFY_AUTH_TOKEN": "token", "NETLIFY_SITE_ID": "id"})
    fork.run(0)
    assert fork.deployed() == 1
    fork.write("words\n    status: resolvd")
    shop.answers["/s"] = (500, {}, b"")
    for number in range(3):
        machine, done = fork.run(3600 + number * ROUND)
        assert failing(done) == []
    assert fork.deployed() == 2
    assert "exit 3" in done["run"].stdout
    assert "is down" in (machine / "site" / "index.html").read_text()


# ---- a site with a warning is a site ---------------------------------------------------------------------------------


def lost_mirror(shop: Platform) -> str:
    shop.answers["/mirror/history-data/v1/manifest.json"] = (500, {}, b"")
    return json.dumps(
        {**config(shop, {"search": [check(shop.url("/s"))]}), "data": {"history_url": shop.url("/mirror")}}
    )


@pytest.mark.parametrize("context", ["", "deploy-preview", "branch-deploy"])
def test_netlify_publishes_what_was_built_with_a_warning(tmp_path: Path, shop: Platform, context: str) -> None:
    """The command of `netlify.toml`, with a mirror that cannot be read; wrong content is still a failed deploy."""
    settings = tomllib.loads((PROJECT / "netlify.toml").read_text())
    command = settings["context"][context]["command"] if context else settings["build"]["command"]
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "status.yml").write_text(lost_mirror(shop))
    (tmp_path / ".ci").symlink_to(PROJECT / ".ci")
    environment = {"NETLIFY": "true", "CONTEXT": context or "production", "PYTHONPATH": str(PROJECT)}

    def build() -> subprocess.CompletedProcess[str]:
        path = f"{workflows.tools(tmp_path / 'bin')}:/usr/local/bin:/usr/bin:/bin"
        return subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path, env={**environment, "PATH": path}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    done = build()
    assert done.returncode == 0, done.stderr
    assert "exit 3" in done.stdout
    assert "History is delayed" in (tmp_path / "site" / "index.html").read_text()
    (tmp_path / "content" / "status.yml").write_text("site: {titel: x}\n")
    assert build().returncode == 2


@pytest.mark.parametrize("name", ["deploy", "preview"])
def test_a_workflow_builds_what_it_can_and_refuses_what_is_wrong(tmp_path: Path, shop: Platform, name: str) -> None:
    """`deploy.yml` and `preview.yml` on a fresh machine: a note, a mirror that cannot be read, then a wrong note."""
    fork = Fork(tmp_path, shop)
    (fork.person / "content" / "status.yml").write_text(lost_mirror(shop))
    fork.write("seen by everybody")
    machine, done = fork.run(0, name)
    assert failing(done) == []
    assert "exit 3" in done["build"].stdout
    (page,) = (machine / "site" / "incidents").glob("*/index.html")
    assert "seen by everybody" in page.read_text()
    marked = "noindex" in (machine / "site" / "index.html").read_text()
    assert marked is (name == "preview")
    assert ("keep the preview" in done) is (name == "preview")
    assert fork.deployed() == fork.asked() == 0

    file = fork.person / "content" / "incidents" / "2026-11-23-search.md"
    file.write_text(file.read_text().replace("impact: major", "impact: majr"))
    git(fork.person, "commit", "-q", "-am", "Misspell")
    git(fork.person, "push", "-q", "origin", "main")
    _, done = fork.run(ROUND, name)
    assert failing(done) == ["lint"]
    assert "::error file=content/incidents/2026-11-23-search.md,line=3" in done["lint"].stdout
