"""The published copy: small, unchanged where nothing changed, and never mistaken for an empty history."""

from __future__ import annotations

import gzip
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from generator import stores
from generator.copies import published
from generator.copies.published import (
    MANIFEST,
    PREFIX,
    Copy,
    Manifest,
    copy_of,
    guard,
    noted,
    over_the_web,
    previous,
    restore,
)
from generator.errors import HistoryError
from generator.model import Artifact, Observation, Status
from generator.publish import Deferred, publish
from generator.stores import Store
from tests.keeping.builders import DAY, FULL, HOUR, NOW, observation, outage, rollup, round_, span

TODAY = NOW // DAY * DAY


def fill(store: Store) -> None:
    """Three months of days, two weeks of hours, a day of rounds, an outage that runs."""
    store.append([FULL, *(o for n in range(288) for o in round_(NOW - 60 - 300 * n, 2, 2))], NOW)
    hour = NOW // HOUR * HOUR
    store.save(
        checkpoint=(NOW, {"votes": {"a": 1}}),
        spans=[span(NOW - 70 * DAY, NOW - DAY), span(NOW - DAY, None, Status.MAJOR_OUTAGE)],
        outages=[outage(NOW - 40 * DAY, NOW - 39 * DAY), outage(NOW - DAY, None)],
        rollups=[rollup(TODAY - n * DAY) for n in range(90)]
        + [rollup(hour - n * HOUR, scale="hour") for n in range(14 * 24)],
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "root" / "site"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    opened = stores.open("sqlite:fresh.sqlite", root=tmp_path)
    yield opened
    opened.close()


def carry(store: Store, site: Path, now: int = NOW) -> published.Copy:
    copy = copy_of(store, previous(store, site), now)
    publish(copy.artifacts, site)
    noted(store, copy)
    return copy


def everything(store: Store) -> tuple:
    days, hours = store.rollups("day", 0), store.rollups("hour", 0)
    return list(store.observations(0)), store.spans(0), store.outages(), sorted(days, key=repr), sorted(hours, key=repr)


# ---- making ----------------------------------------------------------------------------------------------------------


def test_a_machine_without_a_disk_gets_its_history_back(store: Store, site: Path, empty: Store) -> None:
    fill(store)
    carry(store, site)
    done = restore(empty, site, None, NOW)
    assert everything(empty) == everything(store)
    assert list(empty.checkpoints(NOW)) == [(NOW, {"votes": {"a": 1}})]
    assert empty.received_since(0) == (0, None), "the roll-ups know what was restored"
    assert done.manifest is not None
    assert done.manifest.counts["days"] == 90


def test_history_survives_from_machine_to_machine_without_any_disk(site: Path, tmp_path: Path) -> None:
    """Each run begins with nothing, restores, adds its round, publishes."""
    for n in range(4):
        now = NOW + 300 * n
        store = stores.open(f"sqlite:run{n}.sqlite", root=tmp_path)
        restore(store, site, None, now, init=n == 0)
        if n == 0:
            fill(store)
        store.append(round_(now - 30, 2, 2), now)
        store.save(checkpoint=(now, {"n": n}), rollups=[rollup(TODAY, samples=20 + n)])
        copy = carry(store, site, now)
        assert copy.manifest.generation == n + 1
        assert len(list(store.observations(0))) == 288 * 4 + 1 + 4 * (n + 1)
        store.close()


def test_old_months_are_one_part_each_and_recent_hours_are_small_ones(store: Store, site: Path) -> None:
    fill(store)
    names = [p.path.removeprefix(PREFIX) for p in carry(store, site).manifest.parts]
    assert [n for n in names if n.startswith("days/")][:3] == [
        "days/2026-08.jsonl",
        "days/2026-09.jsonl",
        "days/2026-10.jsonl",
    ]
    assert [n for n in names if n.startswith("days/2026-11-")] == [f"days/2026-11-{d:02}.jsonl" for d in range(1, 24)]
    assert len([n for n in names if n.startswith("recent/")]) == 48
    assert len([n for n in names if n.startswith("hours/")]) == 14
    assert {"spans/2026-09.jsonl", "spans/2026-11.jsonl", "outages/2026-10.jsonl", "checkpoint.jsonl"} <= set(names)


def test_a_copy_of_the_same_history_is_the_same_bytes_and_not_a_new_generation(store: Store, site: Path) -> None:
    fill(store)
    first = carry(store, site)
    second = copy_of(store, previous(store, site), NOW)
    assert second.manifest == first.manifest
    assert publish(second.artifacts, site).written == ()
    assert sum(isinstance(a, Deferred) for a in second.artifacts) == len(second.artifacts) - 1, (
        "only the manifest is made"
    )


def test_only_parts_that_changed_are_made_and_written(store: Store, site: Path) -> None:
    fill(store)
    carry(store, site)
    now = NOW + 300
    store.append(round_(now, 2, 2), now)
    store.save(checkpoint=(now, {}), rollups=[rollup(TODAY, samples=13), rollup(NOW, scale="hour", samples=13)])
    copy = copy_of(store, previous(store, site), now)
    made = {a.path.removeprefix(PREFIX) for a in copy.artifacts if not isinstance(a, Deferred)}
    assert made == {"checkpoint.jsonl", "days/2026-11-23.jsonl", "manifest.json", "recent/2026-11-23T06.jsonl"}
    assert set(publish(copy.artifacts, site).written) == {PREFIX + name for name in made}
    assert copy.manifest.generation == 2


class Watched:
    """A store that notes which raw observations it was asked for."""

    def __init__(self, store: Store) -> None:
        self.asked: list[tuple[int, int | None]] = []
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def observations(self, since: int, until: int | None = None, **more: str) -> Iterator[Observation]:
        self.asked.append((since, until))
        return self._store.observations(since, until, **more)


def bodies(copy: Copy) -> dict[str, bytes]:
    return {a.path: a.body if isinstance(a, Artifact) else a.read() for a in copy.artifacts}


HOUR_OF_NOW = NOW - NOW % HOUR
LATER = HOUR_OF_NOW + HOUR


def test_of_the_hour_that_grows_only_the_minutes_that_have_news_are_read(store: Store, site: Path) -> None:
    for minute in (1, 12, 23):
        store.append(round_(HOUR_OF_NOW + minute * 60, 2, 2), LATER)
    store.save(rollups=[rollup(HOUR_OF_NOW, scale="hour")])
    carry(store, site, LATER)
    store.append(round_(HOUR_OF_NOW + 27 * 60, 2, 2), LATER)
    watched = Watched(store)
    copy = copy_of(cast(Store, watched), previous(store, site), LATER, site=site)
    assert watched.asked == [(HOUR_OF_NOW + 1200, HOUR_OF_NOW + 1800)]
    assert bodies(copy) == bodies(copy_of(store, previous(store, site), LATER))


@pytest.mark.parametrize("minute", [0, 9, 10, 35, 59])
def test_a_late_look_gets_into_the_middle_of_an_hour_that_was_published(store: Store, site: Path, minute: int) -> None:
    store.append([o for m in range(0, 60, 5) for o in round_(HOUR_OF_NOW + m * 60, 2, 2)], LATER)
    carry(store, site, LATER)
    store.append([observation(HOUR_OF_NOW + minute * 60 + 7, "late")], LATER)
    copy = copy_of(store, previous(store, site), LATER, site=site)
    assert bodies(copy) == bodies(copy_of(store, previous(store, site), LATER))
    assert sum(b'"late"' in body for body in bodies(copy).values()) == 1


@pytest.mark.parametrize("harm", ["gone", "cut off", "another"])
def test_a_published_hour_that_is_not_what_was_noted_is_made_from_history(store: Store, site: Path, harm: str) -> None:
    store.append([o for m in (1, 12) for o in round_(HOUR_OF_NOW + m * 60, 2, 2)], LATER)
    carry(store, site, LATER)
    part = next((site / PREFIX / "recent").iterdir())
    whole = part.read_bytes()
    part.unlink()
    if harm != "gone":
        part.write_bytes(whole[:-9] if harm == "cut off" else b"{}")
    store.append(round_(HOUR_OF_NOW + 23 * 60, 2, 2), LATER)
    copy = copy_of(store, previous(store, site), LATER, site=site)
    assert bodies(copy) == bodies(copy_of(store, previous(store, site), LATER))


def test_what_an_earlier_version_noted_of_parts_is_no_hint(store: Store, site: Path) -> None:
    """Its bytes may have been others: an artifact that is announced and cannot be made would stop the page."""
    fill(store)
    copy = carry(store, site)
    earlier = {name: row[:4] for name, row in json.loads(copy.hints)["parts"].items()}
    store.save(meta={"published-parts": json.dumps(earlier)})
    shutil.rmtree(site)
    again = copy_of(store, previous(store, site), NOW, site=site)
    assert not any(isinstance(a, Deferred) for a in again.artifacts)


def test_a_part_that_was_deferred_but_is_gone_from_the_site_is_made_again(store: Store, site: Path) -> None:
    fill(store)
    carry(store, site)
    shutil.rmtree(site)
    carry(store, site)
    for part in previous(None, site).parts:
        assert (site / part.path).stat().st_size == part.size


def test_five_years_cost_no_more_parts_to_make_than_one(store: Store, site: Path) -> None:
    """Build time stays flat: what is long past is known by its hash and not read again."""
    store.save(checkpoint=(NOW, {}), rollups=[rollup(TODAY - n * DAY) for n in range(5 * 365)])
    carry(store, site)
    store.save(checkpoint=(NOW + 300, {}), rollups=[rollup(TODAY, samples=13)])
    copy = copy_of(store, previous(store, site), NOW + 300)
    assert len(copy.artifacts) > 60 + 23
    assert sum(not isinstance(a, Deferred) for a in copy.artifacts) == 3


def test_a_late_delivery_into_a_month_long_past_changes_that_month(store: Store, site: Path) -> None:
    fill(store)
    carry(store, site)
    store.save(rollups=[rollup(TODAY - 60 * DAY, samples=99)], outages=[outage(NOW - 40 * DAY, NOW - 38 * DAY)])
    copy = copy_of(store, previous(store, site), NOW)
    made = {a.path.removeprefix(PREFIX) for a in copy.artifacts if not isinstance(a, Deferred)}
    assert made == {"days/2026-09.jsonl", "outages/2026-10.jsonl", "manifest.json"}


# ---- never less ------------------------------------------------------------------------------------------------------

BEFORE = Manifest(7, "2026-08", NOW, {"days": 90, "outages": 2, "spans": 9, "recent": 500})


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        pytest.param(
            {"counts": {"days": 89, "outages": 2}},
            "the published copy holds 90 days, this one 89; bring it back",
            id="a day less",
        ),
        pytest.param(
            {"counts": {"days": 90, "outages": 1}},
            "the published copy holds 2 outages, this one 1",
            id="an outage less",
        ),
        pytest.param({"counts": {}}, "holds 90 days, this one 0", id="an empty history"),
        pytest.param({"first_day": "2026-09"}, "published since 2026-08, this is 2026-09", id="it begins later"),
        pytest.param({"generation": 6}, "copy 7 is published, this is 6", id="an older generation"),
    ],
)
def test_a_copy_that_knows_less_than_the_published_one_is_refused(new: dict, sentence: str) -> None:
    with pytest.raises(HistoryError, match=sentence):
        guard(replace(BEFORE, **new), BEFORE)


