"""Every client mutant, in every situation that ``govai consumer`` plays: caught under its own requirement; the reference clients pass."""

from __future__ import annotations

import asyncio
import datetime
import importlib.util
from collections.abc import Sequence
from functools import cache
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from harness import catalogue
from harness.checks import Mutant
from harness.exchange import Exchange, Headers, Request, Response
from harness.judge import Judge
from harness.participant import Participant
from harness.report import Report
from harness.reporting import Ran, conclude
from harness.serve.front import Front, Turn
from harness.serve.mock import mutants_of, reference_app
from harness.serve.situations import SITUATIONS, _as_later
from tests.conformance.counterpart import Clock
from tests.conformance.reference_services import asend

COUNTRIES = ("pl", "lt")
VISITS = 8
WITHOUT_ENUMERATIONS = frozenset({"anonymisation", "classification"})
"""Profiles whose answers hold no enumeration that a later version could add to."""
TOKEN = "token-of-the-agency"
BASE, ELSEWHERE = "http://service.localhost", "http://elsewhere.localhost"


def caller_of(name: str) -> ModuleType:
    return importlib.import_module(f"conformance.reference.{name.replace('-', '_')}.caller")


CLIENTS = [name for name in catalogue.references() if importlib.util.find_spec(f"conformance.reference.{name.replace('-', '_')}.caller")]
CORE_PROVEN_WITH = "assistant"
"""The client that core's mutants are put into."""
MUTANTS = [
    pytest.param(name, mutant, id=mutant.id)
    for name in CLIENTS
    for mutant, requirement, profile in mutants_of(name)
    if requirement.side == "consumer" and profile in ({"core/1", f"{name}/1"} if name == CORE_PROVEN_WITH else {f"{name}/1"})
]


async def claimed(name: str) -> list[str]:
    """The profiles that the card of a reference service names: a client of one uses the others as well."""
    card: dict[str, list[str]] = (await asend(reference_app(name, "pl"), Request("GET", "/service-card"))).json
    return card["profiles"]


async def visited(name: str, country: str, mutant: Mutant | None, judged_by: Sequence[str] = ()) -> tuple[Report, Front]:
    """The report on a client that pays visits in a made-up time, and what stood before the service."""
    profiles = catalogue.load_with_core(judged_by or await claimed(name))
    judge, clock, caller = Judge(profiles, "consumer"), Clock(), caller_of(name)
    seen: list[Exchange] = []
    front = Front(
        reference_app(name, country, token=TOKEN),
        judge.operation_of,
        lambda exchange: seen.append(judge.see(exchange)),
        situations=SITUATIONS,
        under_test=profiles[1:],
        clock=lambda: clock.now,
        wait=clock.wait,
    )
    front.base, front.elsewhere = BASE, ELSEWHERE

    async def network(request: Request) -> Response:
        app: Any = front.at_the_other_origin if request.url.startswith(ELSEWHERE) else front
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
            await clock.wait(0.05)
            answer = await client.request(request.method, request.url, headers=list(request.headers), content=request.body)
        return Response(answer.status_code, Headers(answer.headers.multi_items()), answer.content)

    async def send(request: Request) -> Response:
        request = request.with_header("Authorization", f"Bearer {TOKEN}")
        return await (mutant.function(request, network) if mutant else network(request))

    random = Random(1)
    for _ in range(VISITS):
        try:
            await caller.visit(caller.Caller(country, send, random=random, clock=lambda: clock.now, wait=clock.wait))
        except (caller.Refused, caller.Unavailable):
            await clock.wait(60)
    front.close("ended")
    judge.decide_claims()
    ran = Ran(
        profiles=profiles,
        side="consumer",
        tallies=judge.tallies,
        participant=Participant(url="", name=name, country=country),
        started=0.0,
        duration=1.0,
        requests=len(seen),
        seed=0,
        as_of=datetime.date(2026, 11, 25),
        decided_by="government",
    )
    return conclude(ran), front


@cache
def reference(name: str, country: str) -> tuple[Report, Front]:
    return asyncio.run(visited(name, country, None))


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("name", CLIENTS)
def test_the_reference_client_meets_every_situation_and_passes(name: str, country: str) -> None:
    report, front = reference(name, country)
    not_passed = {each.requirement: (each.verdict, each.cause) for each in report.verdicts if each.decidable and each.verdict != "passed"}
    if name in WITHOUT_ENUMERATIONS:
        assert not_passed.pop("CORE-TOL-002") == ("not-tested", "the client did not meet the situation later-values")
    assert not_passed == {}
    assert report.outcome == ("incomplete" if name in WITHOUT_ENUMERATIONS and report.of("CORE-TOL-002").level == "MUST" else "conformant")
    met = {each.name for each in SITUATIONS} - {each.name for each in front.left}
    assert met >= {"later-members", "too-many-requests", "lost-answer", "maintenance", "slow-answer", "redirect", "expired-token"}


@pytest.mark.parametrize("country", COUNTRIES)
def test_who_only_reads_sends_no_bodies_and_reaches_its_class_all_the_same(country: str) -> None:
    report, _ = asyncio.run(visited("discovery", country, None, ["discovery"]))
    verdicts = {each.requirement: each.verdict for each in report.verdicts if each.profile == "core/1"}
    assert {verdicts[id] for id in ("CORE-REQ-001", "CORE-REQ-002", "CORE-IDM-002", "CORE-IDM-006")} == {"not-applicable"}
    assert verdicts["CORE-TOL-001"] == "passed", "a copy that the client has is not the later version's"
    assert (report.outcome, report.class_reached) == ("conformant", "high-risk")


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize(("name", "mutant"), MUTANTS)
def test_a_mutant_is_caught_and_accused_of_nothing_else(name: str, country: str, mutant: Mutant) -> None:
    report, _ = asyncio.run(visited(name, country, mutant))
    accused = {each.requirement for each in report.verdicts if each.verdict in ("failed", "warning", "needs-review", "harness-error")}
    assert mutant.requirement in accused
    assert accused <= {mutant.requirement, *mutant.also}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_later_version_has_members_more_and_no_other_fault(name: str) -> None:
    """A map of texts by language, read as one by a client with types, holds texts in later versions as well."""
    for operation in catalogue.load_with_core([name])[-1].operations:
        for status, defined in operation.definition["responses"].items():
            examples = defined.get("content", {}).get("application/json", {}).get("examples", {})
            for example in examples.values() if status.startswith("2") else ():
                answer = Response(int(status), Headers({"content-type": "application/json"})).with_json(example["value"])
                later = _as_later(cast("Turn", SimpleNamespace(operation=operation)), answer, example["value"])
                assert ("x_later" in str(later)) == ("{" in str(later)), operation.id
                assert operation.value_errors(answer, later) == [], operation.id
