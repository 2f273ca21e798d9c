"""The fake Globalping is faithful: to recordings of the real one, to its description, to its official client."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from tests.semantics import fake_globalping as fake
from tests.semantics.fake_globalping import FakeGlobalping

DATA = Path(__file__).parent / "data"
RECORDED: dict[str, Any] = json.loads((DATA / "globalping-recordings.json").read_text())
ERRORS: dict[str, Any] = json.loads((DATA / "globalping-errors.json").read_text())
SHAPES: dict[str, Any] = json.loads((DATA / "globalping-shapes.json").read_text())
CLIENT = Path(__file__).parents[1] / "clients" / "node_modules" / "globalping"


def shape(name: str) -> Any:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", **SHAPES})


@pytest.fixture
def server() -> Iterator[FakeGlobalping]:
    with fake.serving(FakeGlobalping()) as running:
        yield running


def order(server: FakeGlobalping, body: Any, token: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(f"{server.url}/v1/measurements", content=content, headers=headers, trust_env=False)


def show(server: FakeGlobalping, id: str, etag: str = "") -> httpx.Response:
    headers = {"If-None-Match": etag} if etag else {}
    return httpx.get(f"{server.url}/v1/measurements/{id}", headers=headers, trust_env=False)


HTTP: dict[str, Any] = {
    "type": "http",
    "target": "target.example",
    "measurementOptions": {"request": {"method": "GET"}},
}

WRONG: dict[str, Any] = {
    "POST 400 method": {**HTTP, "measurementOptions": {"request": {"method": "POST"}}},
    "POST 400 private target": {**HTTP, "target": "10.0.0.1"},
    "POST 400 target with port / localhost": {**HTTP, "target": "localhost"},
    "POST 400 location limit": {**HTTP, "locations": [{"country": "DE", "limit": 51}]},
    "POST 400 both limits": {**HTTP, "limit": 2, "locations": [{"country": "DE", "limit": 1}]},
    "POST 400 timeout": {**HTTP, "timeout": 4},
    "POST 400 magic": {**HTTP, "locations": [{"magic": "a+b+c+d+e"}]},
    "POST 400 unknown field": {**HTTP, "bogus": 1},
    "POST 400 bad json": b"{x",
    "POST 422 no probes / unknown measurement id": {**HTTP, "locations": [{"country": "FR"}]},
}


@pytest.mark.parametrize("name", [pytest.param(n, id=n) for n in ERRORS if n.startswith("POST 4") and n in WRONG])
def test_a_wrong_order_is_refused_in_the_recorded_words(server: FakeGlobalping, name: str) -> None:
    response = order(server, WRONG[name])
    assert [response.status_code, response.json()] == ERRORS[name]
    assert not any(h.startswith("x-ratelimit") for h in response.headers)


def test_every_recorded_kind_of_refusal_is_tried() -> None:
    elsewhere = {n for n in ERRORS if "401" in n or "429" in n or n.startswith(("GET", "POST 202"))}
    assert set(ERRORS) == set(WRONG) | elsewhere


def test_a_token_nobody_knows_is_refused_and_a_good_one_doubles_the_limit(server: FakeGlobalping) -> None:
    refused = order(server, HTTP, "bad")
    assert [refused.status_code, refused.json()] == next(v for k, v in ERRORS.items() if "401" in k)
    assert order(server, HTTP, "good").headers["x-ratelimit-limit"] == "500"


def test_an_order_answers_with_id_place_and_costs(server: FakeGlobalping) -> None:
    recorded = ERRORS["POST 202 headers"][1]
    response = order(server, {**HTTP, "locations": [{"country": c} for c in ("DE", "US", "JP")]})
    assert response.status_code == 202
    assert set(response.json()) == {"id", "probesCount"}
    assert set(recorded["_headers"]) <= set(response.headers)
    assert {k: v for k, v in response.headers.items() if k.startswith("x-")} == {
        k: v for k, v in recorded["_headers"].items() if k.startswith("x-")
    }
    assert response.headers["location"].endswith("/v1/measurements/" + response.json()["id"])
    shape("CreateMeasurementResponse").validate(response.json())


def test_an_hour_has_a_limit(server: FakeGlobalping) -> None:
    server.used = 250
    response = order(server, HTTP)
    assert [response.status_code, response.json()] == ERRORS["POST 429 anonymous (spec example + code)"]


def test_limits_have_the_recorded_shape(server: FakeGlobalping) -> None:
    server.used = 40
    answer = httpx.get(f"{server.url}/v1/limits", trust_env=False).json()
    assert answer == ERRORS["GET /v1/limits 200"][1]
    shape("Limits").validate(answer)


def test_unknown_measurements_and_hasty_readers_are_told(server: FakeGlobalping) -> None:
    missing = show(server, "nope")
    assert [missing.status_code, missing.json()] == ERRORS["GET 404"]
    id = order(server, HTTP).json()["id"]
    last = [show(server, id) for _ in range(6)][-1]
    assert [last.status_code, last.json()] == next(v for k, v in ERRORS.items() if k.startswith("GET 429"))
    assert last.headers["retry-after"] == "5"


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_recordings_fit_the_description(name: str) -> None:
    shape("MeasurementResponse").validate(RECORDED[name])


CASES: list[Any] = [
    pytest.param("ok", lambda m, p: fake.http_result(200, b"ok\n"), id="200"),
    pytest.param("e500", lambda m, p: fake.http_result(500, b"boom\n"), id="500 is finished"),
    pytest.param("redir", lambda m, p: fake.http_result(302, b"", {"location": "http://x.example/"}), id="a redirect is finished"),
    pytest.param("head", lambda m, p: fake.http_result(200, b"", method="HEAD"), id="HEAD has no body"),
    pytest.param("tls", lambda m, p: fake.http_result(tls=fake.certificate(authorized=False, error="DEPTH_ZERO_SELF_SIGNED_CERT")), id="an invalid certificate is finished"),
    pytest.param("refused", lambda m, p: fake.failed("target", "connect ECONNREFUSED 192.0.2.1:1"), id="refused"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "target"), CASES)
def test_the_fake_shows_what_the_recording_shows(server: FakeGlobalping, name: str, target: Any) -> None:
    """The same keys at every level, the same words for state, and the description holds."""
    server.target = target
    id = order(server, {**HTTP, "locations": [{"country": "DE"}]}).json()["id"]
    shown, recorded = show(server, id).json(), RECORDED[name]
    shape("MeasurementResponse").validate(shown)
    assert set(shown) == set(recorded)
    ours, theirs = shown["results"][0], recorded["results"][0]
    assert set(ours["probe"]) == set(theirs["probe"])
    assert set(ours["result"]) == set(theirs["result"])
    assert ours["result"]["status"] == theirs["result"]["status"]
    assert ours["result"].get("failureSource") == theirs["result"].get("failureSource")
    assert {k: type(v) for k, v in ours["result"]["timings"].items() if v}.items() <= dict.fromkeys(
        theirs["result"]["timings"], int
    ).items()
    assert (ours["result"]["rawBody"] is None) == (theirs["result"]["rawBody"] is None)


def test_a_large_body_is_cut_where_the_real_one_cuts(server: FakeGlobalping) -> None:
    recorded = RECORDED["big"]["results"][0]["result"]
    assert recorded["truncated"]
    assert len(recorded["rawBody"].encode("utf-16-le")) // 2 == 10_000
    ours = fake.http_result(body=(recorded["rawBody"] * 2).encode())
    assert (ours["rawBody"], ours["truncated"]) == (recorded["rawBody"], True)


def test_a_character_split_over_two_segments_is_damaged(server: FakeGlobalping) -> None:
    raw = '{"name": "日本"}'.encode()
    at = raw.index("日".encode()) + 1
    assert fake.http_result(body=raw)["rawBody"] == '{"name": "日本"}'
    assert "\ufffd" in fake.http_result(body=[raw[:at], raw[at:]])["rawBody"]


def test_a_measurement_is_in_progress_then_finished_and_unchanged_answers_are_304(server: FakeGlobalping) -> None:
    server.delay = 0.2
    id = order(server, HTTP).json()["id"]
    first = show(server, id)
    shape("MeasurementResponse").validate(first.json())
    assert first.json()["status"] == "in-progress"
    assert first.headers["etag"].startswith('W/"')
    assert show(server, id, first.headers["etag"]).status_code == 304
    server.delay = 0.0
    assert show(server, id, first.headers["etag"]).json()["status"] == "finished"


def test_places_without_a_probe_are_dropped_without_a_word(server: FakeGlobalping) -> None:
    body = {**HTTP, "locations": [{"country": "FR"}, {"country": "JP", "limit": 5}]}
    made = order(server, body).json()
    assert made["probesCount"] == 1
    assert [r["probe"]["country"] for r in show(server, made["id"]).json()["results"]] == ["JP"]


def test_frozen_and_dead_probes_look_as_recorded(server: FakeGlobalping) -> None:
    first = order(server, {**HTTP, "locations": [{"country": "DE"}]}).json()["id"]
    server.dead = ["Falkenstein"]
    again = order(server, {**HTTP, "locations": first}).json()["id"]
    shown = show(server, again).json()
    offline = next(r for r in RECORDED["offline_probe"]["results"] if r["result"]["status"] == "offline")
    assert shown["results"][0]["result"] == offline["result"]
    server.dead, server.frozen, server.sweep = [], ["Falkenstein"], 0.0
    swept = show(server, order(server, {**HTTP, "locations": [{"country": "DE"}]}).json()["id"]).json()
    assert set(swept["results"][0]["result"]) == {"status", "rawHeaders", "rawBody", "rawOutput", "failureSource"}
    assert swept["results"][0]["result"]["failureSource"] == "internal"


SCRIPT = """
import {{ Globalping }} from '{client}/dist/esm/index.js';
const real = globalThis.fetch;
globalThis.fetch = async (request) => {{
  // The client's address is fixed; only the host is turned round, everything else stays the client's own.
  const url = request.url.replace('https://api.globalping.io', '{url}');
  const body = request.method === 'POST' ? await request.text() : undefined;
  return real(url, {{ method: request.method, headers: request.headers, body, signal: request.signal }});
}};
const api = new Globalping({{ timeout: 5000 }});
const made = await api.createMeasurement({{ type: 'http', target: 'target.example',
  measurementOptions: {{ request: {{ method: 'GET' }} }}, locations: [{{ country: 'DE' }}, {{ country: 'US' }}] }});
