"""Calling a function that the caller offers: its arguments are read from the question as far as its JSON Schema allows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from conformance.reference.assistant.words import Vocabulary, words_of
from conformance.reference.problems import Fault, Problem


@dataclass(frozen=True)
class Call:
    """A function to call. ``arguments`` is a JSON text."""

    name: str
    arguments: str


def wanted_call(request: Mapping[str, Any], question: str) -> Call | None:
    """The call that ``tool_choice`` asks for; None where the assistant may answer itself, as it does with ``auto``.

    Raises:
        Problem: the function is not among the tools, or its arguments cannot be filled.
    """
    tools = [(place, tool["function"]) for place, tool in enumerate(request.get("tools") or ()) if tool.get("type") == "function"]
    choice = request.get("tool_choice")
    if choice in (None, "auto", "none"):
        return None
    if isinstance(choice, Mapping):
        name = choice.get("function", {}).get("name") if choice.get("type") == "function" else None
        tools = [(place, function) for place, function in tools if function["name"] == name]
    if not tools:
        raise Problem("unsupported-request", faults=[Fault("/tool_choice", "no-such-tool")])
    for _, function in tools:
        arguments = _filled(function.get("parameters") or {}, question)
        if arguments is not None:
            return Call(function["name"], json.dumps(arguments, ensure_ascii=False))
    raise Problem("unsupported-request", faults=[_not_filled(tools)])


def _not_filled(tools: Sequence[tuple[int, Any]]) -> Fault:
    return Fault(f"/tools/{tools[0][0]}/function/parameters", "tool-not-filled")


def _filled(schema: Mapping[str, Any], question: str) -> dict[str, Any] | None:
    """Arguments that fit a function's schema; None where they cannot be read from the question."""
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, Mapping) or not isinstance(required, list):
        return None
    arguments: dict[str, Any] = {}
    for name, each in properties.items():
        value = _value(each, question) if isinstance(each, Mapping) else None
        if value is not None:
            arguments[name] = value
    return arguments if set(required) <= set(arguments) and _fits(schema, arguments) else None


def _value(schema: Mapping[str, Any], question: str) -> Any:
    options = schema.get("enum")
    if isinstance(options, list) and options:
        heard = Vocabulary(words_of(question))
        return next((option for option in options if isinstance(option, str) and _occurs(option, heard)), options[0])
    if "const" in schema:
        return schema["const"]
    kinds = schema.get("type", "string")
    return question if "string" in ([kinds] if isinstance(kinds, str) else kinds) else None


def _occurs(option: str, heard: Vocabulary) -> bool:
    """Whether the words of an option stand in a question, whatever their endings."""
    words = words_of(option)
    return bool(words) and all(heard.like(word) for word in words)


def _fits(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    """Whether arguments fit the caller's schema. Documents that it refers to are not fetched."""
    try:
        return bool(jsonschema_rs.Draft202012Validator(dict(schema), retriever=_refuse, validate_formats=True).is_valid(arguments))
    except Exception:  # whatever a caller's schema can do to the library, the call cannot be made
        return False


def _refuse(uri: str) -> Any:
    raise LookupError(uri)
