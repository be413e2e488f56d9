"""What a request asks of an answer, honoured or refused, but not ignored: its length, where it stops, the model, the turns before, the format."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import jsonschema_rs

from conformance.assistant.choices import Choice, asked, broke_down, choices, entries, is_honourable, is_number, usages
from conformance.assistant.conversation import COMPLETIONS
from conformance.assistant.plain import ask, plain_question, refused
from conformance.assistant.rewriting import rewritten, without
from conformance.core.reading import excerpt
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, NotJSON, Request, Response, parse_json

_LONG = "Write the numbers from one to one hundred in words, separated by commas."


def _limit(exchange: Exchange, name: str) -> int | None:
    """The limit a request sets under one name; None where it sets none, or another one under the other name."""
    members = asked(exchange)
    values = [members[each] for each in ("max_tokens", "max_completion_tokens") if members.get(each) is not None]
    wanted = members.get(name)
    return int(wanted) if is_number(wanted) and wanted >= 1 and all(value == wanted for value in values) else None


def _most(limit: int) -> int:
    """The most tokens of a server that keeps to a limit: it may count what begins and ends a text, and finish a letter of several tokens."""
    return limit + limit // 4 + 8


def _wanted(exchange: Exchange) -> int:
    """How many choices a request asks for."""
    n = asked(exchange).get("n")
    return int(n) if is_number(n) else 1


def _is_limited(name: str) -> Any:
    return lambda exchange: _limit(exchange, name) is not None and is_honourable(exchange)


def _keeps_to(exchange: Exchange, name: str) -> None:
    """Raise where an answer is longer than its limit beyond doubt, or where nothing can be seen because it ended well before.

    Tokens are counted by the service. Where it gives no count, the text shows it: a token is rarely more than a word, and never 64 letters.
    Reasoning, which max_completion_tokens includes and max_tokens does not mention, counts for the former only.
    """
    limit, found = _limit(exchange, name) or 0, choices(exchange)
    usage = usages(exchange)[-1] if usages(exchange) else {}
    written = usage.get("completion_tokens")
    if is_number(written):
        details = usage.get("completion_tokens_details")
        reasoning = details.get("reasoning_tokens") if isinstance(details, dict) else None
        if name == "max_tokens" and is_number(reasoning):
            written -= reasoning
        if written > max(len(found), _wanted(exchange)) * _most(limit):
            raise Violation(f"{name} is ignored", expected=f"{limit} tokens at most", got=f"{written:.0f} tokens", pointer="/usage")
    for index, choice in found.items():
        words, letters = len(choice.content.split()), len(choice.content)
        if words > limit * 8 + 20 or letters > limit * 64 + 256:
            got = f"{words} words, {letters} letters"
            raise Violation(f"{name} is ignored", expected=f"{limit} tokens at most", got=got, pointer=f"/choices/{index}")
    if not any(choice.finish_reason == "length" for choice in found.values()):
        raise NotTested("the answer ended before the limit")


@rule("CHAT-API-003", when=_is_limited("max_tokens"))
def answers_keep_to_max_tokens(exchange: Exchange) -> None:
    """CreateChatCompletionRequest, max_tokens: the maximum number of tokens that can be generated."""
    _keeps_to(exchange, "max_tokens")


@rule("CHAT-API-004", when=_is_limited("max_completion_tokens"))
def answers_keep_to_max_completion_tokens(exchange: Exchange) -> None:
    """CreateChatCompletionRequest, max_completion_tokens: an upper bound for the number of tokens that can be generated."""
    _keeps_to(exchange, "max_completion_tokens")


async def _cut_short(service: Service, name: str) -> None:
    """Ask for something long under three small limits.

    One answer that ends with ``length`` is honest; what is longer than its limit is found by the rule. Three answers that ended "by
    themselves" with exactly as many tokens as each might have did not: they were cut, and do not say so.
    """
    question = await plain_question(service, messages=[{"role": "user", "content": _LONG}])
    cut: list[Exchange] = []
    refusals = 0
    for limit in (5, 3, 2):
        content = {key: value for key, value in question.items() if key not in ("max_tokens", "max_completion_tokens")}
        exchange = await ask(service, {**content, name: limit})
        if refused(exchange):
            refusals += 1
            continue
        usage = usages(exchange)[-1] if usages(exchange) else {}
        reasons = {choice.finish_reason for choice in choices(exchange).values()}
        if "length" in reasons or (is_number(usage.get("completion_tokens")) and usage["completion_tokens"] > _most(limit)):
            return
        if reasons == {"stop"} and usage.get("completion_tokens") == limit:
            cut.append(exchange)
    if len(cut) == 3:
        shown = excerpt("".join(choice.content for choice in choices(cut[0]).values()))
        raise Violation(
            f"answers cut by {name} say that they ended by themselves", expected="length", got=f"stop after {shown!r}", exchange=cut[0]
        )
    if not refusals:
        raise NotTested(f"the service's answers were shorter than the smallest {name}")


@scenario("CHAT-API-003")
async def max_tokens_cuts(service: Service) -> None:
    """CreateChatCompletionResponse, finish_reason: ``length`` if the maximum number of tokens was reached."""
    await _cut_short(service, "max_tokens")


@scenario("CHAT-API-004")
async def max_completion_tokens_cuts(service: Service) -> None:
    """CreateChatCompletionResponse, finish_reason: ``length`` if the maximum number of tokens was reached."""
    await _cut_short(service, "max_completion_tokens")


def _never_cut(part: dict[str, Any]) -> None:
    for entry in entries(part):
        entry["finish_reason"] = "stop" if entry.get("finish_reason") == "length" else entry.get("finish_reason")


@mutant("CHAT-API-003", also=("CORE-LOG-002",))
async def max_tokens_is_ignored(request: Request, call_next: CallNext) -> Response:
    """max_tokens is not handed on to the model."""
    return await without(request, call_next, "max_tokens")


@mutant("CHAT-API-003", also=("CORE-LOG-002",))
async def max_tokens_ends_answers_in_silence(request: Request, call_next: CallNext) -> Response:
    """An answer cut by max_tokens says that it stopped by itself."""
    return await rewritten(request, call_next, _never_cut, when=lambda content: content.get("max_tokens"))


@mutant("CHAT-API-004")
async def max_completion_tokens_is_unknown(request: Request, call_next: CallNext) -> Response:
    """The newer name of the limit is ignored."""
    return await without(request, call_next, "max_completion_tokens")


@mutant("CHAT-API-004")
async def max_completion_tokens_ends_answers_in_silence(request: Request, call_next: CallNext) -> Response:
    """An answer cut by max_completion_tokens says that it stopped by itself."""
    return await rewritten(request, call_next, _never_cut, when=lambda content: content.get("max_completion_tokens"))


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


@scenario("CHAT-API-009")
async def unknown_models_are_refused(service: Service) -> None:
    """RFC 9110 section 15.5: 4xx, for the client erred; also where a stream was asked for, whose status is sent before its first event."""
    question = await plain_question(service)
    name = f"nezinomas-modelis-{service.random.getrandbits(48):012x}"
    for stream in (False, True):
        exchange = await ask(service, {**question, "model": name, **({"stream": True} if stream else {})})
        if exchange.status in (401, 429) or (exchange.status == 503 and "retry-after" in exchange.answer.headers):
            raise NotTested(f"the service answered {exchange.status}")
        if not 400 <= exchange.status < 500:
            what = "an error within a stream" if broke_down(exchange.answer) else str(exchange.status)
            raise Violation("a model that the service does not have is not refused", expected="404", got=what, exchange=exchange)


@mutant("CHAT-API-009")
async def any_name_will_do(request: Request, call_next: CallNext) -> Response:
    """Whatever model is asked for, the one that is loaded answers."""
    answer = await call_next(request)
    if request.path != COMPLETIONS or answer.status != 404:
        return answer
    models = await call_next(Request("GET", "/v1/models"))
    return await call_next(request.with_json({**request.document, "model": models.document["data"][0]["id"]}))


@mutant("CHAT-API-009", also=("CHAT-STR-001", "CORE-LOG-001"))
async def unknown_model_fails_within_the_stream(request: Request, call_next: CallNext) -> Response:
    """Where a stream is asked for, the answer to an unknown model is a stream with status 200 that holds the error."""
    answer = await call_next(request)
    if answer.status != 404 or not isinstance(request.document, dict) or request.document.get("stream") is not True:
        return answer
    event = json.dumps({"error": {"message": "model not found", "code": 404}})
    return Response(200, answer.headers).with_body(f"data: {event}\n\n".encode(), "text/event-stream")


_TURNS = (
    (("system", "Answer in one sentence."), ("user", "What is a passport?")),
    (("user", "What is a passport?"), ("assistant", "A travel document."), ("user", "Who issues it?")),
    (
        ("system", "Answer in one sentence."),
        ("user", "What is a passport?"),
        ("assistant", "A travel document."),
        ("user", "Who issues it?"),
    ),
)


@scenario("CHAT-API-010")
async def conversations_are_served(service: Service) -> None:
    """ChatCompletionRequestMessage: turns of system, user and assistant. The order is the one that every template of a model knows."""
    question = await plain_question(service)
    for turns in _TURNS:
        exchange = await ask(service, {**question, "messages": [{"role": role, "content": text} for role, text in turns]})
        if refused(exchange):
            roles = ", ".join(role for role, _ in turns)
            got = f"{exchange.status} {excerpt(exchange.answer.text)}"
            raise Violation(f"a conversation with turns of {roles} is refused", expected="2xx", got=got, exchange=exchange)


async def _refusing(request: Request, call_next: CallNext, role: str, detail: str) -> Response:
    """The service's answer; a conversation with a turn of this role is refused."""
    answer = await call_next(request)
    content = request.document
    turns = content.get("messages") if request.path == COMPLETIONS and isinstance(content, dict) else None
    if answer.status != 200 or not any(turn.get("role") == role for turn in turns or ()):
        return answer
    problem = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": detail}
    return Response(400, answer.headers).with_json(problem, "application/problem+json")


