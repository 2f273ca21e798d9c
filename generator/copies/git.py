"""Git's plumbing for those who keep files on a branch: never the work tree, the user's index, hooks or `FETCH_HEAD`.

Every call is one `git` process with a fixed environment; what git said becomes a `HistoryError` in our words, with
anything between `://` and `@` taken out, because the address of a remote may hold a password.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ..errors import HistoryError
from ..model import Time

TIMEOUT = 300.0
"""Seconds for one call of git; a remote that takes longer is treated as one that does not answer."""

AUTHOR = ("roadworthy", "roadworthy@users.noreply.github.com")
_QUIET = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "core.autocrlf=false"),
    *("-c", "maintenance.auto=false", "-c", "core.quotePath=false", "-c", "submodule.recurse=false"),
)
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
_REFUSED = re.compile(r"^!\t[^\t]*\t(?P<why>.*)$", re.MULTILINE)
_FOR_EVER = re.compile(r"hook declined|protected|denied|not allowed|prohibited|permission", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository by any folder inside it, and the branch of the remote that is meant."""

    folder: Path
    remote: str = "origin"
    branch: str = "data"

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.branch}"

    @property
    def place(self) -> str:
        return f"branch {self.branch} at {self.remote}"


def tip(repository: Repository) -> str:
    """The commit the branch stands at on the remote, "" if there is no such branch. HistoryError if nobody answers."""
    _git(repository, "rev-parse", "--git-dir", what=f"find a repository at {repository.folder}")
    done = _git(repository, "ls-remote", "--refs", repository.remote, repository.ref, what="look at the remote")
    return done.stdout.decode().split("\t")[0].strip()


def fetch(repository: Repository) -> str:
    """Bring the branch's commit here and return it; "" if there is no such branch. Moves no reference of the user's."""
    plainly = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
    for _ in range(5):
        at = tip(repository)
        if not at or _there(repository, at):
            return at
        _git(repository, "fetch", *plainly, repository.remote, repository.ref, what=f"fetch the {repository.place}")
        if _there(repository, at):
            return at
        # It moved between the two questions: ask again for what it is now.
    raise HistoryError(f"history: the {repository.place} moves faster than it can be fetched; try again")


def files(repository: Repository, commit: str) -> dict[str, bytes]:
    """Every file of a commit. HistoryError if it cannot be read."""
    done = _git(repository, "archive", "--format=tar", commit, what=f"read the {repository.place}")
    found = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            body = archive.extractfile(member) if member.isfile() else None
            if body is not None:
                found[member.name] = body.read()
    return found


def commit(repository: Repository, contents: Mapping[str, bytes], message: str, now: Time) -> str:
    """A commit without parents that holds exactly these files. Nothing points to it until it is pushed."""
    with tempfile.TemporaryDirectory(prefix="roadworthy-") as temporary:
        names = sorted(contents)
        folder = Path(temporary)
        for number, name in enumerate(names):
            assert not PurePosixPath(name).is_absolute()
            (folder / str(number)).write_bytes(contents[name])
        paths = "".join(f"{folder / str(number)}\n" for number in range(len(names)))
        written = _git(repository, "hash-object", "-w", "--no-filters", "--stdin-paths", stdin=paths)
        blobs = written.stdout.decode().split()
        lines = "".join(f"100644 {blob}\t{name}\n" for blob, name in zip(blobs, names, strict=True))
        index = {"GIT_INDEX_FILE": str(folder / "index")}
        _git(repository, "update-index", "--add", "--index-info", stdin=lines, env=index)
        tree = _git(repository, "write-tree", env=index).stdout.decode().strip()
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", AUTHOR[0]), ("EMAIL", AUTHOR[1]), ("DATE", stamp))
    }
    return _git(repository, "commit-tree", tree, "-m", message, env=who).stdout.decode().strip()


def push(repository: Repository, made: str, expected: str) -> bool:
    """Put the branch to `made` if it still stands at `expected` ("": if there is none). Whether that happened.

    HistoryError if the remote did not answer, or refuses for a reason that trying again would not change.
    """
    ref = repository.ref
    done = _run(
        repository,
        *("push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"),
        *(f"--force-with-lease={ref}:{expected}", repository.remote, f"{made}:{ref}"),
    )
    if done.returncode == 0:
        return True
    refused = _REFUSED.search(done.stdout.decode("utf-8", "replace"))
    said = done.stderr.decode("utf-8", "replace")
    if refused and not _FOR_EVER.search(refused["why"]):
        return False
    why = refused["why"] if refused else ""
    raise HistoryError(f"history: could not push to the {repository.place}: {_brief(said, why)}{_advice(said + why)}")


# ---- one call --------------------------------------------------------------------------------------------------------


def _there(repository: Repository, commit: str) -> bool:
    return _run(repository, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0


def _git(
    repository: Repository,
    *arguments: str,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    what: str = "write to the repository",
) -> subprocess.CompletedProcess[bytes]:
    done = _run(repository, *arguments, stdin=stdin, env=env)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace")
        raise HistoryError(f"history: could not {what}: {_brief(said)}{_advice(said)}")
    return done


def _run(
    repository: Repository, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    given = {k: v for k, v in os.environ.items() if k not in ("GIT_INDEX_FILE", "GIT_DIR", "GIT_WORK_TREE")}
    # Objects of a promisor remote are never asked for one by one; a question for a password would wait for ever.
    given |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", **(env or {})}
    try:
        return subprocess.run(
            ["git", *_QUIET, *arguments],
            cwd=repository.folder, input=stdin.encode(), capture_output=True, env=given, timeout=TIMEOUT, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise HistoryError("history: git is not installed; install it, or keep history in PostgreSQL") from None
    except subprocess.TimeoutExpired:
        raise HistoryError(
            f"history: git {arguments[0]} did not end within {TIMEOUT:.0f} s; the history here is whole, try again"
        ) from None


def _brief(said: str, why: str = "") -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("hint:")]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote: error"))] or lines
    text = " ".join(dict.fromkeys([*([why] if why else []), *telling[:2]])) or "git said nothing"
    return _USERINFO.sub("***@", text)[:400]


def _advice(said: str) -> str:
    for sign, advice in _ADVICE:
        if sign in said:
            return f"; {advice}"
    return "; the history here is whole"


_ADVICE = (
    ("not a git repository", "run it inside the clone, or keep history in PostgreSQL"),
    ("does not appear to be a git repository", "name the remote with --remote; the history here is whole"),
    ("No such remote", "name the remote with --remote; the history here is whole"),
    (".lock': File exists", "another git works here or one died: delete that lock file when none runs"),
    ("shallow update not allowed", "fetch the whole repository first: git fetch --unshallow"),
    ("Authentication failed", "the token may not write; in a workflow give `contents: write`"),
    ("could not read Username", "the token is missing; in a workflow keep the checkout's credentials"),
    ("dubious ownership", "git refuses a repository of another user: git config --global --add safe.directory FOLDER"),
    ("hook declined", "the remote forbids it: allow forced pushes to this one branch"),
    ("protected", "the remote forbids it: allow forced pushes to this one branch"),
)
