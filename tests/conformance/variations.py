"""What correct services do differently: each function puts one such way before a reference service, in the shape of a mutant, and is no fault.

A variation is true to the service behind it: what the service says of its own answers (digests in records, Content-Digest) stays right, and it
leaves alone what is bound to its bytes elsewhere (the hashes of a log, a callback that shows a job as GET does).
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from random import Random
from typing import Any

from harness.checks import CallNext, FaultyHandler
from harness.exchange import Request, Response
from harness.serve.asgi import App, Receive, Scope, Send, answer_of, request_of, send_response

VARIATIONS: dict[str, FaultyHandler] = {}
"""All of them by name."""
SHOWN_ELSEWHERE = re.compile(r"/jobs/|/openapi\.json|/log")


class Varied:
    """A reference service in one of these ways."""

    def __init__(self, app: App, *variations: FaultyHandler) -> None:
        self._app, self._variations = app, variations
        self._digests: dict[bytes, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = await request_of(scope, receive)
        made: list[Response] = []

        async def serve(asked: Request) -> Response:
            answer = await answer_of(self._app, scope, replace(asked, method="GET") if asked.method == "HEAD" else asked)
            made.append(answer)
            if asked.path.startswith("/records"):
                for old, new in self._digests.items():
                    answer = answer.with_body(answer.body.replace(old, new)) if old in answer.body else answer
            return answer

        handler: CallNext = serve
        for variation in self._variations:
            handler = _around(variation, handler)
        answer = await handler(request)
        if made and made[-1].body != answer.body:
            self._digests[_digest(made[-1])] = _digest(answer)
            if "content-digest" in made[-1].headers and answer.body:
                answer = answer.with_header("Content-Digest", f"sha-256=:{_digest(answer).decode()}:")
        await send_response(send, answer, head=request.method == "HEAD")


def _around(variation: FaultyHandler, inner: CallNext) -> CallNext:
    async def handler(request: Request) -> Response:
        return await variation(request, inner)

    return handler


def _digest(answer: Response) -> bytes:
    return base64.b64encode(hashlib.sha256(answer.body).digest())


def variation(function: FaultyHandler) -> FaultyHandler:
    """Count a function among them."""
    VARIATIONS[function.__name__.replace("_", "-")] = function
    return function


def answers(function: Callable[[Request, Response], Response]) -> Callable[[Request, Response], Response]:
    """Count a function of the request and its answer among them; HEAD is answered as GET would be, and its content is left out later."""

    async def varied(request: Request, call_next: CallNext) -> Response:
        return function(request, await call_next(request))

    varied.__name__ = function.__name__
    variation(varied)
    return function


def rewritten(answer: Response, change: Callable[[Any], Any] = lambda value: value, write: Callable[[Any], str] = json.dumps) -> Response:
    """The answer with its JSON changed and written otherwise."""
    return answer.with_body(write(change(json.loads(answer.body))).encode()) if answer.is_json and answer.body else answer


def each(value: Any, change: Callable[[Any], Any]) -> Any:
    """A JSON value with ``change`` made of every value in it, the inner ones first; what maps of the participant's own hold stays as it is."""
    if isinstance(value, dict):
        return change({name: member if name in _MAPS else each(member, change) for name, member in value.items()})
    return change([each(item, change) for item in value] if isinstance(value, list) else value)


_MAPS = ("facts", "changes", "categories")
"""Members whose own members or order say something: facts by their names, categories in the order of their scores."""


# What JSON holds


@answers
def members_of_its_own(request: Request, answer: Response) -> Response:
    """A later version, or another vendor, has more to say."""
    if SHOWN_ELSEWHERE.match(request.url) or answer.media_type == "application/linkset+json":
        return answer
    return rewritten(answer, lambda value: each(value, lambda part: {"x_later": {"a": [1, None]}, **part} if _is_open(part) else part))


def _is_open(part: Any) -> bool:
    """Whether a JSON value is an object that may have more members: not one by language."""
    return isinstance(part, dict) and not part.keys() & {"pl", "lt", "en"}


@answers
def lists_in_another_order(request: Request, answer: Response) -> Response:
    """Where the order of a list says nothing: what a service offers, what it found, what is wrong."""
    if not re.match(r"/(languages|supportedentities|recognizers|anonymizers|service-card|case-types|analyze|records$)", request.url):
        return answer
    return rewritten(answer, lambda value: each(value, lambda part: part[::-1] if isinstance(part, list) and _unordered(part) else part))


