"""The plain kinds of checks: their keys are strict, their verdicts come from facts alone."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import Any

import pytest
from pydantic import ValidationError

from generator import probes
from generator.fetch import Exchange, Looker
from generator.model import EMPTY, Failure, Verdict
from generator.probes import Context, Facts, Judgement
from tests.looking.hostile import Hostile

NOW = 1_800_000_000


def spec(kind: str, **keys: Any) -> Any:
    return probes.get(kind).Spec.model_validate(keys)


def look(server: Hostile, kind: str, **keys: Any) -> Judgement:
    """Measure on loopback and judge."""

    async def run() -> Judgement:
        looker = Looker(timeout=1.5, allow_private=True, resolve=server.pins, ca_file=server.ca_file)
        probe, made = probes.get(kind), spec(kind, **keys)
        return probe.judge(made, await probe.measure(made, looker), Context(int(time.time())))

    return asyncio.run(run())


def word(judgement: Judgement) -> str:
    return judgement.failure.value if judgement.failure else judgement.verdict.value


# ---- keys ------------------------------------------------------------------------------------------------------------

URL = "https://h.example/x"
WRONG_KEYS = [
    ("http", {"url": "file:///etc/passwd"}, "scheme .file. is not asked; write https://"),
    ("http", {"url": "ftp://h/"}, "scheme .ftp. is not asked; write https://"),
    ("http", {"url": "http://"}, "no host"),
    ("http", {"url": "http:// /"}, "blanks"),
    ("http", {"url": "http://[::1"}, "no URL"),
    ("http", {"url": "https://u:p@h/"}, r"\$\{NAME\}"),
    ("http", {"url": "https://h:99999/"}, "no URL"),
    ("http", {"url": URL, "headers": {"X": "a\r\nb"}}, "line break"),
    ("http", {"url": URL, "headers": {"X Y": "a"}}, "no header name"),
    ("http", {"url": URL, "headers": {"Host": "other"}}, "set by us"),
    ("http", {"url": URL, "method": "FETCH"}, "write one of"),
    ("http", {"url": URL, "body": "x"}, "POST"),
    ("http", {"url": URL, "method": "HEAD", "expect": {"text": "x"}}, "GET"),
    ("http", {"url": URL, "expect": {"status": "2xx"}}, "write 200"),
    ("http", {"url": URL, "expect": {"json": [{"path": "a["}]}}, "JMESPath"),
    ("http", {"url": URL, "expect": {"json": [{"path": "a"}]}}, "nothing is wanted"),
    ("http", {"url": URL, "expect": {"json": [{"path": "a", "type": "int"}]}}, "write one of"),
    ("http", {"url": URL, "expect": {"regex": "(a+)+$"}}, "Extra inputs"),
    ("http", {"url": URL, "expect": {"text": ""}}, "at least 1"),
    ("http", {"url": URL, "latency": {"degraded": "2s", "down": "1s"}}, "below"),
    ("http", {"url": URL, "latency": {"degraded": "fast"}}, "write 800ms"),
    ("http", {"url": URL, "latency": {"degraded": float("nan")}}, "above 0"),
    ("http", {"url": URL, "latency": {"degraded": True}}, "write 800ms"),
    ("http", {"url": URL, "max_bytes": 99_999_999}, "less than"),
    ("http", {"url": URL, "intervall": 3}, "Extra inputs"),
    ("tcp", {"host": "https://h/", "port": 22}, "no host name"),
    ("tcp", {"host": "h:22", "port": 22}, "port by itself"),
    ("tcp", {"host": "h", "port": 0}, "greater than"),
    ("tls", {"host": "h", "expires": {"degraded": "1d", "down": "9d"}}, "above"),
    ("dns", {"host": "h", "servers": ["dns.google"]}, "write its address"),
    ("dns", {"host": "h", "type": "ANY"}, "'A', 'AAAA'"),
    ("dns", {"host": "h", "type": "MX", "expect": {"networks": ["1.0.0.0/8"]}}, "write values"),
    ("dns", {"host": "h", "expect": {"networks": ["1.2.3.4/8"]}}, "write 104"),
    ("asset", {"urls": []}, "between 1 and 20"),
    ("asset", {"urls": URL, "expect": {"magic": "exe"}}, "write one of"),
    ("asset", {"urls": URL, "expect": {"sha256": "abc"}}, "64"),
    ("asset", {"urls": URL, "expect": {"older": "a" * 64}}, "write sha256"),
    ("asset", {"urls": URL, "range": "9-1"}, "write 0-1023"),
    ("asset", {"urls": URL, "bad": {"degraded": 3, "down": 1}}, "below"),
]


@pytest.mark.parametrize(("kind", "keys", "hint"), WRONG_KEYS)
def test_wrong_keys_are_refused_with_what_to_write(kind: str, keys: dict[str, Any], hint: str) -> None:
    with pytest.raises(ValidationError, match=hint):
        spec(kind, **keys)


# ---- http ------------------------------------------------------------------------------------------------------------


def answered(body: bytes = b"", status: int = 200, latency: float = 50.0, **headers: str) -> Facts:
    kept = {k.replace("_", "-"): v for k, v in headers.items()}
    return Facts((Exchange("GET", URL, URL, status, kept, body, len(body), latency_ms=latency),), latency_ms=latency)


def http(facts: Facts, **keys: Any) -> Judgement:
    return probes.get("http").judge(spec("http", url=URL, **keys), facts, Context(NOW))


VALUES = [
    ({"equals": 1}, b'{"a":1}', "ok"),
    ({"equals": 1}, b'{"a":true}', "wrong_content"),
    ({"equals": True}, b'{"a":1}', "wrong_content"),
    ({"equals": None}, b'{"a":null}', "ok"),
    ({"equals": "x"}, b'{"a":"x"}', "ok"),
    ({"equals": 0}, b"{}", "wrong_content"),
    ({"min": 3}, b'{"a":3}', "ok"),
    ({"min": 3}, b'{"a":2.9}', "wrong_content"),
    ({"min": 0}, b'{"a":"7"}', "wrong_content"),
    ({"min": 0}, b"{}", "wrong_content"),
    ({"max": 3}, b'{"a":4}', "wrong_content"),
    ({"max": 3}, b'{"a":true}', "wrong_content"),
    ({"contains": "LORA"}, b'{"a":["LORA","X"]}', "ok"),
    ({"contains": "LORA"}, b'{"a":["X"]}', "wrong_content"),
    ({"contains": "or"}, b'{"a":"word"}', "ok"),
    ({"contains": "k"}, b'{"a":{"k":1}}', "ok"),
    ({"exists": True}, b'{"a":0}', "ok"),
    ({"exists": True}, b'{"a":null}', "wrong_content"),
    ({"exists": False}, b"{}", "ok"),
    ({"exists": False}, b'{"a":"error"}', "wrong_content"),
    ({"type": "array"}, b'{"a":[]}', "ok"),
    ({"type": "number"}, b'{"a":true}', "wrong_content"),
    ({"type": "object"}, b'{"a":[]}', "wrong_content"),
    ({"type": "number", "min": 1, "max": 5}, b'{"a":9}', "wrong_content"),
]


@pytest.mark.parametrize(("want", "body", "result"), VALUES)
def test_a_value_in_json_is_held_to_what_is_written(want: dict[str, Any], body: bytes, result: str) -> None:
    """Numbers are numbers, true is not 1, missing is not 0."""
    assert word(http(answered(body), expect={"json": [{"path": "a", **want}]})) == result


def test_a_failure_shows_wanted_and_got() -> None:
    got = http(answered(b'{"a":[1,2]}'), expect={"json": [{"path": "length(a)", "min": 3}]})
    assert got.detail == "wanted at least 3 at length(a), got 2"
    assert http(answered(status=404)).detail == "wanted status 200–299, got 404"


ORDER = [
    ("challenge before wrong content", answered(b"<title>Just a moment", 403, cf_mitigated="challenge"), "blocked"),
    ("status before content", answered(b"<html>", 500), "server_error"),
    ("wrong before slow", answered(b"no", latency=9000), "wrong_content"),
    ("slow when all else is right", answered(b"yes", latency=9000), "slow"),
    ("right and quick", answered(b"yes"), "ok"),
]


@pytest.mark.parametrize(("facts", "result"), [row[1:] for row in ORDER], ids=[row[0] for row in ORDER])
def test_there_is_one_order_of_precedence(facts: Facts, result: str) -> None:
    """A slow 500 is down, a challenged page is nobody's outage, a slow right answer is slow."""
    assert word(http(facts, expect={"text": "yes"}, latency={"degraded": "800ms"})) == result


