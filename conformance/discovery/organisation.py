"""Who the organisation is: numbers that registers know it by, valid and in agreement; and nobody's personal number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.core.faults import changed
from conformance.core.reading import strings
from conformance.discovery.card import CARD, card_of, entries, member
from conformance.discovery.links import CATALOGUE
from harness.checks import CallNext, NeedsReview, NotApplicable, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response
from harness.national import UnsureError, personal_identifiers
from harness.national.organisations import schemes, wrong

_OF_COUNTRY = {"PL": ("NIP", "REGON", "KRS", "EUID", "VAT"), "LT": ("JAR", "PVM", "EUID", "VAT")}
_POINTER = "/provider/identifiers"


def _numbers(card: Any) -> list[tuple[int, str, str]]:
    """The identifiers of the card: their place, scheme and value."""
    found = [(place, each.get("scheme"), each.get("value")) for place, each in enumerate(entries(card, "provider", "identifiers"))]
    return [(place, scheme.upper(), value) for place, scheme, value in found if isinstance(scheme, str) and isinstance(value, str)]


@scenario("DISC-ORG-001")
async def the_organisation_has_a_number(service: Service) -> None:
    """AI Act Annex VIII, Section A, point 1: who the provider is. A name is written in many ways, a number in one."""
    exchange, card = await card_of(service)
    country = member(card, "provider", "country")
    asked = _OF_COUNTRY.get(str(country).upper(), ())
    given = [scheme for _, scheme, _ in _numbers(card)]
    if not given or (asked and not set(asked) & set(given)):
        expected = f"one of {', '.join(asked)}" if asked else "the number of a register"
        raise Violation("the card does not identify the organisation", expected=expected, got=given, pointer=_POINTER, exchange=exchange)


async def _with_numbers(request: Request, call_next: CallNext, *numbers: tuple[str, str], more: bool = False) -> Response:
    def change(card: dict[str, Any]) -> None:
        kept = card["provider"]["identifiers"] if more else []
        card["provider"]["identifiers"] = [*kept, *({"scheme": scheme, "value": value} for scheme, value in numbers)]

    return await changed(request, call_next, CARD, change)


@mutant("DISC-ORG-001")
async def organisation_is_a_name(request: Request, call_next: CallNext) -> Response:
    """The card gives the organisation's name alone."""
    return await changed(request, call_next, CARD, lambda card: card["provider"].pop("identifiers"))


@mutant("DISC-ORG-001")
async def organisation_has_a_number_of_its_own(request: Request, call_next: CallNext) -> Response:
    """The card gives the number of the organisation in the supplier's list of customers."""
    return await _with_numbers(request, call_next, ("customer", "C-1047"))


@scenario("DISC-ORG-002")
async def numbers_are_right(service: Service) -> None:
    """The form and the check digit of each register's number (NIP, REGON, KRS, the code of Lithuania's register, PVM, VAT, EUID, LEI)."""
    exchange, card = await card_of(service)
    known = [(place, scheme, value) for place, scheme, value in _numbers(card) if scheme in schemes()]
    if not known:
        raise NotApplicable("the card gives no number of a register that is known here")
    unsure = None
    for place, scheme, value in known:
        try:
            fault = wrong(scheme, value)
        except UnsureError as error:
            unsure = f"whether {scheme} {value} is valid cannot be told: {error}"
            continue
        if fault:
            pointer = f"{_POINTER}/{place}/value"
            raise Violation(
                f"a number of the organisation is not valid: {fault}", expected=scheme, got=value, pointer=pointer, exchange=exchange
            )
    if unsure:
        raise NeedsReview(unsure, exchange=exchange)


@mutant("DISC-ORG-002")
async def number_was_mistyped(request: Request, call_next: CallNext) -> Response:
    """The last digit of the organisation's number is another."""

    def change(card: dict[str, Any]) -> None:
        first = card["provider"]["identifiers"][0]
        first["value"] = first["value"][:-1] + str((int(first["value"][-1]) + 1) % 10)
        card["provider"]["identifiers"] = [first]

    return await changed(request, call_next, CARD, change)


