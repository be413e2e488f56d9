"""Asking for recommendations and reading them."""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import unquote, urlsplit

from conformance.core.asking import not_now
from conformance.core.faults import changed
from conformance.core.reading import excerpt
from conformance.decision_support.asking import case_types, decide, id_of, path_of, plain_case, read, recommended, try_recommendation
from conformance.decision_support.facts import same_value
from conformance.decision_support.faults import altered, another_outcome, is_explanation, is_read, is_recommendation
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Headers, Request, Response

_EXAMPLES = 12
"""How many examples of all case types are tried: each of them makes a recommendation."""


def is_new(exchange: Exchange) -> bool:
    """Whether an exchange made a recommendation."""
    operation = exchange.operation
    return (
        exchange.succeeded
        and operation is not None
        and operation.id == "createRecommendation"
        and isinstance(exchange.answer.document, dict)
    )


@rule("DECN-API-001", when=is_new)
def recommendations_have_a_place(exchange: Exchange) -> None:
    """RFC 9110 section 15.3.2: a 201 answer identifies what was created by Location. Its host is not looked at: a gateway may hide it."""
    location = exchange.answer.headers.get("location")
    last = unquote(urlsplit(location or "").path.rstrip("/").rpartition("/")[2])
    if location is None or last != str(id_of(exchange)):
        raise Violation(
            "Location does not name the recommendation",
            expected=f"/recommendations/{id_of(exchange)}",
            got=location or "no Location",
            pointer="header:Location",
        )


@mutant("DECN-API-001")
async def the_location_is_the_list(request: Request, call_next: CallNext) -> Response:
    """Location names the collection to which the recommendation was added."""
    answer = await call_next(request)
    return answer.with_header("Location", "/recommendations") if is_recommendation(request) and answer.status == 201 else answer


@mutant("DECN-API-001")
async def the_client_has_to_guess(request: Request, call_next: CallNext) -> Response:
    """A new recommendation has no Location."""
    return (await call_next(request)).with_header("Location", None)


@scenario("DECN-API-002")
async def recommendations_can_be_read(service: Service) -> None:
    """Profile decision-support/1, getRecommendation. A service may add facts that it knows itself; those that were sent stay."""
    case = plain_case(service)
    made = await recommended(service, case)
    exchange = await service.send("GET", path_of(id_of(made)))
    not_now(exchange)
    content = exchange.answer.document
    if exchange.status != 200 or not isinstance(content, dict):
        got = f"{exchange.status} {excerpt(exchange.answer.text)}"
        raise Violation("a recommendation cannot be read under its id", expected="200", got=got, exchange=exchange)
    told = made.answer.document
    for name, expected in (("id", told["id"]), ("outcome", told.get("outcome")), ("caseType", case["caseType"])):
        if not same_value(content.get(name), expected):
            message = f"{name} of a recommendation is another one when it is read"
            raise Violation(message, expected=expected, got=content.get(name), pointer=f"/{name}", exchange=exchange)
    for answered in (made, exchange):
        facts = answered.answer.document.get("facts")
        for name, value in case["facts"].items():
            if not isinstance(facts, dict) or name not in facts or not same_value(facts[name], value):
                got = (
                    "nothing" if isinstance(facts, dict) and name not in facts else repr(facts[name] if isinstance(facts, dict) else facts)
                )
                message = f"the fact {name} does not come back as it was sent"
                raise Violation(message, expected=repr(value), got=got, pointer=f"/facts/{name}", exchange=answered)


@mutant("DECN-API-002")
async def facts_are_kept_as_texts(request: Request, call_next: CallNext) -> Response:
    """The database keeps facts as texts, and gives them out as such."""

    def change(content: dict[str, Any]) -> None:
        content["facts"] = {name: str(value) for name, value in content["facts"].items()}

    return await altered(request, call_next, change) if is_read(request) else await call_next(request)


@mutant("DECN-API-002", also=("DECN-OVR-001",))
async def what_is_read_is_computed_anew(request: Request, call_next: CallNext) -> Response:
    """Reading a recommendation runs other rules than making it."""
    answer = await call_next(request)
    if not is_read(request) or answer.status != 200:
        return answer
    return answer.with_json({**answer.json, "outcome": await another_outcome(call_next, answer.json["outcome"])})


