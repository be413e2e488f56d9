"""Checks of discovery one by one: what cards, catalogues and clients by others may do is not accused, and the fault beside it is found."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

import harness
from conformance.discovery.links import below, header_links
from conformance.discovery.seen import Moments
from harness.exchange import Exchange, Headers, Request, Response
from harness.report import Report, Verdict
from tests.conformance.core_asking import TRACEPARENT

BASE = "https://asystent.example.pl"
CARD: dict[str, Any] = {
    "version": "1.0.0",
    "languages": ["pl", "en"],
    "models": ["pllum-12b"],
    "aiAct": {"marking": {"pointer": "/assurance/mark"}, "onMarketSince": "2026-10-01"},
    "limits": {"requestBytes": 1000, "requests": {"count": 3, "seconds": 10}},
}
ANSWER = "Szczegóły znajdzie Pani na podanej stronie, którą prowadzi właściwy urząd; zwykle wystarczy wniosek złożony osobiście."
IN_ENGLISH = "You will find the details on the page that is given below, which the competent office keeps for all residents."
QUESTION = "Gdzie mogę wymienić dowód osobisty i jakie dokumenty muszę mieć ze sobą?"


def at(moment: float, method: str, path: str, *, body: Any = None, status: int = 200, answer: Any = None, **headers: str) -> Exchange:
    """An exchange so many seconds after the first."""
    raw = b"" if body is None else json.dumps(body).encode()
    sent = Headers({"traceparent": TRACEPARENT, **({"Content-Type": "application/json"} if raw else {})})
    for name, value in headers.items():
        sent = sent.with_field(name.replace("_", "-"), value)
    kind = "application/linkset+json" if path.endswith("api-catalog") else "application/json"
    got = Headers({"Content-Type": kind, "ETag": '"1"'} | ({"Retry-After": "1"} if status == 429 else {}))
    response = Response(status, got, json.dumps(answer).encode())
    return Exchange(f"r.{moment:g}", Request(method, BASE + path, sent, raw), response, started=1_795_521_600 + moment, duration=0.01)


def card(moment: float = 0.0, **members: Any) -> Exchange:
    return at(moment, "GET", "/service-card", answer={**CARD, **members})


def asked(moment: float = 1.0, text: str = QUESTION, said: str = ANSWER, model: str = "pllum-12b", **members: Any) -> Exchange:
    """A question and its answer; ``members`` of the completion, or ``asking`` another model."""
    body = {"model": members.pop("asking", model), "messages": [{"role": "user", "content": text}]}
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
    whole = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "assurance": {"mark": True},
        **members,
    }
    return at(moment, "POST", "/v1/chat/completions", body=body, answer=whole)


def unkept(exchange: Exchange) -> Exchange:
    """The same, with an answer that nobody may store."""
    return replace(exchange, response=exchange.answer.with_header("Cache-Control", "no-store"))


def listed(*models: str) -> Exchange:
    return at(0.5, "GET", "/v1/models", answer={"object": "list", "data": [{"id": model} for model in models]})


def judged(*exchanges: Exchange, side: str = "provider") -> Report:
    return harness.judge(exchanges, ["assistant", "anonymisation", "discovery"], side=side, base_url=BASE)


def verdict(requirement: str, *exchanges: Exchange, side: str = "provider") -> Verdict:
    return judged(*exchanges, side=side).of(requirement)


CLAIMS: dict[str, tuple[str, str, list[Exchange]]] = {
    "the declared model": ("DISC-MOD-001", "passed", [card(), asked()]),
    "the declared model with its version": ("DISC-MOD-001", "passed", [card(), asked(model="pllum-12b-2026-10")]),
    "another model": ("DISC-MOD-001", "failed", [card(), asked(), asked(2, model="bielik-7b", asking="pllum-12b")]),
    "a name that the caller made up": ("DISC-MOD-001", "passed", [card(), listed("pllum-12b"), asked(), asked(2, model="made-up")]),
    "a listed model that the card lacks": ("DISC-MOD-001", "failed", [card(), listed("bielik-7b"), asked(model="bielik-7b")]),
    "no models in the card": ("DISC-MOD-001", "failed", [card(models=None), asked(model="bielik-7b", asking="x")]),
    "no card": ("DISC-MOD-001", "not-tested", [asked()]),
    "nothing named": ("DISC-MOD-001", "not-applicable", [card()]),
    "another model in the provenance": (
        "DISC-MOD-001",
        "failed",
        [card(), asked(assurance={"mark": True, "provenance": {"model": "bielik-7b"}})],
    ),
    "before the card": ("DISC-MOD-001", "not-applicable", [asked(model="bielik-7b", asking="x"), card(1)]),
    "answers in the language": ("DISC-LNG-001", "passed", [card(), *(asked(number) for number in range(1, 6))]),
    "a slip into English": ("DISC-LNG-001", "passed", [card(), asked(), asked(2, said=IN_ENGLISH)]),
    "English for all": ("DISC-LNG-001", "failed", [card(), *(asked(number, said=IN_ENGLISH) for number in range(1, 9))]),
    "a language that is not declared": (
        "DISC-LNG-001",
        "not-tested",
        [card(languages=["lt"]), *(asked(number, said=IN_ENGLISH) for number in range(1, 9))],
    ),
    "marked": ("DISC-MRK-001", "passed", [card(), asked()]),
    "not marked": ("DISC-MRK-001", "failed", [card(), asked(), asked(2, assurance={})]),
    "marked as no machine's": ("DISC-MRK-001", "failed", [card(), asked(assurance={"mark": False})]),
    "findings beside marked answers": (
        "DISC-MRK-001",
        "passed",
        [card(), asked(), at(2, "POST", "/analyze", body={"text": "a"}, answer=[])],
    ),
    "an older system": ("DISC-MRK-001", "not-applicable", [card(aiAct={"onMarketSince": "2026-08-01"}), asked()]),
    "an older system without a mark": ("DISC-MRK-002", "warning", [card(aiAct={"onMarketSince": "2026-08-01"}), asked()]),
    "refused, and who knows what was sent before": ("DISC-LIM-002", "needs-review", [card(), at(1, "GET", "/v1/models", status=429)]),
    "few and refused": ("DISC-LIM-002", "failed", [card(), at(11, "GET", "/v1/models", status=429)]),
    "many and refused": ("DISC-LIM-002", "passed", [card(), asked(1), asked(2), asked(3), at(4, "GET", "/v1/models", status=429)]),
    "many in a longer time": (
        "DISC-LIM-002",
        "failed",
        [card(), asked(5), asked(11), asked(16), at(22, "GET", "/v1/models", status=429)],
    ),
    "a test system on request": ("DISC-LIM-002", "passed", [card(), at(1, "GET", "/v1/models", status=429, test_scenario="rate-limited")]),
}


@pytest.mark.parametrize(("requirement", "expected", "exchanges"), CLAIMS.values(), ids=CLAIMS.keys())
def test_claims_against_what_was_seen(requirement: str, expected: str, exchanges: list[Exchange]) -> None:
    report = harness.judge(exchanges, ["assistant", "anonymisation", "discovery"], base_url=BASE, as_of=datetime.date(2026, 11, 25))
    assert report.of(requirement).verdict == expected, report.of(requirement)


CLIENTS: dict[str, tuple[str, str, list[Exchange]]] = {
    "takes anything": ("DISC-REQ-001", "passed", [at(0, "GET", "/.well-known/api-catalog", accept="*/*")]),
    "says nothing": ("DISC-REQ-001", "passed", [at(0, "GET", "/.well-known/api-catalog")]),
    "weighs": ("DISC-REQ-001", "passed", [at(0, "GET", "/.well-known/api-catalog", accept="text/html, application/*;q=0.1")]),
    "with a profile": (
        "DISC-REQ-001",
        "passed",
        [at(0, "GET", "/.well-known/api-catalog", accept='application/linkset+json;profile="https://www.rfc-editor.org/info/rfc9727"')],
    ),
    "takes JSON alone": ("DISC-REQ-001", "warning", [at(0, "GET", "/.well-known/api-catalog", accept="application/json")]),
    "refuses it": ("DISC-REQ-001", "warning", [at(0, "GET", "/.well-known/api-catalog", accept="*/*, application/linkset+json;q=0")]),
    "a small body": ("DISC-REQ-002", "passed", [card(), asked()]),
    "a large body": ("DISC-REQ-002", "failed", [card(), asked(text="a" * 1000)]),
    "a large body before the card": ("DISC-REQ-002", "passed", [asked(text="a" * 1000), card(2), asked(3)]),
    "no card at all": ("DISC-REQ-002", "not-applicable", [asked()]),
    "its pace": ("DISC-REQ-003", "passed", [card(), asked(1), asked(2), asked(10.5)]),
    "its haste": ("DISC-REQ-003", "failed", [card(), asked(1), asked(2), asked(3), asked(4)]),
    "card first": ("DISC-REQ-004", "passed", [card(), asked()]),
    "card later": ("DISC-REQ-004", "warning", [asked(), card(2)]),
    "reads again what changed": ("DISC-REQ-005", "passed", [card(), at(1, "GET", "/service-card", if_none_match='"1"', status=304)]),
    "reads again": ("DISC-REQ-005", "warning", [card(), card(1)]),
    "reads again what it must not keep": ("DISC-REQ-005", "not-tested", [unkept(card()), card(1)]),
    "reads again tomorrow": ("DISC-REQ-005", "not-tested", [card(), card(86_400)]),
    "reads in another language": ("DISC-REQ-005", "not-tested", [card(), at(1, "GET", "/service-card", accept_language="lt")]),
}


@pytest.mark.parametrize(("requirement", "expected", "exchanges"), CLIENTS.values(), ids=CLIENTS.keys())
def test_what_clients_do(requirement: str, expected: str, exchanges: list[Exchange]) -> None:
    assert verdict(requirement, *exchanges, side="consumer").verdict == expected


def test_a_link_leads_below_the_base_or_elsewhere() -> None:
    base = "https://a.example:443/api"
    inside: Mapping[str, str] = {
        "https://A.example/api/card?x=1#top": "/card?x=1",
        "card": "/card",
        "/api": "/",
        "https://a.example/api/x/../card": "/card",
    }
    for reference, path in inside.items():
        assert below(base, "https://a.example/api/", reference) == path
    for reference in (
        "/card",
        "http://a.example/api/card",
        "https://a.example:8443/api/card",
        "https://a.example@b.example/api/card",
        "https://user@a.example/api/card",
        "//b.example/api/card",
        "https://a.example/apical",
        "https://a.example/api/../card",
        "https://a.example:port/api",
        "mailto:a@a.example",
        "https://[::1/api",
    ):
        assert below(base, "https://a.example/api/", reference) is None, reference


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ('</c>; rel="api-catalog"', [("api-catalog", "/c")]),
        ("</c>;rel=API-Catalog", [("api-catalog", "/c")]),
        ('<a,b>; title="x, <y>; rel=\\"no\\""; rel="item next"', [("item", "a,b"), ("next", "a,b")]),
        ('</a>; rel=prev , </b> ; type="text/html" ; rel = "api-catalog"', [("prev", "/a"), ("api-catalog", "/b")]),
        ("</c>", []),
        (None, []),
    ],
)
def test_link_headers(field: str | None, found: list[tuple[str, str]]) -> None:
    assert header_links(field) == found


def test_requests_are_counted_by_their_moments() -> None:
    moments = Moments()
    for moment in (1.0, 3.0, 2.0, 12.0):
        moments.add(moment)
    assert (len(moments), moments.within(10, 3.0), moments.within(10, 12.0), moments.most_within(10)) == (4, 3, 2, 3)


CATALOGUES: dict[str, tuple[str | None, Any]] = {
    "no linkset": ("the catalogue holds no linkset", {"links": []}),
    "contexts that are texts": ("a link context is no object", {"linkset": ["https://a.example"]}),
    "a link alone": (
        "a link stands alone, without an array around it",
        {"linkset": [{"anchor": "https://a", "item": {"href": "https://b"}}]},
    ),
    "a link as a text": ("a link is no object", {"linkset": [{"anchor": "https://a", "item": ["https://b"]}]}),
    "a link without a target": (
        "a link has no href that is a URI reference",
        {"linkset": [{"anchor": "https://a", "item": [{"url": "https://b"}]}]},
    ),
    "a template for a target": (
        "a link has no href that is a URI reference",
        {"linkset": [{"anchor": "https://a", "item": [{"href": "https://b/{id}"}]}]},
    ),
    "an empty target": (None, {"linkset": [{"anchor": "https://a", "item": [{"href": ""}]}]}),
    "letters outside ASCII": (None, {"linkset": [{"anchor": "https://ą.example", "item": [{"href": "https://ą.example/ž"}]}]}),
    "one language as a text": ("hreflang is no array", {"linkset": [{"anchor": "a:", "item": [{"href": "b:", "hreflang": "lt"}]}]}),
    "a contact of its own": (None, {"linkset": [{"anchor": "a:", "contact": {"email": "a@b.example"}, "item": [{"href": "b:"}]}]}),
}


@pytest.mark.parametrize(("message", "document"), CATALOGUES.values(), ids=CATALOGUES.keys())
def test_catalogues(message: str | None, document: Any) -> None:
    found = verdict("DISC-CAT-002", at(0, "GET", "/.well-known/api-catalog", answer=document))
    assert [each.message for each in found.findings] == ([message] if message else [])


@pytest.mark.parametrize(
    ("host", "internal"),
    [
        ("api.example.pl", False),
        ("8.8.8.8", False),
        ("10.0.0.7", True),
        ("[fd00::1]", True),
        ("127.0.0.1:8000", True),
        ("backend:8000", True),
        ("db.prod.svc.cluster.local", True),
        ("intranet.gov.pl", False),
    ],
)
def test_internal_hosts_are_not_named(host: str, internal: bool) -> None:
    document = {"linkset": [{"anchor": f"{BASE}/", "status": [{"href": f"http://{host}/health"}]}]}
    found = verdict("DISC-CAT-011", at(0, "GET", "/.well-known/api-catalog", answer=document))
    assert (found.verdict == "warning") == internal


def test_personal_numbers_are_found_and_not_repeated() -> None:
    shown: Callable[[str], Verdict] = lambda text: verdict("DISC-ORG-004", card(name=text))  # noqa: E731
    assert shown("NIP 8567346215, REGON 12345678512347").findings == []
    assert [each.got for each in shown("Kontakt: PESEL 50411512342").findings] == ["PESEL"]
