"""Bytes in, bytes out: requests and answers over ASGI, where the exact bytes matter."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from conformance.reference.records import Use
from harness.exchange import Headers, Request

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_DRAINED = 16
"""Up to how many times its limit a body is read and thrown away, so that its sender hears the refusal in the place of a closed connection."""


class CallerGone(Exception):
    """The caller went away before the request was complete."""


class BodyTooLarge(Exception):
    """The body is larger than the service reads."""


@dataclass(frozen=True)
class Answer:
    """An answer: its own headers, and its body in the parts in which it is sent (none with status 204). ``use`` is what its record says, where
    it gets one.
    """

    status: int
    media_type: str
    parts: tuple[bytes, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    use: Use | None = None

    @property
    def is_stream(self) -> bool:
        """Whether the answer is sent part by part, its length unknown beforehand."""
        return self.media_type == "text/event-stream"


def head_of(scope: Scope) -> Request:
    """The request of an ASGI scope, its body not yet read."""
    path = scope.get("raw_path", scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
    return Request(scope["method"], f"{path}?{query}" if query else path, headers)


async def read_body(receive: Receive, limit: int) -> bytes:
    """The body of a request.

    Raises:
        BodyTooLarge: it has more than ``limit`` bytes.
        CallerGone: the connection was closed before its end.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise CallerGone
        size += len(message.get("body", b""))
        if size <= limit:
            parts.append(message.get("body", b""))
        if not message.get("more_body") or size > limit * _DRAINED:
            break
    if size > limit:
        raise BodyTooLarge
    return b"".join(parts)


async def send_answer(send: Send, answer: Answer, headers: Mapping[str, str], *, head: bool, sent: Callable[[bytes], None]) -> None:
    """Send an answer. ``sent`` is called with the SHA-256 digest of its body just before the last part goes out; ``head`` leaves the body out."""
    fields = {"Content-Type": answer.media_type, **answer.headers, **headers}
    if answer.status == 304:  # section 15.4.5 of RFC 9110: what caches go by, and nothing of a content that is not sent
        del fields["Content-Type"], fields["Content-Digest"]
    elif answer.status == 204:
        del fields["Content-Type"]
    elif not answer.is_stream:
        fields["Content-Length"] = str(sum(map(len, answer.parts)))
    encoded = [(name.lower().encode(), value.encode("latin-1", errors="replace")) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    digest = hashlib.sha256()
    parts = answer.parts or (b"",)
    for number, part in enumerate(parts, start=1):
        digest.update(part)
        last = number == len(parts)
        if last:
            sent(digest.digest())
        await send({"type": "http.response.body", "body": b"" if head else part, "more_body": not last})
