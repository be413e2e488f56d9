"""Facts of a case, made from what a case type declares: the variables of the profile's vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.checks import maker

Facts = dict[str, Any]


@maker("facts-of-the-first-example")
def facts_of_the_first_example(case_type: Any) -> Facts:
    """The facts of the first example of a case type. Raises :class:`ValueError` where there are none."""
    try:
        facts = case_type["examples"][0]["facts"]
    except (KeyError, IndexError, TypeError):
        facts = None
    if not isinstance(facts, dict):
        raise ValueError("its first case type has no example with facts")
    return dict(facts)


@maker("facts-without-one-that-is-required")
def facts_without_one_that_is_required(case_type: Any) -> Facts:
    """The first example without a feature that is declared as required."""
    facts = facts_of_the_first_example(case_type)
    for feature in features(case_type):
        if feature.get("required") is True and feature["name"] in facts:
            return {name: value for name, value in facts.items() if name != feature["name"]}
    raise ValueError("no feature of its first case type is required")


@maker("facts-with-one-of-another-type")
def facts_with_one_of_another_type(case_type: Any) -> Facts:
    """The first example with a list in the place of a single value: no type that the profile has is one, however values are converted."""
    facts = facts_of_the_first_example(case_type)
    for feature in features(case_type):
        if feature["name"] in facts:
            return {**facts, feature["name"]: [facts[feature["name"]]]}
    raise ValueError("the first example of its first case type holds no declared feature")


@maker("facts-with-one-beyond-its-limits")
def facts_with_one_beyond_its_limits(case_type: Any) -> Facts:
    """The first example with a number past its maximum or minimum, or a text that is none of the options."""
    facts = facts_of_the_first_example(case_type)
    for feature in features(case_type):
        name = feature["name"]
        if name not in facts:
            continue
        if is_number(feature.get("maximum")):
            return {**facts, name: feature["maximum"] + 1}
        if is_number(feature.get("minimum")):
            return {**facts, name: feature["minimum"] - 1}
        if feature.get("type") == "string" and feature.get("options"):
            return {**facts, name: "no such option"}
    raise ValueError("no feature of its first case type has limits or options")


def features(case_type: Any) -> Iterator[Mapping[str, Any]]:
    """The features that a case type declares, as far as they can be read."""
    declared = case_type.get("features") if isinstance(case_type, dict) else None
    for feature in declared if isinstance(declared, list) else ():
        if isinstance(feature, dict) and isinstance(feature.get("name"), str):
            yield feature


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same_value(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal as JSON Schema 2020-12 (section 4.2.2) has it: 3 and 3.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def alternatives(feature: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[Any]:
    """Other values that a declared feature may have: the opposite, the other options, the ends of its range."""
    value, kind = facts.get(feature["name"]), feature.get("type")
    if kind == "boolean" and isinstance(value, bool):
        yield not value
    elif kind == "string" and isinstance(feature.get("options"), list):
        yield from (option for option in feature["options"] if isinstance(option, str) and option != value)
    elif kind in ("integer", "number") and is_number(value):
        yield from (end for end in (feature.get("minimum"), feature.get("maximum")) if is_number(end) and end != value)
