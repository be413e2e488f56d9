"""A drawn request as a vector: what may be expected of the answer."""

from __future__ import annotations

from harness.exchange import Request
from harness.operation import Operation
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


def expected(id: str, operation: Operation, request: Request) -> Vector:
    """What may be expected of the answer to a drawn request: refused (``invalid``), or served or refused but no server error (``boundary``).

    A request that the document allows may still be refused, for what it holds means nothing.
    """
    kind, expect = ("invalid", ("4xx",)) if operation.must_refuse(request) else ("boundary", ("2xx", "4xx"))
    return Vector(id, operation.id, kind, "a request drawn while exploring", (), expect, VectorRequest())  # type: ignore[arg-type]
