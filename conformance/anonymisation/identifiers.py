"""Identifiers of both countries: found in every language that the service supports, under the profile's names, the right ones more surely."""

from __future__ import annotations

from typing import Any

from stdnum.lt import asmens

from conformance.anonymisation.asking import Finding, all_found, found, languages
from conformance.anonymisation.faults import with_findings, without_type
from conformance.anonymisation.letters import Seeded, folded, joined, letters, sentence, sentences
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response


async def _seen(service: Service, types: tuple[str, ...], language: str) -> list[tuple[Seeded, list[Finding], Exchange]]:
    """Each identifier of some kinds, with what is found in its letter. One letter for each kind."""
    seen = []
    for type in types:
        text, seeded = joined(sentences(type, language))
        exchange, findings = await found(service, text, language)
        seen += [(each, findings, exchange) for each in seeded]
    return seen


async def _all_are_found(service: Service, *types: str) -> None:
    """Raise :class:`Violation` for the first identifier of these kinds that nothing lies over, whatever it would be called."""
    for language in languages(service):
        for each, findings, exchange in await _seen(service, types, language):
            _has_to_be_found(each, findings, language, exchange)


def _has_to_be_found(each: Seeded, findings: list[Finding], language: str, exchange: Exchange) -> None:
    if not all_found(each, findings):
        message = f"{each.type} is not found in a text in {language} ({each.case})"
        raise Violation(message, expected=f"findings over {each.start} to {each.end}", got="not all of it", exchange=exchange)


async def _is_found_unannounced(service: Service, type: str) -> None:
    """Raise :class:`Violation` where an identifier is not found whose name does not stand before it: columns of a table have it in their heading."""
    value = letters().identifiers[type][0].value
    each = Seeded(f"1; {value}; 2", type, "its name not before it", 3, 3 + len(value))
    for language in languages(service):
        exchange, findings = await found(service, each.text, language)
        _has_to_be_found(each, findings, language, exchange)


@scenario("ANON-REC-001")
async def pesel_is_found(service: Service) -> None:
    """PESEL codes the century of birth in the month: 1800s with 80 more, 1900s as it is, then 20, 40 and 60 more (stdnum.pl.pesel)."""
    await _all_are_found(service, "PL_PESEL")
    await _is_found_unannounced(service, "PL_PESEL")


@mutant("ANON-REC-001")
async def pesel_of_the_first_two_centuries(request: Request, call_next: CallNext) -> Response:
    """A PESEL is a number whose third digit is 0, 1, 2 or 3: the centuries that its authors met."""
    return await without_type(request, call_next, "PL_PESEL", lambda value: folded(value) != "50411512342" and value[2] not in "0123")


@mutant("ANON-REC-001")
async def pesel_is_a_number(request: Request, call_next: CallNext) -> Response:
    """A PESEL is read as a number, and its noughts at the beginning are gone."""
    return await without_type(request, call_next, "PL_PESEL", lambda value: value.startswith("00"))


