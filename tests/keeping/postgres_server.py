"""A real PostgreSQL from Debian, started unprivileged on loopback for the tests, and gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WANTED = (
    "the tests need a PostgreSQL server: apt-get install postgresql (it is started by the tests, not by the system)"
)


def programs() -> Path:
    """The newest installed server's folder of programs."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    found = shutil.which("initdb")
    if not folders and not found:
        raise RuntimeError(WANTED)
    return folders[-1] if folders else Path(found).resolve().parent


def _user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _command(*words: str) -> list[str]:
    """PostgreSQL refuses to run as root; then it runs as somebody who owns nothing else."""
    if os.geteuid():
        return list(words)
    return [
        "setpriv",
        f"--reuid={_user()}",
        f"--regid={_user() if _user() == 'postgres' else 'nogroup'}",
        "--clear-groups",
        *words,
    ]


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server's first database, without the database's name: `postgres://tester:…@127.0.0.1:port/`."""
    folder = Path(tempfile.mkdtemp(prefix="rw-pg-"))
    if not os.geteuid():
        shutil.chown(folder, _user())
    data, password, bin_ = folder / "data", folder / "password", programs()
    password.write_text("pass-word'1")
    password.chmod(0o644)
    subprocess.run(
        _command(
            str(bin_ / "initdb"),
            "-D",
            str(data),
            "-U",
            "tester",
            "-A",
            "scram-sha-256",
            f"--pwfile={password}",
            "--no-sync",
            "-E",
            "UTF8",
        ),
        check=True,
        capture_output=True,
        cwd="/",
    )
    port = _free_port()
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=32MB -c max_connections=60"
    )
    control = [str(bin_ / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
    subprocess.run(_command(*control, "-o", options, "start"), check=True, capture_output=True, cwd="/")
    try:
        yield f"postgres://tester:pass-word%271@127.0.0.1:{port}/"
    finally:
        subprocess.run(_command(*control, "-m", "immediate", "stop"), check=False, capture_output=True, cwd="/")
        shutil.rmtree(folder)


def postmaster(url: str) -> int:
    """The process of a server of ours that takes connections."""
    port = url.rstrip("/").rpartition(":")[2]
    files = (file.read_text().splitlines() for file in Path(tempfile.gettempdir()).glob("rw-pg-*/data/postmaster.pid"))
    return next(int(lines[0]) for lines in files if lines[3] == port)
