"""Being told when a job has ended: once, by whom it should be, again where it was not received (capability ``callbacks``)."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from typing import Any

from conformance.core.reading import excerpt
from conformance.translation.courier import Errand, carried
from conformance.translation.jobs import ENDED, JOBS, Begun, ask, begin, plain_job, when_ended
from harness.checks import CallNext, Inbox, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Headers, Request, Response

PROMPT = 5.0
"""Seconds within which a callback comes after its job has ended, and comes again after it was not received."""
_SLACK = 1.0
_SETTLED = 0.8
"""Seconds after which a callback that was received counts as not repeated. A service that repeats has no reason to wait."""
_REFERENCE = "SPR-2026-0118"
_NOBODYS = ("http://169.254.255.254/callback", "http://[fe80::1]/callback", "ftp://callback.example/job")
"""Addresses that no caller has: two link-local ones at which nothing is found (RFC 3927 section 2.1 keeps the block free), one of another scheme."""


async def _with_callback(service: Service, inbox: Inbox, **members: Any) -> Begun:
    """A job that calls back. Raises :class:`NotApplicable` where the service declares no callbacks."""
    service.needs_capability("callbacks")
    return await begin(service, externalReference=_REFERENCE, callback={"url": inbox.url, "token": _token(service)}, **members)


def _token(service: Service) -> str:
    return f"token-{service.run}"


async def _next(inbox: Inbox, seconds: float, what: str, shown: Exchange) -> Exchange:
    arrived = await inbox.next(seconds)
    if arrived is None:
        raise Violation(what, expected=f"a POST within {PROMPT:g} s", got="no callback", exchange=shown)
    return arrived


@scenario("TRNS-CBK-001")
async def ended_jobs_are_told_once(service: Service) -> None:
    """Profile translation/1, Callbacks; eTranslation posts to ``httpDestinations`` and repeats ``externalReference`` in the same way."""
    service.needs_capability("callbacks")
    inbox = await service.inbox()
    begun = await _with_callback(service, inbox)
    ended = await when_ended(service, begun)
    arrived = await _next(inbox, PROMPT + _SLACK, "no callback comes when a job has ended", ended)
    _is_the_job(arrived, ended)
    again = await inbox.next(_SETTLED)
    if again is not None:
        raise Violation("a callback that was received comes again", expected="one callback", got="two callbacks", exchange=again)


def _is_the_job(arrived: Exchange, ended: Exchange) -> None:
    """Hold a callback against the job as it is read."""
    told = arrived.request.document
    if arrived.request.method != "POST" or not arrived.request.is_json or not isinstance(told, dict):
        got = f"{arrived.request.method} {arrived.request.headers.get('content-type')} {excerpt(arrived.request.text)}"
        raise Violation("a callback is no job in JSON", expected="POST application/json", got=got, exchange=arrived)
    if told.get("status") not in ENDED:
        raise Violation("a callback comes before the job has ended", expected="done or failed", got=told.get("status"), exchange=arrived)
    _agree(arrived, told, ended.answer.document)


def _agree(arrived: Exchange, told: Mapping[str, Any], job: Mapping[str, Any]) -> None:
    """Hold what a callback tells against the job: its members that do not depend on when it is told."""
    for name in ("id", "status", "externalReference"):
        if told.get(name) != job.get(name):
            expected, other = f"{job.get(name)}", told.get(name)
            message = f"a callback has another {name} than its job"
            raise Violation(message, expected=expected, got=other, pointer=f"/{name}", exchange=arrived)
    results = [each.get("result") for each in (told, job)]
    said = [each.get("translatedText") if isinstance(each, Mapping) else None for each in results]
    if said[0] != said[1]:
        raise Violation(
            "a callback has another result than its job",
            expected=excerpt(repr(said[1])),
            got=excerpt(repr(said[0])),
            pointer="/result/translatedText",
            exchange=arrived,
        )


@mutant("TRNS-CBK-001")
async def callbacks_are_forgotten(request: Request, call_next: CallNext) -> Response:
    """The URL is stored with the job, and nothing reads it."""

    async def carry(errand: Errand) -> None:
        return None

    return await carried(request, call_next, carry)


@mutant("TRNS-CBK-001")
async def callbacks_come_at_the_beginning(request: Request, call_next: CallNext) -> Response:
    """The callback says that the job was accepted."""

    async def carry(errand: Errand) -> None:
        job = await errand.ended()
        await errand.until_received({**job, "status": "queued", "result": None})

    return await carried(request, call_next, carry)


@mutant("TRNS-CBK-001", also=("TRNS-CBK-003",))
async def callbacks_come_twice(request: Request, call_next: CallNext) -> Response:
    """Two workers see that the job has ended, and both say so."""

    async def carry(errand: Errand) -> None:
        job = await errand.ended()
        await errand.until_received(job)
        await errand.until_received(job)

    return await carried(request, call_next, carry)


@mutant("TRNS-CBK-001")
async def callbacks_have_no_reference(request: Request, call_next: CallNext) -> Response:
    """The callback is made from the engine's answer, which knows nothing of the caller's reference."""

    async def carry(errand: Errand) -> None:
        job = await errand.ended()
        await errand.until_received({name: value for name, value in job.items() if name != "externalReference"})

    return await carried(request, call_next, carry)


@mutant("TRNS-CBK-001")
async def callbacks_wait_for_the_next_round(request: Request, call_next: CallNext) -> Response:
    """Callbacks are sent by a task that runs every half minute."""

    async def carry(errand: Errand) -> None:
        await asyncio.sleep(30)
        await errand.until_received(await errand.ended())

    return await carried(request, call_next, carry)


@scenario("TRNS-CBK-002")
async def callbacks_carry_their_token(service: Service) -> None:
    """RFC 6750 section 2.1: ``Authorization: Bearer``. Whoever receives a callback without it cannot know whose it is."""
    service.needs_capability("callbacks")
    inbox = await service.inbox()
    begun = await _with_callback(service, inbox)
    await when_ended(service, begun)
    arrived = await inbox.next(PROMPT + _SLACK)
    if arrived is None:
        raise NotTested("no callback came")
    field = (arrived.request.headers.get("authorization") or "").strip()
    scheme, _, token = field.partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), _token(service).encode()):
        got = "another token" if field else "no Authorization"
        raise Violation(
            "a callback does not carry the token of its job",
            expected="Authorization: Bearer and the token",
            got=got,
            pointer="header:Authorization",
            exchange=arrived,
        )


@mutant("TRNS-CBK-002")
async def tokens_are_kept_back(request: Request, call_next: CallNext) -> Response:
    """The token is taken for a secret of the service's own, and not sent."""

    async def carry(errand: Errand) -> None:
        job = await errand.ended()
        for _ in range(3):
            if 200 <= await errand.post(job, headers={}) < 300:
                return
            await asyncio.sleep(0.3)

    return await carried(request, call_next, carry)


