"""Applications that are called in this process answer as they would behind a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from harness import in_process
from harness.client import Client
from harness.errors import Unreachable, UsageError
from harness.exchange import Exchange, Headers, Request
from harness.in_process import ADDRESS, reached
from harness.participant import Participant


def asked(service: Any, *requests: Request) -> list[Exchange]:
    async def ask() -> list[Exchange]:
        async with reached(service) as transport, Client(Participant(ADDRESS, "service"), transport) as client:
            return [await client.send(str(number), each) for number, each in enumerate(requests)]

    return asyncio.run(ask())


def test_a_wsgi_application_gets_what_pep_3333_says() -> None:
    seen: list[dict[str, Any]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append({**environ, "body": environ["wsgi.input"].read()})
        start_response("200 OK", [("X-City", "Łódź".encode().decode("latin-1")), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [b"Lab", b"as"]

    fields = Headers([("X-Name", "one"), ("X-Name", "two"), ("Content-Type", "text/plain")])
    got, head = asked(app, Request("POST", "/za%C5%BC%C3%B3%C5%82%C4%87?q=%C4%85", fields, b"text"), Request("HEAD", "/"))
    assert seen[0]["PATH_INFO"].encode("latin-1").decode() == "/zażółć"
    assert {name: seen[0][name] for name in ("QUERY_STRING", "HTTP_X_NAME", "CONTENT_TYPE", "CONTENT_LENGTH", "body")} == {
        "QUERY_STRING": "q=%C4%85",
        "HTTP_X_NAME": "one,two",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "4",
        "body": b"text",
    }
    assert (got.status, got.answer.body) == (200, b"Labas")
    assert got.answer.headers.get("x-city") == "Łódź"
    assert [value for name, value in got.answer.headers if name.lower() == "set-cookie"] == ["a=1", "b=2"]
    assert (head.status, head.answer.body) == (200, b"")


def test_a_wsgi_application_that_fails_answers_as_behind_a_server(caplog: pytest.LogCaptureFixture) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        if environ["PATH_INFO"] == "/at-once":
            raise ValueError
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"the beginning"
        raise ValueError

    at_once, later = asked(app, Request("GET", "/at-once"), Request("GET", "/later"))
    assert at_once.status == 500
    assert later.fault is not None
    assert later.fault.kind == "broken-off"
    assert len([each for each in caplog.records if each.exc_info and each.exc_info[0] is ValueError]) == 2


def test_an_asgi_application_that_fails_leaves_its_traceback_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError(scope["type"])

    (failed,) = asked(app, Request("GET", "/"))
    assert failed.status == 500
    assert "KeyError: 'http'" in caplog.text


def test_what_an_application_does_after_its_answer_holds_nothing_up_and_is_done_before_it_is_shut_down() -> None:
    done: list[str] = []
    may = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise RuntimeError("no lifespan")
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        if scope["path"] == "/first":
            await may.wait()
            done.append("later")
        else:
            may.set()
            done.append("second")
            raise ValueError("after the answer")

    assert [each.status for each in asked(app, Request("POST", "/first"), Request("POST", "/second"))] == [202, 202]
    assert done == ["second", "later"]


def test_an_application_that_never_starts_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(in_process, "_TO_START", 0.01)
    with pytest.raises(Unreachable, match="does not start within"):
        asked(app)


def test_what_a_mock_knows_nothing_of_is_no_fault_of_the_service() -> None:
    def mock(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/gone":
            raise httpx.ConnectError("the test says so")
        return {"/there": httpx.Response(204)}[request.url.path]

    there, other, gone = asked(httpx.MockTransport(mock), *(Request("GET", path) for path in ("/there", "/other", "/gone")))
    assert there.status == 204
    assert [(each.fault.kind, each.fault.detail) for each in (other, gone) if each.fault] == [
        ("not-mocked", "no answer to GET /other is mocked"),
        ("connect", "the test says so"),
    ]


@pytest.mark.parametrize("service", [None, 7, object(), lambda: None, "app"])
def test_what_answers_nothing_is_refused(service: Any) -> None:
    with pytest.raises(UsageError, match="cannot be tested: it answers nothing"):
        asked(service)
