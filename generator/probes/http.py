"""`http`: one request, and what its answer must be: status, place, type, headers, text, values in JSON, time.

Texts are plain substrings, never patterns: a pattern can hang, and a target chooses what it is matched against.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, model_validator

from .. import judging
from ..failures import scrub
from ..fetch import Exchange, Look
from ..model import MAX_BODY, Failure, Request, Stage, Verdict
from . import Context, Facts, Judgement, Probe, Spec
from ._fields import Headers, Latency, Method, Part, Path, Ranges, Texts, Url, secret_headers

WARN_BEFORE = 7 * 86400
"""Seconds before a certificate ends that the facts carry a warning. The check stays what it is."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class Value(Part):
    """What must be true of one value in the JSON. `path` is JMESPath; all that is written must hold."""

    path: Path
    equals: str | int | float | bool | None = None
    min: float | None = None
    max: float | None = None
    contains: str | int | float | None = None
    exists: bool | None = None
    type: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Value:
        if self.type is not None and self.type not in _TYPES:
            raise ValueError(f"type {self.type!r} is unknown; write one of {', '.join(_TYPES)}")
        if not self.model_fields_set - {"path"}:
            raise ValueError("nothing is wanted of this value; write equals, min, max, contains, exists or type")
        return self


class Expect(Part):
    """What the answer must be. `final_url` is the address after redirects, compared without its query."""

    status: Ranges = ((200, 299),)
    final_url: str | None = None
    content_type: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    text: Texts = ()
    not_text: Texts = ()
    json_: tuple[Value, ...] = Field(default=(), alias="json")


class HttpSpec(Spec):
    url: Url
    method: Method = "GET"
    headers: Headers = Field(default_factory=dict)
    body: str | None = None
    expect: Expect = Expect.model_construct()
    latency: Latency = Latency.model_construct()
    max_bytes: int = Field(default=MAX_BODY, ge=1, le=MAX_BODY)
    follow: int = Field(default=5, ge=0, le=5)

    @model_validator(mode="after")
    def _method_fits(self) -> HttpSpec:
        if self.body is not None and self.method in ("GET", "HEAD"):
            raise ValueError(f"method {self.method} carries no body; write method: POST")
        wants_body = self.expect.text or self.expect.not_text or self.expect.json_
        if self.method == "HEAD" and wants_body:
            raise ValueError("HEAD brings no body to look into; write method: GET")
        return self


def request(spec: HttpSpec) -> Request:
    return Request(
        url=spec.url,
        method=spec.method,
        headers=spec.headers,
        body=None if spec.body is None else spec.body.encode(),
        max_bytes=spec.max_bytes,
        follow=spec.follow,
        secrets=secret_headers(spec.headers),
    )


async def measure(spec: HttpSpec, look: Look) -> Facts:
    exchange = await look.fetch(request(spec))
    return Facts((exchange,), latency_ms=exchange.latency_ms, phases=exchange.phases)


def judge(spec: HttpSpec, facts: Facts, context: Context) -> Judgement:
    """The first thing that is wrong, in this order: the network, a closed door, status, content, time."""
    exchange = facts.exchanges[-1]
    return judge_exchange(exchange, spec.expect, spec.latency, context.now, spec.method)


def judge_exchange(
    exchange: Exchange, expect: Expect, latency: Latency, now: int = 0, method: str = "GET"
) -> Judgement:
    """One answer against what was expected of it. Shared with the kinds that ask several times."""
    bad = judging.trouble(exchange, expect.status)
    if bad is not None:
        return bad
    facts = {**judging.evidence(exchange), **_certificate_warning(exchange, now)}
    checks = (_place(exchange, expect), _type(exchange, expect), _header(exchange, expect))
    wrong = next((b for b in checks if b), None) or (None if method == "HEAD" else _content(exchange, expect))
    if wrong is not None:
        return judging.judged(wrong[0], wrong[1], Stage.CONTENT, facts)
    timed = judging.latency(exchange.latency_ms, latency.degraded, latency.down)
    proof = "" if _looks_inside(expect) else "status only"
    fine = judging.ok(f"status {exchange.status}", {**facts, **({"proof": proof} if proof else {})})
    if timed.verdict is Verdict.OK and timed.value is None:
        return fine
    return judging.worst_of(timed, fine)


Bad = tuple[Failure, str] | None


def _looks_inside(expect: Expect) -> bool:
    return bool(expect.text or expect.not_text or expect.json_ or expect.content_type or expect.headers)


def _certificate_warning(exchange: Exchange, now: int) -> dict[str, Any]:
    ends = exchange.tls.get("not_after")
    if not ends or not now or ends - now > WARN_BEFORE:
        return {}
    return {"warning": f"the certificate ends in {max(0, ends - now) / 86400:.1f} days"}


