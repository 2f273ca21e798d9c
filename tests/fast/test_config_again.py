"""A configuration that was read before is the one that would be read, warnings and all; a secret is never kept."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generator import config
from generator.cache import Cache
from generator.config import remembered
from generator.packing import packed

REPOSITORY = Path(__file__).parents[2]
STATUS = (REPOSITORY / "content" / "status.yml").read_text("utf-8")
SMALL = """
site: {title: S, url: https://status.example}
regions: [{id: here, name: Here, engine: local}]
platforms:
  - id: p
    name: P
    components:
      - id: c
        name: C
        checks:
"""


def root_of(folder: Path, text: str) -> Path:
    (folder / "content").mkdir(parents=True, exist_ok=True)
    (folder / config.FILE).write_text(text, "utf-8")
    return folder


def read(root: Path, env: dict[str, str], *, memory: bool, allow: bool = False) -> Any:
    with Cache(root / "cache" if memory else None) as kept:
        return config.check(root / config.FILE, env=env, allow_missing_secrets=allow, memory=kept)


CHECKS = [
    pytest.param("          - {id: k, kind: http, url: https://p.example/}\n", id="the-plainest"),
    pytest.param(
        "          - {id: k, kind: http, url: https://p.example/, expect: {status: [200, 204], text: [a, b]}}\n",
        id="lists-and-nested-keys",
    ),
    pytest.param(
        "          - {id: k, kind: http, url: https://p.example/, latency: {degraded: 1s, down: 2500ms}}\n",
        id="numbers",
    ),
    pytest.param("          - {id: k, kind: tcp, host: p.example, port: 443}\n", id="no-http"),
    pytest.param("          - {id: k, kind: http, url: 'https://p.example/é\\u2028日本'}\n", id="not-ascii"),
    pytest.param(
        "          - {id: k, kind: http, url: 'https://p.example/$${not-asked}'}\n", id="an-escaped-reference"
    ),
]


@pytest.mark.parametrize("checks", CHECKS)
def test_what_was_read_before_is_what_would_be_read(tmp_path: Path, checks: str) -> None:
    root = root_of(tmp_path, SMALL + checks)
    clean = read(root, {}, memory=False)
    assert clean[0] is not None, clean[1]
    first, again = read(root, {}, memory=True), read(root, {}, memory=True)
    assert clean == first == again
    assert [p.rule for p in again[1]] == ["no-controls"], "warnings are told each time"
    for one, other in zip(clean[0].checks, again[0].checks, strict=True):
        assert packed(one) == packed(other)
        assert one.spec.model_dump() == other.spec.model_dump()
        assert one.spec.model_dump(exclude_unset=True) == other.spec.model_dump(exclude_unset=True)


def test_the_default_content_and_every_kind_in_it_go_through_bytes_and_come_back_the_same() -> None:
    clean, problems = config.check(REPOSITORY / config.FILE, env={})
    assert clean is not None
    raw = remembered.pack(clean, problems)
    assert raw is not None
    assert remembered.unpack(raw) == (clean, problems)
    again = remembered.unpack(raw)
    assert again is not None
    assert packed(again[0]) == packed(clean), "tuples stay tuples, sets sets, numbers their kind"
    assert len({check.kind for check in clean.checks}) > 8


def test_a_changed_text_and_a_mistake_are_read_anew(tmp_path: Path) -> None:
    root = root_of(tmp_path, SMALL + "          - {id: k, kind: http, url: https://p.example/}\n")
    before = read(root, {}, memory=True)
    root_of(tmp_path, SMALL + "          - {id: k2, kind: http, url: https://p.example/}\n")
    after = read(root, {}, memory=True)
    assert [c.id for c in before[0].checks] == ["p/c/k"]
    assert [c.id for c in after[0].checks] == ["p/c/k2"]
    root_of(tmp_path, SMALL + "          - {id: k2, kind: http, address: https://p.example/}\n")
    for _ in range(2):
        assert read(root, {}, memory=True)[0] is None


REFERENCES = [
    pytest.param("          - {id: k, kind: http, url: 'https://p.example/', headers: {a: '${TOKEN}'}}\n", id="header"),
    pytest.param("          - {id: k, kind: http, url: 'https://p.example/?key=${TOKEN}'}\n", id="inside-a-text"),
]


@pytest.mark.parametrize("checks", REFERENCES)
@pytest.mark.parametrize("where", ["check", "site"])
def test_where_the_environment_is_asked_nothing_is_kept(tmp_path: Path, checks: str, where: str) -> None:
    secret, other = "correct-horse-battery", "another-staple"
    text = SMALL + checks
    if where == "site":
        text = text.replace("title: S", "title: '${TOKEN}'").replace(
            checks, "          - {id: k, kind: http, url: https://p.example/}\n"
        )
    root = root_of(tmp_path, text)
    one, two = (read(root, {"TOKEN": value}, memory=True)[0] for value in (secret, other))
    assert secret in repr(one)
    assert other in repr(two)
    assert secret not in repr(two)
    for file in (root / "cache").iterdir():
        assert secret.encode() not in file.read_bytes()
        assert other.encode() not in file.read_bytes()
    assert read(root, {}, memory=True)[0] is None, "and without it there is no configuration"


FOREIGN = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"\x80\x04N.", id="a-pickle"),
    pytest.param(b"[null, []]", id="no-configuration"),
    pytest.param(json.dumps([["value", "Path", "/etc/passwd"], []]).encode(), id="a-value-of-another-module"),
    pytest.param(json.dumps([["value", "Artifact", "a", "b"], []]).encode(), id="a-value-that-no-configuration-holds"),
    pytest.param(json.dumps([["spec", "http.re", [], []], []]).encode(), id="a-name-that-a-probe-imported"),
    pytest.param(json.dumps([["spec", "..os.system", [], []], []]).encode(), id="a-way-out-of-the-folder"),
    pytest.param(json.dumps([["call", "x"], []]).encode(), id="a-word-that-is-none"),
    pytest.param(b'[["value", "Config"], []]', id="too-few-fields"),
    pytest.param(b"[[], []]", id="a-list-of-nothing"),
    pytest.param(json.dumps([["word", "Status"], []]).encode(), id="a-word-without-one"),
]


@pytest.mark.parametrize("raw", FOREIGN)
def test_bytes_that_are_none_of_ours_are_no_configuration(raw: bytes) -> None:
    assert remembered.unpack(raw) is None


def test_what_was_read_before_needs_no_form(tmp_path: Path) -> None:
    """The point of it: neither the validators nor the engines behind them are loaded."""
    root = root_of(tmp_path, STATUS)
    shutil.rmtree(root / ".cache", ignore_errors=True)
    code = (
        "import sys; from pathlib import Path; from generator import run\n"
        "root = Path(sys.argv[1]); run.read_config(run.Setting(root=root, site=root / 'site', env={}))\n"
        "print(*(name for name in sys.modules if name in sys.argv[2:]))"
    )
    heavy = ["generator.config.reading", "generator.config.form", "pydantic", "yaml", "asyncio", "ssl"]
    said = [
        subprocess.run(
            [sys.executable, "-c", code, str(root), *heavy], cwd=REPOSITORY, check=True, capture_output=True, text=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert {"generator.config.reading", "yaml"} <= set(said[0])
    assert said[1] == []
