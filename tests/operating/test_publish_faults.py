"""What keeps a page from being published, met by the real commands: exact words, exit code, the old page untouched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from generator import cli
from generator.errors import HistoryError
from tests.keeping.sites import stamps
from tests.operating.platform import PROJECT, Platform, check, component, config, platform, roadworthy, status, write
from tests.reading import bad

START = 1_795_435_200  # 2026-11-23T12:00:00Z


def at(seconds: int) -> tuple[str, str]:
    return "--now", datetime.fromtimestamp(START + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def shop() -> Iterator[Platform]:
    with platform() as server:
        yield server


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, shop: Platform) -> Path:
    """A root that has published once."""
    made = write(tmp_path_factory.mktemp("published"), config(shop, {"search": [check(shop.url("/s"))]}))
    done = roadworthy(made, "run", *at(0))
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def root(published: Path, tmp_path: Path, shop: Platform) -> Path:
    """The same, for a test to spoil."""
    shutil.copytree(published, tmp_path / "root", symlinks=True)
    return tmp_path / "root"


# ---- a folder that is not for the site ------------------------------------------------------------------------------


def test_a_run_into_a_folder_that_is_not_for_a_site_asks_nobody(root: Path, shop: Platform) -> None:
    """A schedule that names the wrong folder is told so at once, not after each look at every platform."""
    shop.asked.clear()
    before = stamps(root)
    done = roadworthy(root, "run", "--site", str(root / "content"), *at(300))
    assert "lies in content/, which is not for the site" in done.stderr
    assert (done.returncode, shop.asked, stamps(root)) == (2, [], before)


# ---- C: a configuration that cannot be meant -------------------------------------------------------------------------

COMMANDS = ("run", "build", "check", "should-deploy", "explain")
WRONG = [path for path in bad.inputs() if path.name.startswith("C") and "error: " in bad.expected(path)]


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_run_refuses_it_with_the_same_words_asks_nobody_and_leaves_the_page(
    path: Path,
    published: Path,
    shop: Platform,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 2, every problem at once on standard error, the last good site and its history byte for byte as they were."""
    shop.asked.clear()
    good = (published / "content" / "status.yml").read_bytes()
    before = stamps(published / "site"), (published / ".history" / "history.sqlite").read_bytes()
    text = path.read_bytes().decode("utf-8", "replace")
    for pair in bad.directive(text, "env").split():
        name, sign, value = pair.partition("=")
        if sign:
            monkeypatch.setenv(name, value.replace("\\n", "\n"))
    try:
        (published / "content" / "status.yml").write_bytes(path.read_bytes())
        for command in COMMANDS if path.stem == "C01-all-at-once" else COMMANDS[:1]:
            code = cli.main([command, "--root", str(published), *(["shop"] if command == "explain" else [])])
            told = capsys.readouterr()
            wanted = [line for line in bad.expected(path).splitlines() if line.startswith("error: ")]
            assert (code, [f"error: {line}" for line in told.err.splitlines()]) == (2, wanted), command
            assert told.out == ""
    finally:
        (published / "content" / "status.yml").write_bytes(good)
    assert (stamps(published / "site"), (published / ".history" / "history.sqlite").read_bytes()) == before
    assert shop.asked == []


NO_ZONES = """
import sys
sys.modules["tzdata"] = None  # as if the package were not installed
from generator import cli
from generator.errors import HistoryError
sys.exit(cli.main(["run"]))
"""


def test_without_any_data_of_time_zones_that_is_said(tmp_path: Path, shop: Platform) -> None:
    """C19: neither the system's nor the package's."""
    made = config(shop, {"search": [check(shop.url("/s"))]})
    made["platforms"][0]["timezone"] = "Europe/Berlin"
    done = subprocess.run(
        [sys.executable, "-c", NO_ZONES],
        cwd=write(tmp_path, made), env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONTZPATH": ""},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.partition(": ")[2] == (
        "`timezone`: there is no time zone data here; install the package tzdata\n"
    )


# ---- P05: a template ------------------------------------------------------------------------------------------------

FRAME = '{% extends "base.html" %}\n{% block main %}\n'
TEMPLATES = {
    "syntax": (
        "index.html",
        "<p>\n{% if %}\n",
        "content/theme/index.html:2:1: Expected an expression, got 'end of statement block'",
    ),
    "a value that is not there": (
        "component.html",
        FRAME + "{{ nothing }}{% endblock %}\n",
        "content/theme/component.html:3:1: 'nothing' is undefined",
    ),
    "a part of a value that is not there": (
        "component.html",
        FRAME + "{{ component.colour }}{% endblock %}\n",
        "content/theme/component.html:3:1: 'generator.siteview.ComponentView object' has no attribute 'colour'",
    ),
    "a file that is not there": (
        "index.html",
        '<p>\n{% include "nowhere.html" %}\n',
        "content/theme/index.html:2:1: there is no template nowhere.html",
    ),
    "arithmetic": (
        "index.html",
        "<p>\n\n{{ 1 / 0 }}\n",
        "content/theme/index.html:3:1: ZeroDivisionError: division by zero",
    ),
}


