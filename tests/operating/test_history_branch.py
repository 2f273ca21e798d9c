"""History on a git branch: nothing is lost whoever writes, nothing of the user's repository is touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generator import stores
from generator.copies import branch, records, tables
from generator.copies import git as history_git
from generator.copies.git import Repository
from generator.errors import HistoryError
from generator.stores import Store
from tests.keeping.builders import DAY, FULL, HOUR, NOW, outage, rollup, round_, span
from tests.operating.git import clone, git, remote

EARLIER = NOW - 3 * HOUR


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return remote(tmp_path / "remote")


@pytest.fixture
def machine(bare: Path, tmp_path: Path) -> Iterator[Callable[..., tuple[Store, Repository]]]:
    """A fresh clone with an empty history, as a hosted runner has it; as many as wanted."""
    made: list[Store] = []

    def fresh(*options: str) -> tuple[Store, Repository]:
        folder = clone(bare, tmp_path / f"machine{len(made)}", *options)
        store = stores.open("", root=folder)
        made.append(store)
        return store, Repository(folder)

    yield fresh
    for store in made:
        store.close()


def push(machine: tuple[Store, Repository], **more: object) -> branch.Pushed:
    naps: list[float] = []
    return branch.push(*machine, NOW, sleep=more.pop("sleep", naps.append), jitter=lambda: 0.5)  # type: ignore[arg-type]


def fill(store: Store) -> None:
    store.append([FULL, *round_(EARLIER), *round_(EARLIER + 300)], NOW)
    store.save(
        spans=[span(NOW - DAY, NOW - HOUR), span(NOW - HOUR, None)],
        outages=[outage(NOW - DAY, NOW - DAY + 600)],
        rollups=[rollup((NOW - 40 * DAY) // DAY * DAY), rollup((NOW - DAY) // DAY * DAY)],
        checkpoint=(NOW - 600, {"some": "belief"}),
        meta={"deploys": str(NOW - DAY), "deployed": "a b", "note:content/incidents/x.md": "text"},
    )


def everything(store: Store) -> list[str]:
    return sorted(map(records.line, tables.everything(store)))


def test_history_moves_whole_from_machine_to_machine(machine: Callable[..., tuple[Store, Repository]]) -> None:
    first, second = machine(), machine()
    fill(first[0])
    assert push(first).changed
    pulled = branch.pull(*second, NOW)
    assert pulled.added.observations == 25
    assert everything(second[0]) == everything(first[0])
    assert second[0].meta()["note:content/incidents/x.md"] == "text"


def test_where_there_is_no_branch_yet_a_pull_finds_nothing_and_a_push_makes_it(
    machine: Callable[..., tuple[Store, Repository]],
) -> None:
    one = machine()
    assert branch.pull(*one, NOW).commit == ""
    assert push(one).changed
    assert branch.pull(*one, NOW).commit


def test_the_branch_stays_one_commit_without_a_past_and_holds_only_history(
    machine: Callable[..., tuple[Store, Repository]], bare: Path
) -> None:
    one = machine()
    for n in range(3):
        one[0].append(round_(EARLIER + 300 * n), NOW)
        assert push(one).changed
    assert git(bare, "rev-list", "--count", "data") == "1"
    names = git(bare, "ls-tree", "-r", "--name-only", "data").splitlines()
    assert {n for n in names if not n.startswith("history/")} == {"README.md", "index.json", "meta.json"}
    assert git(bare, "rev-list", "--count", "main") == "2"


def test_a_push_of_the_same_history_writes_nothing(machine: Callable[..., tuple[Store, Repository]]) -> None:
    one = machine()
    fill(one[0])
    made = push(one)
    again = push(one)
    assert (again.commit, again.changed) == (made.commit, False)


def test_a_push_sends_only_the_files_that_changed(machine: Callable[..., tuple[Store, Repository]], bare: Path) -> None:
    one = machine()
    for n in range(60):
        one[0].append(round_(EARLIER - n * HOUR), NOW)
    push(one)
    before = objects(bare)
    one[0].append(round_(NOW - 300), NOW)
    push(one)
    # A file of the hour, the index, and the trees and the commit above them.
    assert len(objects(bare) - before) <= 7


def objects(bare: Path) -> set[str]:
    return set(git(bare, "cat-file", "--batch-check=%(objectname)", "--batch-all-objects").split())


def test_two_that_write_at_once_lose_nothing(machine: Callable[..., tuple[Store, Repository]]) -> None:
    """The slower one is refused, takes in what the faster wrote, and pushes both."""
    first, second, third = machine(), machine(), machine()
    first[0].append(round_(EARLIER), NOW)
    push(first)
    branch.pull(*second, NOW)
    first[0].append(round_(EARLIER + 300), NOW)
    second[0].append(round_(EARLIER + 600), NOW)
    push(first)
    done = push(second)
    assert done.taken_in.observations == 12
    branch.pull(*third, NOW)
    assert len(list(third[0].observations(0))) == 36


def test_a_rival_between_our_look_and_our_push_is_noticed(
    machine: Callable[..., tuple[Store, Repository]], bare: Path
) -> None:
    """The push names the commit it replaces: the remote's own hook lets a rival win the race once, for real."""
    rival, ours = machine(), machine()
    rival[0].append(round_(EARLIER), NOW)
    push(rival)
    rival[0].append(round_(EARLIER + 300), NOW)
    theirs = push(rival).commit
    # The hook moves the branch on while our push is under way, once.
    hook = bare / "hooks" / "pre-receive"
    ours[0].append(round_(EARLIER + 600), NOW)
    branch.pull(*ours, NOW)
    other = machine()
    branch.pull(*other, NOW)
    other[0].append(round_(EARLIER + 900), NOW)
    late = history_git.commit(other[1], branch.written(other[0]), "a rival", NOW)
    git(other[1].folder, "push", "-q", "origin", f"{late}:refs/heads/parked")
    hook.write_text(
        f"#!/bin/sh\nrm -f {hook}\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/data {late} {theirs}\n"
    )
    hook.chmod(0o755)
    done = push(ours)
    assert done.tries == 2
    assert done.taken_in.observations == 12
    fourth = machine()
    branch.pull(*fourth, NOW)
    assert len(list(fourth[0].observations(0))) == 48


