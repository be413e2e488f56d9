"""Listening on this machine: ASGI applications on loopback, in the foreground, in a thread, or beside other work of one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from harness.errors import HarnessFault, UsageError
from harness.serve.asgi import TRANSPORT, App, Receive, Scope, Send

HOST = "127.0.0.1"
_SECONDS_TO_START = 20


def serve(app: Any, port: int, ready: Callable[[str], None]) -> None:
    """Serve ``app`` on loopback until interrupted; ``ready`` is called with the base URL once it answers. Port 0 takes a free one.

    Raises:
        UsageError: the port is taken or not allowed.
    """
    with _listener(port) as (listener, url):
        server = _Server(_config(app), lambda: ready(url))
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


@contextlib.contextmanager
def running(app: Any) -> Iterator[str]:
    """Serve ``app`` in a thread while the block runs; gives the base URL."""
    up = threading.Event()
    with _listener(0) as (listener, url):
        server = _Server(_config(app), up.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        if not up.wait(timeout=_SECONDS_TO_START):
            raise HarnessFault(f"The reference service did not start within {_SECONDS_TO_START} s.")
        try:
            yield url
        finally:
            server.should_exit = True
            thread.join(timeout=10)


@contextlib.asynccontextmanager
async def beside(app: App, port: int = 0, *, as_is: bool = False, no_http: Callable[[], None] = lambda: None) -> AsyncIterator[str]:
    """Serve ``app`` in this event loop while the block runs; gives the base URL. The application may close connections (``TRANSPORT``).

    Args:
        app: what answers.
        port: on loopback; 0 takes a free one.
        as_is: answers carry the application's header fields only, without Date and Server.
        no_http: called for each connection on which something came that is not HTTP.

    Raises:
        UsageError: the port is taken or not allowed.
    """
    up = asyncio.Event()
    with _listener(port) as (listener, url):
        config = _config(app)
        config.date_header = config.server_header = not as_is
        config.http = type("_Heard", (_Connection,), {"no_http": staticmethod(no_http)})
        server = _Beside(config, up.set)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.wait_for(up.wait(), _SECONDS_TO_START)
            yield url
        finally:
            server.should_exit = True
            await task


def _config(app: Any) -> uvicorn.Config:
    """Idle connections are kept for longer than a busy machine may make a client pause."""
    return uvicorn.Config(
        app, interface="asgi3", ws="none", log_level="critical", lifespan="off", timeout_graceful_shutdown=2, timeout_keep_alive=75
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started_callback = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started_callback()


class _Beside(_Server):
    """A server that leaves the signals of the process to whoever runs the event loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class _Connection(H11Protocol):
    """A connection that its application can close, and that says when what comes is not HTTP."""

    no_http: Callable[[], None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._behind, self.app = self.app, self._with_transport

    async def _with_transport(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"] = {**scope.get("extensions", {}), TRANSPORT: self.transport}
        await self._behind(scope, receive, send)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, and say that it came."""
        self.no_http()
        super().send_400_response(msg)


@contextlib.contextmanager
def _listener(port: int) -> Iterator[tuple[socket.socket, str]]:
    # asyncio turns off Nagle's algorithm (40 ms for each answer) only where the protocol is named
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise UsageError(f"Port {port} cannot be used: {error}. Choose another with --port, or leave it out for a free one.") from None
        yield listener, f"http://{HOST}:{listener.getsockname()[1]}"
