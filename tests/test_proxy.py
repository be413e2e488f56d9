"""``govai proxy``: what passes through is what was sent, and both sides are judged by it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socketserver
import threading
from collections.abc import AsyncIterator, Iterator
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


MODELS = b'{"object":"list","data":[{"id":"a","object":"model","created":1790000000,"owned_by":"x"}]}'
PACKED = gzip.compress(MODELS)


@contextlib.contextmanager
def sending(*parts: bytes) -> Iterator[str]:
    """The URL of a server that answers each connection with these bytes, whatever it is asked, and closes it."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            with contextlib.suppress(OSError):
                for part in parts:
                    self.request.sendall(part)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def headed(fields: str, body: bytes = b"", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{fields}\r\n\r\n".encode() + body


def passed(*parts: bytes, target: bytes = b"/v1/models", more: bytes = b"", evidence: Path | None = None) -> tuple[bytes, Report]:
    """The bytes that a client gets of what a service sends, and the report on the service."""

    async def ask() -> tuple[bytes, Report]:
        with sending(*parts) as url:
            async with proxied(url, evidence=evidence) as (client, reports):
                reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
                writer.write(b"GET " + target + b" HTTP/1.1\r\nHost: here\r\n" + more + b"Connection: close\r\n\r\n")
                got = await reader.read()
                writer.close()
        return got, reports.result()[0]

    return asyncio.run(ask())


def test_a_packed_answer_passes_packed_and_is_judged_unpacked() -> None:
    got, report = passed(headed(f"Content-Encoding: gzip\r\nContent-Length: {len(PACKED)}", PACKED))
    assert got.endswith(b"\r\n\r\n" + PACKED)
    assert report.of("CORE-ENC-001").verdict == "passed"


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_what_cannot_be_unpacked_is_not_judged(coding: str, tmp_path: Path) -> None:
    got, report = passed(headed(f"Content-Encoding: {coding}\r\nContent-Length: 5", b"\x0b\x02\x80ab"), evidence=tmp_path)
    assert got.endswith(b"\x0b\x02\x80ab")
    assert [each.requirement for each in report.verdicts if each.verdict == "failed"] == []
    assert report.outcome == "incomplete"


def test_an_answer_beyond_all_measure_passes_and_is_not_kept() -> None:
    part = b" " * 1_000_000
    got, report = passed(headed(f"Content-Length: {len(part) * 40}"), *[part] * 40)
    assert len(got) > 40_000_000
    assert [each.requirement for each in report.verdicts if each.verdict == "failed"] == []


def test_an_answer_that_breaks_off_breaks_off_and_is_the_service_s_fault() -> None:
    got, report = passed(headed("Content-Length: 1000", MODELS))
    assert got.endswith(MODELS)
    assert report.of("CORE-ROB-001").verdict == "failed"


@pytest.mark.parametrize("begun", [b"", headed("Content-Length: 1000", MODELS)])
def test_when_the_client_leaves_so_does_the_request_and_nobody_is_charged(begun: bytes) -> None:
    left = threading.Event()

    class Slow(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(begun)
            if self.request.recv(1) == b"":
                left.set()

    async def ask() -> Report:
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Slow) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            async with proxied(f"http://127.0.0.1:{server.server_address[1]}") as (client, reports):
                reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
                writer.write(b"GET /v1/models HTTP/1.1\r\nHost: here\r\n\r\n")
                if begun:
                    await reader.readuntil(MODELS)
                else:
                    await asyncio.sleep(0.3)
                writer.close()
                assert await asyncio.to_thread(left.wait, 10)
            server.shutdown()
        return reports.result()[0]

    assert [each.requirement for each in asyncio.run(ask()).verdicts if each.verdict == "failed"] == []


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9\r\n", b"", headed("Content-Length: 2", b"ok", status="999 Strange")])
def test_what_is_no_http_is_told_to_the_client_and_charged_to_nobody(answer: bytes) -> None:
    got, report = passed(answer)
    assert got.startswith(b"HTTP/1.1 502 ")
    assert b"The service did not answer: " in got
    assert [each.requirement for each in report.verdicts if each.verdict == "failed"] == []


def test_who_takes_it_for_a_forward_proxy_is_told() -> None:
    got, _ = passed(headed("Content-Length: 2", b"ok"), target=b"http://other.example/v1/models")
    assert got.startswith(b"HTTP/1.1 502 ")
    assert b"this one is a base URL, no setting for a proxy" in got


def test_a_websocket_is_not_opened_and_the_request_passes_as_any_other() -> None:
    upgrade = b"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\n"
    got, _ = passed(headed(f"Content-Length: {len(MODELS)}", MODELS), more=upgrade)
    assert got.startswith(b"HTTP/1.1 200 ")


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
    assert (of_provider.outcome, of_provider.ended) == ("unreachable", "The service answered no request to an operation of assistant/1.")
    assert not [each for each in of_consumer.verdicts if each.verdict == "failed" and each.requirement != "CORE-TRC-003"]


def test_where_nothing_of_the_profile_passes_nothing_is_said() -> None:
    async def ask() -> tuple[Report, Report]:
        with running(odd) as url:
            async with proxied(url) as (client, reports):
                await client.get("/somewhere/else")
        return reports.result()

    for report in asyncio.run(ask()):
        assert (report.outcome, report.exit_code) == ("unreachable", 3)
        assert report.ended == "No request to an operation of assistant/1 passed through."
