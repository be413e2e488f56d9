"""A client under test: it is run against the harness's own service, and judged by what it sends and by how it takes what comes back."""

from __future__ import annotations

import asyncio
import datetime
import secrets
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.exchange import Exchange, Reaction, Request
from harness.observation import Observation
from harness.participant import Credential, Participant
from harness.profile import ConformanceClass, Profile
from harness.recording import Recording
from harness.report import Report
from harness.serve.asgi import App, Receive, Scope, Send
from harness.serve.front import Front
from harness.serve.listening import beside
from harness.serve.processes import group_of, launched
from harness.serve.situations import Situation

SECONDS = 300.0
"""How long a command may take unless told otherwise."""


@dataclass(frozen=True)
class Visit:
    """How a client is tested.

    ``command`` is run; without one the service waits for a client that somebody else starts, until ``until`` requests came, ``seconds`` have
    passed or it is stopped. ``ready`` is told the base URL and the environment variables that a command gets.
    """

    command: Sequence[str] = ()
    name: str = "client"
    country: str | None = None
    decided_by: ConformanceClass = "government"
    as_of: datetime.date = field(default_factory=datetime.date.today)
    situations: Sequence[Situation] = ()
    port: int = 0
    seconds: float | None = None
    until: int | None = None
    evidence: Path | None = None
    ready: Callable[[str, Mapping[str, str]], None] = lambda url, environment: None


async def run_consumer(
    visit: Visit, profiles: Sequence[Profile], service: Callable[[str], App], *, stop: asyncio.Event | None = None
) -> Report:
    """Run a client against ``service`` (an application for the token that callers are to send) and return the report on it."""
    async with AsyncExitStack() as stack:
        session = _Session(visit, profiles, service, stop or asyncio.Event(), stack)
        await session.hold()
        return session.report()


class _Session:
    def __init__(
        self, visit: Visit, profiles: Sequence[Profile], service: Callable[[str], App], stop: asyncio.Event, stack: AsyncExitStack
    ) -> None:
        self._visit, self._profile, self._stop, self._stack = visit, profiles[-1], stop, stack
        self._token = secrets.token_urlsafe(24)
        credential = Credential("bearer", self._token, shown="$GOVAI_TOKEN")
        participant = Participant(url="", name=visit.name, country=visit.country, credential=credential)
        recording = None
        if visit.evidence is not None:
            recording = stack.enter_context(Recording(visit.evidence, participant, profiles, 0, secrets=[self._token]))
        self._seen = Observation(profiles, "consumer", participant, decided_by=visit.decided_by, as_of=visit.as_of, recording=recording)
        self._service = _welcoming(service(self._token), self._token)
        self._front = Front(
            self._service,
            self._seen.judge.operation_of,
            self._see,
            situations=visit.situations,
            under_test=profiles[1:],  # all but core
            wait=asyncio.sleep,
        )
        self._no_http = 0
        self._asked_twice = False
        """Whether the client asked again for what it had got, after an answer that was out of the ordinary."""
        self._quiet: int | None = None
        self._first: Request | None = None
        self._notes: list[str] = []
        self._ended: str | None = None

    def _see(self, exchange: Exchange) -> None:
        self._first = self._first or exchange.request
        self._asked_twice |= exchange.situation is not None and exchange.succeeded and exchange.reaction == "repeated"
        self._seen.see(exchange)

    async def hold(self) -> None:
        """Listen, have the client come, and wait until it has gone."""
        front = self._front
        front.elsewhere = await self._stack.enter_async_context(beside(front.at_the_other_origin))
        front.base = await self._stack.enter_async_context(beside(front, self._visit.port, no_http=self._heard_no_http))
        self._visit.ready(front.base, self._environment(front.base))
        reaction: Reaction | None = "ended"
        if not self._visit.command:
            await front.until(self._stop, seconds=self._visit.seconds, answers=self._visit.until)
        elif status := await self._run(front.base):
            self._notes.append(f"The command ended with exit status {status}.")
            reaction = "failed" if self._ended is None and front.last is not None and await self._quietly() == 0 else None
        front.close(reaction)
        if self._asked_twice and self._visit.command and self._ended is None:
            await self._quietly()

    def _environment(self, url: str) -> dict[str, str]:
        """Where the service is and how to call it, also under the names that clients of the base standard know."""
        known = {"url": url, "token": self._token}
        profile = self._profile
        own = {"GOVAI_BASE_URL": url, "GOVAI_TOKEN": self._token, "GOVAI_PROFILE": profile.key, "GOVAI_COUNTRY": self._visit.country or ""}
        return {**own, **{name: value.format_map(known) for name, value in profile.environment.items()}}

    async def _quietly(self) -> int:
        """Run the command once more, with no situation played, and return its exit status.

        Only where it ends well now, what it met last is what it stumbled over; and what it asks twice now, it asks twice anyway.
        """
        if self._quiet is None:
            quiet = Front(self._service, self._seen.judge.operation_of, self._see_repeated, wait=asyncio.sleep)
            async with beside(quiet) as quiet.base:
                self._quiet = await self._run(quiet.base)
            self._notes.append(f"Run once more, with no situation played, it ended with exit status {self._quiet}.")
        return self._quiet

    def _see_repeated(self, exchange: Exchange) -> None:
        if exchange.reaction == "repeated":
            self._seen.see(replace(exchange, id=f"again.{exchange.id}"))

    async def _run(self, url: str) -> int:
        """Run the command with this service to its end, or to the end of its time, and return its exit status."""
        words = [word.replace("{url}", url).replace("{token}", self._token) for word in self._visit.command]
        shown = shlex.join(self._visit.command)
        process = await launched(words, self._environment(url))
        seconds = self._visit.seconds or SECONDS
        async with group_of(process):
            ended = asyncio.create_task(process.wait())
            stopped = asyncio.create_task(self._stop.wait())
            await asyncio.wait((ended, stopped), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not ended.done():
                why = "The run was interrupted" if self._stop.is_set() else f"The command did not end within {seconds:g} s (--timeout)"
                self._ended = f"{why}: {shown}."
        return await ended

    def _heard_no_http(self) -> None:
        self._no_http += 1

    def report(self) -> Report:
        """The report on what the client did."""
        left = {each.name for each in self._front.left}
        met = [each.name for each in self._visit.situations if each.name not in left]
        if self._visit.situations:
            self._notes.append(f"Situations met: {', '.join(met) or 'none'}. Not met: {', '.join(sorted(left)) or 'none'}.")
        if self._no_http:
            self._notes.append(f"On {self._no_http} connections something came that is not HTTP.")
        nothing = None if self._seen.own else self._nothing()
        ended = " ".join(each for each in (self._ended, nothing) if each) or None
        return self._seen.report(ended=ended, unreachable=nothing is not None, notes=self._notes)

    def _nothing(self) -> str:
        """Why nothing that was seen is of a client of the profile."""
        if self._first is not None:
            first = f"{self._first.method} {self._first.path}"
            return f"None of the {self._front.requests} requests addresses an operation of {self._profile.key}; the first was {first}."
        if self._no_http:
            return "What came was not HTTP."
        return "The client never connected. It finds the address in GOVAI_BASE_URL, or where its command says {url}."


def _welcoming(service: App, token: str) -> App:
    """``service`` open to callers without a credential; one that is sent has to be right."""

    async def welcome(scope: Scope, receive: Receive, send: Send) -> None:
        if all(name != b"authorization" for name, _ in scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], (b"authorization", f"Bearer {token}".encode())]}
        await service(scope, receive, send)

    return welcome