@mutant("TRNS-CBK-002")
async def tokens_are_those_of_the_service(request: Request, call_next: CallNext) -> Response:
    """Callbacks are signed with the token by which the service calls its engine."""

    async def carry(errand: Errand) -> None:
        await Errand(errand.url, "token-of-the-engine", errand.read).until_received(await errand.ended())

    return await carried(request, call_next, carry)


@scenario("TRNS-CBK-003")
async def callbacks_come_until_they_are_received(service: Service) -> None:
    """Profile translation/1, Callbacks: a receiver that restarts misses nothing, and one that has received is left alone."""
    service.needs_capability("callbacks")
    inbox = await service.inbox()
    inbox.answer(Response(503, Headers({"Retry-After": "1"})))
    begun = await _with_callback(service, inbox)
    await when_ended(service, begun)
    first = await inbox.next(PROMPT + _SLACK)
    if first is None:
        raise NotTested("no callback came")
    second = await _next(inbox, PROMPT + _SLACK, "a callback that was answered with 503 does not come again", first)
    told, before = second.request.document, first.request.document
    if not isinstance(told, Mapping) or not isinstance(before, Mapping):
        raise NotTested("a callback is no job in JSON")
    _agree(second, told, before)
    third = await inbox.next(_SETTLED)
    if third is not None:
        raise Violation("a callback comes again after it was received", expected="two tries", got="three tries", exchange=third)


@mutant("TRNS-CBK-003")
async def callbacks_are_tried_once(request: Request, call_next: CallNext) -> Response:
    """A callback that is not received is lost."""

    async def carry(errand: Errand) -> None:
        await errand.post(await errand.ended())

    return await carried(request, call_next, carry)


@mutant("TRNS-CBK-003")
async def what_was_repeated_goes_on(request: Request, call_next: CallNext) -> Response:
    """Once a callback had to be repeated, it is repeated to the end of its schedule."""

    async def carry(errand: Errand) -> None:
        job = await errand.ended()
        if 200 <= await errand.post(job) < 300:
            return
        for _ in range(3):
            await asyncio.sleep(0.2)
            await errand.post(job)

    return await carried(request, call_next, carry)


@scenario("TRNS-CBK-004")
async def addresses_of_nobody_are_refused(service: Service) -> None:
    """OWASP, Server-Side Request Forgery Prevention: a URL from outside may point to what is inside. What can be told from its letters is refused."""
    service.needs_capability("callbacks")
    for url in _NOBODYS:
        exchange = await ask(service, plain_job(service, callback={"url": url}))
        if exchange.succeeded:
            document = exchange.answer.document
            id = document.get("id") if isinstance(document, dict) else None
            if isinstance(id, str):
                await service.send("DELETE", f"{JOBS}/{id}")
            raise Violation(f"a job that calls back {url} is accepted", expected="4xx", got=str(exchange.status), exchange=exchange)


@scenario("TRNS-CBK-004")
async def redirects_are_not_followed(service: Service) -> None:
    """The same source: a redirect leads from an address that was checked to one that was not."""
    service.needs_capability("callbacks")
    inbox, elsewhere = await service.inbox(), await service.inbox()
    inbox.answer(Response(307, Headers({"Location": elsewhere.url})))
    begun = await _with_callback(service, inbox)
    await when_ended(service, begun)
    if await inbox.next(PROMPT + _SLACK) is None:
        raise NotTested("no callback came")
    followed = await elsewhere.next(_SETTLED)
    if followed is not None:
        raise Violation(
            "a callback follows a redirect", expected="another try at the same URL", got=followed.request.url, exchange=followed
        )


@mutant("TRNS-CBK-004")
async def link_local_addresses_are_called(request: Request, call_next: CallNext) -> Response:
    """Any URL is stored, whatever it names."""
    content = request.document
    callback = content.get("callback") if isinstance(content, dict) else None
    if request.path == JOBS and isinstance(callback, dict) and str(callback.get("url")) in _NOBODYS[:2]:
        return await call_next(request.with_json({**content, "callback": None}))
    return await call_next(request)


@mutant("TRNS-CBK-004")
async def callbacks_follow_redirects(request: Request, call_next: CallNext) -> Response:
    """The HTTP library follows redirects unless it is told not to."""

    async def carry(errand: Errand) -> None:
        job = await errand.ended()
        for _ in range(3):
            if 200 <= await errand.post(job, follow=True) < 300:
                return
            await asyncio.sleep(0.3)

    return await carried(request, call_next, carry)
