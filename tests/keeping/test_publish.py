"""Publishing: one whole version or the old one, other people's files untouched, nothing written without need."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from generator.errors import LockedError, PublishError, VerificationError
from generator.model import Artifact
from generator.publish import LIST, Deferred, Published, inplace, publish, recover, refuse_dangerous
from generator.publish.plan import plan
from tests.keeping.sites import shown, stamps, tree, version


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "root" / "site"


def in_place(artifacts: list[Artifact], site: Path) -> None:
    """The other way to publish, for folders that cannot be exchanged."""
    inplace.put(site, plan(artifacts, site))


def exchanged(artifacts: list[Artifact], site: Path) -> None:
    publish(artifacts, site)


both_ways = pytest.mark.parametrize(
    "put", [pytest.param(exchanged, id="exchanged"), pytest.param(in_place, id="in place")]
)
Put = Callable[[list[Artifact], Path], None]


# ---- what is there afterwards ----------------------------------------------------------------------------------------


@both_ways
def test_the_site_is_what_was_made_and_nothing_else_of_ours(site: Path, put: Put) -> None:
    put(version(1, extra=3), site)
    put(version(2), site)
    assert shown(site) == 2
    assert set(tree(site)) == {a.path for a in version(2)} | {LIST, "assets/style-00000001.css"}
    assert not (site / "incidents").exists()
    assert sorted(p.name for p in site.parent.iterdir()) == ["site"]


def test_what_happened_to_each_file_is_told(site: Path) -> None:
    assert publish(version(1, extra=1), site).written == tuple(sorted(a.path for a in version(1, extra=1)))
    done = publish(version(2), site)
    changed = ("assets/style-00000002.css", "components/p/c/index.html", "history.rss", "index.html", "live.json")
    assert done == Published(
        changed, ("about/index.html", "assets/style-00000001.css"), ("incidents/0/index.html",), ()
    )


@both_ways
def test_a_build_that_changed_nothing_writes_nothing(site: Path, put: Put) -> None:
    put(version(1), site)
    before = (stamps(site), site.lstat().st_mtime_ns, site.parent.stat().st_mtime_ns)
    assert publish(version(1), site).written == ()
    assert (stamps(site), site.lstat().st_mtime_ns, site.parent.stat().st_mtime_ns) == before


@both_ways
def test_a_file_that_did_not_change_is_not_rewritten(site: Path, put: Put) -> None:
    put(version(1), site)
    before = stamps(site)["about/index.html"]
    put(version(2), site)
    assert stamps(site)["about/index.html"] == before


@both_ways
def test_the_same_artifacts_make_the_same_bytes_in_any_order_and_any_way(site: Path, tmp_path: Path, put: Put) -> None:
    put(version(1), site)
    put(list(reversed(version(1))), tmp_path / "other" / "site")
    assert tree(site) == tree(tmp_path / "other" / "site")


@both_ways
def test_files_can_be_read_by_a_web_server_of_another_user(site: Path, put: Put) -> None:
    old = os.umask(0o022)
    try:
        put(version(1), site)
    finally:
        os.umask(old)
    modes = {p.stat().st_mode & 0o777 for p in (site, *site.rglob("*"))}
    assert modes == {0o755, 0o644}


def test_one_of_our_files_that_somebody_changed_or_deleted_is_put_right(site: Path) -> None:
    publish(version(1), site)
    (site / "index.html").write_text("vandalised")
    (site / "history.rss").unlink()
    assert publish(version(1), site).written == ("history.rss", "index.html")
    assert shown(site) == 1


# ---- other people's files --------------------------------------------------------------------------------------------

THEIRS = {
    "CNAME": b"status.example.org",
    ".gitkeep": b"",
    ".well-known/security.txt": b"Contact: mailto:me@example.org",
    "components/mine.txt": b"beside ours",
    "favicon.ico": b"\0\0",
}


@pytest.fixture
def shared(site: Path) -> Path:
    for path, body in THEIRS.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(body)
    (site / "empty").mkdir()
    (site / "link").symlink_to("/somewhere/else")
    (site / ".well-known").chmod(0o750)
    os.utime(site / ".well-known", (1, 1))
    return site


@both_ways
def test_files_of_others_stay_as_they_are_through_every_publish(shared: Path, put: Put) -> None:
    before = {path: stamps(shared)[path] for path in (*THEIRS, "link")}
    for n in range(4):
        put(version(n), shared)
    found = tree(shared)
    assert {path: found[path] for path in THEIRS} == THEIRS
    assert found["link"] == b"/somewhere/else"
    assert {path: stamps(shared)[path] for path in before} == before
    assert (shared / "empty").is_dir()
    assert ((shared / ".well-known").stat().st_mode & 0o777, (shared / ".well-known").stat().st_mtime) == (0o750, 1)


def test_files_of_others_are_named_in_the_result(shared: Path) -> None:
    assert publish(version(1), shared).kept == tuple(sorted([*THEIRS, "link"]))


@pytest.mark.parametrize("path", ["favicon.ico", "robots.txt", "CNAME", ".well-known/security.txt", "_headers"])
def test_a_persons_own_version_of_such_a_file_wins_over_ours(site: Path, path: str) -> None:
    (site / path).parent.mkdir(parents=True, exist_ok=True)
    (site / path).write_text("mine")
    assert path in publish([*version(1), Artifact(path, b"ours")], site).kept
    assert (site / path).read_text() == "mine"
    (site / path).unlink()
    assert path in publish([*version(1), Artifact(path, b"ours")], site).written


@pytest.mark.parametrize(
    ("theirs", "kind"),
    [
        pytest.param("index.html", "file", id="a page of their own"),
        pytest.param("index.html", "link", id="a link where we need a file"),
        pytest.param("components", "link", id="a link where we need a folder: never written through"),
        pytest.param("components", "file", id="a file where we need a folder"),
        pytest.param("live.json", "folder", id="a folder where we need a file"),
    ],
)
def test_what_is_in_our_way_is_named_and_nothing_is_written(site: Path, tmp_path: Path, theirs: str, kind: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    site.mkdir(parents=True)
    if kind == "link":
        (site / theirs).symlink_to(outside)
    elif kind == "file":
        (site / theirs).write_text("theirs")
    else:
        (site / theirs / "kept").mkdir(parents=True)
    before = stamps(site)
    with pytest.raises(
        PublishError,
        match=rf"site/{theirs}: we need this name for a file of the site, but it is not ours; move it away or delete it",
    ):
        publish(version(1), site)
    assert stamps(site) == before
    assert list(outside.iterdir()) == []


def test_a_file_of_ours_that_somebody_made_their_own_is_not_removed(site: Path) -> None:
    publish(version(1, extra=2), site)
    (site / "incidents/0/index.html").write_text("my own notes now")
    done = publish(version(2), site)
    assert done.removed == ("incidents/1/index.html",)
    assert done.kept == ("incidents/0/index.html",)
    assert (site / "incidents/0/index.html").read_text() == "my own notes now"


def test_what_others_do_while_we_publish_is_not_lost(site: Path) -> None:
    """Between our look at the folder and the exchange somebody adds, replaces and deletes files of their own."""
    site.mkdir(parents=True)
    for name in ("deleted", "replaced"):
        (site / name).write_text("before")

    def meddle() -> bytes:
        (site / "added").write_text("new")
        (site / "deep" / "er").mkdir(parents=True)
        (site / "deep" / "er" / "added").write_text("new")
        (site / "deleted").unlink()
        (site / "fresh").write_text("after")
        os.replace(site / "fresh", site / "replaced")
        return b"last"

    publish([*version(1), Deferred("zz/last.txt", hashlib.sha256(b"last").hexdigest(), 4, meddle)], site)
    found = tree(site)
    assert (found["added"], found["deep/er/added"], found["replaced"]) == (b"new", b"new", b"after")
    assert "deleted" not in found
    assert shown(site) == 1


# ---- assets of earlier versions --------------------------------------------------------------------------------------


@both_ways
def test_hashed_assets_stay_for_two_versions_and_other_files_do_not(site: Path, put: Put) -> None:
    for n in range(1, 6):
        put(version(n, extra=1 if n == 1 else 0), site)
        assert sorted(p.name for p in (site / "assets").iterdir()) == [
            f"style-{m:08x}.css" for m in range(max(1, n - 2), n + 1)
        ]
    assert not (site / "incidents").exists()


def test_publishing_often_without_a_new_asset_does_not_age_the_old_ones(site: Path) -> None:
    publish(version(1), site)
    same = [a for a in version(2) if a.path != "live.json"]
    for n in range(10):
        publish([*same, Artifact("live.json", b'{"n": %d}' % n)], site)
    assert (site / "assets/style-00000001.css").exists()


def test_an_old_asset_that_is_used_again_is_young_again(site: Path) -> None:
    for n in (1, 2, 1, 3, 4):
        publish(version(n), site)
    assert sorted(p.name[6:14] for p in (site / "assets").iterdir()) == ["00000001", "00000003", "00000004"]


# ---- deferred artifacts ----------------------------------------------------------------------------------------------


def _deferred(body: bytes, made: list[bytes]) -> Deferred:
    def make() -> bytes:
        made.append(body)
        return body

    return Deferred("history-data/old.jsonl", hashlib.sha256(body).hexdigest(), len(body), make)


def test_a_deferred_artifact_is_made_once_and_then_kept(site: Path) -> None:
    made: list[bytes] = []
    publish([*version(1), _deferred(b"x", made)], site)
    publish([*version(2), _deferred(b"x", made)], site)
    assert made == [b"x"]
    publish([*version(3), _deferred(b"y", made)], site)
    assert (made, (site / "history-data/old.jsonl").read_bytes()) == ([b"x", b"y"], b"y")


def test_a_deferred_artifact_that_turns_out_different_is_not_published(site: Path) -> None:
    publish(version(1), site)
    lie = Deferred("a.txt", "0" * 64, 1, lambda: b"x")
    with pytest.raises(PublishError, match="what was made is not what was announced"):
        publish([*version(2), lie], site)
    assert shown(site) == 1


# ---- verification ----------------------------------------------------------------------------------------------------


def test_a_site_that_fails_its_verification_is_not_published_and_the_old_one_stays(site: Path) -> None:
    publish(version(1), site)
    before = stamps(site)
    with pytest.raises(VerificationError) as caught:
        publish(version(2), site, verify=lambda artifacts: [f"{a.path}: broken" for a in artifacts[:2]])
    assert caught.value.failures == ("index.html: broken", "components/p/c/index.html: broken")
    assert caught.value.exit_code == 6
    assert stamps(site) == before


# ---- names and targets we refuse -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/./b",
        "a\\b",
        "a\0b",
        "a\nb",
        ".roadworthy.json",
        ".roadworthy/x",
        "x" * 256,
        "ü" * 128,
    ],
)
def test_a_path_that_could_leave_the_folder_is_refused(site: Path, path: str) -> None:
    with pytest.raises(PublishError, match="is no path for a file of the site"):
        publish([Artifact(path, b"x")], site)
    assert not site.exists()


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        pytest.param("a.html", "a.html", "was made twice", id="the same path"),
        pytest.param("A.html", "a.html", "are the same file on some disks", id="only the case differs"),
        pytest.param(
            "\u00e4.html", "a\u0308.html", "are the same file on some disks", id="one letter in two spellings"
        ),
        pytest.param("a", "a/b", "needs 'a' as a folder, but it is a file", id="a file and a folder"),
    ],
)
def test_two_paths_for_one_place_are_refused(site: Path, first: str, second: str, sentence: str) -> None:
    with pytest.raises(PublishError, match=sentence):
        publish([Artifact(first, b"1"), Artifact(second, b"2")], site)


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        pytest.param("/", "is a folder of the system", id="the top of the disk"),
        pytest.param("/usr", "is a folder of the system", id="the system"),
        *(
            pytest.param(f"{folder}/rw", "is a folder of the system", id=f"deep in {folder}")
            for folder in ("/etc", "/boot", "/lib", "/usr/local/share", "/usr/share/nginx", "/bin", "/sbin", "/dev/shm")
        ),
        *(
            pytest.param(f"{folder}/rw", "is a folder of the system", id=f"deep in {folder}")
            for folder in ("/proc", "/sys", "/run")
        ),
        *(
            pytest.param(folder, "is a folder of the system", id=f"{folder} itself")
            for folder in ("/dev", "/var/tmp", "/tmp", "/home", "/opt", "/srv", "/mnt", "/var/www", "/var/lib")
        ),
        pytest.param("~", "is, or contains, your home", id="home"),
        pytest.param("{root}", "is, or contains, the folder with your content", id="the root itself"),
        pytest.param("{root}/..", "is, or contains, your home", id="above the root and home"),
        pytest.param("{root}/content", "lies in content/", id="the content"),
        pytest.param("{root}/content/incidents/x", "lies in content/", id="deep in the content"),
        pytest.param("{root}/templates", "lies in templates/", id="the templates"),
        pytest.param("{root}/.git", "lies in .git/", id="git's own folder"),
        pytest.param("{root}/.history", "lies in .history/", id="the history"),
        pytest.param(".", "is, or contains, the current folder", id="where one stands"),
        pytest.param("{root}/link", "is a symbolic link; name the folder it leads to", id="a link"),
        pytest.param("{root}/file", "is not a folder", id="a file"),
        pytest.param("{root}/other", "holds sources of a status page", id="another root"),
        pytest.param("{root}/photos", "holds 21 files .* and was never a site of ours", id="somebody's work"),
    ],
)
def test_a_dangerous_target_is_refused_before_anything_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, sentence: str
) -> None:
    root, home, here = tmp_path / "root", tmp_path / "home", tmp_path / "here"
    for folder in (root / "content", root / "other" / "content", root / ".git", home, here):
        folder.mkdir(parents=True)
    (root / "other/content/status.yml").touch()
    (root / "file").touch()
    (root / "link").symlink_to(here)
    (root / "photos").mkdir()
    for number in range(21):
        (root / "photos" / f"{number}.jpg").touch()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(here)
    before = stamps(tmp_path)
    with pytest.raises(PublishError, match=sentence):
        publish(version(1), Path(os.path.expanduser(target.format(root=root))), root=root)
    assert stamps(tmp_path) == before


@pytest.mark.parametrize("target", ["/var/www/status", "/srv/status", "/home/me/site", "/tmp/look", "/var/lib/x/site"])
def test_the_places_where_sites_live_are_fine(tmp_path: Path, target: str) -> None:
    refuse_dangerous(Path(target), tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "the list of our files cannot be read"),
        ('{"format": 1, "files": {"a": 7}}', "the list of our files cannot be read"),
        ('{"format": 2, "files": {}}', "written by a newer version of Roadworthy"),
        (
            '{"format": 1, "files": {"../../x": {"sha256": "", "size": 1}}}',
            "'../../x' is no path for a file of the site",
        ),
    ],
)
def test_a_list_of_our_files_that_cannot_be_trusted_stops_the_publish(site: Path, text: str, sentence: str) -> None:
    site.mkdir(parents=True)
    (site / LIST).write_text(text)
    with pytest.raises(PublishError, match=sentence):
        publish(version(1), site)


# ---- one at a time ---------------------------------------------------------------------------------------------------


def test_a_second_publish_waits_for_the_first_and_gives_up_when_told(site: Path) -> None:
    started, go_on = threading.Event(), threading.Event()

    def wait() -> bytes:
        started.set()
        assert go_on.wait(20)
        return b"x"

    late = Deferred("late.txt", hashlib.sha256(b"x").hexdigest(), 1, wait)
    thread = threading.Thread(target=lambda: publish([*version(1), late], site))
    thread.start()
    assert started.wait(20)
    with pytest.raises(LockedError, match="another process is publishing to it"):
        publish(version(2), site, patience=0)
    go_on.set()
    thread.join()
    publish(version(3), site)
    assert shown(site) == 3


# ---- where folders cannot be exchanged -------------------------------------------------------------------------------


def test_a_mount_point_is_published_in_place(site: Path) -> None:
    """A mounted folder cannot be renamed; what is written must get there all the same."""
    site.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(site)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting needs root and the right to mount")
    try:
        for n in (1, 2):
            publish([*version(n)], site)
            assert shown(site) == n
        assert sorted(p.name for p in site.parent.iterdir()) == ["site"]
        assert not (site / ".roadworthy").exists()
    finally:
        subprocess.run(["umount", str(site)], check=True)


def test_a_mount_inside_the_site_gets_its_files_copied_across(site: Path) -> None:
    (site / "components").mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "tmpfs", str(site / "components")], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting needs root and the right to mount")
    try:
        for n in (1, 2):
            publish(version(n), site)
            assert shown(site) == n
    finally:
        subprocess.run(["umount", str(site / "components")], check=True)


def test_a_folder_that_may_not_be_written_is_told_with_what_to_do(site: Path) -> None:
    publish(version(1), site)
    code = "import sys; from pathlib import Path; from generator.publish import publish; from tests.keeping.sites import version\n"
    code += "from generator.errors import PublishError\ntry: publish(version(2), Path(sys.argv[1]))\nexcept PublishError as e: print(e)"
    folder = Path(tempfile.mkdtemp(prefix="rw-closed-"))
    shutil.copytree(site, folder / "site")
    folder.chmod(0o755)
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if not os.geteuid() else []
    if not words:
        (folder / "site").chmod(0o555)
        folder.chmod(0o555)
    done = subprocess.run(
        [*words, sys.executable, "-c", code, str(folder / "site")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    folder.chmod(0o755)
    (folder / "site").chmod(0o755)
    assert "cannot publish: Permission denied; give yourself the right to write there" in done.stdout, done.stderr
    assert shown(folder / "site") == 1
    shutil.rmtree(folder)


# ---- after a death ---------------------------------------------------------------------------------------------------


def test_a_version_that_was_decided_in_place_is_completed_by_whoever_comes_next(site: Path) -> None:
    in_place(version(1, extra=2), site)
    work = site / ".roadworthy"
    work.mkdir()
    new = plan(version(2), site)
    for n, path in enumerate(("index.html", "history.rss")):
        (work / str(n)).write_bytes(next(a.body for a in version(2) if a.path == path))
    (work / "list").write_bytes(new.listing)
    moves = [["0", "index.html"], ["1", "history.rss"], ["list", LIST]]
    (work / "journal.json").write_text(json.dumps({"moves": moves, "removed": ["incidents/0/index.html"]}))
    recover(site)
    assert b"<n>2</n>" in (site / "history.rss").read_bytes()
    assert not (site / "incidents/0").exists()
    assert not work.exists()
    publish(version(2), site)
    assert shown(site) == 2


def test_a_version_that_was_not_decided_is_forgotten(site: Path) -> None:
    in_place(version(1), site)
    (site / ".roadworthy").mkdir()
    (site / ".roadworthy" / "0").write_text("half a fi")
    before = tree(site)
    recover(site)
    assert tree(site) == {p: b for p, b in before.items() if not p.startswith(".roadworthy/")}


def test_a_work_folder_that_is_a_link_is_not_followed(site: Path, tmp_path: Path) -> None:
    site.mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "journal.json").write_text('{"moves": [], "removed": ["index.html"]}')
    (site / ".roadworthy").symlink_to(tmp_path / "outside")
    with pytest.raises(PublishError, match="we need this name for our work, but it is not ours"):
        publish(version(1), site)
    assert (tmp_path / "outside" / "journal.json").exists()


def test_leftovers_beside_the_site_are_cleared_and_a_lone_file_of_somebody_is_carried_over(site: Path) -> None:
    publish(version(2), site)
    old = site.with_name(".site.old")
    shutil.copytree(site, old)
    (old / "theirs.txt").write_text("put there just before the exchange")
    site.with_name(".site.next").mkdir()
    (site.with_name(".site.next") / "half").write_text("half")
    publish(version(3), site)
    assert sorted(p.name for p in site.parent.iterdir()) == ["site"]
    assert (site / "theirs.txt").read_text().startswith("put there")
    assert shown(site) == 3


# ---- readers ---------------------------------------------------------------------------------------------------------


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    site.mkdir(parents=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_reader_during_a_thousand_publishes_never_sees_a_mix(served: str, site: Path) -> None:
    """Page, feed, data, page again: when the page did not change in between, the others are of its version."""
    publish(version(0), site)
    done, mixes, looks = threading.Event(), list[tuple[int, ...]](), list[int]()

    def number(path: str) -> int:
        with urllib.request.urlopen(served + path, timeout=20) as answer:
            return int("".join(c for c in answer.read().decode().replace("version='2.0'", "") if c.isdigit()))

    def read() -> None:
        while not done.is_set():
            first, feed, data, last = (
                number("index.html"),
                number("history.rss"),
                number("live.json"),
                number("index.html"),
            )
            if not (first <= feed <= data <= last):
                mixes.append((first, feed, data, last))
            looks.append(last)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for n in range(1, 1_001):
        publish(version(n), site)
    done.set()
    for reader in readers:
        reader.join()
    assert mixes == []
    assert len(set(looks)) > 20
    assert shown(site) == 1_000
