"""The reference anonymisers: what they find and what not, what they take out, and who may have it put back."""

from __future__ import annotations

import base64
from typing import Any

import pytest

import harness
from conformance.anonymisation.letters import named, sentences
from conformance.reference.anonymisation.recognition import find
from conformance.reference.anonymisation.service import create
from harness.client import asgi_transport
from harness.exchange import Response
from harness.participant import Credential
from tests.conformance.reference_services import send

COUNTRIES = ("pl", "lt")
EVERYDAY, OFFICER = "token-of-the-office", "token-of-the-officer"


def asked(country: str, path: str, content: Any, **options: Any) -> Response:
    return send(create(country), "POST", path, content=content, **options)


def found(text: str, language: str = "lt") -> list[tuple[str, str]]:
    return [(each.type, text[each.start : each.end]) for each in find(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("asmens kodas ７５００１１５０００８", [("LT_ASMENS_KODAS", "７５００１１５０００８")]),
        ("PESEL 504 115\u00a0123 42!", [("PL_PESEL", "504 115\u00a0123 42")]),
        ("PESEL 504\u200b115\u00ad12342", [("PL_PESEL", "504\u200b115\u00ad12342")]),
        ("PESEL 504115‑12342", [("PL_PESEL", "504115‑12342")]),
        ("tel. +370 5 200 00 00", [("PHONE_NUMBER", "+370 5 200 00 00")]),
        ("IBAN LT12 1000 0111 0100 1000 LABAI", [("IBAN_CODE", "LT12 1000 0111 0100 1000")]),
        ("Onos Petraitiene\u0307s", [("PERSON", "Onos Petraitiene\u0307s")]),
        ("😀 biuro@example.org", [("EMAIL_ADDRESS", "biuro@example.org")]),
    ],
)
def test_what_is_found_however_it_is_written(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text", ["Vilniaus miesto savivaldybė", "Bylos Nr. 00000000000", "2026-11-25 12:00:00", "Suma 1 234 567,89 EUR", "12345678901234567"]
)
def test_what_is_nobodys_is_not_found(text: str) -> None:
    assert found(text) == []


def test_what_the_card_says_it_cannot_do_it_cannot() -> None:
    assert found("Vakar skambino Petraitienė") == [], "a surname without a given name"
    assert found("septyni penki nuliai") == [], "a number in words"
    text = "Gimęs 1980 m. sausio 1 d., gyvena Gedimino pr. 1"
    assert [type for type, _ in found(text)] == []


@pytest.mark.parametrize("country", COUNTRIES)
def test_more_names_are_found_than_declared(country: str) -> None:
    card = send(create(country), "GET", "/service-card").json
    [metric] = [each for each in card["metrics"] if each["name"] == "name-recall"]
    for language in metric["languages"]:
        seeded = named(language)
        hits = sum(any(each.start <= one.start and one.end <= each.end for each in find(one.text, language)) for one in seeded)
        assert hits / len(seeded) > metric["value"]


def test_an_organisation_is_no_person() -> None:
    assert {type for each in sentences("PL_REGON", "pl") for type, _ in found(each.text, "pl")} == {"PL_REGON"}


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_language_that_is_not_supported_is_named(country: str) -> None:
    answer = asked(country, "/analyze", {"text": "75001150008", "language": "de"}, Accept_Language="pl")
    assert answer.status == 400
    assert "Obsługiwane języki: " in answer.json["detail"]
    assert asked(country, "/analyze", {"text": "75001150008", "language": "lt-LT"}).json[0]["end"] == 11


def test_faults_have_their_places() -> None:
    results = [{"start": 0, "end": 3, "score": 1, "entity_type": "X"}, {"start": 2, "end": 9, "score": 1, "entity_type": "X"}]
    answer = asked("lt", "/anonymize", {"text": "😀ab", "analyzer_results": results, "anonymizers": {"X": {"type": "keep"}}})
    assert [each["pointer"] for each in answer.json["errors"]] == ["#/analyzer_results/1", "#/anonymizers/X/type"]
    answer = asked("lt", "/anonymize", {"text": "ab", "analyzer_results": [], "anonymizers": {"X": {"type": "mask"}}})
    assert answer.status == 200, "settings that nothing needs are not missed"


