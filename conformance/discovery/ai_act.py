"""What the card says of the system under the AI Act: roles, class, exemption, registration. That it is the right class no test can tell."""

from __future__ import annotations

import re
from typing import Any

from conformance.core.faults import changed
from conformance.discovery.card import CARD, card_of, entries, member, profiles
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

_POINTS = {"1": "abc", "2": "", "3": "abcd", "4": "ab", "5": "abcd", "6": "abcde", "7": "abcd", "8": "ab"}
"""The points of Annex III with their letters."""
_POINT = re.compile(r"([1-8])\W*([a-e]?)\W*", re.IGNORECASE)
"""A point as it may be written: 5(a), 5a, 5 (a), 5.a."""
_CONDITION = re.compile(r"(?:.*\W)?([a-d])\W*", re.IGNORECASE)
"""A condition of Article 6(3): a, (a), 6(3)(a)."""
_CLASSES = ("high-risk", "transparency", "minimal")


def _class(card: Any) -> str:
    """The class that the card states. Raises :class:`NotTested` where it states none, which is DISC-AIA-001's subject."""
    stated = member(card, "aiAct", "class")
    if stated not in _CLASSES:
        raise NotTested("the card states no class under the AI Act")
    return str(stated)


def high_risk(card: Any) -> bool:
    """Whether the card states that the system is high-risk (Article 6)."""
    return bool(member(card, "aiAct", "class") == "high-risk")


def _points(card: Any) -> list[str]:
    stated = member(card, "aiAct", "annexIII")
    return [each for each in stated if isinstance(each, str)] if isinstance(stated, list) else []


@scenario("DISC-AIA-001")
async def roles_and_class_are_stated(service: Service) -> None:
    """AI Act Article 3(3) and (4): provider, deployer; Article 6: high-risk; Article 50: transparency. Who uses the service has to know which duties
    are whose.
    """
    exchange, card = await card_of(service)
    roles, stated = member(card, "aiAct", "roles"), member(card, "aiAct", "class")
    if not isinstance(roles, list) or not any(role in ("provider", "deployer") for role in roles):
        raise Violation(
            "the card states no role under the AI Act", expected="provider, deployer", got=roles, pointer="/aiAct/roles", exchange=exchange
        )
    if stated not in _CLASSES:
        raise Violation(
            "the card states no class under the AI Act", expected=", ".join(_CLASSES), got=stated, pointer="/aiAct/class", exchange=exchange
        )


@mutant("DISC-AIA-001")
async def roles_are_not_stated(request: Request, call_next: CallNext) -> Response:
    """The card leaves open whose duty is what."""
    return await changed(request, call_next, CARD, lambda card: card["aiAct"].pop("roles"))


@mutant("DISC-AIA-001")
async def class_is_not_stated(request: Request, call_next: CallNext) -> Response:
    """The card was filled in before the class was known."""
    return await changed(request, call_next, CARD, lambda card: card["aiAct"].pop("class"))


@scenario("DISC-AIA-002")
async def class_and_points_agree(service: Service) -> None:
    """AI Act Article 6(2): systems of Annex III are high-risk, save by Article 6(3); a high-risk system is one of Annex III or of Annex I."""
    exchange, card = await card_of(service)
    stated, points = _class(card), _points(card)
    for point in points:
        parts = _POINT.fullmatch(point)
        if parts is None or parts.group(2).lower() not in ("", *_POINTS[parts.group(1)]):
            raise Violation(
                "a point of Annex III is stated that there is not",
                expected="such as 5(a)",
                got=point,
                pointer="/aiAct/annexIII",
                exchange=exchange,
            )
    if stated == "high-risk" and not points and not member(card, "aiAct", "annexI"):
        raise Violation(
            "the card states no ground for the class high-risk", expected="annexIII or annexI", pointer="/aiAct", exchange=exchange
        )
    if stated != "high-risk" and points and member(card, "aiAct", "exemption") is None:
        raise Violation(
            "a system of Annex III is not stated to be high-risk, nor exempt",
            expected="high-risk, or an exemption",
            got=stated,
            pointer="/aiAct/class",
            exchange=exchange,
        )