def _unordered(values: list[Any]) -> bool:
    """Answers to several texts, and what a number of offsets means, keep their order."""
    return not any(isinstance(value, list | int) for value in values)


_TIME = re.compile(rb'(?<=")(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z(?=")')


def _times(request: Request, answer: Response, form: bytes) -> Response:
    if not answer.is_json or SHOWN_ELSEWHERE.match(request.url):
        return answer
    return answer.with_body(_TIME.sub(lambda found: form % {b"day": found[1], b"time": found[2], b"part": found[3] or b""}, answer.body))


@answers
def times_with_an_offset(request: Request, answer: Response) -> Response:
    """RFC 3339 section 5.6: +00:00 is an offset as Z is."""
    return _times(request, answer, b"%(day)bT%(time)b%(part)b+00:00")


@answers
def times_in_whole_seconds(request: Request, answer: Response) -> Response:
    """RFC 3339 section 5.6: the fraction is optional."""
    return _times(request, answer, b"%(day)bT%(time)bZ")


@answers
def times_to_the_nanosecond(request: Request, answer: Response) -> Response:
    """RFC 3339 section 5.6: a fraction has any number of digits."""
    return _times(request, answer, b"%(day)bT%(time)b%(part)b000001Z")


@answers
def times_in_small_letters(request: Request, answer: Response) -> Response:
    """RFC 3339 section 5.6: T and Z may be lower case."""
    return _times(request, answer, b"%(day)bt%(time)b%(part)bz")


@answers
def ill(request: Request, answer: Response) -> Response:
    """A service may say that it is not well."""
    return rewritten(answer, lambda value: {**value, "healthy": False}) if request.path == "/health" and answer.status == 200 else answer


@variation
async def other_ids(request: Request, call_next: CallNext) -> Response:
    """The id of a record is what the service says it is. Ids that a log or a callback names stay."""
    url = re.sub(r"^/records/no\.(\w+):~$", r"/records/\1", request.url.replace("%3A", ":"))
    answer = await call_next(replace(request, url=url))
    named = answer.headers.get("record-id")
    if request.path.startswith("/records"):
        return rewritten(answer, lambda value: each(value, lambda part: {**part, "id": f"no.{part['id']}:~"} if _has_id(part) else part))
    return answer.with_header("Record-Id", f"no.{named}:~") if named else answer


def _has_id(part: Any) -> bool:
    return isinstance(part, dict) and "id" in part


@answers
def trembling_scores(request: Request, answer: Response) -> Response:
    """On other hardware, or in another batch, a model's numbers differ in their last digits; not where a key asks for the same result."""
    if not re.match(r"/(v2/models|detect|analyze)", request.path):
        return answer
    drawn = Random(request.headers.get("idempotency-key") or request.headers.get("traceparent"))
    return rewritten(answer, lambda value: each(value, lambda part: part * (1 - drawn.random() * 1e-6) if type(part) is float else part))


@variation
async def jobs_done_at_once(request: Request, call_next: CallNext) -> Response:
    """A job may have ended, and its callback have been posted, before the answer that accepts it is sent."""
    answer = await call_next(request)
    while request.path == "/jobs" and answer.status == 202:
        job = await call_next(Request("GET", f"/jobs/{answer.json['id']}", request.headers))
        if job.json["status"] in ("done", "failed"):
            return answer.with_body(job.body)
        await asyncio.sleep(0.05)
    return answer


# How JSON is written


@answers
def members_in_another_order(request: Request, answer: Response) -> Response:
    """RFC 8259 section 4: implementations whose behaviour does not depend on member ordering will be interoperable."""
    return rewritten(answer, lambda value: each(value, lambda part: dict(reversed(part.items())) if isinstance(part, dict) else part))


@answers
def whole_numbers_with_a_fraction(request: Request, answer: Response) -> Response:
    """JSON Schema core 2020-12 section 4.2.3: 1.0 is an integer."""
    return rewritten(answer, lambda value: each(value, lambda part: float(part) if type(part) is int else part))


@answers
def numbers_with_an_exponent(request: Request, answer: Response) -> Response:
    """RFC 8259 section 6: 400 may be written 4000E-1."""

    def write(value: Any) -> str:
        marked = each(value, lambda part: f"\x00{part * 10}E-1\x00" if type(part) is int else part)
        return re.sub(r'"\\u0000([^"\\]*)\\u0000"', r"\1", json.dumps(marked))

    return rewritten(answer, write=write)


