"""Completions as the base standard has them: their shape, how many there are, how they end, what they took."""

from __future__ import annotations

from typing import Any

from conformance.assistant.choices import asked, choices, entries, is_honourable, is_number, parts, usages
from conformance.assistant.conversation import is_completion
from conformance.assistant.plain import ask, plain_question, refused
from conformance.assistant.rewriting import rewritten, without
from conformance.core.reading import EVENT_STREAM, parses
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call")


def _is_whole(exchange: Exchange) -> bool:
    """Whether a completion was asked for that is no stream. ``stream`` of a wrong type may mean either."""
    return is_completion(exchange) and bool(asked(exchange)) and asked(exchange).get("stream") in (None, False)


@rule("CHAT-API-001", when=_is_whole)
def completions_have_the_members_of_the_standard(exchange: Exchange) -> None:
    """CreateChatCompletionResponse requires id, object, created, model, choices; a choice its index and a message with role and content.

    ``logprobs`` and ``refusal``, which the document requires as well and most servers leave out, nobody reads.
    """
    answer = exchange.answer
    if not answer.is_json:
        got = answer.headers.get("content-type") or "no Content-Type"
        raise Violation("a completion is no JSON", expected="application/json", got=got, pointer="header:Content-Type")
    if not parses(answer):
        raise NotTested("the completion is declared as JSON and is none")  # CORE-ENC-001 and CORE-ENC-002 say what is wrong
    completion = answer.document
    if not isinstance(completion, dict):
        raise Violation("a completion is no object", expected="an object", got=completion)
    _expect(completion, "id", lambda value: isinstance(value, str) and value, "a text")
    _expect(completion, "object", lambda value: value == "chat.completion", "chat.completion")
    _expect(completion, "created", is_number, "seconds since the epoch")
    _expect(completion, "model", lambda value: isinstance(value, str) and value, "a text")
    _expect(completion, "choices", lambda value: isinstance(value, list), "a list")
    for number, choice in enumerate(completion["choices"]):
        place = f"/choices/{number}"
        if not isinstance(choice, dict):
            raise Violation("a choice is no object", expected="an object", got=choice, pointer=place)
        _expect(choice, "index", is_number, "an integer", place)
        _expect(choice, "message", lambda value: isinstance(value, dict), "an object", place)
        _expect(choice["message"], "role", lambda value: value == "assistant", "assistant", place + "/message")
        _expect(choice["message"], "content", lambda value: value is None or isinstance(value, str), "a text or null", place + "/message")


def _expect(found: dict[str, Any], name: str, right: Any, expected: str, place: str = "") -> None:
    if name not in found:
        raise Violation(f"a completion has no {name}", expected=expected, got="nothing", pointer=f"{place}/{name}")
    if not right(found[name]):
        raise Violation(
            f"the {name} of a completion is not that of the standard", expected=expected, got=found[name], pointer=f"{place}/{name}"
        )


@mutant("CHAT-API-001", also=("CORE-API-002", "CORE-DOC-002", "CORE-LOG-002", "CHAT-STR-001"))
async def created_is_a_date(request: Request, call_next: CallNext) -> Response:
    """Completions say when they were created as a date and time."""
    return await rewritten(request, call_next, created="2026-11-24T12:00:00Z")


@mutant("CHAT-API-001", also=("CORE-API-002", "CORE-DOC-002", "CORE-LOG-002", "CHAT-STR-001"))
async def model_is_not_said(request: Request, call_next: CallNext) -> Response:
    """Completions do not say which model wrote them."""
    return await rewritten(request, call_next, model=None)


@mutant("CHAT-API-001", also=("CORE-API-002", "CORE-DOC-002", "CORE-LOG-002"))
async def completions_are_called_text(request: Request, call_next: CallNext) -> Response:
    """Completions of a conversation are declared as those of the older operation, text_completion."""
    return await rewritten(request, call_next, object="text_completion")


def _has_ended(exchange: Exchange) -> bool:
    return is_completion(exchange) and any("finish_reason" in entry for part in parts(exchange.answer) for entry in entries(part))


@rule("CHAT-API-005", when=_has_ended)
def answers_end_for_a_reason_of_the_standard(exchange: Exchange) -> None:
    """CreateChatCompletionResponse, finish_reason: one of five. In a stream it is null until the choice ends; that it comes is CHAT-STR-004."""
    streamed = exchange.answer.media_type == EVENT_STREAM
    for part in parts(exchange.answer):
        for number, entry in enumerate(entries(part)):
            reason = entry.get("finish_reason")
            if reason not in FINISH_REASONS and not (streamed and reason is None):
                expected, pointer = ", ".join(FINISH_REASONS), f"/choices/{number}/finish_reason"
                raise Violation(
                    "an answer ended for a reason that the standard does not have", expected=expected, got=reason, pointer=pointer
                )


