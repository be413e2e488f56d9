"""Records of what an AI system did, and who watches over it (AI Act Articles 12, 14, 19, 26)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

from conformance.core.asking import may_stream, operation_at, served
from conformance.core.content import wrong_digest
from conformance.core.faults import changed, with_members
from conformance.core.reading import EVENT_STREAM, excerpt, parses
from conformance.core.timestamps import instant
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

RECORD_ID = "Record-Id"
RETENTION_DAYS = 183
"""The six months of AI Act Articles 19(1) and 26(6), in days: half a year, rounded up."""

_CLOCK_SKEW = 5.0
"""Seconds by which the service's clock and the harness's may differ."""


def _is_generated(exchange: Exchange) -> bool:
    return exchange.succeeded and exchange.operation is not None and exchange.operation.generates


@rule("CORE-LOG-001", when=_is_generated)
def generated_answers_name_their_record(exchange: Exchange) -> None:
    """AI Act Article 12(1): a high-risk system allows the automatic recording of events. Here: every generated answer names its record."""
    if not (exchange.answer.headers.get(RECORD_ID) or "").strip():
        raise Violation(
            "a generated answer names no record", expected=RECORD_ID, got=f"no {RECORD_ID} header", pointer=f"header:{RECORD_ID}"
        )


def _is_a_list_of_records(exchange: Exchange) -> bool:
    return exchange.succeeded and exchange.operation is not None and exchange.operation.id == "listRecords" and parses(exchange.answer)


@rule("CORE-LOG-001", when=_is_a_list_of_records)
def lists_hold_records(exchange: Exchange) -> None:
    """AI Act Article 12(2): who answers for the system finds in the list what each record holds. 200 and the profile's records, nothing else."""
    errors = exchange.operation.response_errors(exchange.answer) if exchange.operation else []
    if exchange.status != 200 or not exchange.answer.is_json or errors:
        got = excerpt(errors[0].message) if errors else f"{exchange.status} {exchange.answer.media_type}"
        pointer = errors[0].pointer if errors else None
        raise Violation("the list of records does not fit the profile", expected="200 and records", got=got, pointer=pointer)


async def _generated(service: Service) -> list[Exchange]:
    """A generated answer of each form the profile has: whole, and as a stream where its operation offers one and takes ``stream``.

    Raises:
        NotTested: the plain request does not generate.
    """
    request = service.sample("POST")
    exchange = await served(service, request)
    if exchange.operation is None or not exchange.operation.generates:
        raise NotTested("the plain request of the profile generates nothing")
    if not may_stream(exchange):
        return [exchange]
    return [exchange, await served(service, request.with_json({**request.document, "stream": True}))]


async def record_of(service: Service, generated: Exchange) -> tuple[Exchange, dict[str, Any]]:
    """The record that an answer names. Raises :class:`NotTested` where there is none or it cannot be read, which is CORE-LOG-001's subject."""
    try:
        return await _named_record(service, generated)
    except Violation as violation:
        raise NotTested(violation.message) from None


async def _named_record(service: Service, generated: Exchange) -> tuple[Exchange, dict[str, Any]]:
    """The record that an answer names. It may take two seconds to be written.

    Raises:
        NotTested: none is named (the rule above says so), or it may not be read with the credential of this run.
        Violation: it cannot be read.
    """
    id = (generated.answer.headers.get(RECORD_ID) or "").strip()
    if not id:
        raise NotTested("the answer names no record")
    path = f"/records/{quote(id, safe='')}"
    exchange = await service.send("GET", path)
    for _ in range(2):
        if exchange.status != 404:
            break
        await asyncio.sleep(1)
        exchange = await service.send("GET", path)
    if exchange.status in (401, 403, 429, 503):
        raise NotTested(f"the record {path} is answered with {exchange.status}")
    if exchange.status != 200 or not isinstance(exchange.answer.document, dict):
        got = f"{exchange.status} {excerpt(exchange.answer.text)}"
        raise Violation("the record that an answer names cannot be read", expected="200 and a record", got=got, exchange=exchange)
    return exchange, exchange.answer.document


@scenario("CORE-LOG-001")
async def records_can_be_read(service: Service) -> None:
    """AI Act Article 12(2) and (3): the record says when each use began and ended, which system it was, and what went in and came out."""
    operation = operation_at(service, "GET", "/records/{id}")
    for generated in await _generated(service):
        exchange, record = await _named_record(service, generated)
        for member in ("started", "ended", "systemVersion", "inputDigest", "outputDigest"):
            if not isinstance(record.get(member), str) or not record[member]:
                raise Violation(
                    f"the record does not hold {member}", expected="a text", got=record.get(member), pointer=f"/{member}", exchange=exchange
                )
        errors = operation.response_errors(exchange.answer) if operation else []
        if errors:
            message = f"the record does not fit the profile: {excerpt(errors[0].message)}"
            raise Violation(message, pointer=errors[0].pointer, exchange=exchange)


@mutant("CORE-LOG-001")
async def streams_are_not_recorded(request: Request, call_next: CallNext) -> Response:
    """Only answers given as a whole are recorded."""
    answer = await call_next(request)
    return answer.with_header(RECORD_ID, None) if answer.media_type == EVENT_STREAM else answer


@mutant("CORE-LOG-001")
async def records_do_not_say_which_system(request: Request, call_next: CallNext) -> Response:
    """Records leave out the version of the system."""
    return await with_members(request, call_next, "/records/", systemVersion=None)


