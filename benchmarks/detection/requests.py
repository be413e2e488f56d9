"""Operators on what is asked: a constraint of the request's schema not enforced, a valid value refused, a member ignored.

The service itself is sound, so the fault changes what it is asked: an invalid request is repaired before it gets there, a valid one spoiled.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from operator import eq
from typing import Any

from benchmarks.detection.document import Documents, Place, found, required_names
from benchmarks.detection.fault import Fault, Start, Watch, encoded
from harness.checks import CallNext, FaultyHandler
from harness.exchange import NotJSON, Request, Response, parse_json
from harness.operation import Operation, SchemaError

_KEYWORDS = ("enum", "const", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "pattern")
_BOUNDS = {"minimum": -1, "maximum": 1, "minItems": -1, "maxItems": 1, "minLength": -1, "maxLength": 1}
_VALUES: dict[str, Any] = {"string": "x", "number": 0.5, "integer": 1, "boolean": True, "array": [], "object": {}, "null": None}
_GONE = object()


def request_faults(documents: Documents) -> list[Fault]:
    """Faults of every place of every request body, and of headers with a constraint."""
    faults: list[Fault] = []
    for operation in documents.operations:
        if not operation.has_request_body:
            continue
        schema, at = documents.request_schema(operation)
        places = [Place((), schema, at, at, True), *documents.places(at)]
        looked_at = _looked_at(places)
        for fault in (
            *_lenient(documents, operation, looked_at),
            *_strict(documents, operation, places),
            *_deaf(documents, operation, looked_at),
        ):
            if fault.id not in {each.id for each in faults}:
                faults.append(fault)
        faults += _of_headers(documents, operation)
    return faults


def _looked_at(places: list[Place]) -> list[Place]:
    """The places but for members that the document lets a service ignore (``x-may-ignore``): it need not see what is wrong in them."""
    ignorable = [place.steps for place in places if place.schema.get("x-may-ignore")]
    return [place for place in places if not any(place.steps[: len(steps)] == steps for steps in ignorable)]


def _fault(operation: Operation, place: Place, name: str, operator: str, what: str, start: Start) -> Fault:
    return Fault(
        f"{operation.id}.request.{place.pointer or '/'}.{name}",
        operator,
        f"{operation.id}: in the request, {place.pointer or '/'} {what}",
        start,
        waits=True,
    )


# Not enforced: what breaks this one keyword at this one place is repaired, and the request served.


def _lenient(documents: Documents, operation: Operation, places: list[Place]) -> Iterator[Fault]:
    for place in places:
        ignorable = {name for name, schema in place.schema.get("properties", {}).items() if schema.get("x-may-ignore")}
        for name in sorted(required_names(place.schema) - ignorable):
            start = _accepting(documents, operation, places, place, "required", name)
            below = Place((*place.steps, name), {}, place.at, place.at, True)
            yield _fault(operation, below, "not-required", "request-required-ignored", "may be missing", start)
        for keyword in ("type", *_KEYWORDS):
            if keyword not in place.schema:
                continue
            start = _accepting(documents, operation, places, place, keyword)
            yield _fault(operation, place, f"{keyword}-ignored", f"request-{keyword}-ignored", f"may break {keyword}", start)
            if keyword in _BOUNDS:
                start = _accepting(documents, operation, places, place, keyword, by_one=True)
                yield _fault(operation, place, f"{keyword}-by-one", "request-bound-too-wide", f"may be one beyond {keyword}", start)
        if {"number", "integer", "boolean"} & _types(place):
            start = _accepting(documents, operation, places, place, "type", coerced=True)
            yield _fault(operation, place, "coerced", "request-type-coerced", "may be written as a string", start)


def _types(place: Place) -> set[str]:
    kinds = place.schema.get("type", ())
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _accepting(
    documents: Documents,
    operation: Operation,
    places: list[Place],
    place: Place,
    keyword: str,
    name: str | None = None,
    *,
    by_one: bool = False,
    coerced: bool = False,
) -> Start:
    def concerns(error: SchemaError, value: Any) -> bool:
        if error.keyword != keyword or not _leads_to(error.pointer, place.steps):
            return False
        if name is not None:
            return bool(error.expected.get("property") == name)
        there = _at(value, error.pointer)
        if coerced:
            return isinstance(there, str) and _coerced(there) is not _GONE
        return not by_one or _is_one_beyond(there, keyword, place.schema[keyword])

    def repaired(value: Any, error: SchemaError, sample: Callable[[tuple[str | int, ...]], Any]) -> None:
        steps: list[str | int] = [int(each) if each.isdigit() else each for each in error.pointer.split("/")[1:]]
        if name is not None:
            holder = _at(value, error.pointer)
            holder[name] = sample((*place.steps, name))
            return
        if not steps:
            raise LookupError
        where = found(value, steps)
        if where is None:
            raise LookupError
        holder, last = where
        there = holder[last]
        if coerced:
            holder[last] = _coerced(there)
        elif keyword in ("minimum", "maximum"):
            holder[last] = place.schema[keyword]
        elif keyword in ("maxItems", "maxLength"):
            holder[last] = there[: place.schema[keyword]]
        elif isinstance(last, str) and not place.needed:
            del holder[last]
        else:
            holder[last] = sample(place.steps)

    def start(watch: Watch) -> FaultyHandler:
        async def handler(request: Request, call_next: CallNext) -> Response:
            value = _body(documents, operation, request)
            if value is None:
                return await call_next(request)
            schema = documents.schema(places[0].at)
            errors = schema.errors(value)
            if not errors or not all(concerns(error, value) for error in errors):
                return await call_next(request)
            watch.met += 1
            model = await _variables(documents, call_next, request)
            try:
                for error in errors:
                    repaired(value, error, lambda steps: _sample(documents, operation, places, steps, model))
            except (LookupError, TypeError):
                return await call_next(request)
            if schema.errors(value):
                return await call_next(request)
            answer = await call_next(_asking(request, value))
            if answer.status >= 400:
                return await call_next(request)
            watch.note()
            return answer

        return handler

    return start


def _body(documents: Documents, operation: Operation, request: Request) -> Any:
    if documents.operation_of(request) is not operation or not request.is_json:
        return None
    try:
        return parse_json(request.body)
    except NotJSON:
        return None


def _asking(request: Request, value: Any) -> Request:
    return Request(request.method, request.url, request.headers, encoded(value))


def _leads_to(pointer_of_error: str, steps: tuple[str | int, ...]) -> bool:
    """Whether a pointer into a value leads to the place, whatever the numbers of items."""
    there = pointer_of_error.split("/")[1:]
    return len(there) == len(steps) and all(
        each.isdigit() if isinstance(step, int) else each == step for each, step in zip(there, steps, strict=True)
    )


def _at(value: Any, pointer_of_error: str) -> Any:
    for step in pointer_of_error.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _coerced(text: str) -> Any:
    """The number or truth value that a string writes; :data:`_GONE` where it writes none."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return _GONE


