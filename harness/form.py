"""What a value exercises of a JSON Schema 2020-12, as features: a place, a keyword, and how the value stands to it.

Features are what vectors are chosen by. A place is written as people write it, ``messages[].content``; ``{}`` is a member that the schema does
not name. A value that breaks the schema in more than one place exercises nothing: which of its faults a service refuses it for cannot be seen.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jsonschema_rs

from harness.documents import MAY_IGNORE, TELLS_APART, at, pointer_step, reference_to, target

Path = tuple[str | int, ...]


class Feature(NamedTuple):
    """One thing to exercise, e.g. ``("temperature", "maximum", "at the limit")``."""

    place: str
    keyword: str
    state: str


@dataclass
class Reading:
    """What was found in one value. ``places`` says of each path in it which place of the schema that is."""

    met: set[Feature] = field(default_factory=set)
    broken: list[tuple[Path, Feature]] = field(default_factory=list)
    places: dict[Path, str] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    deprecated: set[str] = field(default_factory=set)
    apart: set[str] = field(default_factory=set)
    """Places whose values tell uses of an operation apart."""
    described: set[Path] = field(default_factory=set)
    """Objects of which the schema names members."""

    @property
    def fits(self) -> bool:
        """Whether the value fits the schema."""
        return not self.broken

    @property
    def faulty(self) -> frozenset[Path]:
        """The paths at which the value breaks the schema."""
        return frozenset(path for path, _ in self.broken)

    @property
    def features(self) -> frozenset[Feature]:
        """What the value exercises: all it meets where it fits, its one fault where it has one, else nothing."""
        if self.fits:
            return frozenset(each for each in self.met if self._counts(each))
        if len(self.faulty) > 1:
            return frozenset()
        features = [feature for _, feature in self.broken if self._counts(feature)]
        return frozenset([each for each in features if each.keyword == "type"] or features)

    def _counts(self, feature: Feature) -> bool:
        """Not what is deprecated; and of what may be ignored, only that it is there or of the wrong type."""
        if _lies_in(feature.place, self.deprecated):
            return False
        return feature.keyword == "type" or not self.may_be_ignored(feature.place)

    def may_be_ignored(self, place: str) -> bool:
        """Whether ``place`` lies in something that a service may ignore."""
        return _lies_in(place, self.ignored)


def _lies_in(place: str, others: set[str]) -> bool:
    return any(place == each or place.startswith((each + ".", each + "[", each + "{")) for each in others)


class Form:
    """A schema at ``pointer`` of the document ``key`` (``name/major``), with the documents it may refer to."""

    def __init__(
        self, documents: Mapping[str, Any], registry: jsonschema_rs.Registry | None, key: str, pointer: str, root: str = ""
    ) -> None:
        self._documents, self._registry, self._root, self._start = documents, registry, root, (key, pointer)
        self._validators: dict[tuple[str, str], jsonschema_rs.Draft202012Validator] = {}

    def read(self, value: Any) -> Reading:
        """What ``value`` exercises."""
        reading = Reading()
        try:
            self._walk(*self._start, value, self._root, (), reading)
            for error in self._validator(*self._start).iter_errors(value):
                path = tuple(error.instance_path)
                place = reading.places.get(path) or _written(self._root, path)
                ignored = reading.may_be_ignored(place)
                reading.broken.append(
                    (path, _fault(place, error.kind.name, error.kind.as_dict(), value_at(value, path), ignored=ignored, deep=len(path)))
                )
        except (UnicodeEncodeError, RecursionError, ValueError, LookupError):
            # A lone surrogate, or nesting that no validator follows: hand-written vectors hold both, no schema describes them. Nor is a fault
            # looked at within a member without a name, which the validator leaves out of its paths.
            reading.broken = [((), Feature(self._root, "type", "no value of JSON Schema"))]
        return reading

    def _validator(self, key: str, pointer: str) -> jsonschema_rs.Draft202012Validator:
        if (key, pointer) not in self._validators:
            # Formats are annotations unless asked to be more (JSON Schema 2020-12 section 7.2.1).
            self._validators[key, pointer] = jsonschema_rs.Draft202012Validator(
                {"$ref": reference_to(key, pointer)}, registry=self._registry, validate_formats=False
            )
        return self._validators[key, pointer]

    def _walk(self, key: str, pointer: str, value: Any, place: str, path: Path, reading: Reading) -> None:
        node = at(self._documents, key, pointer)
        reading.places.setdefault(path, place)
        if not isinstance(node, dict):
            return
        if node.get(MAY_IGNORE):
            reading.ignored.add(place)
        if node.get("deprecated"):
            reading.deprecated.add(place)
        if node.get(TELLS_APART) or "enum" in node or "const" in node:
            reading.apart.add(place)
        if "$ref" in node:
            self._walk(*target(node["$ref"], key), value, place, path, reading)
        types = node.get("type", [])
        types = [types] if isinstance(types, str) else types
        kind = kind_of(value)
        if types and kind not in types and not (kind == "integer" and "number" in types):
            return
        if types:
            reading.met.add(Feature(place, "type", kind))
        reading.met.update(Feature(place, *each) for each in _own(node, value, kind))
        if kind == "object" and node.get("additionalProperties") is not False and value.keys() - node.get("properties", value).keys():
            reading.met.add(Feature(self._root, "additionalProperties", "not named"))
        if kind == "object" and "properties" in node:
            reading.described.add(path)
        self._walk_branches(key, pointer, node, value, place, path, reading)
        if kind == "array":
            for number, item in enumerate(value):
                if "items" in node and number >= len(node.get("prefixItems", [])):
                    self._walk(key, f"{pointer}/items", item, f"{place}[]", (*path, number), reading)
                elif number < len(node.get("prefixItems", [])):
                    self._walk(key, f"{pointer}/prefixItems/{number}", item, f"{place}[{number}]", (*path, number), reading)
        elif kind == "object":
            for name, member in value.items():
                if name in node.get("properties", {}):
                    self._walk(
                        key, f"{pointer}/properties/{pointer_step(name)}", member, f"{place}.{name}".lstrip("."), (*path, name), reading
                    )
                elif isinstance(node.get("additionalProperties"), dict):
                    self._walk(key, f"{pointer}/additionalProperties", member, f"{place}{{}}", (*path, name), reading)

    def _walk_branches(self, key: str, pointer: str, node: Mapping[str, Any], value: Any, place: str, path: Path, reading: Reading) -> None:
        for number in range(len(node.get("allOf", []))):
            self._walk(key, f"{pointer}/allOf/{number}", value, place, path, reading)
        for keyword in ("anyOf", "oneOf"):
            for number in range(len(node.get(keyword, []))):
                if self._validator(key, f"{pointer}/{keyword}/{number}").is_valid(value):
                    reading.met.add(Feature(place, keyword, str(number)))
                    self._walk(key, f"{pointer}/{keyword}/{number}", value, place, path, reading)
        if "if" in node:
            branch = "then" if self._validator(key, f"{pointer}/if").is_valid(value) else "else"
            if branch in node:
                self._walk(key, f"{pointer}/{branch}", value, place, path, reading)


def kind_of(value: Any) -> str:
    """The JSON Schema type of a value; a number without a fraction is an integer, however it is written (section 4.2.3)."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) or value.is_integer() else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _own(node: Mapping[str, Any], value: Any, kind: str) -> Iterator[tuple[str, str]]:
    """How a value that has one of the schema's types stands to the other keywords of the same schema object."""
    for member in node.get("enum", []):
        if json.dumps(member) == json.dumps(value):
            yield "enum", json.dumps(value, ensure_ascii=False)
    if kind in ("integer", "number"):
        for keyword in ("minimum", "maximum"):
            if node.get(keyword) == value:
                yield keyword, "at the limit"
        if "minimum" not in node:
            yield "value", "negative" if value < 0 else "zero" if value == 0 else "positive"
        if "maximum" not in node and abs(value) >= 2**53:
            yield "value", "beyond 53 bits"
    elif kind == "string":
        yield from _sized(node, len(value), "minLength", "maxLength")
        if not value and "minLength" not in node and "enum" not in node:
            yield "value", "empty"
    elif kind == "array":
        yield from _sized(node, len(value), "minItems", "maxItems")
        yield "value", "of several" if len(value) > 1 else "of one" if value else "empty"
    elif kind == "object":
        yield from _sized(node, len(value), "minProperties", "maxProperties")
        if not value:
            yield "value", "empty"


