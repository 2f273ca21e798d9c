"""A file's own proof: git names it by the SHA-1 of its length and bytes, and some servers tell that as ETag. Pure."""

from __future__ import annotations

import hashlib
import re

from ..fetch import Exchange
from ..judging import inconclusive, judged
from ..model import Failure, Stage
from . import Judgement


def unproved(exchange: Exchange) -> Judgement | None:
    """None if not one byte changed on the way; `WRONG_HASH` if one did; inconclusive if nothing tells."""
    if exchange.truncated or exchange.replaced:
        return inconclusive(Failure.TRUNCATED, "the file did not arrive whole, so it cannot be verified")
    wanted = exchange.headers.get("etag", "").removeprefix("W/").strip('"').lower()
    if not re.fullmatch(r"[0-9a-f]{40}", wanted):
        return inconclusive(Failure.WRONG_CONTENT, "the answer carries no git name of the file to verify by")
    head = f"blob {len(exchange.body)}\0".encode()
    got = hashlib.sha1(head + exchange.body, usedforsecurity=False).hexdigest()
    if got == wanted:
        return None
    return judged(Failure.WRONG_HASH, f"wanted git blob {wanted[:12]}…, got {got[:12]}…", Stage.CONTENT)