def _high_risk(card: dict[str, Any], **members: Any) -> None:
    """The card of a high-risk system that is right, with ``members`` in place of its own; None leaves one out."""
    country = card["provider"]["country"]
    registrations = [{"section": section, "number": f"{country}-2027-00{place}"} for place, section in enumerate("AC", start=1)]
    card["aiAct"] |= {
        "class": "high-risk",
        "roles": ["provider", "deployer"],
        "annexIII": ["5(a)"],
        "registrations": registrations,
        **members,
    }
    for name in [name for name, value in members.items() if value is None]:
        del card["aiAct"][name]


@mutant("DISC-AIA-002")
async def high_risk_without_a_ground(request: Request, call_next: CallNext) -> Response:
    """The class is stated with caution, and the purpose that would make it so is not."""
    return await changed(request, call_next, CARD, lambda card: _high_risk(card, annexIII=None, registrations=None))


@mutant("DISC-AIA-002")
async def annex_three_without_consequence(request: Request, call_next: CallNext) -> Response:
    """The card says that the system decides on benefits, and keeps the class of the chat that it began as."""
    return await changed(request, call_next, CARD, lambda card: card["aiAct"].update(annexIII=["5(a)"]))


@mutant("DISC-AIA-002")
async def a_point_that_there_is_not(request: Request, call_next: CallNext) -> Response:
    """The point of Annex III is that of the proposal of 2021."""
    return await changed(request, call_next, CARD, lambda card: _high_risk(card, annexIII=["8(c)"]))


@scenario("DISC-AIA-003")
async def assistants_owe_transparency(service: Service) -> None:
    """AI Act Article 50(1), since 2026-08-02: who talks to an AI system is told so. A system that people talk to is no system without duties."""
    exchange, card = await card_of(service)
    if "assistant" not in profiles(card):
        raise NotApplicable("the card claims no profile in which people talk to the system")
    if _class(card) == "minimal":
        raise Violation(
            "an assistant is stated to owe no transparency",
            expected="transparency or high-risk",
            got="minimal",
            pointer="/aiAct/class",
            exchange=exchange,
        )


@mutant("DISC-AIA-003")
async def the_assistant_is_minimal(request: Request, call_next: CallNext) -> Response:
    """The assistant only informs, so it is taken for a system without duties."""
    return await changed(request, call_next, CARD, lambda card: card["aiAct"].update({"class": "minimal"}))


@scenario("DISC-AIA-004")
async def high_risk_means_its_requirements(service: Service) -> None:
    """AI Act Articles 8 to 15 for systems of Article 6: records, oversight, explanation. The conformance class that asks for them is high-risk."""
    exchange, card = await card_of(service)
    if _class(card) != "high-risk":
        raise NotApplicable("the card states another class than high-risk")
    claimed = card.get("conformanceClass")
    if claimed != "high-risk":
        raise Violation(
            "a high-risk system claims a conformance class without what is asked of it",
            expected="conformanceClass: high-risk",
            got=claimed,
            pointer="/conformanceClass",
            exchange=exchange,
        )


@mutant("DISC-AIA-004")
async def high_risk_by_law_and_base_by_claim(request: Request, call_next: CallNext) -> Response:
    """The system decides on benefits, and claims no more than an ordinary interface."""

    def change(card: dict[str, Any]) -> None:
        _high_risk(card)
        card["conformanceClass"] = "government"

    return await changed(request, call_next, CARD, change)


