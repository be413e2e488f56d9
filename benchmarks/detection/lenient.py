"""Operators on requests that have to be refused: what breaks one keyword at one place is repaired, and the request served."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.detection.document import Documents, Place, found, required_names
from benchmarks.detection.fault import Fault, Start, Watch
from benchmarks.detection.requests import BOUNDS, Asked, asked, asking, types
from harness.binding import Binding
from harness.checks import CallNext, FaultyHandler
from harness.documents import MAY_IGNORE
from harness.exchange import Exchange, Request, Response
from harness.operation import Operation, SchemaError

_KEYWORDS = ("enum", "const", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "pattern")
_VALUES: dict[str, Any] = {"string": "x", "number": 0.5, "integer": 1, "boolean": True, "array": [], "object": {}, "null": None}
_GONE = object()


def lenient_faults(documents: Documents) -> list[Fault]:
    """A constraint of a request's schema is not enforced: each keyword at each place of each body."""
    return list({fault.id: fault for each in asked(documents) for fault in _of(each)}.values())


def _of(each: Asked) -> Iterator[Fault]:
    for place in each.places:
        ignorable = {name for name, schema in place.schema.get("properties", {}).items() if schema.get(MAY_IGNORE)}
        for name in sorted(required_names(place.schema) - ignorable):
            below = Place((*place.steps, name), {}, place.at, place.at, True)
            start = _accepting(each, place, "required", name=name)
            yield each.fault(below, "not-required", "request-required-ignored", "may be missing", start)
        for keyword in ("type", *_KEYWORDS):
            if keyword not in place.schema:
                continue
            start = _accepting(each, place, keyword)
            yield each.fault(place, f"{keyword}-ignored", f"request-{keyword}-ignored", f"may break {keyword}", start)
            if keyword in BOUNDS:
                start = _accepting(each, place, keyword, only=partial(_is_one_beyond, keyword, place.schema[keyword]))
                yield each.fault(place, f"{keyword}-by-one", "request-bound-too-wide", f"may be one beyond {keyword}", start)
        for kinds, name, read, what in _LOOK_ALIKES:
            if kinds & types(place):
                start = _accepting(each, place, "type", read=read)
                yield each.fault(place, name, "request-type-coerced", what, start)


def _within_text(value: Any) -> Any:
    """The number or truth value that a string writes; :data:`_GONE` where it writes none."""
    if not isinstance(value, str):
        return _GONE
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    try:
        return float(value) if "." in value else int(value)
    except ValueError:
        return _GONE


_LOOK_ALIKES: tuple[tuple[set[str], str, Callable[[Any], Any], str], ...] = (
    ({"number", "integer", "boolean"}, "coerced", _within_text, "may be written as a string"),
    ({"number", "integer"}, "of-a-boolean", lambda value: int(value) if isinstance(value, bool) else _GONE, "may be a truth value"),
    ({"boolean"}, "of-a-number", lambda value: bool(value) if not isinstance(value, bool) and value in (0, 1) else _GONE, "may be 0 or 1"),
)
"""What lenient parsers take for a value of another type: types, name of the fault, what is read, and in words."""


def _accepting(
    each: Asked,
    place: Place,
    keyword: str,
    *,
    name: str | None = None,
    only: Callable[[Any], bool] = lambda value: True,
    read: Callable[[Any], Any] | None = None,
) -> Start:
    """A fault that serves what breaks ``keyword`` at a place alone (a member ``name`` is missing, of values those that ``only`` or ``read`` take)."""

    def concerns(error: SchemaError, value: Any) -> bool:
        if error.keyword != keyword or not _leads_to(error.pointer, place.steps):
            return False
        if name is not None:
            return bool(error.expected.get("property") == name)
        there = _at(value, error.pointer)
        return only(there) if read is None else read(there) is not _GONE

    def repair(value: Any, error: SchemaError, sample: Callable[[tuple[str | int, ...]], Any]) -> None:
        if name is not None:
            _at(value, error.pointer)[name] = sample((*place.steps, name))
            return
        where = found(value, [int(step) if step.isdigit() else step for step in error.pointer.split("/")[1:]]) if error.pointer else None
        if where is None:
            raise LookupError
        holder, last = where
        if read is not None:
            holder[last] = read(holder[last])
        elif keyword in ("minimum", "maximum"):
            holder[last] = place.schema[keyword]
        elif keyword in ("maxItems", "maxLength"):
            holder[last] = holder[last][: place.schema[keyword]]
        elif isinstance(last, str) and not place.needed:
            del holder[last]
        else:
            holder[last] = sample(place.steps)

    def start(watch: Watch) -> FaultyHandler:
        async def handler(request: Request, call_next: CallNext) -> Response:
            value = each.body(request)
            errors = each.errors(value) if value is not None else []
            if not errors or not all(concerns(error, value) for error in errors):
                return await call_next(request)
            watch.met += 1
            variables = await _variables(each.documents, call_next, request)
            try:
                for error in errors:
                    repair(value, error, lambda steps: _sample(each, steps, variables))
            except (LookupError, TypeError):
                return await call_next(request)
            if each.errors(value):
                return await call_next(request)
            answer = await call_next(asking(request, value))
            if answer.status >= 400:
                return await call_next(request)
            watch.note()
            return answer

        return handler

    return start


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


def _is_one_beyond(keyword: str, bound: float, value: Any) -> bool:
    size = value if keyword in ("minimum", "maximum") else len(value)
    return 0 < (size - bound) * BOUNDS[keyword] <= 1


async def _variables(documents: Documents, call_next: CallNext, request: Request) -> dict[str, Any]:
    """What the service offers for the variables of the profile (``x-variables``), by name."""
    headers = request.headers
    for name in ("content-type", "content-length", "idempotency-key", "accept"):
        headers = headers.with_field(name, None)

    async def ask(operation: Operation, path: str) -> Exchange:
        asked = Request(operation.method, path, headers)
        return Exchange(operation.id, asked, await call_next(asked))

    binding = Binding(documents.profiles, {})
    await binding.learn(ask)
    return binding.values


def _sample(each: Asked, steps: tuple[str | int, ...], variables: dict[str, Any]) -> Any:
    """A valid value for a place: a variable of that name, what an example of the document has there, else the least of its type."""
    if len(steps) == 1 and steps[0] in variables:
        return variables[str(steps[0])]
    for example in each.operation.definition["requestBody"]["content"]["application/json"].get("examples", {}).values():
        where = found(example["value"], steps)
        if where is not None and (isinstance(where[1], int) or where[1] in where[0]):
            return copy.deepcopy(where[0][where[1]])
    for place in each.places:
        if place.steps == steps:
            return next((value for value in _VALUES.values() if not each.documents.refuses(place.at, value)), "x")
    return "x"
