"""An incident on a page about something else: the surest finding in full, the others by their titles, nothing twice."""

from __future__ import annotations

import re
from dataclasses import replace

from generator.outputs._html_told import Told, told
from generator.siteview import FindingView, IncidentView, SiteView
from tests.page.building import rendered
from tests.samples import site_view

VIEW = site_view("down")
SURE = VIEW.findings[0]


def finding(cause: str, **changes: object) -> FindingView:
    return replace(SURE, cause=cause, title=f"The cause {cause}", **changes)


def incident(*findings: FindingView) -> IncidentView:
    return replace(VIEW.incident(VIEW.active[0]), findings=findings)


def names(found: Told) -> tuple[str, list[str]]:
    rest = (*found.others, *found.also)
    return found.finding.cause if found.finding else "", [other.cause for other in rest]


def with_findings(*findings: FindingView) -> SiteView:
    """The sample site, whose first incident has these findings."""
    shown = tuple(replace(one, findings=findings if one.id == VIEW.active[0] else ()) for one in VIEW.incidents)
    return replace(VIEW, incidents=shown, findings=findings, detail_sentences=())


def test_only_the_surest_finding_is_told_in_full() -> None:
    (found,) = told([incident(finding("a"), finding("b"))])
    assert names(found) == ("a", ["b"])
    assert found.more, "the page of the incident has the evidence of the other"


def test_what_explains_two_incidents_is_told_in_full_once() -> None:
    first, second = told([incident(finding("a"), finding("b")), incident(finding("a"), finding("c"))])
    assert names(first) == ("a", ["b"])
    assert names(second) == ("", ["a", "c"])


def test_a_finding_named_above_is_told_in_full_where_it_explains_best() -> None:
    _, second = told([incident(finding("a"), finding("b")), incident(finding("b"))])
    assert names(second) == ("b", [])


def test_a_cause_goes_before_what_is_only_worth_knowing_and_that_is_said_once() -> None:
    aside = finding("aside", aside=True, label="")
    first, second = told([incident(aside, finding("a")), incident(aside, finding("b"))])
    assert names(first) == ("a", ["aside"])
    assert names(second) == ("b", [])


def test_the_page_names_the_others_with_their_confidence() -> None:
    page = rendered((with_findings(finding("a"), finding("b", confidence_word="low confidence")),))[
        "index.html"
    ].decode()
    assert page.count('<div class="finding">') == 1
    (line,) = re.findall(r"<p>(?:(?!</p>).)*The cause b.*?</p>", page)
    assert re.sub("<[^>]+>", "", line) == "Also possible: The cause b low confidence"


def test_less_sure_causes_share_a_line_and_no_second_one_is_called_the_probable_one() -> None:
    findings = (finding("a"), finding("b"), finding("c"))
    first, second = told([incident(*findings), incident(*findings)])
    assert [one.cause for one in first.also] == [one.cause for one in second.also] == ["b", "c"]
    assert [one.cause for one in second.others] == ["a"]


def test_the_page_of_a_part_tells_only_what_was_found_of_it() -> None:
    """An incident of two parts may have a cause each: the other's advice would be wrong here."""
    other = finding("other", components=("civitai/search",))
    mine, anywhere = (
        finding("mine", components=("civitai/cdn",), label="Also possible"),
        finding("anywhere", components=()),
    )
    (found,) = told([incident(other, mine, anywhere)], part="civitai/cdn")
    assert names(found) == ("mine", ["anywhere"])
    assert found.finding is not None
    assert found.finding.label == "Probable cause", "the surest there is for this part"
    assert found.more, "the page of the incident has the rest"


def test_a_cause_that_is_not_seen_now_claims_no_confidence() -> None:
    """Its page says what would be looked for, not that it is so."""
    files = rendered((VIEW,))
    assert b"confidence" in files["causes/indexing-queue/index.html"]
    still = files["causes/training-backlog/index.html"]
    assert b"confidence" not in still
    assert b"A cause is a hypothesis" in still


def test_a_cause_that_nobody_knows_has_no_label_and_no_confidence_on_any_page() -> None:
    unknown = finding("unknown-cause", label="", confidence_word="")
    files = rendered((with_findings(unknown),))
    pages = [body.decode() for path, body in files.items() if path.endswith(".html") and b"The cause unknown" in body]
    assert len(pages) > 2
    for page in pages:
        assert "Probable cause" not in page
        assert 'class="conf"' not in page
