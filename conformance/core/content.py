"""What a body is declared to be, negotiated to be, and proven to be."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from conformance.core.answering import defines_schema
from conformance.core.asking import ask, not_now, plain, resources, served
from conformance.core.encoding import has_content
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

_QUALITY = re.compile(r";\s*q=0(\.0*)?\s*(;|$)", re.IGNORECASE)


def accepts(request: Request, media_type: str) -> bool:
    """Whether a request's Accept admits a media type (RFC 9110 section 12.5.1); one that is not sent admits any."""
    ranges = request.headers.get("accept")
    if ranges is None or not ranges.strip():
        return True
    admitted = ("*/*", media_type.partition("/")[0] + "/*", media_type)
    return any(each.partition(";")[0].strip().lower() in admitted and not _QUALITY.search(each) for each in ranges.split(","))


def _is_json_that_was_asked_for(exchange: Exchange) -> bool:
    """Whether a successful answer to an operation holds a JSON object or array, and nothing but JSON could have been meant."""
    answer = exchange.answer
    if (
        exchange.operation is None
        or not exchange.succeeded
        or not has_content(exchange)
        or not accepts(exchange.request, "application/json")
    ):
        return False
    if answer.body.lstrip()[:1] not in (b"{", b"[") or not isinstance(answer.document, dict | list):
        return False
    return answer.is_json or not defines_schema(exchange.operation, answer)


@rule("CORE-CNT-001", when=_is_json_that_was_asked_for)
def json_is_declared_as_json(exchange: Exchange) -> None:
    """RFC 9110 section 8.3: a sender SHOULD generate Content-Type; a client that finds text/plain has no reason to read JSON."""
    if not exchange.answer.is_json:
        got = exchange.answer.headers.get("content-type") or "no Content-Type"
        raise Violation("a JSON answer is not declared as JSON", expected="application/json", got=got, pointer="header:Content-Type")


def _is_an_undeclared_error(exchange: Exchange) -> bool:
    answer = exchange.answer
    return exchange.status >= 400 and has_content(exchange) and answer.body[:1] == b"{" and "content-type" not in answer.headers


@rule("CORE-CNT-001", when=_is_an_undeclared_error)
def errors_are_declared_too(exchange: Exchange) -> None:
    """RFC 9110 section 8.3: a message that holds content says what it is, also to a client that did not ask for JSON (section 15.5.7)."""
    if isinstance(exchange.answer.document, dict):
        raise Violation(
            "an error in JSON is not declared", expected="application/problem+json", got="no Content-Type", pointer="header:Content-Type"
        )


@mutant("CORE-CNT-001")
async def unacceptable_is_undeclared(request: Request, call_next: CallNext) -> Response:
    """406 answers have no Content-Type, since none of those asked for fits."""
    answer = await call_next(request)
    return answer.with_header("Content-Type", None) if answer.status == 406 else answer


@mutant("CORE-CNT-001")
async def description_is_plain_text(request: Request, call_next: CallNext) -> Response:
    """The OpenAPI document is served as text/plain, as by a web server that does not know the suffix."""
    answer = await call_next(request)
    return (
        answer.with_header("Content-Type", "text/plain; charset=utf-8")
        if request.path == "/openapi.json" and answer.status == 200
        else answer
    )


@scenario("CORE-CNT-002")
async def other_content_types_are_refused(service: Service) -> None:
    """RFC 9110 section 15.5.16: content in a format that the method does not support is refused with 415.

    The plain request is sent with its body as it is and a Content-Type that says otherwise: a service that reads it all the same takes
    cross-site form posts for API calls.
    """
    request = service.sample("POST")
    await served(service, request)
    for declared in ("text/xml", "text/plain"):
        exchange = await ask(service, request.with_header("Content-Type", declared))
        not_now(exchange)
        if exchange.status not in (415, 400, 422):
            message = f"a JSON operation serves {declared}" if exchange.succeeded else f"a JSON operation refuses {declared} in another way"
            raise Violation(message, expected="415", got=str(exchange.status), exchange=exchange)


@mutant("CORE-CNT-002")
async def plain_text_is_read_as_json(request: Request, call_next: CallNext) -> Response:
    """A request declared as text/plain is read as JSON all the same."""
    if (request.headers.get("content-type") or "").startswith("text/plain"):
        request = request.with_header("Content-Type", "application/json")
    return await call_next(request)


@scenario("CORE-CNT-003")
async def unmet_accept_gets_406_or_the_default(service: Service) -> None:
    """RFC 9110 sections 12.5.1 and 15.5.7: where Accept cannot be met, the server answers 406 or disregards the field; it never pretends."""
    request = service.sample("GET")
    default = (await served(service, request)).answer.media_type
    exchange = await ask(service, request.with_header("Accept", "image/png"))
    not_now(exchange)
    if exchange.status != 406 and not exchange.succeeded:
        raise Violation(
            "an Accept that cannot be met is answered with an error other than 406",
            expected="406 or 2xx",
            got=str(exchange.status),
            exchange=exchange,
        )
    if exchange.succeeded and has_content(exchange) and exchange.answer.body and exchange.answer.media_type == "image/png" != default:
        raise Violation(
            "the answer is declared as what was asked for and is not",
            expected=f"406, or {default}",
            got="image/png",
            pointer="header:Content-Type",
            exchange=exchange,
        )


@mutant("CORE-CNT-003")
async def answers_are_labelled_as_wished(request: Request, call_next: CallNext) -> Response:
    """Whatever single type a client accepts, the JSON answer is labelled with it."""
    wish = request.headers.get("accept") or ""
    if wish != "image/png":
        return await call_next(request)
    return (await call_next(request.with_header("Accept", "*/*"))).with_header("Content-Type", wish)


