"""What the mutants of the protocol share: a completion, or every chunk of one, written anew."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.assistant.conversation import COMPLETIONS
from conformance.assistant.faults import written
from conformance.core.reading import EVENT_STREAM, event_values
from harness.checks import CallNext
from harness.exchange import Request, Response, parse_json


async def rewritten(
    request: Request,
    call_next: CallNext,
    change: Callable[[dict[str, Any]], None] | None = None,
    *,
    when: Callable[[dict[str, Any]], Any] = lambda content: True,
    streams_only: bool = False,
    **members: Any,
) -> Response:
    """The service's answer; a completion, or every chunk of one, goes through ``change`` and has ``members`` in place of its own.

    A member that is None is left out. ``when`` looks at the request's members.
    """
    answer = await call_next(request)
    content = request.document
    if request.path != COMPLETIONS or answer.status != 200 or not isinstance(content, dict) or not when(content):
        return answer
    streamed = answer.media_type == EVENT_STREAM
    if streams_only and not streamed:
        return answer
    parts = copy.deepcopy(event_values(answer)) if streamed else [parse_json(answer.body)]
    for part in parts:
        if change is not None:
            change(part)
        part.update({name: value for name, value in members.items() if name != "object" or not streamed})
        for name in [name for name, value in members.items() if value is None]:
            part.pop(name)
    return answer.with_body(written(parts)) if streamed else answer.with_json(parts[0])


async def without(request: Request, call_next: CallNext, *names: str) -> Response:
    """The service's answer to a request that it serves, as if these members were not there."""
    answer = await call_next(request)
    content = request.document
    if request.path != COMPLETIONS or answer.status != 200 or not isinstance(content, dict) or not any(name in content for name in names):
        return answer
    kept = {name: value for name, value in content.items() if name not in names}
    second = await call_next(replace(request, body=json.dumps(kept).encode()))  # in ASCII, which takes half surrogate pairs as well
    return second if second.status == 200 else answer
