"""The default checks against a real server on loopback, carried by the real local engine in one real run."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from generator import config, probes
from generator.checking import check_round
from generator.fetch import Exchange, Looker, Visit
from generator.model import Config, Observation, Request, Verdict
from generator.probes import _asking
from tests.semantics.civitai import pictures, platform
from tests.semantics.default_content import HTTP_KINDS, STATUS
from tests.semantics.looks import MINUTE, iso, model

PICTURE = b"\xff\xd8\xff\xe0" + b"\x00" * 600


@dataclass
class Civitai:
    """The scripted platform behind a real socket, by today's clock. `asked` is (seconds, path with query)."""

    url: str = ""
    stalled: bool = False
    asked: list[tuple[float, str]] = field(default_factory=list)

    def script(self) -> Any:
        now = time.time()
        new = [model(9000 - n, 0) for n in range(100)]
        for n, shown in enumerate(new):
            shown["modelVersions"][0]["publishedAt"] = iso(2 * MINUTE + n * 2 * MINUTE, now)
        images = pictures(100)
        for n, picture in enumerate(images):
            picture["createdAt"] = iso(30 + n * 20, now)
        return platform(new, images, indexed=lambda m: not self.stalled)


@pytest.fixture
def civitai() -> Iterator[Civitai]:
    here = Civitai()
    script = here.script()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append((time.monotonic(), self.path))
            body, kind = self._body()
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _body(self) -> tuple[bytes, str]:
            path = urlsplit(self.path).path
            if path.startswith("/picture"):
                return PICTURE, "image/jpeg"
            if path.endswith("/creators"):
                listed = ", ".join(f'{{"image": "{here.url}/picture/{n}.jpeg"}}' for n in range(5))
                return f'{{"items": [{listed}]}}'.encode(), "application/json"
            if path.startswith("/openai-community"):
                return b"{}", "application/json"
            if path.startswith("/cdn-cgi/trace"):
                return b"colo=FRA\n", "text/plain"
            if "/model-versions/" in path:
                return b'{"name": "v1", "versionName": "v1", "publishedAt": "2026-01-01T00:00:00Z"}', "application/json"
            exchange = script(Request(f"https://civitai.com{self.path}"))
            return exchange.body, exchange.headers["content-type"]

        do_HEAD = do_GET

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield here
    server.shutdown()
    server.server_close()


def turned(civitai: Civitai, folder: Path) -> Config:
    """The default configuration with every address turned to loopback; nothing can leave this machine."""
    text = re.sub(r"https://[a-z.]+", civitai.url, STATUS.read_text())
    text = text.replace("engine: local}", "engine: local, allow_private: true}", 1)
    file = folder / "status.yml"
    file.write_text(text)
    assert "https://" not in re.sub(r"#.*", "", text)
    return config.load(file, env={})


def questions(loaded: Config) -> list[str]:
    """Civitai's checks that send requests, but its status page and the host of the workers, which stay at home."""
    return [
        c.id for c in loaded.checks if c.id.startswith("civitai/") and c.kind in HTTP_KINDS and c.kind != "official"
    ]


@pytest.mark.slow
def test_a_run_stays_within_its_budget_and_its_pace_and_asks_for_a_shared_list_once(
    civitai: Civitai, tmp_path: Path
) -> None:
    loaded = turned(civitai, tmp_path)
    seen = asyncio.run(check_round(loaded, clock=time.time, env={}, only=questions(loaded))).observations
    verdicts = {o.check: (o.verdict, o.failure and o.failure.value, o.detail) for o in seen}
    bad = {c: v for c, v in verdicts.items() if v[0] not in (Verdict.OK, Verdict.INCONCLUSIVE)}
    assert bad == {}
    assert verdicts["civitai/indexing/lag"][0] is Verdict.OK
    assert verdicts["civitai/replication/primary-and-copy"][0] is Verdict.OK
    assert verdicts["civitai/cdn/avatars"][0] is Verdict.OK
    controls = sum(p.startswith(("/cdn-cgi", "/openai-community")) for _, p in civitai.asked)
    assert len(civitai.asked) - controls <= 30
    lists = Counter(re.sub(r"_cb=\d+", "_cb=", p) for _, p in civitai.asked if "sort=Newest" in p)
    shared, alone = (
        lists["/api/v1/models?sort=Newest&period=AllTime&limit=100&_cb="],
        lists["/api/v1/models?sort=Newest&period=AllTime&limit=100"],
    )
    # Once for everybody, twice more because a call must be asked again to be compared, and once as the edge has it.
    # A check that was not sure on a slow machine looked again, and never at what the others saw.
    assert (shared, alone) == (3 + looked_again(loaded, seen), 1)
    assert lists["/api/v1/images?sort=Newest&period=AllTime&limit=100&withTags=true&withMeta=true&_cb="] == 1
    times = sorted(t for t, p in civitai.asked if p.startswith("/api/v1/models"))
    assert all(b - a > 0.9 for a, b in pairwise(times)), "never more than one a second"


def looked_again(loaded: Config, seen: Sequence[Observation]) -> int:
    """Second looks of the checks that read the shared list of models with a busted cache."""
    readers = {
        c.id
        for c in loaded.checks
        if any("_cb|" in word and "/api/v1/models?sort=Newest" in word for word in probes.get(c.kind).shares(c.spec))
    }
    assert len(readers) > 3
    return sum(o.attempts - 1 for o in seen if o.check in readers)


def test_a_list_is_shared_also_when_a_new_minute_begins_between_two_checks(civitai: Civitai) -> None:
    """What keeps caches out of an address names the minute; two checks of one run may see two of them."""
    source = _asking.Source(url=f"{civitai.url}/api/v1/models?sort=Newest", items="items", cache_bust="_cb", pace=0.01)
    visit = Visit()

    async def both() -> list[tuple[Exchange, ...]]:
        looks = [Looker(allow_private=True, visit=visit, sharing=True, clock=partial(float, at)) for at in (59.9, 60.1)]
        return [await _asking.gather(look, source) for look in looks]

    first, second = asyncio.run(both())
    assert first == second
    assert [path for _, path in civitai.asked] == ["/api/v1/models?sort=Newest&_cb=0"]


@pytest.mark.slow
def test_a_stalled_index_is_seen_through_a_real_socket(civitai: Civitai, tmp_path: Path) -> None:
    civitai.stalled = True
    loaded = turned(civitai, tmp_path)
    seen = asyncio.run(
        check_round(loaded, clock=time.time, env={}, only=["civitai/indexing", "civitai/search"])
    ).observations
    found = {o.check: o for o in seen}
    assert found["civitai/search/known-model"].verdict is Verdict.OK
    lag = found["civitai/indexing/lag"]
    assert (lag.verdict, lag.unit, lag.degraded, lag.down) == (Verdict.DOWN, "s", 1500, 10800)
    assert lag.value is not None
    assert lag.value > 3600