def _is_one_beyond(value: Any, keyword: str, bound: float) -> bool:
    size = value if keyword in ("minimum", "maximum") else len(value)
    beyond = (size - bound) * _BOUNDS[keyword]
    return 0 < beyond <= 1


async def _variables(documents: Documents, call_next: CallNext, request: Request) -> dict[str, Any]:
    """What the service offers for the variables of the profile (``x-variables``), by name."""
    values = {}
    for profile in documents.profiles:
        for name, source in profile.variables.items():
            operation = profile.operation(source["operation"])
            headers = request.headers.with_field("content-type", None).with_field("idempotency-key", None).with_field("accept", None)
            answer = await call_next(Request(operation.method, operation.path, headers.with_field("content-length", None)))
            values[name] = _at(answer.document, source["pointer"])
    return values


def _sample(
    documents: Documents, operation: Operation, places: list[Place], steps: tuple[str | int, ...], variables: dict[str, Any]
) -> Any:
    """A valid value for a place: a variable of that name, what an example of the document has there, else the least of its type."""
    if len(steps) == 1 and steps[0] in variables:
        return variables[str(steps[0])]
    for example in operation.definition["requestBody"]["content"]["application/json"].get("examples", {}).values():
        value = example["value"]
        where = found(value, steps)
        if where is not None and (isinstance(where[1], int) or where[1] in where[0]):
            return copy.deepcopy(where[0][where[1]])
    for place in places:
        if place.steps == steps:
            return next((value for value in _VALUES.values() if not documents.refuses(place.at, value)), "x")
    return "x"


# Refused: a valid value of one kind is spoiled, so that the service refuses the request.


def _strict(documents: Documents, operation: Operation, places: list[Place]) -> Iterator[Fault]:
    """Of members that a request may have to have. What else a service does not support it may refuse (the profile's description)."""
    optional = [place.steps for place in places[1:] if isinstance(place.steps[-1], str) and not place.needed]
    for place in places[1:]:
        if any(place.steps[: len(steps)] == steps for steps in optional):
            continue
        for kind in sorted(_types(place)):
            start = _refusing(documents, operation, places, place, partial(_is_a, kind))
            yield _fault(operation, place, f"{kind}-refused", "request-type-refused", f"may not be {kind}", start)
        for value in place.schema.get("enum", ()):
            start = _refusing(documents, operation, places, place, partial(eq, value))
            yield _fault(operation, place, f"{value}-refused", "request-enum-narrowed", f"may not be {value}", start)
        for keyword in _BOUNDS:
            if keyword in place.schema:
                start = _refusing(documents, operation, places, place, partial(_is_at, keyword, place.schema[keyword]))
                yield _fault(operation, place, f"{keyword}-refused", "request-bound-too-narrow", f"may not be at its {keyword}", start)


def _is_a(kind: str, value: Any) -> bool:
    if isinstance(value, bool) or value is None:
        return kind == ("null" if value is None else "boolean")
    if isinstance(value, int | float):
        return kind in ("number", "integer")
    return kind == ("string" if isinstance(value, str) else "array" if isinstance(value, list) else "object")


