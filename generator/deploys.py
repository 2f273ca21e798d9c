"""The deploy budget: whether what changed is worth one of the month's production deploys. Pure.

A production deploy of the page costs credits on hosts like Netlify, and a page whose credits are used up is paused just
when it is needed. So a deploy happens for content and for confirmed changes of state, with a distance between them, and
a few of the month's deploys are kept back for what people write. `live.json` goes another way and costs nothing.

A month is any 31 days: hosts begin theirs on the day of the sign-up, and two halves of it must not cost two budgets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .model import Time
from .siteview import SiteView

MONTH = 31 * 86400
"""Seconds in the longest month."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`deploy:` of status.yml, for any month. `reserve` deploys of it are kept back for content."""

    max_per_month: int = 15
    min_interval: int = 1800
    only_on: tuple[str, ...] = ("content", "transition")
    credits_per_deploy: int = 15
    credits: int = 300
    reserve: int = 3


@dataclass(frozen=True, slots=True)
class Signature:
    """What a deployed page said, as two hashes: of what people wrote, and of the states."""

    content: str
    state: str

    def to_text(self) -> str:
        return f"{self.content} {self.state}"

    @classmethod
    def from_text(cls, text: str) -> Signature:
        content, _, state = text.partition(" ")
        return cls(content, state)


@dataclass(frozen=True, slots=True)
class Decision:
    """`deploy` with its reason in words, what is left for this month, and where it is heading."""

    deploy: bool
    reason: str
    used: int
    left: int
    credits_left: int
    predicted: int

    def lines(self, policy: Policy) -> tuple[str, ...]:
        return (
            f"{'deploy' if self.deploy else 'no deploy'}: {self.reason}",
            f"in 31 days: {self.used} of {policy.max_per_month} deploys used, {self.left} left; "
            f"about {self.credits_left} of {policy.credits} credits left for traffic and deploys",
            f"at this pace {self.predicted} deploy{'' if self.predicted == 1 else 's'} in 31 days",
        )


def signature(view: SiteView, content: bytes) -> Signature:
    """What would be deployed now. The state is what a visitor would call news: statuses and confirmed incidents."""
    states = {c.id: c.status.value for c in view.components}
    incidents = [[i.id, i.status.value, i.title] for i in view.incidents if i.automatic]
    state = json.dumps([states, incidents], sort_keys=True)
    return Signature(hashlib.sha256(content).hexdigest()[:16], hashlib.sha256(state.encode()).hexdigest()[:16])


def decide(policy: Policy, deploys: Sequence[Time], last: Signature | None, now_is: Signature, now: Time) -> Decision:
    """Whether to deploy now. `deploys` are the times of earlier ones, in any order."""
    used = len(recent(deploys, now))
    left = max(0, policy.max_per_month - used)
    credits_left = policy.credits - used * policy.credits_per_deploy

    def answer(deploy: bool, reason: str) -> Decision:
        return Decision(deploy, reason, used, left, credits_left, predict(deploys, now))

    changes = _changes(last, now_is)
    if not changes:
        return answer(False, "nothing changed that a visitor would call news")
    wanted = [(change, reason) for change, reason in changes if last is None or change in policy.only_on]
    if not wanted:
        asked = " and ".join(policy.only_on) or "nothing"
        return answer(False, f"{changes[0][1]}, but deploys are asked for {asked} only")
    change, reason = wanted[0]
    if credits_left < policy.credits_per_deploy:
        return answer(False, f"{reason}, but the month's credits are used up")
    if left == 0:
        return answer(False, f"{reason}, but the month's {policy.max_per_month} deploys are used up")
    if change == "transition" and left <= policy.reserve:
        return answer(
            False, f"{reason}, but the last {policy.reserve} deploys are kept for content; live.json tells it"
        )
    since = max(0, now - max(deploys, default=0))
    if since < policy.min_interval:
        wait = (policy.min_interval - since + 59) // 60
        return answer(False, f"{reason}, but the last deploy was {since // 60} min ago; next in {wait} min")
    return answer(True, reason)


def _changes(last: Signature | None, now_is: Signature) -> list[tuple[str, str]]:
    """What differs from what was deployed last, by the words of `only_on`, with the reason; content first."""
    if last is None:
        return [("content", "nothing was deployed yet")]
    content = [("content", "content changed")] if last.content != now_is.content else []
    return content + ([("transition", "a confirmed state changed")] if last.state != now_is.state else [])


def recent(deploys: Iterable[Time], now: Time) -> list[Time]:
    """The deploys of the last month."""
    return [at for at in deploys if at > now - MONTH]


def predict(deploys: Iterable[Time], now: Time) -> int:
    """Deploys in a month at the pace since the first of the last one; at least what was used."""
    made = recent(deploys, now)
    passed = max(now - min(made, default=now), 86400)
    return max(len(made), round((len(made) - 1) * MONTH / passed) + 1)
