"""Times of answers, counted in bins."""

from __future__ import annotations

import random
import statistics

import pytest

import harness
from harness.client import asgi_transport
from harness.exchange import Exchange, Headers, Request, Response
from harness.timing import Timing
from tests.conftest import greeter


class Greet:
    """As much of an operation as is looked at."""

    profile, id = "greeting/1", "greet"


def exchange(duration: float, status: int = 200) -> Exchange:
    return Exchange("x", Request("GET", "/"), Response(status, Headers(), b""), duration=duration, operation=Greet())  # type: ignore[arg-type]


def test_figures_are_within_one_percent_of_the_exact_ones() -> None:
    drawn = random.Random(1)
    durations = [drawn.lognormvariate(-3, 1.5) for _ in range(10_001)]
    timing = Timing()
    for each in durations:
        timing.add(exchange(each))
    (took,) = timing
    assert took[:3] == ("greeting/1", "greet", 10_001)
    assert took.median == pytest.approx(statistics.median(durations), rel=0.015)
    assert took.p95 == pytest.approx(sorted(durations)[9_500], rel=0.015)


def test_one_answer_is_its_own_median() -> None:
    timing = Timing()
    timing.add(exchange(0.2))
    (took,) = timing
    assert took.median == took.p95 == pytest.approx(0.2, rel=0.01)


@pytest.mark.parametrize("unlike", [exchange(0.1, 404), exchange(0.0), Exchange("x", Request("GET", "/"), None, duration=1.0)])
def test_only_successes_whose_duration_is_known_count(unlike: Exchange) -> None:
    timing = Timing()
    timing.add(unlike)
    assert list(timing) == []


def test_a_report_says_what_measured_and_how(profiles: object) -> None:
    limits = harness.Limits(concurrency=3, budget=40)
    report = harness.run(
        "http://greeter.localhost",
        ["greeting"],
        profile_paths=[profiles],
        transport=asgi_transport(greeter()),
        limits=limits,
    )
    assert report.limits is not None
    assert (report.limits.concurrency, report.limits.budget, report.limits.max_rps) == (3, 40, None)
    assert {"python", "httpx", "jsonschema-rs"} <= set(report.software)
    assert "schemathesis" not in report.software, "nothing was explored"
    greet = next(each for each in report.timing if each.operation == "greet")
    assert greet.answers > 0
    assert 0 < greet.median_s <= greet.p95_s


def test_a_client_is_not_charged_with_the_time_of_the_service(profiles: object) -> None:
    asked = Exchange("x", Request("GET", "http://127.0.0.1/health"), Response(200, Headers(), b"{}"), sender="participant", duration=0.5)
    report = harness.judge([asked], ["core"], side="consumer", name="client")
    assert report.uses, "it was seen"
    assert report.timing == []
    assert report.limits is None
