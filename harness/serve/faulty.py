"""A service with a mutant around it: an ASGI application whose requests and responses pass through the mutant's function."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from harness.checks import Mutant
from harness.exchange import Headers, Request, Response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Faulty:
    """An ASGI application that behaves like ``app`` with ``mutant``'s fault.

    Bodies are read whole before they are passed on. A mutant that raises :class:`ConnectionAbortedError` breaks the answer off in the middle.
    """

    def __init__(self, app: App, mutant: Mutant) -> None:
        self._app, self._mutant = app, mutant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope["method"], _target(scope), Headers(_decoded(scope["headers"])), await _read(receive))

        async def call_next(asked: Request) -> Response:
            return await _call(self._app, scope, asked)

        try:
            response = await self._mutant.function(request, call_next)
        except ConnectionAbortedError:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            await send({"type": "http.response.body", "body": b'{"cut', "more_body": True})
            raise
        await send({"type": "http.response.start", "status": response.status, "headers": _encoded(response.headers)})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else response.body})


def _target(scope: Scope) -> str:
    path = scope.get("raw_path", scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{path}?{query}" if query else path


def _decoded(headers: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers if name.lower() != "transfer-encoding"]


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionResetError("the caller went away")
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _call(app: App, scope: Scope, request: Request) -> Response:
    """Ask the service itself and collect its whole answer. HEAD is asked as GET: what a mutant makes of the content shows in its fields."""
    path, _, query = request.url.partition("?")
    headers = (
        request.headers.with_field("content-length", str(len(request.body))) if "content-length" in request.headers else request.headers
    )
    inner = {
        **scope,
        "method": "GET" if request.method == "HEAD" else request.method,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": _encoded(headers),
        "state": dict(scope.get("state") or {}),
    }
    body: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]
    finished = asyncio.Event()

    async def receive() -> Message:
        if body:
            return body.pop()
        await finished.wait()
        return {"type": "http.disconnect"}

    status, fields, parts = 500, Headers(), []

    async def send(message: Message) -> None:
        nonlocal status, fields
        if message["type"] == "http.response.start":
            status, fields = message["status"], Headers(_decoded(message.get("headers", [])))
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                finished.set()

    await app(inner, receive, send)
    return Response(status, fields, b"".join(parts))