def test_headers_and_place_are_held_to_what_is_written() -> None:
    assert word(http(answered(x_handled_by="pod-7"), expect={"headers": {"X-Handled-By": ""}})) == "ok"
    assert word(http(answered(), expect={"headers": {"X-Handled-By": ""}})) == "wrong_content"
    assert word(http(answered(), expect={"final_url": URL + "?other"})) == "ok"
    assert word(http(answered(), expect={"final_url": "https://h.example/login"})) == "wrong_content"


def test_without_an_assertion_the_proof_is_named() -> None:
    """The page can say that nothing but the status was looked at."""
    assert http(answered(b"<h1>Something went wrong</h1>")).facts["proof"] == "status only"
    assert "proof" not in http(answered(b"x"), expect={"text": "x"}).facts


def test_a_certificate_that_ends_soon_is_a_warning_only(server: Hostile) -> None:
    """Three days left: operational, with a warning."""
    got = look(server, "http", url=server.tls("soon"))
    assert got.verdict is Verdict.OK
    assert got.facts["warning"].startswith("the certificate ends in")
    assert "warning" not in look(server, "http", url=server.tls("good")).facts


def test_slow_beyond_its_limit_is_down(server: Hostile) -> None:
    got = look(server, "http", url=server.url("slow"), latency={"degraded": "50ms", "down": "150ms"})
    assert (got.verdict, got.failure) == (Verdict.DOWN, Failure.SLOW)


