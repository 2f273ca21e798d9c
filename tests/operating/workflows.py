"""Runs the shell steps of a workflow as GitHub would, on this machine, without any action and without any account."""

from __future__ import annotations

import os
import re
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
) -> dict[str, subprocess.CompletedProcess[str]]:
    """Each `run:` step in order, until one fails; by its name. Steps that use an action are left out.

    The clock of the program is `ahead` by so many seconds, so that nobody waits for the next round. `known` are values
    that only GitHub would know (`matrix.region`).
    """
    spec = read(name)["jobs"][job]
    temporary = root.parent / f"{root.name}-runner"
    path = f"{tools(temporary / 'bin', ahead)}:{os.environ['PATH']}"
    outputs = dict(known)
    env = {k: _filled(v, secrets, outputs) for k, v in {**spec.get("env", {})}.items()}
    done: dict[str, subprocess.CompletedProcess[str]] = {}
    for step in spec["steps"]:
        if "run" not in step or step.get("name") in skip or not _wanted(step.get("if", ""), env, outputs):
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
        for line in files["GITHUB_OUTPUT"].read_text().splitlines():
            key, _, value = line.partition("=")
            outputs[f"steps.{step['id']}.outputs.{key}"] = value
        if result.returncode != 0:
            break
    return done


def _filled(text: Any, secrets: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        kind, _, key = match[1].strip().partition(".")
        return secrets.get(key, "") if kind == "secrets" else outputs.get(match[1].strip(), "")

    return re.sub(r"\$\{\{(.+?)\}\}", value, str(text))


def _wanted(condition: str, env: Mapping[str, str], outputs: Mapping[str, str]) -> bool:
    """The conditions our workflows use: one name, compared with one text."""
    if not condition:
        return True
    match = re.fullmatch(r"(\S+) (==|!=) '([^']*)'", condition)
    assert match, f"a condition that the tests cannot read: {condition}"
    name = match[1]
    value = env.get(name[4:], "") if name.startswith("env.") else outputs.get(name, "")
    return (value == match[3]) is (match[2] == "==")
