"""A server of OpenAI's chat completions by somebody else: correct by the document, and different wherever the document leaves room.

It has none of what governments add: no card, no health, no problem documents, no traces. Its model says the same to everybody, in tokens of
three letters. :class:`Habits` are ways in which correct servers differ.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

SAYS = "Skubios pagalbos numeris Europos Sąjungoje – 112 🚑. Numer alarmowy w Unii Europejskiej to 112, połączenie jest bezpłatne. That is all."
LIMITS = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True)
class Habits:
    """What correct servers do differently.

    ``refuses`` names members that get 400; ``unknown_model`` and ``invalid`` are statuses; ``calls`` whether tools are called, else they are
    ignored; ``nonsense`` makes the model write letters without a space, as one with random weights.
    """

    refuses: frozenset[str] = frozenset()
    unknown_model: int = 404
    invalid: int = 400
    usage: bool = True
    usage_on_every_chunk: bool = False
    newline: str = "\n"
    space: bool = True
    comments: bool = False
    role_with_content: bool = False
    role_everywhere: bool = False
    reason_with_content: bool = False
    filter_results_first: bool = False
    nulls: bool = False
    calls: bool = False
    content_when_calling: str | None = None
    counts_one_more: bool = False
    nonsense: bool = False
    other_models_first: bool = False


NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
REQUEST = jsonschema_rs.Draft202012Validator(
    {
        "type": "object",
        "required": ["model", "messages"],
        "properties": {
            "model": {"type": "string"},
            "messages": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["role"],
                    "properties": {
                        "role": {"enum": ["system", "developer", "user", "assistant", "tool", "function"]},
                        "content": {
                            "type": ["string", "array", "null"],
                            "items": {"type": "object", "properties": {"type": {"const": "text"}}},
                        },
                    },
                },
            },
            **{name: {"type": ["integer", "null"], "minimum": 1} for name in (*LIMITS, "n")},
            "stream": {"type": ["boolean", "null"]},
            "stream_options": {"type": ["object", "null"]},
            "stop": {"type": ["string", "array", "null"], "items": {"type": "string"}},
            "tools": {
                "type": ["array", "null"],
                "items": {"type": "object", "required": ["function"], "properties": {"function": NAMED}},
            },
            "response_format": {
                "if": {"type": "object", "properties": {"type": {"const": "json_schema"}}},
                "then": {
                    "required": ["json_schema"],
                    "properties": {"json_schema": {"type": "object", "required": ["schema"], "properties": {"schema": {"type": "object"}}}},
                },
            },
        },
    }
)


def foreign_assistant(habits: Habits | None = None) -> Starlette:
    """The server as an ASGI application."""
    own = habits or Habits()

    async def models(request: Request) -> Response:
        others = (
            [{"id": "embedding-1", "object": "model", "created": 1, "owned_by": "x", "task": "embed"}] if own.other_models_first else []
        )
        shown: dict[str, Any] = {"id": "org/other-model@q4", "object": "model", "owned_by": "", "root": None, "permission": []}
        return answered({"object": "list", "data": [shown, *others], "models": None})

    async def complete(request: Request) -> Response:
        try:
            content = json.loads((await request.body()).decode())
            REQUEST.validate(content)
        except (ValueError, RecursionError) as fault:
            return error(own.invalid, type(fault).__name__)
        if content["model"] != "org/other-model@q4":
            return error(own.unknown_model, "model_not_found")
        if any(content.get(name) not in (None, 1) for name in own.refuses):
            return error(400, "unsupported_parameter")
        choice, tokens = _generated(content, own)
        n = int(content.get("n") or 1)
        usage = {"prompt_tokens": 9, "completion_tokens": tokens * n, "total_tokens": 9 + tokens * n}
        if content.get("stream"):
            asked = (content.get("stream_options") or {}).get("include_usage") is True
            lines = _events(choice, n, usage if asked else None, own)
            return StreamingResponse(lines, media_type="text/event-stream; charset=utf-8")
        whole = {"id": "gen:7", "object": "chat.completion", "created": 1_795_521_600, "model": "other-model-2026", "provider": "someone"}
        entries = [
            {"index": index, "message": {"role": "assistant", **choice["said"]}, "finish_reason": choice["reason"]} for index in range(n)
        ]
        extra = {"usage": None, "system_fingerprint": None, "service_tier": None} if own.nulls else {}
        return answered({**whole, "choices": entries[::-1], **extra, **({"usage": usage} if own.usage else {})})

    return Starlette(
        routes=[Route("/v1/models", models), Route("/v1/chat/completions", complete, methods=["POST"])],
        exception_handlers={404: _nothing_here, 405: _wrong_method},
    )


def answered(content: Any, status: int = 200) -> Response:
    """JSON in ASCII, sent in two pieces without a length."""
    body = json.dumps(content, ensure_ascii=True, indent=1).encode()

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:7]
        yield body[7:]

    return StreamingResponse(pieces(), status, media_type="application/json;charset=UTF-8")


def error(status: int, code: str) -> Response:
    """An error as OpenAI writes them."""
    return answered(
        {"error": {"message": "The request was refused.", "type": "invalid_request_error", "param": None, "code": code}}, status
    )


async def _nothing_here(request: Request, exception: Exception) -> Response:
    return PlainTextResponse("nothing here", 404)


async def _wrong_method(request: Request, exception: Exception) -> Response:
    return PlainTextResponse("no", 405, headers={"Allow": "GET, HEAD, POST"})


def _generated(content: Mapping[str, Any], own: Habits) -> tuple[dict[str, Any], int]:
    """What the model says with why it ended, and how many tokens that took."""
    limits = [int(content[name]) for name in LIMITS if content.get(name) is not None]
    limit = min(limits, default=10_000)
    choice = content.get("tool_choice", "auto")
    if own.calls and content.get("tools") and choice != "none":
        name = content["tools"][0]["function"]["name"]
        call = {"id": "a1B2c3D4e", "type": "function", "function": {"name": name, "arguments": ' {"office":\t"Vilnius"} '}}
        reason = "stop" if isinstance(choice, dict) else "tool_calls"
        said = {"content": own.content_when_calling, "tool_calls": [call]}
        cut = limit < 12
        if cut:
            call["function"] = {"name": name, "arguments": ' {"off'}
        return {"said": said, "reason": "length" if cut else reason}, min(limit, 12)
    text = "qzxkwvłodrrnptqoggŽlrrbhwv" * 40 if own.nonsense else SAYS
    if isinstance(content.get("response_format"), dict) and content["response_format"].get("type") == "json_schema":
        schema = content["response_format"]["json_schema"]["schema"].get("properties", {})
        text = json.dumps({name: (each.get("enum") or [112])[0] for name, each in schema.items()}, indent=2)
    stop = content.get("stop") or []
    places = [text.find(each) for each in ([stop] if isinstance(stop, str) else stop) if each]
    text = text[: min((place for place in places if place >= 0), default=len(text))]
    pieces = _tokens(text)
    reason = "stop" if len(pieces) <= limit else "length"
    kept = pieces[:limit]
    return {"said": {"content": "".join(kept)}, "reason": reason}, len(kept) + own.counts_one_more


def _tokens(text: str) -> list[str]:
    return [text[place : place + 3] for place in range(0, len(text), 3)]


async def _events(choice: Mapping[str, Any], n: int, usage: Mapping[str, int] | None, own: Habits) -> AsyncIterator[bytes]:
    """The stream, in pieces that are cut anywhere."""
    common = {"id": "gen:7", "object": "chat.completion.chunk", "created": 1_795_521_600, "model": "other-model-2026"}
    if own.nulls:
        common = {**common, "usage": None, "system_fingerprint": None}
    if own.usage_on_every_chunk and usage:
        common = {**common, "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}}
    chunks: list[Any] = []
    if own.filter_results_first:
        chunks.append({"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]})
    for index in reversed(range(n)):
        chunks += [{**common, "choices": [each]} for each in _deltas(choice, index, own)]
    if usage:
        chunks.append({**common, "choices": [], "usage": usage})
    lines = [json.dumps(chunk, ensure_ascii=False) for chunk in chunks] + ["[DONE]"]
    comment = f": still here{own.newline}{own.newline}" if own.comments else ""
    events = [f"{comment}data:{' ' if own.space else ''}{line}{own.newline}{own.newline}" for line in lines]
    body = ("".join(events) + comment).encode()
    for place in range(0, len(body), 1009):
        yield body[place : place + 1009]


def _deltas(choice: Mapping[str, Any], index: int, own: Habits) -> list[dict[str, Any]]:
    """The entries of one choice: the role, what is said, why it ended."""
    said, role = choice["said"], {"role": "assistant"}
    pieces: list[dict[str, Any]] = [{"content": piece} for piece in _tokens(said["content"] or "")]
    for number, call in enumerate(said.get("tool_calls", ())):
        arguments = call["function"]["arguments"]
        begun = {**call, "function": {**call["function"], "arguments": ""}}
        pieces.append({"tool_calls": [{"index": number, **begun}]})
        pieces += [{"tool_calls": [{"index": number, "function": {"arguments": part}}]} for part in _tokens(arguments)]
    if own.role_with_content and pieces:
        pieces[0] = {**role, **pieces[0]}
    else:
        pieces.insert(0, {**role, "content": ""})
    if own.role_everywhere:
        pieces = [{**role, **piece} for piece in pieces]
    if own.nulls:
        pieces = [{"role": None, "content": None, "tool_calls": None, "refusal": None, **piece} for piece in pieces]
    if not own.reason_with_content:
        pieces.append({})
    entries = [{"index": index, "delta": piece} for piece in pieces]
    if own.nulls:
        entries = [{**entry, "finish_reason": None, "logprobs": None} for entry in entries]
    return [*entries[:-1], {**entries[-1], "finish_reason": choice["reason"]}]
