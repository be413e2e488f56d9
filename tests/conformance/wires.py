"""A service behind servers that speak HTTP otherwise than ours does."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from harness.exchange import Headers, Request
from harness.serve.asgi import App, Message, Receive, Scope, Send, answer_of
from harness.serve.listening import running
from tests.conformance.variations import problem


@contextlib.contextmanager
def in_chunks(app: App) -> Iterator[str]:
    """HTTP/1.1 in chunks of seven bytes (RFC 9112 section 7.1), each answer the last of its connection."""

    async def cut(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name != b"content-length"]
                await send({**message, "headers": [*kept, (b"connection", b"close")]})
                return
            body = message.get("body", b"")
            for start in range(0, len(body), 7):
                await send({"type": "http.response.body", "body": body[start : start + 7], "more_body": True})
            await send({**message, "body": b""})

        await app(scope, receive, sending)

    with running(cut) as url:
        yield url


class _Old(BaseHTTPRequestHandler):
    """Takes no chunks (411), sends no length and no reason, and writes the names of fields in capitals."""

    app: App
    loop: asyncio.AbstractEventLoop

    def serve(self) -> None:
        chunks = "transfer-encoding" in self.headers
        body = b"" if chunks else self.rfile.read(int(self.headers.get("content-length", 0)))
        request = Request(self.command, self.path, Headers(self.headers.items()), body)
        scope = {"type": "http", "http_version": "1.0", "scheme": "http", "server": self.server.server_address, "client": None}
        response = asyncio.run_coroutine_threadsafe(answer_of(self.app, scope, request), self.loop).result()
        response = problem(response, 411) if chunks else response
        self.send_response_only(response.status, "")
        for name, value in response.headers:
            if name.lower() != "content-length":
                self.send_header(name.upper(), value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else response.body)

    def __getattr__(self, name: str) -> Any:
        """What the base class calls for a method of whatever name."""
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def of_old(app: App) -> Iterator[str]:
    """HTTP/1.0 (RFC 1945 section 7.2.2): the end of the connection is the end of the answer."""
    loop = asyncio.new_event_loop()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_OldOfIts", (_Old,), {"app": staticmethod(app), "loop": loop}))
    threads = [threading.Thread(target=each) for each in (loop.run_forever, server.serve_forever)]
    for thread in threads:
        thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        loop.call_soon_threadsafe(loop.stop)
        for thread in threads:
            thread.join()
        server.server_close()
        loop.close()


WIRES = {"in chunks": in_chunks, "of old": of_old}
