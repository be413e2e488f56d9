"""What is refused, and how: invalid input, unknown paths, wrong methods."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from conformance.core.asking import methods_at
from conformance.core.errors import PROBLEM
from conformance.core.reading import excerpt, parses
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response


def is_invalid(exchange: Exchange) -> bool:
    """Whether a request is invalid for the profile: its vector says so; where there is none, its body certainly breaks the operation's schema.

    A vector at the boundary may be refused or accepted, e.g. a lone surrogate (RFC 8259 section 8.2), even where the schema knows better.
    """
    if exchange.vector is not None:
        return exchange.vector.kind == "invalid"
    return exchange.operation is not None and exchange.operation.must_refuse(exchange.request)


def _may_be_refused(exchange: Exchange) -> bool:
    return is_invalid(exchange) or (exchange.vector is not None and exchange.vector.kind == "boundary")


@rule("CORE-ERR-002", when=_may_be_refused)
def what_may_be_refused_is_no_server_error(exchange: Exchange) -> None:
    """RFC 9110 section 15.6: 5xx means that the server knows it erred; input that it need not take is the client's error.

    503 with Retry-After is about load, and 501 (section 15.6.2) honestly names a method or function that the server does not have.
    """
    status = exchange.status
    if status < 500 or status == 501 or (status == 503 and "retry-after" in exchange.answer.headers):
        return
    invalid = is_invalid(exchange)
    message = "invalid input leads to a server error" if invalid else "input that may be refused leads to a server error"
    raise Violation(message, expected="4xx" if invalid else "2xx or 4xx", got=f"{status} {excerpt(exchange.answer.text)}")


@mutant("CORE-ERR-002")
async def broken_json_is_a_server_error(request: Request, call_next: CallNext) -> Response:
    """A body that is not JSON is answered with 500."""
    answer = await call_next(request)
    if answer.status >= 500 or not request.body or not request.is_json or parses(request):
        return answer
    problem = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "The request could not be processed."}
    return Response(500, answer.headers.with_field("Content-Language", "en")).with_json(problem, PROBLEM)


def _is_an_invalid_body(exchange: Exchange) -> bool:
    return exchange.operation is not None and exchange.operation.has_request_body and is_invalid(exchange)


@rule("CORE-ERR-003", when=_is_an_invalid_body)
def invalid_input_is_not_accepted(exchange: Exchange) -> None:
    """RFC 9110 section 15.5: a request that the profile's schema does not allow is the client's error, so the answer is a 4xx."""
    if exchange.succeeded:
        errors = exchange.operation.request_errors(exchange.request) if exchange.operation else []
        if errors:
            message = (
                f"a request that the profile does not allow is accepted, though at {errors[0].pointer or '/'} {excerpt(errors[0].message)}"
            )
            raise Violation(message, expected="4xx", got=str(exchange.status))
        raise Violation("a request that the profile does not allow is accepted", expected="4xx", got=str(exchange.status))


@mutant("CORE-ERR-003", also=("CHAT-API-007", "CHAT-API-008", "CHAT-API-012"))
async def what_does_not_fit_is_dropped(request: Request, call_next: CallNext) -> Response:
    """Members that do not fit are dropped without a word, and the rest of the request is served."""
    answer = await call_next(request)
    problem, content = answer.document, request.document
    if answer.status not in (400, 422) or not isinstance(problem, dict) or not isinstance(content, dict):
        return answer
    faulty = {(_pointer(entry) or "/").split("/")[1] for entry in problem.get("errors", [])}
    second = await call_next(request.with_json({name: value for name, value in content.items() if name not in faulty}))
    return second if faulty and second.status == 200 else answer


def _holds_several_faults(exchange: Exchange) -> bool:
    vector = exchange.vector
    return vector is not None and "CORE-ERR-004" in vector.exercises and exchange.operation is not None and exchange.status in (400, 422)


@rule("CORE-ERR-004", when=_holds_several_faults)
def every_fault_is_listed_with_its_place(exchange: Exchange) -> None:
    """RFC 9457 section 3: ``errors`` describes each validation error, ``pointer`` locates it as a JSON Pointer.

    A fault counts as listed where a pointer names its place, the object it is missing from, or something within it.
    """
    if exchange.operation is None:
        raise NotTested("the request is of no operation")
    if exchange.answer.is_json and not parses(exchange.answer):
        raise NotTested("the problem is declared as JSON and is none")
    problem = exchange.answer.document
    errors = problem.get("errors") if isinstance(problem, dict) else None
    if not isinstance(errors, list):
        raise Violation("the problem does not list the faults", expected="errors: [{pointer, detail}]", got=errors, pointer="/errors")
    listed = [_pointer(entry) for entry in errors]
    if None in listed:
        raise Violation(
            "an entry of errors has no JSON Pointer", expected='"pointer": "#/..."', got=errors[listed.index(None)], pointer="/errors"
        )
    places = sorted({error.pointer for error in exchange.operation.request_errors(exchange.request)})
    missing = [place for place in places if not any(_same_place(place, pointer or "") for pointer in listed)]
    if missing or len(listed) < len(places):
        shown = ", ".join(f"#{place}" for place in missing or places)
        raise Violation(
            f"not every fault of the request is listed: {shown}", expected=f"{len(places)} entries", got=listed, pointer="/errors"
        )


def _lists_faults(exchange: Exchange) -> bool:
    problem = exchange.answer.document if exchange.status >= 400 and exchange.answer.media_type == PROBLEM else None
    return isinstance(problem, dict) and isinstance(problem.get("errors"), list)


@rule("CORE-ERR-004", when=_lists_faults)
def every_entry_says_what_and_where(exchange: Exchange) -> None:
    """RFC 9457 section 3, the example, and the profile's Problem: an entry of ``errors`` has a ``pointer``, and a ``detail`` that is a text."""
    for place, entry in enumerate(exchange.answer.document["errors"]):
        detail = entry.get("detail") if isinstance(entry, dict) else None
        for member, right in (
            ("pointer", _pointer(entry) is not None),
            ("detail", detail is None or (isinstance(detail, str) and detail.strip())),
        ):
            if not right:
                got = entry.get(member) if isinstance(entry, dict) else entry
                raise Violation(f"an entry of errors has no {member}", expected="a text", got=got, pointer=f"/errors/{place}/{member}")


