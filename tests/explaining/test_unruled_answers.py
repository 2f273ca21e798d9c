"""Answers that no cause was written for: refused, moved or changed. What comes out is that, or that we do not know.

The default checks look at a small Civitai that answers so, and judge for themselves what they saw.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache
from urllib.parse import urlsplit

import pytest

from generator import probes
from generator.diagnosis import UNKNOWN_CAUSE, diagnose
from generator.fetch import Exchange
from generator.model import Check, Confidence, Config, Finding, Observation, Request, Verdict
from generator.probes import Context
from tests.explaining.worlds import NOW, REGIONS, Fault, default_causes, default_config, past, with_regions
from tests.semantics.civitai import Script, platform
from tests.semantics.default_content import HTTP_KINDS
from tests.semantics.looks import HOUR, ScriptedLook, answer, iso

SITE = default_config()
ALONE = with_regions(SITE, ("home",))
PAGE = b"<!doctype html><title>Sign in</title><form>Please sign in.</form>"
PICTURE = answer(b"\xff\xd8\xff\xe0" + b"\x00" * 600, headers={"content-type": "image/jpeg"})
OTHERS = [{"id": n, "name": f"Weather {n}", "createdAt": iso(60 + n)} for n in range(100)]
ANSWERS = {
    "404": answer({"error": "not found"}, 404),
    "401": answer({"error": "unauthorized"}, 401),
    "403": answer({"error": "forbidden"}, 403),
    "410": answer({"error": "gone"}, 410),
    "301-to-a-sign-in": replace(answer(PAGE), final_url="https://id.test/sign-in", redirects=((301, "id.test"),)),
    "200-with-other-things": answer({"items": OTHERS, "metadata": {}}),
    "200-with-a-list-of-other-things": answer(OTHERS),
    "200-with-a-web-page": answer(PAGE),
}
ROUTES = ("enums", "models", "search", "counters", "images", "model-versions", "region-status", "creators", "pictures")
PLACES = (*ROUTES, *(p.id for p in SITE.platforms), *(c.id for c in SITE.components))
HONEST = {"answer-changed", UNKNOWN_CAUSE}
DOUBTED = {
    "cdn-corruption",  # a file that is no such file may come out of a cache
    "image-index-behind",  # a gallery that lists other pictures lacks ours
}
"""What may stand there as well, because the looks fit it; never surely where it is so everywhere."""

KNOWN = platform(
    **{
        "creators": answer({"items": [{"image": f"https://image.civitai.com/{n}.jpeg"} for n in range(5)]}),
        "model-versions": answer({"name": "v1", "versionName": "v1", "publishedAt": "2026-01-01T00:00:00Z"}),
    }
)


def route_of(url: str) -> str:
    parts = urlsplit(url)
    if parts.hostname == "image.civitai.com":
        return "pictures"
    if "query=" in parts.query:
        return "search"
    if "sort=Most%20Downloaded" in parts.query:
        return "counters"
    return parts.path.removeprefix("/api/").removeprefix("v1/").partition("/")[0]


def civitai(route: str = "", instead: Exchange = PICTURE) -> Script:
    """The small Civitai, with something else in the place of one route."""

    def script(request: Request) -> Exchange:
        asked = route_of(request.url)
        if asked == route:
            return instead
        return PICTURE if asked == "pictures" else KNOWN(request)

    return script


def judged(check: Check, script: Script) -> tuple[Fault, frozenset[str]]:
    """What the check says, having seen the same for three hours; and the routes it asked."""
    probe, look = probes.get(check.kind), ScriptedLook(script, NOW)
    facts = asyncio.run(probe.measure(check.spec, look))
    seen: tuple[Observation, ...] = ()
    for at in (NOW - 3 * HOUR, NOW - 2 * HOUR, NOW - HOUR, NOW):
        it = probe.judge(check.spec, facts, Context(at, "home", seen))
        seen = (*seen, Observation(check.id, "home", at, it.verdict, it.failure, facts=it.facts))
    key = check.id.removeprefix(f"{check.component}/")
    return Fault(check.component, key, it.failure, it.verdict, facts=it.facts), frozenset(map(route_of, look.asked))


@cache
def asking(place: str) -> tuple[Check, ...]:
    """The checks of a platform or a component that send requests."""
    return tuple(
        k
        for k in SITE.checks
        if k.kind in HTTP_KINDS - {"official"} and place in (k.component, k.component.partition("/")[0])
    )


@cache
def calm() -> dict[str, tuple[Fault, frozenset[str]]]:
    """What a platform that stands still shows anyway, and who asks which route."""
    return {k.id: judged(k, civitai()) for k in asking("civitai")}


@cache
def faults(place: str, name: str) -> tuple[Fault, ...]:
    """What the checks object to when this is answered in the place of a route, by a platform, or to a component."""
    instead = ANSWERS[name]
    if place not in ROUTES:
        found = [judged(k, lambda request: instead)[0] for k in asking(place)]
        return tuple(f for f in found if f.verdict is not Verdict.OK)
    askers = [k for k in asking("civitai") if place in calm()[k.id][1]]
    found = [f for k in askers if (f := judged(k, civitai(place, instead))[0]).failure != calm()[k.id][0].failure]
    return tuple(f for f in found if f.verdict is not Verdict.OK)


def findings(place: str, name: str, regions: tuple[str, ...] = REGIONS, site: Config = SITE) -> tuple[Finding, ...]:
    seen = past(site, [replace(f, regions=regions) for f in faults(place, name)])
    return tuple(f for f in diagnose(site, default_causes(), seen, NOW) if not f.aside)


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("place", PLACES)
def test_what_was_refused_moved_or_changed_is_told_as_that_or_as_not_known(place: str, name: str) -> None:
    """Seen from everywhere, from the only region there is, and from one region of three."""
    everywhere = findings(place, name)
    assert {f.cause for f in everywhere} <= HONEST | DOUBTED
    assert [f.cause for f in everywhere if f.confidence is Confidence.HIGH] == []
    assert not everywhere or everywhere[0].cause in HONEST | {"image-index-behind"}
    alone = findings(place, name, ("home",), ALONE)
    assert {f.cause for f in alone} <= HONEST | DOUBTED
    assert [f.cause for f in alone if f.confidence is Confidence.HIGH] == []
    # One cache that hands out something else is what a wrong file in one region looks like.
    sure = {f.cause for f in findings(place, name, ("east",)) if f.confidence is not Confidence.LOW}
    assert sure <= DOUBTED


def test_the_table_speaks_of_failures() -> None:
    """Most rows fail something: the test above is not fine because nothing was seen."""
    failing = [
        p
        for p in PLACES
        if sum(any(f.verdict in (Verdict.DOWN, Verdict.DEGRADED) for f in faults(p, n)) for n in ANSWERS) >= 4
    ]
    assert set(failing) >= {
        "enums",
        "models",
        "search",
        "images",
        "pictures",
        "region-status",
        "civitai",
        "huggingface",
    }
    assert {p for p in failing if "/api" in p or "/search" in p} == {
        c.id for c in SITE.components if c.function in ("api", "search")
    }
