"""Requests: whatever a profile allows has to be taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from harness.comparison.document import Described, Document, Place
from harness.comparison.ground import Ground, content_of, is_json, type_in
from harness.comparison.matching import Matched
from harness.comparison.parameters import refused_value
from harness.comparison.schema import schema_at
from harness.comparison.security import needed_beyond
from harness.openapi import CannotTell
from harness.vectors.model import fill

_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Parameters of these names are ignored (OpenAPI 3.1.1 section 4.8.12.2.1)."""
_JSON = "application/json"

Found = tuple[Place, Mapping[str, Any]]


def compare_body(ground: Ground, pair: Matched, offered: Described) -> None:
    """The request's body: that it is needed, its media types, and its schema where that is JSON.

    Of several media types the first decides: a client can always use that one.
    """
    body, taken = _body(ground.asked, pair.asked), _body(ground.document, offered)
    if taken and taken[1].get("required") is True and not (body and body[1].get("required")):
        ground.differs(pair, "body-required", "a body is required", in_document=taken[0], curl=ground.curl(pair))
    for number, kind in enumerate(content_of(body[1]) if body else ()):
        place = body[0].down("content", kind) if body else pair.asked.place
        name = type_in(content_of(taken[1]), kind) if taken else None
        if name is None or taken is None:
            said = ", ".join(content_of(taken[1])) if taken else "no body"
            ground.differs(
                pair,
                "body-type-missing",
                f"{kind} is not taken, only {said}",
                decides=number == 0,
                in_profile=place,
                in_document=taken[0] if taken else offered.place,
                curl=ground.curl(pair, kind),
            )
        elif is_json(kind) and ground.document.has(taken[0].down("content", name, "schema")):
            _compare_schema(ground, pair, place.down("schema"), taken[0].down("content", name, "schema"))


def _body(document: Document, described: Described) -> Found | None:
    if "requestBody" not in described.definition:
        return None
    place = document.follow(described.place.down("requestBody"))
    found = document.at(place)
    if not isinstance(found, Mapping):
        raise CannotTell(f"{place} is not an object")
    return place, found


def _compare_schema(ground: Ground, pair: Matched, asked: Place, offered: Place) -> None:
    vectors = list(_vectors(ground, pair))
    result = ground.contained(asked, offered, "request", [value for _, value in vectors])
    for each in sorted(result.refusals, key=lambda one: one.seed is None):
        ground.differs(
            pair,
            "body-refused",
            each.message,
            decides=not _is_deprecated(ground, pair, each.value, each.pointer),
            in_profile=ground.asked.follow(asked),
            in_document=each.place,
            pointer=each.pointer,
            witness=each.value,
            vector=next((id for id, value in vectors if value == each.seed), None),
            curl=ground.curl(pair, _JSON, each.value),
        )
    if result.undecided:
        ground.cannot_decide(pair, f"requests: {result.undecided}", asked, offered)


def _vectors(ground: Ground, pair: Matched) -> Iterator[tuple[str, Any]]:
    """The JSON bodies that every service has to serve, by the vector's id."""
    bound = {name: variable.example if variable.example is not None else name for name, variable in ground.profile.variables.items()}
    for vector in ground.profile.vectors:
        if vector.operation == pair.id and vector.kind == "valid" and vector.request.json is not msgspec.UNSET:
            yield vector.id, fill(vector.request.json, bound)


def _is_deprecated(ground: Ground, pair: Matched, value: Any, pointer: str) -> bool:
    """Whether a place of a request lies in a member that the profile deprecates: a service need not know it any more."""
    form = ground.profile.operation(pair.id).body_form
    if form is None:
        return False
    reading = form.read(value)
    path: list[str | int] = []
    for step in pointer.split("/")[1:]:
        path.append(int(step) if isinstance(value, list) else step.replace("~1", "/").replace("~0", "~"))
        if reading.places.get(tuple(path)) in reading.deprecated:
            return True
        value = value[path[-1]]
    return False


def compare_parameters(ground: Ground, pair: Matched, offered: Described) -> None:
    """Parameters. Those of the path are the same by their position, not by their name.

    A query parameter that the document does not know is not promised to have an effect. Header fields that it does not know are ignored, which is
    what HTTP lets every service do.
    """
    asked, taken = ground.asked.parameters(pair.asked), ground.document.parameters(offered)
    names = _same_in_path(pair.asked.path, offered.path)
    for (where, name), (place, parameter) in asked.items():
        found = taken.get((where, names.get(name, name) if where == "path" else name))
        if found is not None:
            _compare_parameter(ground, pair, where, (place, parameter), found)
        elif where == "query" or (where != "path" and parameter.get("required")):
            ground.differs(
                pair,
                "parameter-missing",
                f"the document does not know the {where} parameter {parameter.get('name')}",
                decides=not _may_be_ignored(parameter),
                in_profile=place,
                in_document=offered.place,
                witness=parameter.get("example", "a"),
            )
    for (where, name), (place, parameter) in taken.items():
        known = asked.get((where, name))
        if where == "path" or parameter.get("required") is not True or (where == "header" and name in _IGNORED_HEADERS):
            continue
        if not known or not known[1].get("required"):
            said = "leaves open" if known else "does not know"
            message = f"the {where} parameter {parameter.get('name')} is required, which the profile {said}"
            ground.differs(pair, "parameter-required", message, in_document=place, curl=ground.curl(pair))


def _compare_parameter(ground: Ground, pair: Matched, where: str, asked: Found, offered: Found) -> None:
    if "schema" not in asked[1] or "schema" not in offered[1]:
        return
    may = schema_at(ground.asked, asked[0].down("schema"), "request")
    taken = schema_at(ground.document, offered[0].down("schema"), "request")
    refused = refused_value(may, taken, where, [asked[1].get("example", "a"), *ground.texts[:40]])
    name = f"the {where} parameter {asked[1].get('name')}"
    if isinstance(refused, str):
        ground.cannot_decide(pair, f"{name}: {refused}", asked[0], offered[0])
    elif refused is not None:
        message = f"{name}: {refused.message}"
        ground.differs(pair, "parameter-refused", message, in_profile=asked[0], in_document=refused.place, witness=refused.value)


def _same_in_path(asked: str, offered: str) -> dict[str, str]:
    """The document's name of each path parameter of the profile. Paths are as long from their end."""
    wanted, found = asked.strip("/").split("/"), offered.strip("/").split("/")
    pairs = zip(reversed(wanted), reversed(found), strict=False)
    names = [(_names(one), _names(other)) for one, other in pairs]
    return {one[0]: other[0] for one, other in names if len(one) == len(other) == 1}


def _names(segment: str) -> list[str]:
    return re.findall(r"\{([^}]*)\}", segment)


def _may_be_ignored(parameter: Mapping[str, Any]) -> bool:
    schema = parameter.get("schema")
    return isinstance(schema, Mapping) and schema.get("x-may-ignore") is True


def compare_security(ground: Ground, pair: Matched, offered: Described) -> None:
    """The credentials that are asked for."""
    beyond = needed_beyond(ground.asked, pair.asked, ground.document, offered)
    if beyond is not None:
        place, message = beyond
        ground.differs(pair, "security-unknown", message, in_document=place, curl=ground.curl(pair))
