"""A small root to edit in: one subject, one reference, two regions; nothing in it is ever asked."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.cli import main

NOTE = """---
title: Search finds nothing
impact: major
components: [shop/search]
started: 2026-11-23T05:30:00Z
updates:
  - at: +12m
    status: investigating
    components: {shop/search: partial_outage}
    body: A search for any name finds nothing.
---
"""


def write_root(root: Path, **more: Any) -> Path:
    """`content/status.yml` of a shop with search and downloads, and of a library to compare it with."""

    def part(id: str, name: str) -> dict[str, Any]:
        check = {"id": "look", "kind": "http", "url": f"http://127.0.0.1:9/{id}", "allow_private": True}
        return {"id": id, "name": name, "checks": [check]}

    config = {
        "site": {
            "title": "The shop, seen from outside",
            "url": "https://status.example",
            "id": "status.example",
            "contact": "us@status.example",
        },
        "interval": "5m",
        "regions": [
            {"id": "eu-west", "name": "Western Europe", "engine": "local"},
            {"id": "us-east", "name": "Eastern United States", "engine": "local"},
        ],
        "controls": [{"url": "http://127.0.0.1:9/control", "allow_private": True}],
        "platforms": [
            {
                "id": "shop",
                "name": "Shop",
                "role": "subject",
                "components": [part("search", "Search"), part("files", "File downloads")],
            },
            {"id": "library", "name": "Library", "role": "reference", "components": [part("api", "API")]},
        ],
        **more,
    }
    (root / "content" / "incidents").mkdir(parents=True)
    (root / "content" / "status.yml").write_text(json.dumps(config, indent=1))
    return root


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def command(*words: str, root: Path) -> Done:
    """Run a command of the program below a root, from its arguments to its exit code; in this process, to be quick."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*words, "--root", str(root)])
    return Done(code, out.getvalue(), err.getvalue())


@contextmanager
def serving(root: Path, *words: str) -> Iterator[Served]:
    """`serve` in a process of its own, ended by the signal a terminal would send."""
    process = subprocess.Popen(
        [sys.executable, "-m", "generator", "serve", "--root", str(root), "--port", "0", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    served = Served(process)
    try:
        yield served
    finally:
        process.terminate()
        process.wait(20)
        served.reader.join(5)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


class Served:
    """A running `serve`: its address, and the lines it told the terminal."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout
        said = process.stdout.readline()
        found = re.match(r"http://127\.0\.0\.1:\d+", said)
        assert found, said + (process.stderr.read() if process.stderr and process.poll() is not None else "")
        self.url = found[0]
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
