"""What the mutants of this profile share: a completion, whole or as a stream, changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from conformance.assistant.conversation import COMPLETIONS, question, sets_the_text
from conformance.core.reading import EVENT_STREAM, event_values
from harness.checks import CallNext
from harness.exchange import Request, Response, parse_json
from harness.national.languages import language_of

Change = Callable[[str, dict[str, Any]], str]
"""Takes the text of a completion and its assurance, which it may change in place; gives the text."""


async def altered(request: Request, call_next: CallNext, change: Change) -> Response:
    """The service's answer; where that is a completion with assurance, what ``change`` makes of it.

    A text whose length, end or form the request sets stays as it is: the service keeps to these, whatever else is wrong with it.
    """
    answer = await call_next(request)
    content = request.document
    if request.path != COMPLETIONS or answer.status != 200 or not isinstance(content, dict):
        return answer
    if sets_the_text(content):
        change = _with_text_kept(change)
    if answer.media_type == EVENT_STREAM:
        return _altered_stream(answer, change)
    completion = parse_json(answer.body)  # a copy: answers keep what they have parsed
    message = completion["choices"][0]["message"]
    text, assurance = message.get("content"), completion.get("assurance")
    if not isinstance(text, str) or not isinstance(assurance, dict):
        return answer
    message["content"] = change(text, assurance)
    return answer if completion == answer.document else answer.with_json(completion)


def _with_text_kept(change: Change) -> Change:
    def change_assurance(text: str, assurance: dict[str, Any]) -> str:
        change(text, assurance)
        return text

    return change_assurance


def _altered_stream(answer: Response, change: Change) -> Response:
    """The new text comes with the first piece of the old; each chunk keeps the members of assurance that it had and that are left."""
    chunks = copy.deepcopy(event_values(answer))
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk.get("choices")]
    pieces = [delta for delta in deltas if delta.get("content")]
    carriers = [chunk["assurance"] for chunk in chunks if isinstance(chunk.get("assurance"), dict)]
    if not pieces or not carriers:
        return answer
    old = "".join(piece["content"] for piece in pieces)
    assurance: dict[str, Any] = {}
    for carrier in carriers:
        assurance.update(copy.deepcopy(carrier))
    before = copy.deepcopy(assurance)
    text = change(old, assurance)
    if (text, assurance) == (old, before):
        return answer
    if text != old:
        for number, piece in enumerate(pieces):
            piece["content"] = "" if number else text
    for carrier in carriers:
        kept = list(assurance) if carrier is carriers[-1] else [name for name in carrier if name in assurance]
        carrier.clear()
        carrier.update({name: assurance[name] for name in kept})
    return answer.with_body(written(chunks))


def written(chunks: list[dict[str, Any]]) -> bytes:
    """The body of a stream of these chunks."""
    lines = [json.dumps(chunk, ensure_ascii=False) for chunk in chunks]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()


def asked_in(request: Request, language: str) -> bool:
    """Whether what the user said last is in this language."""
    return language_of(question(request))[0] == language
