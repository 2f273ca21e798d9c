"""The operator's guide, followed word by word on this machine: no account, no network beyond loopback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from generator import commands, stores
from generator import config as reading
from generator.serving import serving
from tests.keeping import postgres_server
from tests.operating import workflows
from tests.operating.git import clone, git, remote
from tests.operating.platform import PROJECT, Platform, check, config, platform, status

GUIDE = PROJECT / "docs" / "operating.md"
ROUND = 300
"""Seconds between two rounds; nobody waits for them, each machine's clock is so far ahead of the one before."""


@pytest.fixture
def shop() -> Iterator[Platform]:
    with platform() as server:
        server.answers["/hook"] = (200, {}, b"")
        yield server


def blocks() -> list[str]:
    """Every command block that a reader is meant to follow as it stands, in order."""
    return re.findall(r"^```bash\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)


def project() -> dict[str, str]:
    """What a fork holds: every file that is in the repository, as it is now, without the tests."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    wanted = (
        "generator/",
        "templates/",
        "content/",
        ".github/",
        ".ci/",
        "docs/operating.md",
        "requirements.txt",
        ".gitignore",
    )
    kept = [n for n in names if n.startswith(wanted) and (PROJECT / n).is_file() and not n.endswith(".png")]
    return {name: (PROJECT / name).read_text() for name in kept}


def follow(block: str, folder: Path, bare: Path, shop: Platform) -> None:
    """Run a block as a person would, with this machine's addresses in the place of the example's."""
    assert block in blocks()
    script = block.replace("https://github.com/YOU/roadworthy.git", bare.as_uri())
    script = script.replace("https://example.org", shop.url(""))
    script = re.sub(r"^make setup.*$", "", script, flags=re.MULTILINE)  # the packages are there already
    # The default controls are on the internet.
    script = re.sub(r"(-m generator init .*)$", rf"\1 --control {shop.url('/control')}", script, flags=re.MULTILINE)
    path = f"{workflows.tools(folder.parent / 'bin')}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, capture_output=True, text=True, timeout=180, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"


def scheduled(
    bare: Path, folder: Path, secrets: dict[str, str], shop: Platform | None = None, ahead: int = 0
) -> dict[str, subprocess.CompletedProcess[str]]:
    """One run of `check.yml` on a machine that has never seen the repository, `ahead` seconds from now."""
    clone(bare, folder, "--depth=1")
    if shop:
        shop.ahead = ahead
    return workflows.run_job("check", "check", folder, secrets, ahead=ahead)


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_from_a_fork_to_a_live_page_a_note_and_a_history_that_survives(tmp_path: Path, shop: Platform) -> None:
    bare = remote(tmp_path / "github", project())
    get_it, say_it, publish_it, note_it = blocks()
    person = tmp_path / "person"
    person.mkdir()
    follow(get_it, person, bare, shop)
    root = person / "status"
    follow(say_it, root, bare, shop)
    with serving(root / "site") as url:
        assert "Example" in get(url)
        assert "Civitai" not in get(url)
    follow(publish_it, root, bare, shop)
    assert not git(root, "status", "--porcelain")

    # The schedule: each run on a fresh clone; a deploy is asked for when there is news.
    secrets = {"NETLIFY_BUILD_HOOK": shop.url("/hook")}
    first = scheduled(bare, tmp_path / "runner1", secrets)
    told(first)
    assert "this is the first run" in first["fetch history"].stderr
    assert "nothing was deployed yet" in first["is it worth a production deploy?"].stdout
    assert [path for path, _, _ in shop.asked if path.startswith("/hook")] == ["/hook?trigger_title=state+change"]
    assert status(tmp_path / "runner1")["overall"]["status"] == "operational"

    follow(note_it, root, bare, shop)
    second = scheduled(bare, tmp_path / "runner2", secrets, shop, ROUND)
    told(second)
    with serving(tmp_path / "runner2" / "site") as url:
        assert "Search finds nothing" in get(url)
        assert "Search finds nothing" in get(f"{url}/history.rss")
        assert "Search finds nothing" in get(f"{url}/api/v2/incidents.json")
    # Netlify builds a commit of content by itself: it is counted, and not asked for.
    assert "deploys are asked for transition only" in second["is it worth a production deploy?"].stdout
    counted = workflows.run_job("deploy", "deploy", clone(bare, tmp_path / "counting"), secrets, ahead=ROUND)
    assert "recorded" in counted["count what Netlify builds"].stdout
    assert [path for path, _, _ in shop.asked if path.startswith("/hook")] == ["/hook?trigger_title=state+change"]
    third = scheduled(bare, tmp_path / "runner3", secrets, shop, 2 * ROUND)
    told(third)

    # The third machine knows all three rounds, and so does the copy on its page.
    store = stores.open("", root=tmp_path / "runner3", readonly=True)
    times = {o.at for o in store.observations(0, check="example/search/answers")}
    deploys = store.meta()["deploys"].split()
    store.close()
    assert len(times) == 3
    assert len(deploys) == 2
    manifest = json.loads((tmp_path / "runner3" / "site" / "history-data" / "v1" / "manifest.json").read_text())
    assert manifest["counts"]["recent"] >= 3
    assert git(bare, "rev-list", "--count", "data") == "1"
    generations = [
        json.loads((tmp_path / f"runner{n}" / "site" / "history-data" / "v1" / "manifest.json").read_text())[
            "generation"
        ]
        for n in (1, 2, 3)
    ]
    assert generations == sorted(set(generations))


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of an empty database of a real PostgreSQL."""
    with postgres_server.server() as url:
        yield f"{url}postgres"


def test_history_moves_to_postgresql_and_the_schedule_goes_on_there(
    tmp_path: Path, shop: Platform, database: str
) -> None:
    """The commands of the guide, in the order in which they stand there, between two rounds on the branch and two after."""
    moving = re.search(r"### Moving to PostgreSQL\n.*?^```sh\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert moving
    watched = json.dumps(config(shop, {"search": [check(shop.url("/s"))]}))
    files = {name: text for name, text in project().items() if not name.startswith("content/")}
    bare = remote(tmp_path / "github", {**files, "content/status.yml": watched})
    for number in (0, 1):
        told(scheduled(bare, tmp_path / f"branch{number}", {}, shop, number * ROUND))
    branch = git(bare, "rev-parse", "data")

    person = clone(bare, tmp_path / "person")
    script = moving[1].replace("postgresql://user:password@host/database", database)
    script, installs = re.subn(r"^ROADWORTHY_HISTORY=.*bash .ci/install.*$", "", script, flags=re.MULTILINE)
    assert installs == 1, "the packages are there already"
    path = f"{workflows.tools(tmp_path / 'bin', 2 * ROUND)}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=person, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass-word" not in done.stdout + done.stderr

    for number in (2, 3):
        secrets = {"ROADWORTHY_HISTORY": database}
        ran = scheduled(bare, tmp_path / f"there{number}", secrets, shop, number * ROUND)
        assert {name: step.stderr for name, step in ran.items() if step.returncode} == {}
        assert "fetch history" not in ran
        assert "keep history" not in ran
        assert status(tmp_path / f"there{number}")["overall"]["status"] == "operational"
        assert not (tmp_path / f"there{number}" / ".history" / "history.sqlite").exists()
    assert git(bare, "rev-parse", "data") == branch, "the branch is left alone"
    store = stores.open(database, root=tmp_path, readonly=True)
    times = {o.at for o in store.observations(0, check="shop/search/look")}
    faults = store.check()
    store.close()
    assert (len(times), faults) == (4, ())


def test_an_agent_in_another_region_looks_and_the_main_job_believes_it(
    tmp_path: Path, shop: Platform, database: str
) -> None:
    """`agents.yml` on the region's own runner, then `check.yml`: two regions that looked, one history."""
    regions = [{"id": "here", "name": "Here"}, {"id": "jp", "name": "Japan", "engine": "agent"}]
    watched = config(shop, {"search": [check(shop.url("/s"))]}, regions=regions)
    watched["platforms"][0]["id"] = "far"  # other ids than those that are in the database
    files = {name: text for name, text in project().items() if not name.startswith("content/")}
    bare = remote(tmp_path / "github", {**files, "content/status.yml": json.dumps(watched)})
    secrets = {"ROADWORTHY_HISTORY": database}
    looked = workflows.run_job(
        "agents", "look", clone(bare, tmp_path / "japan"), secrets, known={"matrix.region": "jp"}
    )  # fmt: skip
    assert {name: (step.returncode, step.stderr) for name, step in looked.items() if step.returncode} == {}
    ran = scheduled(bare, tmp_path / "main", secrets, shop)
    assert {name: step.stderr for name, step in ran.items() if step.returncode} == {}
    told = status(tmp_path / "main")
    assert {r["id"]: r["health"] for r in told["regions"]} == {"here": "ok", "jp": "ok"}
    cells = told["platforms"][0]["components"][0]["regions"]
    assert {cell["id"]: cell["status"] for cell in cells} == {"here": "operational", "jp": "operational"}


def told(done: dict[str, subprocess.CompletedProcess[str]]) -> None:
    failed = {name: step.stdout + step.stderr for name, step in done.items() if step.returncode != 0}
    assert {n: t for n, t in failed.items() if n != "is it worth a production deploy?"} == {}
    assert {"fetch history", "run", "keep history"} <= set(done)


def test_the_schedule_publishes_nothing_when_its_history_cannot_be_fetched(tmp_path: Path, shop: Platform) -> None:
    """A page from an empty history would be green, and wrong about the past."""
    bare = remote(tmp_path / "github", project())
    git(bare, "branch", "data", "main")
    done = scheduled(bare, tmp_path / "runner", {})
    assert list(done)[-1] == "fetch history"
    assert done["fetch history"].returncode == 3
    assert "holds something else than history" in done["fetch history"].stderr
    assert not (tmp_path / "runner" / "site" / "index.html").exists()
    assert shop.asked == []


def test_wrong_content_stops_the_schedule_with_its_exit_code(tmp_path: Path, shop: Platform) -> None:
    files = {n: t for n, t in project().items() if not n.startswith("content/")}
    bare = remote(tmp_path / "github", {**files, "content/status.yml": "site: {titel: x}\n"})
    done = scheduled(bare, tmp_path / "runner", {})
    last = list(done.values())[-1]
    assert last.returncode == 2
    assert "content/status.yml:1:8" in last.stderr


def test_the_keep_alive_commits_only_when_the_last_commit_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = remote(tmp_path / "github")
    workflows.run_job("check", "keep-alive", clone(bare, tmp_path / "young"), {})
    assert git(bare, "rev-list", "--count", "main") == "2"
    work = tmp_path / "github" / "first"
    old = f"{int(time.time()) - 51 * 86400} +0000"
    monkeypatch.setenv("GIT_COMMITTER_DATE", old)
    git(work, "commit", "-q", "--allow-empty", "-m", "long ago")
    git(work, "push", "-q", "origin", "main")
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    done = workflows.run_job("check", "keep-alive", clone(bare, tmp_path / "old"), {})
    assert all(step.returncode == 0 for step in done.values())
    assert git(bare, "log", "-1", "--format=%s", "main") == "Keep the schedule alive [skip netlify]"


def test_every_file_and_command_that_the_guide_names_exists() -> None:
    text = GUIDE.read_text()
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert link.startswith("http") or (GUIDE.parent / link).exists(), link
    for command in re.findall(r"python -m generator ([a-z-]+)", text):
        assert command.replace("-", "_") in {n.replace("-", "_") for n in commands.names()}, command
    for name in re.findall(r"`(\.(?:ci|github)/[\w./-]+)`", text):
        assert (PROJECT / name).exists(), name


def test_the_yaml_of_the_guide_is_a_valid_configuration(tmp_path: Path) -> None:
    found = [yaml.safe_load(b) for b in re.findall(r"^```yaml\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)]
    assert len(found) == 1
    base = {
        "site": {"title": "x"},
        "controls": ["https://control.example/"],
        "platforms": [{"id": "p", "name": "P", "components": [{"id": "c", "name": "C", "checks": [
            {"id": "k", "kind": "http", "url": "https://p.example/"}]}]}],
    }  # fmt: skip
    merged = {**base, "site": {**base["site"], **found[0]["site"]}, "data": found[0]["data"]}
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "status.yml").write_text(json.dumps(merged).replace("YOU", "you"))
    read = reading.load(tmp_path / "content" / "status.yml", env={})
    assert read.site.live_url.endswith("/live.json")
