"""What people are told: of the system, of what it cannot judge, of the assessment of its use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.core.faults import changed
from conformance.core.reading import parses
from conformance.decision_support.explanations import LANGUAGES
from conformance.decision_support.faults import altered, is_recommendation
from conformance.decision_support.recommendations import is_new
from harness.checks import CallNext, Violation, mutant, rule
from harness.exchange import Exchange, Request, Response


def _missing(texts: Any) -> list[str]:
    """The languages of the agreement in which a text does not stand."""
    own = texts if isinstance(texts, dict) else {}
    return [language for language in LANGUAGES if not (isinstance(own.get(language), str) and own[language].strip())]


@rule("DECN-NOT-001", when=is_new)
def recommendations_carry_a_notice(exchange: Exchange) -> None:
    """AI Act Article 86(1): the person concerned can only ask for an explanation who knows of the system. CORE-LNG-001 looks at the languages."""
    content = exchange.answer.document
    ai = content.get("ai")
    for name in ("system", "version"):
        value = ai.get(name) if isinstance(ai, dict) else None
        if not isinstance(value, str) or not value.strip():
            raise Violation(f"a recommendation does not name its {name}", expected=f"ai.{name}", got=value, pointer=f"/ai/{name}")
    missing = _missing(content.get("notice"))
    if missing:
        shown = ", ".join(missing)
        raise Violation(
            f"a recommendation has no notice in {shown}", expected="pl, lt and en in notice", got=content.get("notice"), pointer="/notice"
        )


@mutant("DECN-NOT-001", also=("CORE-LOG-002",))
async def the_notice_is_not_translated(request: Request, call_next: CallNext) -> Response:
    """The notice was never translated into Lithuanian."""

    def change(content: dict[str, Any]) -> None:
        del content["notice"]["lt"]

    return await altered(request, call_next, change) if is_recommendation(request) else await call_next(request)


@mutant("DECN-NOT-001", also=("CORE-LOG-002",))
async def the_system_is_not_told(request: Request, call_next: CallNext) -> Response:
    """A recommendation looks as if nobody had made it."""
    change = lambda content: content.pop("ai")  # noqa: E731
    return await altered(request, call_next, change) if is_recommendation(request) else await call_next(request)


def _case_types(exchange: Exchange) -> Iterator[tuple[int, dict[str, Any]]]:
    content = exchange.answer.document
    declared = content.get("caseTypes") if isinstance(content, dict) else None
    for number, each in enumerate(declared if isinstance(declared, list) else ()):
        if isinstance(each, dict):
            yield number, each


def _declares(exchange: Exchange) -> bool:
    operation = exchange.operation
    return (
        exchange.succeeded
        and operation is not None
        and operation.id == "listCaseTypes"
        and parses(exchange.answer)
        and any(_case_types(exchange))
    )


@rule("DECN-CAS-001", when=_declares)
def case_types_say_what_they_are_for(exchange: Exchange) -> None:
    """AI Act Article 14(4)(a): who oversees the system understands its capacities and limitations."""
    for number, case_type in _case_types(exchange):
        for name in ("purpose", "limits"):
            missing = _missing(case_type.get(name))
            if missing:
                message = f"a case type does not say its {name} in {', '.join(missing)}"
                raise Violation(
                    message, expected=f"pl, lt and en in {name}", got=case_type.get(name), pointer=f"/caseTypes/{number}/{name}"
                )


@mutant("DECN-CAS-001")
async def everything_can_be_judged(request: Request, call_next: CallNext) -> Response:
    """A case type names no limits."""
    return await changed(request, call_next, "/case-types", lambda content: content["caseTypes"][-1].pop("limits"))


@rule("DECN-FRI-001", when=_declares)
def case_types_name_their_assessment(exchange: Exchange) -> None:
    """AI Act Article 27(1): bodies governed by public law assess the impact of the use on fundamental rights before it begins."""
    for number, case_type in _case_types(exchange):
        assessment = case_type.get("fundamentalRightsAssessment")
        reference = assessment.get("reference") if isinstance(assessment, dict) else None
        if not isinstance(reference, str) or not reference.strip():
            pointer = f"/caseTypes/{number}/fundamentalRightsAssessment"
            raise Violation(
                "a case type names no fundamental rights impact assessment", expected="reference", got=assessment, pointer=pointer
            )


@mutant("DECN-FRI-001")
async def rights_were_not_assessed(request: Request, call_next: CallNext) -> Response:
    """The assessment is still under way, and the system is used."""
    return await changed(request, call_next, "/case-types", lambda content: content["caseTypes"][0].pop("fundamentalRightsAssessment"))
