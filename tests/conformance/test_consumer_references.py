"""The reference clients against the reference services: unmutated they pass all that can be decided of a consumer, each mutant is caught."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, StreamingResponse
from starlette.responses import Response as Answered
from starlette.routing import Route

import harness
from conformance.reference.assistant.caller import COUNTRIES, Caller, Unavailable
from harness import catalogue
from harness.exchange import Exchange, Headers, Request, Response
from harness.report import Report
from harness.serve.mock import mutants_of
from tests.conformance.counterpart import BASE, Counterpart, busy, closed, lost, traffic, well

PLAYED = {"CORE-TOL-001", "CORE-TOL-002", "CORE-IDM-006", "CORE-SEC-008", "CORE-SEC-009"}
"""What it takes a situation of ``govai consumer`` to show."""
MUTANTS = [mutant for mutant, requirement, _ in mutants_of("assistant") if requirement.side == "consumer"]


def judged(exchanges: Sequence[Exchange], country: str = "lt") -> Report:
    return harness.judge(exchanges, ["assistant"], side="consumer", base_url=BASE, country=country)


def reference(country: str) -> Any:
    return catalogue.reference("assistant")(country)


def over_the_border(country: str) -> str:
    return "pl" if country == "lt" else "lt"


@pytest.mark.parametrize("country", list(COUNTRIES))
@pytest.mark.parametrize("abroad", [False, True])
def test_the_reference_clients_pass_all_that_can_be_decided(country: str, abroad: bool) -> None:
    service = reference(over_the_border(country) if abroad else country)
    answers, exchanges = asyncio.run(traffic(country, Counterpart(service)))
    assert [len(answers), sum(each.request.method == "POST" for each in exchanges)] == [3, 6]
    report = judged(exchanges, country)
    not_passed = {each.requirement: each.verdict for each in report.verdicts if each.decidable and each.verdict != "passed"}
    assert not_passed == dict.fromkeys(PLAYED, "not-tested")


def test_every_requirement_that_can_be_decided_has_a_mutant() -> None:
    profiles = catalogue.load_with_core(["assistant"])
    requirements = [each for profile in profiles for each in profile.requirements if each.side == "consumer"]
    assert {each.id for each in requirements if not each.undecidable} == {mutant.requirement for mutant in MUTANTS}


@pytest.mark.parametrize("country", list(COUNTRIES))
def test_what_a_person_is_shown(country: str) -> None:
    answers, exchanges = asyncio.run(traffic(country, Counterpart(reference(country))))
    assert "112" in answers[0].text
    assert answers[0].shown().startswith(answers[0].notice)
    assert answers[0].sources
    assert json.loads(answers[0].kept())["provenance"]["ai_generated"] is True
    assert [each.masked for each in answers] == [(), ("PESEL" if country == "pl" else "asmens kodas",), ()]
    assert len(exchanges[-1].request.json["messages"]) == 5


def bare() -> Starlette:
    """A de-facto server: no card, no assurance, no keys, members of its own, chunks without a role."""

    async def models(request: Asked) -> Answered:
        return JSONResponse({"object": "list", "data": [{"id": "tiny", "object": "model", "root": "tiny"}], "models": []})

    async def completions(request: Asked) -> Answered:
        asked = await request.json()
        head = {"id": "c-1", "created": 1795521600, "model": "tiny", "timings": {}}
        if not asked.get("stream"):
            choice = {"index": 0, "message": {"role": "assistant", "content": "112"}, "finish_reason": "stop"}
            return JSONResponse({**head, "object": "chat.completion", "choices": [choice]})
        chunks = [
            {**head, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]} for text in ("11", "2")
        ]
        chunks.append({**head, "object": "chat.completion.chunk", "choices": []})
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
        return StreamingResponse(iter([": ping\n\n", *lines, "data: [DONE]\n\n"]), media_type="text/event-stream")

    return Starlette(routes=[Route("/v1/models", models), Route("/v1/chat/completions", completions, methods=["POST"])])


@pytest.mark.parametrize("country", list(COUNTRIES))
def test_a_server_of_the_standard_alone_can_be_asked(country: str) -> None:
    answers, exchanges = asyncio.run(traffic(country, Counterpart(bare(), (busy, well, closed)), language="en"))
    assert [each.text for each in answers] == ["112"] * 3
    assert answers[0].notice == COUNTRIES[country].notice
    assert not any("idempotency-key" in each.request.headers for each in exchanges)
    assert all((each.request.headers.get("accept-language") or "").startswith("en, ") for each in exchanges)
    report = judged(exchanges, country)
    verdicts = {each.requirement: each.verdict for each in report.verdicts if each.decidable}
    assert {id for id, verdict in verdicts.items() if verdict == "not-tested"} == PLAYED
    assert verdicts["CORE-IDM-002"] == "not-applicable", "it sends no key"
    assert {*verdicts.values()} == {"passed", "not-tested", "not-applicable"}


def test_without_a_key_a_lost_answer_is_not_asked_for_again() -> None:
    answers, exchanges = asyncio.run(traffic("lt", Counterpart(bare(), (lost,))))
    assert (answers, [each.request.method for each in exchanges]) == ([], ["GET", "GET", "POST"])


def test_nobody_is_left_waiting_for_an_hour() -> None:
    async def tomorrow(request: Request) -> Response:
        return Response(503, Headers({"Retry-After": "3600"}))

    with pytest.raises(Unavailable, match="3600"):
        asyncio.run(Caller("pl", tomorrow).ask("Czy urząd jest otwarty?"))
