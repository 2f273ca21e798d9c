"""Follows a Dockerfile in a plain folder: what a build would copy and run, without a container engine.

Knows the words that ours uses and refuses any other. `run` carries out one RUN line below the folder; what it may leave
out (the network, users of the system) is the caller's to say.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path


@dataclass
class Image:
    """What a build left behind: the folder that stands for `/`, and how a container of it starts."""

    root: Path
    base: str = ""
    folder: str = "/"
    user: str = ""
    env: dict[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    def inside(self, path: str) -> Path:
        """A path of the image as one of this machine."""
        return self.root / (path if path.startswith("/") else f"{self.folder}/{path}").lstrip("/")


Run = Callable[[Image, str], None]


def lines(text: str) -> list[tuple[str, str]]:
    """(WORD, rest) of each instruction; comments left out, continued lines joined."""
    joined = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in joined.splitlines() if line.strip()]


def build(text: str, ignore: str, context: Path, names: list[str], root: Path, run: Run,
          arguments: Mapping[str, str]) -> Image:  # fmt: skip
    """Follow every line. `names` are the files of the context; `ignore` is the text of the .dockerignore."""
    image = Image(root)
    sent = [name for name in names if not ignored(name, ignore)]
    for word, rest in lines(text):
        if word == "FROM":
            image.base = rest
        elif word == "WORKDIR":
            image.folder = rest
            image.inside(".").mkdir(parents=True, exist_ok=True)
        elif word == "ARG":
            name, _, default = rest.partition("=")
            image.env[name] = arguments.get(name, default)
        elif word == "ENV":
            image.env |= dict(pair.split("=", 1) for pair in rest.split())
        elif word == "COPY":
            source, target = rest.split()
            _copy(context, sent, source, image.inside(target), rest)
        elif word == "RUN":
            run(image, rest)
        elif word == "USER":
            image.user = rest
        elif word == "ENTRYPOINT":
            image.entrypoint = tuple(json.loads(rest))
        elif word == "CMD":
            image.command = tuple(json.loads(rest))
        else:
            raise AssertionError(f"a line that the tests cannot follow: {word} {rest}")
    return image


def ignored(name: str, ignore: str) -> bool:
    """Whether a file stays out of the context: the last line that fits it decides."""
    out = False
    for line in (line.strip() for line in ignore.splitlines()):
        if not line or line.startswith("#"):
            continue
        pattern = line.lstrip("!").removeprefix("**/")
        parts = name.split("/")
        places = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        if "**/" in line:
            places = parts
        if any(fnmatch(place, pattern) for place in places):
            out = not line.startswith("!")
    return out


def _copy(context: Path, sent: list[str], source: str, target: Path, line: str) -> None:
    plain = source.removeprefix("./").rstrip("/")
    found = [name for name in sent if name == plain or name.startswith(f"{plain}/")]
    assert found, f"COPY {line}: nothing of that name is sent to the build"
    for name in found:
        goal = target / name.removeprefix(plain).lstrip("/") if name != plain else target / Path(name).name
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(context / name, goal)
