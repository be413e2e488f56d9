"""What an operation is asked, as faults of a service meet it: its body, and the places in it at which a service has to look.

The service itself is sound, so a fault changes what it is asked: an invalid request is repaired before it gets there, a valid one spoiled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from benchmarks.detection.document import Documents, Place
from benchmarks.detection.fault import Fault, Start, encoded
from harness.documents import MAY_IGNORE
from harness.exchange import NotJSON, Request, parse_json
from harness.operation import Operation, SchemaError

BOUNDS = {"minimum": -1, "maximum": 1, "minItems": -1, "maxItems": 1, "minLength": -1, "maxLength": 1}
"""Keywords that bound a value, with the side on which it is beyond them."""


@dataclass(frozen=True, eq=False)
class Asked:
    """The requests of one operation that takes a body."""

    documents: Documents = field(repr=False)
    operation: Operation

    @cached_property
    def places(self) -> list[Place]:
        """The body and the places in it, but for what the document lets a service ignore (``x-may-ignore``).

        A service need not see what is wrong there, and one that does not know such a member may refuse the request (the profile's description).
        """
        schema, at = self.documents.request_schema(self.operation)
        places = [Place((), schema, at, at, True), *self.documents.places(at)]
        ignorable = [place.steps for place in places if place.schema.get(MAY_IGNORE)]
        return [place for place in places if not any(place.steps[: len(steps)] == steps for steps in ignorable)]

    def body(self, request: Request) -> Any:
        """The value that a request asks with; None where it is none of this operation's, or no JSON."""
        if self.documents.operation_of(request) is not self.operation or not request.is_json:
            return None
        try:
            return parse_json(request.body)
        except NotJSON:
            return None

    def errors(self, value: Any) -> list[SchemaError]:
        """How a body fails the document."""
        return self.documents.schema(self.places[0].at).errors(value)

    def fault(self, place: Place, name: str, operator: str, what: str, start: Start) -> Fault:
        """A fault that waits for requests with something at a place."""
        where = place.pointer or "/"
        return Fault(
            f"{self.operation.id}.request.{where}.{name}",
            operator,
            f"{self.operation.id}: in the request, {where} {what}",
            start,
            waits=True,
        )


def asked(documents: Documents) -> Iterator[Asked]:
    """What each operation with a body is asked."""
    return (Asked(documents, operation) for operation in documents.operations if operation.has_request_body)


def asking(request: Request, value: Any) -> Request:
    """The request with another body."""
    return Request(request.method, request.url, request.headers, encoded(value))


def types(place: Place) -> set[str]:
    """The JSON types that a place may have."""
    kinds = place.schema.get("type", ())
    return {kinds} if isinstance(kinds, str) else set(kinds)
