"""From the letter to the letter without people: analysed, anonymised, and searched for what may be left in any form."""

from __future__ import annotations

from typing import Any

from conformance.anonymisation.asking import ANONYMIZE, all_found, anonymized, as_result, found, languages
from conformance.anonymisation.faults import asked_otherwise, with_findings, without_type
from conformance.anonymisation.letters import folded, joined, letters, sentence
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Request, Response

_WIDE = {ord(digit): ord(digit) - ord("0") + ord("０") for digit in "0123456789"}
_NUMBERS = ("PL_PESEL", "LT_ASMENS_KODAS")


def forms(type: str, value: str) -> dict[str, str]:
    """An identifier as people and machines write it, by what is particular about the form."""
    written = {"as it is": value}
    if type in _NUMBERS:
        written["in groups"] = f"{value[:3]} {value[3:6]} {value[6:9]} {value[9:]}"
        written["with a hyphen"] = f"{value[:6]}-{value[6:]}" if type == "PL_PESEL" else f"{value[:7]}-{value[7:]}"
        written["with no-break spaces"] = f"{value[:7]}\u00a0{value[7:]}"
        written["in full-width digits"] = value.translate(_WIDE)
    if type == "IBAN_CODE":
        bare = value.replace(" ", "")
        written["in groups"] = " ".join(bare[place : place + 4] for place in range(0, len(bare), 4))
    return written


@scenario("ANON-ANM-001")
async def nothing_is_left(service: Service) -> None:
    """GDPR Article 4(5): data that can no longer be attributed to a person. An identifier in groups leads to its holder like any other.

    Looked for are identifiers of the kinds that the service finds as they are; what it does not find at all is ANON-REC's subject.
    """
    looked = False
    for language in languages(service):
        for type in (*_NUMBERS, "IBAN_CODE", "EMAIL_ADDRESS"):
            value = letters().identifiers[type][0].value
            plain = sentence(type, value, language)
            _, seen = await found(service, plain.text, language)
            if not all_found(plain, seen):
                continue
            looked = True
            written = forms(type, value)
            text, _ = joined([sentence(type, each, language, name) for name, each in written.items()])
            _, findings = await found(service, text, language)
            exchange, new = await anonymized(
                service, text, [as_result(each) for each in findings], anonymizers={"DEFAULT": {"type": "replace", "new_value": "[…]"}}
            )
            if folded(value) in folded(new):
                name = next((name for name, each in written.items() if each in new), "in a form of its own")
                message = f"a {type} in a text in {language} is left after anonymising ({name})"
                raise Violation(message, expected="nothing of it", got=type, pointer="/text", exchange=exchange)
    if not looked:
        raise NotTested("no identifier is found, so there is nothing to take out")


@mutant("ANON-ANM-001")
async def numbers_in_groups_are_no_numbers(request: Request, call_next: CallNext) -> Response:
    """A PESEL in groups, as forms have it, is not found."""
    return await without_type(request, call_next, "PL_PESEL", lambda value: " " in value)


@mutant("ANON-ANM-001")
async def digits_are_ascii(request: Request, call_next: CallNext) -> Response:
    """Full-width digits, as some systems of input write them, are no digits."""
    return await without_type(
        request, call_next, "LT_ASMENS_KODAS", lambda value: not value.isascii() and " " not in value and "\u00a0" not in value
    )


@mutant("ANON-ANM-001")
async def each_type_is_found_once(request: Request, call_next: CallNext) -> Response:
    """Of a number that stands in a text in several forms, the first is reported."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        seen: set[str] = set()
        kept = []
        for each in findings:
            bare = folded(text[each["start"] : each["end"]])
            if bare not in seen or each["entity_type"] not in _NUMBERS:
                kept.append(each)
            seen.add(bare)
        return kept

    return await with_findings(request, call_next, change)


@mutant("ANON-ANM-001", also=("ANON-ANM-002",))
async def weak_results_are_not_taken_out(request: Request, call_next: CallNext) -> Response:
    """/anonymize passes over a result for an account that stands in groups."""

    def change(asked: dict[str, Any]) -> None:
        text = asked["text"]
        asked["analyzer_results"] = [
            each for each in asked["analyzer_results"] if each["entity_type"] != "IBAN_CODE" or " " not in text[each["start"] : each["end"]]
        ]

    return await asked_otherwise(request, call_next, ANONYMIZE, change)