@scenario("DISC-AIA-005")
async def exemptions_have_grounds(service: Service) -> None:
    """AI Act Article 6(3): one of the conditions (a) to (d), and no profiling of natural persons; Article 6(4): the assessment is documented."""
    exchange, card = await card_of(service)
    exemption = member(card, "aiAct", "exemption")
    if exemption is None:
        raise NotApplicable("the card states no exemption")
    condition, grounds = member(exemption, "condition"), member(exemption, "grounds")
    pointer = "/aiAct/exemption"
    if not isinstance(condition, str) or not _CONDITION.fullmatch(condition):
        raise Violation(
            "the exemption names no condition of Article 6(3)", expected="a, b, c or d", got=condition, pointer=pointer, exchange=exchange
        )
    if not isinstance(grounds, dict) or not any(isinstance(text, str) and text.strip() for text in grounds.values()):
        raise Violation("the exemption has no grounds", expected="grounds", got=grounds, pointer=pointer, exchange=exchange)
    if member(card, "aiAct", "profiling") is True:
        raise Violation(
            "a system that profiles natural persons is stated to be exempt",
            expected="high-risk",
            got="profiling",
            pointer=pointer,
            exchange=exchange,
        )


def _exempt(card: dict[str, Any], **members: Any) -> None:
    grounds = {
        "en": "It sorts letters by subject and decides nothing.",
        "pl": "Porządkuje pisma według tematu i o niczym nie rozstrzyga.",
        "lt": "Rūšiuoja raštus pagal temą ir nieko nesprendžia.",
    }
    card["aiAct"] |= {"annexIII": ["5(a)"], "exemption": {"condition": "a", "grounds": grounds, **members}}


@mutant("DISC-AIA-005")
async def exempt_without_grounds(request: Request, call_next: CallNext) -> Response:
    """The card names the condition of the exemption, and nobody wrote down why it is met."""

    def change(card: dict[str, Any]) -> None:
        _exempt(card)
        del card["aiAct"]["exemption"]["grounds"]

    return await changed(request, call_next, CARD, change)


@mutant("DISC-AIA-005")
async def exempt_though_it_profiles(request: Request, call_next: CallNext) -> Response:
    """The system sorts applicants by what it expects of them, as a preparatory task."""

    def change(card: dict[str, Any]) -> None:
        _exempt(card, condition="d")
        card["aiAct"]["profiling"] = True

    return await changed(request, call_next, CARD, change)


def _must_be_registered(card: Any) -> set[str]:
    """The sections of Annex VIII in which the card has to name an entry.

    Raises:
        NotApplicable: none; or it is in the section of the database that is not public (Article 49(4)).
    """
    if _class(card) != "high-risk" or not _points(card):
        raise NotApplicable("the card states no high-risk system of Annex III")
    if any(point[:1] in ("1", "6", "7") for point in _points(card)):
        raise NotApplicable("systems of points 1, 6 and 7 of Annex III may be registered where the public cannot look (Article 49(4))")
    roles = member(card, "aiAct", "roles") or ()
    sections = {section for role, section in (("provider", "A"), ("deployer", "C")) if role in roles}
    if all(point[:1] == "2" for point in _points(card)):
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
    wanted = _must_be_registered(card)
    named = {each.get("section") for each in entries(card, "aiAct", "registrations") if str(each.get("number") or "").strip()}
    if wanted - named:
        _missing(exchange, sorted(wanted - named), sorted(str(each) for each in named))


def _missing(exchange: Exchange, sections: list[str], named: list[str]) -> None:
    whose = {"A": "the provider's", "C": "the deployer's"}
    what = " and ".join(whose[section] for section in sections)
    raise Violation(
        f"the card does not name {what} entry in the database",
        expected=f"registrations: section {', '.join(sections)}",
        got=", ".join(named) or "none",
        pointer="/aiAct/registrations",
        exchange=exchange,
    )


@mutant("DISC-AIA-006")
async def high_risk_and_not_registered(request: Request, call_next: CallNext) -> Response:
    """The system is high-risk, and the card names no entry in the database."""
    return await changed(request, call_next, CARD, lambda card: _high_risk(card, registrations=None))


@mutant("DISC-AIA-006")
async def only_the_supplier_registered(request: Request, call_next: CallNext) -> Response:
    """The supplier registered the system; that the authority has to register its use was not known."""

    def change(card: dict[str, Any]) -> None:
        _high_risk(card)
        card["aiAct"]["registrations"] = card["aiAct"]["registrations"][:1]

    return await changed(request, call_next, CARD, change)
