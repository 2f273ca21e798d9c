"""The blackbox engine against the real exporter: three of them on loopback are three regions."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from generator import blackbox_config, engines, probes
from generator.engines import Errand
from generator.engines._blackbox_metrics import exchange, parse, why
from generator.model import Check, Config, Failure, Observation, Region, Rules, Site, Verdict
from tests.looking.hostile import Hostile

ENGINE = engines.get("blackbox")
NAMES = ("prometheus-blackbox-exporter", "blackbox_exporter")


def check(kind: str, spec: Mapping[str, Any], id: str = "p/c/k", **more: Any) -> Check:
    parsed = probes.get(kind).Spec.model_validate(dict(spec))
    common: dict[str, Any] = {
        "interval": 300,
        "timeout": 2.0,
        "retries": 0,
        "regions": ("a", "b", "c"),
        "allow_private": True,
    }
    return Check(id, kind, id, "p/c", parsed, **{**common, **more})


def config(*checks: Check, controls: Sequence[Check] = ()) -> Config:
    from generator.model import Component, Platform

    regions = tuple(Region(r, r, "blackbox", {"url": "http://127.0.0.1:1"}, allow_private=True) for r in "abc")
    component = Component("p/c", "p", "c", "C", checks=checks)
    return Config(
        Site("x", ""), 300, regions, tuple(controls), (Platform("p", "P", "subject", components=(component,)),)
    )


# ---- real parts ------------------------------------------------------------------------------------------------------


class _Target(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        status = {"/500": 500, "/302": 302, "/451": 451}.get(path, 200)
        if path == "/slow":
            time.sleep(1.0)
        body = b'{"status": "ok", "price": "1.00 $ (net)"}'
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=utf-8")
        if path == "/302":
            self.send_header("location", "/")
        self.send_header("content-length", str(len(body) + (9 if path == "/short" else 0)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200 if said == b'{"q": 1}' and self.headers.get("x-kind") == "test" else 400)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Target)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@dataclass
class Exporter:
    process: subprocess.Popen[bytes]
    url: str


def free_port(address: str) -> int:
    with socket.socket() as s:
        s.bind((address, 0))
        return int(s.getsockname()[1])


@contextmanager
def exporter(address: str, configuration: str, folder: Path) -> Iterator[Exporter]:
    """The real exporter on an address of loopback, ready to be asked."""
    binary = next((found for n in NAMES if (found := shutil.which(n))), None)
    assert binary, "the exporter is missing: apt-get install prometheus-blackbox-exporter"
    file, port = folder / f"{address}.yml", free_port(address)
    file.write_text(configuration)
    command = [binary, f"--config.file={file}", f"--web.listen-address={address}:{port}", "--log.level=error"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://{address}:{port}"
    try:
        for _ in range(100):
            try:
                if httpx.get(f"{url}/-/healthy", trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                assert process.poll() is None, "the exporter refused its configuration"
                time.sleep(0.05)
        yield Exporter(process, url)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def look(
    url: str, *checks: Check, controls: Sequence[Check] = (), region: str = "a", retries: int = 0
) -> list[Observation]:
    where = Region(region, region, "blackbox", {"url": url}, allow_private=True)
    told: list[Observation] = []
    errand = Errand(
        where, tuple(controls), checks, Rules(retry_wait=(0.0,)), time.time, "roadworthy-test", told=told.append
    )
    seen = list(asyncio.run(ENGINE.look(errand)))
    assert sorted(map(str, told)) == sorted(map(str, seen))
    return seen


# ---- what it sees ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    kind: str
    spec: dict[str, Any]
    verdict: Verdict
    failure: Failure | None = None


def rows(target: str) -> dict[str, Row]:
    port = int(target.rpartition(":")[2])
    dead = free_port("127.0.0.1")
    ok, down = Verdict.OK, Verdict.DOWN
    return {
        "200": Row("http", {"url": target}, ok),
        "500": Row("http", {"url": f"{target}/500"}, down, Failure.SERVER_ERROR),
        "500 where 500 is wanted": Row("http", {"url": f"{target}/500", "expect": {"status": 500}}, ok),
        "451": Row("http", {"url": f"{target}/451"}, Verdict.BLOCKED_BY_POLICY, Failure.REGION_BLOCKED),
        "a redirect, followed": Row("http", {"url": f"{target}/302"}, ok),
        "a redirect, not followed": Row("http", {"url": f"{target}/302", "follow": 0, "expect": {"status": 302}}, ok),
        "text with every special character": Row("http", {"url": target, "expect": {"text": "1.00 $ (net)"}}, ok),
        "a text that a pattern would have found": Row("http", {"url": target, "expect": {"text": "1.00 . (net)"}}, down, Failure.WRONG_CONTENT),
        "text that must not be there": Row("http", {"url": target, "expect": {"not_text": "ok"}}, down, Failure.WRONG_CONTENT),
        "content type": Row("http", {"url": target, "expect": {"content_type": "application/JSON"}}, ok),
        "another content type": Row("http", {"url": target, "expect": {"content_type": "text/html"}}, down, Failure.WRONG_TYPE),
        "too slow": Row("http", {"url": f"{target}/slow", "latency": {"degraded": "500ms"}}, Verdict.DEGRADED, Failure.SLOW),
        "a body": Row("http", {"url": target, "method": "POST", "body": '{"q": 1}', "headers": {"X-Kind": "test"}}, ok),
        "refused": Row("http", {"url": f"http://127.0.0.1:{dead}/"}, down, Failure.REFUSED),
        "not TLS": Row("http", {"url": target.replace("http:", "https:")}, down, Failure.TLS_HANDSHAKE),
        "a port": Row("tcp", {"host": "127.0.0.1", "port": port}, ok),
        "a closed port": Row("tcp", {"host": "127.0.0.1", "port": dead}, down, Failure.REFUSED),
        "no certificate": Row("tls", {"host": "127.0.0.1", "port": port}, down, Failure.TLS_HANDSHAKE),
        "ends too early": Row("http", {"url": f"{target}/short", "expect": {"text": "ok"}}, down, Failure.CLOSED_EARLY),
    }  # fmt: skip


def test_the_real_exporter_gives_the_verdicts_of_our_own_looks(target: str, tmp_path: Path) -> None:
    """One run over every row; the numbers come from the exporter, the verdict from the same judge as anywhere."""
    wanted = rows(target)
    checks = [check(row.kind, row.spec, id) for id, row in wanted.items()]
    with exporter("127.0.0.11", blackbox_config.generate(config(*checks)), tmp_path) as running:
        seen = {o.check: o for o in look(running.url, *checks)}
    got = {id: (o.verdict, o.failure) for id, o in seen.items()}
    assert got == {id: (row.verdict, row.failure) for id, row in wanted.items()}
    assert 1000 <= (seen["too slow"].value or 0) < 1800
    assert seen["200"].engine == "blackbox"
    assert set(seen["200"].phases) >= {"dns", "connect", "first_byte", "total"}


HOSTILE = {
    # as our own looks see it
    "challenge": (Verdict.INCONCLUSIVE, Failure.CHALLENGED),
    "challenge-waf": (Verdict.INCONCLUSIVE, Failure.CHALLENGED),
    "firewall-1020": (Verdict.INCONCLUSIVE, Failure.CHALLENGED),
    "rate-limited": (Verdict.INCONCLUSIVE, Failure.RATE_LIMITED),
    "legal-451": (Verdict.BLOCKED_BY_POLICY, Failure.REGION_BLOCKED),
    "endless-body": (Verdict.OK, None),
    "endless-chunks": (Verdict.OK, None),
    "silent": (Verdict.DOWN, Failure.TIMEOUT),
    "drip-body": (Verdict.DOWN, Failure.TIMEOUT),
    "reset": (Verdict.DOWN, Failure.RESET),
    "reset-in-body": (Verdict.DOWN, Failure.RESET),
    "short-body": (Verdict.DOWN, Failure.CLOSED_EARLY),
    "two-lengths": (Verdict.DOWN, Failure.PROTOCOL_ERROR),
    "bad-length": (Verdict.DOWN, Failure.PROTOCOL_ERROR),
    "bad-chunk": (Verdict.DOWN, Failure.PROTOCOL_ERROR),
    "flood-1xx": (Verdict.DOWN, Failure.PROTOCOL_ERROR),
    "redirect-file": (Verdict.DOWN, Failure.REDIRECT_REFUSED),
    "redirect-broken": (Verdict.DOWN, Failure.REDIRECT_REFUSED),
    "status-999": (Verdict.DOWN, Failure.WRONG_STATUS),
    "busy-503": (Verdict.DOWN, Failure.OVERLOADED),
    "tls:plain": (Verdict.DOWN, Failure.TLS_HANDSHAKE),
    "tls:future": (Verdict.DOWN, Failure.TLS_NOT_YET_VALID),
    "tls:expired": (Verdict.DOWN, Failure.TLS_EXPIRED),
    "tls:silent-tls": (Verdict.DOWN, Failure.TIMEOUT),
    # what only the body tells apart never comes back, so it is nobody's outage
    "region-word": (Verdict.INCONCLUSIVE, Failure.CHALLENGED),
    "country-1009": (Verdict.INCONCLUSIVE, Failure.CHALLENGED),
}


def test_whatever_a_target_does_the_exporters_region_says_what_our_own_looks_would(tmp_path: Path) -> None:
    """The hostile server behind the real exporter: same verdict, same word, and no address of ours in what is told."""
    with Hostile() as server:
        checks = [
            check(
                "http",
                {"url": server.tls(name[4:]) if name.startswith("tls:") else server.url(name)},
                name,
                timeout=1.5,
                resolve=server.pins,
            )
            for name in HOSTILE
        ]
        full = check("http", {"url": f"http://127.0.0.1:{server.full_port}/"}, "full queue", timeout=1.5)
        large = check("http", {"url": server.url("endless-body"), "expect": {"text": "x"}}, "text", timeout=1.5)
        mute = check("tcp", {"host": "127.0.0.1", "port": server.port, "banner": "SSH"}, "mute", timeout=1.5)
        everything = [*checks, full, large, mute]
        with exporter("127.0.0.11", blackbox_config.generate(config(*everything)), tmp_path) as running:
            seen = {o.check: o for o in look(running.url, *everything)}
    assert {id: (o.verdict, o.failure) for id, o in seen.items()} == {
        **HOSTILE,
        "full queue": (Verdict.DOWN, Failure.CONNECT_TIMEOUT),
        "text": (Verdict.INCONCLUSIVE, Failure.TRUNCATED),
        "mute": (Verdict.DOWN, Failure.WRONG_CONTENT),
    }
    assert not [o for o in seen.values() if "127.0.0." in o.detail]


def test_a_certificate_is_told_with_its_end(tmp_path: Path) -> None:
    """A real TLS server with a certificate nobody trusts: untrusted, not just `down`."""
    import ssl

    import trustme

    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("target.test").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Target)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    one = check(
        "http", {"url": f"https://target.test:{server.server_address[1]}/"}, resolve={"target.test": "127.0.0.1"}
    )
    try:
        with exporter("127.0.0.11", blackbox_config.generate(config(one)), tmp_path) as running:
            (seen,) = look(running.url, one)
    finally:
        server.shutdown()
        server.server_close()
    assert (seen.verdict, seen.failure) == (Verdict.DOWN, Failure.TLS_UNTRUSTED), seen.detail


# ---- no false down ---------------------------------------------------------------------------------------------------


def test_three_regions_with_a_stopped_a_frozen_and_an_outdated_exporter_say_nothing_false(
    target: str, tmp_path: Path
) -> None:
    """All targets are well. First all three see it; then each exporter fails in its own way, and nothing is down."""
    checks = [check("http", {"url": f"{target}/?n={n}", "expect": {"text": "ok"}}, f"p/c/{n}") for n in range(5)]
    control = check("http", {"url": f"{target}/control"}, "control/0", regions=())
    newest = blackbox_config.generate(config(*checks, controls=[control]))
    older = blackbox_config.generate(config(*(replace(c, timeout=9.0) for c in checks), controls=[control]))
    with ExitStack() as stack:
        running = {
            r: stack.enter_context(exporter(f"127.0.0.{n}", newest, tmp_path))
            for r, n in zip("abc", (11, 12, 13), strict=True)
        }
        well = [o for r, e in running.items() for o in look(e.url, *checks, controls=[control], region=r)]
        assert {(o.verdict, o.region) for o in well} == {(Verdict.OK, r) for r in "abc"}
        assert len(well) == 18

        running["a"].process.terminate()
        running["a"].process.wait()
        running["b"].process.send_signal(signal.SIGSTOP)
        (tmp_path / "127.0.0.13.yml").write_text(older)
        assert httpx.post(f"{running['c'].url}/-/reload", trust_env=False).status_code == 200

        ill = {r: look(e.url, *checks, controls=[control], region=r) for r, e in running.items()}
    words = {r: {(o.verdict, o.failure) for o in seen if o.check != "control/0"} for r, seen in ill.items()}
    assert words == {
        "a": {(Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR)},
        "b": {(Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR)},
        "c": {(Verdict.INCONCLUSIVE, Failure.ENGINE_OUTDATED)},
    }
    assert [o.verdict for o in ill["c"] if o.check == "control/0"] == [Verdict.OK], "what has not changed still counts"
    assert all(len(seen) == 6 for seen in ill.values()), "nothing is silently left out"


def test_an_exporter_that_freezes_in_the_middle_costs_the_run_its_time_and_no_more(target: str, tmp_path: Path) -> None:
    one = check("http", {"url": f"{target}/slow"}, timeout=1.5)
    with exporter("127.0.0.12", blackbox_config.generate(config(one)), tmp_path) as running:
        timer = threading.Timer(0.4, lambda: running.process.send_signal(signal.SIGSTOP))
        timer.start()
        (seen,) = look(running.url, one)
        timer.join()
    assert (seen.verdict, seen.failure) == (Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR)


def test_something_else_on_the_port_is_no_exporter(target: str) -> None:
    """A web server that answers everything with 200 and JSON."""
    (seen,) = look(target, check("http", {"url": target}))
    assert (seen.verdict, seen.failure) == (Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR)


# ---- configuration ---------------------------------------------------------------------------------------------------


def test_modules_are_named_after_their_content() -> None:
    same, other = check("http", {"url": "http://a.test/"}, "a"), check("http", {"url": "http://b.test/x"}, "b")
    assert blackbox_config.name(same) == blackbox_config.name(other), "the address is no part of the question"
    changed = check("http", {"url": "http://a.test/", "expect": {"text": "x"}})
    assert blackbox_config.name(changed) != blackbox_config.name(same)
    made = yaml.safe_load(blackbox_config.generate(config(same, other, changed)))
    assert set(made["modules"]) == {blackbox_config.name(same), blackbox_config.name(changed)}


def test_the_same_configuration_gives_the_same_text() -> None:
    checks = [check("http", {"url": "http://a.test/", "expect": {"text": f"{n}"}}, str(n)) for n in range(9)]
    assert blackbox_config.generate(config(*checks)) == blackbox_config.generate(config(*reversed(checks)))


def test_only_checks_of_blackbox_regions_are_configured() -> None:
    here = check("http", {"url": "http://a.test/"}, "a")
    local = check("http", {"url": "http://a.test/", "expect": {"text": "x"}}, "b", regions=("local",))
    assert len(yaml.safe_load(blackbox_config.generate(config(here, local)))["modules"]) == 1


@pytest.mark.parametrize(
    ("kind", "spec", "more", "reason"),
    [
        ("http", {"url": "http://a.test/"}, {}, ""),
        ("http", {"url": "http://a.test/", "method": "POST", "body": "x"}, {}, ""),
        ("http", {"url": "http://a.test/", "expect": {"json": [{"path": "a", "exists": True}]}}, {}, "sees no JSON"),
        ("http", {"url": "http://a.test/", "expect": {"final_url": "http://a.test/x"}}, {}, "where redirects end"),
        ("http", {"url": "http://a.test/", "headers": {"X": "y"}}, {"secrets": frozenset({"T"})}, "uses a secret"),
        ("freshness", {"url": "http://a.test/", "time": "t", "degraded": "1h"}, {}, "cannot carry freshness"),
        ("steps", {"steps": [{"url": "http://a.test/"}]}, {}, "cannot carry steps"),
        ("tls", {"host": "a.test", "issuer": "X"}, {}, "issuer"),
    ],
)
def test_what_cannot_be_carried_is_said_and_not_configured(kind: str, spec: Any, more: Any, reason: str) -> None:
    one = check(kind, spec, **more)
    said = ENGINE.cannot_carry(Region("r", "R", "blackbox", {"url": "http://x:1"}), one)
    assert (reason in said) if reason else (said == "")
    assert bool(yaml.safe_load(blackbox_config.generate(config(one)))["modules"]) is not bool(reason)


@pytest.mark.parametrize("host", ["10.1.2.3", "localhost", "[::1]"])
def test_private_addresses_need_to_be_allowed(host: str) -> None:
    where = Region("r", "R", "blackbox", {"url": "http://x:1"})
    one = check("http", {"url": f"http://{host}/"}, allow_private=False)
    assert "allow_private: true" in ENGINE.cannot_carry(where, one)
    assert ENGINE.cannot_carry(replace(where, allow_private=True), one) == ""
    for public in ("1.1.1.1", "[2606:4700::1111]", "example.org"):
        assert ENGINE.cannot_carry(where, check("http", {"url": f"http://{public}/"}, allow_private=False)) == ""


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"url": "http://10.0.0.7:9115"}, ""),
        ({}, "needs `url`"),
        ({"url": "10.0.0.7:9115"}, "needs `url`"),
        ({"url": "http://["}, "is no address"),
    ],
)
def test_options_are_checked(options: dict[str, Any], problem: str) -> None:
    said = ENGINE.options_problem(Region("r", "R", "blackbox", options))
    assert (problem in said) if problem else (said == "")


# ---- pages -----------------------------------------------------------------------------------------------------------

PAGE = """\
# HELP probe_success Displays whether or not the probe was a success
# TYPE probe_success gauge
probe_dns_lookup_time_seconds 0.002
probe_duration_seconds 0.05
probe_http_duration_seconds{phase="connect"} 0.01
probe_http_duration_seconds{phase="processing"} 0.02
probe_http_duration_seconds{phase="resolve"} 0.002
probe_http_duration_seconds{phase="tls"} 0
probe_http_duration_seconds{phase="transfer"} 0.005
probe_http_status_code 200
probe_ssl_last_chain_expiry_timestamp_seconds -6.2135596e+10
probe_ssl_last_chain_info{fingerprint_sha256="abc",issuer="CN=X \\"quoted\\", O=Y",subject="CN=a"} 1
probe_success 1
"""


def test_a_page_of_numbers_is_read() -> None:
    page = parse(PAGE)
    assert page is not None
    seen = exchange("GET", "http://a.test/", page)
    assert (seen.status, seen.failure, seen.latency_ms) == (200, None, pytest.approx(35.0))
    assert seen.tls == {"fingerprint": "abc"}
    assert parse("<html>hello</html>") is None
    assert parse("probe_success NaN\n") is None
    assert parse("probe_duration_seconds 1\n") is None


@pytest.mark.parametrize(
    ("line", "failure"),
    [
        ('err="Get \\"https://x/\\": dial tcp 1.2.3.4:443: connect: connection refused"', Failure.REFUSED),
        ('err="dial tcp: lookup x.test: no such host"', Failure.NXDOMAIN),
        ('err="lookup x.test on 10.0.0.2:53: server misbehaving"', Failure.DNS_SERVFAIL),
        ('err="lookup x.test on 10.0.0.2:53: read udp 10.0.0.7:9->10.0.0.2:53: read: connection refused"', Failure.DNS_SERVFAIL),
        ('err="dial tcp: lookup x.test on 10.0.0.2:53: dial udp 10.0.0.2:53: connect: network is unreachable"', Failure.DNS_SERVFAIL),
        ('err="lookup x.test on 10.0.0.2:53: read udp 10.0.0.7:9->10.0.0.2:53: i/o timeout"', Failure.DNS_TIMEOUT),
        ('err="dial tcp4 1.2.3.4:443: i/o timeout"', Failure.CONNECT_TIMEOUT),
        ('err="read tcp4 10.0.0.7:9->1.2.3.4:443: i/o timeout"', Failure.TIMEOUT),
        ("err=EOF", Failure.CLOSED_EARLY),
        ('err="x509: certificate has expired or is not yet valid: current time"', Failure.TLS_EXPIRED),
        ('err="x509: certificate is valid for a, not b"', Failure.TLS_WRONG_HOST),
        ('err="x509: certificate signed by unknown authority"', Failure.TLS_UNTRUSTED),
        ('err="remote error: tls: handshake failure"', Failure.TLS_HANDSHAKE),
        ('err="context deadline exceeded"', Failure.TIMEOUT),
        ('err="read tcp: connection reset by peer"', Failure.RESET),
        ('err="EOF"', Failure.CLOSED_EARLY),
        ('err="a new word"', Failure.UNKNOWN_FAILURE),
        ("nothing", Failure.UNKNOWN_FAILURE),
    ],
)  # fmt: skip
def test_the_exporters_log_tells_why(line: str, failure: Failure) -> None:
    """A resolver of the region that refuses or is silent is the region's; no address of the region is told."""
    word, _, said = why(f'level=info msg="Error" {line}')
    assert word is failure
    assert "10.0.0." not in said


def test_nothing_of_a_configuration_with_headers_is_kept(target: str, tmp_path: Path) -> None:
    """`debug=true` prints the module with its headers in clear; an observation must not."""
    one = check("http", {"url": "http://127.0.0.1:9/", "headers": {"X-Token": "not-for-eyes"}})
    with exporter("127.0.0.13", blackbox_config.generate(config(one)), tmp_path) as running:
        (seen,) = look(running.url, one)
    assert seen.failure is Failure.REFUSED
    assert "not-for-eyes" not in json.dumps([str(seen), dict(seen.facts)])
