"""What an explanation says would have changed the outcome does change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.core.reading import excerpt
from conformance.decision_support.asking import CaseTypes, case_types, id_of, plain_case, recommended, what_if
from conformance.decision_support.explanations import explained
from conformance.decision_support.facts import Facts, alternatives, features
from conformance.decision_support.faults import altered, is_explanation
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

_CASES = 4
"""How many examples are explained, and run again with the changes of each explanation."""
_PROBES = 24
"""How many single changes are tried where an explanation names none."""


@scenario("DECN-EXP-002")
async def counterfactuals_are_true(service: Service) -> None:
    """AI Act Article 86(1), meaningful: the same system, asked what it would make of the changed case, says what the explanation says.

    An element that is decisive only together with another stands in one counterfactual with it, so nothing is asked of it alone. That there is
    a counterfactual at all is asked where a single change, tried here, brings another outcome.
    """
    declared = await case_types(service)
    case, shown = plain_case(service), 0
    for facts in _cases(declared, case):
        exchange = await _explained(service, {**case, "facts": facts})
        content = exchange.answer.document
        for number, counterfactual in enumerate(content["counterfactuals"]):
            await _is_true(service, case["caseType"], facts, content["outcome"], counterfactual, number, exchange)
            shown += 1
        if not content["counterfactuals"]:
            change = await _single_change(service, declared, case["caseType"], facts, content["outcome"])
            if change is not None:
                name, value, outcome = change
                message = f"the explanation holds no counterfactual, and {name} alone changes the outcome"
                expected = f"changes {{{name}: {value!r}}}, outcome {outcome}"
                raise Violation(message, expected=expected, got="none", pointer="/counterfactuals", exchange=exchange)
    if not shown:
        raise NotTested("no example has a counterfactual, and no single change brings another outcome")


def _cases(declared: CaseTypes, case: Mapping[str, Any]) -> list[Facts]:
    """The facts of the plain request, and of the other examples of its case type."""
    examples = declared.of(case["caseType"]).get("examples") or ()
    others = [each["facts"] for each in examples if isinstance(each, dict) and isinstance(each.get("facts"), dict)]
    return [case["facts"], *(facts for facts in others if facts != case["facts"])][:_CASES]


async def _explained(service: Service, case: Mapping[str, Any]) -> Exchange:
    try:
        return await explained(service, id_of(await recommended(service, case)))
    except Violation as violation:
        raise NotTested(violation.message) from None  # DECN-EXP-001's subject


async def _is_true(
    service: Service, case_type: Any, facts: Facts, explained: str, counterfactual: Mapping[str, Any], number: int, exchange: Exchange
) -> None:
    changes, promised = counterfactual["changes"], counterfactual["outcome"]
    place = f"/counterfactuals/{number}"
    if promised == explained:
        message = "a counterfactual has the outcome that is explained"
        raise Violation(message, expected=f"not {explained}", got=promised, pointer=f"{place}/outcome", exchange=exchange)
    outcome = await what_if(service, case_type, {**facts, **changes})
    if outcome is None:
        message = "a counterfactual is a case that the service refuses"
        raise Violation(message, expected=promised, got=excerpt(str(changes)), pointer=f"{place}/changes", exchange=exchange)
    if outcome != promised:
        message = "a counterfactual is not true: with its changes the outcome is another one"
        raise Violation(message, expected=promised, got=outcome, pointer=place, exchange=exchange)


async def _single_change(
    service: Service, declared: CaseTypes, case_type: Any, facts: Facts, explained: str
) -> tuple[str, Any, str] | None:
    """A feature with another value that alone brings another outcome, and that outcome; looked for among the ends of what is declared."""
    probes = [(feature["name"], value) for feature in features(declared.of(case_type)) for value in alternatives(feature, facts)]
    for name, value in probes[:_PROBES]:
        outcome = await what_if(service, case_type, {**facts, name: value})
        if outcome is not None and outcome != explained:
            return name, value, outcome
    return None


@mutant("DECN-EXP-002")
async def counterfactuals_are_from_a_table(request: Request, call_next: CallNext) -> Response:
    """Every explanation says that a little more of the first number would have changed the outcome."""

    def change(content: dict[str, Any]) -> None:
        number = next(
            each for each in content["elements"] if isinstance(each.get("value"), int | float) and not isinstance(each["value"], bool)
        )
        for counterfactual in content["counterfactuals"]:
            counterfactual["changes"] = {
                number["feature"]: number["value"] + 0.001 if isinstance(number["value"], float) else number["value"]
            }

    return await altered(request, call_next, change) if is_explanation(request) else await call_next(request)


@mutant("DECN-EXP-002")
async def nothing_would_have_helped(request: Request, call_next: CallNext) -> Response:
    """Explanations hold no counterfactual."""
    return (
        await altered(request, call_next, lambda content: content.update(counterfactuals=[]))
        if is_explanation(request)
        else await call_next(request)
    )


@mutant("DECN-EXP-002")
async def counterfactuals_promise_what_is(request: Request, call_next: CallNext) -> Response:
    """The outcome of a counterfactual is the one that is explained."""

    def change(content: dict[str, Any]) -> None:
        for counterfactual in content["counterfactuals"]:
            counterfactual["outcome"] = content["outcome"]

    return await altered(request, call_next, change) if is_explanation(request) else await call_next(request)
