"""``govai proxy``: what passes through is what was sent, and both sides are judged by it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import harness
from harness.report import Report
from harness.serve.asgi import Receive, Scope, Send, request_of
from harness.serve.listening import running
from harness.serve.mock import reference_app

ANSWER = b'{"object":"list","data":[{"id":"a","object":"model"}]}'


async def odd(scope: Scope, receive: Receive, send: Send) -> None:
    """A service that answers in small parts, packed or not as it likes, with a field that comes twice, and says what it was asked."""
    request = await request_of(scope, receive)
    fields = [(b"content-type", b"application/json"), (b"x-twice", b"one"), (b"x-twice", b"two"), (b"x-asked", request.url.encode())]
    fields += [
        (b"x-sent-" + name.lower().encode(), value.encode())
        for name, value in request.headers
        if name.lower() in ("authorization", "x-mine")
    ]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    for place in range(0, len(ANSWER), 7):
        await send({"type": "http.response.body", "body": ANSWER[place : place + 7], "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@contextlib.asynccontextmanager
async def proxied(upstream: str, **options: Any) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.Future[tuple[Report, Report]]]]:
    """A client of the proxy, and what will be the reports once the block has ended."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    reports: asyncio.Future[tuple[Report, Report]] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(harness.aproxy(upstream, ["assistant"], ready=told.set_result, stop=stop, **options))
    async with httpx.AsyncClient(base_url=await told, trust_env=False) as client:
        yield client, reports
    stop.set()
    reports.set_result(await task)


def test_what_passes_through_is_unchanged(tmp_path: Path) -> None:
    async def pass_through() -> tuple[httpx.Response, Report]:
        with running(odd) as url:
            async with proxied(f"{url}/base", evidence=tmp_path / "evidence") as (client, reports):
                headers = {"Authorization": "Bearer of-somebody-else", "X-Mine": "a, b"}
                answer = await client.get("/v1/models?a=%C4%85&b", headers=headers)
        return answer, reports.result()[0]

    answer, of_provider = asyncio.run(pass_through())
    assert (answer.status_code, answer.content) == (200, ANSWER)
    assert answer.headers.get_list("x-twice") == ["one", "two"]
    assert answer.headers["x-asked"] == "/base/v1/models?a=%C4%85&b"
    assert answer.headers["x-sent-authorization"] == "Bearer of-somebody-else"
    assert answer.headers["x-sent-x-mine"] == "a, b"
    assert len(answer.headers.get_list("date")) == 1, "it is the service's own"
    assert of_provider.requests == 1
    assert of_provider.of("CORE-API-001").verdict != "harness-error"
    assert "of-somebody-else" not in (tmp_path / "evidence" / "exchanges.jsonl").read_text(encoding="utf-8").split('"response')[0]


def test_both_sides_are_judged() -> None:
    async def ask() -> tuple[Report, Report]:
        with running(reference_app("assistant", "pl")) as url:
            async with proxied(url, country="pl") as (client, reports):
                question = {"model": "asystent-wyszukujacy-2", "messages": [{"role": "user", "content": "112?"}], "stream": True}
                async with client.stream("POST", "/v1/chat/completions", json=question) as stream:
                    said = [line async for line in stream.aiter_lines()]
        assert said[-2:] == ["data: [DONE]", ""]
        return reports.result()

    of_provider, of_consumer = asyncio.run(ask())
    assert [each.requirement for each in of_provider.verdicts if each.verdict == "failed"] == []
    assert of_provider.of("CORE-TRC-001").verdict == "not-tested", "the client sent no trace"
    assert (of_provider.participant.side, of_consumer.participant.side) == ("provider", "consumer")
    assert of_consumer.of("CORE-TRC-003").verdict == "failed"


@pytest.mark.parametrize("port", [9])
def test_a_service_that_does_not_answer_is_named_to_the_client_and_no_answer_of_its_own(port: int) -> None:
    async def ask() -> tuple[httpx.Response, tuple[Report, Report]]:
        async with proxied(f"http://127.0.0.1:{port}") as (client, reports):
            answer = await client.get("/v1/models")
        return answer, reports.result()

    answer, (of_provider, of_consumer) = asyncio.run(ask())
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/problem+json")
    assert "The service did not answer" in answer.json()["detail"]
    assert of_provider.of("CORE-ERR-001").verdict == "not-tested", "the 502 is the proxy's own"
    assert of_provider.outcome == "incomplete"
    assert not [each for each in of_consumer.verdicts if each.verdict == "failed" and each.requirement != "CORE-TRC-003"]


def test_where_nothing_of_the_profile_passes_nothing_is_said() -> None:
    async def ask() -> tuple[Report, Report]:
        with running(odd) as url:
            async with proxied(url) as (client, reports):
                await client.get("/somewhere/else")
        return reports.result()

    for report in asyncio.run(ask()):
        assert (report.outcome, report.exit_code) == ("unreachable", 3)
        assert "No request to an operation of assistant/1 passed through" in str(report.ended)
