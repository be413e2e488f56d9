"""What core asks of any reference service, shown on the assistants."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from conformance.reference.assistant.service import create
from conformance.reference.idempotency import Results
from conformance.reference.negotiation import admits, language_for
from conformance.reference.problems import Problem
from conformance.reference.tracing import traceresponse
from tests.conformance.reference_services import COMPLETIONS, COUNTRIES, TOKEN, assistant, question, send

LT = "lt"
ASK = question(LT, "Kur gauti pasą?")


def test_a_country_without_an_assistant() -> None:
    with pytest.raises(ValueError, match="no reference assistant service for ee"):
        create("ee")


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("path", ["/health", "/service-card", "/openapi.json", "/.well-known/security.txt"])
@pytest.mark.parametrize("token", [None, TOKEN])
def test_anybody_may_read_what_a_service_says_of_itself(country: str, path: str, token: str | None) -> None:
    assert send(assistant(country, token), "GET", path).status == 200


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("token", [None, TOKEN])
def test_the_description_is_whole_and_says_who_may_ask(country: str, token: str | None) -> None:
    document = send(assistant(country, token), "GET", "/openapi.json").json
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    references = [value for value in _values(document, "$ref") if not value.startswith("#/")]
    assert references == []
    paths = document["paths"]
    assert paths["/records"]["get"]["security"] == [{"bearer": []}]
    assert paths["/health"]["get"]["security"] == [{}, {"bearer": []}]
    assert ({} in paths[COMPLETIONS]["post"]["security"]) is (token is None)
    assert document["info"]["version"] == send(assistant(country), "GET", "/health").headers.get("api-version")


def _values(value: Any, name: str) -> list[Any]:
    if isinstance(value, list):
        return [found for item in value for found in _values(item, name)]
    if not isinstance(value, dict):
        return []
    here = [value[name]] if isinstance(value.get(name), str) else []
    return here + [found for item in value.values() for found in _values(item, name)]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/no-such-path", {}, 404),
        ("GET", "/records/00000000000000000000000000000000", {}, 404),
        ("GET", "/records%2F..%2F..%2Fetc%2Fpasswd", {}, 404),
        ("DELETE", "/health", {}, 405),
        ("GET", COMPLETIONS, {}, 405),
        ("HEAD", COMPLETIONS, {}, 405),
        ("GET", "/v1/models", {"Accept": "image/png"}, 406),
        ("GET", "/v1/models", {"Accept": "application/json;q=0, text/plain"}, 406),
        ("POST", COMPLETIONS, {"Content-Type": "text/plain"}, 415),
        ("POST", COMPLETIONS, {"Content-Type": "application/json; charset=iso-8859-13"}, 415),
        ("POST", COMPLETIONS, {"Content-Encoding": "gzip"}, 415),
        ("POST", COMPLETIONS, {"Idempotency-Key": ""}, 400),
        ("POST", COMPLETIONS, {"Authorization": "Bearer unknown"}, 401),
        ("GET", "/health", {"Authorization": "Basic dXNlcjpwYXNz"}, 401),
        ("GET", "/records", {}, 401),
        ("POST", COMPLETIONS, {"Test-Scenario": "rate-limited"}, 429),
        ("GET", "/health", {"Test-Scenario": "unavailable"}, 503),
        ("HEAD", "/health", {}, 200),
        ("GET", "/health", {"Test-Scenario": "another"}, 200),
        ("POST", COMPLETIONS, {"Content-Type": "Application/JSON; charset=UTF-8"}, 200),
    ],
)
def test_statuses(method: str, path: str, headers: dict[str, str], status: int) -> None:
    fields = {name.replace("-", "_"): value for name, value in headers.items()}
    answer = send(assistant(LT), method, path, content=ASK if method == "POST" else None, **fields)
    assert answer.status == status
    named = {405: "allow", 401: "www-authenticate", 429: "retry-after", 503: "retry-after"}
    assert status not in named or named[status] in answer.headers
    if status >= 400 and method != "HEAD":
        assert answer.media_type == "application/problem+json"
        assert answer.json["status"] == status


def test_a_problem_in_three_languages_is_one_problem() -> None:
    problems = {}
    for language in ("pl", "lt", "en"):
        answer = send(assistant(LT), "POST", COMPLETIONS, content={"model": 1}, Accept_Language=f"{language}-XX, de;q=0.9")
        assert answer.headers.get("content-language") == language
        problems[language] = answer.json
    assert len({problem["detail"] for problem in problems.values()}) == 3
    assert len({problem["type"] for problem in problems.values()}) == 1
    pointers = [[entry["pointer"] for entry in problem["errors"]] for problem in problems.values()]
    assert sorted(pointers[0]) == ["#", "#/model"]
    assert pointers[0] == pointers[1] == pointers[2]


def test_every_fault_is_listed_and_nothing_of_the_request_repeated() -> None:
    faulty = {"model": "m", "messages": [{"role": "50411512342", "content": "x"}], "temperature": "50411512342", "n": 0, "stop": ["a"] * 5}
    answer = send(assistant("pl"), "POST", COMPLETIONS, content=faulty)
    assert {entry["pointer"] for entry in answer.json["errors"]} == {"#/messages/0/role", "#/temperature", "#/n", "#/stop"}
    assert "50411512342" not in answer.text


@pytest.mark.parametrize(
    "body",
    [b"{", b'\xef\xbb\xbf{"model": "m"}', b"\xff", b"[" * 5000, b'{"n": ' + b"9" * 5000 + b"}", b'"\\ud800"', b"[" * 900 + b"]" * 900],
)
def test_bodies_that_cannot_be_read(body: bytes) -> None:
    assert send(assistant(LT), "POST", COMPLETIONS, content=body).status == 400


def test_a_body_over_the_limit_is_refused_and_the_next_one_served() -> None:
    limit = send(assistant(LT), "GET", "/service-card").json["limits"]["requestBytes"]
    body = json.dumps(ASK).encode()
    assert send(assistant(LT), "POST", COMPLETIONS, content=body.ljust(limit)).status == 200
    assert send(assistant(LT), "POST", COMPLETIONS, content=body.ljust(limit + 1)).status == 413
    assert send(assistant(LT), "POST", COMPLETIONS, content=ASK).status == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_record_tells_which_bytes_came_in_and_went_out(stream: bool) -> None:
    body = json.dumps({**ASK, "stream": stream}, indent=3).encode()
    answer = send(assistant(LT), "POST", COMPLETIONS, content=body)
    record = send(assistant(LT), "GET", f"/records/{answer.headers.get('record-id')}")
    assert record.headers.get("cache-control") == answer.headers.get("cache-control") == "no-store"
    assert record.json["inputDigest"] == _digest(body)
    assert record.json["outputDigest"] == _digest(answer.body)
    assert record.json["started"] <= record.json["ended"]
    assert record.json["systemVersion"] == send(assistant(LT), "GET", "/service-card").json["version"]
    assert (record.json["outcome"], len(record.json["sources"])) == ("answered", 1)
    assert set(record.json["explanation"]) == {"pl", "lt", "en"}


def _digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def test_the_list_of_records_is_for_the_holder_of_the_token() -> None:
    app = assistant(LT, TOKEN)
    assert send(app, "POST", COMPLETIONS, content=ASK).status == 401
    answer = send(app, "POST", COMPLETIONS, content=ASK, Authorization=f"bearer {TOKEN}")
    records = send(app, "GET", "/records", Authorization=f"Bearer {TOKEN}").json["records"]
    assert records[0]["id"] == answer.headers.get("record-id")
    assert send(app, "GET", f"/records/{records[0]['id']}").status == 200


def test_digest_of_what_is_sent() -> None:
    answer = send(assistant(LT), "GET", "/service-card")
    assert answer.headers.get("content-digest") == _digest(answer.body)


@pytest.mark.parametrize("stream", [False, True])
def test_a_repeated_key_repeats_the_result(stream: bool) -> None:
    asked = {**ASK, "stream": stream}
    first = send(assistant(LT), "POST", COMPLETIONS, content=asked, Idempotency_Key=f'"repeated {stream}"')
    second = send(assistant(LT), "POST", COMPLETIONS, content=asked, Idempotency_Key=f'"repeated {stream}"')
    assert first.body == second.body
    assert (first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")) == (None, "true")
    assert first.headers.get("record-id") == second.headers.get("record-id")
    other = send(assistant(LT), "POST", COMPLETIONS, content={**asked, "n": 2}, Idempotency_Key=f'"repeated {stream}"')
    assert other.status == 422


def test_results_are_kept_for_a_while_and_not_without_end() -> None:
    seconds = 0.0
    results: Results[int] = Results(seconds=10, capacity=2, clock=lambda: seconds)
    calls = iter(range(100))

    async def execute() -> int:
        return next(calls)

    async def fail() -> int:
        raise Problem("not-found")

    def once(key: str, body: bytes = b"", what: Any = execute) -> tuple[int, bool]:
        return asyncio.run(results.once((None, "ask", key), body, what))

    with pytest.raises(Problem):
        once("a", what=fail)
    assert once("a") == (0, False), "a failure is not kept"
    assert once("a") == (0, True)
    assert [once("b"), once("c"), once("a")] == [(1, False), (2, False), (3, False)], "the oldest of three went"
    seconds = 11.0
    assert once("c") == (4, False)


def test_a_key_in_use_is_a_conflict() -> None:
    results: Results[int] = Results()

    async def both() -> None:
        release = asyncio.Event()

        async def slow() -> int:
            await release.wait()
            return 1

        first = asyncio.create_task(results.once((None, "ask", "k"), b"", slow))
        await asyncio.sleep(0)
        with pytest.raises(Problem, match="request-in-progress"):
            await results.once((None, "ask", "k"), b"", slow)
        release.set()
        assert await first == (1, False)

    asyncio.run(both())


@pytest.mark.parametrize(
    ("field", "language"),
    [
        ("lt-LT, pl;q=0.9", "lt"),
        ("de, pl;q=0.2, lt;q=0.3", "lt"),
        ("pl;q=0, *;q=0.5", "en"),
        ("pl;q=0", None),
        ("de", None),
        ("", None),
        (None, None),
        (";q=9;;,,pl_PL;q=high", None),
    ],
)
def test_languages(field: str | None, language: str | None) -> None:
    assert language_for(field, ("en", "pl", "lt")) == language


@pytest.mark.parametrize(
    ("field", "admitted"),
    [
        (None, True),
        ("", True),
        ("*/*", True),
        ("text/html, application/*;q=0.1", True),
        ("application/json;q=0, */*", False),
        ("image/*", False),
    ],
)
def test_media_types(field: str | None, admitted: bool) -> None:
    assert admits(field, ["application/json"]) is admitted


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", True),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", False),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", False),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", False),
        (None, False),
    ],
)
def test_a_trace_is_taken_up_or_begun(value: str | None, kept: bool) -> None:
    trace = traceresponse(value).split("-")[1]
    assert (trace == "4bf92f3577b34da6a3ce929d0e0e4736") is kept
    assert len(trace) == 32
