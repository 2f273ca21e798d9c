"""The sentences of a finding as values: what was seen, what is doubted, what was looked for.

Pure: makes no judgement, only words one. The values are said in English here and in any language by the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model import FAILING, Filling, Length, Moment, Observation, RegionHealth, Said, Status, Verdict
from ..plain import component_name, counted, english, failure_said, place_said, region_name, said, status_said
from ..signature import ONLY, VERDICT_WORDS, Condition, Node, Span
from ..words import HEALTH, STATUS, VERDICT
from .matching import Seen
from .world import World

MOST_NAMED = 6
"""So many things are named in a list; the rest is counted."""


# ---- what was seen ---------------------------------------------------------------------------------------------------


def seen_said(world: World, seen: Seen, more: int = 0) -> Said:
    """One look or belief with its place and time; `more` regions that saw the same are counted behind it."""
    sentence = _seen(world, seen)
    if not more:
        return sentence
    return counted(
        "{sentence} The same from {n} more region.", "{sentence} The same from {n} more regions.", more,
        sentence=sentence,
    )  # fmt: skip


def _seen(world: World, seen: Seen) -> Said:
    config, look = world.config, seen.observation
    place = place_said(config, seen.region)
    if seen.kind == "region":
        return said("{what}: {why}.", what=place, why=_health(world, seen))
    if seen.kind == "official" and look is not None:
        word = Said(STATUS[Status(seen.words)]) if seen.words in set(Status) else seen.words
        values: dict[str, Filling] = {"platform": world.platform.name, "word": word, "time": Moment(look.at)}
        return said("The status page of {platform} says: {word} ({time}).", **values)
    if seen.kind == "control" and look is not None:
        name = next((k.name or k.id for k in config.controls if k.id == look.check), look.check)
        values = {"name": name, "region": place_said(config, look.region), "time": Moment(look.at)}
        if look.verdict is Verdict.OK:
            return said("The control {name} answers from {region} ({time}).", **values)
        return said("The control {name} fails from {region} ({time}).", **values)
    part = component_name(config, seen.component)
    if look is not None:
        values = {"what": look_said(look), "region": place_said(config, look.region), "time": Moment(look.at)}
        return said("{component}, {region}: {what} ({time}).", component=part, **values)
    status = seen.standing.status if seen.standing else Status.UNKNOWN
    since = seen.standing.since if seen.standing else None
    if since is None:
        return said("{component}, {region}: {what}.", component=part, region=place, what=status_said(status))
    values = {"region": place, "what": status_said(status), "time": Moment(since)}
    return said("{component}, {region}: {what} since {time}.", component=part, **values)


def _health(world: World, seen: Seen) -> Filling:
    health = world.past.health.get(seen.region)
    if health is None:
        return seen.words.rstrip(".")
    return health.said or health.why.rstrip(".") or Said(HEALTH[health.health])


def look_said(look: Observation) -> Said:
    """What one look came to: `works`, or what was wrong with what was wanted and got."""
    if look.verdict is Verdict.OK:
        word = Said(VERDICT[Verdict.OK])
    else:
        word = failure_said(look.failure) if look.failure else Said(VERDICT[look.verdict])
    detail = look.detail.rstrip(".")
    return said("{what}: {why}", what=word, why=detail) if detail else word


# ---- what is doubted -------------------------------------------------------------------------------------------------


def not_seen(wanted: Said) -> Said:
    return said("Expected but not seen: {what}.", what=wanted)


def not_measured(wanted: Said) -> Said:
    return said("Not measured: {what}.", what=wanted)


def few_could_say(n: int, m: int) -> Said:
    return said("Only {n} of {m} regions could say anything.", n=n, m=m)


def one_view() -> Said:
    return said("Seen from one region only: whether it is so everywhere cannot be told from here.")


def same_elsewhere(platform: str) -> Said:
    return said(
        "{platform} shows the same at the same time: the reason may be something that both rest on.", platform=platform
    )


def only_held() -> Said:
    return said("Fewer regions than needed have fresh evidence; the last known state is held.")


def could_be(title: str, lacking: Iterable[Said]) -> Said:
    return said("It could be “{title}”, but this is not known: {what}.", title=title, what=some(lacking))


def some(sentences: Iterable[Said]) -> tuple[Said, ...]:
    """Each once, in order of the alphabet; beyond `MOST_NAMED` the rest is counted."""
    each = sorted(set(sentences), key=english)
    if len(each) <= MOST_NAMED:
        return tuple(each)
    rest = len(each) - MOST_NAMED + 1
    return (*each[: MOST_NAMED - 1], counted("{n} more", "{n} more", rest))


# ---- what was looked for ---------------------------------------------------------------------------------------------


def node_said(world: World, node: Node) -> Said:
    """A condition or a group as a phrase: `Civitai: Search: operational`."""
    if isinstance(node, Condition):
        return _condition(world, node)
    inner = [node_said(world, n) for n in node.nodes]
    if node.kind == "none":
        return said("none of: {what}", what=_joined(inner, "or"))
    return _joined(inner, "or" if node.kind == "any" else "and")


def _condition(world: World, c: Condition) -> Said:
    if c.reference:
        who = tuple(p.name for p in world.others)
        if c.reference == "ok":
            return said("{platforms} working from the same region", platforms=who)
        return said("{platforms} failing from the same region", platforms=who)
    parts = _asked(world, c)
    what = _joined(parts, "and") if parts else said("looked at")
    if c.control:
        return said("the control {name}: {what}", name=c.control, what=what)
    names = [component_name(world.config, x.id) for x in world.components(c.functions, c.component)]
    if c.of_component:
        subject = " / ".join(names) or c.component or " / ".join(c.functions)
        return said("{what}: {why}", what=subject, why=what)
    return what


def _asked(world: World, c: Condition) -> list[Said]:
    """Everything the condition asks of what it names, as phrases."""
    parts: list[Said] = []
    if c.role:
        parts.append(said("the platform is the subject") if c.role == "subject" else said("it is the reference"))
    if c.official:
        well = c.official == "ok"
        parts.append(
            said("the official page reports no trouble") if well else said("the official page reports trouble")
        )
    if c.region:
        words = [Said(HEALTH[h]) for h in RegionHealth if h in c.region]
        parts.append(said("the region: {what}", what=_joined(words, "or")))
    parts += _states(c)
    if c.check:
        parts.append(said("by the check {name}", name=c.check))
    parts += _limits(c)
    parts += [said("{name} is {value}", name=k, value=" / ".join(map(str, wanted))) for k, wanted in c.facts]
    parts += _extent(world, c)
    return parts


def _states(c: Condition) -> list[Said]:
    parts: list[Said] = []
    if c.status:
        failing = c.status == FAILING
        words = [status_said(Status.MAJOR_OUTAGE)] if failing else [Said(STATUS[s]) for s in Status if s in c.status]
        parts.append(_joined(words, "or"))
    if c.verdict and not c.failure:
        bad = c.verdict == VERDICT_WORDS["failing"]
        words = [Said(VERDICT[Verdict.DOWN])] if bad else [Said(VERDICT[v]) for v in Verdict if v in c.verdict]
        parts.append(_joined(words, "or"))
    if c.failure:
        parts.append(_joined([failure_said(f) for f in sorted(c.failure)], "or"))
    return parts


def _limits(c: Condition) -> list[Said]:
    parts: list[Said] = []
    for limit, over in ((c.above, True), (c.below, False)):
        if limit is None:
            continue
        number: Filling = f"{limit:g}" if isinstance(limit, int | float) else said("its limit")
        parts.append(said("above {limit}", limit=number) if over else said("below {limit}", limit=number))
    return parts


def _extent(world: World, c: Condition) -> list[Said]:
    """Over how much, and for how long."""
    parts: list[Said] = []
    if c.spread.startswith(ONLY):
        parts.append(said("only in {region}", region=region_name(world.config, c.spread.removeprefix(ONLY))))
    elif c.spread:
        parts.append(_SPREAD[c.spread])
    if c.lasting is not None:
        parts.append(said("for at least {time}", time=_span(c.lasting)))
    if c.under is not None:
        parts.append(said("for less than {time}", time=_span(c.under)))
    return parts


_SPREAD = {
    "all": said("in all regions"),
    "some": said("in some regions and not in others"),
    "one": said("in one region only"),
}


def _span(span: Span) -> Filling:
    return Length(span.seconds) if span.seconds else counted("{n} round", "{n} rounds", span.rounds)


def _joined(parts: Sequence[Said], word: str) -> Said:
    """`a and b`, `a or b or c`: two at a time, so that no language needs a list of conditions."""
    found = parts[0]
    for part in parts[1:]:
        found = said("{a} or {b}", a=found, b=part) if word == "or" else said("{a} and {b}", a=found, b=part)
    return found
