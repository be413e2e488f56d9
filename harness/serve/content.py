"""The content of an answer that passes through, as it is judged: to a size, and with its coding undone."""

from __future__ import annotations

import zlib

from harness.exchange import Headers, Response
from harness.participant import Limits
from harness.untold import ResponseWithoutBody

LARGEST = Limits().response_bytes
"""Bytes of an answer that are kept to be judged, and of what it holds when its coding is undone."""
_EITHER_HEADER = zlib.MAX_WBITS | 32


class Content:
    """What was sent of an answer's body. Of one that is larger than :data:`LARGEST` nothing is kept."""

    def __init__(self) -> None:
        self._parts: list[bytes] | None = []
        self._size = 0

    def add(self, part: bytes) -> None:
        """Note a part that was sent."""
        self._size += len(part)
        if self._size > LARGEST:
            self.lose()
        elif self._parts is not None:
            self._parts.append(part)

    def lose(self) -> None:
        """The rest will not be known, so all of it is not."""
        self._parts = None

    def as_answer(self, status: int, headers: Headers) -> Response:
        """The answer with what its body says; without a body where that is not known: it was lost, or is in a coding that is not read here."""
        body = None if self._parts is None else _uncoded(b"".join(self._parts), headers.get("content-encoding") or "")
        return ResponseWithoutBody(status, headers) if body is None else Response(status, headers, body)


def _uncoded(body: bytes, coding: str) -> bytes | None:
    """What a body holds (RFC 9110 section 8.4.1); None where it cannot be told."""
    coding = coding.strip().lower()
    if not body or coding in ("", "identity"):
        return body
    if coding not in ("gzip", "x-gzip", "deflate"):
        return None
    reader = zlib.decompressobj(_EITHER_HEADER)
    try:
        content = reader.decompress(body, LARGEST)
    except zlib.error:
        return None
    return content if reader.eof and not reader.unused_data else None
