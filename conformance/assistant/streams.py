"""Streams: chunks of one completion in their order, whole characters in each, and one end."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from conformance.assistant.choices import asked, broke_down, chunks, entries, wants_stream
from conformance.assistant.conversation import COMPLETIONS, is_completion
from conformance.assistant.faults import written
from conformance.assistant.plain import ask, plain_question, refused
from conformance.assistant.rewriting import without
from conformance.core.reading import EVENT_STREAM, event_values, excerpt, strings
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Event, Exchange, NotJSON, Request, Response, holds_surrogate, parse_json

DONE = "[DONE]"
CHUNK = "chat.completion.chunk"


def _streams(exchange: Exchange) -> bool:
    """Whether an answer is a stream of a completion that did not break down."""
    answer = exchange.response
    return answer is not None and is_completion(exchange) and answer.media_type == EVENT_STREAM and not broke_down(answer)


def _is_done(event: Event) -> bool:
    return event.data.strip() == DONE


@rule("CHAT-STR-001", when=lambda exchange: is_completion(exchange) and wants_stream(exchange))
def streams_are_events_of_chunks(exchange: Exchange) -> None:
    """CreateChatCompletionRequest, stream: the answer is server-sent events. CreateChatCompletionStreamResponse: object is always one text.

    Events that are no JSON are CHAT-STR-006's subject.
    """
    answer = exchange.answer
    if answer.media_type != EVENT_STREAM:
        got = answer.headers.get("content-type") or "no Content-Type"
        raise Violation("a stream was asked for and none came", expected=EVENT_STREAM, got=got, pointer="header:Content-Type")
    if broke_down(answer):
        error = next(value for value in event_values(answer) if isinstance(value, dict) and value.get("error"))
        raise Violation("a stream of status 200 holds an error", expected="a 4xx or 5xx status", got=excerpt(json.dumps(error)))
    found = chunks(answer)
    foreign = [value for value in event_values(answer) if not isinstance(value, dict)]
    if foreign or not found:
        got = excerpt(repr(foreign[0])) if foreign else excerpt(answer.text) or "nothing"
        raise Violation("a stream holds what is no chunk", expected=f"objects whose object is {CHUNK}", got=got)
    schema = exchange.operation.schema("ChatCompletionChunk") if exchange.operation else None
    for chunk in found:
        shown = excerpt(json.dumps(chunk, ensure_ascii=False))
        if chunk.get("object") != CHUNK or not isinstance(chunk.get("choices"), list):
            raise Violation("an event is no chunk of the standard", expected=f"object {CHUNK} and a list of choices", got=shown)
        errors = schema.errors(chunk) if schema else []
        if errors:
            raise Violation(f"a chunk does not fit the profile: {excerpt(errors[0].message)}", got=shown, pointer=errors[0].pointer)


@mutant("CHAT-STR-001", also=("CORE-LOG-002",))
async def stream_comes_whole(request: Request, call_next: CallNext) -> Response:
    """stream is ignored: the completion comes whole."""
    return await without(request, call_next, "stream", "stream_options")


async def _restreamed(request: Request, call_next: CallNext, change: Any) -> Response:
    """The service's answer; a stream is written anew from what ``change`` makes of its chunks: new ones, or the whole body."""
    answer = await call_next(request)
    if request.path != COMPLETIONS or answer.status != 200 or answer.media_type != EVENT_STREAM:
        return answer
    changed = change([json.loads(json.dumps(chunk)) for chunk in event_values(answer)])
    return answer.with_body(changed if isinstance(changed, bytes) else written(changed))


@mutant("CHAT-STR-001", also=("CORE-LOG-002",))
async def chunks_are_called_completions(request: Request, call_next: CallNext) -> Response:
    """Chunks are declared as whole completions."""

    def change(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**chunk, "object": "chat.completion"} for chunk in found]

    return await _restreamed(request, call_next, change)


