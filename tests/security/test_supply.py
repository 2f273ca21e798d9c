"""What we depend on can be listed and audited, and an audit that could not look never says that all is well."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

AUDITOR = """
import json, sys
words = sys.argv[1:]
file = words[words.index('--requirement') + 1]
mode = {mode!r}
if mode == 'gone':
    sys.exit('no network')
pins = [line.split()[0].split('==') for line in open(file) if '==' in line.split(' ')[0]]
bad = {{'blind': set(), 'sees': {{'jinja2==2.4.1'}}, 'finds': {{'jinja2==2.4.1', 'httpx==' + dict(pins).get('httpx', '')}}}}.get(mode, set())
rows = [{{'name': n, 'version': v, 'vulns': [{{'id': 'TEST-1', 'fix_versions': ['9']}}] if f'{{n}}=={{v}}' in bad else []}} for n, v in pins]
if mode == 'skips':
    rows = [{{'name': 'jinja2', 'skip_reason': 'not on the index'}}]
print(json.dumps({{'dependencies': rows}}))
"""


def audit(tmp_path: Path, mode: str) -> subprocess.CompletedProcess[str]:
    """The real script with a stand-in for the tool that asks the index."""
    tool = tmp_path / "auditor.py"
    tool.write_text(AUDITOR.format(mode=mode))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("httpx==0.28.1 \\\n    --hash=sha256:00\nh11==0.16.0\n")
    return subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "audit"), str(requirements)],
        env={**os.environ, "PIP_AUDIT": f"{sys.executable} {tool}"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "code", "sentence"),
    [
        ("sees", 0, "audited: 0 packages of requirements.txt with known weaknesses"),
        ("finds", 1, "httpx 0.28.1: TEST-1; fixed in 9"),
        ("blind", 2, "not audited: the planted jinja2==2.4.1 was not found"),
        ("gone", 2, "not audited"),
        ("skips", 2, "not audited"),
    ],
    ids=["nothing known", "a weakness", "an index without weaknesses", "no network", "packages left out"],
)
def test_an_audit_proves_first_that_it_can_see(tmp_path: Path, mode: str, code: int, sentence: str) -> None:
    done = audit(tmp_path, mode)
    assert (done.returncode, sentence in done.stdout) == (code, True), done.stdout + done.stderr


class Index(ThreadingHTTPServer):
    """A database of weaknesses on loopback, in the words of OSV. `known`: (name, version) with a weakness."""

    daemon_threads = True

    def __init__(self, known: set[tuple[str, str]], status: int = 200) -> None:
        self.known, self.status = known, status
        self.asked: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), _Answers)

    def weaknesses(self, name: str, version: str) -> list[dict]:
        if (name, version) not in self.known:
            return []
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}]
        about = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": ranges, "versions": [version]}
        return [{"id": "TEST-2", "summary": "planted", "published": "2024-01-01T00:00:00Z", "affected": [about]}]


class _Answers(BaseHTTPRequestHandler):
    server: Index

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        pin = asked["package"]["name"], asked["version"]
        self.server.asked.append(pin)
        body = json.dumps({"vulns": self.server.weaknesses(*pin)}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: `asked` is the log."""


PLANTED = ("jinja2", "2.4.1")


@pytest.mark.parametrize(
    ("known", "status", "code", "sentence"),
    [
        ({PLANTED}, 200, 0, "audited: 0 packages of requirements.txt with known weaknesses"),
        ({PLANTED, ("h11", "0.16.0")}, 200, 1, "h11 0.16.0: TEST-2; fixed in 99"),
        (set(), 200, 2, "not audited: the planted jinja2==2.4.1 was not found"),
        ({PLANTED}, 503, 2, "not audited: the planted jinja2==2.4.1 was not found"),
    ],
    ids=["nothing known", "a weakness", "a database without data", "a database that is down"],
)
def test_the_real_tool_finds_what_is_planted_where_there_is_a_database(
    tmp_path: Path, known: set[tuple[str, str]], status: int, code: int, sentence: str
) -> None:
    """pip-audit itself, which a mirror without advisories makes say that nothing is known; only the database is ours."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        "httpx==0.28.1 \\\n    --hash=sha256:" + "0" * 64 + "\nh11==0.16.0 --hash=sha256:" + "1" * 64 + "\n"
    )
    index = Index(known, status)
    thread = threading.Thread(target=index.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{index.server_address[1]}/v1/query"
    tool = f"{sys.executable} -m pip_audit -s osv --osv-url {address} --cache-dir {tmp_path / 'cache'}"
    try:
        done = subprocess.run(
            [sys.executable, str(ROOT / ".ci" / "audit"), str(requirements)],
            env={**os.environ, "PIP_AUDIT": tool}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    finally:
        index.shutdown()
        index.server_close()
        thread.join()
    assert (done.returncode, sentence in done.stdout) == (code, True), done.stdout + done.stderr
    assert PLANTED in index.asked
    if code < 2:
        assert {("httpx", "0.28.1"), ("h11", "0.16.0")} <= set(index.asked)


def test_without_its_tool_the_answer_is_not_audited() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "audit")],
        env={**os.environ, "PIP_AUDIT": "/nowhere/pip-audit"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout.startswith("not audited")


def bill() -> dict:
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "sbom")], capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def test_the_bill_of_materials_lists_every_pin_with_its_hashes() -> None:
    made = bill()
    pins = dict(
        re.findall(
            r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE
        )
    )
    listed = {c["name"]: c["version"] for c in made["components"]}
    assert listed == {re.sub(r"[-_.]+", "-", n).lower(): v for n, v in pins.items()}
    assert len(listed) > 15
    for component in made["components"]:
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
        assert component["hashes"]
        assert all(re.fullmatch(r"[0-9a-f]{64}", h["content"]) for h in component["hashes"])
    assert made["dependencies"][0]["dependsOn"] == [c["bom-ref"] for c in made["components"]]


def test_the_same_requirements_give_the_same_bill() -> None:
    assert bill() == bill()
