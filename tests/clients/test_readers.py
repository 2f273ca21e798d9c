"""Real readers of feeds over a life of thirty builds, and real validators over every feed of a site."""

from __future__ import annotations

import mailbox
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from generator.serving import serving
from tests.clients.tools import HERE, module, node, program
from tests.feeds.life import INCIDENTS, UPDATES, steps
from tests.feeds.rendering import files, write


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "site"
    folder.mkdir()
    with serving(folder) as base:
        yield folder, base


def run(command: list[str], home: Path) -> str:
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


# ---- newsboat --------------------------------------------------------------------------------------------------------


class Newsboat:
    """A person who reads everything after each reload."""

    def __init__(self, home: Path, urls: list[str]) -> None:
        self.home = home
        (home / "urls").write_text("\n".join(urls) + "\n")
        (home / "config").write_text("")
        self.command = [
            program("newsboat", "newsboat"),
            "-u",
            f"{home}/urls",
            "-c",
            f"{home}/cache.db",
            "-C",
            f"{home}/config",
            "-x",
            "reload",
        ]

    def unread(self) -> Mapping[str, list[str]]:
        """Feed address -> title and text of what is new, which is then marked as read."""
        run(self.command, self.home)
        found: dict[str, list[str]] = {}
        with closing(sqlite3.connect(self.home / "cache.db")) as cache, cache:
            for url, title, text in cache.execute("SELECT feedurl, title, content FROM rss_item WHERE unread = 1"):
                found.setdefault(url, []).append(f"{title} {text}")
            cache.execute("UPDATE rss_item SET unread = 0")
        return found

    def texts(self, url: str) -> list[str]:
        with closing(sqlite3.connect(self.home / "cache.db")) as cache:
            return [row[0] for row in cache.execute("SELECT content FROM rss_item WHERE feedurl = ?", (url,))]


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_newsboat_shows_an_incident_once_and_each_update_once(
    site: tuple[Path, str], tmp_path: Path, form: str
) -> None:
    folder, base = site
    history, updates = f"{base}/history.{form}", f"{base}/updates.{form}"
    reader = Newsboat(tmp_path, [history, updates])
    heard = {history: 0, updates: 0}
    for step in steps(base):
        write(folder, files(step.view, "feeds"))
        new = reader.unread()
        for url, wanted in ((history, step.incidents), (updates, step.updates)):
            texts = new.get(url, [])
            assert len(texts) == len(wanted), f"{step.name}: {texts}"
            assert all(any(word in text for text in texts) for word in wanted), step.name
            heard[url] += len(texts)
    assert heard == {history: INCIDENTS, updates: UPDATES}
    # The text of the incident it knows has grown with each update, silently.
    assert any("factopened" in text and "factlearnt" in text for text in reader.texts(history))


# ---- rss2email -------------------------------------------------------------------------------------------------------


