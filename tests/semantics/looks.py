"""A scripted network: what a target would answer, as a function of the address. Fakes the edge, nothing inside."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from generator import probes
from generator.fetch import Exchange
from generator.model import Failure, Observation, Request, Stage, Time, Verdict
from generator.probes import Context, Facts, Judgement

NOW: Time = 1795413600  # 2026-11-23T06:00:00Z, a Monday
MINUTE, HOUR, DAY = 60, 3600, 86400


def iso(ago: float, now: float = NOW) -> str:
    """The time `ago` seconds before now, as the platforms write it."""
    return datetime.fromtimestamp(now - ago, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def http_date(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(at, UTC), usegmt=True)


def answer(
    body: Any = None, status: int = 200, headers: Mapping[str, str] | None = None, *, now: float = NOW, **more: Any
) -> Exchange:
    """An exchange as the fetch would give it: JSON unless `body` is bytes; `Date` is set, `Age` is not."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/html" if raw.startswith(b"<") else "application/json"
    given = {"content-type": kind, "date": http_date(now), **(headers or {})}
    more.setdefault("latency_ms", 120.0)
    return Exchange("GET", "https://x.test/", "https://x.test/", status, given, raw, len(raw), **more)


def broken(failure: Failure, stage: Stage = Stage.CONNECT, detail: str = "it broke") -> Exchange:
    return Exchange("GET", "https://x.test/", failure=failure, stage=stage, detail=detail)


class ScriptedLook:
    """A `Look` that answers by a function of the request and remembers what it was asked."""

    timeout = 10.0
    allow_private = False

    def __init__(self, script: Callable[[Request], Exchange], now: float = NOW) -> None:
        self._script, self._now = script, float(now)
        self.asked: list[str] = []
        self.waited: list[float] = []

    def now(self) -> float:
        return self._now

    async def fetch(self, request: Request) -> Exchange:
        self.asked.append(request.url)
        return self._script(request)

    async def pause(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def connect(self, host: str, port: int, *, tls: bool = False, server_name: str = "") -> Exchange:
        raise AssertionError("no probe of this folder connects by itself")

    async def resolve(self, name: str, rtype: str, server: str = "") -> tuple[tuple[str, ...], Exchange]:
        raise AssertionError("no probe of this folder resolves by itself")


def look_at(
    kind: str,
    spec: Mapping[str, Any],
    script: Callable[[Request], Exchange] | Exchange,
    *,
    past: tuple[Observation, ...] = (),
    now: Time = NOW,
) -> tuple[Judgement, ScriptedLook]:
    """Measure and judge one check of this kind against a scripted network."""
    probe = probes.get(kind)
    parsed = probe.Spec.model_validate(dict(spec))
    look = ScriptedLook(script if callable(script) else lambda request: script, now)
    facts = asyncio.run(probe.measure(parsed, look))
    return probe.judge(parsed, facts, Context(now, "here", past)), look


def judged(kind: str, spec: Mapping[str, Any], *exchanges: Exchange, now: Time = NOW, **values: Any) -> Judgement:
    """The verdict on exchanges that somebody else brought back."""
    probe = probes.get(kind)
    return probe.judge(probe.Spec.model_validate(dict(spec)), Facts(exchanges, values=values), Context(now, "here"))


def seen(
    facts: Mapping[str, Any], ago: float = 0, *, region: str = "here", verdict: Verdict = Verdict.OK, **more: Any
) -> Observation:
    """An earlier observation with these facts."""
    return Observation("c", region, int(NOW - ago), verdict, facts=facts, **more)


def model(
    id: int, ago: float, *, versions: int = 1, name: str = "", hashes: bool = True, scan: str = "Success", **more: Any
) -> dict[str, Any]:
    """A model as Civitai's list shows it, published `ago` seconds before now."""
    file = {
        "id": id * 10,
        "type": "Model",
        "primary": True,
        "virusScanResult": scan,
        "pickleScanResult": scan,
        "scannedAt": None if scan == "Pending" else iso(ago - 60),
        "hashes": {"AutoV2": f"ABC{id:07d}", "SHA256": f"{id:064d}"} if hashes else {},
    }
    shown = {"id": id * 100, "name": "v1", "publishedAt": iso(ago), "files": [file], "images": [{"id": id}]}
    return {
        "id": id,
        "name": name or f"Model {id}",
        "type": "LORA",
        "availability": "Public",
        "creator": {"username": f"user{id}", "image": None},
        "stats": {"downloadCount": 1000 + id},
        "modelVersions": [shown] * versions,
        **more,
    }


def models(*items: dict[str, Any], cursor: str | None = None) -> dict[str, Any]:
    return {"items": list(items), "metadata": {"nextPage": cursor} if cursor else {}}
