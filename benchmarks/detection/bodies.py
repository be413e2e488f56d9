"""Changing one place in the content of an answer: a JSON text, or the events of a stream."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.detection.document import Documents, Part, Place, documented, found
from benchmarks.detection.fault import Start, Watch, encoded, with_body
from harness.checks import CallNext
from harness.exchange import NotJSON, Request, Response, parse_events, parse_json

Edit = Callable[[Any], bool]
"""Changes a JSON value in place and says whether it did."""
DONE = "[DONE]"
HALF = "\uf8ff"
"""In an edited text, stands for the first byte of a letter of two bytes whose second is lost (a character of private use, in no text of ours)."""


def edited(answer: Response, edit: Edit) -> Response | None:
    """The answer with the first value changed that ``edit`` changes: the document, or an event. None where it changed none."""
    if answer.is_json:
        try:
            value = parse_json(answer.body)
        except NotJSON:
            return None
        return with_body(answer, _written(value)) if edit(value) else None
    data = [event.data for event in parse_events(answer.body)]
    for number, text in enumerate(data):
        if text == DONE:
            continue
        value = parse_json(text.encode())
        if edit(value):
            data[number] = _written(value).decode("utf-8", "surrogateescape")
            return with_events(answer, data)
    return None


def with_events(answer: Response, data: Sequence[str]) -> Response:
    """A stream of these events."""
    return with_body(answer, "".join(f"data: {text}\n\n" for text in data).encode("utf-8", "surrogateescape"))


def _written(value: Any) -> bytes:
    return encoded(value).replace(HALF.encode(), b"\xc4")


def replaced(documents: Documents, part: Part, place: Place, new: Callable[[Any], Any], *, judged: bool = True) -> Start:
    """A fault that changes what stands at a place; ``new`` gives the new value, or :class:`LookupError` for no change.

    Args:
        judged: whether the schema decides what is forbidden; otherwise each change is.
    """

    def change(holder: Any, step: str | int) -> None:
        holder[step] = new(holder[step])

    return held(documents, part, place, change, judged=judged)


def held(documents: Documents, part: Part, place: Place, change: Callable[[Any, Any], None], *, judged: bool = True) -> Start:
    """As :func:`replaced`, for a change to what holds the place: ``change`` takes it and the last step."""

    def start(watch: Watch) -> Callable[[Request, CallNext], Any]:
        def edit(value: Any) -> bool:
            where = found(value, place.steps)
            if where is None or (isinstance(where[1], str) and where[1] not in where[0]):
                return False
            holder, step = where
            before = copy.deepcopy(holder)
            try:
                change(holder, step)
            except LookupError:
                return False
            if _same(holder, before):
                return False
            watch.note(not judged or documents.refuses(place.parent, holder))
            return True

        async def handler(request: Request, call_next: CallNext) -> Response:
            answer = await call_next(request)
            here = documents.operation_of(request) is part.operation or part.status != "200"
            if not here or not documented(part, answer) or not answer.body:
                return answer
            watch.met += 1
            return edited(answer, edit) or answer

        return handler

    return start


def _same(first: Any, second: Any) -> bool:
    """Whether two JSON values are the same, where 1 is not true."""
    return encoded(first) == encoded(second)
