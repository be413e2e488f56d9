"""What a consumer sends."""

from __future__ import annotations

from conformance.core.reading import UNTYPED, excerpt, parses
from harness.checks import CallNext, Violation, mutant, rule
from harness.exchange import Exchange, Request, Response


def _sends_json(exchange: Exchange) -> bool:
    """Whether the request addresses an operation that takes JSON, is of no other type that it takes, and holds a body or has to.
    A body in a content coding (RFC 9110 section 8.4.1) is left out: what stands in it is not seen here.
    """
    operation, request = exchange.operation, exchange.request
    if operation is None or (request.headers.get("content-encoding") or "identity").strip().lower() != "identity":
        return False
    if _needs_no_type(exchange):
        return parses(request)
    others = set(operation.body_types) - {"application/json"}
    required = operation.definition.get("requestBody", {}).get("required")
    return "application/json" in operation.body_types and request.media_type not in others and bool(request.body or required)


def _needs_no_type(exchange: Exchange) -> bool:
    """Whether a body without Content-Type, which a sender should write and need not, is of a type that the operation takes."""
    return exchange.operation is not None and not exchange.request.media_type and UNTYPED in exchange.operation.body_types


@rule("CORE-REQ-001", when=_sends_json)
def json_requests_are_json(exchange: Exchange) -> None:
    """RFC 8259 section 8.1: JSON is UTF-8 without a byte order mark; RFC 9110 section 8.3: Content-Type says that it is JSON."""
    request = exchange.request
    if not request.is_json and not _needs_no_type(exchange):
        got = request.headers.get("content-type") or "no Content-Type"
        raise Violation("a JSON request is not declared as JSON", expected="application/json", got=got, pointer="header:Content-Type")
    if not parses(request):
        raise Violation("the request body is not JSON in UTF-8", expected="a JSON text", got=repr(request.body[:40]))


@mutant("CORE-REQ-001")
async def requests_are_form_posts(request: Request, call_next: CallNext) -> Response:
    """The client leaves the Content-Type that its HTTP library sets by itself."""
    return await call_next(request.with_header("Content-Type", "application/x-www-form-urlencoded") if request.body else request)


@mutant("CORE-REQ-001")
async def requests_begin_with_a_mark(request: Request, call_next: CallNext) -> Response:
    """The client writes a byte order mark before the JSON text."""
    if not request.body:
        return await call_next(request)
    body = b"\xef\xbb\xbf" + request.body
    headers = request.headers.with_field("content-length", str(len(body))) if "content-length" in request.headers else request.headers
    return await call_next(Request(request.method, request.url, headers, body))


@rule(
    "CORE-REQ-002",
    when=lambda exchange: exchange.operation is not None and exchange.operation.has_request_body and parses(exchange.request),
)
def requests_fit_the_profile(exchange: Exchange) -> None:
    """The profile's document says what a request holds; a service may refuse whatever else comes (CORE-ERR-003)."""
    errors = exchange.operation.request_errors(exchange.request) if exchange.operation else []
    if errors:
        raise Violation(f"the request does not fit the profile: {excerpt(errors[0].message)}", pointer=errors[0].pointer)


@mutant("CORE-REQ-002")
async def members_are_sent_as_lists(request: Request, call_next: CallNext) -> Response:
    """The client sends every member as a list of one."""
    content = request.document
    if not isinstance(content, dict):
        return await call_next(request)
    return await call_next(request.with_json({name: [value] for name, value in content.items()}))
