"""Budget, pace and Retry-After are honoured exactly."""

import asyncio
import datetime
import time
from email.utils import format_datetime

import pytest

from harness.exchange import Headers, Response, seconds_to_wait
from harness.pace import BudgetSpent, Pace


def test_the_budget_is_the_number_of_requests() -> None:
    async def spend() -> int:
        pace = Pace(budget=3)
        for _ in range(3):
            await pace.turn()
        with pytest.raises(BudgetSpent):
            await pace.turn()
        return pace.sent

    assert asyncio.run(spend()) == 3


def test_requests_are_spread_evenly_also_among_many_workers() -> None:
    async def spread() -> float:
        pace = Pace(max_rps=100)
        started = time.monotonic()
        await asyncio.gather(*(pace.turn() for _ in range(11)))
        return time.monotonic() - started

    assert asyncio.run(spread()) >= 0.1


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), (" 0 ", 0.0), ("", None), ("-1", None), ("soon", None), ("1.5", None)])
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert seconds_to_wait(Response(429, Headers({"Retry-After": value})), time.time()) == seconds


def test_retry_after_as_a_date() -> None:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30)
    waited = seconds_to_wait(Response(503, Headers({"retry-after": format_datetime(later, usegmt=True)})), time.time())
    assert waited is not None
    assert 25 < waited <= 30
