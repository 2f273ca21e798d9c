"""The dns kind against a DNS server on loopback that answers, fails, stays silent and lies."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from generator import probes
from generator.fetch import Looker
from generator.probes import Context

ZONE = {"fine.example.": "104.16.1.1", "witness.example.": "192.0.2.1", "home.example.": "10.0.0.1"}


class Names:
    """A DNS server over UDP."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, sender = self._socket.recvfrom(4096)
            if not data:
                return
            reply = self._reply(dns.message.from_wire(data))
            if reply is not None:
                self._socket.sendto(reply, sender)

    def _reply(self, query: dns.message.Message) -> bytes | None:
        name = query.question[0].name.to_text()
        if name == "silent.example.":
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name == "broken.example.":
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name in ZONE:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "A", ZONE[name]))
        else:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()


@pytest.fixture(scope="module")
def names() -> Iterator[Names]:
    server = Names()
    yield server
    server.close()


ROWS = [
    ("fine.example", "ok", ""),
    ("home.example", "down", "dns_wrong_answer"),
    ("gone.example", "down", "dns_no_such_name"),
    ("broken.example", "down", "dns_server_failure"),
    ("silent.example", "down", "dns_timeout"),
]


@pytest.mark.parametrize(("name", "verdict", "failure"), ROWS)
def test_a_real_resolver(names: Names, name: str, verdict: str, failure: str) -> None:
    """With a witness that resolves at the same server, every failure is the name's own."""
    probe = probes.get("dns")
    spec = probe.Spec.model_validate({"host": name, "servers": [names.address], "witness": "witness.example"})

    async def run() -> tuple[str, str]:
        facts = await probe.measure(spec, Looker(timeout=1.5, allow_private=True))
        judged = probe.judge(spec, facts, Context(0))
        return judged.verdict.value, judged.failure.value if judged.failure else ""

    assert asyncio.run(run()) == (verdict, failure)
