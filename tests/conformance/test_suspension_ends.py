"""Whatever ends a run, the service that it stopped goes on again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import harness
from conformance.reference.decision_support.service import create
from harness.client import asgi_transport
from harness.participant import Limits
from tests.conformance.reference_services import send


def state(app: Any) -> str:
    shown: dict[str, str] = send(app, "GET", "/oversight").json
    return shown["state"]


class Watched:
    """A service that counts its suspensions, and calls ``stopped`` at each."""

    def __init__(self, app: Any, stopped: Any = lambda: None) -> None:
        self.app, self.stopped, self.suspensions = app, stopped, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if (scope["method"], scope["path"]) == ("PUT", "/oversight"):
            message = await receive()

            async def again() -> Any:
                return message

            await self.app(scope, again, send)
            if b"suspended" in message["body"]:
                self.suspensions += 1
                self.stopped()
        else:
            await self.app(scope, receive, send)


@pytest.mark.parametrize("budget", [*range(8, 60, 3), 200])
def test_a_budget_that_is_spent_leaves_nothing_suspended(budget: int) -> None:
    service = Watched(create("pl"))
    report = harness.run(
        "http://127.0.0.1", ["decision-support"], transport=asgi_transport(service), limits=Limits(budget=budget, concurrency=1)
    )
    assert report.requests <= budget
    assert state(service.app) == "running"
    if budget == 200:
        assert service.suspensions == 2


@pytest.mark.parametrize("country", ["pl", "lt"])
def test_an_interrupted_run_leaves_nothing_suspended(country: str) -> None:
    async def interrupted() -> tuple[Any, Watched]:
        stop = asyncio.Event()
        service = Watched(create(country), stop.set)
        report = await harness.arun("http://127.0.0.1", ["decision-support"], transport=asgi_transport(service), stop=stop)
        return report, service

    report, service = asyncio.run(interrupted())
    assert report.ended == "The run was interrupted."
    assert service.suspensions == 1
    assert state(service.app) == "running"