@mutant("CHAT-STR-001", also=("CORE-LOG-002",))
async def chunks_do_not_say_when(request: Request, call_next: CallNext) -> Response:
    """The first chunk alone says when the completion was created, and with which model."""

    def change(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [found[0], *({name: each[name] for name in each if name not in ("created", "model")} for each in found[1:])]

    return await _restreamed(request, call_next, change)


@mutant("CHAT-STR-001", also=("CORE-LOG-002",))
async def stream_is_lines_of_json(request: Request, call_next: CallNext) -> Response:
    """A stream is one JSON text a line, as the older interface of the model server has it."""
    answer = await call_next(request)
    if answer.media_type != EVENT_STREAM:
        return answer
    lines = "".join(json.dumps(chunk, ensure_ascii=False) + "\n" for chunk in event_values(answer))
    return answer.with_body(lines.encode(), "application/x-ndjson")


@rule("CHAT-STR-002", when=_streams)
def streams_end_once(exchange: Exchange) -> None:
    """ChatCompletionStreamOptions, include_usage: the last chunk comes before the ``data: [DONE]`` message. Comments may follow."""
    events = exchange.answer.events
    ends = [number for number, event in enumerate(events) if _is_done(event)]
    if not ends:
        got = excerpt(events[-1].data) if events else "no event"
        raise Violation("a stream does not end with [DONE]", expected="data: [DONE] and a blank line", got=got)
    if len(ends) > 1:
        raise Violation("a stream ends more than once", expected="one data: [DONE]", got=f"{len(ends)} of them")
    if ends[0] != len(events) - 1:
        raise Violation("a stream goes on after [DONE]", expected="nothing", got=excerpt(events[ends[0] + 1].data))


@mutant("CHAT-STR-002", also=("CORE-LOG-002",))
async def stream_just_stops(request: Request, call_next: CallNext) -> Response:
    """Streams have no [DONE]."""
    return await _restreamed(request, call_next, lambda found: written(found).replace(b"data: [DONE]\n\n", b""))


@mutant("CHAT-STR-002", also=("CORE-LOG-002",))
async def stream_ends_twice(request: Request, call_next: CallNext) -> Response:
    """A gateway adds its own [DONE] to that of the model server."""
    return await _restreamed(request, call_next, lambda found: written(found) + b"data: [DONE]\n\n")


@mutant("CHAT-STR-002", also=("CORE-LOG-002",))
async def usage_comes_late(request: Request, call_next: CallNext) -> Response:
    """The chunk with the usage comes after [DONE]."""

    def change(found: list[dict[str, Any]]) -> list[dict[str, Any]] | bytes:
        return written(found[:-1]) + f"data: {json.dumps(found[-1])}\n\n".encode() if found[-1].get("usage") else found

    return await _restreamed(request, call_next, change)


@rule("CHAT-STR-003", when=lambda exchange: _streams(exchange) and bool(chunks(exchange.answer)))
def chunks_have_one_id(exchange: Exchange) -> None:
    """CreateChatCompletionStreamResponse, id: each chunk has the same ID."""
    ids = [chunk.get("id") for chunk in chunks(exchange.answer)]
    if not isinstance(ids[0], str) or any(id != ids[0] for id in ids):
        other = next((id for id in ids if id != ids[0]), ids[0])
        raise Violation("the chunks of a stream have not one id", expected=repr(ids[0]), got=other, pointer="/id")


@mutant("CHAT-STR-003", also=("CORE-LOG-002",))
async def every_chunk_has_its_id(request: Request, call_next: CallNext) -> Response:
    """Each chunk has an id of its own."""

    def change(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**chunk, "id": f"{chunk['id']}-{number}"} for number, chunk in enumerate(found)]

    return await _restreamed(request, call_next, change)


@mutant("CHAT-STR-003", also=("CORE-LOG-002",))
async def last_chunk_has_no_id(request: Request, call_next: CallNext) -> Response:
    """The last chunk is made by a gateway, which does not know the id."""
    return await _restreamed(request, call_next, lambda found: [*found[:-1], {**found[-1], "id": ""}])


def _says_something(delta: Any) -> bool:
    """Whether a delta holds a part of the answer: text, a refusal, a call."""
    names = ("content", "refusal", "tool_calls", "function_call")
    return isinstance(delta, dict) and any(delta.get(name) for name in names)


