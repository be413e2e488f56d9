"""Asking twice, doing once: the Idempotency-Key header (IETF HTTPAPI draft 07)."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Any

from conformance.core.asking import ask, at_once, may_stream, not_now, served, with_words
from conformance.core.faults import memory
from conformance.core.reactions import Reactions
from conformance.core.reading import EVENT_STREAM, event_values
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, claim, mutant, scenario
from harness.exchange import Exchange, Request, Response, seconds_to_wait

REPLAYED = "Idempotency-Replayed"
"""Marks a result that is given again (profile core/1)."""


def _keyed(service: Service) -> Request:
    """The plain POST with a new key: a Structured Fields string (draft section 2.1), so in quotation marks."""
    service.needs_capability("idempotency")
    return service.sample("POST").with_header("Idempotency-Key", f'"{service.run}-{service.random.getrandbits(64):016x}"')


def _id(answer: Response) -> Any:
    """The ``id`` of a result, of a stream that of its first event."""
    content = next(iter(event_values(answer)), None) if answer.media_type == EVENT_STREAM else answer.document
    return content.get("id") if isinstance(content, dict) else None


def _same_result(first: Exchange, second: Exchange) -> bool:
    """Whether two answers are one result: the same ``id`` where both have one (its answer may be sent in another form), else the same bytes."""
    ids = [_id(each.answer) for each in (first, second)]
    if all(isinstance(id, str) and id for id in ids):
        return bool(ids[0] == ids[1])
    return first.answer.body == second.answer.body


@scenario("CORE-IDM-001")
async def repeated_key_repeats_the_result(service: Service) -> None:
    """Draft section 2.6: to a retry of a completed request the resource responds with the result of the completed operation.

    Streams, where the plain request may ask for one, are results like others.
    """
    request = _keyed(service)
    first = await served(service, request)
    await _is_repeated(service, request, first)
    if may_stream(first):
        streaming = _keyed(service).with_json({**request.document, "stream": True})
        stream = await ask(service, streaming)
        if stream.succeeded:
            await _is_repeated(service, streaming, stream)


async def _is_repeated(service: Service, request: Request, first: Exchange) -> None:
    second = await ask(service, request)
    not_now(second)
    if not second.succeeded:
        raise Violation("a retry with the same key is refused", expected=str(first.status), got=str(second.status), exchange=second)
    if not _same_result(first, second):
        raise Violation("a retry with the same key is executed again", expected="the first result", got="another result", exchange=second)
    for exchange, expected in ((first, None), (second, "true")):
        told = exchange.answer.headers.get(REPLAYED)
        if (told or "").strip().lower() != (expected or "") and (expected or told is not None):
            raise Violation(
                "a result given again is not marked as such" if expected else "a new result is marked as one given again",
                expected=f"{REPLAYED}: true" if expected else f"no {REPLAYED} header",
                got=told or f"no {REPLAYED} header",
                pointer=f"header:{REPLAYED}",
                exchange=exchange,
            )


@scenario("CORE-IDM-003")
async def reused_key_is_refused(service: Service) -> None:
    """Draft section 2.7: a key reused with another payload gets 422. 409 and 400 say it as well; a success never does."""
    request = _keyed(service)
    first = await served(service, request)
    second = await ask(service, with_words(request, "Ačiū, dziękuję."))
    not_now(second)
    if second.succeeded:
        raise Violation(
            "another request with the same key is answered with the first result"
            if _same_result(first, second)
            else "another request with the same key is executed",
            expected="422",
            got=str(second.status),
            exchange=second,
        )
    if second.status not in (422, 409, 400):
        raise Violation(
            "another request with the same key is refused in another way", expected="422", got=str(second.status), exchange=second
        )


@mutant("CORE-IDM-001", also=("CORE-IDM-003", "CORE-IDM-004"))
async def keys_are_ignored(request: Request, call_next: CallNext) -> Response:
    """The service declares idempotency and executes every request."""
    return await call_next(request.with_header("Idempotency-Key", None))


@mutant("CORE-IDM-001")
async def old_results_look_new(request: Request, call_next: CallNext) -> Response:
    """Nothing tells a result that is given again from a new one."""
    return (await call_next(request)).with_header(REPLAYED, None)


@mutant("CORE-IDM-001")
async def streams_are_not_kept(request: Request, call_next: CallNext) -> Response:
    """Results are kept as JSON, which a stream is not: it is made anew."""
    content = request.document
    streams = isinstance(content, dict) and content.get("stream") is True
    return await call_next(request.with_header("Idempotency-Key", None) if streams else request)


@mutant("CORE-IDM-003")
async def keys_are_kept_for_each_body(request: Request, call_next: CallNext) -> Response:
    """Results are stored under key and body together, so that a reused key goes unnoticed."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return await call_next(request)
    return await call_next(request.with_header("Idempotency-Key", f'"{hashlib.sha256(key.encode() + request.body).hexdigest()}"'))


