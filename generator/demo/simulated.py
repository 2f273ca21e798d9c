"""The simulated platforms: what a workshop of models and a shelf of files would answer at a moment, given its faults.

Pure: a `World` is asked for a host and a path and gives an answer. It has no clock of its own, keeps nothing between
two questions, and never answers for a host that is not one of its own.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..model import EMPTY, Time

HOSTS = (
    "workshop.test", "images.workshop.test", "status.workshop.test", "shelf.test", "status.shelf.test",
    "control-one.test", "control-two.test",
)  # fmt: skip
MODEL_EVERY, TRAINED_EVERY, PICTURE_EVERY = 360, 1200, 45
"""Seconds between two imaginary publications, trained models, pictures."""
INDEX_DELAY, SCAN_DELAY = 300, 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `status` 0: the connection is closed without a word."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class World:
    """The state of things: `faults` maps the name of each fault to the time since when it is there.

    `index`: the job that fills search stands still · `copy`: the database copy of region `south` takes no news ·
    `workers`: nothing is scanned or trained · `cache`: the cache of region `east` hands out an error page as picture ·
    `edge`: the edge of region `east` answers 502 · `origin`: the machines behind the edge are gone ·
    `offline`: nobody answers at all, as if our own line were cut.
    """

    now: Time
    faults: Mapping[str, Time] = field(default_factory=lambda: EMPTY)

    def answer(self, region: str, host: str, target: str) -> Answer:
        """What a visitor from this region gets for `target` (path and query) of `host`."""
        if "offline" in self.faults:
            return Answer(0)
        if host.startswith("control-"):
            return Answer(200, b"fine\n", {"Content-Type": "text/plain"})
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if host.startswith("status."):
            return _json({"status": {"indicator": "none"}, "components": [], "incidents": []})
        if host == "shelf.test":
            return self._shelf(parts.path)
        if host in ("workshop.test", "images.workshop.test"):
            return self._behind_edge(region, host) or self._workshop(region, parts.path, query)
        return Answer(404, b"no such host\n", {"Content-Type": "text/plain"})

    def _behind_edge(self, region: str, host: str) -> Answer | None:
        if "edge" in self.faults and region == "east":
            return _page(502, "Bad gateway")
        if "origin" in self.faults:
            return _page(522, "Connection timed out")
        if "cache" in self.faults and region == "east" and host.startswith("images."):
            return _page(200, "Something went wrong")
        return None

    # ---- the workshop

    def _workshop(self, region: str, path: str, query: Mapping[str, str]) -> Answer:
        if path == "/api/v1/enums":
            return _json({"ModelType": ["Checkpoint", "LORA", "Embedding"]})
        if path == "/api/v1/models" and "query" in query:
            return _json({"items": self._found(query["query"])})
        if path == "/api/v1/models" and "fromPlatform" in query:
            return _json({"items": self._trained()})
        if path == "/api/v1/models":
            return _json({"items": self._newest(region)})
        if path == "/api/v1/images":
            return _json({"items": self._pictures()})
        if path.startswith("/previews/"):
            return Answer(200, picture(path), {"Content-Type": "image/png"})
        return Answer(404, b"{}", {"Content-Type": "application/json"})

    def _newest(self, region: str) -> list[dict[str, Any]]:
        until = self.now
        if "copy" in self.faults and region == "south":
            until = self.faults["copy"]
        last = until // MODEL_EVERY
        return [self._model(number) for number in range(last, last - 60, -1)]

    def _model(self, number: int) -> dict[str, Any]:
        published = number * MODEL_EVERY
        scanned = published + SCAN_DELAY <= self.faults.get("workers", self.now)
        file = {
            "primary": True,
            "virusScanResult": "Success" if scanned else "Pending",
            "hashes": {"AutoV2": code(number)},
        }
        version = {"id": number * 10, "publishedAt": stamp(published), "files": [file]}
        return {"id": number, "name": f"Imaginary model {number}", "modelVersions": [version]}

    def _trained(self) -> list[dict[str, Any]]:
        last = self.faults.get("workers", self.now) // TRAINED_EVERY
        return [
            {"id": n, "modelVersions": [{"publishedAt": stamp(n * TRAINED_EVERY)}]} for n in range(last, last - 20, -1)
        ]

    def _found(self, query: str) -> list[dict[str, Any]]:
        if query == "evergreen":
            return [{"id": 7, "name": "Evergreen"}]
        indexed = (self.faults.get("index", self.now) - INDEX_DELAY) // MODEL_EVERY
        newest = self.now // MODEL_EVERY
        hits = (n for n in range(newest, newest - 300, -1) if code(n) == query.upper())
        return [{"id": n} for n in hits if n <= indexed]

    def _pictures(self) -> list[dict[str, Any]]:
        last = (self.faults.get("workers", self.now) - SCAN_DELAY) // PICTURE_EVERY
        return [{"id": n, "createdAt": stamp(n * PICTURE_EVERY)} for n in range(last, last - 100, -1)]

    # ---- the shelf

    def _shelf(self, path: str) -> Answer:
        if path == "/api/models/evergreen":
            return _json({"id": "evergreen", "sha": code(1)})
        if path == "/api/models":
            last = self.now // MODEL_EVERY
            return _json([{"id": f"m/{n}", "createdAt": stamp(n * MODEL_EVERY)} for n in range(last, last - 50, -1)])
        body = json.dumps({"model_type": "imaginary", "layers": 12}).encode()
        name = hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
        return Answer(200, body, {"Content-Type": "application/json", "ETag": f'"{name}"'})


def stamp(at: Time) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def code(number: int) -> str:
    """Ten letters that name a file, as a platform would make them of its bytes."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:10].upper()


def picture(name: str) -> bytes:
    """A small real PNG, a colour of its own for each name."""
    red, green, blue = hashlib.sha256(name.encode()).digest()[:3]
    rows = b"".join(b"\0" + bytes((red, green, (blue + 8 * y) % 256)) * 16 for y in range(16))
    parts = (("IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)), ("IDAT", zlib.compress(rows)), ("IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind.encode() + data + struct.pack(">I", zlib.crc32(kind.encode() + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _json(value: Any) -> Answer:
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def _page(status: int, title: str) -> Answer:
    body = f"<!doctype html><title>{title}</title><h1>{title}</h1>".encode()
    return Answer(status, body, {"Content-Type": "text/html"})
