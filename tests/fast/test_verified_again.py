"""What was verified before is believed for the same bytes alone."""

from __future__ import annotations

from pathlib import Path

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