const done = await api.awaitMeasurement(made.data.id);
const wrong = await api.createMeasurement({{ type: 'http', target: 'localhost' }});
const gone = await api.getMeasurement('nope');
const limits = await api.getLimits();
console.log(JSON.stringify({{ made, done: done.data, ok: [made.ok, done.ok, wrong.ok, gone.ok],
  wrong: wrong.data, gone: [gone.response.status, gone.data.error.type], limits: limits.data,
  finished: Globalping.isMeasurementFinished(done.data), http: Globalping.isMeasurementType('http', done.data) }}));
"""


def test_the_official_client_is_content(server: FakeGlobalping, tmp_path: Path) -> None:
    """Create, await, refusal, not found and limits, driven by the npm client itself."""
    node = shutil.which("node")
    assert node, "node is missing: apt-get install nodejs npm"
    assert CLIENT.is_dir(), "the npm client is missing: run `npm ci` in tests/clients"
    server.delay = 0.3
    script = tmp_path / "drive.mjs"
    script.write_text(SCRIPT.format(client=CLIENT.as_uri(), url=server.url))
    ran = subprocess.run([node, str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["ok"] == [True, True, False, False]
    assert (said["finished"], said["http"]) == (True, True)
    assert [r["probe"]["country"] for r in said["done"]["results"]] == ["DE", "US"]
    assert said["wrong"]["error"]["type"] == "validation_error"
    assert said["gone"] == [404, "not_found"]
    assert said["limits"]["rateLimit"]["measurements"]["create"]["remaining"] == 248
    assert ("GET", f"/v1/measurements/{said['made']['data']['id']}", 200) in server.asked
