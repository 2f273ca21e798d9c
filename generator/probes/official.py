"""`official`: what does the platform's own status page say, at the same minute as our checks?

The verdict is `ok` when the page could be read, whatever it says: its word is a fact for a column of its own and no
vote of ours. A page that cannot be read is inconclusive, because a dead status page is not a dead platform.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from ..fetch import Exchange, Look
from ..judging import evidence, inconclusive, ok, trouble
from ..model import Failure, Request
from . import Context, Facts, Judgement, Probe, Spec, _asking
from ._fields import Seconds, Url
from ._official_formats import READERS, Unreadable
from ._reading import server_now

_PATHS = {
    "statuspage": ("/api/v2/summary.json",),
    "betterstack": ("/index.json",),
    "uptime_kuma": ("/api/status-page/{slug}", "/api/status-page/heartbeat/{slug}"),
    "instatus": ("/summary.json",),
    "feed": ("",),
}


class OfficialSpec(Spec):
    """`url` is the page's root (for `feed` the feed itself); `slug` names the page of an Uptime Kuma."""

    url: Url
    format: Literal["statuspage", "betterstack", "uptime_kuma", "instatus", "feed"]
    slug: str = Field(default="", pattern=r"^[A-Za-z0-9_-]*$")
    pace: Seconds = 1.0

    @model_validator(mode="after")
    def _slug(self) -> OfficialSpec:
        if (self.format == "uptime_kuma") != bool(self.slug):
            raise ValueError("slug belongs to format uptime_kuma: give both or neither")
        return self


def asks(spec: OfficialSpec) -> tuple[Request, ...]:
    root = spec.url if spec.format == "feed" else spec.url.rstrip("/")
    return tuple(Request(url=root + path.format(slug=spec.slug), pace=spec.pace) for path in _PATHS[spec.format])


async def measure(spec: OfficialSpec, look: Look) -> Facts:
    exchanges: list[Exchange] = []
    for request in asks(spec):
        if exchanges:
            await look.pause(spec.pace)
        exchanges.append(await look.fetch(request))
        if trouble(exchanges[-1]) is not None:
            break
    return _asking.facts_of(exchanges)


def judge(spec: OfficialSpec, facts: Facts, context: Context) -> Judgement:
    """Facts: `official_status` and `official` (a status word), `components` {name: word}, `title`."""
    documents: list[Any] = []
    for exchange in facts.exchanges:
        document, problem = _document(spec, exchange)
        if problem is not None:
            return _unread(problem)
        documents.append(document)
    now, _ = server_now(facts.exchanges[0], context.now)
    seen = evidence(facts.exchanges[0])
    try:
        said = READERS[spec.format](documents, now)
    except Unreadable as problem:
        return inconclusive(Failure.WRONG_CONTENT, f"the status page could not be understood: {problem}", seen)
    words = {name: str(status) for name, status in said.components.items() if name}
    told = {**seen, "official_status": str(said.status), "official": str(said.status), "components": words}
    if said.title:
        told["title"] = said.title
    return ok(f"its own status page says {str(said.status).replace('_', ' ')}", told)


def _document(spec: OfficialSpec, exchange: Exchange) -> tuple[Any, Judgement | None]:
    if spec.format != "feed":
        return _asking.document_of(exchange)
    problem = trouble(exchange)
    if problem is not None:
        return None, problem
    if exchange.truncated:
        return None, inconclusive(Failure.TRUNCATED, f"only {len(exchange.body)} bytes of the feed arrived")
    return exchange.text(), None


def _unread(problem: Judgement) -> Judgement:
    detail = f"its own status page could not be read ({problem.detail})"
    return inconclusive(problem.failure or Failure.UNKNOWN_FAILURE, detail, problem.facts)


PROBE = Probe(
    kind="official",
    Spec=OfficialSpec,
    measure=measure,
    judge=judge,
    needs=lambda spec: frozenset({"get", "body:1048576"} | ({"steps"} if len(asks(spec)) > 1 else set())),
    asks=asks,
    cost=lambda spec: len(asks(spec)),
)
