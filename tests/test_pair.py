"""What a consumer really sent, sent to a provider: it is made as the consumer would have made it there, and nothing of it is told."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import Exchange, Headers, Participant, Request, Response, catalogue, pair
from harness.client import Client, asgi_transport
from harness.pairing import Carried, Pairing
from harness.recording import Recording
from harness.report import encode_report
from harness.serve.listening import running
from harness.serve.mock import mutants_of, reference_app
from harness.withholding import Withheld

ASKED = {"messages": [{"role": "user", "content": ""}]}
GOVAI = Path(sys.executable).with_name("govai")


async def _recorded(folder: Path, profile: str, country: str) -> Path:
    caller = importlib.import_module(f"conformance.reference.{profile.replace('-', '_')}.caller")
    participant, profiles = Participant("", "client", country), catalogue.load_with_core([profile])
    service = Participant("http://service.example", "service")
    with Recording(folder, participant, profiles, 0) as recording:
        async with Client(service, asgi_transport(reference_app(profile, country))) as client:

            async def send(request: Request) -> Response:
                exchange = await client.send(f"consumer.{recording.run}", request)
                recording.keep(replace(exchange, sender="participant"))
                assert exchange.response is not None
                return exchange.response

            await caller.visit(caller.Caller(country, send))
        recording.end(None)
    return folder


def recorded(folder: Path, profile: str, country: str) -> Path:
    """The evidence of one visit of a reference client at the reference service of its country."""
    return asyncio.run(_recorded(folder, profile, country))


def crossed(folder: Path, profile: str, country: str, app: Any = None, **options: Any) -> Pairing:
    transport = asgi_transport(app or reference_app(profile, country))
    return pair(folder, "http://other.example", [profile], transport=transport, consumer_name="client", **options)


@pytest.mark.parametrize("profile", catalogue.references())
@pytest.mark.parametrize("country", ["pl", "lt"])
def test_a_client_that_knew_one_service_works_with_that_of_the_other_country(profile: str, country: str, tmp_path: Path) -> None:
    folder = recorded(tmp_path / "evidence", profile, country)
    result = crossed(folder, profile, "lt" if country == "pl" else "pl")
    assert (result.pair.state, result.pair.deciding) == ("works", [])
    assert result.consumer.participant.side == "consumer"
    assert 0 < result.provider.requests <= result.consumer.requests


def test_what_the_provider_does_with_it_decides(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "evidence", "assistant", "pl")
    traceless = crossed(folder, "assistant", "lt", reference_app("assistant", "lt", mutant="errors-leave-the-trace"))
    assert traceless.pair.state == "works", "it was sent nothing that it had to refuse"
    result = crossed(folder, "assistant", "lt", reference_app("assistant", "lt", mutant=mutant_of("assistant", "CHAT-AID-001")))
    assert (result.pair.state, result.pair.weaker) == ("fails", "provider")
    assert "CHAT-AID-001" in {each.requirement for each in result.pair.deciding}


def test_requests_that_are_refused_are_told_with_their_answer(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "evidence", "translation", "pl")
    result = crossed(folder, "translation", "lt", reference_app("discovery", "lt"))
    told = [(each.use and each.use.operation, each.message) for each in result.pair.having("refused")]
    assert ("translate", "HTTP 404 (2)") in told
    assert result.pair.state == "fails"


def test_nothing_of_what_people_wrote_stands_in_a_report(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "evidence", "decision-support", "lt")
    answered = reference_app("decision-support", "pl", mutant=mutant_of("decision-support", "DECN-NOT-001"))
    result = crossed(folder, "decision-support", "pl", answered)
    texts = encode_report(result.consumer) + encode_report(result.provider)
    assert result.provider.exchanges, "something was found, so exchanges are shown"
    for word in ("Pavyzdys", "Jonas", "90010112345"):
        assert word.encode() not in texts
    for each in result.provider.exchanges.values():
        assert (each.request_body, each.response_body, each.request_base64) == ("", "", None)
        assert each.curl.endswith("# content withheld")


def mutant_of(profile: str, requirement: str) -> str:
    return next(mutant.id for mutant, found, _ in mutants_of(profile) if found.id == requirement)


def test_words_of_the_profile_are_not_withheld_and_those_of_people_are() -> None:
    withheld = Withheld(catalogue.load_with_core(["decision-support"]))
    body = json.dumps({"applicant": {"familyName": "Wróblewska", "note": "The answer \\u017b 50411512342"}}).encode()
    withheld.learn(Exchange("x", Request("POST", "/a/Kowal?b=Nowak", Headers({"Content-Type": "application/json"}), body), None))
    said = withheld.text("The answer for familyName WRÓBLEWSKA (50411512342), Kowal and Nowak, is not in applicant")
    assert said == "The answer for familyName … (…), … and …, is not in applicant"


def test_credentials_are_swapped_and_keys_are_new(tmp_path: Path) -> None:
    operation = catalogue.load("assistant").operation("createChatCompletion")
    carried = Carried()
    request = Request("POST", "/v1/chat/completions", Headers({"Idempotency-Key": "old"}))
    first, again = (carried.over(request, operation).headers.get("idempotency-key") for _ in range(2))
    assert first == again != "old"


def answer(value: Any, **headers: str) -> Response:
    return Response(200, Headers({"Content-Type": "application/json", **headers}), json.dumps(value).encode())


@pytest.mark.parametrize(
    ("recorded_answer", "answered", "sent", "expected"),
    [
        pytest.param({"data": [{"id": "alpha"}]}, {"data": [{"id": "beta"}]}, {"model": "alpha"}, {"model": "beta"}, id="a name"),
        pytest.param(
            {"data": [{"id": "alpha"}]},
            {"data": [{"id": "beta"}, {"id": "alpha"}]},
            {"model": "alpha"},
            {"model": "alpha"},
            id="known there",
        ),
        pytest.param({"id": "abc"}, {"id": "xyz"}, {"model": "abc"}, {"model": "abc"}, id="too short to be known again"),
        pytest.param(
            {"role": "user"},
            {"role": "other"},
            ASKED,
            ASKED,
            id="enumeration",
        ),
        pytest.param({"facts": {"a": 1}}, {"facts": {"b": 2}}, {"metadata": {"a": 1}}, {"metadata": {"b": 2}}, id="an object"),
        pytest.param({"id": "alpha"}, {"id": 7}, {"model": "alpha"}, {"model": "alpha"}, id="of another type"),
    ],
)
def test_what_was_taken_from_an_answer_is_taken_from_the_provider_s(recorded_answer: Any, answered: Any, sent: Any, expected: Any) -> None:
    operation, carried = catalogue.load("assistant").operation("createChatCompletion"), Carried()
    carried.learn(answer(recorded_answer), answer(answered))
    request = Request("POST", operation.path, Headers({"Content-Type": "application/json"}), json.dumps(sent).encode())
    assert carried.over(request, operation).json == expected


def test_identifiers_in_addresses_are_the_provider_s() -> None:
    operation, carried = catalogue.load("translation").operation("getJob"), Carried()
    carried.learn(answer({}, Location="/jobs/11-22", ETag='"one"'), answer({}, Location="http://x.example/jobs/33", ETag='"two"'))
    carried.learn(answer({"id": "11-22"}), answer({"id": "3/3"}))
    request = carried.over(Request("GET", "/jobs/11-22?x=1", Headers({"If-None-Match": '"one"'})), operation)
    assert (request.url, request.headers.get("if-none-match")) == ("/jobs/3%2F3?x=1", '"two"')


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["missing", "--provider", "http://127.0.0.1:1"], 2, "There is no file missing."),
        (["evidence", "--provider", "nowhere"], 2, "is not a base URL"),
        (["evidence", "--provider", "http://127.0.0.1:1"], 3, "cannot be reached"),
    ],
)
def test_bad_input_gets_a_sentence(words: list[str], code: int, said: str, tmp_path: Path) -> None:
    recorded(tmp_path / "evidence", "discovery", "pl")
    done = subprocess.run([GOVAI, "pair", *words, "--profile", "discovery"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False)


def test_the_command_says_it_and_writes_a_report_on_each_side(tmp_path: Path) -> None:
    recorded(tmp_path / "evidence", "discovery", "pl")
    with running(reference_app("discovery", "lt")) as url:
        words = ["pair", "evidence", "--provider", url, "--profile", "discovery", "--report", "json=r.json"]
        done = subprocess.run([GOVAI, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:22]) == (0, "✓ Yes: evidence can us")
    assert {each.name for each in tmp_path.glob("r-*.json")} == {"r-consumer.json", "r-provider.json"}
