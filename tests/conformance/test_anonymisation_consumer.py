"""The reference clients of anonymisation/1 on a bad day, and what clients by others may do: that is not accused, the fault next to it is found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

import harness
from conformance.anonymisation.letters import folded
from conformance.reference.anonymisation.caller import LETTERS, Caller, Unavailable, visit
from harness import catalogue
from harness.exchange import Exchange, Headers, Request, Response
from harness.judge import Judge
from harness.report import Report
from tests.conformance.core_asking import TRACEPARENT
from tests.conformance.counterpart import BASE, Counterpart, busy, closed, lost, well

BAD_MORNING = (busy, well, lost, well, closed)


def morning(country: str) -> tuple[list[str | None], list[Exchange]]:
    """What an office's letters become with the service of its neighbour, and the exchanges."""
    counterpart = Counterpart(catalogue.reference("anonymisation")("lt" if country == "pl" else "pl"), BAD_MORNING)

    clock = counterpart.clock
    cleaned = asyncio.run(visit(Caller(country, counterpart, random=Random(1), clock=lambda: clock.now, wait=clock.wait)))
    return [each.text for each in cleaned], counterpart.exchanges


def judged(exchanges: Sequence[Exchange], country: str) -> Report:
    return harness.judge(exchanges, ["anonymisation"], side="consumer", base_url=BASE, country=country)


@pytest.mark.parametrize("country", list(LETTERS))
def test_the_reference_clients_pass_all_that_can_be_decided(country: str) -> None:
    cleaned, exchanges = morning(country)
    report = judged(exchanges, country)
    assert {each.requirement for each in report.verdicts if each.verdict in ("failed", "warning", "harness-error")} == set()
    own = {each.requirement: each.verdict for each in report.verdicts if each.requirement.startswith("ANON") and each.decidable}
    assert set(own.values()) == {"passed"}, own
    assert cleaned[1] is None, "a letter that nobody can read stays"
    for letter, text in zip(LETTERS[country], cleaned, strict=True):
        assert text is None or (folded("75001150008") not in folded(text) and folded("50411512342") not in folded(text)), letter
    assert "@" not in str(cleaned[0])


def test_no_office_waits_for_an_hour() -> None:
    async def tomorrow(request: Request) -> Response:
        return Response(503, Headers({"Retry-After": "3600"}))

    with pytest.raises(Unavailable, match="3600"):
        asyncio.run(Caller("pl", tomorrow).clean(LETTERS["pl"][0]))


def sent(path: str, content: Any, status: int = 200, after: float = 0.0) -> Exchange:
    """One request as a client sent it so many seconds after the first."""
    headers = Headers({"content-type": "application/json; charset=utf-8", "traceparent": TRACEPARENT})
    request = Request("POST", f"http://h{path}", headers, json.dumps(content).encode())
    return Exchange("c", request, Response(status, Headers({})), None, "participant", 1_795_521_600.0 + after, 0.1)


def accused(*exchanges: Exchange) -> set[str]:
    judge = Judge(catalogue.load_with_core(["anonymisation"]), "consumer")
    for exchange in exchanges:
        judge.see(exchange)
    assert not any(tally.harness_errors for tally in judge.tallies.values())
    return {id for id, tally in judge.tallies.items() if tally.violations}


def result(start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "score": 1.0, "entity_type": "PL_PESEL", **more}


TEXT = "😀 PESEL 50411512342"
POLISH = "Szanowni Państwo, proszę o odpis aktu urodzenia dla mojego syna, który mieszka w Łodzi."

