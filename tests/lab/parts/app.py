"""The application of one region: posts to the primary, reads from the region's copy, asks the search service.

python -m tests.lab.parts.app REGION ADDRESS PORT STATE PRIMARY COPY FEED SEARCH
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
import time
import urllib.request
import zlib
from urllib.parse import parse_qs, urlsplit

import psycopg

from tests.lab.parts.common import Database, Handler, Server, State, iso

REGION, ADDRESS, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
STATE = State(sys.argv[4])
PRIMARY, COPY, FEED = Database(sys.argv[5]), Database(sys.argv[6]), Database(sys.argv[7])
SEARCH = sys.argv[8]
MODELS = "SELECT id, name, username, hash, published, file_scanned FROM models"


def picture(name: str) -> bytes:
    """A real PNG, the same for the same name wherever it is made."""
    red, green, blue = hashlib.sha256(name.encode()).digest()[:3]
    rows = b"".join(b"\0" + bytes((red, (green + 3 * y) % 256, blue)) * 24 for y in range(24))
    parts = (("IHDR", struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)), ("IDAT", zlib.compress(rows)), ("IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind.encode() + data + struct.pack(">I", zlib.crc32(kind.encode() + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def model(row: tuple) -> dict:
    id, name, username, code, published, scanned = row
    file = {"primary": True, "virusScanResult": "Success" if scanned else "Pending", "hashes": {"AutoV2": code}}
    version = {"id": id * 10, "name": f"v{id}", "publishedAt": iso(published), "files": [file], "images": [{"id": id}]}
    return {"id": id, "name": name, "creator": {"username": username}, "modelVersions": [version]}


class App(Handler):
    state = STATE

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if not self.misbehaves(parts.path, query):
            try:
                self.answer(parts.path, query)
            except psycopg.Error as error:
                self.json({"error": type(error).__name__}, 500)

    def misbehaves(self, path: str, query: dict[str, str]) -> bool:
        """What faults and decoys make of a request before the application sees it."""
        modes = STATE.read()["modes"]
        if modes.get("slow"):
            time.sleep(modes["slow"])
        if modes.get("all-500"):
            self.json({"error": "internal"}, 500)
        elif modes.get("feed-404") and path == "/api/v1/images":
            self.json({"error": "no such route"}, 404)
        elif modes.get("search-other") and "query" in query:
            self.json({"items": [{"id": 900001, "name": "Weather"}]})
        elif modes.get("search-404") and "query" in query:
            self.json({"error": "no such route"}, 404)
        elif modes.get("list-500") and path == "/api/v1/models" and "_cb" not in query and "query" not in query:
            self.json({"error": "internal"}, 500)
        elif modes.get("empty-feed") and path == "/api/v1/images":
            self.json({"items": []})
        elif modes.get("rate") and path.startswith("/api"):
            self.send(429, b"{}", Retry_After="600")
        elif modes.get("not-json") and path == "/api/v1/enums":
            self.send(200, b"<!doctype html><h1>We are upgrading</h1>", "text/html")
        else:
            return False
        return True

    def answer(self, path: str, query: dict[str, str]) -> None:
        if path == "/api/v1/enums":
            self.json({"ModelType": ["Checkpoint", "LORA"]})
        elif path == "/api/region-status":
            self.json({"blocked": STATE.mode("law") == REGION})
        elif path == "/api/v1/models" and "query" in query:
            self.search(query["query"])
        elif path == "/api/v1/models" and "fromPlatform" in query:
            rows = COPY.rows(f"{MODELS} WHERE trained ORDER BY published DESC LIMIT 20")
            self.json({"items": [model(row) for row in rows]})
        elif path == "/api/v1/models" and query.get("sort") == "Most Downloaded":
            rows = COPY.rows("SELECT id, downloads FROM models WHERE id <= 20 ORDER BY id")
            self.json({"items": [{"id": id, "stats": {"downloadCount": count}} for id, count in rows]})
        elif path == "/api/v1/models":
            rows = COPY.rows(f"{MODELS} ORDER BY published DESC, id DESC LIMIT 100")
            self.json({"items": [model(row) for row in rows]})
        elif path.startswith("/api/v1/model-versions/"):
            self.version(path.removeprefix("/api/v1/model-versions/"))
        elif path == "/api/v1/images":
            sql = "SELECT id, created, tagged FROM images WHERE scanned ORDER BY created DESC, id DESC LIMIT 100"
            items = [
                {"id": id, "createdAt": iso(at), "tags": ["art"] if tagged else []} for id, at, tagged in FEED.rows(sql)
            ]
            self.json({"items": items})
        elif path.startswith("/media/"):
            self.send(200, picture(path), "image/png")
        else:
            self.json({"error": "not found"}, 404)

    def version(self, name: str) -> None:
        """`mini/ID` from the original, `ID` from this region's copy."""
        database, id = (PRIMARY, name.removeprefix("mini/")) if name.startswith("mini/") else (COPY, name)
        rows = database.rows("SELECT id, published FROM models WHERE id = %s", int(id) // 10)
        if not rows:
            self.json({"error": "not found"}, 404)
            return
        self.json({"id": int(id), "name": f"v{rows[0][0]}", "publishedAt": iso(rows[0][1])})

    def search(self, words: str) -> None:
        try:
            url = f"{SEARCH}/search?q={urllib.parse.quote(words)}"
            with urllib.request.urlopen(url, timeout=0.8) as answer:
                self.json({"items": json.loads(answer.read())})
        except OSError:
            self.json({"error": "search is busy"}, 503)

    def do_POST(self) -> None:
        """`{"at": now, "models": [{published, trained}], "images": [created]}`: what creators do."""
        posted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            with PRIMARY.connection() as connection, connection.transaction():
                for one in posted["models"]:
                    self.publish(connection, one)
                for created in posted["images"]:
                    sql = "INSERT INTO images (created) VALUES (%s) RETURNING id"
                    id = connection.execute(sql, (created,)).fetchone()[0]
                    connection.execute("INSERT INTO jobs (kind, ref) VALUES ('scan', %s), ('tag', %s)", (id, id))
            self.json({"ok": True}, 201)
        except psycopg.Error as error:
            PRIMARY.forget()
            self.json({"error": type(error).__name__}, 500)

    @staticmethod
    def publish(connection: psycopg.Connection, one: dict) -> None:
        """A model: trained ones wait for the trainer, all of them for the scan of their file and for the index."""
        if one["trained"]:
            connection.execute("INSERT INTO jobs (kind, ref) VALUES ('train', %s)", (int(one["published"]),))
            return
        sql = "INSERT INTO models (published) VALUES (%s) RETURNING id"
        id = connection.execute(sql, (one["published"],)).fetchone()[0]
        name = (f"Model {id}", f"maker{id}", hashlib.sha256(str(id).encode()).hexdigest()[:10].upper(), id)
        connection.execute("UPDATE models SET name = %s, username = %s, hash = %s WHERE id = %s", name)
        connection.execute("INSERT INTO jobs (kind, ref) VALUES ('file', %s)", (id,))
        connection.execute("INSERT INTO outbox (model) VALUES (%s)", (id,))


if __name__ == "__main__":
    Server((ADDRESS, PORT), App).serve_forever()
