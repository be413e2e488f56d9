"""A drawn request as a vector: what may be expected of the answer."""

from __future__ import annotations

from collections.abc import Sequence

from harness.exchange import NotJSON, Request
from harness.operation import Operation, pointer_step
from harness.profile import Profile
from harness.vectors import Vector, VectorRequest
from harness.vectors.form import Form, followed

PREFIX = "explore."
"""What the ids of explored exchanges begin with."""
NO_VALUE = "no value of JSON Schema"
"""How :class:`harness.vectors.form.Form` calls a value that no schema describes: with a lone surrogate, or nested too deeply."""
SEQUENCE = "explore.sequence."
"""What those begin with whose request rests on earlier ones of its sequence."""


def key(request: Request) -> tuple[str, str, tuple[tuple[str, str], ...], bytes]:
    """The same for the same request."""
    return (request.method, request.url, request.headers.items, request.body)


def size(request: Request) -> tuple[int, bytes, str]:
    """What is smaller is easier to read."""
    fields = sum(len(name) + len(value) for name, value in request.headers)
    return (len(request.body) + len(request.url) + fields, request.body, request.url)


class Expectations:
    """What may be expected of the answers to drawn requests, by the documents of some profiles."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._documents = {profile.key: profile.document for profile in profiles}
        self._forms: dict[str, Form] = {}

    def vector(self, id: str, operation: Operation, request: Request) -> Vector:
        """What the profile's document says of a drawn request: refused (``invalid``), or served or refused but no server error (``boundary``).

        A request that the document allows may still be refused, for what it holds means nothing. Doubt counts for the participant.
        """
        invalid = operation.has_request_body and self._is_invalid(operation, request)
        kind, expect = ("invalid", ("4xx",)) if invalid else ("boundary", ("2xx", "4xx"))
        return Vector(id, operation.id, kind, "a request drawn while exploring", (), expect, VectorRequest())  # type: ignore[arg-type]

    def _is_invalid(self, operation: Operation, request: Request) -> bool:
        """Whether the body certainly breaks the schema.

        No such breach are a byte order mark, which a parser may ignore (RFC 8259 section 8.1), nesting that a parser need not follow (section
        9), lone surrogates (section 8.2), formats, which are annotations (JSON Schema 2020-12 validation, section 7.2.1), and what is wrong in a
        member that the profile lets a service ignore (``x-may-ignore``).
        """
        body = operation.definition["requestBody"]
        if not request.body:
            return bool(body.get("required"))
        try:
            value = request.json
        except NotJSON as error:
            return not any(words in str(error) for words in ("byte order mark", "nested too deeply"))
        if "schema" not in body["content"].get("application/json", {}):
            return False
        reading = self._form(operation).read(value)
        return any(feature.state != NO_VALUE and not reading.may_be_ignored(feature.place) for _, feature in reading.broken)

    def _form(self, operation: Operation) -> Form:
        if operation.id not in self._forms:
            place = f"/paths/{pointer_step(operation.path)}/{operation.method.lower()}/requestBody"
            key, pointer = followed(self._documents, operation.profile, place)
            self._forms[operation.id] = Form(self._documents, key, f"{pointer}/content/application~1json/schema")
        return self._forms[operation.id]
