"""Whether a provider takes every value of a parameter that a profile allows. Parameters are text on the wire, whatever their type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from jsonschema_rs import canonical as views

from harness.comparison.containment import ALLOWED, EXPECTED, NEITHER
from harness.comparison.document import Place
from harness.comparison.schema import Schema, canonical, compiled
from harness.comparison.values import Proposals
from harness.openapi import CannotTell


class RefusedValue(NamedTuple):
    """A value that is allowed and refused, whatever type its text is read as."""

    value: Any
    place: Place
    message: str


def refused_value(allowed: Schema, taken: Schema, where: str, seeds: Sequence[Any]) -> RefusedValue | str | None:
    """A value that is refused; None where all are certainly taken; the reason where that is not decided. ``where``: path, query, header."""
    try:
        may, takes = compiled(allowed, ALLOWED, formats=False), compiled(taken, EXPECTED, formats=False)
        one, other = canonical(allowed, ALLOWED, formats=False), canonical(taken, EXPECTED, formats=False)
        proposals = [*seeds, *Proposals(each for each in seeds if isinstance(each, str)).of(one, 200), *_beyond(one, other)]
    except CannotTell as reason:
        return str(reason)
    for value in proposals:
        if isinstance(value, dict | list) or (where == "path" and (value == "" or "/" in str(value))) or not may.is_valid(value):
            continue
        if not any(takes.is_valid(reading) for reading in _readings(value)):
            error = next(takes.iter_errors(value))
            return RefusedValue(value, taken.origin(error.absolute_keyword_location or ""), error.message)
    if other.covers(one) == views.Containment.YES or takes_any_text(takes):
        return None
    return NEITHER


def takes_any_text(validator: Any) -> bool:
    """Whether a schema has no rules for texts, as far as a few odd ones show."""
    return all(validator.is_valid(text) for text in ("", "ą ž", "a" * 5000, "0", "-1.5", "null"))


def _beyond(one: Any, other: Any) -> list[Any]:
    try:
        return Proposals().of(one.subtract(other), 200)
    except (views.IncompatibleOperands, views.UnsupportedOperand, views.UnsupportedResult):
        return []


def _readings(value: Any) -> Iterator[Any]:
    """What a parameter's text may be read as."""
    text = value if isinstance(value, str) else json.dumps(value)
    yield value
    yield text
    try:
        yield json.loads(text)
    except ValueError:
        return