LEGAL = {
    "a whole identifier": [sent("/anonymize", {"text": TEXT, "analyzer_results": [result(8, 19)]})],
    "with its name": [sent("/anonymize", {"text": TEXT, "analyzer_results": [result(2, 19)]})],
    "in two results": [sent("/anonymize", {"text": TEXT, "analyzer_results": [result(8, 12), result(12, 19)]})],
    "nothing was found": [sent("/anonymize", {"text": TEXT, "analyzer_results": []})],
    "something else was found": [sent("/anonymize", {"text": TEXT, "analyzer_results": [result(2, 7)]})],
    "results with explanations": [sent("/anonymize", {"text": TEXT, "analyzer_results": [result(8, 19, analysis_explanation=None)]})],
    "whole numbers with a fraction": [sent("/anonymize", {"text": TEXT, "analyzer_results": [result(8.0, 19.0)]})],  # type: ignore[arg-type]
    "a language with a region": [sent("/analyze", {"text": POLISH, "language": "pl-PL"})],
    "a short text": [sent("/analyze", {"text": "Proszę o odpis", "language": "en"})],
    "a text of two languages": [sent("/analyze", {"text": f"{POLISH} Please send the birth certificate to my son.", "language": "pl"})],
    "a text in another language": [
        sent("/analyze", {"text": "Sehr geehrte Damen und Herren, bitte senden Sie uns alles.", "language": "de"})
    ],
    "the same text in both languages": [
        sent("/analyze", {"text": "biuro@example.org", "language": "pl"}),
        sent("/analyze", {"text": "biuro@example.org", "language": "lt"}, after=1),
    ],
    "the language without its region": [
        sent("/analyze", {"text": "biuro@example.org", "language": "pl-PL"}, 400),
        sent("/analyze", {"text": "biuro@example.org", "language": "pl"}, after=1),
    ],
    "another text after a refusal": [
        sent("/analyze", {"text": "biuro@example.org", "language": "de"}, 400),
        sent("/analyze", {"text": "info@example.org", "language": "pl"}, after=1),
    ],
    "a UUID for a call": [sent("/analyze", {"text": "x", "language": "pl", "correlation_id": "75001150-0080-4a7e-9a55-750011500087"})],
    "a key of its own": [
        sent("/anonymize", {"text": "x", "analyzer_results": [], "anonymizers": {"DEFAULT": {"type": "encrypt", "key": "k" * 16}}})
    ],
    "the key of the example for nothing": [
        sent(
            "/anonymize",
            {"text": "x", "analyzer_results": [], "anonymizers": {"DEFAULT": {"type": "replace", "new_value": "3t6w9z$C&F)J@NcR"}}},
        )
    ],
}

FAULTY = {
    "counted in UTF-16": ("ANON-REQ-001", [sent("/anonymize", {"text": TEXT + " x", "analyzer_results": [result(9, 20)]})]),
    "behind the text": ("ANON-REQ-001", [sent("/anonymize", {"text": "abc", "analyzer_results": [result(1, 9)]})]),
    "nothing covered": ("ANON-REQ-001", [sent("/anonymize", {"text": "abc", "analyzer_results": [result(2, 2)]})]),
    "another language": ("ANON-REQ-002", [sent("/analyze", {"text": [POLISH], "language": "en"})]),
    "another language after a refusal": (
        "ANON-REQ-003",
        [
            sent("/analyze", {"text": ["a@example.org"], "language": "de"}, 422),
            sent("/analyze", {"text": "a@example.org", "language": "en"}, after=1),
        ],
    ),
    "a person's name for a call": ("ANON-REQ-004", [sent("/analyze", {"text": "x", "language": "pl", "correlation_id": "50411512342"})]),
    "the key of the example": (
        "ANON-REQ-005",
        [sent("/anonymize", {"text": "x", "analyzer_results": [], "anonymizers": {"A": {"type": "encrypt", "key": "WmZq4t7w!z%C&F)J"}}})],
    ),
}


@pytest.mark.parametrize("exchanges", LEGAL.values(), ids=LEGAL)
def test_what_clients_may_do_is_not_accused(exchanges: list[Exchange]) -> None:
    assert {each for each in accused(*exchanges) if each.startswith("ANON")} == set()


@pytest.mark.parametrize(("requirement", "exchanges"), FAULTY.values(), ids=FAULTY)
def test_what_they_must_not_do_is_found(requirement: str, exchanges: list[Exchange]) -> None:
    assert {each for each in accused(*exchanges) if each.startswith("ANON")} == {requirement}
