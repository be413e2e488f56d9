"""Errors as the base standard has them: ``{"error": "..."}``, which can stand beside the members of a problem document (RFC 9457)."""

from __future__ import annotations

import re

from conformance.classification.asking import INFERENCE
from conformance.core.content import accepts
from conformance.core.encoding import has_content
from conformance.core.errors import PROBLEM
from conformance.core.reading import excerpt, parses
from harness.checks import CallNext, Violation, mutant, rule
from harness.exchange import Exchange, Request, Response

_NAME = re.compile(r"[\w.~-]+")
_OF_THE_MODEL = (400, 404, 422, 500)
"""Statuses of a request that failed at the model. Who may ask, how often, and in which form is said before the standard's part begins."""


def _failed(exchange: Exchange) -> bool:
    """Whether a request to a model failed there. Names that no path can hold are refused by the web server in front."""
    operation = exchange.operation
    if (
        operation is None
        or operation.id not in ("infer", "modelMetadata")
        or exchange.status not in _OF_THE_MODEL
        or not has_content(exchange)
    ):
        return False
    if operation.id in INFERENCE and exchange.request.media_type not in operation.body_types:
        return False
    named = all(_NAME.fullmatch(value) for value in operation.path_values(exchange.request.path).values())
    readable = accepts(exchange.request, "application/json") or accepts(exchange.request, PROBLEM)
    return named and readable and (not exchange.answer.is_json or parses(exchange.answer))


@rule("CLAS-ERR-001", when=_failed)
def errors_say_what_in_error(exchange: Exchange) -> None:
    """Inference Response JSON Error Object: the HTTP body must contain the object ``{"error": <error message string>}``; so for metadata."""
    document = exchange.answer.document
    told = document.get("error") if isinstance(document, dict) else None
    if not isinstance(told, str) or not told.strip():
        got = excerpt(exchange.answer.text) or "nothing"
        raise Violation(
            "an error does not say what it is in the member of the standard", expected='{"error": "..."}', got=got, pointer="/error"
        )


@mutant("CLAS-ERR-001")
async def errors_are_problems_alone(request: Request, call_next: CallNext) -> Response:
    """Errors are problem documents without the member that clients of the standard read."""
    answer = await call_next(request)
    if answer.status < 400 or not isinstance(answer.document, dict):
        return answer
    return answer.with_json({name: value for name, value in answer.document.items() if name != "error"})


@mutant("CLAS-ERR-001")
async def errors_are_objects(request: Request, call_next: CallNext) -> Response:
    """The member error holds an object with code and message."""
    answer = await call_next(request)
    if answer.status < 400 or not isinstance(answer.document, dict) or "error" not in answer.document:
        return answer
    return answer.with_json({**answer.document, "error": {"code": answer.status, "message": answer.document["error"]}})