@pytest.mark.parametrize(
    "new",
    [
        pytest.param({}, id="the same"),
        pytest.param({"generation": 8, "counts": {"days": 91, "outages": 3}}, id="more"),
        pytest.param({"counts": {"days": 90, "outages": 2, "recent": 3}}, id="fewer recent hours: they pass"),
        pytest.param({"counts": {"days": 90, "outages": 2, "spans": 5}}, id="fewer spans: a hole was filled"),
    ],
)
def test_what_passes_with_time_is_no_loss(new: dict) -> None:
    guard(replace(BEFORE, **new), BEFORE)
    guard(replace(BEFORE, **new), None)


def test_a_store_that_lost_its_file_does_not_overwrite_the_published_history(
    store: Store, site: Path, empty: Store
) -> None:
    fill(store)
    carry(store, site)
    empty.save(checkpoint=(NOW, {}), rollups=[rollup(TODAY)])
    with pytest.raises(HistoryError, match="history is missing: the published copy holds 90 days, this one 1"):
        copy_of(empty, previous(empty, site), NOW)
    assert copy_of(empty, previous(empty, site), NOW, allow_shrink=True).manifest.counts["days"] == 1
    restore(empty, site, None, NOW)
    assert copy_of(empty, previous(empty, site), NOW).manifest.counts["days"] == 90


