"""Whatever JSON and headers a target answers with, every kind of check has a word for it and none raises."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import probes
from generator.fetch import Exchange
from generator.model import Check, Failure, Observation, Request, Verdict
from generator.probes import Context, Judgement
from tests.looking.making import check
from tests.semantics.civitai import platform
from tests.semantics.default_content import HTTP_KINDS, default
from tests.semantics.looks import NOW, ScriptedLook, answer, iso, seen

HUGE = 10**400
"""A whole number that JSON may write and no float can hold."""

ODD = [
    HUGE, -HUGE, 1e308, -1e308, 1e999, -1e999, 5e-324, 2**63, 0, -1, 1.5, True, False, None, "", "x", "9" * 400, "\ud800",
    iso(60), "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "Mon, 99 Nov 99999999999 06:00:00 GMT",
    "Mon, 23 Nov 2026 06:00:00 +999999999999", [], {}, [[]], [HUGE], {"id": HUGE}, {"x": [None]},
]  # fmt: skip
TEXTS = [text for text in ODD if isinstance(text, str) and text.isascii()] + [str(2**70), "-5", "inf", "nan", "²"]
HEADERS = ("date", "age", "retry-after", "content-length", "content-range", "etag", "last-modified", "cf-cache-status")

odd = st.sampled_from(ODD)


def words(spec: Any) -> list[str]:
    """The names a check looks for: without them an answer is only ever of the wrong shape."""
    return sorted(set(re.findall(r"[A-Za-z_]+", json.dumps(spec, default=str))) | OFFICIAL)


OFFICIAL = frozenset(
    [
        "status",
        "indicator",
        "components",
        "incidents",
        "data",
        "attributes",
        "aggregate_state",
        "included",
        "type",
        "public_name",
        "page",
        "impact",
        "heartbeatList",
        "publicGroupList",
        "monitorList",
        "incident",
        "title",
        "name",
        "activeIncidents",
        "time",
        "group",
    ]
)

CHECKS = [pytest.param(c, id=c.id) for c in (*default().checks, *default().controls) if c.kind in HTTP_KINDS]
FORMATS = ("statuspage", "betterstack", "instatus", "uptime_kuma", "feed")


def looked(
    one: Check, script: Callable[[Request], Exchange], past: tuple[Observation, ...] = (), ago: int = 0
) -> Judgement:
    """What the check says about these answers."""
    probe = probes.get(one.kind)
    facts = asyncio.run(probe.measure(one.spec, ScriptedLook(script, NOW - ago)))
    return probe.judge(one.spec, facts, Context(NOW - ago, "here", past))


def anything(names: list[str]) -> st.SearchStrategy[Any]:
    key = st.sampled_from(names)
    return st.recursive(
        odd, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(key, inner, max_size=5), max_leaves=25
    )


def spoilt(document: Any, draw: Any) -> Any:
    """A real answer in which some values are others."""
    if draw(st.integers(0, 11)) == 0:
        return draw(odd)
    if isinstance(document, dict):
        return {k: spoilt(v, draw) for k, v in document.items()}
    if isinstance(document, list):
        return [spoilt(v, draw) for v in document[:3]] + document[3:]
    return document


def said(observation: Any) -> None:
    """A verdict that can be kept: JSON with finite numbers, a short detail, a word for all that is not fine."""
    assert isinstance(observation.verdict, Verdict)
    assert observation.failure is not None or observation.verdict is Verdict.OK
    assert observation.value is None or math.isfinite(observation.value)
    assert len(observation.detail) <= 300
    json.dumps(dict(observation.facts), allow_nan=False)


@cache
def names_of(one: str) -> list[str]:
    return words(next(c for c in (*default().checks, *default().controls) if c.id == one).spec.model_dump())


quick = settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)


@pytest.mark.parametrize("one", CHECKS)
@quick
@given(data=st.data())
def test_every_check_has_a_word_for_any_answer(one: Check, data: st.DataObject) -> None:
    """Made-up documents with the names the check looks for, and headers that say anything."""
    documents = anything(names_of(one.id))
    headers = st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(TEXTS), max_size=4)

    def script(request: Request) -> Exchange:
        return answer(data.draw(documents), data.draw(st.sampled_from([200, 206, 404, 503])), data.draw(headers))

    said(looked(one, script))


@pytest.mark.parametrize("one", [c for c in CHECKS if c.values[0].id.startswith("civitai/")])
@quick
@given(data=st.data())
def test_every_check_has_a_word_for_a_spoilt_answer(one: Check, data: st.DataObject) -> None:
    """The real shape, with values that nobody would expect there: what lies deep in a check is reached too."""
    real = platform()

    def script(request: Request) -> Exchange:
        try:
            exchange = real(request)
        except (KeyError, ValueError):  # a question this small platform does not know
            return answer(data.draw(anything(names_of(one.id))))
        return answer(spoilt(exchange.json(), data.draw), headers=exchange.headers)

    past: list[Observation] = []
    for ago in (1800, 900, 0):
        judgement = looked(one, script, tuple(past), ago)
        said(judgement)
        past.append(seen(judgement.facts, ago, value=judgement.value))


@pytest.mark.parametrize("format", FORMATS)
@quick
@given(data=st.data())
def test_every_make_of_status_page_may_say_anything(format: str, data: st.DataObject) -> None:
    documents = anything(sorted(OFFICIAL))
    one = check("o/s/x", "official", url="https://s.test", format=format, slug="x" if format == "uptime_kuma" else "")
    said(looked(one, lambda request: answer(data.draw(documents))))


@pytest.mark.parametrize("value", [HUGE, -HUGE])
def test_a_counter_that_no_arithmetic_can_hold_is_a_counter_less(value: Any) -> None:
    """Too few are left to say anything; the check goes on and says that, instead of failing by itself."""
    one = next(c for c in default().checks if c.id == "civitai/metrics/downloads")
    got = looked(one, platform(top=[value] * 20))
    assert (got.verdict, got.failure) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW)
    assert "got 0" in got.detail


def test_a_cache_that_names_an_endless_age_gets_a_number_all_the_same() -> None:
    one = next(c for c in default().checks if c.id == "civitai/cdn/edge-copy")
    old = {"age": "9" * 400, "cf-cache-status": "HIT"}
    said(looked(one, lambda request: answer(b"<p>sorry", 404 if "_cb" not in request.url else 200, old)))
