"""Operators on the members of answers: dropped, renamed, nulled, of another type, outside what the schema admits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.detection.bodies import held, replaced
from benchmarks.detection.document import Documents, Part, Place
from benchmarks.detection.fault import Fault

_OF_ALL_TYPES: tuple[Any, ...] = (7, "7", True, [], {})
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def member_faults(documents: Documents) -> list[Fault]:
    """Faults of every place of every form of answer.

    What several forms share (the schema of an error, what a stream and a completion have in common) has each of its faults once, in one of the
    forms, which take turns. So do operators that lead to the same complaint at a place: left out or renamed, null or of another type.
    """
    groups: dict[tuple[str, str | int, str], list[tuple[Part, Place, Change]]] = {}
    turns: dict[tuple[str, str | int], int] = {}
    for part in documents.parts():
        for place in documents.places(part.at):
            for change in _in_turn(list(_changes(documents, place)), turns.setdefault((place.parent, place.steps[-1]), len(turns))):
                forms = groups.setdefault((place.parent, place.steps[-1], change.operator), [])
                if (form_label(part), place.steps) not in [(form_label(other), there.steps) for other, there, _ in forms]:
                    forms.append((part, place, change))
    turn, faults = 0, []
    for forms in groups.values():
        part, place, change = forms[turn % len(forms)]
        turn += len(forms) > 1
        start = (held if change.on_holder else replaced)(documents, part, place, change.function)
        label = form_label(part)
        faults.append(
            Fault(
                f"{label}.{place.pointer}.{change.operator}", f"member-{change.operator}", f"{label}: {place.pointer} {change.what}", start
            )
        )
    return faults


_ALIKE = (("drop", "rename"), ("null", "retype", "nest"))


def _in_turn(changes: list[Change], turn: int) -> list[Change]:
    """Of each set of operators that are alike, one; which, follows from the place's turn."""
    chosen = list(changes)
    for names in _ALIKE:
        alike = [each for each in changes if each.operator in names]
        for number, each in enumerate(alike):
            if number != turn % len(alike):
                chosen.remove(each)
    return chosen


def form_label(part: Part) -> str:
    """As ids of faults name a form; an error of one status is one form, whatever the operation."""
    return part.label if part.status == "200" else f"any.{part.status}.json"


@dataclass(frozen=True)
class Change:
    """What an operator does to a place; ``on_holder`` when the function takes what holds the place and the last step."""

    operator: str
    what: str
    function: Callable[..., Any]
    on_holder: bool = False


def _changes(documents: Documents, place: Place) -> Iterator[Change]:
    schema = place.schema
    if place.needed:
        yield Change("drop", "is left out", _drop, on_holder=True)
        yield Change("rename", "has another name", _rename, on_holder=True)
    if documents.refuses(place.at, None):
        yield Change("null", "is null", lambda value: None)
    if any(documents.refuses(place.at, each) for each in _OF_ALL_TYPES):
        yield (
            Change("nest", "is nested more deeply", _nested)
            if _holds_others(schema)
            else Change("retype", "has another type", partial(_retyped, documents, place))
        )
    if "enum" in schema or "const" in schema:
        yield Change("enum", "has a value that is not among those listed", _outside)
    for keyword in _NUMBERS:
        if keyword in schema:
            step = {"minimum": -1, "maximum": 1}.get(keyword, 0)
            yield Change(keyword, f"is just beyond its {keyword}", lambda value, to=schema[keyword] + step: to)
    if schema.get("minLength", 0) > 0:
        yield Change("minLength", "is too short", lambda value, to=schema["minLength"]: value[: to - 1])
    if "maxLength" in schema:
        yield Change("maxLength", "is too long", lambda value, to=schema["maxLength"]: value + "x" * (to + 1 - len(value)))
    if "pattern" in schema or "format" in schema:
        yield Change("form", "has another form", partial(_misshapen, documents, place))
    if schema.get("minItems", 0) > 0:
        yield Change("minItems", "has too few items", lambda value, to=schema["minItems"]: value[: to - 1])


def _drop(holder: dict[str, Any], name: str) -> None:
    del holder[name]


def _rename(holder: dict[str, Any], name: str) -> None:
    """snake_case becomes camelCase, and the other way round what has no underscore gets one: the slip of another programming language."""
    first, *rest = name.split("_")
    holder[first + "".join(each.capitalize() for each in rest) if rest else f"{name}_"] = holder.pop(name)


def _retyped(documents: Documents, place: Place, value: Any) -> Any:
    """The value as another type writes it, or the first value of another type that the schema does not admit."""
    written: Any = json.dumps(value) if isinstance(value, bool | int | float) else 7
    return next(each for each in (written, *_OF_ALL_TYPES) if documents.refuses(place.at, each))


def _holds_others(schema: Mapping[str, Any]) -> bool:
    return "properties" in schema or "items" in schema


def _nested(value: Any) -> Any:
    return {"value": value} if not isinstance(value, dict) else [value]


def _outside(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if not isinstance(value, str):
        raise LookupError
    return f"{value}_other"


def _misshapen(documents: Documents, place: Place, value: Any) -> Any:
    """The value with a slip in it that the schema does not admit, the smallest first."""
    if not isinstance(value, str):
        raise LookupError
    slips = (
        value[:-1],
        value.replace("T", " ", 1),
        value.replace("s:", ":", 1),
        value.replace(":", " ", 1),
        value.lower(),
        "",
        " ",
        f"{value} ?",
        "?",
    )
    return next(slip for slip in (*slips, 7) if slip != value and documents.refuses(place.at, slip))
