"""The demo tells its story with the real parts, on loopback alone, and needs nothing that is not in the program."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from generator import demo
from generator.demo.scenes import SCENES
from generator.demo.show import Show
from generator.demo.theatre import Theatre

NOW = 1_795_420_800  # 2026-11-23T08:00:00Z

ALONE = """
import sys
def told(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] not in ("127.0.0.1", "::1"):
        print("LEFT THE MACHINE", arguments[1], file=sys.stderr, flush=True)
        raise RuntimeError("left the machine")
    if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "localhost", None):
        print("ASKED FOR A NAME", arguments[0], file=sys.stderr, flush=True)
        raise RuntimeError("asked for a name")
sys.addaudithook(told)
from generator.cli import main
raise SystemExit(main(sys.argv[1:]))
"""
"""The program, refusing to talk to anything but loopback or to resolve any name."""

STORY = {
    # scene: (what the page says of the platforms, a component, its status, the cause that comes first)
    "healthy": ("operational", "", "", ""),
    "indexing": ("partial_outage", "workshop/indexing", "partial_outage", "indexing-stalled"),
    "replication": ("partial_outage", "workshop/replication", "partial_outage", "replica-behind-in-region"),
    "workers": ("major_outage", "workshop/scanning", "major_outage", "orchestrator-down"),
    "cache": ("partial_outage", "workshop/cdn", "partial_outage", "cdn-corruption"),
    "edge": ("partial_outage", "workshop/api", "partial_outage", "edge-down-in-region"),
    "long": ("major_outage", "workshop/api", "major_outage", "origin-down"),
    "recovery": ("operational", "", "", ""),
    "blind": ("unknown", "workshop/api", "unknown", "vantage-offline"),
}


def status_of(site: Path) -> dict[str, Any]:
    return json.loads((site / "api" / "roadworthy" / "v1" / "status.json").read_bytes())


def components(status: dict[str, Any]) -> dict[str, str]:
    return {c["id"]: c["status"] for p in status["platforms"] for c in p["components"]}


@pytest.mark.slow
def test_the_story_says_in_each_scene_what_was_broken_and_never_leaves_the_machine(tmp_path: Path) -> None:
    """`demo --once` in a process that may only talk to loopback; each scene's page against what the scene broke."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE, "demo", "--once", "--into", str(tmp_path / "out")],
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "LEFT" not in done.stderr
    assert "ASKED" not in done.stderr
    sites = {line.partition(": ")[0]: Path(line.partition(": ")[2]) for line in done.stdout.splitlines()}
    assert list(sites) == list(STORY) == [scene.id for scene in SCENES]
    for name, (overall, component, status, cause) in STORY.items():
        said = status_of(sites[name])
        assert said["overall"]["status"] == overall, name
        if component:
            assert components(said)[component] == status, name
            assert said["findings"][0]["cause"] == cause, name
        else:
            assert said["findings"] == [], name
    pages = [page.read_text("utf-8") for page in (sites["recovery"] / "incidents").rglob("index.html")]
    assert any("The workshop is unreachable" in page for page in pages)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "overall"),
    [
        ("healthy", "operational"),
        ("degraded", "degraded"),
        ("down", "major_outage"),
        ("stale", "unknown"),
        ("nodata", "unknown"),
    ],
)
def test_each_kind_of_page_can_be_built_and_says_what_it_is(tmp_path: Path, kind: str, overall: str) -> None:
    site = demo.view_site(kind, tmp_path, now=NOW)
    said = status_of(site)
    failing = [s for s in components(said).values() if s not in ("operational", "unknown")]
    if overall == "degraded":
        assert components(said)["workshop/api"] == "operational"
        assert failing
    else:
        assert said["overall"]["status"] == overall
        assert bool(failing) == (kind == "down")
    assert (site / "index.html").is_file()


def test_a_kind_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        demo.view_site("splendid", tmp_path)


def fetch(url: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.url, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, url, ""


def test_a_visitor_goes_on_and_back_with_a_bar_on_every_page(tmp_path: Path) -> None:
    """The bar names the scene, leads on and back, plays a scene once only, and is not in the files of the site."""
    with Theatre(tmp_path, NOW, seeded=False) as theatre:
        played: list[str] = []
        show = Show(theatre, told=played.append)
        show.open()
        thread = threading.Thread(target=show.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            _, _, first = fetch(f"{show.url}/")
            status, url, second = fetch(f"{show.url}/-demo/step/2")
            _, _, back = fetch(f"{show.url}/-demo/step/1")
            _, _, page = fetch(f"{show.url}/components/workshop/api/")
            gone = [fetch(f"{show.url}/-demo/step/{word}")[0] for word in ("0", "99", "x", "%C2%B2")]
            with urllib.request.urlopen(f"{show.url}/live.json") as answer:
                date = answer.headers["Date"]
        finally:
            show.shutdown()
            show.server_close()
            thread.join()
    total = len(SCENES)
    assert f"Step 1 of {total}: All is well." in first
    assert "/-demo/step/2" in first
    assert (status, url) == (200, f"{show.url}/")
    assert f"Step 2 of {total}: Search stops learning." in second
    assert "arrives too late" in second
    assert "Step 1 of" in back
    assert "Step 1 of" in page
    assert played == ["All is well …", "Search stops learning …"]
    assert gone == [404] * 4
    assert date == "Mon, 23 Nov 2026 09:00:00 GMT"
    assert b"demo-bar" not in (tmp_path / "sites" / "healthy" / "site" / "index.html").read_bytes()
