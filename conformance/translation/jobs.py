"""Translations for later: accepted, read, ended, forgotten (capability ``jobs``)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin

from conformance.core.reading import excerpt
from conformance.translation.asking import listed, plain_content, translation
from conformance.translation.faults import rewritten
from conformance.translation.pairs import pairs, primary
from conformance.translation.sentences import sentences
from conformance.translation.translating import UNKNOWN
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

JOBS = "/jobs"
ENDED = ("done", "failed")
PATIENCE = 60.0
"""Seconds within which a job of a few sentences ends, or nothing can be said of its result."""
_REFERENCE = "SPR-2026-0117 ąž"


@dataclass(frozen=True)
class Begun:
    """A job that was accepted: the exchange, its id, and the path at which it is read."""

    exchange: Exchange
    id: str
    path: str


def plain_job(service: Service, **members: Any) -> dict[str, Any]:
    """The plain request of the profile as a job, with ``members`` more. Raises :class:`NotApplicable` where the service declares no jobs."""
    service.needs_capability("jobs")
    return plain_content(service, **members)


async def ask(service: Service, content: Any, **headers: str) -> Exchange:
    """Ask for a job. Raises :class:`NotTested` where the answer says nothing of it."""
    exchange = await service.send("POST", JOBS, json=content, headers=headers)
    if exchange.status in (401, 403, 429, 503):
        raise NotTested(f"POST {JOBS} is answered with {exchange.status}")
    return exchange


async def begin(service: Service, **members: Any) -> Begun:
    """A job that was accepted. Raises :class:`NotTested` where it is not, which is TRNS-JOB-001's subject."""
    exchange = await ask(service, plain_job(service, **members))
    found = _begun(exchange)
    if found is None:
        raise NotTested(f"POST {JOBS} is answered with {exchange.status}, and no job with an id")
    return found


def _begun(exchange: Exchange) -> Begun | None:
    """The job of an answer; read where its Location leads, and where that leads out of the service, by its id."""
    document = exchange.answer.document
    id = document.get("id") if exchange.succeeded and isinstance(document, dict) else None
    if not isinstance(id, str) or not id:
        return None
    base = exchange.request.url.removesuffix(JOBS)
    location = exchange.answer.headers.get("location")
    address = urljoin(exchange.request.url, location) if location else ""
    return Begun(exchange, id, address.removeprefix(base) if address.startswith(f"{base}/") else f"{JOBS}/{quote(id, safe='')}")


async def when_ended(service: Service, begun: Begun) -> Exchange:
    """How a job ended: the exchange that shows it. Raises :class:`NotTested` where it does not end in time, or cannot be read."""
    until, pause = time.monotonic() + PATIENCE, 0.02
    while True:
        exchange = await service.send("GET", begun.path)
        job = exchange.answer.document
        if not exchange.succeeded or not isinstance(job, dict):
            raise NotTested(f"the job is answered with {exchange.status}")
        if job.get("status") in ENDED:
            return exchange
        if time.monotonic() > until:
            raise NotTested(f"the job of a few sentences did not end within {PATIENCE:g} s")
        await asyncio.sleep(pause)
        pause = min(2.0, pause * 2)


@scenario("TRNS-JOB-001")
async def jobs_are_accepted_and_can_be_read(service: Service) -> None:
    """RFC 9110 section 15.3.3: 202, the request is accepted and not yet done, with a pointer to its status; section 10.2.2: ``Location``."""
    exchange = await ask(service, plain_job(service))
    if exchange.status != 202:
        got = f"{exchange.status} {excerpt(exchange.answer.text)}"
        raise Violation("a job is not accepted with 202", expected="202", got=got, exchange=exchange)
    _fits(exchange)
    begun = _begun(exchange)
    location = exchange.answer.headers.get("location")
    if not location or begun is None:
        raise Violation(
            "an accepted job does not say where it is read", expected="Location", got=location, pointer="header:Location", exchange=exchange
        )
    read = await service.send("GET", begun.path)
    if read.status != 200 or not isinstance(read.answer.document, dict) or read.answer.document.get("id") != begun.id:
        got = f"{read.status} {excerpt(read.answer.text)}"
        raise Violation("the Location of a job does not lead to it", expected=f"200 and the job {begun.id}", got=got, exchange=read)
    _fits(read)


def _fits(exchange: Exchange) -> None:
    errors = exchange.operation.response_errors(exchange.answer) if exchange.operation else []
    if errors:
        raise Violation(f"a job does not fit the profile: {excerpt(errors[0].message)}", pointer=errors[0].pointer, exchange=exchange)


@mutant("TRNS-JOB-001", also=("CORE-API-001",))
async def jobs_are_answered_as_done(request: Request, call_next: CallNext) -> Response:
    """A job that is accepted is answered with 200, as if it were done."""
    answer = await call_next(request)
    return Response(200, answer.headers, answer.body) if answer.status == 202 else answer


