"""Speaking with the Globalping API: limits, create, poll. Never raises for what the network or the API did.

Asks politely, as the API's own guide wants: gzip or better, an own user agent, half a second after each answer, the
ETag of the last one. Never sends a secret but its own token, and that only to the API's host.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..failures import classify, scrub
from ..model import EMPTY, Failure
from ..probes._reading import number

if TYPE_CHECKING:
    import httpx

API = "https://api.globalping.io"
POLL = 0.5
"""Seconds after an answer before the next question."""
PATIENCE = 15.0
"""Seconds beyond a measurement's own timeout until we stop waiting: a frozen probe is swept up after about five."""
MOST = 8 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said, or why it said nothing. `failure` is always one of the engine's own words."""

    status: int = 0
    body: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    headers: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    failure: Failure | None = None
    detail: str = ""


class Api:
    """One conversation. Use as an async context manager."""

    def __init__(self, base: str, token: str, user_agent: str) -> None:
        import httpx

        headers = {"User-Agent": user_agent or "roadworthy", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._secrets = frozenset({token} if token else ())
        self._client = httpx.AsyncClient(
            base_url=base.rstrip("/"),
            headers=headers,
            trust_env=False,
            timeout=httpx.Timeout(10.0),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=4),
        )

    async def __aenter__(self) -> Api:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def limits(self) -> Answer:
        return await self._ask("GET", "/v1/limits")

    async def create(self, body: Mapping[str, Any]) -> Answer:
        """The answer to a new measurement; 202 carries `id` and `probesCount`."""
        return await self._ask("POST", "/v1/measurements", json=body)

    async def result(self, id: str, timeout: float) -> Answer:
        """The measurement once it is no longer in progress, or why it never was."""
        etag, known = "", Answer()
        try:
            async with asyncio.timeout(timeout + PATIENCE):
                while True:
                    headers = {"If-None-Match": etag} if etag else {}
                    answer = await self._ask("GET", f"/v1/measurements/{id}", headers=headers)
                    if answer.status == 304:
                        answer = known
                    elif answer.status == 200 and answer.failure is None:
                        etag, known = answer.headers.get("etag", ""), answer
                    elif answer.status == 429:
                        await asyncio.sleep(_wait(answer))
                        continue
                    else:
                        return answer
                    if known.body.get("status") != "in-progress":
                        return known
                    await asyncio.sleep(POLL)
        except TimeoutError:
            return Answer(failure=Failure.ENGINE_ERROR, detail="the measurement did not finish in time")

    async def _ask(self, method: str, path: str, **more: Any) -> Answer:
        import httpx

        try:
            async with self._client.stream(method, path, **more) as response:
                raw = b""
                async for chunk in response.aiter_bytes():
                    raw += chunk
                    if len(raw) > MOST:
                        return Answer(response.status_code, failure=Failure.ENGINE_ERROR, detail="answer too large")
        except httpx.HTTPError as problem:
            _, _, text = classify(problem)
            return Answer(failure=Failure.ENGINE_ERROR, detail=f"the Globalping API cannot be reached ({text})")
        return self._read(response, raw)

    def _read(self, response: httpx.Response, raw: bytes) -> Answer:
        status, headers = response.status_code, {k.lower(): v for k, v in response.headers.items()}
        if status == 304:
            return Answer(status, headers=headers)
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = None
        said = body if isinstance(body, dict) else {}
        if 200 <= status < 300 and said:
            return Answer(status, said, headers)
        return Answer(status, said, headers, *self._refused(status, said))

    def _refused(self, status: int, body: Mapping[str, Any]) -> tuple[Failure, str]:
        error = body.get("error")
        error = error if isinstance(error, Mapping) else {}
        params = error.get("params")
        detail = (
            "; ".join(map(str, params.values())) if isinstance(params, Mapping) else str(error.get("message") or "")
        )
        said = scrub(
            f"the Globalping API answers {status} {error.get('type') or ''}: {detail}", self._secrets, limit=250
        )
        return (Failure.ENGINE_BUDGET if status == 429 else Failure.ENGINE_ERROR), said


def _wait(answer: Answer) -> float:
    asked = answer.headers.get("retry-after", "")
    return min(30.0, max(POLL, float(asked))) if asked.isdecimal() else 5.0


@dataclass(slots=True)
class Budget:
    """What is left of this hour's tests. Counts down as tests are ordered and believes the API's own count.

    `credits` may be spent when the tests are used up; `kept` tests are left to others.
    """

    left: int
    reset: int = 3600
    credits: int = 0
    kept: int = 0
    refused: str = ""  # why nothing more may be asked in this run

    def take(self, tests: int) -> bool:
        """Whether so many tests may be ordered; they are counted at once."""
        if self.refused or self.left < tests:
            return False
        self.left -= tests
        return True

    def heard(self, answer: Answer) -> None:
        """Learn from an answer to an order."""
        remaining, credits = (answer.headers.get(f"x-{n}-remaining", "") for n in ("ratelimit", "credits"))
        if self.credits and credits.isdecimal():
            self.credits = int(credits)
        if remaining.isdecimal():
            self.left = min(self.left, max(0, int(remaining) + self.credits - self.kept))
        if answer.status == 429:
            self.left = 0
        if answer.status == 401:
            self.refused = answer.detail


def budget_of(answer: Answer, use_credits: bool, kept: int = 0) -> Budget | None:
    """The budget `/v1/limits` tells, None if it tells none."""
    limits = answer.body.get("rateLimit")
    for key in ("measurements", "create"):
        limits = limits.get(key) if isinstance(limits, Mapping) else None
    left = number(limits.get("remaining")) if isinstance(limits, Mapping) else None
    if left is None or not isinstance(limits, Mapping):
        return None
    told = answer.body.get("credits")
    credits = int(number(told.get("remaining")) or 0) if use_credits and isinstance(told, Mapping) else 0
    return Budget(max(0, int(left) + credits - kept), int(number(limits.get("reset")) or 3600), credits, kept)