def _place(exchange: Exchange, expect: Expect) -> Bad:
    if expect.final_url is None:
        return None
    got, wanted = exchange.final_url.partition("?")[0], expect.final_url.partition("?")[0]
    if got.rstrip("/") == wanted.rstrip("/"):
        return None
    return Failure.WRONG_CONTENT, f"wanted to end at {wanted}, ended at {scrub(got, limit=120)}"


def _type(exchange: Exchange, expect: Expect) -> Bad:
    if expect.content_type is None:
        return None
    got = exchange.headers.get("content-type", "").lower()
    if got.startswith(expect.content_type.lower()):
        return None
    word = Failure.WRONG_TYPE
    if "json" in expect.content_type.lower() and "html" in got:
        word = Failure.WRONG_CONTENT
    return word, f"wanted type {expect.content_type}, got {scrub(got, limit=80) or 'none'}"


def _header(exchange: Exchange, expect: Expect) -> Bad:
    for name, wanted in expect.headers.items():
        got = exchange.headers.get(name.lower())
        if got is None or wanted.lower() not in got.lower():
            said = "it is missing" if got is None else f"got {scrub(got, limit=80)}"
            return Failure.WRONG_CONTENT, f"wanted header {name} with {wanted!r}, {said}"
    return None


def _content(exchange: Exchange, expect: Expect) -> Bad:
    bad = _text(exchange, expect)
    if bad is not None or not expect.json_:
        return bad
    document, problem = judging.json_of(exchange)
    if problem is not None and problem.failure is not None:
        return problem.failure, problem.detail
    return next((b for b in (_value(want, document) for want in expect.json_) if b), None)


def _text(exchange: Exchange, expect: Expect) -> Bad:
    if not (expect.text or expect.not_text):
        return None
    text = exchange.text()
    for wanted in expect.text:
        if wanted not in text:
            if not text.strip():
                return Failure.EMPTY, f"wanted the text {wanted!r}, got an empty answer"
            if exchange.truncated:
                return Failure.TOO_LARGE, f"wanted the text {wanted!r}, not in the first {len(exchange.body)} bytes"
            return Failure.WRONG_CONTENT, f"wanted the text {wanted!r}, it is missing"
    found = next((unwanted for unwanted in expect.not_text if unwanted in text), None)
    return None if found is None else (Failure.WRONG_CONTENT, f"wanted no text {found!r}, it is there")


def _value(want: Value, document: Any) -> Bad:
    """One value of the JSON. A number is a number only if the target sent one; true is not 1."""
    got = judging.pick(want.path, document)
    said = want.model_fields_set
    if "exists" in said and (got is not None) != want.exists:
        return _wanted(want, "something" if want.exists else "nothing", got)
    if "type" in said and not _is(got, want.type or "null"):
        return _wanted(want, f"a value of type {want.type}", got)
    if "equals" in said and not _same(got, want.equals):
        return _wanted(want, repr(want.equals), got)
    if "contains" in said and not _holds(got, want.contains):
        return _wanted(want, f"something with {want.contains!r}", got)
    if want.min is not None and not (_is(got, "number") and got >= want.min):
        return _wanted(want, f"at least {judging.number(want.min)}", got)
    if want.max is not None and not (_is(got, "number") and got <= want.max):
        return _wanted(want, f"at most {judging.number(want.max)}", got)
    return None


def _wanted(want: Value, wanted: str, got: Any) -> Bad:
    seen = "nothing" if got is None else scrub(re.sub(r"\s+", " ", repr(got)[:200]), limit=60)
    return Failure.WRONG_CONTENT, f"wanted {wanted} at {want.path}, got {seen}"


def _is(got: Any, name: str) -> bool:
    if name == "number" and isinstance(got, bool):
        return False
    return isinstance(got, _TYPES[name])


def _same(got: Any, wanted: Any) -> bool:
    if isinstance(got, bool) or isinstance(wanted, bool):
        return got is wanted
    return bool(got == wanted)


def _holds(got: Any, wanted: Any) -> bool:
    if isinstance(got, str):
        return str(wanted) in got
    return isinstance(got, list | dict) and any(_same(item, wanted) for item in got)


def needs(spec: HttpSpec) -> frozenset[str]:
    wanted = {"get"} if spec.method in ("GET", "HEAD") else {f"method:{spec.method}"}
    if spec.body is not None:
        wanted.add("body")
    if spec.headers:
        wanted.add("headers")
    return frozenset(wanted)


PROBE = Probe(
    kind="http",
    Spec=HttpSpec,
    measure=measure,
    judge=judge,
    needs=needs,
    asks=lambda spec: (request(spec),),
)
