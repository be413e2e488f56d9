"""What the tests of the reference services share: asking one in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import httpx

from conformance.reference.assistant.service import create
from conformance.reference.frame import Frame
from harness.exchange import Headers, Request, Response

COUNTRIES = ("pl", "lt")
COMPLETIONS = "/v1/chat/completions"
TOKEN = "token-of-the-supervisor"


@cache
def assistant(country: str, token: str | None = None) -> Frame:
    """The reference assistant of a country; one for all tests, for it remembers nothing but records and keys."""
    return create(country, token=token)


async def asend(app: Any, request: Request) -> Response:
    """Send a request to an application in this process."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://reference") as client:
        client.headers.clear()
        answer = await client.request(request.method, request.url, headers=list(request.headers), content=request.body)
    return Response(answer.status_code, Headers(answer.headers.multi_items()), answer.content)


def send(app: Any, method: str, path: str, *, content: Any = None, **headers: str) -> Response:
    """Send a request; ``content`` is JSON or bytes, header names are written with underscores."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    body = b"" if content is None else content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    if body:
        fields = {"Content-Type": "application/json", **fields}
    return asyncio.run(asend(app, Request(method, path, Headers(fields), body)))


def question(country: str, *turns: str | Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """A request for a completion. A turn is what the user says, or a whole message."""
    messages = [turn if isinstance(turn, Mapping) else {"role": "user", "content": turn} for turn in turns]
    model = assistant(country)._card["models"][0]
    return {"model": model, "messages": messages, **members}


def complete(country: str, *turns: str | Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """The completion that a country's assistant answers with."""
    answer = send(assistant(country), "POST", COMPLETIONS, content=question(country, *turns, **members))
    assert answer.status == 200, answer.text
    completion: dict[str, Any] = answer.json
    return completion


def chunks(answer: Response) -> Sequence[dict[str, Any]]:
    """The chunks of a stream, without its end."""
    *events, end = answer.events
    assert end.data == "[DONE]"
    return [json.loads(event.data) for event in events]


def said(completion: Mapping[str, Any]) -> str:
    """The text of the first choice."""
    text: str = completion["choices"][0]["message"]["content"]
    return text
