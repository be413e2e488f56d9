"""A short text that a regular expression matches."""

from __future__ import annotations

import re
from typing import Any

_MOST_REPEATS = 300


def matching(pattern: str) -> str | None:
    """A text that ``pattern`` matches; None where none was found. Look-around and back references are not followed."""
    try:
        text = _text(re._parser.parse(pattern))
        return text if re.search(pattern, text) else None
    except (re.error, ValueError, OverflowError, RecursionError):
        return None


def _text(parsed: Any) -> str:
    return "".join(_one(str(operator), argument) for operator, argument in parsed)


def _one(operator: str, argument: Any) -> str:
    match operator:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return "a" if argument != ord("a") else "b"
        case "ANY":
            return "a"
        case "IN":
            return _of_set([(str(each), value) for each, value in argument])
        case "CATEGORY":
            return _of_category(str(argument))
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, repeated = argument
            return _text(repeated) * min(max(least, 1) if int(most) else 0, _MOST_REPEATS)
        case "SUBPATTERN":
            return _text(argument[-1])
        case "ATOMIC_GROUP":
            return _text(argument)
        case "BRANCH":
            return _text(argument[1][0])
        case _:  # anchors
            return ""


def _of_set(members: list[tuple[str, Any]]) -> str:
    if members[0][0] == "NEGATE":
        written = "".join(_one(*each) if each[0] != "RANGE" else chr(each[1][0]) for each in members[1:])
        return next(each for each in "a0Z -_/~" if each not in written)
    kind, value = members[0]
    return chr(value[0]) if kind == "RANGE" else _one(kind, value)


def _of_category(name: str) -> str:
    return {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " ", "CATEGORY_NOT_WORD": "-"}.get(name, "a")