# ---- answers that are no history -------------------------------------------------------------------------------------


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


class Web:
    """A web server on loopback that serves a folder, or for some paths something worse."""

    def __init__(self, folder: Path) -> None:
        self.instead: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, str]] = []
        web = self

        class Handler(_Quiet):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0].lstrip("/")
                web.asked.append((self.path, self.headers.get("Cache-Control", "")))
                if path in web.instead:
                    web.instead[path](self)
                else:
                    super().do_GET()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def says(
    status: int, body: bytes, kind: str = "application/json", **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **named}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def cut_off(handler: BaseHTTPRequestHandler) -> None:
    says(200, b'{"version": 1', Content_Length="5000")(handler)
    handler.close_connection = True


@pytest.fixture
def web(site: Path, sqlite: Store) -> Iterator[Web]:
    fill(sqlite)
    carry(sqlite, site)
    server = Web(site)
    yield server
    server.close()


def fetch(timeout: float = 20.0) -> published.Fetch:
    return over_the_web(allow_private=True, timeout=timeout)


def test_history_comes_back_over_the_web_past_every_cache(web: Web, sqlite: Store, empty: Store) -> None:
    restore(empty, web.url, fetch(), NOW)
    assert everything(empty) == everything(sqlite)
    assert {(path.partition("?")[2], cache) for path, cache in web.asked} == {(f"g={NOW}", "no-cache")}


