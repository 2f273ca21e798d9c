"""A small Globalping on loopback: the state machine, limits, ETags, silent drops and broken probes of the real one.

Probes measure nothing: a function says what each of them sees of a target. Held to recordings of the real server, to
its interface description and to its official client by `test_globalping_fake.py`.
"""

from __future__ import annotations

import codecs
import hashlib
import ipaddress
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

DOCS = "https://globalping.io/docs/api.globalping.io#"
PLACE_KEYS = ("continent", "region", "country", "state", "city", "asn", "network")
MOST = 10_000
Target = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
"""(the measurement as ordered, the probe) -> result."""


def probe(
    continent: str, region: str, country: str, city: str, asn: int, network: str, state: str | None = None
) -> dict[str, Any]:
    return {
        "continent": continent, "region": region, "country": country, "state": state, "city": city, "asn": asn,
        "longitude": 1.5, "latitude": 2.5, "network": network, "tags": ["datacenter-network"], "resolvers": ["private"],
    }  # fmt: skip


FALKENSTEIN = probe("EU", "Western Europe", "DE", "Falkenstein", 24940, "Hetzner Online")
BERLIN = probe("EU", "Western Europe", "DE", "Berlin", 3320, "Deutsche Telekom")
ASHBURN = probe("NA", "Northern America", "US", "Ashburn", 14618, "Amazon.com", "VA")
TOKYO = probe("AS", "Eastern Asia", "JP", "Tokyo", 2516, "KDDI")


# ---- what a probe sees -----------------------------------------------------------------------------------------------


