"""The same request in another form: what the standards call the same, a service treats the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.core.asking import ask, not_now, served
from conformance.core.reading import strings
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Request, Response


async def _is_served_in_form(service: Service, request: Request, other: Request, what: str, *, also: tuple[int, ...] = ()) -> None:
    """Make sure that a request is served in another form as it is in this one, or refused with one of ``also``.

    Twice, so that a service that fails now and then is not taken for one that cannot read the form.

    Raises:
        NotTested: the request is not served as it is, or this is not the time.
        Violation: only the other form is refused.
    """
    for _ in range(2):
        exchange = await ask(service, other)
        if exchange.succeeded or exchange.status in also:
            return
        not_now(exchange)
        first = await served(service, request)
    raise Violation(f"the plain request is refused {what}", expected=str(first.status), got=str(exchange.status), exchange=exchange)


@scenario("CORE-ROB-003")
async def bodies_may_come_in_chunks(service: Service) -> None:
    """RFC 9112 section 7.1: a recipient MUST be able to parse and decode the chunked transfer coding. Section 6.3: a server may ask for a length
    with 411 all the same.
    """
    request = service.sample("POST")
    chunked = request.with_header("Transfer-Encoding", "chunked")
    await _is_served_in_form(service, request, chunked, "where its body comes in chunks", also=(411,))


@mutant("CORE-ROB-003")
async def what_has_no_length_is_empty(request: Request, call_next: CallNext) -> Response:
    """As many bytes are read as Content-Length says, and none where it is missing."""
    return await call_next(request if "content-length" in request.headers else replace(request, body=b""))


def _reversed(value: Any) -> Any:
    """A JSON value whose objects have their members in the opposite order."""
    if isinstance(value, dict):
        return {name: _reversed(item) for name, item in reversed(value.items())}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


def _escaped(text: str) -> str:
    """A JSON text in which every letter within a string is an escape (RFC 8259 section 7)."""
    within = re.compile(r'"(?:[^"\\]|\\.)*"')
    letters = re.compile(r"\\.|[^\W\d_]")

    def escape(match: re.Match[str]) -> str:
        found = match.group()
        if found.startswith("\\"):
            return found
        units = found.encode("utf-16-be")
        return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))

    return within.sub(lambda match: letters.sub(escape, match.group()), text)


def _other_forms(request: Request) -> Iterator[tuple[str, Request]]:
    """The request written otherwise, with what is other about it."""
    document = request.document
    plain = json.dumps(document, ensure_ascii=False)
    yield "with its members in another order", request.with_json(_reversed(document))
    spaced = "\r\n\t " + json.dumps(document, ensure_ascii=False, indent=2, separators=(" ,", " : ")) + "\n"
    yield "with white space between its tokens", replace(request, body=spaced.encode())
    yield "with its letters written as escapes", replace(request, body=_escaped(plain).encode())
    yield "declared as Application/JSON", request.with_header("Content-Type", "Application/JSON")
    yield 'declared with charset="UTF-8"', request.with_header("Content-Type", 'application/json; charset="UTF-8"')


@scenario("CORE-CNT-006")
async def json_may_be_written_otherwise(service: Service) -> None:
    """RFC 8259 section 9: a parser MUST accept all texts of the grammar; section 4: an object has no order; section 11: charset has no effect.

    RFC 9110 section 8.3.1: types, parameter names and the names of charsets are compared without case, and values may be quoted.
    """
    request = service.sample("POST")
    if not isinstance(request.document, dict):
        raise NotTested("the plain request of the profile is no JSON object")
    for what, other in _other_forms(request):
        await _is_served_in_form(service, request, other, what)


async def _refused(request: Request, call_next: CallNext, status: int, detail: str) -> Response:
    """A problem in the place of the answer to a request that would be served."""
    answer = await call_next(request)
    if answer.status != 200:
        return answer
    problem = {"type": "about:blank", "title": "Not this way", "status": status, "detail": detail}
    return Response(status, answer.headers.with_field("Content-Language", "en")).with_json(problem, "application/problem+json")


@mutant("CORE-CNT-006")
async def types_are_compared_by_letter(request: Request, call_next: CallNext) -> Response:
    """Content-Type has to be application/json in small letters."""
    declared = (request.headers.get("content-type") or "").partition(";")[0].strip()
    if declared == declared.lower():
        return await call_next(request)
    return await _refused(request, call_next, 415, "Only application/json is read.")


@mutant("CORE-CNT-006")
async def names_are_not_decoded(request: Request, call_next: CallNext) -> Response:
    """A filter before the service looks for the names of members in the raw text, where an escaped one is not found."""
    if not re.search(rb'"[^"]*\\u[0-9a-f]{4}[^"]*"\s*:', request.body):
        return await call_next(request)
    return await _refused(request, call_next, 400, "The member model is missing.")


@mutant("CORE-CNT-006", also=("CORE-API-001",))
async def white_space_comes_first(request: Request, call_next: CallNext) -> Response:
    """What is JSON is told by its first byte, and white space is not skipped."""
    if request.body[:1].strip() or not request.body:
        return await call_next(request)
    return await _refused(request, call_next, 400, "The body is no JSON object.")


@mutant("CORE-CNT-006", also=("CORE-API-001",))
async def members_have_an_order(request: Request, call_next: CallNext) -> Response:
    """Whoever speaks has to be named before what is said: the text is read as it comes."""
    if not any(pointer.endswith("/content") for pointer, _ in strings(request.document)) or b'"role"' not in request.body:
        return await call_next(request)
    if request.body.index(b'"role"') < request.body.index(b'"content"'):
        return await call_next(request)
    return await _refused(request, call_next, 400, "A message has no role.")
