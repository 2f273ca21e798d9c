"""The ping to a hub: what it says, and that nothing a hub does can stop a publish."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from generator.notify.websub import LIMIT, TOLD, feeds, news, noted, ping

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def receiver(answer: Answer) -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """A server on loopback that records what it gets: (path, headers in lower case, body)."""
    got: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as found:
        yield found


def test_one_request_names_every_changed_feed(client: httpx.Client) -> None:
    with receiver(status(204)) as (hub, got):
        paths = ("history.atom", "updates.rss", "components/civitai/cdn/history.atom")
        assert ping([f"https://status.example/{path}" for path in paths], f"{hub}/", client).ok
    ((_, headers, body),) = got
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body.decode()) == {
        "hub.mode": ["publish"],
        "hub.url": [
            "https://status.example/history.atom",
            "https://status.example/updates.rss",
            "https://status.example/components/civitai/cdn/history.atom",
        ],
    }


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (status(500), "500"),
        (status(404), "404"),
        (status(302, Location="http://127.0.0.1:1/"), "302"),
        (hang_up, "did not answer"),
    ],
    ids=["a fault of the hub", "no such hub", "a redirect is not followed", "hangs up"],
)
def test_what_a_hub_does_is_a_value(client: httpx.Client, answer: Answer, why: str) -> None:
    with receiver(answer) as (hub, _):
        found = ping(["https://status.example/history.atom"], hub, client)
    assert not found.ok
    assert why in found.why


@pytest.mark.parametrize(
    "hub",
    ["http://127.0.0.1:1/", "http://", "not an address", "http://[::1", "ftp://127.0.0.1/", "http://127.0.0.1:99999/"],
)
def test_a_hub_that_is_none_is_a_value(client: httpx.Client, hub: str) -> None:
    assert not ping(["https://status.example/history.atom"], hub, client).ok


@pytest.mark.parametrize(
    ("urls", "hub"),
    [((), "http://127.0.0.1:1/"), (("https://x/history.atom",), "")],
    ids=["nothing changed", "no hub configured"],
)
def test_nothing_to_tell_sends_nothing(client: httpx.Client, urls: tuple[str, ...], hub: str) -> None:
    assert ping(urls, hub, client).ok


# ---- what is news ----------------------------------------------------------------------------------------------------


def test_feeds_are_what_the_site_announces_as_such_and_nothing_of_like_name(tmp_path: Path) -> None:
    """A schema for the JSON feed, or what somebody else keeps in the folder, is no feed."""
    wanted = [
        "feed.json",
        "history.atom",
        "updates.rss",
        "impact/major/updates.atom",
        "platforms/civitai/history.rss",
        "regions/eu-west/updates.rss",
        "components/civitai/cdn/history.atom",
    ]
    others = ["api/roadworthy/v1/schemas/feed.json", "blog/history.rss", "podcast.rss", "components/civitai/feed.json"]
    for path in (*wanted, *others):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    assert list(feeds(tmp_path)) == wanted
    assert len(set(feeds(tmp_path).values())) == len(wanted)


SITE = {"history.atom": "1", "updates.atom": "2"}


@pytest.mark.parametrize(
    ("told", "there", "wanted"),
    [
        ({}, SITE, ("history.atom", "updates.atom")),
        (SITE, SITE, ()),
        (SITE, SITE | {"updates.atom": "3"}, ("updates.atom",)),
        (SITE, SITE | {"regions/x/updates.atom": "4"}, ("regions/x/updates.atom",)),
        (SITE, {"history.atom": "1"}, ()),
    ],
    ids=["nothing was ever told", "nothing changed", "one changed", "one more", "one less"],
)
def test_news_is_what_changed_since_it_was_told(
    told: dict[str, str], there: dict[str, str], wanted: tuple[str, ...]
) -> None:
    meta = noted(told, tuple(told), {})
    assert news(there, meta) == wanted
    assert news(there, meta | noted(there, wanted, meta)) == ()


@pytest.mark.parametrize("text", ["", "[", "[]", "7"])
def test_a_record_that_cannot_be_read_means_that_nothing_was_told(text: str) -> None:
    assert news(SITE, {TOLD: text}) == tuple(SITE)


def test_a_ping_is_bounded_and_the_rest_is_told_the_next_time() -> None:
    many = {"history.atom": "0"} | {f"components/p/c{n}/history.atom": str(n) for n in range(LIMIT)}
    first = news(many, {})
    assert len(first) == LIMIT
    assert first[0] == "history.atom"
    assert news(many, noted(many, first, {})) == (f"components/p/c{LIMIT - 1}/history.atom",)
