"""What may be kept, by whom, and how a copy is told from the current content (RFC 9110 sections 8.8 and 13, RFC 9111)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate

from conformance.core.asking import ask, not_now, resources
from conformance.core.faults import changed, memory
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response


def _directives(exchange: Exchange) -> list[str]:
    """The names of the Cache-Control directives of an answer, in small letters."""
    value = exchange.answer.headers.get("cache-control") or ""
    return [directive.partition("=")[0].strip().lower() for directive in value.split(",")]


def _is_about_persons(exchange: Exchange) -> bool:
    """Whether an answer was generated for somebody, or tells what somebody did."""
    operation = exchange.operation
    return exchange.succeeded and operation is not None and (operation.generates or "records" in operation.definition.get("tags", ()))


@rule("CORE-CCH-001", when=_is_about_persons)
def generated_answers_are_not_stored(exchange: Exchange) -> None:
    """RFC 9111 section 5.2.2.5: no-store means that a cache MUST NOT store any part of the request or the response."""
    if "no-store" not in _directives(exchange):
        got = exchange.answer.headers.get("cache-control") or "no Cache-Control"
        raise Violation(
            "a generated answer or a record may be stored by caches",
            expected="Cache-Control: no-store",
            got=got,
            pointer="header:Cache-Control",
        )


@mutant("CORE-CCH-001")
async def generated_answers_are_private(request: Request, call_next: CallNext) -> Response:
    """Generated answers are marked private and no-cache, which still lets browsers store them."""
    answer = await call_next(request)
    stored = "no-store" in (answer.headers.get("cache-control") or "") and request.method == "POST"
    return answer.with_header("Cache-Control", "private, no-cache") if stored else answer


@mutant("CORE-CCH-001")
async def records_are_stored(request: Request, call_next: CallNext) -> Response:
    """Records never change, so they may be kept for a day."""
    answer = await call_next(request)
    return answer.with_header("Cache-Control", "max-age=86400") if request.path.startswith("/records/") else answer


@mutant("CORE-CCH-001")
async def streams_are_stored(request: Request, call_next: CallNext) -> Response:
    """Streams carry no-cache alone, as examples of server-sent events have it."""
    answer = await call_next(request)
    return answer.with_header("Cache-Control", "no-cache") if answer.media_type == "text/event-stream" else answer


def _tag(exchange: Exchange) -> str | None:
    return (exchange.answer.headers.get("etag") or "").strip() or None


def _opaque(tag: str | None) -> str | None:
    """A tag as weak comparison sees it (RFC 9110 section 8.8.3.2): what lies between has turned strong tags into weak ones."""
    return tag.removeprefix("W/") if tag else None


@scenario("CORE-CCH-002")
async def copies_that_are_current_are_told_so(service: Service) -> None:
    """RFC 9110 section 13.1.2: where If-None-Match names the current tag, the server MUST answer GET with 304; section 15.4.5: with ETag in it.

    What has changed in between comes with another tag, and says nothing.
    """
    compared = False
    for request, first in await resources(service):
        tag = _tag(first)
        if tag is None:
            continue
        second = await ask(service, request.with_header("If-None-Match", tag))
        not_now(second)
        if second.status >= 500 or (second.succeeded and _tag(second) != tag):
            continue
        compared = True
        if second.status != 304:
            raise Violation(
                f"GET {request.url} is not answered with 304 where the caller has the current content",
                expected="304",
                got=f"{second.status} under the same ETag" if second.succeeded else str(second.status),
                exchange=second,
            )
        if _opaque(_tag(second)) != _opaque(tag):
            got = _tag(second) or "no ETag"
            raise Violation("a 304 does not name the tag that it confirms", expected=tag, got=got, pointer="header:ETag", exchange=second)
    if not compared:
        raise NotApplicable("no resource of the service has an ETag that stays")


@mutant("CORE-CCH-002")
async def everybody_gets_it_anew(request: Request, call_next: CallNext) -> Response:
    """A gateway tags contents and strips the conditions of requests."""
    return await call_next(request.with_header("If-None-Match", None))


@mutant("CORE-CCH-002")
async def confirmations_name_no_tag(request: Request, call_next: CallNext) -> Response:
    """304 answers have no ETag."""
    answer = await call_next(request)
    return answer.with_header("ETag", None) if answer.status == 304 else answer


@mutant("CORE-CCH-002")
async def current_copies_fail_the_precondition(request: Request, call_next: CallNext) -> Response:
    """If-None-Match that matches is answered with 412 whatever the method."""
    answer = await call_next(request)
    if answer.status != 304:
        return answer
    problem = {"type": "about:blank", "title": "Precondition Failed", "status": 412, "detail": "If-None-Match is not met."}
    headers = answer.headers.with_field("Content-Language", "en").with_field("Vary", "Accept-Language")
    return Response(412, headers).with_json(problem, "application/problem+json")


@scenario("CORE-CCH-003")
async def copies_that_are_old_are_not_confirmed(service: Service) -> None:
    """RFC 9110 section 13.1.2: no listed tag matches, so the condition is true and the method is performed; section 13.1.3: a recipient MUST ignore
    If-Modified-Since where If-None-Match is there.

    A copy that is confirmed though it is old stays for ever.
    """
    for request, first in await resources(service):
        stale = request.with_header("If-None-Match", f'"{service.random.getrandbits(64):016x}"')
        for what, asked in (
            ("another tag", stale),
            ("another tag and a date", stale.with_header("If-Modified-Since", formatdate(time.time(), usegmt=True))),
        ):
            exchange = await ask(service, asked)
            not_now(exchange)
            if exchange.status in (304, 412):
                raise Violation(
                    f"GET {request.url} of a caller who has {what} is not answered with the content",
                    expected=str(first.status),
                    got=str(exchange.status),
                    exchange=exchange,
                )
            if not exchange.succeeded:
                raise NotTested(f"the service answered {exchange.status}")


@rule("CORE-CCH-003", when=lambda exchange: exchange.status == 304 and exchange.sender == "harness")
def copies_are_confirmed_to_who_asks(exchange: Exchange) -> None:
    """RFC 9110 section 15.4.5: 304 indicates that a conditional request has been received. Caches on the way of other people's requests may have
    had a condition of their own.
    """
    if "if-none-match" not in exchange.request.headers and "if-modified-since" not in exchange.request.headers:
        raise Violation("a request without a condition is answered with 304", expected="200", got="304", exchange=exchange)


@mutant("CORE-CCH-003")
async def answers_are_kept_with_their_status(request: Request, call_next: CallNext) -> Response:
    """A cache keeps what the service answered to somebody's condition, and gives it to the next one, who has no copy."""
    answer = await call_next(request)
    if request.path != "/.well-known/security.txt":
        return answer
    kept = memory("answers-are-kept-with-their-status")
    given, kept["answer"] = kept.get("answer"), answer if answer.status == 304 else None
    return given if given is not None and answer.status == 200 and "if-none-match" not in request.headers else answer


