"""The scheduled job in the situations an operator meets: late, blind, alone, with an older configuration."""

from __future__ import annotations

import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from generator import stores
from generator.commands import run as run_command
from generator.copies.continuity import History
from generator.model import Failure, Observation, Round, Rules, Verdict
from tests.operating.platform import PROJECT, Platform, check, component, config, platform, roadworthy, status, write

START = int(time.time()) // 300 * 300 - 7200


def at(seconds: int) -> tuple[str, str]:
    return "--now", datetime.fromtimestamp(START + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def shop() -> Iterator[Platform]:
    with platform() as server:
        yield server


def refused() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def test_with_the_platform_entirely_down_the_run_ends_in_time_and_the_page_says_so(
    tmp_path: Path, shop: Platform
) -> None:
    parts = {f"part{n}": [check(refused()), check(refused(), id="again", kind="tcp")] for n in range(6)}
    for checks in parts.values():
        checks[1].pop("url")
        checks[1] |= {"host": "127.0.0.1", "port": int(refused().rsplit(":", 1)[1].strip("/"))}
    root = write(tmp_path, config(shop, parts, rules={"retries": 2, "down_after": 1}))
    begun = time.monotonic()
    done = roadworthy(root, "run")
    # The contract of the command, not a measurement: a schedule kills what takes longer.
    assert time.monotonic() - begun < 60
    assert done.returncode == 0, done.stderr
    assert {component(root, id)["status"] for id in parts} == {"major_outage"}
    sentence = status(root)["overall"]["sentence"]
    assert status(root)["overall"]["status"] == "major_outage"
    assert sentence in (root / "site" / "index.html").read_text()
    assert {path for path, _, _ in shop.asked} == {"/control"}


def test_a_check_with_nothing_due_says_when_there_is(tmp_path: Path, shop: Platform) -> None:
    """Instead of a table without rows; programs get an empty list."""
    root = write(tmp_path, config(shop, {"search": [check(shop.url("/s"))]}))
    assert roadworthy(root, "run", *at(0)).returncode == 0
    done = roadworthy(root, "check", *at(60))
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(
        r"Nothing is due\. Next: shop/search/\S+ in \S+, at [\d:]{8} UTC\. To look at it now: --only shop/search/\S+\n",
        done.stdout,
    ), done.stdout
    assert "observations" not in done.stderr
    assert roadworthy(root, "check", "--format", "json", *at(60)).stdout == "[]\n"


@contextmanager
def silent() -> Iterator[str]:
    """An address that takes every connection and never says a word."""
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    kept.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    for taken in kept:
        taken.close()


def test_with_both_platforms_of_the_default_content_silent_the_run_ends_in_time(tmp_path: Path, shop: Platform) -> None:
    """Silence costs more time than a refusal. A shorter round is asked for here; the default leaves 15 s of the 60."""
    assert Rules().round_limit <= 45
    shutil.copytree(PROJECT / "content", tmp_path / "content")
    file = tmp_path / "content" / "status.yml"
    value = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)  # as the program does; the other knows less
    value["controls"] = [{"url": shop.url(f"/control{n}"), "allow_private": True} for n in (1, 2)]
    value["rules"] = {**value.get("rules", {}), "round_limit": "6s"}
    hosts = set(re.findall(r"https?://([a-z0-9.-]+)|host: ([a-z0-9.-]+)", file.read_text()))
    with silent() as address:
        pins = {host: address for pair in hosts for host in pair if "." in host}
        value["regions"] = [
            {"id": "local", "name": "Here", "engine": "local", "allow_private": True, "resolve": pins},
        ]
        file.write_text(json.dumps(value, default=str))
        begun = time.monotonic()
        done = roadworthy(tmp_path, "run")
        assert time.monotonic() - begun < 6 + 15
    assert done.returncode == 0, done.stderr
    looked = re.search(r"looked: (\d+) ok, (\d+) down, (\d+) inconclusive", done.stdout)
    assert looked, done.stdout
    assert sum(map(int, looked.groups())) == len(looks(tmp_path))
    assert {c["status"] for p in status(tmp_path)["platforms"] for c in p["components"]} == {"unknown"}


