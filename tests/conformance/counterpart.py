"""The service at the other end of a client under test: it has bad days, adds what nobody asked for, and writes down every exchange."""

from __future__ import annotations

import email.utils
import itertools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from types import ModuleType
from typing import Any

import httpx

from conformance.reference.assistant import caller as assistant
from conformance.reference.line import Refused, Unavailable
from harness.checks import Mutant
from harness.exchange import Exchange, Fault, Headers, Request, Response

BASE = "http://assistant.localhost"


@dataclass
class Clock:
    """Time that passes when somebody waits."""

    now: float = 1_795_521_600.0

    async def wait(self, seconds: float) -> None:
        """Let it pass."""
        self.now += seconds


Mood = Callable[[Clock, Callable[[], Awaitable[Response]]], Awaitable[Response]]
"""How one question is taken: gets the clock and what asks the service itself."""


async def busy(clock: Clock, serve: Callable[[], Awaitable[Response]]) -> Response:
    """Too many requests; come back in two seconds."""
    return Response(429, Headers({"Retry-After": "2"}))


async def closed(clock: Clock, serve: Callable[[], Awaitable[Response]]) -> Response:
    """Maintenance until a time of day."""
    return Response(503, Headers({"Retry-After": email.utils.formatdate(clock.now + 6, usegmt=True)}))


async def lost(clock: Clock, serve: Callable[[], Awaitable[Response]]) -> Response:
    """The work is done, and the answer lost."""
    await serve()
    raise ConnectionResetError("the connection was closed before the answer was complete")


async def well(clock: Clock, serve: Callable[[], Awaitable[Response]]) -> Response:
    """As asked, with members of some later version."""
    answer = await serve()
    return answer.with_json({**answer.document, "x_later": {"a": [1]}}) if answer.is_json and isinstance(answer.document, dict) else answer


BAD_DAY = (busy, well, lost, well, closed)


@dataclass
class Counterpart:
    """An ASGI application that takes its POSTs in these moods, one by one, and then well. ``exchanges`` are what a harness would see."""

    app: Any
    moods: Iterable[Mood] = BAD_DAY
    clock: Clock = field(default_factory=Clock)
    exchanges: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._moods = itertools.chain(self.moods, itertools.repeat(well))

    async def __call__(self, request: Request) -> Response:
        """Take one request. Raises :class:`ConnectionResetError` where its answer is lost."""
        mood = next(self._moods) if request.method == "POST" else well
        sent = Request(request.method, BASE + request.url, request.headers, request.body)
        started, response, fault = self.clock.now, None, None
        try:
            response = await mood(self.clock, lambda: self._served(sent))
        except ConnectionResetError as error:
            fault = Fault("broken-off", str(error))
            raise
        finally:
            await self.clock.wait(0.05)
            id = f"consumer.{len(self.exchanges) + 1}"
            self.exchanges.append(Exchange(id, sent, response, fault, "participant", started, self.clock.now - started))
        return response

    async def _served(self, request: Request) -> Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as client:
            answer = await client.request(request.method, request.url, headers=list(request.headers), content=request.body)
        return Response(answer.status_code, Headers(answer.headers.multi_items()), answer.content)


async def traffic(
    country: str, counterpart: Counterpart, mutant: Mutant | None = None, *, language: str = "", client: ModuleType = assistant
) -> tuple[list[Any], list[Exchange]]:
    """What one visit by a reference client gives: the answers, none where the client was refused, and the exchanges."""

    async def send(request: Request) -> Response:
        return await (mutant.function(request, counterpart) if mutant else counterpart(request))

    clock = counterpart.clock
    caller = client.Caller(country, send, language, random=Random(1), clock=lambda: clock.now, wait=clock.wait)
    try:
        answers = await client.visit(caller)
    except (Refused, Unavailable):
        answers = []
    return answers, counterpart.exchanges
