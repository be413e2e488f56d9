"""A drawn request as a vector: what may be expected of the answer."""

from __future__ import annotations

from harness.exchange import NotJSON, Request
from harness.profile import NESTING, Operation
from harness.vectors import Vector, VectorRequest

PREFIX = "explore."
"""What the ids of explored exchanges begin with."""
SEQUENCE = "explore.sequence."
"""What those begin with whose request rests on earlier ones of its sequence."""


def key(request: Request) -> tuple[str, str, tuple[tuple[str, str], ...], bytes]:
    """The same for the same request."""
    return (request.method, request.url, request.headers.items, request.body)


def size(request: Request) -> tuple[int, bytes, str]:
    """What is smaller is easier to read."""
    fields = sum(len(name) + len(value) for name, value in request.headers)
    return (len(request.body) + len(request.url) + fields, request.body, request.url)


def as_vector(id: str, operation: Operation, request: Request) -> Vector:
    """What the profile's document says of a drawn request: refused (``invalid``), or served or refused but no server error (``boundary``).

    A request that the document allows may still be refused, for what it holds means nothing. Doubt counts for the participant.
    """
    invalid = operation.has_request_body and _is_invalid(operation, request)
    kind, expect = ("invalid", ("4xx",)) if invalid else ("boundary", ("2xx", "4xx"))
    return Vector(id, operation.id, kind, "a request drawn while exploring", (), expect, VectorRequest())  # type: ignore[arg-type]


def _is_invalid(operation: Operation, request: Request) -> bool:
    """Whether the body certainly breaks the schema.

    No such breach are a byte order mark, which a parser may ignore (RFC 8259 section 8.1), nesting that a parser need not follow (section 9),
    lone surrogates (section 8.2) and formats, which are annotations (JSON Schema 2020-12 validation, section 7.2.1).
    """
    if not request.body:
        return bool(operation.definition["requestBody"].get("required"))
    try:
        _ = request.json
    except NotJSON as error:
        return not any(word in str(error) for word in ("byte order mark", "nested too deeply"))
    return any(error.keyword not in ("", "format", NESTING) for error in operation.request_errors(request))
