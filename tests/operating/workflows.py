"""Runs the steps of a workflow as GitHub would, on this machine, without any account and without any action but one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from tests.operating.platform import PROJECT

FOLDER = PROJECT / ".github" / "workflows"


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return found


LATER = "import time\nreal = time.time\ntime.time = lambda: real() + {ahead}\n"


def tools(folder: Path, ahead: int = 0) -> Path:
    """A folder for PATH in which `python` is the interpreter of the tests, its clock `ahead` by so many seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clock").mkdir(exist_ok=True)
    (folder / "clock" / "sitecustomize.py").write_text(LATER.format(ahead=ahead))
    path = f'PYTHONPATH="{folder}/clock${{PYTHONPATH:+:$PYTHONPATH}}"'
    (folder / "python").write_text(f'#!/bin/sh\n{path} exec "{sys.executable}" "$@"\n')
    (folder / "python").chmod(0o755)
    return folder


def run_job(
    name: str,
    job: str,
    root: Path,
    secrets: Mapping[str, str],
    *,
    skip: tuple[str, ...] = ("install",),
    ahead: int = 0,
    known: Mapping[str, str] = MappingProxyType({}),
    stubs: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, subprocess.CompletedProcess[str]]:
    """Each step whose condition holds, in order; by its name. Of the actions only the cache is played, beside the root.

    The clock of the program is `ahead` by so many seconds, so that nobody waits for the next round. `known` are values
    that only GitHub would know (`matrix.region`). `stubs` are scripts that stand in the place of commands (`npx`).
    """
    spec = read(name)["jobs"][job]
    temporary = root.parent / f"{root.name}-runner"
    bin = tools(temporary / "bin", ahead)
    for command, script in stubs.items():
        (bin / command).write_text(f"#!/bin/sh\n{script}\n")
        (bin / command).chmod(0o755)
    path = f"{bin}:{os.environ['PATH']}"
    outputs = {"github.run_id": root.name, "github.run_attempt": "1", **known}
    env = {k: _filled(v, secrets, outputs) for k, v in {**spec.get("env", {})}.items()}
    done: dict[str, subprocess.CompletedProcess[str]] = {}
    failed = False
    for step in spec["steps"]:
        if step.get("name") in skip:
            continue
        if not _wanted(step.get("if", ""), env, outputs, failed):
            outputs[f"steps.{step.get('id')}.outcome"] = "skipped"
            continue
        if "uses" in step:
            given = {key: _filled(value, secrets, outputs) for key, value in step.get("with", {}).items()}
            _played(step["uses"], given, root)
            if "name" in step:
                done[step["name"]] = subprocess.CompletedProcess([step["uses"]], 0, "", "")
            continue
        files = {key: temporary / key for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
        for file in files.values():
            file.write_text("")
        own = {k: _filled(v, secrets, outputs) for k, v in step.get("env", {}).items()}
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"] if step.get("shell") == "bash" else ["bash", "-e"]
        script = temporary / "step.sh"
        script.write_text(_filled(step["run"], secrets, outputs))
        result = subprocess.run(
            [*shell, str(script)], cwd=root, capture_output=True, text=True, timeout=180, check=False,
            env={**os.environ, **env, **own, **{k: str(v) for k, v in files.items()}, "PATH": path},
        )  # fmt: skip
        done[step["name"]] = result
        outputs[f"steps.{step.get('id')}.outcome"] = "failure" if result.returncode else "success"
        for line in files["GITHUB_OUTPUT"].read_text().splitlines():
            key, _, value = line.partition("=")
            outputs[f"steps.{step['id']}.outputs.{key}"] = value
        failed = failed or bool(result.returncode and not step.get("continue-on-error"))
    return done


def _played(action: str, given: Mapping[str, str], root: Path) -> None:
    """What an action does here: the cache keeps a folder under a key, and gives the newest of a prefix back."""
    kept = root.parent / "cache-of-github"
    if action.startswith("actions/cache/save@"):
        shutil.copytree(root / given["path"], kept / given["key"])
    if action.startswith("actions/cache/restore@") and kept.is_dir():
        fitting = [folder for folder in kept.iterdir() if folder.name.startswith(given["restore-keys"])]
        if fitting:
            shutil.copytree(max(fitting, key=lambda folder: folder.stat().st_ctime), root / given["path"])


def _filled(text: Any, secrets: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        kind, _, key = match[1].strip().partition(".")
        return secrets.get(key, "") if kind == "secrets" else outputs.get(match[1].strip(), "")

    return re.sub(r"\$\{\{(.+?)\}\}", value, str(text))


def _wanted(condition: str, env: Mapping[str, str], outputs: Mapping[str, str], failed: bool) -> bool:
    """The conditions our workflows use: names compared with texts, and `!cancelled()` for what runs after a failure."""
    terms = [term.strip() for term in condition.removeprefix("${{").removesuffix("}}").split("&&") if term.strip()]
    if failed and "!cancelled()" not in terms:
        return False
    return all(_holds(term, env, outputs) for term in terms if term != "!cancelled()")


def _holds(term: str, env: Mapping[str, str], outputs: Mapping[str, str]) -> bool:
    match = re.fullmatch(r"(\S+) (==|!=) '([^']*)'", term)
    assert match, f"a condition that the tests cannot read: {term}"
    name = match[1]
    value = env.get(name[4:], "") if name.startswith("env.") else outputs.get(name, "")
    return (value == match[3]) is (match[2] == "==")
