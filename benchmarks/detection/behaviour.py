"""Operators on how a service behaves over several requests: what it gives away, when it hangs, repeats itself or falls over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.detection.document import Documents
from benchmarks.detection.fault import Fault, Watch, encoded, with_body
from harness.checks import CallNext, FaultyHandler
from harness.exchange import Request, Response
from harness.profile import Operation

Handler = Callable[[Request, CallNext, Watch], Any]
_LEAKS = {
    "trace": 'Traceback (most recent call last):\n  File "/srv/app/service.py", line 88, in answer\n    raise KeyError(name)\nKeyError: name',
    "path": "could not open /srv/app/data/settings.yaml",
    "query": 'relation "records" does not exist: SELECT id, body FROM records WHERE owner = 17',
    "address": "connection to 10.4.17.23:5432 refused",
}
_HANGING = 30.0
"""Seconds that a hanging answer takes: longer than any tool here waits."""


def behaviour_faults(documents: Documents) -> list[Fault]:
    """Faults of each operation's behaviour."""
    faults: list[Fault] = []
    for operation in documents.operations:
        faults += [
            *_leaks(documents, operation),
            *_delays(documents, operation),
            *_replays(documents, operation),
            *_states(documents, operation),
        ]
    return faults


def _fault(documents: Documents, operation: Operation, name: str, operator: str, what: str, begin: Callable[[], Handler]) -> Fault:
    """``begin`` makes a handler with a state of its own, for requests to the operation."""

    def start(watch: Watch) -> FaultyHandler:
        handler = begin()

        async def function(request: Request, call_next: CallNext) -> Response:
            if documents.operation_of(request) is not operation:
                return await call_next(request)
            answer: Response = await handler(request, call_next, watch)
            return answer

        return function

    return Fault(f"{operation.id}.{name}", operator, f"{operation.id}: {what}", start, hangs=operator == "delay")


def _leaks(documents: Documents, operation: Operation) -> Iterator[Fault]:
    for name, text in _LEAKS.items():
        yield _fault(documents, operation, f"leak-{name}", "leak", f"errors tell of the inside ({name})", partial(_telling, text))
    yield _fault(documents, operation, "leak-of-another", "leak", "answers say what the caller before asked for", _telling_of_another)


def _telling(text: str) -> Handler:
    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        answer = await call_next(request)
        if answer.status < 400 or not isinstance(answer.document, dict):
            return answer
        watch.note()
        return with_body(answer, encoded({**answer.document, "detail": f"{answer.document.get('detail')} {text}"}))

    return handler


def _telling_of_another() -> Handler:
    before: list[str] = []

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        answer = await call_next(request)
        told = before[-1] if before else None
        before[:] = [request.headers.get("traceparent") or ""]
        if not told or "traceresponse" not in answer.headers:
            return answer
        watch.note()
        return answer.with_header("traceresponse", told)

    return handler


def _delays(documents: Documents, operation: Operation) -> Iterator[Fault]:
    kinds: dict[str, tuple[str, Callable[[Response, int], bool]]] = {
        "errors": ("errors do not come", lambda answer, number: answer.status >= 400),
        "fifth": ("every fifth answer does not come", lambda answer, number: number % 5 == 0),
    }
    for name, (what, hangs) in kinds.items():
        yield _fault(documents, operation, f"hangs-{name}", "delay", what, partial(_hanging, hangs))


def _hanging(hangs: Callable[[Response, int], bool]) -> Handler:
    asked = 0

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        nonlocal asked
        asked += 1
        answer = await call_next(request)
        if hangs(answer, asked):
            watch.note()
            await asyncio.sleep(_HANGING)
        return answer

    return handler


def _replays(documents: Documents, operation: Operation) -> Iterator[Fault]:
    yield _fault(documents, operation, "replays-the-last", "replay", "every second answer is that to the request before", lambda: _old(2))
    yield _fault(
        documents, operation, "replays-the-first", "replay", "once it has succeeded, it gives that answer to everything", lambda: _old(0)
    )
    if any(each["name"].lower() == "idempotency-key" for each in documents.parameters(operation, "header")):
        yield _fault(documents, operation, "key-ignored", "replay", "the Idempotency-Key is ignored", _keyless)
        yield _fault(
            documents, operation, "key-alone", "replay", "a used Idempotency-Key gets the old answer whatever is asked", _by_key_alone
        )
        yield _fault(documents, operation, "key-of-errors", "replay", "a used Idempotency-Key gets a server error", _used_key_fails)