@pytest.mark.parametrize(("name", "text", "words"), TEMPLATES.values(), ids=TEMPLATES.keys())
def test_a_template_with_a_mistake_is_told_with_its_line(root: Path, name: str, text: str, words: str) -> None:
    """P05: exit 2, the old page stays."""
    before = stamps(root / "site")
    (root / "content" / "theme").mkdir()
    (root / "content" / "theme" / name).write_text(text)
    done = roadworthy(root, "run", *at(300))
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        f"{words}; mend the template; docs/page.md tells what it is given",
    )
    assert stamps(root / "site") == before


# ---- P06: the new site's own verification ---------------------------------------------------------------------------

LINK = "---\ntitle: Search fails\nimpact: major\ncomponents: [shop/search]\nstarted: 2026-11-23T11:00:00Z\nupdates:\n"
BROKEN = {
    "a link in a template": (
        "content/theme/index.html",
        FRAME + '<a href="/nowhere/">x</a>\n{% endblock %}\n',
        "index.html: the link '/nowhere/' leads nowhere",
    ),
    "a mark in a template": (
        "content/theme/index.html",
        FRAME + '<a href="#nothing">x</a>\n{% endblock %}\n',
        "index.html: the link '#nothing' leads to a place",
    ),
}
"""What a site's own templates do; links in the words of content cost themselves only (`test_dead_links.py`)."""


