"""The assistant's rules of class base: what a correct server by somebody else may answer and must not be accused of, and the fault next to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import catalogue
from harness.exchange import Exchange, Headers, Request, Response
from tests.conformance.core_asking import encoded, judged

PROFILE = catalogue.load_with_core(["assistant"])[-1]
DONE = "[DONE]"


def asked(
    content: Any = None, *, answer: Any, status: int = 200, kind: str = "application/json", operation: str = "createChatCompletion"
) -> Exchange:
    """A request with these members beside a plain question, and its answer."""
    addressed = PROFILE.operation(operation)
    plain = {"model": "m", "messages": [{"role": "user", "content": "Kur gauti pasą?"}]}
    request = Request(addressed.method, "http://a.localhost" + addressed.path, Headers({"Content-Type": "application/json"}))
    body = encoded({**plain, **(content or {})} if addressed.has_request_body and not isinstance(content, str) else content or b"")
    response = Response(status, Headers({"Content-Type": kind}), encoded(answer))
    return Exchange("t.1", Request(request.method, request.url, request.headers, body), response, operation=addressed)


def whole(text: Any = "Migracijos departamente.", reason: Any = "stop", *, asks: Any = None, **members: Any) -> Exchange:
    """A completion of one choice; members replace those of the completion, ``...`` leaves one out."""
    message = {"role": "assistant", "content": text} if not isinstance(text, dict) else text
    choice = {"index": 0, "message": message, "finish_reason": reason}
    own = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], **members}
    return asked(asks, answer={name: value for name, value in own.items() if value is not ...})


def used(prompt: Any, written: Any, total: Any, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": total, **more}


def chunk(delta: Any = None, reason: Any = None, *, index: int = 0, **members: Any) -> dict[str, Any]:
    """A chunk of one choice, or of none where there is no delta."""
    choices = [] if delta is None else [{"index": index, "delta": delta, "finish_reason": reason}]
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **members}


ROLE, TEXT, END = chunk({"role": "assistant", "content": ""}), chunk({"content": "Vilniuje"}), chunk({}, "stop")
USAGE = chunk(usage=used(1, 2, 3))
AZURE = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": []}
FAILED = {"error": {"message": "out of memory"}}


def stream(*events: Any, asks: Any = None, newline: str = "\n", kind: str = "text/event-stream") -> Exchange:
    """A stream of these events: objects, or texts as they stand."""
    lines = [event if isinstance(event, str) else json.dumps(event, ensure_ascii=False) for event in events]
    body = "".join(f"data: {line}{newline}{newline}" for line in lines)
    return asked({"stream": True, **(asks or {})}, answer=body.encode("utf-8"), kind=kind)


def raw(body: bytes, **asks: Any) -> Exchange:
    return asked({"stream": True, **asks}, answer=body, kind="text/event-stream")


WITH_USAGE = {"stream_options": {"include_usage": True}}
TOOLS = {"tools": [{"type": "function", "function": {"name": "f"}}]}
NAMED = {**TOOLS, "tool_choice": {"type": "function", "function": {"name": "f"}}}


def call(**members: Any) -> dict[str, Any]:
    """A message that calls ``f``."""
    function = {"name": "f", "arguments": "{}", **members.pop("function", {})}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": function, **members}]}


def pieces(*arguments: str, index: int = 0, name: str = "f") -> list[dict[str, Any]]:
    """The chunks of a streamed call."""
    begun = {"index": index, "id": "c", "type": "function", "function": {"name": name, "arguments": ""}}
    more = [{"index": index, "id": None, "function": {"name": None, "arguments": each}} for each in arguments]
    return [chunk({"tool_calls": [each]}) for each in (begun, *more)]


SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "required": ["a"]}}}
WORDS = "vienas du trys keturi penki " * 20

LEGAL: list[tuple[str, Exchange]] = [
    ("CHAT-API-001", whole(extra=1, system_fingerprint=None, usage=None)),
    ("CHAT-API-001", whole(created=1.0)),
    ("CHAT-API-001", whole(None, "content_filter")),
    ("CHAT-API-001", whole({"role": "assistant", "content": "", "reasoning_content": "…", "tool_calls": []})),
    ("CHAT-API-001", asked({"stream": "taip"}, answer="data: x\n\n", kind="text/event-stream")),
    ("CHAT-API-001", asked(answer={"error": {}}, status=400)),
    ("CHAT-API-001", asked("{", answer={"served": "anyway"})),
    ("CHAT-API-002", asked(operation="listModels", answer={"object": "list", "data": [{"id": "a", "object": "model"}]})),
    (
        "CHAT-API-002",
        asked(operation="listModels", answer={"data": [{"id": "a/b:c", "object": "model", "created": None, "owned_by": "", "x": 1}]}),
    ),
    ("CHAT-API-002", asked(operation="listModels", answer={"error": "no"}, status=403)),
    # limits: kept, not reached, counted with what ends a text, reasoning apart
    ("CHAT-API-003", whole("a b", "length", asks={"max_tokens": 2}, usage=used(1, 2, 3))),
    ("CHAT-API-003", whole("a b", "length", asks={"max_tokens": 200}, usage=used(1, 240, 241))),
    ("CHAT-API-003", whole("a", "stop", asks={"max_tokens": 2})),
    ("CHAT-API-003", whole("nepaprasčiausiai" * 4, "length", asks={"max_tokens": 2})),
    ("CHAT-API-003", whole("-" * 120, "length", asks={"max_tokens": 1})),
    (
        "CHAT-API-003",
        whole("a b", "length", asks={"max_tokens": 2}, usage=used(1, 90, 91, completion_tokens_details={"reasoning_tokens": 88})),
    ),
    ("CHAT-API-003", whole(WORDS, asks={"max_tokens": 2, "max_completion_tokens": 100}, usage=used(1, 100, 101))),
    ("CHAT-API-003", whole(WORDS, asks={"max_tokens": None}, usage=used(1, 100, 101))),
    ("CHAT-API-003", stream(ROLE, TEXT, chunk({}, "length"), DONE, asks={"max_tokens": 1})),
    ("CHAT-API-003", stream(ROLE, FAILED, asks={"max_tokens": 1})),
    ("CHAT-API-004", whole("", "length", asks={"max_completion_tokens": 2}, usage=used(1, 2, 3))),
    ("CHAT-API-004", asked({"max_completion_tokens": 2}, answer={"error": {}}, status=400)),
    ("CHAT-API-005", whole(reason="content_filter")),
    ("CHAT-API-005", stream(AZURE, ROLE, TEXT, END, USAGE, DONE)),
    ("CHAT-API-005", stream({**TEXT, "choices": [{"index": 0, "delta": {}}]}, END, DONE)),
    ("CHAT-API-006", whole(usage=used(0, 0, 0, prompt_tokens_details=None, cost=0.1))),
    ("CHAT-API-006", whole(usage=used(1.0, 2, 3))),
    ("CHAT-API-006", whole(usage=None)),
    ("CHAT-API-006", stream(chunk({"content": "a"}, usage=used(1, 1, 2)), END, USAGE, DONE)),
    ("CHAT-API-007", asked({"n": 2}, answer={"error": {}}, status=400)),
    ("CHAT-API-007", whole(asks={"n": 2}, choices=[{"index": 1}, {"index": 0}])),
    ("CHAT-API-007", stream(chunk({}, index=1), chunk({}, index=0), DONE, asks={"n": 2})),
    ("CHAT-API-008", whole("ab", asks={"stop": ["c", "abc"]})),
    ("CHAT-API-008", whole("ab", asks={"stop": ["", None, "B"]})),
    ("CHAT-API-008", whole(None, asks={"stop": "a"})),
    # requests that the profile does not allow, served all the same: CORE-ERR-003's subject
    ("CHAT-API-007", whole(asks={"n": 129})),
    ("CHAT-API-008", whole("abcde", asks={"stop": ["a", "b", "c", "d", "e"]})),
    ("CHAT-API-003", whole(WORDS, asks={"max_tokens": 5, "temperature": 3})),
    ("CHAT-API-008", whole("ą", asks={"stop": "a\u0328"})),
    ("CHAT-API-008", whole("ab.", asks={"stop": ".", "include_stop_str_in_output": True})),
    ("CHAT-API-008", stream(chunk({"content": "a"}, index=0), chunk({"content": "b"}, index=1), DONE, asks={"stop": "ab", "n": 2})),
    # calls: of several, forced, cut, in pieces
    ("CHAT-API-011", whole(call(), "tool_calls", asks=TOOLS)),
    ("CHAT-API-011", whole(call(), "stop", asks=NAMED)),
    ("CHAT-API-011", whole(call(function={"arguments": '{"a": "b'}), "length", asks=TOOLS)),
    ("CHAT-API-011", whole(call(function={"arguments": "not always valid JSON"}), "tool_calls", asks=TOOLS)),
    ("CHAT-API-013", whole(call(function={"arguments": ' {"a":\n1} '}), "tool_calls", asks=TOOLS)),
    ("CHAT-API-011", whole(call(type="custom", custom={"name": "g", "input": "x"}), "tool_calls", asks=TOOLS)),
    ("CHAT-API-011", whole(call(), "tool_calls")),
    ("CHAT-API-011", whole({"role": "assistant", "content": "x", "tool_calls": []}, asks=TOOLS)),
    ("CHAT-API-011", stream(ROLE, *pieces('{"a"', ": 1}"), *pieces("{}", index=1), chunk({}, "tool_calls"), DONE, asks=TOOLS)),
    ("CHAT-API-012", whole('{"a": 1}', asks={"response_format": SCHEMA})),
    ("CHAT-API-012", whole('{"a": ', "length", asks={"response_format": SCHEMA})),
    ("CHAT-API-012", whole({"role": "assistant", "content": None, "refusal": "No."}, asks={"response_format": SCHEMA})),
    ("CHAT-API-012", whole("text", asks={"response_format": {"type": "json_object"}})),
    (
        "CHAT-API-012",
        whole("text", asks={"response_format": {"type": "json_schema", "json_schema": {"schema": {"$ref": "http://x.test/"}}}}),
    ),
    # streams
    ("CHAT-STR-001", stream(AZURE, ROLE, TEXT, END, DONE, kind="text/event-stream; charset=utf-8")),
    ("CHAT-STR-001", raw(b": hi\r\n\r\nid: 7\r\nretry: 10\r\ndata:" + json.dumps(TEXT).encode() + b"\r\n\r\ndata: [DONE]\r\n\r\n")),
    (
        "CHAT-STR-001",
        raw(b'data: {"id": "1", "created": 1, "model": "m", "object":\ndata: "chat.completion.chunk", "choices": []}\n\ndata: [DONE]\n\n'),
    ),
    ("CHAT-STR-001", asked({"stream": True}, answer={"error": {}}, status=400)),
    ("CHAT-STR-001", whole(asks={"stream": None})),
    ("CHAT-STR-002", stream(ROLE, END, DONE, newline="\r")),
    ("CHAT-STR-002", raw(b"data: {}\n\ndata: [DONE]\n\n: bye\n\n")),
    ("CHAT-STR-002", stream(ROLE, FAILED)),
    ("CHAT-STR-003", stream(AZURE, ROLE, TEXT, END, USAGE, DONE)),
    ("CHAT-STR-004", stream(chunk({"role": "assistant", "content": "a"}), chunk({"role": "assistant", "content": "b"}, "stop"), DONE)),
    ("CHAT-STR-004", stream(chunk({}), ROLE, chunk({"role": None, "content": None}), TEXT, END, chunk({"content": ""}), USAGE, DONE)),
    (
        "CHAT-STR-004",
        stream(chunk({"role": "assistant"}, index=1), ROLE, END, TEXT | chunk({"content": "b"}, index=1), chunk({}, "stop", index=1)),
    ),
    ("CHAT-STR-004", stream(ROLE, FAILED)),
    ("CHAT-STR-005", stream(ROLE, END, USAGE, DONE, asks=WITH_USAGE)),
    ("CHAT-STR-005", stream(chunk({}, usage=used(1, 1, 2)), END, USAGE, DONE, asks=WITH_USAGE)),
    ("CHAT-STR-005", stream(ROLE, END, DONE)),
    ("CHAT-STR-005", stream(ROLE, END, DONE, asks={"stream_options": {"include_usage": False}})),
    ("CHAT-STR-006", stream(chunk({"content": "ą🙂\ufffd"}), '{"a": "\\ud83d\\ude42"}', DONE)),
    ("CHAT-STR-006", stream('{"logprobs": {"content": [{"token": "\\ud83d"}]}}', DONE)),
    ("CHAT-STR-006", asked('{"messages": [{"content": "\\ud83d"}]}', answer='data: {"a": "\\ud83d"}\n\n', kind="text/event-stream")),
]

WRONG: list[tuple[str, Exchange]] = [
    ("CHAT-API-001", whole(id=...)),
    ("CHAT-API-001", whole(created="1")),
    ("CHAT-API-001", whole(created=True)),
    ("CHAT-API-001", whole(object="text_completion")),
    ("CHAT-API-001", whole(model=None)),
    ("CHAT-API-001", whole(choices=None)),
    ("CHAT-API-001", whole(choices=["a"])),
    ("CHAT-API-001", whole({"role": "model", "content": "a"})),
    ("CHAT-API-001", whole({"role": "assistant"})),
    ("CHAT-API-001", whole([{"type": "text", "text": "a"}])),
    ("CHAT-API-001", asked(answer=[])),
    ("CHAT-API-001", asked(answer="data: {}\n\n", kind="text/event-stream")),
    ("CHAT-API-002", asked(operation="listModels", answer={"object": "list", "data": []})),
    ("CHAT-API-002", asked(operation="listModels", answer=[{"id": "a"}])),
    ("CHAT-API-002", asked(operation="listModels", answer={"data": [{"id": "a", "object": "model"}, {"name": "b", "object": "model"}]})),
    ("CHAT-API-002", asked(operation="listModels", answer={"data": [{"id": "a", "object": "model", "created": "2026-11-24"}]})),
    ("CHAT-API-003", whole("a b", "length", asks={"max_tokens": 2}, usage=used(1, 30, 31))),
    ("CHAT-API-003", whole(WORDS, asks={"max_tokens": 5})),
    ("CHAT-API-003", whole("ž" * 900, asks={"max_tokens": 5})),
    ("CHAT-API-003", stream(ROLE, chunk({"content": WORDS}), END, DONE, asks={"max_tokens": 5})),
    (
        "CHAT-API-004",
        whole("", "length", asks={"max_completion_tokens": 2}, usage=used(1, 90, 91, completion_tokens_details={"reasoning_tokens": 90})),
    ),
    ("CHAT-API-004", whole(WORDS, asks={"max_completion_tokens": 5, "max_tokens": 5})),
    ("CHAT-API-005", whole(reason="eos_token")),
    ("CHAT-API-005", whole(reason=None)),
    ("CHAT-API-005", stream(ROLE, chunk({"content": "a"}, ""), END, DONE)),
    ("CHAT-API-006", whole(usage=used(1, 2, 2))),
    ("CHAT-API-006", whole(usage=used(1, -1, 0))),
    ("CHAT-API-006", whole(usage=used("1", 2, 3))),
    ("CHAT-API-006", whole(usage={"total_tokens": 3})),
    ("CHAT-API-006", stream(ROLE, END, chunk(usage=used(1, 2, 4)), DONE)),
    ("CHAT-API-007", whole(asks={"n": 2})),
    ("CHAT-API-007", whole(asks={"n": 2}, choices=[{"index": 0}, {"index": 0}])),
    ("CHAT-API-007", stream(ROLE, END, DONE, asks={"n": 3})),
    ("CHAT-API-008", whole("ab.", asks={"stop": "."})),
    ("CHAT-API-008", stream(ROLE, chunk({"content": "a END"}), chunk({"content": "E b"}), END, DONE, asks={"stop": ["x", "ENDE"]})),
    ("CHAT-API-011", whole(call(), "stop", asks=TOOLS)),
    ("CHAT-API-011", whole("f()", "tool_calls", asks=TOOLS)),
    ("CHAT-API-011", whole(call(function={"arguments": {}}), "tool_calls", asks=TOOLS)),
    ("CHAT-API-013", whole(call(function={"arguments": ""}), "tool_calls", asks=TOOLS)),
    ("CHAT-API-011", whole(call(function={"name": "g"}), "tool_calls", asks=TOOLS)),
    ("CHAT-API-011", whole(call(id=""), "tool_calls", asks=TOOLS)),
    ("CHAT-API-011", whole(call(type=None), "tool_calls", asks=TOOLS)),
    ("CHAT-API-013", stream(ROLE, *pieces('{"a"', ": 1"), chunk({}, "tool_calls"), DONE, asks=TOOLS)),
    ("CHAT-API-011", stream(ROLE, *pieces("{}"), END, DONE, asks=TOOLS)),
    ("CHAT-API-012", whole("112", asks={"response_format": SCHEMA})),
    ("CHAT-API-012", whole('```json\n{"a": 1}\n```', asks={"response_format": SCHEMA})),
    ("CHAT-STR-001", whole(asks={"stream": True})),
    ("CHAT-STR-001", stream(ROLE, FAILED)),
    ("CHAT-STR-001", stream({**ROLE, "object": "chat.completion"}, DONE)),
    ("CHAT-STR-001", stream({"choices": [], "usage": used(1, 2, 3)}, DONE)),
    ("CHAT-STR-001", stream({**ROLE, "created": "today"}, DONE)),
    ("CHAT-STR-001", stream(ROLE, chunk({"content": 7}), DONE)),
    ("CHAT-STR-001", stream("Vilniuje", DONE)),
    ("CHAT-STR-001", raw(b"")),
    ("CHAT-STR-002", stream(ROLE, END)),
    ("CHAT-STR-002", stream(ROLE, END, DONE, DONE)),
    ("CHAT-STR-002", stream(ROLE, END, DONE, USAGE)),
    ("CHAT-STR-002", raw(b"data: {}\n\ndata: [DONE]")),  # no event without its blank line
    ("CHAT-STR-003", stream(ROLE, {**END, "id": "2"}, DONE)),
    ("CHAT-STR-003", stream(ROLE, END, {**USAGE, "id": ""}, DONE)),
    ("CHAT-STR-004", stream(TEXT, END, DONE)),
    ("CHAT-STR-004", stream(ROLE, TEXT, DONE)),
    ("CHAT-STR-004", stream(ROLE, END, TEXT, DONE)),
    ("CHAT-STR-004", stream(ROLE, chunk({"content": "a"}, "stop"), END, DONE)),
    ("CHAT-STR-004", stream(AZURE, USAGE, DONE)),
    ("CHAT-STR-004", stream(ROLE, chunk({"role": "assistant"}, index=1), END, DONE, asks={"n": 2})),
    ("CHAT-STR-005", stream(ROLE, END, DONE, asks=WITH_USAGE)),
    ("CHAT-STR-005", stream(ROLE, chunk({}, "stop", usage=used(1, 2, 3)), DONE, asks=WITH_USAGE)),
    ("CHAT-STR-005", stream(ROLE, END, USAGE, USAGE, DONE, asks=WITH_USAGE)),
    ("CHAT-STR-006", raw(b'data: {"a": "\xc4"}\n\ndata: {"a": "\x97"}\n\ndata: [DONE]\n\n')),
    ("CHAT-STR-006", stream('{"a": "\\ud83d"}', '{"a": "\\ude42"}', DONE)),
    ("CHAT-STR-006", stream('{"a": "b', 'c"}', DONE)),
]


def named(each: Any) -> str:
    return each if isinstance(each, str) else ""


@pytest.mark.parametrize(("requirement", "made"), LEGAL, ids=named)
def test_what_others_may_do_is_not_accused(requirement: str, made: Exchange) -> None:
    assert judged(requirement, made) in (None, "unexercised")


@pytest.mark.parametrize(("requirement", "made"), WRONG, ids=named)
def test_the_fault_next_to_it_is_found(requirement: str, made: Exchange) -> None:
    assert judged(requirement, made) not in (None, "unexercised")


@pytest.mark.parametrize(
    ("requirement", "made"),
    [
        ("CHAT-API-003", whole("a", "stop", asks={"max_tokens": 200}, usage=used(1, 2, 3))),
        ("CHAT-API-006", whole()),
        ("CHAT-API-007", whole(asks={"n": 1})),
        ("CHAT-API-011", whole(asks=TOOLS)),
        ("CHAT-API-012", whole("{", "length", asks={"response_format": SCHEMA})),
        ("CHAT-STR-005", stream(ROLE, END, DONE)),
    ],
    ids=named,
)
def test_what_shows_nothing_is_not_counted_as_tested(requirement: str, made: Exchange) -> None:
    assert judged(requirement, made) == "unexercised"
