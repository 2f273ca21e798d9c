"""`build` when nothing has changed since the last one: says so at once, without reading content or history.

A finished build writes down what it was made from: its options, our code and every file below content/ and templates/,
what the history had received, the environment that counts, the files it left in the site, and until when all that
stays true by itself. If every one of these is the same, the site is what a build would make, and its summary is said
again. Whatever cannot be compared means a real build. Never writes to the site, never decides what it says.

A file is the same if the file system says so (size, both times, inode), as git asks; one that was changed just before
it was looked at could change again within the same tick of the clock, so that there its bytes are compared.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from . import cache, stamps

if TYPE_CHECKING:  # nothing is imported that a build with nothing to do could spare
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILE = "last-build.json"
_FORMAT = 3
_FRESH = 2 * 10**9
"""Nanoseconds after its last change in which a file is known by its bytes: more than the tick of any file system."""
_FOLDERS = ("content", "templates")
_HOST = ("NETLIFY", "CONTEXT", "URL", "DEPLOY_PRIME_URL")
"""What `run` asks of the environment beside the secrets of the configuration."""
_REFERENCE = re.compile(rb"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Options(NamedTuple):
    """What a build was asked for. `history` is the URL of the store as given, not where it leads."""

    root: str
    site: str
    history: str = ""
    drafts: bool = False
    allow_missing_secrets: bool = False


def options_of(arguments: Sequence[str], env: Mapping[str, str]) -> tuple[Options, float] | None:
    """The options and the clock of a command line; None for anything that needs the real parser."""
    values = {"--root": "", "--site": "", "--history": "", "--now": ""}
    flags = {"--drafts": False, "--allow-missing-secrets": False}
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name in values:
            given = value if equals else next(words, "")
            if not given or given.startswith("-"):
                return None
            values[name] = given
        elif word in flags:
            flags[word] = True
        else:
            return None
    now = _moment(values["--now"])
    if now is None:
        return None
    root = os.path.realpath(values["--root"] or ".")
    site = os.path.realpath(values["--site"] or os.path.join(root, "site"))
    history = values["--history"] or env.get("ROADWORTHY_HISTORY", "")
    return Options(root, site, history, flags["--drafts"], flags["--allow-missing-secrets"]), now


def _moment(text: str) -> float | None:
    if not text:
        return time.time()
    from datetime import datetime

    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if parsed.tzinfo is None else float(int(parsed.timestamp()))


# ---- asking ----------------------------------------------------------------------------------------------------------


def unchanged(arguments: Sequence[str], env: Mapping[str, str]) -> str | None:
    """What the last build said, if one with these arguments would make the same site again; else None."""
    asked = options_of(arguments, env)
    if asked is None or env.get(cache.SWITCH, "") == "off":
        return None
    options, now = asked
    try:
        raw = _read(os.path.join(options.root, cache.FOLDER, FILE))
        seal, _, body = raw.partition(b"\n")
        if seal.decode() != cache.digest(body).hex():
            return None
        record = json.loads(body)
        if record["format"] != _FORMAT or not record["from"] <= now < record["until"]:
            return None
        if record["made_from"] != made_from(options, env, bytes.fromhex(record["salt"]), int(record["at"])):
            return None
        if record["history"] != history_state(options.root, record["store"]):
            return None
        if record["site"] != stamps.state(stamps.look(options.site)):
            return None
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error):
        return None
    return str(record["said"])


# ---- writing down ----------------------------------------------------------------------------------------------------


class Before(NamedTuple):
    """What a build is made from, as it was before the build read it: what changes meanwhile is seen the next time.

    `at` is the system's clock in nanoseconds when it was looked at.
    """

    options: Options
    salt: bytes
    at: int
    made_from: str
    store: str = ""
    history: str = ""


def before(options: Options, env: Mapping[str, str], at: int | None = None) -> Before | None:
    """To be called when nothing has been read. What an earlier build wrote down is gone from now on."""
    with suppress(OSError):
        os.unlink(os.path.join(options.root, cache.FOLDER, FILE))
    if env.get(cache.SWITCH, "") == "off":
        return None
    salt, at = os.urandom(16), time.time_ns() if at is None else at
    try:
        return Before(options, salt, at, made_from(options, env, salt, at))
    except OSError:
        return None


def with_history(was: Before | None, store: Path | None) -> Before | None:
    """To be called when the history is open and nothing has been read of it; None where it cannot be recognised."""
    if was is None or store is None:
        return None
    try:
        return was._replace(store=str(store), history=history_state(was.options.root, str(store)))
    except (OSError, sqlite3.Error):
        return None


def remember(was: Before, now: int, until: int, said: str, site: str = "") -> None:
    """Write down a finished build: the site is as it left it, in the state `site`. No disk, then a real build next."""
    record: dict[str, Any] = {"format": _FORMAT, "from": now, "until": until, "said": said, "salt": was.salt.hex()}
    record |= {"at": was.at, "made_from": was.made_from, "store": was.store, "history": was.history}
    path = os.path.join(was.options.root, cache.FOLDER, FILE)
    with suppress(OSError):
        record["site"] = site or stamps.state(stamps.look(was.options.site))
        body = json.dumps(record).encode()
        os.makedirs(os.path.dirname(path), exist_ok=True)
        new = f"{path}.{os.getpid()}"
        with open(new, "wb") as file:
            file.write(cache.digest(body).hex().encode() + b"\n" + body)
        os.replace(new, path)


# ---- the states that are compared ------------------------------------------------------------------------------------


def made_from(options: Options, env: Mapping[str, str], salt: bytes, at: int) -> str:
    """The hash of options, code, content, templates and the environment that counts, as they are at this moment."""
    parts: list[str] = [repr(options), sys.version, *cache.installed()]
    package = os.path.dirname(os.path.abspath(__file__))
    folders = [package, os.path.join(os.path.dirname(package), "templates")]
    folders += [os.path.join(options.root, name) for name in _FOLDERS]
    for folder in dict.fromkeys(folders):
        parts += _look(folder, at - _FRESH)
    names = set(_HOST)
    with suppress(FileNotFoundError):
        config = _read(os.path.join(options.root, "content", "status.yml"))
        names.update(name.decode() for name in _REFERENCE.findall(config))
    told = _secretly({name: env[name] for name in sorted(names) if name in env}, salt)
    return cache.digest("\n".join(parts), told).hex()


def _look(folder: str, settled: int) -> list[str]:
    """Every file below a folder: as the file system sees it, or by its bytes if it changed after `settled`."""
    found: list[str] = []
    folders = [folder] if os.path.isdir(folder) else []
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                    continue
                is_ = entry.stat()
                if is_.st_ctime_ns > settled and stat.S_ISREG(is_.st_mode):
                    found.append(f"{entry.path}\0{cache.digest(_read(entry.path)).hex()}")
                else:
                    times = f"{is_.st_mtime_ns}\0{is_.st_ctime_ns}"
                    found.append(f"{entry.path}\0{is_.st_size}\0{times}\0{is_.st_ino}")
    return sorted(found)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _secretly(values: Mapping[str, str], salt: bytes) -> bytes:
    """Values of the environment may be secrets: what is written down must not help to guess one."""
    if not values:
        return b""
    from hashlib import scrypt

    return scrypt(json.dumps(values).encode(), salt=salt, n=2**13, r=8, p=1)


def history_state(root: str, store: str) -> str:
    """What a SQLite history has received and what was noted in it. sqlite3.Error if it cannot be asked."""
    if os.path.exists(os.path.join(root, ".history", "spool.sqlite")):
        raise OSError(f"{root}: observations wait to be taken in")
    address = store.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    connection = sqlite3.connect(f"file:{address}?mode=rw", uri=True, timeout=1.0)
    try:
        tables = (
            "rw_revision ORDER BY part",
            "rw_meta WHERE name NOT LIKE 'kept/%' ORDER BY name",
            "rw_delivery ORDER BY mark DESC LIMIT 1",
        )
        rows = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
    finally:
        connection.close()
    return cache.digest(repr(rows)).hex()