@mutant("CORE-CCH-003", also=("CORE-CCH-002",))
async def any_tag_will_do(request: Request, call_next: CallNext) -> Response:
    """A cache before the service answers every conditional request with 304."""
    answer = await call_next(request)
    return _not_modified(answer) if "if-none-match" in request.headers and answer.status == 200 and request.method == "GET" else answer


@mutant("CORE-CCH-003")
async def dates_are_believed_before_tags(request: Request, call_next: CallNext) -> Response:
    """The date of the last deployment decides where a caller names one, whatever else it says."""
    answer = await call_next(request)
    return _not_modified(answer) if "if-modified-since" in request.headers and answer.status == 200 and request.method == "GET" else answer


def _not_modified(answer: Response) -> Response:
    headers = answer.headers
    for name in ("Content-Type", "Content-Length", "Content-Digest"):
        headers = headers.with_field(name, None)
    return Response(304, headers)


_SPOKEN = ("pl", "lt", "en")


async def _in_every_language(service: Service, request: Request) -> list[Exchange]:
    answers = [await ask(service, request.with_header("Accept-Language", language)) for language in _SPOKEN]
    for exchange in answers:
        not_now(exchange)
    return answers


_STORED_BY_DEFAULT = (200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501)
"""Statuses whose answers a cache may keep though nothing was said of it (RFC 9110 section 15.1); 206, which takes a range, is left out."""


def _may_be_stored(exchange: Exchange) -> bool:
    return exchange.status in _STORED_BY_DEFAULT and not {"no-store", "private"} & {*_directives(exchange)}


