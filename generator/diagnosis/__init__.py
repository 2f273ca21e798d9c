"""Names the probable causes of what fails now, each with its evidence, its doubts and what would decide.

Every cause is tried on every platform; none stops another. What is upstream explains what is downstream, two faults
are told as two, and what no cause fits is a finding of its own: we do not know why. Pure: reads no clock, no file, no
network; claims nothing without an observation behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..model import (
    ALL,
    FAILING,
    Cause,
    Confidence,
    Config,
    Evidence,
    Finding,
    Past,
    Platform,
    Said,
    Time,
    Verdict,
)
from ..outage_groups import pace
from ..plain import english, listed
from ..signature import Condition, Group, Signature, anchors, conditions
from .matching import Seen, holds
from .trials import Match, Row, Trial, attempt, less_sure, match, truth_word
from .unmet import instead
from .wording import could_be, node_said, same_elsewhere, seen_said
from .world import World

UNKNOWN_CAUSE = "unknown-cause"
MOST_EVIDENCE = 8
PER_PART = 3

_RANK = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}


def diagnose(config: Config, causes: tuple[Cause, ...], past: Past, now: Time) -> tuple[Finding, ...]:
    """Every finding, the surest first; competing ones stand side by side. Nothing fails, nothing is found."""
    found: list[Match] = []
    unexplained: list[Finding] = []
    for platform in config.platforms:
        world = World(config, past, now, platform)
        trials = [attempt(c, world) for c in _of(causes, platform, config)]
        matches = [m for t in trials if (m := match(t)) is not None]
        kept = _upstream_only(matches)
        found += kept
        rest = _unexplained(world, [*kept, *matches], causes, trials)
        if rest is not None:
            unexplained.append(rest)
    ranked = sorted(_without_coincidence(found), key=_order)
    return (*(_finding(m) for m in ranked), *unexplained)


def _of(causes: Iterable[Cause], platform: Platform, config: Config) -> list[Cause]:
    """The causes to try here. Those about our own vantage only are tried once, not once a platform."""
    usable = [c for c in causes if isinstance(c.signature, Signature) and c.signature.when]
    if platform.id == config.platforms[0].id:
        return usable
    return [c for c in usable if not about_vantage(c.signature)]


def about_vantage(signature: Signature) -> bool:
    """Whether every condition is about the regions or controls: then no platform is meant."""
    return all(c.region or c.control for c in conditions(signature.when))


def _order(it: Match) -> tuple[bool, int, int, int, str, str]:
    """Surest first; then what explains more, then what asked more, then by name. Asides come last."""
    signature = it.trial.signature
    return (
        signature.aside,
        _RANK[it.confidence],
        -len(it.components),
        -signature.specificity,
        it.trial.cause.id,
        it.trial.world.platform.id,
    )


# ---- upstream and downstream -----------------------------------------------------------------------------------------


def _upstream_only(matches: Sequence[Match]) -> list[Match]:
    """Without those that another one, upstream of them, explains."""
    ranked = sorted(matches, key=_order)
    gone: set[int] = set()
    for n, down in enumerate(ranked):
        for m, up in enumerate(ranked):
            if n != m and m not in gone and _explains(up, down):
                gone.add(n)
                break
    return [m for n, m in enumerate(ranked) if n not in gone]


def _explains(up: Match, down: Match) -> bool:
    """Whether `down` is what `up` looks like from further below: all its parts, in no region that `up` leaves out."""
    signature = down.trial.signature
    if not down.blamed or signature.apart or signature.aside:
        return False
    if up.trial.signature.aside or up.confidence is Confidence.LOW:
        return False
    if not set(down.blamed) <= set(up.explained):
        return False
    if not all(up.trial.covers(r) for r in down.trial.regions):
        return False
    slack = 2 * max(pace(up.trial.world.config, c) for c in (*down.blamed, *up.blamed))
    return down.since >= up.since - slack


def _without_coincidence(found: Sequence[Match]) -> list[Match]:
    """A step less sure of what two platforms show alike, in a common region and within two rounds of each other.

    They share nothing that we know of: that each has the same fault by itself is the less likely story.
    """
    result = []
    for it in found:
        others = [o for o in found if _alike(it, o)]
        if others:
            doubts = [same_elsewhere(o.trial.world.platform.name) for o in others]
            it = replace(it, confidence=less_sure(it.confidence, 1), doubts=(*it.doubts, *doubts))
        result.append(it)
    return result


def _alike(one: Match, other: Match) -> bool:
    if one.trial.world.platform.id == other.trial.world.platform.id or one.trial.cause.id != other.trial.cause.id:
        return False
    if one.trial.signature.aside or not set(one.trial.regions) & set(other.trial.regions):
        return False
    config = one.trial.world.config
    slack = 2 * max((pace(config, c) for m in (one, other) for c in m.components), default=config.interval)
    return abs(one.since - other.since) <= slack


# ---- what nobody explains --------------------------------------------------------------------------------------------


def _unexplained(
    world: World, matches: Sequence[Match], causes: Sequence[Cause], trials: Sequence[Trial]
) -> Finding | None:
    """The finding that says we do not know: parts that fail in a region no match speaks for."""
    left: dict[str, tuple[str, ...]] = {}
    for component in world.platform.components:
        places = _failing_places(world, component.id)
        covering = [m for m in matches if component.id in m.components and not m.trial.signature.aside]
        open_places = tuple(r for r in places if not any(_speaks_for(m, r) for m in covering))
        if open_places:
            left[component.id] = open_places
    if not left:
        return None
    looks = [s for c, places in left.items() for s in _worst_looks(world, c, places)]
    near = _near(trials, set(left))
    cause = next((c for c in causes if c.id == UNKNOWN_CAUSE), None)
    decides = next((t.cause.decides for t in near if t.cause.decides), cause.decides if cause else "")
    doubts = tuple(could_be(t.cause.title, _lacking(t)) for t in near[:3])
    starts = [at for c, ps in left.items() for r in ps if (at := world.standing(c, r).since) is not None]
    return Finding(
        cause=UNKNOWN_CAUSE,
        title=cause.title if cause else "We do not know why",
        confidence=Confidence.LOW,
        platform=world.platform.id,
        components=tuple(left),
        regions=_ordered(world.config, {r for places in left.values() for r in places if r != ALL}),
        since=min(starts, default=world.now),
        evidence=_evidence(world, looks),
        against=tuple(map(english, doubts)),
        decides=decides,
        doubts=doubts,
    )


def _failing_places(world: World, component: str) -> tuple[str, ...]:
    found = world.component(component)
    places = world.regions(found) if found else ()
    failing = tuple(r for r in places if world.standing(component, r).status in FAILING)
    return failing or ((ALL,) if world.standing(component, ALL).status in FAILING else ())


def _speaks_for(it: Match, region: str) -> bool:
    return it.trial.covers(region) if region != ALL else bool(it.trial.regions)


def _worst_looks(world: World, component: str, places: Sequence[str]) -> list[Seen]:
    found = world.component(component)
    result = []
    for region in places:
        looks = [o for _, o in world.looks(found, region)] if found else []
        bad = [o for o in looks if o.verdict in (Verdict.DOWN, Verdict.DEGRADED)]
        chosen = max(bad, key=lambda o: (o.verdict is Verdict.DOWN, o.at, o.check), default=None)
        result.append(Seen("component", component, region, chosen, world.standing(component, region)))
    return result


def _near(trials: Sequence[Trial], components: set[str]) -> list[Trial]:
    """Trials of these parts that nothing refuses, that only lack a measurement."""
    result = []
    for trial in trials:
        if trial.absent or trial.regions or trial.signature.fallback or trial.signature.aside:
            continue
        named = {c.id for a in anchors(trial.signature.when) for c in trial.world.components(a.functions, a.component)}
        if not named & components:
            continue
        for region in trial.candidates:
            when = [r.answer.truth for r in trial.rows if r.part == "when" and r.region == region]
            if False not in when and True in when:
                result.append(trial)
                break
    return sorted(result, key=lambda t: (_RANK[t.cause.confidence], t.cause.id))


def _lacking(trial: Trial) -> list[Said]:
    """What is not known of a cause that might be."""
    return [node_said(trial.world, r.node) for r in trial.rows if r.part == "when" and r.answer.truth is None]


# ---- findings and evidence -------------------------------------------------------------------------------------------


def _finding(it: Match) -> Finding:
    trial = it.trial
    world, cause = trial.world, trial.cause
    return Finding(
        cause=cause.id,
        title=cause.title,
        confidence=it.confidence,
        platform="" if about_vantage(trial.signature) else world.platform.id,
        components=it.components,
        regions=_ordered(world.config, trial.regions),
        since=it.since,
        evidence=_evidence(world, it.seen),
        against=(*map(english, it.doubts), *((cause.against,) if cause.against else ())),
        doubts=it.doubts,
        decides=cause.decides,
        aside=trial.signature.aside,
    )


def _evidence(world: World, seen: Sequence[Seen]) -> tuple[Evidence, ...]:
    """One sentence a look, three places a part, eight in all: every other observation is a link away."""
    parts: dict[tuple[str, str], list[Seen]] = {}
    for one in seen:
        parts.setdefault((one.kind, one.component), []).append(one)
    found: list[Evidence] = []
    for places in parts.values():
        shown = places[:PER_PART]
        more = len({s.region for s in places} - {s.region for s in shown})
        for one in shown:
            said = seen_said(world, one, more if one is shown[-1] else 0)
            key = one.observation.key if one.observation else None
            found.append(Evidence(english(said), key, said))
    return tuple(list({e.sentence: e for e in found}.values())[:MOST_EVIDENCE])


def _ordered(config: Config, regions: Iterable[str]) -> tuple[str, ...]:
    wanted = set(regions)
    return tuple(r.id for r in config.regions if r.id in wanted)


# ---- explain ---------------------------------------------------------------------------------------------------------


def explain(
    config: Config,
    causes: tuple[Cause, ...],
    past: Past,
    now: Time,
    component: str,
    region: str | None = None,
    *,
    whole: bool = False,
) -> tuple[str, ...]:
    """Why each cause that speaks of this component holds or does not, as lines: condition by condition, place by place.

    Causes that hold come first, then those that nearly did, then the rest, each with the first condition that is not
    met; with `whole` all conditions of all of them.
    """
    found = config.component(component)
    platform = config.platform(found.platform) if found else None
    if found is None or platform is None:
        return ()
    world = World(config, past, now, platform)
    trials = [attempt(c, world) for c in _of(causes, platform, config)]
    mine = [t for t in trials if _speaks_of(t, component)]
    matches = [m for t in trials if (m := match(t)) is not None]
    kept = {m.trial.cause.id for m in _upstream_only(matches)}
    lines: list[str] = []
    for trial in sorted(mine, key=lambda t: (not t.regions, -_closeness(t, region), t.cause.id)):
        lines += _explained(trial, kept, region, whole)
    if not any(t.regions for t in mine) and _failing_places(world, component):
        lines.insert(0, "No cause fits: we do not know why.")
    return tuple(lines)


def _speaks_of(trial: Trial, component: str) -> bool:
    signature = trial.signature
    named = {c.id for a in conditions(signature.when) for c in trial.world.components(a.functions, a.component)}
    named |= {c.id for part in (*signature.scope, *signature.explains) for c in trial.world.named(part)}
    return component in named or about_vantage(signature)


def _rows_in(trial: Trial, region: str | None) -> list[Row]:
    return [r for r in trial.rows if region is None or r.region == region]


def _closeness(trial: Trial, region: str | None) -> float:
    """The share of its conditions that are met, where most are; 0 if none that asserts trouble is met or open."""
    best = 0.0
    for place in trial.candidates:
        rows = [r for r in _rows_in(trial, region) if r.part == "when" and r.region == place]
        trouble = [r for r in rows if any(True for _ in anchors((r.node,)))]
        if rows and (not trouble or any(r.answer.truth is not False for r in trouble)):
            best = max(best, sum(bool(r.answer.truth) for r in rows) / len(rows))
    return best


def _explained(trial: Trial, kept: set[str], region: str | None, whole: bool) -> list[str]:
    cause = trial.cause
    if trial.absent:
        absent = next(n for n in trial.signature.when if holds(trial.world, n, ALL).missing)
        lines = [f"  {cause.id}: does not apply here, {trial.world.platform.name} has no such part"]
        return [*lines, f"      wants {_node_words(absent)}"]
    rows = _rows_in(trial, region)
    it = match(trial)
    if it is not None:
        state = f"holds in {listed(trial.regions, 20)}, {it.confidence} confidence (its own: {cause.confidence})"
        state += "" if cause.id in kept else "; explained by another cause upstream"
        lines = [f"+ {cause.id}: {state}", *(f"      doubt: {a}" for a in _finding(it).against)]
    else:
        close = _closeness(trial, region)
        lines = [f"{'~' if close >= 0.5 else '-'} {cause.id}: does not hold ({close:.0%} of its conditions)"]
        if close < 0.5 and not whole:
            rows = _first_unmet(trial, rows)
    for row in rows:
        lines += _row_said(trial.world, row)
    return lines if rows else [*lines, "      no region looks at what it speaks of"]


def _first_unmet(trial: Trial, rows: Sequence[Row]) -> list[Row]:
    """The first condition of `when` that is not met, where most are."""
    unmet = [r for r in rows if r.part == "when" and not r.answer.truth]
    met = {
        place: sum(r.part == "when" and bool(r.answer.truth) for r in rows if r.region == place)
        for place in trial.candidates
    }
    return sorted(unmet, key=lambda r: -met[r.region])[:1]


def _row_said(world: World, row: Row) -> list[str]:
    """The condition with its answer, and what made it true or was seen in its place."""
    word = {"when": "wants", "unless": "refuses", "expect": "expects"}[row.part]
    missing = " (no such part here)" if row.answer.missing else ""
    line = f"      {row.region}: {word} {_node_words(row.node)}: {truth_word(row.answer.truth)}{missing}"
    seen = [english(seen_said(world, s)) for s in row.answer.seen[:PER_PART]]
    other = () if row.part == "unless" or row.answer.missing else instead(world, row.node, row.region)
    return [line, *(f"          {one}" for one in seen), *(f"          instead: {one}" for one in other)]


def _node_words(node: Condition | Group) -> str:
    if isinstance(node, Condition):
        return node.said()
    return f"{node.kind} of ({'; '.join(_node_words(n) for n in node.nodes)})"
