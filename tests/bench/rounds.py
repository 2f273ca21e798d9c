"""What a round of the default site costs us: the scheduled `run` over loopback, round after round.

The default content as it is, every address turned to a small platform in this process, so that its work is not counted
as ours; questions to resolvers are connections to it instead. Nothing leaves this machine. Without TLS, which a real
round pays for with about a millisecond a request.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from generator import yamltext
from generator.model import Request
from tests.semantics.civitai import pictures, platform
from tests.semantics.looks import MINUTE, iso, model

from . import measuring
from .builds import REPOSITORY
from .measuring import Figures

STEP = 300
PICTURE = b"\xff\xd8\xff\xe0" + b"\x00" * 600
FIXED = {
    "/cdn-cgi/trace": (b"colo=FRA\n", "text/plain"),
    "/openai-community": (b"{}", "application/json"),
}


def _script(now: float) -> Any:
    new = [model(9000 - n, 0) for n in range(100)]
    for n, shown in enumerate(new):
        shown["modelVersions"][0]["publishedAt"] = iso(2 * MINUTE + n * 2 * MINUTE, now)
    images = pictures(100)
    for n, picture in enumerate(images):
        picture["createdAt"] = iso(30 + n * 20, now)
    return platform(new, images)


@contextmanager
def hosts() -> Iterator[str]:
    """The platforms and controls of the default content behind one address; gives that address."""
    script = _script(time.time())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                status, (body, kind) = 200, self._body()
            except KeyError:  # an official status page: nobody keeps one here
                status, (body, kind) = 404, (b"{}", "application/json")
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def _body(self) -> tuple[bytes, str]:
            path = urlsplit(self.path).path
            for start, answer in FIXED.items():
                if path.startswith(start):
                    return answer
            if path.startswith("/picture"):
                return PICTURE, "image/jpeg"
            if path.endswith("/creators"):
                shown = [
                    {"image": f"http://127.0.0.1:{self.server.server_address[1]}/picture/{n}.jpeg"} for n in range(5)
                ]
                return json.dumps({"items": shown}).encode(), "application/json"
            if "/model-versions/" in path:
                return b'{"name": "v1", "publishedAt": "2026-01-01T00:00:00Z"}', "application/json"
            exchange = script(Request(f"https://civitai.com{self.path}"))
            return exchange.body, exchange.headers["content-type"]

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def write_root(root: Path, url: str) -> Path:
    """The default content below `root`, turned to loopback."""
    shutil.copytree(REPOSITORY / "content", root / "content")
    shutil.copytree(REPOSITORY / "templates", root / "templates")
    file = root / "content" / "status.yml"
    read = yamltext.load(file.read_text("utf-8"), file.name).value
    value = json.loads(re.sub(r"https://[a-z.]+", url, json.dumps(read)))
    value["regions"] = [{**value["regions"][0], "allow_private": True}]
    value["site"]["url"] = "https://status.example"
    for one in value["platforms"]:
        for component in one["components"]:
            component["checks"] = [_turned(check, url) for check in component["checks"]]
    asked = set(re.findall(r"https?://([^/\"]+)", json.dumps([value["platforms"], value["controls"]])))
    assert {host.partition(":")[0] for host in asked} == {"127.0.0.1"}, asked
    file.write_text(json.dumps(value, indent=1), "utf-8")
    return root


def _turned(check: dict[str, Any], url: str) -> dict[str, Any]:
    if check["kind"] not in ("dns", "tcp", "tls"):
        return check
    kept = {key: check[key] for key in ("id", "name", "question", "interval") if key in check}
    return {**kept, "kind": "tcp", "host": "127.0.0.1", "port": urlsplit(url).port}


def measure(folder: Path, rounds: int) -> dict[str, list[Figures]]:
    """The first round, which asks everything and makes the whole site, and then one every five minutes of its clock."""
    found: dict[str, list[Figures]] = {}
    begin = int(time.time()) // STEP * STEP
    with hosts() as url:
        root = write_root(folder / "rounds", url)
        for n in range(1 + rounds):
            now = datetime.fromtimestamp(begin + n * STEP, UTC).isoformat()
            command = [sys.executable, "-m", "generator", "run", "--root", root, "--now", now]
            done = measuring.run([*command, *(["--init"] if n == 0 else [])], cwd=REPOSITORY)
            found.setdefault("every five minutes" if n else "the first", []).append(done)
    return found
