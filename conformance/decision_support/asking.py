"""How the scenarios of this profile ask: for a recommendation, for a decision on it, for what can be read of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from conformance.core.asking import ABSENT, not_now
from conformance.decision_support.facts import Facts
from harness.checks import NotApplicable, NotTested, Service
from harness.exchange import Exchange

RECOMMENDATIONS, WHAT_IF, OVERSIGHT, LOG, MATCHES = "/recommendations", "/what-if", "/oversight", "/log", "/matches"
OFFICIAL = {"name": "Jonas Pavyzdys", "office": "Pavyzdžio savivaldybė, Przykładowo"}
"""Who decides in tests: nobody."""
REASON = "Sprawdzono dokumenty; dokumentai patikrinti. This is a test."


@dataclass(frozen=True)
class CaseTypes:
    """What a service declares that it can be asked about."""

    exchange: Exchange
    all: list[dict[str, Any]]

    def of(self, id: Any) -> dict[str, Any]:
        """One case type. Raises :class:`NotTested` where it is not declared."""
        for each in self.all:
            if each.get("id") == id:
                return each
        raise NotTested("the case type of the plain request is not declared")

    def outcomes(self, id: Any) -> list[str]:
        """The outcomes of a case type, as far as they can be read."""
        declared = self.of(id).get("outcomes")
        return [each["id"] for each in declared if isinstance(each, dict) and "id" in each] if isinstance(declared, list) else []


async def case_types(service: Service) -> CaseTypes:
    """The declared case types. Raises :class:`NotTested` where the service declares none; that is CORE-API-001's and -002's subject."""
    exchange = await service.send("GET", "/case-types")
    document = exchange.answer.document
    declared = document.get("caseTypes") if exchange.succeeded and isinstance(document, dict) else None
    found = [each for each in declared if isinstance(each, dict)] if isinstance(declared, list) else []
    if not found:
        raise NotTested(f"GET /case-types declares no case type (it is answered with {exchange.status})")
    return CaseTypes(exchange, found)


def plain_case(service: Service, **members: Any) -> dict[str, Any]:
    """The case of the plain request, with other ``members``; None leaves one out. Raises :class:`NotTested` where there is none."""
    request = service.sample("POST")
    if request.path != RECOMMENDATIONS or not isinstance(request.document, dict):
        raise NotTested("the plain request of the run asks for no recommendation")
    return {name: value for name, value in {**request.document, **members}.items() if value is not None}


async def try_recommendation(service: Service, case: Mapping[str, Any], **headers: str) -> Exchange:
    """Ask for a recommendation, whatever comes of it."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return await service.send("POST", RECOMMENDATIONS, json=case, headers=fields)


async def recommended(service: Service, case: Mapping[str, Any] | None = None, **headers: str) -> Exchange:
    """A recommendation with an id and an outcome, of the plain case unless another is given.

    Raises:
        NotTested: it is not made, or has no id.
    """
    exchange = await try_recommendation(service, plain_case(service) if case is None else case, **headers)
    if not exchange.succeeded or not isinstance(exchange.answer.document, dict):
        raise NotTested(f"POST {RECOMMENDATIONS} is answered with {exchange.status}")
    if not isinstance(id_of(exchange), str) or not id_of(exchange):
        raise NotTested("the recommendation has no id")
    return exchange


def id_of(exchange: Exchange) -> Any:
    """The id in a recommendation."""
    return exchange.answer.document.get("id")


def path_of(id: str, part: str = "") -> str:
    """Where a recommendation, or a part of it, is read."""
    return f"{RECOMMENDATIONS}/{quote(id, safe='')}{part}"


async def read(service: Service, id: str) -> Exchange:
    """The recommendation as it is now. Raises :class:`NotTested` where it cannot be read; that is DECN-API-002's subject."""
    exchange = await service.send("GET", path_of(id))
    if exchange.status != 200 or not isinstance(exchange.answer.document, dict):
        raise NotTested(f"GET {RECOMMENDATIONS}/{{id}} is answered with {exchange.status}")
    return exchange


def decisions_of(exchange: Exchange) -> list[Any]:
    """The decisions in a recommendation that was read, as far as they can be read."""
    decisions = exchange.answer.document.get("decisions")
    return decisions if isinstance(decisions, list) else []


async def decision_on(service: Service, id: str, outcome: str, **members: Any) -> dict[str, Any]:
    """A decision as a client sends it that has read the explanation, where there is one; None leaves a member out."""
    explained = await service.send("GET", path_of(id, "/explanation"))
    document = explained.answer.document if explained.status == 200 else None
    read = document.get("id") if isinstance(document, dict) else None
    decision = {"outcome": outcome, "official": OFFICIAL, "reason": REASON, "explanation": read, **members}
    return {name: value for name, value in decision.items() if value is not None}


async def decide(service: Service, id: str, decision: Mapping[str, Any]) -> Exchange:
    """Send a decision, whatever comes of it. Raises :class:`NotTested` where the answer says nothing of it."""
    exchange = await service.send("POST", path_of(id, "/decisions"), json=decision)
    if exchange.status != 503:
        not_now(exchange)
    return exchange


async def what_if(service: Service, case_type: Any, facts: Facts) -> str | None:
    """The outcome that some facts would have, by a what-if where the service has that, else by a recommendation; None where they are refused."""
    asked = await service.send("POST", WHAT_IF, json={"caseType": case_type, "facts": facts})
    if asked.status in ABSENT:
        asked = await try_recommendation(service, plain_case(service, caseType=case_type, facts=facts))
    not_now(asked)
    outcome = asked.answer.document.get("outcome") if asked.succeeded and isinstance(asked.answer.document, dict) else None
    return outcome if isinstance(outcome, str) else None


def needs(exchange: Exchange, what: str) -> None:
    """Raise :class:`NotApplicable` where the service has no such operation, and :class:`NotTested` where this is not its answer to it."""
    if exchange.status in ABSENT:
        raise NotApplicable(f"the service offers no {what} (it answers {exchange.status})")
    if not exchange.succeeded or not isinstance(exchange.answer.document, dict):
        raise NotTested(f"{exchange.request.method} {exchange.request.path} is answered with {exchange.status}")