@mutant("DISC-ORG-002")
async def number_is_written_for_people(request: Request, call_next: CallNext) -> Response:
    """The organisation's number has hyphens, as on its stamp."""

    def change(card: dict[str, Any]) -> None:
        value = card["provider"]["identifiers"][0]["value"]
        card["provider"]["identifiers"][0]["value"] = f"{value[:3]}-{value[3:6]}-{value[6:]}"

    return await changed(request, call_next, CARD, change)


def _said_twice(numbers: list[tuple[int, str, str]]) -> Iterator[tuple[str, str, str]]:
    """What numbers say of one register: its name, the number, and the scheme that says so."""
    for _, scheme, written in numbers:
        value = re.sub(r"[\s-]", "", written)  # how it is written is DISC-ORG-002's subject
        if scheme in ("NIP", "KRS", "JAR", "PVM", "LEI"):
            yield scheme, value, scheme
        elif scheme == "REGON":
            yield scheme, value[:9], scheme  # the first nine digits of a local unit's number are those of the organisation
        elif scheme == "VAT" and value[:2] in ("PL", "LT"):
            yield {"PL": "NIP", "LT": "PVM"}[value[:2]], value[2:], scheme
        elif scheme == "EUID" and value.startswith(("PLKRS.", "LT")):
            yield "KRS" if value.startswith("PL") else "JAR", value.partition(".")[2], scheme


@scenario("DISC-ORG-003")
async def numbers_agree(service: Service) -> None:
    """Two numbers of one register for one organisation are the same: the EUID ends in the number of the register, the VAT number is NIP or PVM."""
    exchange, card = await card_of(service)
    known: dict[str, tuple[str, str]] = {}
    compared = 0
    for register, value, scheme in _said_twice(_numbers(card)):
        if register in known:
            compared += 1
            if known[register][0] != value:
                expected = f"{known[register][1]} {known[register][0]}"
                raise Violation(
                    "two numbers of the card belong to two organisations",
                    expected=expected,
                    got=f"{scheme} {value}",
                    pointer=_POINTER,
                    exchange=exchange,
                )
        known[register] = (value, scheme)
    if not compared:
        raise NotApplicable("the card gives no two numbers of one register")


@mutant("DISC-ORG-003")
async def numbers_of_two_organisations(request: Request, call_next: CallNext) -> Response:
    """The number for the tax office is that of the supplier, who sends the invoices."""
    return await _with_numbers(
        request, call_next, ("NIP", "8567346215"), ("VAT", "PL5265877635"), ("JAR", "188600177"), ("EUID", "LTJAR.304151376")
    )


def _public(exchange: Exchange) -> bool:
    shown = exchange.operation is not None and exchange.operation.id in ("getServiceCard", "getApiCatalog", "getInstructions")
    return shown and exchange.status == 200


@rule("DISC-ORG-004", when=_public)
def nobodys_personal_number_is_published(exchange: Exchange) -> None:
    """Regulation (EU) 2016/679, Article 5(1)(c): no more personal data than is necessary. An organisation is known by its own numbers, an official
    by an office. Instructions may show what a number looks like, so there a person decides.
    """
    said = [text for _, text in strings(exchange.answer.document)] if exchange.answer.is_json else [exchange.answer.text]
    for text in said:
        found = personal_identifiers(text)
        if found:
            if exchange.operation is not None and exchange.operation.id == "getInstructions":
                raise NeedsReview(f"the instructions show a {found[0].kind}: an example that is nobody's, or a person's?")
            raise Violation("a personal number is published", expected="numbers of organisations", got=found[0].kind)


@scenario("DISC-ORG-004")
async def what_is_public_is_read(service: Service) -> None:
    """What the card and the catalogue hold is judged by the rule."""
    await card_of(service)
    await service.send("GET", CATALOGUE)


@mutant("DISC-ORG-004")
async def the_official_is_named_by_number(request: Request, call_next: CallNext) -> Response:
    """Who oversees the system is named as in the personnel register."""

    def change(card: dict[str, Any]) -> None:
        number = "PESEL 50411512342" if card["provider"]["country"] == "PL" else "a. k. 75001150008"
        card["oversight"]["contact"] += f" ({number})"

    return await changed(request, call_next, CARD, change)
