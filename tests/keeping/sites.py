"""Small sites for the tests of publishing: every file of a version names the version."""

from __future__ import annotations

import os
from pathlib import Path

from generator.model import Artifact


def version(n: int, extra: int = 0) -> list[Artifact]:
    """A site whose page, feed and data all carry the number; the style changes name with it, one file never changes."""
    page = b"<!doctype html><html><title>%d</title></html>" % n
    return [
        Artifact("index.html", page),
        Artifact("components/p/c/index.html", page),
        Artifact("history.rss", b"<rss version='2.0'><n>%d</n></rss>" % n),
        Artifact("live.json", b'{"n": %d}' % n),
        Artifact(f"assets/style-{n:08x}.css", b"/* %d */" % n),
        Artifact("about/index.html", b"<!doctype html><html>always the same</html>"),
        *(Artifact(f"incidents/{i}/index.html", page) for i in range(extra)),
    ]


def tree(site: Path) -> dict[str, bytes]:
    """Every file below a folder, links as their targets."""
    return {
        str(p.relative_to(site)): os.readlink(p).encode() if p.is_symlink() else p.read_bytes()
        for p in sorted(site.rglob("*"))
        if p.is_symlink() or p.is_file()
    }


def stamps(site: Path) -> dict[str, tuple[int, int, int]]:
    """What changes when a file is written, replaced or even touched: inode, time of change, size."""
    return {
        str(p.relative_to(site)): (s.st_ino, s.st_mtime_ns, s.st_size)
        for p in sorted(site.rglob("*"))
        for s in [p.lstat()]
    }


def shown(site: Path) -> int:
    """The version a whole site shows; fails if its files do not agree, or one is missing."""
    n = int((site / "live.json").read_text()[6:-1])
    files = tree(site)
    for artifact in version(n):
        assert files[artifact.path] == artifact.body, f"{artifact.path} is not of version {n}"
    return n