@scenario("CORE-IDM-004", alone=True)
async def simultaneous_requests_are_done_once(service: Service) -> None:
    """Draft section 2.6: a request that is repeated before the first is completed gets a conflict error, 409 by section 2.7.

    A service may wait instead and give the one result twice. Then, and after a 409, the key stands for that result.
    """
    both = await at_once(service, lambda: [_keyed(service)] * 2)
    done = [each for each in both if each.succeeded]
    if not done:
        await served(service, service.sample("POST"))
    for exchange in both:
        not_now(exchange)
        if not exchange.succeeded and exchange.status not in (409, 425):
            raise Violation(
                "one of two requests sent at once with one key fails", expected="2xx or 409", got=str(exchange.status), exchange=exchange
            )
    if not done:
        raise Violation("of two requests sent at once with one key none is served", expected="2xx", got="409 twice", exchange=both[1])
    again = service.sample("POST").with_header("Idempotency-Key", _key(both[0]) or "")
    results = [*done, await ask(service, again)]
    not_now(results[-1])
    for each in results[1:]:
        if each.succeeded and not _same_result(results[0], each):
            raise Violation("requests sent at once with one key are done twice", expected="one result", got="two results", exchange=each)


@mutant("CORE-IDM-004")
async def keys_are_written_down_when_all_is_done(request: Request, call_next: CallNext) -> Response:
    """A key is looked up before the work and kept after it, so that two who come at once are both new."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return await call_next(request)
    in_work = memory("keys-are-written-down-when-all-is-done")
    taken, in_work[key] = key in in_work, True
    await asyncio.sleep(0.02)
    answer = await call_next(request.with_header("Idempotency-Key", None) if taken else request)
    in_work.pop(key, None)
    return answer


@scenario("CORE-IDM-005")
async def results_are_for_those_who_may_ask(service: Service) -> None:
    """Draft section 5: cached results can leak to other clients; GDPR Article 32(1)(b): confidentiality.

    A caller whose credential cannot be verified gets nothing under a new key, so nothing under a used one either. Where unknown credentials
    are served, that is CORE-SEC-002's subject.
    """
    request = _keyed(service)
    stranger = {"Authorization": f"Bearer {service.random.getrandbits(128):032x}"}
    await served(service, request)
    unused = await _asked_by(service, _keyed(service), stranger)
    if unused.status not in (401, 403):
        raise NotApplicable(f"the service answers a caller with an unknown token with {unused.status}")
    used = await _asked_by(service, request, stranger)
    if used.succeeded:
        raise Violation(
            "a caller with an unknown token gets the result of another one, whose key it repeats",
            expected=str(unused.status),
            got=str(used.status),
            exchange=used,
        )


async def _asked_by(service: Service, request: Request, headers: Mapping[str, str]) -> Exchange:
    return await service.send(
        request.method, request.url, headers={**dict(request.headers), **headers}, body=request.body, credential=False
    )


@mutant("CORE-IDM-005")
async def results_are_looked_up_at_the_door(request: Request, call_next: CallNext) -> Response:
    """Results are kept in a cache before the service, which knows keys and contents but not who asks."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return await call_next(request)
    kept = memory("results-are-looked-up-at-the-door")
    place = f"{key} {hashlib.sha256(request.body).hexdigest()}"
    answer = await call_next(request)
    if answer.status == 200:
        kept[place] = answer
    if answer.status != 401 or place not in kept:
        return answer
    result: Response = kept[place]
    return result.with_header("traceresponse", answer.headers.get("traceresponse"))


