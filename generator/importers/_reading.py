"""What all importers need: bounded reading of files and addresses, times as other pages write them, plain words."""

from __future__ import annotations

import html
import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import ContentError, Problem
from ..model import Time

MOST_BYTES = 32 * 1024 * 1024


def refuse(source: str, rule: str, message: str, fix: str = "") -> ContentError:
    """The error for a source that cannot be read."""
    return ContentError([Problem(source, 0, 0, rule, message, fix)])


def is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def text_of(path: Path) -> str:
    """The text of a file; ContentError if it is none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise refuse(str(path), "too-large", f"more than {MOST_BYTES // 1024 // 1024} MiB", "split it")
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise refuse(str(path), "unreadable", f"cannot be read: {why}") from error


def json_of(text: str, source: str) -> Any:
    """The value of a JSON text; ContentError with line and column if it is none."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise refuse(source, "not-json", "is nested too deeply") from error
    except json.JSONDecodeError as error:
        problem = Problem(source, error.lineno, error.colno, "not-json", f"is no JSON: {error.msg}")
        raise ContentError([problem]) from error


def mappings(value: Any) -> list[dict[str, Any]]:
    """What a list holds that is made of keys and values: other pages leave nulls and words between."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def fetch(url: str, user_agent: str) -> str:
    """The text at an address; ContentError in words for everything a network or a host does."""
    import httpx

    read: list[bytes] = []
    try:
        with httpx.stream(
            "GET", url, headers={"User-Agent": user_agent}, timeout=20.0, follow_redirects=True
        ) as answer:
            if answer.status_code != 200:
                raise refuse(url, "unreadable", f"answers {answer.status_code}")
            for part in answer.iter_bytes():
                read.append(part)
                if sum(map(len, read)) > MOST_BYTES:
                    raise refuse(url, "too-large", f"more than {MOST_BYTES // 1024 // 1024} MiB")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise refuse(url, "unreadable", f"cannot be had: {error or type(error).__name__}") from error
    return b"".join(read).decode("utf-8", "replace")


def moment(text: Any) -> Time | None:
    """Unix seconds of a time; without an offset it is UTC, as these sources say. None if it is no time."""
    at = exact(text)
    return None if at is None else math.floor(at)


def exact(text: Any) -> float | None:
    """The same with the parts of a second, which say what came first."""
    if not isinstance(text, str):
        return None
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if not 1970 <= parsed.year <= 9998:  # what a note could not say either
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def named(text: Any) -> str:
    """A title or a name, which is no markdown: the words without the HTML that marks some of them."""
    if not isinstance(text, str):
        return ""
    bare = re.sub(r"</?(?:a|b|br|code|em|i|p|span|strong|u)(?:\s[^<>]*)?/?>", "", text, flags=re.IGNORECASE)
    return " ".join(html.unescape(bare).split())


def words(text: Any) -> str:
    """The text with the little HTML that other pages keep in their texts turned into markdown; markdown stays."""
    if not isinstance(text, str):
        return ""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"[ \t]*<br\s*/?>[ \t]*\n?", "  \n", text, flags=re.IGNORECASE)  # a line that ends, in markdown
    text = re.sub(r"</p>\s*<p>", "\n\n", text, flags=re.IGNORECASE)
    text = re.sub(r"</?p>", "", text, flags=re.IGNORECASE)
    text = re.sub(r"</?(?:b|strong)>", "**", text, flags=re.IGNORECASE)
    text = re.sub(r"</?(?:i|em)>", "*", text, flags=re.IGNORECASE)
    text = re.sub(
        r"<a\b[^>]*?\bhref=(\"|')(https?://[^\"'\s]+)\1[^>]*>(.*?)</a>", r"[\3](\2)", text, flags=re.IGNORECASE
    )
    # A sign that was written as an entity so that it is no HTML must not become HTML now.
    return html.unescape(re.sub(r"&(?=(?:lt|gt|amp|#0*6[02]|#x0*3[ce]);)", "&amp;", text, flags=re.IGNORECASE)).strip()
