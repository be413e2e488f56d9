"""What a consumer asks: pairs that there are, jobs that can be told apart, and when it comes back for them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from conformance.core.reading import excerpt
from conformance.translation.jobs import JOBS
from conformance.translation.translating import UNKNOWN
from harness.checks import CallNext, NotApplicable, Violation, claim, mutant, rule
from harness.exchange import Exchange, Request, Response, seconds_to_wait

_KEY = "Idempotency-Key"
_EARLY = 0.25
"""Seconds that a timer may be early, or the end of an answer noted late."""


def _content(exchange: Exchange, *operations: str) -> dict[str, Any] | None:
    """What a client sent to one of these operations, where it is a JSON object."""
    if exchange.operation is None or exchange.operation.id not in operations:
        return None
    document = exchange.request.document
    return document if isinstance(document, dict) else None


def _unsupported(exchange: Exchange) -> bool:
    """Whether the service says that it does not have the pair: by the type of its problem, or in the words of the standard's server."""
    document = exchange.answer.document if exchange.response and 400 <= exchange.status < 500 else None
    if not isinstance(document, dict):
        return False
    type, error = document.get("type"), document.get("error")
    if isinstance(type, str):
        return type.rstrip("/").endswith("unsupported-pair")
    return isinstance(error, str) and (error.endswith("is not supported") or "is not available as a target language" in error)


def _asks_for_a_pair(exchange: Exchange) -> bool:
    return _content(exchange, "translate", "createJob") is not None and (exchange.succeeded or _unsupported(exchange))


@rule("TRNS-REQ-001", when=_asks_for_a_pair)
def pairs_asked_are_there(exchange: Exchange) -> None:
    """LibreTranslate, app.py, langs. It is the service that says so: a service may know a language by more codes than it lists."""
    if _unsupported(exchange):
        content = exchange.request.document
        got = excerpt(f"{content.get('source')} → {content.get('target')}")
        raise Violation("the service does not have this pair of languages", expected="a pair of /languages", got=got, pointer="/target")


async def _with_content(request: Request, call_next: CallNext, *paths: str, **members: Any) -> Response:
    """What comes of a request to one of these paths with these members in the place of its own; None leaves one out."""
    if request.method != "POST" or request.path not in paths or not isinstance(request.document, dict):
        return await call_next(request)
    content = {**request.document, **members}
    return await call_next(request.with_json({name: value for name, value in content.items() if value is not None or name not in members}))


@mutant("TRNS-REQ-001")
async def languages_are_those_of_a_phone(request: Request, call_next: CallNext) -> Response:
    """The client names the target as its operating system does, whatever the service lists."""
    return await _with_content(request, call_next, "/translate", JOBS, target=UNKNOWN)


class _OfJobs:
    """Something asked of clients that have jobs; one that has none is asked nothing. ``wrong`` is the first thing that was."""

    nothing = "the client sends no job"

    def __init__(self) -> None:
        self._seen = False
        self._wrong: Violation | None = None

    def _hold(self, exchange: Exchange, check: Callable[[Exchange], None]) -> None:
        self._seen = True
        try:
            check(exchange)
        except Violation as violation:
            violation.exchange = violation.exchange or exchange
            self._wrong = self._wrong or violation

    def decide(self, card: Mapping[str, Any]) -> None:
        """Whether every job was as it has to be."""
        if self._wrong is not None:
            raise self._wrong
        if not self._seen:
            raise NotApplicable(self.nothing)


@claim("TRNS-REQ-002")
class CallbacksAreSafe(_OfJobs):
    """Profile translation/1, Callbacks: a translation comes back over TLS (RFC 9110 section 4.2.2), with a token to know it by."""

    nothing = "no job of the client calls back"

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """Look at the callback of a job."""
        content = _content(exchange, "createJob") or {}
        if isinstance(content.get("callback"), dict):
            self._hold(exchange, _is_safe)


def _is_safe(exchange: Exchange) -> None:
    callback = exchange.request.document["callback"]
    url = urlsplit(str(callback.get("url")))
    if url.scheme.lower() != "https" and not _is_loopback(url.hostname or ""):
        got = f"{url.scheme}://{url.hostname}"
        raise Violation("translations are called back without TLS", expected="https", got=got, pointer="/callback/url")
    if not callback.get("token"):
        raise Violation("a callback has no token to know it by", expected="a token", got="no token", pointer="/callback/token")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761 section 6.3


@mutant("TRNS-REQ-002")
async def callbacks_come_without_tls(request: Request, call_next: CallNext) -> Response:
    """Inside the administration's network nobody listens, so the client is called back by plain HTTP."""
    callback = {"url": "http://tlumaczenia.urzad.example/callback", "token": "0123456789abcdef"}
    return await _with_content(request, call_next, JOBS, callback=callback)


@mutant("TRNS-REQ-002")
async def callbacks_come_without_a_token(request: Request, call_next: CallNext) -> Response:
    """The address of the callback is long, and the client takes it for a secret."""
    return await _with_content(request, call_next, JOBS, callback={"url": "https://tlumaczenia.urzad.example/callback/8f3a"})


@claim("TRNS-REQ-003")
class JobsHaveAKey(_OfJobs):
    """draft-ietf-httpapi-idempotency-key-header-07, section 2.1: without a key a lost answer leaves the client with two jobs or none."""

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """Look at the key of a job."""
        if _content(exchange, "createJob") is not None:
            self._hold(exchange, _has_a_key)


def _has_a_key(exchange: Exchange) -> None:
    if not (exchange.request.headers.get(_KEY) or "").strip():
        raise Violation("a job is sent without a key", expected=_KEY, got=f"no {_KEY} header", pointer=f"header:{_KEY}")


@mutant("TRNS-REQ-003", also=("CORE-IDM-006",))
async def jobs_are_sent_without_a_key(request: Request, call_next: CallNext) -> Response:
    """The client sends keys with translations that are given at once, and not with jobs."""
    return await call_next(request.with_header(_KEY, None) if request.path == JOBS else request)


@claim("TRNS-REQ-004")
class JobsAreLeftInPeace(_OfJobs):
    """RFC 9110 section 10.2.3: Retry-After says how long the client ought to wait before it asks again."""

    nothing = "the client reads no job again after it was told when"

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, tuple[float, float]] = {}

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """Hold a reading of a job against what the reading before it was told."""
        if exchange.operation is None or exchange.operation.id != "getJob":
            return
        if exchange.request.path in self._told:
            self._hold(exchange, self._in_time)
        end = exchange.started + exchange.duration
        wait = seconds_to_wait(exchange.answer, end) if exchange.succeeded else None
        self._told.pop(exchange.request.path, None)
        if wait:
            self._told[exchange.request.path] = (end, wait)

    def _in_time(self, exchange: Exchange) -> None:
        end, wait = self._told[exchange.request.path]
        waited = exchange.started - end
        if waited < wait - _EARLY:
            raise Violation("a job is read before its time", expected=f"{wait:g} s", got=f"{waited:.1f} s", pointer="header:Retry-After")


@mutant("TRNS-REQ-004")
async def jobs_are_read_without_pause(request: Request, call_next: CallNext) -> Response:
    """The client reads a job again at once until it is done."""
    answer = await call_next(request)
    for _ in range(3):
        if request.method != "GET" or not request.path.startswith(f"{JOBS}/") or "retry-after" not in answer.headers:
            break
        answer = await call_next(request)
    return answer
