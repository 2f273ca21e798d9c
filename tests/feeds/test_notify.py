"""Notifications: confirmed changes only, each told once, none lost in a crash, nothing that can mention or link."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from generator import notify
from generator.model import Status
from generator.notify import KEY, State, Target, Told, advance, changes, deliver, dumps, loads, tell
from generator.notify.payloads import SHOWN, Change, discord, headline, message_id, plain_lines, slack, webhook
from generator.siteview import SiteView
from tests.feeds.test_websub import hang_up, receiver, status
from tests.feeds.views import HOUR, NOW, component, finding, incident, platform, site

SEARCH = "civitai/search"
HOOK = Target("webhook", "http://127.0.0.1:1/hook", "s3cret")


def view(*states: tuple[str, Status, int], **more: Any) -> SiteView:
    parts = tuple(component(id, state, since=since) for id, state, since in states)
    return site(platforms=(platform("civitai", *parts),), **more)


def walk(*statuses: tuple[Status, int]) -> list[tuple[Status | None, Status]]:
    """What subscribers hear of one component that goes through these states: (was, is), run by run."""
    state, heard = State(), []
    for n, (now, since) in enumerate(statuses):
        before = len(state.outbox)
        state = advance(state, view((SEARCH, now, since)), [HOOK], NOW + n * 300)
        heard += [(change.was, change.status) for waiting in state.outbox[before:] for change in waiting.changes]
    return heard


UP, SLOW, DOWN, WORK, DARK = (
    Status.OPERATIONAL,
    Status.DEGRADED_PERFORMANCE,
    Status.MAJOR_OUTAGE,
    Status.UNDER_MAINTENANCE,
    Status.UNKNOWN,
)
T = NOW - 60


@pytest.mark.parametrize(
    ("statuses", "heard"),
    [
        ([(UP, T)], []),
        ([(DOWN, T)], [(None, DOWN)]),
        ([(UP, T), (UP, T)], []),
        ([(UP, T), (DOWN, T + 200)], [(UP, DOWN)]),
        ([(UP, T), (DOWN, T + 200), (DOWN, T + 200)], [(UP, DOWN)]),
        ([(UP, T), (DOWN, T + 200), (DOWN, T + 100)], [(UP, DOWN)]),
        ([(UP, T), (DOWN, T + 200), (UP, T + 500)], [(UP, DOWN), (DOWN, UP)]),
        ([(UP, T), (SLOW, T + 200), (DOWN, T + 500)], [(UP, SLOW), (SLOW, DOWN)]),
        ([(UP, T), (DARK, T + 200)], []),
        ([(UP, T), (DARK, T + 200), (UP, T + 500)], []),
        ([(UP, T), (DOWN, T + 200), (DARK, T + 500), (DOWN, T + 200)], [(UP, DOWN)]),
        ([(UP, T), (DOWN, T + 200), (DARK, T + 500), (UP, T + 800)], [(UP, DOWN), (DOWN, UP)]),
        ([(DARK, T), (UP, T + 200)], []),
        ([(DARK, T), (DOWN, T + 200)], [(None, DOWN)]),
        ([(UP, T), (DOWN, T + 200), (DOWN, NOW + 400)], [(UP, DOWN), (DOWN, DOWN)]),
        ([(UP, T), (WORK, T + 200), (UP, T + 500)], [(UP, WORK), (WORK, UP)]),
    ],
    ids=[
        "the first word is no news if all is well",
        "the first word is news if it fails",
        "nothing happens",
        "down",
        "still down",
        "a corrected start is not a second outage",
        "down and up",
        "worse",
        "unknown is no change of the platform",
        "back from unknown to what was told",
        "back from unknown to an outage that was told",
        "recovered while nobody looked",
        "known for the first time, and well",
        "known for the first time, and failing",
        "a second outage that nobody saw the end of",
        "maintenance",
    ],
)
def test_what_subscribers_hear(statuses: list[tuple[Status, int]], heard: list[tuple[Status | None, Status]]) -> None:
    assert walk(*statuses) == heard


def test_an_outage_that_was_out_of_sight_for_a_while_is_told_once() -> None:
    """No region saw its controls; when one does again, the state is new and the incident is the old one."""
    running = incident("auto-search", started=T + 100, components=(SEARCH,))
    later = incident("auto-other", started=T + 800, components=("civitai/cdn",))
    state = advance(State(), view((SEARCH, DOWN, T + 100)), [HOOK], T + 300)
    told = state.outbox
    for at, state_of_it, since in ((T + 600, DARK, T + 500), (T + 900, DOWN, T + 900)):
        now = replace(view((SEARCH, state_of_it, since)), incidents=(later, running))
        state = advance(state, now, [HOOK], at)
    assert state.outbox == told
    second = replace(view((SEARCH, DOWN, T + 900)), incidents=(later, replace(running, started=later.started)))
    assert len(advance(state, second, [HOOK], T + 900).outbox) == 2


def test_an_outage_of_many_components_is_one_message() -> None:
    down = view(*((f"civitai/c{n}", DOWN, T) for n in range(13)))
    (waiting,) = advance(State(), down, [HOOK], NOW).outbox
    assert len(waiting.changes) == 13


@pytest.mark.parametrize(
    ("components", "count"),
    [((), 2), (("civitai",), 2), (("civitai/c1",), 1), (("huggingface",), 0)],
    ids=["everything", "a platform", "a component", "another platform"],
)
def test_a_target_hears_of_what_it_asked_for(components: tuple[str, ...], count: int) -> None:
    down = view(("civitai/c1", DOWN, T), ("civitai/c2", DOWN, T))
    outbox = advance(State(), down, [replace(HOOK, components=components)], NOW).outbox
    assert sum(len(waiting.changes) for waiting in outbox) == count


# ---- crashes and retries ---------------------------------------------------------------------------------------------


class Store:
    """The meta data of a store; dies on the n-th save if asked to."""

    def __init__(self, die_at: int = 0) -> None:
        self.meta: dict[str, str] = {}
        self.saves, self.die_at = 0, die_at

    def save(self, values: Mapping[str, str]) -> None:
        self.saves += 1
        if self.saves == self.die_at:
            raise KeyboardInterrupt
        self.meta.update(values)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as found:
        yield found


WELL, BROKEN = view((SEARCH, UP, T)), view((SEARCH, DOWN, T + 200))


def test_a_message_is_delivered_once_over_many_runs(client: httpx.Client) -> None:
    store = Store()
    with receiver(status(200)) as (url, got):
        target = Target("webhook", url, "s3cret")
        for n in range(5):
            tell(WELL if n == 0 else BROKEN, [target], client, NOW + n * 300, store.meta, store.save)
    assert len(got) == 1


@pytest.mark.parametrize(
    "answer", [status(500), status(429), hang_up], ids=["a fault of the receiver", "too many", "hangs up"]
)
def test_what_was_not_taken_is_sent_again_with_the_same_key(client: httpx.Client, answer: Any) -> None:
    store, keys = Store(), []
    with receiver(answer) as (url, got):
        target = Target("webhook", url)
        store.save({KEY: dumps(advance(State(), WELL, [target], NOW))})
        for n in (1, 2, 3):
            (result,) = tell(BROKEN, [target], client, NOW + n * 300, store.meta, store.save)
            assert not result.ok
        keys = [headers["idempotency-key"] for _, headers, _ in got]
        bodies = {body for _, _, body in got}
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert len(bodies) == 1


@pytest.mark.parametrize(
    "die_at", [1, 2], ids=["before the intent is recorded", "after sending, before that is recorded"]
)
def test_a_crash_loses_nothing(client: httpx.Client, die_at: int) -> None:
    """Dying after sending repeats the message with its key; dying before recording sends it in the next run."""
    with receiver(status(200)) as (url, got):
        target = Target("webhook", url)
        calm = dumps(advance(State(), WELL, [target], NOW))
        store = Store(die_at)
        store.meta[KEY] = calm
        with pytest.raises(KeyboardInterrupt):
            tell(BROKEN, [target], client, NOW + 300, store.meta, store.save)
        store.die_at = 0
        tell(BROKEN, [target], client, NOW + 600, store.meta, store.save)
        tell(BROKEN, [target], client, NOW + 900, store.meta, store.save)
    assert len({headers["idempotency-key"] for _, headers, _ in got}) == 1
    assert len(got) == die_at


def test_a_receiver_that_refuses_the_message_is_not_asked_again(client: httpx.Client) -> None:
    store = Store()
    with receiver(status(404)) as (url, got):
        target = Target("webhook", url)
        (first,) = tell(BROKEN, [target], client, NOW, store.meta, store.save)
        assert tell(BROKEN, [target], client, NOW + 300, store.meta, store.save) == ()
    assert first.gave_up
    assert len(got) == 1


def test_an_alarm_of_yesterday_is_dropped(client: httpx.Client) -> None:
    state = advance(State(), BROKEN, [HOOK], NOW)
    after, (result,) = deliver(state, [HOOK], BROKEN, client, NOW + 25 * HOUR, lambda state: None)
    assert (after.outbox, result.gave_up) == ((), True)


def test_one_dead_receiver_does_not_stop_the_others(client: httpx.Client) -> None:
    with receiver(status(200)) as (url, got):
        targets = [HOOK, Target("slack", url), Target("discord", url + "/d")]
        store = Store()
        results = tell(BROKEN, targets, client, NOW, store.meta, store.save)
    assert [result.ok for result in results] == [False, True, True]
    assert len(got) == 2
    assert [waiting.target for waiting in loads(store.meta[KEY]).outbox] == [HOOK.id]


def test_a_target_that_left_the_configuration_is_forgotten(client: httpx.Client) -> None:
    state = advance(State(), BROKEN, [HOOK], NOW)
    after, (result,) = deliver(state, [], BROKEN, client, NOW, lambda state: None)
    assert (after.outbox, result.gave_up) == ((), True)


def test_redirects_are_not_followed(client: httpx.Client) -> None:
    """A redirect would take the message, and its signature, somewhere nobody configured."""
    with receiver(status(200)) as (elsewhere, got), receiver(status(302, Location=elsewhere)) as (url, _):
        tell(BROKEN, [Target("webhook", url)], client, NOW, {}, lambda values: None)
    assert got == []


# ---- what is written and said -----------------------------------------------------------------------------------------


def test_no_address_and_no_secret_is_stored_or_reported(client: httpx.Client) -> None:
    store = Store()
    target = Target("slack", "http://127.0.0.1:1/services/T000/B000/tokentoken", "hunter2")
    results = tell(BROKEN, [target], client, NOW, store.meta, store.save)
    said = json.dumps(store.meta) + repr(results)
    for secret in ("tokentoken", "hunter2", "T000"):
        assert secret not in said


def test_the_state_survives_being_stored() -> None:
    state = advance(State({"x/y": Told(UP, NOW, NOW)}), BROKEN, [HOOK], NOW)
    assert loads(dumps(state)) == state
    assert loads("") == State()


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"told": {"a": [1]}, "outbox": []}', '{"told": {}, "outbox": [{}]}', "null"]
)
def test_a_record_that_cannot_be_read_is_an_error_and_not_an_empty_one(text: str) -> None:
    """An empty record would announce everything again."""
    with pytest.raises(ValueError, match="record of notifications"):
        loads(text)


def test_with_a_record_that_cannot_be_read_nothing_is_sent_and_nothing_is_lost(client: httpx.Client) -> None:
    store = Store()
    store.meta[KEY] = "{"
    with receiver(status(200)) as (url, got):
        (result,) = tell(BROKEN, [Target("webhook", url)], client, NOW, store.meta, store.save)
    assert not result.ok
    assert "cannot be read" in result.why
    assert (got, store.meta[KEY]) == ([], "{")


@pytest.mark.parametrize("kind", ["webhook", "slack", "discord"])
def test_messages_are_json_with_an_idempotency_key(client: httpx.Client, kind: str) -> None:
    with receiver(status(200)) as (url, got):
        tell(BROKEN, [Target(kind, url)], client, NOW, {}, lambda values: None)
    ((_, headers, body),) = got
    assert headers["content-type"] == "application/json"
    assert len(headers["idempotency-key"]) == 32
    json.loads(body)


def test_a_webhook_can_be_verified_with_the_secret_alone(client: httpx.Client) -> None:
    with receiver(status(200)) as (url, got):
        tell(BROKEN, [Target("webhook", url, "s3cret")], client, NOW, {}, lambda values: None)
    ((_, headers, body),) = got
    at, digest = (part.partition("=")[2] for part in headers["roadworthy-signature"].split(","))
    assert at == str(NOW)
    assert hmac.compare_digest(digest, hmac.new(b"s3cret", f"{at}.".encode() + body, hashlib.sha256).hexdigest())


def test_without_a_secret_a_webhook_is_not_signed(client: httpx.Client) -> None:
    with receiver(status(200)) as (url, got):
        tell(BROKEN, [Target("webhook", url)], client, NOW, {}, lambda values: None)
    assert "roadworthy-signature" not in got[0][1]


def test_what_a_webhook_says() -> None:
    (waiting,) = advance(
        State({SEARCH: Told(UP, T, T)}), replace(BROKEN, findings=(finding(SEARCH),)), [HOOK], NOW
    ).outbox
    assert json.loads(webhook("Roadworthy", "https://status.example", waiting.changes, NOW)) == {
        "version": 1,
        "id": message_id(waiting.changes),
        "recorded_at": "2026-11-23T06:00:00Z",
        "site": {"title": "Roadworthy", "url": "https://status.example"},
        "changes": [
            {
                "component": "civitai/search",
                "name": "Civitai Search",
                "was": "operational",
                "status": "major_outage",
                "since": "2026-11-23T06:02:20Z",
                "sentence": "Search is down.",
                "cause": "The search index lags behind",
                "url": "https://status.example/components/civitai/search/",
            }
        ],
    }


@pytest.mark.parametrize("label", ["Probable cause", ""])
def test_only_a_probable_cause_is_told_as_one(label: str) -> None:
    """Not what stands aside, and not that no cause is known."""
    (one,) = changes(replace(BROKEN, findings=(replace(finding(SEARCH), label=label),)), {})
    assert one.cause == ("The search index lags behind" if label else "")


def change(**more: Any) -> Change:
    values: dict[str, Any] = {
        "component": SEARCH,
        "name": "Search",
        "was": UP,
        "status": DOWN,
        "word": "down",
        "since": NOW,
        "sentence": "It fails.",
        "url": "https://x/c/",
        "cause": "",
    }
    return Change(**(values | more))


HOSTILE = "<!channel> <@U1> @everyone *b* _i_ `c` [x](http://evil) &amp; <script> ~s~ |https://e| \ud800"


def test_nothing_in_a_name_can_mention_or_format_in_slack() -> None:
    said = json.loads(slack(HOSTILE, [change(name=HOSTILE, sentence=HOSTILE, cause=HOSTILE, word=HOSTILE)]))
    text = said["text"] + said["blocks"][0]["text"]["text"].replace("<https://x/c/|", "", 1)
    for live in ("<!channel>", "<@U1>", "<script>", "*b*", "`c`"):
        assert live not in text


def test_nothing_in_a_name_can_mention_or_format_in_discord() -> None:
    said = json.loads(discord(HOSTILE, [change(name=HOSTILE, sentence=HOSTILE, cause=HOSTILE)]))
    assert said["allowed_mentions"] == {"parse": []}
    for text in (said["content"], said["embeds"][0]["title"], said["embeds"][0]["description"]):
        for live in (" *b*", " `c`", " [x](", " <@U1>", " @everyone"):
            assert live not in text


@pytest.mark.parametrize("count", [1, SHOWN, SHOWN + 5, 300])
def test_chat_messages_stay_within_what_the_chats_take(count: int) -> None:
    many = [change(component=f"p/c{n}", name="n" * 400, sentence="s" * 5000, cause="c" * 500) for n in range(count)]
    said, embedded = json.loads(slack("T", many)), json.loads(discord("T", many))
    assert len(said["blocks"]) <= SHOWN + 1
    assert all(len(block["text"]["text"]) <= 3000 for block in said["blocks"])
    assert len(embedded["embeds"]) <= 10
    assert len(embedded["content"]) <= 2000
    assert sum(len(one["title"]) + len(one["description"]) for one in embedded["embeds"]) <= 6000
    assert ("more" in json.dumps(said)) == (count > SHOWN)


def test_the_worst_comes_first() -> None:
    both = [change(component="a/a", status=UP, name="up"), change(component="b/b", status=DOWN, name="gone")]
    assert [row["name"] for row in json.loads(webhook("T", "/", both, NOW))["changes"]] == ["gone", "up"]
    assert plain_lines(both)[0].startswith("🔴 gone")


def test_the_headline_names_one_and_counts_many() -> None:
    assert headline("Roadworthy", [change()]) == "Roadworthy: Search: down"
    assert headline("Roadworthy", [change(), change()]) == "Roadworthy: 2 components changed"


def test_the_same_changes_have_the_same_key_in_any_order() -> None:
    a, b = change(), change(component="x/y")
    assert message_id([a, b]) == message_id([b, a]) != message_id([a])


# ---- configuration ----------------------------------------------------------------------------------------------------


def test_targets_are_read_from_the_configuration() -> None:
    section = [
        {"kind": "webhook", "url": "https://x/", "secret": "s", "components": ["civitai"]},
        {"kind": "slack", "url": "https://y/"},
    ]
    assert notify.targets(section) == (
        Target("webhook", "https://x/", "s", ("civitai",)),
        Target("slack", "https://y/"),
    )
    assert notify.targets(None) == ()


def test_an_unknown_kind_is_refused_with_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"unknown kind 'slak'; write one of webhook, slack, discord, apprise"):
        notify.targets([{"kind": "slak", "url": "x"}])