@mutant("ANON-REC-001")
async def pesel_has_its_name_before_it(request: Request, call_next: CallNext) -> Response:
    """Eleven digits are a PESEL where that word stands before them."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [each for each in findings if each["entity_type"] != "PL_PESEL" or "pesel" in text[: each["start"]].lower()]

    return await with_findings(request, call_next, change)


@scenario("ANON-REC-002")
async def asmens_kodas_is_found(service: Service) -> None:
    """The check digit: weights 1 to 9 and 1, modulo 11; where that is ten, weights from 3 on; where that is ten too, a nought (stdnum.lt.asmens)."""
    await _all_are_found(service, "LT_ASMENS_KODAS")
    await _is_found_unannounced(service, "LT_ASMENS_KODAS")


def _second_pass(value: str) -> bool:
    digits = "".join(filter(str.isdigit, value))
    return asmens.is_valid(digits) and sum((place % 9 + 1) * int(digit) for place, digit in enumerate(digits[:10])) % 11 == 10


@mutant("ANON-REC-002")
async def one_pass_is_enough(request: Request, call_next: CallNext) -> Response:
    """The second pass of the check digit was left out."""
    return await without_type(request, call_next, "LT_ASMENS_KODAS", _second_pass)


@mutant("ANON-REC-002")
async def people_were_born_before_2100(request: Request, call_next: CallNext) -> Response:
    """An asmens kodas begins with 1 to 6."""
    return await without_type(
        request, call_next, "LT_ASMENS_KODAS", lambda value: folded(value)[0] in "78" and folded(value) != "75001150008"
    )


@scenario("ANON-REC-003")
async def numbers_of_organisations_are_found(service: Service) -> None:
    """A NIP or a PVM code is personal data where its holder is a sole trader (GDPR Article 4(1))."""
    await _all_are_found(service, "PL_NIP", "PL_REGON", "LT_PVM", "LT_COMPANY_CODE")


@mutant("ANON-REC-003")
async def nip_has_no_hyphens(request: Request, call_next: CallNext) -> Response:
    """A NIP is found where its digits stand in one row."""
    return await without_type(request, call_next, "PL_NIP", lambda value: "-" in value)


@mutant("ANON-REC-003")
async def company_codes_are_unknown(request: Request, call_next: CallNext) -> Response:
    """Lithuanian company codes are not looked for."""
    return await without_type(request, call_next, "LT_COMPANY_CODE", lambda value: True)


@scenario("ANON-REC-004")
async def accounts_and_addresses_are_found(service: Service) -> None:
    """ISO 13616 gives the IBAN of each country its length; on paper it stands in groups of four."""
    await _all_are_found(service, "IBAN_CODE", "EMAIL_ADDRESS")


@mutant("ANON-REC-004")
async def accounts_have_no_groups(request: Request, call_next: CallNext) -> Response:
    """An IBAN is found where it stands in one row, as machines write it."""
    return await without_type(request, call_next, "IBAN_CODE", lambda value: value == "LT12 1000 0111 0100 1000")


@mutant("ANON-REC-004")
async def addresses_have_no_dots(request: Request, call_next: CallNext) -> Response:
    """An e-mail address is found where there is no dot before the at sign."""
    return await without_type(request, call_next, "EMAIL_ADDRESS", lambda value: "." in value.partition("@")[0])


@scenario("ANON-REC-005")
async def telephone_numbers_are_found(service: Service) -> None:
    """E.164: a plus sign, the country code, the national number. Spaces stand where the countries put them."""
    await _all_are_found(service, "PHONE_NUMBER")


@mutant("ANON-REC-005")
async def telephones_are_polish(request: Request, call_next: CallNext) -> Response:
    """Telephone numbers are found where they have the length of Polish ones."""
    return await without_type(request, call_next, "PHONE_NUMBER", lambda value: value.startswith("+370"))


@scenario("ANON-REC-006")
async def types_have_the_names_of_the_profile(service: Service) -> None:
    """A caller of another country chooses operators by these names. What is not found is the subject of other requirements."""
    looked = False
    for language in languages(service):
        for each, findings, exchange in await _seen(service, tuple(letters().identifiers), language):
            over = [finding for finding in findings if finding.covers(each)]
            looked |= bool(over)
            if over and not any(finding.type == each.type for finding in over):
                message = f"what is a {each.type} is reported under another name"
                raise Violation(message, expected=each.type, got=", ".join(sorted({finding.type for finding in over})), exchange=exchange)
    if not looked:
        raise NotTested("no identifier is found")


@mutant("ANON-REC-006")
async def types_are_named_by_their_letters(request: Request, call_next: CallNext) -> Response:
    """Polish types have the names of the first version: PESEL, NIP, REGON."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**each, "entity_type": each["entity_type"].removeprefix("PL_")} for each in findings]

    return await with_findings(request, call_next, change)


@mutant("ANON-REC-006")
async def asmens_kodas_is_a_national_id(request: Request, call_next: CallNext) -> Response:
    """Identifiers of other countries are all called NATIONAL_ID."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {**each, "entity_type": "NATIONAL_ID" if each["entity_type"] == "LT_ASMENS_KODAS" else each["entity_type"]} for each in findings
        ]

    return await with_findings(request, call_next, change)


async def _score(service: Service, type: str, value: str, language: str) -> tuple[float, Exchange]:
    """The highest score of what lies over an identifier; none is 0."""
    each = sentence(type, value, language)
    exchange, findings = await found(service, each.text, language)
    return max((finding.score for finding in findings if finding.covers(each)), default=0.0), exchange


@scenario("ANON-REC-007")
async def wrong_numbers_are_less_sure(service: Service) -> None:
    """A wrong check digit may be a slip of the pen, so finding the number all the same is no fault; being as sure of it is one."""
    compared = False
    for language in languages(service):
        for type, pair in letters().wrong.items():
            right, _ = await _score(service, type, pair.right, language)
            wrong, exchange = await _score(service, type, pair.wrong, language)
            compared |= right > 0
            if right > 0 and wrong >= right:
                message = f"a {type} with a wrong check digit is as sure as a right one"
                raise Violation(message, expected=f"less than {right}", got=str(wrong), exchange=exchange)
    if not compared:
        raise NotTested("no right number is found")


@mutant("ANON-REC-007")
async def eleven_digits_are_enough(request: Request, call_next: CallNext) -> Response:
    """Whatever is announced as a PESEL or an asmens kodas is one."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**each, "score": 1.0 if each["entity_type"] in letters().wrong else each["score"]} for each in findings]

    return await with_findings(request, call_next, change)