def http_result(
    status: int = 200,
    body: bytes | list[bytes] = b"",
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    tls: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A finished HTTP result. A list of bodies is a body in several TCP segments, decoded one by one as probes do."""
    segments = [body] if isinstance(body, bytes) else body
    decoder = codecs.getincrementaldecoder("utf-8")
    # Each segment is decoded by itself: a character split over two of them is damaged.
    text = "".join(decoder("replace").decode(s, final=True) for s in segments)
    units = text.encode("utf-16-le")
    cut = len(units) > 2 * MOST
    text = units[: 2 * MOST].decode("utf-16-le", errors="ignore")
    given = {"server": "nginx", "content-type": "application/json", **(headers or {})}
    raw = "\n".join(f"{k.title()}: {v}" for k, v in given.items())
    shown = None if method == "HEAD" else text
    return {
        "status": "finished", "resolvedAddress": "192.0.2.1", "headers": given, "rawHeaders": raw, "rawBody": shown,
        "rawOutput": f"HTTP/1.1 {status}\n{raw}\n\n{shown or ''}", "truncated": cut, "statusCode": status,
        "statusCodeName": HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "",
        "timings": {"total": 42, "dns": 2, "tcp": 10, "tls": 12 if tls else None, "firstByte": 15, "download": 3},
        "tls": tls,
    }  # fmt: skip


def certificate(*, authorized: bool = True, error: str = "") -> dict[str, Any]:
    return {
        "authorized": authorized, **({"error": error} if error else {}), "protocol": "TLSv1.3",
        "cipherName": "TLS_AES_256_GCM_SHA384", "createdAt": "2026-10-01T00:00:00.000Z",
        "expiresAt": "2027-10-01T00:00:00.000Z", "issuer": {"CN": "Test CA"}, "subject": {"CN": "target.example"},
        "keyType": None, "keyBits": None, "serialNumber": "43:F6", "fingerprint256": "B2:ED", "publicKey": None,
    }  # fmt: skip


def failed(source: str, said: str) -> dict[str, Any]:
    """A result of a probe that could not finish, as the probe itself reports it."""
    nothing = dict.fromkeys(("total", "dns", "tcp", "tls", "firstByte", "download"))
    return {
        "status": "failed", "failureSource": source, "resolvedAddress": None, "headers": {}, "rawHeaders": None,
        "rawBody": None, "rawOutput": said, "truncated": False, "statusCode": None, "statusCodeName": None,
        "timings": nothing, "tls": None,
    }  # fmt: skip


SWEPT = {
    "status": "failed", "failureSource": "internal", "rawHeaders": None, "rawBody": None,
    "rawOutput": "\n\nThe measurement timed out.",
}  # fmt: skip
"""What the server writes for a probe that never answered."""
OFFLINE = {"status": "offline", "rawOutput": "This probe is currently offline. Please try again later."}


def fine(measurement: Mapping[str, Any], where: Mapping[str, Any]) -> dict[str, Any]:
    method = measurement.get("measurementOptions", {}).get("request", {}).get("method", "HEAD")
    return http_result(body=b'{"ok": true}', method=method)


# ---- the server ------------------------------------------------------------------------------------------------------


@dataclass
class FakeGlobalping:
    """Set `target`, `probes`, `frozen`, `dead`, `remaining` before or between requests; read `ordered` and `asked`.

    `delay` is how long a probe takes; `sweep` stands for the seconds until the server gives up on a frozen one.
    """

    target: Target = fine
    probes: list[dict[str, Any]] = field(default_factory=lambda: [FALKENSTEIN, ASHBURN, TOKYO])
    frozen: list[str] = field(default_factory=list)  # cities
    dead: list[str] = field(default_factory=list)
    limit: int = 250
    used: int = 0
    delay: float = 0.0
    sweep: float = 0.3
    tokens: frozenset[str] = frozenset({"good"})
    credits: int = 0
    broken: bool = False  # the API itself answers 500
    ordered: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, int]] = field(default_factory=list)  # method, path, status
    agents: set[str] = field(default_factory=set)
    url: str = ""
    _kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    _polls: dict[str, list[float]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, raw: bytes, token: str | None) -> tuple[int, dict[str, Any], dict[str, str]]:
        where = "post-/v1/measurements"
        if token is not None and token not in self.tokens:
            return error(401, "unauthorized", "Unauthorized.", where)
        try:
            order = json.loads(raw)
        except ValueError:
            said = "Expected property name or '}' in JSON at position 1 (line 1 column 2)"
            return error(400, "api_error", said, where)
        if wrong := problems(order):
            return error(400, "validation_error", "Parameter validation failed.", where, wrong)
        chosen = self._choose(order)
        if not chosen:
            return error(422, "no_probes_found", "No matching IPv4 probes available.", where)
        cost, limit = len(chosen), self.limit * (2 if token else 1)
        if self.used + cost > limit + (self.credits if token else 0):
            said = "This measurement exceeds the remaining hourly rate limit for your IP address."
            status, body, _ = error(429, "rate_limit_exceeded", said, where)
            return status, body, self._rates(0, limit)
        self.used += cost
        id = f"{next(self._ids):025d}"
        self.ordered.append(order)
        self._kept[id] = {"order": order, "probes": chosen, "began": time.monotonic(), "at": iso_now()}
        location = {"location": f"{self.url}/v1/measurements/{id}"}
        return (
            202,
            {"id": id, "probesCount": cost},
            {**location, "x-request-cost": str(cost), **self._rates(cost, limit)},
        )

    def _rates(self, cost: int, limit: int) -> dict[str, str]:
        left = {"limit": limit, "consumed": cost, "remaining": max(0, limit - self.used), "reset": 3600}
        beyond = {"x-credits-remaining": str(limit + self.credits - self.used)} if self.used > limit else {}
        return {f"x-ratelimit-{k}": str(v) for k, v in left.items()} | beyond

    def _choose(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Probes of each location in turn; a location without any is dropped without a word."""
        locations = order.get("locations") or [{}]
        if isinstance(locations, str):
            return list(self._kept[locations]["probes"]) if locations in self._kept else []
        chosen: list[dict[str, Any]] = []
        for location in locations:
            alive = [p for p in self.probes if p["city"] not in self.dead and p not in chosen and fits(p, location)]
            chosen += alive[: location.get("limit", order.get("limit", 1))]
        return chosen

    def show(self, id: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        where = "get-/v1/measurements/-id-"
        if id not in self._kept:
            return error(404, "not_found", "Couldn't find the requested measurement.", where)
        now = time.monotonic()
        recent = [t for t in self._polls.get(id, []) if now - t < 2]
        self._polls[id] = [*recent, now]
        if len(recent) >= 5:
            status, body, _ = error(429, "too_many_requests", "Too many requests. Please retry in 5 seconds.", where)
            return status, body, {"retry-after": "5"}
        return 200, self._shown(id), {}

    def _shown(self, id: str) -> dict[str, Any]:
        kept = self._kept[id]
        order, age = kept["order"], time.monotonic() - kept["began"]
        reused = isinstance(order.get("locations"), str)
        rows = [{"probe": p, "result": self._result(order, p, age, reused)} for p in kept["probes"]]
        going = any(r["result"]["status"] == "in-progress" for r in rows)
        echoed = {k: order[k] for k in ("locations", "limit", "timeout", "measurementOptions") if k in order}
        if reused:
            del echoed["locations"]
        return {
            "id": id, "type": order["type"], "status": "in-progress" if going else "finished", "createdAt": kept["at"],
            "updatedAt": kept["at"], "target": order["target"], "probesCount": len(rows), **echoed, "results": rows,
        }  # fmt: skip

    def _result(self, order: Mapping[str, Any], where: dict[str, Any], age: float, reused: bool) -> dict[str, Any]:
        if where["city"] in self.dead and reused:
            return OFFLINE
        if where["city"] in (*self.frozen, *self.dead):
            return SWEPT if age >= self.sweep else {"status": "in-progress", "rawOutput": ""}
        if age < self.delay:
            return {"status": "in-progress", "rawOutput": ""}
        return self.target(order, where)

    def limits(self, token: str | None) -> tuple[int, dict[str, Any], dict[str, str]]:
        if token is not None and token not in self.tokens:
            return error(401, "unauthorized", "Unauthorized.", "get-/v1/limits")
        limit = self.limit * (2 if token else 1)
        create = {
            "type": "user" if token else "ip",
            "limit": limit,
            "remaining": max(0, limit - self.used),
            "reset": 3558,
        }
        body: dict[str, Any] = {"rateLimit": {"measurements": {"create": create}}}
        return 200, body | ({"credits": {"remaining": self.credits}} if token else {}), {}


def iso_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


def error(
    status: int, type: str, message: str, where: str, params: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any], dict[str, str]]:
    said: dict[str, Any] = {"type": type, "message": message, **({"params": dict(params)} if params else {})}
    return status, {"error": said, "links": {"documentation": DOCS + where}}, {}


def fits(where: Mapping[str, Any], location: Mapping[str, Any]) -> bool:
    if not set(location.get("tags", ())) <= set(where["tags"]):
        return False
    return all(str(where[k]).lower() == str(location[k]).lower() for k in PLACE_KEYS if k in location)


# ---- the checks of an order ------------------------------------------------------------------------------------------

ORDER_KEYS = {"type", "target", "measurementOptions", "locations", "limit", "timeout", "inProgressUpdates"}


def problems(order: Mapping[str, Any]) -> dict[str, str]:
    """What the real server says is wrong with an order, in its words."""
    for key in order:
        if key not in ORDER_KEYS:
            return {key: f'"{key}" is not allowed'}
    target, asked = str(order.get("target", "")), order.get("measurementOptions", {}).get("request", {})
    if bad := _target(target):
        return {"target": f'"target" {bad}'}
    if asked.get("method", "HEAD") not in ("HEAD", "GET", "OPTIONS"):
        name = "measurementOptions.request.method"
        return {name: f'"{name}" must be one of [GET, HEAD, OPTIONS]'}
    if "timeout" in order and order["timeout"] < 5:
        return {"timeout": '"timeout" must be greater than or equal to 5'}
    locations = order.get("locations")
    for n, location in enumerate(locations if isinstance(locations, list) else ()):
        if "limit" in location and "limit" in order:
            return {f"locations.{n}.limit": f'"locations[{n}].limit" is not allowed when a global limit is set'}
        if location.get("limit", 1) > 50:
            return {f"locations.{n}.limit": f'"locations[{n}].limit" must be less than or equal to 50'}
        if str(location.get("magic", "")).count("+") > 3:
            return {f"locations.{n}.magic": f'"locations[{n}].magic" must contain at most 4 combined filters'}
    return {}


def _target(target: str) -> str:
    try:
        address = ipaddress.ip_address(target)
    except ValueError:
        return (
            ""
            if re.fullmatch(r"([a-z0-9_-]+\.)+[a-z]{2,}", target, re.I)
            else "does not match any of the allowed types"
        )
    # The documentation's networks stand in for the public ones here.
    return "must not be a private hostname" if address.is_private and not target.startswith("192.0.2.") else ""


# ---- HTTP ------------------------------------------------------------------------------------------------------------


class _Handler(BaseHTTPRequestHandler):
    fake: FakeGlobalping
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer(*self.fake.create(raw, self._token()))

    def do_GET(self) -> None:
        if self.path == "/v1/limits":
            return self._answer(*self.fake.limits(self._token()))
        if self.path == "/v1/probes":
            return self._answer(
                200, [{"version": "0.30.0", "location": p, "tags": [], "resolvers": []} for p in self.fake.probes], {}
            )
        return self._answer(*self.fake.show(self.path.removeprefix("/v1/measurements/")))

    def _token(self) -> str | None:
        said = self.headers.get("authorization")
        return said.removeprefix("Bearer ") if said else None

    def _answer(self, status: int, body: Any, headers: Mapping[str, str]) -> None:
        if self.fake.broken:
            status, body, headers = error(500, "api_error", "Internal Server Error.", "")
        raw = json.dumps(body, ensure_ascii=False).encode()
        etag = f'W/"{len(raw):x}-{hashlib.sha256(raw).hexdigest()[:16]}"'
        unchanged = status == 200 and self.headers.get("if-none-match") == etag
        status = 304 if unchanged else status
        with self.fake._lock:
            self.fake.asked.append((self.command, self.path, status))
            self.fake.agents.add(self.headers.get("user-agent", ""))
        self.send_response(status)
        for name, value in {"content-type": "application/json; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        if status in (200, 304):
            self.send_header("etag", etag)
        self.send_header("content-length", "0" if unchanged else str(len(raw)))
        self.end_headers()
        if not unchanged:
            self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: the tests read `asked` instead."""


@contextmanager
def serving(fake: FakeGlobalping) -> Iterator[FakeGlobalping]:
    """The fake on a free port of loopback, for the length of a `with`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake}))
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
