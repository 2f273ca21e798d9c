"""From exchange to verdict, in one order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator import judging
from generator.fetch import Exchange
from generator.model import Failure, Verdict
from generator.probes import Judgement


def exchange(status: int | None = 200, body: bytes = b"", **headers: str) -> Exchange:
    return Exchange(
        "GET",
        "https://t.example/x?q=1",
        "https://t.example/x",
        status,
        {k.replace("_", "-"): v for k, v in headers.items()},
        body,
    )


FIVES = [
    ("Cloudflare says the origin refused", exchange(521, cf_ray="8-AMS"), Failure.EDGE_ERROR),
    (
        "an edge page without a pod",
        exchange(500, b"<div id=cf-error-details>", server="cloudflare"),
        Failure.EDGE_ERROR,
    ),
    (
        "the same page passed on by a pod",
        exchange(500, b"cf-error-details", server="cloudflare", x_handled_by="p"),
        Failure.SERVER_ERROR,
    ),
    ("the word cloudflare alone proves nothing", exchange(500, b"we use cloudflare"), Failure.SERVER_ERROR),
    ("an application behind no edge", exchange(500, b"cf-error-details"), Failure.SERVER_ERROR),
    ("a gateway timeout of the application", exchange(504, x_handled_by="p"), Failure.OVERLOADED),
    ("CloudFront's own", exchange(503, server="CloudFront", x_cache="Error from cloudfront"), Failure.EDGE_ERROR),
    ("no server error at all", exchange(404), Failure.WRONG_STATUS),
]


@pytest.mark.parametrize(("got", "word"), [row[1:] for row in FIVES], ids=[row[0] for row in FIVES])
def test_a_bad_status_is_somebodys(got: Exchange, word: Failure) -> None:
    """Edge, overload and application are told apart by status, headers and page."""
    judgement = judging.wrong_status(got)
    assert judgement is not None
    assert (judgement.verdict, judgement.failure) == (Verdict.DOWN, word)


OPEN_DOORS = [
    (
        "a healthy page with a passive bot script",
        exchange(200, b"<script src=/cdn-cgi/challenge-platform/x>", server="cloudflare"),
    ),
    ("a page about error 1020", exchange(200, b"error code: 1020", server="cloudflare")),
    ("a plain 403", exchange(403, b"no")),
    ("1020 from somebody who is not Cloudflare", exchange(403, b"error code: 1020")),
    ("a page that quotes the region word", exchange(200, b'{"code":"REGION_BLOCKED"}')),
    ("no answer at all", exchange(None)),
]


@pytest.mark.parametrize("got", [row[1] for row in OPEN_DOORS], ids=[row[0] for row in OPEN_DOORS])
def test_what_only_looks_like_a_closed_door(got: Exchange) -> None:
    """Marks of a bot wall count only where they mean one."""
    assert judging.blocked(got) is None


WAITS = [
    ({"retry_after": "120"}, 120.0),
    ({"retry_after": "999999999"}, 86400.0),
    ({"retry_after": "Mon, 23 Nov 2026 06:01:00 GMT", "date": "Mon, 23 Nov 2026 06:00:00 GMT"}, 60.0),
    ({"retry_after": "Mon, 23 Nov 2026 05:00:00 GMT", "date": "Mon, 23 Nov 2026 06:00:00 GMT"}, 0.0),
    ({"retry_after": "Mon, 23 Nov 2026 06:01:00 GMT"}, None),
    ({"retry_after": "soon", "date": "Mon, 23 Nov 2026 06:00:00 GMT"}, None),
    ({"retry_after": "-5"}, None),
    ({"retry_after": "²"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
def test_how_long_a_target_asks_us_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, or a date held against the target's own date; anything else is nothing."""
    assert judging.retry_after(exchange(429, **headers)) == seconds