@mutant("TRNS-JOB-001")
async def jobs_have_no_location(request: Request, call_next: CallNext) -> Response:
    """The caller is left to put the address of a job together."""
    return (await call_next(request)).with_header("Location", None)


@mutant("TRNS-JOB-001")
async def jobs_lie_elsewhere(request: Request, call_next: CallNext) -> Response:
    """Location names the path that the service has behind its gateway."""
    answer = await call_next(request)
    location = answer.headers.get("location")
    return answer.with_header("Location", location.replace("jobs/", "internal/v2/jobs/")) if location else answer


@scenario("TRNS-JOB-002")
async def jobs_give_what_was_asked_for(service: Service) -> None:
    """Profile translation/1, Jobs: the result is what ``/translate`` would have answered; eTranslation repeats the caller's reference as well.

    Order is judged as for lists: a translation at another text's place that is not that text's own.
    """
    known = pairs(await listed(service))
    plain = plain_job(service)
    pair = (plain["source"], plain["target"])
    if pair not in known:
        raise NotTested("the pair of the plain request is not listed")
    texts = [letter.get(primary(pair[0]), letter["en"]) for letter in sentences().letters[:3]]
    begun = await begin(service, q=texts, externalReference=_REFERENCE)
    exchange = await when_ended(service, begun)
    job = exchange.answer.document
    if job.get("externalReference") != _REFERENCE:
        got = job.get("externalReference")
        raise Violation("a job has lost its reference", expected=_REFERENCE, got=got, pointer="/externalReference", exchange=exchange)
    if job["status"] == "failed":
        raise NotTested(f"the job failed: {excerpt(repr(job.get('problem')))}")
    found = _result(job)
    if found is None or len(found) != len(texts):
        raise Violation(
            "the result of a job does not hold as many translations as it had texts",
            expected=f"{len(texts)} texts",
            got=excerpt(repr(job.get("result"))),
            pointer="/result/translatedText",
            exchange=exchange,
        )
    alone = [(await translation(service, text, pair)).translation for text in texts]
    for place, said in enumerate(found):
        if said != alone[place] and said in alone:
            raise Violation(
                "a translation in the result of a job stands at the place of another text",
                expected=excerpt(alone[place]),
                got=excerpt(said),
                pointer=f"/result/translatedText/{place}",
                exchange=exchange,
            )


def _result(job: dict[str, Any]) -> list[str] | None:
    result = job.get("result")
    said = result.get("translatedText") if isinstance(result, dict) else None
    return said if isinstance(said, list) and all(isinstance(each, str) for each in said) else None


@mutant("TRNS-JOB-002", also=("TRNS-CBK-001",))
async def references_are_lost(request: Request, call_next: CallNext) -> Response:
    """The reference is written into the log, and nowhere else."""

    def change(asked: dict[str, Any], job: dict[str, Any]) -> None:
        job.pop("externalReference", None)

    return await rewritten(request, call_next, change, f"{JOBS}/", "GET")


@mutant("TRNS-JOB-002")
async def results_come_in_the_order_of_the_alphabet(request: Request, call_next: CallNext) -> Response:
    """The translations of a job are read from a table, sorted by text."""

    def change(asked: dict[str, Any], job: dict[str, Any]) -> None:
        said = (job.get("result") or {}).get("translatedText")
        if isinstance(said, list):
            said.sort()

    return await rewritten(request, call_next, change, f"{JOBS}/", "GET")


@mutant("TRNS-JOB-002")
async def results_hold_the_first_text(request: Request, call_next: CallNext) -> Response:
    """Of several texts a job translates the first."""

    def change(asked: dict[str, Any], job: dict[str, Any]) -> None:
        said = (job.get("result") or {}).get("translatedText")
        if isinstance(said, list):
            del said[1:]

    return await rewritten(request, call_next, change, f"{JOBS}/", "GET")


@scenario("TRNS-JOB-003")
async def jobs_for_unknown_languages_are_not_done(service: Service) -> None:
    """Profile translation/1, Jobs: what ``/translate`` refuses a job refuses as well, at once or when it comes to it."""
    exchange = await ask(service, plain_job(service, target=UNKNOWN))
    begun = _begun(exchange)
    if begun is None:
        await begin(service)
        if exchange.succeeded or exchange.status >= 500:
            got = f"{exchange.status} {excerpt(exchange.answer.text)}"
            raise Violation("a job for a language that is not listed is not refused", expected="4xx", got=got, exchange=exchange)
        return
    ended = await when_ended(service, begun)
    if ended.answer.document["status"] == "done":
        got = excerpt(ended.answer.text)
        raise Violation("a job for a language that is not listed is done", expected="4xx, or failed", got=got, exchange=ended)