def looks(root: Path) -> list[Observation]:
    with closing(stores.open("", root=root)) as store:
        return list(store.observations(0, int(time.time()) + 1))


def test_a_component_that_was_removed_is_told_and_its_history_kept(tmp_path: Path, shop: Platform) -> None:
    both = {"search": [check(shop.url("/s"))], "images": [check(shop.url("/i"))]}
    root = write(tmp_path, config(shop, both))
    assert roadworthy(root, "run", *at(0)).returncode == 0
    write(root, config(shop, {"search": both["search"]}))
    done = roadworthy(root, "run", *at(300))
    assert done.returncode == 0, done.stderr
    assert "warning: content/status.yml: `shop/images` has history but is no longer here" in done.stderr
    store = stores.open("", root=root, readonly=True)
    assert "shop/images" in {span.component for span in store.spans(0)}
    store.close()
    write(root, config(shop, {"search": both["search"]}, retired=["shop/images"]))
    assert "shop/images" not in roadworthy(root, "run", *at(600)).stderr


@pytest.mark.parametrize("declared", [True, False], ids=["said to be retired", "just removed"])
def test_an_incident_outlives_the_component_it_was_about(tmp_path: Path, shop: Platform, declared: bool) -> None:
    """It keeps its page and its place in feeds, with the same title; nothing leads to a page that is not there."""
    both = {"search": [check(shop.url("/s"))], "images": [check(refused())]}
    watching = config(shop, both)
    watching["platforms"][0]["components"][1]["name"] = "Previews & <thumbs>"
    root = write(tmp_path, watching)
    for seconds in (0, 300, 600):
        assert roadworthy(root, "run", *at(seconds)).returncode == 0
    (page,) = (root / "site" / "incidents").iterdir()
    title = "<title>Shop: Previews &amp; &lt;thumbs&gt;: failing</title>"
    assert title in (root / "site" / "history.rss").read_text()
    assert "No longer watched" not in (root / "site" / "history" / "index.html").read_text()
    told = re.findall("<description>.*?</description>", (root / "site" / "updates.rss").read_text(), re.DOTALL)
    write(root, config(shop, {"search": both["search"]}, retired=["shop/images"] if declared else []))
    done = roadworthy(root, "run", *at(900))
    assert done.returncode == 0, done.stderr
    text = (page / "index.html").read_text()
    assert "Previews &amp; &lt;thumbs&gt; (no longer watched)" in text
    assert "is no longer watched since" in text, "it was not seen working again"
    assert "working again" not in text
    assert "works again" not in text
    assert "withdrawn" not in text
    assert "components/shop/images" not in text
    assert title in (root / "site" / "history.rss").read_text()
    after = (root / "site" / "updates.rss").read_text()
    assert [words for words in told if words not in after] == [], "what was told stays as it was told"
    line = f"No longer watched: Previews &amp; &lt;thumbs&gt;, since {datetime.fromtimestamp(START, UTC):%-d %b %Y}<"
    history = root / "site" / "history" / "index.html"
    assert line in history.read_text()
    assert roadworthy(root, "run", *at(900 + 86400)).returncode == 0
    assert line in history.read_text(), "the day stays"
    assert roadworthy(root, "build", *at(900 + 86700)).returncode == 0
    assert line in history.read_text()
    write(root, watching)
    assert roadworthy(root, "run", *at(900 + 87000)).returncode == 0
    assert "No longer watched" not in history.read_text(), "it came back"


def test_a_place_that_nobody_looks_from_any_more_keeps_its_name(tmp_path: Path, shop: Platform) -> None:
    """An incident of one region is none of all regions because that one was taken out."""
    value = config(shop, {"images": [check(refused(), regions=["there"])], "search": [check(shop.url("/s"))]})
    here = {"id": "local", "name": "Here", "engine": "local", "allow_private": True}
    value["regions"] = [here, {**here, "id": "there", "name": "Over There"}]
    root = write(tmp_path, value)
    for seconds in (0, 300, 600):
        assert roadworthy(root, "run", *at(seconds)).returncode == 0
    (page,) = (root / "site" / "incidents").iterdir()
    assert "from Over There" in (page / "index.html").read_text()
    value["platforms"][0]["components"][0]["checks"] = [check(shop.url("/i"))]
    value["regions"].pop()
    write(root, value)
    assert roadworthy(root, "run", *at(900)).returncode == 0
    text = (page / "index.html").read_text()
    assert "from Over There" in text
    assert "in Over There" in text
    assert "in all regions" not in text
    assert "regions/there" not in text


