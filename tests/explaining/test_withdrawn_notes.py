"""A note that was published and deleted: it is said to be withdrawn, once, and comes back if the note does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.incidents import published
from generator.incidents.published import Register, Shown, advance, from_meta, gone, to_meta, united
from generator.model import Impact, Incident, Progress

T = 1795413600
PUBLIC = ("civitai/search", "civitai/cdn")


def incident(id: str, *components: str, started: int = T, aliases: tuple[str, ...] = ()) -> Incident:
    return Incident(
        id, "incident", "Search is down", Progress.INVESTIGATING, Impact.MAJOR, started, None, components, (), (), aliases=aliases
    )  # fmt: skip


A, B = incident("a", "civitai/search"), incident("b", "civitai/cdn")


def life(*steps: tuple[Incident, ...], complete: bool = True) -> Register:
    """A build every five minutes."""
    register = Register()
    for n, there in enumerate(steps):
        register = advance(register, there, PUBLIC, T + n * 300, complete=complete)
    return register


def until(register: Register, *there: Incident, complete: bool = True) -> dict[str, int | None]:
    return {id: one.gone for id, one in gone(register, there, complete=complete).items()}


@pytest.mark.parametrize(
    ("register", "there", "wanted"),
    [
        (Register(), (A,), {}),
        (life((A, B)), (A, B), {}),
        (life((A, B)), (B,), {"a": T}),
        (life((A, B), (A, B)), (B,), {"a": T + 300}),
        (life((A, B), (B,), (B,)), (B,), {"a": T}),
        (life((A, B), (B,), (A, B)), (A, B), {}),
        (life((A, B), (B,), (A, B)), (B,), {"a": T + 600}),
        (life((A,)), (incident("auto", "civitai/search", aliases=("a",)),), {}),
        (life((A, B)), (), {"a": T, "b": T}),
    ],
    ids=[
        "nothing was ever published",
        "all are there",
        "one is gone, and no run has seen it yet",
        "the moment is the last one at which it was there",
        "the moment stays",
        "it came back",
        "it came back and went again",
        "its id is another name of one that is there",
        "all are gone",
    ],
)
def test_what_is_gone_and_until_when_it_was_there(
    register: Register, there: tuple[Incident, ...], wanted: dict[str, int]
) -> None:
    assert until(register, *there) == wanted


def test_a_build_before_the_next_run_says_the_same_moment_as_the_run_after_it() -> None:
    """Dates are facts: who builds first changes nothing."""
    register = life((A, B), (A, B))
    assert until(register, B) == until(advance(register, (B,), PUBLIC, T + 600), B)


def test_while_notes_cannot_be_read_nothing_new_is_called_gone() -> None:
    """A file with errors, or history that could not be read, is no evidence that anybody took anything back."""
    register = life((A, B), (B,))
    assert until(register, complete=False) == {"a": T}
    after = advance(register, (), PUBLIC, T + 900, complete=False)
    assert until(after, B) == {"a": T}
    assert until(after) == {"a": T, "b": T + 300}


def test_nothing_that_anybody_wrote_is_kept_and_nothing_private() -> None:
    secret = incident("s", "civitai/secret")
    mixed = incident("m", "civitai/secret", "civitai/cdn")
    meta = to_meta(life((A, secret, mixed)))
    assert "Search is down" not in meta[published.KEY]
    assert "secret" not in meta[published.KEY]
    assert set(from_meta(meta).incidents) == {"a", "m"}


def test_the_record_is_read_as_it_was_written() -> None:
    register = life((replace(A, regions=("eu-west",)), B), (B,))
    assert from_meta(to_meta(register)) == register
    assert from_meta({}) == Register()


@pytest.mark.parametrize("text", ["[", "[]", '{"a":1}', '{"a":["incident","huge",0,[],[],null]}', "a b"])
def test_a_record_that_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="record of published incidents cannot be read"):
        from_meta({published.KEY: text, published.WHEN: "1"})


def test_two_copies_know_what_both_know_and_the_newer_one_is_right() -> None:
    old, new = life((A,)), life((B,), (B,))
    other = Shown("incident", Impact.MINOR, T, ("civitai/cdn",))
    merged = united(old, new)
    assert merged == united(new, old)
    assert set(merged.incidents) == {"a", "b"}
    assert merged.at == T + 300
    assert united(Register(T, {"b": other}), new).incidents["b"].impact is Impact.MAJOR
