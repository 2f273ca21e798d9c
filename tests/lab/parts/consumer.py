"""Takes published models from the primary's outbox to the search service.

    python -m tests.lab.parts.consumer STATE PRIMARY SEARCH

Modes: `index-delay` seconds (of the laboratory) that an entry waits; `index-drops` N: every Nth entry is forgotten.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request

import psycopg

from tests.lab.parts.common import Database, State

STATE, PRIMARY, SEARCH = State(sys.argv[1]), Database(sys.argv[2]), sys.argv[3]


def take() -> int:
    """One batch; how many entries were done with."""
    state = STATE.read()
    delay, drops = state["modes"].get("index-delay", 0), state["modes"].get("index-drops", 0)
    sql = (
        "SELECT o.id, m.id, m.name, m.hash, m.username FROM outbox o JOIN models m ON m.id = o.model"
        " WHERE m.published <= %s ORDER BY o.id LIMIT 200"
    )
    entries = PRIMARY.rows(sql, state["now"] - delay)
    rows = [
        [model, f"{name} · {code} · {username}"]
        for _, model, name, code, username in entries
        if not (drops and model % drops == 0)
    ]
    if rows:
        request = urllib.request.Request(f"{SEARCH}/index", json.dumps(rows).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=2) as answer:
            answer.read()
    if entries:
        PRIMARY.run("DELETE FROM outbox WHERE id = ANY(%s)", [entry[0] for entry in entries])
    return len(entries)


if __name__ == "__main__":
    while True:
        try:
            done = take()
        except (psycopg.Error, OSError):
            PRIMARY.forget()
            done = 0
        if not done:
            time.sleep(0.04)
