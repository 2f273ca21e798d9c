"""`steps`: requests in order, values of one used in the next, each with what its answer must be.

A pass ends at the first step that is not as expected. A place that fails in bursts can be given several passes with a
wait between them (`repeat`, `wait`): any good pass makes the look good. Captured values never appear in what is
published. A control query tells an outage of this one thing from an outage of everything under it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from .. import judging
from ..failures import scrub
from ..fetch import Exchange, Look
from ..model import MAX_BODY, Failure, Request, Stage, Verdict
from . import Context, Facts, Judgement, Probe, Spec
from ._fields import Headers, Latency, Method, Part, Path, Seconds, Url, secret_headers
from ._git import unproved
from ._reading import fields, fill, scalar
from .http import Expect, judge_exchange

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = "header:"


def _capture(text: str) -> str:
    if not text.startswith(_HEADER):
        judging.compiled(text)
    return text


_GOES_ON = (Verdict.OK, Verdict.DEGRADED)

Capture = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_capture)]
"""A JMESPath expression, or `header:NAME`."""


class Step(Part):
    """One request. `{name}` in `url` (quoted), `headers` and `body` (escaped as JSON) is a value captured before.

    `capture` finds values in the JSON, or in a header with `header:NAME`. `expect.headers` may name captured values.
    `policy` finds something true in an answer that says a law closes this region: no outage. `verify: git-etag` holds
    the body against its own ETag as git would name it, a proof that not one byte changed on the way.
    """

    name: str = ""
    url: str
    method: Method = "GET"
    headers: Headers = Field(default_factory=dict)
    body: str | None = None
    expect: Expect = Expect.model_construct()
    latency: Latency = Latency.model_construct()
    capture: Mapping[str, Capture] = Field(default_factory=dict)
    policy: Path | Literal[""] = ""
    verify: Literal["", "git-etag"] = ""
    follow: int = Field(default=5, ge=0, le=5)
    max_bytes: int = Field(default=MAX_BODY, ge=1, le=MAX_BODY)


class Control(Part):
    """A query that works whenever the base works; asked only when a step failed."""

    url: Url
    expect: Expect = Expect.model_construct()


class StepsSpec(Spec):
    steps: tuple[Step, ...] = Field(min_length=1, max_length=10)
    control: Control | None = None
    repeat: int = Field(default=1, ge=1, le=3)
    wait: Seconds = 40.0
    pace: Seconds = 1.0

    @model_validator(mode="after")
    def _names(self) -> StepsSpec:
        known: set[str] = set()
        for number, step in enumerate(self.steps, 1):
            if unknown := sorted(fields(step.url) - known):
                raise ValueError(f"step {number} uses {{{unknown[0]}}}, which no step before it captures")
            if not fields(step.url) and not re.match(r"https?://[^/\s]", step.url):
                raise ValueError(f"step {number}: {step.url!r} is no http(s) address")
            if bad := [n for n in step.capture if not _NAME.fullmatch(n)]:
                raise ValueError(f"step {number} captures {bad[0]!r}, which is no plain name")
            if step.body is not None and step.method in ("GET", "HEAD"):
                raise ValueError(f"step {number}: method {step.method} carries no body; write method: POST")
            known |= set(step.capture)
        return self


# ---- measure ---------------------------------------------------------------------------------------------------------


async def measure(spec: StepsSpec, look: Look) -> Facts:
    """`values`: `passes`, the number of exchanges of each pass; `control`, whether the last is the control's."""
    exchanges: list[Exchange] = []
    passes: list[int] = []
    verdict = Verdict.OK
    for number in range(spec.repeat):
        if number:
            await look.pause(spec.wait)
        done = await _walk(spec, look)
        exchanges += done
        passes.append(len(done))
        verdict = judge_pass(spec, done, int(look.now())).verdict
        if verdict is not Verdict.DOWN:
            break
    control = spec.control is not None and verdict is Verdict.DOWN
    if spec.control is not None and control:
        await look.pause(spec.pace)
        exchanges.append(await look.fetch(Request(url=spec.control.url, pace=spec.pace)))
    last = exchanges[sum(passes[:-1]) : sum(passes)]
    times = [e.latency_ms for e in last if e.latency_ms is not None]
    return Facts(
        tuple(exchanges),
        latency_ms=sum(times) if len(times) == len(last) else None,
        phases=last[0].phases if len(last) == 1 else {},
        values={"passes": passes, "control": control},
    )


async def _walk(spec: StepsSpec, look: Look) -> list[Exchange]:
    """One pass: until a step is not as expected or a value to capture is missing."""
    done: list[Exchange] = []
    captured: dict[str, Any] = {}
    for step in spec.steps:
        if done:
            await look.pause(spec.pace)
        exchange = await look.fetch(request(step, captured, spec.pace))
        done.append(exchange)
        judgement, found = judge_step(step, exchange, captured)
        if judgement.verdict not in _GOES_ON:
            break
        captured |= found
    return done


def request(step: Step, captured: Mapping[str, Any], pace: float = 0.0) -> Request:
    """The step's request with the captured values put in."""
    body = None
    if step.body is not None:
        body = step.body
        for name, value in captured.items():
            # Only captured names are replaced: a JSON body is full of braces.
            body = body.replace("{" + name + "}", json.dumps(scalar(value))[1:-1])
    headers = {k: _plain(v, captured) for k, v in step.headers.items()}
    return Request(
        url=fill(step.url, captured),
        method=step.method,
        headers=headers,
        body=None if body is None else body.encode(),
        max_bytes=step.max_bytes,
        follow=step.follow,
        secrets=secret_headers(headers),
        pace=pace,
    )


