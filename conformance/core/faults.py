"""What the mutants of this profile share: one JSON document that the service gives out, changed; and what a faulty service remembers."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from harness.checks import CallNext
from harness.exchange import Request, Response, parse_json


async def changed(request: Request, call_next: CallNext, path: str, change: Callable[[dict[str, Any]], Any]) -> Response:
    """The service's answer, its JSON object changed in place where it is a success at ``path`` (or below, where that ends with a slash)."""
    answer = await call_next(request)
    here = request.path == path or (path.endswith("/") and request.path.startswith(path))
    if not here or answer.status != 200 or not isinstance(answer.document, dict):
        return answer
    document = parse_json(answer.body)  # a copy: answers keep what they have parsed
    change(document)
    return answer.with_json(document)


async def with_members(request: Request, call_next: CallNext, path: str, **members: Any) -> Response:
    """As :func:`changed`, with these members; None leaves one out."""

    def change(document: dict[str, Any]) -> None:
        document.update(members)
        for name in [name for name, value in members.items() if value is None]:
            del document[name]

    return await changed(request, call_next, path, change)


_memories: WeakKeyDictionary[AbstractEventLoop, dict[str, dict[str, Any]]] = WeakKeyDictionary()


def memory(mutant: str) -> dict[str, Any]:
    """What a mutant remembers from one request to the next: for as long as the service runs, that is its event loop."""
    return _memories.setdefault(asyncio.get_running_loop(), {}).setdefault(mutant, {})
