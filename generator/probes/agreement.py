"""`agreement`: do several places tell the same story?

Read paths, regions, repeated calls, or the edge's copy and a fresh answer are compared with each other and never
with the wall clock, so that an hour in which nobody publishes is nobody's outage. A disagreement seen for the first
time counts from now on, not from before: it must last to exceed a limit.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..fetch import Exchange, Look
from ..judging import inconclusive, ok, pick, threshold
from ..model import Failure, Observation, Request, Verdict
from . import Context, Facts, Judgement, Probe, _asking
from ._agreement_spec import AgreementSpec, Subjects, cost, shares
from ._comparing import at_one_time
from ._copies import judge_copies
from ._reading import FUTURE, fields, fill, instants, scalar, span

HOUR = 3600
PAST = 86400
GONE = frozenset({404, 410})


# ---- measure ---------------------------------------------------------------------------------------------------------


async def measure(spec: AgreementSpec, look: Look) -> Facts:
    """`values`: `pages` exchanges of the list of subjects, `subjects` [[id, time]] asked about, in order, `now`."""
    began = look.now()
    if spec.between in ("calls", "copies"):
        return _asking.facts_of(await _again(spec, look), {"now": began})
    if spec.read is not None:
        return await _asking.measure(spec.read, look)
    exchanges: list[Exchange] = []
    subjects: list[tuple[Any, float]] = [("", began)]
    if spec.subjects is not None:
        exchanges = list(await _asking.gather(look, spec.subjects))
        subjects = chosen(spec.subjects, _asking.read(spec.subjects, exchanges, began))
    pages = len(exchanges)
    for ident, _ in subjects:
        for target in spec.targets:
            if exchanges:
                await look.pause(spec.pace)
            url = fill(target.url, {"id": ident}) if fields(target.url) else target.url
            exchanges.append(
                await look.fetch(
                    _asking.request(_asking.Source(url=url, headers=target.headers, share=False, pace=spec.pace))
                )
            )
    return _asking.facts_of(exchanges, {"pages": pages, "subjects": [list(s) for s in subjects], "now": began})


async def _again(spec: AgreementSpec, look: Look) -> list[Exchange]:
    """The same address several times, or once as the edge has it and once fresh."""
    assert spec.read is not None  # the spec requires it for these two
    exchanges: list[Exchange] = []
    fresh = [True] * spec.calls if spec.between == "calls" else [False, True]
    shared = fresh.index(True)  # one fresh answer may serve other checks; the others must be our own
    for number, past_edge in enumerate(fresh):
        if number:
            await look.pause(spec.wait)
        # `number` keeps the addresses apart when the calls fall into the same second
        source = spec.read if number == shared else spec.read.model_copy(update={"share": False})
        exchanges.append(await look.fetch(_asking.request(source, look.now() + number if past_edge else None)))
    return exchanges


def chosen(spec: Subjects, reading: _asking.Reading) -> list[tuple[Any, float]]:
    """The newest subjects inside the window: (id, when it appeared)."""
    found: dict[Any, float] = {}
    for item in reading.items if reading.trouble is None else ():
        ident, times = pick(spec.id, item), instants(pick(spec.time, item))
        if isinstance(ident, str | int) and times and spec.min_age <= reading.now - times[-1] <= spec.max_age:
            found.setdefault(ident, times[-1])
    return sorted(found.items(), key=lambda pair: -pair[1])[: spec.take]


# ---- judge -----------------------------------------------------------------------------------------------------------


def judge(spec: AgreementSpec, facts: Facts, context: Context) -> Judgement:
    if spec.between == "copies":
        return judge_copies(spec, facts.exchanges)
    if spec.between == "calls":
        return _calls(spec, facts, context)
    if spec.between == "regions":
        return _alone(spec, facts, context)
    return _targets(spec, facts, context)


def _targets(spec: AgreementSpec, facts: Facts, context: Context) -> Judgement:
    """Facts: `compared`, `differ` [[subject, value name, [target names]]], `differs_since` (Unix s, or null)."""
    pages = int(facts.values.get("pages", 0))
    now = context.now
    if spec.subjects is not None:
        reading = _asking.read(spec.subjects, facts.exchanges[:pages], float(facts.values.get("now", now)))
        if reading.trouble is not None:
            return reading.trouble
    subjects = facts.values.get("subjects") or [["", now]]
    if spec.subjects is not None and not facts.values.get("subjects"):
        return inconclusive(Failure.TOO_FEW, "nothing recent enough to compare: a quiet hour", {"compared": 0})
    answers = facts.exchanges[pages:]
    differ: list[list[Any]] = []
    compared = 0
    for number, (ident, _) in enumerate(subjects):
        told = {
            t.name: values_of(t.values, e)
            for t, e in zip(spec.targets, answers[number * len(spec.targets) :], strict=False)
        }
        if any(isinstance(v, Judgement) for v in told.values()) or len(told) < len(spec.targets):
            continue
        compared += 1
        differ += [
            [scalar(ident)[:64], *d] for d in differences({k: v for k, v in told.items() if isinstance(v, Mapping)})
        ]
    if not compared:
        silent = [
            t.name for t, e in zip(spec.targets, answers, strict=False) if isinstance(values_of(t.values, e), Judgement)
        ]
        problems = [
            v for t, e in zip(spec.targets, answers, strict=False) if isinstance(v := values_of(t.values, e), Judgement)
        ]
        problem = problems[0] if problems else inconclusive(Failure.TOO_FEW, "nothing could be compared")
        return replace(_asking.unreadable(problem, "inconclusive"), facts={"compared": 0, "silent": silent})
    since = _since(context.past, now) if differ else None
    seen = {"compared": compared, "differ": differ[:10], "differs_since": since}
    lasted = float(now - since) if since is not None else 0.0
    judgement = threshold(lasted, spec.degraded, spec.down, "s", failure=Failure.DISAGREES, facts=seen)
    return replace(judgement, detail=_targets_sentence(spec, compared, differ, lasted))


def _targets_sentence(spec: AgreementSpec, compared: int, differ: list[list[Any]], lasted: float) -> str:
    names = " and ".join(t.name for t in spec.targets)
    if not differ:
        return f"{names} agree on {compared} compared"
    what = ", ".join(sorted({d[1] for d in differ}))
    since = f"for {span(lasted)}" if lasted else "now for the first time"
    return f"{names} differ in {what}, {since}"


def _since(past: tuple[Observation, ...], now: int) -> int:
    """Start of the unbroken run of differing looks that `now` continues."""
    start = now
    for look in reversed(past):
        if "compared" not in look.facts or look.at >= now:
            continue
        if not look.facts.get("differ"):
            break
        start = look.at
    return start


def values_of(paths: Mapping[str, str], exchange: Exchange) -> dict[str, Any] | Judgement:
    """The named values of an answer, all None if the thing is not there at all; a judgement if it cannot be told."""
    if exchange.failure is None and exchange.status in GONE:
        return dict.fromkeys(paths)
    document, problem = _asking.document_of(exchange)
    if problem is not None:
        return problem
    return {name: pick(path, document) for name, path in paths.items()}


def differences(told: Mapping[str, Mapping[str, Any]]) -> list[list[Any]]:
    """[value name, [[target, value as text] …]] for each name that not all targets tell alike."""
    names = sorted(set().union(*(v.keys() for v in told.values())))
    found: list[list[Any]] = []
    for name in names:
        by_target = {t: json.dumps(v[name], sort_keys=True)[:80] for t, v in told.items() if name in v}
        if len(set(by_target.values())) > 1:
            found.append([name, [[t, v] for t, v in by_target.items()]])
    return found


# ---- the same list again and again ----------------------------------------------------------------------------------


def _calls(spec: AgreementSpec, facts: Facts, context: Context) -> Judgement:
    """Facts: `contradictions` (ids that came and went within one look), `pods` that answered."""
    assert spec.read is not None
    lists = []
    for exchange in facts.exchanges:
        reading = _asking.read(spec.read, (exchange,), context.now)
        if reading.trouble is not None:
            return reading.trouble
        lists.append(reading)
    wavering = back_and_forth(spec, lists)
    pods = sorted({e.headers["x-handled-by"][:80] for e in facts.exchanges if e.headers.get("x-handled-by")})
    earlier = sum(bool(o.facts.get("contradictions")) for o in context.past if context.now - HOUR <= o.at < context.now)
    times = earlier + bool(wavering)
    seen = {**lists[0].facts, "contradictions": sorted(wavering)[:10], "pods": pods[:5], "within_hour": times}
    judgement = threshold(float(times), spec.degraded, spec.down, "times/h", failure=Failure.DISAGREES, facts=seen)
    said = f"{len(wavering)} items came and went within {len(lists)} calls" if wavering else "repeated calls agree"
    return replace(judgement, detail=f"{said}; {times} contradictory looks within the hour")


def back_and_forth(spec: AgreementSpec, lists: list[_asking.Reading]) -> set[str]:
    """Ids that were there, gone and there again, or the reverse: neither publishing nor removing explains it.

    An item may drop off the end of a full list, so only items newer than the oldest of every call count.
    """
    calls = [
        {
            scalar(i)[:64]: t[-1]
            for i, t in ((pick(spec.item_id, x), instants(pick(spec.time, x))) for x in r.items)
            if t and isinstance(i, str | int)
        }
        for r in lists
    ]
    if any(not c for c in calls):
        return set()
    floor = max(min(c.values()) for c in calls)
    found = set()
    for ident in set().union(*calls):
        if max(c.get(ident, 0.0) for c in calls) <= floor:
            continue
        there = [ident in c for c in calls]
        found |= {ident} if sum(a != b for a, b in itertools.pairwise(there)) >= 2 else set()
    return found


# ---- regions ---------------------------------------------------------------------------------------------------------


def _alone(spec: AgreementSpec, facts: Facts, context: Context) -> Judgement:
    """What one region sees: `watermark` of the list or `fingerprint` of the values. Says nothing by itself."""
    if spec.read is None:
        told = values_of(spec.targets[0].values, facts.exchanges[-1])
        if isinstance(told, Judgement):
            return _asking.unreadable(told, "inconclusive")
        canonical = json.dumps(told, sort_keys=True, ensure_ascii=False)
        seen: dict[str, Any] = {"fingerprint": hashlib.sha256(canonical.encode()).hexdigest()[:16]}
    else:
        reading = _asking.read(spec.read, facts.exchanges, context.now)
        if reading.trouble is not None:
            return reading.trouble
        times = [t[-1] for t in (instants(pick(spec.time, i)) for i in reading.items) if t]
        times = [t for t in times if t <= reading.now + FUTURE]
        if not times:
            return inconclusive(Failure.EMPTY, "no dated item to compare", reading.facts)
        seen = {**reading.facts, "watermark": round(max(times))}
    return inconclusive(Failure.TOO_FEW, "one region alone has nothing to be compared with", seen)


def compare(spec: AgreementSpec, seen: Mapping[str, Observation]) -> Mapping[str, Observation]:
    """The regions held against each other: how far each is behind the freshest, or who is in the minority."""
    if spec.between != "regions":
        return seen
    result = dict(seen)
    fact = "watermark" if spec.read is not None else "fingerprint"
    for lot in at_one_time(seen, fact, spec.together, spec.groups):
        judged = _behind(spec, lot) if fact == "watermark" else _minority(lot)
        for observation in lot:
            j = judged[observation.region]
            result[observation.region] = replace(
                observation, verdict=j.verdict, failure=j.failure, stage=j.stage, detail=j.detail,
                value=j.value, unit=j.unit, degraded=j.degraded, down=j.down,
            )  # fmt: skip
    return result


def _behind(spec: AgreementSpec, lot: list[Observation]) -> dict[str, Judgement]:
    freshest = max(lot, key=lambda o: o.facts["watermark"])
    judged = {}
    for observation in lot:
        behind = float(freshest.facts["watermark"] - observation.facts["watermark"])
        judgement = threshold(behind, spec.degraded, spec.down, "s", failure=Failure.DISAGREES)
        said = f"{span(behind)} behind region {freshest.region}" if behind else "sees the newest item of all regions"
        judged[observation.region] = replace(judgement, detail=said)
    return judged


def _minority(lot: list[Observation]) -> dict[str, Judgement]:
    """Regions that tell another story than most. Without a majority nobody knows who is right, so all are marked."""
    votes: dict[str, int] = {}
    for observation in lot:
        votes[observation.facts["fingerprint"]] = votes.get(observation.facts["fingerprint"], 0) + 1
    most = max(votes, key=lambda f: votes[f])
    clear = votes[most] * 2 > len(lot)
    judged = {}
    for o in lot:
        if len(votes) == 1 or (clear and o.facts["fingerprint"] == most):
            judged[o.region] = ok(f"tells the same as {votes[most]} of {len(lot)} regions")
        else:
            judged[o.region] = Judgement(
                Verdict.DEGRADED,
                Failure.DISAGREES,
                None,
                f"tells another story than {'most' if clear else 'other'} regions",
            )
    return judged


def asks(spec: AgreementSpec) -> tuple[Request, ...]:
    """The plain requests, where they are known beforehand (nothing captured from a list)."""
    if spec.read is not None:
        return (_asking.request(spec.read),)
    return tuple(Request(url=t.url, headers=t.headers) for t in spec.targets)


def needs(spec: AgreementSpec) -> frozenset[str]:
    wanted = {"get"}
    if spec.between in ("targets", "calls", "copies") or spec.subjects is not None:
        wanted.add("steps")
    if spec.read is not None:
        wanted.add(f"body:{spec.read.max_bytes}")
    return frozenset(wanted)


PROBE = Probe(
    kind="agreement",
    Spec=AgreementSpec,
    measure=measure,
    judge=judge,
    needs=needs,
    asks=asks,
    compare=compare,
    cost=cost,
    shares=shares,
    history=PAST,
)
