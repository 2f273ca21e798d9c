"""The campaign's figures mean what they say: each is shown on a ledger small enough to count by hand."""

from __future__ import annotations

import pytest

from tests.lab.decoys import DECOYS
from tests.lab.decoys import SHORT as SHORT_DECOYS
from tests.lab.faults import FAULTS, SHORT, Fault
from tests.lab.scoring import Episode, Scores, Tick, score
from tests.lab.watching import Seen

OK, BAD, BLANK = "operational", "major_outage", "unknown"
FAULT = Fault("x", "search", ("right",), lambda p: None, lambda p: None, lambda p: True, ("one",), ("indexing",))


def ledger(broken: str, shown: str, *, component: str = "search", cause: str = "right", quiet: int = 0) -> list[Tick]:
    """One tick a letter. broken: `x` or `.`; shown: `x` failing, `.` operational, `?` unknown."""
    word = {"x": BAD, ".": OK, "?": BLANK}
    return [
        Tick(
            0,
            b == "x",
            Seen(
                {(f"workshop/{component}", "one"): word[s], (f"workshop/{component}", "*"): word[s]},
                {f"workshop/{component}": [(cause, "high")]} if s == "x" else {},
                [],
            ),
            {("workshop/search", "one"): quiet},
        )
        for b, s in zip(broken, shown, strict=True)
    ]


def scored(ticks: list[Tick], fault: Fault | None = FAULT) -> Scores:
    return score(ticks, [Episode("act", fault, 0, len(ticks) - 1)])


@pytest.mark.parametrize(
    ("broken", "shown", "detect", "clear", "lies", "flaps"),
    [
        pytest.param(".xxxx..", ".xxxxx.", 1, 2, 0, 0, id="seen in the first round"),
        pytest.param(".xxxx..", "..xxxxx", 2, None, 0, 0, id="never shown as mended"),
        pytest.param(".xxxx..", "...xxx.", 3, 2, 0, 0, id="the two allowed rounds are no lie"),
        pytest.param(".xxxx..", "....xx.", 4, 2, 1, 0, id="the round after them is one"),
        pytest.param(".xxxx..", ".......", None, None, 2, 0, id="never seen: a lie each round"),
        pytest.param(".xxxx..", ".???xx.", 4, 2, 0, 0, id="not to know is no lie, and no detection"),
        pytest.param(".xxxxx..", ".xx.xxx.", 1, 2, 1, 1, id="a flap is counted, and its green tick is a lie"),
    ],
)
def test_rounds_lies_and_flaps(
    broken: str, shown: str, detect: int | None, clear: int | None, lies: int, flaps: int
) -> None:
    """Detection counts from the first broken round, clearing from the last one."""
    found = scored(ledger(broken, shown)).faults[0]
    assert (found.detect, found.clear, found.lies, found.flaps) == (detect, clear, lies, flaps)


def test_an_alarm_that_no_fault_explains_is_false_and_in_a_decoy_it_is_named() -> None:
    """The same alarm is right in a fault that touches the part, wrong in one that does not, and wrong in a decoy."""
    alarm = ledger("....", ".xx.")
    assert scored(alarm, None).decoy_alarms == ("workshop/search ticks 1-2 during act",)
    assert scored(alarm, None).precision == 0.0
    assert scored(ledger(".xx.", ".xx.")).precision == 1.0
    assert scored(ledger(".xx.", ".xx.", component="training")).precision == 0.0


def test_only_the_cause_shown_first_at_detection_counts() -> None:
    assert scored(ledger(".xx.", ".xx.")).causes_right == 1.0
    assert scored(ledger(".xx.", ".xx.", cause="wrong")).causes_right == 0.0
    assert scored(ledger(".xx.", "....")).causes_right == 0.0


def test_green_without_a_look_for_longer_than_three_rounds_is_a_lie() -> None:
    assert scored(ledger("..", "..", quiet=3), None).lies == 0
    assert scored(ledger("..", "..", quiet=4), None).lies == 2


def test_there_are_the_faults_that_were_promised_and_every_name_is_used_once() -> None:
    """Eight by name and at least eight more; the short campaign has eight faults and four decoys."""
    names = [act.id for act in (*FAULTS, *DECOYS)]
    assert len(names) == len(set(names))
    assert len(FAULTS) >= 16
    assert len(DECOYS) >= 6
    assert (len(SHORT), set(SHORT) - set(names)) == (8, set())
    assert (len(SHORT_DECOYS), set(SHORT_DECOYS) - set(names)) == (4, set())
