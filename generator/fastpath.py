"""`build` when nothing has changed since the last one: says so at once, without reading content or history.

A finished build writes down what it was made from: its options, our code, every byte below content/ and templates/,
what the history had received, the environment that counts, the files it left in the site, and until when all that
stays true by itself. If every one of these is the same, the site is what a build would make, and its summary is said
again. Whatever cannot be compared means a real build. Never writes to the site, never decides what it says.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import cache

FILE = "last-build.json"
_FORMAT = 1
_FOLDERS = ("content", "templates")
_HOST = ("NETLIFY", "CONTEXT", "URL", "DEPLOY_PRIME_URL")
"""What `run` asks of the environment beside the secrets of the configuration."""
_REFERENCE = re.compile(rb"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Options:
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
        raw = Path(options.root, cache.FOLDER, FILE).read_bytes()
        seal, _, body = raw.partition(b"\n")
        if seal.decode() != cache.digest(body).hex():
            return None
        record = json.loads(body)
        if record["format"] != _FORMAT or not record["from"] <= now < record["until"]:
            return None
        if record["made_from"] != made_from(options, env, bytes.fromhex(record["salt"])):
            return None
        if record["history"] != history_state(options.root, Path(record["store"])) or record["site"] != site_state(
            options.site
        ):
            return None
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error):
        return None
    return str(record["said"])


# ---- writing down ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Before:
    """What a build is made from, as it was before the build read it: what changes meanwhile is seen the next time."""

    options: Options
    salt: bytes
    made_from: str
    store: Path = Path()
    history: str = ""


def before(options: Options, env: Mapping[str, str]) -> Before | None:
    """To be called when nothing has been read. What an earlier build wrote down is gone from now on."""
    with suppress(OSError):
        Path(options.root, cache.FOLDER, FILE).unlink(missing_ok=True)
    if env.get(cache.SWITCH, "") == "off":
        return None
    salt = os.urandom(16)
    try:
        return Before(options, salt, made_from(options, env, salt))
    except OSError:
        return None


def with_history(was: Before | None, store: Path | None) -> Before | None:
    """To be called when the history is open and nothing has been read of it; None where it cannot be recognised."""
    if was is None or store is None:
        return None
    try:
        return replace(was, store=store, history=history_state(was.options.root, store))
    except (OSError, sqlite3.Error):
        return None


def remember(was: Before, now: int, until: int, said: str) -> None:
    """Write down a finished build: the site is as it left it. A disk that cannot be written means a real build."""
    record: dict[str, Any] = {"format": _FORMAT, "from": now, "until": until, "said": said, "salt": was.salt.hex()}
    record |= {"made_from": was.made_from, "store": str(was.store), "history": was.history}
    folder = Path(was.options.root, cache.FOLDER)
    with suppress(OSError):
        record["site"] = site_state(was.options.site)
        body = json.dumps(record).encode()
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f"{FILE}.{os.getpid()}"
        new.write_bytes(cache.digest(body).hex().encode() + b"\n" + body)
        os.replace(new, folder / FILE)


# ---- the states that are compared ------------------------------------------------------------------------------------


def made_from(options: Options, env: Mapping[str, str], salt: bytes) -> str:
    """The hash of options, code, content, templates and the environment that counts."""
    parts: list[str | bytes] = [repr(options), cache.code_version()]
    package = Path(__file__).parent
    folders = [os.path.join(options.root, name) for name in _FOLDERS]
    folders += [str(package / "_templates"), str(package.parent / "templates")]
    names = set(_HOST)
    for folder in dict.fromkeys(folders):
        for path, body in cache.files(folder):
            parts += [path, body]
            if path.endswith(os.path.join("content", "status.yml")):
                names.update(name.decode() for name in _REFERENCE.findall(body))
    parts.append(_secretly({name: env[name] for name in sorted(names) if name in env}, salt))
    return cache.digest(*parts).hex()


def _secretly(values: Mapping[str, str], salt: bytes) -> bytes:
    """Values of the environment may be secrets: what is written down must not help to guess one."""
    if not values:
        return b""
    from hashlib import scrypt

    return scrypt(json.dumps(values).encode(), salt=salt, n=2**13, r=8, p=1)


def history_state(root: str, store: Path) -> str:
    """What a SQLite history has received and what was noted in it. sqlite3.Error if it cannot be asked."""
    if os.path.exists(os.path.join(root, ".history", "spool.sqlite")):
        raise OSError(f"{root}: observations wait to be taken in")
    connection = sqlite3.connect(f"file:{quote(str(store))}?mode=rw", uri=True, timeout=1.0)
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


def site_state(site: str) -> str:
    """Every file of the site as the file system sees it: a changed, lost or added one is another state."""
    parts: list[str] = []

    def walk(folder: str) -> None:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                if entry.is_dir(follow_symlinks=False):
                    walk(entry.path)
                else:
                    is_ = entry.stat(follow_symlinks=False)
                    parts.append(f"{entry.path}\0{is_.st_size}\0{is_.st_mtime_ns}\0{is_.st_ino}\0{is_.st_mode}")

    walk(site)
    return cache.digest("\n".join(parts)).hex()