@mutant("CHAT-API-010", also=("CORE-API-001",))
async def system_role_is_not_supported(request: Request, call_next: CallNext) -> Response:
    """The template of the model knows no system role, and the service hands its complaint on."""
    return await _refusing(request, call_next, "system", "System role not supported")


@mutant("CHAT-API-010", also=("CORE-API-001",))
async def one_question_at_a_time(request: Request, call_next: CallNext) -> Response:
    """Conversations that hold an answer are refused."""
    return await _refusing(request, call_next, "assistant", "Only questions are accepted.")


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


@mutant("CHAT-API-012")
async def response_format_is_ignored(request: Request, call_next: CallNext) -> Response:
    """response_format is not handed on to the model."""
    return await _unformatted(request, call_next)


@mutant("CHAT-API-012")
async def json_comes_in_a_fence(request: Request, call_next: CallNext) -> Response:
    """The JSON is wrapped in Markdown, as the model wrote it."""

    async def fenced(asked: Request) -> Response:
        return await _unformatted(asked, call_next)

    def change(part: dict[str, Any]) -> None:
        for entry in entries(part):
            entry["message"]["content"] = '```json\n{"served": "yes"}\n```'

    return await rewritten(request, fenced, change, when=lambda content: isinstance(content.get("response_format"), dict))
