"""A file that is looked at before it is published, and what was found in the same bytes before. Never repairs one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .. import cache as caching
from ..artifacts import Deferred
from ..model import Artifact

if TYPE_CHECKING:
    from ..cache import Cache


class File:
    """One file of the staged site. Its bytes are made when somebody must look at them; its hash may be known before."""

    __slots__ = ("_artifact", "_sha256")

    def __init__(self, artifact: Artifact | Deferred) -> None:
        self._artifact = artifact
        self._sha256 = artifact.sha256 if isinstance(artifact, Deferred) else ""

    @property
    def body(self) -> bytes:
        return self._artifact.read() if isinstance(self._artifact, Deferred) else self._artifact.body

    @property
    def size(self) -> int:
        return self._artifact.size if isinstance(self._artifact, Deferred) else len(self._artifact.body)

    @property
    def sha256(self) -> str:
        self._sha256 = self._sha256 or hashlib.sha256(self.body).hexdigest()
        return self._sha256


class Known:
    """What is known of bytes that were looked at before, in the build before this one or in any."""

    def __init__(self, memory: Cache | None) -> None:
        self._memory = memory if memory is not None and memory.works else None

    def key(self, kind: str, file: File) -> bytes:
        """The name of what is to be known about a file; empty where nothing is remembered."""
        return self.name(kind, file.sha256)

    def name(self, *parts: str | bytes) -> bytes:
        """The name of what is to be known about all of these together; empty where nothing is remembered."""
        return caching.digest(caching.code_version(), *parts) if self._memory is not None else b""

    def seal(self, secrets: Sequence[str]) -> str:
        """A name for these secrets that does not help to guess one; the same for as long as the memory lasts."""
        if self._memory is None:
            return ""
        salt = self._memory.get("salt", b"secrets")
        if salt is None:
            salt = os.urandom(16)
            self._memory.put("salt", b"secrets", salt)
        return hashlib.scrypt(json.dumps(secrets).encode(), salt=salt, n=2**13, r=8, p=1).hex()

    def get(self, kind: str, key: bytes) -> bytes | None:
        return self._memory.get(kind, key) if self._memory is not None else None

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        if self._memory is not None:
            self._memory.put(kind, key, value)

    def listed(self, kind: str, digests: int = 1) -> list[bytes]:
        """What `keep` was given last of this kind, each of so many digests: one entry for all files of a site."""
        raw = self.get(kind, _LIST) or b""
        size = digests * caching.DIGEST
        return [raw[n : n + size] for n in range(0, len(raw), size)]

    def keep(self, kind: str, found: Iterable[bytes]) -> None:
        """These in place of all that was listed of this kind."""
        self.put(kind, _LIST, b"".join(found))


_LIST = b"all"