def test_latency_keeps_value_and_limits(server: Hostile) -> None:
    got = look(server, "http", url=server.url("slow"), latency={"degraded": "100ms", "down": "9s"})
    assert (got.verdict, got.failure, got.unit, got.degraded, got.down) == (
        Verdict.DEGRADED,
        Failure.SLOW,
        "ms",
        100,
        9000,
    )
    assert got.value is not None
    assert got.value >= 300


# ---- tcp, tls --------------------------------------------------------------------------------------------------------

PLAIN = [
    ("tcp", {"host": "127.0.0.1", "port": "banner"}, "ok"),
    ("tcp", {"host": "127.0.0.1", "port": "banner", "banner": "SSH-2.0"}, "ok"),
    ("tcp", {"host": "127.0.0.1", "port": "banner", "banner": "ESMTP"}, "wrong_content"),
    ("tcp", {"host": "127.0.0.1", "port": "port", "banner": "x"}, "wrong_content"),
    ("tcp", {"host": "127.0.0.1", "port": "port"}, "ok"),
    ("tcp", {"host": "127.0.0.1", "port": "refused"}, "connection_refused"),
    ("tcp", {"host": "127.0.0.1", "port": "full"}, "connect_timeout"),
    ("tcp", {"host": "no-such-name.invalid", "port": "port"}, "dns_no_such_name"),
    ("tcp", {"host": "127.0.0.1", "port": "port", "latency": {"degraded": "2s"}}, "ok"),
    ("tls", {"host": "good.hostile.example"}, "ok"),
    ("tls", {"host": "good.hostile.example", "expires": {"degraded": "120d", "down": "10d"}}, "tls_expires_soon"),
    ("tls", {"host": "good.hostile.example", "expires": {"degraded": "10d"}}, "ok"),
    ("tls", {"host": "good.hostile.example", "issuer": "Let's Encrypt"}, "tls_untrusted"),
    ("tls", {"host": "good.hostile.example", "server_name": "other.example"}, "tls_wrong_host"),
    ("tls", {"host": "expired.hostile.example"}, "tls_expired"),
    ("tls", {"host": "self-signed.hostile.example"}, "tls_self_signed"),
    ("tls", {"host": "plain.hostile.example"}, "tls_handshake"),
]


