"""Asking twice, doing once: the Idempotency-Key header (IETF HTTPAPI draft 07)."""

from __future__ import annotations

import hashlib
import secrets
import time

from conformance.core.asking import ask, served, with_words
from harness.checks import CallNext, NotTested, Service, Violation, mutant, pair_rule, scenario
from harness.exchange import Exchange, Request, Response, seconds_to_wait


def _keyed(service: Service) -> Request:
    """The plain POST with a new key: a Structured Fields string (draft section 2.1), so in quotation marks."""
    service.needs_capability("idempotency")
    return service.sample("POST").with_header("Idempotency-Key", f'"{service.random.getrandbits(128):032x}"')


def _same_result(first: Exchange, second: Exchange) -> bool:
    """Whether two answers are one result: the same ``id`` where both have one (its answer may be sent in another form), else the same bytes."""
    ids = [each.answer.document.get("id") if isinstance(each.answer.document, dict) else None for each in (first, second)]
    if all(isinstance(id, str) and id for id in ids):
        return bool(ids[0] == ids[1])
    return first.answer.body == second.answer.body


@scenario("CORE-IDM-001")
async def repeated_key_repeats_the_result(service: Service) -> None:
    """Draft section 2.6: to a retry of a completed request the resource responds with the result of the completed operation."""
    request = _keyed(service)
    first = await served(service, request)
    second = await ask(service, request)
    if second.status in (401, 403, 429, 503):
        raise NotTested(f"the service answered {second.status}")
    if not second.succeeded:
        raise Violation("a retry with the same key is refused", expected=str(first.status), got=str(second.status), exchange=second)
    if not _same_result(first, second):
        raise Violation("a retry with the same key is executed again", expected="the first result", got="another result", exchange=second)


@scenario("CORE-IDM-003")
async def reused_key_is_refused(service: Service) -> None:
    """Draft section 2.7: a key reused with another payload gets 422. 409 and 400 say it as well; a success never does."""
    request = _keyed(service)
    first = await served(service, request)
    second = await ask(service, with_words(request, "Ačiū, dziękuję."))
    if second.status in (401, 403, 429, 503):
        raise NotTested(f"the service answered {second.status}")
    if second.succeeded:
        what = "answered with the first result" if _same_result(first, second) else "executed"
        raise Violation(f"another request with the same key is {what}", expected="422", got=str(second.status), exchange=second)
    if second.status not in (422, 409, 400):
        raise Violation(
            "another request with the same key is refused in another way", expected="422", got=str(second.status), exchange=second
        )


@mutant("CORE-IDM-001", also=("CORE-IDM-003",))
async def keys_are_ignored(request: Request, call_next: CallNext) -> Response:
    """The service declares idempotency and executes every request."""
    return await call_next(request.with_header("Idempotency-Key", None))


@mutant("CORE-IDM-003")
async def keys_are_kept_for_each_body(request: Request, call_next: CallNext) -> Response:
    """Results are stored under key and body together, so that a reused key goes unnoticed."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return await call_next(request)
    return await call_next(request.with_header("Idempotency-Key", f'"{hashlib.sha256(key.encode() + request.body).hexdigest()}"'))


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


@pair_rule("CORE-IDM-002", when=_is_a_retry)
def retries_repeat_key_and_content(first: Exchange, second: Exchange) -> None:
    """Draft section 2.2: a key is unique to a request and MUST NOT be reused with another payload; a retry repeats both."""
    if _key(first) != _key(second):
        raise Violation("a retry carries another key", expected=_key(first), got=_key(second) or "no key", pointer="header:Idempotency-Key")
    if not _same_content(first, second):
        raise Violation(
            "a key is reused for another request", expected="the same body", got="another body", pointer="header:Idempotency-Key"
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