DAY_PART = f"{PREFIX}days/2026-11-20.jsonl"
PAGE = b"<!doctype html><title>Bad gateway</title>"


@pytest.mark.parametrize(
    ("path", "answer", "sentence"),
    [
        pytest.param(
            MANIFEST,
            says(404, b""),
            r"no history is published there; if this is the first run, say so \(--init\)",
            id="nothing there",
        ),
        pytest.param(MANIFEST, says(500, b""), "could not be read: the answer was 500", id="the server fails"),
        pytest.param(MANIFEST, says(403, PAGE, "text/html"), "could not be read: the answer was 403", id="forbidden"),
        pytest.param(
            MANIFEST,
            says(200, PAGE, "text/html"),
            "could not be read: the answer is a web page",
            id="200 with an error page",
        ),
        pytest.param(
            MANIFEST,
            says(200, PAGE),
            r"the manifest of history cannot be read \(it is a web page\)",
            id="an error page that calls itself JSON",
        ),
        pytest.param(MANIFEST, says(200, b""), "the manifest of history cannot be read", id="empty"),
        pytest.param(MANIFEST, says(200, b"{}"), "the manifest of history cannot be read", id="JSON of something else"),
        pytest.param(MANIFEST, says(200, b"[1]"), "the manifest of history cannot be read", id="a list"),
        pytest.param(
            MANIFEST, says(200, b'{"version": 2}'), "the copy is of a newer version of Roadworthy", id="a newer version"
        ),
        pytest.param(MANIFEST, cut_off, "could not be read: closed_early", id="cut off in the middle"),
    ],
)
def test_an_answer_that_is_no_history_is_an_error_and_the_store_stays_as_it_was(
    web: Web, empty: Store, path: str, answer: Callable[[BaseHTTPRequestHandler], None], sentence: str
) -> None:
    web.instead[path] = answer
    with pytest.raises(HistoryError, match=sentence):
        restore(empty, web.url, fetch(), NOW)
    assert everything(empty) == ([], (), (), [], [])
    assert empty.meta() == {}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        pytest.param(
            says(404, b""),
            r"days/2026-11-20\.jsonl is missing, though the manifest names it",
            id="a part is missing",
        ),
        pytest.param(
            says(200, PAGE, "text/html"),
            "could not be read: the answer is a web page",
            id="an error page for a part",
        ),
        pytest.param(
            says(200, b"{}\n", "text/plain"),
            r"days/2026-11-20\.jsonl is not what the manifest says",
            id="another version of a part",
        ),
        pytest.param(
            says(200, gzip.compress(bytes(range(256)))[:90], Content_Encoding="gzip"),
            "could not be read: ",
            id="broken compression",
        ),
    ],
)
def test_a_part_that_is_no_history_is_an_error_and_all_others_are_in_the_store(
    web: Web, sqlite: Store, empty: Store, answer: Callable[[BaseHTTPRequestHandler], None], sentence: str
) -> None:
    web.instead[DAY_PART] = answer
    with pytest.raises(published.Incomplete, match=sentence) as caught:
        restore(empty, web.url, fetch(), NOW)
    assert [part.path for part in caught.value.missing] == [DAY_PART]
    assert "published" not in empty.meta(), "the next run asks for it again"
    assert len(empty.rollups("day", 0)) == len(sqlite.rollups("day", 0)) - 1
    assert (list(empty.observations(0)), empty.outages()) == (list(sqlite.observations(0)), sqlite.outages())
    web.instead.clear()
    restore(empty, web.url, fetch(), NOW)
    assert everything(empty) == everything(sqlite)


