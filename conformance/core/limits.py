"""Too much, or not now: 429, 503 and the time to wait."""

from __future__ import annotations

from conformance.core.asking import ask, plain
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, pair_rule, rule, scenario
from harness.exchange import Exchange, Request, Response, seconds_to_wait


def _says_when(exchange: Exchange) -> None:
    if seconds_to_wait(exchange.answer, exchange.started) is None:
        got = exchange.answer.headers.get("retry-after") or "no Retry-After"
        raise Violation(
            f"a {exchange.status} answer does not say when to come back",
            expected="Retry-After: seconds or a date",
            got=got,
            pointer="header:Retry-After",
        )


@rule("CORE-RAT-001", when=lambda exchange: exchange.status == 429)
def a_429_says_when_to_come_back(exchange: Exchange) -> None:
    """RFC 6585 section 4: 429 responses may say how long to wait; here they must, for a machine has nothing else to go by."""
    _says_when(exchange)


@rule("CORE-RAT-003", when=lambda exchange: exchange.status == 503)
def a_503_says_when_to_come_back(exchange: Exchange) -> None:
    """RFC 9110 section 15.6.4: the server may send Retry-After with 503 to suggest how long to wait."""
    _says_when(exchange)


async def _provoke(service: Service, name: str, status: int) -> None:
    """Ask a test system for a declared test scenario; what comes back is judged by the rules above."""
    declared = service.card.get("testScenarios")
    if not isinstance(declared, list) or name not in declared:
        raise NotApplicable(f"the service card does not declare the test scenario {name}")
    exchange = await ask(service, plain(service).with_header("Test-Scenario", name))
    if exchange.status != status:
        raise NotTested(f"the card declares the test scenario {name}, but the service answers it with {exchange.status}")


@scenario("CORE-RAT-001")
async def rate_limit_on_request(service: Service) -> None:
    """A test system answers ``Test-Scenario: rate-limited`` as it would answer too many requests."""
    await _provoke(service, "rate-limited", 429)


@scenario("CORE-RAT-003")
async def unavailability_on_request(service: Service) -> None:
    """A test system answers ``Test-Scenario: unavailable`` as it would answer during maintenance."""
    await _provoke(service, "unavailable", 503)


@mutant("CORE-RAT-001")
async def rate_limit_in_milliseconds(request: Request, call_next: CallNext) -> Response:
    """Retry-After of a 429 holds a number with its unit."""
    answer = await call_next(request)
    return answer.with_header("Retry-After", "1000ms") if answer.status == 429 else answer


@mutant("CORE-RAT-003")
async def unavailable_without_a_time(request: Request, call_next: CallNext) -> Response:
    """503 answers do not say when to come back."""
    answer = await call_next(request)
    return answer.with_header("Retry-After", None) if answer.status == 503 else answer


_TOLERANCE = 0.25
"""Seconds by which a client may seem early: timers are coarse, and who answers notes the end of the answer last."""
_CLOCKS = 2.0
"""Seconds by which it may be early where Retry-After is a date: dates have whole seconds, and it is read by another clock."""
_ON_ITS_WAY = 0.25
"""Seconds after an answer within which another request may have been sent without knowledge of it."""
_OVERLAP = -0.05
"""Seconds by which a retry may seem to begin before the end of the answer that it follows, for the same reason as above."""


def _wait(first: Exchange, second: Exchange) -> tuple[float, float] | None:
    """How many seconds the client was asked to wait before the second exchange and how many it waited, or None where this pair cannot say.

    Another request that was on its way when the answer came does not count as disobedience; the same request again does. Requests without a
    body are all alike, so of two such the second counts as another.
    """
    if first.response is None or first.status not in (429, 503):
        return None
    ended = first.started + first.duration
    asked, waited = seconds_to_wait(first.response, ended), second.started - ended
    key, again = first.request.headers.get("idempotency-key"), second.request.headers.get("idempotency-key")
    if not first.request.body or second.request.body != first.request.body:
        earliest = _ON_ITS_WAY
    else:
        earliest = _OVERLAP if key is not None and key == again else 0.0
    return None if asked is None or asked <= _tolerance(first.response) or waited < earliest else (asked, waited)


def _tolerance(response: Response) -> float:
    return _TOLERANCE if (response.headers.get("retry-after") or "").strip().isdigit() else _CLOCKS


@pair_rule("CORE-RAT-002", when=lambda first, second: _wait(first, second) is not None)
def clients_wait_as_long_as_asked(first: Exchange, second: Exchange) -> None:
    """RFC 9110 section 10.2.3: Retry-After says how long the user agent ought to wait before a follow-up request."""
    asked, waited = _wait(first, second) or (0.0, 0.0)
    if waited + _tolerance(first.answer) < asked:
        raise Violation("the client came back too early", expected=f"{asked:g} s after the {first.status}", got=f"{waited:.2f} s")


@mutant("CORE-RAT-002")
async def impatient_client(request: Request, call_next: CallNext) -> Response:
    """The client repeats a request at once when it is told to wait, and only then begins to wait."""
    answer = await call_next(request)
    return await call_next(request) if answer.status in (429, 503) else answer
