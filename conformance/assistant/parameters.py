"""Where an answer stops and what form it has: asked for, it is honoured or refused, but not ignored."""

from __future__ import annotations

from collections import Counter
from typing import Any

import jsonschema_rs

from conformance.assistant.choices import Choice, asked, choices, entries, is_honourable
from conformance.assistant.conversation import COMPLETIONS
from conformance.assistant.plain import ask, plain_question, refused
from conformance.assistant.rewriting import rewritten, without
from conformance.core.reading import excerpt
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, NotJSON, Request, Response, parse_json


def _stops(exchange: Exchange) -> list[str]:
    """The stop sequences of a request. An extension of vLLM asks for them to be left in; then there are none to miss."""
    stop = asked(exchange).get("stop")
    sequences = [stop] if isinstance(stop, str) else stop if isinstance(stop, list) else []
    wanted = not asked(exchange).get("include_stop_str_in_output")
    return [each for each in sequences if isinstance(each, str) and each] if wanted else []


@rule("CHAT-API-008", when=lambda exchange: bool(_stops(exchange)) and is_honourable(exchange))
def stop_sequences_are_left_out(exchange: Exchange) -> None:
    """StopConfiguration: the returned text will not contain the stop sequence. A stream is read as a whole."""
    for index, choice in choices(exchange).items():
        for sequence in _stops(exchange):
            place = choice.content.find(sequence)
            if place >= 0:
                shown = excerpt(choice.content[max(0, place - 30) : place + 30])
                raise Violation(
                    f"the answer holds the stop sequence {sequence!r}", expected="a text before it", got=shown, pointer=f"/choices/{index}"
                )


@scenario("CHAT-API-008")
async def answers_stop(service: Service) -> None:
    """Stops at letters that hardly any answer does without, whole and as a stream; what is served is judged by the rule.

    Then at two words from the middle of an answer that was just given: several tokens, for services that compare token by token. Those two
    words come again only where the model repeats itself, so that this proves nothing where they do not.
    """
    question = await plain_question(service)
    first = await ask(service, question)
    text = "".join(choice.content for choice in choices(first).values())
    common = [letter for letter, _ in Counter(letter for letter in text if letter.isalnum()).most_common(4)]
    if not common:
        raise NotTested("the plain question is answered without a word")
    words = text.split()
    middle = " ".join(words[len(words) // 2 - 1 : len(words) // 2 + 1]) or common[0]
    for stop, stream in ((common, False), (common, True), ([middle], False), ([middle], True)):
        refused(await ask(service, {**question, "stop": stop, **({"stream": True} if stream else {})}))


@mutant("CHAT-API-008")
async def stop_is_ignored(request: Request, call_next: CallNext) -> Response:
    """stop is not handed on to the model."""
    return await without(request, call_next, "stop")


@mutant("CHAT-API-008")
async def stop_sequence_stays(request: Request, call_next: CallNext) -> Response:
    """The answer ends with the stop sequence instead of before it."""
    stop = request.document.get("stop") if isinstance(request.document, dict) else None
    sequence = stop[0] if isinstance(stop, list) and stop else stop

    def change(part: dict[str, Any]) -> None:
        for entry in entries(part):
            message = entry.get("message")
            if isinstance(message, dict) and isinstance(message.get("content"), str) and entry.get("finish_reason") == "stop":
                message["content"] += sequence

    return await rewritten(request, call_next, change, when=lambda content: isinstance(sequence, str) and sequence)


def _schema(exchange: Exchange) -> Any:
    """The JSON Schema that a request asks its answer to fit; None where there is none."""
    wanted = asked(exchange).get("response_format")
    form = wanted.get("json_schema") if isinstance(wanted, dict) and wanted.get("type") == "json_schema" else None
    return form.get("schema") if isinstance(form, dict) else None


@rule("CHAT-API-012", when=lambda exchange: isinstance(_schema(exchange), dict) and is_honourable(exchange))
def answers_fit_their_schema(exchange: Exchange) -> None:
    """ResponseFormatJsonSchema: the model follows the schema. An answer that was cut, filtered or withheld cannot, nor one that is a call."""
    whole = {index: choice for index, choice in choices(exchange).items() if _is_a_whole_text(choice)}
    if not whole:
        raise NotTested("no choice of the answer is a whole text")
    try:
        validator = jsonschema_rs.Draft202012Validator(_schema(exchange), retriever=_refuse)
    except Exception:
        raise NotTested("the schema of the request cannot be read") from None
    for index, choice in whole.items():
        pointer, shown = f"/choices/{index}/message/content", excerpt(choice.content)
        try:
            value = parse_json(choice.content.encode("utf-8", errors="surrogatepass"))
        except NotJSON:
            raise Violation(
                "response_format is ignored: the answer is no JSON", expected="JSON of the schema", got=shown, pointer=pointer
            ) from None
        if not validator.is_valid(value):
            raise Violation(
                "response_format is ignored: the answer does not fit", expected="JSON of the schema", got=shown, pointer=pointer
            )


def _refuse(uri: str) -> Any:
    raise LookupError(uri)


def _is_a_whole_text(choice: Choice) -> bool:
    return choice.finish_reason == "stop" and bool(choice.content) and not choice.calls


@scenario("CHAT-API-012")
async def answers_to_a_schema(service: Service) -> None:
    """Served or refused; what is served is judged by the rule."""
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["served"],
        "properties": {"served": {"enum": ["yes", "no"]}},
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "served", "strict": True, "schema": schema}}
    exchange = await ask(service, {**await plain_question(service), "response_format": wanted})
    if exchange.status >= 500 and "retry-after" not in exchange.answer.headers:
        raise Violation("response_format leads to a server error", expected="2xx or 4xx", got=str(exchange.status), exchange=exchange)
    if not refused(exchange) and not any(_is_a_whole_text(choice) for choice in choices(exchange).values()):
        raise NotTested("the answer to a request with a schema is cut or empty")


async def _unformatted(request: Request, call_next: CallNext) -> Response:
    """The service's answer; a request with a schema is answered as if it had none."""
    content = request.document
    wanted = content.get("response_format") if request.path == COMPLETIONS and isinstance(content, dict) else None
    if not isinstance(wanted, dict) or not wanted.get("json_schema"):
        return await call_next(request)
    return await call_next(request.with_json({name: value for name, value in content.items() if name != "response_format"}))


@mutant("CHAT-API-012", also=("CORE-ERR-003",))
async def response_format_is_ignored(request: Request, call_next: CallNext) -> Response:
    """response_format is not handed on to the model."""
    return await _unformatted(request, call_next)


@mutant("CHAT-API-012", also=("CORE-ERR-003",))
async def json_comes_in_a_fence(request: Request, call_next: CallNext) -> Response:
    """The JSON is wrapped in Markdown, as the model wrote it."""

    async def fenced(asked: Request) -> Response:
        return await _unformatted(asked, call_next)

    def change(part: dict[str, Any]) -> None:
        for entry in entries(part):
            entry["message"]["content"] = '```json\n{"served": "yes"}\n```'

    return await rewritten(request, fenced, change, when=lambda content: isinstance(content.get("response_format"), dict))
