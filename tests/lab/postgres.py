"""PostgreSQL for the laboratory: a primary and two streaming copies, from Debian's packages, never run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.keeping.postgres_server import _command, _user, programs
from tests.lab.processes import free_port

QUICK = "-c fsync=off -c shared_buffers=16MB -c max_connections=60 -c wal_level=replica -c max_wal_senders=6 -c hot_standby=on -c autovacuum=off"
SCHEMA = """
CREATE TABLE models (id serial PRIMARY KEY, name text, username text, hash text, published float8,
    trained bool DEFAULT false, file_scanned bool DEFAULT false, downloads int DEFAULT 0);
CREATE INDEX ON models (published);
CREATE TABLE images (id serial PRIMARY KEY, created float8, scanned bool DEFAULT false, tagged bool DEFAULT false);
CREATE INDEX ON images (created);
CREATE TABLE jobs (id serial PRIMARY KEY, kind text, ref int);
CREATE TABLE outbox (id serial PRIMARY KEY, model int);
"""


class Cluster:
    """One server in one folder. `start` waits until it answers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        folder.mkdir(mode=0o700)
        if not os.geteuid():
            shutil.chown(folder, _user())
        self.data = folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://lab@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        self._run("initdb", "-D", str(self.data), "-U", "lab", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale")

    def copy(self, primary: Cluster) -> None:
        """Make this a streaming copy of a running primary."""
        self._run("pg_basebackup", "-D", str(self.data), "-R", "-c", "fast", "-N", "-d", primary.url)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 {QUICK}"
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop", check=False)

    def sql(self, text: str) -> list[tuple]:
        """Straight at this server, past everything."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True, connect_timeout=2) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def running(self) -> bool:
        import psycopg

        try:
            return self.sql("SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False

    def _run(self, program: str, *words: str, check: bool = True) -> None:
        done = subprocess.run(
            _command(str(programs() / program), *words), cwd="/", check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"{program} failed: {(done.stderr or b'').decode()}")
