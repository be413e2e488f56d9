"""Single changes of a profile's own document, each of which breaks a promise: what a provider's document may get wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.documents import pointer_step

Change = Callable[[Any], Any]
"""Takes what stands at a place and returns what is to stand there."""
_BRANCHES = ("allOf", "anyOf", "oneOf", "then", "else")


@dataclass(frozen=True)
class Mutation:
    """A change at a JSON Pointer of a document."""

    pointer: str
    label: str
    change: Change

    def __str__(self) -> str:
        return f"{self.pointer} {self.label}"

    def of(self, document: Mapping[str, Any]) -> Any:
        """The document with the change."""
        changed = copy.deepcopy(document)
        *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in self.pointer.split("/")[1:]]
        holder: Any = changed
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        key: Any = int(last) if isinstance(holder, list) else last
        holder[key] = self.change(holder[key])
        if holder[key] is DROPPED:
            del holder[key]
        return changed


DROPPED: Any = object()


def mutations(document: Mapping[str, Any]) -> Iterator[Mutation]:
    """All of them, each place once in each direction."""
    seen: set[tuple[str, str]] = set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if not isinstance(operation, Mapping) or "responses" not in operation:
                continue
            place = f"/paths/{pointer_step(path)}/{method}"
            yield from _operation(place, operation)
            yield from _request(document, place, operation, seen)
            yield from _answers(document, place, operation, seen)


def _operation(place: str, operation: Mapping[str, Any]) -> Iterator[Mutation]:
    if not operation.get("x-optional"):
        yield Mutation(place, "operation dropped", lambda _: DROPPED)
    yield Mutation(
        place, "new required query parameter", _with_parameter({"name": "tenant", "in": "query", "required": True, "schema": {}})
    )
    yield Mutation(place, "new required header", _with_parameter({"name": "X-Tenant", "in": "header", "required": True, "schema": {}}))
    yield Mutation(place, "only a password lets in", lambda each: {**each, "security": [{"key": []}]})


def _with_parameter(parameter: Mapping[str, Any]) -> Change:
    return lambda each: {**each, "parameters": [*each.get("parameters", ()), dict(parameter)]}


def _request(document: Mapping[str, Any], place: str, operation: Mapping[str, Any], seen: set[tuple[str, str]]) -> Iterator[Mutation]:
    for number, parameter in enumerate(operation.get("parameters", ())):
        at = f"{place}/parameters/{number}"
        if parameter.get("in") == "query":
            yield Mutation(at, "parameter dropped", lambda _: DROPPED)
            yield Mutation(at, "parameter required", lambda each: {**each, "required": True})
        if parameter.get("in") in ("query", "path"):
            yield Mutation(f"{at}/schema", "at most one letter", lambda each: {**each, "maxLength": 1, "minLength": 0})
            yield Mutation(f"{at}/schema", "an integer", lambda _: {"type": "integer"})
    content = operation.get("requestBody", {}).get("content", {})
    for kind in list(content)[:1]:
        at = f"{place}/requestBody/content/{pointer_step(kind)}"
        yield Mutation(f"{place}/requestBody/content", "another media type", lambda each, kind=kind: {"application/xml": each[kind]})
        for pointer, schema in _places(document, f"{at}/schema", "request", seen, frozenset()):
            yield from (Mutation(pointer, label, change) for label, change in _tightened(schema))


def _answers(document: Mapping[str, Any], place: str, operation: Mapping[str, Any], seen: set[tuple[str, str]]) -> Iterator[Mutation]:
    for status, response in operation["responses"].items():
        at = f"{place}/responses/{status}"
        if status.startswith("2"):
            yield Mutation(at, "success dropped", lambda _: DROPPED)
            yield Mutation(
                f"{place}/responses", "another status", lambda each, s=status: {"299" if k == s else k: v for k, v in each.items()}
            )
        if "$ref" in response:
            at, response = response["$ref"][1:], _at(document, response["$ref"][1:]) if response["$ref"].startswith("#") else {}
        for kind, media in list(response.get("content", {}).items()):
            below = f"{at}/content/{pointer_step(kind)}"
            if kind == "application/json" and status.startswith("2") and media.get("schema"):
                yield Mutation(f"{at}/content", "another media type", lambda each, kind=kind: {"application/xml": each[kind]})
            keyword = "x-event-schema" if "x-event-schema" in media else "schema"
            if keyword == "schema" and not kind.endswith("json"):
                continue
            for pointer, schema in _places(document, f"{below}/{keyword}", "answer", seen, frozenset()):
                yield from (Mutation(pointer, label, change) for label, change in _widened(schema))


def _places(
    document: Mapping[str, Any], pointer: str, direction: str, seen: set[tuple[str, str]], above: frozenset[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    schema = _at(document, pointer)
    if (pointer, direction) in seen or not isinstance(schema, Mapping):
        return
    seen.add((pointer, direction))
    yield pointer, schema
    if str(schema.get("$ref", "")).startswith("#"):
        yield from _places(document, schema["$ref"][1:], direction, seen, above)
    below = [f"{pointer}/properties/{pointer_step(name)}" for name in schema.get("properties", {})]
    below += [f"{pointer}/{name}" for name in ("items", "additionalProperties", "then", "else") if isinstance(schema.get(name), Mapping)]
    below += [f"{pointer}/{name}/{number}" for name in _BRANCHES[:3] for number, _ in enumerate(schema.get(name, ()))]
    for each in below:
        yield from _places(document, each, direction, seen, above)


def _at(document: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


def _types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _tightened(schema: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
    """Changes after which fewer requests are taken."""
    types = _types(schema)
    if "null" in types:
        yield "null refused", lambda each: {**each, "type": [name for name in _types(each) if name != "null"]}
    if "maximum" in schema:
        yield "smaller maximum", lambda each: {**each, "maximum": each["maximum"] - 1}
    elif {"integer", "number"} & set(types):
        yield "new maximum", lambda each: {**each, "maximum": 100}
    if "minimum" in schema:
        yield "greater minimum", lambda each: {**each, "minimum": each["minimum"] + 1}
    if "string" in types and "enum" not in schema:
        yield "new maxLength", lambda each: {**each, "maxLength": min(each.get("maxLength", 10), 10) - 1}
        yield "new pattern", lambda each: {**each, "pattern": "^(Q[0-9]{3})$"}
    if "array" in types:
        yield "new maxItems", lambda each: {**each, "maxItems": max(each.get("minItems", 0), 1)}
    if len(schema.get("enum", ())) > 1:
        yield "enum without one", lambda each: {**each, "enum": each["enum"][1:]}
    if "object" in types and "properties" in schema:
        yield "new required member", lambda each: {**each, "required": [*each.get("required", ()), "tenant"]}
        optional = [name for name in schema["properties"] if name not in schema.get("required", ())]
        if optional:
            yield f"{optional[0]} required", lambda each: {**each, "required": [*each.get("required", ()), optional[0]]}
            named = {name: True for name in schema["properties"] if name != optional[0]}
            yield f"{optional[0]} refused", lambda each: {**each, "allOf": [{"properties": named, "additionalProperties": False}]}
    if types and "object" not in types:
        yield "an object", lambda each: {"type": "object"}


def _widened(schema: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
    """Changes after which more answers are possible."""
    types = _types(schema)
    for name in schema.get("required", ()):
        if name in schema.get("properties", {}) and "type" in schema:
            yield (
                f"{name} not required",
                lambda each, name=name: {**each, "required": [other for other in each["required"] if other != name]},
            )
    if "enum" in schema:
        yield "enum with one more", lambda each: {**each, "enum": [*each["enum"], "other"]}
    if "const" in schema:
        yield "another value", lambda each: {"const": "other"}
    if types and "null" not in types:
        yield "null too", lambda each: {**each, "type": [*_types(each), "null"]}
    if types:
        yield "another type", lambda each: {"type": "boolean" if "boolean" not in _types(each) else "integer"}
    for keyword in ("minimum", "maximum", "minLength", "maxLength", "minItems", "pattern", "format"):
        if keyword in schema:
            yield f"no {keyword}", lambda each, keyword=keyword: {name: value for name, value in each.items() if name != keyword}