def test_an_incident_of_a_private_component_stays_private_when_it_is_removed(tmp_path: Path, shop: Platform) -> None:
    """What was never on the page is no former part of it."""
    both = config(shop, {"search": [check(shop.url("/s"))], "images": [check(refused())]})
    both["platforms"][0]["components"][1]["public"] = False
    root = write(tmp_path, both)
    for seconds in (0, 300, 600):
        assert roadworthy(root, "run", *at(seconds)).returncode == 0
    write(root, config(shop, {"search": [check(shop.url("/s"))]}))
    assert roadworthy(root, "run", *at(900)).returncode == 0
    assert not (root / "site" / "incidents").exists()


def test_what_was_made_private_stays_private_when_it_is_removed(tmp_path: Path, shop: Platform) -> None:
    """Nobody who hides a component wants it named again the day it goes."""
    both = config(shop, {"search": [check(shop.url("/s"))], "images": [check(refused())]})
    root = write(tmp_path, both)
    for seconds in (0, 300, 600):
        assert roadworthy(root, "run", *at(seconds)).returncode == 0
    (page,) = (root / "site" / "incidents").iterdir()
    both["platforms"][0]["components"][1]["public"] = False
    write(root, both)
    assert roadworthy(root, "run", *at(900)).returncode == 0
    assert not page.exists()
    write(root, config(shop, {"search": [check(shop.url("/s"))]}))
    assert roadworthy(root, "run", *at(1200)).returncode == 0
    assert not page.exists()
    site = root / "site"
    told = [str(f.relative_to(site)) for f in site.rglob("*") if f.is_file() and b"Images" in f.read_bytes()]
    assert [path for path in told if not path.startswith("history-data/")] == []


def test_what_was_renamed_is_no_former_part(tmp_path: Path, shop: Platform) -> None:
    """Its incidents go over to the new name, and so does what the register knows of them."""
    value = config(shop, {"images": [check(refused())], "search": [check(shop.url("/s"))]})
    root = write(tmp_path, value)
    for seconds in (0, 300, 600):
        assert roadworthy(root, "run", *at(seconds)).returncode == 0
    (page,) = (root / "site" / "incidents").iterdir()
    value["platforms"][0]["components"][0].update(id="image", name="Pictures", was=["images"])
    write(root, value)
    assert roadworthy(root, "run", *at(900)).returncode == 0
    assert "Pictures" in (page / "index.html").read_text()
    assert "no longer watched" not in (page / "index.html").read_text()
    with closing(stores.open("", root=root, readonly=True)) as store:
        assert "shop/images" not in store.meta()["published-watched"]
        assert "shop/images" not in store.meta()["published-incidents"]
    value["platforms"][0]["components"].pop(0)
    write(root, value)
    assert roadworthy(root, "run", *at(1200)).returncode == 0
    assert "No longer watched: Pictures" in (root / "site" / "history" / "index.html").read_text()


