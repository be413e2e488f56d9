"""Tool calls: of the standard's shape, for a function that was offered, with arguments that can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.assistant.choices import asked, broke_down, choices
from conformance.assistant.conversation import COMPLETIONS, is_completion
from conformance.assistant.faults import written
from conformance.assistant.plain import ask, plain_question, refused
from conformance.assistant.rewriting import without
from conformance.core.reading import event_values, excerpt
from harness.checks import CallNext, NotApplicable, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, NotJSON, Request, Response, parse_json

TOOL = {
    "type": "function",
    "function": {
        "name": "free_slots",
        "description": "Lists free appointments at an office.",
        "parameters": {"type": "object", "required": ["office"], "properties": {"office": {"enum": ["Vilnius", "Warszawa"]}}},
    },
}
_QUESTION = "Which appointments are free at the office in Vilnius?"


def _calls(exchange: Exchange) -> bool:
    """Whether an answer calls tools, or says that it does."""
    if not is_completion(exchange) or broke_down(exchange.answer):
        return False
    return any(choice.calls or choice.finish_reason == "tool_calls" for choice in choices(exchange).values())


@rule("CHAT-API-011", when=_calls)
def tool_calls_can_be_made(exchange: Exchange) -> None:
    """ChatCompletionMessageToolCall: id, type, function with name and arguments; the reason is tool_calls "if the model called a tool".

    A forced call may end with stop, as OpenAI's own service has it.
    """
    offered = _offered(exchange)
    for index, choice in choices(exchange).items():
        place = f"/choices/{index}/message/tool_calls"
        if not choice.calls:
            if choice.finish_reason == "tool_calls":
                raise Violation("an answer ends with tool_calls and calls nothing", expected="a tool call", got="none", pointer=place)
            continue
        for number, call in enumerate(choice.calls):
            _look_at(call, f"{place}/{number}", offered)
        reasons = ["tool_calls", "length", "content_filter", "function_call", *(["stop"] if _is_forced(exchange) else [])]
        if choice.finish_reason is not None and choice.finish_reason not in reasons:
            pointer = f"/choices/{index}/finish_reason"
            raise Violation(
                "an answer calls a tool and ends for another reason", expected="tool_calls", got=choice.finish_reason, pointer=pointer
            )


def _look_at(call: Any, place: str, offered: set[str]) -> None:
    if not isinstance(call, dict) or not isinstance(call.get("id"), str) or not call["id"]:
        raise Violation("a tool call has no id", expected="a text", got=excerpt(repr(call)), pointer=f"{place}/id")
    if call.get("type") == "custom":
        return  # calls of custom tools have a shape of their own, and free text as input
    if call.get("type") != "function":
        raise Violation("a tool call has no type of the standard", expected="function", got=call.get("type"), pointer=f"{place}/type")
    function = call.get("function")
    name = function.get("name") if isinstance(function, dict) else None
    arguments = function.get("arguments") if isinstance(function, dict) else None
    if not isinstance(name, str) or (offered and name not in offered):
        raise Violation(
            "a function is called that was not offered", expected=", ".join(sorted(offered)), got=name, pointer=f"{place}/function/name"
        )
    if not isinstance(arguments, str):
        raise Violation("arguments are no text", expected="a JSON text", got=arguments, pointer=f"{place}/function/arguments")


def _offered(exchange: Exchange) -> set[str]:
    """The names of the functions that a request offers."""
    tools = asked(exchange).get("tools")
    functions = [tool.get("function") for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    return {function["name"] for function in functions if isinstance(function, dict) and isinstance(function.get("name"), str)}


def _written_arguments(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """The arguments of the calls of an answer, with their pointers; not those that a limit or a filter cut."""
    for index, choice in choices(exchange).items():
        for number, call in enumerate(choice.calls if choice.finish_reason not in ("length", "content_filter") else ()):
            function = call.get("function") if isinstance(call, dict) else None
            arguments = function.get("arguments") if isinstance(function, dict) else None
            if isinstance(arguments, str):
                yield f"/choices/{index}/message/tool_calls/{number}/function/arguments", arguments


@rule("CHAT-API-013", when=lambda exchange: _calls(exchange) and any(True for _ in _written_arguments(exchange)))
def arguments_can_be_read(exchange: Exchange) -> None:
    """ChatCompletionMessageToolCall, arguments: "as generated by the model in JSON format", of which the standard warns that it may not be valid.

    So this is no MUST. Arguments that were cut need not be whole.
    """
    for pointer, arguments in _written_arguments(exchange):
        try:
            parse_json(arguments.encode("utf-8", errors="surrogatepass"))
        except NotJSON:
            shown = excerpt(arguments) or "an empty text"
            raise Violation("arguments are no JSON", expected="a JSON text", got=shown, pointer=pointer) from None


def _is_forced(exchange: Exchange) -> bool:
    choice = asked(exchange).get("tool_choice")
    return choice == "required" or isinstance(choice, dict)


@scenario("CHAT-API-011")
async def a_tool_is_called(service: Service) -> None:
    """A function is named, demanded and offered, whole and as a stream, until one is called; calls are judged by the rule.

    Tools are optional: a service refuses them, or answers itself.
    """
    question = {**await plain_question(service, messages=[{"role": "user", "content": _QUESTION}]), "tools": [TOOL]}
    named = {"type": "function", "function": {"name": "free_slots"}}
    called = False
    for choice in (named, "required", "auto"):
        for stream in (False, True):
            exchange = await ask(service, {**question, "tool_choice": choice, **({"stream": True} if stream else {})})
            called = called or (not refused(exchange) and _calls(exchange))
        if called:
            return
    raise NotApplicable("the service calls no tools")


@scenario("CHAT-API-013")
async def calls_are_optional(service: Service) -> None:
    """Where no tool is called there are no arguments to read; where one is, the rule above has read them."""
    question = await plain_question(service, messages=[{"role": "user", "content": _QUESTION}])
    named = {"type": "function", "function": {"name": "free_slots"}}
    exchange = await ask(service, {**question, "tools": [TOOL], "tool_choice": named})
    if refused(exchange) or not _calls(exchange):
        raise NotApplicable("the service calls no tools")


async def _calling(request: Request, call_next: CallNext, choice: Mapping[str, Any]) -> Response:
    """The service's answer; where a tool is named, its choice gives way to this one, in a stream to two chunks of it."""
    content = request.document
    if request.path != COMPLETIONS or not isinstance(content, dict) or not isinstance(content.get("tool_choice"), dict):
        return await call_next(request)
    answer = await without(request, call_next, "tool_choice")
    if answer.status != 200:
        return answer
    if content.get("stream") is not True:
        return answer.with_json({**answer.document, "choices": [{"index": 0, "logprobs": None, **choice}]})
    first, *_, last = [chunk for chunk in event_values(answer) if chunk["choices"]]
    delta = {**choice["message"], "tool_calls": [{"index": 0, **call} for call in choice["message"]["tool_calls"]]}
    begun = {**first, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    return answer.with_body(written([begun, {**last, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}]))


def _call(reason: str = "tool_calls", **function: Any) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "free_slots", "arguments": '{"office": "Vilnius"}', **function}}
    return {"message": {"role": "assistant", "content": None, "tool_calls": [call]}, "finish_reason": reason}


