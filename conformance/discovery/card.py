"""The service card: what this profile adds to it has its form, and says where to complain and what territory is served."""

from __future__ import annotations

import re
from typing import Any

from conformance.core.asking import operation_at
from conformance.core.faults import changed, with_members
from conformance.core.reading import excerpt
from conformance.discovery.links import CATALOGUE
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

CARD = "/service-card"
_OWN = ("complaints", "aiAct", "instructions", "metrics", "coverage")


async def card_of(service: Service) -> tuple[Exchange, dict[str, Any]]:
    """The service card, and the exchange that gave it. Raises :class:`NotTested` where there is none, which is CORE-CRD-001's subject."""
    exchange = await service.send("GET", CARD, credential=False)
    if not exchange.succeeded or not isinstance(exchange.answer.document, dict):
        raise NotTested("the service has no service card")
    return exchange, exchange.answer.document


def member(card: Any, *names: str) -> Any:
    """What stands in a card under these names, one in the other; None where there is nothing."""
    for name in names:
        card = card.get(name) if isinstance(card, dict) else None
    return card


def entries(card: Any, *names: str) -> list[dict[str, Any]]:
    """The objects of a list in a card; what is none is left to DISC-CRD-001."""
    value = member(card, *names)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def profiles(card: Any) -> list[str]:
    """The names of the profiles that a card claims, without their versions."""
    claimed = member(card, "profiles")
    return [each.partition("/")[0] for each in claimed if isinstance(each, str)] if isinstance(claimed, list) else []


@scenario("DISC-CRD-001")
async def what_is_declared_has_its_form(service: Service) -> None:
    """Profile discovery/1, DiscoveryCard: a claim that cannot be read is none."""
    exchange, card = await card_of(service)
    if (
        not any(name in card for name in _OWN)
        and member(card, "provider", "identifiers") is None
        and member(card, "limits", "requests") is None
    ):
        raise NotApplicable("the card has none of the members of this profile")
    operation = operation_at(service, "GET", CATALOGUE)
    errors = operation.schema("DiscoveryCard").errors(card) if operation else []
    if errors:
        first = f"a claim of the card has not its form: {excerpt(errors[0].message)}"
        message = f"{first} (and {len(errors) - 1} more)" if len(errors) > 1 else first
        raise Violation(message, pointer=errors[0].pointer, exchange=exchange)


@mutant("DISC-CRD-001", also=("DISC-AIA-001",))
async def class_is_written_otherwise(request: Request, call_next: CallNext) -> Response:
    """The class under the AI Act is written in the words of a consultant."""
    return await changed(request, call_next, CARD, lambda card: card["aiAct"].update({"class": "limited risk"}))


@mutant("DISC-CRD-001", also=("DISC-MET-001",))
async def metrics_are_texts(request: Request, call_next: CallNext) -> Response:
    """The values of metrics are written for people."""

    def change(card: dict[str, Any]) -> None:
        for metric in card["metrics"]:
            metric["value"] = f"{metric['value'] * 100:.0f} %"

    return await changed(request, call_next, CARD, change)


@scenario("DISC-CON-001")
async def there_is_somebody_to_complain_to(service: Service) -> None:
    """AI Act Article 27(1)(f): the deployer of a high-risk system describes its complaint mechanism; the agreement's services name it whatever
    their class.
    """
    exchange, card = await card_of(service)
    channel = card.get("complaints")
    if not isinstance(channel, dict) or not any(isinstance(channel.get(name), str) and channel[name].strip() for name in ("email", "url")):
        raise Violation(
            "the card does not say where to complain",
            expected="complaints: email or url",
            got=channel,
            pointer="/complaints",
            exchange=exchange,
        )


@mutant("DISC-CON-001")
async def nobody_to_complain_to(request: Request, call_next: CallNext) -> Response:
    """The card names the supplier's help desk, and nobody who answers for decisions."""
    return await with_members(request, call_next, CARD, complaints=None)


_CODES = {
    "TERC": r"(?:0[2468]|1[02468]|2[02468]|3[02])(?:[0-9]{2}(?:[0-9]{2}[1-589])?)?",
    "NUTS": r"[A-Z]{2}[0-9A-Z]{0,3}",
    "ISO 3166-1": r"[A-Z]{2}",
    "ISO 3166-2": r"[A-Z]{2}-[0-9A-Z]{1,3}",
}
"""TERC: voivodeship (even numbers to 32), powiat, gmina and its kind (GUS, TERYT). NUTS: Regulation (EC) No 1059/2003, Article 3: country and up to
three characters."""
_NATIONAL = {
    "ISO 3166-2": {"PL": r"PL-(?:0[2468]|1[02468]|2[02468]|3[02])", "LT": r"LT-(?:0[1-9]|[1-5][0-9]|60|AL|KL|KU|MR|PN|SA|TA|TE|UT|VL)"},
}
"""Where the codes of a country are known: Poland's are those of its voivodeships, Lithuania's those of municipalities (01 to 60) and counties."""


@scenario("DISC-GEO-001")
async def territory_is_coded(service: Service) -> None:
    """Profile discovery/1: a code means nothing without its scheme, for the same number is another place in another list."""
    exchange, card = await card_of(service)
    covered = entries(card, "coverage")
    if not covered:
        raise NotApplicable("the card declares no coverage")
    for number, each in enumerate(covered):
        scheme, code = each.get("scheme"), each.get("code")
        if not isinstance(scheme, str) or not scheme.strip() or not isinstance(code, str):
            raise Violation(
                "a code of the territory has no scheme",
                expected="scheme and code",
                got=each,
                pointer=f"/coverage/{number}",
                exchange=exchange,
            )
        pattern = _NATIONAL.get(scheme, {}).get(code[:2], _CODES.get(scheme))
        if pattern is not None and not re.fullmatch(pattern, code):
            raise Violation(
                f"a code of the territory is none of {scheme}",
                expected=scheme,
                got=code,
                pointer=f"/coverage/{number}/code",
                exchange=exchange,
            )


@mutant("DISC-GEO-001")
async def territory_has_the_number_of_the_other_list(request: Request, call_next: CallNext) -> Response:
    """The municipality's number in the national list is given as a code of ISO 3166-2."""

    def change(card: dict[str, Any]) -> None:
        card["coverage"] = [{"scheme": "ISO 3166-2", "code": f"{card['provider']['country']}-99"}]

    return await changed(request, call_next, CARD, change)


@mutant("DISC-GEO-001")
async def territory_has_no_scheme(request: Request, call_next: CallNext) -> Response:
    """The territory is a number, and whoever is from here knows what it means."""
    return await changed(request, call_next, CARD, lambda card: card.update(coverage=[{"code": "13"}]))