@mutant("TRNS-JOB-003")
async def jobs_for_unknown_languages_are_done(request: Request, call_next: CallNext) -> Response:
    """A job for a language that is not there is done in the language that is."""
    content = request.document
    if request.path == JOBS and isinstance(content, dict) and content.get("target") == UNKNOWN:
        return await call_next(request.with_json({**content, "source": "pl", "target": "lt"}))
    return await call_next(request)


@scenario("TRNS-JOB-004")
async def deleted_jobs_are_gone(service: Service) -> None:
    """GDPR Article 5(1)(e): texts are kept no longer than necessary; the caller knows when that is."""
    begun = await begin(service)
    await when_ended(service, begun)
    deleted = await service.send("DELETE", begun.path)
    if deleted.status in (401, 403, 429, 503):
        raise NotTested(f"DELETE is answered with {deleted.status}")
    if not deleted.succeeded:
        got = f"{deleted.status} {excerpt(deleted.answer.text)}"
        raise Violation("a job cannot be deleted", expected="204", got=got, exchange=deleted)
    after = await service.send("GET", begun.path)
    if after.status not in (404, 410):
        got = f"{after.status} {excerpt(after.answer.text)}"
        raise Violation("a job that was deleted can still be read", expected="404 or 410", got=got, exchange=after)


@mutant("TRNS-JOB-004")
async def deleted_jobs_are_kept(request: Request, call_next: CallNext) -> Response:
    """Deleting is answered with 204, and done some other day."""
    if request.method != "DELETE" or not request.path.startswith(f"{JOBS}/"):
        return await call_next(request)
    there = await call_next(Request("GET", request.url, request.headers))
    return await call_next(request) if there.status != 200 else Response(204, there.headers.with_field("content-type", None)).with_body(b"")


@mutant("TRNS-JOB-004")
async def ended_jobs_cannot_be_deleted(request: Request, call_next: CallNext) -> Response:
    """Only a job that is still waiting can be taken back."""
    if request.method != "DELETE" or not request.path.startswith(f"{JOBS}/"):
        return await call_next(request)
    there = await call_next(Request("GET", request.url, request.headers))
    if there.status != 200:
        return await call_next(request)
    problem = {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "The job has ended."}
    return Response(409, there.headers.with_field("Content-Language", "en")).with_json(problem, "application/problem+json")


@scenario("TRNS-JOB-005")
async def a_repeated_job_is_one_job(service: Service) -> None:
    """draft-ietf-httpapi-idempotency-key-header-07, section 2.6: a retry gets the result of the first. Two jobs are two bills."""
    content = plain_job(service)
    service.needs_capability("idempotency")
    key = f'"{service.run}-job"'
    first, second = [await ask(service, content, **{"Idempotency-Key": key}) for _ in range(2)]
    one, other = _begun(first), _begun(second)
    if one is None:
        raise NotTested(f"POST {JOBS} is answered with {first.status}")
    if other is None or one.id != other.id:
        got = other.id if other else f"{second.status} {excerpt(second.answer.text)}"
        raise Violation("a job that is sent again becomes another job", expected=one.id, got=got, pointer="/id", exchange=second)


@mutant("TRNS-JOB-005")
async def keys_of_jobs_are_not_looked_at(request: Request, call_next: CallNext) -> Response:
    """Idempotency was added for translations that are given at once."""
    return await call_next(request.with_header("Idempotency-Key", None) if request.path == JOBS else request)


def _holds_a_job(exchange: Exchange) -> bool:
    return exchange.operation is not None and exchange.operation.id in ("createJob", "getJob") and exchange.succeeded


@rule("TRNS-JOB-006", when=_holds_a_job)
def jobs_are_not_stored_on_the_way(exchange: Exchange) -> None:
    """RFC 9111 section 5.2.2.5: ``no-store``, a cache must not store any part of the answer."""
    value = exchange.answer.headers.get("cache-control") or ""
    if "no-store" not in [each.strip().lower() for each in value.split(",")]:
        raise Violation(
            "a job may be stored on the way", expected="no-store", got=value or "no Cache-Control", pointer="header:Cache-Control"
        )


@scenario("TRNS-JOB-006")
async def jobs_are_optional(service: Service) -> None:
    """Where the service declares no jobs there is nothing to store; where it does, the rule above looks at them."""
    await begin(service)


@mutant("TRNS-JOB-006")
async def results_are_cached(request: Request, call_next: CallNext) -> Response:
    """A result does not change any more, so it may be kept for an hour."""
    answer = await call_next(request)
    here = request.path.startswith(f"{JOBS}/") and answer.status == 200
    return answer.with_header("Cache-Control", "private, max-age=3600") if here else answer
