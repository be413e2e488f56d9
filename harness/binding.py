"""What a participant offers, for the variables that the vectors of a profile leave open (design section 6).

Bound once, before anything else is asked, always in the same way; the report shows to what.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from harness.checks import registry
from harness.documents import at
from harness.errors import UsageError
from harness.exchange import Exchange, holds_surrogate
from harness.operation import Operation
from harness.profile import Profile, Source, Variable

Ask = Callable[[Operation, str], Awaitable[Exchange]]
"""Sends a plain request of an operation to a path, and gives the exchange."""

_PARAMETER = re.compile(r"\{([a-z][a-z_]*)\}")


def bound_by_hand(texts: Iterable[str], option: str = "--set") -> dict[str, Any]:
    """Variables given as ``NAME=VALUE`` with a command line option; a value that begins with ``[`` or ``{`` is JSON.

    Raises:
        UsageError: one is written in another way.
    """
    variables: dict[str, Any] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise UsageError(f"{option} {text}: write it as NAME=VALUE, e.g. model=pllum-12b.")
        try:
            variables[name] = json.loads(value) if value.startswith(("[", "{")) else value
        except ValueError as error:
            raise UsageError(f"{option} {name}: a value that begins with [ or {{ is JSON, and this is none: {error}.") from None
    return variables


class Binding:
    """The variables of the profiles of a run, and what they are bound to. ``values`` begins with what was given by hand, which always counts."""

    def __init__(self, profiles: Sequence[Profile], given: Mapping[str, Any]) -> None:
        self.values: dict[str, Any] = dict(given)
        self.notes: list[str] = []
        """For each variable that could not be bound, why, and what to do."""
        self._profiles = profiles
        self._operations = {operation.id: operation for profile in profiles for operation in profile.operations}
        self._asked: dict[str, Exchange] = {}

    async def learn(self, ask: Ask) -> bool:
        """Ask the participant what it offers, each question once. Returns whether there was anything to ask."""
        for profile in reversed(self._profiles):
            for variable in profile.variables.values():
                await self._bind(variable, ask)
        return bool(self._asked)

    async def _bind(self, variable: Variable, ask: Ask) -> None:
        causes = []
        for source in variable.sources:
            try:
                value = await self._declared(source, ask)
            except _NotDeclared as missing:
                causes.append(f"{missing}")
                continue
            self.values.setdefault(variable.name, value)
            return
        if variable.name not in self.values:
            self.notes.append(f"{'; '.join(causes)}. Bind {variable.name} by hand with --set {variable.name}=VALUE.")

    async def _declared(self, source: Source, ask: Ask) -> Any:
        """The value at one source. Raises :class:`_NotDeclared`."""
        operation = self._operations[source.operation]
        path = _PARAMETER.sub(self._segment, operation.path) + (f"?{source.query}" if source.query else "")
        if path not in self._asked:
            self._asked[path] = await ask(operation, path)
        exchange = self._asked[path]
        shown = f"{exchange.request.method} {path}"
        document = exchange.answer.document if exchange.response and exchange.succeeded else None
        try:
            value = at({"": document}, "", source.pointer)
        except (LookupError, TypeError, ValueError):
            raise _NotDeclared(f"{shown} declares nothing at {source.pointer or 'its root'}") from None
        if source.maker is not None:
            try:
                value = registry.makers[source.maker](value)
            except ValueError as error:
                raise _NotDeclared(f"{shown} cannot be used: {error}") from None
        elif not isinstance(value, str):
            raise _NotDeclared(f"{shown} declares no text at {source.pointer}")
        if holds_surrogate(json.dumps(value, ensure_ascii=False)):  # no text (RFC 8259 section 8.2): nothing could be sent with it
            raise _NotDeclared(f"{shown} declares half a character at {source.pointer}")
        return value

    def _segment(self, match: re.Match[str]) -> str:
        if match[1] not in self.values:
            raise _NotDeclared(f"it is asked for with {match[1]}, which is not bound")
        return quote(str(self.values[match[1]]), safe="")


class _NotDeclared(Exception):
    """A source gives no value; the text says why, without a full stop."""
