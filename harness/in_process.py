"""Services that are called in this process, without a socket: ASGI and WSGI applications, mocked endpoints, whatever httpx has a transport for."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from wsgiref.handlers import SimpleHandler

import httpx

from harness.client import NotMocked, Transport, asgi_transport
from harness.errors import Unreachable, UsageError

ADDRESS = "http://localhost:8000"
"""Where a service that is called in this process seems to be: where development servers listen, so that a curl line repeats a request to one."""
_FAILED = "the application failed"
_LOG = logging.getLogger(__name__)
_TO_START = 120.0
_TO_END = 5.0
"""Seconds that an application has to shut down, and for what it does after its answers."""


@contextlib.asynccontextmanager
async def reached(service: Any) -> AsyncIterator[Transport]:
    """What carries requests to a service, until the block ends. An ASGI application is started up before and shut down after it.

    Raises:
        UsageError: it is nothing that could be called.
        Unreachable: the application does not start.
    """
    if isinstance(service, httpx.AsyncBaseTransport):
        yield _Given(service.handle_async_request)
    elif isinstance(service, httpx.BaseTransport):
        yield _Given(_in_a_thread(service.handle_request))
    elif hasattr(service, "async_handler"):  # a router of respx
        yield _Given(service.async_handler)
    elif _is_asgi(service):
        async with _Application(service) as application:
            yield asgi_transport(application)
    elif _accepts(service, 2):
        yield _Given(_in_a_thread(lambda request: _Call(request).answered_by(service)))
    else:
        client = "give the application itself, not a client of it" if hasattr(service, "app") else "it answers nothing"
        raise UsageError(
            f"A {type(service).__name__} cannot be tested: {client}. What can: a URL, an ASGI or WSGI application, "
            "a transport of httpx, a router of respx."
        )


def _is_asgi(service: Any) -> bool:
    """An ASGI application of version 3 is called with three arguments, a WSGI application with two."""
    called = getattr(service, "__call__", None)  # noqa: B004
    return (
        inspect.iscoroutinefunction(service) or inspect.iscoroutinefunction(called) or (_accepts(service, 3) and not _accepts(service, 2))
    )


def _accepts(service: Any, arguments: int) -> bool:
    try:
        inspect.signature(service).bind(*[None] * arguments)
    except (TypeError, ValueError):
        return False
    return True


class _Given(Transport):
    """A transport of the service's own tests. What it knows no answer to is refused, and never sent."""

    def __init__(self, handle: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> None:
        self._handle = handle

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        try:
            return await self._handle(request)
        except (httpx.HTTPError, ConnectionError):
            raise
        except Exception as error:
            raise NotMocked(f"no answer to {request.method} {request.url.path} is mocked") from error


def _in_a_thread(handle: Callable[[httpx.Request], httpx.Response]) -> Callable[[httpx.Request], Awaitable[httpx.Response]]:
    """What is not asynchronous does not hold up what is."""

    def whole(request: httpx.Request) -> httpx.Response:
        answer = handle(request)
        with contextlib.closing(answer):
            body = b"".join(answer.stream)  # type: ignore[arg-type]
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(body))

    async def handled(request: httpx.Request) -> httpx.Response:
        return await asyncio.to_thread(whole, request)

    return handled


class _Call(SimpleHandler):
    """One call of a WSGI application (PEP 3333). httpx's own transport for it decodes paths and header fields otherwise than the PEP says."""

    def __init__(self, request: httpx.Request) -> None:
        body, url = request.read(), request.url
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": url.path.encode().decode("latin-1"),
            "QUERY_STRING": url.query.decode("latin-1"),
            "SERVER_NAME": url.host,
            "SERVER_PORT": str(url.port or {"http": 80, "https": 443}[url.scheme]),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTPS": "on" if url.scheme == "https" else "off",
            "wsgi.input_terminated": True,
        }
        for name, value in request.headers.raw:
            key = name.decode("latin-1").upper().replace("-", "_")
            key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
            text = value.decode("latin-1")
            environ[key] = f"{environ[key]},{text}" if key in environ else text
        if body:
            environ["CONTENT_LENGTH"] = str(len(body))
        super().__init__(io.BytesIO(body), io.BytesIO(), sys.stderr, environ, multithread=True, multiprocess=False)
        self.os_environ = {}
        self._silent = request.method == "HEAD"
        self._head: tuple[int, list[tuple[bytes, bytes]]] | None = None
        self._body: list[bytes] = []

    def answered_by(self, application: Any) -> httpx.Response:
        """The answer; one that fails in the middle breaks off, as it would on a connection."""
        self.run(application)
        if self._head is None:
            raise ConnectionAbortedError("the application gave no answer")
        status, fields = self._head
        return httpx.Response(status, headers=fields, stream=httpx.ByteStream(b"".join(self._body)))

    def send_headers(self) -> None:
        self.cleanup_headers()
        self.headers_sent = True
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]  # type: ignore[attr-defined]
        self._head = int(self.status[:3]), fields  # type: ignore[attr-defined]

    def _write(self, data: bytes) -> None:
        if not self._silent:
            self._body.append(data)

    def _flush(self) -> None:
        pass

    def log_exception(self, exc_info: Any) -> None:
        _LOG.error(_FAILED, exc_info=exc_info)

    def handle_error(self) -> None:
        if self.headers_sent:
            self.log_exception(sys.exc_info())
            raise ConnectionAbortedError("the application failed in the middle of its answer")
        super().handle_error()


class _Application:
    """An ASGI application as a server runs it: started up, with what it does after an answer, shut down."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._state: dict[str, Any] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._told: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._said: asyncio.Queue[Any] = asyncio.Queue()

    async def __aenter__(self) -> Callable[..., Awaitable[None]]:
        self._told.put_nowait({"type": "lifespan.startup"})
        self._life = asyncio.create_task(self._live())
        try:
            async with asyncio.timeout(_TO_START):
                said = await self._said.get()
        except TimeoutError:
            raise Unreachable(f"The application does not start within {_TO_START:g} s.") from None
        if said and said["type"] == "lifespan.startup.failed":
            why = str(said.get("message", "")).strip().splitlines()
            raise Unreachable(f"The application does not start: {why[-1] if why else 'it does not say why'}.")
        return self._serve

    async def __aexit__(self, *_: object) -> None:
        self._told.put_nowait({"type": "lifespan.shutdown"})
        if self._calls:
            await asyncio.wait(self._calls, timeout=_TO_END)
        await asyncio.wait([self._life], timeout=_TO_END)
        for task in (self._life, *self._calls):
            task.cancel()
        await asyncio.gather(self._life, *self._calls, return_exceptions=True)

    async def _live(self) -> None:
        """Its lifespan. An application that does not know of such a thing raises at once or returns, and is called all the same."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        try:
            await self._application(scope, self._told.get, self._said.put)
        finally:
            self._said.put_nowait(None)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        """One call; it is over with the answer, and goes on on its own where the application has more to do."""
        answered = asyncio.Event()

        async def sending(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        call = asyncio.create_task(self._application({**scope, "state": dict(self._state)}, receive, sending))
        call.add_done_callback(lambda _: answered.set())
        try:
            await answered.wait()
        except asyncio.CancelledError:
            call.cancel()
            raise
        if call.done():
            if not call.cancelled() and call.exception():
                _LOG.error(_FAILED, exc_info=call.exception())
            await call
        else:
            self._calls.add(call)
            call.add_done_callback(self._over)

    def _over(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        if not call.cancelled():
            call.exception()  # what fails after the answer concerns nobody who asked
