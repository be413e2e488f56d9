"""Core's scenarios against services in this process: correct ones of several habits, and the same with one fault."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable

import httpx
import pytest

import harness
from conformance.core.discovery import security_fields
from harness.checks import registry
from harness.exchange import Request, Response
from tests.conformance.core_asking import BASE, Answer, FakeService
from tests.conformance.core_services import SECURITY, Members, good, instead, outcome, problem, refusing, response

LARGE: Members = {"limits": {"requestBytes": 1000}}


def large_is(status: int) -> Answer:
    return lambda request: problem(status) if len(request.body) > 1000 else good(request)


@pytest.mark.parametrize(
    ("answer", "card", "expected"),
    [
        (large_is(413), LARGE, "right"),
        (large_is(400), LARGE, "right"),
        (large_is(429), LARGE, "NotTested"),
        (large_is(500), LARGE, "Violation"),
        (good, LARGE, "Violation"),
        (good, {}, "NotApplicable"),
        (good, {"limits": {"requestBytes": 10**9}}, "NotTested"),
    ],
)
def test_larger_bodies(answer: Answer, card: Members, expected: str) -> None:
    assert outcome("CORE-ROB-002", answer, card=card) == expected


def test_normal_forms() -> None:
    def strict(request: Request) -> Response:
        return good(request) if unicodedata.is_normalized("NFC", request.text) else problem(400)

    flaky = iter([200, 500, 200, 200])
    assert outcome("CORE-ENC-004") == "right"
    assert outcome("CORE-ENC-004", strict) == "Violation"
    assert outcome("CORE-ENC-004", lambda request: response(next(flaky), {})) == "right"
    assert outcome("CORE-ENC-004", lambda request: problem(404)) == "NotTested"


@pytest.mark.parametrize(
    ("status", "expected"), [(415, "right"), (422, "right"), (400, "right"), (200, "Violation"), (500, "Violation"), (403, "NotTested")]
)
def test_other_content_types(status: int, expected: str) -> None:
    assert outcome("CORE-CNT-002", lambda request: good(request) if request.is_json else response(status)) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (problem(406), "right"),
        (response(200, {}), "right"),
        (response(200, {}, "image/png"), "Violation"),
        (problem(400), "Violation"),
        (problem(500), "Violation"),
        (problem(401), "NotTested"),
    ],
)
def test_accept_that_cannot_be_met(given: Response, expected: str) -> None:
    assert outcome("CORE-CNT-003", lambda request: given if request.headers.get("accept") == "image/png" else good(request)) == expected


def test_content_digest_is_optional() -> None:
    assert outcome("CORE-CNT-004") == "NotApplicable"
    assert outcome("CORE-CNT-004", lambda request: response(200, {}, Content_Digest="sha-256=:x:")) == "right"


def by_weight(wish: str) -> str:
    """The language with the greatest weight (RFC 9110 section 12.4.2)."""
    tags = [(tag.partition(";")[0].strip().lower(), float(tag.partition("q=")[2] or 1)) for tag in wish.split(",")]
    return max(tags, key=lambda tag: tag[1])[0]


def speaking(
    texts: Members,
    *,
    declared: bool = True,
    kind: str = "application/problem+json",
    chosen: Callable[[str], str] = by_weight,
    members: Callable[[str], Members] = lambda language: {},
) -> Answer:
    """A service whose errors speak the languages given. ``chosen`` reads Accept-Language, ``members`` come with the error in a language."""

    def answer(request: Request) -> Response:
        language = chosen(request.headers.get("accept-language") or "en")
        if request.method == "POST" and isinstance(request.document, dict):
            return good(request)
        content = {"type": "https://example.lt/e", "title": "400", "status": 400, "detail": texts[language], **members(language)}
        return response(400, content, kind, **({"Content_Language": f"{language}-X"} if declared else {}))

    return answer


def test_languages_of_errors() -> None:
    own = {"pl": "Błędne żądanie", "lt": "Netinkama užklausa", "en": "Bad request"}
    assert outcome("CORE-ERR-006", speaking(own)) == "right"
    assert outcome("CORE-ERR-006", speaking({**own, "lt": own["en"]})) == "Violation"
    assert outcome("CORE-ERR-006", speaking(own, declared=False)) == "Violation"
    assert outcome("CORE-ERR-006", speaking(own, kind="application/json")) == "NotTested"
    assert outcome("CORE-ERR-006", speaking(own, chosen=lambda wish: wish if wish in own else "en")) == "Violation"
    assert outcome("CORE-ERR-006", speaking(own, chosen=lambda wish: wish[:2].lower())) == "Violation"
    assert outcome("CORE-ERR-006", speaking(own, members=lambda language: {"type": f"https://example.lt/{language}"})) == "Violation"
    places = [{"pointer": "#/a", "detail": "x"}, {"pointer": "#/b", "detail": "y"}]
    assert outcome("CORE-ERR-006", speaking(own, members=lambda language: {"errors": places[:: -1 if language == "pl" else 1]})) == "right"
    assert (
        outcome("CORE-ERR-006", speaking(own, members=lambda language: {"errors": places[: 1 if language == "pl" else 2]})) == "Violation"
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (good, "right"),
        (refusing(401, "GET"), "right"),
        (instead("/subjects", problem(404), "DELETE"), "right"),
        (instead("/subjects", problem(501), "DELETE"), "right"),
        (instead("/subjects", problem(403), "DELETE"), "right"),
        (instead("/subjects", problem(400), "DELETE"), "Violation"),
        (instead("/subjects", response(200), "DELETE"), "Violation"),
        (instead("/subjects", problem(404)), "NotTested"),
        (lambda request: good(request) if request.path == "/subjects" else problem(401), "right"),
        (lambda request: good(request) if request.path == "/subjects" else problem(400), "Violation"),
        (lambda request: response(200, "<html>", "text/html"), "Violation"),
    ],
)
def test_unknown_paths_and_methods(answer: Answer, expected: str) -> None:
    assert outcome("CORE-ERR-007", answer) == expected


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("nothing", "right"), ("00000000000000000000000000000000", "Violation"), ("-extra", "Violation"), ("cc-", "Violation")],
)
def test_bad_traceparent(fault: str, expected: str) -> None:
    assert outcome("CORE-TRC-002", refusing(400, fault)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SECURITY, "right"),
        (SECURITY.replace("\n", "\r\n"), "right"),
        (SECURITY.replace("Contact", "CONTACT") + "Contact: https://example.lt/security\nPolicy: https://example.lt/policy\n", "right"),
        (f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{SECURITY}- -----\n-----BEGIN PGP SIGNATURE-----\n\nContact: x\n", "right"),
        (SECURITY.replace("mailto:", ""), "Violation"),
        (SECURITY.replace("mailto:security@example.lt", "http://example.lt"), "Violation"),
        (SECURITY + "Expires: 2098-01-01T00:00:00Z\n", "Violation"),
        (SECURITY.replace("2099", "2020"), "Violation"),
        (SECURITY.replace("T00:00:00z", ""), "Violation"),
        ("Contact: mailto:a@b.lt\n", "Violation"),
    ],
)
def test_security_contact(text: str, expected: str) -> None:
    assert outcome("CORE-SEC-005", instead("/.well-known/security.txt", response(200, text, "text/plain"))) == expected


def test_security_fields_of_a_signed_file() -> None:
    text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nContact: tel:+37052000000 \n-----BEGIN PGP SIGNATURE-----\n"
    assert security_fields(text) == [("contact", "tel:+37052000000")]


IDEMPOTENT: Members = {"capabilities": ["idempotency"]}


def remembering(*, same: str | None = None, other: int = 422, marked: str | None = "true") -> Answer:
    """A service with keys. ``same`` is the id that a retry gets instead of the first one; ``other`` what a reused key gets; ``marked`` what is said
    of a result that is given again.
    """
    seen: dict[str, bytes] = {}

    def answer(request: Request) -> Response:
        key = request.headers.get("idempotency-key") or ""
        if key not in seen:
            seen[key] = request.body
            return response(200, {"id": "1", "text": "a"})
        if seen[key] != request.body:
            return problem(other) if other >= 400 else response(other, {"id": "2"})
        return response(200, {"text": "a", "id": same or "1"}, **({"Idempotency_Replayed": marked} if marked else {}))

    return answer


@pytest.mark.parametrize(
    ("answer", "first", "second"),
    [
        (remembering(), "right", "right"),
        (remembering(other=409), "right", "right"),
        (remembering(other=200), "right", "Violation"),
        (remembering(other=500), "right", "Violation"),
        (remembering(same="2"), "Violation", "right"),
        (remembering(marked=None), "Violation", "right"),
        (remembering(marked="tr"), "Violation", "right"),
    ],
)
def test_idempotency(answer: Answer, first: str, second: str) -> None:
    assert outcome("CORE-IDM-001", answer, card=IDEMPOTENT) == first
    assert outcome("CORE-IDM-003", answer, card=IDEMPOTENT) == second
    assert outcome("CORE-IDM-001", answer) == "NotApplicable"


def guarded(*, unknown: int = 401, without: int = 401) -> Answer:
    """A service that asks for ``Bearer right``."""

    def answer(request: Request) -> Response:
        token = request.headers.get("authorization")
        status = 200 if token == "Bearer right" else unknown if token else without
        return good(request) if status == 200 else problem(status)

    return answer


@pytest.mark.parametrize(
    ("answer", "card", "secret", "expected"),
    [
        (good, {}, None, "NotApplicable"),
        (good, {"authentication": ["none", "api-key"]}, None, "NotApplicable"),
        (guarded(without=200), {"authentication": ["none", "bearer"]}, None, "right"),
        (guarded(), {"authentication": ["bearer"]}, "right", "right"),
        (guarded(without=403), {}, "right", "right"),
        (good, {"authentication": ["none", "bearer"]}, None, "Violation"),
        (guarded(unknown=403), {"authentication": ["oauth2"]}, "right", "Violation"),
        (good, {}, "right", "Violation"),
        (guarded(), {"authentication": ["bearer"]}, None, "NotTested"),
    ],
)
def test_tokens(answer: Answer, card: Members, secret: str | None, expected: str) -> None:
    assert outcome("CORE-SEC-002", answer, card=card, secret=secret) == expected


def test_a_client_certificate_cannot_be_left_out() -> None:
    """With mutual TLS every call looks the same on the wire, so a call "without" the credential proves nothing."""

    class Certified(FakeService):
        def __init__(self) -> None:
            super().__init__(good)
            self.has_credential = True

    for check in registry.of("CORE-SEC-002"):
        asyncio.run(check.function(Certified()))


@pytest.mark.parametrize(
    ("name", "place", "expected"),
    [("asmens_kodas", "query", "Violation"), ("PESEL", "path", "Violation"), ("pesel", "header", "right"), ("nip", "query", "right")],
)
def test_parameters_for_persons(name: str, place: str, expected: str) -> None:
    item = {"parameters": [{"name": name, "in": place}, {"$ref": "#/components/parameters/X"}], "get": {"parameters": None}}
    assert outcome("CORE-SEC-004", instead("/openapi.json", response(200, {"paths": {"/x": item}}))) == expected


@pytest.mark.parametrize(
    ("card", "answer", "expected"),
    [
        ({}, good, "NotApplicable"),
        ({"testScenarios": ["rate-limited"]}, good, "NotTested"),
        ({"testScenarios": ["rate-limited"]}, refusing(429, "rate-limited"), "right"),
    ],
)
def test_rate_limits(card: Members, answer: Answer, expected: str) -> None:
    assert outcome("CORE-RAT-001", answer, card=card) == expected


@pytest.mark.parametrize(
    ("card", "retention", "oversight"),
    [
        ({}, "NotTested", "NotTested"),
        ({"name": "x"}, "Violation", "Violation"),
        ({"logRetentionDays": 182, "oversight": {"contact": "x"}}, "Violation", "Violation"),
        ({"logRetentionDays": 183, "oversight": {"contact": {"email": "x"}, "stopProcedure": "call"}}, "right", "right"),
    ],
)
def test_duties_told_by_the_card(card: Members, retention: str, oversight: str) -> None:
    assert outcome("CORE-LOG-003", card=card) == retention
    assert outcome("CORE-OVS-001", card=card) == oversight


@pytest.mark.parametrize(("status", "expected"), [(401, "right"), (404, "right"), (403, "right"), (200, "Violation")])
def test_list_of_records(status: int, expected: str) -> None:
    assert outcome("CORE-LOG-004", instead("/records", problem(status))) == expected


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (BASE, "right"),
        ("http://assistant.example.lt", "Violation"),
        ("http://192.0.2.7:8080/v1", "Violation"),
        ("http://127.0.0.1:8080", "NotApplicable"),
        ("http://127.1.2.3", "NotApplicable"),
        ("http://127.8.8.8", "NotApplicable"),
        ("http://10.0.0.1", "Violation"),
        ("http://[::1]:8080", "NotApplicable"),
        ("http://localhost:8000", "NotApplicable"),
        ("http://greeter.localhost", "NotApplicable"),
    ],
)
def test_tls(base: str, expected: str) -> None:
    assert outcome("CORE-TLS-001", base=base) == expected


def test_plain_http_may_refuse() -> None:
    assert outcome("CORE-TLS-001", lambda request: Response(403), base="http://assistant.example.lt") == "right"


@pytest.mark.parametrize(("scheme", "verdict"), [("http", "failed"), ("https", "passed")])
def test_tls_in_a_whole_run(scheme: str, verdict: str) -> None:
    """No mutant can show plain HTTP, since mocks listen on loopback. A mocked remote host can."""

    def answer(message: httpx.Request) -> httpx.Response:
        given = response(200, {"healthy": True}) if message.url.path == "/health" else problem(404)
        return httpx.Response(given.status, headers=dict(given.headers), content=given.body)

    report = harness.run(f"{scheme}://assistant.example.lt", ["core"], transport=httpx.MockTransport(answer))
    assert report.of("CORE-TLS-001").verdict == verdict
