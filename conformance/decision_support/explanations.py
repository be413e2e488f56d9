"""Explanations: the role of the system and the main elements, in three languages."""

from __future__ import annotations

from typing import Any

from conformance.core.languages import stripped, sure_language
from conformance.core.reading import excerpt
from conformance.decision_support.asking import case_types, id_of, path_of, plain_case, recommended
from conformance.decision_support.facts import features, same_value
from conformance.decision_support.faults import altered, is_explanation
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

LANGUAGES = ("pl", "lt", "en")


async def explained(service: Service, id: str, language: str = "en") -> Exchange:
    """The explanation of a recommendation that was made.

    Raises:
        Violation: there is none, or it is no explanation of this profile.
        NotTested: it may not be read with the credential of this run.
    """
    exchange = await service.send("GET", path_of(id, "/explanation"), headers={"Accept-Language": language})
    if exchange.status in (401, 403, 429, 503):
        raise NotTested(f"the explanation is answered with {exchange.status}")
    errors = exchange.operation.response_errors(exchange.answer) if exchange.operation and exchange.succeeded else []
    if errors or exchange.status != 200 or not isinstance(exchange.answer.document, dict):
        got = excerpt(errors[0].message) if errors else f"{exchange.status} {excerpt(exchange.answer.text)}"
        pointer = errors[0].pointer if errors else None
        raise Violation(
            "a recommendation has no explanation", expected="200 and an explanation", got=got, pointer=pointer, exchange=exchange
        )
    return exchange


@scenario("DECN-EXP-001")
async def recommendations_are_explained(service: Service) -> None:
    """AI Act Article 86(1): clear and meaningful explanations of the role of the AI system and of the main elements of the decision."""
    case = plain_case(service)
    declared = {feature["name"] for feature in features((await case_types(service)).of(case["caseType"]))}
    made = await recommended(service, case)
    exchange = await explained(service, id_of(made))
    content = exchange.answer.document
    for name, expected in (("recommendation", id_of(made)), ("outcome", made.answer.document.get("outcome"))):
        if content[name] != expected:
            message = f"the explanation is of another {name}"
            raise Violation(message, expected=expected, got=content[name], pointer=f"/{name}", exchange=exchange)
    for number, element in enumerate(content["elements"]):
        name, pointer = element["feature"], f"/elements/{number}"
        if name not in declared:
            message = "an element of the explanation is no declared feature"
            raise Violation(message, expected=", ".join(sorted(declared)), got=name, pointer=f"{pointer}/feature", exchange=exchange)
        if name in case["facts"] and not same_value(element.get("value"), case["facts"][name]):
            message, got = f"the explanation gives another value of {name} than was sent", repr(element.get("value"))
            raise Violation(message, expected=repr(case["facts"][name]), got=got, pointer=f"{pointer}/value", exchange=exchange)


@mutant("DECN-EXP-001", also=("DECN-EXP-003",))
async def explanations_are_given_on_paper(request: Request, call_next: CallNext) -> Response:
    """Explanations are not offered to machines."""
    return await call_next(Request("GET", f"/paper{request.path}", request.headers) if is_explanation(request) else request)


@mutant("DECN-EXP-001")
async def the_district_counts(request: Request, call_next: CallNext) -> Response:
    """An element of the explanation is something that nobody was asked for."""
    change = lambda content: content["elements"][0].update(feature="district", value="Stare Miasto")  # noqa: E731
    return await altered(request, call_next, change) if is_explanation(request) else await call_next(request)


@mutant("DECN-EXP-001")
async def values_are_the_average_ones(request: Request, call_next: CallNext) -> Response:
    """The values in explanations are those of an average case."""

    def change(content: dict[str, Any]) -> None:
        for element in content["elements"]:
            if isinstance(element.get("value"), int | float) and not isinstance(element["value"], bool):
                element["value"] += 1

    return await altered(request, call_next, change) if is_explanation(request) else await call_next(request)


def _substance(content: dict[str, Any]) -> dict[str, Any]:
    """What of an explanation no language changes."""
    elements = [(each["feature"], each.get("value"), each["direction"], each.get("weight")) for each in content["elements"]]
    return {
        "outcome": content["outcome"],
        "elements": elements,
        "counterfactuals": [(c["changes"], c["outcome"]) for c in content["counterfactuals"]],
    }


@scenario("DECN-EXP-003")
async def explanations_are_in_three_languages(service: Service) -> None:
    """The European Interoperability Framework, recommendation 16. Only a language without doubt is held against the service."""
    id = id_of(await recommended(service))
    found = {language: await explained(service, id, language) for language in LANGUAGES}
    for language, exchange in found.items():
        content = exchange.answer.document
        text = " ".join([content["role"], *(each["text"] for each in content["elements"])])
        declared = (exchange.answer.headers.get("content-language") or language).partition("-")[0].lower()
        written = sure_language(text)
        if declared != language or (written is not None and written != language):
            got = f"{written or declared}: {excerpt(text)}"
            raise Violation(
                f"an explanation that was asked for in {language} is in another language", expected=language, got=got, exchange=exchange
            )
        lost = stripped(text, language)
        if lost:
            raise Violation(
                f"an explanation in {language} has lost its letters ({lost})", expected=language, got=excerpt(text), exchange=exchange
            )
    english = _substance(found["en"].answer.document)
    for language, exchange in found.items():
        own = _substance(exchange.answer.document)
        for name, expected in english.items():
            if own[name] != expected:
                message = f"{name} of an explanation differ between {language} and en"
                raise Violation(
                    message, expected=excerpt(str(expected)), got=excerpt(str(own[name])), pointer=f"/{name}", exchange=exchange
                )


@mutant("DECN-EXP-003")
async def explanations_are_in_the_language_of_the_office(request: Request, call_next: CallNext) -> Response:
    """Explanations are in one language, whatever is asked for."""
    return await call_next(request.with_header("Accept-Language", None) if is_explanation(request) else request)


@mutant("DECN-EXP-003")
async def translations_are_shorter(request: Request, call_next: CallNext) -> Response:
    """In English the explanation has the first element alone."""
    if not is_explanation(request) or not (request.headers.get("accept-language") or "").startswith("en"):
        return await call_next(request)
    return await altered(request, call_next, lambda content: content.update(elements=content["elements"][:1]))
