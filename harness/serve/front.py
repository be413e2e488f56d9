"""What stands between a client and a service: it passes requests on, plays situations in their answers, and writes every exchange down.

An ASGI application. Where it runs in a server of ours (:mod:`harness.serve.listening`) it can also break a connection off.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from harness.exchange import Exchange, Fault, Headers, Reaction, Request, Response
from harness.operation import Operation
from harness.profile import Profile
from harness.serve.asgi import TRANSPORT, App, Message, Receive, Scope, Send, answer_of, call, decoded, encoded, request_of, send_response
from harness.serve.content import Content

ELSEWHERE = "elsewhere"
"""The situation of a request that came to another origin, after a redirect."""

See = Callable[[Exchange], None]


class Played(Protocol):
    """A situation (:class:`harness.serve.situations.Situation`)."""

    @property
    def name(self) -> str:
        """What it is called by."""
        ...

    @property
    def concerns(self) -> Callable[[Turn], bool]:
        """Whether it can be played to a request of the profile."""
        ...

    @property
    def play(self) -> Callable[[Turn], Awaitable[bool]]:
        """Answer a request so; False, with nothing sent, where the service gave nothing to play it with."""
        ...


@dataclass
class Turn:
    """One request of the client, and its answer as far as it was sent."""

    request: Request
    _operation: Operation | None
    clock: Callable[[], float]
    wait: Callable[[float], Awaitable[None]]
    elsewhere: str | None
    """Another origin under which the same service answers."""
    _app: App = field(repr=False)
    _scope: Scope = field(repr=False)
    _receive: Receive = field(repr=False)
    _send: Send = field(repr=False)
    status: int = 0
    headers: Headers = field(default_factory=Headers)
    content: Content = field(default_factory=Content)
    fault: Fault | None = None
    situation: str | None = None
    _served: Response | None = None
    _whole: bool = False

    @property
    def operation(self) -> Operation:
        """The operation that is asked for. Raises :class:`LookupError` where it is none of the profile's."""
        if self._operation is None:
            raise LookupError("the request addresses no operation of the profile")
        return self._operation

    async def served(self) -> Response:
        """The service's whole answer; nothing of it is sent yet."""
        if self._served is None:
            self._served = await self.asked(self.request)
        return self._served

    async def asked(self, request: Request) -> Response:
        """The service's whole answer to another request in the place of this one."""
        return await answer_of(self._app, self._scope, request)

    async def pass_on(self) -> None:
        """Answer as the service does, part by part, as long as the client is there: when it leaves, so does the request."""
        if self._served is not None:
            await self.answer(self._served)
            return
        passing = asyncio.create_task(call(self._app, self._scope, self.request, self.sending))
        leaving = asyncio.ensure_future(self._receive())
        try:
            await asyncio.wait((passing, leaving), return_when=asyncio.FIRST_COMPLETED)
            if passing.done() or self._whole:
                await passing
            else:
                self.content.lose()
                self.fault = None if self.status else Fault("connect", "the client did not wait for the answer")
        finally:
            leaving.cancel()
            passing.cancel()

    async def answer(self, response: Response) -> None:
        """Answer with this."""
        await self.begin(response)
        await self.write(response.body, last=True)

    async def begin(self, response: Response) -> None:
        """Send status and header fields."""
        await self.sending({"type": "http.response.start", "status": response.status, "headers": encoded(response.headers)})

    async def write(self, part: bytes, *, last: bool = False) -> None:
        """Send a part of the body."""
        await self.sending({"type": "http.response.body", "body": part, "more_body": not last})

    def drop(self) -> None:
        """Close the connection with no further byte.

        Raises:
            ConnectionResetError: always: there is nothing more to be sent.
        """
        transport = self._scope.get("extensions", {}).get(TRANSPORT)
        if transport is not None:
            transport.abort()
        self.fault = Fault("broken-off", "the connection was closed before the answer was complete")
        raise ConnectionResetError(self.fault.detail)

    async def fail(self, error: ConnectionError) -> None:
        """Say that the service behind did not answer (RFC 9110 section 15.6.3), or break off where it did; neither is the service's own answer."""
        if self.status:
            self.fault = Fault("broken-off", str(error))
            transport = self._scope.get("extensions", {}).get(TRANSPORT)
            if transport is not None:
                transport.abort()
            return
        self.fault = Fault("connect", str(error))
        problem = {"type": "about:blank", "title": "Bad Gateway", "status": 502, "detail": f"The service did not answer: {error}"}
        answer = Response(502, Headers({"Content-Type": "application/problem+json"}), json.dumps(problem).encode())
        await send_response(self._send, answer)

    async def sending(self, message: Message) -> None:
        """An ASGI ``send`` that keeps what it sends."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], decoded(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.content.add(message.get("body", b""))
            self._whole = not message.get("more_body")
            if self.request.method == "HEAD":
                message = {**message, "body": b""}
        await self._send(message)


class Front:
    """An ASGI application before ``app``.

    Each request to the profiles under test meets the next situation that concerns it, apart from the first one and from one that repeats a request
    that met one: a retry is served. Where the profiles have operations with a request body, it is requests to those.

    Args:
        app: the service that answers.
        operation_of: the operation a request addresses.
        situations: what is played, in this order.
        see: gets each exchange once it is known what the client did next.
        under_test: the profiles to whose operations situations are played.
    """

    def __init__(
        self,
        app: App,
        operation_of: Callable[[Request], Operation | None],
        see: See,
        *,
        situations: Iterable[Played] = (),
        under_test: Sequence[Profile] = (),
        clock: Callable[[], float] = time.time,
        wait: Callable[[float], Awaitable[None]],
    ) -> None:
        self.base, self.elsewhere = "", ""
        self.requests = self.answered = 0
        self._all = list(situations)
        self.left = list(self._all)
        """The situations that were not played yet."""
        self._app, self._operation_of, self._see = app, operation_of, see
        operations = [operation for profile in under_test for operation in profile.operations]
        self._played_to = {each.id for each in operations if each.has_request_body} or {each.id for each in operations}
        self._clock, self._wait = clock, wait
        self._begun = False
        self._met: Request | None = None
        """The last request to the profile, where it met a situation."""
        self._ended: list[tuple[float, Exchange]] = []
        self._known: deque[Exchange] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def at_the_other_origin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The same at the origin that a redirect leads to."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send, away=True)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, *, away: bool = False) -> None:
        started = self._clock()
        request = await request_of(scope, receive)
        self.requests += 1
        id = f"consumer.{self.requests}"
        self._note_reactions(request, started)
        turn = Turn(request, self._operation_of(request), self._clock, self._wait, self.elsewhere or None, self._app, scope, receive, send)
        try:
            if away or not await self._play(turn):
                await turn.pass_on()
        except ConnectionError as error:
            if turn.fault is None:
                await turn.fail(error)
            elif scope.get("extensions", {}).get(TRANSPORT) is None:
                raise
        finally:
            turn.situation = ELSEWHERE if away else turn.situation
            self._end(id, replace(request, url=(self.elsewhere if away else self.base) + request.url), turn, started)

    async def _play(self, turn: Turn) -> bool:
        """Answer with the first situation left that can be played to the request, if any."""
        operation = self._operation_of(turn.request)
        if operation is None or operation.id not in self._played_to:
            return False
        retried = self._met is not None and _same(self._met, turn.request)
        first, self._begun, self._met = not self._begun, True, None
        for each in [] if first or retried else [each for each in self.left if each.concerns(turn)]:
            if each not in self.left:
                continue  # another request has met it meanwhile
            self.left.remove(each)
            turn.situation, self._met = each.name, turn.request
            if await each.play(turn):
                return True
            turn.situation = self._met = None
            self.left = [other for other in self._all if other in self.left or other is each]
        return False

    def _end(self, id: str, request: Request, turn: Turn, started: float) -> None:
        response = turn.content.as_answer(turn.status, turn.headers) if turn.status and turn.fault is None else None
        fault = turn.fault or (None if response else Fault("broken-off", "no answer was given"))
        ended = self._clock()
        self.answered += 1
        exchange = Exchange(id, request, response, fault, "participant", started, ended - started, situation=turn.situation)
        self._ended.append((ended, exchange))

    def _note_reactions(self, request: Request, started: float) -> None:
        """Hand on what had ended before this request began: now it is known what the client did next. It is looked at while the service works."""
        before = [exchange for ended, exchange in self._ended if ended <= started]
        self._ended = [each for each in self._ended if each[0] > started]
        for exchange in before:
            asked = exchange.request
            again = bool(request.body) and (asked.method, asked.path, asked.body) == (request.method, request.path, request.body)
            self._known.append(replace(exchange, reaction="repeated" if again else "went-on"))
        asyncio.get_running_loop().call_soon(self._hand_on)

    def _hand_on(self) -> None:
        while self._known:
            self._see(self._known.popleft())

    async def until(self, stop: asyncio.Event, *, seconds: float | None, answers: int | None) -> None:
        """Wait until so many requests were answered, the time is up, or ``stop`` is set."""
        loop = asyncio.get_running_loop()
        end = loop.time() + (seconds or float("inf"))
        while not stop.is_set() and loop.time() < end and (answers is None or self.answered < answers):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.05)

    @property
    def last(self) -> str | None:
        """The situation of the last answer, if it had one."""
        return self._ended[-1][1].situation if self._ended else None

    def close(self, reaction: Reaction | None) -> None:
        """Hand on what is left: the client has come to its end, in a way that ``reaction`` names, or that says nothing."""
        self._known.extend(replace(exchange, reaction=reaction) for _, exchange in self._ended)
        self._ended = []
        self._hand_on()


def _same(one: Request, other: Request) -> bool:
    return (one.method, one.url, one.body) == (other.method, other.url, other.body)
