"""What a completion says, choice by choice, whether it came whole or as a stream, and what it was asked with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from conformance.assistant.conversation import is_completion
from conformance.core.reading import EVENT_STREAM, event_values
from harness.exchange import Exchange, Response, view


@dataclass
class Choice:
    """One choice of a completion; a stream's deltas are joined. ``calls`` are tool calls as the standard has them in a whole message."""

    content: str = ""
    finish_reason: Any = None
    calls: list[Any] = field(default_factory=list)


def asked(exchange: Exchange) -> Mapping[str, Any]:
    """The members of the request; none where its body is no object."""
    content = exchange.request.document
    return content if isinstance(content, dict) else {}


def wants_stream(exchange: Exchange) -> bool:
    """Whether a stream was asked for."""
    return asked(exchange).get("stream") is True


def is_honourable(exchange: Exchange) -> bool:
    """Whether what a request asks for can be held against its answer: a completion that did not break down, of a request that is allowed.

    That a service takes what the profile does not allow is CORE-ERR-003's subject; what it makes of it is its own affair.
    """
    operation = exchange.operation
    allowed = operation is not None and not operation.request_errors(exchange.request)
    return is_completion(exchange) and allowed and not broke_down(exchange.answer)


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a JSON value is an integer, as JSON Schema has it: ``20.0`` is one, ``true`` is none."""
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def chunks(answer: Response) -> list[dict[str, Any]]:
    """The chunks of a stream.

    Left out are errors, and what comes before a completion and is no part of it: Azure tells the results of its filter of the prompt in a
    chunk without choices whose id and object are empty.
    """
    values = [value for value in event_values(answer) if isinstance(value, dict)]
    return [value for value in values if not value.get("error") and (value.get("choices") != [] or value.get("id") or value.get("usage"))]


def broke_down(answer: Response) -> bool:
    """Whether a stream holds an error where a chunk belongs: of such a stream nothing else can be asked."""
    return any(isinstance(value, dict) and value.get("error") for value in event_values(answer))


def entries(part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The choices of a completion or a chunk that are objects."""
    found = part.get("choices")
    return (each for each in found if isinstance(each, dict)) if isinstance(found, list) else iter(())


def parts(answer: Response) -> list[dict[str, Any]]:
    """What an answer consists of: the completion, or the chunks of a stream."""
    if answer.media_type == EVENT_STREAM:
        return chunks(answer)
    return [answer.document] if isinstance(answer.document, dict) else []


@view
def choices(exchange: Exchange) -> dict[str, Choice]:
    """The choices of the answer by their index as it is written."""
    answer, found = exchange.answer, dict[str, Choice]()
    for part in parts(answer):
        for entry in entries(part):
            choice = found.setdefault(repr(entry.get("index")), Choice())
            said = entry.get("delta", entry.get("message"))
            if isinstance(said, dict):
                choice.content += said["content"] if isinstance(said.get("content"), str) else ""
                _add_calls(choice.calls, said.get("tool_calls"), joined=answer.media_type == EVENT_STREAM)
            choice.finish_reason = entry.get("finish_reason") or choice.finish_reason
    return found


def _add_calls(known: list[Any], new: Any, *, joined: bool) -> None:
    if not isinstance(new, list):
        return
    if not joined:
        known.extend(new)
        return
    for each in new:
        if not isinstance(each, dict):
            known.append(each)
            continue
        place = each.get("index")
        call = next((call for call in known if isinstance(call, dict) and call.get("index") == place), None)
        if call is None:
            call = {"index": place}
            known.append(call)
        _join(call, each)


def _join(call: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece of a tool call. Arguments come in pieces, everything else once."""
    for name, value in piece.items():
        if isinstance(value, dict):
            inner = call.setdefault(name, {})
            if isinstance(inner, dict):
                _join(inner, value)
        elif name == "arguments" and isinstance(value, str) and isinstance(call.get(name), str):
            call[name] += value
        elif value is not None and not call.get(name):
            call[name] = value


def usages(exchange: Exchange) -> list[Mapping[str, Any]]:
    """The usage objects of the answer: one at most of a whole answer; some servers put one on every chunk, the last being the whole."""
    found = (part.get("usage") for part in parts(exchange.answer))
    return [usage for usage in found if isinstance(usage, dict)]
