"""A file of the site that is known before it is made. Values only; nothing here reads, writes or decides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from .errors import PublishError


@dataclass(frozen=True, slots=True)
class Deferred:
    """An artifact known by its hash and size, made only if somebody needs its bytes.

    `opened` False: verification takes it as it is (a part of history, which has its own guard). True: it is held to
    everything that an `Artifact` is held to; only what was found in the same bytes before is believed.
    """

    path: str
    sha256: str
    size: int
    make: Callable[[], bytes]
    opened: bool = False
    kept: bool = False  # `make` gives back the very bytes that were hashed

    def read(self) -> bytes:
        """The bytes; PublishError if they are not the ones that were announced."""
        body = self.make()
        if self.kept and len(body) == self.size:
            return body
        if len(body) != self.size or hashlib.sha256(body).hexdigest() != self.sha256:
            raise PublishError(f"{self.path}: what was made is not what was announced")
        return body
