"""A request with one thing less."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.exchange import Request


def simpler(request: Request) -> Iterator[Request]:
    """The request without one of its header fields, or without one member or item of its JSON body, the largest parts first."""
    for name, _ in request.headers:
        if name.lower() != "content-type":
            yield request.with_header(name, None)
    document = request.document if request.is_json else None
    if isinstance(document, dict | list):
        for smaller in without_a_part(document):
            yield replace(request, body=json.dumps(smaller).encode())


def without_a_part(value: Any) -> Iterator[Any]:
    """A JSON value without one member or item, the largest parts first, or with a shorter text."""
    if isinstance(value, dict):
        for name in value:
            yield {each: member for each, member in value.items() if each != name}
        for name, member in value.items():
            for smaller in without_a_part(member):
                yield {**value, name: smaller}
    elif isinstance(value, list):
        for position in range(len(value)):
            yield value[:position] + value[position + 1 :]
        for position, member in enumerate(value):
            for smaller in without_a_part(member):
                yield [*value[:position], smaller, *value[position + 1 :]]
    elif isinstance(value, str) and len(value) > 1:
        yield value[: len(value) // 2]
        yield value[:-1]
