"""Declared limits are held: what is within them is not refused for its size or its frequency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.core.asking import ask, not_now, served
from conformance.core.faults import changed, memory
from conformance.discovery.card import CARD, member
from conformance.discovery.seen import Moments, asked_for_a_scenario
from harness.checks import CallNext, NeedsReview, NotApplicable, NotTested, Service, Violation, claim, mutant, scenario
from harness.exchange import Exchange, Headers, Request, Response

_LARGEST = 32 * 1024 * 1024


def request_bytes(card: Any) -> int | None:
    """The largest body that the card says is read, in bytes; None where it says nothing of it."""
    limit = member(card, "limits", "requestBytes")
    return limit if isinstance(limit, int) and not isinstance(limit, bool) else None


def requests(card: Any) -> tuple[int, float] | None:
    """How many requests the card allows in how many seconds; None where it says nothing of it."""
    count, seconds = (member(card, "limits", "requests", name) for name in ("count", "seconds"))
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) and each > 0 for each in (count, seconds))
    return (int(count), float(seconds)) if numbers else None


@scenario("DISC-LIM-001")
async def the_declared_size_is_read(service: Service) -> None:
    """Profile core/1, ServiceCard, limits: the largest body that is read. A body of that size is not too large; one byte more may be (CORE-ROB-002).

    It is the plain request followed by white space, which JSON allows (RFC 8259 section 2).
    """
    limit = request_bytes(service.card)
    if limit is None:
        raise NotApplicable("the service card declares no limits.requestBytes")
    if limit > _LARGEST:
        raise NotTested("the declared limit is more than the harness sends (32 MiB)")
    request = service.sample("POST")
    await served(service, request)
    exchange = await ask(service, replace(request, body=request.body + b" " * (limit - len(request.body))))
    not_now(exchange)
    if exchange.status == 413:
        got = f"413 for {len(exchange.request.body)} bytes"
        raise Violation(
            "a body of the declared size is refused as too large", expected=f"{limit} bytes are read", got=got, exchange=exchange
        )


@mutant("DISC-LIM-001")
async def the_proxy_reads_less(request: Request, call_next: CallNext) -> Response:
    """The proxy before the service has a limit of its own, which is lower than the declared one."""
    if len(request.body) <= 1_000_000:
        return await call_next(request)
    problem = {
        "type": "about:blank",
        "title": "Content Too Large",
        "status": 413,
        "detail": "The request body may have at most 1000000 bytes.",
    }
    answer = await call_next(Request("GET", "/no-such-file", request.headers))
    return Response(413, answer.headers).with_json(problem, "application/problem+json").with_header("Content-Language", "en")


@claim("DISC-LIM-002")
class DeclaredRequestsAreServed:
    """RFC 6585 section 4: 429 says that too many requests were sent in a given time. Fewer than the card allows are not too many.

    All requests of a run count, whatever they asked for: they are one caller's. What the caller sent before the run is not known, so a refusal in its
    first interval is for a person to look at.
    """

    def __init__(self) -> None:
        self._moments = Moments()
        self._refused: list[Exchange] = []

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.notice`."""
        self._moments.add(exchange.started)
        if exchange.status == 429 and not asked_for_a_scenario(exchange) and len(self._refused) < 50:
            self._refused.append(exchange)

    def decide(self, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.decide`."""
        allowed = requests(card)
        if allowed is None:
            raise NotApplicable("the service card declares no limits.requests")
        count, seconds = allowed
        early = None
        for exchange in self._refused:
            sent = self._moments.within(seconds, exchange.started)
            if sent > count:
                continue
            if exchange.started - self._moments.first < seconds:
                early = early or exchange
                continue
            raise Violation(
                "a request is refused as one too many, and it is not",
                expected=f"{count} requests in {seconds:g} s are served",
                got=f"429 for request {sent} in {seconds:g} s",
                exchange=exchange,
            )
        if early is not None:
            said = f"{count} in {seconds:g} s are declared, and within them a request got 429"
            raise NeedsReview(f"{said}; whether others were sent just before the run is not known", exchange=early)


@mutant("DISC-LIM-002")
async def fewer_requests_than_declared(request: Request, call_next: CallNext) -> Response:
    """The gateway allows fewer requests than the card says, and refuses one now and then."""
    if request.path == CARD:
        return await _with_limits(request, call_next, requests={"count": 1000, "seconds": 0.05})
    counted = memory("fewer_requests_than_declared")
    counted["requests"] = counted.get("requests", 0) + 1
    if counted["requests"] % 100:
        return await call_next(request)
    answer = await call_next(Request("GET", "/no-such-file", request.headers))
    problem = {"type": "about:blank", "title": "Too Many Requests", "status": 429, "detail": "Try again."}
    told = Response(429, answer.headers).with_json(problem, "application/problem+json")
    return told.with_header("Retry-After", "0").with_header("Content-Language", "en")


@claim("DISC-REQ-002")
class ClientsKeepToTheSize:
    """Profile core/1, ServiceCard, limits: what is larger is refused, so it is not sent. Who read the card knows."""

    def __init__(self) -> None:
        self._largest: Exchange | None = None
        self._bodies = 0

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.notice`."""
        limit = request_bytes(card)
        if limit is None or not exchange.request.body:
            return
        self._bodies += 1
        if len(exchange.request.body) > limit and self._largest is None:
            self._largest = exchange

    def decide(self, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.decide`."""
        limit = request_bytes(card)
        if limit is None:
            raise NotApplicable("no card with limits.requestBytes was seen")
        if not self._bodies:
            raise NotTested("the client sent no body after it had read the card")
        if self._largest is not None:
            got = f"{len(self._largest.request.body)} bytes"
            raise Violation(
                "the client sends more than the card says is read", expected=f"at most {limit} bytes", got=got, exchange=self._largest
            )


@mutant("DISC-REQ-002")
async def client_sends_what_it_has(request: Request, call_next: CallNext) -> Response:
    """The client attaches all that it has to a question, however large that is."""
    if not request.body:
        return await call_next(request)
    return await call_next(
        replace(request, body=request.body + b" " * 2_000_000, headers=_measured(request.headers, len(request.body) + 2_000_000))
    )


def _measured(headers: Headers, length: int) -> Headers:
    return headers.with_field("content-length", str(length)) if "content-length" in headers else headers


_AT_ONCE = 0.1
"""Seconds by which the clocks of client and service may disagree on when an interval begins."""


@claim("DISC-REQ-003")
class ClientsKeepToThePace:
    """Profile discovery/1, DiscoveryCard, limits: so many requests in so many seconds. A client that read the card sends no more."""

    def __init__(self) -> None:
        self._moments = Moments()
        self._last: Exchange | None = None

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.notice`."""
        if requests(card) is not None:
            self._moments.add(exchange.started)
            self._last = exchange

    def decide(self, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.decide`."""
        allowed = requests(card)
        if allowed is None:
            raise NotApplicable("no card with limits.requests was seen")
        count, seconds = allowed
        most = self._moments.most_within(max(seconds - _AT_ONCE, seconds / 2))
        if len(self._moments) < 2:
            raise NotTested("the client asked nothing after it had read the card")
        if most > count:
            expected = f"at most {count} in {seconds:g} s"
            raise Violation("the client sends more requests than the card allows", expected=expected, got=str(most), exchange=self._last)


@mutant("DISC-REQ-003")
async def client_asks_again_and_again(request: Request, call_next: CallNext) -> Response:
    """The client looks whether anything is new, many times for each question."""
    known = memory("client_asks_again_and_again")
    if request.path == "/v1/models" and not known:
        known["asked"] = True
        for _ in range(300):
            await call_next(request)
    return await call_next(request)


async def _with_limits(request: Request, call_next: CallNext, **limits: Any) -> Response:
    return await changed(request, call_next, CARD, lambda card: card["limits"].update(limits))
