"""The reference decision support: its rule, its log, its stop and its comparison of names, asked as anybody would."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import rfc8785

from conformance.reference.decision_support.names import compared
from conformance.reference.decision_support.service import create
from harness.exchange import Response
from tests.conformance.reference_services import COUNTRIES, send

OFFICIAL = {"name": "Jonas Pavyzdys"}


def case(app: Any, example: int = 0, **members: Any) -> dict[str, Any]:
    case_type = send(app, "GET", "/case-types").json["caseTypes"][0]
    applicant = {"familyName": "Przykładowa", "givenName": "Anna"}
    return {
        "caseType": case_type["id"],
        "reference": "1",
        "applicant": applicant,
        "facts": case_type["examples"][example]["facts"],
        **members,
    }


def recommended(app: Any, example: int = 0, **members: Any) -> dict[str, Any]:
    answer = send(app, "POST", "/recommendations", content=case(app, example, **members))
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def decide(app: Any, id: str, outcome: str, **members: Any) -> Response:
    decision = {"outcome": outcome, "official": OFFICIAL, "reason": "Dokumentai patikrinti.", **members}
    return send(app, "POST", f"/recommendations/{id}/decisions", content=decision)


@pytest.mark.parametrize("country", COUNTRIES)
def test_examples_have_the_outcomes_that_are_declared_and_true_counterfactuals(country: str) -> None:
    app = create(country)
    declared = send(app, "GET", "/case-types").json["caseTypes"][0]
    pairs = 0
    for number, example in enumerate(declared["examples"]):
        made = recommended(app, number)
        assert made["outcome"] == example["outcome"]
        explanation = send(app, "GET", f"/recommendations/{made['id']}/explanation", Accept_Language="lt").json
        assert explanation["counterfactuals"]
        for each in explanation["counterfactuals"]:
            changed = {"caseType": declared["id"], "facts": {**example["facts"], **each["changes"]}}
            answer = send(app, "POST", "/what-if", content=changed)
            assert (answer.status, answer.json["outcome"]) == (200, each["outcome"])
            pairs += len(each["changes"]) > 1
            for name in each["changes"] if len(each["changes"]) > 1 else ():
                alone = {**changed, "facts": {**example["facts"], name: each["changes"][name]}}
                assert send(app, "POST", "/what-if", content=alone).json["outcome"] == example["outcome"], "none of a pair is enough"
    assert pairs > 0 or country == "lt", "some outcome takes two changes"


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_whole_number_may_be_written_with_a_fraction(country: str) -> None:
    app = create(country)
    facts = {name: float(value) if type(value) is int else value for name, value in case(app)["facts"].items()}
    assert recommended(app, facts=facts)["outcome"] == recommended(app)["outcome"]


def test_every_fault_of_the_facts_is_listed() -> None:
    app = create("pl")
    answer = send(
        app,
        "POST",
        "/recommendations",
        Accept_Language="en",
        content=case(app, facts={"householdSize": 0, "floorArea": "62", "heating": "coal", "pets": 2}),
    )
    assert answer.status == 422
    assert {each["pointer"] for each in answer.json["errors"]} == {
        f"#/facts/{name}" for name in ("householdSize", "floorArea", "heating", "pets")
    } | {"#/facts"}


def test_the_log_is_a_chain_over_its_pages() -> None:
    app = create("lt")
    for _ in range(70):
        made = recommended(app)
        assert decide(app, made["id"], made["outcome"]).status == 201
    newest = send(app, "GET", "/log").json["entries"]
    older = send(app, "GET", f"/log?before={newest[0]['sequence']}").json["entries"]
    entries = older + newest
    assert [each["sequence"] for each in entries] == list(range(1, 141))
    assert send(app, "GET", "/log?before=1").json["entries"] == []
    previous = "0" * 64
    for each in entries:
        assert each["previous"] == previous
        previous = hashlib.sha256(rfc8785.dumps({name: value for name, value in each.items() if name != "hash"})).hexdigest()
        assert each["hash"] == previous
    assert send(app, "GET", "/log?before=0").status == 400


def test_decisions_are_taken_once_and_reversed_by_name() -> None:
    app = create("pl")
    made = recommended(app)
    assert decide(app, made["id"], made["outcome"], replaces="x").status == 409
    assert decide(app, made["id"], "przyznac", explanation="x").status == 422
    first = decide(app, made["id"], made["outcome"])
    assert (first.status, first.json["followed"]) == (201, True)
    assert decide(app, made["id"], "odmowic").status == 409
    second = decide(app, made["id"], "odmowic", replaces=first.json["id"])
    assert (second.status, second.json["followed"]) == (201, False)
    now = send(app, "GET", f"/recommendations/{made['id']}").json
    assert [each["id"] for each in now["decisions"]] == [first.json["id"], second.json["id"]]
    assert now["outcome"] == made["outcome"]


def test_the_stop_stops_the_scoring_and_nothing_else() -> None:
    app = create("lt")
    made = recommended(app)
    stop = {"state": "suspended", "official": OFFICIAL, "reason": "x"}
    assert send(app, "PUT", "/oversight", content=stop).json["state"] == "suspended"
    assert send(app, "POST", "/recommendations", content=case(app)).status == 409
    assert send(app, "POST", "/what-if", content={"caseType": made["caseType"], "facts": made["facts"]}).status == 409
    assert decide(app, made["id"], made["outcome"]).status == 201
    assert send(app, "PUT", "/oversight", content={**stop, "state": "running"}).status == 200
    assert recommended(app)["status"] == "open"
    assert [each["event"] for each in send(app, "GET", "/log").json["entries"]] == [
        "recommendation",
        "suspension",
        "decision",
        "resumption",
        "recommendation",
    ]


BORN = {"dateOfBirth": "1984-02-29"}


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        (("Wróblewska", "Łucja"), ("Wroblewska", "Lucja"), "match"),
        (("Wróblewska", "Łucja"), ("Vrublevska", "Lucija"), "match"),
        (("Mackiewicz", "Michał"), ("Mackevič", "Michal"), "match"),
        (("Szymański", "Jerzy"), ("Šimanski", "Ježi"), "match"),
        (("Wróblewska", "Łucja"), ("Kowalczyk", "Tomasz"), "different"),
        (("Wróblewska", "Łucja"), ("Wróblewski", "Tomasz"), "possible"),
        # what the card says it cannot do
        (("Wróblewska", "Łucja"), ("Vrublevskienė", "Lucija"), "possible"),
        (("Nowak", "Jan"), ("Novakas", "Jonas"), "possible"),
    ],
)
def test_names_on_two_sides_of_the_border(one: tuple[str, str], other: tuple[str, str], result: str) -> None:
    person, candidate = ({"familyName": family, "givenName": given, **BORN} for family, given in (one, other))
    assert compared(person, candidate)["result"] == result
    assert compared(candidate, person)["score"] == compared(person, candidate)["score"]
    assert compared(person, {**candidate, "dateOfBirth": "1979-11-03"})["result"] != "match"
