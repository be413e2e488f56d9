"""What govai makes of a fault: a whole run in this process, which ends at the first finding."""

from __future__ import annotations

import asyncio
import functools
import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import harness
from benchmarks.detection.outcome import Seen
from harness.checks import Check, NeedsReview, Violation, registry
from harness.client import asgi_transport
from harness.participant import Credential, Limits
from harness.report import Report
from harness.serve.mock import reference_app

TOKEN = "benchmark-token"
ACCUSED = frozenset({"failed", "warning", "needs-review"})
PATIENCE = 2.0
"""Seconds after which an answer that does not come counts as missing, where a fault makes the service hang."""


class Counting:
    """An ASGI application that counts what it is asked."""

    def __init__(self, app: Any) -> None:
        self._app, self.asked = app, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one ASGI connection."""
        self.asked += scope["type"] == "http"
        await self._app(scope, receive, send)


def reference(profile: str, country: str, *, token: bool = True) -> Any:
    """The reference as both tools meet it: it asks for a token and they have one, so that nothing is out of reach."""
    return reference_app(profile, country, token=TOKEN if token else None)


def judged(app: Any, profile: str, country: str, *, hangs: bool = False, only: str | None = None, token: bool = True) -> Seen:
    """Run govai against ``app``. The run ends at the first finding, under the requirement ``only`` if one is named."""
    counting, stop = Counting(app), asyncio.Event()
    first: list[int] = []

    def noticed(requirement: str) -> None:
        if only in (None, requirement):
            first.append(counting.asked)
            stop.set()

    started = time.perf_counter()
    with _noticing(noticed):
        report = asyncio.run(_run(counting, profile, country, hangs, token, stop))
    under = accused(report) if only is None else [each for each in accused(report) if each == only]
    crashed = next((f"{each.requirement}: {each.cause}" for each in report.verdicts if each.verdict == "harness-error"), None)
    until = first[0] if first and under else None
    return Seen(under, counting.asked, until, seconds=time.perf_counter() - started, error=crashed)


async def _run(app: Any, profile: str, country: str, hangs: bool, token: bool, stop: asyncio.Event) -> Report:
    return await harness.arun(
        "http://127.0.0.1",
        [profile],
        country=country,
        credential=Credential("bearer", TOKEN, "$TOKEN") if token else None,
        limits=Limits(timeout=PATIENCE) if hangs else Limits(),
        transport=asgi_transport(app),
        stop=stop,
    )


def accused(report: Report) -> list[str]:
    """The requirements that a report holds against the service; that it could not be tested at all is a finding too."""
    found = [each.requirement for each in report.verdicts if each.verdict in ACCUSED]
    if not found and report.ended and report.ended != "The run was interrupted.":
        found = [f"run ended: {report.ended}"]
    return found


@contextmanager
def _noticing(noticed: Callable[[str], None]) -> Iterator[None]:
    """While it lasts, ``noticed`` hears of each violation as it is raised: the report knows all of them, but not when each was found."""
    before = list(registry.checks)
    registry.checks[:] = [replace(check, function=_listening(check, noticed)) for check in before]
    try:
        yield
    finally:
        registry.checks[:] = before


def _listening(check: Check, noticed: Callable[[str], None]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(check.function):

        @functools.wraps(check.function)
        async def played(*arguments: Any) -> Any:
            try:
                return await check.function(*arguments)
            except (Violation, NeedsReview):
                noticed(check.requirement)
                raise

        return played

    @functools.wraps(check.function)
    def applied(*arguments: Any) -> Any:
        try:
            return check.function(*arguments)
        except (Violation, NeedsReview):
            noticed(check.requirement)
            raise

    return applied
