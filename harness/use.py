"""What of a profile a request makes use of: its operation, and the parts of the request that not every request has.

Two participants work together where what one of them uses is what the other serves. A part is written as people write it, ``messages[].content``:
an array ends with ``[]``, a boolean, null, a value of an enumeration and one that tells uses apart (``x-tells-apart``, a language) with the value
(``stream=true``), a query parameter begins with ``?``, a header field ends with ``:``. No other value of a request is in it, nor the name of a
member that the profile does not have.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from harness.exchange import Exchange, Headers, Request
from harness.form import Form, value_at
from harness.operation import Operation
from harness.profile import Profile

INVALID = "(invalid)"
"""The part of a request that breaks the profile."""
UNNAMED = "(members that the profile does not have)"
_OF_EVERY_REQUEST = frozenset({"traceparent", "tracestate", "authorization", "x-api-key", "test-scenario"})
"""Header fields that say nothing of what is asked for."""
_MOST = 256


class Use(NamedTuple):
    """What one request makes use of: an operation of a profile (``name/major``), and parts of the request."""

    profile: str
    operation: str
    parts: frozenset[str] = frozenset()

    def within(self, other: Use) -> bool:
        """Whether whoever makes the other use makes this one too."""
        return self[:2] in (ANY[:2], other[:2]) and self.parts <= other.parts

    @property
    def order(self) -> tuple[str, str, list[str]]:
        """Sorts uses the same way in every run."""
        return self.profile, self.operation, sorted(self.parts)


ANY = Use("*", "*")
"""Of what concerns every use."""
NONE = Use("", "")
"""Of a request to no operation."""


def use_of(exchange: Exchange) -> Use:
    """The use that an exchange makes of its operation."""
    operation, request, vector = exchange.operation, exchange.request, exchange.vector
    if operation is None:
        return NONE
    sent = {name.lower() for name, _ in request.headers}
    parts = {f"{name}:" for name in _headers(operation) if name.lower() in sent}
    for name, value in parse_qsl(urlsplit(request.url).query, keep_blank_values=True):
        form = operation.parameter_forms.get(("query", name))
        parts |= {UNNAMED} if form is None else {f"?{part.removeprefix('query ')}" for part in _of_value(form, value)}
    if request.body:
        parts |= _of_body(operation, request.headers.get("content-type") or "", request.body)
    if vector is not None and vector.kind == "invalid":
        parts.add(INVALID)
    return Use(operation.profile, operation.id, frozenset(parts))


def _headers(operation: Operation) -> Iterator[str]:
    return (name for where, name in operation.parameter_forms if where == "header" and name.lower() not in _OF_EVERY_REQUEST)


@lru_cache(maxsize=1024)
def _of_body(operation: Operation, content_type: str, body: bytes) -> frozenset[str]:
    """What the body makes use of. The same body is sent many times: the last ones are known."""
    request = Request(operation.method, operation.path, Headers({"content-type": content_type}), body)
    parts = {f"{request.media_type or 'untyped'} body"}
    if operation.body_form is not None and request.is_json:
        parts = set(_of_value(operation.body_form, request.document))
    return frozenset(parts | {INVALID} if operation.request_errors(request) else parts)


def _of_value(form: Form, value: Any) -> Iterator[str]:
    reading = form.read(value)
    for path, place in reading.places.items():
        if path or not isinstance(value, dict):
            yield place + _shown(value_at(value, path), apart=reading.fits and place in reading.apart)
    if any((*path, name) not in reading.places for path in reading.described for name in value_at(value, path)):
        yield UNNAMED


def _shown(value: Any, *, apart: bool) -> str:
    """What a part shows of its value, after its place."""
    if isinstance(value, list):
        return "[]"
    if value is None or isinstance(value, bool) or (apart and isinstance(value, str | int | float)):
        return f"={value}" if isinstance(value, str) else f"={json.dumps(value)}"
    return ""


class Uses:
    """What was made use of in many exchanges: how often each use was made, and how often it was served.

    Where uses are too many to be told apart, those of one operation become one that has all their parts.
    """

    def __init__(self) -> None:
        self._made: dict[Use, list[int]] = {}

    def add(self, exchange: Exchange) -> None:
        """Count the use that an exchange makes, unless its answer says nothing about it: who asks was not let in, or what may be refused was."""
        may_be_refused = exchange.vector is not None and exchange.vector.kind == "boundary"
        if exchange.sender == "harness" and (exchange.status in (401, 403, 429) or (may_be_refused and exchange.status // 100 == 4)):
            return
        use = use_of(exchange)
        if use not in self._made and len(self._made) >= _MOST:
            use = self._joined(use)
        counts = self._made.setdefault(use, [0, 0])
        counts[0] += 1
        counts[1] += exchange.succeeded

    def _joined(self, use: Use) -> Use:
        same = [each for each in self._made if each[:2] == use[:2]]
        joined = use._replace(parts=use.parts.union(*(each.parts for each in same)))
        counts = [[0, 0], *(self._made.pop(each) for each in same)]
        self._made[joined] = [sum(column) for column in zip(*counts, strict=True)]
        return joined

    def __iter__(self) -> Iterator[tuple[Use, int, int]]:
        """Each use, how often it was made, and how often it was served; the same order whatever came first."""
        for use in sorted(self._made, key=lambda each: each.order):
            made, served = self._made[use]
            yield use, made, served


def beyond_plain(uses: Iterable[Use], profiles: Iterable[Profile]) -> set[Use]:
    """The least of some uses, each without what the plain request of its operation has: that is in it because a vector has to have something.

    Values stay: a language that the plain request is in is no matter of course.
    """
    plain = {(profile.key, operation): parts for profile in profiles for operation, parts in _plain(profile)}
    least: set[Use] = set()
    for use in uses:
        keep_least(least, use._replace(parts=use.parts - plain.get(use[:2], frozenset())))
    return least


def _plain(profile: Profile) -> Iterator[tuple[str, frozenset[str]]]:
    """The operations that take JSON, and the parts of their plain requests: each one's first valid vector."""
    for operation in profile.operations:
        vector = next((each for each in profile.vectors if each.operation == operation.id and each.kind == "valid"), None)
        if vector is not None and operation.body_form is not None and vector.request.json is not msgspec.UNSET:
            parts = _of_value(operation.body_form, vector.request.json)
            yield operation.id, frozenset(part for part in parts if "=" not in part)


def keep_least(uses: set[Use], use: Use) -> None:
    """Add a use to those of which none is within another: it stays, unless one within it is there."""
    if not any(each.within(use) for each in uses):
        uses -= {each for each in uses if use.within(each)}
        uses.add(use)
