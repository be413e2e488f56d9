"""Clients of routing services: the reference clients pass, their mutants are caught, and what correct clients by others do is not accused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

import harness
from conformance.classification.tensors import BINARY, HEADER_LENGTH, with_bytes
from conformance.reference.classification import caller
from conformance.reference.classification.service import create
from harness import catalogue
from harness.checks import Mutant
from harness.exchange import Exchange, Headers, Request, Response
from harness.judge import Judge
from harness.report import Report
from harness.serve.mock import mutants_of
from tests.conformance.core_asking import TRACEPARENT
from tests.conformance.counterpart import BASE, Counterpart, traffic

MUTANTS = [
    mutant
    for mutant, requirement, profile in mutants_of("classification")
    if requirement.side == "consumer" and profile == "classification/1"
]
COUNTRIES = ("pl", "lt")


def visited(country: str, service: str, mutant: Mutant | None = None) -> tuple[list[Any], Report]:
    answers, exchanges = asyncio.run(traffic(country, Counterpart(create(service)), mutant, client=caller))
    return answers, harness.judge(exchanges, ["classification"], side="consumer", base_url=BASE, country=country)


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("service", COUNTRIES)
def test_the_reference_clients_pass_all_that_can_be_decided(country: str, service: str) -> None:
    answers, report = visited(country, service)
    assert [each.label for each in answers] == ["roads-parking", "roads-parking", "social-support", "education", "education"]
    assert "do sprawdzenia" in answers[0].shown() or "patikrinti" in answers[0].shown()
    accused = {each.requirement: each.findings for each in report.verdicts if each.verdict in ("failed", "warning", "harness-error")}
    assert accused == {}
    own = {each.requirement: each.verdict for each in report.verdicts if each.requirement.startswith("CLAS-") and each.decidable}
    assert own == dict.fromkeys(["CLAS-REQ-001", "CLAS-REQ-002", "CLAS-REQ-003", "CLAS-PII-001"], "passed")
    assert report.of("CORE-REQ-001").verdict == "passed"


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.id)
def test_every_mutant_is_caught_and_accused_of_nothing_else(country: str, mutant: Mutant) -> None:
    _, report = visited(country, country, mutant)
    accused = {each.requirement for each in report.verdicts if each.verdict in ("failed", "warning", "harness-error")}
    assert mutant.requirement in accused
    assert accused <= {mutant.requirement, *mutant.also}


def test_what_cannot_be_placed_is_for_a_person() -> None:
    async def routed() -> Sequence[caller.Proposal]:
        counterpart = Counterpart(create("lt"), ())
        return await caller.Caller("pl", counterpart, clock=lambda: counterpart.clock.now, wait=counterpart.clock.wait).route(["xqzv"])

    (proposal,) = asyncio.run(routed())
    assert (proposal.label, proposal.shown()) == ("", "Do przeczytania przez urzędnika")


def tensor(text: str = "Kur gauti pasą?", **members: Any) -> dict[str, Any]:
    return {"name": "text", "shape": [1, 1], "datatype": "BYTES", "data": [text], **members}


def sent(body: Any, *, model: str = "bylos", status: int = 200, after: float = 0, headers: dict[str, str | None] | None = None) -> Exchange:
    """One request as a client sent it so many seconds after the first, and what it got; a header that is None is left out."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = Headers({"content-type": "application/json", "traceparent": TRACEPARENT, "accept-language": "lt"})
    for name, value in (headers or {}).items():
        fields = fields.with_field(name, value)
    return Exchange(
        "c", Request("POST", f"http://h/v2/models/{model}/infer", fields, raw), Response(status), None, "participant", 1e9 + after, 0.5
    )


def accused(*exchanges: Exchange) -> set[str]:
    judge = Judge(catalogue.load_with_core(["classification"]), "consumer")
    for exchange in exchanges:
        judge.see(exchange)
    assert not any(tally.harness_errors for tally in judge.tallies.values())
    return {id for id, tally in judge.tallies.items() if tally.violations}