def test_a_component_that_was_renamed_is_offered_its_old_history(tmp_path: Path, shop: Platform) -> None:
    root = write(tmp_path, config(shop, {"images": [check(shop.url("/i"))]}))
    assert roadworthy(root, "run", *at(0)).returncode == 0
    write(root, config(shop, {"image": [check(shop.url("/i"))]}))
    done = roadworthy(root, "run", *at(300))
    assert "if it was renamed, write was: [images] below `shop/image`" in done.stderr
    renamed = config(shop, {"image": [check(shop.url("/i"))]})
    renamed["platforms"][0]["components"][0]["was"] = ["images"]
    write(root, renamed)
    assert "images" not in roadworthy(root, "run", *at(600)).stderr
    assert component(root, "image")["since"] <= datetime.fromtimestamp(START + 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_schedule_that_was_missed_shows_as_a_gap_and_the_real_times_are_told(tmp_path: Path, shop: Platform) -> None:
    """The times are those of the checks, never those of the schedule; an hour without one is an hour unknown."""
    root = write(tmp_path, config(shop, {"search": [check(shop.url("/s"))]}))
    for seconds in (7, 300 + 7):
        assert roadworthy(root, "run", *at(seconds)).returncode == 0
    late = 300 + 3600 + 131
    assert roadworthy(root, "run", *at(late)).returncode == 0
    told = status(root)
    when = datetime.fromtimestamp(START + late, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["checked_at"] == when
    assert told["next_expected"] > when
    store = stores.open("", root=root, readonly=True)
    spans = [s for s in store.spans(0, "shop/search") if s.region == "*"]
    store.close()
    unknown = [s for s in spans if s.status.value == "unknown" and s.start > START + 300]
    assert len(unknown) == 1
    gap = unknown[0]
    assert gap.end is not None
    assert gap.end >= START + late - 300
    assert START + 307 < gap.start < START + 307 + 1800
    assert component(root, "search")["uptime"]["coverage"] < 0.9


def test_between_two_runs_a_page_built_later_says_that_nothing_was_checked_since(
    tmp_path: Path, shop: Platform
) -> None:
    root = write(tmp_path, config(shop, {"search": [check(shop.url("/s"))]}))
    assert roadworthy(root, "run", *at(0)).returncode == 0
    assert component(root, "search")["status"] == "operational"
    done = roadworthy(root, "build", *at(5400))
    assert done.returncode in (0, 3), done.stderr
    assert component(root, "search")["status"] == "unknown"
    assert status(root)["checked_at"] == datetime.fromtimestamp(START, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert status(root)["overall"]["status"] == "unknown"


def test_what_the_schedule_measures_is_pruned_once_a_day(tmp_path: Path, shop: Platform) -> None:
    root = write(tmp_path, config(shop, {"search": [check(shop.url("/s"))]}))
    for day in (17, 15, 2, 0):
        assert roadworthy(root, "run", "--now", moment(START - day * 86400)).returncode in (0, 3)
    store = stores.open("", root=root, readonly=True)
    kept = {(START - o.at) // 86400 for o in store.observations(0)}
    days = {r.at // 86400 for r in store.rollups("day", 0) if r.series == "shop/search" and r.region == "*"}
    store.close()
    assert 17 not in kept
    assert 0 in kept
    assert (START - 17 * 86400) // 86400 in days


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_clock_that_jumped_ahead_forgets_nothing(tmp_path: Path, shop: Platform) -> None:
    """Two runs a year too late, then the right time again: what was seen before is there, and so is what came after."""
    root = write(tmp_path, config(shop, {"search": [check(shop.url("/s"))]}))
    for number in range(3):
        assert roadworthy(root, "run", *at(300 * number)).returncode == 0
    for number in range(2):
        assert roadworthy(root, "run", *at(400 * 86_400 + 300 * number)).returncode in (0, 4)
    assert roadworthy(root, "run", *at(900)).returncode in (0, 3)  # it says that something is dated in the future
    seen = {o.at for o in looks(root) if o.check == "shop/search/look"}
    assert {START + 300 * number for number in range(4)} <= seen


@pytest.mark.parametrize(
    ("before", "failure", "pruned"),
    [
        pytest.param(86_400 + 600, None, True, id="looked the day before"),
        pytest.param(300, None, False, id="only just begun, or begun anew"),
        pytest.param(30 * 86_400, None, False, id="nothing for a month, or a clock a month ahead"),
        pytest.param(86_400 + 600, Failure.CLOCK_SKEW, False, id="contradicted by the controls"),
    ],
)
def test_old_looks_go_only_when_the_day_is_sure(
    tmp_path: Path, before: int, failure: Failure | None, pruned: bool
) -> None:
    with closing(stores.open("", root=tmp_path)) as store:
        store.append([Observation("p/c/k", "here", START - before, Verdict.OK)], START)
        verdict = Verdict.INCONCLUSIVE if failure else Verdict.OK
        seen = Observation("control/0", "here", START, verdict, failure)
        run_command._prune(History(store), Round(START, (seen,)), START)
        assert ("pruned-on" in store.meta()) is pruned
