"""Registration in the EU database (AI Act Articles 49 and 71, Annex VIII), as far as the card tells of it."""

from __future__ import annotations

from typing import Any

from conformance.core.faults import changed
from conformance.discovery.ai_act import as_exempt, as_high_risk, points_of, roles_of, stated_class
from conformance.discovery.card import CARD, card_of, entries, member
from harness.checks import CallNext, NotApplicable, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response


def _must_be_registered(card: Any) -> set[str]:
    """The sections of Annex VIII in which the card has to name an entry.

    Raises:
        NotApplicable: none; or it is in the section of the database that is not public (Article 49(4)).
    """
    if stated_class(card) != "high-risk" or not points_of(card):
        raise NotApplicable("the card states no high-risk system of Annex III")
    _publicly(card)
    sections = {section for role, section in (("provider", "A"), ("deployer", "C")) if role in roles_of(card)}
    if all(point.strip()[:1] == "2" for point in points_of(card)):
        sections &= {"A"}  # at national level, and of the system alone (Article 49(3) and (5))
    if not sections:
        raise NotApplicable("the card states no role that has to register")
    return sections


@scenario("DISC-AIA-006")
async def high_risk_systems_are_registered(service: Service) -> None:
    """AI Act Article 49(1): the provider registers itself and the system; 49(3): a deployer that is a public authority registers the use; 49(5):
    systems of point 2 at national level.
    """
    exchange, card = await card_of(service)
    _all_named(exchange, card, _must_be_registered(card))


def _publicly(card: Any) -> None:
    """Raise :class:`NotApplicable` where the entry is in the section of the database that is not public."""
    if any(point.strip()[:1] in ("1", "6", "7") for point in points_of(card)):
        raise NotApplicable("systems of points 1, 6 and 7 of Annex III may be registered where the public cannot look (Article 49(4))")


def _all_named(exchange: Exchange, card: Any, wanted: set[str]) -> None:
    """Raise :class:`Violation` unless the card names an entry in each of these sections of Annex VIII."""
    named = {str(each.get("section")) for each in entries(card, "aiAct", "registrations") if str(each.get("number") or "").strip()}
    sections = sorted(wanted - named)
    if not sections:
        return
    whose = {"A": "the provider's", "B": "the provider's", "C": "the deployer's"}
    what = " and ".join(whose[section] for section in sections)
    raise Violation(
        f"the card does not name {what} entry in the database",
        expected=f"registrations: section {', '.join(sections)}",
        got=", ".join(sorted(named)) or "none",
        pointer="/aiAct/registrations",
        exchange=exchange,
    )


@mutant("DISC-AIA-006")
async def high_risk_and_not_registered(request: Request, call_next: CallNext) -> Response:
    """The system is high-risk, and the card names no entry in the database."""
    return await changed(request, call_next, CARD, lambda card: as_high_risk(card, registrations=None))


@mutant("DISC-AIA-006")
async def only_the_supplier_registered(request: Request, call_next: CallNext) -> Response:
    """The supplier registered the system; that the authority has to register its use was not known."""

    def change(card: dict[str, Any]) -> None:
        as_high_risk(card)
        card["aiAct"]["registrations"] = card["aiAct"]["registrations"][:1]

    return await changed(request, call_next, CARD, change)


@scenario("DISC-AIA-007")
async def exempt_systems_are_registered(service: Service) -> None:
    """AI Act Article 49(2): a provider that concluded that its system of Annex III is not high-risk registers it as well. Regulation (EU) 2026/1744
    left that in place, and took two points out of Annex VIII, Section B.
    """
    exchange, card = await card_of(service)
    if member(card, "aiAct", "exemption") is None:
        raise NotApplicable("the card states no exemption")
    if "provider" not in roles_of(card):
        raise NotApplicable("the card does not state that the organisation is the provider")
    _publicly(card)
    _all_named(exchange, card, {"B"})


@mutant("DISC-AIA-007")
async def exempt_and_not_registered(request: Request, call_next: CallNext) -> Response:
    """The system is exempt, so it is taken for one that nobody has to know of."""

    def change(card: dict[str, Any]) -> None:
        as_exempt(card)
        card["aiAct"].pop("registrations")

    return await changed(request, call_next, CARD, change)
