"""One trace across both sides: W3C Trace Context."""

from __future__ import annotations

import re

from conformance.core.asking import ask, plain, served
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

_VERSION_00 = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

STATIC = ("/openapi.json", "/.well-known/security.txt")
"""Documents that a web server may serve as files, without a service that takes part in a trace."""


def trace_id(request: Request) -> str | None:
    """The trace-id of a request's traceparent (W3C Trace Context section 3.2.2), or None where it is missing or not valid in version 00."""
    match = _VERSION_00.fullmatch((request.headers.get("traceparent") or "").strip())
    return match.group(1) if match else None


def _takes_part_in_a_trace(exchange: Exchange) -> bool:
    operation = exchange.operation
    return (
        operation is not None
        and operation.path not in STATIC
        and trace_id(exchange.request) is not None
        and exchange.status not in (414, 431)
    )


@rule("CORE-TRC-001", when=_takes_part_in_a_trace)
def answers_name_the_trace(exchange: Exchange) -> None:
    """W3C Trace Context level 2 draft, traceresponse: ``version-traceid-childid-flags``, with the trace-id of the request.

    Only the trace-id is held against the request: the child-id is the service's own, and drafts differ on whether it may be empty. A service
    that answers with ``traceparent`` in its place is understood as well.
    """
    expected = trace_id(exchange.request)
    fields = [exchange.answer.headers.get(name) for name in ("traceresponse", "traceparent")]
    values = [value.strip() for field in fields if field for value in field.split(",")]
    if not values:
        raise Violation(
            "the answer names no trace",
            expected=f"traceresponse: 00-{expected}-...",
            got="no traceresponse",
            pointer="header:traceresponse",
        )
    if not any(value.split("-")[1:2] == [expected] for value in values):
        raise Violation("the answer names another trace than the request", expected=expected, got=values[0], pointer="header:traceresponse")


@mutant("CORE-TRC-001")
async def every_answer_starts_a_trace(request: Request, call_next: CallNext) -> Response:
    """The service starts a trace of its own for each request and reports that one."""
    answer = await call_next(request)
    parts = (answer.headers.get("traceresponse") or "").split("-")
    return answer.with_header("traceresponse", "-".join([parts[0], parts[1][::-1], *parts[2:]])) if len(parts) >= 4 else answer


@mutant("CORE-TRC-001")
async def errors_leave_the_trace(request: Request, call_next: CallNext) -> Response:
    """Error answers do not name the trace, just where it would be needed."""
    answer = await call_next(request)
    return answer.with_header("traceresponse", None) if answer.status >= 400 else answer


_GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_BAD = {
    "a trace-id of zeros": "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "a parent-id of zeros": "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "capital letters": "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
    "a trace-id that is too short": "00-4bf92f3577b34da6-00f067aa0ba902b7-01",
    "the forbidden version ff": "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "characters that are not hexadecimal": "00-4bf92f3577b34da6a3ce929d0e0eXYZW-00f067aa0ba902b7-01",
    "fields that version 00 does not have": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
    "a future version with more fields": "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-brings",
    "no structure": "trace me",
}


@scenario("CORE-TRC-002")
async def bad_traceparent_changes_nothing(service: Service) -> None:
    """W3C Trace Context sections 3.2 and 4.3: a traceparent that is not valid is ignored and the trace restarted; the request goes on.

    The plain GET takes every bad value, the plain POST the one of zeros, so that no more is generated than needed.
    """
    for request, values in ((service.sample("GET"), _BAD), (plain(service), dict(list(_BAD.items())[:1]))):
        good = await served(service, request.with_header("traceparent", _GOOD))
        for what, value in values.items():
            bad = await ask(service, request.with_header("traceparent", value))
            if bad.status in (429, 503):
                raise NotTested(f"the service answered {bad.status}")
            if bad.status // 100 != good.status // 100:
                again = await ask(service, request.with_header("traceparent", value))
                if again.status // 100 != good.status // 100:
                    raise Violation(
                        f"a traceparent with {what} changes the outcome", expected=str(good.status), got=str(again.status), exchange=again
                    )


@mutant("CORE-TRC-002")
async def bad_traceparent_is_a_bad_request(request: Request, call_next: CallNext) -> Response:
    """A traceparent in capital letters is refused with 400."""
    answer = await call_next(request)
    value = request.headers.get("traceparent") or ""
    if value == value.lower():
        return answer
    problem = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "The header traceparent is malformed."}
    return Response(400, answer.headers.with_field("Content-Language", "en")).with_json(problem, "application/problem+json")


@mutant("CORE-TRC-002")
async def trace_of_zeros_crashes(request: Request, call_next: CallNext) -> Response:
    """A trace-id of zeros makes the tracing library fail, and the request with it."""
    answer = await call_next(request)
    if "-00000000000000000000000000000000-" not in (request.headers.get("traceparent") or ""):
        return answer
    problem = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "The request could not be processed."}
    return Response(500, answer.headers.with_field("Content-Language", "en")).with_json(problem, "application/problem+json")


@rule("CORE-TRC-003", when=lambda exchange: exchange.operation is not None and exchange.operation.path not in STATIC)
def requests_carry_a_trace(exchange: Exchange) -> None:
    """W3C Trace Context section 3.2.2: ``00-``, 32 and 16 small hexadecimal digits, neither all zeros, and flags.

    A version other than 00 is held to the same four fields at its beginning (section 3.2.4, versioning). Documents that people open in their
    browsers are no part of a trace.
    """
    value = exchange.request.headers.get("traceparent")
    if value is None:
        raise Violation("a request carries no traceparent", expected="traceparent", got="no traceparent", pointer="header:traceparent")
    head, rest = value.strip()[:55], value.strip()[55:]
    later = head[:2] not in ("00", "ff") and re.fullmatch(r"[0-9a-f]{2}", head[:2]) and rest[:1] in ("", "-")
    if not _VERSION_00.fullmatch("00" + head[2:] if later else value.strip()):
        raise Violation("the traceparent is not valid", expected=_GOOD, got=value, pointer="header:traceparent")


@mutant("CORE-TRC-003")
async def requests_without_a_trace(request: Request, call_next: CallNext) -> Response:
    """The client sends no traceparent."""
    return await call_next(request.with_header("traceparent", None))


@mutant("CORE-TRC-003")
async def trace_in_capitals(request: Request, call_next: CallNext) -> Response:
    """The client writes its trace-id in capital letters, as some UUID libraries do."""
    return await call_next(request.with_header("traceparent", (request.headers.get("traceparent") or _GOOD).upper()))


@mutant("CORE-TRC-003")
async def trace_without_a_parent(request: Request, call_next: CallNext) -> Response:
    """The client has no span open and sends a parent-id of zeros."""
    parts = (request.headers.get("traceparent") or _GOOD).split("-")
    return await call_next(request.with_header("traceparent", f"{parts[0]}-{parts[1]}-{'0' * 16}-{parts[3]}"))