def _pointer(entry: Any) -> str | None:
    """The JSON Pointer of an entry, with or without the ``#`` of its fragment form (RFC 6901 section 6)."""
    value = entry.get("pointer") if isinstance(entry, dict) else None
    if not isinstance(value, str):
        return None
    pointer = unquote(value[1:]) if value.startswith("#") else value
    return pointer if pointer == "" or pointer.startswith("/") else None


def _same_place(place: str, pointer: str) -> bool:
    if place == pointer or place == "":
        return True
    return pointer.startswith(place + "/") or (pointer != "" and place.startswith(pointer + "/"))


@mutant("CORE-ERR-004")
async def faults_have_no_text(request: Request, call_next: CallNext) -> Response:
    """Entries of errors say where a fault is, and what it is by a number."""
    answer = await call_next(request)
    if not isinstance(answer.document, dict) or not answer.document.get("errors"):
        return answer
    return answer.with_json({**answer.document, "errors": [{**entry, "detail": 17} for entry in answer.document["errors"]]})


@mutant("CORE-ERR-004")
async def only_the_first_fault_is_listed(request: Request, call_next: CallNext) -> Response:
    """Validation stops at the first fault."""
    answer = await call_next(request)
    if answer.status < 400 or not isinstance(answer.document, dict) or "errors" not in answer.document:
        return answer
    return answer.with_json({**answer.document, "errors": answer.document["errors"][:1]})


@rule("CORE-ERR-007", when=lambda exchange: exchange.status == 405)
def a_405_names_the_methods(exchange: Exchange) -> None:
    """RFC 9110 section 15.5.6: the origin server MUST generate an Allow header field in a 405 response."""
    if "allow" not in exchange.answer.headers:
        raise Violation("a 405 answer does not say which methods are allowed", expected="Allow", got="no Allow", pointer="header:Allow")


@scenario("CORE-ERR-007")
async def unknown_paths_and_wrong_methods(service: Service) -> None:
    """RFC 9110 sections 15.5.5 and 15.5.6: what is not there gets 404, a method that a resource does not support 405 (404 and 501 allowed).

    A service may ask who one is first (401, 403). The wrong method is tried where it can do no harm: on a path whose only method is GET.
    """
    path = f"/{service.random.getrandbits(64):016x}"
    unknown = await service.send("GET", path)
    if unknown.status in (429, 503):
        raise NotTested(f"the service answered {unknown.status}")
    if unknown.status not in (404, 401, 403):
        raise Violation("a path that cannot exist is not answered with 404", expected="404", got=str(unknown.status), exchange=unknown)
    for operation in service.operations:
        if (
            methods_at(service, operation.path) != {"GET"}
            or "{" in operation.path
            or not (await service.send("GET", operation.path)).succeeded
        ):
            continue
        wrong = await service.send("DELETE", operation.path)
        if wrong.status not in (405, 404, 501, 401, 403):
            raise Violation(f"DELETE {operation.path} is not answered with 405", expected="405", got=str(wrong.status), exchange=wrong)
        return
    raise NotTested("no operation of the profile can be reached with GET")


@mutant("CORE-ERR-007")
async def allow_left_out(request: Request, call_next: CallNext) -> Response:
    """405 answers do not say which methods are allowed."""
    return (await call_next(request)).with_header("Allow", None)


@mutant("CORE-ERR-007")
async def wrong_methods_are_bad_requests(request: Request, call_next: CallNext) -> Response:
    """A wrong method is answered with 400."""
    answer = await call_next(request)
    if answer.status != 405 or not isinstance(answer.document, dict):
        return answer
    return Response(400, answer.headers).with_json({**answer.document, "status": 400})