@answers
def whole_numbers_without_a_fraction(request: Request, answer: Response) -> Response:
    """1 in the place of 1.0, as JavaScript writes it."""
    return rewritten(answer, lambda value: each(value, lambda part: int(part) if isinstance(part, float) and part == int(part) else part))


@answers
def letters_escaped(request: Request, answer: Response) -> Response:
    r"""RFC 8259 section 7: any character may be escaped, also as \/."""

    def write(value: Any) -> str:
        plain = json.dumps(value, ensure_ascii=True)
        return re.sub(r'"(?:[^"\\]|\\.)*"', lambda text: re.sub(r"\\u....|\\.|[A-Za-z/]", _escaped, text.group()), plain)

    return rewritten(answer, write=write)


def _escaped(found: re.Match[str]) -> str:
    sign = found.group()
    return sign if sign.startswith("\\") else r"\/" if sign == "/" else f"\\u{ord(sign):04X}"


@answers
def white_space(request: Request, answer: Response) -> Response:
    """RFC 8259 section 2: white space is allowed around every token, the whole text included."""
    return rewritten(
        answer, write=lambda value: f"\r\n\t {json.dumps(value, indent=3, separators=(' , ', ' : '), ensure_ascii=False)} \r\n\n"
    )


# Header fields


def fields(answer: Response, changes: Mapping[str, str | None]) -> Response:
    """The answer with these header fields."""
    for name, value in changes.items():
        answer = answer.with_header(name, value)
    return answer


@answers
def charset(request: Request, answer: Response) -> Response:
    """RFC 8259 section 11: the parameter means nothing, and hurts nobody."""
    kind = answer.headers.get("content-type") or ""
    return answer.with_header("Content-Type", f"{kind}; charset=utf-8") if answer.is_json else answer


@answers
def types_in_capitals(request: Request, answer: Response) -> Response:
    """RFC 9110 section 8.3.1: types and names of parameters have no case, values may be quoted, and white space may stand beside ``;``."""
    kind = answer.headers.get("content-type") or ""
    name, _, rest = kind.partition(";")
    return (
        answer.with_header("Content-Type", f'{name.title()} ;CHARSET="UTF-8"' + (f" ;{rest}" if rest else "")) if answer.is_json else answer
    )


def _weak(answer: Response) -> Response:
    tag = answer.headers.get("etag")
    return answer.with_header("ETag", f"W/{tag}") if tag and not tag.startswith("W/") else answer


@answers
def weak_tags(request: Request, answer: Response) -> Response:
    """RFC 9110 section 8.8.3."""
    return _weak(answer)


@variation
async def no_tags(request: Request, call_next: CallNext) -> Response:
    """RFC 9110 section 8.8.3 has them as a possibility."""
    return (await call_next(request.with_header("If-None-Match", None))).with_header("ETag", None)


@answers
def no_length(request: Request, answer: Response) -> Response:
    """RFC 9112 section 6.3: content may end with the connection, or come in chunks; HEAD need not count it."""
    return answer.with_header("Content-Length", None)


@answers
def whole_locations(request: Request, answer: Response) -> Response:
    """RFC 9110 section 10.2.2: Location is a URI or a reference."""
    place = answer.headers.get("location")
    return answer.with_header("Location", f"HTTP://127.0.0.1:80{place}") if place else answer


@answers
def relative_locations(request: Request, answer: Response) -> Response:
    """RFC 3986 section 4.2: relative to the path that was asked."""
    place = answer.headers.get("location")
    return answer.with_header("Location", "./" + place.lstrip("/") + "?v=1#top") if place else answer


@answers
def headers_of_a_gateway(request: Request, answer: Response) -> Response:
    """What stands before a service adds its own fields, closes connections, and limits rates."""
    own = {
        "Connection": "close",
        "Date": formatdate(usegmt=True),
        "Server": "nginx",
        "Via": "1.1 gw",
        "Strict-Transport-Security": "max-age=31536000",
        "RateLimit-Policy": '"default";q=50000;w=60',
        "RateLimit": '"default";r=49999;t=60',
        "X-RateLimit-Remaining": "49999",
        "Server-Timing": "total;dur=12.5",
        "Set-Cookie": "route=a; Path=/; HttpOnly; Secure",
        "Alt-Svc": 'h3=":443"',
    }
    return fields(answer, own)


@answers
def no_store_in_other_words(request: Request, answer: Response) -> Response:
    """RFC 9111 section 5.2: names of directives have no case, and others may stand beside."""
    kept = answer.headers.get("cache-control")
    return answer.with_header("Cache-Control", f"Private,{kept.title()} , max-age=0") if kept else answer


