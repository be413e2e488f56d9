"""Proofs and witnesses, against many small schemas made at random and a set of values that is tried on all of them."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import jsonschema_rs
import pytest

from harness.comparison import Document
from harness.comparison.containment import contained
from harness.comparison.document import Place
from harness.comparison.patterns import matching
from harness.comparison.schema import Schema, schema_at

SCALARS: list[Any] = [None, True, False, -2, -1, 0, 1, 2, 3, 5, 10, 0.5, 2.5, "", "a", "b", "ab", "abc", "abcd", "1", "ą"]
LISTS: list[Any] = [[], [1], ["a"], [1, 1], ["a", "b"], [None], [[]], [1, 2, 3], [{"a": 1}]]
NAMES = ("a", "b", "c")
OBJECTS = [
    {name: value for name, value in zip(NAMES, values, strict=True) if value != "-"}
    for values in itertools.product(("-", 1, "a", None, 0.5), ("-", 1, "ab", []), ("-", True, {"a": 1}))
]
VALUES = [*SCALARS, *LISTS, *OBJECTS]


def made(chance: random.Random, depth: int = 2) -> Any:
    """A schema as people write them, more or less."""
    kind = chance.choice(("string", "integer", "number", "object", "object", "array", "enum", "types", "any", "union", "all", "not", "if"))
    if depth == 0 and kind in ("object", "array", "union", "all", "not", "if"):
        kind = "integer"
    below = depth - 1
    some = {
        "string": lambda: {"type": "string", **pick(chance, minLength=(0, 1, 2), maxLength=(1, 2, 3), pattern=("^a", "b", "^[ab]+$"))},
        "integer": lambda: {"type": "integer", **pick(chance, minimum=(-1, 0, 1), maximum=(1, 2, 5), multipleOf=(1, 2, 5))},
        "number": lambda: {"type": "number", **pick(chance, minimum=(-1, 0), exclusiveMaximum=(1, 2.5))},
        "enum": lambda: {"enum": chance.sample(SCALARS, chance.randint(1, 4))},
        "types": lambda: {"type": chance.sample(["null", "string", "integer", "boolean", "object", "array"], 2)},
        "any": dict,
        "array": lambda: {"type": "array", "items": made(chance, below), **pick(chance, minItems=(0, 1, 2), maxItems=(1, 2, 3))},
        "union": lambda: {chance.choice(("anyOf", "oneOf")): [made(chance, below), made(chance, below)]},
        "all": lambda: {"allOf": [made(chance, below), made(chance, below)]},
        "not": lambda: {"not": made(chance, below)},
        "if": lambda: {"if": made(chance, below), "then": made(chance, below), **pick(chance, **{"else": (made(chance, below),)})},
        "object": lambda: {
            "type": "object",
            "properties": {name: made(chance, below) for name in NAMES if chance.random() < 0.6},
            **pick(chance, required=(["a"], ["a", "b"]), additionalProperties=(False, made(chance, below)), maxProperties=(1, 2)),
        },
    }
    return some[kind]()


def pick(chance: random.Random, **options: Any) -> dict[str, Any]:
    return {name: chance.choice(values) for name, values in options.items() if chance.random() < 0.4}


def read(schema: Any) -> Schema:
    document = Document("a.json", json.dumps({"openapi": "3.1.0", "x": schema}).encode(), None)
    return schema_at(document, Place("a.json", "/x"), "request")


def valid(schema: Any) -> list[Any]:
    validator = jsonschema_rs.Draft202012Validator(schema)
    return [value for value in VALUES if validator.is_valid(value)]


@pytest.mark.parametrize("seed", range(8))
def test_what_is_proven_holds_and_what_is_shown_is_so(seed: int) -> None:
    chance = random.Random(seed)
    decided = 0
    for _ in range(60):
        allowed = made(chance)
        expected = (
            made(chance)
            if chance.random() < 0.3
            else {**allowed, **made(chance, 1)}
            if chance.random() < 0.7
            else {"anyOf": [allowed, made(chance)]}
        )
        result = contained(read(allowed), read(expected), formats=False)
        takes, may = jsonschema_rs.Draft202012Validator(expected), jsonschema_rs.Draft202012Validator(allowed)
        for refusal in result.refusals:
            assert may.is_valid(refusal.value), (allowed, refusal)
            assert not takes.is_valid(refusal.value), (expected, refusal)
        decided += result.undecided is None or bool(result.refusals)
        if result.undecided is None and not result.refusals:
            assert all(takes.is_valid(value) for value in valid(allowed)), (allowed, expected)
    assert decided > 40, "most can be decided"


@pytest.mark.parametrize(
    "pattern", ["^[0-9a-f]{64}$", r"^\d{4}-\d{2}$", "^(a|b)+c?$", r"\S", "^[^a]$", "^core/[1-9][0-9]*$", r"^(?:x|y){2}\.z$"]
)
def test_patterns_are_met(pattern: str) -> None:
    text = matching(pattern)
    assert text is not None
    assert jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid(text)


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=b)a"])
def test_patterns_that_are_not_followed_are_left_alone(pattern: str) -> None:
    assert matching(pattern) in (None, "aa")
