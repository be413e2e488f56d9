"""The log, and that nobody can change it unseen."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any

import rfc8785

from conformance.core.asking import ABSENT
from conformance.core.faults import memory
from conformance.core.reading import excerpt
from conformance.decision_support.asking import LOG, OFFICIAL, decide, decision_on, id_of, plain_case, recommended, try_recommendation
from conformance.decision_support.faults import Entry, is_recommendation, log_page
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

_PAGES = 40
"""How many pages are read in search of one entry: other tests write to the log at the same time."""
_VERIFIED = 3
"""How many pages of the chain are computed anew: enough for the seams between them."""
_FIRST = "0" * 64

Place = tuple[Exchange, int, Entry]
"""An entry, with the page it stands on and its place there."""


async def _page(service: Service, before: int | None = None) -> tuple[Exchange, list[Entry]]:
    """A page of the log.

    Raises:
        Violation: it is no log of this profile.
        NotTested: there is none, which is DECN-LOG-001's subject, or it may not be read with the credential of this run.
    """
    exchange = await service.send("GET", LOG if before is None else f"{LOG}?before={before}")
    if exchange.status in (401, 403, 429, 503, *ABSENT):
        raise NotTested(f"GET {LOG} is answered with {exchange.status}")
    content = exchange.answer.document
    entries = content.get("entries") if exchange.succeeded and isinstance(content, dict) else None
    errors = exchange.operation.response_errors(exchange.answer) if exchange.operation and exchange.succeeded else []
    if errors or not isinstance(entries, list):
        got = excerpt(errors[0].message) if errors else f"{exchange.status} {excerpt(exchange.answer.text)}"
        pointer = errors[0].pointer if errors else None
        raise Violation("the log cannot be read", expected="200 and entries", got=got, pointer=pointer, exchange=exchange)
    return exchange, entries


async def _pages(service: Service, most: int) -> list[tuple[Exchange, list[Entry]]]:
    """The newest pages of the log, the newest first, as far as there are entries."""
    found = [await _page(service)]
    while len(found) < most and found[-1][1] and found[-1][1][0]["sequence"] > 1:
        older = await _page(service, found[-1][1][0]["sequence"])
        if not older[1]:
            break
        found.append(older)
    return found


async def _entries_on(service: Service, id: str) -> list[Place]:
    """The entries on one recommendation, the earliest first; looked for until there is that of its making."""
    exchange, entries = await _page(service)
    found: list[Place] = []
    for _ in range(_PAGES):
        found = [(exchange, place, each) for place, each in enumerate(entries) if each.get("subject") == id] + found
        made = any(entry["event"] == "recommendation" for _, _, entry in found)
        if made or not entries or entries[0]["sequence"] == 1:
            break
        exchange, entries = await _page(service, entries[0]["sequence"])
    return found


async def _decided(service: Service) -> str:
    """The id of a new recommendation on which an official has decided."""
    made = await recommended(service)
    id = str(id_of(made))
    decided = await decide(service, id, await decision_on(service, id, str(made.answer.document.get("outcome"))))
    if not decided.succeeded:
        raise NotTested(f"the decision is answered with {decided.status}")
    return id


@scenario("DECN-LOG-001")
async def what_happens_is_logged(service: Service) -> None:
    """AI Act Article 12(1) and (2): events are recorded automatically, so that the working of the system can be traced."""
    there = await service.send("GET", LOG)
    if there.status in ABSENT:
        raise Violation("there is no log", expected="200 and entries", got=str(there.status), exchange=there)
    id = await _decided(service)
    shown, _ = await _page(service)
    found = await _entries_on(service, id)
    events = [entry["event"] for _, _, entry in found]
    for event in ("recommendation", "decision"):
        if event not in events:
            raise Violation(
                f"the log holds no entry of the {event}", expected=f"event {event} on {id}", got=", ".join(events) or "none", exchange=shown
            )
    if events.index("recommendation") > events.index("decision"):
        raise Violation(
            "the log has the decision before the recommendation", expected="recommendation, decision", got=", ".join(events), exchange=shown
        )
    for exchange, place, entry in found:
        if not isinstance(entry.get("systemVersion"), str):
            pointer = f"/entries/{place}/systemVersion"
            raise Violation(
                "an entry does not name the version of the system", expected="systemVersion", pointer=pointer, exchange=exchange
            )
        if entry["event"] == "decision" and entry.get("official") != OFFICIAL["name"]:
            pointer, got = f"/entries/{place}/official", entry.get("official")
            raise Violation(
                "the entry of a decision does not name who decided", expected=OFFICIAL["name"], got=got, pointer=pointer, exchange=exchange
            )


@mutant("DECN-LOG-001")
async def decisions_are_not_logged(request: Request, call_next: CallNext) -> Response:
    """The log is that of the machine alone; what people decide is no event of it."""
    return await log_page(request, call_next, lambda entries: [each for each in entries if each["event"] != "decision"])


@mutant("DECN-LOG-001")
async def officials_are_not_logged(request: Request, call_next: CallNext) -> Response:
    """Entries say what happened, and not who did it."""
    return await log_page(request, call_next, lambda entries: [{k: v for k, v in each.items() if k != "official"} for each in entries])


@scenario("DECN-LOG-002")
async def the_chain_holds(service: Service) -> None:
    """RFC 8785 section 3.2: the canonical form, in which two who hash the same entry get the same hash."""
    await recommended(service)
    pages = await _pages(service, _VERIFIED)
    if not pages[0][1]:
        raise Violation("the log is empty after a recommendation was made", expected="an entry", got="none", exchange=pages[0][0])
    for exchange, entries in pages:
        for place, entry in enumerate(entries):
            _is_hashed(entry, place, exchange)
        for place, (one, other) in enumerate(pairwise(entries), start=1):
            _follows(one, other, place, exchange)
    for (exchange, entries), (_, older) in pairwise(pages):
        _follows(older[-1], entries[0], 0, exchange)
    exchange, entries = pages[-1]
    if entries and entries[0]["sequence"] == 1 and entries[0]["previous"] != _FIRST:
        raise Violation(
            "the first entry follows another one",
            expected=_FIRST,
            got=entries[0]["previous"],
            pointer="/entries/0/previous",
            exchange=exchange,
        )


def _is_hashed(entry: Entry, place: int, exchange: Exchange) -> None:
    try:
        canonical = rfc8785.dumps({name: value for name, value in entry.items() if name != "hash"})
    except rfc8785.CanonicalizationError as error:
        raise NotTested(f"entry {entry['sequence']} has no canonical form ({error})") from None
    right = hashlib.sha256(canonical).hexdigest()
    if entry["hash"] != right:
        message = "the hash of an entry is not that of its content"
        raise Violation(message, expected=right, got=entry["hash"], pointer=f"/entries/{place}/hash", exchange=exchange)


def _follows(one: Entry, other: Entry, place: int, exchange: Exchange) -> None:
    if other["sequence"] != one["sequence"] + 1:
        got, pointer = other["sequence"], f"/entries/{place}/sequence"
        raise Violation("an entry is missing in the log", expected=str(one["sequence"] + 1), got=got, pointer=pointer, exchange=exchange)
    if other["previous"] != one["hash"]:
        pointer = f"/entries/{place}/previous"
        raise Violation(
            "an entry does not follow the one before it", expected=one["hash"], got=other["previous"], pointer=pointer, exchange=exchange
        )


def _with_entries(answer: Response, request: Request, change: Any) -> Response:
    if request.path != LOG or answer.status != 200:
        return answer
    return answer.with_json({"entries": change([dict(each) for each in answer.json["entries"]])})


@mutant("DECN-LOG-002")
async def an_entry_is_taken_out(request: Request, call_next: CallNext) -> Response:
    """Somebody deletes an entry, the fourth from the end."""
    return _with_entries(await call_next(request), request, lambda entries: entries[:-4] + entries[-3:])


@mutant("DECN-LOG-002")
async def an_entry_is_corrected(request: Request, call_next: CallNext) -> Response:
    """Somebody changes the time of the newest entry in the database."""

    def change(entries: list[Entry]) -> list[Entry]:
        return [*entries[:-1], {**entries[-1], "time": "2026-01-26T00:00:00Z"}] if entries else entries

    return _with_entries(await call_next(request), request, change)


@mutant("DECN-LOG-002")
async def an_entry_is_put_in_between(request: Request, call_next: CallNext) -> Response:
    """Somebody writes an entry of their own, with a hash of its own, where another one stood."""

    def change(entries: list[Entry]) -> list[Entry]:
        if len(entries) < 4:
            return entries
        own = {name: value for name, value in entries[-4].items() if name != "hash"} | {"event": "maintenance"}
        return [*entries[:-4], {**own, "hash": hashlib.sha256(rfc8785.dumps(own)).hexdigest()}, *entries[-3:]]

    return _with_entries(await call_next(request), request, change)


@scenario("DECN-LOG-003")
async def what_is_written_stays(service: Service) -> None:
    """AI Act Article 12(1), over the lifetime of the system: who keeps a hash of yesterday finds it in the log of today."""
    made = await recommended(service)
    id = str(id_of(made))
    before = {entry["sequence"]: (place, entry) for _, place, entry in await _entries_on(service, id)}
    if not before:
        raise NotTested("the log holds no entry of the recommendation")
    decided = await decide(service, id, await decision_on(service, id, str(made.answer.document.get("outcome"))))
    if not decided.succeeded:
        raise NotTested(f"the decision is answered with {decided.status}")
    for sequence, (_, entry) in before.items():
        exchange, entries = await _page(service, sequence + 1)
        now = next((each for each in entries if each["sequence"] == sequence), None)
        if now != entry:
            place = entries.index(now) if now in entries else 0
            message = "an entry of the log has changed after a decision"
            raise Violation(message, expected=excerpt(str(entry)), got=excerpt(str(now)), pointer=f"/entries/{place}", exchange=exchange)


@mutant("DECN-LOG-003")
async def entries_are_brought_up_to_date(request: Request, call_next: CallNext) -> Response:
    """The entry of a recommendation says in the end that it was decided, and the chain is computed anew."""

    def change(entries: list[Entry]) -> list[Entry]:
        decided = {each.get("subject") for each in entries if each["event"] == "decision"}
        return [{**each, "status": "decided"} if each.get("subject") in decided else each for each in entries]

    return await log_page(request, call_next, change)


_APPLICANT = {
    "familyName": "Niewystępującka-Nesančioji",
    "givenName": "Bezimienna",
    "identifier": {"scheme": "pl-pesel", "value": "50411512342"},
}
"""Somebody who cannot be, so that the name stands in the log for no other reason."""


@scenario("DECN-LOG-004")
async def applicants_are_not_in_the_log(service: Service) -> None:
    """GDPR Article 5(1)(c): no more data than needed. Entries cannot be deleted, and recommendations can."""
    made = await try_recommendation(service, plain_case(service, applicant=_APPLICANT))
    if not made.succeeded:  # a service may refuse people of the 22nd century
        unnamed = {name: value for name, value in _APPLICANT.items() if name != "identifier"}
        made = await recommended(service, plain_case(service, applicant=unnamed))
    found = await _entries_on(service, str(id_of(made)))
    if not found:
        raise NotTested("the log holds no entry of the recommendation")
    for exchange, place, entry in found:
        for what, value in (("family name", "Niewystępującka"), ("personal identifier", "50411512342")):
            if value.casefold() in rfc8785.dumps(entry).decode().casefold():
                message = f"an entry of the log holds the {what} of the applicant"
                raise Violation(
                    message, expected="the id of the recommendation alone", got=what, pointer=f"/entries/{place}", exchange=exchange
                )


@mutant("DECN-LOG-004", also=("CORE-ENC-007",))
async def the_log_is_told_everything(request: Request, call_next: CallNext) -> Response:
    """Entries of recommendations hold the applicant, so that they can be searched."""
    applicants: dict[str, Any] = memory("the-log-is-told-everything").setdefault("applicants", {})
    answer = await log_page(
        request, call_next, lambda entries: [{**each, **applicants.get(each.get("subject", ""), {})} for each in entries]
    )
    if is_recommendation(request) and answer.status == 201:
        applicants[answer.json["id"]] = {"applicant": request.json["applicant"]}
    return answer
