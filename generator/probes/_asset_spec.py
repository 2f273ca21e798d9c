"""The keys of an `asset` check, and the first bytes that formats are known by."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ..model import MAX_BODY
from . import Spec
from ._fields import Headers, Latency, Part, Path, Seconds, Texts, Url

_BEGINS: dict[str, tuple[bytes, ...]] = {
    "jpeg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "gif": (b"GIF87a", b"GIF89a"),
    "pdf": (b"%PDF-",),
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "gzip": (b"\x1f\x8b",),
    "webm": (b"\x1a\x45\xdf\xa3",),
    "ogg": (b"OggS",),
    "woff2": (b"wOF2",),
}
_INSIDE = ("webp", "avif", "mp4", "wav", "json", "safetensors")
MAGICS = tuple(sorted((*_BEGINS, *_INSIDE)))
_BRANDS = {"avif": (b"avif", b"avis", b"mif1"), "mp4": (b"isom", b"iso", b"mp4", b"M4V", b"avc1", b"qt", b"dash")}


def known(name: str, body: bytes) -> bool:
    """Whether bytes begin as the format of this name does; `name` may also be the first bytes in hex."""
    if name in _BEGINS:
        return body.startswith(_BEGINS[name])
    if name in ("webp", "wav"):
        return body[:4] == b"RIFF" and body[8:12] == {"webp": b"WEBP", "wav": b"WAVE"}[name]
    if name in _BRANDS:
        return body[4:8] == b"ftyp" and body[8:12].startswith(_BRANDS[name])
    if name == "json":
        return body.lstrip()[:1] in (b"{", b"[")
    if name == "safetensors":  # eight bytes of length, then a JSON header
        return body[8:9] == b"{" and 0 < int.from_bytes(body[:8], "little") < 1 << 27
    return body.startswith(bytes.fromhex(name))


def _magic(written: str) -> str:
    word = {"jpg": "jpeg"}.get(written.lower(), written.lower())
    if word in MAGICS or (re.fullmatch(r"(?:[0-9a-f]{2}){2,16}", word)):
        return word
    raise ValueError(f"magic {written!r} is unknown; write one of {', '.join(MAGICS)}, or the first bytes in hex")


def _hex256(written: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", written):
        raise ValueError("a SHA-256 has 64 hexadecimal digits")
    return written.lower()


def _span(written: str) -> str:
    found = re.fullmatch(r"(\d{1,12})-(\d{1,12})", written)
    if not found or int(found[1]) > int(found[2]):
        raise ValueError(f"{written!r} is no range of bytes; write 0-1023")
    return written


def _one_or_many(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


Magic: TypeAlias = Annotated[str, AfterValidator(_magic)]
Sha256: TypeAlias = Annotated[str, AfterValidator(_hex256)]
Magics: TypeAlias = Annotated[tuple[Magic, ...], BeforeValidator(_one_or_many)]
Hashes: TypeAlias = Annotated[tuple[Sha256, ...], BeforeValidator(_one_or_many)]


class Listed(Part):
    """Addresses found in a JSON list: `path` is JMESPath to them, at most `limit`, and `add` always with them."""

    from_: Url = Field(alias="from")
    path: Path
    limit: int = Field(default=1, ge=1, le=10)
    add: tuple[Url, ...] = Field(default=(), max_length=20)
    headers: Headers = Field(default_factory=dict)


class Expect(Part):
    """What every asset must be.

    `older` are hashes of releases that were right once: they make `stale_release` of `wrong_hash`. `git_etag` proves a
    file of a git repository by its ETag. `size_from` names a header in which a HEAD without redirects tells the size.
    """

    content_type: Texts = ()
    magic: Magics = ()
    min_length: int = Field(default=1, ge=0)
    length: int | None = Field(default=None, ge=0)
    sha256: Sha256 | None = None
    older: Hashes = ()
    git_etag: bool = False
    size_from: str = Field(default="", pattern=r"^[A-Za-z0-9-]*$")

    @model_validator(mode="after")
    def _older_than_what(self) -> Expect:
        if self.older and self.sha256 is None:
            raise ValueError("older releases need the current one beside them; write sha256")
        return self


class Bad(Part):
    """How many wrong assets of those that could be judged make the check degraded, and down."""

    degraded: int = Field(ge=1)
    down: int = Field(ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> Bad:
        if self.down < self.degraded:
            raise ValueError("down must not be below degraded")
        return self


class AssetSpec(Spec):
    urls: Annotated[Listed | tuple[Url, ...], BeforeValidator(_one_or_many)]
    headers: Headers = Field(default_factory=dict)
    range: Annotated[str, AfterValidator(_span)] | None = None
    expect: Expect = Expect.model_construct()
    cache_bust: str = Field(default="", pattern=r"^[A-Za-z0-9_-]*$")
    bad: Bad | None = None
    latency: Latency = Latency.model_construct()
    max_bytes: int = Field(default=MAX_BODY, ge=1, le=16 << 20)
    pace: Seconds | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> AssetSpec:
        if not isinstance(self.urls, Listed) and not 1 <= len(self.urls) <= 20:
            raise ValueError("between 1 and 20 urls are wanted")
        if self.range and self.expect.git_etag:
            raise ValueError("git_etag needs the whole file; leave range out")
        return self

    def limits(self, count: int) -> tuple[int, int]:
        """(degraded, down) for so many judged assets: by default one of few, two of many; more than half is down."""
        if self.bad is not None:
            return self.bad.degraded, self.bad.down
        down = count // 2 + 1
        return min(1 if count < 4 else 2, down), down
