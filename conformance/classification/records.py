"""How well a routing model does, by its own account, and what the record of an answer explains (AI Act Articles 13, 15 and 86)."""

from __future__ import annotations

import re
from typing import Any

from conformance.classification.asking import route, routing
from conformance.classification.questions import questions
from conformance.classification.routing import card_errors
from conformance.core.faults import changed, with_members
from conformance.core.reading import excerpt
from conformance.core.records import record_of
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Request, Response

_CARD = "/service-card"


@scenario("CLAS-CRD-002")
async def the_card_says_how_accurate_it_is(service: Service) -> None:
    """AI Act Articles 13(3)(b)(ii) and 15(3): the level of accuracy and its metrics are declared. Here: for every language of the card."""
    if not service.card:
        raise NotTested("the service has no service card")
    declared = service.card.get("routing")
    accuracy = declared.get("accuracy") if isinstance(declared, dict) else None
    if not isinstance(accuracy, list) or not accuracy:
        raise Violation(
            "the card does not say how accurate the model is", expected="routing.accuracy", got=accuracy, pointer="/routing/accuracy"
        )
    errors = [error for error in card_errors(service, declared) if error.pointer.startswith("/accuracy")]
    if errors:
        raise Violation(
            f"accuracy in the card does not fit the profile: {excerpt(errors[0].message)}", pointer=f"/routing{errors[0].pointer}"
        )
    measured = {str(each["language"]).lower().partition("-")[0] for each in accuracy}
    languages = [str(tag) for tag in service.card.get("languages") or ()]
    missing = [tag for tag in languages if tag.lower().partition("-")[0] not in measured]
    if missing:
        got = ", ".join(sorted(measured))
        raise Violation(
            f"the card does not say how accurate the model is in {missing[0]}", expected=missing[0], got=got, pointer="/routing/accuracy"
        )


@mutant("CLAS-CRD-002")
async def accuracy_is_for_advertising(request: Request, call_next: CallNext) -> Response:
    """The card gives one figure for everything."""
    return await changed(request, call_next, _CARD, lambda card: card["routing"].update(accuracy=card["routing"]["accuracy"][:1]))


@mutant("CLAS-CRD-002")
async def accuracy_was_never_measured(request: Request, call_next: CallNext) -> Response:
    """The card says nothing of how often the model is right."""
    return await changed(request, call_next, _CARD, lambda card: card["routing"].pop("accuracy"))


@scenario("CLAS-EXP-001")
async def records_explain_the_label(service: Service) -> None:
    """AI Act Article 86(1): clear and meaningful explanations of the role of the AI system and of the main elements of what was decided.

    A record that is missing or cannot be read is CORE-LOG-001's subject.
    """
    to = await routing(service)
    row = (await route(service, to, [questions().cases[0]["pl"]], rows=1))[0]
    shown, record = await record_of(service, row.exchange)
    name, model = _member(row.exchange.answer.document, "model_name"), record.get("model")
    if not isinstance(model, str) or (isinstance(name, str) and not model.startswith(name) and not name.startswith(model)):
        expected = str(name or "model")
        raise Violation("the record does not name the model that answered", expected=expected, got=model, pointer="/model", exchange=shown)
    explanation = record.get("explanation")
    told = [text for text in explanation.values() if isinstance(text, str)] if isinstance(explanation, dict) else []
    if not any(text.strip() for text in told):
        raise Violation("the record explains nothing", expected="explanation", got=explanation, pointer="/explanation", exchange=shown)
    if not any(_mentions(text, name) for text in told for name in _names(service, row.label)):
        got = excerpt(told[0])
        raise Violation("the explanation does not name the category", expected=row.label, got=got, pointer="/explanation", exchange=shown)


def _member(document: Any, name: str) -> Any:
    return document.get(name) if isinstance(document, dict) else None


def _names(service: Service, code: str) -> list[str]:
    """What a category is called: its code, and its names in the card."""
    declared = service.card.get("routing")
    categories = declared.get("categories") if isinstance(declared, dict) else None
    found = [each.get("name") for each in categories or () if isinstance(each, dict) and each.get("code") == code]
    return [code, *(str(text) for name in found if isinstance(name, dict) for text in name.values() if text)]


def _mentions(text: str, name: str) -> bool:
    """Whether a text holds the words of a name, in whatever case: Polish and Lithuanian inflect them, so their last letters do not count."""
    words = [word[: max(3, len(word) - 3)] for word in re.findall(r"\w{3,}", name.casefold())] or [name.casefold()]
    return all(word in text.casefold() for word in words)


@mutant("CLAS-EXP-001")
async def records_leave_out_the_classifier(request: Request, call_next: CallNext) -> Response:
    """The record says which system answered, and not with which model."""
    return await with_members(request, call_next, "/records/", model=None)


@mutant("CLAS-EXP-001")
async def every_case_is_explained_alike(request: Request, call_next: CallNext) -> Response:
    """The explanation is a sentence about the system that says nothing of the case."""
    explanation = {
        "pl": "Odpowiedź przygotował system sztucznej inteligencji.",
        "lt": "Atsakymą parengė dirbtinio intelekto sistema.",
        "en": "The answer was prepared by an artificial intelligence system.",
    }
    return await with_members(request, call_next, "/records/", explanation=explanation)
