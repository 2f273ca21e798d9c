"""What a platform's own status page says: its word is a fact, never a vote."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from generator import probes
from generator.model import Failure, Verdict
from tests.semantics.looks import DAY, HOUR, NOW, answer, broken, http_date, look_at

STATUSPAGE = {
    "page": {"id": "x", "name": "X"},
    "status": {"indicator": "minor", "description": "Minor Service Outage"},
    "components": [
        {"name": "API", "status": "degraded_performance", "group": False},
        {"name": "Website", "status": "operational"},
        {"name": "All", "status": "operational", "group": True},
        {"name": "New", "status": "sleepy"},
    ],
    "incidents": [{"name": "Slow answers <script>", "status": "investigating"}],
}
BETTERSTACK = {
    "data": {"id": "1", "type": "status_page", "attributes": {"aggregate_state": "degraded"}},
    "included": [
        {"id": "2", "type": "status_page_resource", "attributes": {"public_name": "Hub", "status": "operational"}},
        {"id": "3", "type": "status_page_resource", "attributes": {"public_name": "Spaces", "status": "downtime"}},
        {"id": "4", "type": "status_report", "attributes": {"title": "x"}},
    ],
}
KUMA_PAGE = {
    "config": {"slug": "public"},
    "incident": None,
    "publicGroupList": [
        {"name": "Services", "monitorList": [{"id": 1, "name": "Main Site"}, {"id": 2, "name": "API"}]}
    ],
    "maintenanceList": [],
}

TWINS = {"publicGroupList": [{"monitorList": [{"id": n, "name": "API"}]} for n in (1, 2)]}


def beats(**by_id: tuple[int, ...]) -> dict[str, Any]:
    lists = {
        k.removeprefix("m"): [
            {"status": s, "time": f"2026-11-23 05:0{n}:00", "msg": "", "ping": 9} for n, s in enumerate(v)
        ]
        for k, v in by_id.items()
    }
    return {"heartbeatList": lists, "uptimeList": {"1_24": 1.0}}


INSTATUS = {
    "page": {"name": "X", "url": "https://x.instatus.com", "status": "HASISSUES"},
    "activeIncidents": [{"name": "Database", "impact": "PARTIALOUTAGE", "status": "INVESTIGATING"}],
}


def rss(*entries: tuple[str, float]) -> bytes:
    items = "".join(f"<item><title>{t}</title><pubDate>{http_date(NOW - ago)}</pubDate></item>" for t, ago in entries)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()


def kuma(page: Any, heartbeats: Any) -> Any:
    return lambda r: answer(heartbeats if "heartbeat" in r.url else page)


@pytest.mark.parametrize(
    ("format", "script", "word", "components"),
    [
        pytest.param("statuspage", answer(STATUSPAGE), "degraded_performance", {"API": "degraded_performance", "Website": "operational", "New": "unknown"}, id="statuspage"),
        pytest.param("betterstack", answer(BETTERSTACK), "degraded_performance", {"Hub": "operational", "Spaces": "major_outage"}, id="betterstack"),
        pytest.param("uptime_kuma", kuma(KUMA_PAGE, beats(m1=(1, 1), m2=(0, 1))), "operational", {"Main Site": "operational", "API": "operational"}, id="kuma: the newest beat counts"),
        pytest.param("uptime_kuma", kuma(KUMA_PAGE, beats(m1=(1,), m2=(0,))), "partial_outage", {"Main Site": "operational", "API": "major_outage"}, id="kuma: one of two down"),
        pytest.param("uptime_kuma", kuma(KUMA_PAGE, beats(m1=(0,), m2=(0,))), "major_outage", {"Main Site": "major_outage", "API": "major_outage"}, id="kuma: all down"),
        pytest.param("uptime_kuma", kuma(KUMA_PAGE, beats(m1=(3,), m9=(2,))), "under_maintenance", {"Main Site": "under_maintenance", "monitor 9": "unknown"}, id="kuma: maintenance, and one that waits"),
        pytest.param("uptime_kuma", kuma(KUMA_PAGE, beats()), "unknown", {}, id="kuma: no monitor says anything"),
        pytest.param("uptime_kuma", kuma(TWINS, beats(m1=(0,), m2=(1,))), "partial_outage", {"API": "major_outage"}, id="kuma: of two with one name none hides the other"),
        pytest.param("uptime_kuma", kuma(KUMA_PAGE, beats(**{f"m{n}": (int(n < 59),) for n in range(10, 60)})), "partial_outage", {f"monitor {n}": "operational" for n in range(10, 50)}, id="kuma: one of fifty down, the last"),
        pytest.param("statuspage", answer({**STATUSPAGE, "components": [{"name": "EU", "status": "major_outage"}, {"name": "EU", "status": "operational"}, {"name": "US", "status": ["x"]}, 7]}), "degraded_performance", {"EU": "major_outage", "US": "unknown"}, id="statuspage: one name twice, and no word at all"),
        pytest.param("instatus", answer({**INSTATUS, "activeIncidents": [{"name": "x", "impact": {}}]}), "degraded_performance", {}, id="instatus: an impact that is no word"),
        pytest.param("instatus", answer(INSTATUS), "partial_outage", {}, id="instatus"),
        pytest.param("feed", answer(rss(("Investigating slow uploads", HOUR), ("Resolved: x", DAY))), "degraded_performance", {}, id="feed: still going on"),
        pytest.param("feed", answer(rss(("Resolved - slow uploads", HOUR),)), "operational", {}, id="feed: over"),
        pytest.param("feed", answer(rss(("A note", 3 * DAY),)), "operational", {}, id="feed: too old to speak of now"),
        pytest.param("feed", answer(rss()), "operational", {}, id="feed: nothing ever happened"),
        pytest.param("feed", answer(rss(("Scheduled maintenance", HOUR),)), "under_maintenance", {}, id="feed: planned"),
    ],
)  # fmt: skip
def test_each_make_of_status_page_is_read(format: str, script: Any, word: str, components: Any) -> None:
    spec = {"url": "https://s.test", "format": format, **({"slug": "public"} if format == "uptime_kuma" else {})}
    judgement, _ = look_at("official", spec, script)
    assert judgement.verdict is Verdict.OK, "readable is all this check asks for"
    assert (judgement.facts["official_status"], judgement.facts["official"]) == (word, word)
    assert judgement.facts["components"] == components
    assert judgement.value is None


@pytest.mark.parametrize(
    ("format", "exchange", "failure"),
    [
        pytest.param("statuspage", answer({}, 503), Failure.OVERLOADED, id="down"),
        pytest.param("statuspage", broken(Failure.NXDOMAIN), Failure.NXDOMAIN, id="gone"),
        pytest.param("statuspage", answer(b"<html>hi"), Failure.WRONG_CONTENT, id="HTML"),
        pytest.param("statuspage", answer({"status": {}}), Failure.WRONG_CONTENT, id="another shape"),
        pytest.param("statuspage", answer([1]), Failure.WRONG_CONTENT, id="a list"),
        pytest.param("betterstack", answer({"data": None}), Failure.WRONG_CONTENT, id="betterstack, another shape"),
        pytest.param("instatus", answer({"page": {"status": "GREAT"}}), Failure.WRONG_CONTENT, id="an unknown word"),
        pytest.param("instatus", answer({"page": {"status": ["UP"]}}), Failure.WRONG_CONTENT, id="no word"),
        pytest.param("statuspage", answer({"status": {"indicator": {}}}), Failure.WRONG_CONTENT, id="no word either"),
        pytest.param("feed", answer(b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>"), Failure.WRONG_CONTENT, id="a document type"),
        pytest.param("feed", answer(b"<rss><item>"), Failure.WRONG_CONTENT, id="broken XML"),
        pytest.param("feed", answer(b"<html></html>"), Failure.WRONG_CONTENT, id="XML of another kind"),
    ],
)  # fmt: skip
def test_a_status_page_that_cannot_be_read_is_not_a_platform_that_is_down(
    format: str, exchange: Any, failure: Failure
) -> None:
    judgement, _ = look_at("official", {"url": "https://s.test", "format": format}, exchange)
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, failure)
    assert "official_status" not in judgement.facts


@pytest.mark.parametrize(
    ("spec", "addresses"),
    [
        ({"url": "https://s.test/", "format": "statuspage"}, ["https://s.test/api/v2/summary.json"]),
        ({"url": "https://s.test", "format": "betterstack"}, ["https://s.test/index.json"]),
        ({"url": "https://s.test", "format": "instatus"}, ["https://s.test/summary.json"]),
        ({"url": "https://s.test/feed?x=1", "format": "feed"}, ["https://s.test/feed?x=1"]),
        ({"url": "https://s.test", "format": "uptime_kuma", "slug": "public"}, ["https://s.test/api/status-page/public", "https://s.test/api/status-page/heartbeat/public"]),
    ],
)  # fmt: skip
def test_the_addresses_asked_are_the_documented_ones(spec: dict[str, str], addresses: list[str]) -> None:
    probe = probes.get("official")
    parsed = probe.Spec.model_validate(spec)
    assert probe.asks is not None
    assert [r.url for r in probe.asks(parsed)] == addresses
    assert probe.cost(parsed) == len(addresses)


def test_a_slug_belongs_to_uptime_kuma() -> None:
    for spec in ({"format": "uptime_kuma"}, {"format": "feed", "slug": "x"}):
        with pytest.raises(ValidationError, match="give both or neither"):
            probes.get("official").Spec.model_validate({"url": "https://s.test", **spec})
