"""The default configuration as the tests read it, and how many requests it costs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from generator import config, probes
from generator.model import Check, Config

STATUS = Path(__file__).resolve().parents[2] / "content" / "status.yml"
HTTP_KINDS = frozenset(probes.names()) - {"tcp", "tls", "dns"}
"""Kinds that send requests; the others only open a connection or ask a resolver."""


@cache
def default() -> Config:
    return config.load(STATUS, env={})


def check(id: str) -> Check:
    return next(c for c in default().checks if c.id == id)


def spec_of(id: str) -> dict[str, Any]:
    """The check's own keys as they were parsed, for looks against a scripted network."""
    return dict(check(id).spec.model_dump(by_alias=True))


def worst_case(checks: Iterable[Check]) -> int:
    """Requests of one run in one region with everything due: the worse of two cases that exclude each other.

    Either the shared lists can be read: then every look-up that follows from them is made, but no further page and no
    second look of a list. Or they cannot: then they are asked again and again, and nothing follows from them.
    What is shared is sent once; a second look never shares.
    """
    good = bad = 0
    shared: set[str] = set()
    for one in checks:
        if one.kind not in HTTP_KINDS:
            continue
        probe = probes.get(one.kind)
        cost, words, pages = probe.cost(one.spec) + redirects(one), probe.shares(one.spec), further_pages(one)
        shared |= words
        if words:
            good += cost - pages - len(words)
            bad += pages + (1 + pages) * one.retries
        else:
            good += cost * (1 + one.retries)
            bad += cost * (1 + one.retries)
    return max(good, bad) + len(shared)


def further_pages(one: Check) -> int:
    """Pages that are asked for only when the first one lists nothing."""
    source = next((s for name in ("source", "subjects", "read") if (s := getattr(one.spec, name, None))), one.spec)
    return int(source.pages) if getattr(source, "more", "") else 0


def redirects(one: Check) -> int:
    """Delivery networks answer once with where to go: one more request for each asset."""
    if one.kind != "asset":
        return 0
    urls = one.spec.urls
    return len(urls) if isinstance(urls, tuple) else int(urls.limit) + len(urls.add)


def addresses(value: Any) -> Iterable[str]:
    """Every http(s) address in a parsed specification."""
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from addresses(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from addresses(inner)
