"""A schema of an OpenAPI document by itself: everything it refers to beside it, in the meaning of JSON Schema 2020-12.

Requests and answers read the same schema differently. A member that is ``readOnly`` need not be in a request, one that is ``writeOnly`` not in an
answer (OpenAPI 3.0.4 section 4.7.24.2). Where OpenAPI leaves room, doubt counts for the provider: a request may hold null wherever ``nullable``
stands (OpenAPI 3.1 has no such keyword, and documents have it all the same), an answer does only where the whole schema allows it. What is sent
holds no members but those that are named, if some are: a client of the profile does not use what only one provider has, and a provider does not
answer with what its document does not speak of.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import unquote

import jsonschema_rs

from harness.comparison.document import Document, Place, listed, mapping
from harness.openapi import CannotTell

Direction = Literal["request", "response"]

_VALUES = re.compile(
    "type|enum|const|multipleOf|(exclusive)?(Max|Min|max|min)imum|(max|min)(Length|Items|Contains|Properties)|pattern|format|uniqueItems|"
    "required|dependentRequired"
)
_SCHEMAS = re.compile("items|(additional|unevaluated)Properties|unevaluatedItems|not|if|then|else|contains|propertyNames")
_LISTS = frozenset(["allOf", "anyOf", "oneOf", "prefixItems"])
_MAPS = frozenset(["properties", "patternProperties", "dependentSchemas"])
_BRANCHES = frozenset(["not", "if", "then", "else", "contains", "propertyNames"])
_UNREAD = frozenset(["$dynamicRef", "$recursiveRef", "$id", "dependencies"])


@dataclass
class Schema:
    """``definitions`` by made-up names, ``start`` among them; ``origins`` says where each stands in the document."""

    document: Document
    direction: Direction
    closed: bool = False
    """Whether a value holds no members but those that are named, as far as some are."""
    definitions: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Place] = field(default_factory=dict)

    @property
    def root(self) -> dict[str, Any]:
        """What a registry holds."""
        return {"$defs": self.definitions}

    def copied(self) -> Schema:
        """A copy whose definitions can be changed."""
        return replace(self, definitions=copy.deepcopy(self.definitions))

    def origin(self, location: str) -> Place:
        """Where a keyword stands in the document, of which a validator gives the ``location`` within the definitions."""
        _, _, name, *steps = unquote(location.partition("#")[2]).split("/")
        place = self.origins[name]
        node, entered = self.document.at(place), False
        while steps:
            name = steps.pop(0).replace("~1", "/").replace("~0", "~")
            if name == "anyOf" and isinstance(node, Mapping):
                if not entered and self.or_null(node):
                    steps[:1], entered = [], True  # what stands for nullable is not in the document
                    continue
                name = name if name in node else "oneOf"  # a search loosens it so
            place, entered = place.down(name), False
            node = node[int(name)] if isinstance(node, list) else mapping(node).get(name)
        return place

    def or_null(self, node: Mapping[str, Any]) -> bool:
        """Whether a schema stands here as one of two branches, the other of which is null."""
        if node.get("nullable") is not True or self.direction != "request":
            return False
        return not isinstance(node.get("type"), str) or bool(node.keys() & {"allOf", "anyOf", "oneOf", "not"})


def schema_at(document: Document, place: Place, direction: Direction, *, closed: bool = False) -> Schema:
    """The schema at a place. Raises :class:`CannotTell` where it uses something that is not read here."""
    schema = Schema(document, direction, closed)
    try:
        _Reader(schema).define(place)
    except _OfTwoMindsError:
        return schema_at(document, place, direction)
    return schema


class _OfTwoMindsError(Exception):
    """Two parts of a schema name different members of the same object, so that closing each would leave it none."""


def any_value(document: Document, place: Place) -> Schema:
    """The schema that says nothing, for a place that has none."""
    return Schema(document, "response", definitions={"s0": True}, origins={"s0": place})


class _Reader:
    def __init__(self, schema: Schema) -> None:
        self.schema, self.document = schema, schema.document
        self._is_30 = schema.document.version == "3.0"
        self._names: dict[tuple[Place, bool], str] = {}

    def define(self, place: Place, *, whole: bool = True) -> str:
        """The name of the definition of what stands at a place."""
        if (place, whole) not in self._names:
            name = self._names[place, whole] = f"s{len(self._names)}"
            self.schema.origins[name] = place
            self.schema.definitions[name] = None
            self.schema.definitions[name] = self._read(self.document.at(place), place, whole=whole)
        return self._names[place, whole]

    def _read(self, node: Any, place: Place, *, whole: bool = True) -> Any:
        """A schema without what says nothing about values. ``whole``: it is all that is said of a value, not one branch or a condition."""
        if isinstance(node, bool):
            return node
        if not isinstance(node, Mapping):
            raise CannotTell(f"{place} is no schema")
        unread = _UNREAD & node.keys()
        if unread:
            raise CannotTell(f"{place} uses {sorted(unread)[0]}, which is not read here")
        read: dict[str, Any] = {}
        if isinstance(node.get("$ref"), str):
            alone = self._is_30 or not node.keys() & {"properties", "then", "else", *_LISTS}
            read["$ref"] = f"#/$defs/{self.define(self.document.target(node['$ref'], place.file), whole=whole and alone)}"
            if self._is_30:
                return read
        for name, value in node.items():
            below = place.down(name)
            if _VALUES.fullmatch(name):
                read[name] = copy.deepcopy(value)
            elif _SCHEMAS.fullmatch(name):
                read[name] = self._read(value, below, whole=name not in _BRANCHES)
            elif name in _LISTS and isinstance(value, list):
                read[name] = [self._read(each, below.down(number), whole=name == "prefixItems") for number, each in enumerate(value)]
            elif name in _MAPS and isinstance(value, Mapping):
                read[name] = {key: self._read(each, below.down(key), whole=name != "dependentSchemas") for key, each in value.items()}
        self._required(read, node, place)
        _exclusive(read)
        if self.schema.closed:
            self._one_mind(node, place)
        if whole and self.schema.closed:
            self._close_branches(read, place)
        if whole and self.schema.closed and (names := self._members(place, ())):
            read["propertyNames"] = {"enum": sorted(names)}
            if not read.keys() & {"type", "enum", "const", "$ref", *_LISTS}:
                read["type"] = "object"
        if node.get("nullable") is True and isinstance(read.get("type"), str) and (self._is_30 or self.schema.direction == "request"):
            read["type"] = [read["type"], "null"]
            if self.schema.direction == "request" and "enum" in read:
                read["enum"] = [*read["enum"], None]
        return {"anyOf": [{"type": "null"}, read]} if self.schema.or_null(node) else read

    def _required(self, read: dict[str, Any], node: Mapping[str, Any], place: Place) -> None:
        required, named = read.get("required"), mapping(node.get("properties"))
        if not isinstance(required, list):
            read.pop("required", None)  # a boolean on the member itself, as drafts 3 had it
            return
        mark = "readOnly" if self.schema.direction == "request" else "writeOnly"
        names = dict.fromkeys(name for name in required if isinstance(name, str))
        read["required"] = [name for name in names if name not in named or not self._marked(place.down("properties", name), mark)]

    def _marked(self, place: Place, mark: str) -> bool:
        nodes = [self.document.at(place), self.document.at(self.document.follow(place))]
        return any(isinstance(node, Mapping) and node.get(mark) is True for node in nodes)

    def _one_mind(self, node: Mapping[str, Any], place: Place) -> None:
        parts = [place, *(self.document.follow(place.down("allOf", number)) for number, _ in enumerate(listed(node.get("allOf"))))]
        parts += [self.document.follow(place)] if isinstance(node.get("$ref"), str) else []
        named = [name for part in parts for name in mapping(mapping(self.document.at(part)).get("properties"))]
        for name in {name for name in named if named.count(name) > 1}:
            places = [part.down("properties", name) for part in parts if self.document.has(part.down("properties", name))]
            if sum(bool(self._members(each, ())) for each in places) > 1:
                raise _OfTwoMindsError

    def _close_branches(self, read: dict[str, Any], place: Place) -> None:
        """Each of several kinds of value holds the members of its own kind."""
        common = self._members(place, (), ("allOf",))
        for name in ("anyOf", "oneOf"):
            for number, branch in enumerate(listed(read.get(name))):
                own = self._members(place.down(name, number), ())
                if own and common is not None:
                    read[name][number] = {"allOf": [branch, {"propertyNames": {"enum": sorted(own | common)}}]}

    def _members(self, place: Place, above: tuple[Place, ...], lists: tuple[str, ...] = ("allOf", "anyOf", "oneOf")) -> set[str] | None:
        """The members that a schema and its branches name; None where it allows others, or is read within itself."""
        node = self.document.at(place)
        if not isinstance(node, Mapping) or place in above or node.keys() & {"patternProperties", "propertyNames", "unevaluatedProperties"}:
            return set() if node is False else None
        names = set(mapping(node.get("properties")))
        others = node.get("additionalProperties")
        if isinstance(others, Mapping) and others:
            return None
        branches = [place.down(name, number) for name in lists for number, _ in enumerate(listed(node.get(name)))]
        branches += [place.down(name) for name in ("then", "else") if name in node]
        branches += [self.document.target(node["$ref"], place.file)] if isinstance(node.get("$ref"), str) else []
        if not names and not branches and _may_be_object(node) and not node.keys() & {"required", "enum", "const", "anyOf", "oneOf"}:
            return None
        for branch in branches:
            further = self._members(branch, (*above, place))
            if further is None:
                return None
            names |= further
        return names


def _may_be_object(node: Mapping[str, Any]) -> bool:
    return node.get("type") in (None, "object") or "object" in listed(node.get("type"))


def _exclusive(read: dict[str, Any]) -> None:
    """OpenAPI 3.0 says by a boolean whether a limit itself is allowed."""
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(read.get(exclusive), bool) and read.pop(exclusive) and limit in read:
            read[exclusive] = read.pop(limit)


def compiled(schema: Schema, uri: str, *, formats: bool) -> jsonschema_rs.Draft202012Validator:
    """A validator. Raises :class:`CannotTell` where the schema is none."""
    try:
        return jsonschema_rs.Draft202012Validator({"$ref": f"{uri}#/$defs/s0"}, registry=_registry(schema, uri), validate_formats=formats)
    except Exception as error:  # the library has no one class for what a foreign schema can do to it
        raise CannotTell(f"the schema at {schema.origins['s0']} cannot be used: {_said(error)}") from None


def canonical(schema: Schema, uri: str, *, formats: bool) -> jsonschema_rs.CanonicalSchema:
    """The schema as a set of values. Raises :class:`CannotTell`."""
    reference, registry = {"$ref": f"{uri}#/$defs/s0"}, _registry(schema, uri)
    try:
        return jsonschema_rs.canonicalize(reference, draft=jsonschema_rs.Draft202012, registry=registry, validate_formats=formats)
    except Exception as error:
        raise CannotTell(f"the schema at {schema.origins['s0']} cannot be taken apart: {_said(error)}") from None


def _registry(schema: Schema, uri: str) -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(uri, schema.root)], draft=jsonschema_rs.Draft202012)


def _said(error: Exception) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__
