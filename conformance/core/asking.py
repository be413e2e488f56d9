"""How the scenarios of this profile ask: with the plain request of whatever profile is under test, and for what every service offers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from conformance.core.reading import EVENT_STREAM, strings
from harness.checks import NotTested, Service
from harness.exchange import Exchange, Request
from harness.operation import Operation

ABSENT = (404, 405, 501)
"""How a service answers that has not got an operation."""


def plain(service: Service) -> Request:
    """The plain valid request of the profile under test: its POST where it has one, for that is where the work is done, else its GET.

    Raises:
        NotTested: there is neither.
    """
    try:
        return service.sample("POST")
    except NotTested:
        return service.sample("GET")


async def ask(service: Service, request: Request, *, credential: bool = True) -> Exchange:
    """Send a request as it stands. Raises :class:`NotTested` when no complete answer comes."""
    return await service.send(request.method, request.url, headers=dict(request.headers), body=request.body, credential=credential)


async def served(service: Service, request: Request) -> Exchange:
    """Send a request that has to succeed before anything can be said. Raises :class:`NotTested` when it does not."""
    exchange = await ask(service, request)
    if not exchange.succeeded:
        raise NotTested(f"the plain request {request.method} {request.url} is answered with {exchange.status}")
    return exchange


_TRIES = 8


async def at_once(service: Service, made: Callable[[], Sequence[Request]]) -> list[Exchange]:
    """Send requests at the same time; the answers come in the order of the requests.

    A busy run may let them out one by one: then others are ``made`` and sent.

    Raises:
        NotTested: no complete answer came, or the run sends one request at a time.
    """
    for _ in range(_TRIES):
        exchanges = await asyncio.gather(*(ask(service, request) for request in made()))
        if any(_overlap(one, other) for one, other in pairwise(exchanges)):
            return exchanges
    raise NotTested("the requests of this run are sent one after the other: it takes --concurrency 2 or more")


def _overlap(one: Exchange, other: Exchange) -> bool:
    return one.started < other.started + other.duration and other.started < one.started + one.duration


def not_now(exchange: Exchange) -> None:
    """Raise :class:`NotTested` where an answer says nothing of the request: it is not the caller's turn, or not the caller's place."""
    if exchange.status in (401, 403, 429, 503):
        raise NotTested(f"the service answered {exchange.status}")


def readings(service: Service) -> list[Request]:
    """How every resource of the profiles is read that can be asked for without knowing more."""
    return [Request("GET", each.path) for each in service.operations if each.method == "GET" and "{" not in each.path]


async def resources(service: Service) -> list[tuple[Request, Exchange]]:
    """Every resource of the profiles that can be asked for without knowing more, as far as the service has them: how, and what it answered.

    Raises:
        NotTested: there is none.
    """
    found = [(request, await ask(service, request)) for request in readings(service)]
    there = [(request, exchange) for request, exchange in found if exchange.succeeded]
    if not there:
        raise NotTested("no operation of the profile can be reached with GET")
    return there


def with_words(request: Request, words: str) -> Request:
    """The request with ``words`` at the end of its longest running text, whatever member that is.

    Raises:
        NotTested: no member of its JSON body is running text (a string with a space in it).
    """
    running = [text for _, text in strings(request.document) if " " in text.strip()]
    if not running:
        raise NotTested("the plain request of the profile holds no running text")
    longest = max(running, key=len)
    return request.with_json(_replaced(request.document, longest, f"{longest} {words}"))


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(item, old, new) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, old, new) for item in value]
    return new if value == old else value


def may_stream(exchange: Exchange) -> bool:
    """Whether what was asked for may be asked for as a stream as well: the operation has one, and takes members in which to say so."""
    responses = exchange.operation.definition.get("responses", {}) if exchange.operation else {}
    return EVENT_STREAM in responses.get("200", {}).get("content", {}) and isinstance(exchange.request.document, dict)


def operation_at(service: Service, method: str, path: str) -> Operation | None:
    """The operation of the profiles in this run with this method and path template."""
    return next((each for each in service.operations if each.method == method and each.path == path), None)


def methods_at(service: Service, path: str) -> set[str]:
    """The methods that the profiles of this run have at a path template."""
    return {each.method for each in service.operations if each.path == path}


async def description(service: Service) -> dict[str, Any]:
    """The provider's own OpenAPI document.

    Raises:
        NotTested: the service offers none; that is CORE-DOC-001's subject.
    """
    exchange = await service.send("GET", "/openapi.json", credential=False)
    document = exchange.answer.document
    if not exchange.succeeded or not isinstance(document, dict):
        raise NotTested("the service offers no OpenAPI document at /openapi.json")
    return document