@pytest.mark.parametrize(
    "answer",
    [says(500, b""), says(200, PAGE, "text/html"), says(200, PAGE), says(403, b""), cut_off],
    ids=["500", "a page", "a page as JSON", "403", "cut off"],
)
def test_a_first_run_takes_only_a_plain_no_for_no_history(web: Web, empty: Store, answer: Callable) -> None:
    web.instead[MANIFEST] = answer
    with pytest.raises(HistoryError):
        restore(empty, web.url, fetch(), NOW, init=True)
    web.instead[MANIFEST] = says(404, b"")
    assert restore(empty, web.url, fetch(), NOW, init=True).manifest is None


def test_nobody_there_is_an_error_too(empty: Store) -> None:
    with pytest.raises(HistoryError, match=r"could not be read: connection_refused"):
        restore(empty, "http://127.0.0.1:9", fetch(), NOW, init=True)


def test_a_compressed_answer_is_read_as_what_it_is(web: Web, empty: Store, site: Path) -> None:
    body = (site / DAY_PART).read_bytes()
    web.instead[DAY_PART] = says(200, gzip.compress(body), Content_Encoding="gzip")
    assert restore(empty, web.url, fetch(), NOW).added.rollups > 90


def test_a_copy_older_than_one_we_know_is_refused(web: Web, site: Path, sqlite: Store, tmp_path: Path) -> None:
    """An edge that serves yesterday's copy must not become the base of today's."""
    old = tmp_path / "old"
    shutil.copytree(site, old)
    sqlite.save(checkpoint=(NOW + 300, {}))
    carry(sqlite, site, NOW + 300)
    with pytest.raises(HistoryError, match="copy 1 of history is older than 2, which we know"):
        restore(sqlite, old, None, NOW + 300)
    restore(sqlite, site, None, NOW + 300)


@pytest.mark.parametrize("path", ["../../etc/passwd", "history-data/v1/../../x", "/etc/passwd", "index.html"])
def test_a_manifest_that_leads_elsewhere_is_refused(site: Path, empty: Store, path: str) -> None:
    manifest = Manifest(1, "2026-08", NOW, {}, (published.Part(path, "0" * 64, 1, 1),)).to_json()
    (site / PREFIX).mkdir(parents=True)
    (site / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(HistoryError, match="which is no part of it"):
        restore(empty, site, None, NOW)


def test_a_folder_without_a_copy_is_no_empty_history(tmp_path: Path, empty: Store) -> None:
    with pytest.raises(HistoryError, match="no history is published there"):
        restore(empty, tmp_path, None, NOW)
    assert restore(empty, tmp_path, None, NOW, init=True).manifest is None


def test_the_newest_of_what_store_and_site_remember_counts(store: Store, site: Path) -> None:
    assert previous(store, site) is None
    fill(store)
    copy = copy_of(store, None, NOW)
    publish(copy.artifacts, site)
    assert previous(store, site) == copy.manifest, "killed before it was noted: the site knows"
    noted(store, copy)
    shutil.rmtree(site)
    assert previous(store, site) == copy.manifest, "the site is gone: the store knows"
