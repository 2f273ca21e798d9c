"""The search service: an index of its own (SQLite full text), filled from outside.

python -m tests.lab.parts.search PORT STATE
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import threading
from urllib.parse import parse_qs, urlsplit

from tests.lab.parts.common import Handler, Server, State

INDEX = sqlite3.connect(":memory:", check_same_thread=False)
INDEX.execute("CREATE VIRTUAL TABLE models USING fts5(id UNINDEXED, words)")
TURN = threading.Lock()


class Search(Handler):
    state = State(sys.argv[2])

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/count":
            with TURN:
                self.json(INDEX.execute("SELECT count(*) FROM models").fetchone()[0])
            return
        words = " ".join(re.findall(r"\w+", parse_qs(parts.query)["q"][0]))
        with TURN:
            rows = INDEX.execute(
                "SELECT id, words FROM models WHERE models MATCH ? LIMIT 20", (f'"{words}"',)
            ).fetchall()
        self.json([{"id": id, "name": name.split(" · ")[0]} for id, name in rows])

    def do_POST(self) -> None:
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with TURN:
            INDEX.executemany("INSERT INTO models VALUES (?, ?)", rows)
        self.json(len(rows))


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Search).serve_forever()
