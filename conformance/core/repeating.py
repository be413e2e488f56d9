"""Reading again: what the profile offers to read is served however often it is asked for, and after others were refused."""

from __future__ import annotations

from urllib.parse import quote

from conformance.core.answering import OWN_DOCUMENTS
from conformance.core.asking import ask, not_now, plain, readings
from conformance.core.faults import memory
from conformance.core.reading import excerpt
from conformance.core.records import RECORD_ID
from harness.checks import CallNext, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

_TIMES = 8
"""How often each resource is read in a row: faults of a pool or a rotation come round with its size, which is rarely larger."""


_BROKEN = (500, 502, 504)


@scenario("CORE-ROB-006")
async def readings_do_not_fail(service: Service) -> None:
    """RFC 9110 section 9.2.2: reading has the same effect once or many times. A failure counts where it comes back in a second row."""
    for request, first in await _readable(service):
        failed = await _fails(service, request, first) and await _fails(service, request, first)
        if failed:
            raise failed


async def _readable(service: Service) -> list[tuple[Request, Exchange]]:
    """What can be read without knowing more, and the log record of the plain request: how, and what it gave. What is not there is left out."""
    requests = readings(service)
    id = ((await ask(service, plain(service))).answer.headers.get(RECORD_ID) or "").strip()
    requests += [Request("GET", f"/records/{quote(id, safe='')}")] if id else []
    found = [(request, await ask(service, request)) for request in requests]
    return [(request, exchange) for request, exchange in found if exchange.succeeded or exchange.status in _BROKEN]


async def _fails(service: Service, request: Request, first: Exchange) -> Violation | None:
    """What is wrong with one of a row of readings; None where nothing is.

    Raises:
        NotTested: the service has no time, or no longer knows who asks.
    """
    for number in range(_TIMES):
        again = await ask(service, request)
        not_now(again)
        if again.status in _BROKEN or (first.succeeded and not again.succeeded):
            message = f"{request.method} {request.path} is not served, or not each time"
            return Violation(message, expected="200 each time", got=f"{again.status} {excerpt(again.answer.text)}", exchange=again)
        one, other = first.answer.document, again.answer.document
        lost = [name for name in one if name not in other] if isinstance(one, dict) and isinstance(other, dict) else []
        if lost and request.path.startswith("/records/"):
            message = f"a record that is read {number + 2} times has lost members"
            return Violation(message, expected=", ".join(sorted(one)), got=", ".join(sorted(other)), exchange=again)
    return None


@mutant("CORE-ROB-006", also=("CORE-CCH-002", "CORE-CCH-003", "CORE-DOC-004"))
async def one_connection_of_the_pool_is_dead(request: Request, call_next: CallNext) -> Response:
    """The service reads its security contact over a pool of four connections, one of which is dead; the trace says which one is taken."""
    answer = await call_next(request)
    if request.path != "/.well-known/security.txt" or answer.status != 200:
        return answer
    trace = (request.headers.get("traceparent") or "00-0").split("-")[1]
    return _failure(answer) if int(trace[:8], 16) % 4 == 0 else answer


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


@mutant("CORE-ROB-006", also=("CORE-SEC-005", "CORE-API-001"))
async def files_are_read_once(request: Request, call_next: CallNext) -> Response:
    """The security contact is a file that is opened once and not put back to its beginning."""
    answer = await call_next(request)
    if request.path != "/.well-known/security.txt" or answer.status != 200:
        return answer
    kept = memory("files-are-read-once")
    kept["asked"] = kept.get("asked", 0) + 1
    return _failure(answer) if kept["asked"] > 1 else answer


@scenario("CORE-ROB-004", alone=True)
async def readings_survive_refusals(service: Service) -> None:
    """RFC 9110 section 3.3: who is refused takes nothing from who reads next. Refused for want of a credential, or of a form that is there."""
    for request, first in await _readable(service):
        if first.succeeded and request.path not in OWN_DOCUMENTS and await _after_refusal(service, request):
            after = await _after_refusal(service, request)  # a failure counts where it comes back
            if after is not None:
                message = f"after a refusal, {request.method} {request.path} is not served"
                got = f"{after.status} {excerpt(after.answer.text)}"
                raise Violation(message, expected=str(first.status), got=got, exchange=after)


async def _after_refusal(service: Service, request: Request) -> Exchange | None:
    """What a request got after one for the same was refused, where that is no success."""
    refused = await ask(service, request.with_header("Accept", "image/png"))
    if not refused.refused:
        refused = await ask(service, request, credential=False)
    after = await ask(service, request)
    not_now(after)
    return after if refused.refused and not after.succeeded else None


@mutant("CORE-ROB-004")
async def readers_are_locked_out(request: Request, call_next: CallNext) -> Response:
    """Who asks for models in a form that is not there leaves a lock behind."""
    answer = await call_next(request)
    if request.path != "/v1/models":
        return answer
    kept = memory("readers-are-locked-out")
    locked, kept["locked"] = kept.get("locked", False), answer.status >= 400
    return _failure(answer) if locked and answer.status == 200 else answer


def _failure(answer: Response) -> Response:
    problem = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "The request could not be answered."}
    headers = answer.headers.with_field("Content-Language", "en").with_field("ETag", None)
    return Response(500, headers).with_json(problem, "application/problem+json")
