"""What was verified before is believed for the same bytes alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.artifacts import Deferred
from generator.cache import Cache
from generator.model import Artifact
from generator.publish.verify import verify_site


def page(body: str) -> bytes:
    return f"<!doctype html><html lang=en><title>x</title><body>{body}</html>".encode()


def verified(folder: Path, *files: tuple[str, bytes]) -> tuple[str, ...]:
    """The faults, found with a memory; they must be those that are found without one."""
    artifacts = [Artifact(path, body) for path, body in files]
    with Cache(folder) as memory:
        assert memory.works
        found = verify_site(artifacts, memory=memory)
    assert found == verify_site(artifacts)
    return found


INDEX = ("index.html", page('<a href="a/b/">x</a> <p id="here">'))
DEEP = ("a/b/index.html", page('<a href="../../#here">x</a><a href="../../c/">c</a>'))
OTHER = ("c/index.html", page('<a href="../a/b/">x</a>'))


def test_a_page_that_was_sound_is_not_sound_when_what_it_leads_to_is_gone(tmp_path: Path) -> None:
    assert verified(tmp_path, INDEX, DEEP, OTHER) == ()
    assert verified(tmp_path, INDEX, DEEP, OTHER) == ()
    assert verified(tmp_path, INDEX, DEEP) == ("a/b/index.html: the link '../../c/' leads nowhere",)
    moved = ("index.html", page('<a href="a/b/">x</a>'))
    assert verified(tmp_path, moved, DEEP, OTHER) == (
        "a/b/index.html: the link '../../#here' leads to a place that index.html does not have",
    )


def test_a_faulty_document_is_told_each_time(tmp_path: Path) -> None:
    feed = ("history.atom", b"<feed><entry></feed>")
    assert len(verified(tmp_path, feed)) == 1
    assert len(verified(tmp_path, feed)) == 1


def test_bytes_that_are_fine_under_one_name_may_be_wrong_under_another(tmp_path: Path) -> None:
    """`{}` is JSON; it is no feed."""
    assert verified(tmp_path, ("other.json", b"{}")) == ()
    assert len(verified(tmp_path, ("feed.json", b"{}"))) == 1
    assert len(verified(tmp_path, ("other.rss", b"{}"))) == 1


def test_the_same_link_from_another_depth_leads_elsewhere(tmp_path: Path) -> None:
    deep = ("a/b/c/index.html", page('<a href="../../c/">x</a>'))
    assert verified(tmp_path, INDEX, DEEP, OTHER, deep) == ("a/b/c/index.html: the link '../../c/' leads nowhere",)
    here = ("a/b/index.html", page('<a href="#here">x</a>'))
    assert verified(tmp_path, INDEX, here) == (
        "a/b/index.html: the link '#here' leads to a place that a/b/index.html does not have",
    )


def test_secrets_are_looked_for_in_every_byte_each_time(tmp_path: Path) -> None:
    with Cache(tmp_path) as memory:
        assert verify_site([Artifact(*INDEX), Artifact(*DEEP), Artifact(*OTHER)], memory=memory) == ()
    with Cache(tmp_path) as memory:
        (fault,) = verify_site([Artifact(*INDEX), Artifact(*DEEP), Artifact(*OTHER)], ["<p id="], memory=memory)
    assert "secret" in fault


TARGETS = (
    *(
        "",
        "#",
        "#here",
        "#gone",
        "?q#here",
        "index.html",
        "index.html#here",
        "a/",
        "a/#here",
        "a/#gone",
        "a/b/",
        "a/b",
        "gone/",
    ),
    *(
        "./a/",
        "../a/",
        "../../a/",
        "../index.html",
        "../../index.html#gone",
        "../gone/",
        "../../../a/",
        "/",
        "/a/",
        "/gone",
    ),
    *(
        "https://us.example/a/",
        "https://us.example/gone/",
        "https://us.example.org/gone/",
        "https://other.example/gone/",
    ),
    *(
        "../https://us.example/gone/",
        "../../https://other.example/",
        "mailto:a@us.example",
        "data:,x",
        "//us.example/gone",
    ),
    *("https://[bad", "a:b", "../a:b", "%2e%2e/a/", "..%2fa/", "a/%23here"),
)
"""Links that mean the same on some pages and something else on others."""


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(TARGETS), max_size=6), min_size=3, max_size=3), st.sampled_from(["", "/below"])
)
def test_no_link_is_believed_because_of_another_page(on: list[list[str]], base: str) -> None:
    """Each link of each page is judged as if it were the only one of the site."""
    paths = ("index.html", "a/index.html", "a/b/index.html")

    def faults(*, shown: Callable[[str, str], bool]) -> set[str]:
        artifacts = []
        for path, targets in zip(paths, on, strict=True):
            links = "".join(f'<a href="{target}">x</a>' for target in targets if shown(path, target))
            artifacts.append(Artifact(path, page(f'<p id="here">{links}')))
        return set(verify_site(artifacts, url=f"https://us.example{base}"))

    alone: set[str] = set()
    for place, targets in zip(paths, on, strict=True):
        for link in targets:
            alone |= faults(shown=lambda path, target, at=place, one=link: (path, target) == (at, one))
    assert faults(shown=lambda path, target: True) == alone


SECRET = "hunter2-hunter2-hunter2"


def test_a_secret_is_found_in_bytes_that_were_fine_before_it_was_one(tmp_path: Path) -> None:
    artifacts = [Artifact("index.html", page(f"<p>{SECRET}"))]
    for secrets, faults in ((("another-secret",), 0), ((SECRET,), 1), (("another-secret",), 0), ((SECRET,), 1)):
        with Cache(tmp_path) as memory:
            assert len(verify_site(artifacts, secrets, memory=memory)) == faults
    assert SECRET.encode() not in (tmp_path / "cache.sqlite").read_bytes()


def test_what_was_printed_before_is_looked_into_unless_its_bytes_were(tmp_path: Path) -> None:
    """A page that comes by its hash alone is made to be looked at, once."""
    body = page(f'<a href="gone/">x</a> {SECRET}')
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return body

    late = Deferred("index.html", hashlib.sha256(body).hexdigest(), len(body), make, opened=True)
    with Cache(tmp_path) as memory:
        assert len(verify_site([late], (SECRET,), memory=memory)) == 2
        assert len(verify_site([late], memory=memory)) == 1
    looked = len(made)
    with Cache(tmp_path) as memory:
        assert len(verify_site([late], memory=memory)) == 1
    assert looked
    assert len(made) == looked
