"""A worker of one kind: takes jobs from the queue in the primary and does them.

    python -m tests.lab.parts.worker KIND STATE PRIMARY

`scan` makes a picture visible, `tag` gives it tags, `file` clears a model's file, `train` publishes a trained model,
`count` (without a queue) counts downloads.
"""

from __future__ import annotations

import hashlib
import sys
import time

import psycopg

from tests.lab.parts.common import Database, State

KIND, STATE, PRIMARY = sys.argv[1], State(sys.argv[2]), Database(sys.argv[3])
SQL = {
    "scan": "UPDATE images SET scanned = true WHERE id = ANY(%s)",
    "tag": "UPDATE images SET tagged = true WHERE id = ANY(%s)",
    "file": "UPDATE models SET file_scanned = true WHERE id = ANY(%s)",
}


def take() -> int:
    """All waiting jobs of this kind; how many were done."""
    with PRIMARY.connection() as connection, connection.transaction():
        sql = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE kind = %s ORDER BY id LIMIT 500) RETURNING ref"
        refs = [ref for (ref,) in connection.execute(sql, (KIND,)).fetchall()]
        if refs and KIND in SQL:
            connection.execute(SQL[KIND], (refs,))
        for ref in refs if KIND == "train" else ():
            sql = "INSERT INTO models (published, trained, file_scanned) VALUES (%s, true, true) RETURNING id"
            id = connection.execute(sql, (ref,)).fetchone()[0]
            code = hashlib.sha256(str(id).encode()).hexdigest()[:10].upper()
            connection.execute(
                "UPDATE models SET name = %s, username = %s, hash = %s WHERE id = %s",
                (f"Model {id}", f"maker{id}", code, id),
            )
            connection.execute("INSERT INTO outbox (model) VALUES (%s)", (id,))
    return len(refs)


def count(last: float) -> float:
    """Downloads go on as the laboratory's time does."""
    now = STATE.now
    if now > last:
        PRIMARY.run("UPDATE models SET downloads = downloads + 1 + id WHERE id <= 20")
    return now


if __name__ == "__main__":
    counted = 0.0
    while True:
        done = 0
        try:
            if KIND == "count":
                counted = count(counted)
            else:
                done = take()
        except psycopg.Error:
            PRIMARY.forget()
        if not done:
            time.sleep(0.05)
