"""Answering at all, and answering as the profile's document says."""

from __future__ import annotations

from conformance.core.asking import ask, not_now, served
from conformance.core.reading import excerpt, parses
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response, view
from harness.operation import Operation, SchemaError

OWN_DOCUMENTS = ("/health", "/service-card", "/openapi.json", "/.well-known/security.txt")
"""Paths of what core itself asks every service for."""

_LARGE = 64 * 1024
"""Bytes of a request body past which a server may well answer before it has read all, and close."""


@rule("CORE-ROB-001")
def every_request_gets_a_whole_answer(exchange: Exchange) -> None:
    """RFC 9112 section 6.3 says how the length of a message is known, section 8 that a response that ends before is incomplete.

    Not charged to the service: that it could not be reached, that its certificate is not trusted, that the harness stopped reading. Nor is a
    connection closed over a large body: RFC 9110 section 15.5.14 allows it.
    """
    fault = exchange.fault
    if fault is None:
        return
    if fault.kind in ("connect", "tls", "too-large", "not-mocked"):
        raise NotTested(fault.detail)
    if fault.kind != "timeout" and len(exchange.request.body) > _LARGE:
        raise NotTested("the connection was closed while a large body was sent")
    raise Violation(f"a request got no complete answer ({fault.kind})", expected="one complete HTTP response", got=fault.detail)


@mutant("CORE-ROB-001")
async def answers_with_a_query_break_off(request: Request, call_next: CallNext) -> Response:
    """A request with a query string that the service does not know gets the beginning of an answer, and then the connection closes."""
    answer = await call_next(request)
    if "?" in request.url:
        raise ConnectionAbortedError
    return answer


@scenario("CORE-ROB-002")
async def larger_body_than_declared(service: Service) -> None:
    """RFC 9110 section 15.5.14: a body larger than the service is willing to process is refused with 413, and the service stays usable.

    The body is the plain request followed by white space, which JSON allows (RFC 8259 section 2): nothing but its size is wrong. A service
    that declares no limit has not said what "too large" is, so there is nothing to hold it to.
    """
    limits = service.card.get("limits")
    limit = limits.get("requestBytes") if isinstance(limits, dict) else None
    if not isinstance(limit, int) or isinstance(limit, bool):
        raise NotApplicable("the service card declares no limits.requestBytes")
    if limit > 32 * 1024 * 1024:
        raise NotTested("the declared limit is more than the harness sends (32 MiB)")
    request = service.sample("POST")
    await served(service, request)
    padded = Request(request.method, request.url, request.headers, request.body + b" " * (limit + 1 - len(request.body)))
    exchange = await ask(service, padded)
    not_now(exchange)
    if exchange.status not in (413, 400):
        raise Violation(f"a body of {limit + 1} bytes is not refused", expected="413", got=str(exchange.status), exchange=exchange)
    after = await ask(service, request)
    if not after.succeeded:
        raise Violation("after a body that was too large, a normal request fails", expected="2xx", got=str(after.status), exchange=after)


@mutant("CORE-ROB-002")
async def large_bodies_are_read_all_the_same(request: Request, call_next: CallNext) -> Response:
    """The declared limit of the request body is not enforced."""
    trimmed = request.body.rstrip(b" ")
    return await call_next(Request(request.method, request.url, request.headers, trimmed))


def is_core(exchange: Exchange) -> bool:
    """Whether an exchange addresses one of core's own operations, whose answers have requirements of their own (CORE-HLT-001 and so on)."""
    return exchange.operation is not None and exchange.operation.profile.startswith("core/")


def _a_valid_request_was_decided(exchange: Exchange) -> bool:
    """Whether a valid vector got an answer that says something about the request: not "come back later" and not "who are you"."""
    if exchange.vector is None or exchange.vector.kind != "valid" or exchange.operation is None:
        return False
    status, sent = exchange.status, exchange.request.headers
    if status in (401, 429) or (status == 503 and "retry-after" in exchange.answer.headers):
        return False
    if status == 403 and "authorization" not in sent:
        return False
    # A de-facto server need not have core's own operations at all, nor any server what a profile calls optional.
    return not ((is_core(exchange) or exchange.operation.optional) and status in (404, 405, 501))


