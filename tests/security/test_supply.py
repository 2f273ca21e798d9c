"""What we depend on can be listed and audited, and an audit that could not look never says that all is well."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
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