NUMBERS = [
    (5.0, 10, 20, "ok", "value 5"),
    (10.0, 10, 20, "ok", "value 10"),
    (15.0, 10, 20, "degraded", "wanted value at most 10 min, got 15 min"),
    (25.0, 10, 20, "down", "wanted value at most 10 min, got 25 min"),
    (25.0, None, 20, "down", "wanted value at most 20 min"),
    (25.0, 10, None, "degraded", "got 25 min"),
    (25.0, None, None, "ok", "value 25"),
    (5.0, 20, 10, "down", "wanted value at least 20 min"),
    (15.0, 20, 10, "degraded", "wanted value at least 20 min"),
    (30.0, 20, 10, "ok", "value 30"),
    (None, 10, 20, "inconclusive", "no value"),
    (float("nan"), 10, 20, "inconclusive", "no value"),
    (float("inf"), 10, 20, "inconclusive", "no value"),
]


@pytest.mark.parametrize(("value", "degraded", "down", "verdict", "detail"), NUMBERS)
def test_a_number_against_its_limits(value: Any, degraded: Any, down: Any, verdict: str, detail: str) -> None:
    """A value on a limit passes; what is no number says nothing; the sentence shows wanted and got."""
    got = judging.threshold(value, degraded, down, "min", failure=Failure.STALE)
    assert got.verdict.value == verdict
    assert got.detail.startswith(detail) or detail in got.detail
    assert (got.degraded, got.down, got.unit) == (degraded, down, "min")


def judgement(verdict: Verdict, **keys: Any) -> Judgement:
    return Judgement(verdict, **keys)


def test_the_worst_of_several_keeps_its_facts_and_the_number() -> None:
    """What was seen failing stands; a number another judgement carried is not lost."""
    fine = judgement(Verdict.OK, value=3.0, unit="s", facts={"a": 1, "b": 1})
    bad = judgement(Verdict.DOWN, failure=Failure.EMPTY, facts={"b": 2})
    got = judging.worst_of(None, fine, bad, judgement(Verdict.INCONCLUSIVE))
    assert (got.verdict, got.failure, got.value, got.facts) == (Verdict.DOWN, Failure.EMPTY, 3.0, {"a": 1, "b": 2})
    assert judging.worst_of().verdict is Verdict.OK
    assert judging.worst_of(fine, judgement(Verdict.INCONCLUSIVE)).verdict is Verdict.INCONCLUSIVE


def test_evidence_is_an_allow_list() -> None:
    """Cookies, bodies, queries and foreign headers are not evidence, whatever they are called."""
    got = exchange(
        200,
        b"secret body",
        set_cookie="id=CANARY",
        x_api_key="CANARY",
        cf_ray="8f2-AMS",
        age="7",
        content_type="t/\x1b[31m",
        etag='"e"',
    )
    facts = judging.evidence(got)
    assert "CANARY" not in str(facts)
    assert "q=1" not in str(facts)
    assert "secret" not in str(facts)
    assert (facts["colo"], facts["age"], facts["status"], facts["host"]) == ("AMS", "7", 200, "t.example")
    assert "\x1b" not in facts["type"]


def test_addresses_of_private_networks_stay_private() -> None:
    """The operator's own network is nobody's business; a public edge's address is evidence."""
    assert judging.evidence(replace(exchange(), address="10.0.0.7")).get("address") is None
    assert judging.evidence(replace(exchange(), address="104.16.1.1"))["address"] == "104.16.1.1"


STATUSES = [(200, ((200, 200),)), ("200-299", ((200, 299),)), ([200, "300-302"], ((200, 200), (300, 302)))]


@pytest.mark.parametrize(("written", "ranges"), STATUSES)
def test_statuses_are_written_as_numbers_and_ranges(written: Any, ranges: Any) -> None:
    assert judging.statuses(written) == ranges


@pytest.mark.parametrize("written", ["2xx", "299-200", 20, 1000, [], "", "-", 200.5, None, {200: 299}])
def test_what_is_no_status_is_refused_with_a_hint(written: Any) -> None:
    with pytest.raises(ValueError, match="write 200"):
        judging.statuses(written)


def test_a_broken_expression_finds_nothing() -> None:
    """A function that meets the wrong type is no crash of the check."""
    assert judging.pick("max_by(items, &a)", {"items": "text"}) is None
    with pytest.raises(ValueError, match="JMESPath"):
        judging.compiled("a[")