class Mailbridge:
    """rss2email, delivering into a Maildir."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.command = [program("r2e", "rss2email"), "-c", f"{home}/r2e.cfg", "-d", f"{home}/r2e.json"]
        run([*self.command, "new", "me@localhost"], home)
        settings = (home / "r2e.cfg").read_text()
        settings = settings.replace("email-protocol = sendmail", "email-protocol = maildir")
        (home / "r2e.cfg").write_text(settings.replace("maildir-path = ~/Maildir", f"maildir-path = {home}/Maildir"))
        (home / "Maildir").mkdir()

    def subscribe(self, name: str, url: str) -> None:
        run([*self.command, "add", name, url], self.home)

    def mails(self) -> Mapping[str, list[str]]:
        """Feed address -> subject and text of the mails of one run."""
        said = run([*self.command, "run"], self.home)
        assert "error" not in said.lower(), said
        box = mailbox.Maildir(self.home / "Maildir" / "INBOX")
        found: dict[str, list[str]] = {}
        for key in list(box.keys()):
            mail = box[key]
            body = mail.get_payload(decode=True)
            assert isinstance(body, bytes)
            assert "<author>" not in mail["From"], "what rss2email writes for a feed that names nobody"
            text = body.decode(mail.get_content_charset("utf-8"))
            found.setdefault(mail["X-RSS-Feed"], []).append(f"{mail['Subject']} {text}")
            box.discard(key)
        return found


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_rss2email_mails_an_incident_once_and_each_update_once(
    site: tuple[Path, str], tmp_path: Path, form: str
) -> None:
    folder, base = site
    history, updates = f"{base}/history.{form}", f"{base}/updates.{form}"
    bridge = Mailbridge(tmp_path)
    bridge.subscribe("history", history)
    bridge.subscribe("updates", updates)
    heard = {history: 0, updates: 0}
    for step in steps(base):
        write(folder, files(step.view, "feeds"))
        new = bridge.mails()
        for url, wanted in ((history, step.incidents), (updates, step.updates)):
            mails = new.get(url, [])
            assert len(mails) == len(wanted), f"{step.name}: {mails}"
            assert all(any(word in mail for mail in mails) for word in wanted), step.name
            heard[url] += len(mails)
    assert heard == {history: INCIDENTS, updates: UPDATES}


# ---- validators ------------------------------------------------------------------------------------------------------


def late() -> dict[str, bytes]:
    """The feeds of the site near the end of the story: incidents of every kind in them."""
    return files(list(steps())[26].view, "feeds")


def test_jing_finds_every_atom_feed_valid(tmp_path: Path) -> None:
    built = {path: body for path, body in late().items() if path.endswith(".atom")}
    write(tmp_path, built)
    said = subprocess.run(
        [program("jing", "jing"), "-c", str(HERE / "atom.rnc"), *sorted(built)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (said.returncode, said.stdout) == (0, "")
    assert len(built) >= 16


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (b"<updated>", b"<updated>yesterday "),
        (b"<title>", b"<heading>"),
        (b"<id>tag:", b"<id>"),
        (b'rel="alternate"', b'rel="next"'),
        (b'type="html"', b'type="text/plain"'),
    ],
    ids=["a date that is none", "no title", "an id that is no tag", "no page", "content that is no HTML"],
)
def test_jing_would_notice(tmp_path: Path, what: bytes, instead: bytes) -> None:
    """The schema is worth something only if a broken feed fails it."""
    broken = late()["history.atom"].replace(what, instead)
    if instead == b"<heading>":
        broken = broken.replace(b"</title>", b"</heading>")
    (tmp_path / "broken.atom").write_bytes(broken)
    said = subprocess.run(
        [program("jing", "jing"), "-c", str(HERE / "atom.rnc"), "broken.atom"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == 1, said.stdout


FEEDSMITH = """
import {readFileSync} from "node:fs";
import {parseFeed} from "feedsmith";
const told = {};
for (const path of process.argv.slice(1).filter((a) => a !== "--")) {
  const {format, feed} = parseFeed(readFileSync(path, "utf8"));
  const items = feed.items || feed.entries || [];
  told[path] = {format, title: feed.title && (feed.title.value || feed.title), ids: items.map((i) => i.id || (i.guid && i.guid.value))};
}
console.log(JSON.stringify(told));
"""


def test_feedsmith_reads_rss_atom_and_json_alike(tmp_path: Path) -> None:
    module("feedsmith")
    write(tmp_path, late())
    paths = {
        name: str(tmp_path / name)
        for name in ("history.rss", "history.atom", "feed.json", "updates.rss", "updates.atom")
    }
    told = node(FEEDSMITH, *paths.values())
    formats = {name: told[path]["format"] for name, path in paths.items()}
    assert formats == {
        "history.rss": "rss",
        "history.atom": "atom",
        "feed.json": "json",
        "updates.rss": "rss",
        "updates.atom": "atom",
    }
    ids = {name: told[path]["ids"] for name, path in paths.items()}
    assert ids["history.rss"] == ids["history.atom"] == ids["feed.json"]
    assert ids["updates.rss"] == ids["updates.atom"]
    assert len(ids["history.rss"]) == INCIDENTS
    assert all(id.startswith("tag:status.example,2026:Incident/") for id in ids["updates.atom"])


def test_every_feed_has_one_self_link_one_page_and_unique_ids() -> None:
    from lxml import etree

    for path, body in late().items():
        if not path.endswith(".atom"):
            continue
        root = etree.fromstring(body)
        links = [link.get("rel") for link in root.findall("{*}link")]
        assert sorted(links) == ["alternate", "self"], path
        ids = [one.text for one in root.iterfind("{*}entry/{*}id")]
        assert len(set(ids)) == len(ids), path
