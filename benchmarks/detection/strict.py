"""Operators on requests that have to be served: a valid value of one kind is refused, an optional member is ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from operator import eq
from typing import Any

from benchmarks.detection.document import Documents, Place
from benchmarks.detection.fault import Fault, Start, Watch
from benchmarks.detection.requests import BOUNDS, Asked, asked, asking, types
from harness.checks import CallNext, FaultyHandler
from harness.exchange import Request, Response

_VOLATILE = frozenset({"id", "created"})
"""Members that differ between two answers to one request."""


def strict_faults(documents: Documents) -> list[Fault]:
    """Values refused and members ignored, at each place of each body."""
    faults = [fault for each in asked(documents) for fault in (*_refused(each), *_ignored(each))]
    return list({fault.id: fault for fault in faults}.values())


def _refused(each: Asked) -> Iterator[Fault]:
    """Of members that a request may have to have. What else a service does not support it may refuse (the profile's description).

    Null is no such value: in a request it says what leaving the member out says. Nor is a value that no requirement wants served.
    """
    optional = [place.steps for place in each.places[1:] if isinstance(place.steps[-1], str) and not place.needed]
    for place in each.places[1:]:
        if any(place.steps[: len(steps)] == steps for steps in optional):
            continue
        for kind in sorted(types(place) - {"null"}):
            start = _refusing(each, place, partial(_is_a, kind))
            yield each.fault(place, f"{kind}-refused", "request-type-refused", f"may not be {kind}", start)
        for value in place.schema.get("enum", ()):
            if _has_to_be_served(each.documents, value):
                start = _refusing(each, place, partial(eq, value))
                yield each.fault(place, f"{value}-refused", "request-enum-narrowed", f"may not be {value}", start)
        for keyword in BOUNDS:
            if keyword in place.schema:
                start = _refusing(each, place, partial(_is_at, keyword, place.schema[keyword]))
                yield each.fault(place, f"{keyword}-refused", "request-bound-too-narrow", f"may not be at its {keyword}", start)


def _has_to_be_served(documents: Documents, value: Any) -> bool:
    """Whether a requirement names a value among what MUST be served."""
    asked_for = re.compile(rf"\b{re.escape(str(value))}\b[^.]*\bMUST be served\b")
    return any(asked_for.search(each.statement.en) for profile in documents.profiles for each in profile.requirements)


def _is_a(kind: str, value: Any) -> bool:
    if isinstance(value, bool) or value is None:
        return kind == "boolean" and value is not None
    if isinstance(value, int | float):
        return kind in ("number", "integer")
    return kind == ("string" if isinstance(value, str) else "array" if isinstance(value, list) else "object")


def _is_at(keyword: str, bound: float, value: Any) -> bool:
    if keyword in ("minimum", "maximum"):
        return isinstance(value, int | float) and not isinstance(value, bool) and value == bound
    return isinstance(value, list if keyword.endswith("Items") else str) and len(value) == bound


def _refusing(each: Asked, place: Place, meant: Callable[[Any], bool]) -> Start:
    """A fault that refuses requests with a value for which ``meant`` is true, with the service's own words for an invalid value there."""

    def start(watch: Watch) -> FaultyHandler:
        async def handler(request: Request, call_next: CallNext) -> Response:
            value = each.body(request)
            if value is None or each.errors(value) or not _spoiled(each.documents, value, place, meant):
                return await call_next(request)
            answer = await call_next(request)
            watch.met += 1
            if answer.status >= 400:
                return answer
            watch.note()
            return await call_next(asking(request, value).with_header("idempotency-key", None))

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


def _ignored(each: Asked) -> Iterator[Fault]:
    for place in each.places[1:]:
        if isinstance(place.steps[-1], str) and not place.needed:
            yield each.fault(place, "ignored", "request-member-ignored", "is ignored", _ignoring(each, place))


def _ignoring(each: Asked, place: Place) -> Start:
    """A fault that does not see a member. It fires where the service answers otherwise with the member than without it.

    Where the request is refused without it, the profile forbids nothing: what a service does not support it refuses.
    """

    def start(watch: Watch) -> FaultyHandler:
        async def handler(request: Request, call_next: CallNext) -> Response:
            value = each.body(request)
            holders = list(_all(value, place.steps)) if value is not None else []
            if not holders or each.errors(value):
                return await call_next(request)
            watch.met += 1
            for holder, step in holders:
                del holder[step]
            right = await call_next(request.with_header("idempotency-key", None))
            answer = await call_next(asking(request, value))
            if _alike(right, answer):
                return right if "idempotency-key" not in request.headers else await call_next(request)
            watch.note(forbidden=not 400 <= answer.status < 500)
            return answer

        return handler

    return start


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
