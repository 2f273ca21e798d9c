"""Real clients of Statuspage against the built site on loopback."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.serving import serving
from tests.clients.tools import module, node
from tests.feeds import schemas
from tests.feeds.full import full
from tests.feeds.rendering import files, write


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("site")
    with serving(write(folder, files(full()))) as address:
        yield address


WANTED = ["New models do not appear in search", "Geoblock"]


@pytest.fixture
def whadup(base: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client from PyPI, which has the address of GitHub's page built in."""
    import whadup

    monkeypatch.setattr(whadup, "API_BASE_URL", f"{base}/api/")
    return whadup.GithubStatus


def test_whadup_reads_the_state(whadup: Any) -> None:
    assert whadup().status()["status"] == {"indicator": "critical", "description": "Major System Outage"}
    assert [c["name"] for c in whadup().components()["components"]] == [
        "Civitai",
        "Search",
        "Image CDN",
        "Hugging Face",
        "Search",
    ]
    assert [i["name"] for i in whadup().summary()["incidents"]] == WANTED


def test_whadup_reads_incidents_and_maintenances(whadup: Any) -> None:
    assert len(whadup.Incidents()["incidents"]) == 4
    assert [i["name"] for i in whadup.Incidents.unresolved()["incidents"]] == WANTED
    assert len(whadup.Maintenances()["scheduled_maintenances"]) == 4
    assert [m["status"] for m in whadup.Maintenances.upcoming()["scheduled_maintenances"]] == ["scheduled"]
    assert {m["status"] for m in whadup.Maintenances.active()["scheduled_maintenances"]} == {"in_progress", "verifying"}


NPM = """
import client from "statuspage.io";
const page = new client.Statuspage("any");
page.setApiUrl(process.argv.at(-1));
const {api} = page;
console.log(JSON.stringify({
  status: await api.getStatus(), components: await api.getComponents(), summary: await api.getSummary(),
  all: await api.incidents.getAll(), open: await api.incidents.getUnresolved(),
  upcoming: await api.scheduledMaintenances.getUpcoming(), active: await api.scheduledMaintenances.getActive(),
  maintenances: await api.scheduledMaintenances.getAll(),
}));
"""


def test_the_npm_client_makes_all_its_calls(base: str) -> None:
    """Its `getActive` and `getAll` of maintenances fetch `upcoming.json`: that is its bug, not ours."""
    module("statuspage.io")
    told = node(NPM, base)
    assert told["status"]["status"]["indicator"] == "critical"
    assert len(told["components"]["components"]) == 5
    assert [i["name"] for i in told["open"]["incidents"]] == WANTED == [i["name"] for i in told["summary"]["incidents"]]
    assert len(told["all"]["incidents"]) == 4
    assert [m["status"] for m in told["upcoming"]["scheduled_maintenances"]] == ["scheduled"]
    assert told["active"] == told["maintenances"] == told["upcoming"]


def get(url: str) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


def test_every_answer_over_http_holds_to_its_schema(base: str) -> None:
    checked = 0
    for path in files(full()):
        if not path.endswith((".json", ".jsonl")) or "/schemas/" in path:
            continue
        status, _, body = get(f"{base}/{path}")
        assert status == 200
        assert schemas.problems(path, body) == []
        checked += 1
    assert checked > 20


@pytest.mark.parametrize(
    "path",
    [
        "api/v2/nothing.json",
        "api/v2/",
        "api/v2/incidents/abc.json",
        "api/roadworthy/v2/status.json",
        "api/roadworthy/v1/history/civitai/nothing.json",
    ],
)
def test_unknown_paths_are_a_real_404(base: str, path: str) -> None:
    """A 200 for everything misleads the detectors of aggregators."""
    status, _, _ = get(f"{base}/{path}")
    assert status == 404
