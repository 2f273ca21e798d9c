"""A secret is sent to the one it is meant for and stands in nothing that is written, whatever that one does with it."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from generator import checking, logs
from generator.model import Region
from tests.looking.making import check as look
from tests.looking.making import config as watching
from tests.operating.git import GIT, clone, git, remote
from tests.operating.platform import Platform, check, config, platform, roadworthy, write

SECRETS = {
    "QUERY_KEY": "canary-query-0123456789",
    "HEADER_TOKEN": 'canary/header+"quoted"&<tag>\'=%41',
    "BODY_PASSWORD": "canary body with blanks äöü",
    "PATH_PART": "canary-path-AbCdEf",
    "STEP_KEY": "canary-of-a-step-9876",
}
"""Each is different, so that a leak tells where it came from."""


def forms(secret: str) -> dict[str, bytes]:
    """A secret as it might be written by a careless program. Made here, without the code under test."""
    raw = secret.encode()
    return {
        "plain": raw,
        "latin-1": secret.encode("latin-1"),
        "in a URL": quote(secret, safe="").encode(),
        "in a URL, slashes kept": quote(secret).encode(),
        "in a form": quote_plus(secret).encode(),
        "in HTML": html.escape(secret).encode(),
        "in JSON": json.dumps(secret)[1:-1].encode(),
        "in HTML in JSON": json.dumps(html.escape(secret))[1:-1].encode(),
        "in hexadecimal": raw.hex().encode(),
        "in base64": base64.b64encode(raw).rstrip(b"=")[:-1],
        "in base64 for URLs": base64.urlsafe_b64encode(raw).rstrip(b"=")[:-1],
        "backwards": raw[::-1],
    }


def gossip(server: Platform) -> None:
    """Make the platform repeat every secret in bodies, headers, redirects and errors."""
    everything = "\n".join(
        form.decode("latin-1")
        for secret in SECRETS.values()
        for name, form in forms(secret).items()
        if name != "backwards"
    ).encode("latin-1")
    one_line = quote(SECRETS["QUERY_KEY"]) + " " + quote(SECRETS["HEADER_TOKEN"])
    headers = {"X-Echo": one_line, "Server": SECRETS["HEADER_TOKEN"].replace("ä", "a"), "Content-Type": "text/plain"}
    server.answers["/error"] = (500, headers, everything)
    server.answers["/fine"] = (200, headers, everything)
    other = f"http://localhost:{server.server_address[1]}/elsewhere?stolen={quote(SECRETS['QUERY_KEY'])}"
    server.answers["/redirect"] = (302, {"Location": other}, everything)
    loop = server.url(f"/loop?k={quote(SECRETS['QUERY_KEY'])}")
    server.answers["/loop"] = (302, {"Location": loop}, b"")
    told = {value: value for value in SECRETS.values()}
    server.answers["/json"] = (
        200,
        {"Content-Type": "application/json"},
        json.dumps({"state": told, "n": list(told)}).encode(),
    )
    incidents = [{"id": "1", "name": v, "status": "investigating", "impact": "major", "shortlink": f"https://x/{quote(v)}",
                  "incident_updates": [{"body": v, "status": "investigating"}]} for v in SECRETS.values()]  # fmt: skip
    summary = {"page": {"name": SECRETS["STEP_KEY"]}, "status": {"indicator": "major", "description": SECRETS["STEP_KEY"]},
               "components": [{"id": v, "name": v, "status": "major_outage"} for v in SECRETS.values()], "incidents": incidents}  # fmt: skip
    server.answers["/api/v2/summary.json"] = (200, {"Content-Type": "application/json"}, json.dumps(summary).encode())


def content(server: Platform) -> dict[str, Any]:
    told = {
        "headers": {"Authorization": "Bearer ${HEADER_TOKEN}", "X-Api-Key": "${QUERY_KEY}"},
        "method": "POST",
        "body": "password=${BODY_PASSWORD}",
    }
    key = "?key=${QUERY_KEY}"
    parts = {
        "error": [check(server.url("/error") + key, **told)],
        "text": [check(server.url("/fine") + key, expect={"text": "what is not there"}, **told)],
        "header": [check(server.url("/fine") + key, expect={"headers": {"X-Echo": "something else"}}, **told)],
        "json": [check(server.url("/json") + key, expect={"json": [{"path": "state", "equals": 1}]}, **told)],
        "redirect": [check(server.url("/redirect") + key, **told)],
        "loop": [check(server.url("/loop") + key, **told)],
        "path": [check(server.url("/${PATH_PART}/x") + key, expect={"text": "nothing"}, **told)],
        "steps": [
            {"id": "look", "kind": "steps", "allow_private": True, "timeout": 2, "steps": [
                {"url": server.url("/json") + key, "headers": told["headers"], "capture": {"found": "n[0]"}},
                {"url": server.url("/error") + key + "&found={found}", "headers": {"X-Key": "${STEP_KEY}"}},
            ]}
        ],
        "refused": [check("http://127.0.0.1:1/${PATH_PART}" + key, **told)],
    }  # fmt: skip
    made = config(server, parts)
    made["platforms"][0]["official"] = {
        "id": "status", "kind": "official", "url": server.url("/"), "format": "statuspage", "allow_private": True,
    }  # fmt: skip
    return made


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A root after two real runs, a build, a check, and history sent everywhere; and all that was written or said."""
    folder = tmp_path_factory.mktemp("canary")
    bare = remote(folder / "remote")
    root = clone(bare, folder / "root")
    said: dict[str, bytes] = {}
    with platform() as server:
        gossip(server)
        write(root, content(server))
        for number, words in enumerate(
            [("run", "--drafts", "drafts"), ("check", "-v"), ("check", "--dry-run", "--format", "json", "-v"), ("run",),
             ("build", "-v"), ("explain", "shop/error"), ("explain", "shop/json"), ("history", "export", "out.jsonl"),
             ("history", "export", "out.csv", "--format", "csv"), ("history", "push"), ("lint",), ("should-deploy",),
             ("new", "incident", "It fails", "-c", "shop/error", "--no-edit")]
        ):  # fmt: skip
            done = roadworthy(root, *words, env={**SECRETS, **GIT})
            assert done.returncode in (0, 1 if words[0] == "should-deploy" else 0, 3), (words, done.stderr)
            said[f"output of {number} {' '.join(words)}"] = (done.stdout + done.stderr).encode()
        arrived = json.dumps([[path, headers, body.decode("utf-8", "replace")] for path, headers, body in server.asked])
    for name, secret in SECRETS.items():
        assert quote(secret) in arrived or json.dumps(secret)[1:-1] in arrived or secret in arrived, (
            f"{name} was not even sent"
        )
    for file in sorted(folder.rglob("*")):
        if file.is_file() and ".git/" not in file.as_posix() and "/remote" not in file.as_posix():
            said[f"file {file.relative_to(folder).as_posix()}"] = file.read_bytes()
    said["names"] = "\n".join(said).encode()
    database = sqlite3.connect(root / ".history" / "history.sqlite")
    said["database"] = "\n".join(database.iterdump()).encode()
    database.close()
    for name in git(bare, "ls-tree", "-r", "--name-only", "data").splitlines():
        said[f"branch {name}"] = git(bare, "show", f"data:{name}").encode()
    return root, said