@pytest.mark.parametrize(("name", "text", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_a_site_that_fails_its_own_verification_is_not_published(root: Path, name: str, text: str, words: str) -> None:
    """P06: exit 6 with each fault, nothing swapped, nothing left beside the site; the next good build goes through."""
    before = stamps(root / "site")
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(text)
    done = roadworthy(root, "run", *at(300))
    assert done.returncode == 6, done.stderr
    assert words in done.stderr
    assert all(line.startswith("roadworthy: ") or "the link" in line for line in done.stderr.splitlines())
    assert stamps(root / "site") == before
    assert sorted(p.name for p in root.iterdir() if "site" in p.name) == ["site"]
    (root / name).unlink()
    done = roadworthy(root, "run", *at(600))
    assert done.returncode == 0, done.stderr
    assert status(root)["checked_at"] == "2026-11-23T12:10:00Z"


# ---- P10: too little was seen ----------------------------------------------------------------------------------------


def test_a_page_before_the_first_round_is_unknown(tmp_path: Path, shop: Platform) -> None:
    """P10: zero checks ran."""
    root = write(tmp_path, config(shop, {"search": [check(shop.url("/s"))]}))
    done = roadworthy(root, "build", *at(0))
    assert done.returncode in (0, 3), done.stderr
    assert status(root)["overall"]["status"] == "unknown"
    assert component(root, "search")["status"] == "unknown"


def test_fewer_regions_than_the_quorum_make_it_unknown(tmp_path: Path, shop: Platform) -> None:
    """P10: one of three regions looked; alone it says neither that all is well nor that anything is down."""
    regions = [{"id": "here", "name": "Here"}, *({"id": id, "name": id, "engine": "agent"} for id in ("jp", "us"))]
    shop.answers["/down"] = (500, {}, b"broken")
    parts = {"search": [check(shop.url("/s"))], "api": [check(shop.url("/down"))]}
    root = write(tmp_path, config(shop, parts, regions=regions))
    for seconds in (0, 300, 600):
        assert roadworthy(root, "run", *at(seconds)).returncode in (0, 3)
    del shop.answers["/down"]
    assert status(root)["overall"]["status"] == "unknown"
    assert {component(root, id)["status"] for id in parts} == {"unknown"}


# ---- P11: the same again ---------------------------------------------------------------------------------------------


def test_a_hundred_builds_of_the_same_are_one_item_and_no_new_byte(root: Path) -> None:
    """P11: feed readers see the same id and the same `updated`; nothing is rewritten."""
    note = root / "content" / "incidents" / "2026-11-23-search.md"
    note.parent.mkdir()
    note.write_text(LINK + "  - at: +5m\n    status: investigating\n    body: We look.\n---\n")
    words = ["build", "--root", str(root), *at(60)]
    assert cli.main(words) == 0
    before = stamps(root / "site")
    feed = (root / "site" / "history.atom").read_text()
    assert feed.count("<entry>") == 1
    for _ in range(99):
        assert cli.main(words) == 0
    assert stamps(root / "site") == before
    note.write_text(note.read_text().replace("We look.", "We know why."))
    assert cli.main(words) == 0
    after = (root / "site" / "history.atom").read_text()
    ids = [feed.split("<entry>")[1].partition("<id>")[2].partition("</id>")[0] for feed in (feed, after)]
    assert ids[0] == ids[1] != ""
    assert "We know why." in after


# ---- a history that cannot be kept -----------------------------------------------------------------------------------

UNWRITABLE = {
    "a file is in its place": lambda folder: folder.write_text(""),
    "a link leads nowhere": lambda folder: folder.symlink_to("/proc/none/history"),
}


@pytest.mark.parametrize("command", ["run", "build"])
@pytest.mark.parametrize("spoil", UNWRITABLE.values(), ids=UNWRITABLE)
def test_a_page_is_made_though_no_history_can_be_kept(
    tmp_path: Path, shop: Platform, spoil: Callable[[Path], object], command: str
) -> None:
    """Exit 3 means that something was published; what was just seen is on the page, and the page says what is missing."""
    root = write(tmp_path, config(shop, {"search": [check(shop.url("/s"))]}))
    spoil(root / ".history")
    done = roadworthy(root, command)
    assert done.returncode == 3, done.stderr
    assert "History is delayed" in (root / "site" / "index.html").read_text()
    assert "what is seen now is on the page and is not kept" in done.stderr
    assert component(root, "search")["status"] == ("operational" if command == "run" else "unknown")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs to become somebody else")
@pytest.mark.parametrize("lost", [(), ("run.lock", "site.lock"), ("history.sqlite",)], ids=["nothing", "locks", "all"])
def test_a_page_is_made_though_the_folder_of_history_may_only_be_read(
    published: Path, shop: Platform, lost: tuple[str, ...]
) -> None:
    """The site carries a copy of what was known; what was just seen is there too."""
    nobody = "65534"
    with tempfile.TemporaryDirectory() as open_to_others:
        root = Path(open_to_others) / "root"
        shutil.copytree(published, root, symlinks=True)
        for name in lost:
            (root / ".history" / name).unlink()
        for path in (root.parent, root, *root.rglob("*")):
            if not path.is_relative_to(root / ".history"):
                os.lchown(path, int(nobody), int(nobody))
        before = status(root)["checked_at"]
        done = subprocess.run(
            ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups", sys.executable,
             "-m", "generator", "run", *at(600)],
            cwd=root, env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 3, done.stderr
        assert status(root)["checked_at"] > before
        assert component(root, "search")["status"] == "operational"
        assert "History is delayed" in (root / "site" / "index.html").read_text()


def test_a_run_that_can_publish_nothing_for_its_history_says_so(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not exit 3: that would be taken for a page."""
    before = stamps(root / "site")

    def broken(*_: object, **__: object) -> None:
        raise HistoryError("history.sqlite: disk I/O error")

    monkeypatch.setattr("generator.remember.catch_up", broken)
    monkeypatch.setattr("generator.remember.from_round", broken)
    for command in ("run", "build"):
        assert cli.main([command, "--root", str(root), *at(900)]) == 1
        assert "disk I/O error; nothing was published, the old site stays" in capsys.readouterr().err
    assert stamps(root / "site") == before


def test_a_site_that_is_a_link_to_itself_is_refused_in_words(root: Path) -> None:
    (root / "loop").symlink_to("loop")
    done = roadworthy(root, "build", "--site", "loop")
    assert done.returncode == 2
    assert "our mistake" not in done.stderr
    assert "loop: " in done.stderr


ADDRESSES = {
    "words of libpq": ("host=db.example password=s3cret dbname=x", "it holds `=`"),
    "with blanks": ("my history s3cret", "it holds a blank"),
    "half an IPv6 address": ("postgresql://user:s3cret@[::1/db", "its host is none"),
}


@pytest.mark.parametrize(("address", "why"), ADDRESSES.values(), ids=ADDRESSES)
@pytest.mark.parametrize("command", ["run", "build", "check"])
def test_what_is_no_address_of_a_history_is_refused_and_not_repeated(
    tmp_path: Path, shop: Platform, command: str, address: str, why: str
) -> None:
    """A password as the name of a file, in a log or in a message is a password told."""
    root = write(tmp_path, config(shop, {"search": [check(shop.url("/s"))]}))
    done = roadworthy(root, command, env={"ROADWORTHY_HISTORY": address})
    assert done.returncode == 2, done.stderr
    assert why in done.stderr
    assert "write postgresql://USER:PASSWORD@HOST/DATABASE" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    assert not [path.name for path in root.rglob("*") if "s3cret" in path.name]
    assert not (root / "site").exists()
