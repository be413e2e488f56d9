"""The reference decision support of Poland and Lithuania (profile decision-support/1): a scoring rule, a person who decides, and a log."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import conformance.decision_support
from conformance.decision_support.identifiers import cannot_be_right
from conformance.reference.decision_support.chain import Chain
from conformance.reference.decision_support.names import compared
from conformance.reference.decision_support.rules import Assessment, CaseType
from conformance.reference.frame import Asked, Frame, json_answer
from conformance.reference.problems import Fault, Problem
from conformance.reference.records import Use, new_id, now, timestamp
from conformance.reference.settings import profiles_served, settings_of
from conformance.reference.wire import Answer

_HERE = Path(__file__).parent


def create(country: str, *, token: str | None = None) -> Frame:
    """The reference decision support of a country (``pl`` or ``lt``) as an ASGI application.

    Args:
        country: ISO 3166-1 alpha-2 code in lower case.
        token: the bearer token to ask callers for; None lets anybody call.

    Raises:
        ValueError: there is none for the country.
    """
    settings = settings_of(_HERE, country)
    desk = _Desk(settings)
    return Frame(
        card=settings["card"],
        api=settings["api"],
        language=settings["language"],
        profiles=profiles_served(conformance.decision_support),
        handlers={
            "listCaseTypes": desk.case_types,
            "createRecommendation": desk.recommend,
            "getRecommendation": desk.read,
            "decideRecommendation": desk.decide,
            "getExplanation": desk.explain,
            "askWhatIf": desk.what_if,
            "getOversight": desk.oversight,
            "setOversight": desk.oversee,
            "listLogEntries": desk.log,
            "matchPersons": desk.match,
        },
        problem_texts=[_HERE / "problems.yaml"],
        token=token,
        dependencies=lambda: {"rules": True, "log": True},
        scenarios={"suspended": ("suspended", ("createRecommendation", "askWhatIf"))},
    )


class _Desk:
    """The recommendations of one service, with everything that can be done to them."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._card, self._texts, self._language = settings["card"], settings["texts"], settings["language"]
        self._types = {each.id: each for each in (CaseType(**entry) for entry in settings["caseTypes"])}
        self._recommendations: dict[str, dict[str, Any]] = {}
        self._explanations: dict[str, str] = {}
        self._chain = Chain(self._card["version"])
        self._state: dict[str, Any] = {"state": "running"}

    async def case_types(self, asked: Asked) -> Answer:
        return json_answer({"caseTypes": [each.declared for each in self._types.values()]})

    async def recommend(self, asked: Asked) -> Answer:
        self._refuse_while_suspended()
        request = asked.request.json
        case_type, assessment = self._assessed(request, [("/applicant", request["applicant"])])
        id = new_id()
        self._explanations[id] = secrets.token_hex(12)
        self._recommendations[id] = {
            "id": id,
            "created": timestamp(now()),
            "status": "open",
            **{name: request[name] for name in ("caseType", "reference", "applicant", "facts", "note") if name in request},
            "outcome": assessment.outcome,
            "score": assessment.score,
            "decisions": [],
            "ai": {"system": self._card["name"], "version": self._card["version"]},
            "notice": self._texts["notice"],
        }
        self._chain.append("recommendation", subject=id)
        use = Use(assessment.outcome, f"{case_type.id} {case_type.declared['version']}", [], self._texts["role"])
        return json_answer(self._recommendations[id], status=201, headers={"Location": f"/recommendations/{id}"}, use=use)

    async def read(self, asked: Asked) -> Answer:
        return json_answer(self._found(asked))

    async def decide(self, asked: Asked) -> Answer:
        recommendation, request = self._found(asked), asked.request.json
        id, outcomes = recommendation["id"], self._types[recommendation["caseType"]].outcomes
        faults = []
        if request["outcome"] not in outcomes:
            faults.append(Fault("/outcome", "enum", {"options": ", ".join(outcomes)}))
        if request.get("explanation", self._explanations[id]) != self._explanations[id]:
            faults.append(Fault("/explanation", "unknown-explanation"))
        if faults:
            raise Problem("unfit-decision", faults=faults)
        holds = recommendation["decisions"][-1]["id"] if recommendation["decisions"] else None
        if request.get("replaces") != holds:
            raise Problem("decided-already" if holds else "nothing-to-replace")
        decision = {
            "id": new_id(),
            "outcome": request["outcome"],
            "followed": request["outcome"] == recommendation["outcome"],
            "official": request["official"],
            "reason": request["reason"],
            "made": timestamp(now()),
            **{name: request[name] for name in ("explanation", "replaces") if name in request},
        }
        self._recommendations[id] = {**recommendation, "status": "decided", "decisions": [*recommendation["decisions"], decision]}
        self._chain.append("decision", subject=id, official=request["official"]["name"])
        return json_answer(decision, status=201)

    async def explain(self, asked: Asked) -> Answer:
        recommendation = self._found(asked)
        language = asked.language or self._language
        case_type, facts = self._types[recommendation["caseType"]], recommendation["facts"]
        assessment = case_type.assess(facts)
        explanation = {
            "id": self._explanations[recommendation["id"]],
            "recommendation": recommendation["id"],
            "outcome": recommendation["outcome"],
            "role": self._texts["role"][language],
            "elements": self._elements(case_type, assessment, facts, language),
            "counterfactuals": [
                {"changes": changes, "outcome": outcome, "text": self._texts["counterfactual"][language]}
                for changes, outcome in case_type.counterfactuals(facts)
            ],
        }
        return json_answer(explanation, headers={"Content-Language": language, "Vary": "Accept-Language"})

    async def what_if(self, asked: Asked) -> Answer:
        self._refuse_while_suspended()
        request = asked.request.json
        case_type, assessment = self._assessed(request, [])
        return json_answer({"caseType": case_type.id, "outcome": assessment.outcome, "score": assessment.score})

    async def oversight(self, asked: Asked) -> Answer:
        return json_answer(self._state)

    async def oversee(self, asked: Asked) -> Answer:
        request = asked.request.json
        if request["state"] != self._state["state"]:
            event = "suspension" if request["state"] == "suspended" else "resumption"
            self._chain.append(event, official=request["official"]["name"])
            self._state = {
                "state": request["state"],
                "since": timestamp(now()),
                "official": request["official"],
                "reason": request["reason"],
            }
        return json_answer(self._state)

    async def log(self, asked: Asked) -> Answer:
        given = parse_qs(urlsplit(asked.request.url).query, keep_blank_values=True).get("before")
        if given is None:
            return json_answer({"entries": self._chain.page(None)})
        if len(given) > 1 or not given[0].isascii() or not given[0].isdecimal() or not 1 <= len(given[0]) <= 18 or int(given[0]) < 1:
            raise Problem("invalid-number")
        return json_answer({"entries": self._chain.page(int(given[0]))})

    async def match(self, asked: Asked) -> Answer:
        request = asked.request.json
        persons = [("/person", request["person"])]
        persons += [(f"/candidates/{number}", each) for number, each in enumerate(request["candidates"])]
        _refuse_wrong_persons(persons)
        return json_answer({"matches": [{"id": each["id"], **compared(request["person"], each)} for each in request["candidates"]]})

    def _assessed(self, request: Mapping[str, Any], persons: list[tuple[str, Mapping[str, Any]]]) -> tuple[CaseType, Assessment]:
        """What the rule makes of a case. Raises :class:`Problem` for one that is not to be scored."""
        case_type = self._types.get(request["caseType"])
        if case_type is None:
            raise Problem("unknown-case-type", faults=[Fault("/caseType", "enum", {"options": ", ".join(self._types)})])
        _refuse_wrong_persons(persons)
        faults = case_type.faults(request["facts"])
        if faults:
            raise Problem("unfit-facts", faults=faults)
        return case_type, case_type.assess(request["facts"])

    def _refuse_while_suspended(self) -> None:
        """AI Act Article 14(4)(e). 409, for nobody knows when a person lets the system go on."""
        if self._state["state"] == "suspended":
            raise Problem("suspended")

    def _found(self, asked: Asked) -> dict[str, Any]:
        recommendation = self._recommendations.get(asked.path["recommendationId"])
        if recommendation is None:
            raise Problem("not-found")
        return recommendation

    def _elements(self, case_type: CaseType, assessment: Assessment, facts: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
        """Each criterion as an element: met, it speaks for every outcome but the one of fewest points."""
        in_favour = assessment.outcome != case_type.outcomes[-1]
        elements = [
            {
                "feature": criterion.feature,
                "value": facts.get(criterion.feature),
                "direction": "for" if assessment.met[number] == in_favour else "against",
                "weight": criterion.points,
                "text": criterion.says[language]["met" if assessment.met[number] else "unmet"],
            }
            for number, criterion in enumerate(case_type.criteria)
        ]
        return sorted(elements, key=lambda element: -element["weight"])


def _refuse_wrong_persons(persons: list[tuple[str, Mapping[str, Any]]]) -> None:
    """Raise :class:`Problem` where an identifier cannot be right."""
    faults = []
    for place, person in persons:
        identifier = person.get("identifier")
        if identifier is not None and cannot_be_right(identifier["scheme"], identifier["value"]):
            faults.append(Fault(f"{place}/identifier/value", "identifier"))
    if faults:
        raise Problem("wrong-identifier", faults=faults)
