"""Answers: whatever a document promises has to be what the profile allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.comparison.containment import EXPECTED
from harness.comparison.document import Described, Document, Place, mapping
from harness.comparison.ground import Ground, content_of, is_json, type_in
from harness.comparison.matching import Matched
from harness.comparison.schema import compiled, schema_at

_STREAM, _EVENTS = "text/event-stream", "x-event-schema"


def compare_answers(ground: Ground, pair: Matched, offered: Described) -> None:
    """Statuses, and what answers with them hold.

    A success of the profile has to be promised; errors need not be, but those that are have to be what the profile allows.
    """
    allowed, promised = _responses(ground.asked, pair.asked), _responses(ground.document, offered)
    wanted = [status for status in allowed if status.startswith("2")]
    described = [status for status in promised if status.startswith("2")]
    served = {status: key for status in wanted if (key := _key_of(promised, status))}
    if wanted and not served:
        message = f"{' or '.join(wanted)} is not promised, but {', '.join(described) or 'no success at all'}"
        place = offered.place.down("responses")
        ground.differs(pair, "status-missing", message, in_profile=allowed[wanted[0]], in_document=place, status=wanted[0])
    for status in described if served else ():
        if status not in served.values() and status not in allowed and f"{status[0]}XX" not in allowed:
            message = f"{status} is promised, which the profile does not have"
            ground.differs(pair, "status-unknown", message, in_document=promised[status], status=status)
    for status, key in served.items() or zip(wanted, described, strict=False):
        _compare_success(ground, pair, status, allowed[status], promised[key])
    for status, place in promised.items():
        expected = _key_of(allowed, status) if status[0] in "45d" else None
        if expected is not None:
            _compare_error(ground, pair, status, allowed[expected], place)


def _compare_success(ground: Ground, pair: Matched, status: str, allowed: Place, promised: Place) -> None:
    """Of several media types the first decides, which every client can ask for."""
    _compare_headers(ground, pair, status, allowed, promised)
    content, given = content_of(ground.asked.at(allowed)), content_of(ground.document.at(promised))
    for number, kind in enumerate(content):
        place, name = allowed.down("content", kind), type_in(given, kind)
        if name is None:
            message = f"{kind} is not promised, only {', '.join(given)}" if given else f"no content is described, {kind} is asked for"
            decides = number == 0 and (bool(given) or _says_something(ground.asked, place.down("schema")))
            ground.differs(pair, "answer-type-missing", message, decides=decides, in_profile=place, in_document=promised, status=status)
        elif kind == _STREAM:
            _compare_events(ground, pair, status, place, promised.down("content", name))
        elif is_json(kind) and "schema" in content[kind]:
            _compare_schema(ground, pair, status, place.down("schema"), promised.down("content", name, "schema"))


def _says_something(document: Document, place: Place) -> bool:
    """Whether answers have to hold something: where an empty object will do, so will no content."""
    return document.has(place) and not compiled(schema_at(document, place, "response"), EXPECTED, formats=True).is_valid({})


def _compare_events(ground: Ground, pair: Matched, status: str, allowed: Place, promised: Place) -> None:
    """What each event holds, where a document says so: in ``x-event-schema``, or as the schema of the stream."""
    if not ground.asked.has(allowed.down(_EVENTS)):
        return
    if ground.document.has(promised.down(_EVENTS)):
        _compare_schema(ground, pair, status, allowed.down(_EVENTS), promised.down(_EVENTS))
        return
    place = promised.down("schema")
    schema = ground.document.at(ground.document.follow(place)) if ground.document.has(place) else None
    if isinstance(schema, Mapping) and schema.keys() & {"properties", "allOf", "anyOf", "oneOf"}:
        _compare_schema(ground, pair, status, allowed.down(_EVENTS), place)


def _compare_error(ground: Ground, pair: Matched, status: str, allowed: Place, promised: Place) -> None:
    content, given = content_of(ground.asked.at(allowed)), content_of(ground.document.at(promised))
    for kind in given:
        name, place = type_in(content, kind), promised.down("content", kind)
        if name is None:
            message = f"errors with {status} are {kind}, the profile has {', '.join(content)}"
            ground.differs(pair, "error-type-unknown", message, decides=False, in_profile=allowed, in_document=place, status=status)
        elif is_json(kind) and "schema" in content[name]:
            _compare_schema(ground, pair, status, allowed.down("content", name, "schema"), place.down("schema"))


def _compare_headers(ground: Ground, pair: Matched, status: str, allowed: Place, promised: Place) -> None:
    given = {str(name).lower(): name for name in mapping(ground.document.at(promised).get("headers"))}
    for name in mapping(ground.asked.at(allowed).get("headers")):
        place = ground.asked.follow(allowed.down("headers", name))
        if ground.asked.at(place).get("required") is not True:
            continue
        offered = given.get(name.lower())
        header = mapping(ground.document.at(ground.document.follow(promised.down("headers", offered)))) if offered else {}
        if header.get("required") is not True:
            message = f"the header {name} is not {'required' if offered else 'described'}"
            ground.differs(pair, "header-missing", message, in_profile=place, in_document=promised, status=status)


def _compare_schema(ground: Ground, pair: Matched, status: str, allowed: Place, promised: Place) -> None:
    result = ground.contained(allowed, promised, "response", _examples(ground.document, promised))
    for each in result.refusals:
        ground.differs(
            pair,
            "answer-unexpected",
            each.message,
            in_profile=each.place,
            in_document=ground.document.follow(promised) if ground.document.has(promised) else promised,
            pointer=each.pointer,
            witness=each.value,
            status=status,
        )
    if result.undecided:
        ground.cannot_decide(pair, f"answers {status}: {result.undecided}", allowed, promised)


def _examples(document: Document, promised: Place) -> list[Any]:
    holder = mapping(document.at(Place(promised.file, promised.pointer.rpartition("/")[0])))
    values = [each.get("value") for each in mapping(holder.get("examples")).values() if isinstance(each, Mapping)]
    return [each for each in (holder.get("example"), *values) if isinstance(each, dict | list)]


def _responses(document: Document, described: Described) -> dict[str, Place]:
    """Where the responses of an operation stand, by status: ``200``, ``2XX``, ``default``."""
    found = {}
    for status in mapping(described.definition.get("responses")):
        place = document.follow(described.place.down("responses", status))
        if isinstance(document.at(place), Mapping) and re.fullmatch(r"[1-5](\d\d|XX)|default", name := status.replace("x", "X")):
            found[name] = place
    return found


def _key_of(responses: Mapping[str, Any], status: str) -> str | None:
    """The key under which a status is described. ``default`` speaks of successes only where it speaks of everything."""
    if status == "default":
        return "default" if "default" in responses else None
    speaks = status[0] != "2" or len(responses) == 1
    return next((each for each in (status, f"{status[0]}XX", "default" if speaks else "") if each in responses), None)
