"""A body of bounded size, whatever the target sends: capped on the wire and again after decompression."""

from __future__ import annotations

import zlib

from ..failures import Trouble
from ..model import Failure, Stage

MAX_RATIO = 200
"""Beyond this a body that also fills our limit is a bomb. Honest JSON compresses 5 to 50 times."""

MAX_PARTS = 20_000
"""Chunks of an answer that are taken; 50 bytes each fill a mebibyte. Each costs us more than its bytes do."""

_SIGNATURE = b"\x1f\x8b"


class Body:
    """Takes chunks from the wire and keeps at most `limit` bytes of content. Raises Trouble(BAD_ENCODING).

    Content codings: none, gzip, deflate, each once. A second one is refused: only bombs use it.
    """

    def __init__(self, coding: str, limit: int) -> None:
        self.limit = limit
        self.wire = 0
        self.parts = 0
        self.truncated = False
        self._content = bytearray()
        self._coding = {"x-gzip": "gzip", "identity": ""}.get(coding.strip().lower(), coding.strip().lower())
        self._inflater: zlib._Decompress | None = None
        self._first = b""

    @property
    def full(self) -> bool:
        """Whether there is no point in reading on."""
        return self.truncated

    def add(self, chunk: bytes) -> None:
        room = self.limit - self.wire
        if len(chunk) > room:
            chunk, self.truncated = chunk[:room], True
        self.wire += len(chunk)
        self.parts += 1
        self.truncated = self.truncated or self.parts > MAX_PARTS
        if not self._coding:
            self._content += chunk
        else:
            self._inflate(chunk)

    def finish(self) -> None:
        """Called when the target says that this was all; complains if the compressed stream says otherwise."""
        if self._coding and self.wire and not self.truncated and (self._inflater is None or not self._inflater.eof):
            raise Trouble(Failure.BAD_ENCODING, Stage.CONTENT, f"the {self._coding} body ends before its end mark")

    def content(self) -> bytes:
        return bytes(self._content)

    def _inflate(self, chunk: bytes) -> None:
        while chunk:
            if self._inflater is None or self._inflater.eof:
                chunk = self._first + chunk
                if not self._start(chunk):
                    return
                self._first = b""
            assert self._inflater is not None
            room = self.limit - len(self._content)
            try:
                self._content += self._inflater.decompress(chunk, room + 1)
            except zlib.error:
                raise Trouble(Failure.BAD_ENCODING, Stage.CONTENT, f"the {self._coding} body is broken") from None
            if len(self._content) > self.limit:
                self._overflow(self.wire - len(self._inflater.unconsumed_tail))
                return
            # With room left nothing stays unconsumed: what follows can only be the next member of the stream.
            chunk = self._inflater.unused_data if self._inflater.eof else b""

    def _start(self, chunk: bytes) -> bool:
        """A decompressor for what begins here; False if more bytes are needed, or only padding follows."""
        if self._inflater is not None and not chunk.startswith(_SIGNATURE):
            return False  # trailing bytes after a whole stream: every client ignores them
        if self._coding == "gzip":
            self._inflater = zlib.decompressobj(31)
        elif self._coding == "deflate":
            if len(chunk) < 2:
                self._first = chunk
                return False
            # "deflate" means zlib, and some servers send it without its header.
            wrapped = chunk[0] & 0x0F == 8 and (chunk[0] << 8 | chunk[1]) % 31 == 0
            self._inflater = zlib.decompressobj(15 if wrapped else -15)
        else:
            raise Trouble(Failure.BAD_ENCODING, Stage.CONTENT, "the body is encoded in a way we did not ask for")
        return True

    def _overflow(self, used: int) -> None:
        del self._content[self.limit :]
        self.truncated = True
        if self.limit > MAX_RATIO * max(used, 1):
            raise Trouble(Failure.BAD_ENCODING, Stage.CONTENT, f"{used} bytes unpack to more than {self.limit}")
