"""The real command against a loopback platform with known faults publishes the right status for each component."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.looking.hostile import Hostile

FAULTS = {
    # component: (address, more of the check, status, failure)
    "fine": ("fine", {}, "operational", None),
    "good-tls": ("tls:good", {}, "operational", None),
    "json": ("json", {"expect": {"json": [{"path": "items", "type": "array"}]}}, "operational", None),
    "expired": ("tls:expired", {}, "major_outage", "tls_expired"),
    "self-signed": ("tls:self-signed", {}, "major_outage", "tls_self_signed"),
    "wrong-host": ("tls:wrong-host", {}, "major_outage", "tls_wrong_host"),
    "refused": ("port:refused", {}, "major_outage", "connection_refused"),
    "silent": ("silent", {}, "major_outage", "timeout"),
    "reset": ("reset", {}, "major_outage", "connection_reset"),
    "drip": ("drip-body", {}, "major_outage", "timeout"),
    "bomb": ("gzip-bomb", {}, "major_outage", "bad_encoding"),
    "loop": ("redirect-loop", {}, "major_outage", "redirect_loop"),
    "error": ("slow-error", {"latency": {"degraded": 1}}, "major_outage", "server_error"),
}


@pytest.fixture(scope="module")
def platform() -> Iterator[Hostile]:
    with Hostile() as server:
        yield server


def write_root(root: Path, server: Hostile, names: dict[str, Any] = FAULTS) -> Path:
    """A root whose status.yml watches the hostile server: one component a fault."""
    components = []
    for name, (at, more, _, _) in names.items():
        if at.startswith("tls:"):
            url = server.tls(at[4:])
        elif at == "port:refused":
            url = f"http://127.0.0.1:{server.refused_port}/"
        else:
            url = server.url(at)
        check = {"id": "look", "kind": "http", "url": url, "allow_private": True, "timeout": 1, **more}
        components.append({"id": name, "name": name, "checks": [check]})
    config = {
        "site": {"title": "Loopback", "url": "https://status.example"},
        "interval": "5m",
        "regions": [
            {"id": "here", "name": "Here", "engine": "local", "ca_file": server.ca_file, "resolve": server.pins}
        ],
        "controls": [{"url": server.url("fine"), "allow_private": True}],
        "rules": {"retries": 1, "retry_wait": [0.05], "down_after": 1},
        "platforms": [{"id": "shop", "name": "Shop", "role": "subject", "components": components}],
    }
    (root / "content").mkdir(parents=True, exist_ok=True)
    (root / "content" / "status.yml").write_text(json.dumps(config))
    return root


def command(*words: str, root: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "generator", *words, "--root", str(root)],
        capture_output=True, text=True, timeout=120, check=False, **more,
    )  # fmt: skip


def status_of(root: Path) -> dict[str, Any]:
    status = json.loads((root / "site" / "api" / "roadworthy" / "v1" / "status.json").read_bytes())
    return {c["id"].partition("/")[2]: c for p in status["platforms"] for c in p["components"]}


def test_each_fault_becomes_the_status_and_the_word_it_deserves(tmp_path: Path, platform: Hostile) -> None:
    root = write_root(tmp_path, platform)
    done = command("run", root=root)
    assert done.returncode == 0, done.stderr
    seen = status_of(root)
    got = {name: (seen[name]["status"], seen[name]["regions"][0]["failure"]) for name in FAULTS}
    assert got == {name: (status, failure) for name, (_, _, status, failure) in FAULTS.items()}


def test_a_second_run_and_a_build_keep_what_is_known(tmp_path: Path, platform: Hostile) -> None:
    root = write_root(tmp_path, platform, {"fine": FAULTS["fine"], "refused": FAULTS["refused"]})
    assert command("run", root=root).returncode == 0
    assert command("build", root=root).returncode == 0
    assert status_of(root)["refused"]["status"] == "major_outage"
    assert (root / "site" / "incidents").is_dir()


def test_building_twice_at_one_time_is_the_same_to_the_byte_and_rewrites_nothing(
    tmp_path: Path, platform: Hostile
) -> None:
    root = write_root(tmp_path, platform, {"fine": FAULTS["fine"], "refused": FAULTS["refused"]})
    assert command("run", root=root).returncode == 0
    now = ("--now", "2036-01-01T00:00:00Z")
    assert command("build", *now, root=root).returncode == 0
    first = tree(root / "site")
    stamps = {path: path.stat().st_mtime_ns for path in (root / "site").rglob("*") if path.is_file()}
    again = command("build", *now, root=root)
    assert again.returncode == 0
    assert "site: 0 files written" in again.stdout
    assert tree(root / "site") == first
    assert {path: path.stat().st_mtime_ns for path in (root / "site").rglob("*") if path.is_file()} == stamps
    other = root / "elsewhere" / "site"
    other.parent.mkdir()
    assert command("build", *now, "--site", str(other), root=root).returncode == 0
    assert tree(other) == first


def tree(site: Path) -> dict[str, bytes]:
    return {p.relative_to(site).as_posix(): p.read_bytes() for p in sorted(site.rglob("*")) if p.is_file()}


def test_without_any_network_everything_is_unknown_and_the_first_sentence_says_why(
    tmp_path: Path, platform: Hostile
) -> None:
    root = write_root(tmp_path, platform, {"fine": FAULTS["fine"]})
    config = json.loads((root / "content" / "status.yml").read_text())
    config["controls"] = [{"url": f"http://127.0.0.1:{platform.refused_port}/", "allow_private": True}]
    (root / "content" / "status.yml").write_text(json.dumps(config))
    done = command("run", root=root)
    assert done.returncode == 4, done.stderr
    assert done.stdout.startswith("We could not check")
    assert status_of(root)["fine"]["status"] == "unknown"


def test_wrong_content_publishes_nothing_and_the_last_good_site_stays(tmp_path: Path, platform: Hostile) -> None:
    root = write_root(tmp_path, platform, {"fine": FAULTS["fine"]})
    assert command("run", root=root).returncode == 0
    before = tree(root / "site")
    (root / "content" / "status.yml").write_text("site: {titel: x}\n")
    done = command("run", root=root)
    assert done.returncode == 2
    assert "content/status.yml:1:8: " in done.stderr
    assert "Traceback" not in done.stderr
    assert tree(root / "site") == before


def test_a_broken_note_during_an_outage_does_not_stop_the_page(tmp_path: Path, platform: Hostile) -> None:
    root = write_root(tmp_path, platform, {"refused": FAULTS["refused"]})
    note = root / "content" / "incidents" / "2026-11-23-down.md"
    note.parent.mkdir()
    note.write_text(
        "---\ntitle: It is down for all\nimpact: major\ncomponents: [shop/refused]\nstarted: 2026-11-23T05:00:00Z\n"
        "updates:\n  - at: 2026-11-23T05:10:00Z\n    status: investigating\n    body: |-\n      We look.\n---\n"
    )
    assert command("run", root=root).returncode == 0
    note.write_text(note.read_text().replace("status: investigating", "status: investigatin"))
    done = command("run", root=root)
    assert done.returncode == 3, done.stderr
    page = (root / "site" / "index.html").read_text()
    assert "It is down for all" in page
    assert "last good version" in page
    strict = command("build", root=root)
    assert strict.returncode == 2
    assert "2026-11-23-down.md:8:13" in strict.stderr


def test_two_runs_at_once_do_not_mix(tmp_path: Path, platform: Hostile) -> None:
    root = write_root(tmp_path, platform, {"silent": FAULTS["silent"]})
    first = subprocess.Popen([sys.executable, "-m", "generator", "run", "--root", str(root)], stderr=subprocess.PIPE)
    try:
        lock = root / ".history" / "site.lock"
        for _ in range(200):
            if lock.exists() and lock.stat().st_size:
                break
            time.sleep(0.02)
        assert command("run", root=root).returncode == 5
    finally:
        first.wait(60)
        assert first.stderr is not None
        first.stderr.close()
    assert first.returncode == 0


def test_a_killed_run_leaves_one_whole_site_and_frees_its_lock(tmp_path: Path, platform: Hostile) -> None:
    root = write_root(tmp_path, platform, {"fine": FAULTS["fine"], "refused": FAULTS["refused"]})
    assert command("run", root=root).returncode == 0
    for wait in (0.3, 0.6, 0.9, 1.2):
        process = subprocess.Popen(
            [sys.executable, "-m", "generator", "run", "--root", str(root)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(wait)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        live = json.loads((root / "site" / "live.json").read_bytes())
        status = json.loads((root / "site" / "api" / "roadworthy" / "v1" / "status.json").read_bytes())
        assert live["generated_at"] == status["generated_at"]
    assert command("run", root=root).returncode == 0
