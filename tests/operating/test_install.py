"""What a scheduled job installs depends on what the content and the history need, and on nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

PYTHON = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked"
"""


def asked(root: Path, status: str) -> list[str]:
    """What pip is asked for, by a `python` that only writes it down."""
    (root / "bin").mkdir()
    (root / "bin" / "python").write_text(PYTHON)
    (root / "bin" / "python").chmod(0o755)
    shutil.copytree(PROJECT / ".ci", root / ".ci")
    (root / "content").mkdir()
    (root / "content" / "status.yml").write_text(status)
    environment = {"PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["bash", ".ci/install"], cwd=root, env=environment, check=True, timeout=60)
    return [line.split()[-1] for line in (root / "bin" / "asked").read_text().splitlines()]


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ("notify:\n  - kind: apprise\n    url: ${TELL}\n", ".ci/requirements-notify.txt"),
        ("notify:\n  - {url: '${TELL}', kind: 'apprise'}\n", ".ci/requirements-notify.txt"),
        ("notify:\n  - kind: slack\n    url: ${TELL}\n", "requirements.txt"),
        ("# notify:\n#  - kind: apprise\n", "requirements.txt"),
        ((PROJECT / "content" / "status.yml").read_text(), "requirements.txt"),
    ],
    ids=["as a block", "in one line", "another kind", "commented out", "our own content"],
)
def test_apprise_is_installed_only_where_the_content_names_it(tmp_path: Path, status: str, wanted: str) -> None:
    assert asked(tmp_path, status) == [wanted]


def test_with_apprise_the_program_has_the_same_versions_as_without() -> None:
    def pins(file: str) -> dict[str, str]:
        return dict(re.findall(r"^([\w.\[\],-]+)==([^ \n;]+)", (PROJECT / file).read_text(), re.MULTILINE))

    without, with_it = pins("requirements.txt"), pins(".ci/requirements-notify.txt")
    assert without.items() <= with_it.items()
    assert with_it["apprise"] == pins(".ci/requirements-test.txt")["apprise"]
