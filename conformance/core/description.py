"""The provider's own OpenAPI document: that there is one, that it is valid, and that it says what the service does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from conformance.core.asking import ask, description, plain, served
from conformance.core.discovery import public
from conformance.core.faults import changed, memory, with_members
from conformance.core.own_schemas import OwnDescription
from conformance.core.reading import excerpt, parses
from conformance.core.tracing import STATIC
from harness.checks import CallNext, NeedsReview, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response
from harness.openapi import CannotTell, faults_of


@scenario("CORE-DOC-001")
async def the_document_is_valid_openapi(service: Service) -> None:
    """OpenAPI Specification 3.0 or 3.1, read as JSON, as the path says. Documents that it refers to are not fetched."""
    exchange = await public(service, "/openapi.json")
    document = exchange.answer.document
    if not isinstance(document, dict):
        raise Violation(
            "/openapi.json is not a JSON object", expected="an OpenAPI document", got=excerpt(exchange.answer.text), exchange=exchange
        )
    version = re.fullmatch(r"(3\.\d+)\.\d+(-.*)?", str(document.get("openapi")))
    if version is None:
        raise Violation(
            "the document is no OpenAPI 3.x", expected="3.1.1", got=document.get("openapi"), pointer="/openapi", exchange=exchange
        )
    try:
        fault = await asyncio.to_thread(_first_fault, document, version.group(1))
    except CannotTell as reason:
        raise NeedsReview(f"the document has to be validated by hand: {reason}", exchange=exchange) from None
    if fault:
        raise Violation(f"the document is not valid OpenAPI {version.group(1)}: {fault}", exchange=exchange)


def _first_fault(document: Any, version: str) -> str | None:
    return next((f"{excerpt(fault.message)} (at {fault.pointer or '/'})" for fault in faults_of(document, version)), None)


@mutant("CORE-DOC-001")
async def responses_without_a_description(request: Request, call_next: CallNext) -> Response:
    """The document leaves out the descriptions of responses, which OpenAPI requires."""

    def change(document: dict[str, Any]) -> None:
        for item in document["paths"].values():
            for operation in item.values():
                for response in operation.get("responses", {}).values() if isinstance(operation, dict) else ():
                    response.pop("description", None)

    return await changed(request, call_next, "/openapi.json", change)


@mutant("CORE-DOC-001")
async def document_refers_to_nothing(request: Request, call_next: CallNext) -> Response:
    """A schema of the document was renamed, the references to it were not."""

    def change(document: dict[str, Any]) -> None:
        document["paths"]["/renamed"] = {
            "get": {
                "responses": {
                    "200": {"description": "Renamed.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gone"}}}}
                }
            }
        }

    return await changed(request, call_next, "/openapi.json", change)


@mutant("CORE-DOC-001")
async def document_is_yaml(request: Request, call_next: CallNext) -> Response:
    """The document is YAML under the name of JSON."""
    answer = await call_next(request)
    if request.path != "/openapi.json" or answer.status != 200:
        return answer
    return answer.with_body(b"openapi: 3.1.1\ninfo: {title: Assistant, version: 1.0.0}\npaths: {}\n", "application/yaml")


@scenario("CORE-DOC-002")
async def the_document_describes_what_is_served(service: Service) -> None:
    """OpenAPI Specification 3.1, Introduction: the document lets one understand a service without its source; so it must be true of it.

    Held against it are the profile's operations that can be asked without knowing more, as far as the service has them.
    """
    own = OwnDescription(await description(service))
    answers = [await served(service, plain(service))]
    for operation in service.operations:
        known = "{" in operation.path or operation.path in STATIC or operation.path == "/records"
        if operation.method == "GET" and not known:
            exchange = await ask(service, Request("GET", operation.path))
            answers += [exchange] if exchange.succeeded else []
    unread: list[str] = []
    for exchange in answers:
        try:
            _is_described(own, exchange)
        except CannotTell as reason:
            unread.append(str(reason))
    if unread:
        raise NotTested(f"the provider's document could not be held against all answers: {unread[0]}")


def _is_described(own: OwnDescription, exchange: Exchange) -> None:
    method, path = exchange.request.method, exchange.operation.path if exchange.operation else exchange.request.path
    found = own.operation(method, exchange.request.path, path)
    if found is None:
        raise Violation(
            f"the provider's document does not describe {method} {path}", expected=f"{path} in paths", got="nothing", exchange=exchange
        )
    if exchange.answer.is_json and not parses(exchange.answer):
        return
    fault = own.fault(*found, exchange.answer)
    if fault:
        raise Violation(f"{method} {path} answers otherwise than the provider's document says: {excerpt(fault)}", exchange=exchange)


@mutant("CORE-DOC-002")
async def document_leaves_out_an_operation(request: Request, call_next: CallNext) -> Response:
    """The document does not describe the operations that take a body."""

    def change(document: dict[str, Any]) -> None:
        for item in document["paths"].values():
            item.pop("post", None)

    return await changed(request, call_next, "/openapi.json", change)


@mutant("CORE-DOC-002")
async def document_promises_more(request: Request, call_next: CallNext) -> Response:
    """The document requires a member in health answers that they do not have."""

    def change(document: dict[str, Any]) -> None:
        content = {"application/json": {"schema": {"type": "object", "required": ["uptime"]}}}
        document["paths"]["/health"]["get"]["responses"]["200"] = {"description": "Health.", "content": content}

    return await changed(request, call_next, "/openapi.json", change)


_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?", re.ASCII
)


@scenario("CORE-DOC-003")
async def the_document_names_contact_and_version(service: Service) -> None:
    """OpenAPI Specification 3.1 section 4.8.2: contact information for the exposed API, and its version; Semantic Versioning 2.0.0."""
    info = (await description(service)).get("info")
    contact = info.get("contact") if isinstance(info, dict) else None
    if not isinstance(contact, dict) or not any(contact.get(member) for member in ("name", "email", "url")):
        raise Violation(
            "the document names nobody to turn to", expected="info.contact with name, email or url", got=contact, pointer="/info/contact"
        )
    version = info.get("version") if isinstance(info, dict) else None
    if not isinstance(version, str) or not _SEMVER.fullmatch(version):
        raise Violation("info.version is no semantic version", expected="1.4.0", got=version, pointer="/info/version")


@mutant("CORE-DOC-003")
async def document_without_a_contact(request: Request, call_next: CallNext) -> Response:
    """The document names nobody to turn to."""
    return await changed(request, call_next, "/openapi.json", lambda document: document["info"].pop("contact", None))


@mutant("CORE-DOC-003", also=("CORE-VER-001",))
async def document_has_a_date_for_a_version(request: Request, call_next: CallNext) -> Response:
    """info.version is the day of the release."""
    return await changed(request, call_next, "/openapi.json", lambda document: document["info"].update(version="2026-11-24"))


@scenario("CORE-DOC-004")
async def who_asks_twice_is_told_the_same(service: Service) -> None:
    """Profile core/1: a service says of itself the same to everybody, unless it changed and says so by another ETag or Last-Modified.

    Held against each other are values, not bytes, three times over: one of two instances that differ is met sooner or later. A copy that
    somebody keeps under the address shows beside an address with a query, where that is served.
    """
    for path in ("/service-card", "/openapi.json"):
        passing_copies = f"{path}?{service.random.getrandbits(64):016x}"
        answers = [await service.send("GET", path) for _ in range(4)]
        anew = await service.send("GET", passing_copies)
        answers += [anew] if anew.succeeded else []
        if not all(each.succeeded for each in answers):
            raise NotTested(f"{path} cannot be read")
        first = answers[0]
        for other in answers[1:]:
            marks = {(each.answer.headers.get("etag"), each.answer.headers.get("last-modified")) for each in (first, other)}
            if other.answer.document != first.answer.document and (len(marks) == 1 or _changes_back(answers)):
                raise Violation(
                    f"{path} is answered otherwise from one time to the next", expected="the same", got="something else", exchange=other
                )


def _changes_back(answers: Sequence[Exchange]) -> bool:
    """Whether something said before is said again after something else: no change, but two who answer in turn."""
    said: list[Any] = []
    for answer in (each.answer.document for each in answers):
        if answer in said[:-1]:
            return True
        if answer not in said:
            said.append(answer)
    return False


@mutant("CORE-DOC-004", also=("CORE-CCH-005", "CORE-CNT-005"))
async def one_instance_was_not_updated(request: Request, call_next: CallNext) -> Response:
    """Of two instances behind one address, one still has the card of the last release."""
    kept = memory("one-instance-was-not-updated")
    if request.path != "/service-card":
        return await call_next(request)
    kept["turn"] = not kept.get("turn", False)
    return await with_members(request, call_next, "/service-card", version="0.9.0") if kept["turn"] else await call_next(request)


@mutant("CORE-DOC-004", also=("CORE-CCH-005",))
async def copies_lose_what_came_late(request: Request, call_next: CallNext) -> Response:
    """A cache keeps the card as it was before a limit was added, and gives that copy out under the tag of the new one."""
    if "?" in request.url:
        return await call_next(request)
    return await changed(request, call_next, "/service-card", lambda card: card.pop("limits", None))
