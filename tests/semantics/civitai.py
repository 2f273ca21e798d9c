"""A small Civitai made of the documented shapes, for the default checks to look at. Every fault is a keyword."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from generator import probes
from generator.fetch import Exchange
from generator.model import Observation, Request
from generator.probes import Context, Judgement
from tests.semantics.default_content import check
from tests.semantics.looks import MINUTE, NOW, ScriptedLook, answer, iso, model, models

Script = Callable[[Request], Exchange]


def newest(count: int = 40, every: float = 9 * MINUTE) -> list[dict[str, Any]]:
    """The newest models, one every nine minutes, the youngest two minutes old."""
    return [model(9000 - n, 2 * MINUTE + n * every) for n in range(count)]


def pictures(count: int = 60, age: float = 60, *, tags: bool = True) -> list[dict[str, Any]]:
    return [
        {
            "id": n,
            "type": "image",
            "createdAt": iso(age + n * 20),
            "tags": [{"id": 1, "name": "x"}] if tags else [],
            "meta": {"civitaiResources": [{"modelVersionId": 1}]} if n % 2 else None,
            "modelVersionIds": [1],
        }
        for n in range(count)
    ]


def platform(
    new: list[dict[str, Any]] | None = None,
    images: list[dict[str, Any]] | None = None,
    *,
    indexed: Callable[[dict[str, Any]], bool] = lambda m: True,
    by: tuple[str, ...] = ("hash", "name", "user"),
    top: list[Any] | None = None,
    **instead: Exchange | Callable[[Request], Exchange],
) -> Script:
    """A script that answers the default checks. `instead` replaces a path: `enums`, `models`, `search`, `images` …"""
    listed, shown = newest() if new is None else new, pictures() if images is None else images

    def searched(word: str) -> Any:
        if word == "dreamshaper":
            return [{"id": 4384, "name": "DreamShaper"}]
        keys = {"hash": lambda m: m["modelVersions"][0]["files"][0]["hashes"].get("AutoV2"), "name": lambda m: m["name"], "user": lambda m: m["creator"]["username"]}  # fmt: skip
        return [m for m in listed if indexed(m) and any(keys[k](m) == word for k in by)]

    def script(request: Request) -> Exchange:
        parts = urlsplit(request.url)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/api/v1/").removeprefix("/api/")
        kind = "search" if "query" in query else "top" if query.get("sort") == "Most Downloaded" else path.split("/")[0]
        if kind in instead:
            special = instead[kind]
            return special(request) if callable(special) else special
        if kind == "search":
            return answer(models(*searched(query["query"])))
        if kind == "top":
            values = [100 + n for n in range(20)] if top is None else top
            return answer({"items": [{"id": n, "stats": {"downloadCount": v}} for n, v in enumerate(values)]})
        if kind == "images" and "modelVersionId" in query:
            return answer({"items": [{"id": 1, "modelVersionIds": [int(query["modelVersionId"])]}]})
        fixed = {
            "models": models(*listed),
            "images": {"items": shown, "metadata": {}},
            "enums": {"ModelType": ["LORA", "Checkpoint"], "BaseModel": [], "ModelFileType": []},
            "region-status": {"country": "DE", "blocked": False, "pendingBlock": False, "daysUntilBlock": None},
        }
        return answer(fixed[kind], headers={"x-handled-by": "pod-1", "cf-cache-status": "MISS"})

    return script


def look(
    id: str, script: Script | Exchange, *, past: tuple[Observation, ...] = (), now: float = NOW
) -> tuple[Judgement, ScriptedLook]:
    """A default check as it stands in content/status.yml, looking at the scripted platform."""
    one = check(id)
    probe = probes.get(one.kind)
    scripted = ScriptedLook(script if callable(script) else lambda request: script, now)
    facts = asyncio.run(probe.measure(one.spec, scripted))
    return probe.judge(one.spec, facts, Context(int(now), "local", past)), scripted
