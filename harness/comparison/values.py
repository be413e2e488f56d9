"""Concrete values of a set of values: small ones first, then ones that vary one thing at a time.

What comes out is a proposal. Whoever uses a value asks the validators first, so nothing here has to be exact: where a pattern or a ``not`` cannot be
followed, values that may or may not fit are proposed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from jsonschema_rs import CanonicalSchema, Draft202012Validator
from jsonschema_rs import canonical as views

from harness.comparison.patterns import matching

FREE_MEMBER = "key"
"""The name of a member where an object is a map, whose names are free."""

_DEEPEST = 5
"""Times that a schema is entered within itself."""
_MANY = 40
"""Values proposed for one member of a larger value."""
_FORMS = (
    "2026-11-24T12:00:00Z", "2026-11-24", "12:00:00Z", "P1D", "https://service.example/x", "user@service.example", "service.example",
    "192.0.2.1", "2001:db8::1", "6f1d9c0b-e2a8-4c7d-93f5-b07a1e64d2c8", "/a", "#/a", "1.4.0", "lt", "LT", "a1", "A1", "00", "abc_def",
    "core/1", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:", "6f1d9c0be2a84c7d93f5b07a1e64d2c8",
)  # fmt: skip
"""Texts that formats and common patterns ask for."""
_OF_TYPE: dict[str, tuple[Any, ...]] = {
    "null": (None,),
    "boolean": (True, False),
    "integer": (1, 0, -1, 2**53),
    "number": (0.5, 1, -0.5),
    "string": ("a", "", "ą ž"),
    "array": ([], [1], ["a"]),
    "object": ({}, {FREE_MEMBER: "a"}),
}
_MISSING: Any = object()


class Proposals:
    """Values of canonical schemas. ``texts`` are ones that the documents themselves name, for patterns that have to be met by chance."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = tuple(dict.fromkeys([*texts, *_FORMS]))

    def of(self, schema: CanonicalSchema, most: int) -> list[Any]:
        """Up to ``most`` values; fewer where a number is beyond reach or a schema nested too deeply."""
        values: list[Any] = []
        with suppress(ArithmeticError, RecursionError):
            for value in islice(self._values(schema, schema, ()), most):
                values.append(value)
        return values

    def _values(self, schema: CanonicalSchema, top: CanonicalSchema, above: tuple[str, ...]) -> Iterator[Any]:
        match schema.view():
            case views.TrueView():
                yield from ("a", None, 1, True, {}, [], 0.5)
            case views.ConstView(value=value):
                yield value
            case views.EnumView(values=values):
                yield from values
            case views.MultiTypeView(types=types):
                yield from _in_turn([_OF_TYPE[each] for each in types])
            case views.TypedGroupView(body=body):
                yield from self._values(body, top, above)
            case views.ReferenceView(uri=uri):
                target = top.definition(uri)
                if target is not None and above.count(uri) < (1 if len(above) > _DEEPEST else 2):
                    yield from self._values(target, top, (*above, uri))
            case views.AnyOfView(branches=branches) | views.OneOfView(branches=branches) | views.AllOfView(branches=branches):
                yield from _in_turn([self._values(each, top, above) for each in branches])
            case views.StringView() as view:
                yield from self._strings(view)
            case views.IntegerView() as view:
                yield from _numbers(view.minimum, view.maximum, view.multiple_of, 1)
            case views.NumberView() as view:
                yield from _numbers(view.minimum, view.maximum, view.multiple_of, 0 if view.excludes_integers else 0.5)
            case views.ArrayView() as view:
                yield from self._arrays(view, top, above)
            case views.ObjectView() as view:
                yield from self._objects(view, top, above)
            case _:
                yield from chain.from_iterable(_OF_TYPE.values())

    def _first(self, schema: CanonicalSchema | None, top: CanonicalSchema, above: tuple[str, ...]) -> Any:
        return "a" if schema is None else next(self._values(schema, top, above), _MISSING)

    def _some(self, schema: CanonicalSchema | None, top: CanonicalSchema, above: tuple[str, ...]) -> Iterator[Any]:
        return islice(self._values(schema, top, above), _MANY) if schema is not None else iter(("a", 1, None))

    def _strings(self, view: views.StringView) -> Iterator[str]:
        least, most = view.min_length or 0, view.max_length
        sized = ["a" * max(least, 1), "a" * least, *(["a" * most] if most is not None and most < 5000 else []), "ą" * max(least, 1)]
        matched = [text for pattern in view.patterns if (text := matching(pattern)) is not None]
        longer = [text + "a" * (least - len(text)) for text in matched] + [f"{text} " for text in matched]
        fits = _facets(tuple(view.patterns), tuple(view.excluded_patterns), tuple(view.formats), tuple(view.excluded_formats))
        for text in dict.fromkeys((*sized, *matched, *longer, *self._texts)):
            if least <= len(text) and (most is None or len(text) <= most) and text not in view.excluded and fits.is_valid(text):
                yield text

    def _arrays(self, view: views.ArrayView, top: CanonicalSchema, above: tuple[str, ...]) -> Iterator[list[Any]]:
        least = view.min_items or 0
        firsts = [self._first(each, top, above) for each in view.prefix_items]
        if _MISSING in firsts:
            firsts = firsts[: firsts.index(_MISSING)]
        item = self._first(view.items, top, above)
        for demand in view.contains:
            for value in self._some(_both(view.items, demand.schema), top, above):
                yield [*firsts, *[value] * max(demand.min_contains or 1, least - len(firsts))]
        base = [*firsts, *([item] * (least - len(firsts)) if item is not _MISSING else [])]
        yield base
        yield from ([*base[:number], value, *base[number + 1 :]] for number, each in enumerate(view.prefix_items)
                    for value in self._some(each, top, above) if number < len(base))  # fmt: skip
        yield from ([*base[:-1], value] if least > len(firsts) else [*base, value] for value in self._some(view.items, top, above))
        if view.max_items is not None and item is not _MISSING and view.max_items < 2000:
            yield [*firsts, *[item] * (view.max_items - len(firsts))]
        if item is not _MISSING:
            yield [*base, *[item] * 20]

    def _objects(self, view: views.ObjectView, top: CanonicalSchema, above: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        members = {name: view.properties.get(name, view.additional_properties) for name in view.required}
        base = {name: self._first(each, top, above) for name, each in members.items()}
        if _MISSING in base.values():
            return
        for number in range((view.min_properties or 0) - len(base)):
            base[f"{FREE_MEMBER}{number}"] = self._first(view.additional_properties, top, above)
        for violation in view.violations:
            for addition in self._violating(violation, view, top, above):
                yield {**base, **addition}
        yield base
        optional = [name for name in view.properties if name not in members]
        yield from ({**base, name: value} for name, value in _in_turn(
            [[(name, value) for value in self._some(view.properties[name], top, above)] for name in (*optional, *members)
             if name in view.properties]))  # fmt: skip
        if view.additional_properties is not None or not view.properties:
            yield from ({**base, FREE_MEMBER: value} for value in self._some(view.additional_properties, top, above))
        for name in ("a", "A", *self._texts[:50]):
            for schema in view.pattern_properties.values():
                yield from ({**base, name: value} for value in islice(self._values(schema, top, above), 3))
        whole = {name: self._first(view.properties[name], top, above) for name in optional}
        yield {**base, **{name: value for name, value in whole.items() if value is not _MISSING}}

    def _violating(self, violation: Any, view: views.ObjectView, top: CanonicalSchema, above: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """Additions of which one is what negation asks for: a member whose name or value does not fit."""
        match violation:
            case views.UndeclaredValueFailsView(names=names, additional=additional):
                named = [name for name in view.properties if name not in names]
                for name in (*named, FREE_MEMBER):
                    allowed = view.properties.get(name, view.additional_properties)
                    for value in self._some(_both(allowed, _negated(additional)), top, above):
                        yield {name: value}
            case views.PatternValueFailsView(schema=schema):
                for name in ("a", "A", *self._texts[:50]):
                    for value in self._some(_negated(schema), top, above):
                        yield {name: value}
            case _:
                for name in (*view.properties, *self._texts[:50], ""):
                    yield {name: self._first(view.properties.get(name, view.additional_properties), top, above)}


@lru_cache(maxsize=1024)
def _facets(patterns: tuple[str, ...], no_patterns: tuple[str, ...], formats: tuple[str, ...], no_formats: tuple[str, ...]) -> Any:
    """A validator for what is asked of a text besides its length."""
    wanted = [*({"pattern": each} for each in patterns), *({"format": each} for each in formats)]
    unwanted = [*({"pattern": each} for each in no_patterns), *({"format": each} for each in no_formats)]
    return Draft202012Validator({"allOf": [True, *wanted, *({"not": each} for each in unwanted)]}, validate_formats=True)


def _both(one: CanonicalSchema | None, other: CanonicalSchema | None) -> CanonicalSchema | None:
    """What both admit, or the second where that cannot be said."""
    if one is None or other is None:
        return other if one is None else one
    try:
        return one.intersect(other)
    except (views.IncompatibleOperands, views.UnsupportedOperand, views.UnsupportedResult):
        return other


def _negated(schema: CanonicalSchema) -> CanonicalSchema | None:
    try:
        return schema.negate()
    except (views.IncompatibleOperands, views.UnsupportedOperand, views.UnsupportedResult):
        return None


def _numbers(minimum: Any, maximum: Any, multiple_of: Sequence[Any], step: float) -> Iterator[Any]:
    least, most = (None if limit is None else _number(limit) for limit in (minimum, maximum))
    limits = [limit for limit in (least, most) if limit is not None]
    near = [limit + distance for limit in limits for distance in (0, step, -step)]
    middle = [_number((limits[0] + limits[1]) / 2)] if len(limits) == 2 else []
    for each in dict.fromkeys((0, 1, *near, step, -1, -step, 7, 1000, 2**53, 1e300, *map(_number, multiple_of), *middle)):
        if (least is None or each >= least) and (most is None or each <= most):
            yield each


def _number(value: Any) -> int | float:
    """A number as JSON has it; the library gives some as decimals."""
    return int(value) if value == int(value) else float(value)


def _in_turn(several: Sequence[Iterable[Any]]) -> Iterator[Any]:
    """One of each, then the next of each."""
    waiting = [iter(each) for each in several]
    while waiting:
        for each in list(waiting):
            value = next(each, _MISSING)
            if value is _MISSING:
                waiting.remove(each)
            else:
                yield value
