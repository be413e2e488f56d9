"""Reference clients of Poland and Lithuania: how an official of one country decides with the help of the other's system.

A client speaks through the function it is given and knows nothing of HTTP libraries. It fills in a case from what the service declares, shows the
official what speaks for the outcome before there is anything to sign, and stops when the system is stopped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from conformance.decision_support.identifiers import cannot_be_right
from conformance.reference.line import Client, Refused, Unavailable
from harness.exchange import Response

__all__ = ["Caller", "Refused", "Unavailable", "visit"]


class Suspended(Refused):
    """A person has stopped the system. Nothing is asked again until a person wants it."""


@dataclass(frozen=True)
class Office:
    """The office of one country: who decides there, in which words, and on whom. The people are invented."""

    official: Mapping[str, str]
    agrees: str
    disagrees: str
    wrong: str
    applicants: tuple[Mapping[str, Any], ...]


OFFICES: Mapping[str, Office] = {
    "pl": Office(
        official={"name": "Anna Przykładowa", "office": "Gmina Przykładowo"},
        agrees="Dokumenty potwierdzają podane fakty.",
        disagrees="Zaświadczenie o dochodach jest nieaktualne.",
        wrong="Numer nie może być prawidłowy, proszę go sprawdzić.",
        applicants=(
            {"familyName": "Żółć-Wróblewska", "givenName": "Łucja", "identifier": {"scheme": "pl-pesel", "value": "50411512342"}},
            {"familyName": "Pavyzdytė", "givenName": "Šarūnė"},
            {"familyName": "Pomyłka", "givenName": "Jan", "identifier": {"scheme": "pl-pesel", "value": "50411512343"}},
        ),
    ),
    "lt": Office(
        official={"name": "Jonas Pavyzdys", "office": "Pavyzdžio savivaldybė"},
        agrees="Dokumentai patvirtina nurodytus faktus.",
        disagrees="Pažyma apie pajamas nebegalioja.",
        wrong="Kodas negali būti teisingas, patikrinkite jį.",
        applicants=(
            {"familyName": "Žąsinaitė", "givenName": "Ieva", "identifier": {"scheme": "lt-asmens-kodas", "value": "75001150008"}},
            {"familyName": "Wróblewska", "givenName": "Łucja"},
            {"familyName": "Klaidaitis", "givenName": "Jonas", "identifier": {"scheme": "lt-asmens-kodas", "value": "75001150009"}},
        ),
    ),
}


@dataclass(frozen=True)
class Advice:
    """What an official is shown before deciding: the recommendation, and the explanation."""

    recommendation: Mapping[str, Any]
    explanation: Mapping[str, Any]

    def shown(self) -> str:
        """The role of the system, the outcome, and what spoke for and against it."""
        elements = [f"{each.get('direction')}: {each.get('text')}" for each in self.explanation.get("elements") or ()]
        return "\n".join([str(self.explanation.get("role")), str(self.recommendation["outcome"]), *elements])


@dataclass(frozen=True)
class Decided:
    """What became of a case: who decided what, and the notice that goes to the applicant with it; or why there is no decision."""

    advice: Advice | None
    text: str
    notice: str = ""

    def shown(self) -> str:
        """The advice, what was decided or not, and what the applicant is told."""
        return "\n".join(part for part in (self.advice.shown() if self.advice else "", self.text, self.notice) if part)


@dataclass
class Caller(Client):
    """The client of one official, with one service."""

    def __post_init__(self) -> None:
        self.office = OFFICES[self.country]
        self._line = self._line_for(always_keys=True, final=_says_more_than_later)

    async def case_type(self) -> Mapping[str, Any]:
        """The first case type that the service can be asked about."""
        await self._line.look_around()
        declared = (await self._line.ask("GET", "/case-types")).document
        types = declared.get("caseTypes") if isinstance(declared, dict) else None
        if not types:
            raise Refused(200, "The service declares no case type.")
        found: Mapping[str, Any] = types[0]
        return found

    async def advised(self, case_type: Mapping[str, Any], applicant: Mapping[str, Any], facts: Mapping[str, Any]) -> Advice:
        """A recommendation with its explanation.

        Raises:
            Suspended: a person has stopped the system.
            Refused: the case is not scored; one with an identifier that cannot be right is not even sent.
            Unavailable: the service cannot be asked now.
        """
        identifier = applicant.get("identifier")
        if identifier and cannot_be_right(identifier["scheme"], identifier["value"]):
            raise Refused(0, self.office.wrong)
        number = f"{self.country.upper()}.{self.random.randrange(10**9):09d}"
        case = {"caseType": case_type["id"], "reference": number, "applicant": applicant, "facts": facts}
        try:
            recommendation = await self._post("/recommendations", case)
        except Refused as refusal:
            raise (Suspended(refusal.status, str(refusal)) if refusal.status == 409 else refusal) from None
        explanation = (await self._line.ask("GET", f"/recommendations/{quote(recommendation['id'], safe='')}/explanation")).document
        return Advice(recommendation, explanation)

    async def decide(self, advice: Advice, outcome: str) -> Mapping[str, Any]:
        """The official's decision on what was read. Raises as :meth:`advised` does."""
        decision = {
            "outcome": outcome,
            "official": self.office.official,
            "reason": self.office.agrees if outcome == advice.recommendation["outcome"] else self.office.disagrees,
            "explanation": advice.explanation["id"],
        }
        return await self._post(f"/recommendations/{quote(advice.recommendation['id'], safe='')}/decisions", decision)

    def notice(self, advice: Advice) -> str:
        """What the applicant is told of the system's part, in the official's language where the service has it."""
        texts = advice.recommendation.get("notice") or {}
        return str(texts.get(self.language or self.country) or texts.get("en") or "")

    async def _post(self, path: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = (await self._line.ask("POST", path, json.dumps(content, ensure_ascii=False).encode())).document
        if not isinstance(answer, dict):
            raise Refused(200, "The service gave no JSON object.")
        return answer


def _says_more_than_later(answer: Response) -> bool:
    """Whether a 409 is about the case or the system: only a request that is still being worked on under its key is asked again."""
    problem = answer.document if isinstance(answer.document, dict) else {}
    return answer.status == 409 and not str(problem.get("type")).endswith("request-in-progress")


async def visit(caller: Caller) -> list[Decided]:
    """What an official does in an hour: follows one recommendation, overrides another, and finds a number that was typed wrong.

    The facts are those of the examples that the service declares: the client knows no procedure of its own.
    """
    case_type = await caller.case_type()
    examples = [each["facts"] for each in case_type["examples"]]
    outcomes = [each["id"] for each in case_type["outcomes"]]
    done: list[Decided] = []
    for number, applicant in enumerate(caller.office.applicants):
        try:
            advice = await caller.advised(case_type, applicant, examples[number % len(examples)])
        except Suspended:
            raise
        except Refused as refusal:
            done.append(Decided(None, str(refusal)))
            continue
        own = advice.recommendation["outcome"]
        wanted = own if number == 0 else next((each for each in outcomes if each != own), own)
        decision = await caller.decide(advice, wanted)
        signed = f"{decision['outcome']}: {caller.office.official['name']}. {decision['reason']}"
        done.append(Decided(advice, signed, caller.notice(advice)))
    return done
