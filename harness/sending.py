"""Sending to the provider under test: each request paced, retried when the provider asks for it, judged, and watched for silence."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import time
from dataclasses import dataclass, replace

from harness.client import Client
from harness.errors import Unreachable
from harness.exchange import Exchange, Headers, Request, seconds_to_wait
from harness.judge import Judge
from harness.pace import Pace
from harness.participant import Limits
from harness.recording import Recording
from harness.vectors import Vector
from harness.version import USER_AGENT

PATIENCE = 3
"""How often a request answered 429 or 503 with Retry-After is sent again."""
SILENCE = 6
"""After how many requests in a row that found no connection the participant counts as gone."""
ACCEPT = "application/json, application/problem+json, text/event-stream, */*;q=0.1"


def traceparent(seed: int, id: str) -> str:
    """The trace of a request that has none of its own: the same in every run with this seed."""
    digest = hashlib.sha256(f"{seed}:{id}".encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"


def asked_to_wait(exchange: Exchange, longest: float) -> float | None:
    """The seconds after which an answer asks for the request to be made again; None where it does not, or not so soon."""
    wait = seconds_to_wait(exchange.response, time.time()) if exchange.response and exchange.status in (429, 503) else None
    return None if wait is None or wait > longest else wait


@dataclass
class Ending:
    """Why a run ends before its plan does, one sentence; ``unreachable`` when it is the participant that went away."""

    stop: asyncio.Event
    reason: str | None = None
    unreachable: bool = False

    def end(self, reason: str, *, unreachable: bool = False) -> None:
        """End the run; the first reason stands."""
        if self.reason is None:
            self.reason, self.unreachable = reason, unreachable
        self.stop.set()

    async def halt(self) -> None:
        """Never returns: whoever comes here after the end is cancelled by the run."""
        await asyncio.Future()


class Sender:
    """Sends requests whose URLs are relative to the base URL. Deterministic in everything but time: ids and trace ids follow from the seed."""

    def __init__(
        self, client: Client, judge: Judge, pace: Pace, ending: Ending, seed: int, limits: Limits, recording: Recording | None = None
    ) -> None:
        self._client, self.judge, self._pace, self._ending, self._recording = client, judge, pace, ending, recording
        self._seed, self._longest_wait = seed, limits.longest_wait
        self._room = asyncio.Semaphore(limits.concurrency)
        self._silent = 0

    def judged_by(self, judge: Judge) -> Sender:
        """The same sender, within the same limits, for another judge."""
        other = copy.copy(self)
        other.judge = judge
        return other

    async def send(self, id: str, request: Request, *, vector: Vector | None = None, credential: bool = True) -> Exchange:
        """Send and judge one request; a 429 or 503 that asks to wait is obeyed and the request repeated, unless it asked for that answer.

        Raises:
            BudgetSpent: nothing was sent.
        """
        if self._ending.stop.is_set():
            await self._ending.halt()
        request = replace(request, headers=self._headers(id, request.headers))
        for attempt in range(PATIENCE + 1):
            sent_as = id if attempt == 0 else f"{id}~{attempt}"
            known = self._recording.find(sent_as, request) if self._recording else None
            exchange = replace(known or await self._exchange(sent_as, request, credential), vector=vector)
            exchange = self.judge.see(exchange)
            if known is None:
                self._listen(exchange)
                if self._recording is not None:
                    self._recording.keep(exchange)
            wait = asked_to_wait(exchange, self._longest_wait)
            if wait is None or "test-scenario" in request.headers:
                break
            if known is None:
                self._pace.hold(wait)
        return exchange

    def reserve(self) -> None:
        """Count a request that is to be sent whatever happens until then. Raises :class:`BudgetSpent`."""
        self._pace.count()

    async def send_reserved(self, id: str, request: Request) -> Exchange | None:
        """Send and judge a request that was reserved, also when the run has ended; None where there is nobody to send it to."""
        try:
            sent = await self._client.send(id, replace(request, headers=self._headers(id, request.headers)), credential=True)
        except Unreachable:
            return None
        exchange = self.judge.see(sent)
        if self._recording is not None:
            self._recording.keep(exchange)
        return exchange

    async def _exchange(self, id: str, request: Request, credential: bool) -> Exchange:
        async with self._room:
            await self._pace.turn()
            try:
                return await self._client.send(id, request, credential=credential)
            except Unreachable as error:
                self._ending.end(str(error), unreachable=True)
                raise

    def _headers(self, id: str, headers: Headers) -> Headers:
        """The request's own headers after the ones every request carries."""
        common = {
            "User-Agent": USER_AGENT,
            "Accept": ACCEPT,
            "Accept-Encoding": "identity",
            "traceparent": traceparent(self._seed, id),
        }
        return Headers([*((name, value) for name, value in common.items() if name not in headers), *headers])

    def _listen(self, exchange: Exchange) -> None:
        if exchange.fault is None or exchange.fault.kind not in ("connect", "tls"):
            self._silent = 0
            return
        self._silent += 1
        if self._silent >= SILENCE:
            self._ending.end(f"The service stopped answering: {exchange.fault.detail}.", unreachable=True)
