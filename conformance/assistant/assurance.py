"""The extension object of the profile, part by part: a stream brings it in pieces, and each piece has to be right when it comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.assistant.choices import parts
from conformance.assistant.conversation import is_completion
from conformance.assistant.faults import altered
from conformance.core.reading import excerpt
from harness.checks import CallNext, NotApplicable, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

OUTCOMES = ("answered", "abstained", "handed-over")


def assurances(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """The assurance objects of an answer: one of a completion, one of each chunk that has one."""
    found = (part.get("assurance") for part in parts(exchange.answer))
    return (each for each in found if isinstance(each, dict))


def fits(exchange: Exchange, member: str, schema: str, *, each: bool = False) -> None:
    """Hold a member of every assurance object that has it against a schema of the profile; ``each`` entry of it, where it is a list.

    Raises:
        Violation: it does not fit.
    """
    for assurance in assurances(exchange) if exchange.operation else ():
        if member not in assurance:
            continue
        values = assurance[member] if each and isinstance(assurance[member], list) else [assurance[member]]
        for place, value in enumerate(values):
            errors = exchange.operation.schema(schema).errors(value) if exchange.operation else []
            if errors:
                pointer = f"/assurance/{member}{f'/{place}' if each else ''}{errors[0].pointer}"
                message = f"assurance.{member} does not fit the profile: {excerpt(errors[0].message)}"
                raise Violation(message, expected=f"the schema {schema}", got=excerpt(repr(value)), pointer=pointer)


def _says_how_it_ended(exchange: Exchange) -> bool:
    return is_completion(exchange) and any("outcome" in each for each in assurances(exchange))


@rule("CHAT-OUT-001", when=_says_how_it_ended)
def outcomes_are_those_of_the_profile(exchange: Exchange) -> None:
    """Profile assistant/1, Assurance, outcome: a consumer decides by it whether to show an answer, to look elsewhere, or to call a person."""
    for assurance in assurances(exchange):
        outcome = assurance.get("outcome", OUTCOMES[0])
        if outcome not in OUTCOMES:
            expected, pointer = ", ".join(OUTCOMES), "/assurance/outcome"
            raise Violation("an outcome is none of the profile", expected=expected, got=outcome, pointer=pointer)


@scenario("CHAT-OUT-001")
async def outcomes_are_optional(service: Service) -> None:
    """Where no answer says how its question ended there is nothing to be right; where one does, the rule above has looked at it."""
    request = service.sample("POST")
    exchange = await service.send("POST", request.url, headers=dict(request.headers), body=request.body)
    if not _says_how_it_ended(exchange):
        raise NotApplicable("the plain question is answered without assurance.outcome")


@mutant("CHAT-OUT-001", also=("CORE-LOG-002",))
async def outcomes_are_those_of_the_search(request: Request, call_next: CallNext) -> Response:
    """What the search for sources calls a result stands for how the question ended."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        assurance["outcome"] = {"answered": "success"}.get(assurance.get("outcome", ""), assurance.get("outcome"))
        return text

    return await altered(request, call_next, change)