@pytest.mark.parametrize(("kind", "keys", "result"), PLAIN)
def test_ports_and_handshakes(server: Hostile, kind: str, keys: dict[str, Any], result: str) -> None:
    ports = {
        "banner": server.banner_port,
        "port": server.port,
        "refused": server.refused_port,
        "full": server.full_port,
    }
    if "port" in keys:
        keys = {**keys, "port": ports[keys["port"]]}
    assert word(look(server, kind, **keys)) == result


def test_a_banner_is_quoted_without_its_escape_codes(server: Hostile) -> None:
    got = look(server, "tcp", host="127.0.0.1", port=server.banner_port, banner="ESMTP")
    assert "SSH-2.0" in got.detail
    assert "\x1b" not in got.detail


def test_time_left_is_a_number_in_days(server: Hostile) -> None:
    got = look(server, "tls", host="good.hostile.example", expires={"degraded": "30d", "down": "7d"})
    assert (got.verdict, got.unit, got.degraded, got.down) == (Verdict.OK, "days", 30, 7)
    assert got.value == pytest.approx(90, abs=0.1)
    assert got.facts["subject"] == "good.hostile.example"


# ---- asset -----------------------------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 500
SHA = hashlib.sha256(PNG).hexdigest()
BLOB = hashlib.sha1(b"blob %d\0" % len(PNG) + PNG).hexdigest()


