"""What the profiles' OpenAPI documents say of each place in a message: the ground from which faults are derived."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from harness.documents import HOST, pointer_step, reference_to, registry_of, resolved
from harness.exchange import Request, Response, parse_events, parse_json
from harness.operation import Operation, Schema
from harness.profile import Profile

_CONDITIONAL = ("allOf", "anyOf", "oneOf", "then", "else")
"""Keywords whose subschemas speak of the same place."""
STREAM = "text/event-stream"


@dataclass(frozen=True)
class Place:
    """A place in a message: the steps that lead there (0 is the first item of a list), its schema, and the schema of what holds it.

    ``needed``: some ``required``, be it conditional, names it.
    """

    steps: tuple[str | int, ...]
    schema: Mapping[str, Any] = field(repr=False)
    at: str
    parent: str
    needed: bool

    @property
    def pointer(self) -> str:
        """As a JSON Pointer."""
        return pointer(self.steps)


def pointer(steps: Sequence[str | int]) -> str:
    """Steps as a JSON Pointer (RFC 6901)."""
    return "".join(f"/{pointer_step(str(step))}" for step in steps)


@dataclass(frozen=True)
class Part:
    """One form of an answer: a status and a media type of an operation, with the schema of its content (of each event, in a stream)."""

    operation: Operation
    status: str
    media_type: str
    schema: Mapping[str, Any] = field(repr=False)
    at: str
    definition: Mapping[str, Any] = field(repr=False)
    """The media type object, with its examples."""

    @property
    def is_stream(self) -> bool:
        """Whether the schema is that of the events."""
        return self.media_type == STREAM

    @property
    def label(self) -> str:
        """As ids of faults name it: ``createChatCompletion.200.json``."""
        kind = "stream" if self.is_stream else self.media_type.rpartition("/")[2].rpartition("+")[2]
        return f"{self.operation.id}.{self.status}.{kind}"

    @cached_property
    def examples(self) -> list[Any]:
        """The example values; those of a stream are its events."""
        values = [each["value"] for each in self.definition.get("examples", {}).values()]
        if not self.is_stream:
            return values
        return [parse_json(event.data.encode()) for value in values for event in parse_events(value.encode()) if event.data != "[DONE]"]


class Documents:
    """The documents of some profiles, core first, which refer to each other."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self.profiles = profiles
        self.operations = [operation for profile in reversed(profiles) for operation in profile.operations]
        self._documents = {profile.key: profile.document for profile in profiles}
        self._registry = registry_of(self._documents)
        self._compiled: dict[str, Schema] = {}

    def operation_of(self, request: Request) -> Operation | None:
        """The operation that a request addresses; HEAD is a GET without the content."""
        method = "GET" if request.method == "HEAD" else request.method
        return next((each for each in self.operations if each.method == method and each.matches_path(request.path)), None)

    def parts(self) -> list[Part]:
        """Every form of answer that has a schema which says something, in the order of the documents."""
        return [part for operation in self.operations for part in self._parts_of(operation)]

    def _parts_of(self, operation: Operation) -> Iterator[Part]:
        for status, response in operation.definition["responses"].items():
            for kind, content in response.get("content", {}).items():
                keyword = "x-event-schema" if kind == STREAM else "schema"
                if content.get(keyword):
                    place = self._place_of(operation, status, kind, keyword)
                    schema, at = resolved(self._documents, *place)
                    yield Part(operation, status, kind, schema, at, content)

    def _place_of(self, operation: Operation, status: str, kind: str, keyword: str) -> tuple[str, str]:
        key, pointer = operation.profile, f"/paths/{pointer_step(operation.path)}/{operation.method.lower()}/responses/{status}"
        _, at = resolved(self._documents, key, pointer)
        key, pointer = self._parted(at)
        return key, f"{pointer}/content/{pointer_step(kind)}/{keyword}"

    def request_schema(self, operation: Operation) -> tuple[Mapping[str, Any], str]:
        """The schema of an operation's JSON body, and where it stands."""
        pointer = f"/paths/{pointer_step(operation.path)}/{operation.method.lower()}/requestBody/content/application~1json/schema"
        return resolved(self._documents, operation.profile, pointer)

    def places(self, at: str) -> list[Place]:
        """Every place within what the schema at ``at`` describes, each schema once where it contains itself."""
        key, pointer = self._parted(at)
        return list(self._walk(key, pointer, (), at, False, frozenset()))

    def _walk(
        self, key: str, pointer: str, steps: tuple[str | int, ...], parent: str, needed: bool, above: frozenset[str]
    ) -> Iterator[Place]:
        schema, at = resolved(self._documents, key, pointer)
        if at in above or not isinstance(schema, Mapping):
            return
        if steps and schema:
            yield Place(steps, schema, at, parent, needed)
        yield from self._within(schema, at, steps, at, above | {at})

    def _within(
        self, schema: Mapping[str, Any], at: str, steps: tuple[str | int, ...], whole: str, above: frozenset[str]
    ) -> Iterator[Place]:
        """The places below a schema, its branches taken for the same value. ``whole`` is the schema that holds the branches."""
        key, pointer = self._parted(at)
        named = required_names(schema)
        for name in schema.get("properties", {}):
            below = f"{pointer}/properties/{pointer_step(name)}"
            yield from self._walk(key, below, (*steps, name), whole, name in named, above)
        if isinstance(schema.get("items"), Mapping):
            yield from self._walk(key, f"{pointer}/items", (*steps, 0), whole, False, above)
        for keyword in _CONDITIONAL:
            branches = schema.get(keyword)
            places = [f"{pointer}/{keyword}/{number}" for number in range(len(branches))] if isinstance(branches, list) else []
            for place in places or ([f"{pointer}/{keyword}"] if isinstance(branches, Mapping) else []):
                branch, branch_at = resolved(self._documents, key, place)
                if branch_at in above:
                    continue
                # a branch of its own name is a kind of value, whose rules hold for all of it; an unnamed one adds to its surroundings
                holder = branch_at if branch_at != reference_to(key, place) else whole
                yield from self._within(branch, branch_at, steps, holder, above | {branch_at})

    def schema(self, at: str) -> Schema:
        """The schema at a place, compiled once."""
        if at not in self._compiled:
            self._compiled[at] = Schema(at, self._registry)
        return self._compiled[at]

    def refuses(self, at: str, value: Any) -> bool:
        """Whether a value does not fit the schema at a place."""
        return bool(self.schema(at).errors(value))

    def headers(self, part: Part) -> list[str]:
        """The headers that the document declares for an answer."""
        return list(part.operation.definition["responses"][part.status].get("headers", {}))

    def asks_for_header(self, part: Part, name: str) -> bool:
        """Whether an answer has to have a header: the document says ``required``, or a requirement says that such answers carry it.

        A requirement that says how a header is to be *where it stands*, or that one of two shows a change, asks for none. One that excepts the
        operation by its path asks for none there, and one on errors asks nothing of successes.
        """
        declared = part.operation.definition["responses"][part.status]["headers"][name]
        if declared.get("required"):
            return True
        asked = re.compile(rf"\b(?:MUST|SHOULD)\b(?! NOT)[^.]*\b(?:carry|with|by|in) {re.escape(name)}\b(?! or)")
        excepted = re.compile(rf"\bonly\b.*{re.escape(part.operation.path)}(?![\w/])")
        statements = [each.statement.en for profile in self.profiles for each in profile.requirements if each.side == "provider"]
        return any(
            asked.search(each) and not excepted.search(each) and (part.status != "200" or not re.search(r"\berrors?\b", each))
            for each in statements
        )

    def parameters(self, operation: Operation, where: str) -> list[Mapping[str, Any]]:
        """The parameters of an operation in ``header``, ``path`` or ``query``."""
        pointer = f"/paths/{pointer_step(operation.path)}/{operation.method.lower()}/parameters"
        numbers = range(len(operation.definition.get("parameters", [])))
        found = [resolved(self._documents, operation.profile, f"{pointer}/{number}")[0] for number in numbers]
        return [each for each in found if each["in"] == where]

    def _parted(self, at: str) -> tuple[str, str]:
        address, _, fragment = at.partition("#")
        return address.removeprefix(HOST).removesuffix("/openapi.yaml"), unquote(fragment)


def required_names(schema: Any) -> set[str]:
    """The members that a schema or one of its branches requires."""
    if not isinstance(schema, Mapping):
        return set()
    names = set(schema.get("required", ()))
    for keyword in _CONDITIONAL:
        branches = schema.get(keyword)
        for branch in branches if isinstance(branches, list) else [branches]:
            names |= required_names(branch)
    return names


def found(value: Any, steps: Sequence[str | int]) -> tuple[Any, str | int] | None:
    """The object or list that holds the place the steps lead to, and the last step; None where the value has no such place."""
    for step in steps[:-1]:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    last = steps[-1]
    if isinstance(value, dict) if isinstance(last, str) else isinstance(value, list) and len(value) > last:
        return value, last
    return None


def present(value: Any, steps: Sequence[str | int]) -> bool:
    """Whether a value has the place that the steps lead to."""
    place = found(value, steps)
    return place is not None and (isinstance(place[1], int) or place[1] in place[0])


def documented(part: Part, answer: Response) -> bool:
    """Whether an answer is of this form."""
    if answer.media_type != part.media_type:
        return False
    if part.status == "default":
        return answer.status >= 400 and str(answer.status) not in part.operation.definition["responses"]
    return str(answer.status) == part.status