@mutant("CHAT-API-011", also=("CORE-API-002", "CHAT-STR-001"))
async def arguments_are_an_object(request: Request, call_next: CallNext) -> Response:
    """Arguments are an object, as the model's own interface has them, not a text."""
    return await _calling(request, call_next, _call(arguments={"office": "Vilnius"}))


@mutant("CHAT-API-013")
async def arguments_are_handed_out_as_written(request: Request, call_next: CallNext) -> Response:
    """What the model wrote is handed out unread, in the notation of another language."""
    return await _calling(request, call_next, _call(arguments="{'office': 'Vilnius'}"))


@mutant("CHAT-API-011")
async def functions_are_made_up(request: Request, call_next: CallNext) -> Response:
    """The service calls a function that nobody offered."""
    return await _calling(request, call_next, _call(name="functions.free_slots"))


@mutant("CHAT-API-011")
async def calls_without_a_call(request: Request, call_next: CallNext) -> Response:
    """The reason says tool_calls, and the call stands in the text."""
    text = json.dumps({"name": "free_slots", "arguments": {"office": "Vilnius"}})
    message = {"role": "assistant", "content": f"<tool_call>{text}</tool_call>", "tool_calls": []}
    return await _calling(request, call_next, {"message": message, "finish_reason": "tool_calls"})
