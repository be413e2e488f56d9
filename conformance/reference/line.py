"""How a reference client speaks to a service: each request until it is answered, waited for as long as it asks, once though it be sent again.

What the checks ask of any consumer is here: a trace, one key for one intention, the waiting, the language of the person. What is asked is the
client's own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Any

from conformance.core.reading import EVENT_STREAM
from harness.exchange import Headers, Request, Response, seconds_to_wait

Send = Callable[[Request], Awaitable[Response]]
"""Sends a request whose URL is relative to the service's base URL. Raises :class:`OSError` where no complete answer comes."""

TRIES = 4
"""How often one request is sent before the client gives up."""
PATIENCE = 60.0
"""The longest time, in seconds, that a person is left waiting before another try."""


class Refused(Exception):
    """The service refuses what is asked. The text is what the person is told; ``status`` the answer's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Unavailable(Exception):
    """The service does not answer, or asks to wait longer than a person does."""


@dataclass
class Line:
    """The way to one service.

    Args:
        send: how a request reaches the service.
        languages: Accept-Language of the person.
        random: where trace ids and keys come from.
        clock: the time in seconds since the epoch.
        wait: waits for so many seconds.
        accept: the media types that the client reads.
    """

    send: Send
    languages: str
    random: Random
    clock: Callable[[], float]
    wait: Callable[[float], Awaitable[None]]
    accept: str = "application/json"
    keys: bool = False
    """Whether the service remembers keys, as its card says."""
    always_keys: bool = False
    """Whether keys are sent to services that do not say so as well; nothing is repeated for that."""
    final: Callable[[Response], bool] = lambda answer: False
    """Answers that are no reason to try again, whatever their status."""

    def __post_init__(self) -> None:
        self._not_before = 0.0

    async def look_around(self) -> tuple[str, ...]:
        """The capabilities that the service declares. A service without a card has none."""
        try:
            card = (await self.ask("GET", "/service-card")).document
        except Refused:
            card = None
        declared = card.get("capabilities") if isinstance(card, dict) else None
        capabilities = tuple(str(each) for each in declared) if isinstance(declared, list) else ()
        self.keys = "idempotency" in capabilities
        return capabilities

    async def ask(self, method: str, path: str, body: bytes = b"") -> Response:
        """Send one request until it is answered. Every try has the same body and key, and a span of its own in one trace.

        A POST without a key is repeated only where the service says that it did nothing: else it may have been done.

        Raises:
            Refused: the answer is no success.
            Unavailable: there is none.
        """
        repeated = (409, 429, 502, 503, 504) if self.keys or not body else (429, 503)
        key, trace = f'"{self._hexadecimal(128)}"', self._hexadecimal(128)
        headers = {"Accept": self.accept, "Accept-Language": self.languages}
        if body:
            headers |= {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if self.keys or self.always_keys else {})
        for number in range(TRIES):
            await self.wait(max(0.0, self._not_before - self.clock()))
            headers["traceparent"] = f"00-{trace}-{self._hexadecimal(64)}-01"
            later = 2.0**number
            try:
                answer = _whole(await self.send(Request(method, path, Headers(headers), body)))
            except OSError as error:
                if body and not self.keys:
                    raise Unavailable(f"The service did not answer: {error}") from error
            else:
                if answer.status not in repeated or self.final(answer):
                    return _accepted(answer)
                later = seconds_to_wait(answer, self.clock()) or later
            if later > PATIENCE:
                raise Unavailable(f"The service asks to come back in {later:.0f} s.")
            self._not_before = self.clock() + later
        raise Unavailable(f"The service did not answer in {TRIES} tries.")

    def _hexadecimal(self, bits: int) -> str:
        """So many random bits, never all zero: such an id is not valid (W3C Trace Context section 3.2.2)."""
        return f"{self.random.randrange(1, 1 << bits):0{bits // 4}x}"


@dataclass
class Client:
    """The client of one office with one service; what it asks is each profile's own.

    Args:
        country: whose client it is, ``pl`` or ``lt``. Raises :class:`KeyError` for one that there is none of.
        send: how a request reaches the service.
        language: BCP 47 tag of the person's language; the country's unless given.
        random: where ids, trace ids and keys come from.
        clock: the time in seconds since the epoch.
        wait: waits for so many seconds.
    """

    country: str
    send: Send
    language: str = ""
    random: Random = field(default_factory=SystemRandom)
    clock: Callable[[], float] = time.time
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    def _line_for(self, languages: str = "", **options: Any) -> Line:
        """The way to the service; ``options`` are those of :class:`Line`."""
        languages = languages or f"{self.language or self.country}, en;q=0.5"
        return Line(self.send, languages, random=self.random, clock=self.clock, wait=self.wait, **options)


def _whole(answer: Response) -> Response:
    """The answer, unless it is a stream that was cut: the last event says that it was not."""
    if answer.media_type == EVENT_STREAM and (not answer.events or answer.events[-1].data != "[DONE]"):
        raise ConnectionError("the stream ended too early")
    return answer


def _accepted(answer: Response) -> Response:
    if not 200 <= answer.status < 300:
        problem = answer.document if isinstance(answer.document, dict) else {}
        raise Refused(answer.status, str(problem.get("detail") or problem.get("title") or f"The service answered {answer.status}."))
    return answer
