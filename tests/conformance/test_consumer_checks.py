"""What correct clients by others do (openai, httpx, curl, browsers, routers in between) is not accused; the fault next to it is found."""

from __future__ import annotations

import email.utils
import json
from dataclasses import replace
from typing import Any

import pytest

from harness import catalogue
from harness.exchange import Exchange, Fault, Headers, Request, Response
from harness.judge import Judge
from tests.conformance.core_asking import TRACEPARENT

NOW = 1_795_521_600.0
QUESTION = {"model": "m", "messages": [{"role": "user", "content": "Kur gauti pasą?"}]}


def sent(
    body: Any = QUESTION,
    *,
    method: str = "POST",
    path: str = "/v1/chat/completions",
    headers: dict[str, str | None] | None = None,
    status: int = 200,
    answer: dict[str, str] | None = None,
    after: float = 0.0,
    fault: Fault | None = None,
) -> Exchange:
    """One request as a client sent it so many seconds after the first, and what it got half a second later."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if method == "POST" else b""
    fields = Headers({"content-type": "application/json"} if raw else {})
    for name, value in ({"traceparent": TRACEPARENT, "accept-language": "lt"} | (headers or {})).items():
        fields = fields.with_field(name, value)
    response = None if fault else Response(status, Headers(answer or {}))
    return Exchange("c", Request(method, "http://h" + path, fields, raw), response, fault, "participant", NOW + after, 0.5)


def accused(*exchanges: Exchange) -> set[str]:
    """The requirements that a consumer violates with these."""
    judge = Judge(catalogue.load_with_core(["assistant"]), "consumer")
    for exchange in exchanges:
        judge.see(exchange)
    judge.decide_claims()
    assert not any(tally.harness_errors for tally in judge.tallies.values())
    return {id for id, tally in judge.tallies.items() if tally.violations}


def exercised(requirement: str, *exchanges: Exchange) -> bool:
    """Whether these put the requirement to the test."""
    judge = Judge(catalogue.load_with_core(["assistant"]), "consumer")
    for exchange in exchanges:
        judge.see(exchange)
    return judge.tallies[requirement].exercised > 0


def with_text(text: Any, role: str = "user") -> dict[str, Any]:
    return {**QUESTION, "messages": [{"role": role, "content": text}]}


LEGAL = {
    "a future version of traceparent": sent(headers={"traceparent": "01" + TRACEPARENT[2:] + "-more"}),
    "a trace that is not sampled": sent(headers={"traceparent": TRACEPARENT[:-2] + "00"}),
    "a browser's preflight": sent(method="OPTIONS", headers={"traceparent": None}),
    "a person reads the description": sent(method="GET", path="/openapi.json", headers={"traceparent": None}),
    "a person asks for an icon": sent(method="GET", path="/favicon.ico", headers={"traceparent": None}),
    "a charset nobody needs": sent(headers={"content-type": "Application/JSON; charset=UTF-8"}),
    "JSON with escapes and spaces": sent(b'\n {"model": "m", "messages": [{"role": "user", "content": "\\u0105 \\ud83d\\ude00"}]}\n'),
    "a body in a content coding": sent(b"\x1f\x8b\x08\x00", headers={"content-encoding": "gzip"}),
    "a GET that names its type": sent(method="GET", path="/v1/models", headers={"content-type": "application/json"}),
    "members of other servers": sent({**QUESTION, "top_k": 40, "chat_template_kwargs": {"thinking": False}, "n": None, "stop": None}),
    "every language": sent(headers={"accept-language": "*"}),
    "a browser's languages": sent(headers={"accept-language": "lt-LT,lt;q=0.9,en-US;q=0.8,en;q=0.7"}),
    "empty elements of a list": sent(headers={"accept-language": ", zh-Hant-TW;q=1.000 ,, *;q=0 ,"}),
    "another number of eleven digits": sent(with_text("Sąskaita 75001150009")),
    "a telephone number": sent(with_text("+50411512342")),
    "a masked identifier": sent(with_text("PESEL 504********, [asmens kodas]")),
    "a picture": sent(with_text([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA/50411512342/AAAA"}}])),
    "a refused question": sent(status=400),
    "a name that the service knows besides": sent({**QUESTION, "model": "alias"}),
}

FAULTY = [
    ("CORE-TRC-003", sent(headers={"traceparent": None})),
    ("CORE-TRC-003", sent(method="GET", path="/v1/models", headers={"traceparent": None})),
    ("CORE-TRC-003", sent(headers={"traceparent": f"{TRACEPARENT}, {TRACEPARENT}"})),
    ("CORE-TRC-003", sent(headers={"traceparent": "ff" + TRACEPARENT[2:]})),
    ("CORE-TRC-003", sent(headers={"traceparent": "00-4bf92f35-77b3-4da6-a3ce-929d0e0e4736-00f067aa0ba902b7-01"})),
    ("CORE-REQ-001", sent(headers={"content-type": None})),
    ("CORE-REQ-001", sent(headers={"content-type": "text/plain; charset=utf-8"})),
    ("CORE-REQ-001", sent(b"model=m&messages=x", headers={"content-type": "application/x-www-form-urlencoded"})),
    ("CORE-REQ-001", sent(json.dumps(QUESTION, ensure_ascii=False).encode("cp1257"))),
    ("CORE-REQ-001", sent(b'{"model": "m", "temperature": NaN}')),
    ("CORE-REQ-002", sent({"model": "m", "prompt": "Kur gauti pasą?"})),
    ("CORE-REQ-002", sent({**QUESTION, "temperature": "0.2"})),
    ("CORE-REQ-002", sent({**QUESTION, "messages": []})),
    ("CORE-SEC-003", sent(path="/v1/chat/completions?user=75001150008")),
    ("CORE-SEC-003", sent(method="GET", path="/records/50411512342")),
    ("CHAT-REQ-001", sent({**QUESTION, "model": "gpt-4o"}, status=404)),
    ("CHAT-REQ-002", sent(headers={"accept-language": None})),
    ("CHAT-REQ-002", sent(headers={"accept-language": " "})),
    ("CHAT-REQ-002", sent(headers={"accept-language": "lt_LT"})),
    ("CHAT-REQ-002", sent(headers={"accept-language": "lt;q=1.5"})),
    ("CHAT-REQ-002", sent(headers={"accept-language": "lietuvių"})),
    ("CHAT-PII-003", sent(with_text("Mano kodas 75001150008, kur gauti pasą?"))),
    ("CHAT-PII-003", sent(with_text([{"type": "text", "text": "PESEL: 50411512342."}]))),
    ("CHAT-PII-003", sent(with_text("Klausia 75001150008", "system"))),
]


@pytest.mark.parametrize("exchange", LEGAL.values(), ids=LEGAL)
def test_what_clients_may_do_is_not_accused(exchange: Exchange) -> None:
    assert accused(exchange) == set()


@pytest.mark.parametrize(("requirement", "exchange"), FAULTY)
def test_what_they_must_not_do_is_found_and_nothing_else(requirement: str, exchange: Exchange) -> None:
    assert accused(exchange) == {requirement}


def test_an_identifier_is_not_repeated_in_what_a_finding_says() -> None:
    judge = Judge(catalogue.load_with_core(["assistant"]), "consumer")
    judge.see(sent(with_text("75001150008"), path="/v1/chat/completions?kodas=75001150008"))
    findings = [found for tally in judge.tallies.values() for found in tally.findings.values()]
    assert {found.got for found in findings} == {"asmens kodas"}


KEY = {"idempotency-key": '"k-1"'}
NEW = {"idempotency-key": '"k-2"'}
OTHER = with_text("Kur gauti leidimą?")
GET: dict[str, Any] = {"method": "GET", "path": "/v1/models"}


def busy(seconds: int = 2, **more: Any) -> Exchange:
    return sent(status=429, answer={"retry-after": str(seconds)}, **more)


def until(seconds: float, **more: Any) -> Exchange:
    return sent(status=503, answer={"retry-after": email.utils.formatdate(NOW + 0.5 + seconds, usegmt=True)}, **more)


PAIRS = [
    # waiting, the first answer being complete after half a second
    ("CORE-RAT-002", busy(), sent(after=2.5), False),
    ("CORE-RAT-002", busy(), sent(after=2.3), False),  # the end of the answer was noted late, the timer is coarse
    ("CORE-RAT-002", busy(), sent(after=1.5), True),
    ("CORE-RAT-002", busy(120), sent(after=9.0), True),  # a client that knows no longer wait than its own
    ("CORE-RAT-002", busy(0), sent(after=0.5), False),
    ("CORE-RAT-002", busy(**GET), sent(**GET, after=0.55), False),  # two lists at once: the second was under way
    ("CORE-RAT-002", busy(**GET), sent(**GET, after=1.0), True),
    ("CORE-RAT-002", busy(), sent(OTHER, after=0.6), False),
    ("CORE-RAT-002", busy(), sent(OTHER, after=1.0), True),
    ("CORE-RAT-002", until(10), sent(after=9.5), False),  # its clock is a second ahead
    ("CORE-RAT-002", until(10), sent(after=5.0), True),
    ("CORE-RAT-002", sent(status=429, answer={"retry-after": "soon"}), sent(after=0.5), False),
    ("CORE-RAT-002", sent(status=500, answer={"retry-after": "2"}), sent(after=0.5), False),
    # repeating
    ("CORE-IDM-002", busy(headers=KEY), sent(headers=KEY, after=3), False),
    ("CORE-IDM-002", busy(headers=KEY), sent(headers=NEW, after=3), True),
    ("CORE-IDM-002", busy(headers=KEY), sent(after=3), True),
    ("CORE-IDM-002", busy(), sent(after=3), False),  # a client without keys
    ("CORE-IDM-002", busy(), sent(headers=KEY, after=3), False),
    ("CORE-IDM-002", busy(headers=KEY), sent(OTHER, headers=NEW, after=3), False),
    ("CORE-IDM-002", busy(headers=KEY), sent(headers=NEW, after=180), False),  # the person asks again
    ("CORE-IDM-002", sent(headers=KEY, status=500), sent(headers=NEW, after=3), False),  # completed: the error would come again
    ("CORE-IDM-002", sent(headers=KEY), sent(headers=NEW, after=3), False),  # the same question twice
    ("CORE-IDM-002", sent(headers=KEY), sent(OTHER, headers=KEY, after=3), True),
    ("CORE-IDM-002", sent(headers=KEY, fault=Fault("broken-off", "")), sent(headers=KEY, after=3), False),
    ("CORE-IDM-002", sent(headers=KEY, fault=Fault("broken-off", "")), sent(headers=NEW, after=3), True),
]


@pytest.mark.parametrize(("requirement", "first", "second", "wrong"), PAIRS)
def test_two_requests_in_a_row(requirement: str, first: Exchange, second: Exchange, wrong: bool) -> None:
    assert accused(first, second) == ({requirement} if wrong else set())


@pytest.mark.parametrize(("again", "wrong"), [("Bearer a", True), ("Bearer b", False), (None, False)])
def test_a_refused_token_is_not_sent_again_and_another_one_may_be(again: str | None, wrong: bool) -> None:
    refused = replace(sent(headers={"authorization": "Bearer a"}, status=401), situation="expired-token", reaction="repeated")
    assert ("CORE-SEC-009" in accused(refused, sent(headers={"authorization": again}, after=1))) == wrong


def test_nothing_to_wait_for_is_no_proof_of_waiting() -> None:
    assert not exercised("CORE-RAT-002", busy(0), sent(after=0.5))
    assert exercised("CORE-RAT-002", busy(), sent(after=2.5))
    assert not exercised("CORE-IDM-002", busy(), sent(after=2.5))
    assert not exercised("CHAT-REQ-001", sent(status=400))