_ALGORITHMS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_DIGEST = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*")


def wrong_digest(field: str, body: bytes) -> str | None:
    """The algorithm whose digest in ``field`` (RFC 9530 section 2) is not that of ``body``, if any; None where all known ones are right.

    Raises:
        ValueError: the field is no dictionary of byte sequences, or names no algorithm that RFC 9530 calls active (sha-256, sha-512).
    """
    known = False
    for member in field.split(","):
        match = _DIGEST.fullmatch(member)
        if match is None:
            raise ValueError("is not of the form sha-256=:BASE64:")
        name, value = match.groups()
        if name in _ALGORITHMS:
            known = True
            try:
                right = base64.b64decode(value, validate=True) == _ALGORITHMS[name](body).digest()
            except binascii.Error:
                right = False
            if not right:
                return name
    if not known:
        raise ValueError("holds no sha-256 or sha-512 digest")
    return None


def _sends_digest(exchange: Exchange) -> bool:
    """Whether there is a digest over content as it was read: not over an encoded form of it, nor over what HEAD leaves out."""
    coded = (exchange.answer.headers.get("content-encoding") or "identity").lower() != "identity"
    return "content-digest" in exchange.answer.headers and has_content(exchange) and not coded


@rule("CORE-CNT-004", when=_sends_digest)
def content_digest_is_right(exchange: Exchange) -> None:
    """RFC 9530 section 2: Content-Digest conveys the digest of the actual message content."""
    field = exchange.answer.headers.get("content-digest") or ""
    try:
        wrong = wrong_digest(field, exchange.answer.body)
    except ValueError as error:
        if "holds no" in str(error):
            raise NotTested(f"Content-Digest {error}") from None
        raise Violation(f"Content-Digest {error}", expected="sha-256=:BASE64:", got=field, pointer="header:Content-Digest") from None
    if wrong:
        right = base64.b64encode(_ALGORITHMS[wrong](exchange.answer.body).digest()).decode()
        raise Violation(
            "Content-Digest is not that of the content", expected=f"{wrong}=:{right}:", got=field, pointer="header:Content-Digest"
        )


@scenario("CORE-CNT-004")
async def content_digest_is_optional(service: Service) -> None:
    """RFC 9530 section 2: a sender MAY send a digest; where none is sent there is nothing to be right."""
    exchange = await ask(service, plain(service))
    if "content-digest" not in exchange.answer.headers:
        raise NotApplicable("the service sends no Content-Digest")


@mutant("CORE-CNT-004")
async def digest_of_another_serialisation(request: Request, call_next: CallNext) -> Response:
    """Content-Digest is computed over the body with a line feed that is not sent."""
    answer = await call_next(request)
    digest = base64.b64encode(hashlib.sha256(answer.body + b"\n").digest()).decode()
    return answer.with_header("Content-Digest", f"sha-256=:{digest}:") if answer.is_json and answer.body else answer


@scenario("CORE-CNT-005")
async def head_tells_what_get_would(service: Service) -> None:
    """RFC 9110 section 9.3.2: HEAD SHOULD be answered with the fields that GET would get; section 8.6: its Content-Length MUST be that of GET's.

    What is only known once the content is made may be left out. Few services of the kind route HEAD at all: one that has no such method says
    so. A difference counts where it repeats, and where GET itself says the same twice.
    """
    answered = False
    for request, got in await resources(service):
        head = Request("HEAD", request.url)
        told = await ask(service, head)
        if told.status in (404, 405, 501):
            continue
        not_now(told)
        answered = True
        if _unlike(told, got) is None:
            continue
        again, told = await ask(service, request), await ask(service, head)
        different = _unlike(told, again)
        if different is not None and _unlike(again, got) is None and again.answer.body == got.answer.body:
            what, expected, said = different
            raise Violation(f"HEAD {request.url} has another {what} than GET", expected=expected, got=said, exchange=told)
    if not answered:
        raise NotApplicable("the service does not answer HEAD")


def _unlike(head: Exchange, get: Exchange) -> tuple[str, str, str] | None:
    """What HEAD says otherwise than GET, with GET's value and its own; None where they agree."""
    if head.status // 100 != get.status // 100:
        return "status code", str(get.status), str(head.status)
    fields = {name: (get.answer.headers.get(name), head.answer.headers.get(name)) for name in ("content-type", "etag")}
    if "content-encoding" not in get.answer.headers:
        fields["content-length"] = (str(len(get.answer.body)), head.answer.headers.get("content-length"))
    return next(((name, value, told) for name, (value, told) in fields.items() if value and told and value != told), None)


@mutant("CORE-CNT-005")
async def head_has_no_length(request: Request, call_next: CallNext) -> Response:
    """The content is left out of the answer to HEAD before its length is counted."""
    answer = await call_next(request)
    return answer.with_header("Content-Length", "0") if request.method == "HEAD" and answer.status == 200 else answer


@mutant("CORE-CNT-005")
async def head_is_a_page(request: Request, call_next: CallNext) -> Response:
    """HEAD is answered by the web server before the service, which knows no other type than that of pages."""
    answer = await call_next(request)
    return answer.with_header("Content-Type", "text/html") if request.method == "HEAD" and answer.status == 200 else answer


@mutant("CORE-CNT-005", also=("CORE-ERR-002",))
async def head_fails(request: Request, call_next: CallNext) -> Response:
    """HEAD goes to the handler of GET, which fails where it cannot write its content."""
    answer = await call_next(request)
    return Response(500, answer.headers) if request.method == "HEAD" and answer.status == 200 else answer