def test_every_part_of_the_run_wrote_something(ran: tuple[Path, dict[str, bytes]]) -> None:
    """So that the search below has something to search."""
    _, said = ran
    kinds = (
        "site/index.html",
        "site/history.rss",
        "site/api/roadworthy",
        "history.sqlite",
        "drafts/",
        "out.jsonl",
        "branch history/",
    )
    assert [kind for kind in kinds if not any(kind in name for name in said)] == []
    assert b"shop/error" in said["database"]


@pytest.mark.parametrize("name", SECRETS, ids=[n.lower() for n in SECRETS])
def test_no_secret_is_written_anywhere_in_any_encoding(ran: tuple[Path, dict[str, bytes]], name: str) -> None:
    leaks = [
        f"{where}: {how}"
        for where, body in ran[1].items()
        if "content/status.yml" not in where
        for how, form in forms(SECRETS[name]).items()
        if form in body
    ]
    assert leaks == []


@pytest.mark.parametrize("name", SECRETS, ids=[n.lower() for n in SECRETS])
@pytest.mark.parametrize("how", ["plain", "in a URL", "in a form", "in HTML", "in JSON", "in base64"])
def test_no_secret_is_in_the_log_with_the_traceback_of_what_broke_down(
    name: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The words of an exception are not ours; here the region's own settings are in it, as a library may quote them."""
    secret, form = SECRETS[name], forms(SECRETS[name])[how].decode()
    broken = Region("lost", "Lost", f"https://x.example/?key={form}")
    made = replace(look("p/c/k", url="https://x.example/", regions=("lost",)), secrets=frozenset({name}))
    watched = replace(watching(made, regions=[broken]), secrets=frozenset({secret}))
    round_ = asyncio.run(checking.check_round(watched, clock=time.time, env={name: secret}))
    assert "broke down in region lost" in caplog.text
    assert "Traceback (most recent call last)" in caplog.text
    assert "KeyError" in caplog.text
    written = (caplog.text + repr([replace(o, engine="") for o in round_.observations])).encode()
    assert [h for h, one in forms(secret).items() if one in written] == []


def test_an_unexpected_error_is_told_without_a_secret() -> None:
    """Also the answer to `-v`, which people paste into reports."""
    secret = "canary-of-a-traceback"
    logs.hide([secret])
    try:
        raise ValueError(f"no such thing: https://x.example/?key={secret}")
    except ValueError as problem:
        told = logs.told(problem) + logs.clean(str(problem))
    assert "ValueError: no such thing: https://x.example/?key=***" in told
    assert secret not in told


def test_a_secret_stays_behind_when_the_platform_sends_us_elsewhere(tmp_path: Path) -> None:
    with platform() as first, platform() as second:
        first.answers["/go"] = (302, {"Location": second.url("/caught")}, b"")
        made = config(first, {"search": [check(first.url("/go"), headers={"Authorization": "Bearer ${HEADER_TOKEN}"})]})
        root = write(tmp_path, made)
        assert roadworthy(root, "run", env={"HEADER_TOKEN": "canary-travels"}).returncode in (0, 3)
        assert any("canary-travels" in str(headers) for path, headers, _ in first.asked if path == "/go")
        assert all("canary" not in str(asked) for asked in second.asked)


def test_a_secret_that_a_person_wrote_into_a_note_is_published_nowhere(tmp_path: Path) -> None:
    """Nobody means that; the page goes on without the note, and the message does not repeat it."""
    with platform() as server:
        made = config(server, {"search": [check(server.url("/"), headers={"X-Key": "${HEADER_TOKEN}"})]})
        root = write(tmp_path, made)
        env = {"HEADER_TOKEN": "canary-in-a-note-1"}
        assert roadworthy(root, "run", env=env).returncode == 0
        note = root / "content" / "incidents" / "2026-11-23-oops.md"
        note.parent.mkdir()
        note.write_text(
            "---\ntitle: Search fails\nimpact: major\ncomponents: [shop/search]\nstarted: 2026-11-23T05:00:00Z\nupdates:\n"
            "  - at: 2026-11-23T05:10:00Z\n    status: investigating\n    body: Try it with canary-in-a-note-1 as key.\n---\n"
        )
        done = roadworthy(root, "run", env=env)
    assert done.returncode == 3, done.stderr
    assert "2026-11-23-oops.md:9:23: the note holds a secret of the environment" in done.stderr
    assert "canary" not in done.stdout + done.stderr
    assert all(b"canary" not in path.read_bytes() for path in (root / "site").rglob("*") if path.is_file())
