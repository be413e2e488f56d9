"""Whatever ends a run, the service that it stopped goes on again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import harness
from conformance.reference.decision_support.service import create
from harness.client import asgi_transport
from harness.participant import Limits
from harness.report import Report
from tests.conformance.reference_services import send


class Watched:
    """A service that counts how often it was asked and stopped, and calls ``stopped`` then."""

    def __init__(self, country: str, stopped: Callable[[], None] = lambda: None) -> None:
        self.app, self.asked, self.suspended_at = create(country), 0, list[int]()
        self._stopped = stopped

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        before = self.state
        await self.app(scope, receive, send)
        if before == "running" and self.state == "suspended":
            self.suspended_at.append(self.asked)
            self._stopped()

    @property
    def state(self) -> str:
        state: str = self.app._handlers["getOversight"].__self__._state["state"]
        return state


def run(service: Watched, budget: int | None = None) -> Report:
    limits = Limits(budget=budget, concurrency=1)
    return harness.run("http://127.0.0.1", ["decision-support"], transport=asgi_transport(service), limits=limits)


def test_a_budget_that_is_spent_leaves_nothing_suspended() -> None:
    whole = Watched("pl")
    run(whole)
    assert len(whole.suspended_at) == 2
    for at in whole.suspended_at:
        for budget in range(at - 1, at + 5):
            service = Watched("pl")
            report = run(service, budget)
            assert report.requests <= budget
            assert service.state == "running"
            assert send(service.app, "GET", "/oversight").json["state"] == "running"


@pytest.mark.parametrize("country", ["pl", "lt"])
def test_an_interrupted_run_leaves_nothing_suspended(country: str) -> None:
    async def interrupted() -> tuple[Report, Watched]:
        stop = asyncio.Event()
        service = Watched(country, stop.set)
        report = await harness.arun("http://127.0.0.1", ["decision-support"], transport=asgi_transport(service), stop=stop)
        return report, service

    report, service = asyncio.run(interrupted())
    assert report.ended == "The run was interrupted."
    assert len(service.suspended_at) == 1
    assert service.state == "running"