def got(body: bytes = PNG, status: int = 200, failure: Failure | None = None, **headers: str) -> Exchange:
    kept = {"content-type": "image/png", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return Exchange("GET", URL, URL, status, kept, body, len(body), failure=failure, latency_ms=50.0)


def asset(
    *exchanges: Exchange, fresh: Exchange | None = None, size: int | None = None, listed: str = "", **keys: Any
) -> Judgement:
    made = spec("asset", **{"urls": [URL] * max(1, len(exchanges)), **keys})
    extra = {"fresh": [fresh] * len(exchanges), "sizes": [size] * len(exchanges), "list": listed}
    return probes.get("asset").judge(made, Facts(exchanges, latency_ms=50.0, values=extra), Context(NOW))


PICTURE = {"content_type": ["image/", "video/"], "magic": ["jpeg", "png", "webp"], "min_length": 200}
HTML = got(b"<html>sorry</html>", content_type="text/html")
ASSETS = [
    ("a right picture", got(), {"expect": PICTURE}, "ok"),
    (
        "a jpeg under a png name is right",
        got(b"\xff\xd8\xff" + b"0" * 300, content_type="image/jpeg"),
        {"expect": PICTURE},
        "ok",
    ),
    ("a page instead of a picture", HTML, {"expect": PICTURE}, "wrong_content_type"),
    ("a page that claims to be a picture", got(b"<html>" + b" " * 300), {"expect": PICTURE}, "wrong_magic"),
    ("a stub", got(PNG[:50]), {"expect": PICTURE}, "wrong_length"),
    ("nothing", got(b""), {"expect": PICTURE}, "empty_answer"),
    ("another length", got(), {"expect": {"length": 9}}, "wrong_length"),
    (
        "the length of the whole, of a part",
        got(PNG[:10], 206, content_range=f"bytes 0-9/{len(PNG)}"),
        {"range": "0-9", "expect": {"length": len(PNG)}},
        "ok",
    ),
    (
        "another whole",
        got(PNG[:10], 206, content_range="bytes 0-9/9999"),
        {"range": "0-9", "expect": {"length": len(PNG)}},
        "wrong_length",
    ),
    ("its hash", got(), {"expect": {"sha256": SHA}}, "ok"),
    ("another hash", got(PNG + b"!"), {"expect": {"sha256": SHA}}, "wrong_hash"),
    ("an older release", got(), {"expect": {"sha256": "a" * 64, "older": [SHA]}}, "stale_release"),
    ("git's own proof", got(etag=f'W/"{BLOB}"'), {"expect": {"git_etag": True}}, "ok"),
    ("git's own proof, broken", got(PNG + b"!", etag=f'"{BLOB}"'), {"expect": {"git_etag": True}}, "wrong_hash"),
    ("nothing of git to prove it by", got(), {"expect": {"git_etag": True}}, "wrong_content"),
    ("another kind of name", got(etag=f'"{SHA}"'), {"expect": {"git_etag": True}}, "wrong_content"),
    ("gone", got(status=404), {"expect": PICTURE}, "wrong_status"),
    ("the edge cannot reach the origin", got(status=522, cf_ray="1-AMS"), {}, "edge_error"),
    ("a bot wall", got(b"", 403, cf_mitigated="challenge"), {"expect": PICTURE}, "blocked"),
    ("a dead connection", got(b"", failure=Failure.RESET), {"expect": PICTURE}, "connection_reset"),
]


@pytest.mark.parametrize(("exchange", "keys", "result"), [row[1:] for row in ASSETS], ids=[row[0] for row in ASSETS])
def test_what_is_wrong_with_an_asset(exchange: Exchange, keys: dict[str, Any], result: str) -> None:
    """Type, magic, length, hash and release are told apart."""
    assert word(asset(exchange, **keys)) == result


def test_a_file_that_nothing_proves_is_neither_right_nor_wrong() -> None:
    """A server that names its files in another way from now on has not broken one."""
    assert asset(got(etag='"v2"'), expect={"git_etag": True}).verdict is Verdict.INCONCLUSIVE
    assert asset(got(PNG + b"!", etag=f'"{BLOB}"'), expect={"git_etag": True}).verdict is Verdict.DOWN


EDGES = [
    ("an error the edge keeps", got(status=500, cf_cache_status="HIT"), got(), "cached_error"),
    ("a page the edge keeps", HTML, got(), "cached_error"),
    ("wrong everywhere", HTML, HTML, "wrong_content_type"),
    ("corrupt at the edge alone stays corrupt", got(b"garbage" * 99), got(), "wrong_magic"),
]


@pytest.mark.parametrize(("first", "fresh", "result"), [row[1:] for row in EDGES], ids=[row[0] for row in EDGES])
def test_the_edge_is_told_from_the_origin(first: Exchange, fresh: Exchange, result: str) -> None:
    """A second request past the cache shows whose fault it is."""
    judged = asset(first, fresh=fresh, cache_bust="_cb", expect=PICTURE)
    assert word(judged) == result
    assert judged.facts["edge_only"] == (fresh is not HTML)


def test_an_old_release_at_the_edge_alone_is_stale_edge() -> None:
    judged = asset(
        got(PNG + b"old"),
        fresh=got(),
        cache_bust="_cb",
        expect={"sha256": SHA, "older": [hashlib.sha256(PNG + b"old").hexdigest()]},
    )
    assert word(judged) == "stale_edge"


def test_a_true_size_from_a_header_is_held_against_what_came() -> None:
    assert word(asset(got(), size=len(PNG), expect={"size_from": "x-linked-size"})) == "ok"
    assert word(asset(got(), size=7, expect={"size_from": "x-linked-size"})) == "wrong_length"


COUNTS = [
    (0, 8, "ok"),
    (1, 8, "ok"),
    (2, 8, "degraded"),
    (4, 8, "degraded"),
    (5, 8, "down"),
    (1, 2, "degraded"),
    (2, 2, "down"),
    (1, 3, "degraded"),
    (2, 3, "down"),
]


@pytest.mark.parametrize(("bad", "of", "verdict"), COUNTS)
def test_many_assets_are_judged_together(bad: int, of: int, verdict: str) -> None:
    """One broken picture among many is no outage; more than half is."""
    judged = asset(*[HTML] * bad, *[got()] * (of - bad), expect=PICTURE)
    assert judged.verdict.value == verdict
    assert judged.value == bad
    assert judged.degraded is not None
    assert judged.down is not None
    assert (judged.value > judged.degraded, judged.value > judged.down) == (verdict != "ok", verdict == "down")


def test_assets_nobody_could_look_at_say_nothing() -> None:
    """A list that cannot be read, or a wall in front of all of them, is not an outage of the delivery."""
    assert asset(listed="wanted status 200–299, got 500").verdict is Verdict.INCONCLUSIVE
    wall = got(b"", 403, cf_mitigated="challenge")
    assert asset(wall, wall, expect=PICTURE).verdict is Verdict.INCONCLUSIVE
    assert asset(wall, got(), expect=PICTURE).verdict is Verdict.OK


def test_mild_faults_never_make_an_outage() -> None:
    old = got(PNG + b"old")
    keys = {"sha256": SHA, "older": [hashlib.sha256(PNG + b"old").hexdigest()]}
    assert asset(old, old, old, expect=keys).verdict is Verdict.DEGRADED


def test_assets_come_from_a_list_and_by_themselves(server: Hostile) -> None:
    """Addresses found in JSON, and fixed ones beside them; what the list holds beside addresses is left."""
    urls = {
        "from": server.url("json"),
        "path": "items",
        "limit": 2,
        "add": [server.url("right-bytes"), server.url("wrong-bytes")],
    }
    judged = look(server, "asset", urls=urls, expect={"content_type": "image/", "magic": "png"})
    assert (judged.verdict, judged.failure, judged.value) == (Verdict.DEGRADED, Failure.WRONG_MAGIC, 1)
    assert judged.facts["list"] == "it holds no addresses"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("webp", b"RIFF\x00\x00\x00\x00WEBPVP8 "),
        ("avif", b"\x00\x00\x00\x1cftypavif"),
        ("mp4", b"\x00\x00\x00\x18ftypisom"),
        ("gif", b"GIF89a"),
        ("safetensors", (20).to_bytes(8, "little") + b'{"a":1}'),
        ("json", b'  {"a":1}'),
        ("cafebabe", bytes.fromhex("cafebabe00")),
    ],
)
def test_formats_are_known_by_their_first_bytes(name: str, body: bytes) -> None:
    from generator.probes._asset_spec import known

    assert known(name, body)
    assert not known(name, b"<html>" + body)