def test_after_five_tries_it_gives_up_with_everything_kept(
    machine: Callable[..., tuple[Store, Repository]], bare: Path
) -> None:
    one = machine()
    one[0].append(round_(EARLIER), NOW)
    push(one)
    (bare / "refs" / "heads" / "data.lock").touch()
    one[0].append(round_(EARLIER + 300), NOW)
    naps: list[float] = []
    with pytest.raises(HistoryError, match=r"5 times somebody else wrote to the branch data at origin first"):
        push(one, sleep=naps.append)
    assert naps == [1, 2, 4, 8, 16]
    assert len(list(one[0].observations(0))) == 24


@pytest.mark.parametrize(
    "options",
    [("--depth=1",), ("--depth=1", "--single-branch", "--branch=main"), ("--filter=blob:none",)],
    ids=["shallow, as a hosted checkout is", "one branch only", "without blobs"],
)
def test_any_kind_of_clone_will_do(machine: Callable[..., tuple[Store, Repository]], options: tuple[str, ...]) -> None:
    one = machine(*options)
    git(one[1].folder, "switch", "-q", "--detach")
    fill(one[0])
    push(one)
    two = machine(*options)
    branch.pull(*two, NOW)
    assert everything(two[0]) == everything(one[0])


def test_the_work_tree_the_index_and_the_references_stay_as_they_are(
    machine: Callable[..., tuple[Store, Repository]],
) -> None:
    one = machine()
    folder = one[1].folder
    (folder / "README.md").write_text("being edited\n")
    (folder / "new.md").write_text("staged\n")
    git(folder, "add", "new.md")
    ran = folder / "ran"
    for name in ("pre-push", "post-index-change", "reference-transaction"):
        hook = folder / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
        hook.chmod(0o755)
    index = (folder / ".git" / "index").read_bytes()
    before = git(folder, "--no-optional-locks", "status", "--porcelain"), git(folder, "for-each-ref")
    (folder / ".git" / "index.lock").touch()
    fill(one[0])
    push(one)
    one[0].append(round_(EARLIER + 900), NOW)
    push(one)
    branch.pull(*one, NOW)
    (folder / ".git" / "index.lock").unlink()
    assert (folder / ".git" / "index").read_bytes() == index
    assert not ran.exists()
    after = git(folder, "--no-optional-locks", "status", "--porcelain"), git(folder, "for-each-ref")
    assert [line for line in after[0].splitlines() if ".history" not in line] == [
        line for line in before[0].splitlines() if ".history" not in line
    ]
    # A push notes where the remote's branch stands, as every push does; nothing else moved.
    assert [line for line in after[1].splitlines() if "refs/remotes/origin/data" not in line] == before[1].splitlines()
    assert not (folder / ".git" / "FETCH_HEAD").exists()