@rule("CHAT-STR-004", when=_streams)
def choices_are_told_in_order(exchange: Exchange) -> None:
    """CreateChatCompletionStreamResponse, choices: the role, what is said, the reason it ended, each choice by itself.

    The role may come again, and deltas may be empty anywhere: the standard does not say otherwise.
    """
    begun: set[str] = set()
    ended: Counter[str] = Counter()
    seen: set[str] = set()
    for chunk in chunks(exchange.answer):
        for entry in entries(chunk):
            index, delta = repr(entry.get("index")), entry.get("delta")
            seen.add(index)
            if isinstance(delta, dict) and delta.get("role"):
                begun.add(index)
            if _says_something(delta) and index not in begun:
                raise Violation(f"choice {index} says something before its role", expected="a role first", got=excerpt(json.dumps(delta)))
            if _says_something(delta) and ended[index]:
                raise Violation(f"choice {index} goes on after its finish_reason", expected="nothing", got=excerpt(json.dumps(delta)))
            ended[index] += bool(entry.get("finish_reason"))
    if not seen:
        raise Violation("a stream holds no choice", expected="at least one", got=excerpt(exchange.answer.text))
    for index in sorted(seen):
        if ended[index] != 1:
            raise Violation(f"choice {index} has {ended[index]} finish reasons", expected="1", got=str(ended[index]))


