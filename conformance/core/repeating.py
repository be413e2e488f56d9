"""Reading again: what was served once is served however often it is asked for."""

from __future__ import annotations

from urllib.parse import quote

from conformance.core.asking import ask, not_now, plain, resources
from conformance.core.faults import memory
from conformance.core.reading import excerpt
from conformance.core.records import RECORD_ID
from harness.checks import CallNext, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

_TIMES = 8
"""How often each resource is read in a row: faults of a pool or a rotation come round with its size, which is rarely larger."""


@scenario("CORE-ROB-006")
async def what_was_served_is_served_again(service: Service) -> None:
    """RFC 9110 section 9.2.2: reading has the same effect once or many times. A failure counts where it comes back in a second row."""
    found = [(request, exchange) for request, exchange in await resources(service)]
    found += await _its_record(service)
    for request, first in found:
        failed = await _fails(service, request, first) and await _fails(service, request, first)
        if failed:
            raise failed


async def _its_record(service: Service) -> list[tuple[Request, Exchange]]:
    """How the log record of the plain request is read, and what that gave; nothing where there is none or it may not be read."""
    id = ((await ask(service, plain(service))).answer.headers.get(RECORD_ID) or "").strip()
    request = Request("GET", f"/records/{quote(id, safe='')}")
    first = await ask(service, request) if id else None
    return [(request, first)] if first is not None and first.succeeded else []


async def _fails(service: Service, request: Request, first: Exchange) -> Violation | None:
    """What is wrong with one of a row of readings; None where nothing is.

    Raises:
        NotTested: the service has no time, or no longer knows who asks.
    """
    for number in range(_TIMES):
        again = await ask(service, request)
        not_now(again)
        if not again.succeeded:
            message = f"{request.method} {request.path} was served and is not served again"
            return Violation(message, expected=str(first.status), got=f"{again.status} {excerpt(again.answer.text)}", exchange=again)
        one, other = first.answer.document, again.answer.document
        lost = [name for name in one if name not in other] if isinstance(one, dict) and isinstance(other, dict) else []
        if lost and request.path.startswith("/records/"):
            message = f"a record that is read {number + 2} times has lost members"
            return Violation(message, expected=", ".join(sorted(one)), got=", ".join(sorted(other)), exchange=again)
    return None


@mutant("CORE-ROB-006", also=("CORE-CCH-002", "CORE-CCH-003", "CORE-DOC-004"))
async def one_connection_of_the_pool_is_dead(request: Request, call_next: CallNext) -> Response:
    """The service reads its security contact over a pool of connections, one of which is dead."""
    answer = await call_next(request)
    if request.path != "/.well-known/security.txt" or answer.status != 200:
        return answer
    kept = memory("one-connection-of-the-pool-is-dead")
    kept["asked"] = kept.get("asked", 0) + 1
    return _failure(answer) if kept["asked"] % 7 == 0 else answer


@mutant("CORE-ROB-006")
async def records_are_read_once(request: Request, call_next: CallNext) -> Response:
    """A record that was read is put into the archive without its explanation."""
    answer = await call_next(request)
    if not request.path.startswith("/records/") or answer.status != 200 or not isinstance(answer.document, dict):
        return answer
    read = memory("records-are-read-once").setdefault("paths", set())
    if request.path in read:
        return answer.with_json({name: value for name, value in answer.document.items() if name != "explanation"})
    read.add(request.path)
    return answer


def _failure(answer: Response) -> Response:
    problem = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "The request could not be answered."}
    headers = answer.headers.with_field("Content-Language", "en").with_field("ETag", None)
    return Response(500, headers).with_json(problem, "application/problem+json")
