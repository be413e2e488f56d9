"""How long an answer may be: a limit is kept to or refused, and an answer that it cut says so."""

from __future__ import annotations

from typing import Any

from conformance.assistant.choices import asked, choices, entries, is_honourable, is_number, usages
from conformance.assistant.plain import ask, plain_question, refused
from conformance.assistant.rewriting import rewritten, without
from conformance.core.reading import excerpt
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

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