@scenario("DECN-API-003")
async def examples_are_served(service: Service) -> None:
    """Profile decision-support/1, CaseType: ``outcomes`` are all that there are; ``examples`` are there for clients to try the service with."""
    declared = await case_types(service)
    tried = 0
    for case_type in declared.all:
        id, outcomes = case_type.get("id"), declared.outcomes(case_type.get("id"))
        for number, example in enumerate(case_type.get("examples") or ()):
            if tried >= _EXAMPLES or not isinstance(example, dict) or not isinstance(example.get("facts"), dict):
                continue
            tried += 1
            exchange = await try_recommendation(service, plain_case(service, caseType=id, facts=example["facts"]))
            not_now(exchange)
            what = f"example {number} of the case type {id}"
            if not exchange.succeeded or not isinstance(exchange.answer.document, dict):
                raise Violation(
                    f"{what} is not served", expected="201", got=f"{exchange.status} {excerpt(exchange.answer.text)}", exchange=exchange
                )
            outcome = exchange.answer.document.get("outcome")
            expected = [example["outcome"]] if isinstance(example.get("outcome"), str) else outcomes
            if outcome not in expected or outcome not in outcomes:
                message = f"{what} has an outcome that is not the one declared"
                shown = ", ".join(each for each in outcomes if each in expected) or f"one of {', '.join(outcomes)}"
                raise Violation(message, expected=shown, got=outcome, pointer="/outcome", exchange=exchange)
    if not tried:
        raise NotTested("no case type has an example that can be read")


@mutant("DECN-API-003")
async def an_outcome_is_not_declared(request: Request, call_next: CallNext) -> Response:
    """The outcome of the first example is missing in the list of outcomes."""

    def change(content: dict[str, Any]) -> None:
        case_type = content["caseTypes"][0]
        case_type["outcomes"] = [each for each in case_type["outcomes"] if each["id"] != case_type["examples"][0]["outcome"]]

    return await changed(request, call_next, "/case-types", change)


@mutant("DECN-API-003")
async def examples_are_of_last_year(request: Request, call_next: CallNext) -> Response:
    """Examples have the outcomes of earlier rules."""

    def change(content: dict[str, Any]) -> None:
        case_type = content["caseTypes"][0]
        example = case_type["examples"][-1]
        example["outcome"] = next(each["id"] for each in case_type["outcomes"] if each["id"] != example["outcome"])

    return await changed(request, call_next, "/case-types", change)


@scenario("DECN-API-004")
async def what_is_not_there_is_not_found(service: Service) -> None:
    """RFC 9110 section 15.5.5: 404. A service whose ids have a form of their own may call another one invalid, and one may ask who asks."""
    id = f"{service.random.getrandbits(128):032x}"
    exchanges = [await service.send("GET", path_of(id, part)) for part in ("", "/explanation")]
    exchanges.append(await decide(service, id, {"outcome": "x", "official": {"name": "Jonas Pavyzdys"}, "reason": "test"}))
    for exchange in exchanges:
        if exchange.status == 503 or exchange.status == 429:
            not_now(exchange)
        if not 400 <= exchange.status < 500 and exchange.status != 501:
            message = f"{exchange.request.method} of a recommendation that does not exist is not refused"
            raise Violation(message, expected="404", got=f"{exchange.status} {excerpt(exchange.answer.text)}", exchange=exchange)


@mutant("DECN-API-004")
async def what_is_not_there_is_empty(request: Request, call_next: CallNext) -> Response:
    """A recommendation that does not exist is read as an empty one."""
    answer = await call_next(request)
    if not is_read(request) or answer.status != 404:
        return answer
    empty = {"id": "-", "status": "open", "caseType": "-", "facts": {}, "outcome": "-", "decisions": []}
    headers = Headers([each for each in answer.headers if each[0].lower() not in ("content-language", "vary")])
    return Response(200, headers.with_field("Cache-Control", "no-store")).with_json(empty, "application/json")


@mutant("DECN-API-004")
async def explanations_are_made_up(request: Request, call_next: CallNext) -> Response:
    """There is an explanation for whatever id is asked for."""
    answer = await call_next(request)
    if not is_explanation(request) or answer.status != 404:
        return answer
    element = {"feature": "x", "direction": "for", "text": "The facts were considered."}
    general = {
        "id": "e",
        "recommendation": "-",
        "outcome": "-",
        "role": "The system considered the case.",
        "elements": [element],
        "counterfactuals": [],
    }
    return Response(200, answer.headers.with_field("Content-Language", "en").with_field("Cache-Control", "no-store")).with_json(
        general, "application/json"
    )


_LETTERS = {
    "applicant": {"familyName": "Żółć-Šąžinėlytė Įčiūnas", "givenName": "Łucja Śnieżka Ęūžė"},
    "reference": "WS.ŁÓDŹ.12/Č-Ų",
    "note": "Zażółć gęślą jaźń; įlinkdama fechtuotojo špaga sublykčiojusi pragręžė apvalų arbūzą.",
}


