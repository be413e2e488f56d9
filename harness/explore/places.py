"""Where the variables of a profile stand in its requests: told by its valid vectors, which name them (``"model": "${model}"``)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from harness.exchange import Request
from harness.operation import Operation
from harness.profile import Profile

Step = str | None
"""A member's name; None is any item of a list."""
Place = tuple[Step, ...]
_WHOLE = re.compile(r"\$\{([a-z][a-z_]*)\}")


class Places:
    """The places of one operation: in the body, and among the segments of the path."""

    def __init__(self, profile: Profile, operation: Operation) -> None:
        self._body: dict[Place, str] = {}
        self._path: dict[int, str] = {}
        for vector in profile.vectors:
            if vector.operation != operation.id or vector.kind != "valid":
                continue
            if vector.request.json is not msgspec.UNSET:
                self._body.update(_named(vector.request.json, ()))
            for position, segment in enumerate((vector.request.path or operation.path).split("/")):
                if match := _WHOLE.fullmatch(segment):
                    self._path[position] = match[1]

    def bound(self, request: Request, variables: Mapping[str, Any]) -> Request:
        """The request with what the participant offers wherever a value of the same type stands at a variable's place."""

        def value(name: str, old: Any) -> Any:
            new = variables.get(name, old)
            return new if type(new) is type(old) else old

        return self._replaced(request, value)

    def opened(self, request: Request, variables: Mapping[str, Any]) -> Request:
        """The request with ``${variable}`` wherever its bound value stands at its place: the opposite of :meth:`bound`."""

        def value(name: str, old: Any) -> Any:
            return f"${{{name}}}" if name in variables and variables[name] == old else old

        return self._replaced(request, value)

    def _replaced(self, request: Request, value: Any) -> Request:
        segments = request.url.partition("?")[0].split("/")
        for position, name in self._path.items():
            if position < len(segments):
                new = str(value(name, unquote(segments[position])))
                segments[position] = new if new.startswith("${") else quote(new, safe="")
        _, mark, query = request.url.partition("?")
        request = replace(request, url="/".join(segments) + mark + query) if self._path else request
        document = request.document if self._body and request.is_json else None
        if not isinstance(document, dict | list):
            return request
        for place, name in self._body.items():
            document = _put(document, place, lambda old, name=name: value(name, old))
        return request if document == request.document else replace(request, body=json.dumps(document).encode())


def _named(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str) and (match := _WHOLE.fullmatch(value)):
        yield place, match[1]
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _named(member, (*place, name))
    elif isinstance(value, list):
        for member in value:
            yield from _named(member, (*place, None))


def _put(value: Any, place: Place, new: Any) -> Any:
    """A copy of ``value`` with ``new(old)`` for each ``old`` at ``place``; where nothing stands there, nothing changes."""
    if not place:
        return new(value)
    step, rest = place[0], place[1:]
    if step is None:
        return [_put(member, rest, new) for member in value] if isinstance(value, list) else value
    if isinstance(value, dict) and step in value:
        return {**value, step: _put(value[step], rest, new)}
    return value
