"""What is scored, and what never is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from conformance.core.asking import ABSENT
from conformance.decision_support.faults import asked_aside, is_recommendation
from conformance.decision_support.identifiers import cannot_be_right
from harness.checks import CallNext, NotTested, Violation, mutant, rule
from harness.exchange import Exchange, Request, Response


def identifiers(content: Any) -> Iterator[tuple[str, str, str]]:
    """The national identifiers in a request of this profile: pointer of the value, scheme, value."""
    if not isinstance(content, dict):
        return
    candidates = content.get("candidates")
    persons = [(f"/{name}", content.get(name)) for name in ("applicant", "person")]
    persons += [(f"/candidates/{number}", each) for number, each in enumerate(candidates if isinstance(candidates, list) else ())]
    for place, person in persons:
        identifier = person.get("identifier") if isinstance(person, dict) else None
        if isinstance(identifier, dict) and isinstance(identifier.get("scheme"), str) and isinstance(identifier.get("value"), str):
            yield f"{place}/identifier/value", identifier["scheme"], identifier["value"]


def _wrong_identifiers(exchange: Exchange) -> list[str]:
    """Where in a request identifiers stand that cannot be right; none where the service does not have the operation."""
    operation = exchange.operation
    if operation is None or operation.id not in ("createRecommendation", "matchPersons") or exchange.sender != "harness":
        return []
    if exchange.status in (401, 403, 429, 503, *ABSENT):
        return []
    return [pointer for pointer, scheme, value in identifiers(exchange.request.document) if cannot_be_right(scheme, value)]


@rule("DECN-INP-001", when=lambda exchange: bool(_wrong_identifiers(exchange)))
def wrong_identifiers_are_not_scored(exchange: Exchange) -> None:
    """AI Act Article 26(4): input data is relevant. A number with a wrong check digit is somebody else's, or nobody's."""
    if not 400 <= exchange.status < 500:
        pointer = _wrong_identifiers(exchange)[0]
        raise Violation("an identifier that cannot be right is not refused", expected="4xx", got=str(exchange.status), pointer=pointer)


@mutant("DECN-INP-001", also=("CORE-ERR-003",))
async def wrong_identifiers_are_left_out(request: Request, call_next: CallNext) -> Response:
    """An identifier that cannot be right is dropped, and the case scored without it."""
    answer = await call_next(request)
    if answer.status != 422 or not is_recommendation(request) or not any(True for _ in identifiers(request.document)):
        return answer
    applicant = {name: value for name, value in request.document["applicant"].items() if name != "identifier"}
    return await call_next(request.with_json({**request.document, "applicant": applicant}))


@mutant("DECN-INP-001", also=("CORE-ERR-003",))
async def candidates_are_taken_as_they_are(request: Request, call_next: CallNext) -> Response:
    """Identifiers of candidates are compared without being checked."""
    content = request.document
    if request.path != "/matches" or not isinstance(content, dict) or not isinstance(content.get("candidates"), list):
        return await call_next(request)
    kept = [
        {name: value for name, value in each.items() if name != "identifier"} if isinstance(each, dict) else each
        for each in content["candidates"]
    ]
    return await call_next(request.with_json({**content, "candidates": kept}))


@rule("DECN-INP-002", when=lambda exchange: 400 <= exchange.status < 500 and bool(_wrong_identifiers(exchange)))
def the_place_of_a_wrong_identifier_is_named(exchange: Exchange) -> None:
    """RFC 9457 section 3: ``errors`` with a ``pointer`` to each place. The identifier as a whole is near enough."""
    problem = exchange.answer.document
    errors = problem.get("errors") if isinstance(problem, dict) else None
    listed = [each.get("pointer") for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    pointers = [unquote(str(each)).removeprefix("#") for each in listed]
    for place in _wrong_identifiers(exchange):
        if not any(place == pointer or place.rpartition("/")[0] == pointer for pointer in pointers):
            raise Violation("the place of a wrong identifier is not named", expected=f"#{place}", got=listed or errors, pointer="/errors")


@mutant("DECN-INP-002")
async def something_is_wrong_with_the_person(request: Request, call_next: CallNext) -> Response:
    """A wrong identifier is reported as a fault of the whole request."""
    answer = await call_next(request)
    if answer.status != 422 or not isinstance(answer.document, dict):
        return answer
    return answer.with_json({**answer.document, "errors": [{**each, "pointer": "#"} for each in answer.document.get("errors", [])]})


def _has_unfit_facts(exchange: Exchange) -> bool:
    vector, operation = exchange.vector, exchange.operation
    if vector is None or "DECN-INP-003" not in vector.exercises or operation is None:
        return False
    return exchange.status not in ABSENT


@rule("DECN-INP-003", when=_has_unfit_facts)
def unfit_facts_are_not_scored(exchange: Exchange) -> None:
    """AI Act Article 26(4), and profile decision-support/1, Feature: what does not fit the declared features says nothing of a case."""
    if exchange.status in (401, 403, 429, 503):
        raise NotTested(f"the service answered {exchange.status}")
    if not 400 <= exchange.status < 500:
        what = exchange.vector.purpose if exchange.vector else ""
        raise Violation(f"a case is not refused: {what}", expected="4xx", got=str(exchange.status), pointer="/facts")


@mutant("DECN-INP-003", also=("CORE-ERR-003",))
async def missing_facts_are_assumed(request: Request, call_next: CallNext) -> Response:
    """Features that are missing are taken from the first example, as defaults."""
    answer = await call_next(request)
    if answer.status != 422 or "unfit-facts" not in answer.text or not isinstance(request.document, dict):
        return answer
    example = (await asked_aside(call_next, "GET", "/case-types")).json["caseTypes"][0]["examples"][0]["facts"]
    missing = {name: value for name, value in example.items() if name not in request.document["facts"]}
    return await call_next(request.with_json({**request.document, "facts": {**missing, **request.document["facts"]}}))


@mutant("DECN-INP-003", also=("CORE-ERR-003",))
async def unknown_cases_are_the_usual_one(request: Request, call_next: CallNext) -> Response:
    """A case of a type that is not known is taken for one of the first type."""
    answer = await call_next(request)
    if answer.status != 422 or "unknown-case-type" not in answer.text:
        return answer
    usual = (await asked_aside(call_next, "GET", "/case-types")).json["caseTypes"][0]["id"]
    return await call_next(request.with_json({**request.document, "caseType": usual}))
