"""What claims rest on, for download: days, incidents, evidence; and spreadsheets that cannot be made to calculate."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from generator.model import Verdict
from generator.outputs.data import DAY_KEYS, INCIDENT_KEYS, cell
from generator.siteview import SiteView
from tests.feeds.full import OBSERVATION, full
from tests.feeds.rendering import files
from tests.feeds.views import DAY, NOW, component, incident, platform, site, uptime, when

V1 = "api/roadworthy/v1/"


def rows(view: SiteView, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files(view, "data")[V1 + path].decode(), newline="")))


def test_a_component_day_by_day_oldest_first() -> None:
    found = json.loads(files(full(), "data")[f"{V1}history/civitai/search.json"])
    assert (found["component"], found["first"], found["last"]) == ("civitai/search", "2026-11-21", "2026-11-23")
    assert [day["date"] for day in found["days"]] == ["2026-11-21", "2026-11-22", "2026-11-23"]
    assert set(found["days"][0]) == set(DAY_KEYS)


def test_a_day_nobody_observed_has_no_uptime() -> None:
    one = component("civitai/search")
    blind = replace(one, days=(replace(one.days[0], uptime=uptime("day", None, 0.0)),))
    view = site(platforms=(platform("civitai", blind),))
    assert json.loads(files(view, "data")[f"{V1}history/civitai/search.json"])["days"][0]["uptime"] is None
    assert rows(view, "history/civitai/search.csv")[0]["uptime"] == ""


def test_json_and_csv_say_the_same() -> None:
    built = files(full(), "data")
    days = json.loads(built[f"{V1}history/civitai/search.json"])["days"]
    assert [
        (row["date"], float(row["uptime"]), int(row["down_seconds"]))
        for row in rows(full(), "history/civitai/search.csv")
    ] == [(day["date"], day["uptime"], day["down_seconds"]) for day in days]
    assert [row["id"] for row in rows(full(), "incidents/2026.csv")] == [
        i["id"] for i in json.loads(built[f"{V1}incidents/2026.json"])["incidents"]
    ]


def test_incidents_are_filed_by_the_year_they_began_in() -> None:
    built = files(full(), "data")
    years = json.loads(built[f"{V1}incidents/index.json"])["years"]
    assert [(year["year"], year["incidents"]) for year in years] == [(2026, 7), (2025, 1)]
    for year in years:
        path = year["url"].removeprefix("https://status.example/")
        assert len(json.loads(built[path])["incidents"]) == year["incidents"]


def test_evidence_is_a_line_for_each_look_with_everything_it_rests_on() -> None:
    lines = files(full(), "data")[f"{V1}evidence/2026-11-23.jsonl"].splitlines()
    first, second = (json.loads(line) for line in lines)
    assert first == {
        "check": "civitai/search/lag", "region": "eu-west", "at": "2026-11-23T05:59:00Z", "verdict": "down", "failure": "lagging", "stage": "content",
        "latency_ms": 812.4, "phases": {"dns": 3.2, "total": 812.4}, "attempts": 2, "value": 11100.0, "unit": "s", "degraded": 1800.0, "down": 7200.0,
        "detail": "wanted a model of the last hour, got one that is 3 hours old", "facts": {"found": 2, "of": 10}, "engine": "local", "low_confidence": False,
    }  # fmt: skip
    assert (second["verdict"], second["failure"]) == ("ok", None)


def test_hostile_facts_stay_one_line_of_valid_json() -> None:
    bad = replace(
        OBSERVATION,
        detail="a\x00\nb\u2028\ud800",
        facts={"x": float("nan"), "y": ["\ud800", {"deep": (1, 2)}]},
        verdict=Verdict.DOWN,
    )
    body = files(site(evidence={"2026-11-23": (bad,)}), "data")[f"{V1}evidence/2026-11-23.jsonl"]
    assert body.count(b"\n") == 1
    assert json.loads(body)["facts"] == {"x": None, "y": ["?", {"deep": [1, 2]}]}


def test_without_evidence_there_is_an_empty_list_and_no_file() -> None:
    built = files(site(), "data")
    assert json.loads(built[f"{V1}evidence/index.json"]) == {"days": []}
    assert not [path for path in built if path.endswith(".jsonl")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('=HYPERLINK("http://e")', '\'=HYPERLINK("http://e")'),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\n=1", "'\n=1"),
        ("  =1", "'  =1"),
        ("|cmd", "'|cmd"),
        ("a=b", "a=b"),
        (-3.5, "-3.5"),
        (0, "0"),
        (None, ""),
        (True, "true"),
        (["a", "b"], "a b"),
        (["=1", "b"], "'=1 b"),
        ("a\x00b", "a\ufffdb"),
    ],
    ids=repr,
)
def test_no_cell_can_start_a_formula(value: object, text: str) -> None:
    assert cell(value) == text


def test_a_hostile_title_stays_one_cell() -> None:
    view = site(incident("x", title='=1+1,"quoted"\r\nsecond line'))
    found = rows(view, "incidents/2026.csv")
    assert len(found) == 1
    assert found[0]["title"] == '\'=1+1,"quoted"\r\nsecond line'
    assert set(found[0]) == set(INCIDENT_KEYS)


def test_a_build_without_news_gives_the_same_bytes() -> None:
    view = full()
    assert files(view, "data") == files(replace(view, generated_at=when(NOW + DAY), sentence="other"), "data")