def _entries_with(found: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [entry for chunk in found for entry in entries(chunk) if entry.get(what) or entry["delta"].get(what)]


@mutant("CHAT-STR-004", also=("CORE-LOG-002",))
async def streams_end_without_a_reason(request: Request, call_next: CallNext) -> Response:
    """finish_reason is null to the end."""

    def change(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for entry in _entries_with(found, "finish_reason"):
            entry["finish_reason"] = None
        return found

    return await _restreamed(request, call_next, change)


@mutant("CHAT-STR-004", also=("CORE-LOG-002",))
async def nobody_speaks(request: Request, call_next: CallNext) -> Response:
    """No delta has a role."""

    def change(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for entry in _entries_with(found, "role"):
            del entry["delta"]["role"]
        return found

    return await _restreamed(request, call_next, change)


@mutant("CHAT-STR-004", also=("CORE-LOG-002",))
async def every_chunk_gives_a_reason(request: Request, call_next: CallNext) -> Response:
    """Every chunk with text has the finish_reason, as if it were the last."""

    def change(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        reason = next(entry["finish_reason"] for entry in _entries_with(found, "finish_reason"))
        for entry in _entries_with(found, "content"):
            entry["finish_reason"] = reason
        return found

    return await _restreamed(request, call_next, change)


def _asks_for_usage(exchange: Exchange) -> bool:
    options = asked(exchange).get("stream_options")
    return wants_stream(exchange) and isinstance(options, dict) and options.get("include_usage") is True


@rule("CHAT-STR-005", when=lambda exchange: _streams(exchange) and _asks_for_usage(exchange))
def usage_comes_where_asked_for(exchange: Exchange) -> None:
    """ChatCompletionStreamOptions, include_usage: an additional chunk before [DONE], with usage, its choices always an empty array.

    That other chunks have usage null, as the standard has it, nobody needs; some servers count on every chunk.
    """
    found = [chunk for chunk in chunks(exchange.answer) if isinstance(chunk.get("usage"), dict) and chunk.get("choices") == []]
    if len(found) != 1:
        raise Violation(
            "the usage that was asked for does not come once", expected="one chunk with usage and choices []", got=f"{len(found)}"
        )


@scenario("CHAT-STR-005")
async def usage_is_asked_for(service: Service) -> None:
    """Served or refused; what is served is judged by the rule."""
    question = await plain_question(service)
    if refused(await ask(service, {**question, "stream": True})):
        raise NotTested("the service refuses streams")
    refused(await ask(service, {**question, "stream": True, "stream_options": {"include_usage": True}}))


@mutant("CHAT-STR-005")
async def usage_is_not_streamed(request: Request, call_next: CallNext) -> Response:
    """include_usage is ignored."""
    return await without(request, call_next, "stream_options")


@mutant("CHAT-STR-005", also=("CORE-LOG-002",))
async def usage_comes_with_the_reason(request: Request, call_next: CallNext) -> Response:
    """The usage stands on the chunk with the finish_reason, and no chunk is added for it."""

    def change(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        *others, last = found
        return [*others[:-1], {**others[-1], "usage": last["usage"]}] if last.get("usage") else found

    return await _restreamed(request, call_next, change)


@rule("CHAT-STR-006", when=lambda exchange: is_completion(exchange) and exchange.answer.media_type == EVENT_STREAM)
def events_hold_whole_characters(exchange: Exchange) -> None:
    """WHATWG HTML section 9.2.1: event streams MUST be UTF-8. RFC 8259 section 8.2: half a pair of surrogates is no character.

    What a model writes that is no character at all, and a server shows as U+FFFD or leaves out, is no split character. Log probabilities
    show tokens, which may be parts of characters. A client that sends half a pair may get it back.
    """
    body = exchange.answer.body
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        shown = repr(body[max(0, error.start - 12) : error.end + 12])
        raise Violation("a stream is not UTF-8", expected="whole characters in each event", got=shown) from None
    for number, event in enumerate(exchange.answer.events):
        if _is_done(event):
            continue
        try:
            value = parse_json(event.data.encode("utf-8"))
        except NotJSON as error:
            raise Violation(f"event {number} is no JSON: {error}", expected="a JSON text", got=excerpt(event.data)) from None
        half = next((pointer for pointer, text in strings(value) if "/logprobs/" not in pointer and holds_surrogate(text)), None)
        if half and not any(holds_surrogate(text) for _, text in strings(exchange.request.document)):
            raise Violation(f"event {number} holds half a character", expected="whole characters", got=excerpt(event.data), pointer=half)


def _split(found: list[dict[str, Any]], beginning: str, ending: str) -> list[dict[str, Any]]:
    """Chunks in which a character more stands between the first two with text: its beginning in one, its ending in the other."""
    spoken = [entry["delta"] for entry in _entries_with(found, "content")]
    if len(spoken) > 1:
        spoken[0]["content"] += beginning
        spoken[1]["content"] = ending + spoken[1]["content"]
    return found


@mutant("CHAT-STR-006", also=("CORE-LOG-002",))
async def letters_are_split_between_chunks(request: Request, call_next: CallNext) -> Response:
    """Tokens are written as bytes, and a letter that takes two of them is split between two chunks."""

    def change(found: list[dict[str, Any]]) -> bytes:
        return written(_split(found, "\ue001", "\ue002")).replace("\ue001".encode(), b"\xc4").replace("\ue002".encode(), b"\x97")

    return await _restreamed(request, call_next, change)


@mutant("CHAT-STR-006", also=("CORE-LOG-002",))
async def pairs_are_split_between_chunks(request: Request, call_next: CallNext) -> Response:
    """Text is cut by UTF-16 units, and an emoji comes as two escapes in two chunks."""

    def change(found: list[dict[str, Any]]) -> bytes:
        return written(_split(found, "\ue001", "\ue002")).replace("\ue001".encode(), b"\\ud83d").replace("\ue002".encode(), b"\\ude42")

    return await _restreamed(request, call_next, change)


@rule("CHAT-STR-007", when=_streams)
def events_are_messages(exchange: Exchange) -> None:
    """WHATWG HTML section 9.2.6: an event with a name of its own is not dispatched as ``message``, and who listens for that never sees it.

    The standard names no events.
    """
    named = next((event for event in exchange.answer.events if event.name != "message"), None)
    if named is not None:
        raise Violation("an event of a stream has a name of its own", expected="no event field", got=f"event: {excerpt(named.name)}")


@scenario("CHAT-STR-007")
async def a_stream_of_messages(service: Service) -> None:
    """A plain question, answered as a stream; the rule above looks at its events."""
    exchange = await ask(service, {**await plain_question(service), "stream": True})
    if refused(exchange) or not _streams(exchange):
        raise NotTested("the plain question is not answered with a stream")


@mutant("CHAT-STR-007", also=("CORE-LOG-002",))
async def events_are_called_chunks(request: Request, call_next: CallNext) -> Response:
    """Every event is named after what it holds."""
    return await _restreamed(request, call_next, lambda found: written(found).replace(b"data: ", b"event: chunk\ndata: "))