# ---- dns -------------------------------------------------------------------------------------------------------------


def dns(*rows: tuple[list[str], Failure | None, bool | None], **keys: Any) -> Judgement:
    """Each row is a resolver: its answers, its failure, whether the witness resolves there."""
    exchanges = tuple(
        Exchange(
            "DNS", "dns:x", failure=failure, detail="said so" if failure else "", latency_ms=None if failure else 9.0
        )
        for _, failure, _ in rows
    )
    servers = [f"192.0.2.{n}" for n in range(len(rows))]
    made = spec("dns", **{"host": "x.example", "servers": servers, **keys})
    values = {"answers": [found for found, _, _ in rows], "witness": [witness for _, _, witness in rows]}
    return probes.get("dns").judge(made, Facts(exchanges, latency_ms=9.0, values=values), Context(NOW))


CLOUDFLARE = {"expect": {"networks": ["104.16.0.0/13"]}}
GOOD, FOREIGN = (["104.16.1.1"], None, None), (["203.0.113.9"], None, None)
PRIVATE = (["10.0.0.1"], None, None)
NONE, SILENT, FAILS = Failure.NXDOMAIN, Failure.DNS_TIMEOUT, Failure.DNS_SERVFAIL
ANSWERS = [
    ("as expected", [GOOD], CLOUDFLARE, "ok", ""),
    ("outside the networks", [FOREIGN], CLOUDFLARE, "down", "dns_wrong_answer"),
    (
        "one foreign among good ones",
        [(["104.16.1.1", "203.0.113.9"], None, None)],
        CLOUDFLARE,
        "down",
        "dns_wrong_answer",
    ),
    ("a private address without expectations", [PRIVATE], {}, "down", "dns_wrong_answer"),
    ("a private address that is allowed", [PRIVATE], {"allow_private_answer": True}, "ok", ""),
    (
        "a text that must be there",
        [(['"v=spf1 -all"'], None, None)],
        {"type": "TXT", "expect": {"values": ["v=spf1 -all"]}},
        "ok",
        "",
    ),
    (
        "a value that is missing",
        [(["a.example."], None, None)],
        {"type": "NS", "expect": {"values": ["b.example"]}},
        "down",
        "dns_wrong_answer",
    ),
    ("no such name, the witness is there", [([], NONE, True)], {"witness": "w.example"}, "down", "dns_no_such_name"),
    (
        "no such name, nor the witness",
        [([], NONE, False)],
        {"witness": "w.example"},
        "inconclusive",
        "dns_no_such_name",
    ),
    ("no such name, no witness", [([], NONE, None)], {}, "down", "dns_no_such_name"),
    ("a silent resolver", [([], SILENT, None)], {}, "inconclusive", "dns_timeout"),
    ("silent for this name only", [([], SILENT, True)], {"witness": "w.example"}, "down", "dns_timeout"),
    ("a failing resolver", [([], FAILS, False)], {"witness": "w.example"}, "inconclusive", "dns_server_failure"),
    ("one silent, one good", [([], SILENT, None), GOOD], CLOUDFLARE, "ok", ""),
    ("one foreign, two good", [FOREIGN, GOOD, GOOD], CLOUDFLARE, "degraded", "dns_wrong_answer"),
    ("all foreign", [FOREIGN, FOREIGN], CLOUDFLARE, "down", "dns_wrong_answer"),
    ("slow", [GOOD], {**CLOUDFLARE, "latency": {"degraded": "5ms"}}, "degraded", "slow"),
]


