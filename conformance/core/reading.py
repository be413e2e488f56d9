"""What an answer says, for checks that look at its texts: strings with their places, JSON and streams alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from harness.documents import pointer_step
from harness.exchange import NotJSON, Request, Response, view

EVENT_STREAM = "text/event-stream"
UNTYPED = "application/octet-stream"
"""What a body without Content-Type may be taken for (RFC 9110 section 8.3)."""


_HOLDS = (str, dict, list)


def strings(value: Any) -> Iterator[tuple[str, str]]:
    """Every string value within a JSON value, with its JSON Pointer (RFC 6901). Member names are not values."""
    waiting = [("", value)]
    while waiting:
        pointer, current = waiting.pop()
        if isinstance(current, str):
            yield pointer, current
        elif isinstance(current, dict):
            waiting += [(f"{pointer}/{pointer_step(name)}", item) for name, item in reversed(current.items()) if isinstance(item, _HOLDS)]
        elif isinstance(current, list):
            waiting += [(f"{pointer}/{place}", item) for place, item in reversed([*enumerate(current)]) if isinstance(item, _HOLDS)]


@view
def request_texts(request: Request) -> tuple[str, ...]:
    """The strings of a request's JSON body; none where it is no JSON text."""
    return tuple(text for _, text in strings(request.document))


@view
def what_was_asked(request: Request) -> str:
    """All that a request says and an answer may quote: the URL, and the strings and member names of a JSON body, else the body."""
    names: list[str] = []
    waiting = [request.document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            names += value
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return unquote(request.url) + ("\n".join((*request_texts(request), *names)) or request.text)


def parses(message: Request | Response) -> bool:
    """Whether a body is a JSON text."""
    try:
        _ = message.json
    except NotJSON:
        return False
    return True


@view
def texts(response: Response) -> dict[str, str]:
    """The strings of a JSON text by pointer, whatever it is declared as. The strings of a stream are joined over its events, as a person reads them.

    Empty for an answer that is neither.
    """
    if response.media_type != EVENT_STREAM:
        return dict(strings(response.document))
    joined: dict[str, str] = {}
    for value in event_values(response):
        for pointer, text in strings(value):
            joined[pointer] = joined.get(pointer, "") + text
    return joined


def event_values(response: Response) -> list[Any]:
    """The JSON values that the events of a stream carry; none where the answer is no stream."""
    if response.media_type != EVENT_STREAM:
        return []
    return [value for value in response.event_documents if value is not None]


def is_description(response: Response) -> bool:
    """Whether an answer is an OpenAPI document: what it shows as examples and patterns are not the service's own texts."""
    return isinstance(response.document, dict) and "openapi" in response.document and "paths" in response.document


def excerpt(text: str, length: int = 120) -> str:
    """The beginning of a text on one line, to show in a finding."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length] + " …"
