"""Operators on how a service behaves over several requests: what it gives away, when it hangs, repeats itself or falls over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.detection.bodies import edited
from benchmarks.detection.document import Documents, documented, found, present
from benchmarks.detection.fault import Fault, Watch, encoded, with_body
from benchmarks.detection.texts import is_text
from harness.checks import CallNext, FaultyHandler
from harness.exchange import Request, Response
from harness.operation import Operation

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

    waits = operator in ("replay", "state") and name != "fails-after-error"
    return Fault(f"{operation.id}.{name}", operator, f"{operation.id}: {what}", start, hangs=operator == "delay", waits=waits)


def _leaks(documents: Documents, operation: Operation) -> Iterator[Fault]:
    for name, text in _LEAKS.items():
        yield _fault(documents, operation, f"leak-{name}", "leak", f"errors tell of the inside ({name})", partial(_telling, text))
    if operation.has_request_body:
        begin = partial(_telling_of_another, documents)
        yield _fault(documents, operation, "leak-of-another", "leak", "answers repeat what the caller before asked", begin)


def _telling(text: str) -> Handler:
    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        answer = await call_next(request)
        if answer.status < 400 or not isinstance(answer.document, dict):
            return answer
        watch.met += 1
        watch.note()
        return with_body(answer, encoded({**answer.document, "detail": f"{answer.document.get('detail')} {text}"}))

    return handler


def _telling_of_another(documents: Documents) -> Handler:
    """The longest text of the request before stands behind the first text of the answer."""
    texts = [
        (part, place) for part in documents.parts() for place in documents.places(part.at) if part.status == "200" and is_text(part, place)
    ]
    before: list[str] = []

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        answer = await call_next(request)
        told = before[-1] if before else None
        before[:] = [max(_strings(request.document), key=len, default="")]
        if not told or answer.status != 200:
            return answer

        def edit(value: Any, steps: tuple[str | int, ...]) -> bool:
            where = found(value, steps)
            if where is None or not present(value, steps) or not isinstance(where[0][where[1]], str) or told in encoded(value).decode():
                return False
            where[0][where[1]] += f" {told}"
            return True

        for part, place in texts:
            if part.operation is documents.operation_of(request) and documented(part, answer):
                changed = edited(answer, partial(edit, steps=place.steps))
                if changed is not None:
                    watch.met += 1
                    watch.note()
                    return changed
        return answer

    return handler


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


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
            watch.met += 1
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
    if "application/json" in operation.definition["responses"].get("200", {}).get("content", {}):
        yield _fault(
            documents, operation, "changes-again", "state", "the same request is answered with less when it comes again", _less_again
        )


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
        watch.met += 1
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


def _repeats() -> Callable[[Request], bool]:
    """Tells whether a request was asked before."""
    seen: set[tuple[str, bytes]] = set()

    def again(request: Request) -> bool:
        known = _identity(request) in seen
        seen.add(_identity(request))
        return known

    return again


def _failing_again() -> Handler:
    is_again = _repeats()

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        answer = await call_next(request)
        if not is_again(request) or answer.status >= 400:
            return answer
        watch.note()
        return _failure(answer)

    return handler


def _less_again() -> Handler:
    """From the second time on, the last member of the answer is missing."""
    is_again = _repeats()

    async def handler(request: Request, call_next: CallNext, watch: Watch) -> Response:
        answer = await call_next(request)
        if not is_again(request) or answer.status >= 400 or not isinstance(answer.document, dict) or not answer.document:
            return answer
        watch.note()
        return with_body(answer, encoded(dict(list(answer.document.items())[:-1])))

    return handler
