"""What a client has to be able to meet, played by the harness's own service (``govai consumer``).

Refusals are the service's own, asked for in its own way (``Test-Scenario``, a token that it does not know), so that they come as the profile has
them and in the language of the client.
"""

from __future__ import annotations

import email.utils
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.documents import pointer_step
from harness.exchange import Headers, Response
from harness.serve.front import Turn

Play = Callable[[Turn], Awaitable[bool]]


@dataclass(frozen=True)
class Situation:
    """Something that a client has to be able to meet.

    ``play`` answers a request so; it returns False where the service gave nothing to play it with, and then has sent nothing. ``concerns`` says
    to which requests it can be played.
    """

    name: str
    description: str
    play: Play = field(repr=False)
    concerns: Callable[[Turn], bool] = field(repr=False)


SITUATIONS: list[Situation] = []
"""Every situation, in the order in which a client meets them: those that many clients end with come last."""
LATER = "x-later"
"""A value of an enumeration that a later version of the profile may bring."""
WAIT = 2
"""Seconds that a client is asked to wait."""
_STREAM = "text/event-stream"
_PAUSE = 0.05
_PARTS = 40


def _situation(name: str, concerns: Callable[[Turn], bool] = lambda turn: True) -> Callable[[Play], Play]:
    def declare(play: Play) -> Play:
        SITUATIONS.append(Situation(name, " ".join((play.__doc__ or "").split()), play, concerns))
        return play

    return declare


@_situation("later-members")
async def _later_members(turn: Turn) -> bool:
    """A JSON answer, or each event of a stream, holds members that the profile does not have yet."""
    response = await _whole(turn)
    values = _values(response)
    if not _is_served(response) or not any(isinstance(value, dict) for value in values):
        return False
    await turn.answer(_with_values(response, [_as_later(turn, response, value) for value in values]))
    return True


def _as_later(turn: Turn, response: Response, value: Any) -> Any:
    """A JSON value with a member more in each object that may have one: a map of texts by language may not."""
    errors = turn.operation.value_errors(response, _grown(value))
    return _grown(value, frozenset(error.pointer for error in errors))


async def _whole(turn: Turn) -> Response:
    """What the service answers, also where the client has a copy of it: of a later version it has none, so there is no tag to know it by."""
    if "if-none-match" not in turn.request.headers:
        return await turn.served()
    return (await turn.asked(turn.request.with_header("If-None-Match", None))).with_header("ETag", None)


def _values(response: Response) -> list[Any]:
    """The JSON values of an answer, of a stream one for each event; None in the place of what is none."""
    return list(response.event_documents) if response.media_type == _STREAM else [response.document]


def _with_values(response: Response, values: list[Any]) -> Response:
    if response.media_type != _STREAM:
        return response.with_json(values[0])
    told = (
        event.data if value is None else json.dumps(value, ensure_ascii=False) for event, value in zip(response.events, values, strict=True)
    )
    return response.with_body("".join(f"data: {data}\n\n" for data in told).encode())


def _grown(value: Any, without: frozenset[str] = frozenset(), place: str = "") -> Any:
    if isinstance(value, dict):
        members = {name: _grown(member, without, f"{place}/{pointer_step(name)}") for name, member in value.items()}
        return members if f"{place}/x_later" in without else {**members, "x_later": {"since": "2.0", "list": [1, None]}}
    return [_grown(item, without, f"{place}/{number}") for number, item in enumerate(value)] if isinstance(value, list) else value


async def _refused_for_now(turn: Turn, scenario: str, retry_after: str) -> bool:
    response = await turn.asked(turn.request.with_header("Test-Scenario", scenario))
    if response.status not in (429, 503):
        return False
    await turn.answer(response.with_header("Retry-After", retry_after))
    return True


@_situation("too-many-requests")
async def _too_many_requests(turn: Turn) -> bool:
    """429: too many requests; Retry-After asks for two seconds."""
    return await _refused_for_now(turn, "rate-limited", str(WAIT))


@_situation("lost-answer", lambda turn: turn.operation.has_request_body)
async def _lost_answer(turn: Turn) -> bool:
    """The work is done, and the connection closed before a byte of the answer is sent."""
    if not _is_served(await turn.served()):
        return False
    turn.drop()
    return True


@_situation("later-values")
async def _later_values(turn: Turn) -> bool:
    """A value of an enumeration is one that the profile does not have yet."""
    response = await _whole(turn)
    if not _is_served(response):
        return False
    values = _values(response)
    for place, value in enumerate(values):
        for changed in _with_a_later_text(value):
            if [error.keyword for error in turn.operation.value_errors(response, changed)] == ["enum"]:
                await turn.answer(_with_values(response, [*values[:place], changed, *values[place + 1 :]]))
                return True
    return False


def _with_a_later_text(value: Any) -> Iterator[Any]:
    """Copies of a JSON value with one text of it replaced."""
    if isinstance(value, str):
        yield LATER
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from ({**value, name: changed} for changed in _with_a_later_text(member))
    elif isinstance(value, list):
        for place, item in enumerate(value[:3]):
            yield from ([*value[:place], changed, *value[place + 1 :]] for changed in _with_a_later_text(item))


@_situation("maintenance")
async def _maintenance(turn: Turn) -> bool:
    """503: not in service; Retry-After is a time of day, four seconds from now."""
    return await _refused_for_now(turn, "unavailable", email.utils.formatdate(turn.clock() + 2 * WAIT, usegmt=True))


@_situation("suspended", lambda turn: bool(turn.operation.definition.get("x-suspendable")))
async def _suspended(turn: Turn) -> bool:
    """A person has stopped the system; nobody knows for how long."""
    response = await turn.asked(turn.request.with_header("Test-Scenario", "suspended"))
    if response.status not in (409, 503):
        return False
    await turn.answer(response)
    return True


@_situation("slow-answer")
async def _slow_answer(turn: Turn) -> bool:
    """The answer comes in small parts with pauses, two seconds in all."""
    response = await turn.served()
    if not _is_served(response) or not response.body:
        return False
    size = -(-len(response.body) // _PARTS)
    await turn.begin(response)
    for place in range(0, len(response.body), size):
        await turn.write(response.body[place : place + size], last=place + size >= len(response.body))
        await turn.wait(_PAUSE)
    return True


@_situation(
    "redirect",
    lambda turn: turn.elsewhere is not None and any(name in turn.request.headers for name in ("authorization", "x-api-key", "cookie")),
)
async def _redirect(turn: Turn) -> bool:
    """307: the service has moved to another origin, where the client's credential does not belong."""
    await turn.answer(Response(307, Headers({"Location": f"{turn.elsewhere}{turn.request.url}", "Content-Length": "0"})))
    return True


@_situation("cut-stream")
async def _cut_stream(turn: Turn) -> bool:
    """A stream ends in the middle, and the connection is closed."""
    response = await turn.served()
    if response.media_type != _STREAM or not response.body:
        return False
    await turn.begin(response.with_header("Content-Length", None))
    await turn.write(response.body[: len(response.body) // 2])
    await turn.wait(_PAUSE)
    turn.drop()
    return True


@_situation("expired-token", lambda turn: (turn.request.headers.get("authorization") or "").lower().startswith("bearer "))
async def _expired_token(turn: Turn) -> bool:
    """401: the token is not valid any more."""
    response = await turn.asked(turn.request.with_header("Authorization", "Bearer expired"))
    if response.status != 401:
        return False
    await turn.answer(response)
    return True


def _is_served(response: Response) -> bool:
    return 200 <= response.status < 300