def _plain(text: str, captured: Mapping[str, Any]) -> str:
    for name, value in captured.items():
        text = text.replace("{" + name + "}", re.sub(r"[\r\n\0]", "", scalar(value)))
    return text


def captures(step: Step, exchange: Exchange) -> dict[str, Any] | Judgement:
    """The named values of an answer; a judgement if one is missing or is no plain value."""
    document: Any = None
    if any(not path.startswith(_HEADER) for path in step.capture.values()):
        document, problem = judging.json_of(exchange)
        if problem is not None:
            return problem
    found: dict[str, Any] = {}
    for name, path in step.capture.items():
        if path.startswith(_HEADER):
            value = exchange.headers.get(path.removeprefix(_HEADER).strip().lower())
        else:
            value = judging.pick(path, document)
        if not isinstance(value, str | int | float) or value == "" or len(scalar(value)) > 2000:
            return judging.judged(
                Failure.WRONG_CONTENT, f"wanted a value for {name!r} at {path}, got none", Stage.CONTENT
            )
        found[name] = value
    return found


# ---- judge -----------------------------------------------------------------------------------------------------------


def judge(spec: StepsSpec, facts: Facts, context: Context) -> Judgement:
    """The last pass; facts: those of its last exchange, `step`, `passes`, `steps_ms`."""
    passes = [int(n) for n in facts.values.get("passes", [len(facts.exchanges)])]
    last = facts.exchanges[sum(passes[:-1]) : sum(passes)]
    judgement = judge_pass(spec, last, context.now)
    told = {**judgement.facts, "passes": len(passes), "steps_ms": [round(e.latency_ms or 0) for e in last]}
    judgement = replace(judgement, facts=told)
    if not facts.values.get("control") or spec.control is None:
        return judgement
    control = judge_exchange(facts.exchanges[-1], spec.control.expect, Latency(), context.now)
    if control.verdict in (Verdict.OK, Verdict.DEGRADED):
        return replace(judgement, facts={**told, "control": "ok"})
    detail = scrub(f"cannot tell: the control query fails too ({control.detail})", limit=300)
    return replace(judgement, verdict=Verdict.INCONCLUSIVE, failure=Failure.CONTROL_FAILED, detail=detail)


def judge_pass(spec: StepsSpec, exchanges: Sequence[Exchange], now: int) -> Judgement:
    """One pass: the first step that is not as expected, else the slowest of the rest. Pure."""
    slow: list[Judgement] = []
    captured: dict[str, Any] = {}
    for number, (step, exchange) in enumerate(zip(spec.steps, exchanges, strict=False), 1):
        judgement, found = judge_step(step, exchange, captured, now)
        if judgement.verdict not in _GOES_ON:
            return _named(judgement, step, number, len(spec.steps))
        captured |= found
        slow.append(_named(judgement, step, number, len(spec.steps)))
    return judging.worst_of(*reversed(slow))


def judge_step(
    step: Step, exchange: Exchange, captured: Mapping[str, Any], now: int = 0
) -> tuple[Judgement, dict[str, Any]]:
    """One answer against what was expected of it, and the values it gives to later steps. Pure."""
    if step.policy and exchange.status is not None:
        document, problem = judging.json_of(exchange)
        if problem is None and judging.pick(step.policy, document):
            detail = "closed to this region by policy (the platform says so itself)"
            return judging.judged(Failure.REGION_BLOCKED, detail, Stage.REQUEST, judging.evidence(exchange)), {}
    headers = {name: _plain(wanted, captured) for name, wanted in step.expect.headers.items()}
    expect = step.expect.model_copy(update={"headers": headers})
    judgement = judge_exchange(exchange, expect, step.latency, now, step.method)
    if judgement.verdict not in _GOES_ON:
        return judgement, {}
    found = captures(step, exchange)
    bad = found if isinstance(found, Judgement) else unproved(exchange) if step.verify else None
    if bad is not None:
        return judging.worst_of(judgement, bad), {}
    return judgement, found if isinstance(found, dict) else {}


def _named(judgement: Judgement, step: Step, number: int, steps: int) -> Judgement:
    name = step.name or f"step {number}"
    detail = judgement.detail if steps == 1 else f"{name}: {judgement.detail}"
    return replace(judgement, detail=detail[:300], facts={**judgement.facts, "step": name})


def needs(spec: StepsSpec) -> frozenset[str]:
    wanted = {"get"}
    if len(spec.steps) > 1 or spec.repeat > 1 or spec.control is not None:
        wanted.add("steps")
    for step in spec.steps:
        if step.method not in ("GET", "HEAD"):
            wanted.add(f"method:{step.method}")
        if step.body is not None:
            wanted.add("body")
        if step.headers:
            wanted.add("headers")
    return frozenset(wanted)


def cost(spec: StepsSpec) -> int:
    return len(spec.steps) * spec.repeat + (1 if spec.control else 0)


PROBE = Probe(
    kind="steps",
    Spec=StepsSpec,
    measure=measure,
    judge=judge,
    needs=needs,
    asks=lambda spec: (request(spec.steps[0], {}),),
    cost=cost,
)
