"""Where a participant's own requests arrive: services that work for a while call back when they are done.

One server for a run, in its event loop, opened when a scenario first asks for it. On loopback unless told otherwise, so a participant on another
machine reaches it only where somebody says how (``--callback-url``).
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import time
from collections import deque
from collections.abc import Sequence
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web

from harness.checks import NotTested
from harness.errors import UsageError
from harness.exchange import Exchange, Headers, Request, Response

LISTEN = "127.0.0.1:0"
"""Where the server listens by default: on a free port of loopback."""
_LARGEST = 16 * 1024 * 1024
"""Bytes of a request past which it is refused with 413."""
RECEIVED = Response(204)


class Arrivals:
    """What arrives at one URL (:class:`harness.checks.Inbox`)."""

    def __init__(self, name: str, url: str) -> None:
        self.url = url
        self._name, self._seen = name, 0
        self._answers: deque[Response] = deque()
        self._waiting: asyncio.Queue[Exchange] = asyncio.Queue()

    def answer(self, *responses: Response) -> None:
        """As :meth:`harness.checks.Inbox.answer`."""
        self._answers.extend(responses)

    async def next(self, seconds: float) -> Exchange | None:
        """As :meth:`harness.checks.Inbox.next`."""
        try:
            async with asyncio.timeout(seconds):
                return await self._waiting.get()
        except TimeoutError:
            return None

    def take(self, request: Request, started: float) -> Response:
        """Note a request that arrived, and say how it is answered."""
        self._seen += 1
        response = self._answers.popleft() if self._answers else RECEIVED
        exchange = Exchange(f"{self._name}.callback-{self._seen}", request, response, None, "participant", started, time.time() - started)
        self._waiting.put_nowait(exchange)
        return response


class Inboxes:
    """The server behind all inboxes of a run. An asynchronous context manager; it listens from the first :meth:`open` on.

    Args:
        base: the URL under which the participant reaches this server, None where it can reach loopback or not at all.
        listen: ``HOST:PORT`` to listen on; port 0 takes a free one.
        near: whether the participant runs on this machine, so that it reaches loopback.

    Raises:
        UsageError: ``base`` is no http or https URL, or ``listen`` no address with a port.
    """

    def __init__(self, *, base: str | None, listen: str, near: bool) -> None:
        host, separator, port = listen.rpartition(":")
        if not separator or not host or not port.isdigit() or int(port) > 65535:
            raise UsageError(f"--callback-listen {listen}: write it as HOST:PORT, e.g. 0.0.0.0:9000.")
        if base is not None and (urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname):
            raise UsageError(f"--callback-url {base}: write it as a URL, e.g. https://tests.example.gov.pl/callbacks.")
        self._host, self._port, self._base, self._near = host.strip("[]"), int(port), base.rstrip("/") if base else None, near
        self._runner: web.AppRunner | None = None
        self._opening = asyncio.Lock()
        self._inboxes: dict[str, Arrivals] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def open(self, name: str) -> Arrivals:
        """A URL of its own, which nobody can guess. ``name`` begins the ids of what arrives there.

        Raises:
            NotTested: the participant cannot reach this machine, or the server cannot listen.
        """
        if self._base is None and not self._near:
            raise NotTested("the service has to reach the harness: give --callback-url, a URL of this machine that it can call")
        async with self._opening:
            if self._runner is None:
                await self._listen()
        key = secrets.token_urlsafe(16)
        self._inboxes[key] = Arrivals(name, f"{self._base}/{key}")
        return self._inboxes[key]

    async def _listen(self) -> None:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{path:.*}", self._arrived)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise NotTested(f"the harness cannot listen for callbacks on {self._host}:{self._port}: {error.strerror}") from None
        self._runner = runner
        if self._base is None:
            self._base = f"http://{self._host}:{runner.addresses[0][1]}"

    async def _arrived(self, request: web.Request) -> web.Response:
        started = time.time()
        body = await request.read()
        inbox = next((self._inboxes[each] for each in reversed(request.path.split("/")) if each in self._inboxes), None)
        if inbox is None:
            return web.Response(status=404)
        here = urlsplit(inbox.url)
        url = f"{here.scheme}://{here.netloc}{request.raw_path}"
        answer = inbox.take(Request(request.method, url, Headers(list(request.headers.items())), body), started)
        return web.Response(status=answer.status, headers=list(answer.headers.items), body=answer.body)


def is_near(url: str, hosts: Sequence[str] = ("localhost",)) -> bool:
    """Whether a participant at this URL runs on this machine: its host is a loopback address, or one of the names of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in hosts
