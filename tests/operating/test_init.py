"""`init` writes a page for any platform, whatever it is called, that lints clean and runs at once."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from generator import init_content, lint
from generator.config import load
from generator.init_content import Wish
from tests.operating.platform import PROJECT, platform, roadworthy, status

NOW = 1_795_413_600
SEARCH = ("Search", "https://shop.example/search?q=cat")
SHOP = ["--name", "Shop", "--url", "https://shop.example"]

NAMES = {
    "plain": "Shop",
    "accents": "Café Olé",
    "no latin letter": "図書館",
    "a word we need ourselves": "Index",
    "yaml in it": "a: [b] {c} # d & *e !f | > ' \" % @ `",
    "a line break": "two\nlines",
    "markdown and html": "*a* <script>alert(1)</script> [b](javascript:c)",
    "a placeholder": "costs ${HOME} $$",
    "a number": "1.10",
    "no": "no",
    "braces of a template": "{name} {{ 7*7 }} {% x %}",
    "long": "x" * 100,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_whatever_the_platform_is_called_the_folder_lints_clean(tmp_path: Path, name: str) -> None:
    init_content.scaffold(
        tmp_path, Wish(name, "https://shop.example/", ((name, SEARCH[1]), SEARCH), contact="ops@shop.example"), NOW
    )
    assert lint.lint(tmp_path, env={}, now=NOW) == []
    read = load(tmp_path / "content" / "status.yml", env={})
    one_line = " ".join(name.split())
    assert read.platforms[0].name == one_line
    assert [c.name for c in read.platforms[0].components] == [one_line, "Search"]


def test_parts_of_one_name_get_ids_of_their_own() -> None:
    assert init_content.ids(["API", "api", "Api!", "history", "🙂"], "part") == [
        "api",
        "api-part",
        "api-2",
        "history-part",
        "part",
    ]


def test_an_address_in_ones_own_network_is_allowed_by_name(tmp_path: Path) -> None:
    init_content.scaffold(tmp_path, Wish("Shop", "http://10.0.0.7/", (("Web", "http://10.0.0.7/"), SEARCH)), NOW)
    read = load(tmp_path / "content" / "status.yml", env={})
    assert [check.allow_private for check in read.checks if check.component] == [True, False]


@pytest.mark.parametrize(
    ("page", "id"),
    [
        ("", "shop-status"),
        ("https://status.shop.example/", "status.shop.example"),
        ("https://you.github.io/status", "you.github.io"),
        ("http://[::1]:8000/", "shop-status"),
    ],
    ids=["no address yet", "a domain", "a page of a host", "no name at all"],
)
def test_the_ids_of_feeds_do_not_hang_on_the_address(tmp_path: Path, page: str, id: str) -> None:
    """It is written down at the beginning, so that the address may change without a word to readers."""
    init_content.scaffold(tmp_path, Wish("Shop", "", (SEARCH,), page=page), NOW)
    assert load(tmp_path / "content" / "status.yml", env={}).site.id == id


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--name", "Shop"], "there is nothing to watch"),
        (["--url", "https://shop.example"], "the platform has no name"),
        (["--name", "Shop", "-c", "Search"], "'Search' is no NAME=ADDRESS"),
        (["--name", "Shop", "-c", "Search=ftp://x"], "'ftp://x': the scheme"),
        (["--name", "Shop", "-c", "Search=https://u:p@x.example/"], "holds a user or password"),
        (["--name", "Shop", "--url", "shop.example"], "'shop.example': https:// is missing"),
        (
            [*SHOP, "--contact", "no contact"],
            "--contact: 'no contact' is neither an e-mail address nor the address of a",
        ),
        ([*SHOP, "--control", "up.example"], "--control: 'up.example': https:// is missing"),
    ],
    ids=["no part", "no name", "no address", "ftp", "password", "no scheme", "no contact", "no control"],
)
def test_what_is_missing_or_wrong_is_told_and_nothing_is_written(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    done = roadworthy(tmp_path, "init", "page", *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "status.yml" not in done.stderr  # there is none that a person could look into
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ("{role: subject, failure: timeout}", "`role` only narrows"),
        ("{role: subject}", "holds always"),
    ],
    ids=["role with what is not looked at", "role alone"],
)
def test_a_cause_that_would_hold_without_evidence_is_refused_when_read(
    tmp_path: Path, when: str, sentence: str
) -> None:
    init_content.scaffold(tmp_path, Wish("Shop", "", (SEARCH,)), NOW)
    cause = tmp_path / "content" / "causes" / "not-reachable.md"
    lines = [f"  - {when}" if line.startswith("  - {function") else line for line in cause.read_text().splitlines()]
    cause.write_text("\n".join(lines) + "\n")
    assert sentence in "\n".join(map(str, lint.lint(tmp_path, env={}, now=NOW)))


def test_content_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "status.yml").write_text("mine\n")
    done = roadworthy(tmp_path, "init", "--name", "Shop", "-c", "=".join(SEARCH))
    assert done.returncode == 2
    assert "there is content already" in done.stderr
    assert (tmp_path / "content" / "status.yml").read_text() == "mine\n"
    assert len(list((tmp_path / "content").iterdir())) == 1


def test_a_page_for_another_platform_is_live_with_two_commands(tmp_path: Path) -> None:
    with platform() as shop:
        made = roadworthy(
            tmp_path, "init", "page", "--name", "Corner Shop", "--url", shop.url(), "-c", f"Search={shop.url('/search')}",
            "-c", f"Till={shop.url('/till')}", "--control", shop.url("/control"),
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        shop.answers["/till"] = (503, {}, b"closed")
        ran = roadworthy(tmp_path / "page", "run")
        assert ran.returncode == 0, ran.stderr
    states = {c["id"]: c["status"] for p in status(tmp_path / "page")["platforms"] for c in p["components"]}
    assert states["corner-shop/search"] == "operational"
    assert states["corner-shop/till"] != "operational"
    page = (tmp_path / "page" / "site" / "index.html").read_text()
    assert "Corner Shop" in page
    assert "Civitai" not in page


def test_on_a_terminal_it_asks_for_what_is_missing(tmp_path: Path) -> None:
    answers = iter(
        ["Corner Shop", "https://shop.example/", "Search=https://shop.example/search", "", "ops@shop.example"]
    )
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "generator", "init"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(PROJECT), "TERM": "dumb"},
        stdin=follower, stdout=follower, stderr=follower,
    )  # fmt: skip
    os.close(follower)
    said = b""
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        if select.select([leader], [], [], 0.1)[0]:
            try:
                said += os.read(leader, 4096)
            except OSError:
                break
            if said.rstrip().endswith(b":"):
                os.write(leader, f"{next(answers, '')}\n".encode())
                said += b"\n"
    os.close(leader)
    assert process.wait(10) == 0, said
    read = load(tmp_path / "content" / "status.yml", env={})
    assert [c.id for c in read.components] == ["corner-shop/search"]
    assert lint.lint(tmp_path, env={}, now=NOW) == []