def test_what_presidio_encrypted_is_put_back_and_only_for_those_who_may() -> None:
    example = {
        "text": "My name is S184CMt9Drj7QaKQ21JTrpYzghnboTF9pn_neN8JME0=",
        "deanonymizers": {"PERSON": {"type": "decrypt", "key": "WmZq4t7w!z%C&F)J"}},
        "anonymizer_results": [{"start": 11, "end": 55, "entity_type": "PERSON"}],
    }
    app = create("lt", token=EVERYDAY, reidentification_token=OFFICER)
    answer = send(app, "POST", "/deanonymize", content=example, Authorization=f"Bearer {OFFICER}")
    assert answer.json["text"] == "My name is Chloë"
    refused = send(app, "POST", "/deanonymize", content=example, Authorization=f"Bearer {EVERYDAY}")
    assert refused.status == 403
    assert refused.headers.get("www-authenticate") == 'Bearer realm="anonymisation", error="insufficient_scope", scope="reidentification"'
    assert send(app, "POST", "/deanonymize", content=example).status == 401
    assert send(create("pl"), "POST", "/deanonymize", content=example).status == 401
    wrong = {**example, "deanonymizers": {"PERSON": {"type": "decrypt", "key": "0" * 16}}}
    answer = send(app, "POST", "/deanonymize", content=wrong, Authorization=f"Bearer {OFFICER}")
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "#/deanonymizers/PERSON/key")
    listed = send(app, "GET", "/anonymizers", Authorization=f"Bearer {OFFICER}")
    assert listed.status == 200, "who may do more may do what all may"


def test_what_goes_out_encrypted_comes_back() -> None:
    app = create("pl", reidentification_token=OFFICER)
    text, key = "Sprawa Żygimanta Wróblewskiego 🇱🇹.", "k" * 32
    results = [{"start": 7, "end": 30, "score": 0.9, "entity_type": "PERSON"}]
    sealed = send(
        app,
        "POST",
        "/anonymize",
        content={"text": text, "analyzer_results": results, "anonymizers": {"PERSON": {"type": "encrypt", "key": key}}},
    ).json
    assert len(base64.urlsafe_b64decode(sealed["items"][0]["text"])) % 16 == 0
    content = {"text": sealed["text"], "anonymizer_results": sealed["items"], "deanonymizers": {"DEFAULT": {"type": "decrypt", "key": key}}}
    assert send(app, "POST", "/deanonymize", content=content, Authorization=f"Bearer {OFFICER}").json["text"] == text


def test_the_document_says_which_scope() -> None:
    document = send(create("lt", token=EVERYDAY), "GET", "/openapi.json").json
    assert document["paths"]["/deanonymize"]["post"]["security"] == [{"bearer": ["reidentification"]}]
    assert document["paths"]["/anonymize"]["post"]["security"] == [{"bearer": []}]


def test_a_hash_is_another_one_each_time() -> None:
    content = {
        "text": "75001150008",
        "analyzer_results": [{"start": 0, "end": 11, "score": 1, "entity_type": "LT_ASMENS_KODAS"}],
        "anonymizers": {"DEFAULT": {"type": "hash"}},
    }
    assert asked("lt", "/anonymize", content).json["text"] != asked("lt", "/anonymize", content).json["text"]


def test_records_say_how_much_and_not_what() -> None:
    app = create("pl")
    answer = send(app, "POST", "/analyze", content={"text": "PESEL 50411512342", "language": "pl"})
    record = send(app, "GET", f"/records/{answer.headers.get('record-id')}").json
    assert record["outcome"] == "analyzed"
    assert "50411512342" not in str(record)


@pytest.mark.parametrize(("token", "needs_a_scope", "comes_back"), [(EVERYDAY, "passed", "not-applicable"), (OFFICER, "failed", "passed")])
def test_a_run_with_the_credential_of_the_few_says_so(token: str, needs_a_scope: str, comes_back: str) -> None:
    app = create("lt", token=EVERYDAY, reidentification_token=OFFICER)
    transport, credential = asgi_transport(app), Credential("bearer", token, "$TOKEN")
    report = harness.run("http://127.0.0.1", ["anonymisation"], country="lt", transport=transport, credential=credential)
    assert [report.of(id).verdict for id in ("ANON-DEA-001", "ANON-DEA-002")] == [needs_a_scope, comes_back]
