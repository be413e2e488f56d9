"""The reference clients of decision-support/1 with the neighbour's service; what other clients may do is not accused, the fault beside it is."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import Any

import pytest

from conformance.reference.decision_support.caller import OFFICES, Caller, Decided, Refused, visit
from harness import catalogue
from harness.exchange import Exchange, Headers, Request, Response
from harness.judge import Judge
from tests.conformance.core_asking import TRACEPARENT
from tests.conformance.counterpart import Counterpart, Mood, busy, lost, well
from tests.conformance.foreign_decision_support import Habits, foreign_decision_support


def hour(country: str, service: Any, *moods: Mood) -> tuple[list[Decided], list[Exchange]]:
    """What an official decides, and the exchanges."""
    counterpart = Counterpart(service, moods)
    clock = counterpart.clock
    return asyncio.run(
        visit(Caller(country, counterpart, random=Random(1), clock=lambda: clock.now, wait=clock.wait))
    ), counterpart.exchanges


def abroad(country: str) -> Any:
    return catalogue.reference("decision-support")("lt" if country == "pl" else "pl")


@pytest.mark.parametrize("country", list(OFFICES))
def test_an_official_decides_with_the_neighbours_system(country: str) -> None:
    decided, exchanges = hour(country, abroad(country), busy, well, lost)
    followed, overridden, typed_wrong = decided
    assert followed.advice is not None
    assert overridden.advice is not None
    assert followed.text.startswith(followed.advice.recommendation["outcome"])
    assert not overridden.text.startswith(overridden.advice.recommendation["outcome"])
    assert OFFICES[country].official["name"] in followed.text
    assert followed.notice == followed.advice.recommendation["notice"][country]
    assert (typed_wrong.advice, typed_wrong.text) == (None, OFFICES[country].wrong)
    sent = "".join(each.request.text for each in exchanges)
    assert OFFICES[country].applicants[2]["familyName"] not in sent, "what cannot be right is not sent"
    posts = [each.request.url for each in exchanges if each.request.method == "POST"]
    assert len([each for each in posts if each.endswith("/recommendations")]) >= 2


def test_a_stop_is_not_argued_with() -> None:
    service = abroad("pl")
    counterpart = Counterpart(service, ())
    clock = counterpart.clock
    stop = Request(
        "PUT",
        "/oversight",
        Headers({"Content-Type": "application/json"}),
        json.dumps({"state": "suspended", "official": {"name": "Jonas Pavyzdys"}, "reason": "x"}).encode(),
    )
    assert asyncio.run(counterpart(stop)).status == 200
    with pytest.raises(Refused) as told:
        asyncio.run(visit(Caller("pl", counterpart, random=Random(1), clock=lambda: clock.now, wait=clock.wait)))
    assert told.value.status == 409
    assert sum(each.request.method == "POST" for each in counterpart.exchanges) == 1


def test_a_service_by_somebody_else_can_be_asked() -> None:
    decided, _ = hour("lt", foreign_decision_support(Habits(explanation_needed=True)), busy)
    assert decided[0].advice is None, "it knows nobody of the 22nd century"
    assert decided[1].advice is not None
    assert decided[1].text.startswith("yes")


CASE: dict[str, Any] = {"caseType": "a", "reference": "1", "applicant": {"familyName": "A", "givenName": "B"}, "facts": {"x": 1}}
DECISION: dict[str, Any] = {"outcome": "yes", "official": {"name": "Jonas Pavyzdys"}, "reason": "x", "explanation": "e-1"}
DECIDE = "/recommendations/7/decisions"
STOPPED = {"type": "https://elsewhere.example/problems/suspended", "title": "x", "status": 409, "detail": "x"}


def sent(path: str, content: Any, status: int = 201, *, answer: Any = None, after: float = 0.0, key: str | None = '"k"') -> Exchange:
    """One request as a client sent it so many seconds after the first."""
    headers = Headers({"content-type": "application/json", "traceparent": TRACEPARENT, **({"idempotency-key": key} if key else {})})
    request = Request("POST", f"http://h{path}", headers, json.dumps(content).encode())
    response = Response(status, Headers({"content-type": "application/problem+json"}), json.dumps(answer or {}).encode())
    return Exchange("c", request, response, None, "participant", 1_795_521_600.0 + after, 0.1)


def applicant(scheme: str, value: str) -> dict[str, Any]:
    return {**CASE, "applicant": {**CASE["applicant"], "identifier": {"scheme": scheme, "value": value}}}


def stopped(**more: Any) -> Exchange:
    return sent("/recommendations", CASE, 409, answer=STOPPED, **more)


LEGAL = {
    "a case": [sent("/recommendations", CASE)],
    "a decision": [sent(DECIDE, DECISION)],
    "a refused decision": [sent(DECIDE, DECISION, 422, answer={**STOPPED, "errors": [{"pointer": "#/outcome", "detail": "x"}]})],
    "a right PESEL": [sent("/recommendations", applicant("pl-pesel", "50411512342"))],
    "a right asmens kodas": [sent("/recommendations", applicant("lt-asmens-kodas", "75001150028"))],
    "a code that holds no date": [sent("/recommendations", applicant("lt-asmens-kodas", "90001011234"))],
    "an identifier of another country": [sent("/recommendations", applicant("ee-isikukood", "1"))],
    "another case while it is stopped": [stopped(), sent("/recommendations", {**CASE, "reference": "2"}, 409, answer=STOPPED, after=1)],
    "the same case when a person says so": [stopped(), sent("/recommendations", CASE, after=9)],
    "409 for a request under way": [
        sent("/recommendations", CASE, 409, answer={"type": "about:blank"}),
        sent("/recommendations", CASE, after=2),
    ],
    "a key that was used": [sent("/recommendations", CASE, 409), sent("/recommendations", CASE, after=2)],
}
FAULTY = {
    "an unread decision": ("DECN-REQ-001", [sent(DECIDE, {**DECISION, "explanation": " "})]),
    "a decision without it": ("DECN-REQ-001", [sent(DECIDE, {name: value for name, value in DECISION.items() if name != "explanation"})]),
    "another explanation": (
        "DECN-REQ-001",
        [sent(DECIDE, DECISION, 422, answer={**STOPPED, "errors": [{"pointer": "#/explanation", "detail": "x"}]})],
    ),
    "a case without a key": ("DECN-REQ-002", [sent("/recommendations", CASE, key=None)]),
    "a decision without a key": ("DECN-REQ-002", [sent(DECIDE, DECISION, key=None)]),
    "knocking": ("DECN-REQ-003", [stopped(), stopped(after=3)]),
    "knocking with what-ifs": ("DECN-REQ-003", [sent("/what-if", CASE, 409, answer=STOPPED), sent("/what-if", CASE, after=1)]),
    "a wrong PESEL": ("DECN-REQ-004", [sent("/recommendations", applicant("pl-pesel", "50411512343"))]),
    "a hyphen": ("DECN-REQ-004", [sent("/recommendations", applicant("lt-asmens-kodas", "750011-50028"))]),
    "a wrong candidate": (
        "DECN-REQ-004",
        [sent("/matches", {"person": CASE["applicant"], "candidates": [{"id": "a", **applicant("pl-pesel", "1")["applicant"]}]}, 200)],
    ),
}


def accused(*exchanges: Exchange) -> set[str]:
    judge = Judge(catalogue.load_with_core(["decision-support"]), "consumer")
    for exchange in exchanges:
        judge.see(exchange)
    assert not any(tally.harness_errors for tally in judge.tallies.values())
    return {id for id, tally in judge.tallies.items() if tally.violations and id.startswith("DECN")}


@pytest.mark.parametrize("exchanges", LEGAL.values(), ids=LEGAL)
def test_what_clients_may_do_is_not_accused(exchanges: list[Exchange]) -> None:
    assert accused(*exchanges) == set()


@pytest.mark.parametrize(("requirement", "exchanges"), FAULTY.values(), ids=FAULTY)
def test_what_they_must_not_do_is_found(requirement: str, exchanges: list[Exchange]) -> None:
    assert accused(*exchanges) == {requirement}
