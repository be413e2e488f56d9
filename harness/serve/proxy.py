"""Live traffic between a client and a service, passed through unchanged and judged: one report for each side."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from harness.exchange import Exchange
from harness.observation import Observation
from harness.participant import Participant
from harness.profile import ConformanceClass, Profile
from harness.recording import Recording
from harness.report import Report
from harness.serve.front import Front
from harness.serve.listening import beside
from harness.serve.upstream import Upstream


@dataclass(frozen=True)
class Watch:
    """How traffic is watched. It ends after ``until`` requests, after ``seconds``, or when it is stopped; ``ready`` is told where to connect."""

    provider: Participant
    consumer: Participant
    decided_by: ConformanceClass = "government"
    as_of: datetime.date = field(default_factory=datetime.date.today)
    port: int = 0
    seconds: float | None = None
    until: int | None = None
    evidence: Path | None = None
    ready: Callable[[str], None] = lambda url: None


async def run_proxy(watch: Watch, profiles: Sequence[Profile], *, stop: asyncio.Event | None = None) -> tuple[Report, Report]:
    """Pass traffic through to the provider and return the report on it and the one on its clients."""
    stop = stop or asyncio.Event()
    async with AsyncExitStack() as stack:
        recording = stack.enter_context(Recording(watch.evidence, watch.provider, profiles, 0)) if watch.evidence else None
        of_provider = Observation(profiles, "provider", watch.provider, decided_by=watch.decided_by, as_of=watch.as_of, recording=recording)
        of_consumer = Observation(
            profiles, "consumer", watch.consumer, base_url=watch.provider.url, decided_by=watch.decided_by, as_of=watch.as_of
        )
        upstream = await stack.enter_async_context(Upstream(watch.provider))

        def see(exchange: Exchange) -> None:
            of_provider.see(exchange)
            of_consumer.see(exchange)

        front = Front(upstream, of_provider.judge.operation_of, see, wait=asyncio.sleep)
        front.base = watch.provider.url
        watch.ready(await stack.enter_async_context(beside(front, watch.port, as_is=True)))
        await front.until(stop, seconds=watch.seconds, answers=watch.until)
        front.close(None)
        asked = f"request to an operation of {profiles[-1].key}"
        silent = f"The service answered no {asked}." if of_consumer.own else f"No {asked} passed through."
        of_each = [seen.report(ended=None if seen.own else silent, unreachable=not seen.own) for seen in (of_provider, of_consumer)]
        return of_each[0], of_each[1]
