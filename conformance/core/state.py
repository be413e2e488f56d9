"""What one request leaves behind for the next: nothing. Every request is understood by itself, whoever else asks at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.core.asking import ask, at_once, methods_at, not_now, plain, resources, served
from conformance.core.faults import memory
from conformance.core.reading import excerpt, parses
from harness.checks import CallNext, NotApplicable, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response


def _broken(request: Request) -> Iterator[tuple[str, Request]]:
    """Requests whose body ends before it is read."""
    yield "half a JSON text", replace(request, body=request.body[: len(request.body) // 2])
    yield "a JSON text without its end", replace(request, body=request.body[:-1])
    yield "a body that is not UTF-8", replace(request, body=request.body.replace(b'"', b'"\xc4', 1))


def _refusable(service: Service, request: Request) -> Iterator[tuple[str, Request]]:
    """Requests that a service refuses, each for another reason and at another stage of its work."""
    if request.body:
        yield "an empty object", request.with_json({})
        yield "a content type that is not read", request.with_header("Content-Type", "text/xml")
    yield "an unknown path", Request("GET", f"/{service.random.getrandbits(64):016x}")
    only_read = next((each.path for each in service.operations if methods_at(service, each.path) == {"GET"} and "{" not in each.path), None)
    if only_read is not None:
        yield "a wrong method", Request("DELETE", only_read)


@scenario("CORE-ROB-004", alone=True)
async def broken_texts_leave_nothing_behind(service: Service) -> None:
    """RFC 9110 section 3.3, where the next request shows it: a parser that stopped in the middle of a text meets the text that comes next."""
    request = plain(service)
    if not request.body:
        raise NotApplicable("no operation of the profile takes a body")
    await served(service, request)
    for what, bad in _broken(request):
        await _is_served_after(service, bad, request, what)


@scenario("CORE-ROB-004")
async def refusals_leave_nothing_behind(service: Service) -> None:
    """RFC 9110 section 3.3: each request's semantics can be understood in isolation, so what was refused has no part in what comes after it.

    A fault counts where it repeats after the same kind of refusal.
    """
    request = plain(service)
    await served(service, request)
    reading = service.sample("GET") if request.method != "GET" else request
    readable = (await ask(service, reading)).succeeded
    for what, bad in _refusable(service, request):
        for normal in (reading, request) if readable else (request,):
            await _is_served_after(service, bad, normal, what)


async def _is_served_after(service: Service, bad: Request, normal: Request, what: str) -> None:
    for _ in range(2):
        refused = await ask(service, bad)
        after = await ask(service, normal)
        if after.succeeded or not refused.refused:
            return
        not_now(after)
    message = f"after a request with {what} was refused, the plain {normal.method} is not served"
    raise Violation(message, expected="2xx", got=f"{after.status} {excerpt(after.answer.text)}", exchange=after)


@mutant("CORE-ROB-004")
async def half_a_text_is_gone_on_with(request: Request, call_next: CallNext) -> Response:
    """The parser that was stopped in the middle of a text goes on there, where the next one begins like it."""
    halves: set[bytes] = memory("half-a-text-is-gone-on-with").setdefault("halves", set())
    half = next((each for each in halves if request.body != each and request.body.startswith(each)), None)
    if half is not None:
        halves.remove(half)
        return await call_next(replace(request, body=half + request.body))
    answer = await call_next(request)
    if answer.status == 400 and len(request.body) > 20 and not parses(request):
        halves.add(request.body)
    return answer


def _mixed(service: Service, known: list[Request]) -> list[Request]:
    """Requests that differ in what they ask for and in which language; one of them generates, for that costs."""
    unknown = [Request("GET", f"/{service.random.getrandbits(64):016x}") for _ in range(6)]
    spoken = [each.with_header("Accept-Language", language) for each, language in zip(unknown, ("pl", "lt", "en") * 2, strict=True)]
    return [plain(service), *spoken, *known]


def _subject(exchange: Exchange) -> tuple[Any, ...]:
    """What of an answer follows from its request alone: status and type; of a problem what it says in which language, of a resource its members.

    What was generated may be otherwise every time.
    """
    answer = exchange.answer
    content = answer.document if isinstance(answer.document, dict) else {}
    told: tuple[Any, ...] = ()
    if exchange.refused:
        told = (answer.headers.get("content-language"), content.get("type"), content.get("title"))
    elif exchange.operation is None or not exchange.operation.generates:
        told = tuple(sorted(content))
    return (exchange.status, answer.media_type, *told)


@scenario("CORE-ROB-005")
async def everybody_gets_their_own_answer(service: Service) -> None:
    """RFC 9110 section 3.3: each request is understood in isolation. Several at once get what each of them gets alone.

    Held against each other is what follows from the request and nothing else. A difference counts where it repeats, while the request alone
    gets the same before and after.
    """
    requests = _mixed(service, [request for request, _ in await resources(service)])
    mixed: list[tuple[Exchange, Exchange]] = []
    for _ in range(4):
        before = [await ask(service, request) for request in requests]
        together = await at_once(service, lambda: requests)
        different = [place for place, each in enumerate(together) if _subject(each) != _subject(before[place])]
        after = {place: await ask(service, requests[place]) for place in different}
        if not different:
            return
        mixed += [(before[place], together[place]) for place in different if _subject(after[place]) == _subject(before[place])][:1]
        if len(mixed) == 2:
            break
    else:
        return
    alone, wrong = mixed[0]
    not_now(wrong)
    raise Violation(
        f"{len(requests)} requests at once, and {wrong.request.method} {wrong.request.path} gets another answer than alone",
        expected=_shown(alone),
        got=_shown(wrong),
        exchange=wrong,
    )


def _shown(exchange: Exchange) -> str:
    language = exchange.answer.headers.get("content-language")
    return excerpt(f"{exchange.status} {f'({language}) ' if language else ''}{exchange.answer.text}")


@mutant("CORE-ROB-005")
async def errors_are_written_in_one_place(request: Request, call_next: CallNext) -> Response:
    """Who asks, and in which language, is kept in a global variable while an error is written."""
    answer = await call_next(request)
    if answer.status != 404:
        return answer
    kept = memory("errors-are-written-in-one-place")
    kept["answer"] = answer
    await asyncio.sleep(0.01)
    last: Response = kept["answer"]
    return last.with_header("traceresponse", answer.headers.get("traceresponse"))
