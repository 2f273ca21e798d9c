"""The next version of a site is made of the one before the last: what is published is the same as without."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.cache import Cache
from generator.errors import PublishError
from generator.model import Artifact
from generator.publish import Deferred, Published, publish
from generator.publish.plan import plan
from generator.stamps import look, settled

NAMES = ("index.html", "a/index.html", "a/b/index.html", "a/b/c.txt", "b/index.html", "b", "c/d/e/f.txt", "c/d")
VERSION = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([b"1", b"2", b"three"]), min_size=1).filter(
    lambda files: not any(other.startswith(f"{name}/") for name in files for other in files)
)


def artifacts(files: dict[str, bytes]) -> list[Artifact]:
    return [Artifact(path, body) for path, body in files.items()]


def tree(site: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.relative_to(site).as_posix(): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in site.rglob("*")
    }


def spoilt(root: Path, how: str) -> None:
    """Something happens to the spare or to the site between two builds."""
    spare, site = root / "spare", root / "site"
    if how == "the spare is gone" and spare.exists():
        os.rename(spare, root / f"gone-{len(list(root.iterdir()))}")
    elif how == "the spare holds more" and spare.exists():
        (spare / "x" / "y").mkdir(parents=True, exist_ok=True)
        (spare / "x" / "y" / "z").write_bytes(b"?")
        (spare / ".roadworthy").mkdir(exist_ok=True)
    elif how == "the spare holds links" and spare.exists():
        (spare / "link").symlink_to("/") if not (spare / "link").is_symlink() else None
    elif how == "a file of the site is edited in its place" and (site / "index.html").exists():
        with (site / "index.html").open("r+b") as file:
            file.write(b"!")


HOW = st.sampled_from(["", "", "the spare is gone", "the spare holds more", "the spare holds links", "a file of the site is edited in its place"])  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(VERSION, HOW), min_size=2, max_size=6))
def test_whatever_the_versions_the_site_is_the_one_that_is_made_anew(
    tmp_path_factory: pytest.TempPathFactory, versions: list[tuple[dict[str, bytes], str]]
) -> None:
    root, other = tmp_path_factory.mktemp("with"), tmp_path_factory.mktemp("without")
    for files, how in versions:
        spoilt(root, how)
        spoilt(other, how)
        with Cache(root / "memory") as memory:
            done = outcome(files, root, root / "spare", memory)
        assert done == outcome(files, other, None)
        assert tree(root / "site") == tree(other / "site")
        assert {path for path in os.listdir(root) if path.startswith(".")} == set()


def outcome(files: dict[str, bytes], root: Path, spare: Path | None, memory: Cache | None = None) -> Published | str:
    """What was published, or why not: a folder of the site never becomes a file."""
    try:
        return publish(artifacts(files), root / "site", root=root, spare=spare, memory=memory)
    except PublishError as error:
        return str(error).replace(str(root), "")


def test_a_file_that_is_the_same_is_not_written_and_a_folder_not_made(tmp_path: Path) -> None:
    """From the third version on, what does not change is what it was: file and folder."""
    for n in range(3):
        files = {"index.html": b"%d" % n, **{f"incidents/{i}/index.html": b"same" for i in range(5)}}
        publish(artifacts(files), tmp_path / "site", root=tmp_path, spare=tmp_path / "spare")
    folder = (tmp_path / "spare" / "incidents" / "3").stat().st_ino
    file = (tmp_path / "site" / "incidents" / "3" / "index.html").stat().st_ino
    files["index.html"] = b"news"
    done = publish(artifacts(files), tmp_path / "site", root=tmp_path, spare=tmp_path / "spare")
    assert done.written == ("index.html",)
    assert (tmp_path / "site" / "incidents" / "3").stat().st_ino == folder
    assert (tmp_path / "site" / "incidents" / "3" / "index.html").stat().st_ino == file


def test_a_site_that_is_as_it_was_left_is_not_read(tmp_path: Path) -> None:
    """Known by its stamps alone: nobody would see other bytes under the same ones, which only a disk can bring about."""
    files, site = {"index.html": b"1", "a/index.html": b"2"}, tmp_path / "site"
    publish(artifacts(files), site)
    (site / "a" / "index.html").write_bytes(b"?")
    assert plan(artifacts(files), site, lambda state: True).written == ()
    assert plan(artifacts(files), site, lambda state: False).written == ("a/index.html",)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda file: file.write_bytes(b"?"), id="other bytes"),
        pytest.param(lambda file: file.unlink(), id="no file"),
        pytest.param(lambda file: (file.unlink(), file.write_bytes(b"?")), id="another file"),
        pytest.param(lambda file: file.write_bytes(b"much more"), id="another size"),
    ],
)
def test_what_somebody_did_to_the_site_is_put_right_whatever_its_times_say(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    files, site = {"index.html": b"1", "a/index.html": b"2"}, tmp_path / "site"
    file = site / "a" / "index.html"

    def again() -> tuple[str, ...]:
        time.sleep(0.05)  # until no change can have the same time
        with Cache(tmp_path / "memory") as memory:
            return publish(artifacts(files), site, memory=memory).written

    again()
    assert again() == ()
    times = file.stat().st_mtime_ns
    change(file)
    if file.exists():
        os.utime(file, ns=(times, times))
    assert again() == ("a/index.html",)
    assert file.read_bytes() == b"2"
    assert again() == ()


def test_what_changed_within_the_tick_of_the_clock_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    found = look(str(tmp_path))
    changed = found["a"].st_ctime_ns
    assert not settled(found, changed + 10_000_000)
    assert settled(found, changed + 2_100_000_000)


def test_a_publish_that_fails_midway_leaves_the_site_and_the_next_one_is_whole(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise OSError(28, "No space left on device")

    for n in range(3):
        publish(artifacts({"a": b"%d" % n, "b/c": b"1"}), tmp_path / "site", root=tmp_path, spare=tmp_path / "spare")
    before = tree(tmp_path / "site")
    with pytest.raises(PublishError):
        publish([Deferred("d", "0" * 64, 1, fail)], tmp_path / "site", root=tmp_path, spare=tmp_path / "spare")
    assert tree(tmp_path / "site") == before
    publish(artifacts({"a": b"9"}), tmp_path / "site", root=tmp_path, spare=tmp_path / "spare")
    assert {"a", ".roadworthy.json"} == set(tree(tmp_path / "site"))


def test_where_others_have_files_there_is_no_spare(tmp_path: Path) -> None:
    for n in range(3):
        publish(artifacts({"a": b"%d" % n}), tmp_path / "site", root=tmp_path, spare=tmp_path / "spare")
        (tmp_path / "site" / "CNAME").write_text("theirs")
    publish(artifacts({"a": b"9"}), tmp_path / "site", root=tmp_path, spare=tmp_path / "spare")
    assert (tmp_path / "site" / "CNAME").read_text() == "theirs"
    assert not (tmp_path / "spare").exists() or not (tmp_path / "spare" / "CNAME").exists()