def as_bytes(*inputs: dict[str, Any], cut: int = 0, length: int = 0, header: bool = True, declared: str | None = BINARY) -> Exchange:
    head, content = with_bytes({"inputs": list(inputs)}, "inputs")
    told = str(len(head) + length) if header else None
    return sent(head + content[: len(content) - cut], headers={"content-type": declared, HEADER_LENGTH: told})


def looked_for(part: str = "") -> Exchange:
    request = Request("GET", f"http://h/v2/models/iris{part}", Headers({"traceparent": TRACEPARENT}))
    return Exchange("c", request, Response(404), None, "participant", 1e9, 0.5)


PERSON = "Mano kodas 75001150008."
LEGAL = {
    "nested": sent({"inputs": [tensor(data=[["Kur gauti pasą?"]])]}),
    "a batch of numbers": sent({"inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [[1, 2.5], [3, 4]]}]}, model="iris"),
    "no batch at all": sent({"inputs": []}),
    "whole numbers as fractions": sent(b'{"inputs": [{"name": "x", "shape": [1.0], "datatype": "INT8", "data": [3.0]}]}'),
    "members of its own server": sent({"inputs": [tensor(parameters={"content_type": "str"})], "parameters": {"priority": 1}}),
    "refused": sent({"inputs": [tensor()]}, status=400),
    "bytes": as_bytes(tensor(), {"name": "n", "shape": [3], "datatype": "UINT16", "data": [1, 2, 3]}),
    "no Content-Type, as tritonclient sends it": sent({"inputs": [tensor()]}, headers={"content-type": None}),
    "bytes without Content-Type": as_bytes(tensor(), declared=None),
    "bytes alone, of which the header says 0": sent(b"\x04\0\0\0byla", headers={"content-type": BINARY, HEADER_LENGTH: "0"}),
    "bytes that are compressed": sent(b"\x1f\x8b\x08\0", headers={"content-encoding": "gzip", HEADER_LENGTH: "84"}),
    "a model is looked for": looked_for(),
    "a model is probed": looked_for("/ready"),
    "a masked identifier": sent({"inputs": [tensor("PESEL 504********")]}),
    "another number of eleven digits": sent({"inputs": [tensor("Sąskaita 75001150009")]}),
}
FAULTY = [
    ("CLAS-REQ-001", sent({"inputs": [tensor(shape=[2, 1])]})),
    ("CLAS-REQ-001", sent({"inputs": [tensor(datatype="INT64")]})),
    ("CLAS-REQ-001", sent({"inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [[1, 2], [3]]}]})),
    ("CLAS-REQ-001", as_bytes(tensor(), cut=1)),
    ("CLAS-REQ-001", as_bytes(tensor(), length=3)),
    ("CLAS-REQ-001", as_bytes(tensor(), header=False)),
    ("CLAS-REQ-001", as_bytes(tensor(), cut=1, declared=None)),
    ("CLAS-REQ-002", sent({"inputs": [tensor()]}, model="iris", status=404)),
    ("CLAS-PII-001", sent({"inputs": [tensor(PERSON)]})),
    ("CLAS-PII-001", as_bytes(tensor(PERSON))),
]


@pytest.mark.parametrize("exchange", LEGAL.values(), ids=LEGAL)
def test_what_clients_may_do_is_not_accused(exchange: Exchange) -> None:
    assert accused(exchange) == set()


@pytest.mark.parametrize(("requirement", "exchange"), FAULTY)
def test_what_they_must_not_do_is_found_and_nothing_else(requirement: str, exchange: Exchange) -> None:
    assert accused(exchange) == {requirement}


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ({"id": "1", "inputs": [tensor()]}, {"id": "2", "inputs": [tensor("Labas")]}, set()),
        ({"id": "1", "inputs": [tensor()]}, {"id": "1", "inputs": [tensor()]}, set()),  # the same again: a retry
        ({"inputs": [tensor()]}, {"inputs": [tensor("Labas")]}, set()),
        ({"id": "1", "inputs": [tensor()]}, {"id": "1", "inputs": [tensor("Labas")]}, {"CLAS-REQ-003"}),
    ],
)
def test_ids_of_two_requests_in_a_row(first: Any, second: Any, found: set[str]) -> None:
    assert accused(sent(first), sent(second, after=5)) == found
