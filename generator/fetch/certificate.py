"""The few facts of a certificate that a status page needs, read from its DER form.

Python gives parsed certificates only after a successful verification, and the failed ones are the interesting ones.
Reads the outer structure of X.509 (RFC 5280, 4.1) and nothing else; never verifies anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ..failures import scrub

_ORGANISATION, _COMMON_NAME = bytes.fromhex("55040a"), bytes.fromhex("550403")
_VERSION, _UTC_TIME, _BMP_STRING = 0xA0, 0x17, 0x1E


def facts(der: bytes) -> dict[str, Any]:
    """issuer, subject, not_before, not_after (Unix seconds), fingerprint (SHA-256, hex).

    A certificate we cannot read gives the fingerprint alone: it is evidence still, and no reason to fail.
    """
    found: dict[str, Any] = {"fingerprint": hashlib.sha256(der).hexdigest()}
    try:
        found.update(_read(der))
    except (ValueError, IndexError, OverflowError):
        found["unreadable"] = True
    return found


def _read(der: bytes) -> dict[str, Any]:
    (_, certificate), *_ = _items(der)
    (_, signed), *_ = _items(certificate)
    parts = list(_items(signed))
    if parts[0][0] == _VERSION:
        parts = parts[1:]
    issuer, validity, subject = parts[2][1], parts[3][1], parts[4][1]
    before, after = (_time(tag, value) for tag, value in _items(validity))
    return {"issuer": _name(issuer), "subject": _name(subject), "not_before": before, "not_after": after}


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, content) of each element that follows another; ValueError if one reaches beyond the end."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("cut off")
        yield tag, data[at : at + length]
        at += length


def _name(data: bytes) -> str:
    """The common name, else the organisation, else what comes first."""
    found: dict[bytes, str] = {}
    for _, pairs in _items(data):
        for _, pair in _items(pairs):
            (_, oid), (tag, value) = list(_items(pair))[:2]
            found.setdefault(oid, value.decode("utf-16-be" if tag == _BMP_STRING else "utf-8", errors="replace"))
    chosen = found.get(_COMMON_NAME) or found.get(_ORGANISATION) or next(iter(found.values()), "")
    return scrub(chosen, limit=120)


def _time(tag: int, value: bytes) -> int:
    text = value.decode("ascii").rstrip("Z")
    if tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return int(datetime.strptime(text[:14].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