@rule("CORE-API-001", when=_a_valid_request_was_decided)
def what_the_profile_allows_is_served(exchange: Exchange) -> None:
    """A request that the profile allows is served with a status that the profile expects."""
    vector = exchange.vector
    if vector is not None and not vector.expects(exchange.status):
        raise Violation(
            f"a valid request ({vector.purpose}) is answered with {exchange.status}",
            expected=" / ".join(vector.expect),
            got=f"{exchange.status} {excerpt(exchange.answer.text)}",
        )
    defined = [str(key).upper() for key in exchange.operation.definition.get("responses", ())] if exchange.operation else []
    if exchange.succeeded and defined and str(exchange.status) not in defined and "2XX" not in defined:
        expected = " / ".join(key for key in defined if key.startswith("2"))
        raise Violation("a request is served with a status that the profile does not have", expected=expected, got=str(exchange.status))


@mutant("CORE-API-001", also=("CORE-DOC-002",))
async def answers_are_created(request: Request, call_next: CallNext) -> Response:
    """Whatever is made anew is answered with 201, an answer in a conversation as well."""
    answer = await call_next(request)
    return Response(201, answer.headers, answer.body) if request.method == "POST" and answer.status == 200 else answer


@mutant("CORE-API-001")
async def any_type_is_not_acceptable(request: Request, call_next: CallNext) -> Response:
    """The service compares Accept by letter and refuses clients that accept anything (``*/*``)."""
    answer = await call_next(request)
    if (request.headers.get("accept") or "").strip() != "*/*":
        return answer
    problem = {"type": "about:blank", "title": "Not Acceptable", "status": 406, "detail": "Only application/json is offered."}
    return Response(406, answer.headers.with_field("content-language", "en")).with_json(problem, "application/problem+json")


def defines_schema(operation: Operation, response: Response) -> bool:
    """Whether the profile gives a schema for a response's status and media type."""
    responses = operation.definition.get("responses", {})
    for key in (str(response.status), f"{response.status // 100}XX", "default"):
        if key in responses:
            return "schema" in responses[key].get("content", {}).get(response.media_type, {})
    return False


def _answer_has_a_schema(exchange: Exchange) -> bool:
    operation, answer = exchange.operation, exchange.answer
    if operation is None or not exchange.succeeded or not answer.is_json or not defines_schema(operation, answer):
        return False
    if not parses(answer):
        return False  # CORE-ENC-001 and CORE-ENC-002 say what is wrong
    # Core's own answers count here where they fit; where they do not, CORE-HLT-001, CORE-CRD-001 and CORE-LOG-001 say so.
    return not is_core(exchange) or not _schema_errors(exchange)


@view
def _schema_errors(exchange: Exchange) -> list[SchemaError]:
    return exchange.operation.response_errors(exchange.answer) if exchange.operation else []


@rule("CORE-API-002", when=_answer_has_a_schema)
def json_answers_fit_the_profile(exchange: Exchange) -> None:
    """A successful JSON answer fits the schema that the profile gives for its status and media type. Errors are CORE-ERR-001's subject."""
    errors = _schema_errors(exchange)
    if errors:
        first = f"the answer does not fit the profile: {excerpt(errors[0].message)}"
        message = f"{first} (and {len(errors) - 1} more)" if len(errors) > 1 else first
        raise Violation(message, pointer=errors[0].pointer)


@mutant("CORE-API-002", also=("CORE-DOC-002", "CHAT-API-002", "CORE-CNT-005"))
async def a_member_became_a_list(request: Request, call_next: CallNext) -> Response:
    """The first member of lists that the service gives out is a list of one text where the profile has the text."""
    answer = await call_next(request)
    content = answer.document
    if request.method != "GET" or request.path in OWN_DOCUMENTS or answer.status != 200 or not isinstance(content, dict):
        return answer
    name = next((name for name, value in content.items() if isinstance(value, str)), None)
    return answer if name is None or "id" in content else answer.with_json({**content, name: [content[name]]})
