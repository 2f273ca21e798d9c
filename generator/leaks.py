"""Finds a secret in what is about to be written, in whatever form it may have got there. Pure; never says the secret.

Looks for the value itself and as URLs, HTML, XML, JSON, hexadecimal and base64 would carry it (at each of the three
offsets, so that `user:password` inside a longer base64 is found too).
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

SHORTEST = 6
"""Shorter values stand in every text by chance; configuration refuses to call them secrets."""


CUT = 8
"""A secret that was cut off is known by its first characters."""


def forms(secret: str) -> dict[bytes, str]:
    """Each form of a secret as bytes, with its name. Empty for one that is too short to look for."""
    found: dict[bytes, str] = {}
    parts = {secret, secret.strip(), *(line.strip() for line in secret.splitlines() if len(line.strip()) >= 16)}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= SHORTEST:
            for name, form in _forms(part):
                found.setdefault(form, name)
    return found


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text with every form of every secret as `***`, also one that was cut off after its first characters.

    A platform that repeats what it was told cannot stop a publish with it, nor get it published.
    """
    for secret in secrets:
        for form in _texts(secret):
            text = _without(text, form)
    return text


def at(text: str, secrets: Iterable[str]) -> int:
    """The index of the first form of a secret in the text; -1 if it holds none."""
    return min((found for secret in secrets for form in _texts(secret) if (found := text.find(form)) >= 0), default=-1)


@lru_cache(maxsize=256)
def _texts(secret: str) -> tuple[str, ...]:
    """The forms as text, longest first."""
    return tuple(sorted({form.decode("utf-8", "replace") for form in forms(secret)}, key=len, reverse=True))


def _without(text: str, form: str) -> str:
    head = form[:CUT]
    at = text.find(head)
    while at >= 0:
        end = at + len(head)
        while end < len(text) and end - at < len(form) and text[end] == form[end - at]:
            end += 1
        text = f"{text[:at]}***{text[end:]}"
        at = text.find(head, at + 3)
    return text


def _forms(secret: str) -> Iterator[tuple[str, bytes]]:
    raw = secret.encode("utf-8", "surrogatepass")
    yield "plain text", raw
    for safe in ("", "/", "/:@-._~!$&'()*+,;="):
        encoded = quote(raw, safe=safe)
        yield "a URL", encoded.encode()
        yield "a URL", re.sub("%[0-9A-F]{2}", lambda m: m[0].lower(), encoded).encode()
    yield "a form", quote_plus(raw).encode()
    for escaped in (html.escape(secret), html.escape(secret, quote=False)):
        yield "HTML", escaped.encode("utf-8", "replace")
        yield "HTML", escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;").encode("utf-8", "replace")
        yield "XML", escaped.replace("&#x27;", "&apos;").encode("utf-8", "replace")
    for ascii_only in (True, False):
        text = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield "JSON", text.encode("utf-8", "replace")
        yield "JSON", text.replace("/", "\\/").encode("utf-8", "replace")
        yield "JSON in HTML", html.escape(text).encode("utf-8", "replace")
    yield "hexadecimal", raw.hex().encode()
    yield "hexadecimal", raw.hex().upper().encode()
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield "base64", _inner(encode(b"\0" * offset + raw), offset, len(raw))


def _inner(encoded: bytes, offset: int, length: int) -> bytes:
    """The characters of a base64 text that do not depend on what stands before or after."""
    first = (offset * 8 + 5) // 6
    last = (offset + length) * 8 // 6
    return encoded[first:last]


def leaks(files: Iterable[tuple[str, bytes]], secrets: Iterable[str]) -> Iterator[str]:
    """One sentence for each file that holds a secret, in its bytes or in its name."""
    wanted = {form: name for secret in sorted(secrets) for form, name in forms(secret).items() if len(form) >= SHORTEST}
    for path, body in files:
        name = path.encode("utf-8", "surrogatepass")
        for form, how in wanted.items():
            if form in body:
                yield f"{path}: holds a secret as {how}"
                break
            if form in name:
                yield f"a file whose name holds a secret as {how}"
                break