@scenario("CORE-CCH-004")
async def what_follows_the_language_says_so(service: Service) -> None:
    """RFC 9110 section 12.5.5: an origin server SHOULD generate Vary on a cacheable response whose language it selected by Accept-Language.

    Without it a cache gives the Polish text to the next one who asks for Lithuanian. Answers that no cache may share need none.
    """
    unknown = Request("GET", f"/{service.random.getrandbits(64):016x}")
    known = [request for request, _ in await resources(service)]
    follows = False
    for request in [unknown, *known]:
        answers = [each for each in await _in_every_language(service, request) if _may_be_stored(each)]
        if len({each.answer.headers.get("content-language") for each in answers}) < 2:
            continue
        follows = True
        for each in answers:
            named = [name.strip().lower() for name in (each.answer.headers.get("vary") or "").split(",")]
            if "accept-language" not in named and "*" not in named:
                got = each.answer.headers.get("vary") or "no Vary"
                raise Violation(
                    "an answer whose language follows Accept-Language does not say so to caches",
                    expected="Vary: Accept-Language",
                    got=got,
                    pointer="header:Vary",
                    exchange=each,
                )
    if not follows:
        raise NotApplicable("no answer that caches may share follows Accept-Language")


@mutant("CORE-CCH-004")
async def languages_share_one_place_in_the_cache(request: Request, call_next: CallNext) -> Response:
    """Error texts follow Accept-Language, and Vary names what the gateway adds alone."""
    answer = await call_next(request)
    return answer.with_header("Vary", "Accept-Encoding, Origin") if "vary" in answer.headers else answer


_ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


@rule("CORE-CCH-005", when=lambda exchange: "etag" in exchange.answer.headers)
def tags_are_entity_tags(exchange: Exchange) -> None:
    """RFC 9110 section 8.8.3: an opaque text in quotation marks, after W/ where it is weak."""
    tag = (exchange.answer.headers.get("etag") or "").strip()
    if not _ENTITY_TAG.fullmatch(tag):
        raise Violation("an ETag is no entity tag", expected='"..." or W/"..."', got=tag, pointer="header:ETag")


@mutant("CORE-CCH-005", also=("CORE-CCH-002",))
async def tags_are_bare(request: Request, call_next: CallNext) -> Response:
    """Tags are written without their quotation marks."""
    answer = await call_next(request)
    return answer.with_header("ETag", (answer.headers.get("etag") or "").strip('"')) if "etag" in answer.headers else answer


@scenario("CORE-CCH-005")
async def one_tag_is_one_content(service: Service) -> None:
    """RFC 9110 section 8.8.1: a strong validator changes whenever the content does; section 8.8.3: a tag that does not MUST be marked as weak.

    Every resource is asked for in three languages and once more, so that what follows the language or the hour shows. Contents in a coding are
    left out, for they were decoded on the way.
    """
    tagged = False
    for request, first in await resources(service):
        answers = [first, *await _in_every_language(service, request), await ask(service, request)]
        contents: dict[str, Exchange] = {}
        for tag, each in _strongly_tagged(answers):
            tagged = True
            known = contents.setdefault(tag, each)
            if known.answer.body != each.answer.body:
                raise Violation(
                    f"two contents of GET {request.url} have one strong ETag",
                    expected="another ETag for another content, or W/",
                    got=tag,
                    pointer="header:ETag",
                    exchange=each,
                )
    if not tagged:
        raise NotApplicable("no resource of the service has a strong ETag")


def _strongly_tagged(answers: list[Exchange]) -> Iterator[tuple[str, Exchange]]:
    for each in answers:
        tag, coded = _tag(each), (each.answer.headers.get("content-encoding") or "identity").lower() != "identity"
        if each.status == 200 and tag is not None and re.fullmatch(r'"[^"]*"', tag) and not coded:
            yield tag, each


@mutant("CORE-CCH-005")
async def translations_keep_the_tag_of_the_original(request: Request, call_next: CallNext) -> Response:
    """The name on the service card follows Accept-Language, its tag is that of the card as it is stored."""
    names: Mapping[str, str] = {"pl": "Asystent urzędu", "lt": "Savivaldybės asistentas"}
    name = names.get(request.headers.get("accept-language") or "")
    if name is None:
        return await call_next(request)
    return await changed(request, call_next, "/service-card", lambda card: card.update(name=name))
