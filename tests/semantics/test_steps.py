"""Requests in order, values of one used in the next."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from pydantic import ValidationError

from generator import probes
from generator.fetch import Exchange
from generator.model import Failure, Request, Verdict
from tests.semantics.looks import answer, broken, look_at

TWO: dict[str, Any] = {
    "steps": [
        {"name": "list", "url": "https://x.test/list", "capture": {"id": "items[0].id"}},
        {"name": "one", "url": "https://x.test/one/{id}", "expect": {"json": [{"path": "ok", "equals": True}]}},
    ]
}


def script(**answers: Any) -> Any:
    return lambda r: answers[r.url.split("/")[3]]


LISTED = answer({"items": [{"id": "a b/c"}]})


@pytest.mark.parametrize(
    ("answers", "verdict", "failure", "detail", "asked"),
    [
        pytest.param({"list": LISTED, "one": answer({"ok": True})}, Verdict.OK, None, "one: status 200", 2, id="both as expected"),
        pytest.param({"list": answer({}, 500)}, Verdict.DOWN, Failure.SERVER_ERROR, "list: wanted status 200–299, got 500", 1, id="the first fails: the second is not asked"),
        pytest.param({"list": answer({"items": []})}, Verdict.DOWN, Failure.WRONG_CONTENT, "list: wanted a value for 'id' at items[0].id, got none", 1, id="nothing to capture"),
        pytest.param({"list": LISTED, "one": answer({"ok": False})}, Verdict.DOWN, Failure.WRONG_CONTENT, "one: wanted True at ok, got False", 2, id="the second is wrong"),
        pytest.param({"list": answer(b"", 403, {"cf-mitigated": "challenge"})}, Verdict.INCONCLUSIVE, Failure.CHALLENGED, "", 1, id="a bot wall"),
        pytest.param({"list": broken(Failure.REFUSED)}, Verdict.DOWN, Failure.REFUSED, "list: it broke", 1, id="refused"),
    ],
)  # fmt: skip
def test_a_pass_ends_at_the_first_step_that_is_not_as_expected(
    answers: Any, verdict: Verdict, failure: Any, detail: str, asked: int
) -> None:
    judgement, look = look_at("steps", TWO, script(**answers))
    assert (judgement.verdict, judgement.failure, len(look.asked)) == (verdict, failure, asked)
    assert judgement.detail.startswith(detail)


def test_captured_values_are_quoted_for_the_address() -> None:
    _, look = look_at("steps", TWO, script(list=LISTED, one=answer({"ok": True})))
    assert look.asked[1] == "https://x.test/one/a%20b/c"
    _, look = look_at("steps", TWO, script(list=answer({"items": [{"id": "../admin"}]}), one=answer({"ok": True})))
    assert look.asked[1] == "https://x.test/one/..%2Fadmin", "no answer makes us climb"


def test_captured_values_fill_headers_and_bodies_without_breaking_them() -> None:
    sent: list[Request] = []
    spec = {
        "steps": [
            {"url": "https://x.test/a", "capture": {"tok": "t", "etag": "header:ETag"}},
            {"url": "https://x.test/b", "method": "POST", "headers": {"X-Tok": "{tok}"}, "body": '{"q": "{tok}", "e": "{etag}"}'},
        ]
    }  # fmt: skip

    def target(request: Request) -> Exchange:
        sent.append(request)
        return answer({"t": 'say "hi"\n'}, headers={"etag": "W/1"})

    judgement, _ = look_at("steps", spec, target)
    assert judgement.verdict is Verdict.OK
    assert json.loads(sent[1].body or b"") == {"q": 'say "hi"\n', "e": "W/1"}
    assert sent[1].headers["X-Tok"] == 'say "hi"'
    assert "x-tok" in sent[1].secrets
    assert "say" not in str(judgement.facts) + judgement.detail, "captured values are not published"


def test_a_later_header_can_be_held_to_a_captured_value() -> None:
    spec = {
        "steps": [
            {"url": "https://x.test/head", "method": "HEAD", "follow": 0, "expect": {"status": [302]}, "capture": {"size": "header:x-linked-size"}},
            {"url": "https://x.test/part", "expect": {"status": 206, "headers": {"Content-Range": "/{size}"}}},
        ]
    }  # fmt: skip
    head = answer(b"", 302, {"x-linked-size": "548105171"})
    for total, verdict in (("548105171", Verdict.OK), ("12", Verdict.DOWN)):
        part = answer(b"x" * 1024, 206, {"content-range": f"bytes 0-1023/{total}"})
        assert look_at("steps", spec, script(head=head, part=part))[0].verdict is verdict


def test_a_place_that_fails_in_bursts_gets_another_pass_after_a_wait() -> None:
    """A circuit breaker stays open for half a minute on one machine; that is no outage of the search."""
    answers = iter([answer({"error": "overloaded"}, 503), answer({"ok": True})])
    spec = {"steps": [{"url": "https://x.test/search"}], "repeat": 3, "wait": "40s"}
    judgement, look = look_at("steps", spec, lambda r: next(answers))
    assert (judgement.verdict, judgement.facts["passes"], look.waited) == (Verdict.OK, 2, [40.0])
    judgement, look = look_at("steps", spec, answer({"error": "overloaded"}, 503))
    assert (judgement.verdict, judgement.failure, len(look.asked)) == (Verdict.DOWN, Failure.OVERLOADED, 3)
    _, look = look_at("steps", spec, answer({}, 429))
    assert len(look.asked) == 1, "whoever asks us to slow down is not asked again"


@pytest.mark.parametrize(
    ("control", "verdict", "failure"),
    [
        (answer({"ok": 1}), Verdict.DOWN, Failure.SERVER_ERROR),
        (answer({}, 500), Verdict.INCONCLUSIVE, Failure.CONTROL_FAILED),
    ],
)
def test_a_control_tells_this_outage_from_a_greater_one(control: Any, verdict: Verdict, failure: Failure) -> None:
    spec = {"steps": [{"url": "https://x.test/one"}], "control": {"url": "https://x.test/control"}}
    judgement, look = look_at("steps", spec, script(one=answer({}, 500), control=control))
    assert (judgement.verdict, judgement.failure) == (verdict, failure)
    _, look = look_at("steps", spec, script(one=answer({})))
    assert look.asked == ["https://x.test/one"], "not asked while all is well"


def test_the_platforms_own_word_about_a_region_is_policy_and_no_outage() -> None:
    """False alarm 11: a probe in London that says `down` is wrong."""
    spec = {"steps": [{"url": "https://x.test/region", "policy": "blocked == `true`", "expect": {"json": [{"path": "blocked", "type": "boolean"}]}}]}  # fmt: skip
    for body, verdict in (({"blocked": False, "country": "DE"}, Verdict.OK), ({"blocked": True, "country": "GB"}, Verdict.BLOCKED_BY_POLICY)):  # fmt: skip
        assert look_at("steps", spec, answer(body))[0].verdict is verdict
    law = answer({"error": "not available", "code": "REGION_BLOCKED"}, 451)
    judgement, _ = look_at("steps", spec, law)
    assert (judgement.verdict, judgement.failure) == (Verdict.BLOCKED_BY_POLICY, Failure.REGION_BLOCKED)


BODY = b'{"model_type": "gpt2"}'
GIT = hashlib.sha1(b"blob %d\0" % len(BODY) + BODY, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("exchange", "verdict", "failure"),
    [
        pytest.param(answer(BODY, headers={"etag": f'"{GIT}"'}), Verdict.OK, None, id="every byte proved"),
        pytest.param(answer(BODY.replace(b"2", b"3"), headers={"etag": f'"{GIT}"'}), Verdict.DOWN, Failure.WRONG_HASH, id="one byte changed"),
        pytest.param(answer(BODY), Verdict.INCONCLUSIVE, Failure.WRONG_CONTENT, id="no git name to hold it against"),
        pytest.param(answer(BODY, headers={"etag": GIT}, truncated=True), Verdict.INCONCLUSIVE, Failure.TRUNCATED, id="not whole"),
    ],
)  # fmt: skip
def test_git_names_prove_a_file(exchange: Any, verdict: Verdict, failure: Any) -> None:
    judgement, _ = look_at("steps", {"steps": [{"url": "https://x.test/f", "verify": "git-etag"}]}, exchange)
    assert (judgement.verdict, judgement.failure) == (verdict, failure)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"url": "https://x.test/{id}"}], r"uses \{id\}, which no step before it captures"),
        ([{"url": "x.test/a"}], "no http"),
        ([{"url": "https://x.test/", "capture": {"a b": "x"}}], "no plain name"),
        ([{"url": "https://x.test/", "capture": {"a": "x["}}], "no JMESPath"),
        ([{"url": "https://x.test/", "body": "x"}], "carries no body"),
        ([], "at least 1 item"),
    ],
)
def test_a_wrong_specification_says_what_is_wrong(steps: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        probes.get("steps").Spec.model_validate({"steps": steps})


def test_what_an_engine_must_be_able_to_do_is_told() -> None:
    probe = probes.get("steps")
    assert probe.needs(probe.Spec.model_validate({"steps": [{"url": "https://x.test/"}]})) == {"get"}
    assert "steps" in probe.needs(probe.Spec.model_validate(TWO))
    posted = {"steps": [{"url": "https://x.test/", "method": "POST", "body": "{}"}]}
    assert {"method:POST", "body"} <= probe.needs(probe.Spec.model_validate(posted))
