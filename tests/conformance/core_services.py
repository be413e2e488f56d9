"""Services in this process for the tests of core's scenarios: a good one, and ways to make it worse."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from harness.checks import NeedsReview, NotApplicable, NotTested, Violation, registry
from harness.exchange import Headers, Request, Response
from tests.conformance.core_asking import Answer, FakeService, encoded

Members = Mapping[str, Any]

DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Asking", "version": "1.2.3", "contact": {"url": "https://example.lt"}},
    "paths": {
        "/ask": {"post": {"responses": {"200": {"description": "The answer."}}}},
        "/subjects": {"get": {"responses": {"2XX": {"description": "What may be asked."}}}},
    },
}
SECURITY = "# who to tell\nContact: mailto:security@example.lt\nExpires: 2099-01-01T00:00:00z\n"


def response(status: int = 200, content: Any = None, kind: str | None = "application/json", **headers: str) -> Response:
    """A response; header names are written with underscores."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, Headers({**({"Content-Type": kind} if kind else {}), **fields}), encoded({} if content is None else content))


def problem(status: int, **members: Any) -> Response:
    return response(status, {"type": "about:blank", "title": "no", "status": status, "detail": "no", **members}, "application/problem+json")


def good(request: Request) -> Response:
    """A correct service that knows its three paths and nobody's tokens."""
    if request.method == "POST" and request.path == "/ask":
        if not request.is_json:
            return problem(415)
        return response(200, {"id": "1", "text": "Taip."}) if isinstance(request.document, dict) else problem(400)
    if request.method != "GET":
        return Response(405, Headers({"Allow": "GET"}))
    if request.path == "/openapi.json":
        return response(200, DESCRIPTION)
    if request.path == "/.well-known/security.txt":
        return response(200, SECURITY, "text/plain; charset=utf-8")
    return response(200, {"subjects": []}) if request.path == "/subjects" else problem(404)


def outcome(requirement: str, answer: Answer = good, **options: Any) -> str:
    """How the scenarios of a requirement end: the first that is not right decides."""
    ended = "right"
    for check in [check for check in registry.of(requirement) if check.kind == "scenario"]:
        try:
            asyncio.run(check.function(FakeService(answer, **options)))
        except (Violation, NotTested, NotApplicable, NeedsReview) as end:
            ended = type(end).__name__
    return ended


def instead(path: str, given: Response, only: str | None = None) -> Answer:
    """The good service with another answer at one path, for one method or all."""

    def answer(request: Request) -> Response:
        return given if request.path == path and request.method in (only or request.method) else good(request)

    return answer


def refusing(status: int, fault: str) -> Answer:
    """The good service, but a request in which ``fault`` stands (in a header's value or the body) is answered with ``status``."""

    def answer(request: Request) -> Response:
        told = " ".join(value for _, value in request.headers) + request.text
        return problem(status) if fault in told else good(request)

    return answer