def _sized(node: Mapping[str, Any], size: int, least: str, most: str) -> Iterator[tuple[str, str]]:
    for keyword in (least, most):
        if node.get(keyword) == size:
            yield keyword, "at the limit"


def _fault(place: str, keyword: str, expected: Mapping[str, Any], value: Any, *, ignored: bool, deep: int) -> Feature:
    """The feature of one fault, ``deep`` steps within the value. Null is told apart from other scalars where it is most often meant, in the
    members of the body itself.
    """
    if keyword == "required":
        return Feature(place, "required", str(expected.get("property")))
    if keyword in ("enum", "const"):
        options = expected.get("options", [expected.get("expected_value")])
        if any(kind_of(option) == kind_of(value) for option in options):
            return Feature(place, "enum", "another value")
        keyword = "type"
    if keyword == "type":
        kind = kind_of(value)
        wrong = "a structure" if kind in ("array", "object") else "null" if kind == "null" and deep == 1 else "another scalar"
        return Feature(place, "type", "wrong" if ignored else wrong)
    return Feature(place, keyword, "beyond the limit")


def value_at(value: Any, path: Path) -> Any:
    """What stands at a path in a value."""
    for step in path:
        value = value[step]
    return value


def _written(root: str, path: Path) -> str:
    return (root + "".join("[]" if isinstance(step, int) else f".{step}" for step in path)).lstrip(".")


_KINDS_OF_TEXT = {"Cc": "control characters", "Cf": "characters that cannot be seen", "Mn": "combining marks", "Zl": "line separators"}


def kinds_of_text(value: str) -> Iterator[str]:
    """What kinds of characters a text holds, in words."""
    if not value.isascii() and any(ord(character) > 0xFFFF for character in value):
        yield "characters beyond the Basic Multilingual Plane"
    for category in {unicodedata.category(character) for character in value}:
        if category in _KINDS_OF_TEXT:
            yield _KINDS_OF_TEXT[category]
    for name, letters in (("Polish letters", "ąćęłńóśźż"), ("Lithuanian letters", "ąčęėįšųūž")):
        if set(unicodedata.normalize("NFC", value).lower()) & set(letters):
            yield name
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in value):
        yield "letters written from right to left"