@scenario("CORE-LOG-002")
async def records_tell_the_truth(service: Service) -> None:
    """AI Act Article 12(2): records serve to trace what happened. Digests are those of the bytes exchanged, times lie around the exchange."""
    for generated in await _generated(service):
        exchange, record = await record_of(service, generated)
        _holds_digest(record, "inputDigest", generated.request.body, exchange)
        if (generated.answer.headers.get("content-encoding") or "identity").lower() == "identity":
            _holds_digest(record, "outputDigest", generated.answer.body, exchange)
        started, ended = (instant(str(record.get(member))) for member in ("started", "ended"))
        if started is None or ended is None:
            raise NotTested("the record's times cannot be read")
        earliest, latest = generated.started - _CLOCK_SKEW, generated.started + generated.duration + _CLOCK_SKEW
        if not earliest <= started.timestamp() <= ended.timestamp() <= latest:
            got = f"{record['started']} – {record['ended']}"
            raise Violation(
                "the record's times do not lie around the exchange",
                expected="within the exchange",
                got=got,
                pointer="/started",
                exchange=exchange,
            )


def _holds_digest(record: dict[str, Any], member: str, body: bytes, exchange: Exchange) -> None:
    value = record.get(member)
    if not isinstance(value, str) or not value:
        raise NotTested(f"the record holds no {member}")
    try:
        wrong = wrong_digest(value, body)
    except ValueError as error:
        raise Violation(
            f"the record's {member} {error}", expected="sha-256=:BASE64:", got=value, pointer=f"/{member}", exchange=exchange
        ) from None
    if wrong:
        message = f"the record's {member} is not that of the bytes exchanged"
        raise Violation(message, expected=f"the {wrong} of {len(body)} bytes", got=value, pointer=f"/{member}", exchange=exchange)


@mutant("CORE-LOG-002")
async def records_are_in_local_time(request: Request, call_next: CallNext) -> Response:
    """Records hold local time under the letter Z: an hour or two after the exchange."""

    def change(record: dict[str, Any]) -> None:
        for member in ("started", "ended"):
            hour = (int(record[member][11:13]) + 2) % 24
            record[member] = f"{record[member][:11]}{hour:02d}{record[member][13:]}"

    return await changed(request, call_next, "/records/", change)


@mutant("CORE-LOG-002")
async def output_is_digested_before_it_is_sent(request: Request, call_next: CallNext) -> Response:
    """The digest of the output is taken of other bytes than are sent: a line feed is added on the way."""
    answer = await call_next(request)
    return answer.with_body(answer.body + b"\n") if RECORD_ID in answer.headers and answer.is_json else answer


@mutant("CORE-LOG-002")
async def input_is_digested_after_parsing(request: Request, call_next: CallNext) -> Response:
    """The digest of the input is taken of the request as the service understood it, not as it came."""
    if not isinstance(request.document, dict) or len(request.body) > 10_000:
        return await call_next(request)
    understood = json.dumps(request.document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="surrogatepass")
    return await call_next(Request(request.method, request.url, request.headers, understood))


def _card(service: Service) -> Any:
    if not service.card:
        raise NotTested("the service has no service card")
    return service.card


@scenario("CORE-LOG-003")
async def records_are_kept_for_six_months(service: Service) -> None:
    """AI Act Articles 19(1) and 26(6): logs are kept for at least six months, unless other law says otherwise."""
    days = _card(service).get("logRetentionDays")
    if not isinstance(days, int) or isinstance(days, bool):
        raise Violation(
            "the card does not say how long records are kept", expected="logRetentionDays", got=days, pointer="/logRetentionDays"
        )
    if days < RETENTION_DAYS:
        raise Violation(
            "records are kept for less than six months", expected=f"{RETENTION_DAYS} days", got=days, pointer="/logRetentionDays"
        )


@mutant("CORE-LOG-003")
async def six_months_of_thirty_days(request: Request, call_next: CallNext) -> Response:
    """Records are kept for six times thirty days."""
    return await with_members(request, call_next, "/service-card", logRetentionDays=180)


@mutant("CORE-OVS-001", also=("CORE-CRD-001", "CORE-DOC-002"))
async def nobody_can_stop_it(request: Request, call_next: CallNext) -> Response:
    """The card names a contact for oversight, but no way to stop the system."""
    oversight = {"contact": "prieziura@example.lt", "stopProcedure": " "}
    return await with_members(request, call_next, "/service-card", oversight=oversight)


@scenario("CORE-OVS-001")
async def somebody_oversees_and_can_stop_it(service: Service) -> None:
    """AI Act Article 14(4)(e): those who oversee can interrupt the system through a stop button or a similar procedure. The card says who and how."""
    oversight = _card(service).get("oversight")
    for member, what in (("contact", "who oversees the system"), ("stopProcedure", "how the system is stopped")):
        value = oversight.get(member) if isinstance(oversight, dict) else None
        if not (value.strip() if isinstance(value, str) else value):
            raise Violation(f"the card does not say {what}", expected=f"oversight.{member}", got=value, pointer=f"/oversight/{member}")


@scenario("CORE-LOG-004")
async def the_list_of_records_is_closed(service: Service) -> None:
    """GDPR Article 32 and AI Act Article 26(6): records are for those who answer for the system; without a credential there is no list of them."""
    exchange = await service.send("GET", "/records", credential=False)
    if exchange.status in (429, 503):
        raise NotTested(f"the service answered {exchange.status}")
    if exchange.succeeded:
        raise Violation("the list of records is open to anybody", expected="401", got=str(exchange.status), exchange=exchange)


@mutant("CORE-LOG-004")
async def records_are_listed_for_anybody(request: Request, call_next: CallNext) -> Response:
    """The list of records asks for no credential; that it is empty today is luck."""
    answer = await call_next(request)
    if request.path != "/records" or answer.status != 401:
        return answer
    headers = answer.headers.with_field("WWW-Authenticate", None).with_field("Cache-Control", "no-store")
    return Response(200, headers).with_json({"records": []}, "application/json")