@pytest.mark.parametrize(
    ("rows", "keys", "verdict", "failure"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_what_resolvers_say_of_a_name(rows: Any, keys: dict[str, Any], verdict: str, failure: str) -> None:
    """A broken name is told from a broken resolver, a wrong answer from none."""
    judged = dns(*rows, **keys)
    assert (judged.verdict.value, judged.failure.value if judged.failure else "") == (verdict, failure)


def test_every_plain_kind_says_what_it_needs_of_an_engine() -> None:
    """An engine can refuse what it cannot carry before it starts."""
    needs = {
        "http": spec("http", url=URL, method="POST", body="x", headers={"X-Key": "v"}),
        "tcp": spec("tcp", host="h", port=1),
        "tls": spec("tls", host="h"),
        "dns": spec("dns", host="h"),
        "asset": spec("asset", urls=URL),
    }
    said = {kind: probes.get(kind).needs(made) for kind, made in needs.items()}
    assert said["http"] == {"method:POST", "body", "headers"}
    assert (said["tcp"], said["tls"], said["dns"]) == ({"tcp"}, {"tls"}, {"dns"})
    assert "bytes" in said["asset"]
    assert {probes.get(kind).cost(made) for kind, made in needs.items()} == {0, 1}
    assert EMPTY == {}
