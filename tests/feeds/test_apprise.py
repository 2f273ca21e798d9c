"""The real Apprise posts to a receiver on loopback: what it sends, and what is made of its failures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

import httpx
import pytest

from generator.model import Status
from generator.notify import KEY, Delivery, Target, loads, tell
from generator.siteview import SiteView
from tests.feeds.test_websub import hang_up, receiver, status
from tests.feeds.views import HOUR, NOW, component, finding, platform, site

# Some of its hundred services import what Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SEARCH = "civitai/search"


def broken(sentence: str = "3 of 4 regions fail.") -> SiteView:
    part = replace(component(SEARCH, Status.MAJOR_OUTAGE, since=NOW - HOUR), sentence=sentence)
    return site(platforms=(platform("civitai", part),), findings=(finding(SEARCH),))


class Memory:
    """What the store keeps between runs."""

    def __init__(self) -> None:
        self.meta: dict[str, str] = {}

    def save(self, values: Mapping[str, str]) -> None:
        self.meta |= values

    def told(self, url: str, view: SiteView, now: int = NOW) -> tuple[Delivery, ...]:
        with httpx.Client(trust_env=False) as client:
            return tell(view, [Target("apprise", url)], client, now, self.meta, self.save)


def addressed(url: str) -> str:
    """The address of a receiver as Apprise writes it, with a password that nobody should see."""
    return url.replace("http://", "json://user:s3cret-word@") + "/hook"


def test_apprise_posts_a_confirmed_change_once() -> None:
    memory = Memory()
    with receiver(status(200)) as (url, got):
        (first,) = memory.told(addressed(url), broken())
        again = memory.told(addressed(url), broken(), NOW + 300)
    assert (first.ok, first.why, again) == (True, "", ())
    ((path, headers, body),) = got
    assert path == "/hook"
    assert headers["authorization"].startswith("Basic ")
    said = json.loads(body)
    assert said["title"] == "Roadworthy: Civitai Search: down"
    for part in ("🔴 Civitai Search: down", "3 of 4 regions fail.", "Probable cause: The search index lags behind."):
        assert part in said["message"]
    assert "https://status.example/components/civitai/search/" in said["message"]
    assert said["type"] == "failure"


def test_good_news_is_told_as_such() -> None:
    """Services that colour or ring by type must not ring for a recovery."""
    memory = Memory()
    with receiver(status(200)) as (url, got):
        memory.told(addressed(url), broken())
        fine = component(SEARCH, Status.OPERATIONAL, since=NOW + 600)
        memory.told(addressed(url), site(platforms=(platform("civitai", fine),)), NOW + 900)
    assert [json.loads(body)["type"] for _, _, body in got] == ["failure", "success"]


@pytest.mark.parametrize(
    "answer", [status(503), status(429), hang_up], ids=["it says 503", "it says 429", "it hangs up"]
)
def test_what_apprise_could_not_deliver_waits_for_the_next_run(
    answer: Callable[..., None], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """And neither the record nor what is printed holds the address."""
    memory = Memory()
    with receiver(answer) as (url, _):
        address = addressed(url)
        (failed,) = memory.told(address, broken())
    assert (failed.ok, failed.why, failed.gave_up) == (False, "Apprise could not deliver", False)
    assert len(loads(memory.meta[KEY]).outbox) == 1
    said = "".join(capfd.readouterr()) + caplog.text + memory.meta[KEY] + failed.target
    assert "s3cret-word" not in said
    assert "/hook" not in said


def test_an_address_that_apprise_does_not_know_is_said_once_and_dropped() -> None:
    memory = Memory()
    (refused,) = memory.told("carrier-pigeon://s3cret-word", broken())
    assert (refused.ok, refused.why, refused.gave_up) == (False, "Apprise does not know this kind of address", True)
    assert memory.told("carrier-pigeon://s3cret-word", broken(), NOW + 300) == ()


@pytest.mark.parametrize("form", ["html", "markdown", "text"])
def test_nothing_in_a_sentence_becomes_markup_at_the_receiver(form: str) -> None:
    """Sentences quote what targets say; a service that takes HTML or markdown must show them, not act on them."""
    hostile = "<b>bold</b> <script>alert(1)</script> [x](https://evil.example) **loud**"
    with receiver(status(200)) as (url, got):
        Memory().told(addressed(url) + f"?format={form}", broken(hostile))
    message = json.loads(got[0][2])["message"]
    if form == "html":
        assert "<b>" not in message
        assert "<script>" not in message
        assert "&lt;script&gt;" in message
    if form == "text":
        assert hostile in message


WITHOUT = """
import sys
sys.modules["apprise"] = None  # what an import finds where the package is not installed
from tests.feeds.test_apprise import Memory, broken
(said,) = Memory().told("json://127.0.0.1:9/", broken())
print(said.ok, said.gave_up, said.why, sep="|")
"""


def test_without_the_package_the_log_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False|True|Apprise is not installed; install roadworthy[notify]", done.stderr