def _is_at(keyword: str, bound: float, value: Any) -> bool:
    if keyword in ("minimum", "maximum"):
        return isinstance(value, int | float) and not isinstance(value, bool) and value == bound
    return isinstance(value, list if keyword.endswith("Items") else str) and len(value) == bound


def _refusing(documents: Documents, operation: Operation, places: list[Place], place: Place, meant: Callable[[Any], bool]) -> Start:
    """A fault that refuses requests with a value for which ``meant`` is true, with the service's own words for an invalid value there."""

    def start(watch: Watch) -> FaultyHandler:
        async def handler(request: Request, call_next: CallNext) -> Response:
            value = _body(documents, operation, request)
            if value is None or documents.schema(places[0].at).errors(value) or not _spoiled(documents, value, place, meant):
                return await call_next(request)
            answer = await call_next(request)
            watch.met += 1
            if answer.status >= 400:
                return answer
            watch.note()
            return await call_next(_asking(request, value).with_header("idempotency-key", None))

        return handler

    return start


def _spoiled(documents: Documents, value: Any, place: Place, meant: Callable[[Any], bool]) -> bool:
    """Spoil each value at the place that is meant, in any item of the lists above it. Whether there was one."""
    spoiled = False
    for holder, step in _all(value, place.steps):
        if meant(holder[step]):
            holder[step] = next(each for each in ({"x": 1}, 7, "~", [None], True, None) if documents.refuses(place.at, each))
            spoiled = True
    return spoiled


def _all(value: Any, steps: tuple[str | int, ...]) -> Iterator[tuple[Any, str | int]]:
    """What holds the place, with the last step, for every item of the lists on the way."""
    first, *rest = steps
    options: list[str | int] = []
    if isinstance(first, int):
        options = list(range(len(value))) if isinstance(value, list) else []
    elif isinstance(value, dict) and first in value:
        options = [first]
    for option in options:
        if rest:
            yield from _all(value[option], tuple(rest))
        else:
            yield value, option


# Ignored: an optional member is taken out, and the request served without it.


def _deaf(documents: Documents, operation: Operation, places: list[Place]) -> Iterator[Fault]:
    for place in places[1:]:
        if isinstance(place.steps[-1], str) and not place.needed:
            yield _fault(
                operation, place, "ignored", "request-member-ignored", "is ignored", _ignoring(documents, operation, place, places[0].at)
            )


def _ignoring(documents: Documents, operation: Operation, place: Place, whole: str) -> Start:
    """A fault that does not see a member. It fires where the service answers otherwise with the member than without it."""

    def start(watch: Watch) -> FaultyHandler:
        async def handler(request: Request, call_next: CallNext) -> Response:
            value = _body(documents, operation, request)
            if value is None:
                return await call_next(request)
            holders = list(_all(value, place.steps))
            if not holders or documents.schema(whole).errors(value):
                return await call_next(request)
            watch.met += 1
            for holder, step in holders:
                del holder[step]
            right = await call_next(request.with_header("idempotency-key", None))
            answer = await call_next(_asking(request, value))
            if _alike(right, answer):
                return right if "idempotency-key" not in request.headers else await call_next(request)
            watch.note()
            return answer

        return handler

    return start


_VOLATILE = frozenset({"id", "created"})
"""Members that differ between two answers to one request."""


def _alike(first: Response, second: Response) -> bool:
    """Whether two answers say the same, but for ids and times."""
    if (first.status, first.media_type) != (second.status, second.media_type):
        return False
    if first.is_json:
        return bool(_steady(first.document) == _steady(second.document))
    return [_steady(each) for each in first.event_documents] == [_steady(each) for each in second.event_documents]


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _steady(each) for name, each in value.items() if name not in _VOLATILE}
    return [_steady(each) for each in value] if isinstance(value, list) else value


def _of_headers(documents: Documents, operation: Operation) -> Iterator[Fault]:
    """A header whose value breaks its schema is taken for no header."""
    for parameter in documents.parameters(operation, "header"):
        name, schema = parameter["name"], parameter["schema"]
        for keyword in _KEYWORDS:
            if keyword in schema:
                start = _without_wrong_header(operation, documents, name, keyword, schema[keyword])
                place = Place((name,), schema, "", "", False)
                yield _fault(operation, place, f"{keyword}-ignored", f"request-{keyword}-ignored", f"(a header) may break {keyword}", start)


def _without_wrong_header(operation: Operation, documents: Documents, name: str, keyword: str, bound: int) -> Start:
    def start(watch: Watch) -> FaultyHandler:
        async def handler(request: Request, call_next: CallNext) -> Response:
            value = request.headers.get(name)
            wrong = value is not None and (
                (keyword == "minLength" and len(value) < bound) or (keyword == "maxLength" and len(value) > bound)
            )
            if not wrong or documents.operation_of(request) is not operation:
                return await call_next(request)
            watch.met += 1
            answer = await call_next(request.with_header(name, None))
            if answer.status < 400:
                watch.note()
            return answer

        return handler

    return start
