"""Statistical checks against a service that errs at a known rate: the verdict that the rate deserves, with its numbers, and every time the same."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

import harness
from conformance.assistant.conversation import question
from conformance.assistant.faults import altered
from conformance.core.languages import sure_language
from harness.checks import Estimate, Mutant
from harness.client import asgi_transport
from harness.exchange import Request, Response
from harness.report import Verdict
from harness.serve.faulty import Faulty
from harness.serve.mock import reference_app

ENGLISH = "The answer to this question is on the page that is given as the source. Please read it before you visit the office."


def erring(rate: float, luck: int) -> Mutant:
    """A fault: so large a share of the questions in Polish and Lithuanian is answered in English, drawn by ``luck`` from the words of each."""

    async def function(request: Request, call_next: Callable[[Request], object]) -> Response:
        asked = question(request)
        foreign = sure_language(asked) in ("pl", "lt") and Random(f"{luck}:{asked}").random() < rate
        return await altered(request, call_next, lambda text, assurance: ENGLISH if foreign else text)  # type: ignore[arg-type]

    return Mutant("erring", "CHAT-LNG-001", "Errs now and then.", function)


def verdict(rate: float, luck: int, seed: int = 1) -> Verdict:
    app = Faulty(reference_app("assistant", "lt"), erring(rate, luck))
    return harness.run("http://127.0.0.1", ["assistant"], country="lt", seed=seed, transport=asgi_transport(app)).of("CHAT-LNG-001")


@pytest.mark.parametrize(("rate", "expected"), [(0.0, "passed"), (0.25, "needs-review"), (1.0, "failed")])
def test_the_rate_decides(rate: float, expected: str) -> None:
    first = verdict(rate, luck=7)
    assert first.verdict == expected
    told = first.cause or (first.findings[0].message if first.findings else "")
    assert expected == "passed" or ("interval" in told and "limit 0.80" in told)
    assert verdict(rate, luck=7) == first


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(20, 20, 0.839, 1.0), (15, 20, 0.531, 0.888), (0, 20, 0.0, 0.161), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    """Wilson 1927: all, three quarters and none of twenty trials, and no trial at all."""
    assert Estimate(hits, n, 0.8, "trials").interval == pytest.approx((low, high), abs=0.001)
