"""Scenarios that ask twice, otherwise, or at once: correct services of several habits, and the same with one fault."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable

import pytest

from harness.checks import NotApplicable, NotTested, Violation, registry
from harness.exchange import Headers, Request, Response
from tests.conformance.core_asking import Answer, FakeService
from tests.conformance.core_services import Members, good, instead, outcome, problem, response


def tagging(
    *,
    tag: Callable[[Response], str | None] = lambda answer: f'"{hashlib.sha256(answer.body).hexdigest()[:8]}"',
    confirms: Callable[[Request, str], bool] = lambda request, tag: tag.removeprefix("W/") in (request.headers.get("if-none-match") or ""),
    confirmation: Callable[[str], Response] = lambda tag: Response(304, Headers({"ETag": tag})),
    base: Answer = good,
) -> Answer:
    """A service whose resources have tags. ``confirms`` says whether a caller has the current content."""

    def answer(request: Request) -> Response:
        given = base(request)
        own = tag(given) if given.status == 200 and request.method == "GET" else None
        if own is None:
            return given
        return confirmation(own) if confirms(request, own) else given.with_header("ETag", own)

    return answer


def counting() -> Answer:
    """A service whose list is another every time."""
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return response(200, {"subjects": len(seen)}) if request.path == "/subjects" else good(request)

    return answer


@pytest.mark.parametrize(
    ("answer", "current", "old", "one"),
    [
        (good, "NotApplicable", "right", "NotApplicable"),
        (tagging(), "right", "right", "right"),
        (tagging(tag=lambda answer: 'W/"1"'), "right", "right", "NotApplicable"),
        (tagging(confirmation=lambda tag: Response(304, Headers({"ETag": f"W/{tag}"}))), "right", "right", "right"),
        (tagging(base=counting()), "NotApplicable", "right", "right"),
        (tagging(tag=lambda answer: '"1"', base=counting()), "right", "right", "Violation"),
        (tagging(confirms=lambda request, tag: False), "Violation", "right", "right"),
        (tagging(confirmation=lambda tag: Response(304)), "Violation", "right", "right"),
        (tagging(confirmation=lambda tag: problem(412)), "Violation", "right", "right"),
        (tagging(confirmation=lambda tag: problem(500)), "NotApplicable", "right", "right"),
        (tagging(confirms=lambda request, tag: "if-none-match" in request.headers), "right", "Violation", "right"),
        (tagging(confirms=lambda request, tag: "if-modified-since" in request.headers), "Violation", "Violation", "right"),
        (instead("/subjects", problem(404)), "NotTested", "NotTested", "NotTested"),
    ],
)
def test_copies(answer: Answer, current: str, old: str, one: str) -> None:
    assert outcome("CORE-CCH-002", answer) == current
    assert outcome("CORE-CCH-003", answer) == old
    assert outcome("CORE-CCH-005", answer) == one


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Vary": "Accept-Encoding, accept-language"}, "right"),
        ({"Vary": "*"}, "right"),
        ({"Cache-Control": "no-store"}, "NotApplicable"),
        ({"Cache-Control": "private, max-age=5"}, "NotApplicable"),
        ({"Vary": "Accept"}, "Violation"),
        ({}, "Violation"),
    ],
)
def test_what_follows_the_language(headers: dict[str, str], expected: str) -> None:
    def answer(request: Request) -> Response:
        given = good(request)
        language = request.headers.get("accept-language") or "en"
        return Response(given.status, Headers([*given.headers, *headers.items(), ("Content-Language", language)]), given.body)

    assert outcome("CORE-CCH-004", answer) == expected
    assert outcome("CORE-CCH-004") == "NotApplicable"


def head(**headers: str) -> Answer:
    """A service that answers HEAD as GET; ``headers`` stand in place of its own, None (an empty text) for none."""

    def answer(request: Request) -> Response:
        if request.method != "HEAD":
            return good(request)
        given = good(Request("GET", request.url))
        fields = given.headers.with_field("Content-Length", str(len(given.body)))
        for name, value in headers.items():
            fields = fields.with_field(name.replace("_", "-"), value or None)
        return Response(given.status, fields)

    return answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (head(), "right"),
        (head(Content_Length="", Content_Type=""), "right"),
        (good, "NotApplicable"),
        (head(Content_Length="0"), "Violation"),
        (head(Content_Type="text/html"), "Violation"),
        (lambda request: problem(500) if request.method == "HEAD" else good(request), "Violation"),
        (lambda request: problem(501) if request.method == "HEAD" else good(request), "NotApplicable"),
        (lambda request: problem(403) if request.method == "HEAD" else good(request), "NotTested"),
    ],
)
def test_head(answer: Answer, expected: str) -> None:
    assert outcome("CORE-CNT-005", answer) == expected


@pytest.mark.parametrize(
    ("faulty", "expected"),
    [
        (lambda request: False, "right"),
        (lambda request: request.body[:1].isspace(), "Violation"),
        (lambda request: b"\\u" in request.body, "Violation"),
        (lambda request: "Application" in (request.headers.get("content-type") or ""), "Violation"),
        (lambda request: "charset" in (request.headers.get("content-type") or ""), "Violation"),
    ],
)
def test_json_written_otherwise(faulty: Callable[[Request], bool], expected: str) -> None:
    assert outcome("CORE-CNT-006", lambda request: problem(400) if faulty(request) else good(request)) == expected


def test_escapes_mean_the_same() -> None:
    seen: list[str] = []
    outcome("CORE-CNT-006", lambda request: seen.append(request.text) or good(request))
    assert len({json.dumps(json.loads(text), sort_keys=True) for text in seen if text}) == 1


@pytest.mark.parametrize(
    ("status", "expected"), [(200, "right"), (411, "right"), (400, "Violation"), (500, "Violation"), (503, "NotTested")]
)
def test_chunks(status: int, expected: str) -> None:
    def answer(request: Request) -> Response:
        return problem(status) if "transfer-encoding" in request.headers and status != 200 else good(request)

    assert outcome("CORE-ROB-003", answer) == expected


def poisoned(*, times: int, by: Callable[[Request], bool], status: int = 500) -> Answer:
    """A service that fails at the next so many questions after a request of a kind."""
    left = [0]

    def answer(request: Request) -> Response:
        if by(request):
            left[0] = times
        elif left[0] and request.method == "POST":
            left[0] -= 1
            return problem(status)
        return good(request)

    return answer


def is_cut(request: Request) -> bool:
    return request.method == "POST" and request.is_json and request.document is None


def flaky() -> Answer:
    """A service that fails once, in the middle."""
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return problem(500) if len(seen) == 5 and isinstance(request.document, dict) else good(request)

    return answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (good, "right"),
        (lambda request: good(request) if request.method == "GET" else response(200, {"id": "1"}), "right"),
        (flaky(), "right"),
        (poisoned(times=1, by=is_cut), "Violation"),
        (poisoned(times=1, by=is_cut, status=429), "NotTested"),
        (poisoned(times=1, by=lambda request: request.method == "DELETE"), "Violation"),
        (poisoned(times=1, by=lambda request: request.path not in ("/ask", "/subjects")), "Violation"),
    ],
)
def test_nothing_left_behind(answer: Answer, expected: str) -> None:
    assert outcome("CORE-ROB-004", answer) == expected


class Simultaneous(FakeService):
    """A service that takes its time, so that requests sent at once are under way at once; ``late`` changes an answer when it is due."""

    def __init__(
        self, answer: Answer, late: Callable[[Request, Response], Response] = lambda request, answer: answer, **options: Members
    ) -> None:
        super().__init__(answer, **options)  # type: ignore[arg-type]
        self.under_way = 0
        self._late, self._given = late, answer
        self._answer = self._now

    def _now(self, request: Request) -> Response:
        return self._late(request, self._given(request))

    async def send(self, *arguments: object, **options: object):  # type: ignore[no-untyped-def, override]
        """As :meth:`harness.checks.Service.send`."""
        self.under_way += 1
        await asyncio.sleep(0.001)
        try:
            return await super().send(*arguments, **options)  # type: ignore[arg-type]
        finally:
            self.under_way -= 1


def ended(requirement: str, service: FakeService) -> str:
    """How the scenario of a requirement ends with one service."""
    for check in registry.of(requirement):
        if check.kind == "scenario":
            try:
                asyncio.run(check.function(service))
            except (Violation, NotTested, NotApplicable) as end:
                return type(end).__name__
    return "right"


def test_many_at_once() -> None:
    assert ended("CORE-ROB-005", Simultaneous(good)) == "right"
    service = Simultaneous(good)
    service._late = lambda request, answer: answer if service.under_way < 2 or answer.status != 404 else problem(404, title="another")
    assert ended("CORE-ROB-005", service) == "Violation"
    busy = Simultaneous(good)
    busy._late = lambda request, answer: answer if busy.under_way < 2 else problem(429)
    assert ended("CORE-ROB-005", busy) == "NotTested"
    moody = Simultaneous(counting())
    assert ended("CORE-ROB-005", moody) == "right"


def keyed(*, concurrent: int | None = None, twice: bool = False) -> Simultaneous:
    """A service with keys. While one is worked on another gets ``concurrent``, or waits for the result; or the work is done ``twice``."""
    done: dict[str, int] = {}

    def answer(request: Request) -> Response:
        key = request.headers.get("idempotency-key")
        if key is None:
            return good(request)
        if key in done and concurrent is not None and service.under_way == 1 and done[key] == 1:
            done[key] = 2
            return problem(concurrent)
        known = key in done
        done.setdefault(key, 1)
        made = f"{key}-{service.under_way}" if twice else key
        return response(200, {"id": made}, **({"Idempotency_Replayed": "true"} if known else {}))

    service = Simultaneous(answer, card={"capabilities": ["idempotency"]})
    return service


def test_one_key_at_once() -> None:
    assert ended("CORE-IDM-004", keyed()) == "right"
    assert ended("CORE-IDM-004", keyed(concurrent=409)) == "right"
    assert ended("CORE-IDM-004", keyed(concurrent=500)) == "Violation"
    assert ended("CORE-IDM-004", keyed(concurrent=429)) == "NotTested"
    assert ended("CORE-IDM-004", keyed(twice=True)) == "Violation"
    assert ended("CORE-IDM-004", Simultaneous(good)) == "NotApplicable"


def guarding(*, before: bool) -> Answer:
    """A service that refuses unknown tokens, before or after it looks for a kept result."""
    kept: dict[str, Response] = {}

    def answer(request: Request) -> Response:
        key = request.headers.get("idempotency-key") or ""
        if before and key in kept:
            return kept[key]
        if "authorization" in request.headers:
            return problem(401)
        kept[key] = good(request)
        return kept[key]

    return answer


def test_results_for_strangers() -> None:
    card: Members = {"capabilities": ["idempotency"]}
    assert outcome("CORE-IDM-005", guarding(before=False), card=card) == "right"
    assert outcome("CORE-IDM-005", guarding(before=True), card=card) == "Violation"
    assert outcome("CORE-IDM-005", good, card=card) == "NotApplicable"


def told(*versions: str, mark: bool = False) -> Answer:
    """A service whose card says one of these versions after the other, the last for good."""
    left = list(versions)

    def answer(request: Request) -> Response:
        if request.path != "/service-card":
            return good(request)
        version = left.pop(0) if len(left) > 1 else left[0]
        return response(200, {"version": version}, **({"ETag": f'"{version}"'} if mark else {}))

    return answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (told("1"), "right"),
        (told("1", "2", mark=True), "right"),
        (told("1", "2"), "Violation"),
        (told("1", "2", "1", "2", mark=True), "Violation"),
    ],
)
def test_asked_twice(answer: Answer, expected: str) -> None:
    assert outcome("CORE-DOC-004", answer) == expected
