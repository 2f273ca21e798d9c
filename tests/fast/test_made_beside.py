"""What a second process makes of the site is what would have been made here, to the byte."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from generator import parallel, run
from generator.artifacts import Deferred
from generator.cache import Cache
from generator.model import Artifact
from generator.outputs import _beside
from generator.outputs._again import BATCH, Again
from generator.siteview import SiteView
from tests.page.building import TEMPLATES
from tests.samples import site_view

needs_two = pytest.mark.skipif(parallel._processors() < 2, reason="one processor: nothing is made beside")


def many() -> tuple[SiteView, ...]:
    view = site_view("down")
    one = view.incidents[0]
    return (
        replace(
            view,
            incidents=tuple(replace(one, id=f"x-{n}", url=f"/incidents/x-{n}/", aliases=()) for n in range(run.MANY)),
        ),
    )


def bodies(files: Iterable[Artifact | Deferred]) -> dict[str, bytes]:
    return {one.path: one.read() if isinstance(one, Deferred) else one.body for one in files}


def test_a_site_of_many_incidents_is_the_same_whoever_makes_it_and_whatever_was_known(tmp_path: Path) -> None:
    views = many()
    anew = bodies(run.render(views, (TEMPLATES,)))
    for _ in range(2):
        with Cache(tmp_path / "memory") as memory:
            assert bodies(run.render_again(views, (TEMPLATES,), memory)) == anew


def test_what_the_other_process_found_out_is_known_the_next_time(tmp_path: Path) -> None:
    views = many()
    for printed in (True, False):
        with Cache(tmp_path / "memory") as memory:
            made = run.render_again(views, (TEMPLATES,), memory)
            feeds = [one for one in made if one.path.endswith((".atom", ".rss"))]
            assert feeds
            assert all(isinstance(one, Deferred) and one.kept == printed for one in feeds)


def sample(memory: Cache) -> Iterator[Artifact | Deferred]:
    """Who made it, and the three ways in which a file can come."""
    body = b"large" * 1000
    kept, known = hashlib.sha256(body).hexdigest(), hashlib.sha256(b"known").hexdigest()
    yield Artifact("made by", b"%d" % os.getpid())
    yield Deferred("put aside", kept, len(body), memory.spool(body), opened=True, kept=True)
    yield Deferred("in hand", kept, len(body), lambda: body, opened=True, kept=True)
    yield Deferred("known", known, 5, lambda: b"known")
    memory.put("kind", b"found out", b"value")


EXPECTED = {"put aside": b"large" * 1000, "in hand": b"large" * 1000, "known": b"known"}


@needs_two
@pytest.mark.parametrize("works", [True, False], ids=["with a disk", "without"])
def test_every_kind_of_file_comes_back(tmp_path: Path, works: bool) -> None:
    with Cache(tmp_path / "memory" if works else None) as memory:
        here = memory.spool(b"here")
        files = list(_beside.begun(lambda: sample(memory), memory)())
        found = bodies(files)
        assert int(found.pop("made by")) != os.getpid()
        assert found == EXPECTED
        assert [(one.opened, one.kept) for one in files if isinstance(one, Deferred)] == [(True, True)] * 2 + [
            (False, False)
        ]
        assert here() == b"here"
    if works:
        with Cache(tmp_path / "memory") as memory:
            assert memory.get("kind", b"found out") == b"value"
        assert [path.name for path in (tmp_path / "memory").iterdir()] == ["cache.sqlite"]


@needs_two
def test_where_nothing_can_be_put_aside_the_bytes_themselves_come(tmp_path: Path) -> None:
    with Cache(tmp_path / "memory") as memory:
        shutil.rmtree(tmp_path / "memory")  # the other process makes it again, and nobody here can read what is in it
        found = bodies(_beside.begun(lambda: sample(memory), memory)())
        assert int(found.pop("made by")) != os.getpid()
        assert found == EXPECTED


def prints(memory: Cache) -> Iterator[Artifact | Deferred]:
    """More than one batch, each large enough for several processes; each file says who printed it."""
    makes = [lambda view, n=n: [(f"{n}.txt", b"%d %d" % (n, os.getpid()))] for n in range(BATCH + parallel.LEAST)]
    return Again(memory, site_view("down"), "frame").print("sample", [((n,), make) for n, make in enumerate(makes)])


@pytest.mark.parametrize("folder", ["", "memory"], ids=["without a disk", "with one"])
@pytest.mark.parametrize("beside", [False, True], ids=["here", "in a process beside"])
def test_what_several_processes_print_comes_back_whole(tmp_path: Path, folder: str, beside: bool) -> None:
    with Cache(tmp_path / folder if folder else None) as memory:
        made = _beside.begun(lambda: prints(memory), memory)() if beside else prints(memory)
        found = {path: body.split() for path, body in bodies(made).items()}
    assert list(found) == [f"{n}.txt" for n in range(BATCH + parallel.LEAST)]
    assert all(path == f"{int(n)}.txt" for path, (n, _) in found.items())
    printers = {int(pid) for _, pid in found.values()}
    if parallel._processors() > 1:
        assert len(printers) > 1
        assert (os.getpid() in printers) == (not beside)


def test_where_other_threads_live_it_is_made_here(tmp_path: Path) -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        with Cache(tmp_path / "memory") as memory:
            found = bodies(_beside.begun(lambda: sample(memory), memory)())
    finally:
        end.set()
        thread.join()
    assert found == {"made by": b"%d" % os.getpid(), **EXPECTED}


def test_a_process_that_dies_midway_is_no_loss(tmp_path: Path) -> None:
    parent = os.getpid()

    def make() -> Iterator[Artifact | Deferred]:
        yield from sample(memory)
        if os.getpid() != parent:
            os._exit(9)

    with Cache(tmp_path / "memory") as memory:
        memory.put("kind", b"before", b"kept")
        found = bodies(_beside.begun(make, memory)())
    assert found == {"made by": b"%d" % os.getpid(), **EXPECTED}
    with Cache(tmp_path / "memory") as memory:
        assert memory.get("kind", b"before") == b"kept"


def test_what_goes_wrong_there_is_told_here(tmp_path: Path) -> None:
    def make() -> Iterator[Artifact | Deferred]:
        yield Artifact("a", b"")
        raise LookupError("a template is wrong")

    with Cache(tmp_path / "memory") as memory, pytest.raises(LookupError, match="a template is wrong"):
        list(_beside.begun(make, memory)())