_NOT_SERVED = (0, 429, 502, 503, 504)
"""Statuses after which a client repeats a request by itself; 0 where no answer came."""
_SOON = 60.0
"""Seconds within which a client that repeats a request by itself does so, besides what it was asked to wait."""


def _key(exchange: Exchange) -> str | None:
    return exchange.request.headers.get("idempotency-key")


def _is_a_retry(first: Exchange, second: Exchange) -> bool:
    """Whether the second request repeats the first: by its key, or by its content soon after the first was not served.

    Not served is: no answer, or one that says that nothing was done. After any other answer the operation is completed, be it with an error,
    which the service may go on repeating (section 2.6): then the same content under a new key is a new attempt. So it is after a while, when a
    person asks again.
    """
    if _key(first) is None:
        return False
    if _key(first) == _key(second):
        return True
    ended = first.started + first.duration
    asked = seconds_to_wait(first.response, ended) if first.response else None
    soon = ended <= second.started <= ended + (asked or 0) + _SOON
    return first.status in _NOT_SERVED and soon and _same_content(first, second)


def _same_content(first: Exchange, second: Exchange) -> bool:
    if first.request.document is not None:
        return bool(first.request.document == second.request.document)
    return first.request.body == second.request.body


@claim("CORE-IDM-002")
class RetriesRepeatKeyAndContent:
    """Draft section 2.2: a key is unique to a request and MUST NOT be reused with another payload; a retry repeats both.

    A client may do without keys: then it must not retry what may have been done (CORE-IDM-006).
    """

    def __init__(self) -> None:
        self._latest: dict[str, Exchange] = {}
        self._keys = self._retries = 0
        self._wrong: Violation | None = None

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """Hold a request against the one before it to the same operation."""
        operation = exchange.operation.id if exchange.operation else ""
        first, self._latest[operation] = self._latest.get(operation), exchange
        self._keys += _key(exchange) is not None
        if first is None or not _is_a_retry(first, exchange):
            return
        self._retries += 1
        try:
            _repeats(first, exchange)
        except Violation as violation:
            self._wrong = self._wrong or violation

    def decide(self, card: Mapping[str, Any]) -> None:
        """Whether every retry repeated both."""
        if self._wrong is not None:
            raise self._wrong
        if not self._keys:
            raise NotApplicable("the client sends no Idempotency-Key")
        if not self._retries:
            raise NotTested("the client repeated no request")


def _repeats(first: Exchange, second: Exchange) -> None:
    if _key(first) != _key(second):
        raise Violation(
            "a retry carries another key",
            expected=_key(first),
            got=_key(second) or "no key",
            pointer="header:Idempotency-Key",
            exchange=second,
        )
    if not _same_content(first, second):
        raise Violation(
            "a key is reused for another request",
            expected="the same body",
            got="another body",
            pointer="header:Idempotency-Key",
            exchange=second,
        )


@mutant("CORE-IDM-002")
async def a_new_key_for_each_try(request: Request, call_next: CallNext) -> Response:
    """The client makes a new key for each attempt."""
    if "idempotency-key" not in request.headers:
        return await call_next(request)
    return await call_next(request.with_header("Idempotency-Key", f'"{secrets.token_hex(16)}"'))


@mutant("CORE-IDM-002")
async def the_time_of_sending_is_in_the_body(request: Request, call_next: CallNext) -> Response:
    """The client writes into the body when it sends it, so that no retry is like the first try."""
    if "idempotency-key" not in request.headers or not isinstance(request.document, dict):
        return await call_next(request)
    return await call_next(request.with_json({**request.document, "metadata": {"sent": str(time.time_ns())}}))


@claim("CORE-IDM-006")
class WhatMayHaveBeenDoneIsRepeatedUnderAKey(Reactions):
    """Draft section 1: without a key a client cannot know whether a POST that got no answer is done twice when it is repeated."""

    situation, stumbled = "lost-answer", "its answer was lost, and without a key"
    fails_rightly = True

    def wrong(self, exchange: Exchange) -> bool:
        """With a key it is right."""
        return _key(exchange) is None


@mutant("CORE-IDM-006")
async def keys_are_left_out(request: Request, call_next: CallNext) -> Response:
    """The client sends no key, and repeats what got no answer all the same."""
    bare = request.with_header("Idempotency-Key", None)
    try:
        return await call_next(bare)
    except OSError:
        return await call_next(bare)