def test_a_branch_of_somebody_else_is_never_overwritten(
    machine: Callable[..., tuple[Store, Repository]], bare: Path
) -> None:
    git(bare, "branch", "data", "main")
    one = machine()
    fill(one[0])
    with pytest.raises(HistoryError, match=r"holds something else than history; name another one with --branch"):
        push(one)
    assert git(bare, "rev-parse", "data") == git(bare, "rev-parse", "main")


def rewritten(bare: Path, one: tuple[Store, Repository], name: str, body: bytes) -> None:
    """Put other bytes into one file of the branch, as a person or a fault would."""
    at = history_git.fetch(one[1])
    contents = {**history_git.files(one[1], at), name: body}
    assert history_git.push(one[1], history_git.commit(one[1], contents, "changed by hand", NOW), at)


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("index.json", b'{"version": 9, "counts": {}, "until": null}', r"newer version of Roadworthy \(format 9\)"),
        ("index.json", b"{}", r"index\.json on the branch data at origin cannot be read"),
        ("meta.json", b"[]", r"meta\.json on the branch data at origin cannot be read"),
        ("history/outages/2026-11.jsonl", b"{", r"outages/2026-11\.jsonl on the branch data at origin was cut off"),
        ("history/outages/2026-11.jsonl", b"nonsense\n", r"outages/2026-11\.jsonl .*line 1: cannot be read"),
    ],
    ids=["newer format", "no index", "no meta", "cut off", "no JSON"],
)
def test_a_branch_that_cannot_be_read_is_no_empty_history_and_is_not_replaced(
    machine: Callable[..., tuple[Store, Repository]], bare: Path, name: str, body: bytes, sentence: str
) -> None:
    one = machine()
    fill(one[0])
    push(one)
    rewritten(bare, one, name, body)
    stands = git(bare, "rev-parse", "data")
    two = machine()
    two[0].append(round_(EARLIER + 900), NOW)
    for act in (lambda: branch.pull(*two, NOW), lambda: push(two)):
        with pytest.raises(HistoryError, match=sentence):
            act()
    assert len(list(two[0].observations(0))) == 12
    assert not two[0].outages()
    assert git(bare, "rev-parse", "data") == stands


def test_a_store_that_lost_records_gets_them_back_before_it_writes(
    machine: Callable[..., tuple[Store, Repository]], tmp_path: Path
) -> None:
    """Although it remembers having seen the branch: a database put back from yesterday does not win over today."""
    one = machine()
    fill(one[0])
    commit = push(one).commit
    folder = one[1].folder
    (folder / ".history" / "history.sqlite").rename(tmp_path / "lost.sqlite")
    empty = stores.open("sqlite:other.sqlite", root=folder)
    empty.save(meta={branch.SEEN: commit})
    done = push((empty, one[1]))
    assert done.taken_in.outages == 1
    assert everything(empty) == everything(one[0])
    empty.close()


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda f: git(f, "remote", "remove", "origin"), r"could not look at the remote: .*; name the remote with --remote"),
        (lambda f: git(f, "remote", "set-url", "origin", "https://me:hunter22@127.0.0.1:1/x.git"), r"could not look at the remote"),
        (lambda f: (f / ".git").rename(f / "elsewhere"), r"not a git repository.*; run it inside the clone"),
    ],
    ids=["no remote", "nobody there", "no repository"],
)  # fmt: skip
def test_what_git_cannot_do_is_told_with_what_to_do_and_without_a_password(
    machine: Callable[..., tuple[Store, Repository]], prepare: Callable[[Path], object], sentence: str
) -> None:
    one = machine()
    prepare(one[1].folder)
    with pytest.raises(HistoryError, match=sentence) as caught:
        push(one)
    assert "hunter22" not in str(caught.value)