@answers
def vary_on_all(request: Request, answer: Response) -> Response:
    """RFC 9110 section 12.5.5: ``*`` says that anything may have had a part."""
    return answer.with_header("Vary", "*")


@answers
def languages_with_a_region(request: Request, answer: Response) -> Response:
    """RFC 5646: pl-PL is Polish, in whatever case it is written."""
    told = answer.headers.get("content-language")
    return answer.with_header("Content-Language", {"pl": "PL-pl", "lt": "lt-LT", "en": "en-GB"}.get(told, told)) if told else answer


@answers
def trace_as_traceparent(request: Request, answer: Response) -> Response:
    """core/1 takes either field."""
    return fields(answer, {"traceparent": answer.headers.get("traceresponse"), "traceresponse": None})


@answers
def wait_until_a_date(request: Request, answer: Response) -> Response:
    """RFC 9110 section 10.2.3: Retry-After is a number of seconds or a date."""
    wait = answer.headers.get("retry-after")
    return answer.with_header("Retry-After", formatdate(time.time() + int(wait), usegmt=True)) if wait else answer


@answers
def other_challenges(request: Request, answer: Response) -> Response:
    """RFC 9110 section 11.6.1: challenges are a list, and names of schemes have no case."""
    asked = answer.headers.get("www-authenticate")
    return (
        answer.with_header("WWW-Authenticate", f'{asked.replace("Bearer", "bearer")}, Negotiate, Basic realm="a, b"') if asked else answer
    )


# Statuses


def problem(answer: Response, status: int) -> Response:
    """The problem under another status, with the same members."""
    other = Response(status, answer.headers.with_field("Retry-After", "1") if status == 503 else answer.headers, answer.body)
    return rewritten(other, lambda value: {**value, "status": status} if "status" in value else value)


def told(from_: int, to: int, *, where: str = ".*", unless: str = "$^") -> Callable[[Request, Response], Response]:
    """Answers with one status get another that the profile allows in its place."""

    def change(request: Request, answer: Response) -> Response:
        fits = answer.status == from_ and re.match(where, request.path) and not re.search(unless, answer.text)
        return problem(answer, to) if fits else answer

    change.__name__ = f"{to}-in-the-place-of-{from_}"
    return answers(change)


told(400, 422)
told(422, 400)
told(413, 400)
told(415, 400)
told(415, 422)
told(409, 503, unless="decided-already")
told(404, 410, where="/(jobs|recommendations|v2/models)/.")
told(404, 400, where="/(recommendations|v2/models)/.")
told(405, 404)
told(405, 501)


def _without_head(status: int) -> None:
    async def head(request: Request, call_next: CallNext) -> Response:
        if request.method != "HEAD" or request.path == "/.well-known/api-catalog":
            return await call_next(request)
        answer = await call_next(Request("PATCH", request.url, request.headers))
        return problem(answer.with_header("Allow", "GET"), status)

    head.__name__ = f"head-gets-{status}"
    variation(head)


for _status in (404, 405, 501):
    _without_head(_status)


@variation
async def accept_is_not_looked_at(request: Request, call_next: CallNext) -> Response:
    """RFC 9110 section 12.5.1: the field may be disregarded."""
    return await call_next(request.with_header("Accept", None))


# Content as a whole


@answers
def security_txt_of_windows(request: Request, answer: Response) -> Response:
    """RFC 9116 section 2.2: lines end with CRLF or LF, and comments may stand between."""
    if request.path != "/.well-known/security.txt" or answer.status != 200:
        return answer
    return answer.with_body(b"# Ours\r\n\r\n" + re.sub(rb"\r?\n", b"\r\n", answer.body), "text/plain;charset=UTF-8")


@answers
def the_document_by_its_own_type(request: Request, answer: Response) -> Response:
    """OpenAPI's media type, as registered and as used before."""
    if request.path != "/openapi.json" or answer.status != 200:
        return answer
    return answer.with_header("Content-Type", "application/vnd.oai.openapi+json;version=3.1")


@answers
def compressed(request: Request, answer: Response) -> Response:
    """RFC 9110 section 12.5.3 only recommends to leave out what was not asked for."""
    if not answer.body or answer.media_type == "text/event-stream":
        return answer
    sent = answer.with_body(gzip.compress(answer.body, mtime=0))
    varies = ", ".join(filter(None, (answer.headers.get("vary"), "Accept-Encoding")))
    return _weak(fields(sent, {"Content-Encoding": "gzip", "Vary": varies}))