def _old(every: int) -> Handler:
    """Give the answer kept to every ``every``-th request; with 0, the first success to all that follow."""
    kept: list[Response] = []
    asked = 0

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        nonlocal asked
        asked += 1
        answer = await call_next(request)
        old = kept[-1] if kept and (every == 0 or asked % every == 0) else None
        if answer.status < 400 and (every or not kept):
            kept[:] = [answer]
        if old is None or old.body == answer.body:
            return answer
        watch.note()
        # the trace is that of the request: what is old is the content
        return with_body(Response(old.status, old.headers, b""), old.body).with_header("traceresponse", answer.headers.get("traceresponse"))

    return handler


def _keyless() -> Handler:
    used: set[str] = set()

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        key = request.headers.get("idempotency-key")
        if key in used:
            watch.note()
        used.update([key] if key else [])
        return await call_next(request.with_header("Idempotency-Key", None))

    return handler


def _by_key_alone() -> Handler:
    kept: dict[str, tuple[bytes, Response]] = {}

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        key = request.headers.get("idempotency-key")
        answer = await call_next(request)
        if key is None:
            return answer
        body, old = kept.setdefault(key, (request.body, answer))
        if body == request.body or old.status >= 400:
            return answer
        watch.note()
        return old.with_header("traceresponse", answer.headers.get("traceresponse"))

    return handler


def _used_key_fails() -> Handler:
    used: set[str] = set()

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        key = request.headers.get("idempotency-key")
        answer = await call_next(request)
        if key is None or key not in used:
            used.update([key] if key else [])
            return answer
        watch.note()
        return _failure(answer)

    return handler


def _states(documents: Documents, operation: Operation) -> Iterator[Fault]:
    yield _fault(documents, operation, "fails-after-error", "state", "the request after an error fails", _failing_after_error)
    yield _fault(documents, operation, "fails-seventh", "state", "every seventh request fails", _failing_seventh)
    yield _fault(documents, operation, "fails-again", "state", "the same request fails when it comes again", _failing_again)
    yield _fault(documents, operation, "changes-again", "state", "the same request is answered with less when it comes again", _less_again)


def _failure(answer: Response) -> Response:
    """An internal error as the service itself would write one."""
    problem = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "The request could not be answered."}
    failed = with_body(answer, json.dumps(problem).encode()).with_header("content-type", "application/problem+json")
    return Response(500, failed.headers.with_field("content-language", "en"), failed.body)


def _failing_after_error() -> Handler:
    failed = False

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        nonlocal failed
        answer = await call_next(request)
        poisoned, failed = failed, answer.status >= 400
        if not poisoned or answer.status >= 400:
            return answer
        watch.note()
        return _failure(answer)

    return handler


def _failing_seventh() -> Handler:
    asked = 0

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        nonlocal asked
        asked += 1
        answer = await call_next(request)
        if asked % 7:
            return answer
        watch.note()
        return _failure(answer)

    return handler


def _identity(request: Request) -> tuple[str, bytes]:
    return request.url, request.body


def _failing_again() -> Handler:
    seen: set[tuple[str, bytes]] = set()

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        answer = await call_next(request)
        again = _identity(request) in seen
        seen.add(_identity(request))
        if not again or answer.status >= 400:
            return answer
        watch.note()
        return _failure(answer)

    return handler


def _less_again() -> Handler:
    """From the second time on, the last member of the answer is missing."""
    seen: set[tuple[str, bytes]] = set()

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        answer = await call_next(request)
        again = _identity(request) in seen
        seen.add(_identity(request))
        if not again or answer.status >= 400 or not isinstance(answer.document, dict) or not answer.document:
            return answer
        watch.note()
        return with_body(answer, encoded(dict(list(answer.document.items())[:-1])))

    return handler
