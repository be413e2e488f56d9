"""What the mutants of this profile share: translations, at once or as the result of a job, changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.translation.asking import TRANSLATE, asked_texts
from conformance.translation.pairs import primary
from harness.checks import CallNext
from harness.exchange import Request, Response, parse_json

Change = Callable[[str, str], str]
"""Takes a text and its translation; gives what the faulty service says instead."""


async def altered(request: Request, call_next: CallNext, change: Change, *, into: str | None = None) -> Response:
    """The service's answer; the translations of ``/translate`` go through ``change``, those ``into`` one language alone where it is given."""
    answer = await call_next(request)
    content = request.document
    if request.path != TRANSLATE or answer.status != 200 or not isinstance(content, dict):
        return answer
    if into is not None and primary(str(content.get("target"))) != into:
        return answer
    document = parse_json(answer.body)  # a copy: answers keep what they have parsed
    if not _changed(document, asked_texts(content), change):
        return answer
    return answer.with_json(document)


def _changed(document: Any, texts: list[str], change: Change) -> bool:
    said = document["translatedText"]
    found = [said] if isinstance(said, str) else said
    new = [change(text, each) for text, each in zip(texts, found, strict=True)]
    document["translatedText"] = new[0] if isinstance(said, str) else new
    return new != found


async def rewritten(
    request: Request, call_next: CallNext, change: Callable[[dict[str, Any], Any], Any], path: str = TRANSLATE, method: str = "POST"
) -> Response:
    """The service's answer at a path (or below, where that ends with a slash); a success in JSON is changed by ``change(request, answer)``,
    in place or by what it returns.
    """
    answer = await call_next(request)
    here = request.path == path or (path.endswith("/") and request.path.startswith(path))
    methods = ("GET", "HEAD") if method == "GET" else (method,)
    if request.method not in methods or not here or not 200 <= answer.status < 300 or answer.document is None:
        return answer
    document = parse_json(answer.body)
    new = change(request.document if isinstance(request.document, dict) else {}, document)
    return answer.with_json(document if new is None else new)
