"""What the card says of the system under the AI Act: roles, class, exemption. That it is the right class no test can tell."""

from __future__ import annotations

import re
from typing import Any

from conformance.core.faults import changed
from conformance.discovery.card import CARD, card_of, member, profiles
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Request, Response

_POINTS = {"1": "abc", "2": "", "3": "abcd", "4": "ab", "5": "abcd", "6": "abcde", "7": "abcd", "8": "ab"}
"""The points of Annex III with their letters."""
_POINT = re.compile(r"([1-8])\W*([a-e]?)\W*", re.IGNORECASE)
"""A point as it may be written: 5(a), 5a, 5 (a), 5.a."""
_CONDITION = re.compile(r"(?:.*\W)?([a-d])\W*", re.IGNORECASE)
"""A condition of Article 6(3): a, (a), 6(3)(a)."""
_CLASSES = ("high-risk", "transparency", "minimal")


def stated_class(card: Any) -> str:
    """The class that the card states. Raises :class:`NotTested` where it states none, which is DISC-AIA-001's subject."""
    stated = member(card, "aiAct", "class")
    if stated not in _CLASSES:
        raise NotTested("the card states no class under the AI Act")
    return str(stated)


def high_risk(card: Any) -> bool:
    """Whether the card states that the system is high-risk (Article 6)."""
    return bool(member(card, "aiAct", "class") == "high-risk")


def roles_of(card: Any) -> list[str]:
    """The roles of the organisation that the card states."""
    stated = member(card, "aiAct", "roles")
    return [each for each in stated if isinstance(each, str)] if isinstance(stated, list) else []


def points_of(card: Any) -> list[str]:
    """The points of Annex III that the card states, as it writes them."""
    stated = member(card, "aiAct", "annexIII")
    return [each for each in stated if isinstance(each, str)] if isinstance(stated, list) else []


@scenario("DISC-AIA-001")
async def roles_and_class_are_stated(service: Service) -> None:
    """AI Act Article 3(3) and (4): provider, deployer; Article 6: high-risk; Article 50: transparency. Who uses the service has to know which duties
    are whose.
    """
    exchange, card = await card_of(service)
    roles, stated = roles_of(card), member(card, "aiAct", "class")
    if not {"provider", "deployer"} & set(roles):
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
    stated, points = stated_class(card), points_of(card)
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


def as_high_risk(card: dict[str, Any], **members: Any) -> None:
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
    return await changed(request, call_next, CARD, lambda card: as_high_risk(card, annexIII=None, registrations=None))


@mutant("DISC-AIA-002")
async def annex_three_without_consequence(request: Request, call_next: CallNext) -> Response:
    """The card says that the system decides on benefits, and keeps the class of the chat that it began as."""
    return await changed(request, call_next, CARD, lambda card: card["aiAct"].update(annexIII=["5(a)"]))


@mutant("DISC-AIA-002")
async def a_point_that_there_is_not(request: Request, call_next: CallNext) -> Response:
    """The point of Annex III is that of the proposal of 2021."""
    return await changed(request, call_next, CARD, lambda card: as_high_risk(card, annexIII=["8(c)"]))


@scenario("DISC-AIA-003")
async def assistants_owe_transparency(service: Service) -> None:
    """AI Act Article 50(1), since 2026-08-02: who talks to an AI system is told so. A system that people talk to is no system without duties."""
    exchange, card = await card_of(service)
    if "assistant" not in profiles(card):
        raise NotApplicable("the card claims no profile in which people talk to the system")
    if stated_class(card) == "minimal":
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
    if stated_class(card) != "high-risk":
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
        as_high_risk(card)
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


def as_exempt(card: dict[str, Any], **members: Any) -> None:
    """The card of a system that Article 6(3) exempts, which is right, with ``members`` of its exemption in place of its own."""
    grounds = {
        "en": "It sorts letters by subject and decides nothing.",
        "pl": "Porządkuje pisma według tematu i o niczym nie rozstrzyga.",
        "lt": "Rūšiuoja raštus pagal temą ir nieko nesprendžia.",
    }
    card["aiAct"] |= {
        "annexIII": ["5(a)"],
        "exemption": {"condition": "a", "grounds": grounds, **members},
        "registrations": [{"section": "B", "number": f"{card['provider']['country']}-2027-003"}],
    }


@mutant("DISC-AIA-005")
async def exempt_without_grounds(request: Request, call_next: CallNext) -> Response:
    """The card names the condition of the exemption, and nobody wrote down why it is met."""

    def change(card: dict[str, Any]) -> None:
        as_exempt(card)
        del card["aiAct"]["exemption"]["grounds"]

    return await changed(request, call_next, CARD, change)


@mutant("DISC-AIA-005")
async def exempt_though_it_profiles(request: Request, call_next: CallNext) -> Response:
    """The system sorts applicants by what it expects of them, as a preparatory task."""

    def change(card: dict[str, Any]) -> None:
        as_exempt(card, condition="d")
        card["aiAct"]["profiling"] = True

    return await changed(request, call_next, CARD, change)
