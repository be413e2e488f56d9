"""Adapters: error bodies as national and de-facto services write them become problem details; whatever else there is stays as it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

import harness
from harness.adapters import ADAPTERS, find_adapter
from harness.client import asgi_transport
from harness.errors import UsageError
from harness.exchange import Exchange, Headers, Request, Response
from tests.conftest import greeter


def adapted(adapter: str, status: int, body: Any, kind: str = "application/json") -> Response:
    response = Response(status, Headers({"Content-Type": kind}), json.dumps(body).encode())
    return find_adapter(adapter).apply(Exchange("t.1", Request("POST", "http://a/b"), response)).answer


KSEF = {
    "exception": {
        "exceptionDetailList": [
            {"exceptionCode": 21405, "exceptionDescription": "Błąd walidacji danych wejściowych.", "details": ["pageSize poza zakresem"]}
        ],
        "serviceCode": "00-f47-01",
        "timestamp": "2026-11-24T12:00:00Z",
    }
}


@pytest.mark.parametrize(
    ("adapter", "body", "detail"),
    [
        ("openai-errors", {"error": {"message": "No such model", "type": "invalid_request_error", "code": None}}, "No such model"),
        ("openai-errors", {"error": "pl is not supported"}, "pl is not supported"),
        ("fastapi-errors", {"detail": "Not Found"}, "Not Found"),
        ("fastapi-errors", {"detail": [{"loc": ["body", "q"], "msg": "Field required", "type": "missing"}]}, "Field required"),
        (
            "uapi-errors",
            {"code": "InvalidQuery", "type": "System", "template": "{x}", "message": "Neteisinga užklausa"},
            "Neteisinga užklausa",
        ),
        ("ksef-errors", KSEF, "Błąd walidacji danych wejściowych."),
    ],
)
def test_the_error_becomes_a_problem(adapter: str, body: Any, detail: str) -> None:
    answer = adapted(adapter, 400, body)
    assert answer.media_type == "application/problem+json"
    assert {**answer.json, "title": ""} == {"type": "about:blank", "title": "", "status": 400, "detail": detail}
    assert answer.json["title"]


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(
    "body", [{}, [], None, "text", {"error": {}}, {"detail": []}, {"code": 7}, {"exception": {"exceptionDetailList": [{}]}}]
)
def test_what_an_adapter_does_not_understand_stays(adapter: str, body: Any) -> None:
    assert adapted(adapter, 500, body).json == body


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_success_is_not_an_error(adapter: str) -> None:
    body = {"error": "none", "detail": "fine", "code": "A", "message": "B"}
    assert adapted(adapter, 200, body).json == body


def test_an_adapter_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="Known adapters"):
        find_adapter("soap")


@pytest.mark.parametrize(
    ("adapters", "verdict"), [((), "failed"), (("openai-errors",), "passed-with-adapter"), (("ksef-errors",), "failed")]
)
def test_a_run_says_that_it_took_the_adapter(profiles: Path, adapters: tuple[str, ...], verdict: str) -> None:
    """The greeter's 404s are Starlette's plain text, so that only the error bodies of /greet are looked at, by a request that is refused."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        answer = greeter() if scope["path"] == "/names" else JSONResponse({"error": {"message": "no", "type": "refused"}}, 400)
        await answer(scope, receive, send)

    report = harness.run("http://127.0.0.1", ["greeting"], profile_paths=[profiles], adapters=adapters, transport=asgi_transport(app))
    assert report.of("CORE-ERR-001").verdict == verdict
