"""Between ASGI and the harness's own requests and responses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from harness.exchange import Headers, Request, Response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TRANSPORT = "govai.transport"
"""Under which extension of its scope an application finds what closes the connection (:class:`asyncio.Transport`), where the server lets it."""


async def request_of(scope: Scope, receive: Receive) -> Request:
    """The whole request of an ASGI connection, its URL being the path and query.

    Raises:
        ConnectionResetError: the caller went away before its end.
    """
    path = scope.get("raw_path", scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionResetError("the caller went away")
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return Request(scope["method"], f"{path}?{query}" if query else path, decoded(scope["headers"]), b"".join(parts))


async def call(app: App, scope: Scope, request: Request, send: Send) -> None:
    """Put ``request`` to an application in the place of the one that ``scope`` is of."""
    path, _, query = request.url.partition("?")
    headers = request.headers
    if "content-length" in headers:
        headers = headers.with_field("content-length", str(len(request.body)))
    inner = {
        **scope,
        "method": request.method,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": encoded(headers),
        "state": dict(scope.get("state") or {}),
    }
    body: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]
    finished = asyncio.Event()

    async def receive() -> Message:
        if body:
            return body.pop()
        await finished.wait()
        return {"type": "http.disconnect"}

    async def sending(message: Message) -> None:
        await send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            finished.set()

    await app(inner, receive, sending)


async def answer_of(app: App, scope: Scope, request: Request) -> Response:
    """The whole answer of an application to ``request``."""
    status, fields, parts = 500, Headers(), []

    async def collect(message: Message) -> None:
        nonlocal status, fields
        if message["type"] == "http.response.start":
            status, fields = message["status"], decoded(message.get("headers", []))
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await call(app, scope, request, collect)
    return Response(status, fields, b"".join(parts))


async def send_response(send: Send, response: Response, *, head: bool = False) -> None:
    """Send a whole response; ``head`` leaves its body out."""
    await send({"type": "http.response.start", "status": response.status, "headers": encoded(response.headers)})
    await send({"type": "http.response.body", "body": b"" if head else response.body})


def decoded(headers: list[tuple[bytes, bytes]]) -> Headers:
    """Header fields as the harness has them."""
    return Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Header fields as ASGI has them. How a body is framed is the server's to say."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers if name.lower() != "transfer-encoding"]
