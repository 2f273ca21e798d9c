"""The Dockerfile, followed line by line in a plain folder, and a container's start as its unprivileged user."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operating import dockerfile
from tests.operating.dockerfile import Image
from tests.operating.platform import PROJECT, check, config, platform, write

EXAMPLES = PROJECT / "docs" / "examples"
PYTHON = """#!{python}
import json, sys
files = [word for before, word in zip(sys.argv, sys.argv[1:]) if before == "-r"]
with open({log!r}, "a") as log:
    log.write(json.dumps([sys.argv[1:], [open(file).read() for file in files]]) + "\\n")
"""


def tracked() -> list[str]:
    """The files that a clone holds, as they are now."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in found if (PROJECT / name).is_file()]


class Followed:
    """RUN on this machine: real shell and real tools; only the network and the system's list of users are left out."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.users: dict[str, int] = {}

    def __call__(self, image: Image, line: str) -> None:
        for piece in line.split(" && "):
            words = shlex.split(piece)
            if words[0] == "useradd":
                self.users[words[-1]] = int(words[words.index("--uid") + 1])
                continue
            if words[0] == "chown" and os.geteuid():
                continue  # whoever runs the tests owns it already
            for name, uid in self.users.items():
                piece = re.sub(rf"\b{name}\b", str(uid), piece)
            self.shell(image, piece)

    def shell(self, image: Image, piece: str) -> None:
        tools = self.log.parent / "bin"
        tools.mkdir(exist_ok=True)
        (tools / "python").write_text(PYTHON.format(python=sys.executable, log=str(self.log)))
        (tools / "python").chmod(0o755)
        env = {"PATH": f"{tools}:/usr/bin:/bin:/usr/sbin:/sbin", **image.env}
        done = subprocess.run(
            ["/bin/sh", "-c", piece], cwd=image.inside("."), env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{piece}\n{done.stderr}"


def built(root: Path, log: Path, **arguments: str) -> tuple[Image, Followed]:
    run = Followed(log)
    text, ignore = ((EXAMPLES / name).read_text() for name in ("Dockerfile", "Dockerfile.dockerignore"))
    return dockerfile.build(text, ignore, PROJECT, tracked(), root, run, arguments), run


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder that other users may enter."""
    folder = Path(tempfile.mkdtemp(prefix="rw-image-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("driver", ["", "postgresql"], ids=["SQLite", "PostgreSQL"])
def test_what_is_installed_is_pinned_and_hashed_with_the_driver_only_where_it_is_wanted(
    root: Path, tmp_path: Path, driver: str
) -> None:
    built(root, tmp_path / "log", ROADWORTHY_HISTORY=driver)
    calls = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [words[:2] for words, _ in calls] == [["-m", "pip"]] * (2 if driver else 1)
    for words, files in calls:
        assert "--require-hashes" in words
        assert len(files) == 1
        pins = [block for block in re.split(r"\n(?=\S)", files[0]) if not block.startswith("#") and block.strip()]
        assert pins
        assert [pin for pin in pins if "==" not in pin.split()[0] or "--hash=sha256:" not in pin] == []
        # Everything that is installed stands in the file: pip refuses a bare name beside hashes.
        rest = [word for word in words[words.index("install") + 1 :] if not word.startswith("-")]
        assert rest == [words[words.index("-r") + 1]]
    assert calls[0][1] == [(PROJECT / "requirements.txt").read_text()]
    if driver:
        assert {line.split("==")[0] for line in calls[1][1][0].splitlines() if "==" in line} == {
            "psycopg",
            "psycopg-binary",
        }


def test_only_what_the_image_is_made_of_is_sent_to_the_build(root: Path, tmp_path: Path) -> None:
    ignore = (EXAMPLES / "Dockerfile.dockerignore").read_text()
    sent = {name.split("/")[0] for name in tracked() if not dockerfile.ignored(name, ignore)}
    assert sent == {"requirements.txt", ".ci", "generator", "templates", "content"}
    for name in (".git/config", ".env", ".history/history.sqlite", "site/index.html", "tests/x.py", ".venv/bin/python"):
        assert dockerfile.ignored(name, ignore), name
    assert dockerfile.ignored("generator/view/__pycache__/x.pyc", ignore)
    image, _ = built(root, tmp_path / "log")
    assert sorted(p.name for p in image.inside(".").iterdir()) == [
        ".ci", ".history", "content", "generator", "public", "requirements.txt", "templates",
    ]  # fmt: skip


def test_a_container_looks_and_publishes_as_a_user_who_may_write_its_two_volumes_only(
    root: Path, tmp_path: Path
) -> None:
    """The image's own copy of the program, its content read-only, started as ENTRYPOINT and CMD say; twice."""
    image, run = built(root, tmp_path / "log")
    assert image.user in run.users
    assert run.users[image.user] >= 10000
    shutil.rmtree(image.inside("content"))
    owner = [] if os.geteuid() else ["setpriv", f"--reuid={run.users[image.user]}", "--regid=65534", "--clear-groups"]
    words = [word.replace("/status/", f"{image.inside('.')}/") for word in (*image.entrypoint, *image.command)]
    assert words[0] == "python"
    env = {"PATH": "/usr/bin:/bin", **image.env}
    with platform() as shop:
        write(image.inside("."), config(shop, {"search": [check(shop.url("/s"))]}))
        for path in image.inside("content").rglob("*"):
            path.chmod(path.stat().st_mode & ~(stat.S_IWGRP | stat.S_IWOTH) | stat.S_IROTH)
        before = listing(image)
        for _ in range(2):
            done = subprocess.run(
                [*owner, sys.executable, *words[1:]],
                cwd=image.inside("."), env=env, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert done.stderr == ""
    assert "the one part we check works" in (image.inside("public") / "site" / "index.html").read_text()
    assert (image.inside(".history") / "history.sqlite").stat().st_size > 0
    if owner:
        assert listing(image) == before, "nothing is written beside the volumes"


def listing(image: Image) -> list[str]:
    names = (str(path.relative_to(image.inside("."))) for path in image.inside(".").rglob("*"))
    return sorted(name for name in names if not name.startswith((".history", "public")))


def test_a_line_that_cannot_be_followed_is_no_line_of_ours(root: Path) -> None:
    """So that a new line of the Dockerfile cannot pass unseen."""
    with pytest.raises(AssertionError, match="HEALTHCHECK"):
        dockerfile.build("FROM x\nHEALTHCHECK NONE\n", "", PROJECT, [], root, lambda image, line: None, {})
    with pytest.raises(AssertionError, match="nothing of that name"):
        dockerfile.build("FROM x\nCOPY nowhere ./\n", "", PROJECT, [], root, lambda image, line: None, {})