def test_a_remote_that_forbids_it_is_not_asked_five_times(
    machine: Callable[..., tuple[Store, Repository]], bare: Path
) -> None:
    hook = bare / "hooks" / "pre-receive"
    count = bare / "count"
    hook.write_text(f"#!/bin/sh\necho x >> {count}\necho 'this branch is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(HistoryError, match=r"pre-receive hook declined.*allow forced pushes to this one branch"):
        push(machine())
    assert count.read_text() == "x\n"


def test_what_is_remembered_beside_history_is_united() -> None:
    here = {"deploys": "10 30", "deployed": "old", "note:a": "mine", "published": json.dumps({"generation": 3})}
    there = {
        "deploys": "20 40",
        "deployed": "new",
        "note:a": "theirs",
        "note:b": "b",
        "published": json.dumps({"generation": 7}),
    }
    assert branch.united(here, there) == {
        "deploys": "10 20 30 40", "deployed": "new", "note:a": "mine", "note:b": "b",
        "published": json.dumps({"generation": 7}),
    }  # fmt: skip


def test_a_job_that_took_no_part_takes_back_nothing_that_a_run_remembered_meanwhile(
    machine: Callable[..., tuple[Store, Repository]],
) -> None:
    """A job that counts a deploy begins before a run and ends after it: what the run told people stays told."""
    first, counting, running, last = machine(), machine(), machine(), machine()
    first[0].save(meta={"notify": "told of nothing", "websub-told": "no feed", "deploys": "10"})
    push(first)
    branch.pull(*counting, NOW)
    branch.pull(*running, NOW)
    running[0].save(meta={"notify": "told of an outage", "note:a": "text"})
    push(running)
    for told in ("one feed", "two feeds"):
        counting[0].save(meta={"deploys": "10 20", "websub-told": told})
        push(counting)
    branch.pull(*last, NOW)
    found = last[0].meta()
    assert (found["notify"], found["note:a"]) == ("told of an outage", "text")
    assert (found["websub-told"], found["deploys"]) == ("two feeds", "10 20")


def test_a_git_that_is_not_there_is_told(
    machine: Callable[..., tuple[Store, Repository]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = machine()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HistoryError, match="git is not installed"):
        push(one)


def test_old_hours_are_pruned_from_the_branch_too(machine: Callable[..., tuple[Store, Repository]], bare: Path) -> None:
    """What history forgets, the branch forgets: it holds fourteen days of single looks and no more."""
    one = machine()
    old = NOW - 20 * DAY
    one[0].append(round_(old), old + 60)
    one[0].append(round_(EARLIER), NOW)
    push(one)
    one[0].save(checkpoint=(NOW - 14 * DAY - HOUR, {}))
    assert one[0].prune(NOW)["observations"] == 12
    push(one)
    names = git(bare, "ls-tree", "-r", "--name-only", "data").splitlines()
    assert len([n for n in names if "observations" in n]) == 1


def test_nothing_runs_because_of_what_a_file_is_called(
    machine: Callable[..., tuple[Store, Repository]], tmp_path: Path
) -> None:
    """A branch name is an argument, never a word of a shell."""
    one = machine()
    mark = tmp_path / "mark"
    with pytest.raises(HistoryError):
        push((one[0], Repository(one[1].folder, branch=f"x;touch {mark}")))
    assert not mark.exists()
