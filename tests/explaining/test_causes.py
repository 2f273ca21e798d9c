"""Reading causes: strict, every mistake with its place and what to write instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator import causes
from generator.causes.overlap import impossible
from generator.errors import ContentError, Severity
from generator.model import Confidence, Failure, Status, Verdict
from generator.signature import Condition, Group, Span
from tests.explaining.small import check, site
from tests.explaining.worlds import ROOT, default_config

SITE = site()

BODY = """
## What it is

One sentence. A second with `code` and a [link](https://example.org).

## What it means for you

Little.

## What you can do

Wait.
"""
GOOD = """title: Search is down
confidence: high
scope: [search]
explains: [index]
when:
  - {function: search, status: failing, failure: [overloaded, timeout], spread: all, for: 2 rounds}
  - any:
      - {function: api, status: ok}
      - {reference: ok}
unless:
  - {control: cloudflare, verdict: failing}
expect:
  - {function: cdn, check: http, indicator: {above: 3h}, fact: {status: [502, 503]}}
against: Chance.
decides: The next round.
"""


def read(head: str, body: str = BODY, name: str = "search-down") -> object:
    return causes.read(f"---\n{head}---\n{body}", f"content/causes/{name}.md", SITE)


def problems(head: str, body: str = BODY, name: str = "search-down") -> list[str]:
    with pytest.raises(ContentError) as wrong:
        read(head, body, name)
    return [str(p).removeprefix(f"content/causes/{name}.md:") for p in wrong.value.problems]


def test_a_cause_becomes_values() -> None:
    cause = causes.read(f"---\n{GOOD}---\n{BODY}", "content/causes/search-down.md", SITE)
    first = cause.signature.when[0]
    assert cause.id == "search-down"
    assert cause.confidence is Confidence.HIGH
    assert cause.summary == "One sentence.", "the first sentence of what it is"
    assert set(cause.sections) == {"what", "means", "do"}
    assert "<code>code</code>" in cause.sections["what"]
    assert isinstance(first, Condition)
    assert first.status == {Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE, Status.MAJOR_OUTAGE}
    assert first.failure == {Failure.OVERLOADED, Failure.TIMEOUT}
    assert first.lasting == Span(rounds=2)
    assert isinstance(cause.signature.when[1], Group)
    assert cause.signature.unless[0].verdict == {Verdict.DOWN, Verdict.DEGRADED}
    assert cause.signature.expect[0].above == 3 * 3600
    assert cause.signature.expect[0].facts == (("status", (502, 503)),)


WRONG = [
    pytest.param("titel: x\n" + GOOD, "2:1: unknown key `titel`; did you mean `title`?", id="unknown-key"),
    pytest.param(GOOD.replace("function: api, status: ok", "functon: api, status: ok"), "did you mean `function`?", id="unknown-condition-key"),
    pytest.param(GOOD.replace("overloaded", "overlaoded"), "did you mean overloaded?", id="misspelt-failure"),
    pytest.param(GOOD.replace("status: failing", "status: broken"), "is no status; one of: ok, failing", id="unknown-status"),
    pytest.param(GOOD.replace("spread: all", "spread: everywhere"), "is no spread; write one of all, some, one or only:REGION", id="unknown-spread"),
    pytest.param(GOOD.replace("spread: all", "spread: only:easst"), "unknown region 'easst'; did you mean east?", id="unknown-region"),
    pytest.param(GOOD.replace("for: 2 rounds", "for: a while"), "is no length of time; write 2 rounds, 10m, 3h or 2d", id="no-length"),
    pytest.param(GOOD.replace("{reference: ok}", "{reference: ok, region: silent}"), "says of one part", id="two-parts-in-one"),
    pytest.param(GOOD.replace("{reference: ok}", "{function: api}"), "asks nothing; add status" , id="asks-nothing"),
    pytest.param(GOOD.replace("{control: cloudflare, verdict: failing}", "{control: cloudflare}"), "a control needs", id="control-without-verdict"),
    pytest.param(GOOD.replace("above: 3h", "above: 5, below: 3"), "nothing lies between", id="empty-range"),
    pytest.param(GOOD.replace("above: 3h", "above: high"), "is no length of time", id="no-limit"),
    pytest.param(GOOD.replace("confidence: high", "confidence: certain"), "confidence", id="unknown-confidence"),
    pytest.param("title: Nothing is asked\n", "there is no `when:`; say what must be seen", id="no-signature"),
    pytest.param("confidence: high\nwhen:\n  - {reference: ok}\n", "`title` is missing", id="no-title"),
    pytest.param(GOOD.replace("  - any:", "  - all: []\n  - any:"), "an empty list says nothing", id="empty-group"),
    pytest.param(GOOD.replace("when:", "when: search > 3\nold:"), "must be a list", id="no-expressions"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "said"), WRONG)
def test_a_mistake_is_told_with_its_place_and_its_cure(head: str, said: str) -> None:
    found = problems(head)
    assert any(said in line for line in found), found
    assert all(line.partition(":")[0].isdigit() for line in found), "each has a line"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(BODY.replace("## What you can do", "## What to do"), "unknown section 'What to do'; did you mean '## What you can do'?", id="misspelt-section"),
        pytest.param(BODY.split("## What you")[0], "there is no text under '## What you can do'", id="missing-section"),
        pytest.param(BODY.replace("Little.", ""), "there is no text under '## What it means for you'", id="empty-section"),
    ],
)  # fmt: skip
def test_the_three_sections_are_needed(body: str, said: str) -> None:
    """A cause that does not say what a visitor can do is not finished."""
    assert any(said in line for line in problems(GOOD, body))


def test_all_mistakes_are_told_at_once() -> None:
    head = GOOD.replace("overloaded", "overlaoded").replace("spread: all", "spread: odd")
    assert len(problems(head, BODY.replace("Wait.", ""))) == 3


def test_all_files_are_read_before_anything_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "content" / "causes"
    folder.mkdir(parents=True)
    for name in ("a", "b"):
        (folder / f"{name}.md").write_text("---\ntitle: Nothing is asked\n---\n" + BODY)
    with pytest.raises(ContentError) as wrong:
        causes.load(tmp_path, SITE)
    assert {p.file for p in wrong.value.problems} == {"content/causes/a.md", "content/causes/b.md"}


def test_leftovers_of_editors_are_no_causes(tmp_path: Path) -> None:
    """As beside notes: a read-me, and what an editor leaves there while somebody writes, stop nothing."""
    folder = tmp_path / "content" / "causes"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# What these files are\n")
    (folder / ".#search.md").symlink_to("somebody@somewhere.4711")
    assert causes.load(tmp_path, SITE) == ()
    assert causes.lint(tmp_path, SITE) == []


def lint(tmp_path: Path, **heads: str) -> list[str]:
    folder = tmp_path / "content" / "causes"
    folder.mkdir(parents=True)
    for name, head in heads.items():
        (folder / f"{name}.md").write_text(f"---\ntitle: Some title\n{head}---\n{BODY}")
    found = causes.lint(tmp_path, SITE)
    assert all(p.severity is Severity.WARNING for p in found)
    return [f"{Path(p.file).stem} {p.rule}: {p.message}" for p in found]


SEARCH = "when:\n  - {function: search, failure: [overloaded, timeout]}\n"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        pytest.param("when:\n  - {function: tagging, status: failing}\n", "no platform has all of its parts (tagging)", id="no-such-function"),
        pytest.param("when:\n  - {function: search, status: ok, failure: timeout}\n", "a component that works shows no failure", id="ok-and-failing"),
        pytest.param("when:\n  - {function: search, status: ok}\n  - {function: search, status: failing}\n", "exclude each other", id="both-at-once"),
        pytest.param("when:\n  - {function: search, failure: blocked, verdict: down}\n", "never held against the target", id="a-bot-wall-is-never-down"),
        pytest.param("when:\n  - {function: search, failure: timeout}\nunless:\n  - {function: search, failure: [timeout, slow]}\n", "is refused by `unless`", id="refuses-what-it-wants"),
        pytest.param("when:\n  - {function: search, failure: region_blocked, verdict: down}\n", "verdict blocked_by_policy", id="policy-is-not-down"),
        pytest.param("when:\n  - {function: api, check: lookks, failure: slow}\n", "no check of api is called 'lookks'; there are: http, looks", id="misspelt-check"),
        pytest.param("when:\n  - {component: p/api, indicator: {check: asset, above: 3}}\n", "no check of p/api is called 'asset'", id="a-kind-of-check-that-does-not-look-there"),
        pytest.param("when:\n  - {function: api, status: failing, for: 3h, under: 1h}\n", "nothing lasts that long and that short", id="long-and-short"),
        pytest.param("when:\n  - {function: api, status: failing, for: 2 rounds, under: 2 rounds}\n", "nothing lasts that long and that short", id="two-rounds-and-fewer-than-two"),
        pytest.param("when:\n  - {function: api, status: failing, for: 3h}\n  - {function: api, failure: timeout, under: 1h}\n", "exclude each other", id="long-and-short-of-one-part"),
        pytest.param("when:\n  - {function: api, failure: timeout, spread: all}\n  - {function: api, failure: timeout, spread: one}\n", "exclude each other", id="everywhere-and-in-one-place"),
        pytest.param("when:\n  - {function: [api, search], status: failing, spread: all}\n  - {function: [api, search], status: failing, spread: some}\n", "exclude each other", id="everywhere-and-not-everywhere-of-several"),
        pytest.param("when:\n  - {function: api, failure: slow, spread: 'only:east'}\n  - {function: api, failure: slow, spread: 'only:west'}\n", "exclude each other", id="only-here-and-only-there"),
        pytest.param("when:\n  - {function: api, failure: timeout}\n  - none: [{function: api, failure: [timeout, slow]}]\n", "is wanted, and `none` refuses it", id="wanted-and-none-of-it"),
        pytest.param("when:\n  - all:\n      - {function: api, failure: timeout}\n      - none: [{function: cdn, status: ok}, {function: api, status: failing, failure: timeout}]\n      - {function: api, status: failing, failure: timeout}\n", "is wanted, and `none` refuses it", id="wanted-and-none-of-it-deep-inside"),
        pytest.param("when:\n  - any: [{function: tagging, status: failing}, {function: metrics, status: failing}]\n", "no platform has all of its parts (metrics, tagging)", id="alternatives-that-are-all-not-there"),
        pytest.param("when:\n  - any: [{function: tagging, status: failing}, {function: api, status: ok, failure: timeout}]\n", "a component that works shows no failure", id="alternatives-that-are-all-impossible"),
        pytest.param("when:\n  - {function: api, status: failing}\n  - none: [{function: tagging, status: failing}]\n", "no platform has all of its parts (api, tagging)", id="none-of-what-is-not-there"),
        pytest.param("when:\n  - {function: api, verdict: down, fact: {status: 404}}\n  - {function: api, verdict: down, fact: {status: [500, 502]}}\n", "exclude each other", id="two-answers-of-the-only-check"),
        pytest.param("when:\n  - {function: api, failure: timeout}\n  - {function: api, check: http, failure: slow}\n", "exclude each other", id="two-failures-of-the-only-check"),
        pytest.param("when:\n  - {function: api, status: ok}\n  - {function: api, failure: timeout}\n", "exclude each other", id="works-and-is-blamed"),
    ],
)  # fmt: skip
def test_a_cause_that_can_never_hold_is_a_warning(tmp_path: Path, head: str, said: str) -> None:
    found = lint(tmp_path, never=head)
    assert any(line.startswith("never never-matches") and said in line for line in found), found


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("when:\n  - {function: api, check: http, failure: slow, for: 1h, under: 3h}\n", id="between-one-hour-and-three"),
        pytest.param("when:\n  - {function: api, failure: slow, for: 2 rounds, under: 5m}\n", id="rounds-and-minutes-cannot-be-compared"),
        pytest.param("when:\n  - {function: api, failure: slow, for: 3h}\n  - {function: search, failure: slow, under: 1h}\n", id="two-parts-of-two-ages"),
        pytest.param("when:\n  - {function: [api, search], status: ok}\n  - {function: [api, search], status: failing}\n", id="one-of-two-works-and-one-fails"),
        pytest.param("when:\n  - {function: api, status: failing, spread: all}\n  - {function: api, failure: timeout, spread: one}\n", id="fails-everywhere-and-in-one-place-so"),
        pytest.param("when:\n  - {function: api, failure: slow, spread: some}\n  - {function: api, failure: slow, spread: one}\n", id="one-of-several-places"),
        pytest.param("when:\n  - {function: api, failure: slow}\n  - none: [{function: api, failure: slow, spread: all}]\n", id="slow-and-not-everywhere"),
        pytest.param("when:\n  - any: [{function: tagging, status: failing}, {function: api, failure: slow}]\n", id="one-alternative-is-there"),
        pytest.param("when:\n  - {function: api, failure: slow}\n  - any: [{function: api, status: ok}, {function: cdn, status: ok}]\n", id="one-alternative-is-possible"),
        pytest.param("when:\n  - {function: api, verdict: down, fact: {tags: a}}\n  - {function: api, verdict: down, fact: {tags: b}}\n", id="a-fact-may-be-a-list-of-both"),
        pytest.param("when:\n  - {function: [api, cdn], verdict: down, fact: {status: 404}}\n  - {function: [api, cdn], verdict: down, fact: {status: 500}}\n", id="two-answers-of-two-parts"),
        pytest.param("when:\n  - {role: reference}\n  - {function: cdn, failure: slow}\n  - {reference: ok, function: search}\n", id="seen-on-the-other-platform"),
    ],
)  # fmt: skip
def test_a_cause_that_may_hold_one_day_is_no_warning(tmp_path: Path, head: str) -> None:
    assert lint(tmp_path, rare=head) == []


def test_two_checks_of_a_part_may_say_two_things(tmp_path: Path) -> None:
    """What one look cannot show, two can."""
    head = "when:\n  - {function: api, failure: timeout}\n  - {function: api, failure: slow}\n"
    assert len(lint(tmp_path / "one", two=head)) == 1
    platforms = tuple(
        replace(
            p,
            components=tuple(replace(c, checks=(*c.checks, check(c.id, "second", "freshness"))) for c in p.components),
        )
        for p in SITE.platforms
    )
    (cause,) = causes.load(tmp_path / "one", SITE)
    assert impossible(cause.signature, replace(SITE, platforms=platforms)) == []


def test_a_check_that_nothing_is_called_is_a_warning_wherever_it_stands(tmp_path: Path) -> None:
    """In `unless` and `expect` it makes nothing impossible, but nobody can have meant it."""
    extra = "unless:\n  - {function: api, check: lookks, failure: slow}\nexpect:\n  - any: [{function: cdn, check: htpp, verdict: ok}]\n"
    assert lint(tmp_path, odd=SEARCH + extra) == [
        "odd unknown-part: nothing here is called 'lookks'",
        "odd unknown-part: nothing here is called 'htpp'",
    ]
    assert [p.fix for p in causes.lint(tmp_path, SITE)][1] == "did you mean `http`?"


def test_a_thousand_alternatives_are_looked_through_in_no_time(tmp_path: Path) -> None:
    """What is too much to look through is taken to be possible."""
    one = "  - any: [" + ", ".join(["{function: api, status: ok, failure: slow}"] * 10) + "]\n"
    assert lint(tmp_path, many="when:\n" + one * 12) == []


def test_a_cause_that_another_always_precedes_is_a_warning(tmp_path: Path) -> None:
    """The narrow one can never come first, because the wide one holds whenever it does and is surer."""
    narrow = "confidence: low\nwhen:\n  - {function: search, failure: timeout}\n  - {function: api, status: ok}\n"
    found = lint(tmp_path, wide="confidence: high\n" + SEARCH, narrow=narrow)
    assert found == ["narrow always-second: whenever it holds, wide holds as well, with a higher confidence"]


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        pytest.param("confidence: low\n" + SEARCH, "confidence: high\n" + SEARCH.replace("[overloaded, timeout]", "timeout"), id="the-narrow-one-is-surer"),
        pytest.param("confidence: high\n" + SEARCH + "unless:\n  - {function: api, status: ok}\n", "confidence: low\n" + SEARCH, id="the-wide-one-refuses-more"),
        pytest.param("confidence: high\n" + SEARCH, "confidence: low\nwhen:\n  - {function: search, failure: [timeout, slow]}\n", id="they-only-overlap"),
    ],
)  # fmt: skip
def test_causes_that_compete_honestly_are_no_warning(tmp_path: Path, wide: str, narrow: str) -> None:
    assert lint(tmp_path, wide=wide, narrow=narrow) == []


def test_the_same_signature_twice_is_a_warning(tmp_path: Path) -> None:
    found = lint(tmp_path, one=SEARCH, two=SEARCH)
    assert found == ["two always-second: it has the same signature as one"]


def test_the_default_causes_are_clean() -> None:
    """No mistake, nothing that can never hold, nothing that is always second, for the default site."""
    assert causes.lint(ROOT, default_config()) == []


def test_every_default_cause_says_what_would_decide() -> None:
    assert [c.id for c in causes.load(ROOT, default_config()) if not c.decides] == []