@mutant("CHAT-API-005", also=("CORE-API-002", "CORE-DOC-002", "CORE-LOG-002", "CHAT-STR-001"))
async def reasons_of_the_model_server(request: Request, call_next: CallNext) -> Response:
    """The reason is handed on as the software of the model calls it: eos_token."""

    def change(part: dict[str, Any]) -> None:
        for entry in entries(part):
            entry["finish_reason"] = "eos_token" if entry.get("finish_reason") == "stop" else entry.get("finish_reason")

    return await rewritten(request, call_next, change)


@mutant("CHAT-API-005", also=("CORE-LOG-002", "CHAT-STR-001"))
async def reason_is_empty_until_the_end(request: Request, call_next: CallNext) -> Response:
    """In streams, the reason is an empty text where the standard has null."""

    def change(part: dict[str, Any]) -> None:
        for entry in entries(part):
            entry["finish_reason"] = entry.get("finish_reason") or ""

    return await rewritten(request, call_next, change, streams_only=True)


def _says_what_it_took(exchange: Exchange) -> bool:
    return is_completion(exchange) and bool(usages(exchange))


@rule("CHAT-API-006", when=_says_what_it_took)
def usage_adds_up(exchange: Exchange) -> None:
    """CompletionUsage: three required integers; total_tokens is "prompt + completion"."""
    for usage in usages(exchange):
        for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
            if not is_number(usage.get(name)) or usage[name] < 0:
                raise Violation(
                    f"usage has no count of {name}", expected="an integer, 0 or more", got=usage.get(name), pointer=f"/usage/{name}"
                )
        total = usage["prompt_tokens"] + usage["completion_tokens"]
        if usage["total_tokens"] != total:
            raise Violation("usage does not add up", expected=str(total), got=usage["total_tokens"], pointer="/usage/total_tokens")


@scenario("CHAT-API-006")
async def usage_is_optional(service: Service) -> None:
    """CreateChatCompletionResponse does not require usage; where it is not given, there is nothing to add up."""
    exchange = await ask(service, await plain_question(service))
    if not usages(exchange):
        raise NotApplicable("the service does not say what an answer took")


@mutant("CHAT-API-006", also=("CORE-LOG-002",))
async def total_leaves_out_the_question(request: Request, call_next: CallNext) -> Response:
    """total_tokens counts the answer alone."""

    def change(part: dict[str, Any]) -> None:
        usage = part.get("usage")
        if isinstance(usage, dict):
            usage["total_tokens"] = usage["completion_tokens"]

    return await rewritten(request, call_next, change)


@mutant("CHAT-API-006", also=("CORE-API-002", "CORE-DOC-002", "CORE-LOG-002", "CHAT-STR-001"))
async def question_is_not_counted(request: Request, call_next: CallNext) -> Response:
    """prompt_tokens is null where the question was read from a cache."""

    def change(part: dict[str, Any]) -> None:
        usage = part.get("usage")
        if isinstance(usage, dict):
            usage["prompt_tokens"] = None

    return await rewritten(request, call_next, change)


def _wants_several(exchange: Exchange) -> bool:
    n = asked(exchange).get("n")
    return is_number(n) and n > 1 and is_honourable(exchange) and bool(parts(exchange.answer))


@rule("CHAT-API-007", when=_wants_several)
def as_many_choices_as_asked_for(exchange: Exchange) -> None:
    """CreateChatCompletionRequest, n: how many choices to generate; index: the index of the choice in the list."""
    n, found = int(asked(exchange)["n"]), sorted(choices(exchange))
    if found != sorted(repr(index) for index in range(n)):
        raise Violation(
            f"{n} choices were asked for",
            expected=f"indexes 0 to {n - 1}",
            got=f"indexes {', '.join(found)}" if found else "none",
            pointer="/choices",
        )


@scenario("CHAT-API-007")
async def two_choices(service: Service) -> None:
    """Served or refused; what is served is judged by the rule."""
    question = await plain_question(service)
    refused(await ask(service, {**question, "n": 2}))


@mutant("CHAT-API-007")
async def one_choice_will_do(request: Request, call_next: CallNext) -> Response:
    """n is ignored."""
    return await without(request, call_next, "n")


@mutant("CHAT-API-007")
async def every_choice_is_the_first(request: Request, call_next: CallNext) -> Response:
    """All choices have the index 0."""

    def change(part: dict[str, Any]) -> None:
        for entry in entries(part):
            entry["index"] = 0

    return await rewritten(request, call_next, change, when=lambda content: content.get("n") == 2 and not content.get("stream"))