@scenario("DECN-ENC-001")
async def letters_come_back(service: Service) -> None:
    """The European Interoperability Framework, recommendation 16. The same letters in another normal form (UAX #15) are the same letters."""
    made = await try_recommendation(service, plain_case(service, **_LETTERS))
    not_now(made)
    if not made.succeeded:
        await recommended(service)
        got = f"{made.status} {excerpt(made.answer.text)}"
        raise Violation("names with Polish and Lithuanian letters are refused", expected="201", got=got, exchange=made)
    compared = 0
    for exchange in (made, await read(service, str(id_of(made)))):
        for pointer, sent, came in _texts(_LETTERS, exchange.answer.document):
            compared += 1
            if unicodedata.normalize("NFC", came) != sent:
                raise Violation("a text does not come back as it was sent", expected=sent, got=came, pointer=pointer, exchange=exchange)
    if not compared:
        raise NotApplicable("recommendations return none of the texts that are sent")


def _texts(sent: Any, came: Any, pointer: str = "") -> list[tuple[str, str, str]]:
    """The texts that were sent and came back, with their place."""
    if isinstance(sent, dict):
        within = came if isinstance(came, dict) else {}
        return [each for name in sent if name in within for each in _texts(sent[name], within[name], f"{pointer}/{name}")]
    return [(pointer, sent, came)] if isinstance(came, str) else []


@mutant("DECN-ENC-001")
async def names_are_kept_without_marks(request: Request, call_next: CallNext) -> Response:
    """Names go through a register that knows the letters of one country alone."""

    def change(content: dict[str, Any]) -> None:
        fold = str.maketrans("ŁłŚśŻżĆćŃńÓóŹź", "LlSsZzCcNnOoZz")
        content["applicant"] = {name: str(value).translate(fold) for name, value in content["applicant"].items()}

    return await altered(request, call_next, change) if is_read(request) else await call_next(request)


@scenario("DECN-EQL-001")
async def equal_cases_get_equal_outcomes(service: Service) -> None:
    """Profile decision-support/1: what the outcome depends on stands in ``facts``. GDPR Article 5(1)(a): personal data is processed fairly."""
    first = await recommended(service)
    outcome = first.answer.document.get("outcome")
    others: list[tuple[str, dict[str, Any], str]] = [
        ("another Polish name", {"applicant": {"familyName": "Brzęczyszczykiewicz", "givenName": "Grzegorz"}}, "pl"),
        ("a Lithuanian name", {"applicant": {"familyName": "Žąsinienė", "givenName": "Šarūnė"}}, "lt"),
        ("another birth date", {"applicant": {"familyName": "Pavyzdienė", "givenName": "Ona", "dateOfBirth": "1951-03-07"}}, "lt"),
        ("a name of neither country", {"applicant": {"familyName": "Nguyễn", "givenName": "Thị"}}, "en"),
        ("another file number", {"reference": "9/Z-2026"}, "pl"),
        ("no note", {"note": None}, "lt"),
    ]
    for what, members, language in others:
        exchange = await try_recommendation(service, plain_case(service, **members), Accept_Language=language)
        not_now(exchange)
        got = (
            exchange.answer.document.get("outcome")
            if exchange.succeeded and isinstance(exchange.answer.document, dict)
            else exchange.status
        )
        if got != outcome:
            raise Violation(
                f"the same facts under {what} have another outcome", expected=outcome, got=got, pointer="/outcome", exchange=exchange
            )


@mutant("DECN-EQL-001")
async def foreigners_are_another_case(request: Request, call_next: CallNext) -> Response:
    """Applicants whose names have letters of neither country are assessed by stricter rules."""
    answer = await call_next(request)
    if not is_recommendation(request) or answer.status != 201 or "ễ" not in str(request.document):
        return answer
    return answer.with_json({**answer.json, "outcome": await another_outcome(call_next, answer.json["outcome"])})


@mutant("DECN-EQL-001")
async def the_old_are_another_case(request: Request, call_next: CallNext) -> Response:
    """Who was born before 1960 is assessed by other rules, which no feature tells of."""
    answer = await call_next(request)
    applicant = request.document.get("applicant") if is_recommendation(request) and isinstance(request.document, dict) else None
    born = applicant.get("dateOfBirth") if isinstance(applicant, dict) else None
    if answer.status != 201 or not isinstance(born, str) or born >= "1960":
        return answer
    return answer.with_json({**answer.json, "outcome": await another_outcome(call_next, answer.json["outcome"])})
